"""Doctor finds what is wrong with an instance, says what to do, and touches nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import contents
from tests.smtp_server import SmtpServer, make_certificate
from tests.unit.entrypoints.test_worker_clock import MONDAY_8, SUNDAY, Office
from tidings.core.doctor import by_password
from tidings.core.incidents import INCIDENT_NOTE, IncidentState
from tidings.core.settings.site import parse_transport
from tidings.entrypoints import mailboxes, wiring
from tidings.entrypoints.doctor import examine
from tidings.model import Finding, Level


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An instance that has published some news on Sunday."""
    made = Office(tmp_path)
    made.save("Borders reopen", "Permits are extended")
    made.tick(SUNDAY)
    made.tick(SUNDAY + timedelta(seconds=15))
    (tmp_path / "state").chmod(0o700)
    yield made
    made.store.close()


def wrong(root: Path, *, deep: bool = False, **environ: str) -> list[Finding]:
    found = examine(root, environ, MONDAY_8 - timedelta(hours=8), deep=deep)
    return [finding for finding in found if finding.level is Level.WRONG]


def checks(findings: list[Finding]) -> list[str]:
    return [finding.check for finding in findings]


def test_nothing_is_wrong_with_an_instance_that_works(office: Office, tmp_path: Path) -> None:
    before = contents(tmp_path)
    assert wrong(tmp_path) == []
    assert wrong(tmp_path, deep=True) == []
    assert contents(tmp_path) == before


def test_an_instance_that_never_ran_has_nothing_wrong_either_and_stays_so(tmp_path: Path) -> None:
    Office(tmp_path).store.close()
    for file in (tmp_path / "state").iterdir():
        file.unlink()
    (tmp_path / "state").rmdir()
    (tmp_path / ".tidings-witness").unlink(missing_ok=True)
    before = contents(tmp_path)
    assert wrong(tmp_path) == []
    assert contents(tmp_path) == before
    assert not (tmp_path / "state").exists()


def test_a_published_file_that_is_gone_or_altered_is_named(office: Office, tmp_path: Path) -> None:
    (tmp_path / "feeds" / "atom.xml").unlink()
    page = tmp_path / "feeds" / "index.html"
    page.write_bytes(page.read_bytes() + b"!")
    [finding] = wrong(tmp_path)
    assert finding.check == "published"
    assert "1 gone and 1 altered: atom.xml, index.html" in finding.message


def test_what_differs_while_somebody_publishes_is_not_called_altered(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "feeds" / "atom.xml").unlink()
    with office.store.exclusive():
        assert wrong(tmp_path) == []
    assert wrong(tmp_path)


