"""`feeds/` over HTTP: GET and HEAD, 200 and 304, whole files only.

A file is opened once, and what is sent comes from that descriptor: one that is replaced meanwhile
is served as it was. Written against ASGI itself, since this is what feed readers ask for all day.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from tidings.entrypoints.web.conditions import is_current, takes_gzip
from tidings.entrypoints.web.places import is_file, is_folder, open_below, segments
from tidings.entrypoints.web.shelf import Form, Shelf, Stamp, Volume, read_volume, stamp_of

log = logging.getLogger(__name__)

PIECE = 64 * 1024
FRESH = b"public, max-age=300"
FRESH_ASSETS = b"public, max-age=3600"

Headers = list[tuple[bytes, bytes]]


class PublishedFiles:
    """An ASGI application on the published folder; `missing` makes the page for what is not there.

    Nothing that a client says can lead out of `root`.
    """

    def __init__(self, root: Path, missing: Callable[[], bytes]) -> None:
        self._root = root
        self._missing = missing
        self._shelf = Shelf()
        self._readings: dict[tuple[str, Stamp], asyncio.Future[Volume]] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            headers = [(b"allow", b"GET, HEAD"), (b"content-type", b"text/plain; charset=utf-8")]
            await _answer(send, 405, headers, b"Only GET and HEAD.\n")
            return
        steps = segments(scope["path"])
        try:
            descriptor = open_below(self._root, steps) if steps else None
        except OSError as error:
            await _later(send, scope, error)
            return
        if steps is None or descriptor is None:
            await self._nothing(scope, send)
            return
        try:
            status = os.fstat(descriptor)
            if is_folder(status):
                # Relative, so that it holds under any prefix and leads nowhere else.
                place = quote(f"./{steps[-1]}/").encode("ascii")
                await _answer(send, 308, [(b"location", place), (b"cache-control", FRESH)], b"")
            elif is_file(status):
                await self._file(scope, send, steps, descriptor)
            else:
                await self._nothing(scope, send)
        finally:
            os.close(descriptor)

    async def _file(
        self, scope: Scope, send: Send, steps: tuple[str, ...], descriptor: int
    ) -> None:
        path = "/".join(steps)
        stamp = stamp_of(os.fstat(descriptor))
        try:
            volume = self._shelf.find(path, stamp) or await self._read(path, stamp, descriptor)
        except OSError as error:
            await _later(send, scope, error)
            return
        asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
        form = volume.plain
        if volume.packed and takes_gzip(asked.get(b"accept-encoding", "")):
            form = volume.packed
        headers = _headers(volume, form, steps)
        none_match, since = asked.get(b"if-none-match"), asked.get(b"if-modified-since")
        if is_current(form.etag, volume.modified, none_match, since):
            await _answer(send, 304, headers, b"")
            return
        headers.append((b"content-type", volume.kind.encode("ascii")))
        headers.append((b"content-length", b"%d" % form.length))
        if form is volume.packed:
            headers.append((b"content-encoding", b"gzip"))
        if scope["method"] == "HEAD":
            await _answer(send, 200, headers, b"")
        elif form.body is not None:
            await _answer(send, 200, headers, form.body)
        else:
            await _pieces(send, headers, descriptor, form.length)

    async def _read(self, path: str, stamp: Stamp, descriptor: int) -> Volume:
        """Read a file and put it on the shelf. When a feed changes, all its readers come: it is
        read and packed once, and all of them have it at the same moment."""
        reading = self._readings.get((path, stamp))
        if reading is None:
            # Its descriptor stays open, since whoever has it waits here.
            reading = asyncio.ensure_future(run_in_threadpool(read_volume, descriptor, path))
            self._readings[path, stamp] = reading
            try:
                self._shelf.keep(path, await reading)
            finally:
                del self._readings[path, stamp]
        return await reading

    async def _nothing(self, scope: Scope, send: Send) -> None:
        page = await run_in_threadpool(self._missing)
        headers: Headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", b"%d" % len(page)),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await _answer(send, 404, headers, page if scope["method"] == "GET" else b"")


def _headers(volume: Volume, form: Form, steps: tuple[str, ...]) -> Headers:
    """Those that a 304 has as well (RFC 9110 §15.4.5)."""
    headers = [
        (b"etag", form.etag.encode("ascii")),
        (b"last-modified", volume.last_modified.encode("ascii")),
        (b"cache-control", FRESH_ASSETS if steps[0] == "assets" else FRESH),
        (b"x-content-type-options", b"nosniff"),
    ]
    if volume.packed:
        headers.append((b"vary", b"Accept-Encoding"))
    return headers


async def _later(send: Send, scope: Scope, error: OSError) -> None:
    """What cannot be told now may be there: a reader that is told otherwise gives a feed up."""
    log.error('file not served path="%s" reason="%s"', scope["path"], error)
    headers = [(b"retry-after", b"120"), (b"content-type", b"text/plain; charset=utf-8")]
    await _answer(send, 503, headers, b"This is not possible just now.\n")


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    view = memoryview(body)
    # A slow reader holds up a piece, not a copy of the whole.
    for offset in range(0, len(body), PIECE):
        await send(_body(bytes(view[offset : offset + PIECE]), more=True))
    await send(_body(b"", more=False))


async def _pieces(send: Send, headers: Headers, descriptor: int, length: int) -> None:
    """A large file from its descriptor; one that was cut short meanwhile ends the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    offset = 0
    while offset < length:
        piece = await run_in_threadpool(os.pread, descriptor, PIECE, offset)
        if not piece:
            break
        await send(_body(piece[: length - offset], more=True))
        offset += len(piece)
    await send(_body(b"", more=False))


def _body(piece: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}
