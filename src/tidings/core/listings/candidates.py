"""The readings of a file among which the best is chosen, and the grammar that they follow.

A reading gives each unit a role so that the roles make entries, one after the other, each with its
parts in the same order. Under some assumption it is the most probable one: that units of one shape
have one role, that a certain set of units are the titles. Assumptions only propose; `ranking`
decides which of them is right.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, inf, log
from operator import getitem
from typing import Any, Final, Literal, NamedTuple, cast

from tidings.core.listings.features import FileContext

Order = Literal["date-title-text", "title-date-text", "title-text-date", "title-text"]
ORDERS: Final[tuple[Order, ...]] = (
    "date-title-text",
    "title-date-text",
    "title-text-date",
    "title-text",
)
ROLES: Final = ("other", "title", "more", "date", "text", "new title", "new date")
OTHER, TITLE, MORE, DATE, TEXT, NEW_TITLE, NEW_DATE = range(len(ROLES))

# What it costs that an entry has no date, or no title. These propose, and do not choose.
_NO_DATE: Final = 2.5
_NO_TITLE: Final = 3.5

LogProbabilities = Sequence[Sequence[float]]


class Record(NamedTuple):
    """The units of one entry, by their numbers; `title` is empty for an entry without one."""

    title: tuple[int, ...]
    date: int | None
    text: tuple[int, ...]

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last of its units."""
        title, date, text = self
        ends = [] if date is None else [date]
        for part in (title, text):
            if part:
                ends += (part[0], part[-1])
        return min(ends), max(ends)

    @property
    def units(self) -> tuple[int, ...]:
        """All of them, in their order."""
        dated = () if self.date is None else (self.date,)
        return tuple(sorted((*self.title, *dated, *self.text)))


# From a state, by a role, at a cost.
_Step = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class _Machine:
    """States of a reading: nothing yet, then the part of an entry that was placed last, each with
    and without the right to go on with a title."""

    steps: tuple[tuple[_Step, ...], ...]  # by the state that they lead to
    ends: tuple[float, ...]


_PARTS: Final = {
    "date-title-text": (DATE, TITLE, TEXT),
    "title-date-text": (TITLE, DATE, TEXT),
    "title-text-date": (TITLE, TEXT, DATE),
    "title-text": (TITLE, TEXT),
}


@cache
def _machine(order: Order) -> _Machine:
    parts = _PARTS[order]
    cost = {DATE: _NO_DATE, TITLE: _NO_TITLE, TEXT: 0.0}
    # State 0: nothing yet. 1 + n: part n was placed last. `wide` + n: and that was a title, on
    # whose heels more of it may follow.
    count = len(parts) + 1
    wide = {n: count + n for n, part in enumerate(parts) if part == TITLE}
    size = max(wide.values()) + 1
    steps: list[list[_Step]] = [[] for _ in range(size)]

    def missing(first: int, last: int) -> float:
        return sum(cost[part] for part in parts[first:last])

    states = [(0, -1), *((1 + n, n) for n in range(len(parts))), *((s, n) for n, s in wide.items())]
    for state, at in states:
        plain = 0 if at < 0 else 1 + at
        steps[plain].append((state, OTHER, 0.0))
        if at >= 0 and state in wide.values():
            steps[state].append((state, MORE, 0.0))
        if at >= 0 and parts[at] == TEXT:
            steps[plain].append((state, TEXT, 0.0))
        for n, part in enumerate(parts):
            target = wide.get(n, 1 + n)
            if at >= 0 and n > at:
                steps[target].append((state, part, missing(at + 1, n)))
            if part != TEXT:
                role = NEW_DATE if part == DATE else NEW_TITLE
                left = missing(at + 1, len(parts)) if at >= 0 else 0.0
                if n == 0 or (n == 1 and parts[0] == DATE):
                    steps[target].append((state, role, left + missing(0, n)))
    ends = [inf] * size
    ends[0] = 0.0
    for state, at in states[1:]:
        ends[state] = missing(at + 1, len(parts))
    return _Machine(tuple(tuple(each) for each in steps), tuple(ends))


def decode(log: LogProbabilities, order: Order) -> tuple[int, ...]:
    """The most probable roles of the units, in entries of that order.

    `log` has for each unit the logarithm of each role's probability, `-inf` for one that it cannot
    have. Time is linear in the number of units.
    """
    scores, trail = _forward(order)(log)
    ends = _machine(order).ends
    state = max(range(len(ends)), key=lambda each: scores[each] - ends[each])
    roles = []
    for ways in reversed(trail):
        state, role = ways[state]
        roles.append(role)
    return tuple(reversed(roles))


