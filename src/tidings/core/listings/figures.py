"""What speaks for and against a reading as a whole: the figures by which readings are ranked.

Each is a number that is comparable between files: a share, a mean, a logarithm. Which way it
speaks, and how much, is learned.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, chain, pairwise
from math import lgamma, log, log2, sqrt
from operator import ge, getitem, le, sub
from typing import Final, TypeVar

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
from tidings.core.listings.features import (
    BOILERPLATE,
    OTHER_TRAITS,
    TEXT_TRAITS,
    TITLE_TRAITS,
    Counted,
    FileContext,
    Look,
    counted,
)
from tidings.core.listings.units import Unit

_PRIOR: Final = 0.4  # of each symbol, before any was seen
_VALUES: Final = 64  # different values of a mark; more are taken for one another
_LN2: Final = log(2)


@dataclass(frozen=True, slots=True)
class Code:
    """What all readings of a file share: the marks of each unit, as numbers that are different for
    different marks, how many more are the same everywhere, and what it costs in nats that a symbol,
    or a role, or a context of marks was met so often. `costs` are those of units that have had one
    role below another, for many readings have that in common."""

    marks: Sequence[Sequence[int]]
    constant: int
    symbol: Sequence[float]
    role: Sequence[float]
    context: Sequence[float]
    costs: dict[tuple[int, ...], float]


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
    differing = [values for values, _ in marks if len(set(values)) > 1]
    columns = [_numbered(values, number * _VALUES) for number, values in enumerate(differing)]
    return Code(
        list(zip(*columns, strict=True)) or [()] * len(looks),
        len(marks) - len(differing),
        [lgamma(_PRIOR) - lgamma(times + _PRIOR) for times in often],
        [lgamma(times + role) - lgamma(role) for times in often],
        [sum(lgamma(times + whole) - lgamma(whole) for whole in wholes) for times in often],
        {},
    )


def _numbered(values: Sequence[Hashable], first: int) -> list[int]:
    numbers = {value: number % _VALUES for number, value in enumerate(dict.fromkeys(values))}
    return [first + numbers[value] for value in values]


def length(code: Code, roles: Sequence[int]) -> tuple[float, float]:
    """How many bits the reading that gives the units these roles needs, and the roles alone."""
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    before = [len(ROLES), *roles[:-1]]
    for unit, place in enumerate(zip(before, roles, strict=True)):
        places[place].append(unit)
    met = sum([code.symbol[len(members)] for members in places.values()])
    told = met + sum([code.role[often] for often in Counter(before).values()])
    looks = code.constant * met
    for members in map(tuple, places.values()):
        cost = code.costs.get(members)
        if cost is None:
            symbols = Counter(chain.from_iterable(map(code.marks.__getitem__, members)))
            cost = code.context[len(members)] + sum(map(code.symbol.__getitem__, symbols.values()))
            code.costs[members] = cost
        looks += cost
    return (told + looks) / _LN2, told / _LN2


# --- Figures --------------------------------------------------------------------------------------

_LONG: Final = 120
_WIDE: Final = 6  # blank lines
_NO_SHAPE: Final = -1
_FEW_KINDS: Final = 4
_BETWEEN: Final = frozenset(("more", "pager", "rule", "heading"))

Figures = dict[str, float]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class File:
    """A file as its readings are judged, with what all of them share.

    By unit there are the numbers of its `shape`, its text and, if it is a date, its `form`; the
    size as a `logarithm`; what is `plain` (no boilerplate), `like` a title, `alone` or `first` on
    its row;
    the blank lines `above`, and how many there are up to it. The others are lists of units.
    """

    units: Sequence[Unit]
    known: FileContext
    probable: LogProbabilities
    code: Code
    shape: Sequence[int]
    of_shape: Mapping[int, Sequence[int]]
    text_number: Sequence[int]
    form: Sequence[int]
    logarithm: Sequence[float]
    plain: Sequence[bool]
    like: Sequence[bool]
    alone: Sequence[bool]
    first: Sequence[bool]
    above: Sequence[int]
    blanks: Sequence[int]
    days: Sequence[date | None]
    titles: Counted
    text: Counted
    other: Counted
    texts: Sequence[int]
    long: Sequence[int]
    repeated: Sequence[int]
    bounds: Sequence[int]
    strong: Sequence[int]
    weak: Sequence[int]
    heads: Sequence[int]
    links: Sequence[int]
    openers: frozenset[int]


def file_of(units: Sequence[Unit], known: FileContext, probable: LogProbabilities) -> File:
    """Look at a file once for all its readings."""
    looks = known.looks
    texts = [at for at, look in enumerate(looks) if look.kind == "t"]
    above = [max(0, look.gap) for look in looks]
    shape = _numbers(known.shapes)
    of_shape: dict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(shape):
        of_shape[number].append(at)
    forms = [(look.kind, u.piece, u.pieces) for look, u in zip(looks, units, strict=True)]
    return File(
        units=units,
        known=known,
        probable=[[max(-12.0, value) for value in unit] for unit in probable],
        code=code_of(units, known),
        shape=shape,
        of_shape=of_shape,
        text_number=_numbers(unit.text.casefold() for unit in units),
        form=_numbers(forms),
        logarithm=[log2(look.size + 1) for look in looks],
        plain=[BOILERPLATE.isdisjoint(look.flags) for look in looks],
        like=[look.kind == "t" and _is_like_title(look) for look in looks],
        alone=[unit.pieces == 1 for unit in units],
        first=[unit.piece == 0 for unit in units],
        above=above,
        blanks=list(accumulate(above)),
        days=[unit.stamp.day if isinstance(unit.stamp, Dated) else None for unit in units],
        titles=counted(TITLE_TRAITS, known),
        text=counted(TEXT_TRAITS, known),
        other=counted(OTHER_TRAITS, known),
        texts=texts,
        long=[at for at in texts if looks[at].size > _LONG],
        repeated=[at for at in texts if known.often[at] > 2],
        bounds=[at for at in texts if not _BETWEEN.isdisjoint(looks[at].flags)],
        strong=[at for at, look in enumerate(looks) if look.kind == "d"],
        weak=[at for at, look in enumerate(looks) if look.kind == "w"],
        heads=[at for at, look in enumerate(looks) if look.mark.startswith("#")],
        links=[at for at, look in enumerate(looks) if look.link == "pure" and not look.label],
        openers=frozenset(start for start, _ in known.blocks),
    )


def _numbers(values: Iterable[Hashable]) -> list[int]:
    """Each different value as a number."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]


