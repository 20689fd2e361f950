"""The routes of the service, and what becomes of those that fail."""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.entrypoints.web import health, joining, leaving
from tidings.entrypoints.web.answers import answer, plain
from tidings.entrypoints.web.reception import Reception
from tidings.errors import TidingsError

log = logging.getLogger(__name__)

# First steps of paths that are the service's; nothing published has these names.
OWN = frozenset({"service.css", "subscribe", "confirm", "leave", "choices", "healthz", "metrics"})


def service(reception: Reception) -> Starlette:
    """The service as an application of its own."""

    def style(_request: Request) -> Response:
        return Response(
            reception.style,
            media_type="text/css",
            headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    def missing(request: Request, _error: Exception) -> Response:
        return answer(reception.missing(reception.spoken(reception.asked(request))), 404)

    def wrong_method(_request: Request, _error: Exception) -> Response:
        return plain(
            "There is nothing to do here in that way.\n", 405, {"Allow": "GET, HEAD, POST"}
        )

    def later(_request: Request, error: Exception) -> Response:
        log.error('answer not possible reason="%s"', error)
        return plain(
            "This is not possible just now. Please try again in some minutes.\n",
            503,
            {"Retry-After": "120"},
        )

    return Starlette(
        routes=[
            Route("/service.css", style, methods=["GET"]),
            *leaving.routes(reception),
            *joining.routes(reception),
            *health.routes(reception),
        ],
        exception_handlers={404: missing, 405: wrong_method, TidingsError: later},
    )
