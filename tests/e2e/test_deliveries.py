"""The ledger in an operator's hands: real runs against a real server, steered by the real verbs."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import fork_server
from tests.e2e.conftest import call, contents
from tests.e2e.test_worker import worker
from tests.smtp_server import SmtpServer

NOON, LATER = "2026-11-24T12:00:00-06:00", "2026-11-24T12:30:00-06:00"
EPOCH = "1795543200"  # NOON
REPORT = """\
From: MAILER-DAEMON@relay.example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user

--b
Content-Type: text/rfc822-headers

Message-ID: {message}
--b--
"""


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def way_out(server: SmtpServer) -> dict[str, str]:
    return {"TIDINGS_MAIL__TRANSPORT": f"smtp://127.0.0.1:{server.port}?tls=none"}


def listed(instance: Path, *options: str) -> list[dict[str, Any]]:
    ran = call(instance, "deliveries", "list", "--json", *options)
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)["deliveries"]
    return found


def states(instance: Path) -> dict[str, str]:
    return {each["address"]: each["state"] for each in listed(instance)}


def test_what_the_server_refused_is_told_found_and_sent_again(
    fresh: Path, server: SmtpServer
) -> None:
    server.script("RCPT", "550 5.1.1 No such user", about="luis@", times=1)
    server.script("RCPT", "451 4.2.1 Try again later", about="maria@", times=1)
    ran = call(fresh, "run", "--send", "now", "--now", NOON, **way_out(server))
    assert ran.returncode == 1
    assert "1 sent, 1 deferred, 1 failed" in ran.stdout
    assert "550 5.1.1 No such user" in ran.stdout
    assert "next try at 12:0" in ran.stdout
    status = call(fresh, "status", SOURCE_DATE_EPOCH=EPOCH)
    assert status.returncode == 1
    first = status.stdout.splitlines()[0]
    assert first == "1 message could not be delivered; 1 message still to be sent."
    told = call(fresh, "deliveries", "list", SOURCE_DATE_EPOCH=EPOCH)
    assert told.stdout.startswith("3 deliveries: ")
    assert "luis@example.org" in told.stdout
    assert "1 attempt; next try at 12:0" in told.stdout
    (failed,) = listed(fresh, "--state", "failed")
    assert failed["address"] == "luis@example.org"

    assert call(fresh, "deliveries", "retry", "--failed", SOURCE_DATE_EPOCH=EPOCH).returncode == 0
    ran = call(fresh, "run", "--now", LATER, **way_out(server))
    assert (ran.returncode, "2 sent" in ran.stdout) == (0, True), ran.stdout
    assert states(fresh) == dict.fromkeys(
        ["ana@example.org", "luis@example.org", "maria@example.org"], "sent"
    )
    assert sorted(letter.recipient for letter in server.letters) == sorted(states(fresh))


def test_what_is_on_hold_is_not_sent_and_no_exit_code_hides_it(
    fresh: Path, server: SmtpServer
) -> None:
    server.script("RCPT", "451 4.2.1 Try again later", times=3)
    assert call(fresh, "run", "--send", "now", "--now", NOON, **way_out(server)).returncode == 75
    held = call(fresh, "deliveries", "hold", "--digest", "weekly")
    assert (held.returncode, "3 deliveries on hold" in held.stdout) == (0, True)
    ran = call(fresh, "run", "--now", LATER, **way_out(server))
    assert ran.returncode == 75
    assert "3 messages still to be sent, 3 of them on hold" in ran.stdout
    assert len(listed(fresh, "--state", "held")) == 3
    assert server.letters == []
    assert "3 on hold" in call(fresh, "status").stdout.splitlines()[0]

    assert call(fresh, "deliveries", "release", "1", "2").returncode == 0
    assert call(fresh, "run", "--now", LATER, **way_out(server)).returncode == 75
    assert len(server.letters) == 2
    assert call(fresh, "deliveries", "release", "--digest", "weekly").returncode == 0
    assert call(fresh, "run", "--now", LATER, **way_out(server)).returncode == 0
    assert len(server.letters) == 3


def test_a_message_in_doubt_is_held_if_the_option_says_so_and_sent_again_on_demand(
    fresh: Path, server: SmtpServer
) -> None:
    server.script(".", drop=True, about="luis@", times=1)
    option = {"TIDINGS_MAIL__IN_DOUBT": "hold", **way_out(server)}
    ran = call(fresh, "run", "--send", "now", "--now", NOON, **option)
    assert ran.returncode == 75
    assert "1 in doubt" in ran.stdout
    (doubted,) = listed(fresh, "--state", "in-doubt")
    assert f"deliveries retry {doubted['id']}" in ran.stdout
    status = call(fresh, "status", SOURCE_DATE_EPOCH=EPOCH)
    assert (status.returncode, "1 message in doubt" in status.stdout) == (75, True)
    call(fresh, "deliveries", "retry", str(doubted["id"]), SOURCE_DATE_EPOCH=EPOCH)
    assert call(fresh, "run", "--now", LATER, **option).returncode == 0
    copies = [letter.data for letter in server.letters if letter.recipient == "luis@example.org"]
    assert len(copies) == 2
    assert copies[0] == copies[1]


def test_a_server_that_is_away_stops_the_run_and_says_what_comes_next(fresh: Path) -> None:
    with SmtpServer() as gone:
        nowhere = way_out(gone)
    few = {"TIDINGS_MAIL__CONNECTIONS": "2"}
    ran = call(fresh, "run", "--send", "now", "--now", NOON, **nowhere, **few)
    assert ran.returncode == 75
    assert "sending stopped: " in ran.stdout
    assert "tried again at the next run" in ran.stdout
    assert "3 messages still to be sent" in ran.stdout.splitlines()[-1]


def test_decisions_are_taken_beside_a_worker_whose_log_masks_every_address(
    fresh: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDINGS_MAIL__TRANSPORT", way_out(server)["TIDINGS_MAIL__TRANSPORT"])
    # Seen first long ago: the worker opens the edition that has been due ever since.
    assert call(fresh, "run", "--now", "2020-01-01T00:00:00Z").returncode == 0
    server.script("RCPT", "550 5.1.1 <luis@example.org> unknown", about="luis@", times=1)
    with worker(fresh) as running:
        line = running.wait_for("delivery failed")
        assert "address=l***@example.org" in line
        assert "<l***@example.org> unknown" in line
        assert call(fresh, "deliveries", "retry", "--failed").returncode == 0
        running.wait_for("mail sent sent=1")
        assert running.end() == 0
    assert not any("luis@" in line for line in running.log)
    assert set(states(fresh).values()) == {"sent"}


def test_a_settled_delivery_cannot_be_retried_and_nothing_is_changed(instance: Path) -> None:
    for verb in ("retry", "hold", "release"):
        ran = call(instance, "deliveries", verb, "1", "99")
        assert ran.returncode == 1, verb
        assert "ana@example.org: it was sent" in ran.stdout
        assert "no delivery 99" in ran.stderr
    assert set(states(instance).values()) == {"sent"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry"],
        ["retry", "1", "--failed"],
        ["hold"],
        ["hold", "1", "--digest", "weekly"],
        ["hold", "--digest", "wekly"],
        ["release", "one"],
        ["list", "--state", "lost"],
        ["list", "--digest", "wekly"],
        ["bounce", "nowhere.eml"],
    ],
)
def test_a_wrong_argument_is_a_usage_error(instance: Path, arguments: list[str]) -> None:
    ran = call(instance, "deliveries", *arguments)
    assert ran.returncode == 2
    assert ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_a_state_there_is_nothing_to_steer_and_none_is_made(fresh: Path) -> None:
    before = contents(fresh)
    for arguments in (["list"], ["retry", "--failed"], ["hold", "1"]):
        ran = call(fresh, "deliveries", *arguments)
        assert ran.returncode == 1
        assert "tidings run" in ran.stderr
    assert contents(fresh) == before


def test_a_list_only_looks(instance: Path) -> None:
    before = contents(instance)
    assert call(instance, "deliveries", "list").returncode == 0
    assert contents(instance) == before


# --- Bounces -------------------------------------------------------------------------------------


def bounce(
    instance: Path, text: str, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Give a report on standard input."""
    return subprocess.run(
        [fork_server.command(), "-C", str(instance), "deliveries", "bounce", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NO_COLOR": "1", **environ},
        check=False,
    )


def on_day(number: int) -> str:
    """The instant of that day, as SOURCE_DATE_EPOCH has it."""
    return str(int(EPOCH) + number * 86_400)


def test_an_address_that_bounced_too_often_is_listed_and_can_be_taken_back(instance: Path) -> None:
    (ana,) = listed(instance, "--address", "ANA@example.org")
    report = REPORT.format(address="ana@example.org", status="5.1.1", message=ana["message_id"])
    first = bounce(instance, report, SOURCE_DATE_EPOCH=on_day(1))
    assert (first.returncode, "1 in a row" in first.stdout) == (0, True), first.stderr
    assert "known already" in bounce(instance, report).stdout
    (ana,) = listed(instance, "--address", "ana@example.org")
    assert (ana["state"], ana["detail"]) == ("sent", "bounced: 5.1.1 550 5.1.1 No such user")

    for number, said in ((2, "2 in a row"), (3, "gets no more mail")):
        another_edition(instance, number)
        ana = listed(instance, "--address", "ana@example.org")[-1]
        report = REPORT.format(address="ana@example.org", status="5.1.1", message=ana["message_id"])
        (instance / "report.eml").write_text(report, encoding="utf-8")
        path = str(instance / "report.eml")
        ran = call(instance, "deliveries", "bounce", path, SOURCE_DATE_EPOCH=on_day(number))
        assert (ran.returncode, said in ran.stdout) == (0, True), ran.stdout
    status = call(instance, "status")
    assert "1 address bounced" in status.stdout
    told = call(instance, "deliveries", "list", "--state", "bounced").stdout
    assert "retry --address ana@example.org" in told

    added = call(instance, "recipients", "add", "ana@example.org", "--digest", "weekly")
    assert (added.returncode, "bounced" in added.stderr) == (1, True)
    taken_back = call(instance, "deliveries", "retry", "--address", "ana@example.org")
    assert (taken_back.returncode, "gets mail again" in taken_back.stdout) == (0, True)
    assert "bounced" not in call(instance, "status").stdout


def another_edition(instance: Path, number: int) -> None:
    """Send one more edition, at a later hour of the same day."""
    news = f"News {number}\n24 November 2026\nThe news of the {number}th edition.\n"
    (instance / "seeds" / f"news-{number}.txt").write_text(news, encoding="utf-8")
    now = f"2026-11-24T{12 + number}:00:00-06:00"
    ran = call(instance, "run", "--send", "now", "--now", now)
    assert ran.returncode == 0, ran.stdout


def test_what_is_no_report_says_so_and_ends_with_1(instance: Path) -> None:
    junk = bounce(instance, "From: someone\n\nHello")
    assert (junk.returncode, "no delivery report" in junk.stderr) == (1, True)


def test_a_stranger_learns_of_nobody_whether_they_are_known(instance: Path) -> None:
    before = listed(instance)
    told = []
    for address in ("stranger@example.net", "ana@example.org"):
        report = REPORT.format(address=address, status="5.1.1", message="<x@y>")
        ran = bounce(instance, report)
        told.append((ran.returncode, ran.stdout, ran.stderr.replace(address, "ADDRESS")))
    assert told[0] == told[1]
    assert told[0][0] == 0
    assert listed(instance) == before
    assert json.loads(call(instance, "status", "--json").stdout)["bounced"] == []


def test_a_forged_report_cuts_nobody_off(instance: Path) -> None:
    people = ["ana@example.org", "luis@example.org", "maria@example.org"]
    report = REPORT.format(address=people[0], status="5.1.1", message="<forged@example.net>")
    block = "Final-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1\n\n"
    blocks = "".join(block.format(address) for address in people * 3)
    report = report.replace("Final-Recipient", f"{blocks}Final-Recipient", 1)
    for _ in range(3):
        assert bounce(instance, report).returncode == 0
    assert call(instance, "deliveries", "list", "--state", "bounced").stdout.startswith("0")
    another_edition(instance, 2)
    assert {each["state"] for each in listed(instance)} <= {"sent", "empty"}
    assert len(listed(instance)) == 6


# --- Refused alike -------------------------------------------------------------------------------

LIMIT = "550 5.4.5 Daily sending limit exceeded"


def test_a_run_says_that_everybody_was_refused_alike_and_ends_with_1(
    fresh: Path, server: SmtpServer
) -> None:
    server.script("RCPT", LIMIT)
    ran = call(fresh, "run", "--send", "now", "--now", NOON, **way_out(server))
    assert ran.returncode == 1
    assert "weekly, No. 1: 3 of 3 messages refused for the same reason" in ran.stdout
    assert "no address is marked as bounced for it" in ran.stdout
    status = call(fresh, "status", SOURCE_DATE_EPOCH=EPOCH)
    assert status.returncode == 1
    assert status.stdout.startswith(
        "3 of 3 messages of weekly, No. 1, were refused for the same reason (550 5.4"
    )
    assert listed(fresh, "--state", "bounced") == []


def test_a_run_tells_programs_what_was_refused_alike(fresh: Path, server: SmtpServer) -> None:
    server.script("RCPT", "550 5.1.1 User unknown in relay recipient table")
    ran = call(fresh, "run", "--send", "now", "--now", NOON, "--json", **way_out(server))
    found = json.loads(ran.stdout)
    assert (found["exit_code"], found["mail"]["brought_back"]) == (1, [])
    (alike,) = found["mail"]["refused_alike"]
    assert (alike["digest"], alike["number"], alike["refused"], alike["of"]) == ("weekly", 1, 3, 3)


def suppress(instance: Path, words: str) -> None:
    """Leave the state as a version did that counted every refusal."""
    with sqlite3.connect(instance / "state" / "tidings.db") as state:
        state.execute(
            "INSERT INTO people (address_key, state, refusals, changed_at, detail)"
            " SELECT DISTINCT address_key, 'bounced', 3, changed_at, ? FROM deliveries",
            [words],
        )


def test_a_suppressed_list_is_taken_back_by_the_next_run(instance: Path) -> None:
    suppress(instance, f"mx.example.org:587: the server refused the recipient: {LIMIT}")
    assert call(instance, "status", SOURCE_DATE_EPOCH=EPOCH).returncode == 1
    ran = call(instance, "run", "--send", "none", "--now", NOON)
    assert (ran.returncode, "3 addresses get mail again" in ran.stdout) == (0, True), ran.stdout
    assert "bounced" not in call(instance, "status", SOURCE_DATE_EPOCH=EPOCH).stdout
    assert "again" not in call(instance, "run", "--send", "none", "--now", NOON).stdout


def test_what_forged_reports_did_is_undone_by_one_command(instance: Path) -> None:
    suppress(instance, "5.1.1 forged")
    assert call(instance, "run", "--send", "none", "--now", NOON).returncode == 0
    status = call(instance, "status", SOURCE_DATE_EPOCH=EPOCH)
    assert status.returncode == 1
    assert "3 of 3 people bounced within a month" in status.stdout.splitlines()[0]
    none = call(instance, "recipients", "resume", "--since", "2026-11-24", "--reason", "other")
    assert (none.returncode, "No address bounced" in none.stdout) == (0, True)
    later = call(instance, "recipients", "resume", "--since", "2026-11-25")
    assert "No address bounced" in later.stdout
    back = call(instance, "recipients", "resume", "--since", "2026-11-24", "--reason", "forged")
    assert back.returncode == 0
    assert "3 addresses get mail again" in back.stdout
    assert "luis@example.org" in back.stdout
    assert call(instance, "status", SOURCE_DATE_EPOCH=EPOCH).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ana@example.org", "--since", "2026-11-24"],
        ["ana@example.org", "--reason", "no"],
        ["--since", "2026-11-24", "--digest", "weekly"],
        ["--since", "yesterday"],
    ],
)
def test_taking_back_somebody_or_many_is_one_or_the_other(
    instance: Path, arguments: list[str]
) -> None:
    ran = call(instance, "recipients", "resume", *arguments)
    assert (ran.returncode, "Traceback" in ran.stderr) == (2, False), ran.stderr


# --- Progress ------------------------------------------------------------------------------------


def on_a_terminal(*command: str) -> str:
    """What a command writes on a terminal."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    environ.pop("NO_COLOR", None)
    with subprocess.Popen(
        [fork_server.command(), *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
    ) as process:
        os.close(theirs)
        written = b""
        # A terminal whose other end is closed cannot be read any more (EIO).
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:
            pass
        process.wait(60)
    os.close(ours)
    return written.decode()


def test_on_a_terminal_sending_is_shown_and_the_line_is_gone_afterwards(fresh: Path) -> None:
    written = on_a_terminal("-C", str(fresh), "run", "--send", "now")
    assert "sending" in written
    erased = written.rindex("\x1b[2K")
    assert written.index("/3") < erased < written.index("All done.")


def test_with_json_nothing_is_shown_even_on_a_terminal(fresh: Path) -> None:
    written = on_a_terminal("-C", str(fresh), "run", "--send", "now", "--json")
    assert json.loads(written)["mail"]["sent"] == 3


def test_in_a_pipe_there_is_no_progress(fresh: Path) -> None:
    ran = call(fresh, "run", "--send", "now")
    assert "sending" not in ran.stdout + ran.stderr
