"""Sending through a mail server: what arrives, over how many connections, how protected."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.smtp_server import Certificate, SmtpServer, make_certificate
from tidings.adapters.passwords import password, smtp_password
from tidings.adapters.smtp import SmtpChannel, SmtpTransport
from tidings.adapters.smtp.connect import body, probe, words
from tidings.core.mail.message import CanonicalMessage, PreparedMessage, SlotLine
from tidings.core.settings import Relay
from tidings.errors import ConfigError, DeliveryError, TransportClosed
from tidings.model import Delivery, DeliveryState, Envelope

PASSWORD = "contraseña dura"
MESSAGE = b"From: news@example.org\r\n\r\nNews.\r\n"


def envelope(recipient: str = "ana@example.org") -> Envelope:
    return Envelope("news@example.org", recipient, "weekly", 1, 1)


def addressee(name: str) -> Delivery:
    return Delivery(
        id=1,
        edition_id=1,
        address="ana@example.org",
        name=name,
        language="en",
        owed_set=1,
        state=DeliveryState.QUEUED,
        attempts=0,
        message_id="<1@example.org>",
    )


def transport(
    server: SmtpServer,
    security: Literal["none", "starttls", "tls"] = "none",
    *,
    host: str = "127.0.0.1",
    user: str = "",
    ca: str = "",
    root: Path = Path(),
    password: str = PASSWORD,
    timeout: float = 5,
) -> SmtpTransport:
    relay = Relay(host, server.port, user, security, ca)
    return SmtpTransport(
        relay, password, root, timeout=timeout, reply_timeout=5, name="client.example.org"
    )


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def channel(server: SmtpServer) -> Iterator[SmtpChannel]:
    channel = transport(server).connect()
    yield channel
    channel.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


# --- What arrives --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b".\r\n..\r\n.x\r\n...\r\n",
        b"a\r\n.\r\n\r\n.\r\n",
        b"",
        b"." * 900 + b"\r\n" + b"x" * 990 + b"\r\n",
        "Señora\r\n".encode(),
    ],
)
def test_a_message_arrives_byte_for_byte(
    server: SmtpServer, channel: SmtpChannel, text: bytes
) -> None:
    message = b"From: news@example.org\r\n\r\n" + text
    assert channel.send(envelope(), message) == "250 2.0.0 Ok: queued as 4711"
    [letter] = server.letters
    assert letter.data == message
    assert (letter.sender, letter.recipient) == ("news@example.org", "ana@example.org")


@pytest.mark.parametrize("start", [b".", b".\r\n", b"..\r\n"])
def test_a_dot_at_the_very_start_arrives_as_well(
    server: SmtpServer, channel: SmtpChannel, start: bytes
) -> None:
    channel.send(envelope(), start + MESSAGE)
    assert server.letters[0].data == start + MESSAGE


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r"])
@pytest.mark.parametrize("other", [b"\n", b"\r", b"\r\n"])
def test_no_line_end_smuggles_in_a_second_message(
    server: SmtpServer, channel: SmtpChannel, end: bytes, other: bytes
) -> None:
    smuggled = b"MAIL FROM:<x@example.org>\r\nRCPT TO:<y@example.org>\r\nDATA\r\n"
    channel.send(envelope(), MESSAGE + b"text" + end + b"." + other + smuggled + MESSAGE)
    [letter] = server.letters
    assert b"RCPT TO:<y@example.org>" in letter.data
    assert len(server.said("MAIL")) == 1


@given(st.binary(max_size=200))
def test_what_follows_data_has_one_end_and_no_bare_line_ends(message: bytes) -> None:
    sent = body(message)
    assert sent.endswith(b".\r\n")
    lines = sent.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert [at for at, line in enumerate(lines) if line == b"."] == [len(lines) - 2]
    read = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])
    plain = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if plain and not plain.endswith(b"\n"):
        plain += b"\n"
    assert read.replace(b"\r\n", b"\n") == plain


@given(st.binary(max_size=60), st.text(max_size=20))
def test_what_is_known_to_go_out_as_it_is_goes_out_as_it_is(chunk: bytes, name: str) -> None:
    """Whatever stands in a kept body, or in somebody's name: it is what it would be otherwise."""
    line = SlotLine("plain", "NAME")
    made = PreparedMessage(b"From: a@example.org\r\n", (chunk, line), {"NAME": "name"})
    raw = made.for_recipient(addressee(name))
    assert body(raw) == body(bytes(raw))


