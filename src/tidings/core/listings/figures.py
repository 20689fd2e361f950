"""What speaks for and against a reading as a whole: the figures by which readings are ranked.

Each is a number that is comparable between files: a share, a mean, a logarithm. Which way it
speaks, and how much, is learned.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import lgamma, log, log2, sqrt
from operator import add
from typing import Final

from tidings.core.listings.candidates import (
    DATE,
    NEW_DATE,
    NEW_TITLE,
    ORDERS,
    OTHER,
    ROLES,
    TEXT,
    TITLE,
    Candidate,
    LogProbabilities,
    Record,
)
from tidings.core.listings.dates import Dated
from tidings.core.listings.features import FileContext, Look
from tidings.core.listings.units import Unit

_PRIOR: Final = 0.4  # of each symbol, before any was seen
_VALUES: Final = 64  # different values of a mark; more are taken for one another
_ROLE: Final = 8  # more than there are roles
_LN2: Final = log(2)


@dataclass(frozen=True, slots=True)
class Code:
    """What all readings of a file share: the marks of its units, each as numbers of its own, and
    what it costs in nats that a symbol, or a role, or a context of marks was met so often."""

    marks: tuple[Sequence[int], ...]
    symbol: Sequence[float]
    role: Sequence[float]
    context: Sequence[float]


def code_of(units: Sequence[Unit], known: FileContext) -> Code:
    """Look at the marks of a file once for all its readings."""
    looks = known.looks
    marks: tuple[tuple[Sequence[Hashable], int], ...] = (
        ([look.kind for look in looks], 3),
        ([look.gap for look in looks], 5),
        ([look.mark for look in looks], 3),
        ([look.column for look in looks], 3),
        ([unit.piece for unit in units], 3),
        ([look.link for look in looks], 3),
        ([look.bucket for look in looks], 6),
        ([look.end for look in looks], 5),
        ([look.start for look in looks], 5),
        ([often > 1 for often in known.often], 2),
        ([look.label for look in looks], 2),
        (["more" in look.flags for look in looks], 2),
    )
    often = range(len(looks) + 1)
    wholes = [_PRIOR * kinds for _, kinds in marks]
    role = _PRIOR * len(ROLES)
    return Code(
        tuple(_numbered(values, number * _VALUES) for number, (values, _) in enumerate(marks)),
        [lgamma(_PRIOR) - lgamma(times + _PRIOR) for times in often],
        [lgamma(times + role) - lgamma(role) for times in often],
        [sum(lgamma(times + whole) - lgamma(whole) for whole in wholes) for times in often],
    )


def _numbered(values: Sequence[Hashable], first: int) -> list[int]:
    numbers = {value: number % _VALUES for number, value in enumerate(dict.fromkeys(values))}
    return [first + numbers[value] for value in values]


def length(code: Code, roles: Sequence[int]) -> tuple[float, float]:
    """How many bits the reading that gives the units these roles needs, and the roles alone."""
    space = len(code.marks) * _VALUES
    before = [len(ROLES), *roles[:-1]]
    places = [space * (_ROLE * last + role) for last, role in zip(before, roles, strict=True)]
    met = Counter(places).values()
    told = sum(code.symbol[often] for often in met)
    told += sum(code.role[often] for often in Counter(before).values())
    symbols = Counter(chain.from_iterable(map(add, places, values) for values in code.marks))
    looks = sum(code.symbol[often] for often in symbols.values())
    looks += sum(code.context[often] for often in met)
    return (told + looks) / _LN2, told / _LN2


# --- Figures --------------------------------------------------------------------------------------

_LONG: Final = 120
_WIDE: Final = 6  # blank lines
_BOILERPLATE: Final = frozenset(
    ("more", "pager", "rule", "aside", "byline", "path", "heading", "dating")
)
_BETWEEN: Final = frozenset(("more", "pager", "rule", "heading"))

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class File:
    """A file as its readings are judged, with what the code of all of them shares."""

    units: Sequence[Unit]
    known: FileContext
    probable: LogProbabilities
    code: Code


def file_of(units: Sequence[Unit], known: FileContext, probable: LogProbabilities) -> File:
    """Look at a file once for all its readings."""
    return File(units, known, probable, code_of(units, known))


@dataclass(frozen=True, slots=True)
class _View:
    """A reading of a file, with what several figures need: the looks and units of its titles, and
    for each entry the first and the last of its units."""

    file: File
    found: Candidate
    titles: tuple[Look, ...]
    firsts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def looks(self) -> tuple[Look, ...]:
        return self.file.known.looks

    @property
    def records(self) -> tuple[Record, ...]:
        return self.found.records

    @property
    def titled(self) -> list[Record]:
        return [record for record in self.records if record.title]


def figures(file: File, found: Candidate) -> Figures:
    """The figures of one reading."""
    looks = file.known.looks
    firsts = tuple(record.title[0] for record in found.records if record.title)
    spans = tuple(record.span for record in found.records)
    view = _View(file, found, tuple(looks[at] for at in firsts), firsts, spans)
    told: Figures = {}
    for part in _PARTS:
        told |= part(view)
    return told


def share(part: float, whole: float) -> float:
    """A share; 0 of nothing."""
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _spread(values: Sequence[float]) -> float:
    """The standard deviation beside the mean."""
    if len(values) < 2:
        return 0.0
    mean = _mean(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values)) / (mean or 1.0)


def _commonest(values: Sequence[Hashable]) -> float:
    """The share of the commonest value."""
    return Counter(values).most_common(1)[0][1] / len(values) if values else 0.0


def _completeness(view: _View) -> Figures:
    entries = view.records
    count = len(entries)
    signatures = [_signature(view, record) for record in entries]
    whole = [bool(record.title) and record.date is not None for record in entries]
    return {
        "title and date": share(sum(whole), count),
        "title": share(sum(bool(r.title) for r in entries), count),
        "date": share(sum(r.date is not None for r in entries), count),
        "text": share(sum(bool(r.text) for r in entries), count),
        "alike": _commonest(signatures),
        "kinds": log2(len(set(signatures))),
        "entries": log2(count),
        "one": float(count == 1),
        "two": float(count == 2),
        "first whole": float(whole[0] or not any(whole)),
        "last whole": float(whole[-1] or not any(whole)),
        "first alike": float(signatures[0] == Counter(signatures).most_common(1)[0][0]),
        "last alike": float(signatures[-1] == Counter(signatures).most_common(1)[0][0]),
    }


def _signature(view: _View, record: Record) -> Hashable:
    units = view.file.units
    if not record.title:
        return ("none", record.date is not None, bool(record.text))
    first = record.title[0]
    if record.date is None:
        place = "none"
    elif units[record.date].row == units[first].row:
        place = "same"
    else:
        place = "above" if record.date < first else "below"
    return (place, len({units[at].row for at in record.title}), bool(record.text))


def _titles(view: _View) -> Figures:
    looks, firsts, known = view.titles, view.firsts, view.file.known
    count = len(looks)
    shapes = [known.shapes[at] for at in firsts]
    commonest = Counter(shapes).most_common(1)[0][0] if shapes else None
    like = [at for at, shape in enumerate(known.shapes) if shape == commonest]
    words = [view.file.units[at].text.casefold() for at in firsts]
    sizes = [look.size for look in looks]
    taken = set(firsts)
    heads = [at for at, look in enumerate(view.looks) if look.mark.startswith("#")]
    links = [at for at, look in enumerate(view.looks) if look.link == "pure" and not look.label]
    return {
        "first title usual": float(bool(shapes) and shapes[0] == commonest),
        "last title usual": float(bool(shapes) and shapes[-1] == commonest),
        "first title label": float(bool(looks) and looks[0].label) - share(_labels(looks), count),
        "first title plain": float(bool(looks) and _BOILERPLATE.isdisjoint(looks[0].flags)),
        "last title plain": float(bool(looks) and _BOILERPLATE.isdisjoint(looks[-1].flags)),
        "headings missed": share(sum(at not in taken for at in heads), len(heads)),
        "links missed": share(sum(at not in taken for at in links), len(links)),
        "title size": _mean([log2(size + 1) for size in sizes]),
        "title spread": _spread(sizes),
        "title short": share(sum(size < 15 for size in sizes), count),
        "title long": share(sum(size > 160 for size in sizes), count),
        "title distinct": share(len(set(words)), count),
        "title label": share(_labels(looks), count),
        "title boilerplate": share(
            sum(not _BOILERPLATE.isdisjoint(look.flags) for look in looks), count
        ),
        "title stop": share(sum(look.end == "." for look in looks), count),
        "title cut": share(sum(look.end == "…" for look in looks), count),
        "title comma": share(sum(look.end in ",;:-" for look in looks), count),
        "title lower": share(sum(look.start == "a" for look in looks), count),
        "title sentences": share(sum("sentences" in look.flags for look in looks), count),
        "title digits": share(sum("digits" in look.flags for look in looks), count),
        "title wrapped": share(sum(len(r.title) > 1 for r in view.titled), count),
        "title marked": share(
            sum(look.mark.startswith("#") or look.link == "pure" for look in looks), count
        ),
        "title shape": _commonest(shapes),
        "title shape missed": share(sum(at not in taken for at in like), len(like)),
        "title repeated": share(sum(known.often[at] > 1 for at in firsts), count),
        "title case": _commonest([look.start for look in looks]),
    }


def _labels(looks: Sequence[Look]) -> int:
    return sum(look.label for look in looks)


def _dates(view: _View) -> Figures:
    units, looks = view.file.units, view.looks
    used = {record.date for record in view.records if record.date is not None}
    strong = [at for at, look in enumerate(looks) if look.kind == "d"]
    weak = [at for at, look in enumerate(looks) if look.kind == "w"]
    days = [
        stamp.day
        for record in view.records
        if record.date is not None and isinstance(stamp := units[record.date].stamp, Dated)
    ]
    falling = sum(a >= b for a, b in pairwise(days))
    rising = sum(a <= b for a, b in pairwise(days))
    unused = [at for at in strong if at not in used]
    first, last = view.spans[0][0], view.spans[-1][1]
    return {
        "dates unused": share(len(unused), len(strong)),
        "dates unused alone": share(sum(units[at].pieces == 1 for at in unused), len(strong)),
        "dates in text": share(sum(view.found.roles[at] == TEXT for at in strong), len(strong)),
        "weak unused": share(sum(at not in used for at in weak), len(weak)),
        "weak used": share(sum(looks[at].kind == "w" for at in used), len(used)),
        "dates in order": share(max(falling, rising), len(days) - 1) if len(days) > 1 else 1.0,
        "dates falling": share(falling, len(days) - 1) if len(days) > 1 else 1.0,
        "dates alone": share(sum(units[at].pieces == 1 for at in used), len(used)),
        "dates alike": _commonest(
            [(looks[at].kind, units[at].piece, units[at].pieces) for at in used]
        ),
        "date at top": float(any(at < first for at in unused)),
        "date at end": float(any(at > last for at in unused)),
        "dates for entries": min(3.0, share(len(strong), len(view.records))),
        "no date though there are": float(not used and len(strong) > 2),
    }


def _pairing(view: _View) -> Figures:
    """Whether dates are nearer to their own titles than to others'."""
    looks, units = view.looks, view.file.units
    starts = sorted(record.title[0] for record in view.titled)
    steps, gaps, nearer, inner, outer = [], [], 0, 0.0, 0.0
    dated = [record for record in view.titled if record.date is not None]
    for record in dated:
        date, title = record.date or 0, record.title[0]
        low, high = min(date, title), max(date, title)
        own = _blanks(looks, low, high)
        other = _beyond(looks, date, title, starts)
        steps.append(high - low - (len(record.title) - 1 if date > title else 0))
        gaps.append(own)
        nearer += own <= other
        inner += own
        outer += min(_WIDE, other)
    count = len(dated)
    return {
        "date beside title": share(sum(step == 1 for step in steps), count),
        "date far": share(sum(step > 3 for step in steps), count),
        "date steps alike": _commonest(steps),
        "date gap": min(6.0, share(inner, count)),
        "date gap alike": _commonest(gaps),
        "date nearer": share(nearer, count),
        "date gap beyond": share(outer - inner, count),
        "date on row": share(
            sum(units[r.date or 0].row == units[r.title[0]].row for r in dated), count
        ),
    }


