"""The rows of a file as they stand there: numbered, clean, with mark, gap, link and dates found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from tidings.core.listings.dates import (
    UNKNOWN,
    Broken,
    Dated,
    Found,
    find_dates,
    find_short,
    may_be_date,
    order_of,
    other_languages,
    read_stamp,
    settled,
    short_order_of,
)
from tidings.core.listings.instants import moved
from tidings.core.listings.languages import (
    Names,
    find_alike,
    find_unknown,
    find_vague,
    form_of,
    is_english,
    looks_like_days,
)
from tidings.core.listings.pasted import listing_lines, without_names
from tidings.core.listings.text import (
    collapse,
    columns,
    is_aside,
    is_blank,
    is_more,
    is_unspaced,
    split_lines,
)

WIDEST_GAP: Final = 6  # blank lines; what is wider says no more than this
_MOST_THOROUGH: Final = 2_000  # different lines; more days than this no listing has
_COLUMN: Final = 3  # different dates
_SHORT_PART: Final = 14  # characters of a month, a day or a year on a row of its own

Link = Literal["", "pure", "has", "picture"]

_MARK = re.compile(
    r"(?:(?P<head>#{1,6})\s+|(?P<list>[*+·]|[-–—]{1,2})\s+(?=[^\s*•-])|(?P<sign>[•◦▪‣●○■□►▶➢➤✓◆◇❖★☆✔☞♦◉◎※→∙⁃❯])\s*(?=\w|[\"“„«(\[])"
    r"|(?P<number>\(?\d{1,3}[.)])\s+(?=\S)|(?P<quote>>+)\s+)"
)
_ESCAPE = re.compile(r"\\(?=[-+.*_#\[\]()!>`~|])")  # as converters to markdown write
_CLOCK_AHEAD = re.compile(r"\d{1,2}[:.h]\d{2}(?:\s?[–-]\s?\d{1,2}[:.h]\d{2})?(?=\s+[–—|-]?\s*\S)")
_LINK = re.compile(
    r"(?P<picture>!?)\[(?P<text>(?:[^\[\]]++|\[[^\[\]]*+\])*+)\]\((?P<url>[^()\s]+)(?:\s+\"[^\"]*\")?\)"
)
_EMPHASIS = re.compile(r"(\*\*|__)(?=[^\s*_])([^*_]+)(?<=[^\s*_])\1")
_WHOLE_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(?=\S)(.+)(?<=\S)\1")
_EMPHASES: Final = ("*", "_")
_BOLD_LEAD = re.compile(r"(?:\*\*|__)(?=\S)([^*_]+)(?<=\S)(?:\*\*|__)(?=[\s:.–—-]+\S)")
_PICTURE_LEAD = re.compile(
    r"[\[(]?[\w%-]{1,60}\.(?:jpe?g|png|gif|webp|svg)[\])]?(?=\s+\S)", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEARS_WITHIN: Final = 60  # characters: further on a year is no heading's, and no column's
_DIGIT = re.compile(r"\d")
_CELL = re.compile(r"\t+| {3,}")


@dataclass(frozen=True, slots=True)
class Row:
    """A line with something on it.

    `number` counts from 1 over all lines of the file, `column` is where the text starts, `gap` how
    many blank lines stand above (at most `WIDEST_GAP`, which the first row always has). `raw` is
    the line with its white space collapsed, `text` the same without `mark` (of a list, a heading, a
    quotation), link syntax and emphasis; `url` is its first link's address. `cells` are where in
    `text` a tab or a run of blanks parts it, `lead` is where a link or bold words at its start end,
    `dates` where full dates stand in it, `weak` where
    marks of time stand that name no day.
    """

    number: int
    column: int
    gap: int
    raw: str
    text: str
    mark: str = ""
    link: Link = ""
    url: str = ""
    cells: tuple[int, ...] = ()
    lead: int = 0
    dates: tuple[Found, ...] = ()
    weak: tuple[tuple[int, int], ...] = ()


class _Looks(NamedTuple):
    """What a row says wherever it stands."""

    raw: str
    text: str
    mark: str
    link: Link
    url: str
    cells: tuple[int, ...]
    lead: int
    dates: tuple[Found, ...]
    weak: tuple[tuple[int, int], ...]


def read_rows(
    text: str,
    *,
    limit: int,
    language: str | None,
    date_order: str | None,
    names: Names,
    zone: ZoneInfo | None = None,
) -> tuple[Row, ...] | None:
    """The rows of `text`, their dates settled, instants as days of the `zone`; None if there are
    more than `limit`.

    `language` and `date_order` settle numeric dates where the file's own do not. Months are looked
    for in `names`, and in the language whose months the file has if that is another.
    """
    lines = without_names(
        listing_lines(
            split_lines(text), lambda line: bool(find_dates(line, names) or find_short(line, names))
        )
    )
    rows = _read(lines, limit, names)
    if rows is None:
        return None
    unread = [row.raw for row in rows if not any(map(_is_read, row.dates))]
    if more := other_languages(unread, (row.raw for row in rows if row.dates), names):
        names = names.also(more)
        rows = _read(lines, limit, names) or rows
    return _settled(_unknown(_clocked(_stacked(rows, names))), language, date_order, zone)


def unmarked(text: str, names: Names) -> tuple[str, str]:
    """A text without its mark, its links and its emphasis; and the address of its first link."""
    looks = _looked_at(text, names, thorough=False)
    return looks.text, looks.url


def _read(lines: Sequence[str | None], limit: int, names: Names) -> list[Row] | None:
    """The rows with their dates as found; None if there are more than `limit`."""
    rows: list[Row] = []
    known: dict[str, _Looks] = {}
    last = 0
    for number, line in enumerate(lines, start=1):
        if line is None:
            last += 1  # as if it stood nowhere: it makes no gap
            continue
        if not line or line.isspace() or is_blank(collapse(line)):
            continue
        if len(rows) == limit:
            return None
        column = len(line) - len(line.lstrip()) + 1
        gap = min(number - last - 1, WIDEST_GAP) if rows else WIDEST_GAP
        key = line.strip()
        if key not in known:
            known[key] = _looked_at(key, names, thorough=len(known) < _MOST_THOROUGH)
        rows.append(Row(number, column, gap, *known[key]))
        last = number
    return rows


def _clocked(rows: Sequence[Row]) -> list[Row]:
    """The rows, those that a clock begins with that marked, if there are several."""
    found = {
        at: match.end()
        for at, row in enumerate(rows)
        if not row.dates and not row.weak and (match := _CLOCK_AHEAD.match(row.text))
    }
    if len(found) < _COLUMN:
        return list(rows)
    return [
        replace(row, weak=((0, found[at]),)) if at in found else row for at, row in enumerate(rows)
    ]


def _unknown(rows: Sequence[Row]) -> list[Row]:
    """The rows, those marked as having a date that cannot be read that have one of which nothing
    is known: it looks like those of other rows, or there is a column of such and no others."""
    read = [any(map(_is_read, row.dates)) for row in rows]
    forms = Counter(form_of(row.text[f.start : f.end]) for row in rows for f in row.dates)
    usual = frozenset(form for form, often in forms.items() if often >= _COLUMN)
    alike: dict[int, tuple[int, int]] = {}
    others: dict[int, tuple[int, int]] = {}
    for at, row in enumerate(rows):
        if not row.dates and (place := find_alike(row.text, usual)):
            alike[at] = place
        elif not read[at] and (place := find_unknown(row.text)):
            others[at] = place
    told = {rows[at].text[start:end] for at, (start, end) in others.items()}
    if len(told) >= _COLUMN and sum(read) < len(others) and looks_like_days(told):
        alike |= others
    return [
        replace(row, dates=(Found(*alike[at], UNKNOWN),), weak=()) if at in alike else row
        for at, row in enumerate(rows)
    ]


def _is_read(found: Found) -> bool:
    return not isinstance(found.stamp, Broken)


def _looked_at(line: str, names: Names, *, thorough: bool) -> _Looks:
    line = _ESCAPE.sub("", line) if "\\" in line else line
    apart = "\t" in line or "   " in line
    cells = [collapse(cell) for cell in _CELL.split(line)] if apart else [collapse(line)]
    raw = " ".join(cell for cell in cells if cell)
    mark, bare = _without_mark(raw, names)
    if mark.startswith("#"):
        bare = bare.rstrip("#").rstrip()
    plain, link, url = _without_links(bare)
    lead = _lead_of(bare)
    plain = _EMPHASIS.sub(r"\2", plain) if "**" in plain or "__" in plain else plain
    while plain[:1] in _EMPHASES and (whole := _WHOLE_EMPHASIS.fullmatch(plain)):
        if not any(sign.isalnum() for sign in plain):
            break
        plain = whole[2]
    cuts = _cuts(cells, plain)
    if 0 < lead < len(plain):
        cuts = tuple(sorted({lead, *cuts}))
    dates, weak = _dates_of_cells(plain, cuts, names, thorough=thorough)
    return _Looks(raw, plain, mark, link, url, cuts, _lead(bare, plain), dates, weak)


def _lead(bare: str, plain: str) -> int:
    """Where the link or the bold words end that a row begins with; 0 if it does with neither."""
    found = _LINK.match(bare) or _EMPHASIS.match(bare) if bare[:1] in "[*_" else None
    words = collapse(found["text"] if "text" in found.groupdict() else found[2]) if found else ""
    return len(words) if plain.startswith(words) and len(words) < len(plain) else 0


def _lead_of(text: str) -> int:
    """How many characters of the plain text are set off in front: in bold, or as a picture's name;
    0 if none are."""
    if text[:1] in _EMPHASES and (match := _BOLD_LEAD.match(text)):
        return len(_without_links(match[1])[0])
    match = _PICTURE_LEAD.match(text)
    return match.end() if match else 0


def _without_mark(raw: str, names: Names) -> tuple[str, str]:
    """The mark of a list, a heading or a quotation, and the text behind it."""
    found = _MARK.match(raw)
    if found is None:
        return "", raw
    if found["number"]:
        dates = find_dates(raw, names)
        if dates and dates[0].start < found.end():
            return "", raw  # "19. září 2024" is no number 19
    mark, bare = found[0].rstrip(), raw[found.end() :]
    inner = _MARK.match(bare)
    if inner and inner["head"]:
        mark, bare = inner[0].rstrip(), bare[inner.end() :]
    return mark, bare


def _cuts(cells: Sequence[str], text: str) -> tuple[int, ...]:
    """Where in `text` the cells of a row after the first begin."""
    cuts: list[int] = []
    at = 0
    for cell in cells[1:]:
        at = text.find(cell, at) if cell else -1
        if at < 0:
            return tuple(cuts)
        if at:
            cuts.append(at)
        at += len(cell)
    return tuple(cuts)


def _without_links(text: str) -> tuple[str, Link, str]:
    """The text with the words of links in place of their syntax; how much is link, the address."""
    if "](" not in text:
        return text, "", ""
    found = list(_LINK.finditer(text))
    if not found:
        return text, "", ""
    words = collapse(_LINK.sub(lambda link: "" if link["picture"] else link["text"], text))
    rest = collapse(_LINK.sub("", text)).strip(" |·•,;-–—")
    url = next((link["url"] for link in found if not link["picture"]), found[0]["url"])
    if not any(sign.isalnum() for sign in words):
        return "", "picture", url
    return words, "has" if any(sign.isalnum() for sign in rest) else "pure", url


def _dates_of_cells(
    text: str, cuts: Sequence[int], names: Names, *, thorough: bool
) -> tuple[tuple[Found, ...], tuple[tuple[int, int], ...]]:
    """The dates of a text, none of which reaches from one cell into another."""
    dates: list[Found] = []
    weak: list[tuple[int, int]] = []
    for start, end in pairwise((0, *cuts, len(text))):
        inside = text[start:end].rstrip()
        found, marks = _dates_in(inside, names, thorough=thorough)
        dates += [Found(each.start + start, each.end + start, each.stamp) for each in found]
        weak += [(first + start, last + start) for first, last in marks]
    return tuple(dates), () if dates else tuple(weak)


def _dates_in(
    text: str, names: Names, *, thorough: bool
) -> tuple[tuple[Found, ...], tuple[tuple[int, int], ...]]:
    """The full dates in a text, and the marks of time that are none."""
    if not _DIGIT.search(text):
        return (), find_vague(text, names)
    dates = find_dates(text, names) or find_short(text, names)
    if dates:
        return dates, ()
    if weak := find_vague(text, names):
        return (), weak
    # What is meant as a date and is none (a slip in a month's name) starts an entry all the same.
    # Rare forms are slow to read: a very long file does without.
    stamp = read_stamp(text, thorough=thorough, names=names) if may_be_date(text) else None
    if isinstance(stamp, Broken) and stamp.heads:
        return (), ((0, len(text)),)
    return ((Found(0, len(text), stamp),), ()) if stamp else ((), ())


def _settled(
    rows: Sequence[Row], language: str | None, date_order: str | None, zone: ZoneInfo | None
) -> tuple[Row, ...]:
    """The rows with their numeric dates read by the order that the file gives."""
    stamps = [found.stamp for row in rows for found in row.dates]
    english = is_english((row.text for row in rows), language)
    order = order_of(stamps, is_english=english, date_order=date_order)
    years = {int(year) for row in rows for year in _YEAR.findall(row.text[:_YEARS_WITHIN])}
    short = short_order_of(stamps, order, years, is_english=english)
    told = list(rows)
    for at, row in enumerate(rows):
        stamps = [_in_zone(settled(found.stamp, order, short), zone) for found in row.dates]
        if any(stamp is not found.stamp for stamp, found in zip(stamps, row.dates, strict=True)):
            dates = [Found(f.start, f.end, s) for f, s in zip(row.dates, stamps, strict=True)]
            told[at] = replace(row, dates=tuple(dates))
    return tuple(told)


def _in_zone(stamp: Dated | Broken, zone: ZoneInfo | None) -> Dated | Broken:
    """An instant as the day that it is in the zone."""
    if isinstance(stamp, Dated) and stamp.clock:
        return Dated(moved(stamp.day, stamp.clock, zone))
    return stamp


def _stacked(rows: Sequence[Row], names: Names) -> list[Row]:
    """Rows with a month, a day and a year below one another as one row each, if that comes more
    than once."""
    kept: list[Row] = []
    at = made = 0
    while at < len(rows):
        for size in (3, 2) if _may_be_stacked(rows[at]) else ():
            if row := _one_date(rows[at : at + size], names, size):
                kept.append(row)
                made += 1
                break
        else:
            size = 1
            kept.append(rows[at])
        at += size
    return kept if made > 1 else list(rows)


def _may_be_stacked(row: Row) -> bool:
    return not row.dates and len(row.text) <= _SHORT_PART


def _one_date(parts: Sequence[Row], names: Names, size: int) -> Row | None:
    """These rows as one row with a date; None if they are none."""
    if len(parts) < size or not all(map(_may_be_stacked, parts)):
        return None
    if any(row.gap > 1 for row in parts[1:]):
        return None
    for joint in (" ", ".", "/"):
        text = joint.join(row.text.strip(".,/") for row in parts)
        found = find_dates(text, names)
        if found and (found[0].start, found[0].end) == (0, len(text)):
            return replace(parts[0], raw=text, text=text, cells=(), dates=found, weak=())
    return None


# --- Text that was wrapped at a fixed width -------------------------------------------------------

_NARROWEST_PAGE: Final = 40
_WIDEST_PAGE: Final = 110  # characters; beyond this nobody wraps by hand or by `fold`
_FEWEST_CUTS: Final = 3
_WORD_OF_UNSPACED: Final = 6  # characters, where no blank ends a word
_SHARE_OF_CUTS: Final = 0.6


def unwrapped(rows: Sequence[Row]) -> tuple[Row, ...]:
    """`rows` with wrapped ones joined, if the file as a whole is wrapped at a fixed width.

    A break was made by wrapping when the first word below would not have fitted above; any
    other break was made by a person and stays.
    """
    wrapped = wrapped_rows(rows)
    neighbours = sum(_adjoin(above, row) for above, row in pairwise(rows))
    if len(wrapped) < max(_FEWEST_CUTS, _SHARE_OF_CUTS * neighbours):
        return tuple(rows)
    runs: list[list[Row]] = []
    for at, row in enumerate(rows):
        if at in wrapped:
            runs[-1].append(row)
        else:
            runs.append([row])
    return tuple(_joined(run) for run in runs)


def wrapped_rows(rows: Sequence[Row]) -> frozenset[int]:
    """The rows, by their place, whose first word would not have fitted on the row above: there a
    line may have been wrapped. None where the file is wider than any page."""
    width = max((_reach(row) for row in rows if not is_date_alone(row)), default=0)
    if not _NARROWEST_PAGE <= width <= _WIDEST_PAGE:
        return frozenset()
    return frozenset(
        at + 1
        for at, (above, row) in enumerate(pairwise(rows))
        if _adjoin(above, row) and _was_full(above, row, width)
    )


def is_date_alone(row: Row) -> bool:
    """True for a row with a date and nothing else."""
    return bool(row.dates) and (row.dates[0].start, row.dates[0].end) == (0, len(row.text))


def _joined(run: Sequence[Row]) -> Row:
    """One row of a run: its texts joined, the dates of all moved to where they now stand."""
    if len(run) == 1:
        return run[0]
    dates, reached = list(run[0].dates), len(run[0].text)
    for row in run[1:]:
        shift = reached + 1
        dates += [Found(found.start + shift, found.end + shift, found.stamp) for found in row.dates]
        reached += 1 + len(row.text)
    return replace(
        run[0],
        raw=" ".join(row.raw for row in run),
        text=" ".join(row.text for row in run),
        dates=tuple(dates),
        url=next((row.url for row in run if row.url), ""),
    )


def _adjoin(above: Row, row: Row) -> bool:
    # The lines of a wrapped heading may all have its mark.
    begins = bool(row.mark) and not (row.mark[0] == "#" and row.mark == above.mark)
    begins = begins or is_date_alone(row) or row.weak == ((0, len(row.text)),)
    # A date in front of both begins both, one behind both ends both; by itself it may have been
    # wrapped to there.
    begins = begins or any(place(above) and place(row) for place in (_begins_dated, _ends_dated))
    begins = begins or bool(above.cells) or is_aside(row.text) or is_more(row.text)
    return row.gap == 0 and not begins and not is_date_alone(above)


def _begins_dated(row: Row) -> bool:
    marks = [found.start for found in row.dates] or [start for start, _ in row.weak]
    return marks[:1] == [0]


def _ends_dated(row: Row) -> bool:
    return bool(row.dates) and not any(map(str.isalnum, row.text[row.dates[-1].end :]))


def _reach(row: Row) -> int:
    return row.column - 1 + columns(row.raw)


def _was_full(above: Row, row: Row, width: int) -> bool:
    """True if the first word, or signs of a script without spaces, would not have fitted above."""
    word = row.raw.split(" ", 1)[0]
    unspaced = is_unspaced(word[0])
    word = word[:_WORD_OF_UNSPACED] if unspaced else f" {word}"
    return _reach(above) + columns(word) > width
