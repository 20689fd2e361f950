"""From the records of a reading to entries: titles, dates, texts, addresses, and what is amiss."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final

from tidings.core.addresses import deceives
from tidings.core.listings.candidates import (
    DATE,
    MORE,
    NEW_DATE,
    NEW_TITLE,
    OTHER,
    TEXT,
    TITLE,
    Candidate,
    Record,
)
from tidings.core.listings.dates import Broken, Dated
from tidings.core.listings.features import FileContext
from tidings.core.listings.rows import Row
from tidings.core.listings.text import (
    LONGEST_TITLE,
    WORDLESS,
    WORDLESS_HINT,
    ends_a_sentence,
    has_words,
    is_byline,
    is_prose,
    is_rule,
    without_more,
)
from tidings.core.listings.units import Unit
from tidings.model import Listing, Problem, SeedRef, Text

_LONGEST_EXCERPT: Final = 120
_NEARLY_ALL: Final = 0.75
_FEWEST_DATED: Final = 2
_SHORT_LINE: Final = 60  # characters
_NO_ENTRY: Final = "this belongs to no entry"
_NO_ENTRY_HINT: Final = "give it a date and a title, or remove it"
_NO_TITLE: Final = "no title belongs to this date"
_NO_TITLE_HINT: Final = "add a title, or remove the date"
_BOILERPLATE: Final = frozenset(("more", "pager", "rule", "aside", "path", "heading", "dating"))
_NO_TEXT: Final = frozenset(("more", "pager", "rule", "aside"))
_BEFORE_WORDS: Final = ("#",)
_BEHIND_WORDS: Final = (",", ":", ";", "»")
_ABOUT: Final = frozenset(("byline", "dating"))  # that stand above a text or below it
_NAMES: Final = {
    TITLE: "title", NEW_TITLE: "title", MORE: "title",
    DATE: "date", NEW_DATE: "date", TEXT: "summary",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is read: its rows, the units that they were cut into, and how these look."""

    path: str
    rows: Sequence[Row]
    units: Sequence[Unit]
    known: FileContext


def entries(
    page: Page, found: Candidate, category: str | None
) -> tuple[tuple[Listing, ...], tuple[Problem, ...]]:
    """The entries of a reading, and a problem for each record that is none.

    `category` is given to every entry that names none.
    """
    listings: list[Listing] = []
    problems = _undated(page, found)
    lost = _lost_dates(page, found)
    problems += [_at(page, at, _NO_TITLE, _NO_TITLE_HINT) for at in lost]
    bounds = [record.span[0] for record in found.records[1:]] + [len(page.units)]
    untitled = _untitled(page, found)
    outside = _outside(found.records)
    for at, (record, bound) in enumerate(zip(found.records, bounds, strict=True)):
        problem = untitled.get(record) or _obstacle(page, record)
        if at in outside:
            problems += _lost_prose(page, record)
        elif problem:
            problems.append(problem)
        else:
            # What stands below a date without a title is of no entry above it.
            end = min([bound, *lost[bisect_left(lost, record.span[0]) :][:1]])
            whole = record._replace(text=tuple(each for each in record.text if each < end))
            if at == len(found.records) - 1:
                whole = _without_foot(page, found.records, whole)
            listings.append(_listing(page, found, whole, end, category))
    return tuple(listings), tuple(problems)


def _listing(
    page: Page, found: Candidate, record: Record, bound: int, category: str | None
) -> Listing:
    stamp = page.units[record.date].stamp if record.date is not None else None
    summary, more = _summary(page, record)
    within = range(record.span[0], bound)
    text = Text(
        title_of(page, record),
        summary,
        stamp.day if isinstance(stamp, Dated) else None,
        _address(page, record, within) or more,
        _category(page, found, record) or category,
    )
    return Listing(text, SeedRef(page.path, page.rows[page.units[record.title[0]].row].number))


def _outside(records: Sequence[Record]) -> frozenset[int]:
    """Which records of a dated file are none: what has no date only above the first date or below
    the last one is of the page."""
    dated = [at for at, record in enumerate(records) if record.date is not None]
    if len(dated) < max(_FEWEST_DATED, _NEARLY_ALL * len(records)):
        return frozenset()
    return frozenset({*range(dated[0]), *range(dated[-1] + 1, len(records))})


