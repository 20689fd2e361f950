"""The `Mailbox` port on an IMAP server (RFC 3501, RFC 9051): the one place that knows imaplib.

Messages are looked at without being marked as read, in the order in which they came, and none
twice: the position after the last one is kept by whoever asks. What is put away is moved (RFC 6851)
or, where the server cannot, copied and then removed alone (RFC 4315).
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tidings.core.settings import Relay
from tidings.core.settings.site import xoauth2
from tidings.errors import MailboxError

SECONDS = 60.0
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_NUMBER = re.compile(rb"\d+")
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class ImapPlace:
    """A folder of a mailbox: the server and the user, the folder that is read, and the one that
    messages are moved to."""

    server: Relay
    folder: str
    moved_to: str


class ImapMailbox:
    """The messages of a folder after `position`, which is what `position()` gave before, or "".

    `password` logs in unless there is a `token`, which gives an access token (XOAUTH2) other than
    one that was refused. Raises `MailboxError`, and what `token` raises.
    """

    def __init__(
        self,
        place: ImapPlace,
        longest: int,
        root: Path,
        *,
        password: str = "",
        token: Callable[[str], str] | None = None,
        position: str = "",
        timeout: float = SECONDS,
    ) -> None:
        self._place = place
        self._longest = longest
        self._made = False
        with _explained(place):
            self._client = _connect(place.server, root, timeout)
        try:
            with _explained(place):
                self._log_in(password, token)
                self._answer(self._client.select(_quoted(place.folder)), "the folder")
                shown = self._client.response("UIDVALIDITY")[1]
        except BaseException:
            self.close()
            raise
        self._validity = shown[0].decode("ascii", "replace") if shown and shown[0] else "0"
        validity, _, last = position.partition(" ")
        self._last = int(last) if validity == self._validity and last.isdecimal() else 0

    def close(self) -> None:
        """Say goodbye; never raises."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._client.logout()

    def position(self) -> str:
        """What tells the messages that were looked at from those that come later."""
        return f"{self._validity} {self._last}"

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Each message that is not too long, with what names it."""
        with _explained(self._place):
            found = self._uid("SEARCH", "UNDELETED", "UID", f"{self._last + 1}:*")
        numbers = sorted(int(n) for line in found for n in _NUMBER.findall(_bytes(line)))
        for number in numbers:
            # The range n:* has the last message also where its number is lower.
            if number <= self._last:
                continue
            with _explained(self._place):
                data = self._data(number)
            if data is not None:
                yield str(number), data
            self._last = number

    def put_away(self, name: str) -> None:
        """Move a message to the folder for those that are dealt with."""
        with _explained(self._place):
            target = _quoted(self._place.moved_to)
            if not self._made:
                self._client.create(target)  # it says NO if there is one
                self._made = True
            if "MOVE" in self._client.capabilities:
                self._uid("MOVE", name, target)
                return
            self._uid("COPY", name, target)
            self._uid("STORE", name, "+FLAGS.SILENT", r"(\Deleted)")
            if "UIDPLUS" in self._client.capabilities:
                self._uid("EXPUNGE", name)

    def _log_in(self, password: str, token: Callable[[str], str] | None) -> None:
        user = self._place.server.user
        if token:
            given = token("")
            try:
                self._authenticate("XOAUTH2", xoauth2(user, given))
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                # It may have been taken back before it expired.
                self._authenticate("XOAUTH2", xoauth2(user, token(given)))
        elif user and "AUTH=PLAIN" in self._client.capabilities:
            self._authenticate("PLAIN", f"\0{user}\0{password}")
        elif user:
            with _unrepeated(password):
                self._client.login(_quoted(user), password)

    def _authenticate(self, mechanism: str, secret: str) -> None:
        # What a server asks back after a refusal is answered by nothing; it then says NO.
        answers = iter([secret.encode()])
        with _unrepeated(secret):
            self._client.authenticate(mechanism, lambda _: next(answers, b""))

    def _data(self, number: int) -> bytes | None:
        lines = self._uid("FETCH", str(number), "(RFC822.SIZE)")
        sizes = [int(n[1]) for line in lines if (n := _SIZE.search(_bytes(line)))]
        if not sizes or sizes[0] > self._longest:
            return None
        for line in self._uid("FETCH", str(number), "(BODY.PEEK[])"):
            if isinstance(line, tuple):
                return bytes(line[1])
        return None

    def _uid(self, command: str, *arguments: str) -> Sequence[object]:
        answer = self._client.uid(command, *arguments)
        return self._answer(answer, f"the command {command}")

    def _answer(self, answer: tuple[str, Sequence[object]], what: str) -> Sequence[object]:
        status, lines = answer
        if status != "OK":
            said = " ".join(_bytes(line).decode("utf-8", "replace") for line in lines)
            raise imaplib.IMAP4.error(f"the server refused {what}: {said}")
        return lines


@contextmanager
def _unrepeated(secret: str) -> Iterator[None]:
    """Take a secret out of what a server says that refuses it."""
    try:
        yield
    except imaplib.IMAP4.error as error:
        words = str(error)
        for each in re.split(r"[\0\1]|user=|auth=Bearer ", secret):
            words = words.replace(each, "…") if len(each) > 3 and "@" not in each else words
        raise type(error)(f"the server refused the login: {words}") from None
    except UnicodeEncodeError:
        raise imaplib.IMAP4.error("the server takes no password beyond ASCII") from None


@contextmanager
def _explained(place: ImapPlace) -> Iterator[None]:
    """Turn what goes wrong at the server into `MailboxError`."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        what = f"the server's certificate was not accepted: {error.verify_message}"
        remedy = "correct the host, or trust its authority with ?ca=FILE"
    except OSError as error:
        late = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        what = error.strerror or late
        remedy = "correct host, port and kind of TLS, or check the network"
    except imaplib.IMAP4.error as error:
        what, remedy = _printable(str(error)), "correct user, password or token, and the folder"
    else:
        return
    raise MailboxError(f"{place.server.place}: {what}: {remedy}")


def _connect(server: Relay, root: Path, timeout: float) -> imaplib.IMAP4:
    if server.security == "none":
        return imaplib.IMAP4(server.host, server.port, timeout=timeout)
    context = ssl.create_default_context()
    if server.ca:
        context.load_verify_locations(root / server.ca)
    if server.security == "tls":
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=timeout)
    client = imaplib.IMAP4(server.host, server.port, timeout=timeout)
    try:
        client.starttls(context)
    except BaseException:
        with suppress(OSError):
            client.shutdown()
        raise
    return client


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bytes(line: object) -> bytes:
    if isinstance(line, tuple):
        line = line[0]
    return line if isinstance(line, bytes) else str(line or "").encode()


def _printable(text: str) -> str:
    # The library shows what it was sent as bytes, and a folder has no more than a name in it.
    text = re.sub(r"^b'|'$", "", text.removeprefix("command: "))
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:_LONGEST_WORDS]
