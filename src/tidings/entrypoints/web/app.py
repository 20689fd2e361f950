"""The application: which paths are the service's, and that all others are published files."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from tidings.entrypoints import wiring
from tidings.entrypoints.web.files import PublishedFiles
from tidings.entrypoints.web.reception import Reception


class Front:
    """Sends each request to where it belongs.

    Works behind a proxy that takes the prefix of `url` away, and behind one that leaves it on.
    """

    def __init__(self, files: ASGIApp, service: ASGIApp, own: frozenset[str], url: str) -> None:
        self._files = files
        self._service = service
        self._own = own
        self._prefix = urlsplit(url).path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        ours = path.split("/", 2)[1] in self._own if path.startswith("/") else False
        await (self._service if ours else self._files)(scope, receive, send)


def application(reception: Reception) -> ASGIApp:
    """Everything that is served."""
    from tidings.entrypoints.web.service import OWN, service

    files = PublishedFiles(reception.instance.root / wiring.PUBLISHED, lambda: reception.missing)
    return Front(files, service(reception), OWN, reception.url)