def test_bytes_that_rot_under_the_same_size_and_time_are_found_by_a_deep_look(
    office: Office, tmp_path: Path
) -> None:
    feed = tmp_path / "feeds" / "atom.xml"
    stamp = feed.stat()
    feed.write_bytes(feed.read_bytes().replace(b"Borders", b"Hoarder"))
    os.utime(feed, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert wrong(tmp_path) == []
    [finding] = wrong(tmp_path, deep=True)
    assert "1 altered: atom.xml" in finding.message


def test_a_secret_that_others_can_read_is_wrong(office: Office, tmp_path: Path) -> None:
    (tmp_path / "state" / "secret.key").chmod(0o644)
    [finding] = wrong(tmp_path)
    assert finding.remedy == "chmod 600 state/secret.key"


def test_a_missing_folder_of_listings_is_wrong(office: Office, tmp_path: Path) -> None:
    (tmp_path / "seeds").rename(tmp_path / "sowing")
    [finding] = wrong(tmp_path)
    assert finding.message == "seeds/ does not exist"


def test_a_wrong_configuration_is_told_problem_by_problem_beside_the_machine(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "config" / "topics.yaml").write_text("topic: {}\nother: 1\n", encoding="utf-8")
    findings = wrong(tmp_path)
    assert checks(findings) == ["configuration", "configuration"]
    assert findings[0].message.startswith("config/topics.yaml:1:1: ")
    assert findings[0].remedy == 'did you mean "topics"? There are topics, aliases'


def test_rounds_that_failed_and_a_configuration_not_taken_are_told(
    office: Office, tmp_path: Path
) -> None:
    with office.store.writing() as state:
        watch = IncidentState(failures=7, reason="disk full", refused="config/topics.yaml: no")
        state.remember(INCIDENT_NOTE, watch.written())
    assert checks(wrong(tmp_path)) == ["rounds", "configuration"]


def test_a_clock_before_the_last_round_is_wrong(office: Office, tmp_path: Path) -> None:
    found = examine(tmp_path, {}, SUNDAY - timedelta(hours=1))
    assert checks([each for each in found if each.level is Level.WRONG]) == ["clock"]


# --- The mail server ------------------------------------------------------------------------------


def mail(root: Path, url: str, **environ: str) -> Finding:
    found = examine(root, {"TIDINGS_MAIL__TRANSPORT": url, **environ}, SUNDAY)
    [finding] = [each for each in found if each.check == "mail"]
    return finding


def test_the_mail_server_is_visited_as_far_as_a_login_and_no_message_is_sent(
    office: Office, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path / "keys")
    server = SmtpServer(tls="starttls", certificate=certificate, users={"desk": "s3cret"})
    with server:
        url = f"smtp://desk@localhost:{server.port}?ca={certificate.authority}"
        good = mail(tmp_path, url, TIDINGS_SMTP_PASSWORD="s3cret")
        bad = mail(tmp_path, url, TIDINGS_SMTP_PASSWORD="guessed")
        blind = mail(tmp_path, f"smtp://localhost:{server.port}")
    assert "TLSv1" in good.message
    assert "accepts the login of desk" in good.message
    assert server.logins == ["desk", "desk"]
    assert "refused the login of desk" in bad.message
    assert "TIDINGS_SMTP_PASSWORD" in bad.remedy
    assert "guessed" not in bad.message + bad.remedy
    assert "certificate was not accepted" in blind.message
    assert server.letters == []
    assert not [said for said in server.commands if said.startswith(("MAIL", "RCPT", "DATA"))]
    assert [said for said in server.commands if said.startswith("QUIT")]


def test_nobody_there_and_no_password_are_told_with_what_to_do(
    office: Office, tmp_path: Path
) -> None:
    gone = mail(tmp_path, "smtp://127.0.0.1:9?tls=none")
    assert (gone.level, gone.message) == (Level.WRONG, "127.0.0.1:9: nothing listens there")
    assert "mail.transport" in gone.remedy
    without = mail(tmp_path, "smtp://desk@127.0.0.1:9?tls=none")
    assert "TIDINGS_SMTP_PASSWORD: is not set" in without.message


# --- The return path -----------------------------------------------------------------------------

PATTERN = "bounces+{token}@example.org"


def about_return_path(root: Path, server: SmtpServer, at: timedelta) -> list[Finding]:
    environ = {
        "TIDINGS_MAIL__TRANSPORT": f"smtp://127.0.0.1:{server.port}?tls=none",
        "TIDINGS_MAIL__BOUNCE_ADDRESS": PATTERN,
    }
    found = examine(root, environ, MONDAY_8 + at)
    return [finding for finding in found if finding.check == "return path"]


def test_a_test_is_sent_to_the_return_path_until_one_was_read_that_day(
    office: Office, tmp_path: Path
) -> None:
    with SmtpServer() as server:
        (finding,) = about_return_path(tmp_path, server, timedelta())
        assert (finding.level, "a test was sent" in finding.message) == (Level.NOTE, True)
        (letter,) = server.letters
        assert letter.sender == "bounces+notice@example.org"
        environ = {"TIDINGS_MAIL__BOUNCE_ADDRESS": PATTERN}
        instance = wiring.load_instance(tmp_path, environ)
        intake = mailboxes.intake(instance, office.store)
        arrived = intake.take_in(letter.data, MONDAY_8 + timedelta(minutes=5))
        assert (arrived.kind, arrived.understood) == ("test", True)
        (finding,) = about_return_path(tmp_path, server, timedelta(hours=1))
        assert (finding.level, len(server.letters)) == (Level.FINE, 1)
        (finding,) = about_return_path(tmp_path, server, timedelta(days=2))
        assert (finding.level, len(server.letters)) == (Level.FINE, 2)
        (finding,) = about_return_path(tmp_path, server, timedelta(days=40))
        assert (finding.level, len(server.letters)) == (Level.NOTE, 3)
        assert "comes back is lost" in finding.remedy


def test_a_return_path_that_the_server_refuses_is_named_without_its_token(
    office: Office, tmp_path: Path
) -> None:
    with SmtpServer() as server:
        server.script("RCPT", "550 5.1.1 No such user bounces+x", times=1)
        (finding,) = about_return_path(tmp_path, server, timedelta())
        assert finding.level is Level.WRONG
        assert finding.message.startswith(f"no test can be sent to {PATTERN}")
        said = server.said("RCPT")[0].partition("+")[2].partition("@")[0]
        assert said not in finding.message + finding.remedy


@pytest.mark.parametrize(
    ("transport", "told"),
    [
        ("smtp://news@example.org@smtp.office365.com", True),
        ("smtp://news@example.org@SMTP.Office365.com:587", True),
        ("smtp://smtp.office365.com:25", False),
        ("smtp://news@smtp.example.org", False),
    ],
)
def test_users_of_microsoft_365_hear_that_passwords_end(transport: str, told: bool) -> None:
    relay = parse_transport(transport)
    assert not isinstance(relay, str)
    assert by_password(relay.host, relay.user, token=False) is told
    assert not by_password(relay.host, relay.user, token=True)
