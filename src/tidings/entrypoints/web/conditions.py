"""What a request says of what it has already, and of what it can unpack (RFC 9110 §12.5.3, §13)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_REFUSED = re.compile(r"q=0(\.0*)?$")


def takes_gzip(accepted: str) -> bool:
    """Whether Accept-Encoding allows gzip."""
    answer: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.replace(" ", "").replace("\t", "").partition(";")
        if name in ("gzip", "x-gzip", "*"):
            answer[name] = not _REFUSED.match(weight)
    return answer.get("gzip", answer.get("x-gzip", answer.get("*", False)))


def is_current(etag: str, modified: int, none_match: str | None, since: str | None) -> bool:
    """Whether the client has this representation: by If-None-Match, only without it by date."""
    if none_match is not None:
        return none_match.strip() == "*" or etag in _TAG.findall(none_match)
    if since is None:
        return False
    try:
        return modified <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
