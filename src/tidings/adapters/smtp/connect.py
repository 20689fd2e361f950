"""Connections to a mail server (RFC 5321): reach it, protect the connection, log in, say commands.

Whatever goes wrong while connecting shuts the way out for every message, and is said with what to
do about it. The password comes from the environment or a file, never from the configuration.

Commands and message bodies go out as bytes of ours: the standard library's client would scan each
message with two regular expressions and knows no passwords beyond ASCII.
"""

from __future__ import annotations

import contextlib
import json
import re
import smtplib
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tidings.core.mail.message import CanonicalMessage
from tidings.core.mail.return_path import masked
from tidings.core.settings import Relay
from tidings.core.settings.site import xoauth2
from tidings.core.settings.values import address_literal
from tidings.errors import ConfigError, TransportClosed
from tidings.model import Help, Problem

LONGEST_WORDS = 300
# Gives an access token, another one than the one that it is handed, which was refused.
AccessToken = Callable[[str], str]

# On messages of usual size, where there is none, four times as fast as asking `in`.
_DOT = re.compile(rb"\n\.")
_BARE_CR = re.compile(rb"\r[^\n]")
_LONG_WORD = re.compile(r"\S{80,}")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


class Lost(Exception):
    """The connection broke off, fell silent, or carries something that is not SMTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: its code, and code and text in one printable line."""

    code: int
    words: str

    @property
    def accepted(self) -> bool:
        """The server did as it was told, or waits for the rest of it."""
        return self.code < 400


@dataclass(frozen=True, slots=True)
class Command:
    """One line to the server, and the first digits of a reply that mean consent."""

    line: str
    consent: str = "2"


def ask(client: smtplib.SMTP, commands: Sequence[Command]) -> Sequence[Reply]:
    """Say several commands, at once if the server offers that (RFC 2920): it saves a round trip
    for each. Returns the replies, up to the first refusal if they were said one by one, and at
    least one. Raises Lost; a refusal that came before is worth more than the loss.
    """
    if client.has_extn("pipelining"):
        hand_over(client, lines(commands))
        return hear(client, commands)
    replies: list[Reply] = []
    for command in commands:
        replies.append(say(client, command.line, consent=command.consent))
        if not replies[-1].accepted:
            break
    return replies


def lines(commands: Sequence[Command]) -> bytes:
    """Commands as they are sent."""
    return "".join(f"{command.line}\r\n" for command in commands).encode()


def hear(client: smtplib.SMTP, commands: Sequence[Command]) -> Sequence[Reply]:
    """The replies to commands that were said at once, as `ask` returns them. Raises Lost."""
    replies: list[Reply] = []
    for command in commands:
        try:
            replies.append(listen(client, consent=command.consent))
        except Lost:
            if all(reply.accepted for reply in replies):
                raise
            break
    return replies


def say(client: smtplib.SMTP, line: str, *, consent: str = "2") -> Reply:
    """Send a command, which must be one line, and wait for the answer: see `listen`."""
    hand_over(client, f"{line}\r\n".encode())
    return listen(client, consent=consent)


def hand_over(client: smtplib.SMTP, data: bytes) -> None:
    """Send all of `data`. Raises Lost if its last byte has certainly not left."""
    try:
        client.send(data)
    except smtplib.SMTPException as error:
        raise Lost(_why(error)) from error


def hand_over_both(client: smtplib.SMTP, data: bytes, more: bytes) -> bool:
    """Send all of `data`, and `more` right behind it; False if that has not left as a whole.

    Raises Lost only if the last byte of `data` has certainly not left: whatever breaks later shows
    in the answers.
    """
    sock = client.sock
    if sock is None:
        raise Lost("the connection broke off")
    both, gone = memoryview(data + more), 0
    try:
        # As a rule the system takes it all at once.
        gone = sock.send(both)
        if gone < len(data):
            sock.sendall(both[gone : len(data)])
    except OSError as error:
        client.close()
        late = isinstance(error, TimeoutError)
        raise Lost("no answer in time" if late else "the connection broke off") from error
    try:
        sock.sendall(both[max(gone, len(data)) :])
    except OSError:
        return False
    return True


