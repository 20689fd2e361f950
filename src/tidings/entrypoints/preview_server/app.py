"""The web application of the preview: its routes, the watcher of the files, and the server.

Every route only reads.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from tidings.adapters.config import inspect
from tidings.adapters.templates import Templates
from tidings.application.ports import Clock
from tidings.core.settings import Settings
from tidings.entrypoints.preview_server.access import STRICT, KnownHosts, WithToken
from tidings.entrypoints.preview_server.mail import in_scheme
from tidings.entrypoints.preview_server.page import PARTS, Choice, PreviewPage
from tidings.entrypoints.preview_server.state import (
    PreviewState,
    Stamps,
    stamps,
    state_of,
    with_checks,
)
from tidings.entrypoints.web.server import address_of, listen, server

log = logging.getLogger(__name__)

# A mail brings its own styles and nothing else: no script, no form, nothing from elsewhere.
FRAMED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
KEEP_ALIVE_SECONDS = 15
LOOK_EVERY = 0.25
SETTLE = 0.05
HTML = "text/html; charset=utf-8"
EVENTS = "text/event-stream"
TOKEN_BYTES = 16


def serve(watch: PreviewWatcher, host: str, port: int, tell: Callable[[str, str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `tell` is given the address, and the token that opens the
    page. Raises `ConfigError`."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    token = token_hex(TOKEN_BYTES)
    with running(watch, host, port, token) as address:
        tell(address, token)
        signal.sigwait(ends)


@contextmanager
def running(watch: PreviewWatcher, host: str, port: int, token: str = "") -> Iterator[str]:
    """Serve in a thread of its own while the block runs; gives the address. With a `token`, only
    who names it is answered."""
    taken: socket.socket
    with listen(host, port) as taken:
        app = application(watch, host)
        if token:
            app = WithToken(app, token, taken.getsockname()[1])
        served = server(app, lifespan="on", grace=2)
        thread = threading.Thread(target=served.run, args=([taken],), name="preview")
        thread.start()
        try:
            yield address_of(taken)
        finally:
            watch.closing = True
            served.should_exit = True
            thread.join()


def application(watch: PreviewWatcher, host: str) -> ASGIApp:
    """The ASGI application for the pages of `watch`; `host` is the name that it listens on."""

    async def page(request: Request) -> Response:
        shown, version = await watch.page(), watch.version
        asked = Choice.of(request.query_params)
        wanted = request.query_params.get("part")
        part = next((each for each in PARTS if each == wanted), PARTS[0])
        return _answer(await run_in_threadpool(shown.render, asked, version, part), HTML)

    async def mail(request: Request) -> Response:
        shown = await watch.page()
        found = await run_in_threadpool(shown.mail, Choice.of(request.query_params))
        if found is None or not found.html:
            return _answer(b"There is no such mail.\n", "text/plain; charset=utf-8", 404)
        dark = request.query_params.get("scheme") == "dark"
        body = in_scheme(found.framed or found.html, "dark" if dark else "light").encode()
        framed = {**STRICT, "Content-Security-Policy": FRAMED}
        return Response(body, headers=framed, media_type=HTML)

    async def events(request: Request) -> Response:
        known = request.query_params.get("after", "")
        # After a restart numbers begin anew, so a client that reconnects is told the present one.
        again = "last-event-id" in request.headers
        after = int(known) if known.isdecimal() and not again else 0
        return StreamingResponse(_told(watch, after), headers=STRICT, media_type=EVENTS)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(watch.follow())
        following.add_done_callback(_report)
        try:
            yield
        finally:
            following.cancel()

    routes = [
        Route("/", page, methods=["GET"]),
        Route("/mail", mail, methods=["GET"]),
        Route("/events", events, methods=["GET"]),
        Route("/preview.css", _file("preview.css", "text/css"), methods=["GET"]),
        Route("/preview.js", _file("preview.js", "text/javascript"), methods=["GET"]),
    ]
    refusals = {HTTPException: _refused, Exception: _fault}
    app = Starlette(routes=routes, lifespan=life, exception_handlers=refusals)
    app.router.redirect_slashes = False
    return KnownHosts(app, host)


async def _told(watch: PreviewWatcher, after: int) -> AsyncIterator[str]:
    """Send the number of each new page as server-sent events (HTML Living Standard, §9.2)."""
    quiet = 0
    yield "retry: 1000\n\n"
    while not watch.closing:
        version = await watch.newer_than(after, 1)
        quiet += 1
        if version != after:
            after, quiet = version, 0
            yield f"id: {version}\ndata: {version}\n\n"
        elif quiet == KEEP_ALIVE_SECONDS:
            quiet = 0
            yield ": still here\n\n"


def _report(task: asyncio.Task[None]) -> None:
    """Log a bug that ends the watcher: the page would never change again."""
    if not task.cancelled() and (error := task.exception()):
        log.error("the files are no longer watched", exc_info=error)


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return _answer(_packaged().text(f"preview/{name}"), f"{kind}; charset=utf-8")

    return serve


@cache
def _packaged() -> Templates:
    return Templates(None, "en", ZoneInfo("UTC"))


def _refused(_request: Request, error: Exception) -> Response:
    """What is none of these pages, or is asked otherwise than by looking."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    answer = _answer(b"There is no such page.\n", "text/plain; charset=utf-8", status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = "GET, HEAD"
    return answer


