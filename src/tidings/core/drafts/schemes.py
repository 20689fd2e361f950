"""A mail as it looks to a reader who has chosen light or dark, wherever it is shown."""

from __future__ import annotations

import re
from typing import Literal

Scheme = Literal["light", "dark"]

_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_DECLARED = re.compile(r"color-scheme\s*:\s*light dark", re.IGNORECASE)


def in_scheme(html: str, scheme: Scheme) -> str:
    """The document with that choice made: frames follow the browser's own choice otherwise.

    A media query for the scheme holds always, one for the other never (Media Queries 4, §2.4:
    widths are never negative).
    """
    asked = _ASKED.sub(
        lambda found: "(min-width: 0)" if found[1].lower() == scheme else "(max-width: -1px)", html
    )
    return _DECLARED.sub(f"color-scheme: {scheme}", asked).replace(
        'content="light dark"', f'content="{scheme}"'
    )