# The best score of each state at the end, and for each unit by what step each state was reached.
_Forward = Callable[[LogProbabilities], tuple[Sequence[float], list[Sequence[tuple[int, int]]]]]


@cache
def _forward(order: Order) -> _Forward:
    """The pass over the units, written out step by step for one order.

    A third of the time of a loop over the steps, which was a tenth of reading a listing. Most units
    can be no date, or no title: steps with a role of probability 0 are never the best.
    """
    machine = _machine(order)
    states = range(len(machine.ends))
    joined = [", ".join(f"{each}{state}" for state in states) for each in "snw"]
    lines = ["def forward(log):", " trail, s0 = [], 0"]
    lines += [f" s{state} = -inf" for state in states[1:]]
    lines.append(f" for {', '.join(f'u{role}' for role in range(len(ROLES)))} in log:")
    kinds = [(f"if u{DATE} == u{NEW_DATE} == -inf", (DATE, NEW_DATE))]
    kinds.append((f"elif u{TITLE} == u{NEW_TITLE} == -inf", (TITLE, NEW_TITLE)))
    for test, without in (*kinds, ("else", ())):
        lines.append(f"  {test}:")
        for state in states:
            steps = [step for step in machine.steps[state] if step[1] not in without]
            lines += _written(state, steps)
    lines += [f"  trail.append(({joined[2]}))", f"  {joined[0]} = {joined[1]}"]
    lines.append(f" return ({joined[0]}), trail")
    names: dict[str, Any] = {"inf": inf}
    exec("\n".join(lines), names)  # noqa: S102 - nothing of it comes from outside
    return cast("_Forward", names["forward"])


def _written(state: int, steps: Sequence[_Step]) -> Iterator[str]:
    """The lines that find the best step to a state; of equally good ones the first."""
    if not steps:
        yield f"   n{state}, w{state} = -inf, (0, 0)"
    for at, (before, role, cost) in enumerate(steps):
        score = f"s{before} + u{role}" + (f" - {cost}" if cost else "")
        yield (
            f"   n{state}, w{state} = {score}, ({before}, {role})" if at == 0 else f"   x = {score}"
        )
        if at:
            yield f"   if x > n{state}: n{state}, w{state} = x, ({before}, {role})"


def records(roles: Sequence[int]) -> tuple[Record, ...]:
    """The entries that roles make."""
    found: list[Record] = []
    title: list[int] = []
    text: list[int] = []
    date: int | None = None
    open_ = False
    for unit, role in enumerate(roles):
        if role == OTHER:
            continue
        if role in (NEW_TITLE, NEW_DATE):
            if open_:
                found.append(Record(tuple(title), date, tuple(text)))
            title, text, date, open_ = [], [], None, True
        if role == TEXT:
            text.append(unit)
        elif role in (DATE, NEW_DATE):
            date = unit
        else:
            title.append(unit)
    if open_:
        found.append(Record(tuple(title), date, tuple(text)))
    return tuple(found)


# --- Assumptions ----------------------------------------------------------------------------------

# What is in this table only proposes. See docs/explanation/reading.md for what each gives.
_SMOOTHINGS: Final = (0.0, 0.5, 0.85)  # how far units of one shape share their probabilities
_FEWEST: Final = 3  # units in a set
_FARTHEST: Final = 3  # texts from a date that may be its title
_ANCHORS: Final = 12
_TITLE_MASS: Final = 0.92  # of the probability of a member of an anchor
_WHOLE: Final = 0.75  # of the titles that reach to the ends of their rows
_NEAR: Final = 12  # units below a title, among which its text begins
_NEARLY_ALL: Final = 0.9
_TITLE_LEFT: Final = 0.05  # of the probability that any other unit is a title
_LIKE, _UNLIKE = 6.0, 0.3  # times the probability, for what looks like a given entry or not


_BOILERPLATE: Final = frozenset(("more", "pager", "rule", "aside", "byline", "path", "dating"))
_TITLES: Final = (TITLE, NEW_TITLE, MORE)


