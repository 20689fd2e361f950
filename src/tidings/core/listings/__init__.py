"""Reading listing files: from pasted text to entries, without being told the layout."""

from __future__ import annotations

from tidings.core.listings.formats import parse
from tidings.core.listings.layouts import LAYOUTS
from tidings.core.listings.names import DEFAULT_LANGUAGES
from tidings.core.listings.reading import THRESHOLD, Hints, Reading
from tidings.core.listings.teaching import example_of, nearest_title

__all__ = [
    "DEFAULT_LANGUAGES",
    "LAYOUTS",
    "THRESHOLD",
    "Hints",
    "Reading",
    "example_of",
    "nearest_title",
    "parse",
]
