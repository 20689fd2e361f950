"""Who starts anew, and who gets what they missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import MONDAY, topic
from tests.builders import digest as a_digest
from tests.desk import Desk, open_desk, staff
from tidings.application import lists, people, subscribe
from tidings.core.tokens import Member
from tidings.model import Recipient, RecipientState

ANA, RUI = "ana@x.example", "rui@x.example"
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    office = open_desk(tmp_path, topic("ports"), topic("cranes"))
    office.digests = (a_digest("weekly", history="mail"),)
    office.lists = staff(ANA, RUI)
    return office


def news(desk: Desk, number: int, about: str = "ports", at: int | None = None) -> dict[str, str]:
    """What everybody gets of an edition with one more story."""
    now = MONDAY + DAY * (number if at is None else at)
    desk.file(f"{number}.txt", f"2026-03-01 | News {number} of {about} | Text {number}", now=now)
    with desk.store.writing() as state:
        lists.watch(state, desk.settings)
    return {
        key: told.replace(" of ports", "").replace(" of cranes", "")
        for key, told in desk.mail(now).items()
    }


@pytest.mark.parametrize("start", [None, "everything", timedelta(days=365)])
def test_who_was_off_the_lists_and_comes_back_starts_anew(desk: Desk, start: object) -> None:
    ana = Recipient(ANA, start=start)  # type: ignore[arg-type]
    desk.lists = staff(ana, RUI)
    news(desk, 1)
    desk.lists = staff(RUI)
    news(desk, 2)
    news(desk, 3)
    desk.lists = staff(ana, RUI)
    assert news(desk, 4)[ANA] == "new News 4"


def test_who_joins_for_the_first_time_may_get_everything(desk: Desk) -> None:
    desk.lists = staff(RUI)
    news(desk, 1)
    desk.lists = staff(RUI, Recipient(ANA, start="everything"))
    assert news(desk, 2)[ANA] == "new News 1\nnew News 2"


def test_who_left_and_comes_back_starts_anew_whatever_the_list_says(desk: Desk) -> None:
    desk.lists = staff(Recipient(ANA, start="everything"), RUI)
    news(desk, 1)
    member = Member("weekly", ANA)
    subscribe.act(desk.store, member, "leave", MONDAY + DAY)
    news(desk, 2)
    subscribe.act(desk.store, member, "resume", MONDAY + DAY * 2.5)
    assert news(desk, 3)[ANA] == "new News 3"


@pytest.mark.parametrize("how", ["list", "choice", "operator"])
def test_who_was_paused_gets_what_they_missed(desk: Desk, how: str) -> None:
    news(desk, 1)
    if how == "list":
        desk.lists = staff(Recipient(ANA, state=RecipientState.PAUSED), RUI)
    elif how == "choice":
        subscribe.act(desk.store, Member("weekly", ANA), "pause", MONDAY + DAY)
    else:
        people.stop(desk.store, ANA, RecipientState.PAUSED, MONDAY + DAY)
    news(desk, 2)
    news(desk, 3)
    desk.lists = staff(ANA, RUI)
    if how == "choice":
        subscribe.act(desk.store, Member("weekly", ANA), "resume", MONDAY + DAY * 3.5)
    elif how == "operator":
        people.resume(desk.store, ANA, "", MONDAY + DAY * 3.5)
    assert news(desk, 4)[ANA] == "new News 2\nnew News 3\nnew News 4"


def test_who_bounced_gets_what_they_missed(desk: Desk) -> None:
    news(desk, 1)
    with desk.store.writing() as state:
        state.people.mark(ANA, RecipientState.BOUNCED, MONDAY, "")
    news(desk, 2)
    people.resume(desk.store, ANA, "", MONDAY + DAY * 2.5)
    assert news(desk, 3)[ANA] == "new News 2\nnew News 3"


def follow(desk: Desk, by: str, *topics: str) -> None:
    """Let Ana follow these topics; all if there are none."""
    if by == "list":
        desk.lists = staff(Recipient(ANA, topics=topics or None), RUI)
    else:
        subscribe.prefer(desk.store, Member("weekly", ANA), topics or None, None, MONDAY)


@pytest.mark.parametrize("by", ["list", "choice"])
def test_a_topic_that_is_ticked_counts_from_then_on(desk: Desk, by: str) -> None:
    follow(desk, by, "ports")
    news(desk, 1)
    news(desk, 2, "cranes")
    follow(desk, by, "ports", "cranes")
    assert news(desk, 3)[ANA] == "new News 3"
    assert news(desk, 4, "cranes")[ANA] == "new News 4"
    follow(desk, by, "cranes")
    assert ANA not in news(desk, 5)
    follow(desk, by, "ports", "cranes")
    assert news(desk, 6, "cranes")[ANA] == "new News 6"


@pytest.mark.parametrize("by", ["list", "choice"])
def test_so_do_all_topics_instead_of_some(desk: Desk, by: str) -> None:
    follow(desk, by, "ports")
    news(desk, 1)
    news(desk, 2, "cranes")
    news(desk, 3, "other things")
    follow(desk, by)
    assert news(desk, 4, "other things")[ANA] == "new News 4 of other things"
    assert news(desk, 5, "cranes")[ANA] == "new News 5"


def test_what_was_missed_in_topics_of_before_comes_all_the_same(desk: Desk) -> None:
    follow(desk, "choice", "ports")
    news(desk, 1)
    subscribe.act(desk.store, Member("weekly", ANA), "pause", MONDAY)
    news(desk, 2)
    news(desk, 3, "cranes")
    follow(desk, "choice", "ports", "cranes")
    subscribe.act(desk.store, Member("weekly", ANA), "resume", MONDAY)
    assert news(desk, 4, "cranes")[ANA] == "new News 2\nnew News 4"


def test_a_state_from_before_topics_were_noted_owes_what_it_owed(desk: Desk) -> None:
    follow(desk, "choice", "ports")
    news(desk, 1)
    with desk.store.writing() as state:
        state._db.execute(text("UPDATE subscriptions SET topics = NULL"))
    assert news(desk, 2)[ANA] == "new News 2"