def _lost_prose(page: Page, record: Record) -> list[Problem]:
    """A problem for running text that is taken for a part of the page."""
    said = (*record.title, *record.text)
    return [
        _at(page, at, _NO_ENTRY, _NO_ENTRY_HINT) for at in said if is_prose(page.units[at].text)
    ][:1]


def _without_foot(page: Page, records: Sequence[Record], last: Record) -> Record:
    """The last record without the short lines below its last paragraph, where hardly any other
    has such lines: they are of the page."""
    if last.date is None or not all(record.date is not None for record in records):
        return last
    others = [record for record in records[:-1] if _foot_of(page, record) < len(record.text)]
    texts = sum(bool(record.text) for record in records[:-1])
    foot = _foot_of(page, last)
    if not (0 < foot < len(last.text)) or 2 * len(others) > texts or texts == 0:
        return last
    if not ends_a_sentence(page.units[last.text[foot - 1]].text):
        return last  # what follows goes on with it
    return last._replace(text=last.text[:foot])


def _foot_of(page: Page, record: Record) -> int:
    """How many units of a text there are up to its last paragraph."""
    size = len(record.text)
    while size and _is_short(page.units[record.text[size - 1]]):
        size -= 1
    return size


def _is_short(unit: Unit) -> bool:
    whole = unit.pieces == 1
    return whole and len(unit.text) <= _SHORT_LINE and not ends_a_sentence(unit.text)


def title_of(page: Page, record: Record) -> str:
    """The title: its parts as they stand on their rows, the rows joined."""
    return " ".join(_joined(page, record.title))


def _joined(page: Page, units: Iterable[int]) -> list[str]:
    """The text from the first to the last of these units on each row."""
    lines = []
    for row, inside in groupby(units, key=lambda at: page.units[at].row):
        parts, line = [page.units[at] for at in inside], page.rows[row].text
        start, end = parts[0].start, parts[-1].end
        # At the ends of a row nothing is separated by what touches its words.
        if parts[0].piece == 0 and line[:start] in _BEFORE_WORDS:
            start = 0
        if parts[-1].piece == parts[-1].pieces - 1 and line[end:] in _BEHIND_WORDS:
            end = len(line)
        lines.append(line[start:end])
    return lines


def _summary(page: Page, record: Record) -> tuple[str, str | None]:
    """The text, a row that is all text with its marks and links, without what leads to more of it;
    and the address that this led to."""
    lines, address = [], None
    own = [at for at in record.text if not _is_boilerplate(page, at)]
    said = list(takewhile(lambda at: not _ends_entry(page, record, at), own))
    while said and _is_about(page, said[-1]):
        said.pop()
    while said and _is_about(page, said[0]):
        said.pop(0)
    for row, inside in groupby(said, key=lambda at: page.units[at].row):
        parts = [page.units[at] for at in inside]
        line = page.rows[row]
        whole = len(parts) == parts[0].pieces
        text = _unquoted(line) if whole else line.text[parts[0].start : _end(line, parts)]
        kept, url = without_more(text)
        address = address or url
        if kept:
            lines.append(kept)
    return " ".join(lines), address


def _unquoted(row: Row) -> str:
    """The row as it stands, without the mark of a quotation."""
    return row.raw[len(row.mark) :].lstrip() if row.mark.startswith(">") else row.raw


def _ends_entry(page: Page, record: Record, at: int) -> bool:
    """True for a heading that stands no lower than the title: another part of the page begins."""
    mark, title = page.known.looks[at].mark, page.known.looks[record.title[0]].mark
    return mark[:1] == title[:1] == "#" and len(mark) <= len(title)


def _is_boilerplate(page: Page, at: int) -> bool:
    """True for what is no text by its words, such as a counter, a credit, a picture's name."""
    flags, text = page.known.looks[at].flags, page.units[at].text
    named = "path" in flags and not text.lower().startswith("http")
    return named or (not _NO_TEXT.isdisjoint(flags) and not is_prose(text))


def _is_about(page: Page, at: int) -> bool:
    """True for a row that names who wrote, or says what a date beside it is."""
    whole = page.units[at].pieces == 1
    return whole and not _ABOUT.isdisjoint(page.known.looks[at].flags)


