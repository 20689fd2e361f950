"""Which reading of a file an example chooses: the entry that somebody says comes first in it.

Nothing here knows how readings are made: it picks among those that there are, best first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tidings.core.identity import normalise
from tidings.model import Example, Listing

if TYPE_CHECKING:
    from tidings.core.listings.reading import Reading

_TAG = re.compile(r"<!--.*?-->|</?[a-z][^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*+\)")
_MARKS = re.compile(r"[*_`~\\]+")
_HEAD = re.compile(r"\A(?:(?:[#>•◦▪●■►*+·|-]+\s+)+|\d{1,3}[.)]\s+)")
_ALIKE: Final = 0.6
_MOST_BESIDE: Final = 40  # characters beside a title on its line: a date, a category


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an example makes of a file in which its title stands.

    `reading` is the one that it chooses, or that comes nearest to it. `settled` if somebody has
    seen all of it; `problem` says why it is not to be believed, "" if nothing speaks against it.
    `rivals` are the others that have the example in the same place.
    """

    reading: Reading | None
    settled: bool = False
    problem: str = ""
    rivals: tuple[Reading, ...] = ()


def folded(text: str) -> str:
    """The form in which titles are compared: white space, quotes, case and markup do not count."""
    bare = _MARKS.sub("", unescape(_TAG.sub(" ", _LINK.sub(r" \1 ", text)))).strip()
    return normalise(_HEAD.sub("", bare, count=1).rstrip("# "))


def stands_in(title: str, texts: Sequence[str]) -> bool:
    """Whether these lines may hold an entry of this title: on one line, or wrapped over two."""
    wanted = folded(title)
    lines = [folded(line) for line in texts if line.strip()]
    return bool(wanted) and (
        any(wanted in line for line in lines)
        or any(wanted == f"{one} {two}" for one, two in pairwise(lines))
    )


def has_a_line(title: str, texts: Sequence[str]) -> bool:
    """Whether the title has one of these lines, with little beside it, and is no running text."""
    wanted = folded(title)
    lines = [folded(line) for line in texts if line.strip()]
    return wanted in lines or any(
        len(line) - len(wanted) <= _MOST_BESIDE
        and any(sign.isdigit() for sign in line.replace(wanted, "", 1))
        for line in lines
        if line.startswith(wanted) or line.endswith(wanted)
    )


def lesson(example: Example, candidates: Iterable[Reading], texts: Sequence[str]) -> Lesson | None:
    """What the example makes of the candidate readings of a file that has the lines `texts`.

    None if it is not about this file.

    Those come first that yield all that was confirmed, then those whose first entry is the example,
    then those that contain it; of these the ones that have its title most often, for where it
    repeats it is no text between; of these the one with the most confidence, of equals the first.
    """
    ranked = sorted(candidates, key=lambda one: -one.confidence)
    having = [(one, at) for one in ranked if (at := _place(example, one.listings)) is not None]
    if not having:
        return _missed(example, ranked, texts)
    if not example.confirms:
        alike = [one for one, at in having if at == 0] or [one for one, _ in having]
        return _unsettled(example, alike)
    whole = [(_grown(example, one.listings, at), one) for one, at in having]
    kept = [(grown, one) for grown, one in whole if grown is not None]
    if kept:
        return Lesson(min(kept, key=lambda pair: pair[0])[1], settled=True)
    firsts = [one for one, at in having if at == 0]
    if not firsts:
        # New entries stand above it, and those that stood below have perhaps scrolled away.
        return _unsettled(example, [one for one, _ in having])
    return Lesson(firsts[0], problem=_difference(example, firsts[0].listings))


def _unsettled(example: Example, alike: Sequence[Reading]) -> Lesson:
    title = folded(example.title)
    often = [sum(folded(each.text.title) == title for each in one.listings) for one in alike]
    best, *rivals = (one for one, times in zip(alike, often, strict=True) if times == max(often))
    return Lesson(best, rivals=tuple(rivals))


def example_of(listings: Sequence[Listing]) -> Example:
    """The example that confirms just these entries, of which there is at least one."""
    first, last = listings[0].text, listings[-1].text
    return Example(first.title, first.date, last.title, len(listings))


def nearest_title(title: str, titles: Iterable[str]) -> str | None:
    """Which of these titles is most like `title`; None if none is alike."""
    known = {folded(each): each for each in titles}
    near = get_close_matches(folded(title), known, n=1, cutoff=_ALIKE)
    return known[near[0]] if near else None


def _is(example: Example, listing: Listing) -> bool:
    if folded(listing.text.title) != folded(example.title):
        return False
    if example.published is None and not example.confirms:
        return True
    return listing.text.date == example.published


def _place(example: Example, listings: Sequence[Listing]) -> int | None:
    """Where the example stands among these entries; of several the first."""
    return next((at for at, one in enumerate(listings) if _is(example, one)), None)


def _grown(example: Example, listings: Sequence[Listing], at: int) -> int | None:
    """How many entries there are besides those that were confirmed; None if these are not whole.

    The file may have grown above or below them. Where only one of last and number is known, it
    may not: what else is there could not be told from a wrong reading.
    """
    last = folded(example.last) if example.last is not None else None
    if example.entries is None:
        end = len(listings) - 1
    elif last is None and (at or len(listings) != example.entries):
        return None
    else:
        end = at + example.entries - 1
    if not at <= end < len(listings) or (
        last is not None and folded(listings[end].text.title) != last
    ):
        return None
    return len(listings) - (end - at + 1)


def _difference(example: Example, listings: Sequence[Listing]) -> str:
    told = []
    if example.entries is not None and len(listings) != example.entries:
        told.append(f"{_entries(len(listings))}, not {example.entries}")
    last = listings[-1].text.title
    if example.last is not None and folded(last) != folded(example.last):
        told.append(f'the last one is "{last}", not "{example.last}"')
    if not told:
        told.append(f'"{example.last}" is no longer entry {example.entries}')
    return f"this file no longer yields what the example confirms: {'; '.join(told)}"


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _missed(example: Example, ranked: Sequence[Reading], texts: Sequence[str]) -> Lesson | None:
    """The title stands in the file, but no reading has it as an entry of that day.

    Where none has the day either, the file has another entry of the same title: a series.
    """
    wanted = folded(example.title)
    titled = [
        (reading, listing)
        for reading in ranked
        for listing in reading.listings
        if folded(listing.text.title) == wanted
    ]
    if titled:
        days = {listing.text.date for reading in ranked for listing in reading.listings}
        if example.published is not None and example.published not in days:
            return None
        reading, listing = titled[0]
        told = f"{_day(listing.text.date)}, not {_day(example.published)}"
        why = f'no reading of this file has "{example.title}" as the example says: it is {told}'
        return Lesson(reading, problem=why)
    if not has_a_line(example.title, texts):
        return None
    why = f'no reading of this file has "{example.title}", its source\'s example, as an entry'
    return Lesson(ranked[0] if ranked else None, problem=why)


def _day(day: date | None) -> str:
    return f"of {day.isoformat()}" if day else "without a date"