@dataclass(frozen=True, slots=True)
class _View:
    """A reading of a file, with what several figures need: the entries with a title, the first
    units of the titles, for each entry the first and the last of its units, and the shapes of those
    titles, with the commonest."""

    file: File
    looks: Sequence[Look]
    found: Candidate
    records: Sequence[Record]
    titled: Sequence[Record]
    firsts: Sequence[int]
    spans: Sequence[tuple[int, int]]
    shapes: Sequence[int]
    usual: int


def figures(file: File, found: Candidate) -> Figures:
    """The figures of one reading."""
    titled = [record for record in found.records if record.title]
    firsts = [record.title[0] for record in titled]
    spans = [record.span for record in found.records]
    shapes = [file.shape[at] for at in firsts]
    usual = _usual(shapes)[0] if shapes else _NO_SHAPE
    view = _View(file, file.known.looks, found, found.records, titled, firsts, spans, shapes, usual)
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
    return _usual(values)[1] / len(values) if values else 0.0


def _usual(values: Sequence[T]) -> tuple[T, int]:
    """The commonest value, the first of several, and how often it comes."""
    kinds = dict.fromkeys(values)
    if len(kinds) > _FEW_KINDS:
        return Counter(values).most_common(1)[0]
    # Hardly ever is there more than one or two, and counting these is fast.
    usual = max(kinds, key=values.count)
    return usual, values.count(usual)


def _completeness(view: _View) -> Figures:
    entries = view.records
    count = len(entries)
    rows = view.file.known.rows
    signatures = [_signature(rows, record) for record in entries]
    usual, alike = _usual(signatures)
    whole = [bool(title) and date is not None for title, date, _ in entries]
    return {
        "title and date": share(sum(whole), count),
        "title": share(len(view.titled), count),
        "date": share(count - [date for _, date, _ in entries].count(None), count),
        "text": share(count - [text for _, _, text in entries].count(()), count),
        "alike": alike / count,
        "kinds": log2(len(set(signatures))),
        "entries": log2(count),
        "one": float(count == 1),
        "two": float(count == 2),
        "first whole": float(whole[0] or not any(whole)),
        "last whole": float(whole[-1] or not any(whole)),
        "first alike": float(signatures[0] == usual),
        "last alike": float(signatures[-1] == usual),
    }


def _signature(rows: Sequence[int], record: Record) -> Hashable:
    title, date, text = record
    if not title:
        return ("none", date is not None, bool(text))
    first = title[0]
    if date is None:
        place = "none"
    elif rows[date] == rows[first]:
        place = "same"
    else:
        place = "above" if date < first else "below"
    return (place, len({rows[at] for at in title}) if len(title) > 1 else 1, bool(text))


