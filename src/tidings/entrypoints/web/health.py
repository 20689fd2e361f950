"""For machines that watch: `/healthz` says whether we can work, `/metrics` how it goes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.adapters.metrics import CONTENT_TYPE, exposition
from tidings.application.status import look
from tidings.entrypoints.web.answers import plain
from tidings.entrypoints.web.reception import Reception

FEEDS = (".xml", "feed.json")


def routes(reception: Reception) -> list[Route]:
    """Both, each reading the state once."""

    def healthz(_request: Request) -> Response:
        with reception.store().reading() as state:
            state.last_run()
        return plain("ok\n")

    def metrics(_request: Request) -> Response:
        store, settings, now = reception.store(), reception.settings, reception.clock.now()
        found = look(
            store,
            settings.topics,
            settings.digests,
            settings.zone,
            now,
            expires=settings.mail.expires,
        )
        with store.reading() as state:
            feeds = sum(path.endswith(FEEDS) for path in state.files.all())
        return Response(
            exposition(found, feeds, now),
            headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE},
        )

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
