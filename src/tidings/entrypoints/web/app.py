"""The application: the service's routes, `/healthz`, `/readyz`, `/metrics`; the rest are files."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tidings.adapters.monitoring import metrics
from tidings.application.status import look
from tidings.core.settings.values import is_bucket
from tidings.entrypoints import wiring
from tidings.entrypoints.web import addresses, reviews, subscriptions
from tidings.entrypoints.web.app_state import AppState
from tidings.entrypoints.web.files import PublishedFiles
from tidings.entrypoints.web.responses import page_response, text_response
from tidings.entrypoints.web.search import search_page
from tidings.errors import StoreBusy, StoreError, TemplateError, TidingsError
from tidings.state.health import LATEST

log = logging.getLogger(__name__)

# First names in paths that are the service's; nothing published has these names.
PAGES = {
    "subscribe",
    "privacy",
    "confirm",
    "leave",
    "choices",
    "address",
    "undo",
    "never",
    "search",
    "review",
}
SERVICE = {*PAGES, "service.css", "healthz", "readyz", "metrics"}
# Seconds: longer than anybody waits for their turn to write. Where the server that keeps the state
# has stopped in the middle of an answer, nothing else tells.
LONGEST = 40.0
FEEDS = ("atom.xml", "rss.xml", "feed.json")


def application(state: AppState) -> ASGIApp:
    """Everything that is served."""
    root = state.site.instance.root / wiring.PUBLISHED
    files = PublishedFiles(
        root,
        lambda: state.site.not_found,
        moved=lambda: state.site.moved,
        policy=lambda: state.site.policy,
    )
    router = Router(files, _service(state), state)
    return ServerErrorMiddleware(router, handler=_fault)


class Router:
    """Passes each request to the service or to the published files.

    Works behind a proxy that takes the prefix of an address away, and behind one that leaves it on.
    """

    def __init__(self, files: ASGIApp, service: ASGIApp, state: AppState) -> None:
        self._files = files
        self._service = service
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = without_host(scope["path"])
        for prefix in self._state.site.prefixes:
            if path.startswith(prefix + "/"):
                path = path[len(prefix) :]
                break
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        if first in PAGES:
            # Some programs put a slash behind a link. A redirection would lead to whatever host the
            # request names, with the token in it.
            path = path.rstrip("/")
        if path != scope["path"]:
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        if first in SERVICE:
            await self._in_time(scope, receive, send)
        elif is_bucket(self._state.site.settings.publish):
            # What may still be in the folder is older than what is in the bucket.
            missing = _not_found(self._state, Request(scope), HTTPException(404))
            await missing(scope, receive, send)
        else:
            await self._files(scope, receive, send)

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the service answer, or say that it is not possible just now."""
        begun, given_up = False, False

        async def pass_on(message: Message) -> None:
            nonlocal begun
            if not given_up:
                begun = True
                await send(message)

        answering = asyncio.ensure_future(self._service(scope, receive, pass_on))
        try:
            await asyncio.wait({answering}, timeout=LONGEST)
        except asyncio.CancelledError:
            answering.cancel()
            raise
        if answering.done() or begun:
            await answering
            return
        given_up = True
        # Nobody hears any more of what becomes of it.
        answering.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        error = StoreBusy(f"no answer within {LONGEST:g} s")
        await _unavailable(self._state, Request(scope), error)(scope, receive, send)


def without_host(path: str) -> str:
    """A path without the address before it: requests may name both (RFC 9112 §3.2.2)."""
    if path.startswith("/"):
        return path
    _, found, rest = path.partition("://")
    return "/" + rest.partition("/")[2] if found else path


def _service(state: AppState) -> Starlette:
    service = Starlette(
        routes=[
            Route("/service.css", partial(_style, state), methods=["GET"]),
            Route("/healthz", partial(_healthz, state), methods=["GET"]),
            Route("/readyz", partial(_readyz, state), methods=["GET"]),
            Route("/metrics", partial(_metrics, state), methods=["GET"]),
            *subscriptions.routes(state),
            *reviews.routes(state),
            Route("/search", partial(search_page, state), methods=["GET"]),
            *addresses.routes(state),
        ],
        exception_handlers={
            HTTPException: partial(_refused, state),
            404: partial(_not_found, state),
            405: partial(_method_not_allowed, state),
            TidingsError: partial(_unavailable, state),
            Exception: _fault,
        },
    )
    service.router.redirect_slashes = False
    return service