def _titles(view: _View) -> Figures:
    file, looks, firsts, shapes = view.file, view.looks, view.firsts, view.shapes
    commonest = view.usual
    sizes = [looks[at].size for at in firsts]
    taken = set(firsts)
    told = file.titles.shares(firsts)
    first_label = float(bool(firsts) and looks[firsts[0]].label)
    return told | {
        "first title usual": float(bool(shapes) and shapes[0] == commonest),
        "last title usual": float(bool(shapes) and shapes[-1] == commonest),
        "first title label": first_label - told["title label"],
        "first title plain": float(bool(firsts) and file.plain[firsts[0]]),
        "last title plain": float(bool(firsts) and file.plain[firsts[-1]]),
        "headings missed": _missed(file.heads, taken),
        "links missed": _missed(file.links, taken),
        "title size": _mean([file.logarithm[at] for at in firsts]),
        "title spread": _spread(sizes),
        "title distinct": share(len({file.text_number[at] for at in firsts}), len(firsts)),
        "title wrapped": share(sum([len(r.title) > 1 for r in view.titled]), len(firsts)),
        "title shape": _commonest(shapes),
        "title shape missed": _missed(file.of_shape.get(commonest, ()), taken),
        "title case": _commonest([looks[at].start for at in firsts]),
    }


def _missed(members: Sequence[int], taken: set[int]) -> float:
    """The share of these units that are not taken."""
    return share(len(members) - len(taken.intersection(members)), len(members))


def _dates(view: _View) -> Figures:
    file, roles = view.file, view.found.roles
    strong, weak, alone = file.strong, file.weak, file.alone
    dates = [record.date for record in view.records if record.date is not None]
    used = set(dates)
    days = [day for at in dates if (day := file.days[at]) is not None]
    falling = sum(map(ge, days, days[1:]))
    rising = sum(map(le, days, days[1:]))
    unused = [at for at in strong if at not in used]
    first, last = view.spans[0][0], view.spans[-1][1]
    return {
        "dates unused": share(len(unused), len(strong)),
        "dates unused alone": share(sum([alone[at] for at in unused]), len(strong)),
        "dates in text": share([roles[at] for at in strong].count(TEXT), len(strong)),
        "weak unused": _missed(weak, used),
        "weak used": share(len(used.intersection(weak)), len(used)),
        "dates in order": share(max(falling, rising), len(days) - 1) if len(days) > 1 else 1.0,
        "dates falling": share(falling, len(days) - 1) if len(days) > 1 else 1.0,
        "dates alone": share(sum([alone[at] for at in used]), len(used)),
        "dates alike": _commonest([file.form[at] for at in used]),
        "date at top": float(bool(unused) and unused[0] < first),
        "date at end": float(bool(unused) and unused[-1] > last),
        "dates for entries": min(3.0, share(len(strong), len(view.records))),
        "no date though there are": float(not used and len(strong) > 2),
    }


def _pairing(view: _View) -> Figures:
    """Whether dates are nearer to their own titles than to others'."""
    blanks, rows, starts = view.file.blanks, view.file.known.rows, view.firsts
    steps, gaps, nearer, inner, outer = [], [], 0, 0.0, 0.0
    dated = [record for record in view.titled if record.date is not None]
    for record in dated:
        date, title = record.date or 0, record.title[0]
        own = abs(blanks[date] - blanks[title])
        other = _beyond(blanks, date, title, starts)
        steps.append(date - title - (len(record.title) - 1) if date > title else title - date)
        gaps.append(own)
        nearer += own <= other
        inner += own
        outer += min(_WIDE, other)
    count = len(dated)
    return {
        "date beside title": share(steps.count(1), count),
        "date far": share(sum([step > 3 for step in steps]), count),
        "date steps alike": _commonest(steps),
        "date gap": min(6.0, share(inner, count)),
        "date gap alike": _commonest(gaps),
        "date nearer": share(nearer, count),
        "date gap beyond": share(outer - inner, count),
        "date on row": share(sum([rows[r.date or 0] == rows[r.title[0]] for r in dated]), count),
    }


def _beyond(blanks: Sequence[int], date: int, title: int, starts: Sequence[int]) -> int:
    """How many blank lines part the date from the nearest title on its other side; `starts` are
    those of all titles, in their order."""
    if date < title:
        place = bisect_left(starts, date)
        return blanks[date] - blanks[starts[place - 1]] if place else _WIDE
    place = bisect_right(starts, date)
    return blanks[starts[place]] - blanks[date] if place < len(starts) else _WIDE


