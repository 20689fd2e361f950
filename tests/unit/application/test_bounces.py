"""Nobody is cut off by what says more of the sender than of them, in whatever order it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from tests.builders import MONDAY, WEEK, digest
from tests.desk import Desk, Postbox, staff
from tidings.application import bounces
from tidings.application.bounces import Recorded, record_bounces
from tidings.application.deliver import DeliverReport
from tidings.application.status import findings, look
from tidings.core.mail.bounces import Bounce
from tidings.errors import DeliveryError, TransportClosed
from tidings.model import DeliveryState, Recipient, RecipientState
from tidings.state.deliveries import DeliveryFilter

UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown in relay recipient table"
LIMIT = "550 5.4.5 Daily sending limit exceeded"
PEOPLE = [f"p{number}@example.org" for number in range(10)]


@pytest.fixture(autouse=True)
def an_office(desk: Desk) -> None:
    """A weekly digest for ten people."""
    desk.digests = (digest(),)
    desk.lists = staff(*PEOPLE)


def refusing(people: Sequence[str], words: str = UNKNOWN) -> Postbox:
    return Postbox({each: DeliveryError(words.format(each), permanent=True) for each in people})


def edition(desk: Desk, week: int, refused: Sequence[str], words: str = UNKNOWN) -> DeliverReport:
    """Open and send an edition that is refused to some."""
    at = open_edition(desk, week)
    return desk.deliver(refusing(refused, words), at)


def open_edition(desk: Desk, week: int) -> datetime:
    at = MONDAY + week * WEEK
    desk.file(f"{week}.txt", f"2026-03-01 | Story {week} | It goes on.", now=at)
    desk.announce(at)
    return at


def bounced(desk: Desk) -> set[str]:
    with desk.store.reading() as state:
        return {each.key for each in state.people.bounced()}


def heal(desk: Desk) -> tuple[str, ...]:
    return bounces.heal(desk.store, MONDAY + 9 * WEEK)


def cut_off_as_before(desk: Desk, people: Sequence[str], words: str, count: int = 3) -> None:
    """As versions did that counted whatever was refused."""
    with desk.store.writing() as state:
        for key in people:
            for _ in range(count):
                state.people.refused(key, MONDAY, words.format(key))
            if count >= 3:
                state.people.mark(key, RecipientState.BOUNCED, MONDAY, words.format(key))


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [UNKNOWN, LIMIT, "550 User unknown", "550 5.7.1 blocked"])
def test_three_editions_refused_whole_cut_nobody_off(desk: Desk, words: str) -> None:
    for week in range(3):
        report = edition(desk, week, PEOPLE, words)
        (shared,) = report.alike
        assert (shared.number, shared.refused, shared.of) == (week + 1, 10, 10)
    assert bounced(desk) == set()
    assert sorted(desk.mail(MONDAY + 3 * WEEK)) == []  # nothing new
    assert edition(desk, 3, []).sent == 10


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_one_dead_address_is_cut_off_however_small_the_list(desk: Desk, size: int) -> None:
    desk.lists = staff(*PEOPLE[:size])
    for week in range(3):
        assert edition(desk, week, PEOPLE[:1]).alike == ()
    assert bounced(desk) == {PEOPLE[0]}


def test_dead_addresses_among_many_are_cut_off(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, PEOPLE[:3])
    assert bounced(desk) == set(PEOPLE[:3])


def test_a_refused_edition_is_no_part_of_anybodys_row(desk: Desk) -> None:
    dead = PEOPLE[0]
    for week, refused in enumerate([[dead], [dead], PEOPLE]):
        edition(desk, week, refused)
    assert bounced(desk) == set()
    edition(desk, 3, [dead])
    assert bounced(desk) == {dead}


def test_what_a_large_edition_was_refused_for_speaks_against_nobody_in_a_small_one(
    desk: Desk,
) -> None:
    chair = "chair@example.org"
    desk.digests = (digest(), digest("board", lists=("board",)))
    desk.lists = staff(*PEOPLE) | {"board": (Recipient(chair),)}
    for week in range(3):
        edition(desk, week, [*PEOPLE, chair])
    assert bounced(desk) == set()
    for week in range(3, 6):
        edition(desk, week, [chair])
    assert bounced(desk) == {chair}


def test_a_small_edition_refused_alike_speaks_for_nobody_in_a_large_one(desk: Desk) -> None:
    others = ["one@example.org", "two@example.org"]
    desk.digests = (digest("board", lists=("board",)), digest())
    desk.lists = staff(*PEOPLE) | {"board": tuple(Recipient(each) for each in others)}
    for week in range(3):
        edition(desk, week, [PEOPLE[0], *others])
    assert bounced(desk) == {PEOPLE[0]}


def test_who_was_cut_off_before_the_share_showed_gets_mail_again(desk: Desk) -> None:
    """The way out shuts after a few refusals; what comes of the others shows in the next round."""
    for week in range(2):
        edition(desk, week, PEOPLE[:1])
    at = open_edition(desk, 2)
    box = refusing(PEOPLE[:1])
    box.refusing[PEOPLE[1]] = TransportClosed("421 later", ours=True)
    assert desk.deliver(box, at).alike == ()
    assert bounced(desk) == {PEOPLE[0]}
    report = desk.deliver(refusing(PEOPLE), at + timedelta(minutes=1))
    assert report.alike[0].refused == 10
    assert bounced(desk) == set()


def test_what_looked_like_a_large_share_counts_once_it_is_none(desk: Desk) -> None:
    for week in range(2):
        edition(desk, week, PEOPLE[:2])
    at = open_edition(desk, 2)
    box = refusing(PEOPLE[:2])
    box.refusing[PEOPLE[2]] = TransportClosed("421 later", ours=True)
    assert desk.deliver(box, at).alike
    assert bounced(desk) == set()
    desk.deliver(Postbox(), at + timedelta(minutes=1))
    assert bounced(desk) == set(PEOPLE[:2])


def test_who_left_or_is_paused_is_not_marked_as_bounced(desk: Desk) -> None:
    for week in range(3):
        at = open_edition(desk, week)
        if week == 2:
            with desk.store.writing() as state:
                state.people.mark(PEOPLE[0], RecipientState.LEFT, at, "")
                state.people.refused(PEOPLE[0], at, UNKNOWN)
        desk.deliver(refusing(PEOPLE[:1]), at)
    assert bounced(desk) == set()


# --- Later ---------------------------------------------------------------------------------------


def came_back(desk: Desk, week: int, address: str, words: str = "no such user") -> Recorded:
    with desk.store.reading() as state:
        entry = next(
            each
            for each in state.deliveries.find(DeliveryFilter(key=address))
            if each.edition.number == week + 1
        )
    report = Bounce(address, "", "failed", "5.1.1", words, entry.delivery.message_id)
    (recorded,) = record_bounces(desk.store, [report], MONDAY + (week + 1) * WEEK)
    return recorded


@pytest.mark.parametrize("order", [PEOPLE, PEOPLE[::-1], PEOPLE[5:] + PEOPLE[:5]])
def test_editions_that_come_back_whole_cut_nobody_off_in_any_order(
    desk: Desk, order: list[str]
) -> None:
    for week in range(3):
        edition(desk, week, [])
        told = [came_back(desk, week, each) for each in order]
        assert [each.result for each in told[-6:]] == ["alike"] * 6
    assert bounced(desk) == set()


def test_somebody_cut_off_by_the_first_reports_of_many_gets_mail_again(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, [])
        told = came_back(desk, week, PEOPLE[0])
    assert told.result == "bounced"
    assert bounced(desk) == {PEOPLE[0]}
    for each in PEOPLE[1:]:
        came_back(desk, 2, each)
    assert bounced(desk) == set()


def test_refusals_and_reports_of_one_edition_are_seen_together(desk: Desk) -> None:
    words = "550 5.1.1 <{}> User unknown"
    for week in range(3):
        edition(desk, week, PEOPLE[:2], words)
        for each in PEOPLE[2:4]:
            came_back(desk, week, each, words.format(each))
    assert bounced(desk) == set()


# --- Taken back ----------------------------------------------------------------------------------


def test_a_list_suppressed_by_a_sending_limit_is_taken_back(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, PEOPLE, LIMIT)
    cut_off_as_before(desk, PEOPLE, LIMIT)
    at = open_edition(desk, 3)
    assert desk.deliver(Postbox(), at).sent == 0
    assert heal(desk) == tuple(PEOPLE)
    assert bounced(desk) == set()
    assert heal(desk) == ()
    at = open_edition(desk, 4)
    box = Postbox()
    assert desk.deliver(box, at).sent == 10
    missed = "".join(f"new Story {n}\n" for n in range(5)).strip()
    assert box.to(PEOPLE[0]) == [missed]


def test_after_that_an_address_has_three_chances_again(desk: Desk) -> None:
    dead = PEOPLE[0]
    for week in range(3):
        edition(desk, week, PEOPLE, LIMIT)
    cut_off_as_before(desk, PEOPLE, LIMIT)
    heal(desk)
    for week in range(3, 6):
        assert dead not in bounced(desk)
        edition(desk, week, [dead])
    assert bounced(desk) == {dead}


def test_counts_that_were_never_of_a_delivery_are_taken_back(desk: Desk) -> None:
    edition(desk, 0, [])
    cut_off_as_before(desk, PEOPLE, LIMIT, count=2)
    assert heal(desk) == ()
    with desk.store.reading() as state:
        assert state.people.counted() == {}


def test_a_list_suppressed_by_editions_refused_whole_is_taken_back(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, PEOPLE)
    with desk.store.writing() as state:
        for key in PEOPLE:
            state.people.mark(key, RecipientState.BOUNCED, MONDAY, UNKNOWN.format(key))
    assert heal(desk) == tuple(PEOPLE)


def test_a_dead_address_stays_cut_off(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, PEOPLE[:1])
    cut_off_as_before(desk, PEOPLE[1:2], "5.1.1 550 No such user")
    with desk.store.writing() as state:
        state.people.mark(PEOPLE[2], RecipientState.BOUNCED, MONDAY, "")
        state.people.mark(PEOPLE[3], RecipientState.LEFT, MONDAY, LIMIT)
    assert heal(desk) == ()
    assert bounced(desk) == set(PEOPLE[:3])


def test_all_who_bounced_since_then_are_taken_back_at_once(desk: Desk) -> None:
    forged = "5.1.1 550 forged"
    cut_off_as_before(desk, PEOPLE[:4], forged)
    with desk.store.writing() as state:
        state.people.mark(PEOPLE[4], RecipientState.BOUNCED, MONDAY - WEEK, forged)
        state.people.mark(PEOPLE[5], RecipientState.BOUNCED, MONDAY, "5.1.1 gone")
    back = bounces.take_back(desk.store, MONDAY, "Forged", MONDAY)
    assert [each.key for each in back] == PEOPLE[:4]
    assert bounced(desk) == {PEOPLE[4], PEOPLE[5]}
    assert len(bounces.take_back(desk.store, MONDAY - WEEK, "", MONDAY)) == 2


def test_who_was_taken_back_has_three_chances_again(desk: Desk) -> None:
    for week in range(3):
        edition(desk, week, PEOPLE[:1])
    assert bounces.take_back(desk.store, MONDAY, "", MONDAY + 3 * WEEK)
    for week in range(3, 6):
        assert bounced(desk) == set()
        edition(desk, week, PEOPLE[:1])
    assert bounced(desk) == set(PEOPLE[:1])


# --- What status says ----------------------------------------------------------------------------


def wrong(desk: Desk, now: datetime) -> list[str]:
    found = look(desk.store, desk.settings, now)
    # Nothing is published here, which is no finding about mail.
    told = [f"{each.check}: {each.message}" for each in findings(found)]
    return [each for each in told if not each.startswith("feeds: ")]


def test_a_large_share_that_was_refused_alike_is_wrong(desk: Desk) -> None:
    edition(desk, 0, [])
    assert wrong(desk, MONDAY) == []
    for each in PEOPLE[:4]:
        came_back(desk, 0, each)
    assert wrong(desk, MONDAY) == [
        (
            "mail: 4 of 10 messages of weekly, No. 1, were refused for the same reason"
            " (5.1.1 no such user)"
        )
    ]
    edition(desk, 1, [])
    assert wrong(desk, MONDAY + WEEK) == []


def test_a_large_share_of_people_who_bounced_lately_is_wrong(desk: Desk) -> None:
    edition(desk, 0, [])
    cut_off_as_before(desk, PEOPLE[:3], UNKNOWN)
    assert wrong(desk, MONDAY) == []
    cut_off_as_before(desk, PEOPLE[3:4], UNKNOWN)
    assert wrong(desk, MONDAY) == ["people: 4 of 10 people bounced within a month"]
    edition(desk, 1, [])
    assert "people: 4 of 10 people bounced within a month" in wrong(desk, MONDAY + WEEK)
    assert wrong(desk, MONDAY + 6 * WEEK) == []


def test_an_erased_person_is_not_taken_back(desk: Desk) -> None:
    edition(desk, 0, [])
    cut_off_as_before(desk, PEOPLE[:1], LIMIT)
    with desk.store.writing() as state:
        state.people.erase(PEOPLE[0], "erased:abc", MONDAY)
    assert heal(desk) == ()
    with desk.store.reading() as state:
        assert state.people.standing(["erased:abc"]) == {"erased:abc": RecipientState.LEFT}
        (sent,) = state.deliveries.find(DeliveryFilter(key="erased:abc"))
    assert sent.delivery.state is DeliveryState.SENT
