"""The units of a file: its rows, cut where one of them may say several things.

A unit is the smallest part that has one role: a date, a title, a part of a text, something else.
Cutting too much costs little, since parts of a row that get the same role are joined again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
_BAR = re.compile(r"\s[¦•·]\s|\s?[|│]\s?")
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
_ENDS: Final = (
    re.compile(rf"(?<=[^\s(\[])(?P<cut>\s*{_BRACKETS})$"),
    re.compile(rf"^{_BRACKETS}(?P<cut>\s?)(?=[^\s)\]])"),
    re.compile(r"^(?:#|[Nn][ro°º]\.?\s?)?(?!(?:19|20)\d\d\b)\d{1,5}(?P<cut>\s?[:|–—-]\s)(?=\S)"),
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
    for refine in (
        _at_leads, _at_labels, _at_ends, _at_constants, _at_few_values, _at_capitals,
    ):  # fmt: skip
        pieces = refine(pieces, rows)
    return tuple(
        replace(unit, piece=piece, pieces=len(row_pieces))
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
        places = [(match.start(), match.end()) for match in _BAR.finditer(piece.text)]
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


def _alike(pieces: _Pieces, rows: Sequence[Row]) -> Iterator[list[tuple[int, int]]]:
    """Places (row, piece) of pieces of text of the same shape, where there are enough of them."""
    shapes: dict[tuple[str, str, int, int], list[tuple[int, int]]] = defaultdict(list)
    for number, row_pieces in enumerate(pieces):
        row = rows[number]
        for at, piece in enumerate(row_pieces):
            if piece.kind == "text":
                shapes[row.mark[:1], row.link, at, len(row_pieces)].append((number, at))
    yield from (places for places in shapes.values() if len(places) >= _FEWEST)


def _recut(pieces: _Pieces, rows: Sequence[Row], cuts: dict[tuple[int, int], int]) -> _Pieces:
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


def _at_leads(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts off the link, the bold words or the number that most pieces of a shape begin with: a
    number behind the same letters, such as "No. 12"."""
    cuts: dict[tuple[int, int], int] = {}
    for places in _alike(pieces, rows):
        found = [pieces[number][at] for number, at in places]
        marked = [_bold(rows[unit.row], unit) for unit in found]
        coded = [_CODE.match(unit.text) for unit in found]
        # The same "number" in all of them is a name that ends in one.
        kinds = len({code[0] for code in coded if code})
        series = Counter(code["series"] for code in coded if code and kinds > 1)
        ends = [
            unit.start + code.end() if code else 0 for unit, code in zip(found, coded, strict=True)
        ]
        for bounds, often in (
            (marked, sum(map(bool, marked))),
            (ends, max(series.values(), default=0)),
        ):
            if often >= max(_FEWEST, _CONSTANT * len(found)):
                for place, bound in zip(places, bounds, strict=True):
                    if bound:
                        cuts.setdefault(place, bound)
    return _recut(pieces, rows, cuts)


def _bold(row: Row, unit: Unit) -> int:
    """Where the link or the bold words end that a unit begins with; 0 if it does with neither."""
    return row.lead if unit.start < row.lead < unit.end else 0


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
    cuts = {place: match.end() for place, match in named.items() if match[1].casefold() in fields}
    return _recut(
        pieces, rows, {place: pieces[place[0]][0].start + end for place, end in cuts.items()}
    )


