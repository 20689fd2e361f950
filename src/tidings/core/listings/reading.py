"""A listing file, read: its entries, what could not be read, and how sure the reading is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.cleaning import collapse, split_lines, without_controls
from tidings.core.listings.clearing import Cleared, cleared
from tidings.core.listings.doubts import (
    NEAR,
    NO_LAYOUT,
    NO_LAYOUT_HINT,
    RETEACH,
    contrary,
    undecided,
    unfit,
    unsure,
)
from tidings.core.listings.entries import Entry, Explanation
from tidings.core.listings.layouts import explanations
from tidings.core.listings.likeness import LONGEST_TITLE, is_prose, title_likeness
from tidings.core.listings.lines import Line, read_lines
from tidings.core.listings.markup import WORDLESS, WORDLESS_HINT, has_words
from tidings.core.listings.names import DEFAULT_LANGUAGES, Names, names_of
from tidings.core.listings.polishing import Polished, polished
from tidings.core.listings.stamps import Broken
from tidings.core.listings.teaching import Lesson, lesson, stands_in
from tidings.core.listings.untitled import wordless_titles
from tidings.core.listings.weighing import distinct, weighed
from tidings.core.listings.wrapping import unwrapped
from tidings.model import Example, Listing, Problem, SeedRef, Taught, Text

THRESHOLD: Final = 0.5  # a reading less sure than this is a guess, and guesses are not published
_MOST_LINES: Final = 150_000
_MOST_PROBLEMS: Final = 100
_MOST_JUNK: Final = 0.05  # share of control characters beyond which it is no text
_HEADING_LINES: Final = 3
_LONGEST_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True)
class Hints:
    """What an administrator knows of a source, as given in its settings.

    `date_order` ("dmy" or "mdy") and `language` (a language tag) settle numeric dates that a file
    itself leaves open; `category` is given to every entry that names none. `layout` is the only
    one tried, `languages` are those in which months and weekdays are known (an empty tuple: the
    usual ones), `threshold` is the confidence below which nothing is published. `example` decides
    between the readings of files in which its title stands; `learnt` is what it has taught for the
    others.
    """

    date_order: str | None = None
    language: str | None = None
    category: str | None = None
    layout: str | None = None
    languages: tuple[str, ...] = ()
    threshold: float = THRESHOLD
    example: Example | None = None
    learnt: Taught | None = None

    def names(self) -> Names:
        """The months and weekdays to look for."""
        languages = self.languages or DEFAULT_LANGUAGES
        more = (self.language,) if self.language and self.language not in languages else ()
        return names_of((*languages, *more))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    `layout` names how it was understood and `confidence` (0 to 1) how well that explains it. At
    confidence 0 the file is quarantined: no listings, and a problem that says why; `guess` holds
    what would have been read. `roles` says by line number what each line was taken for. `best` is
    the guess as a reading of its own, with its name and the confidence that it has by itself, and
    `rival` the best reading that gives other entries, if there is one; both only of a held file.
    `taught` if the example of the source has chosen it, in this file or by the layout that it has
    taught; `behind` says how far behind the most confident reading it is, of a file that has the
    example alone.
    """

    listings: tuple[Listing, ...]
    problems: tuple[Problem, ...]
    layout: str
    confidence: float
    guess: tuple[Listing, ...] = ()
    roles: tuple[tuple[int, str], ...] = ()
    best: Reading | None = None
    rival: Reading | None = None
    taught: bool = False
    behind: float | None = None


