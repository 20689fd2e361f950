"""How often strangers may ask, and whom a request counts for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY
from tidings.core import limits
from tidings.core.limits import Window

HOUR = timedelta(hours=1)


def taken(count: int, most: int) -> list[timedelta]:
    """How long each of so many that come at once waits for its turn."""
    window, waits = Window(MONDAY), []
    for number in range(count):
        waits.append(limits.turn(window, most, HOUR, MONDAY) - MONDAY)
        window = Window(MONDAY, number + 1)
    return waits


def test_each_window_has_room_for_as_many_as_the_limit() -> None:
    assert taken(7, 3) == [HOUR * 0] * 3 + [HOUR] * 3 + [HOUR * 2]


def test_what_had_its_turn_no_longer_counts() -> None:
    window = Window(MONDAY, 7)
    counts = [limits.at(window, 3, HOUR, MONDAY + HOUR * n).count for n in range(4)]
    assert counts == [7, 4, 1, 0]
    assert limits.end(window, 3, HOUR) == MONDAY + HOUR * 3
    assert limits.at(window, 3, HOUR, MONDAY + HOUR * 2).since == MONDAY + HOUR * 2


def test_what_was_counted_while_the_clock_was_ahead_makes_nobody_wait() -> None:
    ahead = Window(MONDAY + HOUR * 9_000, 50)
    assert limits.at(ahead, 3, HOUR, MONDAY) == Window(MONDAY)


@pytest.mark.parametrize(
    ("address", "box"),
    [
        ("eva@x.example", "eva@x.example"),
        ("eva+news@x.example", "eva@x.example"),
        ("eva+a+b@x.example", "eva@x.example"),
        ("+eva@x.example", "+eva@x.example"),
        ("e.va@x.example", "e.va@x.example"),
        ("e.v.a+1@gmail.com", "eva@gmail.com"),
        ("eva@googlemail.com", "eva@gmail.com"),
        ("eva", "eva"),
    ],
)
def test_the_spellings_of_a_mailbox_are_one(address: str, box: str) -> None:
    assert limits.mailbox(address) == box


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.7", ("192.0.2.7",)),
        ("::ffff:192.0.2.7", ("192.0.2.7",)),
        ("2001:db8:1:2:3:4:5:6", ("2001:0db8:0001:0002/64", "2001:0db8:0001/48")),
        ("2001:db8:1::7", ("2001:0db8:0001:0000/64", "2001:0db8:0001/48")),
        ("", ("",)),
    ],
)
def test_a_neighbourhood_counts_as_one(address: str, networks: tuple[str, ...]) -> None:
    assert limits.networks(address) == networks


def test_what_is_kept_names_nobody_and_needs_the_key() -> None:
    assert limits.unwanted(b"key", "eva+1@x.example") == limits.unwanted(b"key", "eva@x.example")
    assert limits.unwanted(b"key", "eva@x.example") != limits.unwanted(b"other", "eva@x.example")
    assert "eva" not in limits.unwanted(b"key", "eva@x.example")
    assert limits.name(b"key", "a", "bc") != limits.name(b"key", "ab", "c")