def _fault(_request: Request, _error: Exception) -> Response:
    """A fault of ours; the server logs it."""
    return _answer(b"This failed by a fault of the program.\n", "text/plain; charset=utf-8", 500)


def _answer(body: bytes, kind: str, status: int = 200) -> Response:
    return Response(body, status, STRICT, media_type=kind)


class PreviewWatcher:
    """Follows the files of an instance and keeps its newest page, with a number that goes up.

    One task makes all pages, each in a thread, so an older page never replaces a newer one, and
    all that is saved while one is made leads to one more.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], clock: Clock) -> None:
        self._root = root
        self._environ = environ
        self._clock = clock
        self._changed = asyncio.Condition()
        self._stamps: Stamps | None = None
        self._settings: Settings | None = None
        self._state: PreviewState | None = None
        self._page: PreviewPage | None = None
        self.version = 0
        self.closing = False

    async def page(self) -> PreviewPage:
        """The newest page; waits for the first."""
        async with self._changed:
            while self._page is None:
                await self._changed.wait()
            return self._page

    async def newer_than(self, version: int, seconds: float) -> int:
        """Wait until the number is above `version`, or for `seconds`; return the number."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.version > version)
        except TimeoutError:
            pass
        return self.version

    async def follow(self) -> None:
        """Look at the files again and again until cancelled."""
        self._settings = (await asyncio.to_thread(inspect, self._root, self._environ)).settings
        while True:
            seen = await asyncio.to_thread(self._look)
            if seen == self._stamps:
                await asyncio.sleep(LOOK_EVERY)
                continue
            # An editor may write twice: wait until the files stay as they are.
            await asyncio.sleep(SETTLE if self._stamps is not None else 0)
            if self._stamps is not None and seen != await asyncio.to_thread(self._look):
                continue
            self._stamps = seen
            state = await asyncio.to_thread(self._draw)
            page = PreviewPage(state, self._clock, self._page)
            await self._show(state, page)
            if await asyncio.to_thread(self._look) == seen:
                more = await asyncio.to_thread(with_checks, state, self._environ)
                await self._show(more, page.with_state(more))

    def _look(self) -> Stamps:
        return stamps(self._root, self._settings)

    def _draw(self) -> PreviewState:
        return state_of(self._root, self._environ, self._clock, self._state)

    async def _show(self, state: PreviewState, page: PreviewPage) -> None:
        async with self._changed:
            self._state, self._page = state, page
            if state.last_good:
                self._settings = state.last_good.instance.settings
            self.version += 1
            self._changed.notify_all()
