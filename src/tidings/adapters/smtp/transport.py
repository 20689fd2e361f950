"""The `Transport` port on a mail server: one recipient per message, connections kept open.

What a refusal means for the message and for all others is decided here; the table is in
docs/how-to/move-to-smtp.md.
"""

from __future__ import annotations

import contextlib
import smtplib
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from tidings.adapters.smtp.connect import (
    HELLO,
    Command,
    LoginRefused,
    Lost,
    Reply,
    ask,
    body,
    connect,
    hand_over,
    listen,
    own_name,
    say,
    tls_context,
)
from tidings.core.mail.message import addr_spec
from tidings.core.mail.refusals import (
    of_the_address_we_send_from,
    of_the_client,
    of_the_greeting,
    relaying,
    speaks_of,
    too_large,
)
from tidings.core.mail.replies import SpeaksOf
from tidings.core.settings import Relay
from tidings.errors import DeliveryError, ReplyLost, TooLarge, TransportClosed
from tidings.model import Envelope

TIMEOUT = 60.0
REPLY_TIMEOUT = 600.0  # RFC 5321 section 4.5.3.2.6: whoever gives up earlier sends twice
GOODBYE_TIMEOUT = 5.0

# "Authentication required" (RFC 4954) and "must issue STARTTLS" (RFC 3207).
LOGIN_WANTED = (530, 538)
PARAMETER_REFUSED = (501, 504, 555)
SENDER = "correct mail.from, or the user in mail.transport"

# What the server refuses when it refuses the first, the second or the third command.
ENVELOPE = ("the message", "the recipient", "the message")


def of_the_sender(mail: Reply) -> bool:
    """Whether MAIL was refused for the sender, which all messages have: for good unless it speaks
    of the message, for now only if it says so."""
    of = speaks_of(mail.words)
    return of is SpeaksOf.SENDER or (mail.code >= 500 and of is not SpeaksOf.MESSAGE)


class SmtpTransport:
    """The way out through one mail server. May be shared between threads.

    `root` is the folder that the relay's `ca` is relative to; `timeout` holds for connecting and
    each command, `reply_timeout` for the answer to a whole message, both in seconds; `name` is what
    we introduce ourselves with: unless given this machine's full name or, without one, the address
    that it connects from. Raises `ConfigError` if
    `ca` cannot be read.
    """

    def __init__(
        self,
        relay: Relay,
        password: str = "",
        root: Path = Path(),
        *,
        timeout: float = TIMEOUT,
        reply_timeout: float = REPLY_TIMEOUT,
        name: str = "",
    ) -> None:
        self._relay = relay
        self._password = password
        self._context = tls_context(relay, root)
        self._timeout = timeout
        self._reply_timeout = reply_timeout
        self._given_name = name
        self._first = threading.Lock()
        self._let_in = False
        self._refusal: TransportClosed | None = None
        self._refusals = 0

    def __repr__(self) -> str:
        return f"SmtpTransport({self._relay.place})"

    def connect(self) -> SmtpChannel:
        """A channel for one thread; it connects when the first message is sent."""
        self._let_in = False  # whoever sends anew does not rely on how it was
        heard, again = self._refusals, False

        def open_() -> smtplib.SMTP:
            nonlocal heard, again
            try:
                return self._open(heard, again=again)
            finally:
                heard, again = self._refusals, True

        return SmtpChannel(self._relay.place, open_, self._timeout, self._reply_timeout)

    def _open(self, heard: int, *, again: bool) -> smtplib.SMTP:
        """A connection, for a channel that has heard of so many refusals.

        Until one was let in, one thread asks, and those that come with it share the refusal: a
        server that counts failed logins counts one. So they do when all connect `again`; but then
        one that finds no room says nothing of the others.
        """
        if self._let_in and not again:
            return self._connect()
        with self._first:
            told = self._refusal
            shared = told and self._refusals != heard and not self._let_in
            if told and shared and (not again or isinstance(told, LoginRefused)):
                raise TransportClosed(str(told), ours=told.ours, refused=told.refused)
            try:
                return self._connect()
            except TransportClosed as refusal:
                self._refusal, self._refusals = refusal, self._refusals + 1
                raise

    def _connect(self) -> smtplib.SMTP:
        try:
            found = connect(self._relay, self._password, self._context, self._name, self._timeout)
        except TransportClosed:
            self._let_in = False
            raise
        self._let_in = True
        return found

    @cached_property
    def _name(self) -> str:
        # Looked up once: it may take the resolver seconds.
        return self._given_name or own_name()