def _texts(view: _View) -> Figures:
    file, looks, roles = view.file, view.looks, view.found.roles
    inside = [at for at in file.texts if roles[at] == TEXT]
    long_ = [roles[at] for at in file.long]
    counts = [len(record.text) for record in view.records]
    told = [record for record in view.titled if record.text]
    longer = [
        sum([looks[at].size for at in record.text]) > looks[record.title[0]].size for record in told
    ]
    return file.text.shares(inside) | {
        "long left over": share(long_.count(OTHER), len(long_)),
        "long as title": share(long_.count(TITLE) + long_.count(NEW_TITLE), len(long_)),
        "text size": _mean([file.logarithm[at] for at in inside]),
        "text like title": share([file.shape[at] for at in inside].count(view.usual), len(inside)),
        "text parts": min(8.0, _mean(counts)),
        "text spread": min(3.0, _spread(counts)),
        "text longer": share(sum(longer), len(longer)),
    }


def _others(view: _View) -> Figures:
    file, roles = view.file, view.found.roles
    others = [at for at in file.texts if roles[at] == OTHER]
    within = set(chain.from_iterable([range(start, end + 1) for start, end in view.spans]))
    first, last, count = view.spans[0][0], view.spans[-1][1], len(roles)
    repeated = [roles[at] for at in file.repeated]
    bounds = [roles[at] for at in file.bounds]
    like = [file.shape[at] for at in others if file.like[at]]
    return file.other.shares(others) | {
        "others": share(len(others), len(file.texts)),
        "others like titles": min(3.0, share(len(like), len(view.records))),
        "others like titles alike": _commonest(like),
        "title first": share(
            sum([_is_first(roles, file.like, at) for at in view.firsts]), len(view.firsts)
        ),
        "others within": share(len(within.intersection(others)), len(view.records)),
        "repeated taken": share(len(repeated) - repeated.count(OTHER), len(repeated)),
        "bounds within": share(len(within.intersection(file.bounds)), len(bounds)),
        "bounds taken": share(len(bounds) - bounds.count(OTHER), len(bounds)),
        "above": share(first, count),
        "below": share(count - 1 - last, count),
        "above units": min(6.0, float(first)),
        "below units": min(6.0, float(count - 1 - last)),
    }


def _is_like_title(look: Look) -> bool:
    return (
        15 <= look.size <= 160
        and not look.label
        and look.end in "a?"
        and BOILERPLATE.isdisjoint(look.flags)
    )


def _is_first(roles: Sequence[int], like: Sequence[bool], title: int) -> bool:
    """True for a title above which nothing like a title is left over, up to what has a role."""
    for at in range(title - 1, -1, -1):
        if roles[at] != OTHER:
            return True
        if like[at]:
            return False
    return True


def _bounds(view: _View) -> Figures:
    file, looks, rows = view.file, view.looks, view.file.known.rows
    starts = [start for start, _ in view.spans]
    gaps = [looks[at].gap for at in starts[1:]]
    above = [file.above[at] for at in starts[1:]]
    inside: list[int] = []
    for title, dated, text in view.records:
        inside += title
        inside += text
        if dated is not None:
            inside.append(dated)
    begun = set(starts)
    inner = [file.above[at] for at in inside if at not in begun]
    opening = len(file.openers.intersection(starts))
    wide = max(inner, default=0)
    mean_above, mean_inner = _mean(above), _mean(inner)
    return {
        "gap above": min(6.0, mean_above),
        "gap inside": min(6.0, mean_inner),
        "gap more above": mean_above - mean_inner,
        "gap alike": _commonest(gaps),
        "gap wider inside": share(sum([gap < wide for gap in above]), len(gaps)),
        "starts block": share(opening, len(starts)),
        "blocks started": share(opening, len(file.openers)),
        "starts row": share(sum([file.first[at] for at in starts]), len(starts)),
        "starts alike": _commonest([file.shape[at] for at in starts]),
        "steps spread": min(3.0, _spread(steps := list(map(sub, starts[1:], starts)))),
        "steps alike": _commonest(steps),
        "rows alike": _commonest([rows[b] - rows[a] for a, b in pairwise(starts)]),
    }


def _order(view: _View) -> Figures:
    return {f"order {order}": float(view.found.order == order) for order in ORDERS}


def _tagged(view: _View) -> Figures:
    """How probable the roles are by the looks of each unit alone."""
    roles = view.found.roles
    logs = list(map(getitem, view.file.probable, roles))
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
