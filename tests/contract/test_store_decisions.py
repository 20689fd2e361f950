"""Decisions in the `Store` port on SQLite: merges, near misses, what vanished, and names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, item, record_changes, sighting, text
from tests.desk import hurried
from tidings.core.audience import Announcement
from tidings.model import (
    Changes,
    Decision,
    DecisionKind,
    Edition,
    Item,
    NearMiss,
    Owed,
    OwedSet,
    Retraction,
)
from tidings.state import Store, Transaction, open_store

A, B, C = "a" * 16, "b" * 16, "c" * 16
LATER = MONDAY + HOUR
BOAT = item(text("Boat", "It floats.", "2026-02-01"), A)
SHIP = item(text("Ship", "It floats.", "2026-02-01"), B)
CRANE = item(text("Crane", "It lifts."), C)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = hurried(open_store(tmp_path / "state" / "tidings.db"))
    with opened.writing() as state:
        for path, each in (("a.txt", BOAT), ("b.txt", SHIP), ("c.txt", CRANE)):
            seen = sighting(each.id, each.text, path=path)
            record_changes(state, path, Changes(new=(each,), sightings=(seen,)), 1)
    yield opened
    opened.close()


def paths(found: Item) -> list[str]:
    return [seen.ref.path for seen in found.sources]


def announce(state: Transaction, number: int, *ids: str) -> Edition:
    edition = Edition(0, "weekly", number, f"2026-W{number}", MONDAY, "News")
    return state.editions.open(edition, [(item_id, 0, False) for item_id in ids])


def test_what_is_merged_speaks_for_the_other_however_long_the_chain(store: Store) -> None:
    with store.writing() as state:
        state.items.merge(A, B, 0, 2)
        state.items.merge(B, C, 0, 2)
        found = state.items.get([A, B, C])
        assert paths(found[C]) == ["a.txt", "b.txt", "c.txt"]
        assert (paths(found[B]), paths(found[A])) == (["a.txt", "b.txt"], ["a.txt"])
        assert paths(state.items.get([C])[C]) == ["a.txt", "b.txt", "c.txt"]
        assert (found[A].merged_into, found[B].merged_into, found[C].merged_into) == (B, C, None)
        state.items.merge(B, None, None, 3)
        assert paths(state.items.get([C])[C]) == ["c.txt"]
        assert state.items.changed_since(2) == (B,)


def test_what_is_merged_has_no_place_among_all(store: Store) -> None:
    with store.writing() as state:
        state.items.merge(A, B, 0, 2)
        assert set(state.lists.newest("", 9)) == {B, C}
        assert state.lists.census("").total == 2
        assert A not in {
            beside for pair in state.lists.neighbours([B, C]).values() for beside in pair
        }
        state.items.merge(A, None, None, 3)
        assert state.lists.census("").total == 3
        state.items.merge(A, B, 0, 4)
        assert set(state.editions.unannounced("weekly", None)) == {B, C}
        assert set(state.editions.unannounced("weekly", None, withdrawn=True)) == {A, B, C}
        assert state.items.titled({"boat"}).keys() == {A}


def test_what_a_file_says_is_handed_over_to_another_item(store: Store) -> None:
    with store.writing() as state:
        state.items.hand_over("a.txt", A, B)
        assert {seen.item_id for seen in state.items.entries(["a.txt"]).get("a.txt", ())} == {B}
        assert paths(state.items.get([B])[B]) == ["a.txt", "b.txt"]


def test_a_retraction_comes_out_with_whoever_made_it(store: Store) -> None:
    gone = replace(BOAT, retraction=Retraction("Not so.", LATER, "Ana"))
    with store.writing() as state:
        state.items.amend(Changes(retracted=(gone,)), 2)
        assert state.items.get([A])[A].retraction == Retraction("Not so.", LATER, "Ana")
        assert state.items.retracted() == {A}
        assert A not in state.editions.unannounced("weekly", None)
        assert paths(state.items.get([A])[A]) == ["a.txt"]


def test_what_announced_one_item_counts_for_the_other_until_that_is_taken_back(
    store: Store,
) -> None:
    with store.writing() as state:
        edition = announce(state, 1, A)
        state.editions.pass_over("monthly", [A, B])
        assert state.editions.count_for(A, B) == ("weekly",)
        state.items.merge(A, B, 0, 2)
        assert state.editions.announced("weekly") == (
            Announcement(B, 0, corrected=False, opened_at=MONDAY),
        )
        assert state.editions.unannounced("weekly", None) == (C,)
        owed = OwedSet((Owed(A, 0, None),), None, "News")
        key = state.editions.add_owed_set(edition.id, owed)
        assert state.deliveries.contents([key]) == {A: 0, B: 0}
        state.editions.count_no_more(B, 0, ["weekly"])
        state.items.merge(A, None, None, 3)
        assert state.deliveries.contents([key]) == {A: 0}
        assert set(state.editions.unannounced("weekly", None)) == {B, C}
        assert state.editions.told([A, B, C]) == {A}


@pytest.mark.parametrize(("had", "merged_at", "counts"), [(2, 0, 2), (0, 2, 2), (1, 1, 1)])
def test_who_had_both_of_what_was_merged_had_the_newer_text(
    store: Store, had: int, merged_at: int, counts: int
) -> None:
    with store.writing() as state:
        edition = announce(state, 1, A, B)
        owed = OwedSet((Owed(A, 5), Owed(B, had)), None, "News")
        key = state.editions.add_owed_set(edition.id, owed)
        state.items.merge(A, B, merged_at, 2)
        assert state.deliveries.contents([key]) == {A: 5, B: counts}


def test_decisions_come_back_in_their_order_undone_ones_too(store: Store) -> None:
    made = Decision(DecisionKind.MERGE, A, MONDAY, "Ana", "One ship.", other_id=B, memo='{"x": 1}')
    with store.writing() as state:
        state.decisions.add(made)
        state.decisions.add(Decision(DecisionKind.SPLIT, C, LATER, "Bo", path="c.txt"))
        (found,) = state.decisions.of([B])
        assert replace(found, id=0) == made
        assert [each.verdict for each in state.decisions.of([A, B, C])] == ["merge", "split"]
        state.decisions.undo(found.id, LATER, "Bo")
        (undone,) = state.decisions.of([A])
        assert (undone.undone_at, undone.undone_by) == (LATER, "Bo")


def test_a_near_miss_stands_until_its_items_are_one_or_known_to_be_two(store: Store) -> None:
    pair = NearMiss(B, A, "the same title", MONDAY)
    with store.writing() as state:
        state.decisions.suggest([pair, NearMiss(C, A, "alike", LATER)])
        state.decisions.suggest([pair])
        assert [each.new_id for each in state.decisions.suggested()] == [B, C]
        state.items.merge(C, A, 0, 2)
        assert state.decisions.suggested() == (pair,)
        state.decisions.add(Decision(DecisionKind.DISTINCT, B, MONDAY, "Ana", other_id=A))
        assert state.decisions.suggested() == ()
        state.decisions.undo(state.decisions.of([B])[0].id, LATER, "Ana")
        assert state.decisions.suggested() == (pair,)


def test_what_vanished_is_noted_until_it_is_asked_for(store: Store) -> None:
    with store.writing() as state:
        state.items.vanish({A, B})
        state.items.vanish({B})
        state.items.vanish(())
        assert state.items.vanished() == (A, B)
        assert state.items.vanished() == ()


def test_a_file_that_is_lost_carries_nothing_any_more(store: Store) -> None:
    with store.writing() as state:
        assert state.items.lose("a.txt") == (A,)
        assert state.items.lose("a.txt") == ()
        assert [seen.position for seen in state.items.entries(["a.txt"]).get("a.txt", ())] == [None]


def test_items_are_found_by_how_their_names_begin(store: Store) -> None:
    with store.writing() as state:
        assert state.items.named(A, 5) == (A,)
        assert state.items.named("aaa", 5) == (A,)
        assert state.items.named(f"slug-{B[:4]}", 5) == (B,)
        assert state.items.named("slug-", 2) == (A, B)
        assert state.items.named("slug_", 5) == state.items.named("", 5) == ()
        assert state.items.reminding_of(["slug", "cc"], 5) == (C,)
        assert state.items.reminding_of(["%"], 5) == ()


def test_titles_of_a_day_are_found_as_long_as_the_items_stand(store: Store) -> None:
    day = date(2026, 2, 1)
    with store.writing() as state:
        found = state.items.titles_on([day])
        assert (A, "boat", day) in found
        assert {row[0] for row in found} == {A, B}
        assert state.items.titles_on([date(2026, 2, 2)]) == ()
        state.items.merge(A, B, 0, 2)
        assert {row[0] for row in state.items.titles_on([day])} == {B}
