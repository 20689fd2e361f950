"""Which entries of a reading are items that we know already.

The rules, in order; each item and each entry is matched at most once in a reading:

(a) title, date and summary are equal;
(b) the titles are equal and both have the same date;
(c) the titles are equal, exactly one has a date, and the summaries agree (equal, one within the
    other, or one empty);
(d) a correction: between two successive readings of one path an entry went and an entry came,
    two of title, date and summary are equal, and a neighbour stayed.

(b), (c) and (d) hold only if exactly one item and one entry qualify. Two different dates are two
items. Whatever stays ambiguous is a new item, never a merge, and near to what it might have been.

An item that was merged into another goes on being matched, so that whatever its sources say leads
to the other; where entries are counted, the two are one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from tidings.core.identity import normalise
from tidings.model import Item, Listing, SourceEntry, Text

ALIKE = 0.8
# Comparing letter by letter is quadratic; nobody corrects a typo in a text of this length.
LONGEST_COMPARED = 5_000


@dataclass(frozen=True, slots=True)
class Face:
    """A text reduced to what identity compares."""

    title: str
    date: date | None
    summary: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a reading, and the known item that it is (None: a new one).

    `near` are known items that a new one might be after all, each with the reason to think so.
    """

    listing: Listing
    item_id: str | None
    near: tuple[tuple[str, str], ...] = ()


def face(text: Text) -> Face:
    """The normalised title, date and summary of a text."""
    return Face(normalise(text.title), text.date, normalise(text.summary))


def distinct(listings: Iterable[Listing]) -> tuple[Listing, ...]:
    """The entries of a reading without exact repeats; the first of each stays."""
    first: dict[Face, Listing] = {}
    for listing in listings:
        first.setdefault(face(listing.text), listing)
    return tuple(first.values())


def match(
    listings: Sequence[Listing], previous: Sequence[SourceEntry], known: Sequence[Item]
) -> tuple[Match, ...]:
    """Match the distinct entries of one reading.

    `previous` is what the same path carried before; `known` are all items that share a title with
    an entry or stood in `previous`.
    """
    table = Table(listings, known)
    here = {face(s.text): s.item_id for s in previous}
    table.take((at, here[shown]) for at, shown in table.open_faces() if shown in here)
    table.take(table.equal())
    near = list(table.alike())
    table.take(table.unique(table.same_day()))
    table.take(table.unique(table.one_dated()))
    table.take(table.unique(_corrections(table, previous, neighbours=True)))
    near += ((*pair, CORRECTED) for pair in _corrections(table, previous, neighbours=False))
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
CORRECTED = "one came where the other went, and little is different"