def _beyond(looks: Sequence[Look], date: int, title: int, starts: Sequence[int]) -> int:
    """How many blank lines part the date from the nearest title on its other side."""
    if date < title:
        place = bisect_left(starts, date)
        return _blanks(looks, starts[place - 1], date) if place else _WIDE
    place = bisect_right(starts, date)
    return _blanks(looks, date, starts[place]) if place < len(starts) else _WIDE


def _blanks(looks: Sequence[Look], above: int, below: int) -> int:
    """How many blank lines stand between two units."""
    return sum(max(0, looks[at].gap) for at in range(above + 1, below + 1))


def _texts(view: _View) -> Figures:
    looks, known, roles = view.looks, view.file.known, view.found.roles
    texts = [at for at, look in enumerate(looks) if look.kind == "t"]
    inside = [at for at in texts if roles[at] == TEXT]
    shapes = Counter(known.shapes[at] for at in view.firsts)
    usual = shapes.most_common(1)[0][0] if shapes else None
    long_ = [at for at in texts if looks[at].size > _LONG]
    counts = [len(record.text) for record in view.records]
    lone = [at for at in inside if looks[at].label]
    return {
        "long left over": share(sum(roles[at] == OTHER for at in long_), len(long_)),
        "long as title": share(sum(roles[at] in (TITLE, NEW_TITLE) for at in long_), len(long_)),
        "text size": _mean([log2(looks[at].size + 1) for at in inside]),
        "text boilerplate": share(
            sum(not _BOILERPLATE.isdisjoint(looks[at].flags) for at in inside), len(inside)
        ),
        "text stop": share(sum(looks[at].end in ".!?…" for at in inside), len(inside)),
        "text label": share(len(lone), len(inside)),
        "text like title": share(sum(known.shapes[at] == usual for at in inside), len(inside)),
        "text repeated": share(sum(known.often[at] > 1 for at in inside), len(inside)),
        "text parts": min(8.0, _mean([float(count) for count in counts])),
        "text spread": min(3.0, _spread(counts)),
        "text longer": share(
            sum(
                sum(looks[at].size for at in record.text) > looks[record.title[0]].size
                for record in view.titled
                if record.text
            ),
            sum(bool(record.text) for record in view.titled),
        ),
        "text lower": share(sum(looks[at].start == "a" for at in inside), len(inside)),
    }


