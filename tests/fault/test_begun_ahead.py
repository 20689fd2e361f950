"""The next message begun behind the final dot of this one (RFC 2920), and all that may go wrong
between the two: what was begun and has no content yet is nobody's message."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.smtp_server import Answer, Letter, SmtpServer, make_certificate
from tidings.adapters.smtp import SmtpChannel, SmtpTransport
from tidings.core.settings import Relay
from tidings.errors import DeliveryError, ReplyLost, TooLarge, TransportClosed
from tidings.model import Envelope

MESSAGE = b"From: news@example.org\r\n\r\nNews.\r\n"
SHORT = 0.3
OFTEN = 5.0


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer(pipelining=True) as server:
        yield server


@pytest.fixture
def transport(server: SmtpServer) -> SmtpTransport:
    return made(server)


@pytest.fixture
def channel(transport: SmtpTransport) -> Iterator[SmtpChannel]:
    channel = transport.connect()
    yield channel
    channel.close()


def made(server: SmtpServer, timeout: float = OFTEN, reply_timeout: float = OFTEN) -> SmtpTransport:
    relay = Relay("127.0.0.1", server.port, security="none")
    return SmtpTransport(
        relay, timeout=timeout, reply_timeout=reply_timeout, name="client.example.org"
    )


def to(name: str, sender: str = "news") -> Envelope:
    return Envelope(f"{sender}@example.org", f"{name}@example.org", "weekly", 1, 1)


def begin(channel: SmtpChannel, first: str, following: str) -> None:
    """Send a message, with the one after it begun."""
    if not channel.pipelines:
        channel.send(to("opener"), MESSAGE)
    channel.begin_after(to(following))
    assert channel.send(to(first), MESSAGE).startswith("250 ")


def passes(channel: SmtpChannel, name: str) -> None:
    assert channel.send(to(name), MESSAGE).startswith("250 ")


def failure(channel: SmtpChannel, name: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(to(name), MESSAGE)
    return caught.value


def got(server: SmtpServer) -> list[str]:
    return [letter.recipient.partition("@")[0] for letter in server.letters]


def asked(server: SmtpServer, name: str) -> int:
    return sum(f"<{name}@example.org>" in each for each in server.said("RCPT"))


# --- What goes ahead ------------------------------------------------------------------------------


def test_the_envelope_of_the_next_message_goes_out_with_the_final_dot_of_this_one(
    server: SmtpServer, channel: SmtpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes(channel, "opener")
    packets: list[bytes] = []
    real = socket.socket.send

    def send(sock: socket.socket, data: bytes) -> int:
        packets.append(bytes(data))
        return real(sock, data)

    monkeypatch.setattr(socket.socket, "send", send)
    begin(channel, "ana", "luis")
    envelope = b"MAIL FROM:<news@example.org>\r\nRCPT TO:<luis@example.org>\r\nDATA\r\n"
    assert MESSAGE + b".\r\n" + envelope in packets
    monkeypatch.undo()
    passes(channel, "luis")
    assert got(server) == ["opener", "ana", "luis"]
    assert (asked(server, "luis"), server.connections) == (1, 1)
    assert {letter.recipients for letter in server.letters[2:]} == {("luis@example.org",)}


def test_a_server_that_does_not_offer_it_is_served_one_message_after_the_other() -> None:
    with SmtpServer() as server:
        channel = made(server).connect()
        channel.send(to("opener"), MESSAGE)
        assert not channel.pipelines
        channel.begin_after(to("luis"))
        passes(channel, "ana")
        passes(channel, "bea")
        assert (got(server), asked(server, "luis")) == (["opener", "ana", "bea"], 0)
        assert server.connections == 1
        channel.close()
        assert server.said("QUIT") == ["QUIT"]


@pytest.mark.parametrize(
    ("name", "message"), [("josé", MESSAGE), ("luis", "Subject: é\r\n\r\n".encode())]
)
def test_what_may_need_options_is_not_begun_ahead(
    server: SmtpServer, channel: SmtpChannel, name: str, message: bytes
) -> None:
    passes(channel, "opener")
    channel.begin_after(to(name))
    channel.send(to("ana"), message)
    channel.send(to(name), message)
    assert (got(server), server.connections) == (["opener", "ana", name], 1)
    assert asked(server, name) == 1


@pytest.mark.parametrize("of", ["another recipient", "another sender", "nobody"])
def test_a_message_begun_that_does_not_come_is_never_anybody_s(
    server: SmtpServer, channel: SmtpChannel, of: str
) -> None:
    begin(channel, "ana", "luis")
    if of == "another recipient":
        passes(channel, "bea")
    elif of == "another sender":
        channel.send(to("luis", sender="desk"), MESSAGE)
    channel.close()
    passes(channel, "last")
    between = {"another recipient": ["bea"], "another sender": ["luis"]}.get(of, [])
    if between == ["luis"]:
        assert server.letters[2].sender == "desk@example.org"
    assert got(server) == ["opener", "ana", *between, "last"]
    assert server.refused == []
    assert all(letter.data == MESSAGE for letter in server.letters)


@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_it_is_so_behind_a_message_that_no_buffer_holds(
    tls: Literal["none", "starttls", "tls"], tmp_path: Path
) -> None:
    certificate = None if tls == "none" else make_certificate(tmp_path)
    large = MESSAGE + (b"x" * 70 + b"\r\n") * 30_000
    with SmtpServer(pipelining=True, tls=tls, certificate=certificate) as server:
        ca = str(certificate.authority) if certificate else ""
        relay = Relay("127.0.0.1", server.port, "", tls, ca)
        channel = SmtpTransport(relay, timeout=OFTEN, name="client.example.org").connect()
        passes(channel, "opener")
        channel.begin_after(to("luis"))
        channel.send(to("ana"), large)
        channel.begin_after(to("bea"))
        channel.send(to("luis"), large)
        passes(channel, "bea")
        assert (got(server), server.connections) == (["opener", "ana", "luis", "bea"], 1)
        assert [letter.data for letter in server.letters[1:3]] == [large, large]
        assert len(server.said("MAIL")) == 4
        channel.close()


def test_a_message_begun_that_is_too_large_is_told_of_and_holds_nobody_up() -> None:
    with SmtpServer(pipelining=True, largest=1000) as server:
        channel = made(server).connect()
        begin(channel, "ana", "luis")
        with pytest.raises(TooLarge):
            channel.send(to("luis"), MESSAGE + b"x" * 1000 + b"\r\n")
        passes(channel, "bea")
        assert got(server) == ["opener", "ana", "bea"]
        channel.close()


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
@pytest.mark.parametrize("refusal", ["550 5.1.1 No such user", "451 4.2.1 Later"])
def test_a_refusal_of_the_message_begun_is_that_message_s_alone(
    server: SmtpServer, channel: SmtpChannel, step: str, refusal: str
) -> None:
    server.script(step, refusal, about="luis@")
    begin(channel, "ana", "luis")
    error = failure(channel, "luis")
    assert error.permanent is refusal.startswith("5")
    assert not isinstance(error, TransportClosed | ReplyLost)
    assert refusal in str(error)
    passes(channel, "bea")
    assert (got(server), server.connections) == (["opener", "ana", "bea"], 1)
    assert asked(server, "luis") == 1


def test_a_server_that_waits_for_a_message_to_whom_it_refused_gets_none(
    server: SmtpServer, channel: SmtpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes(channel, "opener")
    server.script("RCPT", "550 5.1.1 No such user", about="luis@")

    def judge(letter: Letter) -> Answer | None:
        if letter.recipient == "ana@example.org":
            server.script("DATA", "354 Go on", times=1)
        return None

    monkeypatch.setattr(server, "judge", judge)
    channel.begin_after(to("luis"))
    passes(channel, "ana")
    error = failure(channel, "luis")
    assert "550 5.1.1 No such user" in str(error)
    passes(channel, "bea")
    assert (got(server), server.connections) == (["opener", "ana", "bea"], 2)


@pytest.mark.parametrize("refusal", ["550 5.7.1 Spam", "452 4.2.2 Full"])
def test_a_message_refused_at_its_end_leaves_the_one_begun_as_it_is(
    server: SmtpServer, channel: SmtpChannel, refusal: str
) -> None:
    passes(channel, "opener")
    server.script(".", refusal, about="ana@")
    channel.begin_after(to("luis"))
    error = failure(channel, "ana")
    assert refusal in str(error)
    assert not isinstance(error, TransportClosed | ReplyLost)
    passes(channel, "luis")
    assert (got(server), server.connections) == (["opener", "luis"], 1)
    # It would have been taken for the content of a message.
    assert server.said("RSET") == []
    assert asked(server, "luis") == 1


# --- Connections that end -------------------------------------------------------------------------


@pytest.mark.parametrize(("hang", "text"), [(True, ""), (False, ""), (False, "gone")])
def test_without_an_answer_only_the_message_that_was_sent_is_in_doubt(
    server: SmtpServer, hang: bool, text: str
) -> None:
    transport = made(server, reply_timeout=SHORT if hang else OFTEN)
    channel = transport.connect()
    passes(channel, "opener")
    server.script(".", text, hang=hang, drop=not hang and not text, about="ana@")
    channel.begin_after(to("luis"))
    assert isinstance(failure(channel, "ana"), ReplyLost)
    passes(channel, "luis")
    assert (got(server), server.connections) == (["opener", "ana", "luis"], 2)
    assert not channel.pipelines, "it may have been for what was said ahead"
    channel.close()


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("how", ["421", "drop", "hang", "no SMTP"])
def test_a_connection_that_ends_over_what_was_begun_is_made_anew(
    server: SmtpServer, step: str, how: str
) -> None:
    channel = made(server, timeout=SHORT if how == "hang" else OFTEN).connect()
    passes(channel, "opener")
    text = {"421": "421 4.4.2 Enough", "no SMTP": "hello"}.get(how, "")
    server.script(
        step,
        text,
        about="desk@" if step == "MAIL" else "luis@",
        drop=how in ("421", "drop"),
        hang=how == "hang",
        times=1,
    )
    luis = to("luis", sender="desk")
    channel.begin_after(luis)
    passes(channel, "ana")
    if how == "421" and step != "MAIL":
        with pytest.raises(TransportClosed):
            channel.send(luis, MESSAGE)
    channel.send(luis, MESSAGE)
    assert (got(server), server.connections) == (["opener", "ana", "luis"], 2)
    channel.close()


def test_a_server_that_closes_for_the_message_that_was_sent_has_not_begun_the_next(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    passes(channel, "opener")
    server.script(".", "421 4.3.2 Shutting down", about="ana@", drop=True)
    channel.begin_after(to("luis"))
    assert isinstance(failure(channel, "ana"), TransportClosed)
    passes(channel, "luis")
    assert (got(server), server.connections) == (["opener", "luis"], 2)


# --- Servers that offer it and do not know how ----------------------------------------------------


def test_a_server_that_forgets_what_came_behind_a_message_is_served_one_by_one() -> None:
    with SmtpServer(pipelining=True, forgetful=True) as server:
        transport = made(server, timeout=SHORT)
        channel = transport.connect()
        begin(channel, "ana", "luis")
        passes(channel, "luis")
        channel.begin_after(to("eva"))
        passes(channel, "bea")
        passes(channel, "eva")
        assert (got(server), server.connections) == (["opener", "ana", "luis", "bea", "eva"], 2)
        other = transport.connect()
        other.send(to("last"), MESSAGE)
        assert not other.pipelines
        for each in (channel, other):
            each.close()


@pytest.mark.parametrize("refusal", ["503 5.5.1 Improper use of pipelining", "500 What?"])
def test_a_server_that_refuses_what_it_offers_is_served_one_by_one(
    server: SmtpServer, channel: SmtpChannel, refusal: str
) -> None:
    passes(channel, "opener")
    server.script("MAIL", refusal, about="second@", times=1)
    channel.begin_after(to("luis", sender="second"))
    passes(channel, "ana")
    channel.send(to("luis", sender="second"), MESSAGE)
    assert (got(server), server.connections) == (["opener", "ana", "luis"], 2)
    assert not channel.pipelines
