"""Which reading of a file an example chooses: the entry that somebody says comes first in it.

Nothing here knows how readings are made: it picks among those that there are, best first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from html import unescape
from itertools import pairwise
from typing import Final

from tidings.core.identity import normalise
from tidings.core.listings.reading import (
    NEAR,
    RETEACH,
    Reading,
    contrary,
    held,
    nearest,
    quarantined,
    told,
    undecided,
    unfit,
    unsure,
)
from tidings.model import Example, Listing, Taught

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
    or that have it below others like it, if these are likelier; then those that contain it; of
    these the ones that have its title most often, for where it repeats it is no text between; of
    these the one with the most confidence, of equals the first.
    """
    ranked = sorted(candidates, key=lambda one: -one.confidence)
    having = [(one, at) for one in ranked if (at := _place(example, one.listings)) is not None]
    if not having:
        return _missed(example, ranked, texts)
    if not example.confirms:
        return _unsettled(example, _firsts(example, having))
    whole = [(one, _more(example, one.listings, at)) for one, at in having]
    kept = [(one, more) for one, more in whole if more is not None]
    if kept:
        like = [one for one, more in kept if _are_like(example, more)]
        fewest = min(kept, key=lambda pair: len(pair[1]))[0]
        return Lesson(_with_most(example, like or [fewest])[0], settled=True)
    firsts = _firsts(example, having)
    if _place(example, firsts[0].listings):
        # New entries stand above it, and those that stood below have perhaps scrolled away.
        return _unsettled(example, firsts)
    return Lesson(firsts[0], problem=_difference(example, firsts[0].listings))


def _firsts(example: Example, having: Sequence[tuple[Reading, int]]) -> list[Reading]:
    """Of readings with the places that they give to the example those that have it first; or below
    others like it, if the likeliest is of these: the file has grown on top since it was the first.
    """
    like = [(one, at) for one, at in having if _are_like(example, one.listings[:at])] or having
    on_top = like[0][1] > 0
    return [one for one, at in like if (at > 0) == on_top]


def _are_like(example: Example, others: Sequence[Listing]) -> bool:
    """Whether these entries have a date if the example has one, and none if it is to have none."""
    if example.published is None and not example.confirms:
        return True
    return all((one.text.date is None) == (example.published is None) for one in others)


def _unsettled(example: Example, alike: Sequence[Reading]) -> Lesson:
    best, *rivals = _with_most(example, alike)
    return Lesson(best, rivals=tuple(rivals))


def _with_most(example: Example, alike: Sequence[Reading]) -> list[Reading]:
    """Those of the readings that have most entries of the example's title."""
    title = folded(example.title)
    often = [sum(folded(each.text.title) == title for each in one.listings) for one in alike]
    return [one for one, times in zip(alike, often, strict=True) if times == max(often)]


def taught_by(
    learnt: Lesson,
    candidates: Sequence[Reading],
    sure: Callable[[Sequence[Reading]], float],
    path: str,
    threshold: float,
) -> Reading:
    """The reading that an example has chosen among these, held where that is not to be believed.

    `sure` tells how sure the best of some readings is if one of them is meant. What was confirmed
    as a whole is published whatever its confidence.
    """
    reading = learnt.reading
    if reading is None:
        return quarantined(path, learnt.problem, RETEACH)
    rival = nearest(reading, learnt.rivals)
    if learnt.problem:
        rival = nearest(reading, candidates)
        return held((contrary(path, learnt.problem, reading, rival),), reading, rival)
    behind = round(max(one.confidence for one in candidates) - reading.confidence, 3)
    alone = 1.0 if learnt.settled else round(sure([reading, *learnt.rivals]), 3)
    chosen = replace(reading, confidence=alone, taught=True, behind=behind)
    if alone >= threshold:
        return chosen
    if rival and chosen.confidence - rival.confidence < NEAR:
        return replace(held((undecided(path, chosen, rival),), chosen, rival), taught=True)
    rival = nearest(reading, candidates)
    return replace(held((unsure(path, chosen, rival, threshold),), chosen, rival), taught=True)


def by_layout(
    learnt: Taught,
    fitting: Sequence[Reading],
    behind: float,
    plain: Reading,
    path: str,
    threshold: float,
) -> Reading:
    """The reading by a layout that was taught, for a file that has not the example.

    `fitting` are the readings of that layout, the best of them so far `behind` the best of all,
    `plain` is how the file is read without it. That is taken, and said, where the layout does not
    fit: it is less sure, or further behind than in the file that taught it; but not for a source
    whose example has put such a reading right.
    """
    reading = max(fitting, key=lambda one: one.confidence, default=None)
    fits = behind <= learnt.behind + NEAR
    if reading is not None and reading.listings and fits and reading.confidence >= threshold:
        return replace(reading, taught=True)
    if reading is not None and told(reading.listings) == told(plain.listings):
        return plain
    if plain.listings and learnt.behind <= 0:
        return replace(plain, problems=(unfit(path, learnt.layout, reading), *plain.problems))
    best = reading if reading is not None and reading.listings else plain
    if not best.listings:
        return plain
    rival = nearest(best, [plain, *fitting])
    return replace(held((unsure(path, best, rival, threshold),), best, rival), taught=True)


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


def _more(example: Example, listings: Sequence[Listing], at: int) -> Sequence[Listing] | None:
    """The entries besides those that were confirmed; None if these are not whole.

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
    return [*listings[:at], *listings[end + 1 :]]


def _difference(example: Example, listings: Sequence[Listing]) -> str:
    said = []
    if example.entries is not None and len(listings) != example.entries:
        said.append(f"{_entries(len(listings))}, not {example.entries}")
    last = listings[-1].text.title
    if example.last is not None and folded(last) != folded(example.last):
        said.append(f'the last one is "{last}", not "{example.last}"')
    if not said:
        said.append(f'"{example.last}" is no longer entry {example.entries}')
    return f"this file no longer yields what the example confirms: {'; '.join(said)}"


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
        days_ = f"{_day(listing.text.date)}, not {_day(example.published)}"
        why = f'no reading of this file has "{example.title}" as the example says: it is {days_}'
        return Lesson(reading, problem=why)
    if not has_a_line(example.title, texts):
        return None
    why = f'no reading of this file has "{example.title}", its source\'s example, as an entry'
    return Lesson(ranked[0] if ranked else None, problem=why)


def _day(day: date | None) -> str:
    return f"of {day.isoformat()}" if day else "without a date"
