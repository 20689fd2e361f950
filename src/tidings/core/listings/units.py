"""The units of a file: its rows, cut where one of them may say several things.

A unit is the smallest part that has one role: a date, a title, a part of a text, something else.
Cutting too much costs little, since parts of a row that get the same role are joined again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Final, Literal

from tidings.core.listings.dates import Broken, Dated, Stamp
from tidings.core.listings.rows import Row
from tidings.core.listings.text import has_sentences, is_aside, mostly_unspaced

Kind = Literal["text", "date", "weak"]

# What is in this table only proposes where a row may be cut.
_LABEL: Final = 30  # characters
_LABEL_WORDS: Final = 4
_OFTEN: Final = 0.5  # of the rows with a date
_CONSTANT: Final = 0.6  # of the pieces of one shape end, or begin, alike
_CONSTANT_WORDS: Final = 4
_FEWEST: Final = 4
_FEW_VALUES: Final = 0.5  # different values among the pieces that a mark cuts off
_MOSTLY: Final = 0.7
_CAPITALS: Final = 0.85

_SEPARATORS: Final = " \t|│·•,;:–—-/»›<>~()[]{}*_#"
_TOUCHING: Final = "|│·•,;:–—-/»›()[]"
_TOUCHING_WORDS: Final = _TOUCHING.replace(":", "")
_BAR = re.compile(r"\s[¦•·]\s|\s?[|│]\s?")
_BAR_SIGN, _BRACKET_SIGN = re.compile("[¦•·|│]"), re.compile(r"[\[(（]")
_CODE = re.compile(  # not a year, which a title may begin with
    r"(?!(?:19|20)\d\d\W?\s)[(\[#№]?(?P<series>[^\W\d_]{1,6}(?:[.-] ?)?|[^\W\d_]{1,2} )?"
    r"\d[\w./:-]*[.:)\]]?(?=\s)"
)
_DIGITS = re.compile(r"\d+")
_FILE = re.compile(
    r"[\[(（](?:[^()\[\]（）]{0,12}[ ,:：])?(?:PDF|DOCX?|XLSX?|ZIP|MP3|CSV)(?![^\W\d_])"
    r"[^()\[\]（）]{0,24}[)\]）]",
    re.IGNORECASE,
)
_STOP = re.compile(r"(?:(?<![\s.]\w)[.!?…]['\"”’»)]?\s|[。！？।؟]['\"”’」』）]?\s?)(?=\S)")
_FIELD = re.compile(r"([^\W\d_][^:\n]{1,24}?)\s?[:：]\s+(?=\S)")
_COLUMN: Final = 3
_BRACKETS = r"(?:\([^()]{1,30}\)|\[[^\[\]]{1,30}\]|（[^（）()]{1,30}[）)]|【[^【】]{1,30}】)"
# Each with what a text ends with that has it: the first is slow to look for.
_ENDS: Final = (
    (re.compile(rf"(?<=[^\s(\[])(?P<cut>\s*{_BRACKETS})$"), (")", "]", "）", "】")),
    (re.compile(rf"^{_BRACKETS}(?P<cut>\s?)(?=[^\s)\]])"), ("",)),
    (
        re.compile(
            r"^(?:#|[Nn][ro°º]\.?\s?)?(?!(?:19|20)\d\d\b)\d{1,5}(?P<cut>\s?[:|–—-]\s)(?=\S)"
        ),
        ("",),
    ),
)
_WORD_MARKS: Final = (" – ", " — ", " - ", " / ", " · ", " » ", " > ", "] ", " ")


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a row: `rows[row].text[start:end]` is `text`. `stamp` is what a date says; `piece`
    counts the units of its row from 0, of which there are `pieces`."""

    row: int
    start: int
    end: int
    text: str
    kind: Kind = "text"
    stamp: Dated | Broken | None = None
    piece: int = 0
    pieces: int = 1


def cut(rows: Sequence[Row]) -> tuple[Unit, ...]:
    """The units of these rows, in their order."""
    inside = _cuts_within(rows)
    pieces = [_at_dates(number, row, inside=inside) for number, row in enumerate(rows)]
    pieces = [_at_cells(rows, row_pieces) for row_pieces in pieces]
    pieces = _at_labels(_refined(pieces, rows, _at_leads), rows)
    for propose in (*starmap(_at_end, _ENDS), _at_constants, _at_few_values, _at_capitals):
        pieces = _refined(pieces, rows, propose)
    return tuple(
        replace(unit, piece=piece, pieces=len(row_pieces)) if len(row_pieces) > 1 else unit
        for row_pieces in pieces
        for piece, unit in enumerate(row_pieces)
    )


