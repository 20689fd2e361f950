"""Which entries of a reading are items that an earlier reading of the same bytes made.

Nobody edited the file: its source's settings changed, or the reader did. So it is the place that
tells which entry is which, as long as nothing else knows better. In this order, each item and each
entry once:

1. the entry at the same line is the same as before;
2. title, date and summary are those of an item that the file had not made;
3. the entry at the same line has the same title;
4. an item that the file had not made is the entry by the other rules of `matching`;
5. the entry begins at the same line;
6. the titles are equal; or else date and summary are;
7. the entries overlap, the nearest lines first, and have words in common: one's title or summary
   stands in the other.

An entry without a counterpart is a new item; an item without one was a wrong reading.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from tidings.core.matching import Face, Match, Pair, Table, face
from tidings.model import Item, Listing, SourceEntry


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
    for key in (_title, _date_and_summary):
        table.take(before.sharing(table, key))
    table.take(before.overlapping(table))
    return tuple(Match(listing, table.chosen.get(at)) for at, listing in enumerate(table.listings))


def _title(shown: Face) -> Hashable:
    return shown.title


def _date_and_summary(shown: Face) -> Hashable:
    return (shown.date, shown.summary) if shown.date and shown.summary else None


class _Before:
    """The entries that the earlier reading made, by their places."""

    def __init__(self, previous: Iterable[SourceEntry]) -> None:
        standing = sorted(
            (s for s in previous if s.position is not None),
            key=lambda s: (s.ref.line, s.position or 0),
        )
        self._faces = {s.item_id: face(s.text) for s in standing}
        self._lines = {s.item_id: s.ref.line for s in standing}
        self._at = {s.ref.line: s.item_id for s in reversed(standing)}

    def others(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """The pairs with an item that the file had not made."""
        return ((at, item_id) for at, item_id in pairs if item_id not in self._lines)

    def at_the_same_line(self, table: Table, agree: Callable[[Face, Face], bool]) -> Iterator[Pair]:
        """The pairs that begin at one line, and whose texts agree."""
        for at, shown in table.open_faces():
            item_id = self._at.get(table.listings[at].ref.line)
            if item_id is not None and agree(self._faces[item_id], shown):
                yield at, item_id

    def sharing(self, table: Table, key: Callable[[Face], Hashable]) -> Iterator[Pair]:
        """The pairs of which nothing else has the same key."""
        left = {item_id: key(shown) for item_id, shown in self._left(table).items()}
        here = {at: key(shown) for at, shown in table.open_faces()}
        theirs, ours = Counter(left.values()), Counter(here.values())
        by_key = {each: item_id for item_id, each in left.items() if theirs[each] == 1}
        for at, each in here.items():
            if each is not None and ours[each] == 1 and each in by_key:
                yield at, by_key[each]

    def overlapping(self, table: Table) -> Iterator[Pair]:
        """The pairs that overlap and have words in common, the nearest first."""
        begins = sorted((each.ref.line, at) for at, each in enumerate(table.listings))
        free, were = dict(table.open_faces()), sorted(self._lines.values())
        found = []
        for item_id, old in self._left(table).items():
            was = self._lines[item_id]
            # The entry that was begun at its line, and those that begin before the next one did.
            first = bisect_right(begins, was, key=_line) - 1
            next_one = bisect_right(were, was)
            end = bisect_left(begins, were[next_one], key=_line) if next_one < len(were) else None
            for line, at in begins[max(first, 0) : end]:
                if at in free and _akin(old, free[at]):
                    found.append((abs(line - was), line, at, item_id))
        return ((at, item_id) for *_, at, item_id in sorted(found))

    def _left(self, table: Table) -> dict[str, Face]:
        used = set(table.chosen.values())
        return {item_id: shown for item_id, shown in self._faces.items() if item_id not in used}


def _line(begin: tuple[int, int]) -> int:
    return begin[0]


def _akin(old: Face, new: Face) -> bool:
    """Whether a title or a summary of the one stands in the other."""
    if old.title in f"{new.title} {new.summary}" or new.title in f"{old.title} {old.summary}":
        return True
    both = bool(old.summary and new.summary)
    return both and (old.summary in new.summary or new.summary in old.summary)
