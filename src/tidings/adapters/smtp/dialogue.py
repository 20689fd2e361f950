"""What is said to a mail server and what it answers (RFC 5321), over the standard library's client.

Commands and message bodies go out as bytes of ours: the library would scan each message with two
regular expressions and knows no passwords beyond ASCII.
"""

from __future__ import annotations

import re
import smtplib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_WORDS = 300

# On messages of usual size, where there is none, four times as fast as asking `in`.
_DOT = re.compile(rb"\n\.")
_BARE_CR = re.compile(rb"\r[^\n]")
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
    together = client.has_extn("pipelining")
    if together:
        hand_over(client, "".join(f"{command.line}\r\n" for command in commands).encode())
    replies: list[Reply] = []
    for command in commands:
        try:
            if not together:
                hand_over(client, f"{command.line}\r\n".encode())
            replies.append(listen(client, consent=command.consent))
        except Lost:
            if together and not all(reply.accepted for reply in replies):
                break
            raise
        if not together and not replies[-1].accepted:
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
    line = " ".join(joined.split())
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


def body(message: bytes) -> bytes:
    """A message as it follows DATA, dots doubled, with the final dot (RFC 5321 section 4.5.2).

    A line end that is not CRLF becomes one: servers that take a bare CR or LF for a line end would
    else see a dot that we did not double.
    """
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
