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
    AccessToken,
    Command,
    LoginRefused,
    Lost,
    Reply,
    ask,
    body,
    connect,
    hand_over,
    hand_over_both,
    hear,
    lines,
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
from tidings.core.mail.return_path import masked
from tidings.core.settings import Relay
from tidings.errors import DeliveryError, ReplyLost, TooLarge, TransportClosed
from tidings.model import Envelope

TIMEOUT = 60.0
REPLY_TIMEOUT = 600.0  # RFC 5321 section 4.5.3.2.6: whoever gives up earlier sends twice
GOODBYE_TIMEOUT = 5.0

# "Authentication required" (RFC 4954) and "must issue STARTTLS" (RFC 3207).
LOGIN_WANTED = (530, 538)
PARAMETER_REFUSED = (501, 504, 555)
# What a server says that has lost its place in what was said at once.
OUT_OF_STEP = (500, 503)
SENDER = "correct mail.from or mail.bounce_address, or the user in mail.transport"

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
        password: str | AccessToken = "",
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
        # Set once the server broke off, or lost its place, over what was said ahead.
        self._one_by_one = threading.Event()

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

        timeouts = self._timeout, self._reply_timeout
        return SmtpChannel(self._relay.place, open_, *timeouts, self._one_by_one)

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
    """The `PipeliningChannel` port: a connection made when needed, and reused as long as it holds.

    Where the server takes commands at once, those for the next message go out behind the final dot
    of this one (RFC 2920 §3.1), which saves it a round trip. Nothing of its content is sent before
    `send` is called for it: if it is not, or for another one, the connection is closed, since
    whatever was said on it would be a message. A server that loses its place over this is served
    as one that does not take commands at once.
    """

    def __init__(
        self,
        place: str,
        open_: Callable[[], smtplib.SMTP],
        timeout: float,
        reply_timeout: float,
        one_by_one: threading.Event,
    ) -> None:
        self._place = place
        self._open = open_
        self._timeout = timeout
        self._reply_timeout = reply_timeout
        self._client: smtplib.SMTP | None = None
        self._one_by_one = one_by_one
        # Whom the message after this is for, and what was said of it whose answers are not read.
        self._following: Envelope | None = None
        self._ahead: Sequence[Command] = ()

    @property
    def pipelines(self) -> bool:
        """Whether the server lets us begin a message before it has answered to the last one."""
        known = self._client is not None and self._client.has_extn("pipelining")
        return known and not self._one_by_one.is_set()

    def begin_after(self, following: Envelope) -> None:
        """Say, with the next message that is sent, whom the one after it is for."""
        self._following = following

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Hand over one message; returns the server's answer."""
        following, self._following = self._following, None
        sender, recipient = addr_spec(envelope.sender), addr_spec(envelope.recipient)
        try:
            client = self._begin(sender, recipient, message)
            ahead = self._commands(client, following, message)
            whole = self._hand_over(client, body(message), ahead)
            try:
                return self._answer(client).words
            finally:
                if not whole:
                    self._drop()
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
                if self._ahead:
                    raise Lost  # it may wait for a message: what we say now would be one
                self._wait_for(GOODBYE_TIMEOUT)
                say(self._client, "QUIT")
            self._drop()

    # --- The steps of a transaction ---------------------------------------------------------------

    def _begin(self, sender: str, recipient: str, message: bytes) -> smtplib.SMTP:
        """Get as far as the server's call for the message.

        A connection that stood idle may have been closed meanwhile. Nothing of this message was
        handed over then, so that it is safe to begin anew, once.
        """
        ahead, self._ahead = self._ahead, ()
        if self._client:
            replies, envelope = self._first_replies(self._client, ahead, sender, recipient, message)
            # A session ends with its login, which an access token may outlive by little.
            if replies and replies[0].code not in (421, *LOGIN_WANTED):
                return self._consent(self._client, sender, envelope, replies)
            self._drop()
        self._client = self._open()
        envelope = self._envelope(self._client, sender, recipient, message)
        return self._consent(self._client, sender, envelope, ask(self._client, envelope))

    def _first_replies(
        self,
        client: smtplib.SMTP,
        ahead: Sequence[Command],
        sender: str,
        recipient: str,
        message: bytes,
    ) -> tuple[Sequence[Reply], Sequence[Command]]:
        """What a connection that was in use replies to the commands before the message, of which
        some may have been said `ahead`, and those commands; no replies if it is of no more use."""
        try:
            envelope = self._envelope(client, sender, recipient, message)
        except DeliveryError:
            if ahead:
                self._drop()
            raise
        if ahead and ahead != envelope:
            return (), envelope
        try:
            replies = hear(client, envelope) if ahead else ask(client, envelope)
        except Lost:
            replies = ()
        if ahead and (not replies or replies[0].code in OUT_OF_STEP):
            self._one_by_one.set()
            return (), envelope
        return replies, envelope

    def _commands(
        self, client: smtplib.SMTP, following: Envelope | None, message: bytes
    ) -> Sequence[Command]:
        """What is said of the following message together with this one; none if it may need
        options, which only itself can tell."""
        if not following or not self.pipelines or not following.recipient.isascii():
            return ()
        if not message.isascii():  # the next will be like it
            return ()
        try:
            sender, recipient = addr_spec(following.sender), addr_spec(following.recipient)
        except DeliveryError:
            return ()
        return self._envelope(client, sender, recipient, b"")

    def _hand_over(self, client: smtplib.SMTP, data: bytes, ahead: Sequence[Command]) -> bool:
        """Send a message, and what is said ahead; False if that has not left as a whole."""
        if not ahead:
            hand_over(client, data)
            return True
        whole = hand_over_both(client, data, lines(ahead))
        self._ahead = ahead
        return whole

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
            told = f"{self._place}: the server refused the sender {masked(sender)}: {mail.words}"
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
            if self._ahead:
                self._one_by_one.set()
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
        """Take back what was begun, so that the next message starts afresh.

        What was said ahead stands: by then there is nothing else to take back.
        """
        if self._client and not self._ahead:
            with contextlib.suppress(Lost):
                if say(self._client, "RSET").accepted:
                    return
        if not self._ahead:
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._ahead = ()
        if client:
            with contextlib.suppress(OSError):
                client.close()

    def _wait_for(self, seconds: float) -> None:
        if self._client and self._client.sock:
            self._client.sock.settimeout(seconds)
