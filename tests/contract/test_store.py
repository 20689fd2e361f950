"""The state, as a file and on a server: what goes in comes out, whole, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, WEEK, item, record_changes, sighting, text
from tests.desk import hurried, members
from tests.postgres import fresh
from tidings.core.audience import Announcement, Issue, Presence
from tidings.errors import StoreError
from tidings.model import (
    Cause,
    Changes,
    Delivery,
    DeliveryState,
    Edition,
    Item,
    Owed,
    OwedSet,
    Problem,
    PublishedFile,
    Recipient,
    RecipientState,
    Retraction,
    Revision,
    SeedStat,
)
from tidings.state import (
    Place,
    Store,
    Transaction,
    open_store,
)
from tidings.state.deliveries import Claim, DeliveryFilter, Settlement
from tidings.state.files import Source
from tidings.state.health import LATEST
from tidings.state.topics import TopicRecord

A, B, C = "a" * 16, "b" * 16, "c" * 16
LATER = MONDAY + HOUR
BOAT = item(text("Boat", "It floats.", "2026-02-01", url="https://x.example/", category="News"), A)
PORT = item(text("Port", "It waits.", "2026-02-02"), B)
CRANE = item(text("Crane", "It lifts."), C)


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.scale)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "file":
        return tmp_path / "state" / "tidings.db"
    return fresh(request.getfixturevalue("postgres"))


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    opened = hurried(open_store(place))
    yield opened
    opened.close()


def save(state: Transaction, *items: Item, path: str = "a.txt", run: int = 1) -> None:
    """Record items as new, in the order of one file."""
    seen = [sighting(each.id, each.text, path=path, position=n) for n, each in enumerate(items)]
    record_changes(state, path, Changes(new=items, sightings=tuple(seen)), run)


def claimable(state: Transaction, at: datetime, limit: int) -> tuple[Claim, ...]:
    """What this process may send now."""
    return state.deliveries.reserve("me", at, at, limit)


def numbered(number: int) -> str:
    """An id whose first half, which names the slug, is the number."""
    return f"{number:08x}{'0' * 8}"


def bare(found: Item) -> Item:
    return replace(found, sources=())


# --- Transactions --------------------------------------------------------------------------------


def test_a_new_state_is_empty(store: Store) -> None:
    with store.reading() as state:
        assert list(state.items.all()) == []
        assert members(state) == []
        assert state.lists.newest("", 10) == ()
        assert state.lists.census("").total == 0
        assert state.lists.census("").newest is None
        assert (state.sources.stats(), state.sources.problems(), state.sources.count()) == (
            {},
            (),
            0,
        )
        assert state.topics.records() == {}
        assert state.topics.of([A]) == {}
        assert state.files.all() == {}
        assert state.editions.latest("weekly") is None
        assert state.editions.first_seen("weekly") is None
        assert state.editions.topics_seen("weekly") is None
        assert state.editions.next_number("weekly") == 1
        assert (state.deliveries.tally(), state.deliveries.waiting()) == ({}, 0)
        assert (state.note("x"), state.last_run()) == (None, 0)


def test_what_is_written_is_there_after_the_block_and_after_a_restart(
    store: Store, place: Place
) -> None:
    with store.writing() as state:
        save(state, BOAT)
        state.remember("last cycle", "today")
    store.close()
    again = open_store(place)
    with again.reading() as state:
        assert bare(state.items.get([A])[A]) == BOAT
        assert state.note("last cycle") == "today"
    again.close()


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_nothing(store: Store, failure: type[BaseException]) -> None:
    def write() -> None:
        with store.writing() as state:
            save(state, BOAT)
            state.remember("last cycle", "today")
            state.new_run(MONDAY)
            raise failure

    with pytest.raises(failure):
        write()
    with store.reading() as state:
        assert (state.items.get([A]), state.note("last cycle"), state.last_run()) == ({}, None, 0)


def test_a_writer_sees_its_own_writes_and_a_reader_only_what_is_done(store: Store) -> None:
    with store.writing() as writing:
        writing.remember("x", "1")
        assert writing.note("x") == "1"
        with store.reading() as reading:
            assert reading.note("x") is None


def test_a_reader_keeps_seeing_the_state_as_it_was(store: Store) -> None:
    with store.reading() as reading:
        assert reading.note("x") is None
        with store.writing() as writing:
            writing.remember("x", "1")
        assert reading.note("x") is None
    with store.reading() as reading:
        assert reading.note("x") == "1"


def test_a_note_is_replaced_and_notes_do_not_mix(store: Store) -> None:
    with store.writing() as state:
        for value in ("1", "2", ""):
            state.remember("x", value)
        state.remember("y", "other")
        assert (state.note("x"), state.note("y")) == ("", "other")


def test_runs_are_counted_from_one(store: Store) -> None:
    with store.writing() as state:
        assert [state.new_run(MONDAY) for _ in range(3)] == [1, 2, 3]
        assert state.last_run() == 3


def test_a_naive_instant_is_a_bug_and_not_a_guess(store: Store) -> None:
    naive = datetime(2026, 3, 2, 12)  # noqa: DTZ001
    with pytest.raises(Exception, match="naive"), store.writing() as state:
        state.new_run(naive)


# --- Items ---------------------------------------------------------------------------------------


def test_an_item_comes_out_as_it_went_in(store: Store) -> None:
    full = replace(
        BOAT,
        arrival_rank=3,
        revised_at=LATER,
        retraction=Retraction("It was a pontoon.", LATER),
        history=(
            Revision(0, text("Baot", "It floats.", "2026-02-01"), MONDAY, "seeds/a.txt"),
            Revision(1, BOAT.text, LATER, "seeds/b.txt"),
        ),
    )
    older = replace(full, history=full.history[:1])
    seen = sighting(A, BOAT.text, path="a.txt")
    with store.writing() as state:
        record_changes(state, "a.txt", Changes(new=(older,)), 1)
        record_changes(state, "a.txt", Changes(retracted=(full,), sightings=(seen,)), 2)
    with store.reading() as state:
        assert state.items.get([A]) == {A: replace(full, sources=(seen,))}
        assert list(state.items.all()) == [replace(full, sources=(seen,))]


def test_text_is_kept_letter_by_letter(store: Store) -> None:
    hostile = "'; DROP TABLE items; -- \"%_\\ \u2028 é 移 🛶 \x7f"
    said = replace(BOAT, text=text(hostile, hostile, "2026-02-01", url=hostile, category=hostile))
    said = replace(said, history=(replace(said.history[0], text=said.text),))
    with store.writing() as state:
        save(state, said)
    with store.reading() as state:
        assert bare(state.items.get([A])[A]) == said


def test_a_character_that_no_database_has_a_place_for_stops_nothing(store: Store) -> None:
    with store.writing() as state:
        state.remember("x", "a\0b")
        assert (state.note("x") or "").replace("\0", "") == "ab"


def test_an_empty_category_or_address_is_not_a_missing_one(store: Store) -> None:
    said = replace(BOAT, text=text("T", "", "2026-02-01", url="", category=""))
    with store.writing() as state:
        save(state, said)
        found = state.items.get([A])[A].text
    assert (found.url, found.category, found.summary) == ("", "", "")


def test_only_what_is_asked_for_and_known_is_got(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        assert set(state.items.get([A, C, "unknown"])) == {A}
        assert state.items.get([]) == {}


def test_any_number_of_ids_can_be_asked_for(store: Store) -> None:
    many = [item(text(f"News {n}", "s", "2026-02-01"), numbered(n)) for n in range(1_200)]
    ids = [each.id for each in many]
    with store.writing() as state:
        save(state, *many)
        state.topics.join("boats", ids, Cause.ARRIVAL, 1)
        assert len(state.items.get(ids)) == 1_200
        assert len(state.items.titled({f"news {n}" for n in range(1_200)})) == 1_200
        assert state.items.taken_ids([*ids, "free"]) == set(ids)
        assert len(state.topics.of(ids)) == 1_200
        assert len(list(state.items.all())) == 1_200
        state.editions.pass_over("weekly", ids)
        assert state.editions.unannounced("weekly", None) == ()
        state.topics.leave("boats", ids)
        assert state.topics.member_ids("boats") == set()


def test_items_are_found_by_their_title_and_by_what_a_source_calls_them(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        other = sighting(A, text("The Old “Tub”", "s"), path="b.txt")
        record_changes(state, "b.txt", Changes(sightings=(other,)), 0)
        assert set(state.items.titled({"boat"})) == {A}
        assert set(state.items.titled({'the old "tub"', "port"})) == {A, B}
        assert state.items.titled({"Boat", "", "crane"}) == {}
        assert state.items.titled(set()) == {}


def test_the_instants_of_a_day_are_those_of_its_items(store: Store) -> None:
    twin = replace(item(text("Twin", "s", "2026-02-01"), C), published=BOAT.published)
    with store.writing() as state:
        save(state, BOAT, PORT, replace(twin, published=MONDAY))
        days = {date(2026, 2, 1), date(2026, 2, 9)}
        assert state.items.taken_instants(days) == {
            date(2026, 2, 1): {BOAT.published, MONDAY},
            date(2026, 2, 9): set(),
        }


def test_only_files_that_date_an_entry_outside_are_found(store: Store) -> None:
    first, last = date(2026, 2, 2), date(2026, 3, 1)
    with store.writing() as state:
        save(state, BOAT)
        for path, day in (("b.txt", first), ("c.txt", last)):
            seen = sighting(A, replace(BOAT.text, date=day), path=path)
            record_changes(state, path, Changes(sightings=(seen,)), 0)
        assert BOAT.date == date(2026, 2, 1)
        assert [ref.path for ref, _ in state.items.dated_outside(first, last)] == ["a.txt"]
        late = sighting(A, replace(BOAT.text, date=date(2026, 3, 2)), path="c.txt")
        record_changes(state, "c.txt", Changes(sightings=(late,)), 0)
        outside = state.items.dated_outside(first, last)
        assert [ref.path for ref, _ in outside] == ["a.txt", "c.txt"]


def test_the_next_undated_item_of_an_instant_gets_a_rank_of_its_own(store: Store) -> None:
    undated = [replace(item(text(f"U{n}"), numbered(n)), arrival_rank=n) for n in range(3)]
    with store.writing() as state:
        assert state.items.undated_at(MONDAY) == 0
        save(state, BOAT, *undated)
        assert state.items.undated_at(MONDAY) == 3
        assert state.items.undated_at(LATER) == 0
        dated = replace(undated[1], text=text("U1", "", "2026-02-01"), published=MONDAY)
        record_changes(state, "a.txt", Changes(filled=(dated,)), 2)
        assert state.items.undated_at(MONDAY) == 3


def test_the_moments_of_a_while_are_those_of_arrivals_publications_and_changes(
    store: Store,
) -> None:
    second = timedelta(seconds=1)
    undated = replace(CRANE, arrival_rank=7)
    revised = replace(BOAT, revised_at=MONDAY + 5 * second)
    with store.writing() as state:
        save(state, revised, replace(PORT, published=MONDAY - 3 * second), undated)
        assert state.items.moments(MONDAY - HOUR) == {
            MONDAY - 7 * second,
            MONDAY - 3 * second,
            MONDAY + 5 * second,
        }
        assert state.items.moments(MONDAY) == {MONDAY + 5 * second}


def test_a_path_s_sightings_are_replaced_and_no_other_path_s(store: Store) -> None:
    gone = sighting(B, PORT.text, position=None)
    here = sighting(A, BOAT.text, position=0)
    elsewhere = sighting(A, BOAT.text, path="b.txt", position=4)
    with store.writing() as state:
        save(state, BOAT, PORT)
        record_changes(state, "b.txt", Changes(sightings=(elsewhere,)), 0)
        record_changes(state, "a.txt", Changes(sightings=(here, gone)), 0)
        assert set(state.items.entries(["a.txt"]).get("a.txt", ())) == {here, gone}
        assert state.items.entries(["b.txt"]).get("b.txt", ()) == (elsewhere,)
        assert state.items.entries(["c.txt"]).get("c.txt", ()) == ()
        assert state.items.get([A])[A].sources == (here, elsewhere)


def test_a_new_revision_keeps_the_old_ones_and_a_silent_change_replaces_the_last(
    store: Store,
) -> None:
    new_text = text("Boat", "It sank.", "2026-02-01")
    revised = replace(
        BOAT, text=new_text, history=(*BOAT.history, Revision(1, new_text, LATER, "a.txt"))
    )
    silent_text = replace(new_text, url="https://y.example/")
    silent = replace(
        revised, text=silent_text, history=(*BOAT.history, Revision(1, silent_text, LATER, "a.txt"))
    )
    with store.writing() as state:
        save(state, BOAT)
        record_changes(state, "a.txt", Changes(revised=(revised,)), 2)
        assert bare(state.items.get([A])[A]) == revised
        record_changes(state, "a.txt", Changes(filled=(silent,)), 3)
        assert bare(state.items.get([A])[A]) == silent


def test_the_newest_come_first_and_undated_ones_last_by_their_arrival(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT, CRANE)
        assert list(state.lists.newest("", 10)) == [B, A, C]
        assert list(state.lists.newest("", 2)) == [B, A]
        assert list(state.lists.undated("", 10, CRANE.arrived)) == [C]
        assert list(state.lists.undated("", 10, CRANE.arrived + timedelta(seconds=1))) == []
        # In feeds, what has no date is of the day on which it came.
        ordered = sorted(members(state), key=lambda member: member.order)
        assert [member.item_id for member in ordered] == [C, B, A]


def test_the_newest_are_as_many_as_are_asked_for_dated_or_not(store: Store) -> None:
    undated = [replace(item(text(f"U{n}"), numbered(n)), arrival_rank=n) for n in range(3)]
    with store.writing() as state:
        save(state, BOAT, *undated)
        assert [len(state.lists.newest("", limit)) for limit in (1, 2, 3, 9)] == [1, 2, 3, 4]


def test_runs_are_noted_of_changes_told_and_of_whatever_was_touched(store: Store) -> None:
    revised = replace(BOAT, history=(*BOAT.history, Revision(1, BOAT.text, LATER, "a.txt")))
    with store.writing() as state:
        save(state, BOAT, PORT, CRANE, run=1)
        record_changes(state, "a.txt", Changes(revised=(revised,)), 2)
        record_changes(state, "a.txt", Changes(filled=(PORT,)), 3)
        assert {m.item_id: m.changed_run for m in members(state)} == {A: 2, B: 1, C: 1}
        assert set(state.items.changed_since(0)) == {A, B, C}
        assert set(state.items.changed_since(1)) == {A, B}
        assert set(state.items.changed_since(2)) == {B}
        assert state.items.changed_since(3) == ()


def test_what_is_added_in_silence_is_among_the_changes_of_no_run(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, run=1)
        record_changes(state, "a.txt", Changes(added=(PORT,)), 2)
        assert {m.item_id: m.changed_run for m in members(state)} == {A: 1, B: 0}
        assert set(state.items.changed_since(1)) == {B}


def test_a_census_counts_months_and_the_undated(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT, CRANE, item(text("Old", "s", "1999-12-31"), "d" * 16))
        state.topics.join("boats", [A, C], Cause.ARRIVAL, 1)
        everything, boats = state.lists.census(""), state.lists.census("boats")
        assert state.lists.census("unknown").total == 0
    assert (everything.total, everything.undated) == (4, 1)
    assert everything.months == {(2026, 2): 2, (1999, 12): 1}
    assert everything.newest is not None
    assert everything.newest.title == PORT.title
    assert (boats.total, boats.undated, boats.months) == (2, 1, {(2026, 2): 1})


# --- Sources -------------------------------------------------------------------------------------


def source(name: str, *problems: Problem, settled: bool = True) -> Source:
    stat = SeedStat(name, 10, 2**62, 2**62 + 1, 2**63 - 1) if settled else None
    return Source(name, stat, "ab" * 32, "blocks", 0.987, 4, problems)


def test_the_stat_of_a_settled_file_is_kept_to_the_nanosecond(store: Store) -> None:
    with store.writing() as state:
        state.sources.save([source("a.txt")], MONDAY)
        state.sources.save([source("b.txt", settled=False)], MONDAY)
        assert state.sources.stats() == {"a.txt": source("a.txt").stat}
        assert state.sources.count() == 2


def test_whoever_knows_the_stats_sees_by_their_mark_whether_they_are_still_so(store: Store) -> None:
    with store.reading() as state:
        assert state.sources.mark() == ""
    marks = [""]
    for saved in (source("a.txt"), source("a.txt"), None):
        with store.writing() as state:
            if saved:
                state.sources.save([saved], MONDAY)
            else:
                state.sources.forget(["a.txt"])
            marks.append(state.sources.mark())
        with store.writing() as state:
            state.sources.forget_problems([])
            assert state.sources.mark() == marks[-1]
    assert len(set(marks)) == 4


def test_problems_stand_until_the_file_is_read_again_or_gone(store: Store) -> None:
    one = Problem("a.txt", 3, 7, "what", "why", "| text")
    two = Problem("a.txt", 1, 0, "else")
    other = Problem("b.txt", 0, 0, "gone")
    with store.writing() as state:
        state.sources.save([source("a.txt", one, two)], MONDAY)
        state.sources.save([source("b.txt", other)], MONDAY)
        assert state.sources.problems() == (one, two, other)
        state.sources.forget_problems(["a.txt", "c.txt"])
        assert state.sources.problems() == (one, two)
        state.sources.save([source("a.txt", two)], LATER)
        assert state.sources.problems() == (two,)
        state.sources.forget_problems([])
        assert state.sources.problems() == ()
        assert state.sources.count() == 2


# --- Topics --------------------------------------------------------------------------------------


def test_a_topic_is_remembered_in_place_of_what_was_known(store: Store) -> None:
    first = TopicRecord("boats", "f1", 1, MONDAY, 1)
    everything = TopicRecord("", "", 1, MONDAY, 1)
    with store.writing() as state:
        state.topics.save([first])
        state.topics.save([everything])
        assert state.topics.records() == {"boats": first, "": everything}
        later = TopicRecord("boats", "f2", 1, LATER, 5)
        state.topics.save([later])
        assert state.topics.records()["boats"] == later


def test_members_join_and_leave(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT, CRANE)
        state.topics.join("boats", [A, B], Cause.ARRIVAL, 1)
        state.topics.join("ports", [B], Cause.RULE, 4)
        state.topics.join("ports", [], Cause.RULE, 4)
        assert state.topics.of([A, B, C]) == {A: ("boats",), B: ("boats", "ports")}
        assert state.topics.member_ids("boats") == {A, B}
        assert {m.item_id: m.changed_run for m in members(state, "boats")} == {A: 1, B: 1}
        assert {m.item_id: m.changed_run for m in members(state, "ports")} == {B: 4}
        state.topics.leave("boats", [B, C])
        assert state.topics.member_ids("boats") == {A}
        assert state.topics.of([B]) == {B: ("ports",)}


def test_the_last_change_of_a_member_is_the_later_of_joining_and_changing(store: Store) -> None:
    revised = replace(BOAT, history=(*BOAT.history, Revision(1, BOAT.text, LATER, "a.txt")))
    with store.writing() as state:
        save(state, BOAT, run=1)
        state.topics.join("boats", [A], Cause.RULE, 3)
        assert [m.changed_run for m in members(state, "boats")] == [3]
        record_changes(state, "a.txt", Changes(revised=(revised,)), 5)
        assert [m.changed_run for m in members(state, "boats")] == [5]


def test_a_topic_that_is_dropped_leaves_the_items(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT)
        state.topics.save([TopicRecord("boats", "f", 1, MONDAY, 1)])
        state.topics.join("boats", [A], Cause.ARRIVAL, 1)
        state.topics.drop("boats")
        assert (state.topics.records(), state.topics.of([A])) == ({}, {})
        assert set(state.items.get([A])) == {A}


# --- Editions ------------------------------------------------------------------------------------


def opened(
    state: Transaction, number: int, *contents: tuple[str, int, bool], digest: str = "weekly"
) -> Edition:
    at = MONDAY + number * WEEK
    edition = Edition(0, digest, number, f"2026-W{9 + number:02}", at, f"Subject {number}")
    return state.editions.open(edition, contents)


def test_a_digest_is_first_seen_once_and_its_topics_may_change(store: Store) -> None:
    with store.writing() as state:
        state.editions.meet("weekly", ("boats", "ports"), MONDAY)
        state.editions.meet("weekly", ("*",), LATER)
        state.editions.meet("other", ("boats",), LATER)
        assert state.editions.first_seen("weekly") == MONDAY
        assert state.editions.topics_seen("weekly") == ("*",)
        assert state.editions.topics_seen("other") == ("boats",)


def test_an_edition_is_given_its_id_and_stands_as_opened(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        first = opened(state, 1, (A, 0, False))
        second = opened(state, 2, (B, 0, False), (A, 1, True))
        assert first.id != second.id
        assert state.editions.latest("weekly") == second
        assert state.editions.latest("other") is None
        assert state.editions.next_number("weekly") == 3
        assert state.editions.exists("weekly", "2026-W10")
        assert not state.editions.exists("weekly", "2026-W12")
        assert not state.editions.exists("other", "2026-W10")
        assert state.editions.announced("weekly") == (
            Announcement(A, 0, corrected=False, opened_at=first.opened_at),
            Announcement(B, 0, corrected=False, opened_at=second.opened_at),
            Announcement(A, 1, corrected=True, opened_at=second.opened_at),
        )


def test_issues_come_newest_first_with_what_each_announced(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        first = opened(state, 1, (A, 0, False))
        state.editions.skip("weekly", "2026-W20", MONDAY)
        third = opened(state, 3, (B, 0, False), (A, 2, True))
        second = opened(state, 2, (A, 1, True))
        opened(state, 4)
        assert state.editions.issues("weekly") == (
            Issue(third, new=1, corrected=1),
            Issue(second, new=0, corrected=1),
            Issue(first, new=1, corrected=0),
        )


def test_a_period_and_a_number_are_used_once(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT)
        first = opened(state, 1, (A, 0, False))
    for clash in (replace(first, number=2), replace(first, period="2026-W99")):
        with pytest.raises(StoreError), store.writing() as state:
            state.editions.open(clash, [(A, 1, False)])
    with store.writing() as state:
        state.editions.open(replace(first, digest="other"), [(A, 0, False)])


def test_a_slot_without_news_is_recorded_without_a_number(store: Store) -> None:
    with store.writing() as state:
        state.editions.skip("weekly", "2026-W10", MONDAY)
        state.editions.skip("weekly", "2026-W11", MONDAY)
        assert state.editions.exists("weekly", "2026-W10")
        assert (state.editions.latest("weekly"), state.editions.next_number("weekly")) == (None, 1)
    with pytest.raises(StoreError), store.writing() as state:
        state.editions.skip("weekly", "2026-W10", LATER)


def test_what_was_never_announced_is_found_by_topic_newest_first(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT, CRANE)
        state.topics.join("boats", [A, B], Cause.ARRIVAL, 1)
        state.topics.join("ports", [B], Cause.ARRIVAL, 1)
        assert state.editions.unannounced("weekly", None) == (C, B, A)
        assert state.editions.unannounced("weekly", ("boats", "ports")) == (B, A)
        assert state.editions.unannounced("weekly", ("ports",)) == (B,)
        assert state.editions.unannounced("weekly", ()) == ()
        opened(state, 1, (A, 0, False))
        assert state.editions.unannounced("weekly", None) == (C, B)
        assert state.editions.unannounced("other", None) == (C, B, A)


def test_what_is_passed_over_is_known_but_not_announced(store: Store) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        state.editions.pass_over("weekly", {A})
        state.editions.pass_over("weekly", set())
        assert state.editions.unannounced("weekly", None) == (B,)
        assert state.editions.announced("weekly") == ()
        assert state.editions.unannounced("other", None) == (B, A)


def test_what_is_passed_over_twice_stays_as_it_was_and_is_news_to_another_digest(
    store: Store,
) -> None:
    with store.writing() as state:
        save(state, BOAT, PORT)
        opened(state, 1, (A, 0, False))
        state.editions.pass_over("weekly", [A, B])
        state.editions.pass_over("weekly", [A, B])
        assert [each.item_id for each in state.editions.announced("weekly")] == [A]
        assert state.editions.unannounced("weekly", None) == ()
        state.editions.pass_over("other", [B])
        assert state.editions.unannounced("other", None) == (A,)


def test_corrections_are_of_items_that_an_edition_announced(store: Store) -> None:
    def revise(state: Transaction, was: Item, number: int) -> None:
        history = tuple(Revision(n, was.text, MONDAY, "a.txt") for n in range(number + 1))
        record_changes(state, "a.txt", Changes(revised=(replace(was, history=history),)), 2)

    with store.writing() as state:
        save(state, BOAT, PORT, CRANE)
        opened(state, 1, (A, 0, False))
        state.editions.pass_over("weekly", {B})
        assert state.editions.corrected("weekly") == ()
        for each in (BOAT, PORT, CRANE):
            revise(state, each, 1)
        assert state.editions.corrected("weekly") == ((A, 1, 0),)
        opened(state, 2, (A, 1, True))
        assert state.editions.corrected("weekly") == ()
        revise(state, BOAT, 2)
        assert state.editions.corrected("weekly") == ((A, 2, 1),)
        assert state.editions.corrected("other") == ()


# --- Deliveries ----------------------------------------------------------------------------------


def delivery(edition: Edition, address: str, owed_set: int | None) -> Delivery:
    return Delivery(
        id=0,
        edition_id=edition.id,
        address=address,
        name="Name",
        language="en",
        owed_set=owed_set,
        state=DeliveryState.QUEUED if owed_set else DeliveryState.EMPTY,
        attempts=0,
        message_id=f"<{edition.number}.{address}>",
    )


def posted(state: Transaction, number: int, *addresses: str) -> tuple[Edition, int]:
    """An edition with the boat, and a delivery of it to each address."""
    if not state.items.get([A]):
        save(state, BOAT)
    edition = opened(state, number, (A, number - 1, number > 1))
    owed_set = state.editions.add_owed_set(
        edition.id, OwedSet((Owed(A, number - 1),), None, "Subject")
    )
    state.deliveries.add([delivery(edition, each, owed_set) for each in addresses], MONDAY)
    return edition, owed_set


def settle_all(state: Transaction, end: DeliveryState) -> None:
    claims = claimable(state, MONDAY, 100)
    state.deliveries.take(claims, "me", MONDAY, LATER)
    ends = [Settlement(c.delivery.id, c.delivery.attempts + 1, end, "said") for c in claims]
    assert state.deliveries.settle(ends, "me", MONDAY)


def test_a_presence_comes_out_as_it_went_in(store: Store) -> None:
    there = Presence(MONDAY, topics=("mexico",), times={"mexico": None, "*": LATER})
    other = Presence(LATER, returned=True, items_in=("es", "en"), language_times={"es": LATER})
    with store.writing() as state:
        state.presences.come("weekly", {"a": there, "b": other}, {})
        assert state.presences.of("weekly", "a") == there
        assert state.presences.of("weekly", "b") == other
        assert state.presences.of("other", "a") is None
        state.presences.come("weekly", {}, {"b": there})
        state.presences.leave("weekly", ["a"])
        assert state.presences.of("weekly", "a") == replace(there, off=True)
        assert state.presences.of("weekly", "b") == there


def test_people_on_lists_come_out_as_they_went_in_and_the_first_list_describes_them(
    store: Store,
) -> None:
    ana = Recipient("Ana@x.example", "Ana", ("mexico", "spain"), "es", timedelta(days=14))
    rui = Recipient("rui@x.example", start="everything", state=RecipientState.PAUSED)
    eva = Recipient("eva@x.example", topics=(), shared=False, items_in=("pt",))
    with store.writing() as state:
        lists, nobody = state.recipients, {rui.address}
        lists.replace("staff", "1", "{}", [ana, rui, replace(ana, name="twice")], lambda _: False)
        lists.replace("board", "2", "{}", [eva, replace(ana, name="other")], lambda _: False)
        assert list(lists.all_of("staff")) == [ana, rui]
        assert lists.of(["board", "staff"], [ana.key, rui.key, "who@x.example"]) == {
            ana.key: replace(ana, name="other"),
            rui.key: rui,
        }
        everybody = [
            r.key for some in state.audience.readers("w", ["staff", "board"], 1) for r in some
        ]
        assert everybody == [ana.key, rui.key, eva.key]
        lists.replace("staff", "3", "{}", [ana, rui], lambda person: person.address in nobody)
        assert (list(lists.all_of("staff")), lists.kept()["staff"].erased) == ([ana], 1)
        lists.forget(ana.key)
        assert (list(lists.all_of("staff")), list(lists.all_of("board"))) == ([], [eva])
        lists.keep_only(["board"])
        assert lists.fingerprints() == {"board": "2"}


def test_an_owed_set_comes_out_as_it_went_in(store: Store) -> None:
    sets = [
        OwedSet((Owed(A, 0), Owed(B, 2, 1)), None, "One"),
        OwedSet((Owed(A, 0),), ("boats", "ports"), "Two é"),
        OwedSet((Owed(A, 0),), (), ""),
    ]
    with store.writing() as state:
        save(state, BOAT, PORT)
        edition = opened(state, 1, (A, 0, False))
        keys = [state.editions.add_owed_set(edition.id, each) for each in sets]
        assert len(set(keys)) == 3
        found = state.editions.owed_sets(keys)
    assert [(set(found[key].owed), found[key].follows, found[key].subject) for key in keys] == [
        (set(each.owed), each.follows, each.subject) for each in sets
    ]


def test_a_person_has_one_delivery_of_an_edition_whatever_the_case_of_the_address(
    store: Store,
) -> None:
    with store.writing() as state:
        edition, owed_set = posted(state, 1, "ana@x.example")
    with pytest.raises(StoreError), store.writing() as state:
        state.deliveries.add([delivery(edition, "ANA@x.example", owed_set)], MONDAY)


@pytest.mark.parametrize("end", [DeliveryState.SENT, DeliveryState.IN_DOUBT])
def test_what_was_sent_or_may_have_arrived_counts_as_had(store: Store, end: DeliveryState) -> None:
    with store.writing() as state:
        _, owed_set = posted(state, 1, "Ana@x.example")
        settle_all(state, end)
        assert state.deliveries.had("weekly") == {"ana@x.example": (owed_set,)}
        assert state.deliveries.had("other") == {}
        assert state.deliveries.contents([owed_set]) == {A: 0}


@pytest.mark.parametrize(
    "end",
    [
        DeliveryState.FAILED,
        DeliveryState.DEFERRED,
        DeliveryState.SUPPRESSED,
        DeliveryState.SUPERSEDED,
        DeliveryState.QUEUED,
    ],
)
def test_what_did_not_arrive_does_not_count_as_had(store: Store, end: DeliveryState) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example")
        settle_all(state, end)
        assert state.deliveries.had("weekly") == {}


def test_of_several_sets_the_newest_revision_counts(store: Store) -> None:
    with store.writing() as state:
        _, first = posted(state, 1, "ana@x.example")
        _, third = posted(state, 3, "ana@x.example")
        settle_all(state, DeliveryState.SENT)
        assert state.deliveries.had("weekly") == {"ana@x.example": (first, third)}
        assert state.deliveries.contents([first, third]) == {A: 2}
        assert state.deliveries.contents([]) == {}


def test_the_newest_revision_counts_however_many_sets_there_are(store: Store) -> None:
    with store.writing() as state:
        _, first = posted(state, 1, "ana@x.example")
        _, third = posted(state, 3, "ana@x.example")
        others = range(10_000, 12_000)
        assert state.deliveries.contents([third, *others, first]) == {A: 2}
        assert state.deliveries.contents([first, *others, third]) == {A: 2}


def test_only_what_still_waits_is_superseded(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "queued@x", "sent@x", "deferred@x", "sending@x", "failed@x")
        claims = {c.delivery.address: c for c in claimable(state, MONDAY, 10)}
        del claims["queued@x"]
        state.deliveries.take(list(claims.values()), "me", MONDAY, LATER)
        ends = {
            "sent@x": DeliveryState.SENT,
            "deferred@x": DeliveryState.DEFERRED,
            "failed@x": DeliveryState.FAILED,
        }
        state.deliveries.settle(
            [Settlement(claims[who].delivery.id, 1, end) for who, end in ends.items()], "me", MONDAY
        )
        assert state.deliveries.supersede("other", LATER) == 0
        assert state.deliveries.supersede("weekly", LATER) == 2
        assert state.deliveries.tally() == {
            DeliveryState.SUPERSEDED: 2,
            DeliveryState.SENT: 1,
            DeliveryState.SENDING: 1,
            DeliveryState.FAILED: 1,
        }
        assert state.deliveries.waiting() == 1


def test_who_is_owed_nothing_is_noted_and_waits_for_nothing(store: Store) -> None:
    with store.writing() as state:
        edition, _ = posted(state, 1)
        state.deliveries.add([delivery(edition, "ana@x.example", None)], MONDAY)
        assert state.deliveries.tally() == {DeliveryState.EMPTY: 1}
        assert state.deliveries.waiting() == 0
        assert claimable(state, LATER, 10) == ()


# --- The ledger ----------------------------------------------------------------------------------


def only(claims: tuple[Claim, ...]) -> Claim:
    (claim,) = claims
    return claim


def test_a_claim_brings_the_delivery_and_its_edition(store: Store) -> None:
    with store.writing() as state:
        edition, owed_set = posted(state, 1, "Ana@x.example")
        claim = only(claimable(state, MONDAY, 10))
    assert claim.edition == edition
    assert claim.delivery == replace(
        delivery(edition, "Ana@x.example", owed_set), id=claim.delivery.id
    )


def test_what_is_taken_is_not_claimable_until_its_lease_is_over(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example")
        state.deliveries.take(claimable(state, MONDAY, 10), "me", MONDAY, LATER)
        assert state.deliveries.owners() == {"me"}
        assert claimable(state, MONDAY, 10) == ()
        assert claimable(state, LATER - timedelta(seconds=1), 10) == ()
        assert claimable(state, LATER, 10) == ()
        again = only(claimable(state, LATER + timedelta(seconds=1), 10))
        assert (again.delivery.state, again.delivery.attempts) == (DeliveryState.SENDING, 1)


def test_what_a_dead_owner_had_in_hand_is_claimable_at_once(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example", "bob@x.example")
        one, two = claimable(state, MONDAY, 10)
        state.deliveries.take([one], "dead", MONDAY, LATER)
        state.deliveries.take([two], "alive", MONDAY, LATER)
        state.deliveries.abandon(["dead", "unknown"])
        assert only(claimable(state, MONDAY, 10)).delivery.id == one.delivery.id


def test_a_lease_given_while_the_clock_was_ahead_is_shortened_and_no_other(store: Store) -> None:
    soon = MONDAY + HOUR / 2
    with store.writing() as state:
        posted(state, 1, "ana@x.example", "bob@x.example")
        one, two = claimable(state, MONDAY, 10)
        state.deliveries.take([one], "me", MONDAY, LATER + WEEK)
        state.deliveries.take([two], "me", MONDAY, soon)
        state.deliveries.shorten_leases(LATER)
        moment = timedelta(seconds=1)
        assert only(claimable(state, soon + moment, 10)).delivery.id == two.delivery.id
        assert len(claimable(state, LATER + moment, 10)) == 2


def test_what_is_given_up_is_on_hold_no_more(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example")
        key = only(claimable(state, MONDAY, 10)).delivery.id
        state.deliveries.hold([key], held=True)
        state.deliveries.give_up([key], "expired", LATER)
        (found,) = state.deliveries.find(DeliveryFilter(ids=(key,)))
        assert (found.delivery.state, found.delivery.held) == (DeliveryState.FAILED, False)


def test_a_settlement_that_comes_too_late_settles_nothing(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example")
        claim = only(claimable(state, MONDAY, 10))
        state.deliveries.take([claim], "one", MONDAY, LATER)
        state.deliveries.abandon(["one"])
        again = only(claimable(state, MONDAY, 10))
        state.deliveries.take([again], "two", MONDAY, LATER)
        late = [Settlement(claim.delivery.id, 1, DeliveryState.FAILED)]
        assert not state.deliveries.settle(late, "one", MONDAY)
        assert state.deliveries.tally() == {DeliveryState.SENDING: 1}
        assert state.deliveries.settle(
            [Settlement(claim.delivery.id, 2, DeliveryState.SENT)], "two", MONDAY
        )
        assert state.deliveries.tally() == {DeliveryState.SENT: 1}
        assert state.deliveries.owners() == set()


def test_what_is_deferred_is_claimable_from_its_time_on(store: Store) -> None:
    with store.writing() as state:
        posted(state, 1, "ana@x.example")
        claim = only(claimable(state, MONDAY, 10))
        state.deliveries.take([claim], "me", MONDAY, LATER)
        state.deliveries.settle(
            [Settlement(claim.delivery.id, 1, DeliveryState.DEFERRED, "451", LATER)], "me", MONDAY
        )
        assert claimable(state, LATER - timedelta(seconds=1), 10) == ()
        again = only(claimable(state, LATER, 10)).delivery
        assert (again.state, again.attempts, again.detail) == (DeliveryState.DEFERRED, 1, "451")
        assert (state.deliveries.due(MONDAY), state.deliveries.due(LATER)) == (0, 1)


def test_claims_come_in_the_order_of_their_bodies(store: Store) -> None:
    with store.writing() as state:
        edition, one = posted(state, 1)
        other = state.editions.add_owed_set(edition.id, OwedSet((Owed(A, 0),), ("x",), "s"))
        state.deliveries.add(
            [delivery(edition, f"p{n}@x", [one, other][n % 2]) for n in range(6)], MONDAY
        )
        claims = claimable(state, MONDAY, 10)
        assert [c.delivery.owed_set for c in claims] == [one] * 3 + [other] * 3
        assert len(claimable(state, MONDAY, 4)) == 4


def test_a_body_is_kept_until_nothing_is_left_to_send(store: Store) -> None:
    body = bytes(range(256))
    with store.writing() as state:
        _, owed_set = posted(state, 1, "ana@x.example")
        state.editions.keep_variant(owed_set, "en", b"an earlier one")
        assert state.editions.keep_variant(owed_set, "en", b"too late") == b"an earlier one"
        assert state.editions.keep_variant(owed_set, "en", body, b"an earlier one") == body
        state.editions.keep_variant(owed_set, "es", b"otro")
        state.editions.drop_settled_variants()
        assert state.editions.variant(owed_set, "en") == body
        assert state.editions.variant(owed_set, "es") is None
        settle_all(state, DeliveryState.SENT)
        state.editions.drop_settled_variants()
        assert state.editions.variant(owed_set, "en") is None


def test_refusals_are_counted_in_a_row(store: Store) -> None:
    with store.writing() as state:
        assert [state.people.refused("a", MONDAY, "550") for _ in range(2)] == [1, 2]
        state.people.accepted(["a", "b"])
        assert state.people.refused("a", MONDAY, "550") == 1
        assert state.people.blocked(["a", "b"]) == set()


def test_a_single_refusal_is_forgotten_like_several(store: Store) -> None:
    with store.writing() as state:
        for key in ("a", "b", "b", "c"):
            state.people.refused(key, MONDAY, "550")
        state.people.forget_refusals(["a", "b"], LATER)
        assert state.people.counted() == {"c": 1}
        assert state.people.refusing() == {"c"}


@pytest.mark.parametrize(
    ("standing", "blocks"),
    [
        (RecipientState.ACTIVE, False),
        (RecipientState.PAUSED, True),
        (RecipientState.LEFT, True),
        (RecipientState.BOUNCED, True),
    ],
)
def test_what_people_did_blocks_their_mail(
    store: Store, standing: RecipientState, blocks: bool
) -> None:
    with store.writing() as state:
        state.people.mark("a", standing, MONDAY, "said")
        assert state.people.blocked(["a", "b"]) == ({"a"} if blocks else set())
        state.people.mark("a", RecipientState.ACTIVE, LATER, "back")
        assert state.people.blocked(["a"]) == set()


# --- The manifest --------------------------------------------------------------------------------


def test_the_manifest_remembers_files_as_they_were_left(store: Store) -> None:
    one = PublishedFile("a/b.html", 3, 2**62 + 7, "ab")
    two = PublishedFile("c.xml", 0, 1, "cd")
    with store.writing() as state:
        state.files.save([one, two])
        assert state.files.all() == {"a/b.html": one, "c.xml": two}
        newer = replace(one, size=4)
        state.files.save([newer])
        state.files.forget(["c.xml", "unknown"])
        assert state.files.all() == {"a/b.html": newer}
        state.files.save([])
        state.files.forget([])
        assert state.files.all() == {"a/b.html": newer}


# --- Others ---------------------------------------------------------------------------------------


def test_two_threads_that_write_in_turn_lose_nothing(store: Store) -> None:
    def count() -> None:
        for _ in range(20):
            with store.writing() as state:
                state.remember("count", str(int(state.note("count") or 0) + 1))

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as state:
        assert state.note("count") == "60"


def test_instants_are_kept_in_utc_and_sort_as_text(store: Store) -> None:
    elsewhere = MONDAY.astimezone(UTC) + timedelta(microseconds=999_999)
    with store.writing() as state:
        state.editions.meet("weekly", ("*",), elsewhere)
        assert state.editions.first_seen("weekly") == MONDAY


def test_a_window_counts_what_comes_in_it_and_begins_anew_when_it_is_over(store: Store) -> None:
    def counted(name: str, at: datetime) -> int:
        with store.writing() as state:
            return state.limits.count(name, HOUR, at)

    assert [counted("a", MONDAY), counted("a", MONDAY), counted("b", MONDAY)] == [1, 2, 1]
    assert counted("a", MONDAY + HOUR - timedelta(seconds=1)) == 3
    assert counted("a", MONDAY + HOUR) == 1
    assert counted("a", MONDAY) == 1  # the clock was ahead
    with store.writing() as state:
        assert state.limits.forget(MONDAY + 3 * HOUR, 10) == 2


def test_the_version_of_a_state_is_the_newest(store: Store) -> None:
    with store.reading() as state:
        assert state.version() == LATEST
