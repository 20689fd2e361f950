"""What came back is read out of real mailboxes: what was understood is moved, nothing else is
touched, and a mailbox or server that fails loses nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.e2e.conftest import call
from tests.imap_server import ImapServer
from tests.returned import bounce_of, complaint_of
from tests.smtp_server import SmtpServer, make_certificate
from tests.token_server import TokenProgram, as_json

USER, PASSWORD = "bounces@example.org", "s3cr3t-páss"
PATTERN = "bounces+{token}@example.org"
VERP = {"TIDINGS_MAIL__BOUNCE_ADDRESS": PATTERN}
ORDINARY = b"From: Eva <eva@example.net>\r\nTo: bounces@example.org\r\n\r\nHello?\r\n"


@pytest.fixture(scope="module")
def sent(small: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An instance that has sent an edition with return paths; these by address."""
    root = Path(shutil.copytree(small, tmp_path_factory.mktemp("mail") / "instance"))
    with SmtpServer() as server:
        way = {"TIDINGS_MAIL__TRANSPORT": f"smtp://127.0.0.1:{server.port}?tls=none", **VERP}
        ran = call(root, "run", "--send", "now", **way)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return root, {letter.recipient: letter.sender for letter in server.letters}


@pytest.fixture
def instance(sent: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(sent[0], tmp_path / "instance"))


