"""Entries in all formats."""

from __future__ import annotations

from collections.abc import Sequence

from tidings.core.feeds.atom import atom_entries
from tidings.core.feeds.description import Author, Entry, Printed
from tidings.core.feeds.jsonfeed import json_entries
from tidings.core.feeds.rss import rss_entries


def printed(entries: Sequence[Entry], author: Author) -> list[Printed]:
    """The entries as they stand in the feeds of a site; `author` answers for them."""
    formats = atom_entries(entries), rss_entries(entries, author), json_entries(entries)
    return [Printed(*each) for each in zip(*formats, strict=True)]
