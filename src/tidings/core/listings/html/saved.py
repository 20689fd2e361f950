"""Listings in saved web pages: found by what repeats, and by what elements are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from tidings.core.listings.dates import (
    Broken,
    Dated,
    Numeric,
    order_of,
    other_languages,
    settled,
    short_order_of,
)
from tidings.core.listings.html.parts import Calendar, EntryParts, listed, stamp_of
from tidings.core.listings.html.ranking import (
    Judged,
    Selection,
    Weights,
    judged,
    learned,
    with_others,
)
from tidings.core.listings.html.records import groups
from tidings.core.listings.html.tree import Tree, read_tree, shape_of
from tidings.core.listings.instants import moved
from tidings.core.listings.languages import DEFAULT_LANGUAGES, is_english
from tidings.core.listings.reading import (
    NEAR,
    Hints,
    Reading,
    held,
    nearest,
    quarantined,
    undecided,
    unsure,
)
from tidings.core.listings.teaching import by_layout, folded, lesson, taught_by
from tidings.core.listings.text import LONGEST_TITLE, has_words
from tidings.model import Listing, Problem, SeedRef, Text

_MOST_READINGS: Final = 12
_MOST_PROBLEMS: Final = 100
_NO_LIST: Final = "there is no list of entries in this page that could be told from the rest of it"
_NO_LIST_HINT: Final = (
    "save the page that lists the news, not one story, or copy its text into a file"
)
_LONGEST_DATED: Final = 48
_FEWEST_UNREAD: Final = 2
_MOST_UNREAD: Final = 100
_A_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_REPLACED: Final = "\ufffd"


def read_page(text: str, path: str, hints: Hints, weights: Weights | None = None) -> Reading:
    """Read the listing in a web page. Any text gives a reading; at worst it is a held one."""
    try:
        tree = read_tree(text, hints.address)
    except ValueError:
        return quarantined(path, "this page is too large", "save a shorter list")
    if tree is None or not tree.lengths.get(tree.root):
        return quarantined(path, "this page shows no text", "save the page once it has loaded")
    calendar, known_weights = calendar_of(tree, hints), weights or learned()
    found = [listed(tree, group, calendar) for group in groups(tree)]
    ranked = judged(tree, found, calendar, known_weights)
    if not ranked:
        return quarantined(path, _NO_LIST, _NO_LIST_HINT)
    readings = _readings(tree, ranked, path, hints, known_weights)
    if hints.example:
        whole = [one for one in readings if one.listings]
        learnt = lesson(hints.example, whole, list(_lines(tree)))
        if learnt:
            sure = _sure_among(readings)
            return taught_by(learnt, readings, sure, path, hints.threshold)
    if hints.learnt:
        fitting = [one for one in readings if one.layout == hints.learnt.layout]
        plain = _plainly(readings, path, hints)
        best = max(one.confidence for one in readings)
        behind = best - max((one.confidence for one in fitting), default=0.0)
        return by_layout(hints.learnt, fitting, behind, plain, path, hints.threshold)
    return _plainly(readings, path, hints)


def _plainly(readings: Sequence[Reading], path: str, hints: Hints) -> Reading:
    best = readings[0]
    if not best.listings:
        return (
            replace(best, confidence=0.0)
            if best.problems
            else quarantined(path, _NO_LIST, _NO_LIST_HINT)
        )
    if best.confidence >= hints.threshold:
        return best
    rival = nearest(best, readings[1:])
    if rival and best.confidence - rival.confidence < NEAR:
        return held((undecided(path, best, rival),), best, rival)
    return held((unsure(path, best, rival, hints.threshold),), best, rival)


def _sure_among(readings: Sequence[Reading]) -> Callable[[Sequence[Reading]], float]:
    """How sure the likeliest of some readings is, if no other ones can be right."""

    def sure(some: Sequence[Reading]) -> float:
        total = sum(one.confidence for one in some)
        best = max(one.confidence for one in some)
        none = max(0.0, 1 - sum(one.confidence for one in readings))
        return best / (total + none) if total else 0.0

    return sure


def _readings(
    tree: Tree, ranked: Sequence[Judged], path: str, hints: Hints, weights: Weights
) -> list[Reading]:
    """The readings of a page, the likeliest first: of each likely group with what belongs to it,
    and of each alone; also of those that have the example."""
    made: list[Reading] = []
    best = with_others(tree, ranked[0], ranked, weights)
    made.append(_reading(tree, best, path, hints, best.confidence))
    scale = best.confidence / max(ranked[0].chance, 0.0001)
    wanted = folded(hints.example.title) if hints.example else None
    for number, each in enumerate(ranked):
        if number >= _MOST_READINGS and not _has(each, wanted):
            continue
        alone = Selection((each,), each.chance, {})
        confidence = min(each.chance * scale, best.confidence)
        if each is ranked[0]:
            if len(best.groups) == 1:
                continue
            confidence *= 0.5
        made.append(_reading(tree, alone, path, hints, confidence))
    return made


def _has(group: Judged, title: str | None) -> bool:
    return title is not None and any(folded(said.title) == title for said in group.listed.said)


def _lines(tree: Tree) -> Iterator[str]:
    for element in tree.shown:
        text = tree.texts.get(element)
        if text:
            yield text


def calendar_of(tree: Tree, hints: Hints) -> Calendar:
    """The months that the page may have: those of the language that it says it is in, and of those
    that its dates are in."""
    said = tree.language.replace("_", "-").partition("-")[0].lower()
    languages = hints.languages or DEFAULT_LANGUAGES
    more = (said,) if said.isalpha() and said not in languages else ()
    names = replace(hints, languages=(*languages, *more)).names()
    calendar = Calendar(names, hints.zone)
    lines = list(dict.fromkeys(_lines(tree)))
    unread = [
        line
        for line in lines
        if len(line) <= _LONGEST_DATED and _may_be_foreign(line) and not stamp_of(line, calendar)
    ]
    if len(unread) < _FEWEST_UNREAD:
        return calendar
    found = other_languages(unread[:_MOST_UNREAD], lines[:_MOST_UNREAD], names)
    return Calendar(names.also(found), hints.zone) if found else calendar


def _may_be_foreign(line: str) -> bool:
    return _A_YEAR.search(line) is not None and any(sign.isalpha() for sign in line)


# --- From groups to entries -----------------------------------------------------------------------


def _layout(said: EntryParts) -> str:
    return f"page: {shape_of(said.record.parts[-1])} {shape_of(said.record.title)}".replace(
        ". ", " "
    ).rstrip(".")


def _reading(tree: Tree, choice: Selection, path: str, hints: Hints, confidence: float) -> Reading:
    """What a choice says, as a reading."""
    said = sorted(
        (each for group in choice.groups for each in group.listed.said),
        key=lambda each: tree.places[each.record.title],
    )
    stamps = [each.stamp for each in said if each.stamp is not None]
    english = is_english([f"{e.title} {e.summary[:200]}" for e in said], hints.language)
    order = order_of(stamps, is_english=english, date_order=hints.date_order)
    years = {stamp.year for stamp in stamps if isinstance(stamp, Numeric)}
    years |= {stamp.day.year for stamp in stamps if isinstance(stamp, Dated)}
    short = short_order_of(stamps, order, years, is_english=english)
    listings: list[Listing] = []
    problems: list[Problem] = []
    line = 0
    for each in said:
        line = max(line + 1, each.record.title.sourceline or 1)
        known = settled(each.stamp, order, short) if each.stamp else None
        read = _listing(each, path, line, known, hints)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            listings.append(read)
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [Problem(path, 0, 0, f"{more} more entries cannot be read")]
    main = max(choice.groups, key=lambda group: group.chance)
    sure = round(confidence, 3) if listings else 0.0
    return Reading(tuple(listings), tuple(problems), _layout(main.listed.said[0]), sure)


def _listing(
    said: EntryParts, path: str, line: int, known: Dated | Broken | None, hints: Hints
) -> Listing | Problem:
    title = said.title
    if isinstance(known, Broken):
        return Problem(path, line, 1, known.message, known.hint, said.when[:120])
    if len(title) > LONGEST_TITLE or not has_words(title):
        told = "this is no title" if not has_words(title) else "this is too long for a title"
        return Problem(path, line, 1, told, "correct the page, or remove the entry", title[:120])
    if _REPLACED in title or _REPLACED in said.summary:
        told = "this entry has characters that could not be decoded"
        hint = "save the page again as UTF-8, or set `encoding` for its source"
        return Problem(path, line, 1, told, hint, title[:120])
    text = Text(
        title,
        said.summary,
        moved(known.day, known.clock, hints.zone) if known else None,
        said.url,
        said.category or hints.category,
        said.image,
    )
    return Listing(text, SeedRef(path, line))