def _unit(row: Row, number: int, start: int, end: int) -> Unit | None:
    """The text between two places, without what only separates; None if there is nothing else."""
    text = row.text
    while start < end and text[start] in _SEPARATORS and not _opens(text, start, end):
        start += 1
    while end > start and text[end - 1] in _SEPARATORS and not _closes(text, start, end):
        end -= 1
    if not any(sign.isalnum() for sign in text[start:end]):
        return None
    return Unit(number, start, end, text[start:end])


def _opens(text: str, start: int, end: int) -> bool:
    """True for a bracket or a quote that is closed within, and belongs to the words."""
    pairs = {"(": ")", "[": "]", "{": "}", "«": "»", "»": "«", "›": "‹"}
    closing = pairs.get(text[start])
    return closing is not None and closing in text[start:end]


def _closes(text: str, start: int, end: int) -> bool:
    opening = {")": "(", "]": "[", "}": "{", "»": "«", "«": "»", "‹": "›"}.get(text[end - 1])
    return opening is not None and opening in text[start:end]


def _is_label(text: str) -> bool:
    return len(text) <= _LABEL and len(text.split()) <= _LABEL_WORDS


# --- At dates -------------------------------------------------------------------------------------


def _cuts_within(rows: Sequence[Row]) -> bool:
    """Whether dates in the middle of a row part it: most of the rows that have one are such."""
    dated = [row for row in rows if row.dates]
    within = sum(
        bool(row.text[: row.dates[0].start].strip(_SEPARATORS))
        and bool(row.text[row.dates[0].end :].strip(_SEPARATORS))
        for row in dated
    )
    return within >= _FEWEST and within >= _OFTEN * len(dated)


def _at_dates(number: int, row: Row, *, inside: bool) -> list[Unit]:
    """The pieces of a row: its dates, and what stands before, between and behind them."""
    pieces: list[Unit] = []
    at = 0
    marks: list[tuple[int, int, Stamp | None]] = [
        (found.start, found.end, found.stamp) for found in row.dates
    ]
    marks += [(start, end, None) for start, end in row.weak]
    for start, end, stamp in marks:
        if start < at or not _parts(row.text, at, start, end, inside=inside):
            continue
        pieces += _before(row, number, at, start, end)
        kind: Kind = "date" if stamp else "weak"
        known = stamp if isinstance(stamp, Dated | Broken) else None
        pieces.append(Unit(number, start, end, row.text[start:end], kind, known))
        at = end
    if rest := _unit(row, number, at, len(row.text)):
        pieces.append(rest)
    return pieces or [Unit(number, 0, len(row.text), row.text)]


def _before(row: Row, number: int, at: int, start: int, end: int) -> list[Unit]:
    """What stands in front of a date; of brackets around the date that is what stands in them, and
    what stands in front of them."""
    opens = row.text.rfind("(", at, start)
    places = [(at, start)]
    if opens > at and ")" not in row.text[opens:start] and ")" in row.text[end:]:
        places = [(at, opens), (opens + 1, start)]
    return [unit for place in places if (unit := _unit(row, number, *place))]


def _parts(text: str, at: int, start: int, end: int, *, inside: bool) -> bool:
    """Whether a date parts its row: it stands at an end of it, or apart from what is beside it."""
    before, after = text[at:start], text[end:]
    left, right = before.strip(_SEPARATORS), after.strip(_SEPARATORS)
    if not left or not right or inside:
        return True
    if has_sentences(left) and not _is_label(right):
        return False  # it stands within running text
    touched = before.rstrip()[-1:] in _TOUCHING or after.lstrip()[:1] in _TOUCHING
    return touched or (_is_label(left) and _is_label(right))


# --- At bars, tabs and runs of blanks -------------------------------------------------------------


def _at_cells(rows: Sequence[Row], pieces: Sequence[Unit]) -> list[Unit]:
    """Pieces of text cut at bars, and where a tab or a run of blanks stood."""
    cut: list[Unit] = []
    for piece in pieces:
        row = rows[piece.row]
        if piece.kind != "text":
            cut.append(piece)
            continue
        places = []
        if _BAR_SIGN.search(piece.text):
            places += [(match.start(), match.end()) for match in _BAR.finditer(piece.text)]
        if _BRACKET_SIGN.search(piece.text):
            places += [(match.start(), match.start()) for match in _FILE.finditer(piece.text)]
        places = [(piece.start + start, piece.start + end) for start, end in places]
        places += [(cell, cell) for cell in row.cells if piece.start < cell < piece.end]
        cut += _cut_at(row, piece, sorted(places))
    return cut


