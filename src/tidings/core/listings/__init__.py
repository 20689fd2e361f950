"""Reading listing files: `parse` turns the text of a seed file into listings and problems."""

from __future__ import annotations

from tidings.core.listings.languages import DEFAULT_LANGUAGES
from tidings.core.listings.reading import LAYOUTS, THRESHOLD, Hints, Reading
from tidings.core.listings.teaching import example_of, nearest_title
from tidings.core.listings.texts import parse

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
