"""Wishes, the mails that ask whether they are meant, and the limits on both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.desk import Hands, Postbox, open_desk
from tests.minimal_site import write_minimal_site
from tidings.application.subscribe import (
    RequestLimit,
    SubscriptionRequest,
    ask,
    network,
    send_confirmations,
)
from tidings.core.settings import Settings
from tidings.entrypoints import wiring
from tidings.errors import DeliveryError, TransportClosed
from tidings.model import Digest, PendingSubscription
from tidings.state import Store

ANA = "ana@x.example"
HOUR = timedelta(hours=1)
AHEAD = timedelta(days=365)


def compose(_digest: Digest, pending: PendingSubscription) -> bytes:
    return pending.address.encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_desk(tmp_path).store
    yield opened
    opened.close()


@cache
def sample() -> Settings:
    return wiring.load_instance(Path(__file__).parents[3], {}).settings


def waiting(store: Store) -> list[str]:
    with store.reading() as state:
        return [each.address for each in state.choices.applications() if each.waiting]


def send(store: Store, box: Postbox, after: timedelta = timedelta()) -> int:
    return send_confirmations(store, box, sample(), compose, Hands(MONDAY + after))


def test_a_wish_is_mailed_once(store: Store) -> None:
    box = Postbox()
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY)
    assert [send(store, box), send(store, box)] == [1, 0]
    assert [envelope.recipient for envelope, _ in box.kept] == [ANA]


def test_two_processes_mail_a_wish_once(store: Store) -> None:
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY)
    other = Postbox()

    class Rival(Postbox):
        def connect(self) -> Postbox:
            send(store, other)
            return self

    mine = Rival()
    send(store, mine)
    assert (len(other.kept), len(mine.kept)) == (1, 0)


def test_what_a_server_puts_off_is_sent_later_and_what_it_refuses_is_not(store: Store) -> None:
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY)
    ask(store, SubscriptionRequest("weekly", "no@x.example"), MONDAY)
    closed = TransportClosed("no server", ours=False)
    box = Postbox({ANA: closed, "no@x.example": DeliveryError("no such user", permanent=True)})
    assert send(store, box) == 0
    assert waiting(store) == [ANA]
    assert send(store, Postbox()) == 1


def test_what_could_not_be_sent_for_hours_is_left_to_be_asked_anew(store: Store) -> None:
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY)
    assert send(store, Postbox(), HOUR * 7) == 0
    assert waiting(store) == []


def test_one_address_gets_three_mails_a_day(store: Store) -> None:
    box = Postbox()
    for hour in range(6):
        ask(store, SubscriptionRequest("weekly", ANA), MONDAY + HOUR * hour)
        send(store, box, HOUR * hour)
    assert len(box.kept) == 3
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY + HOUR * 25)
    assert send(store, box, HOUR * 25) == 1


def test_mails_counted_while_the_clock_was_ahead_count_for_a_day_at_most(store: Store) -> None:
    box = Postbox()
    for _ in range(5):
        ask(store, SubscriptionRequest("weekly", ANA), MONDAY + AHEAD)
        send(store, box, AHEAD)
    assert len(box.kept) == 3
    ask(store, SubscriptionRequest("weekly", ANA), MONDAY)
    assert send(store, box) == 1


def test_what_a_limit_counted_while_the_clock_was_ahead_closes_nothing_for_longer() -> None:
    limit = RequestLimit(2, HOUR)
    assert [limit.allows("a", MONDAY + AHEAD) for _ in range(3)] == [True, True, False]
    assert [limit.allows("a", MONDAY) for _ in range(3)] == [True, True, False]
    assert limit.allows("a", MONDAY + HOUR)


def test_a_limit_counts_each_name_for_itself_and_forgets_in_time() -> None:
    limit = RequestLimit(2, HOUR)
    assert [limit.allows("a", MONDAY) for _ in range(3)] == [True, True, False]
    assert limit.allows("b", MONDAY)
    assert limit.allows("a", MONDAY + HOUR)


@pytest.mark.parametrize(
    ("address", "whom"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("", ""),
    ],
)
def test_a_neighbourhood_counts_as_one(address: str, whom: str) -> None:
    assert network(address) == whom


def test_a_group_is_sent_no_link_that_one_of_them_could_confirm_with(
    store: Store, tmp_path: Path
) -> None:
    box = Postbox()
    ask(store, SubscriptionRequest("weekly", "All@x.example"), MONDAY)
    write_minimal_site(tmp_path)
    group = "lists: {all: [{address: all@x.example, shared: true}]}"
    (tmp_path / "config" / "recipients.yaml").write_text(group, encoding="utf-8")
    settings = wiring.load_instance(tmp_path, {}).settings
    assert send_confirmations(store, box, settings, compose, Hands(MONDAY)) == 0
    assert (box.kept, waiting(store)) == ([], [])


@pytest.mark.parametrize("of_one", [False, True])
def test_a_server_that_refuses_us_is_paused_unless_it_says_so_of_one_address(
    store: Store, of_one: bool
) -> None:
    bob = "bob@x.example"
    for each in (ANA, bob):
        ask(store, SubscriptionRequest("weekly", each), MONDAY)
    refused = TransportClosed("blocked", ours=True, refused=True, of_one=of_one)
    box = Postbox(refusing={ANA: refused})
    assert send(store, box) == int(of_one)
    assert send(store, Postbox()) == int(of_one)
    assert send(store, Postbox(), HOUR) == (0 if of_one else 2)
