"""Retractions and merges as values: what becomes of an item, and which entries lead to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.builders import HOUR, MONDAY, Shelf, item, listings, sighting, text
from tidings.core.changes import reinstated, retracted
from tidings.core.identity import UniqueTimestamps
from tidings.core.likeness import near_duplicates, title_ends
from tidings.core.match import CORRECTED, ONE_DATED, SAME_DAY, UNDATED, match
from tidings.model import Item, Retraction, Text

A, B = "a" * 16, "b" * 16
LATER, LAST = MONDAY + HOUR, MONDAY + 2 * HOUR
BOAT = item(text("Boat", "It floats.", "2026-01-05"), A)
HARBOUR = text("Harbour opens", "It is open.", "2026-01-10")
GONE = Retraction("Not so.", LATER, "Ana")


def withdrawn(was: Item, retraction: Retraction) -> Item:
    return retracted(was, retraction, UniqueTimestamps(retraction.at))


def test_a_retraction_is_a_revision_of_the_same_text() -> None:
    gone = withdrawn(BOAT, GONE)
    assert (gone.revision, gone.text, gone.updated, gone.retraction) == (1, BOAT.text, LATER, GONE)
    assert (gone.id, gone.slug, gone.published) == (BOAT.id, BOAT.slug, BOAT.published)


def test_another_reason_is_no_other_revision() -> None:
    again = withdrawn(withdrawn(BOAT, GONE), replace(GONE, reason="Never.", at=LAST))
    assert (again.revision, again.updated) == (1, LAST)


def test_what_nobody_was_told_leaves_no_revision() -> None:
    back = reinstated(withdrawn(BOAT, GONE), LAST, UniqueTimestamps(LAST), told=False)
    assert replace(back, revised_at=None) == BOAT


def test_who_was_told_of_a_retraction_is_told_of_its_end() -> None:
    back = reinstated(withdrawn(BOAT, GONE), LAST, UniqueTimestamps(LAST), told=True)
    assert (back.revision, back.text, back.retraction) == (2, BOAT.text, None)


def test_what_was_filled_in_meanwhile_stays() -> None:
    gone = withdrawn(BOAT, GONE)
    longer = replace(BOAT.text, summary="It floats. Away.")
    gone = replace(
        gone, text=longer, history=(*gone.history[:-1], replace(gone.history[-1], text=longer))
    )
    back = reinstated(gone, LAST, UniqueTimestamps(LAST), told=False)
    assert (back.text, back.history[-1].text, back.revision) == (longer, longer, 0)


def test_what_comes_back_corrected_is_told_as_corrected() -> None:
    shelf = Shelf()
    shelf.read("a.txt", HARBOUR, BOAT.text)
    shelf.read("a.txt", HARBOUR)
    boat = shelf.titled("Boat")
    shelf.known[boat.id] = withdrawn(boat, Retraction("It is gone.", LATER))
    mended = replace(BOAT.text, summary="It floats away.")
    changes = shelf.read("a.txt", HARBOUR, mended, now=LAST)
    (back,) = changes.revised
    assert (back.id, back.text, back.retraction) == (boat.id, mended, None)
    assert back.revision == 2
    assert (back.history[-1].text, back.history[-1].path) == (mended, "a.txt")
    assert back.history[0].text == BOAT.text


# --- Near misses ---------------------------------------------------------------------------------


def near(known: list[Item], *entries: Text) -> list[tuple[tuple[str, str], ...]]:
    return [each.near for each in match(listings("n.txt", *entries), (), known)]


def test_what_is_ambiguous_is_near_to_all_that_it_might_be() -> None:
    known = [
        item(text("Boat", "One.", "2026-01-05"), A),
        item(text("Boat", "Two.", "2026-01-05"), B),
    ]
    assert near(known, text("Boat", "Three.", "2026-01-05")) == [((A, SAME_DAY), (B, SAME_DAY))]
    assert near(known, text("Boat", "Three.")) == [((A, ONE_DATED), (B, ONE_DATED))]
    assert near(known, text("Boat", "Three.", "2026-01-06")) == [()]
    assert near([item(text("Boat", "One."), A)], text("Boat", "Two.")) == [((A, UNDATED),)]


def test_what_another_entry_of_the_reading_is_is_not_near() -> None:
    known = [item(text("Boat", "One.", "2026-01-05"), A)]
    entries = text("Boat", "One.", "2026-01-05"), text("Boat", "Two.", "2026-01-05")
    assert near(known, *entries) == [(), ()]


def test_a_correction_that_no_neighbour_vouches_for_is_near() -> None:
    was, now = text("Harbour", "Open.", "2026-01-05"), text("Harbour", "Open.", "2026-01-06")
    seen, other = sighting(A, was), text("Rain", "It rains.", "2026-01-07")
    known = [replace(item(was, A), sources=(seen,))]
    _, found = match(listings("a.txt", other, now), [seen], known)
    assert (found.item_id, found.near) == (None, ((A, CORRECTED),))


def test_titles_of_a_day_are_nearly_the_same_by_their_letters_and_numbers() -> None:
    day = date(2026, 1, 5)
    new = item(text("Harbour festivel 2", "", day), A)

    def found(title: str, on: date = day, here: frozenset[str] = frozenset()) -> bool:
        return near_duplicates([new], [(B, title, on)], here) == {A: B}

    assert found("harbour festival 2")
    assert not found("harbour festival 3")
    assert not found("harbour closed 2")
    assert not found("harbour festival 2", date(2026, 1, 6))
    assert not found("harbour festival 2", day, frozenset({B}))
    assert title_ends([new, item(text("Undated"))]) == {"harbour fe", "festivel 2"}


# --- Merged items --------------------------------------------------------------------------------


def test_items_that_are_one_are_no_ambiguity() -> None:
    known = [
        item(text("Boat", "It sails at one.", "2026-01-05"), A),
        replace(item(text("Boat", "It sails at two.", "2026-01-05"), B), merged_into=A),
    ]
    (found,) = match(listings("n.txt", text("Boat", "It sails at ten.", "2026-01-05")), (), known)
    assert (found.item_id, found.near) == (A, ())
    (found,) = match(listings("n.txt", text("Boat", "It sails at two.", "2026-01-05")), (), known)
    assert found.item_id == B


def test_a_page_that_carries_both_leads_both_to_the_one() -> None:
    shelf = Shelf()
    one, two = text("Boat", "One.", "2026-01-05"), text("Ship", "Two.", "2026-01-05")
    shelf.read("a.txt", one, two)
    ship = shelf.titled("Ship")
    boat = shelf.titled("Boat")
    shelf.known[ship.id] = replace(ship, merged_into=boat.id)
    changes = shelf.read("a.txt", one, text("Ship", "Three.", "2026-01-05"), now=LATER)
    assert [each.id for each in changes.revised] == [boat.id]
    assert shelf.known[boat.id].summary == "Three."
    assert len(shelf.known) == 2


# --- A series ------------------------------------------------------------------------------------


def test_a_series_of_twenty_three_stays_one_however_it_is_read_again() -> None:
    issues = [
        text("Weekly report", f"What happened in week {week}.", date.fromisocalendar(2026, week, 5))
        for week in range(1, 24)
    ]
    shelf = Shelf()
    shelf.read("a.txt", *issues)
    ids = {each.date: each.id for each in shelf.items()}
    assert len(ids) == 23
    shelf.read("a.txt", *reversed(issues), now=LATER)
    shelf.read("b.txt", *issues[5:15], now=LATER)
    mended = [
        *issues[:10],
        replace(issues[10], summary="What really happened in week 11."),
        *issues[11:],
    ]
    changes = shelf.read("a.txt", *mended, now=LAST)
    assert [each.date for each in changes.revised] == [issues[10].date]
    assert {each.date: each.id for each in shelf.items()} == ids
    moved = replace(mended[3], date=date(2026, 1, 24))
    changes = shelf.read("a.txt", *mended[:3], moved, *mended[4:], now=LAST + HOUR)
    assert (len(changes.new), [each.date for each in changes.revised]) == (0, [moved.date])
    assert {each.id for each in shelf.items()} == set(ids.values())