def _others(view: _View) -> Figures:
    looks, known, roles = view.looks, view.file.known, view.found.roles
    texts = [at for at, look in enumerate(looks) if look.kind == "t"]
    others = [at for at in texts if roles[at] == OTHER]
    within = {at for start, end in view.spans for at in range(start, end + 1)}
    first, last = view.spans[0][0], view.spans[-1][1]
    held = [at for at in others if at in within]
    repeated = [at for at in texts if known.often[at] > 2]
    like = [at for at in others if _is_like_title(looks[at])]
    bounds = [at for at in texts if not _BETWEEN.isdisjoint(looks[at].flags)]
    return {
        "others": share(len(others), len(texts)),
        "others repeated": share(sum(known.often[at] > 1 for at in others), len(others)),
        "others plain": share(
            sum(_BOILERPLATE.isdisjoint(looks[at].flags) and not looks[at].label for at in others),
            len(others),
        ),
        "others like titles": min(3.0, share(len(like), len(view.records))),
        "others like titles alike": _commonest([known.shapes[at] for at in like]),
        "title first": share(
            sum(_is_first(view, record.title[0]) for record in view.titled), len(view.titled)
        ),
        "others within": share(len(held), len(view.records)),
        "repeated taken": share(sum(roles[at] != OTHER for at in repeated), len(repeated)),
        "bounds within": share(sum(at in within for at in bounds), len(bounds)),
        "bounds taken": share(sum(roles[at] != OTHER for at in bounds), len(bounds)),
        "above": share(first, len(looks)),
        "below": share(len(looks) - 1 - last, len(looks)),
        "above units": min(6.0, float(first)),
        "below units": min(6.0, float(len(looks) - 1 - last)),
    }