def _cut_at(row: Row, piece: Unit, places: Sequence[tuple[int, int]]) -> list[Unit]:
    bounds = [piece.start, *(bound for place in places for bound in place), piece.end]
    found = (
        _unit(row, piece.row, start, end)
        for start, end in zip(bounds[::2], bounds[1::2], strict=True)
    )
    return [unit for unit in found if unit] or [piece]


# --- At what comes again --------------------------------------------------------------------------

_Pieces = list[list[Unit]]
# For each of some units what may be cut off, "" if nothing, and where it parts from the rest.
_Proposal = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Alike:
    """Pieces of text of the same shape; `dated` is how many rows of the file have a date."""

    units: Sequence[Unit]
    rows: Sequence[Row]
    dated: int

    @property
    def enough(self) -> float:
        """How many of them have to begin or end alike. Where most rows are parts of texts, as many
        as there are dates will do."""
        return max(_FEWEST, _CONSTANT * min(len(self.units), max(self.dated, _FEWEST)))


def _refined(
    pieces: _Pieces, rows: Sequence[Row], propose: Callable[[_Alike], Iterator[_Proposal]]
) -> _Pieces:
    """The pieces, those of one shape cut where it is proposed for them; the first proposal counts
    for each."""
    shapes: dict[tuple[str, str, int, int], list[tuple[int, int]]] = defaultdict(list)
    for number, row_pieces in enumerate(pieces):
        row = rows[number]
        for at, piece in enumerate(row_pieces):
            if piece.kind == "text":
                shapes[row.mark[:1], row.link, at, len(row_pieces)].append((number, at))
    dated = sum(bool(row.dates) for row in rows) or len(rows)
    cuts: dict[tuple[int, int], int] = {}
    for places in shapes.values():
        if len(places) < _FEWEST:
            continue
        for proposal in propose(_Alike([pieces[n][at] for n, at in places], rows, dated)):
            for place, (value, bound) in zip(places, proposal, strict=True):
                if value:
                    cuts.setdefault(place, bound)
    return _recut(pieces, rows, cuts)


def _recut(pieces: _Pieces, rows: Sequence[Row], cuts: Mapping[tuple[int, int], int]) -> _Pieces:
    """The pieces with those at some places cut in two, each at a place in its row."""
    if not cuts:
        return pieces
    recut: _Pieces = []
    for number, row_pieces in enumerate(pieces):
        changed: list[Unit] = []
        for at, piece in enumerate(row_pieces):
            bound = cuts.get((number, at))
            changed += [piece] if bound is None else _cut_at(rows[number], piece, [(bound, bound)])
        recut.append(changed)
    return recut


def _at_leads(alike: _Alike) -> Iterator[_Proposal]:
    """Cuts off the link, the bold words or the number that most pieces of a shape begin with: a
    number behind the same letters, such as "No. 12"."""
    least = max(_FEWEST, _CONSTANT * len(alike.units))
    leads = [alike.rows[unit.row].lead for unit in alike.units]
    marked = [
        ("lead" if unit.start < lead < unit.end else "", lead)
        for unit, lead in zip(alike.units, leads, strict=True)
    ]
    if sum(bool(value) for value, _ in marked) >= least:
        yield marked
    coded = [_CODE.match(unit.text) for unit in alike.units]
    # The same "number" in all of them is a name that ends in one.
    kinds = len({code[0] for code in coded if code})
    series = Counter(code["series"] for code in coded if code and kinds > 1)
    if max(series.values(), default=0) >= least:
        yield [
            (code[0], unit.start + code.end()) if code else ("", 0)
            for unit, code in zip(alike.units, coded, strict=True)
        ]