def listen(client: smtplib.SMTP, *, consent: str = "2") -> Reply:
    """Wait for an answer. Raises Lost, also when it is neither a refusal nor begins with one of the
    digits that mean consent here."""
    try:
        code, text = client.getreply()
    except smtplib.SMTPException as error:
        raise Lost(_why(error)) from error
    if not 200 <= code < 600 or str(code)[0] not in f"{consent}45":
        raise Lost("the answer was not SMTP")
    return Reply(code, words(code, text))


def words(code: int, text: bytes) -> str:
    """A reply as one printable line of at most 300 characters, whatever bytes it was made of."""
    plain = text.decode("utf-8", "replace")
    joined = f"{code} {plain}"
    if not joined.isprintable():  # as a rule for having several lines
        lines = plain.split("\n")
        if enhanced := _ENHANCED.match(lines[0]):
            # RFC 2034: repeated on each line of a reply.
            lines[1:] = [line.removeprefix(enhanced[0]) for line in lines[1:]]
        joined = " ".join([str(code), *lines])
        joined = "".join(c if c.isprintable() else " " for c in joined)
    line = masked(" ".join(joined.split()))
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"


def log_in(client: smtplib.SMTP, user: str, password: str) -> Reply | None:
    """Log in with PLAIN (RFC 4616) or LOGIN; None if the server offers neither. Raises Lost."""
    offered = client.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        return say(client, f"AUTH PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
    if "LOGIN" in offered:
        reply = say(client, f"AUTH LOGIN {_base64(user)}", consent="23")
        return say(client, _base64(password)) if reply.code == 334 else reply
    return None


def log_in_by_token(client: smtplib.SMTP, user: str, token: str) -> Reply | None:
    """Log in with an access token (XOAUTH2); None if the server does not offer it. Raises Lost.

    A server that refuses the token first says why, as JSON in a challenge, and waits for an empty
    answer: the reply to that has its words and what the JSON says.
    """
    if "XOAUTH2" not in client.esmtp_features.get("auth", "").upper().split():
        return None
    reply = say(client, f"AUTH XOAUTH2 {_base64(xoauth2(user, token))}", consent="23")
    challenge = ""
    if reply.code == 334:
        challenge = _challenge(reply.words)
        reply = say(client, "")
    # What is as long as a token may be one.
    return Reply(reply.code, _LONG_WORD.sub("…", reply.words) + challenge)


def _challenge(words: str) -> str:
    """What the JSON in a challenge says of the status, "" for anything else. What else it holds is
    left out: it is not known what it repeats."""
    try:
        found = json.loads(b64decode(words.partition(" ")[2], validate=True))
    except (ValueError, RecursionError):
        return ""
    status = found.get("status") if isinstance(found, dict) else None
    shown = isinstance(status, str | int) and re.fullmatch(r"[\w .-]{1,40}", str(status))
    return f" (status {status})" if shown else ""


def body(message: bytes) -> bytes:
    """A message as it follows DATA, dots doubled, with the final dot (RFC 5321 section 4.5.2).

    A line end that is not CRLF becomes one: servers that take a bare CR or LF for a line end would
    else see a dot that we did not double.
    """
    if isinstance(message, CanonicalMessage):
        return message + b".\r\n"
    even = message.count(b"\n") == message.count(b"\r")
    if not even or _BARE_CR.search(message) or message.endswith(b"\r"):
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    start = b"." if message.startswith(b".") else b""
    end = b".\r\n" if message.endswith(b"\r\n") or not message else b"\r\n.\r\n"
    doubled = _DOT.sub(rb"\n..", message)
    return b"".join((start, doubled, end))


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


def _why(error: smtplib.SMTPException) -> str:
    if isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return "the answer was not SMTP"
    return "the connection broke off"


SETTING, VARIABLE = "mail.transport", "TIDINGS_SMTP_PASSWORD"
# What a server does that answers, but lets nobody in who comes as we do.
REFUSALS = (
    smtplib.SMTPResponseException,
    smtplib.SMTPNotSupportedError,
    ssl.SSLCertVerificationError,
)
HELLO = "give mail.hello the full name that this machine has in the DNS"
UNNAMED = "localhost"  # lest the library look for a name; nobody is told it


def tls_context(relay: Relay, root: Path) -> ssl.SSLContext | None:
    """What checks the server's certificate and name, None where there is no TLS.

    Raises `ConfigError` if the relay's own certificates, relative to `root`, cannot be read.
    """
    if relay.security == "none":
        return None
    context = ssl.create_default_context()
    if relay.ca:
        try:
            context.load_verify_locations(root / relay.ca)
        except OSError as error:
            message = f"the certificates in {relay.ca} cannot be read: {_reason(error)}"
            hint = "give ca= a file of certificates in PEM format"
            problem = Problem(SETTING, 0, 0, message, hint, help=Help.FILE_UNREADABLE)
            raise ConfigError([problem]) from error
    return context


# Names of these domains mean something inside of one network, or to one machine, alone (RFC 6761,
# RFC 6762, RFC 8375, RFC 9476); "localdomain" is what many systems put where they know none.
_PRIVATE = frozenset({"alt", "arpa", "internal", "invalid", "local", "localdomain", "localhost"})


def own_name() -> str:
    """The full name of this machine, "" if it has none that other machines could know."""
    name = socket.getfqdn()
    last = name.rpartition(".")[2].casefold()
    full = re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name) and not last.isdecimal()
    return name if full and last not in _PRIVATE else ""