@pytest.fixture
def paths(sent: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return sent[1]


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer(users={USER: PASSWORD}) as server:
        yield server


def incoming(paths: dict[str, str]) -> list[bytes]:
    """A bounce of Ana's message, a complaint by Luis, a forged bounce, and a letter by somebody."""
    forged = paths["luis@example.org"].replace("a", "b").replace("2", "3")
    return [
        bounce_of(paths["ana@example.org"], "ana@example.org").encode(),
        complaint_of(paths["luis@example.org"]).encode(),
        bounce_of(forged, "luis@example.org", "<made@up.example>").encode(),
        ORDINARY,
    ]


def read(root: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """Run `deliveries bounce`; returns how it ended and all that it said, which names nobody."""
    ran = call(root, "deliveries", "bounce", *arguments, **VERP, **environ)
    said = ran.stdout + ran.stderr
    assert "ana@" not in said, said
    assert "luis@" not in said, said
    assert PASSWORD not in said, said
    assert not re.search(r"bounces\+\w{9}", said), said
    return ran.returncode, said


def standing(root: Path) -> dict[str, str]:
    found = json.loads(call(root, "recipients", "list", "--json").stdout)["recipients"]
    return {each["address"]: each["state"] for each in found}


def imap(server: ImapServer, folder: str = "", options: str = "?tls=none") -> tuple[str, str]:
    return "--imap", f"imap://{USER}@127.0.0.1:{server.port}/{folder}{options}"


SECRET = {"TIDINGS_IMAP_PASSWORD": PASSWORD}


# --- A Maildir -----------------------------------------------------------------------------------


def maildir(folder: Path, *messages: bytes) -> Path:
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, message in enumerate(messages):
        place = "cur" if number % 2 else "new"
        name = f"1795{number}.M1P{number}.host" + (":2,S" if place == "cur" else "")
        (folder / place / name).write_bytes(message)
    return folder


def held(folder: Path) -> list[bytes]:
    return sorted(
        each.read_bytes() for part in ("new", "cur") for each in (folder / part).glob("*")
    )


def test_of_a_maildir_what_was_understood_is_moved_and_nothing_else_touched(
    instance: Path, paths: dict[str, str], tmp_path: Path
) -> None:
    messages = incoming(paths)
    box = maildir(tmp_path / "box", *messages)
    code, said = read(instance, "--maildir", str(box))
    assert code == 0
    assert "4 messages read, 2 understood and moved to Processed, 2 left where they are." in said
    assert held(box) == sorted(messages[2:])
    assert held(box / ".Processed") == sorted(messages[:2])
    assert stat.S_IMODE((box / ".Processed").stat().st_mode) == 0o700
    assert standing(instance) == {"ana@example.org": "active", "luis@example.org": "left"}
    code, said = read(instance, "--maildir", str(box))
    assert (code, "2 messages read, 2 left where they are." in said) == (0, True)


def test_links_pipes_folders_and_giants_in_a_maildir_are_passed_over(
    instance: Path, paths: dict[str, str], tmp_path: Path
) -> None:
    box = maildir(tmp_path / "box", incoming(paths)[0])
    (tmp_path / "elsewhere").write_bytes(incoming(paths)[1])
    (box / "new" / "folder").mkdir()
    os.mkfifo(box / "new" / "pipe")
    with (box / "new" / "giant").open("wb") as giant:
        giant.truncate(17 * 2**20)
    code, said = read(instance, "--maildir", str(box))
    assert (code, "1 message read, 1 understood" in said) == (0, True), said


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--maildir", "nowhere"], 1, "is no Maildir"),
        (["--maildir", ".", "--moved-to", "../x"], 1, "is no folder"),
        (["--maildir", ".", "--imap", "imaps://a@b"], 2, "no two of them"),
        (["--imap", "imaps://a:h1dden@example.org"], 2, "holds a password"),
        (["--imap", "http://example.org"], 2, "is not an IMAP mailbox"),
        (["--imap", "imap://a@example.org?tls=none"], 2, "for all to read"),
        (["--imap", "imaps://example.org"], 2, "names no user"),
        (["--imap", "imaps://a@example.org"], 2, "TIDINGS_IMAP_PASSWORD"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(
    instance: Path, arguments: list[str], code: int, told: str
) -> None:
    ended, said = read(instance, *arguments)
    assert (ended, told in " ".join(said.split())) == (code, True), said
    assert "h1dden" not in said


# --- An IMAP server ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lacking", [(), ("MOVE",), ("MOVE", "UIDPLUS"), ("AUTH=PLAIN",)], ids="-".join
)
def test_of_an_imap_mailbox_what_was_understood_is_moved_and_nothing_marked_as_read(
    instance: Path, paths: dict[str, str], server: ImapServer, lacking: tuple[str, ...]
) -> None:
    server.extensions = [each for each in server.extensions if each not in lacking]
    if "AUTH=PLAIN" in lacking:
        server.users[USER] = "plain"
    messages = incoming(paths)
    server.put(*messages)
    secret = {"TIDINGS_IMAP_PASSWORD": server.users[USER]}
    code, said = read(instance, *imap(server), **secret)
    assert (code, "4 messages read, 2 understood and moved" in said) == (0, True), said
    assert server.held() == messages[2:]
    assert server.held("Processed") == messages[:2]
    assert server.seen == set()
    assert not any(each == "EXPUNGE" for each in server.commands), "others' messages may go by it"


def test_what_was_looked_at_before_is_not_fetched_again_unless_it_is_asked_for(
    instance: Path, paths: dict[str, str], server: ImapServer
) -> None:
    server.put(ORDINARY, ORDINARY)
    assert "2 messages read" in read(instance, *imap(server), **SECRET)[1]
    assert "0 messages read" in read(instance, *imap(server), **SECRET)[1]
    server.put(incoming(paths)[0])
    assert "1 message read, 1 understood" in read(instance, *imap(server), **SECRET)[1]
    assert "2 messages read" in read(instance, *imap(server), "--again", **SECRET)[1]
    server.validity = 8
    assert "2 messages read" in read(instance, *imap(server), **SECRET)[1]


def test_another_folder_is_read_and_moved_to(
    instance: Path, paths: dict[str, str], server: ImapServer
) -> None:
    server.folders["Bounces"] = server.folders["INBOX"].__class__()
    server.put(incoming(paths)[0], folder="Bounces")
    code, _ = read(instance, *imap(server, "Bounces"), "--moved-to", "Old mail", **SECRET)
    assert (code, len(server.held("Old mail")), server.held("Bounces")) == (0, 1, [])


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("UID FETCH", ""),
        ("UID MOVE", "NO not now"),
        *(
            pytest.param(verb, answer, marks=pytest.mark.slow)
            for verb in ("UID SEARCH", "UID FETCH", "UID MOVE", "SELECT", "CAPABILITY")
            for answer in ("", "NO not now", "BAD what")
        ),
    ],
)
def test_a_server_that_breaks_off_loses_nothing(
    instance: Path, paths: dict[str, str], server: ImapServer, verb: str, answer: str
) -> None:
    messages = incoming(paths)
    server.put(*messages)
    server.scripts[verb] = answer
    code, said = read(instance, *imap(server), **SECRET)
    assert (code, "127.0.0.1" in said) == (1, True), said
    server.scripts.clear()
    code, said = read(instance, *imap(server), "--again", **SECRET)
    assert code == 0, said
    assert server.held("Processed") == messages[:2]
    assert standing(instance)["luis@example.org"] == "left"


