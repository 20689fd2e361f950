"""What can be seen of each unit of a file: the features by which its role is judged.

No word of a title is among them, only how a unit looks, where it stands, and how it compares with
the others. A feature is a short name; `weights` knows what each speaks for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from struct import unpack
from types import MappingProxyType
from typing import Final

from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import Row, wrapped_rows
from tidings.core.listings.text import (
    ends_a_sentence,
    has_sentences,
    is_aside,
    is_byline,
    is_heading,
    is_more,
    is_pager,
    is_path,
    is_rule,
    is_what_a_date_is,
    unspaced,
)
from tidings.core.listings.units import Unit

_FAR: Final = 6  # units: what is further off says no more than this
_BLOCK: Final = 4
_SAME_ROW: Final = -1


@dataclass(frozen=True, slots=True)
class Look:
    """How a unit looks by itself. `size` is its length in letters of an alphabet: a sign of a
    script without spaces counts for two. `gap` is -1 for what stands behind another unit. It is
    `wrapped` if its first word would not have fitted on the row above."""

    kind: str
    size: int
    words: int
    end: str
    start: str
    mark: str
    link: str
    gap: int
    column: int
    flags: tuple[str, ...]
    label: bool
    wrapped: bool

    @property
    def bucket(self) -> int:
        """The size in powers of two."""
        return self.size.bit_length()


def looks(rows: Sequence[Row], units: Sequence[Unit]) -> list[Look]:
    """How each unit looks."""
    first = min((row.column for row in rows), default=1)
    wraps = wrapped_rows(rows)
    return [
        _look(rows[unit.row], unit, first, wrapped=unit.row in wraps and unit.piece == 0)
        for unit in units
    ]


def _look(row: Row, unit: Unit, first: int, *, wrapped: bool) -> Look:
    size, words, end, start, flags = _of_text(unit.text, unit.kind)
    return Look(
        kind=unit.kind[0],
        size=size,
        words=words,
        end=end,
        start=start,
        mark=_mark(row.mark) if unit.piece == 0 else "",
        link=row.link,
        gap=row.gap if unit.piece == 0 else _SAME_ROW,
        column=min(12, row.column - first),
        flags=flags,
        label=size <= 45 and words <= 5 and end not in ".!?",
        wrapped=wrapped,
    )


def _mark(mark: str) -> str:
    if mark.startswith("#"):
        return mark
    return "1" if mark[:1] == "(" or mark[:1].isdigit() else mark[:1] and "*"


@lru_cache(maxsize=20_000)
def _of_text(text: str, kind: str) -> tuple[int, int, str, str, tuple[str, ...]]:
    wide = unspaced(text)
    size = len(text) + wide
    words = text.count(" ") + 1 + wide // 2
    last = text.rstrip("\"'”’»)]）」』 ")[-1:]
    end = "." if ends_a_sentence(text) else last if last in ",:;-" else "a"
    if end == "." and last in "?!…？！":
        end = {"…": "…", "?": "?", "？": "?"}.get(last, "!")
    if text.endswith("..."):
        end = "…"
    sign = text[:1]
    start = (
        "9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.islower()
        else "x" if sign.isalpha() else "'"
    )  # fmt: skip
    if start == "A" and len(text) > 3 and text.isupper():
        start = "AA"
    return size, words, end, start, () if kind != "text" else _flags(text, size)


def _flags(text: str, size: int) -> tuple[str, ...]:
    """What the words or the form of a text tell of it, whatever its place."""
    found = []
    if size <= 160:
        for name, test in _FLAGS:
            if test(text):
                found.append(name)
    if has_sentences(text):
        found.append("sentences")
    if any(sign.isdigit() for sign in text[:200]):
        found.append("digits")
    return tuple(found)


_MONTHS: Final = names_of().months
_FLAGS: Final = (
    ("more", is_more),
    ("pager", is_pager),
    ("rule", is_rule),
    ("aside", is_aside),
    ("byline", is_byline),
    ("path", is_path),
    ("dating", is_what_a_date_is),
    ("heading", lambda text: is_heading(text, _MONTHS)),
)


# --- The file as a whole --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileContext:
    """What is known of a file beside the looks of its units: for each unit the distances to the
    dates before and after it, its shape, its block; and the file's own habits."""

    looks: tuple[Look, ...]
    rows: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    shapes: tuple[Hashable, ...]
    blocks: tuple[tuple[int, int], ...]
    often: tuple[int, ...]
    dates: int
    style: str
    tight: str
    modal_gap: int


