"""A user of hosted mail logs in by an access token, which is used until it expires, renewed when it
is refused, and seen nowhere."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.desk import Hands
from tests.smtp_server import SmtpServer
from tests.token_server import TokenProgram, as_json
from tidings.adapters.smtp import SmtpTransport
from tidings.adapters.token_command import TokenCommand
from tidings.core.settings import Relay
from tidings.errors import TransportClosed
from tidings.model import Envelope

USER = "news@example.org"
FIRST, SECOND, THIRD = (f"ya29.{letter * 60}" for letter in "abc")
LEAVES_ANOTHER = """import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("token")"""
MESSAGE = b"Subject: news\r\n\r\nNews.\r\n"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer(users={USER: "no password"}, mechanisms=["XOAUTH2"]) as server:
        server.tokens = {USER: {FIRST}}
        yield server


@pytest.fixture
def program(tmp_path: Path) -> TokenProgram:
    program = TokenProgram(tmp_path / "token")
    program.says(as_json(FIRST))
    return program


@pytest.fixture
def clock() -> Hands:
    return Hands()


def command(
    program: TokenProgram | list[str],
    clock: Hands,
    environ: dict[str, str] | None = None,
    seconds: float = 20,
) -> TokenCommand:
    words = program if isinstance(program, list) else [str(program.path)]
    environment = {"PATH": os.environ["PATH"], **(environ or {})}
    return TokenCommand(words, Path.cwd(), environment, clock.now, seconds=seconds)


def transport(server: SmtpServer, token: TokenCommand) -> SmtpTransport:
    relay = Relay("127.0.0.1", server.port, USER, "none")
    return SmtpTransport(relay, token, timeout=10, reply_timeout=10)


def send(way: SmtpTransport, *people: str) -> None:
    channel = way.connect()
    try:
        for address in people or ("ana@example.org",):
            channel.send(Envelope(USER, address, "weekly", 1, 1), MESSAGE)
    finally:
        channel.close()


def refusal(way: SmtpTransport) -> str:
    with pytest.raises(TransportClosed) as caught:
        send(way)
    told = str(caught.value)
    assert not any(secret in told for secret in (FIRST, SECOND, THIRD, FIRST[:40]))
    return told


# --- As long as all is well ----------------------------------------------------------------------


def test_the_token_logs_in_and_is_fetched_once_until_it_expires(
    server: SmtpServer, program: TokenProgram, clock: Hands
) -> None:
    way = transport(server, command(program, clock))
    for _ in range(3):
        send(way)
    assert (len(server.letters), len(program.runs)) == (3, 1)
    program.says(as_json(FIRST), as_json(SECOND))
    server.tokens[USER] = {SECOND}
    clock.at += timedelta(minutes=59, seconds=1)
    send(way)
    assert len(program.runs) == 2
    assert server.logins.count(USER) == 4, "no login was tried with a token that had expired"


def test_the_program_is_given_no_argument_and_no_secret_of_ours(
    server: SmtpServer, program: TokenProgram, clock: Hands
) -> None:
    secrets = {"TIDINGS_SECRET_KEY": "one", "TIDINGS_SMTP_PASSWORD": "two"}
    send(transport(server, command(program, clock, secrets)))
    assert program.runs == ["0 "]


def test_several_threads_that_ask_at_once_run_the_program_once(
    program: TokenProgram, clock: Hands
) -> None:
    token = command(program, clock)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(token())) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (found, len(program.runs)) == ([FIRST] * 8, 1)


def claims(until: datetime) -> str:
    """A JSON Web Token that expires then."""
    parts = ({"alg": "none"}, {"exp": int(until.timestamp())})
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*coded, "c2lnbmF0dXJl"])


@pytest.mark.parametrize(
    ("answer", "minutes"),
    [
        (FIRST, 5),
        (as_json(FIRST, 1800), 30),
        (as_json(FIRST, "1800"), 30),
        (json.dumps({"accessToken": FIRST, "expires_on": int(MONDAY.timestamp()) + 1200}), 20),
        (json.dumps({"access_token": FIRST}), 5),
        (claims(MONDAY + timedelta(minutes=40)), 40),
        (as_json(FIRST, "soon"), 5),
        (as_json(FIRST, -5), 5),
    ],
)
def test_when_a_token_expires_is_read_from_whatever_tells_it(
    program: TokenProgram, clock: Hands, answer: str, minutes: int
) -> None:
    program.says(answer)
    token = command(program, clock)
    first = token()
    clock.at = MONDAY + timedelta(minutes=minutes - 1, seconds=-1)
    assert (token(), len(program.runs)) == (first, 1)
    clock.at = MONDAY + timedelta(minutes=minutes - 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TokenCommand, "_read", lambda *_: pytest.fail("asked again"))
        with pytest.raises(pytest.fail.Exception, match="asked again"):
            token()


# --- When it is refused --------------------------------------------------------------------------


def test_a_token_that_was_taken_back_is_replaced_at_once(
    server: SmtpServer, program: TokenProgram, clock: Hands
) -> None:
    program.says(as_json(FIRST), as_json(SECOND))
    server.tokens[USER] = {SECOND}
    send(transport(server, command(program, clock)))
    assert (len(server.letters), len(program.runs)) == (1, 2)


def test_a_session_whose_login_ended_in_the_middle_of_a_run_is_begun_again(
    server: SmtpServer, program: TokenProgram, clock: Hands
) -> None:
    program.says(as_json(FIRST), as_json(SECOND))
    way = transport(server, command(program, clock))
    channel = way.connect()
    envelope = Envelope(USER, "ana@example.org", "weekly", 1, 1)
    channel.send(envelope, MESSAGE)
    server.tokens[USER] = {SECOND}
    server.script("MAIL", "530 5.7.57 Client not authenticated to send mail", times=1)
    channel.send(envelope, MESSAGE)
    channel.close()
    assert (len(server.letters), server.connections, len(program.runs)) == (2, 2, 2)


def test_the_reason_in_a_challenge_is_told_and_no_message_fails(
    server: SmtpServer, program: TokenProgram, clock: Hands
) -> None:
    server.tokens[USER] = set()
    told = refusal(transport(server, command(program, clock)))
    assert "refused the access token of news@example.org: 535" in told
    assert "(status 401)" in told
    assert "mail.token_command" in told
    assert len(program.runs) == 2, "it is asked for another token once, and no more"


@pytest.mark.parametrize(
    "challenge",
    ["334 !!!", "334 " + base64.b64encode(b"[1]").decode(), "334 " + base64.b64encode(
        json.dumps({"status": FIRST}).encode()).decode(), "334"],
)  # fmt: skip
def test_a_challenge_that_says_nothing_is_answered_all_the_same(
    server: SmtpServer, program: TokenProgram, clock: Hands, challenge: str
) -> None:
    server.script("AUTH", challenge)
    refusal(transport(server, command(program, clock)))


def test_a_server_that_repeats_the_token_does_not_have_it_logged(
    server: SmtpServer, program: TokenProgram, clock: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    long = "ya29." + "x" * 120
    program.says(as_json(long))
    server.script("AUTH", f"535 5.7.8 bad token {long}")
    assert long not in refusal(transport(server, command(program, clock)))
    ours = [each for each in caplog.records if each.name != "mail.log"]
    assert not any(long in each.getMessage() for each in ours)


def test_a_server_without_access_tokens_is_named(program: TokenProgram, clock: Hands) -> None:
    with SmtpServer(users={USER: "x"}) as server:
        told = refusal(transport(server, command(program, clock)))
    assert "offers no login by access token" in told


def test_who_has_a_password_is_told_that_the_server_wants_a_token(server: SmtpServer) -> None:
    relay = Relay("127.0.0.1", server.port, USER, "none")
    told = refusal(SmtpTransport(relay, "a password", timeout=10))
    assert "set mail.token_command" in told


# --- A program that does not do what it should ---------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "what it printed is no access token"),
        ("Please log in at https://login.example.org and enter CODE", "no access token"),
        ('{"error": "invalid_grant"}', "no access token"),
        ('{"access_token": 7}', "no access token"),
        ('{"access_token": "a b"}', "no access token"),
        ("{", "no access token"),
        ("x" * 70_000, "no access token"),
        (json.dumps({"access_token": FIRST, "expires_on": 1_000_000_000}), "has expired"),
    ],
)
def test_what_is_no_token_is_said_and_never_repeated(
    program: TokenProgram, clock: Hands, answer: str, told: str
) -> None:
    program.says(answer)
    with pytest.raises(TransportClosed) as caught:
        command(program, clock)()
    assert told in str(caught.value)
    assert caught.value.ours
    assert "CODE" not in str(caught.value)
    assert FIRST not in str(caught.value)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import sys; sys.exit('refresh token expired')", "ended with 1, refresh token expired"),
        ("import sys; sys.exit('bad: x=s3cr3ts3cr3ts3cr3ts3cr3t')", "ended with 1, bad, x=…"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
        ("import time; time.sleep(60)", "did not end within 0 seconds"),
        ("import os, time; os.close(1); os.close(2); time.sleep(60)", "did not end within 0"),
        (LEAVES_ANOTHER, "did not end within 0 seconds"),
        ("while True: print('x' * 1000)", "did not end within 0"),
        ("input()", "ended with 1, EOFError, EOF when reading a line"),
    ],
)  # fmt: skip
def test_a_program_that_fails_or_hangs_is_named_and_ended(
    clock: Hands, script: str, told: str
) -> None:
    waits = "sleep" in script or "while" in script
    token = command([sys.executable, "-c", script], clock, seconds=0.3 if waits else 20)
    with pytest.raises(TransportClosed) as caught:
        token()
    assert told in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_program_that_is_not_there_is_named(clock: Hands) -> None:
    with pytest.raises(TransportClosed, match="give-token cannot be run: No such file"):
        command(["/nowhere/give-token"], clock)()
