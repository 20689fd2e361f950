"""An application asked without a server: requests as uvicorn hands them over, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlencode

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class Answer:
    """What came back; `content` is unpacked."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8")


class Client:
    """Asks an application, each request on a loop of its own."""

    def __init__(self, app: ASGIApp, address: str = "127.0.0.1") -> None:
        self.app = app
        self.address = address

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers)

    def head(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("HEAD", path, headers)

    def post(
        self,
        path: str,
        fields: object = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """A form, or `body` as it is."""
        sent = urlencode(fields, doseq=True).encode() if body is None else body  # type: ignore[arg-type]
        named = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, named, sent)

    def at_once(self, *paths: str) -> list[Answer]:
        """Gets, all of them begun before the first is answered."""

        async def gets() -> list[Answer]:
            return await asyncio.gather(*(self.answer("GET", path) for path in paths))

        return asyncio.run(gets())

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        return asyncio.run(self.answer(method, path, headers, body))

    async def answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """The same, for whoever has a loop."""
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))
                for name, value in {
                    "host": "localhost",
                    "content-length": str(len(body)),
                    **(headers or {}),
                }.items()
            ],
            "client": (self.address, 50_000),
            "server": ("127.0.0.1", 8000),
        }
        sent: list[Message] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *pieces = sent
        got = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        content = b"".join(piece.get("body", b"") for piece in pieces)
        if got.get("content-encoding") == "gzip" and content:
            content = gzip.decompress(content)
        return Answer(start["status"], got, content)
