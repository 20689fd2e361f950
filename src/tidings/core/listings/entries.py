"""Entries as layouts propose them, and how much speaks for a proposal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.likeness import (
    ends_a_sentence,
    is_clearly_title,
    is_paragraph,
    is_prose,
    is_sentence,
    title_likeness,
)
from tidings.core.listings.lines import Line
from tidings.core.listings.views import is_labelled_date
from tidings.core.listings.wrapping import WIDEST_PAGE


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines taken for one entry. Without a title it is one that cannot be read.

    `details` are short lines between date and title, or above both: a category, a number. It is
    `torn` when a gap between date and title is wider than those that set it apart from the entry
    before.
    """

    date: Line | None
    title: Line | None
    body: tuple[Line, ...] = ()
    details: tuple[Line, ...] = ()
    torn: bool = False

    @property
    def first(self) -> int:
        """The number of the topmost line."""
        lines = (self.date, self.title, *self.body, *self.details)
        return min(line.number for line in lines if line)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A file as one layout sees it.

    `left_over` are lines that belong to no entry. `score` is 1 when every line has its place in
    an entry against which nothing speaks, 0 when none has.
    """

    layout: str
    entries: tuple[Entry, ...]
    left_over: tuple[Line, ...]
    score: float


_SHORT_LINE: Final = 160  # characters: a title or a line of details, hardly a paragraph
_LABEL: Final = 45
_LABEL_WORDS: Final = 5
_MOST_LABELS: Final = 2
_MOST: Final = 0.6
_ODD_END: Final = 0.1
_FEW: Final = 3
_FEW_TELL: Final = 0.9


def explained(
    layout: str,
    lines: Sequence[Line],
    entries: Sequence[Entry],
    left_over: Sequence[Line],
    *,
    trust: float = 1.0,
) -> Explanation:
    """The explanation with its score. Lines that every entry repeats count as furniture."""
    undated = [entry for entry in entries if entry.title and not entry.date]
    missed = sum(_misses_a_date(entry) for entry in undated) / max(1, len(undated))
    entries = _without_mistaken_titles(entries)
    taken = sum(len(entry.body) + len(entry.details) for entry in entries)
    for simplified in (_without_asides, _without_slots, _ended_by_labels, _without_labels):
        entries = simplified(entries)
    labels = taken - sum(len(entry.body) + len(entry.details) for entry in entries)
    worth = sum(_worth(entry) * _size(entry) for entry in entries) + 0.9 * labels
    score = trust * worth / max(1, len(lines)) * (1 - missed) * _regularity(entries)
    score -= _ODD_END * _odd_ends(entries, left_over)
    return Explanation(layout, tuple(entries), tuple(left_over), max(0.0, min(1.0, score)))


def _odd_ends(entries: Sequence[Entry], left_over: Sequence[Line]) -> int:
    """How many ends of the file speak against it: a date without title, text without a date.

    Entries that are shifted by one against the truth differ from it only there.
    """
    if len(entries) < 2:
        return 0
    untitled = (entries[0].title is None) + (entries[-1].title is None)
    left_below = bool(left_over) and left_over[-1].number > entries[-1].first
    return untitled + (left_below or any(is_prose(line.text) for line in left_over))


def is_label(line: Line) -> bool:
    """True for a line short enough to be a category, a section or a picture's name."""
    text = line.bare
    return len(text) <= _LABEL and len(text.split()) <= _LABEL_WORDS and not ends_a_sentence(text)