def _at_ends(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts off what most pieces of a shape have in brackets in front or behind ("(PDF)", "[12]"),
    or a number in front of a mark."""
    dated = sum(bool(row.dates) for row in rows) or len(rows)
    for form in _ENDS:
        cuts: dict[tuple[int, int], int] = {}
        for places in _alike(pieces, rows):
            texts = [pieces[number][at].text for number, at in places]
            found = [form.search(text) for text in texts]
            often = sum(match is not None for match in found)
            if often < max(_FEWEST, _CONSTANT * min(len(found), max(dated, _FEWEST))):
                continue
            for (number, at), match in zip(places, found, strict=True):
                if match:
                    cuts[number, at] = pieces[number][at].start + match.start("cut")
        pieces = _recut(pieces, rows, cuts)
    return pieces


def _at_constants(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts off the words that most pieces of a shape begin or end with, beside a separator."""
    cuts: dict[tuple[int, int], int] = {}
    dated = sum(bool(row.dates) for row in rows) or len(rows)
    for places in _alike(pieces, rows):
        found = [pieces[number][at] for number, at in places]
        ways = [
            [_constant(unit, words, tail=tail) for unit in found]
            for words in range(_CONSTANT_WORDS, 0, -1)
            for tail in (True, False)
        ]
        for bounds in [*ways, [_last_words(unit) for unit in found]]:
            often = Counter(text for text, _ in bounds if text)
            if not often:
                continue
            text, count = often.most_common(1)[0]
            if count < max(_FEWEST, _CONSTANT * min(len(found), max(dated, _FEWEST))):
                continue
            for place, (own, bound) in zip(places, bounds, strict=True):
                if own == text:
                    cuts.setdefault(place, bound)
    return _recut(pieces, rows, cuts)


def _last_words(unit: Unit) -> tuple[str, int]:
    """The words behind the last stop within a unit, and where they begin; "" if they are many."""
    stops = list(_STOP.finditer(unit.text, max(0, len(unit.text) - _LABEL - 3)))
    if not stops or stops[-1].start() < len(unit.text) / 2:
        return "", 0  # as behind an abbreviation
    bound = stops[-1].end()
    return unit.text[bound:], unit.start + bound


def _constant(unit: Unit, words: int, *, tail: bool) -> tuple[str, int]:
    """The first or last words of a unit, any number counting as the same, and where they part from
    the rest; "" if there is no separator."""
    parts = unit.text.split(" ")
    if len(parts) <= words:
        return "", 0
    if tail:
        text = " ".join(parts[-words:])
        bound = unit.end - len(text)
        beside = unit.text[: len(unit.text) - len(text)].rstrip()[-1:]
        apart = text[0] in "([" or (beside and beside in _TOUCHING.replace(":", ""))
        return (_DIGITS.sub("0", text), bound) if apart else ("", 0)
    text = " ".join(parts[:words])
    mark = text[-1:] if text[-1:] in ",|" else parts[words][:1]
    ends = text[-1:] in ")]" or (mark in "|–—-·/([," and mark != "")
    return (_DIGITS.sub("0", text), unit.start + len(text)) if ends and parts[words] else ("", 0)


def _at_few_values(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts at a mark that stands in most pieces of a shape and has few different words beside it,
    such as categories."""
    cuts: dict[tuple[int, int], int] = {}
    dated = sum(bool(row.dates) for row in rows) or len(rows)
    for places in _alike(pieces, rows):
        found = [pieces[number][at] for number, at in places]
        for mark in _WORD_MARKS:
            # Brackets tell by themselves: where they stand need not be in every row.
            whole = min(len(found), dated) if mark == "] " else len(found)
            for last in (False, True):
                parts = [_beside(unit.text, mark, last=last) for unit in found]
                values = [value for value, _ in parts if value]
                if len(values) < max(_FEWEST, _MOSTLY * whole):
                    continue
                if len(set(values)) > _FEW_VALUES * len(values):
                    continue
                for place, unit, (value, at) in zip(places, found, parts, strict=True):
                    if value:
                        cuts.setdefault(place, unit.start + at)
    return _recut(pieces, rows, cuts)


def _beside(text: str, mark: str, *, last: bool) -> tuple[str, int]:
    """The label before the first such mark, or behind the last, and where the mark stands. A blank
    is such a mark only among signs that are written without."""
    if mark == " " and (last or not mostly_unspaced(text)):
        return "", 0
    at = text.rfind(mark) if last else text.find(mark)
    if at <= 0:
        return "", 0
    value = (text[at + len(mark) :] if last else text[:at]).strip()
    return (value, at) if _is_label(value) else ("", 0)


def _at_capitals(pieces: _Pieces, rows: Sequence[Row]) -> _Pieces:
    """Cuts off the words in capitals that most pieces of a shape begin with."""
    cuts: dict[tuple[int, int], int] = {}
    for places in _alike(pieces, rows):
        found = [pieces[number][at] for number, at in places]
        heads = [_capitals(unit.text) for unit in found]
        values = [head for head in heads if head]
        if len(values) < max(_FEWEST, _CONSTANT * len(found)):
            continue
        if len(set(values)) > _CAPITALS * len(values):
            continue
        for place, unit, head in zip(places, found, heads, strict=True):
            if head:
                cuts.setdefault(place, unit.start + len(head))
    return _recut(pieces, rows, cuts)


def _capitals(text: str) -> str:
    """The words in capitals that a text begins with, if lower case follows."""
    words = text.split(" ")
    count = 0
    while count < len(words) and words[count].isupper() and len(words[count]) > 1:
        count += 1
    return " ".join(words[:count]) if 0 < count < len(words) else ""