def _end(row: Row, parts: Sequence[Unit]) -> int:
    """Where the text ends: with its row, if nothing but its own marks follow."""
    last = parts[-1]
    rest = row.text[last.end :]
    return len(row.text) if last.piece == last.pieces - 1 and len(rest) <= 2 else last.end


def _address(page: Page, record: Record, within: range) -> str | None:
    """The first address that deceives nobody: of the title, else of what stands in or behind
    the entry."""
    urls = (page.rows[page.units[at].row].url for at in (*record.title, *within))
    return next((url for url in urls if url and not deceives(url)), None)


def _category(page: Page, found: Candidate, record: Record) -> str | None:
    at = _category_unit(page, found, record)
    return None if at is None else page.units[at].text


def _category_unit(page: Page, found: Candidate, record: Record) -> int | None:
    """The first label within the entry, or beside its date, that is no boilerplate and no name."""
    inside = set(range(record.span[0], record.span[1] + 1))
    if record.date is not None:
        unit = page.units[record.date]
        first = record.date - unit.piece
        inside |= set(range(first, first + unit.pieces))
    for at in sorted(inside):
        look, text = page.known.looks[at], page.units[at].text
        if found.roles[at] != OTHER or look.kind != "t" or not look.label:
            continue
        letters = any(sign.isalpha() for sign in text)
        if letters and _BOILERPLATE.isdisjoint(look.flags) and not is_byline(text):
            return at
    return None


# --- What is amiss --------------------------------------------------------------------------------


def _obstacle(page: Page, record: Record) -> Problem | None:
    """What keeps a record from being an entry, if anything."""
    stamp = page.units[record.date].stamp if record.date is not None else None
    if record.date is not None and isinstance(stamp, Broken):
        return _at(page, record.date, stamp.message, stamp.hint)
    if not record.title:
        at = record.date if record.date is not None else record.text[0]
        return _at(page, at, _NO_TITLE, _NO_TITLE_HINT)
    title = title_of(page, record)
    if len(title) > LONGEST_TITLE:
        message = f"this is too long for a title ({len(title)} characters)"
        return _at(page, record.title[0], message, "put a title on a line of its own above it")
    if not has_words(page.rows[page.units[record.title[0]].row].raw) or not has_words(title):
        return _at(page, record.title[0], WORDLESS, WORDLESS_HINT)
    return None


def _untitled(page: Page, found: Candidate) -> dict[Record, Problem]:
    """What is amiss with entries that have a sentence for a title, while they, or the ones above,
    have no text: where a row without words stands above it, that is their title; else, where
    nearly all others have a title and a text, they have none."""
    titled = [record for record in found.records if record.title]
    above = zip([None, *titled], titled, strict=False)
    bare = [
        record
        for before, record in above
        if _is_sentence(page, record) and not (record.text and (before is None or before.text))
    ]
    most = _NEARLY_ALL * len(titled)
    lone = sum(bool(record.text) for record in titled) >= most and len(titled) - len(bare) >= most
    problems = {}
    for record in bare:
        wordless = _wordless_above(page, record)
        if wordless is not None:
            problems[record] = _at(page, wordless, WORDLESS, WORDLESS_HINT)
        elif lone and record.date is not None:
            problems[record] = _at(page, record.date, _NO_TITLE, _NO_TITLE_HINT)
    return problems


def _lost_dates(page: Page, found: Candidate) -> list[int]:
    """Dates that are of no entry, where nearly all like them are the date of one: each on a row of
    its own, below the first entry, and in no sentence."""
    used = {record.date for record in found.records if record.date is not None}
    alike = [
        at
        for at, unit in enumerate(page.units)
        if unit.kind == "date" and unit.pieces == 1 and at >= found.records[0].span[0]
    ]
    lost = [at for at in alike if at not in used and not _goes_on(page, found, at)]
    return lost if len(alike) - len(lost) >= _NEARLY_ALL * len(alike) else []


def _goes_on(page: Page, found: Candidate, at: int) -> bool:
    """True for a row with which a sentence goes on from the row above."""
    above = page.known.looks[at - 1]
    is_text = found.roles[at] == TEXT == found.roles[at - 1]
    return is_text and page.known.looks[at].gap == 0 and above.end not in ".!?…"