class LoginRefused(TransportClosed):
    """The server does not take our user and password: whoever asks again may lock the account."""


def connect(
    relay: Relay,
    password: str | AccessToken,
    context: ssl.SSLContext | None,
    name: str,
    timeout: float,
) -> smtplib.SMTP:
    """A connection over which messages may be sent; `name` is how we introduce ourselves, "" for
    the address that we connect from (RFC 5321 §4.1.3).

    Raises `TransportClosed`. The timeout, in seconds, holds for each step.
    """
    client: smtplib.SMTP | None = None
    try:
        if context and relay.security == "tls":
            client = smtplib.SMTP_SSL(
                relay.host, relay.port, name or UNNAMED, timeout=timeout, context=context
            )
        else:
            client = smtplib.SMTP(relay.host, relay.port, name or UNNAMED, timeout=timeout)
        if client.sock:
            if not name:
                client.local_hostname = address_literal(client.sock.getsockname()[0])
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context and relay.security == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        _log_in(client, relay, password)
    except (OSError, Lost) as error:
        _drop(client)
        what, remedy = _explained(error, relay)
        # Of what else goes wrong, the network may be the cause, which heals by itself.
        refused = isinstance(error, REFUSALS)
        raise TransportClosed(
            f"{relay.place}: {what}: {remedy}", ours=False, refused=refused
        ) from error
    except BaseException:
        _drop(client)
        raise
    return client


def _log_in(client: smtplib.SMTP, relay: Relay, password: str | AccessToken) -> None:
    if not relay.user:
        return
    if not isinstance(password, str):
        _log_in_by_token(client, relay, password)
        return
    reply = log_in(client, relay.user, password)
    if reply is None:
        what = "the server offers no login by password (PLAIN or LOGIN)"
        remedy = f"correct the port in {SETTING}, or leave out the user"
        if "XOAUTH2" in client.esmtp_features.get("auth", "").upper().split():
            remedy = "it wants an access token: set mail.token_command"
    elif not reply.accepted:
        what = f"the server refused the login of {relay.user}: {reply.words}"
        remedy = f"correct the user in {SETTING} or the password in {VARIABLE} (or {VARIABLE}_FILE)"
    else:
        return
    raise LoginRefused(f"{relay.place}: {what}: {remedy}", ours=False, refused=True)


