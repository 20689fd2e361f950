"""What an operator decides about people, and how people are forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.builders import digest as a_digest
from tests.desk import KEY, Desk, Postbox, in_a_file, open_desk, staff
from tidings.application import people, subscribe
from tidings.application.cycle import purge
from tidings.core.audience import pseudonym
from tidings.core.settings import Settings
from tidings.core.settings.site import Privacy
from tidings.core.tokens import Member
from tidings.model import Choice, RecipientState

ANA, RUI = "ana@x.example", "rui@x.example"
PAUSED, LEFT = RecipientState.PAUSED, RecipientState.LEFT
DAY = timedelta(days=1)


def alias(key: str) -> str:
    return pseudonym(KEY, key)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    office = open_desk(tmp_path)
    office.digests = (a_digest("weekly", history="mail"),)
    office.lists = staff("Ana@x.example", RUI)
    return office


def keeping(desk: Desk) -> Settings:
    return desk.settings.model_copy(update={"privacy": Privacy(keep=timedelta(days=30))})


def news(desk: Desk, number: int, at: datetime) -> None:
    desk.file(f"{number}.txt", f"2026-03-01 | News {number} | Text {number}", now=at)


def got(desk: Desk, number: int, at: datetime) -> set[str]:
    news(desk, number, at)
    return {address.casefold() for address in desk.mail(at)}


def join(desk: Desk, address: str, at: datetime = MONDAY) -> bool:
    return people.add(desk.store, Choice("weekly", address, at))


def test_a_pause_ends_with_what_was_missed_and_a_departure_with_what_is_new(desk: Desk) -> None:
    assert got(desk, 1, MONDAY) == {ANA, RUI}
    people.stop(desk.store, ANA, PAUSED, MONDAY)
    people.stop(desk.store, RUI, LEFT, MONDAY)
    assert got(desk, 2, MONDAY + DAY) == set()
    for key in (ANA, RUI):
        people.resume(desk.store, key, alias(key), MONDAY + DAY * 1.5)
    news(desk, 3, MONDAY + 2 * DAY)
    mail = desk.mail(MONDAY + 2 * DAY)
    assert mail["Ana@x.example"].splitlines() == ["new News 2", "new News 3"]
    assert mail[RUI].splitlines() == ["new News 3"]


def test_who_was_added_gets_the_digest_until_removed(desk: Desk) -> None:
    assert join(desk, "new@x.example")
    assert "new@x.example" in got(desk, 1, MONDAY)
    people.stop(desk.store, "new@x.example", LEFT, MONDAY)
    assert "new@x.example" not in got(desk, 2, MONDAY + DAY)


def test_whoever_left_cannot_be_added_only_taken_back(desk: Desk) -> None:
    subscribe.act(desk.store, Member("weekly", ANA), "leave", MONDAY)
    assert not join(desk, ANA)
    people.stop(desk.store, RUI, LEFT, MONDAY)
    assert not join(desk, RUI)
    assert got(desk, 1, MONDAY) == set()
    people.resume(desk.store, ANA, alias(ANA), MONDAY)
    assert got(desk, 2, MONDAY + DAY) == {ANA}


def test_who_was_removed_and_comes_back_by_a_link_gets_what_is_new(desk: Desk) -> None:
    got(desk, 1, MONDAY)
    people.stop(desk.store, ANA, LEFT, MONDAY)
    got(desk, 2, MONDAY + DAY)
    subscribe.act(desk.store, Member("weekly", ANA), "resume", MONDAY + DAY * 1.5)
    news(desk, 3, MONDAY + 2 * DAY)
    mail = desk.mail(MONDAY + 2 * DAY)
    assert mail["Ana@x.example"].splitlines() == ["new News 3"]


def test_leaving_one_digest_leaves_no_other(desk: Desk) -> None:
    desk.digests = (*desk.digests, a_digest("daily", history="mail"))
    subscribe.act(desk.store, Member("daily", ANA), "leave", MONDAY)
    rows = people.roster(desk.store, desk.digests, desk.lists, KEY)
    assert {(row.digest, str(row.state)) for row in rows if row.address.casefold() == ANA} == {
        ("weekly", "active"),
        ("daily", "left"),
    }


@in_a_file
def test_an_erased_departure_still_wins_over_a_list_and_no_trace_is_left(desk: Desk) -> None:
    got(desk, 1, MONDAY)
    subscribe.prefer(desk.store, Member("weekly", ANA), ("boats",), "es", MONDAY)
    people.erase(desk.store, ANA, alias(ANA), MONDAY)
    assert got(desk, 2, MONDAY + DAY) == {RUI}
    desk.lists = staff(RUI)
    assert people.export(desk.store, ANA, desk.lists) is None
    desk.store.close()
    everything = b"".join(path.read_bytes() for path in (desk.root / "state").iterdir())
    assert b"rui@x.example" in everything
    assert ANA.encode() not in everything.lower()


def test_what_waits_for_somebody_erased_is_not_sent(desk: Desk) -> None:
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    people.erase(desk.store, ANA, alias(ANA), MONDAY)
    box = Postbox()
    desk.deliver(box, MONDAY)
    assert [envelope.recipient for envelope, _ in box.kept] == [RUI]


def test_an_erased_person_can_be_taken_back(desk: Desk) -> None:
    people.erase(desk.store, ANA, alias(ANA), MONDAY)
    assert people.knows(desk.store, ANA, alias(ANA), {})
    people.resume(desk.store, ANA, alias(ANA), MONDAY)
    assert got(desk, 1, MONDAY) == {ANA, RUI}


def test_an_export_tells_all_that_is_known(desk: Desk) -> None:
    got(desk, 1, MONDAY)
    subscribe.prefer(desk.store, Member("weekly", ANA), ("boats",), "es", MONDAY)
    people.stop(desk.store, ANA, PAUSED, MONDAY)
    known = people.export(desk.store, ANA, desk.lists)
    assert known
    assert {key for key, value in known.items() if value} == {
        "address",
        "lists",
        "record",
        "choices",
        "mail",
    }


def test_who_left_long_ago_is_forgotten_and_stays_away(desk: Desk) -> None:
    join(desk, "new@x.example")
    got(desk, 1, MONDAY)
    subscribe.act(desk.store, Member("weekly", "new@x.example"), "leave", MONDAY)
    people.stop(desk.store, ANA, LEFT, MONDAY)
    how, later = keeping(desk), MONDAY + timedelta(days=31)
    with desk.store.writing() as state:
        assert purge(state, how, KEY, MONDAY + DAY) == 0
        assert purge(state, how, KEY, later) == 2
        assert purge(state, how, KEY, later) == 0
    assert people.export(desk.store, "new@x.example", desk.lists) is None
    assert got(desk, 2, later) == {RUI}


def test_a_clock_that_was_ahead_for_a_while_puts_off_no_forgetting(desk: Desk) -> None:
    join(desk, "new@x.example")
    how = keeping(desk)
    with desk.store.writing() as state:
        purge(state, how, KEY, MONDAY + timedelta(days=4000))
    people.stop(desk.store, ANA, LEFT, MONDAY)
    with desk.store.writing() as state:
        assert purge(state, how, KEY, MONDAY + timedelta(days=31)) == 1


def test_who_gets_mail_is_not_forgotten_for_leaving_something_else(desk: Desk) -> None:
    join(desk, "new@x.example")
    subscribe.act(desk.store, Member("daily", "new@x.example"), "leave", MONDAY)
    with desk.store.writing() as state:
        how = keeping(desk)
        assert purge(state, how, KEY, MONDAY + timedelta(days=400)) == 0