def _is_like_title(look: Look) -> bool:
    return (
        15 <= look.size <= 160
        and not look.label
        and look.end in "a?"
        and _BOILERPLATE.isdisjoint(look.flags)
    )


def _is_first(view: _View, title: int) -> bool:
    """True for a title above which nothing like a title is left over, up to what has a role."""
    for at in range(title - 1, -1, -1):
        if view.found.roles[at] != OTHER:
            return True
        if view.looks[at].kind == "t" and _is_like_title(view.looks[at]):
            return False
    return True


def _bounds(view: _View) -> Figures:
    looks, known, units = view.looks, view.file.known, view.file.units
    starts = [start for start, _ in view.spans]
    gaps = [looks[at].gap for at in starts[1:]]
    inner = [
        max(0, looks[at].gap)
        for record, (start, _) in zip(view.records, view.spans, strict=True)
        for at in record.units
        if at != start
    ]
    blocks = Counter(start for start, _ in known.blocks)
    openers = set(blocks)
    distances = [float(b - a) for a, b in pairwise(starts)]
    rows = [float(units[b].row - units[a].row) for a, b in pairwise(starts)]
    wide = max(inner, default=0)
    return {
        "gap above": min(6.0, _mean([float(max(0, gap)) for gap in gaps])),
        "gap inside": min(6.0, _mean([float(gap) for gap in inner])),
        "gap more above": _mean([float(max(0, gap)) for gap in gaps])
        - _mean([float(gap) for gap in inner]),
        "gap alike": _commonest(gaps),
        "gap wider inside": share(sum(max(0, gap) < wide for gap in gaps), len(gaps)),
        "starts block": share(sum(at in openers for at in starts), len(starts)),
        "blocks started": share(sum(at in openers for at in starts), len(openers)),
        "starts row": share(sum(units[at].piece == 0 for at in starts), len(starts)),
        "starts alike": _commonest([known.shapes[at] for at in starts]),
        "steps spread": min(3.0, _spread(distances)),
        "steps alike": _commonest(distances),
        "rows alike": _commonest(rows),
    }


