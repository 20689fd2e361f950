"""Entries whose title has no words, so that another line of theirs was taken for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tidings.core.listings.entries import Entry
from tidings.core.listings.likeness import LONGEST_TITLE, is_sentence
from tidings.core.listings.markup import has_words

_FEW: Final = 0.5  # share of entries up to which a line without words is none of their form


def wordless_titles(entries: Sequence[Entry], texts: Sequence[str]) -> Mapping[int, int]:
    """By the place of an entry, the number of the line that should have its title and has no words.

    `texts` are all lines of the file. Such a line stands between a date and what was taken for
    the title, or above both where the title is but a sentence with nothing below it. Rules that
    most entries have there are part of their form. Where titles stand beside dates, it is that
    of a date which has none beside it, only a sentence elsewhere.
    """
    between: dict[int, int] = {}
    above: dict[int, int] = {}
    apart: dict[int, int] = {}
    for place, entry in enumerate(entries):
        if entry.title is None:
            continue
        ends = [line.number for line in (entry.date, entry.title) if line]
        if inside := _wordless(texts, min(ends) + 1, max(ends)) or _beside(entry, texts):
            between[place] = inside
        elif over := _wordless_above(texts, min(ends)):
            above[place] = over
        if entry.date and min(ends) < max(ends):
            apart[place] = entry.date.number
    few = _FEW * len(entries)
    sentences = {place for place, entry in enumerate(entries) if _is_sentence(entry)}
    found = {place: at for place, at in apart.items() if place in sentences and len(apart) <= few}
    found |= {p: at for p, at in between.items() if p in sentences or len(between) <= few}
    for place in above.keys() & sentences:
        letters = any(sign.isalnum() for sign in texts[above[place] - 1])
        part_of_form = not letters and (not place or len(above) > few)
        if not part_of_form and not any(has_words(line.text) for line in entries[place].body):
            found[place] = above[place]
    return found


def _is_sentence(entry: Entry) -> bool:
    return entry.title is not None and is_sentence(entry.title.text)


def _beside(entry: Entry, texts: Sequence[str]) -> int:
    """The number of the date's line if there is markup beside the date, and no words."""
    if entry.date is None:
        return 0
    rest = texts[entry.date.number - 1].replace(entry.date.text, "")
    letters = any(sign.isalnum() for sign in rest)
    return entry.date.number if letters and len(rest) < LONGEST_TITLE and not has_words(rest) else 0


def _wordless(texts: Sequence[str], first: int, end: int) -> int:
    """The number of the first line from `first` on, before `end`, that shows nothing but marks."""
    for number in range(first, end):
        text = texts[number - 1]
        if text and not text.isspace() and len(text) <= LONGEST_TITLE and not has_words(text):
            return number
    return 0


def _wordless_above(texts: Sequence[str], below: int) -> int:
    """The number of the next line above `below` that is not empty, if it has no words."""
    for number in range(below - 1, 0, -1):
        text = texts[number - 1]
        if text and not text.isspace():
            return _wordless(texts, number, number + 1)
    return 0
