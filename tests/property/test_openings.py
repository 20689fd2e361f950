"""An edition that opens in portions comes to what it would come to for everybody at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partialmethod
from pathlib import Path

import pytest

from tests import opening_oracle as oracle
from tests.builders import MONDAY
from tests.builders import digest as a_digest
from tests.builders import topic as a_topic
from tests.desk import KEY, Desk, Postbox, open_desk
from tests.sampling import parts
from tidings.application import people, subscribe
from tidings.core.audience import pseudonym
from tidings.core.tokens import Member
from tidings.errors import DeliveryError
from tidings.model import ALL, Choice, Recipient, RecipientState
from tidings.state.openings import Audience

DAY = timedelta(days=1)
EVERYBODY = [f"p{n}@x.example" for n in range(12)]
TOPICS = ("ferries", "bridges", "harbours")
WANTED = (None, ("ferries",), ("ferries", "bridges"), ("harbours",))


def somebody(chance: random.Random, address: str) -> Recipient:
    return Recipient(
        chance.choice((address, address.upper())),
        chance.choice(("", "Name")),
        chance.choice(WANTED),
        chance.choice((None, "en")),
        chance.choice((None, "everything", DAY * 3)),
        chance.choice((*[RecipientState.ACTIVE] * 4, RecipientState.PAUSED)),
        items_in=chance.choice((None, None, ("en",), ("es",))),
    )


def a_list(chance: random.Random) -> tuple[Recipient, ...]:
    on = chance.sample(EVERYBODY, chance.randrange(len(EVERYBODY)))
    return tuple(somebody(chance, address) for address in on)


def act(chance: random.Random, desk: Desk, at: datetime) -> None:
    address, choose = chance.choice(EVERYBODY), chance.choice
    member = Member("weekly", address)
    match chance.randrange(9):
        case 0 | 1:
            desk.lists = {**desk.lists, choose(("staff", "board")): a_list(chance)}
        case 2:
            subscribe.act(desk.store, member, choose(("leave", "pause", "resume")), at, KEY)
        case 3:
            people.add(desk.store, Choice("weekly", address, at, name=choose(("", "N"))), KEY)
        case 4:
            topics, items_in = choose(WANTED), choose((None, ALL, ("es",)))
            subscribe.prefer(desk.store, member, topics, "en", at, items_in, KEY)
        case 5:
            stopped = choose((RecipientState.PAUSED, RecipientState.LEFT))
            people.stop(desk.store, address, stopped, at, KEY)
        case 6:
            with desk.store.writing() as state:
                state.people.mark(address, RecipientState.BOUNCED, at, "no such mailbox")
        case 7:
            people.erase(desk.store, address, pseudonym(KEY, address), at, KEY)
        case _:
            on = desk.lists["staff"]
            desk.lists = {**desk.lists, "staff": (*on[1:], *on[:1])}


def news(chance: random.Random, desk: Desk, number: int, at: datetime) -> None:
    about = chance.choice(TOPICS)
    desk.file(f"{number}.txt", f"2026-03-01 | News {number} of {about} | Text {number}", now=at)


@pytest.mark.parametrize("seed", parts(40, quick=(0, 1, 2, 3, 4, 5)))
def test_an_edition_opens_in_portions_as_it_would_for_everybody_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(Audience, "readers", partialmethod(Audience.readers, size=2))
    chance = random.Random(seed)
    desk = open_desk(tmp_path, *(a_topic(slug, slug) for slug in TOPICS))
    digest = a_digest("weekly", history="mail", lists=("staff", "board"))
    desk.digests, desk.lists = (digest,), {"staff": a_list(chance), "board": a_list(chance)}
    for number in range(7):
        at = MONDAY + DAY * number
        for _ in range(chance.randrange(5)):
            act(chance, desk, at)
        news(chance, desk, number, at)
        with desk.store.reading() as state:
            before = oracle.look(state, digest, EVERYBODY)
        (opened,) = desk.announce(at)
        with desk.store.reading() as state:
            wanted = oracle.expected(state, desk, digest, opened.edition, before)
            assert oracle.actual(state, digest, opened.edition, before) == wanted
        refused = chance.sample(EVERYBODY, 3)
        refusing = {each: DeliveryError("no", permanent=chance.random() < 0.5) for each in refused}
        desk.deliver(Postbox(refusing=dict(refusing)), at)


def test_the_world_of_these_tests_has_all_kinds_of_people() -> None:
    chance = random.Random(0)
    found = [each for _ in range(9) for each in a_list(chance)]
    assert {each.state for each in found} == {RecipientState.ACTIVE, RecipientState.PAUSED}
    assert {replace(each, address="", name="") for each in found}
