"""Matches the entries of a reading with the items that are known already.

The rules of `match`, in order; each item and each entry is matched at most once in a reading:

(0) the source of the file knows both by the same guid, as feeds do, whatever else they say;
(a) title, date and summary are equal;
(b) the titles are equal, both have the same date, and the summaries are alike (at least 0.8 of
    them is the same, one is within the other, or one is empty);
(c) the titles are equal, exactly one has a date, and the summaries agree (equal, one within the
    other, or one empty);
(d) a correction: between two successive readings of one path an entry went and an entry came, two
    of title, date and summary are equal, and a neighbour is the same, or corrected as well. None is
    asked where date and summary are equal, nor in a file of one entry. A changed title is alike, or
    is the old one with a part that all titles of the file gained or lost.

(b), (c) and (d) hold only if exactly one item and one entry qualify. Two different dates are two
items. Whatever stays ambiguous is a new item, never a merge, and near to what it might have been.

Where the newest file of a source corrects the others, (b) holds within the source whatever the
summaries.

An item that was merged into another goes on being matched, so that whatever its sources say leads
to the other; where entries are counted, the two are one.

`match_again` is for a file that nobody edited: the settings of its source changed, or the reader
did. So it is the place that tells which entry is which, as long as nothing else knows better. In
this order, each item and each entry once:

1. the entry at the same line is the same as before;
2. title, date and summary are those of an item that the file had not made;
3. the entry at the same line has the same title;
4. an item that the file had not made is the entry by the other rules of `match`;
5. the entry begins at the same line;
6. the titles are equal; or else date and summary are;
7. the entries overlap, the nearest lines first, and have words in common: one's title or summary
   stands in the other.

An entry without a counterpart is a new item; an item without one was a wrong reading.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import product
from operator import itemgetter
from types import MappingProxyType

from tidings.core.identity import normalise
from tidings.core.likeness import Retitled, alike, summaries_alike, within
from tidings.model import Item, Listing, SourceEntry, Text

NO_GUIDS: Mapping[str, str] = MappingProxyType({})
# Among more pairs that have two things in common nothing can be told apart.
MOST_COMPARED = 10_000
# More pairs of one title and day are a series of some kind, in which nothing can be told apart.
MOST_OF_ONE_DAY = 400


@dataclass(frozen=True, slots=True)
class MatchKey:
    """The normalised parts of a text that are compared."""

    title: str
    date: date | None
    summary: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a reading, and the id of the known item that it is (None: a new item).

    `near` are known items that a new one might be after all, each with the reason to think so.
    """

    listing: Listing
    item_id: str | None
    near: tuple[tuple[str, str], ...] = ()


def match_key(text: Text) -> MatchKey:
    """Make the key of a text."""
    return MatchKey(normalise(text.title), text.date, normalise(text.summary))


def distinct(listings: Iterable[Listing]) -> tuple[Listing, ...]:
    """Remove exact repeats from a reading; the first of each stays."""
    first: dict[MatchKey, Listing] = {}
    for listing in listings:
        first.setdefault(match_key(listing.text), listing)
    return tuple(first.values())


def match(
    listings: Sequence[Listing],
    previous: Sequence[SourceEntry],
    known: Sequence[Item],
    corrects: Set[str] = frozenset(),
    guids: Mapping[str, str] = NO_GUIDS,
) -> tuple[Match, ...]:
    """Match the distinct entries of one reading.

    `previous` is what the same path carried before; `known` are all items that share a title with
    an entry or stood in `previous`; `corrects` are the ids of those among them that are known from
    a source whose newest file corrects the others, if the path is of that source; `guids` are the
    ids by what the path's source itself knows items by.
    """
    table = Table(listings, known)
    table.take((at, guids[one.guid]) for at, one in enumerate(listings) if one.guid in guids)
    here = {match_key(s.text): s.item_id for s in previous}
    table.take((at, here[shown]) for at, shown in table.unmatched() if shown in here)
    table.take(table.equal())
    near = list(table.alike())
    table.take(table.unique(table.same_day()))
    table.take(table.unique(table.same_day(corrects)))
    table.take(table.unique(table.one_dated()))
    for shared in (_Corrections.without_part, _Corrections.two_of_three):
        corrections = _Corrections(table, previous, shared)
        near += ((*pair, CORRECTED) for pair in corrections.pairs)
        table.take(corrections.vouched_for())
    missed = table.missed(near)
    return tuple(
        Match(listing, table.chosen.get(at), missed.get(at, ()))
        for at, listing in enumerate(table.listings)
    )


