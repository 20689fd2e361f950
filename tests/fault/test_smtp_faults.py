"""What each fault of a mail server means for the message, and for all others."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.smtp_server import SmtpServer
from tidings.adapters.smtp import SmtpChannel, SmtpTransport
from tidings.core.settings import Relay
from tidings.errors import DeliveryError, ReplyLost, TransportClosed
from tidings.model import Envelope

MESSAGE = b"From: news@example.org\r\n\r\nNews.\r\n"
# More than the buffers of both sides hold, so that it cannot be handed over unless it is read.
LARGE = b"x" * 70 + b"\r\n"
SHORT = 0.3
OFTEN = 5.0


def envelope(recipient: str = "ana@example.org") -> Envelope:
    return Envelope("news@example.org", recipient, "weekly", 1, 1)


@pytest.fixture(params=["one by one", "at once"])
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    """Each row of the table holds whether or not the server takes commands at once (RFC 2920)."""
    with SmtpServer(largest=2**27, pipelining=request.param == "at once") as server:
        yield server


Opener = Callable[..., SmtpChannel]


@pytest.fixture
def open_channel(server: SmtpServer) -> Iterator[Opener]:
    opened: list[SmtpChannel] = []

    def open_channel(
        *, timeout: float = OFTEN, reply_timeout: float = OFTEN, port: int = 0
    ) -> SmtpChannel:
        relay = Relay("127.0.0.1", port or server.port, security="none")
        transport = SmtpTransport(
            relay, timeout=timeout, reply_timeout=reply_timeout, name="client.example.org"
        )
        opened.append(transport.connect())
        return opened[-1]

    yield open_channel
    for channel in opened:
        channel.close()


def failure(channel: SmtpChannel, message: bytes = MESSAGE) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(envelope(), message)
    return caught.value


def passes(channel: SmtpChannel, recipient: str = "next@example.org") -> None:
    assert channel.send(envelope(recipient), MESSAGE).startswith("250 ")


# --- The server cannot be reached ----------------------------------------------------------------


def test_where_nothing_listens_the_way_out_is_shut(open_channel: Opener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    error = failure(open_channel(port=port))
    assert isinstance(error, TransportClosed)
    assert not error.ours
    assert str(error).startswith(f"127.0.0.1:{port}: nothing listens there: ")


def test_a_name_that_cannot_be_resolved_shuts_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    channel = SmtpTransport(Relay("mail.example.org", 587), name="client.example.org").connect()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert not error.ours
    assert "mail.example.org:587: the name cannot be resolved: correct the host" in str(error)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO"])
def test_a_server_that_falls_silent_at_the_start_shuts_the_way_out(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, hang=True, times=1)
    channel = open_channel(timeout=SHORT)
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert not error.ours
    assert "no answer in time: correct host, port" in str(error)
    passes(channel)


@pytest.mark.parametrize(
    "greeting", ["554 5.7.1 Not you", "421 4.3.2 Too many connections", "450 Later"]
)
def test_a_server_that_will_not_talk_to_us_shuts_the_way_out(
    server: SmtpServer, open_channel: Opener, greeting: str
) -> None:
    server.script("CONNECT", greeting, drop=True, times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert not error.ours
    assert greeting in str(error)
    passes(channel)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO"])
def test_a_server_that_hangs_up_at_the_start_shuts_the_way_out(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, drop=True, times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert "the connection broke off" in str(error)
    passes(channel)


def test_what_is_no_mail_server_shuts_the_way_out(server: SmtpServer, open_channel: Opener) -> None:
    server.script("CONNECT", "HTTP/1.1 400 Bad Request", drop=True)
    assert isinstance(failure(open_channel()), TransportClosed)


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
def test_a_refusal_for_good_fails_one_message_with_the_server_s_words(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, "550 5.1.1 No such user here", about="ana@")
    channel = open_channel()
    error = failure(channel)
    assert error.permanent
    assert not isinstance(error, TransportClosed | ReplyLost)
    assert "550 5.1.1 No such user here" in str(error)
    assert f"127.0.0.1:{server.port}" in str(error)
    passes(channel)
    assert server.connections == 1
    assert [letter.recipient for letter in server.letters] == ["next@example.org"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_refusal_for_now_puts_one_message_off(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, "452 4.2.2 Mailbox full", times=1)
    channel = open_channel()
    error = failure(channel)
    assert not error.permanent
    assert not isinstance(error, TransportClosed | ReplyLost)
    assert "452 4.2.2 Mailbox full" in str(error)
    passes(channel)
    assert server.connections == 1
    assert server.said("RSET") == ["RSET"]


def test_a_refused_sender_fails_no_message_but_stops_them_all(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script("MAIL", "553 5.7.1 Sender address not owned by user", times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert error.ours
    assert not error.permanent
    assert "refused the sender news@example.org: 553 5.7.1" in str(error)
    assert "correct mail.from" in str(error)
    passes(channel)


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "refusal",
    [
        "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname",
        "450 4.7.1 <client>: Helo command rejected: Host not found",
        "550 Invalid EHLO argument",
    ],
)
def test_a_refused_greeting_fails_no_message_but_stops_them_all(
    server: SmtpServer, open_channel: Opener, step: str, refusal: str
) -> None:
    server.script(step, refusal, times=1)
    if step == "EHLO":
        server.script("HELO", refusal, times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert "how this machine introduces itself" in str(error)
    assert str(error).endswith(": give mail.hello the full name that this machine has in the DNS")
    passes(channel)


@pytest.mark.parametrize(
    "refusal",
    [
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
        "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
    ],
)
def test_a_refused_machine_fails_no_message_but_stops_them_all(
    server: SmtpServer, open_channel: Opener, refusal: str
) -> None:
    server.script("RCPT", refusal, times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert error.ours
    assert "the server refused this machine" in str(error)
    passes(channel)


def test_that_another_server_was_greeted_wrongly_is_said_of_the_recipient(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script("RCPT", "550 Callout failed: 504 in response to EHLO", times=1)
    error = failure(open_channel())
    assert not isinstance(error, TransportClosed)
    assert "refused the recipient" in str(error)


def test_a_parameter_that_the_server_refuses_fails_only_who_needed_it(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script("MAIL", "555 5.5.4 Unsupported option: SMTPUTF8", about="SMTPUTF8")
    channel = open_channel()
    with pytest.raises(DeliveryError, match="555") as caught:
        channel.send(envelope("josé@example.org"), MESSAGE)
    assert caught.value.permanent
    passes(channel)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_wants_a_login_first_fails_no_message_but_stops_them_all(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, "530 5.7.0 Authentication required", times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert error.ours
    assert "mail.transport" in str(error)
    passes(channel)


def test_a_server_that_does_not_relay_for_us_fails_nobody_for_good(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script("RCPT", "554 5.7.1 <ana@example.org>: Relay access denied", about="ana@")
    channel = open_channel()
    error = failure(channel)
    assert not error.permanent
    assert not isinstance(error, TransportClosed)
    assert "name a user in mail.transport" in str(error)
    passes(channel)


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
def test_a_server_that_closes_shuts_the_way_out_and_the_message_waits(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    server.script(step, "421 4.3.2 Shutting down", drop=True, times=1)
    channel = open_channel()
    error = failure(channel)
    assert isinstance(error, TransportClosed)
    assert not error.ours
    assert "421 4.3.2 Shutting down" in str(error)
    passes(channel)
    assert server.connections == 2


def test_a_server_that_closes_on_a_new_connection_shuts_the_way_out(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script("MAIL", "421 4.7.0 Too many messages", drop=True)
    assert isinstance(failure(open_channel()), TransportClosed)
    assert server.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_repeats_the_return_path_does_not_have_it_told(
    server: SmtpServer, open_channel: Opener, step: str
) -> None:
    token = "afitgaaaaaaaeywxykpeyqawg5fwpxps"
    server.script(
        step, f"550 5.7.1 <Bounces+{token.upper()}@example.org>: Sender rejected", times=1
    )
    there = replace(envelope(), sender=f"bounces+{token}@example.org")
    with pytest.raises(DeliveryError) as caught:
        open_channel().send(there, MESSAGE)
    assert token not in str(caught.value).lower()
    assert "+{token}@example.org" in str(caught.value)


# --- Connections that break ----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["idle", "421", "silent"])
def test_a_connection_closed_between_messages_is_made_anew(
    server: SmtpServer, open_channel: Opener, how: str
) -> None:
    channel = open_channel(timeout=SHORT if how == "silent" else OFTEN)
    passes(channel, "first@example.org")
    if how == "idle":
        server.hang_up()
    elif how == "421":
        server.script("MAIL", "421 4.4.2 Idle for too long", drop=True, times=1)
    else:
        server.script("MAIL", hang=True, times=1)
    passes(channel, "second@example.org")
    assert server.connections == 2
    assert [letter.recipient for letter in server.letters] == [
        "first@example.org",
        "second@example.org",
    ]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("hang", [True, False])
def test_a_connection_lost_before_the_message_puts_it_off(
    server: SmtpServer, open_channel: Opener, step: str, hang: bool
) -> None:
    server.script(step, hang=hang, drop=not hang, times=1)
    channel = open_channel(timeout=SHORT if hang else OFTEN)
    error = failure(channel)
    assert not error.permanent
    assert not isinstance(error, TransportClosed | ReplyLost)
    assert ("no answer in time" if hang else "the connection broke off") in str(error)
    assert server.letters == []
    passes(channel)


@pytest.mark.parametrize("hang", [True, False])
def test_a_connection_lost_within_the_message_puts_it_off(
    server: SmtpServer, open_channel: Opener, hang: bool
) -> None:
    server.script("BODY", hang=hang, drop=not hang, times=1)
    channel = open_channel(timeout=SHORT if hang else OFTEN)
    error = failure(channel, MESSAGE + LARGE * (2**25 // len(LARGE)))
    assert not error.permanent
    assert not isinstance(error, TransportClosed | ReplyLost)
    assert "before the message was handed over" in str(error)
    assert server.letters == []
    passes(channel)


@pytest.mark.parametrize(
    ("text", "hang", "drop"),
    [("", True, False), ("", False, True), ("354 What?", False, False), ("gone", False, False)],
)
def test_without_an_answer_after_the_final_dot_the_message_is_in_doubt(
    server: SmtpServer, open_channel: Opener, text: str, hang: bool, drop: bool
) -> None:
    server.script(".", text, hang=hang, drop=drop, times=1)
    channel = open_channel(reply_timeout=SHORT if hang else OFTEN)
    error = failure(channel)
    assert isinstance(error, ReplyLost)
    assert not error.permanent
    assert "after the message was handed over: it may have arrived" in str(error)
    assert len(server.letters) == 1
    passes(channel)
    assert server.connections == 2


def test_a_slow_last_answer_is_waited_for_longer_than_the_others(
    server: SmtpServer, open_channel: Opener
) -> None:
    server.script(".", delay=3 * SHORT, times=1)
    channel = open_channel(timeout=SHORT)
    passes(channel)
    passes(channel)
    assert server.connections == 1
    server.script("MAIL", delay=3 * SHORT, times=1)
    passes(channel)
    assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "text", ["hello", "150 What?", "999 What?", "350 What?", "250 " + "x" * 9000]
)
def test_an_answer_that_is_not_smtp_puts_the_message_off(
    server: SmtpServer, open_channel: Opener, step: str, text: str
) -> None:
    if (step, text[0]) == ("DATA", "3"):
        text = "250 Ok"
    server.script(step, text, times=1)
    channel = open_channel()
    error = failure(channel)
    assert not error.permanent
    assert not isinstance(error, TransportClosed | ReplyLost)
    passes(channel)
    assert server.connections == 2


@pytest.mark.parametrize("reset", ["421 Bye", "500 What?", ""])
def test_a_connection_that_cannot_be_reset_is_not_used_again(
    server: SmtpServer, open_channel: Opener, reset: str
) -> None:
    server.script("RCPT", "550 5.1.1 No such user", about="ana@")
    server.script("RSET", reset, drop=not reset)
    channel = open_channel()
    assert failure(channel).permanent
    passes(channel)
    assert server.connections == 2


def test_saying_goodbye_to_a_server_that_fell_silent_never_raises(
    server: SmtpServer, open_channel: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidings.adapters.smtp.transport.GOODBYE_TIMEOUT", SHORT)
    server.script("QUIT", hang=True)
    channel = open_channel()
    passes(channel)
    channel.close()
    passes(channel)
    server.hang_up()
    channel.close()


def test_a_message_cut_short_by_this_process_leaves_no_half_dialogue_behind(
    server: SmtpServer, open_channel: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    channel = open_channel()
    with monkeypatch.context() as patch:
        patch.setattr("tidings.adapters.smtp.transport.listen", interrupted)
        with pytest.raises(KeyboardInterrupt):
            channel.send(envelope(), MESSAGE)
    # On the old connection, the answer to the first message would be taken for one to this.
    passes(channel)
    assert server.connections == 2
