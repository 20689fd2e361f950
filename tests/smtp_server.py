"""A mail server on loopback that does as it is told: for every test that sends by SMTP.

    with SmtpServer() as server:
        server.script("RCPT", "550 5.1.1 No such user", about="bob@example.org")
        ...
        assert [letter.recipient for letter in server.letters] == ["ana@example.org"]

Steps that can be scripted, in the order of a session: CONNECT (the greeting), EHLO, HELO, STARTTLS,
AUTH, MAIL, RCPT, DATA (the 354), BODY (after the 354, instead of reading), "." (the last answer),
RSET, QUIT. Whatever is not scripted is answered as aiosmtpd does.
"""
# ruff: noqa: N802 (the names are the library's)

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, AnyStr, Literal, Self

import pytest
from aiosmtpd.smtp import SMTP, AuthResult


@dataclass(frozen=True, slots=True)
class Letter:
    """A message whose final dot was read, as it was before it was answered."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    options: tuple[str, ...]
    connection: int

    @property
    def recipient(self) -> str:
        (address,) = self.recipients
        return address


@dataclass(slots=True)
class Answer:
    """What to do at a step: wait, say `text` (nothing if ""), then hang or close the connection.

    Used for `times` times (None: always) where `about` is part of what the client said.
    """

    step: str
    text: str
    about: str
    times: int | None
    delay: float
    hang: bool
    drop: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """A throw-away certificate for `host` and 127.0.0.1, its key, and the authority behind it."""

    authority: Path
    chain: Path
    key: Path


class SmtpServer:
    """Use as a context. `letters` are the messages accepted or left unanswered, in order; `refused`
    those turned down after the final dot; `commands` all that was said ("RCPT TO:<a@b>")."""

    def __init__(
        self,
        *,
        tls: Literal["none", "starttls", "tls"] = "none",
        certificate: Certificate | None = None,
        users: dict[str, str] | None = None,
        mechanisms: Collection[str] = ("PLAIN", "LOGIN"),
        hidden: Collection[str] = (),
        largest: int = 2**25,
        pipelining: bool = False,
        forgetful: bool = False,
    ) -> None:
        """`users` have to log in with their passwords; `hidden` are extensions not to offer;
        `largest` is what SIZE says, in bytes; `pipelining` offers to take commands at once, and a
        `forgetful` one then drops those that come behind a message."""
        self.letters: list[Letter] = []
        self.refused: list[Letter] = []
        self.commands: list[str] = []
        self.connections = 0
        self.logins: list[str] = []
        self.users = dict(users or {})
        # The access tokens that are good, by user, for the mechanism XOAUTH2.
        self.tokens: dict[str, set[str]] = {}
        self.mechanisms = frozenset(mechanisms)
        self.hidden = frozenset(hidden)
        self.largest = largest
        self.pipelining = pipelining
        self.forgetful = forgetful
        self._tls = tls
        self._context: ssl.SSLContext | None = None
        if tls != "none":
            assert certificate
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.chain, certificate.key)
        self._answers: list[Answer] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._sessions: set[_Session] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def script(
        self,
        step: str,
        text: str = "",
        *,
        about: str = "",
        times: int | None = None,
        delay: float = 0.0,
        hang: bool = False,
        drop: bool = False,
    ) -> None:
        """Answer a step like this from now on; the first of several that fit is taken.

        At ".", an empty text stands for acceptance, and the letter counts as received.
        """
        with self._lock:
            self._answers.append(Answer(step, text, about, times, delay, hang, drop))

    def take(self, step: str, said: str) -> Answer | None:
        """The scripted answer to what a client said at a step."""
        with self._lock:
            for answer in self._answers:
                if answer.step == step and answer.about in said and answer.times != 0:
                    if answer.times is not None:
                        answer.times -= 1
                    return answer
            return None

    def judge(self, letter: Letter) -> Answer | None:
        """The scripted answer to a whole message; None accepts it."""
        return self.take(".", letter.recipients[0])

    def said(self, verb: str) -> list[str]:
        """All commands of one kind."""
        return [command for command in self.commands if command.split()[0] == verb]

    def hang_up(self) -> None:
        """Close all connections, as a server does with those that stand idle."""
        asyncio.run_coroutine_threadsafe(self._close_sessions(), self._loop).result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> int:
        self._server = await self._loop.create_server(
            lambda: _Session(self, self._loop, self._context if self._tls == "starttls" else None),
            "127.0.0.1",
            0,
            ssl=self._context if self._tls == "tls" else None,
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _close(self) -> None:
        self._server.close()
        await self._close_sessions()
        await self._server.wait_closed()

    async def _close_sessions(self) -> None:
        handlers = [handler for session in self._sessions if (handler := session.hang_up())]
        self._sessions.clear()
        if handlers:
            await asyncio.wait(handlers)
        # What aborting a connection leaves to the loop.
        for _ in range(3):
            await asyncio.sleep(0)

    def opened(self, session: _Session) -> int:
        self._sessions.add(session)
        self.connections += 1
        return self.connections

    def closed(self, session: _Session) -> None:
        self._sessions.discard(session)


class _Handler:
    """Keeps letters before they are answered, and offers only the extensions that it may."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_EHLO(
        self, session: _Session, state: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        state.host_name = hostname
        hidden = {
            *self._server.hidden,
            *([] if self._server.users and self._server.mechanisms else ["AUTH"]),
        }
        if self._server.pipelining:
            responses.insert(1, "250-PIPELINING")
        return [line for line in responses if line[4:].split()[0] not in hidden]

    async def handle_DATA(self, session: _Session, state: Any, envelope: Any) -> str:
        letter = Letter(
            envelope.mail_from,
            tuple(envelope.rcpt_tos),
            bytes(envelope.original_content),
            tuple(envelope.mail_options),
            session.number,
        )
        answer = self._server.judge(letter)
        refused = answer is not None and answer.text[:1] in ("4", "5")
        (self._server.refused if refused else self._server.letters).append(letter)
        if self._server.forgetful:
            session.forget()
        if answer:
            await session.linger(answer)
            if answer.drop and not answer.text:
                session.hang_up()
        return (answer.text if answer else "") or "250 2.0.0 Ok: queued as 4711"