def _style(state: AppState, _request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(state.site.style, headers=headers, media_type="text/css")


async def _healthz(state: AppState, _request: Request) -> Response:
    """200 if the state can be read. One on a server is not asked: where that is away, another start
    of this process mends nothing, and what is published is to be served on."""
    if not state.on_server:
        await run_in_threadpool(_read, state)
    return text_response("ok\n")


def _readyz(state: AppState, _request: Request) -> Response:
    """200 if the state can be read, and is of the version that this program knows."""
    try:
        version = _read(state)
    except StoreError as error:
        log.error('not ready reason="%s"', error)
        return _not_ready("the state cannot be used, and the log says why")
    if version != LATEST:
        return _not_ready(f"the state is of version {version}, and this Tidings knows {LATEST}")
    return text_response("ready\n")


def _not_ready(why: str) -> Response:
    return text_response(f"not ready: {why}\n", 503, {"Retry-After": "10"})


def _read(state: AppState) -> int:
    """The version of the state, once it was read. Raises `StoreError`."""
    with state.store().reading() as transaction:
        transaction.last_run()
        return transaction.version()


def _metrics(state: AppState, request: Request) -> Response:
    """How the instance is doing, for Prometheus; not here if that has an address of its own."""
    if state.metrics_at:
        return _not_found(state, request, HTTPException(404))
    return _figures(state)


def metrics_application(state: AppState) -> ASGIApp:
    """What is served where `worker.metrics` says: the figures, and nothing else."""

    def figures(_request: Request) -> Response:
        return _figures(state)

    def refused(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return text_response("Here is /metrics, and nothing else.\n", status)

    def unavailable(_request: Request, error: Exception) -> Response:
        log.error('answer not possible reason="%s"', error)
        return text_response("Not just now.\n", 503, {"Retry-After": "120"})

    app = Starlette(
        routes=[Route("/metrics", figures, methods=["GET"])],
        exception_handlers={
            HTTPException: refused,
            TidingsError: unavailable,
            Exception: _fault,
        },
    )
    app.router.redirect_slashes = False
    return app


def _figures(state: AppState) -> Response:
    store, settings, now = state.store(), state.site.settings, state.clock.now()
    status = look(store, settings, now, wiring.known_to_server(state.site.instance, store))
    with store.reading() as transaction:
        feeds = transaction.files.count_few(*FEEDS)
    figures, media_type = metrics(status, feeds, now)
    return Response(figures, headers={"Cache-Control": "no-store", "Content-Type": media_type})


def _not_found(state: AppState, request: Request, _error: Exception) -> Response:
    return page_response(state.site.page("missing", state.site.language_for(request)), 404)


def _method_not_allowed(state: AppState, request: Request, _error: Exception) -> Response:
    page = state.site.page("misused", state.site.language_for(request))
    return page_response(page, 405, {"Allow": "GET, HEAD, POST"})


def _refused(_state: AppState, _request: Request, error: Exception) -> Response:
    """Whatever else the framework refuses."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    return text_response("This request was not understood.\n", status)


def _fault(_request: Request, _error: Exception) -> Response:
    """A fault of ours; the server logs it."""
    return text_response("This failed by a fault of the program. Please try again later.\n", 500)


def _unavailable(state: AppState, request: Request, error: Exception) -> Response:
    log.error('answer not possible reason="%s"', error)
    headers = {"Retry-After": "120"}
    try:
        return page_response(
            state.site.page("later", state.site.language_for(request)), 503, headers
        )
    except TemplateError:  # which may be the very reason
        text = "This is not possible just now. Please try again in some minutes.\n"
        return text_response(text, 503, headers)