def _without_asides(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without further dates that a word explains ("Updated: 3 May 2021")."""
    return tuple(
        replace(entry, body=tuple(line for line in entry.body if not is_labelled_date(line)))
        if any(line.dates for line in entry.body)
        else entry
        for entry in entries
    )


def _without_labels(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without body lines that are furniture by their repetition."""
    often = Counter(
        line.bare
        for entry in entries
        for index, line in enumerate(entry.body)
        if is_label(line)
        and not line.dates
        and not (index + 1 < len(entry.body) and heads(entry.body, index))
    )
    most = max(3, len(entries) / 2)
    tails = [entry.body[-1] for entry in entries if entry.body and not entry.body[-1].stamp]
    labels = [line for line in tails if is_label(line)]
    repeated = len({line.bare for line in labels}) <= 0.75 * len(labels)
    all_tails = len(labels) >= 4 and len(labels) >= 0.8 * len(tails) and repeated
    kept = []
    for entry in entries:
        body = entry.body
        if all_tails and body and is_label(body[-1]):
            body = body[:-1]
        body = tuple(line for line in body if often[line.bare] < most)
        kept.append(replace(entry, body=body) if body != entry.body else entry)
    return tuple(kept)


def _without_slots(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries without the labels that most have above their text: a name, a place, a kind."""
    told = [entry for entry in entries if any(is_prose(line.text) for line in entry.body)]
    labelled = [entry for entry in told if _leading_labels(entry)]
    if len(labelled) < max(3, _MOST * len(told)):
        return tuple(entries)
    labels = {line.bare for entry in labelled for line in entry.body[: _leading_labels(entry)]}
    shorter = []
    for entry in entries:
        count = _leading_labels(entry) or int(bool(entry.body) and entry.body[0].bare in labels)
        if count:
            details = (*entry.details, *entry.body[:count])
            shorter.append(replace(entry, body=entry.body[count:], details=details))
        else:
            shorter.append(entry)
    return tuple(shorter)


def _leading_labels(entry: Entry) -> int:
    """How many labels stand above the first prose of the entry, when nothing else does."""
    for count, line in enumerate(entry.body[: _MOST_LABELS + 1]):
        if not is_label(line):
            return count if is_prose(line.text) else 0
    return 0


def _ended_by_labels(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Undated entries without the label below most texts, which is a link or the next's rubric."""
    if any(entry.date for entry in entries):
        return tuple(entries)
    ended = [entry for entry in entries if _trailing_labels(entry)]
    if len(ended) < max(3, _MOST * (len(entries) - 1)):
        return tuple(entries)
    return tuple(
        replace(entry, body=entry.body[: len(entry.body) - _trailing_labels(entry)])
        for entry in entries
    )


def _trailing_labels(entry: Entry) -> int:
    """How many labels stand below the last prose of the entry, when nothing else does."""
    for count, line in enumerate(entry.body[: -_MOST_LABELS - 2 : -1]):
        if not is_label(line):
            return count if is_prose(line.text) else 0
    return 0


def _without_mistaken_titles(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Where titles are short, running text in the place of one means that a title is missing."""
    mistaken = [entry.title is not None and is_paragraph(entry.title.text) for entry in entries]
    if 2 * sum(mistaken) > len(entries):
        return tuple(entries)
    return tuple(
        replace(entry, title=None, body=(entry.title, *entry.body))
        if wrong and entry.title
        else entry
        for entry, wrong in zip(entries, mistaken, strict=True)
    )


def _size(entry: Entry) -> int:
    return (entry.date is not None) + (entry.title is not None) + len(entry.body + entry.details)


def _worth(entry: Entry) -> float:
    """How little speaks against these lines being one entry, from 0 to 1."""
    if entry.title is None:
        return 0.4 if entry.date else 0.0
    worth = title_likeness(entry.title.bare)
    if entry.date is None:
        # Without a date only running text below a title is a sign of an entry.
        told = any(is_sentence(line.text) for line in entry.body)
        titles = sum(is_clearly_title(line.text) for line in entry.body)
        return worth * (0.9 if told else 0.4) / (1 + max(swallowed(entry.body), titles - 1) / 2)
    if entry.torn:
        worth *= 0.9
    if not entry.body:
        return worth * 0.9
    if not any(is_prose(line.text) for line in entry.body):
        worth *= 0.8
        if ends_a_sentence(entry.title.text):
            worth *= 0.7
        if sum(len(line.text) for line in entry.body) < len(entry.title.text):
            worth *= 0.95
    return worth / (1 + swallowed(entry.body) / 2)


def _misses_a_date(entry: Entry) -> bool:
    """True when an entry taken as undated has a date within reach: this is not its layout."""
    lines = (entry.title, *entry.body) if entry.title else entry.body
    return any(len(line.text) <= _SHORT_LINE and line.dates for line in lines)


def heads(lines: Sequence[Line], index: int) -> bool:
    """True when the line looks like the title of running text below it.

    Among lines short enough to be wrapped ones it must also stand free.
    """
    line, below = lines[index], lines[index + 1]
    free = (line.gap > 0 and below.gap > 0) or len(below.text) > WIDEST_PAGE
    return free and is_clearly_title(line.bare.rstrip("?! ”»’\"'")) and is_prose(below.text)


def swallowed(body: Sequence[Line]) -> int:
    """How many lines of a body look like titles of further entries."""
    return sum(heads(body, index) for index in range(len(body) - 1))


def _regularity(entries: Sequence[Entry]) -> float:
    """Less than 1 where titles look like rubrics, or gaps within entries are too wide."""
    missed = 1 - 0.8 * _share_of_missed_dates(entries)
    titled = [entry for entry in entries if entry.title]
    missed *= _beside_dates(titled)
    if len(titled) < 3:
        return missed
    titles = [entry.title.bare for entry in titled if entry.title]
    below = {entry.body[0].bare for entry in titled if entry.body}
    # Where the same few words are followed by other text each time, the titles are elsewhere.
    distinct = min(1.0, len(set(titles)) / max(1, len(below)))
    repeats = len(set(titles)) < len(titles)
    alone = sum(_is_rubric(entry, 3 if repeats else 1) for entry in titled) / len(titled)
    lettered = sum(any(sign.isalpha() for sign in title) for title in titles) / len(titles)
    return missed * (0.6 + 0.4 * distinct) * (1 - 0.3 * alone) * (0.4 + 0.6 * lettered)


def _beside_dates(entries: Sequence[Entry]) -> float:
    """Less than 1 where words beside the dates were taken for what they hardly are."""
    details = [entry.date.detail for entry in entries if entry.date and entry.date.detail]
    if len(details) > 3:
        # Where each date has other words beside it, those are not categories but titles.
        return 0.75 if len(set(details)) > 0.75 * len(details) else 1.0
    # A few details need not repeat. So it counts whether they leave a text below the title, and
    # in a short file whether a better title stands below what was taken for one.
    if details and not any(entry.body for entry in entries):
        return _FEW_TELL
    if not 0 < len(entries) <= _FEW:
        return 1.0
    rubrics = [
        entry.date is not None
        and entry.title is not None
        and entry.date.number == entry.title.number
        and is_label(entry.title)
        and len(entry.body) > 1
        and not is_prose(entry.body[0].text)
        for entry in entries
    ]
    return _FEW_TELL if all(rubrics) else 1.0


def _share_of_missed_dates(entries: Sequence[Entry]) -> float:
    """How many of the short lines that begin with a date do not begin an entry."""
    missed = sum(
        bool(line.dates) and line.dates[0].start == 0 and not is_prose(line.text)
        for entry in entries
        for line in (entry.title, *entry.body)
        if line
    )
    return missed / (missed + sum(entry.date is not None for entry in entries)) if missed else 0.0


def _is_rubric(entry: Entry, most: int) -> bool:
    """True for at most so many words above something longer that could be the title itself."""
    title = entry.title.bare if entry.title else ""
    if not entry.body or len(title.split()) > most or is_prose(entry.body[0].text):
        return False
    return most == 1 or len(entry.body[0].text) > len(title)
