"""Answers to people, which are not cached, framed or indexed; and the forms that people send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

# Bytes. A form with every topic of a large instance is far shorter.
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


class LocalisedPage(NamedTuple):
    """An HTML page and the tag of its language."""

    body: bytes
    language: str


def page_response(
    page: LocalisedPage, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a page."""
    all_headers = {**STRICT, "Content-Language": page.language, **(headers or {})}
    return Response(page.body, status, all_headers, media_type="text/html; charset=utf-8")


def text_response(
    text: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a line of text."""
    return Response(text, status, {**STRICT, **(headers or {})}, media_type="text/plain")


class Form:
    """The fields of a form; one that is not there is empty."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def one(self, name: str) -> str:
        """The first value of a field, without space around it."""
        return self._values.get(name, [""])[0].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(self._values.get(name, ()))


async def read_form(request: Request) -> Form | None:
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
        values = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:  # also for bytes that are no UTF-8
        return None
    return Form(values)
