"""Texts, cut into units and looked at, as the reader begins with them."""

from __future__ import annotations

from tidings.core.listings.entries import Page
from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import read_rows
from tidings.core.listings.texts import page_of


def page(text: str) -> Page:
    """The page that a text makes."""
    rows = read_rows(text, limit=1000, language=None, date_order=None, names=names_of())
    assert rows is not None
    return page_of("seeds/a.txt", rows)