def context_of(rows: Sequence[Row], units: Sequence[Unit]) -> FileContext:
    """Look at all units of a file."""
    seen = looks(rows, units)
    marks = [index for index, look in enumerate(seen) if look.kind != "t"]
    before, after = _distances(seen)
    often = Counter(unit.text.casefold() for unit in units)
    shapes = [(look.kind, look.mark, look.gap, look.column, unit.piece, look.link)
              for look, unit in zip(seen, units, strict=True)]  # fmt: skip
    gaps = Counter(look.gap for look in seen[1:] if look.gap >= 0)
    return FileContext(
        looks=tuple(seen),
        rows=tuple(unit.row for unit in units),
        before=tuple(before),
        after=tuple(after),
        shapes=tuple(shapes),
        blocks=tuple(_blocks(seen)),
        often=tuple(often[unit.text.casefold()] for unit in units),
        dates=len(marks),
        style=_style(units, marks),
        tight=_tightness(seen, marks),
        modal_gap=gaps.most_common(1)[0][0] if gaps else 0,
    )


def _distances(seen: Sequence[Look]) -> tuple[list[int], list[int]]:
    """How many units above and below each the nearest date stands, at most `_FAR`."""
    ways = []
    for order in (range(len(seen)), range(len(seen) - 1, -1, -1)):
        found, far = [0] * len(seen), _FAR
        for index in order:
            found[index] = far
            far = 1 if seen[index].kind != "t" else min(_FAR, far + 1)
        ways.append(found)
    return ways[0], ways[1]


def _blocks(seen: Sequence[Look]) -> list[tuple[int, int]]:
    """For each unit the block between blank lines that it is in: from one unit up to another."""
    starts = [index for index, look in enumerate(seen) if index == 0 or look.gap > 0]
    bounds = [*starts[1:], len(seen)]
    return [
        (start, end) for start, end in zip(starts, bounds, strict=True) for _ in range(start, end)
    ]


def _style(units: Sequence[Unit], marks: Sequence[int]) -> str:
    """Where on their rows the dates mostly stand."""
    if not marks:
        return "none"
    ways = Counter(
        "alone" if units[m].pieces == 1
        else "start" if units[m].piece == 0
        else "end" if units[m].piece == units[m].pieces - 1
        else "mid"
        for m in marks
    )  # fmt: skip
    return ways.most_common(1)[0][0]


def _tightness(seen: Sequence[Look], marks: Sequence[int]) -> str:
    """Whether dates are nearer to what stands above or below them."""
    above = [max(0, seen[m].gap) for m in marks if m]
    below = [max(0, seen[m + 1].gap) for m in marks if m + 1 < len(seen)]
    if not above or not below:
        return "="
    difference = sum(above) / len(above) - sum(below) / len(below)
    return "<" if difference < -0.25 else ">" if difference > 0.25 else "="


def quarter(part: float, whole: float) -> int:
    """A share in quarters."""
    return int(4 * part / whole + 0.5) if whole else 0


def _figures(seen: Sequence[Look], members: Sequence[int], often: Sequence[int]) -> list[str]:
    """How the units of a set look on the whole."""
    count = len(members)
    sizes = [seen[m].size for m in members]
    ends = sum(seen[m].end in ".!?…" for m in members)
    more = sum("more" in seen[m].flags for m in members)
    return [
        f"l{(sum(sizes) // count).bit_length()}",
        f"e{quarter(ends, count)}",
        f"d{quarter(sum(often[m] == 1 for m in members), count)}",
        f"b{quarter(sum(seen[m].label for m in members), count)}",
        f"m{quarter(more, count)}",
        f"c{quarter(sum(seen[m].start == 'a' for m in members), count)}",
    ]


# --- Features -------------------------------------------------------------------------------------


# Some features of a unit: what stands in front of each name, and the names. Units share most of
# them.
Part = tuple[str, tuple[str, ...]]