def _log_in_by_token(client: smtplib.SMTP, relay: Relay, token: AccessToken) -> None:
    """Log in with an access token, and once more with a new one: it may have been taken back before
    it expired."""
    given = token("")
    reply = log_in_by_token(client, relay.user, given)
    if reply and not reply.accepted and reply.code != 421:
        with contextlib.suppress(Lost):  # a server that hangs up has said why before
            reply = log_in_by_token(client, relay.user, token(given))
    if reply is None:
        what = "the server offers no login by access token (XOAUTH2)"
        remedy = f"correct {SETTING}, or leave out mail.token_command and give a password"
    elif not reply.accepted:
        what = f"the server refused the access token of {relay.user}: {reply.words}"
        remedy = f"correct the user in {SETTING}, or what mail.token_command asks for"
    else:
        return
    raise LoginRefused(f"{relay.place}: {what}: {remedy}", ours=False, refused=True)


def _drop(client: smtplib.SMTP | None) -> None:
    if client:
        client.close()


def _explained(error: OSError | Lost, relay: Relay) -> tuple[str, str]:
    """What went wrong, and what to do about it."""
    match error:
        case ssl.SSLCertVerificationError():
            remedy = f"correct the host in {SETTING}, or trust its authority with ?ca=FILE"
            return f"the server's certificate was not accepted: {error.verify_message}", remedy
        case smtplib.SMTPNotSupportedError():
            remedy = "let it, or write smtps:// if the port speaks TLS from the first byte"
            return "the server does not offer STARTTLS", remedy
        case smtplib.SMTPHeloError():
            raw = error.smtp_error
            told = words(error.smtp_code, raw if isinstance(raw, bytes) else str(raw).encode())
            return f"the server refused how this machine introduces itself: {told}", HELLO
        case smtplib.SMTPResponseException():
            text = error.smtp_error
            raw = text if isinstance(text, bytes) else str(text).encode()
            return f"the server says {words(error.smtp_code, raw)}", "ask whoever runs it"
        case ssl.SSLError():
            other = "smtp:// (STARTTLS)" if relay.security == "tls" else "smtps://"
            return f"no TLS connection: {_reason(error)}", f"perhaps this port wants {other}"
        case socket.gaierror():
            return "the name cannot be resolved", f"correct the host in {SETTING}, or the network"
        case ConnectionRefusedError():
            return "nothing listens there", f"start the mail server, or correct {SETTING}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        what = "no answer in time"
    elif isinstance(error, smtplib.SMTPException):
        what = "the connection broke off"
    else:
        what = _reason(error)
    return what, f"correct host, port and kind of TLS in {SETTING}, or check the network"


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a server let us in: the version of TLS, "" without it, and until when its certificate
    is good."""

    tls: str = ""
    expires: datetime | None = None


def probe(
    relay: Relay,
    password: str | AccessToken,
    root: Path,
    name: str = "",
    *,
    seconds: float = SECONDS,
) -> Greeting:
    """Go as far as sending would, and leave; `name` is that of `SmtpTransport`.

    Raises `TransportClosed` with what is wrong and what to do, `ConfigError` if the relay's own
    certificates cannot be read.
    """
    client = connect(relay, password, tls_context(relay, root), name or own_name(), seconds)
    try:
        greeting = Greeting()
        if isinstance(client.sock, ssl.SSLSocket):
            greeting = Greeting(client.sock.version() or "TLS", _expiry(client.sock.getpeercert()))
        with contextlib.suppress(Lost, OSError):
            say(client, "QUIT")
        return greeting
    finally:
        client.close()


def _expiry(certificate: object) -> datetime | None:
    text = certificate.get("notAfter") if isinstance(certificate, dict) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if text else None
