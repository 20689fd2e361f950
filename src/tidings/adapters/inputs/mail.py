"""Opens mail and saved pages in one file (MHTML): the part that shows the listing.

Of a mail that is its HTML if it has any, else its text. Pages that browsers save in one file are
mails as well (RFC 2557), and say where they were saved from. It stands alone beside `webpages`,
which knows the encoding of pages.
"""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Final

from tidings.adapters.inputs import webpages
from tidings.errors import InputRefused

_MOST_PARTS: Final = 200
_LONGEST_HEAD: Final = 256 * 2**10  # bytes
_BLANK = re.compile(rb"\r?\n\r?\n")
_PAGE: Final = "<!doctype html>"


def opened(data: bytes, encoding: str | None = None) -> str:
    """The HTML of a mail, or its text. Raises `InputRefused` if it has neither."""
    if _BLANK.search(data, 0, _LONGEST_HEAD) is None and len(data) > _LONGEST_HEAD:
        raise InputRefused("this is no mail: its head does not end", "save it again")
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages: list[tuple[EmailMessage, str]] = []
    texts: list[str] = []
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS:
            raise InputRefused(
                f"this mail has more than {_MOST_PARTS} parts", "save its text alone"
            )
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind in ("text/html", "application/xhtml+xml"):
            pages.append((part, _text(part, encoding)))
        elif kind == "text/plain":
            texts.append(_text(part, encoding))
    if pages:
        part, page = pages[0]
        location = part.get("Content-Location") or message.get("Snapshot-Content-Location") or ""
        return f"{_PAGE}<!-- saved from url=(0000){' '.join(location.split())} -->\n{page}"
    text = "\n".join(texts)
    if not text.strip():
        raise InputRefused("this mail has no text", "save the part that has the news")
    return text


def _text(part: EmailMessage, encoding: str | None) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    if charset is None:
        return webpages.opened(payload, encoding)
    try:
        return payload.decode(charset, errors="replace")
    except LookupError:
        return webpages.opened(payload, encoding)