def _at_labels(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts off the names of fields ("Title: ", "Summary: "), if two come again and again."""
    named = {
        (number, 0): match
        for number, row_pieces in enumerate(pieces)
        if (match := _FIELD.match(row_pieces[0].text)) and not is_aside(row_pieces[0].text)
    }
    often = Counter(match[1].casefold() for match in named.values())
    often.update(row[0].text.casefold().rstrip(" :") for row in pieces if len(row) > 1)
    least = max(_COLUMN, _MOSTLY * max(often.values(), default=0))
    fields = {name for name, count in often.items() if count >= least}
    if len(fields) < 2:
        return pieces
    cuts = {
        place: pieces[place[0]][0].start + match.end()
        for place, match in named.items()
        if match[1].casefold() in fields
    }
    return _recut(pieces, rows, cuts)


def _at_end(
    form: re.Pattern[str], last: tuple[str, ...]
) -> Callable[[_Alike], Iterator[_Proposal]]:
    """Cuts off what most pieces of a shape have in brackets in front or behind ("(PDF)", "[12]"),
    or a number in front of a mark."""

    def propose(alike: _Alike) -> Iterator[_Proposal]:
        found = [
            form.search(unit.text) if unit.text.endswith(last) else None for unit in alike.units
        ]
        if sum(match is not None for match in found) >= alike.enough:
            yield [
                ("end", unit.start + match.start("cut")) if match else ("", 0)
                for unit, match in zip(alike.units, found, strict=True)
            ]

    return propose


def _at_constants(alike: _Alike) -> Iterator[_Proposal]:
    """Cuts off the words that most pieces of a shape begin or end with, beside a separator."""
    parted = [(unit, unit.text.split(" ")) for unit in alike.units]
    ways = [
        [_constant(unit, parts, words, tail=tail) for unit, parts in parted]
        for words in range(_CONSTANT_WORDS, 0, -1)
        for tail in (True, False)
    ]
    for proposal in [*ways, [_last_words(unit) for unit in alike.units]]:
        often = Counter(text for text, _ in proposal if text)
        text, count = often.most_common(1)[0] if often else ("", 0)
        if count >= alike.enough:
            yield [(own if own == text else "", bound) for own, bound in proposal]


def _last_words(unit: Unit) -> tuple[str, int]:
    """The words behind the last stop within a unit, and where they begin; "" if they are many."""
    stops = list(_STOP.finditer(unit.text, max(0, len(unit.text) - _LABEL - 3)))
    if not stops or stops[-1].start() < len(unit.text) / 2:
        return "", 0  # as behind an abbreviation
    bound = stops[-1].end()
    return unit.text[bound:], unit.start + bound


def _constant(unit: Unit, parts: list[str], words: int, *, tail: bool) -> tuple[str, int]:
    """The first or last words of a unit, any number counting as the same, and where they part from
    the rest; "" if there is no separator. `parts` are its words."""
    if len(parts) <= words:
        return "", 0
    if tail:
        text = " ".join(parts[-words:])
        bound = unit.end - len(text)
        beside = unit.text[: len(unit.text) - len(text)].rstrip()[-1:]
        apart = text[0] in "([" or (beside and beside in _TOUCHING_WORDS)
        return (_DIGITS.sub("0", text), bound) if apart else ("", 0)
    text = " ".join(parts[:words])
    mark = text[-1:] if text[-1:] in ",|" else parts[words][:1]
    ends = text[-1:] in ")]" or (mark in "|–—-·/([," and mark != "")
    return (_DIGITS.sub("0", text), unit.start + len(text)) if ends and parts[words] else ("", 0)


def _at_few_values(alike: _Alike) -> Iterator[_Proposal]:
    """Cuts at a mark that stands in most pieces of a shape and has few different words beside it,
    such as categories."""
    count = len(alike.units)
    for mark in _WORD_MARKS:
        # Brackets tell by themselves: where they stand need not be in every row.
        whole = min(count, alike.dated) if mark == "] " else count
        if sum(mark in unit.text for unit in alike.units) < _MOSTLY * whole:
            continue
        for last in (False, True):
            proposal = [_beside(unit, mark, last=last) for unit in alike.units]
            if _few(proposal, _MOSTLY * whole, _FEW_VALUES):
                yield proposal


def _few(proposal: _Proposal, least: float, share: float) -> bool:
    """Whether many of the units have something to cut off, with few different values."""
    values = [value for value, _ in proposal if value]
    return len(values) >= max(_FEWEST, least) and len(set(values)) <= share * len(values)


def _beside(unit: Unit, mark: str, *, last: bool) -> tuple[str, int]:
    """The label before the first such mark, or behind the last, and where the mark stands. A blank
    is such a mark only among signs that are written without."""
    text = unit.text
    if mark == " " and (last or not mostly_unspaced(text)):
        return "", 0
    at = text.rfind(mark) if last else text.find(mark)
    value = (text[at + len(mark) :] if last else text[:at]).strip() if at > 0 else ""
    return (value, unit.start + at) if _is_label(value) else ("", 0)


def _at_capitals(alike: _Alike) -> Iterator[_Proposal]:
    """Cuts off the words in capitals that most pieces of a shape begin with."""
    heads = [_capitals(unit.text) for unit in alike.units]
    proposal = [
        (head, unit.start + len(head)) for unit, head in zip(alike.units, heads, strict=True)
    ]
    if _few(proposal, _CONSTANT * len(heads), _CAPITALS):
        yield proposal


def _capitals(text: str) -> str:
    """The words in capitals that a text begins with, if lower case follows."""
    words = text.split(" ")
    count = 0
    while count < len(words) and words[count].isupper() and len(words[count]) > 1:
        count += 1
    return " ".join(words[:count]) if 0 < count < len(words) else ""