class Table:
    """The entries still to be matched, and the items still free, as matching goes on."""

    def __init__(self, listings: Sequence[Listing], known: Sequence[Item]) -> None:
        self.listings = listings
        self.faces = [face(listing.text) for listing in listings]
        self.known = {item.id: item for item in known}
        self.chosen: dict[int, str] = {}
        self.item_faces = {
            item.id: {
                face(item.text),
                *(face(s.text) for s in item.sources if s.item_id == item.id),
            }
            for item in known
        }
        self._present = {item.id: face(item.text) for item in known}
        self._by_title: dict[str, list[str]] = defaultdict(list)
        for item_id in sorted(self.item_faces):
            for title in {shown.title for shown in self.item_faces[item_id]}:
                self._by_title[title].append(item_id)

    def take(self, pairs: Iterable[Pair]) -> None:
        """Match these, in this order, as far as both sides are still free."""
        used = set(self.chosen.values())
        for at, item_id in list(pairs):
            if at not in self.chosen and item_id not in used and item_id in self.known:
                self.chosen[at] = item_id
                used.add(item_id)

    def root(self, item_id: str) -> str:
        """The item itself, or the one that it leads to."""
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
        """Of pairs that looked alike, those of an entry and an item that both were left over."""
        here = {self.root(item_id) for item_id in self.chosen.values()}
        found: dict[int, dict[str, str]] = defaultdict(dict)
        for at, item_id, why in near:
            root = self.root(item_id)
            if at not in self.chosen and root not in here:
                found[at].setdefault(root, why)
        return {at: tuple(sorted(reasons.items())) for at, reasons in found.items()}

    def open_faces(self) -> Iterator[tuple[int, Face]]:
        """The entries that are still to be matched."""
        return ((at, shown) for at, shown in enumerate(self.faces) if at not in self.chosen)

    def _candidates(self) -> Iterator[tuple[int, Face, str]]:
        used = set(self.chosen.values())
        for at, shown in self.open_faces():
            for item_id in self._by_title.get(shown.title, ()):
                if item_id not in used:
                    yield at, shown, item_id

    def equal(self) -> list[Pair]:
        """Pairs by rule (a)."""
        # Present texts before those that only a source still has, and never in the entries' order:
        # two texts of one item may stand in one reading.
        found = [
            (shown != self._present[item_id], shown.date or date.min, shown.summary, item_id, at)
            for at, shown, item_id in self._candidates()
            if shown in self.item_faces[item_id]
        ]
        return [(at, item_id) for *_, item_id, at in sorted(found)]

    def same_day(self) -> Iterator[Pair]:
        """Pairs by rule (b), also where several qualify."""
        for at, shown, item_id in self._candidates():
            if shown.date is not None and shown.date == self.known[item_id].date:
                yield at, item_id

    def alike(self) -> Iterator[Near]:
        """Pairs that share the title, and whose days do not tell them apart."""
        for at, shown, item_id in self._candidates():
            day = self.known[item_id].date
            if shown.date == day:
                yield at, item_id, SAME_DAY if day else UNDATED
            elif shown.date is None or day is None:
                yield at, item_id, ONE_DATED

    def one_dated(self) -> Iterator[Pair]:
        """Pairs by rule (c), also where several qualify."""
        for at, shown, item_id in self._candidates():
            one_has_a_date = (shown.date is None) != (self.known[item_id].date is None)
            if one_has_a_date and any(
                shown.summary in other.summary or other.summary in shown.summary
                for other in self.item_faces[item_id]
                if other.title == shown.title
            ):
                yield at, item_id


def _corrections(
    table: Table, previous: Sequence[SourceEntry], *, neighbours: bool
) -> Iterator[Pair]:
    """Pairs of an entry that came and the item of an entry that went, by rule (d).

    Without `neighbours`, none needs to have stayed.
    """
    before = sorted((s for s in previous if s.position is not None), key=lambda s: s.position or 0)
    order = [s.item_id for s in before]
    stayed = set(table.chosen.values())
    gone = [(i, s.item_id, face(s.text)) for i, s in enumerate(before) if s.item_id not in stayed]
    now = [table.chosen.get(at) for at in range(len(table.listings))]
    for key in _SHARED:
        went: dict[Hashable, list[tuple[int, str, Face]]] = defaultdict(list)
        for entry in gone:
            went[key(entry[2])].append(entry)
        for at, shown in table.open_faces():
            for was_at, item_id, old in went.get(key(shown), ()):
                if _is_correction(old, shown) and (
                    not neighbours or _share_a_neighbour(order, was_at, now, at)
                ):
                    yield at, item_id


_SHARED: tuple[Callable[[Face], Hashable], ...] = (
    lambda f: (f.title, f.date),
    lambda f: (f.title, f.summary),
    lambda f: (f.date, f.summary),
)


def _is_correction(old: Face, new: Face) -> bool:
    same_title = old.title == new.title
    same_date = old.date is not None and old.date == new.date
    same_summary = old.summary != "" and old.summary == new.summary
    if old.date is None and new.date is None:
        # Nothing else can vouch for an undated entry, so its own words must: see
        # docs/decisions/0001-undated-corrections.md.
        if same_title:
            return alike(old.summary, new.summary) or not (old.summary and new.summary)
        return same_summary and alike(old.title, new.title)
    if same_title + same_date + same_summary < 2:
        return False
    return same_title or alike(old.title, new.title)


def alike(old: str, new: str) -> bool:
    """Whether two normalised texts are at least `ALIKE`, by their matching letters."""
    if not old or not new or max(len(old), len(new)) > LONGEST_COMPARED:
        return False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _share_a_neighbour(
    before: Sequence[str], was_at: int, now: Sequence[str | None], at: int
) -> bool:
    """Whether the entry above, or the one below, is the same: what goes below an entry is not what
    comes above it."""
    above = was_at > 0 and at > 0 and before[was_at - 1] == now[at - 1]
    last = was_at + 1 == len(before) or at + 1 == len(now)
    return above or (not last and before[was_at + 1] == now[at + 1])
