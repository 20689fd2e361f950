"""The lines of a file as the layouts see them: numbered, clean, with their gaps and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.cleaning import collapse, is_blank, split_lines
from tidings.core.listings.dates import may_be_date, read_stamp
from tidings.core.listings.finding import Found, find_dates
from tidings.core.listings.languages import is_english
from tidings.core.listings.names import Names, names_of
from tidings.core.listings.stamps import Broken, Dated, Stamp, order_of, settled

WIDEST_GAP: Final = 6  # blank lines; what is wider says no more than this
_MOST_THOROUGH: Final = 2_000  # different lines; more days than this no listing has
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d")
_SENTENCE_ENDS: Final = tuple(".!?:;…。”\"'’)»")
_MARK = re.compile(r"(?:[•◦▪‣●○■□►▶➢➤✓*+·]|[-–—]{1,2})\s+(?=[^\s*•-])")
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with something on it.

    `number` counts from 1 over all lines of the file, `column` is where the text starts, `gap`
    how many blank lines stand above (at most `WIDEST_GAP`, which the first line always has).
    `stamp` is set when the line is a date and nothing else. `mark` is the list or heading mark
    that the text begins with, `dates` are the full dates in the text behind it.
    """

    number: int
    column: int
    text: str
    gap: int
    stamp: Dated | Broken | None = None
    mark: str = ""
    dates: tuple[Found, ...] = ()
    detail: str = ""

    @property
    def bare(self) -> str:
        """The text without its mark."""
        return self.text[len(self.mark) :].lstrip() if self.mark else self.text


def read_lines(
    text: str,
    *,
    limit: int,
    language: str | None = None,
    date_order: str | None = None,
    names: Names | None = None,
) -> tuple[Line, ...] | None:
    """The lines of `text` that are not blank, their dates settled; None if more than `limit`.

    `language` and `date_order` settle numeric dates where the file's own do not.
    """
    names = names or names_of()
    lines: list[Line] = []
    stamps: list[Stamp | None] = []
    known: dict[str, tuple[str, Stamp | None, tuple[Found, ...]]] = {}
    last = 0
    for number, raw in enumerate(split_lines(text), start=1):
        if not raw or raw.isspace():
            continue
        shown = collapse(raw)
        if is_blank(shown):
            continue
        if len(lines) == limit:
            return None
        if shown not in known:
            known[shown] = _looked_at(shown, names, thorough=len(known) < _MOST_THOROUGH)
        mark, stamp, dates = known[shown]
        column = len(raw) - len(raw.lstrip()) + 1
        gap = min(number - last - 1, WIDEST_GAP) if lines else WIDEST_GAP
        lines.append(Line(number, column, shown, gap, None, mark, dates))
        stamps.append(stamp)
        last = number
    seen = [stamp for stamp in stamps if stamp]
    seen += [found.stamp for line in lines for found in line.dates]
    order = order_of(
        seen,
        is_english=is_english((line.text for line in lines), language),
        date_order=date_order,
    )
    dated = [
        line if stamp is None and not line.dates
        else replace(
            line,
            stamp=settled(stamp, order) if stamp else None,
            dates=tuple(
                Found(found.start, found.end, settled(found.stamp, order)) for found in line.dates
            ),
        )
        for line, stamp in zip(lines, stamps, strict=True)
    ]  # fmt: skip
    return _without_headings(_without_dates_in_sentences(dated))


def _looked_at(
    shown: str, names: Names, *, thorough: bool
) -> tuple[str, Stamp | None, tuple[Found, ...]]:
    """The mark, the stamp and the dates of a line."""
    heading = _HEADING.match(shown)
    match = heading or _MARK.match(shown)
    mark = match[0].rstrip() if match else ""
    bare = shown[len(mark) :].lstrip() if mark else shown
    if not any(character.isdigit() for character in bare):
        return mark, None, ()
    dates = find_dates(bare, names)
    stamp = None
    if may_be_date(bare):
        # A date among other words is no rare form of one: what is slow can be left out.
        stamp = read_stamp(bare, thorough=thorough and not dates, names=names)
    return mark, stamp, dates


def _without_dates_in_sentences(lines: Sequence[Line]) -> list[Line]:
    """Takes back dates that a hard-wrapped sentence happened to leave alone on a line.

    Only where the file's dates otherwise stand clear of the text above them.
    """
    clear = sum(line.gap > 0 for line in lines if line.stamp)
    tight = sum(line.gap == 0 for line in lines if line.stamp)
    if tight >= clear:
        return list(lines)
    kept = list(lines)
    for index in range(1, len(lines)):
        line, above = lines[index], lines[index - 1]
        if line.stamp is None or line.gap or above.stamp or above.text.endswith(_SENTENCE_ENDS):
            continue
        below = lines[index + 1] if index + 1 < len(lines) else None
        runs_on = below is not None and below.gap == 0 and below.text[:1].islower()
        if runs_on or line.text.endswith((".", ",")):
            kept[index] = replace(line, stamp=None)
    return kept


def _without_headings(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Leaves out years and months that stand as headings directly above a date."""
    kept: list[Line] = []
    for line in reversed(lines):
        under = kept[-1] if kept else None
        over_a_date = under is not None and under.stamp is not None
        heads = (isinstance(line.stamp, Broken) and line.stamp.heads) or (
            line.stamp is None and _YEAR_ALONE.fullmatch(line.text) is not None
        )
        if not (over_a_date and heads):
            kept.append(line)
    return tuple(reversed(kept))
