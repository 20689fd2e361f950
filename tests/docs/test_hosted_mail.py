"""Each recipe of the page on hosted mail is sent by, to a server that behaves as that provider."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs import pages
from tests.minimal_site import write_minimal_site
from tests.smtp_server import Certificate, SmtpServer, make_certificate
from tests.token_server import TokenProgram, as_json
from tidings.adapters.smtp import SmtpTransport
from tidings.entrypoints import wiring
from tidings.entrypoints.credentials import credentials
from tidings.entrypoints.examination import examine
from tidings.errors import TransportClosed
from tidings.model import Envelope

PAGE = pages.ROOT / "docs" / "how-to" / "hosted-mail.md"
TOKEN = "ya29." + "t" * 60
PASSWORD = "an SMTP credential"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def recipe(heading: str) -> str:
    """The YAML below a heading."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return str(re.findall(r"```yaml\n# config/tidings.yaml\n(.*?)```", text, re.DOTALL)[0])


@pytest.fixture
def curl(tmp_path: Path) -> TokenProgram:
    """A `curl` that answers as a token server does."""
    program = TokenProgram(tmp_path / "bin")
    program.says(as_json(TOKEN))
    program.path.rename(program.folder / "curl")
    return program


def instance_of(root: Path, heading: str, **environ: str) -> wiring.Instance:
    """A site with the settings of a recipe."""
    root.mkdir()
    write_minimal_site(root)
    path = root / "config" / "tidings.yaml"
    kept = re.sub(r"(?m)^mail:\n(?: .*\n)*", "", path.read_text(encoding="utf-8"))
    path.write_text(f"{kept}\n{recipe(heading)}", encoding="utf-8")
    wanted = {"PATH", "HOME"}
    given = {name: value for name, value in os.environ.items() if name in wanted}
    return wiring.load_instance(root, {**given, **environ})


def send_by(instance: wiring.Instance, server: SmtpServer, certificate: Certificate) -> None:
    """Send a message by the recipe's own settings, but for where the server is."""
    relay = instance.settings.mail.relay
    assert relay
    mail = instance.settings.mail
    secret = credentials(instance.root, mail, relay, instance.environ)
    trusted = "" if relay.security == "none" else str(certificate.authority)
    there = replace(relay, host="127.0.0.1", port=server.port, ca=trusted)
    channel = SmtpTransport(there, secret, timeout=10).connect()
    try:
        sender = instance.settings.mail.envelope_sender
        channel.send(
            Envelope(sender, "ana@example.org", "weekly", 1, 1), b"Subject: x\r\n\r\nx\r\n"
        )
    finally:
        channel.close()


@pytest.mark.parametrize(
    ("heading", "user"),
    [("Microsoft 365", "news@example.org"), ("Google Workspace", "news@example.org")],
)
def test_a_recipe_with_an_access_token_sends(
    tmp_path: Path, certificate: Certificate, curl: TokenProgram, heading: str, user: str
) -> None:
    path = f"{curl.folder}{os.pathsep}{os.environ['PATH']}"
    instance = instance_of(tmp_path / "site", heading, PATH=path)
    mail = instance.settings.mail
    assert mail.relay
    assert (mail.relay.user, mail.relay.port, mail.relay.security) == (user, 587, "starttls")
    assert not mail.keyed, "this provider takes no other envelope sender"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)
        with SmtpServer(
            tls="starttls", certificate=certificate, users={user: "?"}, mechanisms=["XOAUTH2"]
        ) as server:
            server.tokens = {user: {TOKEN}}
            server.script("MAIL", "550 5.7.60 SendAsDenied", about="+")
            send_by(instance, server, certificate)
            assert [letter.sender for letter in server.letters] == ["news@example.org"]
    (run,) = curl.runs
    assert run.split()[0] == "5"
    assert "secret" not in " ".join(mail.token_command).casefold()


def test_the_recipe_of_ses_sends_by_password_and_keeps_the_return_path(
    tmp_path: Path, certificate: Certificate
) -> None:
    instance = instance_of(tmp_path / "site", "Amazon SES", TIDINGS_SMTP_PASSWORD=PASSWORD)
    assert instance.settings.mail.keyed
    with SmtpServer(
        tls="starttls", certificate=certificate, users={"AKIAEXAMPLE": PASSWORD}
    ) as server:
        send_by(instance, server, certificate)
        assert [letter.sender for letter in server.letters] == ["bounces+notice@example.org"]
        server.users["AKIAEXAMPLE"] = "another"
        with pytest.raises(TransportClosed, match="refused the login"):
            send_by(instance, server, certificate)


def test_the_recipe_of_a_postfix_sends_without_a_login(
    tmp_path: Path, certificate: Certificate
) -> None:
    instance = instance_of(tmp_path / "site", "A Postfix on the same machine")
    with SmtpServer() as server:
        send_by(instance, server, certificate)
        assert len(server.letters) == 1


def test_a_password_at_microsoft_is_noted_by_check_and_a_token_is_not(tmp_path: Path) -> None:
    root = tmp_path / "site"
    instance_of(root, "Microsoft 365")
    assert noted(root) == []
    by_password = {
        "TIDINGS_MAIL__TOKEN_COMMAND": "",
        "TIDINGS_MAIL__TRANSPORT": "smtp://a@b.example@smtp.office365.com",
    }
    shutil.rmtree(root)
    instance_of(root, "Amazon SES")
    (note,) = noted(root, **by_password)
    assert "at the end of December 2026" in note


def noted(root: Path, **environ: str) -> list[str]:
    found = examine(root, environ).findings
    return [each.message for each in found if "Microsoft 365" in each.message]