def read_text(text: str, path: str, hints: Hints) -> Reading:
    """Read the listings in plain or markdown text. The layout is inferred from the whole file."""
    clean, dropped = without_controls(text)
    if dropped > _MOST_JUNK * len(text):
        return quarantined(path, "this is not text", "save the listing as plain UTF-8 text")
    names = hints.names()
    lines = read_lines(
        clean,
        limit=_MOST_LINES,
        language=hints.language,
        date_order=hints.date_order,
        names=names,
    )
    if lines is None:
        return quarantined(
            path, f"the file has more than {_MOST_LINES} lines of text", "split it into several"
        )
    if not lines:
        return quarantined(path, "the file is empty", "put listings into it or remove it")
    if all(line.stamp for line in lines):
        return quarantined(
            path, "there is nothing but dates", "put a title below each date", lines[0]
        )
    clear = cleared(lines, names)
    file = _File(path, split_lines(clean), clear)
    return _weighed(explanations(unwrapped(clear.lines), hints.layout), file, hints)


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read: all its lines, and what is left of them for entries."""

    path: str
    texts: Sequence[str]
    clear: Cleared


def _weighed(found: Sequence[Explanation], file: _File, hints: Hints) -> Reading:
    """The best of these explanations as a reading, or, as far as it is not sure, as a guess."""
    path, example = file.path, hints.example

    def read(explanation: Explanation) -> Reading:
        return _reading(explanation, file, hints.category)

    verdict = weighed(found, lambda one: _told(read(one)))
    if verdict is None:
        return _unexplained(path, hints)
    if example and stands_in(example.title, file.texts):
        candidates = [read(one) for one in distinct(found)]
        learnt = lesson(example, candidates, file.texts)
        if learnt:
            return taught_by(learnt, candidates, path, hints.threshold)
    if hints.learnt and not hints.layout:
        candidates = [read(one) for one in distinct(found)]
        plain = _weighed(found, file, replace(hints, example=None, learnt=None))
        return by_layout(hints.learnt, candidates, plain, path, hints.threshold)
    reading = read(verdict.explanation)
    # A layout that is given says which reading is meant.
    lead = 1.0 if hints.layout else verdict.lead
    confidence = reading.confidence * lead
    if confidence >= hints.threshold:
        return replace(reading, confidence=round(confidence, 3) if reading.listings else 0.0)
    rival = read(verdict.rival) if verdict.rival else None
    if not reading.listings or verdict.explanation.score < THRESHOLD / 2:
        return _held(Problem(path, 0, 0, NO_LAYOUT, NO_LAYOUT_HINT), reading, rival)
    if rival and lead < 1:
        return _held(undecided(path, reading, rival), reading, rival)
    rival = _nearest(reading, map(read, distinct(found)))
    return _held(unsure(path, reading, rival, hints.threshold), reading, rival)


def taught_by(
    learnt: Lesson, candidates: Sequence[Reading], path: str, threshold: float = THRESHOLD
) -> Reading:
    """The reading that an example has chosen among these, held where that is not to be believed.

    What was confirmed as a whole is published whatever its confidence.
    """
    reading = learnt.reading
    if reading is None:
        return quarantined(path, learnt.problem, RETEACH)
    rival = _nearest(reading, learnt.rivals)
    lead = _lead(reading, rival)
    if learnt.problem:
        rival = _nearest(reading, candidates)
        return _held(contrary(path, learnt.problem, reading, rival), reading, rival)
    if learnt.settled or reading.confidence * lead >= threshold:
        confidence = reading.confidence * (1 if learnt.settled else lead)
        behind = max(one.confidence for one in candidates) - reading.confidence
        confidence = round(confidence, 3)
        return replace(reading, confidence=confidence, taught=True, behind=round(behind, 3))
    if rival and lead < 1:
        return replace(_held(undecided(path, reading, rival), reading, rival), taught=True)
    rival = _nearest(reading, candidates)
    return replace(_held(unsure(path, reading, rival, threshold), reading, rival), taught=True)


def by_layout(
    learnt: Taught, candidates: Sequence[Reading], plain: Reading, path: str, threshold: float
) -> Reading:
    """The reading by a layout that was taught, for a file that has not the example.

    It is taken where it comes as near to the most confident one as it did in the file that has it,
    and reaches the threshold by itself. Where it does not fit, the file is read as without it,
    `plain`, and that is said.
    """
    named = [one for one in candidates if one.layout == learnt.layout and one.listings]
    reading = max(named, key=lambda one: one.confidence, default=None)
    if reading is None:
        return _unfit(plain, path, learnt.layout, None)
    behind = max(one.confidence for one in candidates) - reading.confidence
    if behind > learnt.behind + NEAR:
        return _unfit(plain, path, learnt.layout, reading)
    if reading.confidence >= threshold:
        return replace(reading, confidence=round(reading.confidence, 3), taught=True)
    if not plain.listings:
        rival = _nearest(reading, candidates)
        return replace(_held(unsure(path, reading, rival, threshold), reading, rival), taught=True)
    return _unfit(plain, path, learnt.layout, reading)


def _unfit(plain: Reading, path: str, layout: str, reading: Reading | None) -> Reading:
    """The file as it is read without what was taught, and a problem that says so."""
    same = reading is not None and _told(reading) == _told(plain)
    return (
        plain if same else replace(plain, problems=(unfit(path, layout, reading), *plain.problems))
    )


def _lead(reading: Reading, rival: Reading | None) -> float:
    """How far a reading is ahead of its rival, from 0, a tie, to 1, no doubt."""
    return min(1.0, (reading.confidence - rival.confidence) / NEAR) if rival else 1.0


def _held(doubt: Problem, reading: Reading, rival: Reading | None) -> Reading:
    """A file of which nothing is published, with the reading that is the best guess."""
    wordless = [problem for problem in reading.problems if problem.message == WORDLESS]
    return Reading(
        (),
        (doubt, *wordless),
        "unrecognised",
        0.0,
        reading.listings,
        reading.roles,
        best=reading if reading.listings else None,
        rival=rival,
    )


def _told(reading: Reading) -> Set[object]:
    """What makes two readings different: the titles, and the dates beside them."""
    return {(one.text.title, one.text.date) for one in reading.listings}


def _nearest(reading: Reading, others: Iterable[Reading]) -> Reading | None:
    """The most confident of the others that gives entries, and other ones."""
    ours = _told(reading)
    different = (one for one in others if one.listings and _told(one) != ours)
    return max(different, key=lambda one: one.confidence, default=None)


def _unexplained(path: str, hints: Hints) -> Reading:
    if hints.layout:
        return quarantined(
            path,
            f'the layout "{hints.layout}" does not fit this file',
            "remove layout from the source, or name another; tidings parse shows what it finds",
        )
    return quarantined(path, NO_LAYOUT, NO_LAYOUT_HINT)


def _reading(found: Explanation, file: _File, category: str | None) -> Reading:
    """What an explanation gives; its confidence is that of the explanation by itself."""
    path, clear = file.path, file.clear
    problems = list(_left_over(found.left_over, path))
    wordless = wordless_titles(found.entries, file.texts)
    sound: list[Entry] = []
    for place, entry in enumerate(found.entries):
        problem = _obstacle(entry, path)
        if place in wordless and not problem:
            excerpt = collapse(file.texts[wordless[place] - 1])
            problem = Problem(path, wordless[place], 1, WORDLESS, WORDLESS_HINT, excerpt)
        if problem:
            problems.append(problem)
        else:
            sound.append(entry)
    listings = []
    for entry, words in zip(sound, polished(sound, clear.links), strict=True):
        if has_words(words.title):
            listings.append(_listing(entry, words, path, category))
        elif entry.title:
            problems.append(_without_words(entry.title, path))
    problems.sort(key=lambda problem: problem.line)
    if len(problems) > _MOST_PROBLEMS:
        more = len(problems) - _MOST_PROBLEMS
        problems[_MOST_PROBLEMS:] = [Problem(path, 0, 0, f"{more} more entries cannot be read")]
    score = found.score * _share_with_words(found.entries)
    roles = _roles(found, clear)
    return Reading(tuple(listings), tuple(problems), found.layout, score, (), roles)


def _share_with_words(entries: Sequence[Entry]) -> float:
    """How many of the titles for which an explanation has its score are more than markup.

    Where many are not, the others are perhaps no titles either.
    """
    titles = [entry.title.bare for entry in entries if entry.title]
    counted = [title for title in titles if title_likeness(title)]
    return sum(map(has_words, counted)) / len(counted) if counted else 1.0


def _roles(found: Explanation, clear: Cleared) -> tuple[tuple[int, str], ...]:
    """What each line was taken for, by its number; lines of no entry are noise."""
    roles: dict[int, str] = {line.number: "noise" for line in clear.lines}
    for entry in found.entries:
        for name, lines in (
            ("summary", entry.body),
            ("detail", entry.details),
            ("date", (entry.date,)),
            ("title", (entry.title,)),
        ):
            for line in lines:
                if line is not None:
                    before = roles.get(line.number, "noise")
                    roles[line.number] = name if before == "noise" else f"{before} + {name}"
    return tuple(sorted(roles.items()))


def _listing(entry: Entry, words: Polished, path: str, category: str | None) -> Listing:
    day = None
    if entry.date and entry.date.stamp and not isinstance(entry.date.stamp, Broken):
        day = entry.date.stamp.day
    text = Text(words.title, words.summary, day, words.url, words.category or category)
    return Listing(text, SeedRef(path, words.line))


def _obstacle(entry: Entry, path: str) -> Problem | None:
    """What keeps this entry from being read, if anything."""
    if entry.date and isinstance(entry.date.stamp, Broken):
        return _at(entry.date, path, entry.date.stamp.message, entry.date.stamp.hint)
    if entry.title is None:
        if entry.date:
            return _at(
                entry.date, path, "no title belongs to this date", "add a title, or remove the date"
            )
        return _at(entry.body[0], path, "this text has no title", "put a title above it")
    if len(entry.title.text) > LONGEST_TITLE:
        return _at(
            entry.title,
            path,
            f"this is too long for a title ({len(entry.title.text)} characters)",
            "put a title on a line of its own above it",
        )
    if not has_words(entry.title.bare):
        return _without_words(entry.title, path)
    return None


def _without_words(title: Line, path: str) -> Problem:
    return _at(title, path, WORDLESS, WORDLESS_HINT)


def _left_over(lines: Sequence[Line], path: str) -> tuple[Problem, ...]:
    """A problem where text belongs to no entry, unless it is but the heading of the page."""
    heading = len(lines) <= _HEADING_LINES and not any(
        line.stamp or is_prose(line.text) for line in lines
    )
    if heading:
        return ()
    more = f" (nor do {len(lines) - 1} more lines)" if len(lines) > 1 else ""
    message = f"this belongs to no entry{more}"
    return (_at(lines[0], path, message, "give it a date and a title, or remove it"),)


def _at(line: Line, path: str, message: str, hint: str) -> Problem:
    return Problem(path, line.number, line.column, message, hint, line.text[:_LONGEST_EXCERPT])


def quarantined(path: str, message: str, hint: str, line: Line | None = None) -> Reading:
    """A file of which nothing is published, and why."""
    problem = _at(line, path, message, hint) if line else Problem(path, 0, 0, message, hint)
    return Reading((), (problem,), "unrecognised", 0.0)
