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
from tidings.errors import TemplateError, TidingsError

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

    def misused(request: Request, _error: Exception) -> Response:
        spoken, ways = reception.spoken(reception.asked(request)), {"Allow": "GET, HEAD, POST"}
        return answer(reception.page("misused", spoken), 405, ways)

    def later(request: Request, error: Exception) -> Response:
        log.error('answer not possible reason="%s"', error)
        wait, spoken = {"Retry-After": "120"}, reception.spoken(reception.asked(request))
        try:
            return answer(reception.page("later", spoken), 503, wait)
        except TemplateError:  # which may be the very reason
            words = "This is not possible just now. Please try again in some minutes.\n"
            return plain(words, 503, wait)

    return Starlette(
        routes=[
            Route("/service.css", style, methods=["GET"]),
            *leaving.routes(reception),
            *joining.routes(reception),
            *health.routes(reception),
        ],
        exception_handlers={404: missing, 405: misused, TidingsError: later},
    )