def _order(view: _View) -> Figures:
    return {f"order {order}": float(view.found.order == order) for order in ORDERS}


def _tagged(view: _View) -> Figures:
    """How probable the roles are by the looks of each unit alone."""
    roles, probable = view.found.roles, view.file.probable
    logs = [max(-12.0, unit[role]) for unit, role in zip(probable, roles, strict=True)]
    worst = sorted(logs)[: max(1, len(logs) // 10)]
    by: dict[int, list[float]] = defaultdict(list)
    for value, role in zip(logs, roles, strict=True):
        by[role].append(value)
    return {
        "tags": _mean(logs),
        "tags worst": _mean(worst),
        "tags title": _mean(by[TITLE] + by[NEW_TITLE]),
        "tags date": _mean(by[DATE] + by[NEW_DATE]),
        "tags text": _mean(by[TEXT]),
        "tags other": _mean(by[OTHER]),
    }


def _code(view: _View) -> Figures:
    """How many bits a unit needs if the file is told by this reading."""
    count = len(view.found.roles)
    whole, roles = length(view.file.code, view.found.roles)
    return {"code": whole / count, "code roles": roles / count}


_PARTS: Final[tuple[Callable[[_View], Figures], ...]] = (
    _completeness,
    _titles,
    _dates,
    _pairing,
    _texts,
    _others,
    _bounds,
    _order,
    _tagged,
    _code,
)


def compared(found: Sequence[Figures], readings: Sequence[Candidate]) -> list[Figures]:
    """The figures of all readings of a file, with how each stands beside the others."""
    most = max((len(reading.records) for reading in readings), default=1)
    best_code = min((each["code"] for each in found), default=0.0)
    best_tags = max((each["tags"] for each in found), default=0.0)
    told = []
    for each, reading in zip(found, readings, strict=True):
        beside: Mapping[str, float] = {
            "code beyond": each["code"] - best_code,
            "tags beyond": best_tags - each["tags"],
            "entries of most": len(reading.records) / most,
        }
        told.append({**each, **beside})
    return told