@pytest.mark.parametrize("name", [".", "..", ".\r\n.", "Ana", ". Ana"])
def test_a_line_that_begins_with_a_dot_by_somebody_s_name_is_doubled(name: str) -> None:
    made = PreparedMessage(b"", (b"\r\n", SlotLine("plain", "NAME")), {"NAME": "name"})
    raw = made.for_recipient(addressee(name))
    assert isinstance(raw, CanonicalMessage) is (b"\n." not in raw)
    assert body(raw) == body(bytes(raw))


def test_a_message_without_a_last_line_end_gets_one(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    channel.send(envelope(), MESSAGE + b"end")
    assert server.letters[0].data == MESSAGE + b"end\r\n"


def test_a_line_longer_than_mail_allows_fails_with_the_server_s_words(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    with pytest.raises(DeliveryError, match="Line too long") as caught:
        channel.send(envelope(), MESSAGE + b"x" * 3000 + b"\r\n")
    assert caught.value.permanent


def test_a_message_larger_than_the_server_says_it_takes_is_not_sent() -> None:
    with SmtpServer(largest=1000) as server:
        channel = transport(server).connect()
        with pytest.raises(DeliveryError, match=r"2,036 bytes, the server takes 1000") as caught:
            channel.send(envelope(), MESSAGE + b"x\r\n" * 667 + b"\r\n")
        assert caught.value.permanent
        channel.send(envelope(), MESSAGE)
        channel.close()
        assert len(server.said("MAIL")) == 1


# --- Names in other scripts ----------------------------------------------------------------------


def test_an_address_in_another_script_goes_to_a_server_that_takes_it(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    message = "To: josé@xn--espaa-rta.example\r\n\r\nNews.\r\n".encode()
    channel.send(envelope("josé@españa.example"), message)
    [letter] = server.letters
    assert letter.recipient == "josé@xn--espaa-rta.example"
    assert letter.options == ("BODY=8BITMIME", "SMTPUTF8")
    assert letter.data == message


def test_an_address_in_another_script_fails_alone_where_the_server_does_not_take_it() -> None:
    with SmtpServer(hidden=["SMTPUTF8"]) as server:
        channel = transport(server).connect()
        with pytest.raises(DeliveryError, match="SMTPUTF8") as caught:
            channel.send(envelope("josé@example.org"), MESSAGE)
        assert caught.value.permanent
        channel.send(envelope("ana@españa.example"), MESSAGE)
        channel.close()
        assert [letter.recipient for letter in server.letters] == ["ana@xn--espaa-rta.example"]
        assert server.letters[0].options == ()
        assert len(server.said("MAIL")) == 1


@pytest.mark.parametrize(
    "address",
    ["ana", "a b@example.org", "a@b>\r\nRCPT TO:<c@d.org", "é\x85@b.org", "a@b..c", "<a@b>"],
)
def test_what_is_no_address_is_never_said_to_a_server(
    server: SmtpServer, channel: SmtpChannel, address: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        channel.send(envelope(address), MESSAGE)
    assert caught.value.permanent
    assert server.commands == []


# --- Connections ---------------------------------------------------------------------------------


def test_many_messages_go_over_one_connection(server: SmtpServer, channel: SmtpChannel) -> None:
    for number in range(20):
        channel.send(envelope(f"reader{number}@example.org"), MESSAGE)
    assert server.connections == 1
    assert len(server.said("EHLO")) == 1
    assert [letter.recipient for letter in server.letters] == [
        f"reader{number}@example.org" for number in range(20)
    ]


@pytest.mark.parametrize("offered", [True, False])
def test_the_envelope_is_said_at_once_where_the_server_takes_that(offered: bool) -> None:
    with SmtpServer(pipelining=offered) as server:
        # A server that does not answer MAIL hears the rest only if nobody waits for the answer.
        server.script("MAIL", times=1)
        channel = transport(server, timeout=0.3).connect()
        with pytest.raises(DeliveryError):
            channel.send(envelope(), MESSAGE)
        channel.close()
        assert bool(server.said("RCPT")) is offered


def test_a_server_that_waits_for_a_refused_message_gets_none() -> None:
    with SmtpServer(pipelining=True) as server:
        server.script("RCPT", "550 5.1.1 No such user", times=1)
        server.script("DATA", "354 Go on all the same", times=1)
        channel = transport(server).connect()
        with pytest.raises(DeliveryError, match="No such user"):
            channel.send(envelope("nobody@example.org"), MESSAGE)
        channel.send(envelope(), MESSAGE)
        channel.close()
        assert [letter.recipient for letter in server.letters] == ["ana@example.org"]
        assert server.connections == 2


def test_a_refusal_is_worth_more_than_the_loss_of_the_connection_after_it() -> None:
    with SmtpServer(pipelining=True) as server:
        server.script("RCPT", "550 5.1.1 No such user", drop=True, times=1)
        channel = transport(server).connect()
        with pytest.raises(DeliveryError, match="No such user") as caught:
            channel.send(envelope("nobody@example.org"), MESSAGE)
        assert caught.value.permanent
        channel.send(envelope(), MESSAGE)
        channel.close()


def test_a_channel_does_not_reach_out_before_its_first_message(server: SmtpServer) -> None:
    channel = transport(server).connect()
    channel.close()
    assert server.connections == 0


def test_a_closed_channel_has_said_goodbye_and_may_be_used_again(server: SmtpServer) -> None:
    channel = transport(server).connect()
    channel.send(envelope(), MESSAGE)
    channel.close()
    channel.close()
    channel.send(envelope(), MESSAGE)
    channel.close()
    assert len(server.said("QUIT")) == 2
    assert server.connections == 2


def test_each_thread_has_a_connection_of_its_own(server: SmtpServer) -> None:
    shared = transport(server)

    def work(thread: int) -> None:
        channel = shared.connect()
        for number in range(10):
            channel.send(envelope(f"r{thread}-{number}@example.org"), MESSAGE)
        channel.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert server.connections == 4
    assert len({letter.recipient for letter in server.letters}) == 40
    for connection in {letter.connection for letter in server.letters}:
        threads = {
            letter.recipient.split("-")[0]
            for letter in server.letters
            if letter.connection == connection
        }
        assert len(threads) == 1


@pytest.mark.parametrize(
    ("own", "given", "said"),
    [
        ("mail.example.org", "", "mail.example.org"),
        ("mail.example.org", "news.example.org", "news.example.org"),
        ("büro", "", "[127.0.0.1]"),
        ("localhost", "", "[127.0.0.1]"),
        ("localhost.localdomain", "", "[127.0.0.1]"),
        ("laptop.local", "", "[127.0.0.1]"),
        ("192.0.2.7", "", "[127.0.0.1]"),
        ("1.0.0.127.in-addr.arpa", "", "[127.0.0.1]"),
        ("c0ffee", "[192.0.2.7]", "[192.0.2.7]"),
    ],
)
def test_this_machine_is_introduced_by_its_full_name_or_its_address(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch, own: str, given: str, said: str
) -> None:
    relay = Relay("127.0.0.1", server.port, security="none")
    monkeypatch.setattr("socket.getfqdn", lambda: own)
    channel = SmtpTransport(relay, timeout=5, reply_timeout=5, name=given).connect()
    channel.send(envelope(), MESSAGE)
    channel.close()
    assert server.said("EHLO")[-1] == f"EHLO {said}"


def test_the_doctor_is_introduced_as_mail_is(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: "localhost")
    relay = Relay("127.0.0.1", server.port, security="none")
    probe(relay, "", Path())
    probe(relay, "", Path(), "news.example.org")
    assert server.said("EHLO") == ["EHLO [127.0.0.1]", "EHLO news.example.org"]


# --- Protection ----------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_of_an_authority_that_we_trust_is_accepted(
    certificate: Certificate, security: Literal["starttls", "tls"], host: str
) -> None:
    with SmtpServer(tls=security, certificate=certificate, users={"news": PASSWORD}) as server:
        root, ca = certificate.authority.parent, certificate.authority.name
        channel = transport(server, security, host=host, user="news", ca=ca, root=root).connect()
        channel.send(envelope(), MESSAGE)
        channel.send(envelope(), MESSAGE)
        channel.close()
        assert len(server.letters) == 2
        assert server.logins == ["news"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_nobody_known_is_refused(
    certificate: Certificate, security: Literal["starttls", "tls"]
) -> None:
    with SmtpServer(tls=security, certificate=certificate, users={"news": PASSWORD}) as server:
        channel = transport(server, security, host="localhost", user="news").connect()
        with pytest.raises(
            TransportClosed, match=r"localhost:\d+: .*certificate.*\?ca=FILE"
        ) as caught:
            channel.send(envelope(), MESSAGE)
        assert not caught.value.ours
        assert server.letters == []
        assert server.logins == server.said("MAIL") == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_host_is_refused(
    tmp_path: Path, security: Literal["starttls", "tls"]
) -> None:
    other = make_certificate(tmp_path, "mail.example.org")
    with SmtpServer(tls=security, certificate=other) as server:
        channel = transport(server, security, host="localhost", ca=str(other.authority)).connect()
        with pytest.raises(TransportClosed, match=r"certificate.*[Hh]ostname mismatch"):
            channel.send(envelope(), MESSAGE)
        assert server.letters == []


def test_without_starttls_nothing_is_said_in_the_open(server: SmtpServer) -> None:
    server.users = {"news": PASSWORD}
    channel = transport(server, "starttls", user="news").connect()
    with pytest.raises(TransportClosed, match=r"does not offer STARTTLS.*smtps://") as caught:
        channel.send(envelope(), MESSAGE)
    assert not caught.value.ours
    assert server.logins == server.said("MAIL") == []


def test_tls_on_a_port_that_begins_in_plain_text_says_what_to_write(server: SmtpServer) -> None:
    channel = transport(server, "tls").connect()
    with pytest.raises(TransportClosed, match=r"no TLS connection.*smtp:// \(STARTTLS\)"):
        channel.send(envelope(), MESSAGE)


@pytest.mark.parametrize("text", [None, "no certificate\n"])
def test_authorities_that_cannot_be_read_are_a_fault_of_the_configuration(
    tmp_path: Path, text: str | None
) -> None:
    if text:
        (tmp_path / "ca.pem").write_text(text)
    relay = Relay("localhost", 587, ca="ca.pem")
    with pytest.raises(ConfigError, match=r"mail\.transport: .*ca\.pem cannot be read"):
        SmtpTransport(relay, root=tmp_path)


# --- Logging in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_user_logs_in_by_either_mechanism(mechanism: str) -> None:
    with SmtpServer(users={"news@example.org": PASSWORD}, mechanisms=[mechanism]) as server:
        channel = transport(server, user="news@example.org").connect()
        channel.send(envelope(), MESSAGE)
        channel.close()
        assert server.logins == ["news@example.org"]
        assert len(server.letters) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_refused_login_names_where_the_password_comes_from(mechanism: str) -> None:
    with SmtpServer(users={"news": "another"}, mechanisms=[mechanism]) as server:
        channel = transport(server, user="news").connect()
        with pytest.raises(TransportClosed, match=r"535 5\.7\.8.*TIDINGS_SMTP_PASSWORD") as caught:
            channel.send(envelope(), MESSAGE)
        assert not caught.value.ours


def test_a_server_that_offers_no_login_is_told_from_one_that_refuses_it(
    server: SmtpServer,
) -> None:
    channel = transport(server, user="news").connect()
    with pytest.raises(TransportClosed, match=r"offers no login.*leave out the user"):
        channel.send(envelope(), MESSAGE)


def test_a_server_that_wants_a_login_says_so_once_for_all() -> None:
    with SmtpServer(users={"news": PASSWORD}) as server:
        channel = transport(server).connect()
        with pytest.raises(TransportClosed, match=r"530 5\.7\.0 Authentication required") as caught:
            channel.send(envelope(), MESSAGE)
        channel.close()
        assert caught.value.ours


def test_the_password_is_in_no_error_no_log_and_no_representation(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, "tidings")
    secret = "s3cr3t-é\ud800"
    with SmtpServer(users={"news": "another"}) as server:
        way_out = transport(server, user="news", password=secret)
        channel = way_out.connect()
        told = [repr(way_out), str(way_out), repr(channel), str(channel)]
        for password in (secret, "s3cr3t"):
            channel = transport(server, user="news", password=password).connect()
            with pytest.raises((DeliveryError, ValueError)) as caught:
                channel.send(envelope(), MESSAGE)
            told += traceback.format_exception(caught.value)
    output = capfd.readouterr()
    told += [caplog.text, output.out, output.err]
    assert not any("s3cr3t" in text or "czNjcjN0" in text for text in told)


def test_the_password_comes_from_the_environment_or_else_from_a_file(tmp_path: Path) -> None:
    relay = Relay("localhost", 587, "news")
    file = tmp_path / "password"
    file.write_text(f" {PASSWORD} \n", encoding="utf-8")
    file.chmod(0o640)
    named = {"TIDINGS_SMTP_PASSWORD_FILE": str(file)}
    assert smtp_password(relay, named) == f" {PASSWORD} "
    assert smtp_password(relay, {"TIDINGS_SMTP_PASSWORD": "first", **named}) == "first"
    assert smtp_password(Relay("localhost", 587), {}) == ""


@pytest.mark.parametrize(
    ("data", "mode", "told"),
    [
        (b"secret\n", 0o644, "open to everybody.*chmod o="),
        (b"secret\n", 0o602, "open to everybody"),
        (b"\n", 0o600, "is empty"),
        (b"secret\xff\n", 0o600, "is not UTF-8"),
        (None, 0, "No such file"),
    ],
)
def test_a_password_file_that_will_not_do_is_a_fault_of_the_configuration(
    tmp_path: Path, data: bytes | None, mode: int, told: str
) -> None:
    file = tmp_path / "password"
    if data is not None:
        file.write_bytes(data)
        file.chmod(mode)
    environ = {"TIDINGS_SMTP_PASSWORD_FILE": str(file)}
    with pytest.raises(ConfigError, match=f"^TIDINGS_SMTP_PASSWORD_FILE: .*{told}") as caught:
        smtp_password(Relay("localhost", 587, "news"), environ)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_the_password_of_a_state_on_a_server_is_read_alike_and_may_be_missing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    file.chmod(0o600)
    named = {"TIDINGS_STATE_PASSWORD_FILE": str(file)}
    assert password("TIDINGS_STATE_PASSWORD", named) == PASSWORD
    assert password("TIDINGS_STATE_PASSWORD", {}) == ""
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"TIDINGS_STATE_PASSWORD_FILE: .*open to everybody"):
        password("TIDINGS_STATE_PASSWORD", named)


def test_a_user_without_a_password_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"TIDINGS_SMTP_PASSWORD: is not set.*_FILE"):
        smtp_password(Relay("localhost", 587, "news"), {})


# --- The server's words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        (550, b"5.1.1 No such user\n5.1.1 Really", "550 5.1.1 No such user Really"),
        (550, b"No such user", "550 No such user"),
        (550, b"5.7.1 \x1b[31mred\x07\tone\x00", "550 5.7.1 [31mred one"),
        (450, "5.1.1 Señor \u202eerif".encode(), "450 5.1.1 Señor erif"),
        (550, b"caf\xe9", "550 caf\ufffd"),
        (250, b"", "250"),
    ],
)
def test_what_a_server_says_becomes_one_printable_line(code: int, text: bytes, told: str) -> None:
    assert words(code, text) == told


@given(st.binary(max_size=1000))
def test_what_a_server_says_is_never_long_and_never_controls_a_terminal(text: bytes) -> None:
    told = words(550, text)
    assert len(told) <= 300
    assert told.isprintable()