class SmtpChannel:
    """The `Channel` port: a connection made when needed, and reused as long as it holds."""

    def __init__(
        self, place: str, open_: Callable[[], smtplib.SMTP], timeout: float, reply_timeout: float
    ) -> None:
        self._place = place
        self._open = open_
        self._timeout = timeout
        self._reply_timeout = reply_timeout
        self._client: smtplib.SMTP | None = None

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Hand over one message; returns the server's answer."""
        sender, recipient = addr_spec(envelope.sender), addr_spec(envelope.recipient)
        try:
            client = self._begin(sender, recipient, message)
            hand_over(client, body(message))
            return self._answer(client).words
        except Lost as lost:
            self._drop()
            told = f"{self._place}: {lost} before the message was handed over"
            raise DeliveryError(told, permanent=False) from lost
        except DeliveryError as error:
            if error.permanent and not isinstance(error, TooLarge) and too_large(str(error)):
                # It does not say what it takes: less than this.
                raise TooLarge(str(error), len(message) // 2) from error
            raise
        except BaseException:
            # Cut short anywhere in the dialogue: nothing may be said on this connection any more.
            self._drop()
            raise

    def close(self) -> None:
        """Say goodbye; never raises."""
        if self._client:
            with contextlib.suppress(Lost, OSError):
                self._wait_for(GOODBYE_TIMEOUT)
                say(self._client, "QUIT")
            self._drop()

    # --- The steps of a transaction ---------------------------------------------------------------

    def _begin(self, sender: str, recipient: str, message: bytes) -> smtplib.SMTP:
        """Get as far as the server's call for the message.

        A connection that stood idle may have been closed meanwhile. Nothing of this message was
        handed over then, so that it is safe to begin anew, once.
        """
        if self._client:
            envelope = self._envelope(self._client, sender, recipient, message)
            with contextlib.suppress(Lost):
                replies = ask(self._client, envelope)
                if replies[0].code != 421:
                    return self._consent(self._client, sender, envelope, replies)
            self._drop()
        self._client = self._open()
        envelope = self._envelope(self._client, sender, recipient, message)
        return self._consent(self._client, sender, envelope, ask(self._client, envelope))

    def _envelope(
        self, client: smtplib.SMTP, sender: str, recipient: str, message: bytes
    ) -> Sequence[Command]:
        """The commands before the message, with what this one asks of the server."""
        most = client.esmtp_features.get("size", "")
        if most.isdecimal() and 0 < int(most) < len(message):
            told = f"{self._place}: the message has {len(message):,} bytes, the server takes {most}"
            raise TooLarge(f"{told}: lower max_items", int(most))
        options = ""
        if not message.isascii() and client.has_extn("8bitmime"):
            options += " BODY=8BITMIME"
        if not recipient.isascii():
            if not client.has_extn("smtputf8"):
                told = f"{self._place}: the server takes no addresses with letters beyond ASCII"
                raise DeliveryError(f"{told} (SMTPUTF8): give another address", permanent=True)
            options += " SMTPUTF8"
        return (
            Command(f"MAIL FROM:<{sender}>{options}"),
            Command(f"RCPT TO:<{recipient}>"),
            Command("DATA", consent="3"),
        )

    def _consent(
        self,
        client: smtplib.SMTP,
        sender: str,
        envelope: Sequence[Command],
        replies: Sequence[Reply],
    ) -> smtplib.SMTP:
        """The connection, ready for the message; or raise what a refusal amounts to."""
        mail = replies[0]
        for reply, what in zip(replies, ENVELOPE, strict=False):
            if not reply.accepted and reply.code != 421:
                self._expect_to_be_let_in(reply, what, of_one=reply is not mail)
        if replies[-1].code == 354 and not all(reply.accepted for reply in replies):
            # Refused, and yet it waits for a message: whatever we say now would be one.
            self._drop()
        extended = not envelope[0].line.endswith(">")
        unknown = extended and mail.code in PARAMETER_REFUSED
        if mail.code != 421 and not mail.accepted and not unknown and of_the_sender(mail):
            # Every other message has the same sender, so that none is to fail for this.
            self._reset()
            told = f"{self._place}: the server refused the sender {sender}: {mail.words}"
            raise TransportClosed(f"{told}: {SENDER}", ours=True, refused=True)
        for reply, what in zip(replies, ENVELOPE, strict=False):
            self._expect(reply, what)
        return client

    def _expect_to_be_let_in(self, reply: Reply, what: str, *, of_one: bool) -> None:
        """Raise if it is this machine or the sender that is refused, of which many servers speak no
        sooner than at the recipient: mostly it is the same for every message, and no fault of the
        recipient's."""
        if of_the_greeting(reply.words):
            refused, remedy = "how this machine introduces itself", HELLO
        elif of_one and of_the_address_we_send_from(reply.words):
            refused, remedy = "the sender", SENDER
        elif of_the_client(reply.words):
            refused, remedy = "this machine", "ask whoever runs it to take mail from here"
        else:
            return
        self._reset()
        told = f"{self._place}: the server refused {refused}, at {what}: {reply.words}"
        raise TransportClosed(f"{told}: {remedy}", ours=True, refused=True, of_one=of_one)

    def _answer(self, client: smtplib.SMTP) -> Reply:
        """What the server says once it has the message. Without an answer, it may have it."""
        try:
            self._wait_for(self._reply_timeout)
            reply = listen(client)
            self._wait_for(self._timeout)
        except (Lost, OSError) as lost:
            self._drop()
            told = f"{self._place}: {lost} after the message was handed over"
            raise ReplyLost(f"{told}: it may have arrived") from lost
        self._expect(reply, "the message")
        return reply

    def _expect(self, reply: Reply, what: str) -> None:
        """Raise what a refusal amounts to."""
        if reply.accepted:
            return
        told = f"{self._place}: the server refused {what}: {reply.words}"
        if reply.code == 421:
            self._drop()
            told = f"{self._place}: the server says {reply.words}"
            raise TransportClosed(told, ours=False, of_one=True)
        self._reset()
        if reply.code in LOGIN_WANTED:
            told = f"{told}: name a user in mail.transport"
            raise TransportClosed(told, ours=True, refused=True, of_one=what == "the recipient")
        if what == "the recipient" and relaying(reply.words):
            # The server does not know us, rather than them: see to it within the time that is left.
            remedy = "name a user in mail.transport, or let the server relay for this machine"
            raise DeliveryError(f"{told}: {remedy}", permanent=False)
        raise DeliveryError(told, permanent=reply.code >= 500)

    # --- The connection ---------------------------------------------------------------------------

    def _reset(self) -> None:
        """Take back what was begun, so that the next message starts afresh."""
        if self._client:
            with contextlib.suppress(Lost):
                if say(self._client, "RSET").accepted:
                    return
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client:
            with contextlib.suppress(OSError):
                client.close()

    def _wait_for(self, seconds: float) -> None:
        if self._client and self._client.sock:
            self._client.sock.settimeout(seconds)