Pair = tuple[int, str]
Near = tuple[int, str, str]

SAME_DAY = "the same title and day"
ONE_DATED = "the same title, and only one has a date"
UNDATED = "the same title, and neither has a date"
CORRECTED = "one appeared where the other disappeared, with small differences"


class Table:
    """The entries and items that are matched so far, and those that are still free."""

    def __init__(self, listings: Sequence[Listing], known: Sequence[Item]) -> None:
        self.listings = listings
        self.keys = [match_key(listing.text) for listing in listings]
        self.known = {item.id: item for item in known}
        self.chosen: dict[int, str] = {}
        self.item_keys = {
            item.id: {
                match_key(item.text),
                *(match_key(s.text) for s in item.sources if s.item_id == item.id),
            }
            for item in known
        }
        self._present = {item.id: match_key(item.text) for item in known}
        self._by_key: dict[Hashable, list[str]] = defaultdict(list)
        self._by_day: dict[Hashable, list[str]] = defaultdict(list)
        self._by_dated: dict[Hashable, list[str]] = defaultdict(list)
        for item_id in sorted(self.item_keys):
            day = self.known[item_id].date
            for key in self.item_keys[item_id]:
                self._by_key[key].append(item_id)
            for title in {shown.title for shown in self.item_keys[item_id]}:
                self._by_day[title, day].append(item_id)
                self._by_dated[title, day is not None].append(item_id)

    def take(self, pairs: Iterable[Pair]) -> None:
        """Match these pairs, in this order, if the entry and the item are still free."""
        used = set(self.chosen.values())
        for at, item_id in list(pairs):
            if at not in self.chosen and item_id not in used and item_id in self.known:
                self.chosen[at] = item_id
                used.add(item_id)

    def root(self, item_id: str) -> str:
        """The id of the item that an item was merged into, or its own."""
        item = self.known.get(item_id)
        while item and item.merged_into in self.known:
            item = self.known[item.merged_into]
        return item.id if item else item_id

    def unique(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Only the pairs whose entry and whose item occur in no other pair.

        Of items that are one by a merge, the one that the others lead to stands for all.
        """
        one: dict[tuple[int, str], str] = {}
        for at, item_id in pairs:
            root = self.root(item_id)
            one[at, root] = root if root == item_id else min(one.get((at, root), item_id), item_id)
        entries = Counter(at for at, _ in one)
        roots = Counter(root for _, root in one)
        return [
            (at, item_id)
            for (at, root), item_id in one.items()
            if entries[at] == 1 and roots[root] == 1
        ]

    def missed(self, near: Iterable[Near]) -> dict[int, tuple[tuple[str, str], ...]]:
        """The pairs of `near` whose entry and item were both left over, by entry."""
        here = {self.root(item_id) for item_id in self.chosen.values()}
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for at, item_id, why in near:
            root = self.root(item_id)
            if at not in self.chosen and root not in here:
                found[at].setdefault(root, why)
        return {at: tuple(sorted(reasons.items())) for at, reasons in found.items()}

    def unmatched(self) -> Iterator[tuple[int, MatchKey]]:
        """The entries that are still to be matched."""
        return ((at, shown) for at, shown in enumerate(self.keys) if at not in self.chosen)

    def _candidates(
        self, index: Mapping[Hashable, Sequence[str]], key: Callable[[MatchKey], Hashable]
    ) -> Iterator[tuple[int, MatchKey, str]]:
        used = set(self.chosen.values())
        for at, shown in self.unmatched():
            for item_id in index.get(key(shown), ()):
                if item_id not in used:
                    yield at, shown, item_id

    def equal(self) -> list[Pair]:
        """Pairs by rule (a)."""
        # Present texts before those that only a source still has, and never in the entries' order:
        # two texts of one item may stand in one reading.
        found = [
            (shown != self._present[item_id], shown.date or date.min, shown.summary, item_id, at)
            for at, shown, item_id in self._candidates(self._by_key, lambda shown: shown)
        ]
        return [(at, item_id) for *_, item_id, at in sorted(found)]

    def same_day(self, corrects: Set[str] = frozenset()) -> Iterator[Pair]:
        """Pairs by rule (b), also where several qualify; of items that it `corrects`, whatever the
        summaries."""
        for at, shown, item_id in self._of_one_day():
            if shown.date is not None and (item_id in corrects or self._summaries(shown, item_id)):
                yield at, item_id

    def _of_one_day(self) -> Iterator[tuple[int, MatchKey, str]]:
        """The candidates of one title and day, none dated among them, but for large series."""
        entries = Counter((shown.title, shown.date) for _, shown in self.unmatched())
        for each in self._candidates(self._by_day, lambda shown: (shown.title, shown.date)):
            key = each[1].title, each[1].date
            if entries[key] * len(self._by_day[key]) <= MOST_OF_ONE_DAY:
                yield each

    def _one_dated(self) -> Iterator[tuple[int, MatchKey, str]]:
        """The candidates of one title of which exactly one has a date."""
        return self._candidates(self._by_dated, lambda shown: (shown.title, shown.date is None))

    def _summaries(self, shown: MatchKey, item_id: str) -> bool:
        """Whether the summary is like the item's, or like one that a source has of it."""
        present = self._present[item_id].summary
        if not present or not shown.summary:
            return True
        said = {key.summary for key in self.item_keys[item_id] if key.title == shown.title}
        return any(summaries_alike(each, shown.summary) for each in {present, *said} - {""})

    def alike(self) -> Iterator[Near]:
        """Pairs that share the title, and whose days do not tell them apart."""
        for at, shown, item_id in self._of_one_day():
            yield at, item_id, SAME_DAY if shown.date else UNDATED
        for at, _, item_id in self._one_dated():
            yield at, item_id, ONE_DATED

    def one_dated(self) -> Iterator[Pair]:
        """Pairs by rule (c), also where several qualify."""
        for at, shown, item_id in self._one_dated():
            if any(
                within(shown.summary, other.summary) or within(other.summary, shown.summary)
                for other in self.item_keys[item_id]
                if other.title == shown.title
            ):
                yield at, item_id


class _Corrections:
    """The entries that came and the items that went which may be the same by rule (d), as `pairs`
    of what only a neighbour may have to vouch for. Only those are compared that have a key in
    common, as `shared` tells."""

    def __init__(
        self,
        table: Table,
        previous: Sequence[SourceEntry],
        shared: Callable[[_Corrections, MatchKey, bool], Iterable[Hashable]],
    ) -> None:
        self._table = table
        before = sorted(
            (s for s in previous if s.position is not None), key=lambda s: s.position or 0
        )
        self._order = [s.item_id for s in before]
        self._was_at = {s.item_id: at for at, s in enumerate(before)}
        self._before = {s.item_id: match_key(s.text) for s in before}
        self._single = len(before) == len(table.listings) == 1
        self._retitled = Retitled(
            [key.title for key in self._before.values()], [key.title for key in table.keys]
        )
        self.pairs = tuple(dict.fromkeys(self._found(shared)))

    def _found(
        self, shared: Callable[[_Corrections, MatchKey, bool], Iterable[Hashable]]
    ) -> Iterator[Pair]:
        stayed = set(self._table.chosen.values())
        gone = [(key, item_id) for item_id, key in self._before.items() if item_id not in stayed]
        came = list(self._table.unmatched())
        if not gone or not came:
            return
        went: dict[Hashable, list[tuple[MatchKey, str]]] = defaultdict(list)
        for old, item_id in gone:
            for key in shared(self, old, False):
                went[key].append((old, item_id))
        arrived: dict[Hashable, list[tuple[MatchKey, int]]] = defaultdict(list)
        for at, shown in came:
            for key in shared(self, shown, True):
                arrived[key].append((shown, at))
        for key in went.keys() & arrived.keys():
            if len(went[key]) * len(arrived[key]) <= MOST_COMPARED:
                for (old, item_id), (shown, at) in product(went[key], arrived[key]):
                    if self._corrects(old, shown):
                        yield at, item_id

    def without_part(self, shown: MatchKey, new: bool) -> Iterator[Hashable]:
        """The title but for what all titles gained or lost, and the day. This goes first: it tells
        titles apart that are alike."""
        for title in self._retitled.shared(shown.title, new=new):
            yield title, shown.date

    def two_of_three(self, shown: MatchKey, _new: bool) -> Iterator[Hashable]:
        """Title and day, title and summary, day and summary, each pair under a name of its own."""
        yield "title and day", shown.title, shown.date
        if shown.summary:
            yield "title and summary", shown.title, shown.summary
            yield "day and summary", shown.date, shown.summary

    def _corrects(self, old: MatchKey, new: MatchKey) -> bool:
        changed_title = old.title != new.title
        same_date = old.date == new.date
        same_summary = old.summary != "" and old.summary == new.summary
        retitled = changed_title and self._retitled.differs_by_it(old.title, new.title)
        # What every title gained changed none of them, as long as nothing else did.
        by_part = retitled and same_date and self._shares_the_part(old.title, new.title)
        same_title = not changed_title or by_part
        if changed_title and not (retitled or alike(old.title, new.title)):
            return False
        if old.date is None and new.date is None:
            # Nothing else can vouch for an undated entry, so its own words must: see
            # docs/decisions/0001-undated-corrections.md.
            agree = alike(old.summary, new.summary) or not (old.summary and new.summary)
            return same_summary or (same_title and agree)
        return same_title + (same_date and old.date is not None) + same_summary >= 2

    def _shares_the_part(self, old: str, new: str) -> bool:
        stems = set(self._retitled.shared(old, new=False))
        return not stems.isdisjoint(self._retitled.shared(new, new=True))

    def vouched_for(self) -> list[Pair]:
        """The pairs that nothing else fits as well, and that need no neighbour, or have one that
        is the same in both readings or corrected as well."""
        left = list(self.pairs)
        while True:
            sure = self._table.unique(left)
            same = self._table.chosen | dict(sure)
            now = [same.get(at) for at in range(len(self._table.listings))]
            kept = [pair for pair in left if self._needs_none(pair) or self._has_one(pair, now)]
            if len(kept) == len(left):
                return sure
            left = kept

    def _needs_none(self, pair: Pair) -> bool:
        old, new = self._before[pair[1]], self._table.keys[pair[0]]
        equal = old.date is not None and old.date == new.date and old.summary == new.summary
        return self._single or (equal and new.summary != "")

    def _has_one(self, pair: Pair, now: Sequence[str | None]) -> bool:
        return _share_a_neighbour(self._order, self._was_at[pair[1]], now, pair[0])


def _share_a_neighbour(
    before: Sequence[str], was_at: int, now: Sequence[str | None], at: int
) -> bool:
    """Whether the entry above, or the one below, is the same in both readings."""
    above = was_at > 0 and at > 0 and before[was_at - 1] == now[at - 1]
    last = was_at + 1 == len(before) or at + 1 == len(now)
    return above or (not last and before[was_at + 1] == now[at + 1])


def match_again(
    listings: Sequence[Listing], previous: Sequence[SourceEntry], known: Sequence[Item]
) -> tuple[Match, ...]:
    """Match the distinct entries of a reading with what the same bytes were read as before.

    `previous` and `known` are as for `matching.match`.
    """
    before = _Before(previous)
    table = Table(listings, known)
    table.take(before.at_the_same_line(table, lambda old, new: old == new))
    table.take(before.others(table.equal()))
    table.take(before.at_the_same_line(table, lambda old, new: old.title == new.title))
    table.take(table.unique(before.others(table.same_day())))
    table.take(table.unique(before.others(table.one_dated())))
    table.take(before.at_the_same_line(table, lambda _old, _new: True))
    table.take(before.sharing(table, lambda shown: shown.title))
    table.take(before.sharing(table, _date_and_summary))
    table.take(before.overlapping(table))
    return tuple(Match(listing, table.chosen.get(at)) for at, listing in enumerate(table.listings))


def _date_and_summary(shown: MatchKey) -> Hashable:
    return (shown.date, shown.summary) if shown.date and shown.summary else None


class _Before:
    """The entries of the earlier reading, by their lines."""

    def __init__(self, previous: Iterable[SourceEntry]) -> None:
        standing = sorted(
            (s for s in previous if s.position is not None),
            key=lambda s: (s.ref.line, s.position or 0),
        )
        self._keys = {s.item_id: match_key(s.text) for s in standing}
        self._lines = {s.item_id: s.ref.line for s in standing}
        self._at = {s.ref.line: s.item_id for s in reversed(standing)}

    def others(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs with an item that the file had not made."""
        return ((at, item_id) for at, item_id in pairs if item_id not in self._lines)

    def at_the_same_line(
        self, table: Table, agree: Callable[[MatchKey, MatchKey], bool]
    ) -> Iterator[Pair]:
        """The pairs that begin at one line, and whose texts agree."""
        for at, shown in table.unmatched():
            item_id = self._at.get(table.listings[at].ref.line)
            if item_id is not None and agree(self._keys[item_id], shown):
                yield at, item_id

    def sharing(self, table: Table, key: Callable[[MatchKey], Hashable]) -> Iterator[Pair]:
        """The pairs of which nothing else has the same key."""
        left = {item_id: key(shown) for item_id, shown in self._left(table).items()}
        here = {at: key(shown) for at, shown in table.unmatched()}
        theirs, ours = Counter(left.values()), Counter(here.values())
        by_key = {each: item_id for item_id, each in left.items() if theirs[each] == 1}
        for at, each in here.items():
            if each is not None and ours[each] == 1 and each in by_key:
                yield at, by_key[each]

    def overlapping(self, table: Table) -> Iterator[Pair]:
        """The pairs that overlap and have words in common, the nearest first."""
        begins = sorted((each.ref.line, at) for at, each in enumerate(table.listings))
        free, were = dict(table.unmatched()), sorted(self._lines.values())
        found = []
        for item_id, old in self._left(table).items():
            was = self._lines[item_id]
            # The entry that was begun at its line, and those that begin before the next one did.
            first = bisect_right(begins, was, key=itemgetter(0)) - 1
            following = were[bisect_right(were, was) :][:1]
            end = bisect_left(begins, following[0], key=itemgetter(0)) if following else None
            for line, at in begins[max(first, 0) : end]:
                if at in free and _akin(old, free[at]):
                    found.append((abs(line - was), line, at, item_id))
        return ((at, item_id) for *_, at, item_id in sorted(found))

    def _left(self, table: Table) -> dict[str, MatchKey]:
        used = set(table.chosen.values())
        return {item_id: shown for item_id, shown in self._keys.items() if item_id not in used}


def _akin(old: MatchKey, new: MatchKey) -> bool:
    """Whether a title or a summary of the one stands in the other."""
    if old.title in f"{new.title} {new.summary}" or new.title in f"{old.title} {old.summary}":
        return True
    both = bool(old.summary and new.summary)
    return both and (old.summary in new.summary or new.summary in old.summary)