class _Session(SMTP):
    def __init__(
        self, server: SmtpServer, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None
    ) -> None:
        self._owner = server
        self._greeted = False
        self.number = 0
        super().__init__(
            _Handler(server),
            hostname="sink.example",
            ident="ready",
            data_size_limit=server.largest,
            enable_SMTPUTF8="SMTPUTF8" not in server.hidden,
            tls_context=context,
            auth_require_tls=False,
            authenticator=self._known,
            auth_exclude_mechanism={"PLAIN", "LOGIN", "XOAUTH2"} - server.mechanisms,
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self.number:
            self.number = self._owner.opened(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        try:
            super().connection_lost(error)
        finally:
            self._owner.closed(self)

    def hang_up(self) -> asyncio.Task[None] | None:
        """Close at once; returns what is still to come to its end."""
        handler = self._handler_coroutine
        if handler:
            handler.cancel()
        if self._timeout_handle:
            self._timeout_handle.cancel()
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        return handler

    def forget(self) -> None:
        """Drop what has come in and was not looked at yet."""
        reader: Any = self._reader
        reader._buffer.clear()

    async def linger(self, answer: Answer) -> None:
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.hang:
            await asyncio.get_running_loop().create_future()

    async def push(self, status: AnyStr) -> None:
        if not self._greeted:
            self._greeted = True
            if answer := self._owner.take("CONNECT", ""):
                await self._perform(answer)
                return
        await super().push(status)

    async def _perform(self, answer: Answer) -> None:
        await self.linger(answer)
        if answer.text:
            # As bytes, so that a test can also send what no server should.
            await self.push(answer.text.encode("utf-8", "surrogateescape"))
        if answer.drop and self.transport:
            # Not abort: what was said is still to arrive.
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.close()

    async def _scripted(
        self, step: str, said: str | None, method: Callable[[Any], Awaitable[None]]
    ) -> None:
        self._owner.commands.append(f"{step} {said or ''}".strip())
        if answer := self._owner.take(step, said or ""):
            await self._perform(answer)
        else:
            await method(said)

    def _known(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        login, password = data.login.decode(), data.password.decode()
        self._owner.logins.append(login)
        return AuthResult(success=self._owner.users.get(login) == password, handled=False)

    async def auth_XOAUTH2(self, _: Any, args: list[str]) -> AuthResult:
        """As Google and Microsoft describe it: a refusal is JSON first, then waits for a line."""
        fields = b64decode(args[1]).decode().split("\1")
        user = fields[0].removeprefix("user=")
        self._owner.logins.append(user)
        if fields[1].removeprefix("auth=Bearer ") in self._owner.tokens.get(user, ()):
            return AuthResult(success=True)
        await self.challenge_auth('{"status":"401","schemes":"Bearer","scope":"https://mail/"}')
        return AuthResult(success=False, handled=False)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._scripted("EHLO", hostname, super().smtp_EHLO)

    async def smtp_HELO(self, hostname: str) -> None:
        await self._scripted("HELO", hostname, super().smtp_HELO)

    async def smtp_STARTTLS(self, arg: str) -> None:
        await self._scripted("STARTTLS", arg, super().smtp_STARTTLS)

    async def smtp_AUTH(self, arg: str) -> None:
        # What follows the mechanism is the password, which no record keeps.
        if answer := self._owner.take("AUTH", arg):
            await self._perform(answer)
        else:
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if self._owner.users and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return
        await self._scripted("MAIL", arg, super().smtp_MAIL)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._scripted("RCPT", arg, super().smtp_RCPT)

    async def smtp_RSET(self, arg: str) -> None:
        await self._scripted("RSET", arg, super().smtp_RSET)

    async def smtp_QUIT(self, arg: str) -> None:
        await self._scripted("QUIT", arg, super().smtp_QUIT)

    async def smtp_DATA(self, arg: str) -> None:
        about = self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""
        if answer := self._owner.take("BODY", about):
            await self.push("354 Go on")
            await self._perform(answer)
        elif answer := self._owner.take("DATA", about):
            self._owner.commands.append("DATA")
            await self._perform(answer)
        else:
            self._owner.commands.append("DATA")
            await super().smtp_DATA(arg)


def make_certificate(folder: Path, host: str = "localhost") -> Certificate:
    """A certificate for `host` and 127.0.0.1 under an authority that nobody else has.

    Skips the test where there is no openssl to make it with.
    """
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("there is no openssl to make a certificate with")
    folder.mkdir(parents=True, exist_ok=True)
    key_kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name, subject, extension in (
        ("authority", "/CN=Tests", []),
        ("server", f"/CN={host}", ["-CA", "authority.pem", "-CAkey", "authority.key"]),
    ):
        usage = (
            ["-addext", "keyUsage=critical,keyCertSign"]
            if name == "authority"
            else [
                *("-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"),
                *("-addext", "basicConstraints=critical,CA:FALSE"),
            ]
        )
        subprocess.run(
            [
                *(openssl, "req", "-x509", *key_kind, "-days", "2", "-subj", subject),
                *("-keyout", f"{name}.key", "-out", f"{name}.pem", *extension, *usage),
            ],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=60,
        )
    return Certificate(folder / "authority.pem", folder / "server.pem", folder / "server.key")