def features(units: Sequence[Unit], known: FileContext) -> Iterator[list[str]]:
    """The features of each unit, one after the other: those of all are too many to keep."""
    for parts in feature_parts(units, known):
        yield [f"{front}{name}" for front, names in parts for name in names]


def feature_parts(units: Sequence[Unit], known: FileContext) -> Iterator[tuple[Part, ...]]:
    """The features of each unit in parts, so that what several share is looked up once."""
    seen = known.looks
    local = [_local(look) for look in seen]
    by_shape = _by(known.shapes, seen, known)
    texts = [look.kind == "t" for look in seen]
    above = _by(list(zip(texts, known.before, strict=True)), seen, known)
    below = _by(list(zip(texts, known.after, strict=True)), seen, known)
    whole = _whole(known)
    middle = median([look.size for look in seen if look.kind == "t"] or [0])
    kinds = f"---{''.join(look.kind for look in seen)}---"
    for index, unit in enumerate(units):
        parts: list[Part] = [
            ("", local[index]),
            ("", whole),
            ("", _place(index, unit, known)),
            ("", _compared(index, known, middle)),
            ("s", by_shape[index]),
            ("u", above[index]),
            ("v", below[index]),
        ]
        for step in (-2, -1, 1, 2):
            at = index + step
            if 0 <= at < len(units):
                parts += [(f"{step}", local[at]), (f"{step}s", by_shape[at])]
            else:
                parts.append((f"{step}", ("edge",)))
        window = kinds[index : index + 7]
        parts.append(("", (f"w{window}", f"w5{window[1:-1]}")))
        yield tuple(parts)


@lru_cache(maxsize=1_000)
def _local(look: Look) -> tuple[str, ...]:
    return (
        f"k{look.kind}",
        f"k{look.kind}b{look.bucket}",
        f"n{min(12, look.size // 20)}",
        f"o{min(12, look.words) if look.words < 9 else 9 + min(4, look.words // 10)}",
        f"e{look.end}",
        f"c{look.start}",
        f"m{look.mark}",
        f"i{look.link}",
        f"g{look.gap}",
        f"q{look.label}",
        f"y{look.wrapped}",
        *(f"f{flag}" for flag in look.flags),
    )


