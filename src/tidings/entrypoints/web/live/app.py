"""The addresses of the live preview, and what each answers. All of them only read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from tidings.adapters.templates import Templates
from tidings.entrypoints.web.live.hosts import KnownHosts
from tidings.entrypoints.web.live.screen import Choice, mail_page
from tidings.entrypoints.web.live.watching import Watch

log = logging.getLogger(__name__)

STRICT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# A mail brings its own styles and nothing else: no script, no form, nothing from elsewhere.
FRAMED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
PARTS = ("desk", "mail")
STILL_HERE = 15
HTML = "text/html; charset=utf-8"
EVENTS = "text/event-stream"


def application(watch: Watch, host: str) -> ASGIApp:
    """The live preview of what `watch` follows, as it is called `host`."""

    async def page(request: Request) -> Response:
        screen, version = await watch.screen(), watch.version
        asked = Choice.of(request.query_params)
        part = request.query_params.get("part", "")
        wanted = (part,) if part in PARTS else PARTS
        return _answer(await run_in_threadpool(screen.page, asked, wanted, version), HTML)

    async def mail(request: Request) -> Response:
        screen = await watch.screen()
        found = await run_in_threadpool(screen.letter, Choice.of(request.query_params))
        if found is None or not found.html:
            return _answer(b"There is no such mail.\n", "text/plain; charset=utf-8", 404)
        shown = mail_page(found, request.query_params.get("scheme", ""))
        framed = {**STRICT, "Content-Security-Policy": FRAMED}
        return Response(shown, headers=framed, media_type=HTML)

    async def events(request: Request) -> Response:
        known = request.query_params.get("after", "")
        # Whoever connects again may have missed a restart, after which numbers begin anew.
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
    return KnownHosts(Starlette(routes=routes, lifespan=life), host)


async def _told(watch: Watch, after: int) -> AsyncIterator[str]:
    """The number of each new screen, as server-sent events (HTML Living Standard, §9.2)."""
    quiet = 0
    yield "retry: 1000\n\n"
    while not watch.closing:
        version = await watch.newer_than(after, 1)
        quiet += 1
        if version != after:
            after, quiet = version, 0
            yield f"id: {version}\ndata: {version}\n\n"
        elif quiet == STILL_HERE:
            quiet = 0
            yield ": still here\n\n"


def _report(task: asyncio.Task[None]) -> None:
    """A bug in following the files would leave a page that is never told of it."""
    if not task.cancelled() and (error := task.exception()):
        log.error("the files are followed no more", exc_info=error)


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return _answer(_packaged().text(f"preview/{name}"), f"{kind}; charset=utf-8")

    return serve


@cache
def _packaged() -> Templates:
    return Templates(None, "en", ZoneInfo("UTC"))


def _answer(body: bytes, kind: str, status: int = 200) -> Response:
    return Response(body, status, STRICT, media_type=kind)