Assumption = tuple[Hashable, ...]
_GIVEN: Final[Assumption] = ("given",)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading: the role of each unit, and the entries that the roles make; `assumption` is under
    what it was found."""

    order: Order
    roles: tuple[int, ...]
    records: tuple[Record, ...]
    assumption: Assumption = ()


@dataclass(frozen=True, slots=True)
class Given:
    """An entry that is known, by its units: its title, and its date if it has one."""

    title: tuple[int, ...]
    date: int | None


def candidates(
    known: FileContext,
    probable: LogProbabilities,
    given: Sequence[Given] = (),
    only: Sequence[tuple[Assumption, Order]] = (),
) -> tuple[Candidate, ...]:
    """Different readings, the plainest first; none where no entry is found.

    Where an entry is `given` there are also readings that have it as their first. With `only` no
    other assumptions and orders are tried than these.
    """
    found: dict[Hashable, tuple[float, Candidate]] = {}
    seen: set[tuple[int, ...]] = set()
    plain = [[exp(value) for value in unit] for unit in probable]
    wanted = {assumption for assumption, _ in only}
    decoded: set[tuple[int, ...]] = set()
    places = _places_of(known)
    for assumption, table in _tables(known, plain, given, wanted):
        for order in ORDERS:
            if only and assumption != _GIVEN and (assumption, order) not in only:
                continue
            raw = decode(table, order)
            if raw in decoded:
                continue
            decoded.add(raw)
            roles, entries = _completed(known, places, raw)
            if roles in seen:
                continue
            seen.add(roles)
            # Of those that differ in their texts alone the most probable stands for all.
            told = tuple((record.title, record.date) for record in entries)
            likely = sum(map(getitem, probable, roles))
            if entries and (told not in found or likely > found[told][0]):
                found[told] = likely, Candidate(order, roles, entries, assumption)
    return tuple(candidate for _, candidate in found.values())


@dataclass(frozen=True, slots=True)
class _Places:
    """What completing a reading asks of the units of a file, whatever their roles.

    These are wrapped, are no text, may go on with the text above them. By unit: the first below it
    on another row, and the first from it on that begins a row and is no picture.
    """

    wrapped: tuple[int, ...]
    dated: tuple[int, ...]
    going_on: tuple[int, ...]
    row_ends: tuple[int, ...]
    beginning: tuple[int, ...]


def _places_of(known: FileContext) -> _Places:
    looks, rows, count = known.looks, known.rows, len(known.rows)
    row_ends, beginning = [count] * count, [count] * (count + 1)
    for unit in range(count - 1, -1, -1):
        if unit + 1 < count:
            row_ends[unit] = unit + 1 if rows[unit + 1] != rows[unit] else row_ends[unit + 1]
        begins = not unit or rows[unit] != rows[unit - 1]
        passed = not begins or looks[unit].link == "picture"
        beginning[unit] = beginning[unit + 1] if passed else unit
    return _Places(
        tuple(at for at, look in enumerate(looks) if look.wrapped and at),
        tuple(at for at, look in enumerate(looks) if look.kind != "t"),
        tuple(at for at in range(1, count) if _goes_on(known, at)),
        tuple(row_ends),
        tuple(beginning),
    )


def _completed(
    known: FileContext, places: _Places, roles: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[Record, ...]]:
    """The same, without what is left over by chance: parts of titles, parts of texts; and the
    entries that they make."""
    mended = list(roles)
    for unit in places.wrapped:
        if mended[unit] == OTHER and mended[unit - 1] in _TITLES:
            # It would not have fitted on the row of the title.
            mended[unit] = MORE
    found = records(mended)
    entries = [record for record in found if record.title]
    # A row may hold a bar or a date that is no more than a part of its title.
    rests = [_rest(places, record) for record in entries]
    if 0 < sum(bool(rest) for rest in rests) <= (1 - _WHOLE) * len(entries):
        for rest in rests:
            for unit in rest:
                mended[unit] = MORE
        found = records(mended)
    if _rejoin(known, mended, found):
        found = records(mended)
    if _complete_texts(known, places, mended, found):
        found = records(mended)
    return tuple(mended), found


def _rejoin(known: FileContext, roles: list[int], found: Sequence[Record]) -> bool:
    """Where nearly all entries have a date, makes a sentence that stands below an entry without a
    text, and began one without a date, the text of that entry. True if there is such a one."""
    if sum(record.date is not None for record in found) < _NEARLY_ALL * len(found):
        return False
    rejoined = False
    for above, record in pairwise(found):
        if record.date is None and above.title and not above.text:
            first = record.span[0]
            look = known.looks[first]
            if first == above.span[1] + 1 and look.end == "." and not look.label:
                rejoined = True
                for unit in record.title:
                    roles[unit] = TEXT
    return rejoined


def _complete_texts(
    known: FileContext, places: _Places, roles: list[int], found: Sequence[Record]
) -> bool:
    """Gives the role of a text to what goes with one: the rest of a row in which a date is a part
    of it, a sentence behind one, and what stands below a title like the texts below the others, if
    it is a sentence or nearly all of them have one. True if there is any."""
    added: list[int] = []
    running = {known.rows[at] for at in places.dated if roles[at] == TEXT}
    if running:
        added = [at for at, row in enumerate(known.rows) if row in running and roles[at] == OTHER]
        for unit in added:
            roles[unit] = TEXT
    for unit in places.going_on:
        if roles[unit] == OTHER and roles[unit - 1] == TEXT:
            roles[unit] = TEXT
            added.append(unit)
    below = [at for record in found if (at := _below(places, record, roles)) is not None]
    shapes = Counter(known.shapes[at] for at in below if roles[at] == TEXT)
    shape, often = shapes.most_common(1)[0] if shapes else (None, 0)
    for at in below:
        if roles[at] != OTHER:
            continue
        look = known.looks[at]
        expected = look.end == "." or often >= _WHOLE * len(below)
        # Of a few entries not even one may have a text to go by.
        alike = known.shapes[at] == shape or len(below) < _FEWEST
        if alike and expected and not look.label:
            roles[at] = TEXT
            added.append(at)
    return bool(added)


def _goes_on(known: FileContext, unit: int) -> bool:
    """True for a sentence that looks like the text above it, and is no boilerplate."""
    look, above = known.looks[unit], known.looks[unit - 1]
    return (
        look.kind == "t"
        and look.end == "."
        and not look.label
        and _BOILERPLATE.isdisjoint(look.flags)
        and (look.mark, look.link, look.column) == (above.mark, above.link, above.column)
        and known.often[unit] == 1
    )


def _below(places: _Places, record: Record, roles: Sequence[int]) -> int | None:
    """The text that stands below the title of an entry, and below its date if that comes first."""
    if not record.title:
        return None
    first = record.title[-1] + 1
    at = places.beginning[first]
    if at == record.date:
        at = places.beginning[at + 1]
    if at < min(first + _NEAR, len(roles)) and roles[at] in (TEXT, OTHER):
        return at
    return None


def _rest(places: _Places, record: Record) -> range | tuple[()]:
    """What stands behind a title on its row, but for the date of its entry."""
    last = record.title[-1]
    found = range(last + 1, places.row_ends[last])
    return () if record.date in found else found


_Table = list[list[float]]


def _tables(
    known: FileContext, plain: _Table, given: Sequence[Given], only: Set[Assumption]
) -> Iterator[tuple[Assumption, _Table]]:
    """The logarithms of the probabilities as they are, and under each assumption, or under some
    `only`; of a given entry, with it, too."""
    for share in _SMOOTHINGS:
        if not only or ("shape", share) in only:
            yield ("shape", share), _logarithms(_smoothed(known.shapes, plain, share))
    titles = frozenset(entry.title[0] for entry in given)
    anchored = anchors(known, plain, only, titles)
    within, without = _anchored(plain)
    logs = _logarithms(within), _logarithms(without)
    for key, members in anchored:
        yield key, _either(*logs, members)
    for entry in given:
        alike = _alike(known, plain, entry)
        tables = [plain, alike, _smoothed(known.shapes, alike, _SMOOTHINGS[-1])]
        tables += [_either(within, without, members) for _, members in anchored]
        for table in tables:
            yield ("given", "first"), _logarithms(_fixed(table, entry, first=True))
        for table in tables:
            # The file may have grown on top since the entry was the first.
            yield _GIVEN, _logarithms(_fixed(table, entry, first=False))


def _logarithms(table: _Table) -> _Table:
    return [[log(value) if value > 0 else -inf for value in unit] for unit in table]


def _either(within: _Table, without: _Table, members: frozenset[int]) -> _Table:
    return [(within if index in members else without)[index] for index in range(len(within))]


def _alike(known: FileContext, plain: _Table, entry: Given) -> _Table:
    """The probabilities if titles and dates look like those of an entry."""
    drawn = []
    shape = known.shapes[entry.title[0]]
    dated = None if entry.date is None else known.shapes[entry.date]
    for index, unit in enumerate(plain):
        title = _LIKE if known.shapes[index] == shape else _UNLIKE
        date = 1.0 if dated is None else _LIKE if known.shapes[index] == dated else _UNLIKE
        factors = {TITLE: title, NEW_TITLE: title, DATE: date, NEW_DATE: date}
        drawn.append(_normalised([value * factors.get(r, 1.0) for r, value in enumerate(unit)]))
    return drawn


def _fixed(plain: _Table, entry: Given, *, first: bool) -> _Table:
    """The probabilities if this is an entry, or the first one."""
    drawn = list(plain)
    title = entry.title[0]
    for index in range(min(title, title if entry.date is None else entry.date) if first else 0):
        drawn[index] = _only(plain[index], (OTHER,))
    drawn[title] = _only(plain[title], (TITLE, NEW_TITLE))
    for index in entry.title[1:]:
        drawn[index] = _only(plain[index], (MORE,))
    if entry.date is not None:
        drawn[entry.date] = _only(plain[entry.date], (DATE, NEW_DATE))
    return drawn


def _only(unit: Sequence[float], roles: Sequence[int]) -> list[float]:
    return _normalised(
        [max(value, 1e-6) if role in roles else value * 1e-9 for role, value in enumerate(unit)]
    )


def _normalised(unit: Sequence[float]) -> list[float]:
    total = sum(unit)
    return [value / total for value in unit]


def _smoothed(shapes: Sequence[Hashable], plain: _Table, share: float) -> _Table:
    """Each unit's probabilities drawn towards the mean of those of its shape."""
    if not share:
        return plain
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, shape in enumerate(shapes):
        members[shape].append(index)
    drawn = list(plain)
    for found in members.values():
        if len(found) < _FEWEST:
            continue
        mean = [sum(column) / len(found) for column in zip(*(plain[m] for m in found), strict=True)]
        for m in found:
            drawn[m] = [
                (1 - share) * own + share * common
                for own, common in zip(plain[m], mean, strict=True)
            ]
    return drawn


