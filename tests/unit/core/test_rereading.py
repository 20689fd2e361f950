"""Which entry is which item when the bytes of a file are the same and the reading is another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tests.builders import MONDAY, item
from tidings.core.rereading import match_again
from tidings.model import Listing, Revision, SeedRef, SourceEntry, Text

DAY = date(2026, 12, 5)


@dataclass(frozen=True)
class Entry:
    """An entry at a line."""

    line: int
    title: str
    summary: str = ""
    day: date | None = None

    @property
    def text(self) -> Text:
        return Text(self.title, self.summary, self.day)


def paired(old: list[Entry], new: list[Entry], *others: Entry) -> list[str | None]:
    """The old titles (of `others` in another file, too) that the new entries are the items of."""
    seen = [
        SourceEntry(SeedRef("a.txt", each.line), each.text, each.title, MONDAY, position)
        for position, each in enumerate(old)
    ]
    known = [
        replace(item(each.text, each.title), history=(Revision(0, each.text, MONDAY, ""),))
        for each in (*old, *others)
    ]
    listings = [Listing(each.text, SeedRef("a.txt", each.line)) for each in new]
    return [each.item_id for each in match_again(listings, seen, known)]


def test_the_line_tells_where_titles_are_told_otherwise() -> None:
    old = [Entry(1, "Sale", day=DAY), Entry(5, "Sale today", day=DAY)]
    assert paired(old, [Entry(1, "Sale today"), Entry(5, "Sale")]) == ["Sale", "Sale today"]


def test_a_title_that_is_found_at_another_line_is_the_same_item() -> None:
    assert paired([Entry(1, "Sale"), Entry(4, "Fair")], [Entry(3, "Fair")]) == ["Fair"]


def test_of_a_title_that_is_there_twice_the_nearest_is_the_same_item() -> None:
    new = [Entry(5, "Sale", "A."), Entry(9, "Sale", "B.")]
    assert paired([Entry(1, "Sale", "One.")], new) == ["Sale", None]


def test_a_place_that_was_taken_for_the_headline_becomes_the_headline() -> None:
    old = [Entry(2, "Town hall", "Sew a book.", DAY), Entry(7, "Old school", "Mend it.", DAY)]
    new = [Entry(1, "Bookbinding", "Sew a book.", DAY), Entry(6, "Repair café", "Mend it.", DAY)]
    assert paired(old, new) == ["Town hall", "Old school"]


def test_an_entry_that_swallowed_others_is_the_nearest_of_them() -> None:
    old = [Entry(1, "News", "Boat sinks. It was old. Port opens. It is new.")]
    new = [Entry(2, "Boat sinks.", "It was old."), Entry(5, "Port opens.", "It is new.")]
    assert paired(old, new) == ["News", None]


def test_what_only_stands_beside_an_entry_is_not_that_entry() -> None:
    old = [Entry(1, "Boat sinks", "It was old."), Entry(9, "Share this page")]
    new = [Entry(1, "Boat sinks", "It was old."), Entry(6, "Port opens", "It is new.")]
    assert paired(old, new) == ["Boat sinks", None]


def test_an_item_that_another_file_has_rightly_comes_before_the_line() -> None:
    old, right = [Entry(1, "Town hall", "Sew.", DAY)], Entry(1, "Bookbinding", "Sew.", DAY)
    assert paired(old, [right], right) == ["Bookbinding"]


def test_an_entry_that_is_as_it_was_stays_beside_its_double() -> None:
    same = Entry(1, "Bookbinding", "Sew.", DAY)
    known = Entry(1, "double")
    assert paired([same], [same], known) == ["Bookbinding"]


def test_many_entries_that_all_moved_are_told_apart() -> None:
    old = [Entry(3 * n + 2, f"Place {n}", f"Text {n}!", DAY) for n in range(3000)]
    new = [Entry(3 * n + 1, f"Title {n}", f"Text {n}!") for n in range(3000)]
    assert paired(old, new) == [f"Place {n}" for n in range(3000)]
