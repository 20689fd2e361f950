"""The application: which paths are the service's, and that all others are published files."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from tidings.entrypoints import wiring
from tidings.entrypoints.web.files import PublishedFiles
from tidings.entrypoints.web.reception import Reception
from tidings.entrypoints.web.service import OWN, service


class Front:
    """Sends each request to where it belongs.

    Works behind a proxy that takes the prefix of an address away, and behind one that leaves it on.
    """

    def __init__(self, files: ASGIApp, service: ASGIApp, reception: Reception) -> None:
        self._files = files
        self._service = service
        self._reception = reception

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        path = own_part(scope["path"])
        for prefix in self._reception.prefixes:
            if path.startswith(prefix + "/"):
                path = path[len(prefix) :]
                break
        if path != scope["path"]:
            scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        ours = path.split("/", 2)[1] in OWN if path.startswith("/") else False
        await (self._service if ours else self._files)(scope, receive, send)


def own_part(path: str) -> str:
    """A path without the address before it: requests may name both (RFC 9112 §3.2.2)."""
    if path.startswith("/"):
        return path
    _, found, rest = path.partition("://")
    return "/" + rest.partition("/")[2] if found else path


def application(reception: Reception) -> ASGIApp:
    """Everything that is served."""
    files = PublishedFiles(
        reception.instance.root / wiring.PUBLISHED, lambda: reception.unpublished
    )
    return Front(files, service(reception), reception)