def _anchored(plain: _Table) -> tuple[_Table, _Table]:
    """The probabilities of each unit if it is one of the titles, and if it is hardly one."""
    within, without = [], []
    for unit in plain:
        titles = unit[TITLE] + unit[NEW_TITLE]
        rest = max(1.0 - titles, 1e-9)
        within.append(_weighed(unit, _TITLE_MASS / max(titles, 1e-9), (1 - _TITLE_MASS) / rest))
        without.append(_weighed(unit, _TITLE_LEFT, (1 - _TITLE_LEFT * titles) / rest))
    return within, without


def _weighed(unit: Sequence[float], titles: float, others: float) -> list[float]:
    scaled = [
        value * (titles if role in (TITLE, NEW_TITLE) else others)
        for role, value in enumerate(unit)
    ]
    # Which of its parts an entry begins with is for the order to say.
    for part, first in ((TITLE, NEW_TITLE), (DATE, NEW_DATE)):
        scaled[part] = scaled[first] = scaled[part] + scaled[first]
    return scaled


def anchors(
    known: FileContext,
    plain: _Table,
    only: Set[Assumption] = frozenset(),
    titles: Set[int] = frozenset(),
) -> list[tuple[Assumption, frozenset[int]]]:
    """Sets of units that may be the titles, the likeliest first, each with what it is known by.

    Labels are none, unless one of the `titles` that are known is among them.
    """
    found: dict[frozenset[int], tuple[float, Assumption]] = {}
    for key, members in _sets(known):
        if only and key not in only:
            continue
        if len(members) < _FEWEST or members in found:
            continue
        if not members.isdisjoint(titles) or not _are_labels(known, members):
            likely = sum(plain[m][TITLE] + plain[m][NEW_TITLE] for m in members)
            found[members] = likely / len(members), key
    order = sorted(found, key=lambda members: -found[members][0])
    return [(found[members][1], members) for members in order[:_ANCHORS]]


