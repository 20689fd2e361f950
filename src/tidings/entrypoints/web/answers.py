"""What all answers to people have in common: never cached, never framed, nothing run, no traces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

# A form of ours is far shorter; one with every topic of a large instance, too.
LONGEST_FORM = 64 * 1024

STRICT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Spoken(NamedTuple):
    """A page, and the language that it speaks."""

    body: bytes
    language: str


def answer(page: Spoken, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page of the service."""
    said = {**STRICT, "Content-Language": page.language, **(headers or {})}
    return Response(page.body, status, said, media_type="text/html; charset=utf-8")


def plain(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A line of text."""
    return Response(text, status, {**STRICT, **(headers or {})}, media_type="text/plain")


class Fields:
    """What a form says; what it does not say is empty."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def one(self, name: str) -> str:
        """The first value, without space around it."""
        return self._values.get(name, [""])[0].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value."""
        return tuple(self._values.get(name, ()))


async def fields(request: Request) -> Fields | None:
    """The form in a request; None if it is longer than any form of ours, cut off, or no form."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_FORM:
                return None
    except ClientDisconnect:
        return None
    try:
        read = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:  # bytes that are no text are one, too
        return None
    return Fields(read)
