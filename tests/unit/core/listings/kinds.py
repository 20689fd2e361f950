"""Invented listings of a kind, each with what it says: right is that, or a held file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Literal

import pytest
from babel.dates import format_date

from tidings.core.listings import Hints, parse

FIRST = date(2024, 11, 28)
STEPS = (0, 2, 3, 9, 16, 17, 30, 41, 52, 68, 75, 90)  # days between an entry and the first
Outcome = Literal["right", "held"]


# What is still read wrong, by the sentence of the case, and why.
WRONG = {
    "a date at the end of each bulleted text line is not dropped": "bold titles go on into texts",
    "ko titles in blocks with dates last, y년 M월 d일": "most entries lose their texts",
    "titles that are long and end in a stop stand above shorter texts": "texts pass for titles",
}


@dataclass(frozen=True)
class Entry:
    """What is to be read; a `summary` of None is not looked at."""

    title: str
    day: date | None = None
    summary: str | None = None


@dataclass(frozen=True)
class Case:
    """A listing with its entries."""

    sentence: str
    text: str
    entries: tuple[Entry, ...]
    hints: Hints = field(default_factory=Hints)


@cache
def stories(language: str) -> tuple[tuple[str, str], ...]:
    """Titles and texts in a language."""
    text = Path(__file__).with_name("stories.txt").read_text(encoding="utf-8")
    part = text.split(f"[{language}]\n")[1].split("\n[")[0]
    pairs = (line.split(" | ") for line in part.strip().split("\n"))
    return tuple((title, told) for title, told in pairs)


def days(count: int, first: date = FIRST) -> tuple[date, ...]:
    """Days of entries, the newest first."""
    return tuple(first - timedelta(days=step) for step in STEPS[:count])


def written(form: str, language: str) -> Callable[[date], str]:
    """A day by a pattern of CLDR in a language."""
    return lambda day: str(format_date(day, form, locale=language))


def listing(
    sentence: str,
    language: str,
    form: str,
    *,
    day: str | Callable[[date], str] = "d MMMM y",
    first: date = FIRST,
    count: int = 10,
    skip: int = 0,
    top: str = "",
    bottom: str = "",
    title: str = "{title}",
    summary: str | None = "{text}",
    dated: bool = True,
    hints: Hints | None = None,
    **slots: Sequence[str],
) -> Case:
    """A listing whose entries follow a form, with `title`, `text`, `day` and further slots, each a
    few values that come in turn. `title` and `summary` say what is to be read of an entry."""
    told = stories(language)[skip : skip + count]
    write = written(day, language) if isinstance(day, str) else day
    parts, entries = [], []
    for number, ((head, text), when) in enumerate(zip(told, days(len(told), first), strict=True)):
        values = {name: each[number % len(each)] for name, each in slots.items()}
        values |= {"title": head, "text": text, "day": write(when), "number": str(number + 1)}
        values |= {"Title": head.upper(), "half": text[: len(text) // 2].rstrip()}
        parts.append(form.format(**values))
        said = None if summary is None else summary.format(**values)
        entries.append(Entry(title.format(**values), when if dated else None, said))
    return Case(sentence, top + "".join(parts) + bottom, tuple(entries), hints or Hints())


def right_or_held(text: str, entries: Iterable[Entry], hints: Hints | None = None) -> Outcome:
    """Whether a listing is read right or held; fails where something else is published.

    An entry may be missing if a problem says where.
    """
    reading = parse(text, "seeds/kind.txt", hints=hints or Hints())
    if not reading.listings:
        assert reading.problems, "nothing is published, and nothing said of it"
        return "held"
    wanted = list(entries)
    known = {(entry.title, entry.day): entry for entry in wanted}
    for one in reading.listings:
        entry = known.get((one.text.title, one.text.date))
        assert entry, f"published {one.text.title!r} of {one.text.date} ({reading.confidence})"
        if entry.summary is not None:
            assert one.text.summary == entry.summary
    said = [problem for problem in reading.problems if problem.line]
    missing = len(wanted) - len(reading.listings)
    assert not missing or (said and missing > 0), f"{missing} entries are missing, unsaid"
    return "right"


def each_is_right_or_held(*kinds: Sequence[Case]) -> Callable[[Case], None]:
    """The test of cases of some kinds, each named by its sentence."""

    @pytest.mark.parametrize("case", [_parameter(case) for case in chain.from_iterable(kinds)])
    def test(case: Case) -> None:
        right_or_held(case.text, case.entries, case.hints)

    return test


def _parameter(case: Case) -> object:
    wrong = WRONG.get(case.sentence)
    marks = [pytest.mark.xfail(strict=False, reason=wrong)] if wrong else []
    return pytest.param(case, id=case.sentence.replace(" ", "_"), marks=marks)
