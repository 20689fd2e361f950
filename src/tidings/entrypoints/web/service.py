"""The routes of the service, and what all of its answers have in common."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.entrypoints.web.reception import Reception

# First steps of paths that are the service's; nothing published has these names.
OWN = frozenset({"service.css"})


def service(reception: Reception) -> Starlette:
    """The service as an application of its own."""

    def style(_request: Request) -> Response:
        return Response(
            reception.style,
            media_type="text/css",
            headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
        )

    return Starlette(routes=[Route("/service.css", style)])