def _sets(known: FileContext) -> Iterator[tuple[Assumption, frozenset[int]]]:
    looks = known.looks
    by: dict[Assumption, set[int]] = defaultdict(set)
    forwards = range(len(looks))
    for way, order in (("behind", forwards), ("ahead", reversed(forwards))):
        far = 0  # texts from the last date; 0 where it stands too far off, or there was none
        for index in order:
            if looks[index].kind != "t":
                far = 1
            elif far:
                by[way, far].add(index)
                far = far + 1 if far < _FARTHEST else 0
    for index, look in enumerate(looks):
        if look.kind != "t":
            continue
        by["like", known.shapes[index]].add(index)
        by["row", look.mark, look.column, look.link].add(index)
        start, _ = known.blocks[index]
        if all(looks[at].kind != "t" for at in range(start, index)):
            by["block",].add(index)
        if index and looks[index - 1].label and look.gap >= 0:
            by["label",].add(index)
    for key, members in by.items():
        yield key, frozenset(members)


def _are_labels(known: FileContext, members: frozenset[int]) -> bool:
    """True for short words that come again and again, which are no titles."""
    labels = sum(known.looks[m].label for m in members)
    repeated = sum(known.often[m] > 1 for m in members)
    return labels > 0.8 * len(members) and repeated > 0.6 * len(members)