def _by(
    keys: Sequence[Hashable], seen: Sequence[Look], known: FileContext
) -> list[tuple[str, ...]]:
    """For each unit how those with the same key look on the whole."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, each in enumerate(keys):
        members[each].append(index)
    told = {
        each: (
            *_figures(seen, found, known.often),
            f"n{min(8, quarter(len(found), known.dates)) if known.dates else 'x'}",
            f"k{min(6, len(found).bit_length())}",
        )
        for each, found in members.items()
    }
    return [told[each] for each in keys]


def _whole(known: FileContext) -> tuple[str, ...]:
    """What is the same for all units of a file."""
    count = len(known.looks)
    blocks = Counter(known.blocks)
    texts = sum(look.kind == "t" for look in known.looks)
    return (
        f"W{known.style}",
        f"W{known.style}{known.tight}",
        f"Wd{min(8, quarter(known.dates, max(1, texts)))}",
        f"Wb{min(12, quarter(len(blocks), known.dates)) if known.dates else 'x'}",
        f"Wu{min(8, count // max(1, known.dates))}",
    )


def _place(index: int, unit: Unit, known: FileContext) -> tuple[str, ...]:
    """Where the unit stands: to dates, in its block, on its row."""
    seen, (start, end) = known.looks, known.blocks[index]
    return _place_names(
        seen[index].kind,
        f"{known.before[index]}{known.after[index]}",
        f"{known.tight}{known.style}",
        f"{min(3, unit.piece)}{min(4, unit.pieces)}",
        f"{min(_BLOCK, index - start)}{min(_BLOCK, end - 1 - index)}",
        f"{seen[start].kind}{seen[end - 1].kind}",
        min(3, known.often[index]),
    )


@lru_cache(maxsize=1_000)
def _place_names(
    kind: str, dates: str, file: str, row: str, block: str, ends: str, often: int
) -> tuple[str, ...]:
    return (
        f"p{kind}{dates[0]}",
        f"P{kind}{dates[1]}",
        f"pp{kind}{dates}",
        f"pt{kind}{dates}{file}",
        f"r{row}",
        f"t{kind}{block[0]}",
        f"T{kind}{block[1]}",
        f"tt{kind}{block}",
        f"tk{ends}{block}",
        f"R{often}",
    )


def _compared(index: int, known: FileContext, middle: float) -> tuple[str, ...]:
    """The unit beside its neighbours."""
    seen = known.looks
    look = seen[index]
    above = seen[index - 1] if index else None
    below = seen[index + 1] if index + 1 < len(seen) else None
    names = [
        f"G{_sign(look.gap - known.modal_gap)}",
        f"M{_sign(look.size - 0.67 * middle)}{_sign(look.size - 1.5 * middle)}",
    ]
    if below:
        names += [
            f"H{_sign(look.gap - below.gap)}{min(3, look.gap)}{min(3, below.gap)}",
            f"C+{_sign(look.column - below.column)}",
            f"L+{_sign(look.size - 0.67 * below.size)}{_sign(look.size - 1.5 * below.size)}",
        ]
    if above:
        names += [
            f"C-{_sign(look.column - above.column)}",
            f"L-{_sign(look.size - 0.67 * above.size)}{_sign(look.size - 1.5 * above.size)}",
        ]
    return tuple(names)


def _sign(number: float) -> str:
    return "<" if number < 0 else ">" if number > 0 else "="


# --- Traits ---------------------------------------------------------------------------------------

BOILERPLATE: Final = frozenset(
    ("more", "pager", "rule", "aside", "byline", "path", "heading", "dating")
)
# What is counted among the units that a reading takes for titles, for texts, for nothing: by the
# look of a unit, and how often its text comes.
_Traits = Mapping[str, Callable[[Look, int], bool]]
TITLE_TRAITS: Final[_Traits] = MappingProxyType(
    {
        "title short": lambda look, _: look.size < 15,
        "title long": lambda look, _: look.size > 160,
        "title label": lambda look, _: look.label,
        "title boilerplate": lambda look, _: not BOILERPLATE.isdisjoint(look.flags),
        "title stop": lambda look, _: look.end == ".",
        "title cut": lambda look, _: look.end == "…",
        "title comma": lambda look, _: look.end in ",;:-",
        "title lower": lambda look, _: look.start == "a",
        "title sentences": lambda look, _: "sentences" in look.flags,
        "title digits": lambda look, _: "digits" in look.flags,
        "title marked": lambda look, _: look.mark.startswith("#") or look.link == "pure",
        "title repeated": lambda _, often: often > 1,
    }
)
TEXT_TRAITS: Final[_Traits] = MappingProxyType(
    {
        "text boilerplate": lambda look, _: not BOILERPLATE.isdisjoint(look.flags),
        "text stop": lambda look, _: look.end in ".!?…",
        "text label": lambda look, _: look.label,
        "text repeated": lambda _, often: often > 1,
        "text lower": lambda look, _: look.start == "a",
    }
)
OTHER_TRAITS: Final[_Traits] = MappingProxyType(
    {
        "others repeated": lambda _, often: often > 1,
        "others plain": lambda look, _: BOILERPLATE.isdisjoint(look.flags) and not look.label,
    }
)


@dataclass(frozen=True, slots=True)
class Counted:
    """For each unit which of some traits it has: of each trait one figure of a number, so that
    adding up the numbers of some units counts all traits at once."""

    names: tuple[str, ...]
    numbers: Sequence[int]

    def shares(self, members: Sequence[int]) -> dict[str, float]:
        """For each trait the share of these units that have it; 0 of none."""
        if not members:
            return dict.fromkeys(self.names, 0.0)
        counted = sum(map(self.numbers.__getitem__, members)).to_bytes(
            4 * len(self.names), "little"
        )
        counts = unpack(f"<{len(self.names)}I", counted)
        whole = len(members)
        return {name: count / whole for name, count in zip(self.names, counts, strict=True)}


def counted(traits: _Traits, known: FileContext) -> Counted:
    """Ask of each unit of a file which of these traits it has."""
    looked_at = zip(known.looks, known.often, strict=True)
    tests = [(1 << 32 * place, test) for place, test in enumerate(traits.values())]
    numbers = [sum([one for one, test in tests if test(look, often)]) for look, often in looked_at]
    return Counted(tuple(traits), numbers)
