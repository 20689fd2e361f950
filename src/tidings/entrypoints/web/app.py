"""The application: the routes of the service, `/healthz` and `/metrics`; the rest are files."""

from __future__ import annotations

import logging
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tidings.adapters.monitoring import metrics
from tidings.application.status import look
from tidings.entrypoints import wiring
from tidings.entrypoints.web import reviews, subscriptions
from tidings.entrypoints.web.app_state import AppState
from tidings.entrypoints.web.files import PublishedFiles
from tidings.entrypoints.web.responses import page_response, text_response
from tidings.errors import TemplateError, TidingsError

log = logging.getLogger(__name__)

# First names in paths that are the service's; nothing published has these names.
SERVICE = {
    "service.css",
    "subscribe",
    "privacy",
    "confirm",
    "leave",
    "choices",
    "review",
    "healthz",
    "metrics",
}
FEEDS = (".xml", "feed.json")


def application(state: AppState) -> ASGIApp:
    """Everything that is served."""
    root = state.site.instance.root / wiring.PUBLISHED
    files = PublishedFiles(root, lambda: state.site.not_found, moved=lambda: state.site.moved)
    return Router(files, _service(state), state)


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
        if path != scope["path"]:
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        is_service = path.startswith("/") and path.split("/", 2)[1] in SERVICE
        await (self._service if is_service else self._files)(scope, receive, send)


def without_host(path: str) -> str:
    """A path without the address before it: requests may name both (RFC 9112 §3.2.2)."""
    if path.startswith("/"):
        return path
    _, found, rest = path.partition("://")
    return "/" + rest.partition("/")[2] if found else path


def _service(state: AppState) -> Starlette:
    return Starlette(
        routes=[
            Route("/service.css", partial(_style, state), methods=["GET"]),
            Route("/healthz", partial(_healthz, state), methods=["GET"]),
            Route("/metrics", partial(_metrics, state), methods=["GET"]),
            *subscriptions.routes(state),
            *reviews.routes(state),
        ],
        exception_handlers={
            404: partial(_not_found, state),
            405: partial(_method_not_allowed, state),
            TidingsError: partial(_unavailable, state),
        },
    )


def _style(state: AppState, _request: Request) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(state.site.style, headers=headers, media_type="text/css")


def _healthz(state: AppState, _request: Request) -> Response:
    """200 if the state can be read."""
    with state.store().reading() as transaction:
        transaction.last_run()
    return text_response("ok\n")


def _metrics(state: AppState, _request: Request) -> Response:
    """How the instance is doing, for Prometheus."""
    store, settings, now = state.store(), state.site.settings, state.clock.now()
    status = look(store, settings, now)
    with store.reading() as transaction:
        feeds = sum(path.endswith(FEEDS) for path in transaction.files.all())
    figures, media_type = metrics(status, feeds, now)
    return Response(figures, headers={"Cache-Control": "no-store", "Content-Type": media_type})


def _not_found(state: AppState, request: Request, _error: Exception) -> Response:
    return page_response(state.site.page("missing", state.site.language_for(request)), 404)


def _method_not_allowed(state: AppState, request: Request, _error: Exception) -> Response:
    page = state.site.page("misused", state.site.language_for(request))
    return page_response(page, 405, {"Allow": "GET, HEAD, POST"})


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