def loses_titles(page: Page, found: Candidate) -> bool:
    """True for a reading whose titles are sentences below shorter lines that it takes for nothing:
    most likely these are the titles, and the sentences their texts."""
    passed = 0
    for record in found.records:
        above = record.title[0] - 1 if record.title else -1
        if above < 0 or found.roles[above] == DATE or found.roles[above] == NEW_DATE:
            above -= 1
        if above < 0 or not record.title or not _is_sentence(page, record):
            continue
        look, unit = page.known.looks[above], page.units[above]
        below = page.known.looks[above + 1]
        passed += (
            found.roles[above] == OTHER
            and look.kind == "t"
            and below.gap == 0
            and look.end != "."
            and len(unit.text) < len(page.units[record.title[0]].text)
        )
    return passed >= _FEWEST_DATED and passed >= _NEARLY_ALL * len(found.records)


def _is_sentence(page: Page, record: Record) -> bool:
    look = page.known.looks[record.title[-1]]
    return look.end == "." and not look.label


def _wordless_above(page: Page, record: Record) -> int | None:
    """A unit without words, and no drawn line, on the row above the title or above the date on top
    of it."""
    row = page.units[record.title[0]].row
    for at in range(record.title[0] - 1, -1, -1):
        if at == record.date:
            row = page.units[at].row
        elif page.units[at].row < row:
            raw = page.rows[page.units[at].row].raw
            return None if is_rule(raw) or has_words(raw) else at
    return None


def _undated(page: Page, found: Candidate) -> list[Problem]:
    """That marks of time which name no day were left out: a date is never dropped in silence."""
    weak = [
        record.date
        for record in found.records
        if record.date is not None and page.units[record.date].kind == "weak"
    ]
    if not weak:
        return []
    count = f"{len(weak)} entries" if len(weak) > 1 else "1 entry"
    message = f"{count} read without a date: the first says only “{page.units[weak[0]].text}”"
    return [_at(page, weak[0], message, "write the day with its year, if the date matters")]


def left_over(page: Page, found: Candidate) -> list[Problem]:
    """A problem where running text belongs to no entry."""
    lost = [
        at
        for at, role in enumerate(found.roles)
        if role == OTHER and page.known.looks[at].kind == "t" and is_prose(page.units[at].text)
    ]
    if not lost:
        return []
    more = f" (nor do {len(lost) - 1} more lines)" if len(lost) > 1 else ""
    return [_at(page, lost[0], f"{_NO_ENTRY}{more}", _NO_ENTRY_HINT)]


def _at(page: Page, at: int, message: str, hint: str) -> Problem:
    row = page.rows[page.units[at].row]
    return Problem(page.path, row.number, row.column, message, hint, row.raw[:_LONGEST_EXCERPT])


def roles_by_line(page: Page, found: Candidate) -> tuple[tuple[int, str], ...]:
    """What each row was taken for, by the number of its line."""
    names: dict[int, list[str]] = {row.number: [] for row in page.rows}
    categories = {_category_unit(page, found, record) for record in found.records}
    for at, (unit, role) in enumerate(zip(page.units, found.roles, strict=True)):
        name = _NAMES.get(role) or ("category" if at in categories else "ignored")
        told = names[page.rows[unit.row].number]
        if name not in told:
            told.append(name)
    return tuple(
        (number, " + ".join([name for name in told if name != "ignored"] or ["ignored"]))
        for number, told in sorted(names.items())
    )


def layout_of(page: Page, found: Candidate) -> str:
    """The name of the layout that a reading has: where its dates stand."""
    units = page.units
    titled = [record for record in found.records if record.title]
    dated = [(record, record.date) for record in titled if record.date is not None]
    if not dated:
        return "undated"
    if 2 * len(dated) < len(titled):
        return "mixed"
    half = len(dated) / 2
    same_row = sum(units[at].row == units[record.title[0]].row for record, at in dated) > half
    above = sum(at < record.title[0] for record, at in dated) > half
    beside_text = sum(
        bool(record.text) and units[at].row == units[record.text[0]].row for record, at in dated
    )
    if same_row:
        return "date-and-title" if above else "title-and-date"
    if above:
        return "dated-before"
    if found.order == "title-text-date":
        return "dated-last"
    return "title-and-dated-text" if beside_text > half else "dated-after"
