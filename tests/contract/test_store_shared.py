"""What several processes change at once in one state on a server: each statement of it stands by
itself, so whatever comes out is what one after another would have made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest

from tests.builders import HOUR, MONDAY
from tests.contract.test_store import posted
from tests.postgres import fresh
from tidings.core.mail.server import PAUSE_NOTE, ServerPause
from tidings.core.tokens import Member
from tidings.errors import StoreBusy
from tidings.model import DeliveryState, Owed, OwedSet
from tidings.state import Server, Store, Transaction, open_store
from tidings.state.deliveries import Claim, Settlement
from tidings.state.workers import Registration, ServerOwners

pytestmark = pytest.mark.scale
LATER = MONDAY + HOUR


@pytest.fixture
def server(postgres: str) -> Server:
    return fresh(postgres)


@pytest.fixture
def stores(server: Server) -> Iterator[tuple[Store, Store]]:
    with ExitStack() as closing:
        both = open_store(server), open_store(server)
        for each in both:
            closing.callback(each.close)
        yield both


def at_once(stores: Sequence[Store], *acts: Callable[[Transaction], object]) -> list[object]:
    """Do these at once, each in a transaction of its own, none of which ends before all have begun;
    what they return."""
    begun = threading.Barrier(len(acts))

    def do(store: Store, act: Callable[[Transaction], object]) -> object:
        with store.sharing() as state:
            state.last_run()
            begun.wait(10)
            return act(state)

    with ThreadPoolExecutor(len(acts)) as pool:
        pairs = [(stores[number % 2], act) for number, act in enumerate(acts)]
        return [each.result(20) for each in [pool.submit(do, *pair) for pair in pairs]]


def opened(store: Store, people: int) -> int:
    """An edition to so many people; returns the number of what they are owed."""
    with store.writing() as state:
        _, owed_set = posted(state, 1, *(f"p{n}@x.example" for n in range(people)))
    return owed_set


def reserved(store: Store, owner: str, limit: int = 10) -> tuple[Claim, ...]:
    with store.sharing() as state:
        return state.deliveries.reserve(owner, MONDAY, LATER, limit)


# --- Setting aside -------------------------------------------------------------------------------


def test_what_two_set_aside_at_once_no_one_else_is_given(stores: tuple[Store, Store]) -> None:
    opened(stores[0], 10)
    one, two = at_once(
        stores,
        lambda state: state.deliveries.reserve("1", MONDAY, LATER, 6),
        lambda state: state.deliveries.reserve("2", MONDAY, LATER, 6),
    )
    assert isinstance(one, tuple)
    assert isinstance(two, tuple)
    ids = [claim.delivery.id for claim in (*one, *two)]
    assert len(ids) == len(set(ids)) == 10
    assert reserved(stores[0], "3") == ()


def test_what_was_set_aside_waits_as_before_and_is_free_once_it_is_let_go(
    stores: tuple[Store, Store],
) -> None:
    opened(stores[0], 3)
    reserved(stores[0], "1")
    with stores[0].reading() as state:
        assert state.deliveries.tally() == {DeliveryState.QUEUED: 3}
    with stores[0].sharing() as state:
        state.deliveries.release("1")
    assert len(reserved(stores[1], "2")) == 3


def test_what_another_took_over_is_nothing_to_go_on_with(stores: tuple[Store, Store]) -> None:
    opened(stores[0], 2)
    claims = reserved(stores[0], "1")
    with stores[1].sharing() as state:
        state.deliveries.abandon(["1"])
        (other,) = state.deliveries.reserve("2", MONDAY, LATER, 1)
    with stores[0].sharing() as state:
        assert state.deliveries.untouched(claims, "1") == ()
        (mine,) = [each for each in claims if each.delivery.id == other.delivery.id]
        end = Settlement(mine.delivery.id, 1, DeliveryState.SENT)
        assert not state.deliveries.settle([end], "1", MONDAY)


def test_what_one_looks_at_another_passes_over_until_it_is_taken(
    stores: tuple[Store, Store],
) -> None:
    opened(stores[0], 2)
    claims = reserved(stores[0], "1")
    with stores[0].sharing() as state:
        assert len(state.deliveries.untouched(claims, "1")) == 2
        with stores[1].sharing() as other:
            assert other.deliveries.untouched(claims, "1") == ()


def test_what_is_superseded_meanwhile_is_not_sent_and_what_is_sent_is_not_superseded(
    stores: tuple[Store, Store], server: Server
) -> None:
    opened(stores[0], 2)
    first, second = reserved(stores[0], "1")

    def supersede() -> int:
        with stores[1].writing() as leader:
            return leader.deliveries.supersede("weekly", MONDAY)

    with ThreadPoolExecutor(1) as pool:
        with stores[0].sharing() as state:
            assert state.deliveries.untouched([first], "1")
            state.deliveries.take([first], "1", MONDAY, LATER)
            waiting = pool.submit(supersede)
            blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            with psycopg.connect(server.address, autocommit=True) as looking:
                while looking.execute(blocked).fetchone() == (0,):
                    assert not waiting.done()
        assert waiting.result(10) == 1
    with stores[0].sharing() as state:
        assert state.deliveries.untouched([second], "1") == ()
        assert list(state.deliveries.had("weekly")) == ["p0@x.example"]


# --- Counting and keeping ------------------------------------------------------------------------


def test_two_bodies_of_one_variant_made_at_once_are_one_body(stores: tuple[Store, Store]) -> None:
    owed_set = opened(stores[0], 1)
    kept = at_once(
        stores,
        lambda state: state.editions.keep_variant(owed_set, "en", b"one"),
        lambda state: state.editions.keep_variant(owed_set, "en", b"two"),
    )
    assert len(set(kept)) == 1


def test_two_refusals_at_once_are_two(stores: tuple[Store, Store]) -> None:
    counted = at_once(
        stores,
        *[lambda state: state.people.refused("ana@x.example", MONDAY, "550 no")] * 4,
    )
    assert sorted(map(str, counted)) == ["1", "2", "3", "4"]


def test_two_who_write_to_one_person_give_one_link(stores: tuple[Store, Store]) -> None:
    ana = Member("weekly", "ana@x.example", "en")
    one, two = at_once(stores, *[lambda state: state.links.give([ana])[ana]] * 2)
    assert one == two


def test_a_server_that_refuses_two_at_once_is_paused_once(stores: tuple[Store, Store]) -> None:
    from tidings.application.senders import pause_server

    at_once(stores, *[lambda state: pause_server(state, "535 no", "us", MONDAY)] * 2)
    with stores[0].reading() as state:
        pause = ServerPause.read(state.note(PAUSE_NOTE))
    assert pause
    assert pause.refusals == 1


def test_a_message_that_two_count_as_returned_is_counted_once_by_each_in_turn(
    stores: tuple[Store, Store],
) -> None:
    opened(stores[0], 1)
    for store in stores:
        with store.sharing() as state:
            state.figures.bounced(1, MONDAY)
    with stores[0].reading() as state:
        (event,) = state.figures.events(MONDAY, LATER)
    assert event.number == 1


def test_owed_sets_that_two_add_at_once_are_two(stores: tuple[Store, Store]) -> None:
    opened(stores[0], 1)
    owed = OwedSet((Owed("a" * 16, 1, None),), None, "News", first=False)
    one, two = at_once(stores, *[lambda state: state.editions.add_owed_set(1, owed)] * 2)
    assert one != two


# --- Who lives -----------------------------------------------------------------------------------

ME = Registration("here:1", "1.0", ("lead", "send"), "first")


def known(store: Store, me: Registration = ME) -> ServerOwners:
    found = store.owners(me)
    assert found
    return found


def end_connection(server: Server, number: str) -> None:
    """What a host that is gone, or a process that hangs, comes to: the server ends its session."""
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = 1000 + %s::int",
            (int(number),),
        )


def test_each_process_has_a_number_of_its_own_and_knows_who_has_ended(
    stores: tuple[Store, Store], server: Server
) -> None:
    one, two = map(known, stores)
    mine, other = one.me, two.me
    assert mine != other
    assert one.dead([mine, other, "host:1:1"]) == ["host:1:1"]
    end_connection(server, other)
    assert list(one.dead([mine, other])) == [other]


def test_a_process_that_was_counted_as_ended_has_a_new_number(
    stores: tuple[Store, Store], server: Server
) -> None:
    one = known(stores[0])
    before = one.me
    end_connection(server, before)
    assert one.me != before
    assert one.lives


def test_one_leads_until_it_ends_and_then_another(
    stores: tuple[Store, Store], server: Server
) -> None:
    one, two = map(known, stores)
    assert (one.lead(), two.lead(), one.lead()) == (True, False, True)
    end_connection(server, one.me)
    assert two.lead()
    assert one.newer() == ""
    assert not one.lead()


def test_a_leader_that_lost_its_lock_writes_nothing_more(
    stores: tuple[Store, Store], server: Server
) -> None:
    one = known(stores[0])
    number = one.me
    with stores[0].exclusive():
        with stores[0].writing() as state:
            state.remember("x", "1")
        end_connection(server, number)
        with pytest.raises(StoreBusy, match="another may have gone on"), stores[0].writing():
            pass
    with stores[0].writing() as state:  # what is no part of a publication goes on
        state.remember("x", "2")


def test_the_newest_configuration_of_those_that_lead_is_in_force(
    stores: tuple[Store, Store],
) -> None:
    two = known(stores[1], Registration("there:2", "1.0", ("send",), "old"))
    assert two.newer() == ""
    one = known(stores[0])
    assert (one.newer(), two.newer()) == ("", "here:1")
    two.follow(Registration("there:2", "1.0", ("send",), "newest"))
    assert (one.newer(), two.newer()) == ("", "")  # what only sends has no say
    two.follow(Registration("there:2", "1.0", ("lead",), "newest"))
    assert (two.newer(), one.newer()) == ("", "there:2")
    two.follow(Registration("there:2", "1.0", ("lead",), "first"))
    assert (two.newer(), one.newer()) == ("", "")
    one.follow(Registration("here:1", "1.0", ("lead",), "old", revision=40))
    assert (one.newer(), two.newer()) == ("", "here:1")


def test_a_process_that_ended_by_itself_leaves_its_configuration_to_nobody(
    server: Server, stores: tuple[Store, Store]
) -> None:
    one = known(stores[0])
    assert one.newer() == ""
    newest = open_store(server)
    assert known(newest, Registration("there:2", "1.0", ("lead",), "newest")).newer() == ""
    assert one.newer() == "there:2"
    newest.close()
    assert one.newer() == ""


def test_a_process_that_was_killed_keeps_its_configuration_in_force_for_a_while(
    server: Server, stores: tuple[Store, Store]
) -> None:
    one, two = known(stores[0]), known(stores[1], Registration("b:2", "1.0", ("lead",), "newest"))
    assert (one.newer(), two.newer()) == ("", "")
    end_connection(server, two.me)
    assert one.newer() == "b:2"
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute("UPDATE workers SET beat_at = '2026-01-01T00:00:00Z' WHERE name = 'b:2'")
    assert one.newer() == ""


def test_the_time_of_all_is_the_server_s(stores: tuple[Store, Store], server: Server) -> None:
    with psycopg.connect(server.address) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row
    assert abs(known(stores[0]).now() - row[0]) < timedelta(seconds=5)


def test_who_works_is_seen_with_what_they_have_in_hand(stores: tuple[Store, Store]) -> None:
    opened(stores[0], 3)
    one, two = known(stores[0]), known(stores[1], Registration("b:2", "1.1", ("send",), "old"))
    assert one.lead()
    reserved(stores[1], two.me, 2)
    with stores[0].reading() as state:
        found = state.workers()
    assert [(w.name, w.roles, w.in_hand, w.leads, w.waits) for w in found] == [
        ("here:1", ("lead", "send"), 0, True, False),
        ("b:2", ("send",), 2, False, False),
    ]


def test_what_a_process_that_hangs_has_begun_keeps_no_other_from_its_rows(
    stores: tuple[Store, Store], server: Server
) -> None:
    opened(stores[0], 1)
    one, two = map(known, stores)
    number, mine = one.me, two.me
    claims = reserved(stores[0], number)
    with pytest.raises(StoreBusy), stores[0].sharing() as state:  # noqa: PT012
        hang(state, claims, number, server)
        with stores[1].sharing() as other:
            assert list(two.dead(other.deliveries.owners())) == [number]
            other.deliveries.abandon([number])
            assert len(other.deliveries.reserve(mine, MONDAY, LATER, 1)) == 1
        state.last_run()
    assert one.me != number


def hang(state: Transaction, claims: Sequence[Claim], number: str, server: Server) -> None:
    """Take messages, and be heard of no more."""
    assert state.deliveries.untouched(claims, number)
    state.deliveries.take(claims, number, MONDAY, LATER)
    end_connection(server, number)