def test_a_refused_login_is_said_without_the_password(instance: Path, server: ImapServer) -> None:
    server.users[USER] = "another"
    code, said = read(instance, *imap(server), **SECRET)
    assert (code, "refused the login" in said) == (1, True), said
    server.extensions = []
    server.scripts["LOGIN"] = "BAD cannot parse plain-password"
    code, said = read(instance, *imap(server), TIDINGS_IMAP_PASSWORD="plain-password")
    assert (code, "plain-password" in said) == (1, False), said


def test_hosted_mailboxes_are_read_by_access_token_and_a_refused_one_is_renewed(
    instance: Path, paths: dict[str, str], server: ImapServer, tmp_path: Path
) -> None:
    program = TokenProgram(tmp_path / "token")
    program.says(as_json("ya29.first" * 9), as_json("ya29.second" * 9))
    server.tokens[USER] = {"ya29.second" * 9}
    server.put(incoming(paths)[0])
    by_token = {"TIDINGS_MAIL__TOKEN_COMMAND": str(program.path)}
    code, said = read(instance, *imap(server), **by_token)
    assert (code, len(program.runs), len(server.held("Processed"))) == (0, 2, 1), said
    server.tokens.clear()
    code, said = read(instance, *imap(server), **by_token)
    assert (code, "ya29" in said) == (1, False)
    program.says("nonsense and more")
    code, said = read(instance, *imap(server), **by_token)
    assert (code, "is no access token" in said) == (1, True)


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_the_certificate_of_the_server_is_checked(
    instance: Path, paths: dict[str, str], tmp_path: Path, scheme: str
) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with ImapServer(
        users={USER: PASSWORD}, certificate=certificate, tls=scheme == "imaps"
    ) as server:
        server.put(incoming(paths)[0])
        url = f"{scheme}://{USER}@127.0.0.1:{server.port}/INBOX"
        code, said = read(instance, "--imap", url, **SECRET)
        assert (code, "certificate" in said) == (1, True), said
        code, said = read(instance, "--imap", f"{url}?ca={certificate.authority}", **SECRET)
        assert (code, len(server.held("Processed"))) == (0, 1), said


def test_a_server_without_starttls_gets_no_password(instance: Path, server: ImapServer) -> None:
    code, said = read(instance, *imap(server, options=""), **SECRET)
    assert (code, "TLS" in said) == (1, True), said
    assert not any(each.startswith(("LOGIN", "AUTHENTICATE")) for each in server.commands)


# --- One message on standard input ---------------------------------------------------------------


def test_a_request_to_leave_as_the_mail_words_it_is_obeyed(small: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(small, tmp_path / "instance"))
    asked = {"TIDINGS_MAIL__UNSUBSCRIBE": "mailto:leave@example.org?subject=leave%20{token}"}
    assert call(root, "run", "--send", "now", **asked).returncode == 0
    (mail,) = root.glob("outbox/**/*ana@example.org.eml")
    header = str(message_from_bytes(mail.read_bytes())["List-Unsubscribe"])
    subject = unquote(header.partition("?subject=")[2].rstrip(">"))
    request = root / "request.eml"
    for said, told, state in (
        (subject[:-3] + "xyz", "no valid token", "active"),
        (subject, "They have left.", "left"),
        (subject, "They have left.", "left"),
    ):
        text = f"From: a@b.example\nTo: leave@example.org\nSubject: {said}\n\nBye.\n"
        request.write_text(text, encoding="utf-8")
        ran = call(root, "deliveries", "bounce", str(request), **asked)
        assert (ran.returncode, told in ran.stdout) == (0, True), ran.stdout + ran.stderr
        assert standing(root)["ana@example.org"] == state


def test_the_code_tells_nothing_of_whom_a_message_is_about(
    instance: Path, paths: dict[str, str], tmp_path: Path
) -> None:
    """A mail server tells it to whom the message is from."""
    ana, stranger = paths["ana@example.org"], paths["ana@example.org"].replace("a", "b")
    makers: tuple[Callable[[str], str], ...] = (
        lambda to: bounce_of(to, "ana@example.org"),
        lambda to: bounce_of(to, "stranger@example.org"),
        complaint_of,
    )
    for make in makers:
        codes = set()
        for to in (ana, stranger, "bounces@example.org"):
            (tmp_path / "it.eml").write_text(make(to), encoding="utf-8")
            ran = call(instance, "deliveries", "bounce", str(tmp_path / "it.eml"), **VERP)
            codes.add(ran.returncode)
        assert codes == {0}
