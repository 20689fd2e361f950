"""A return path names one message, fits an address, and cannot be made up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.core.mail.return_path import (
    MOST_TOKENS,
    VALID,
    ReturnKind,
    ReturnToken,
    is_genuine,
    return_path,
    tokens_in,
)

PATTERN = "bounces+{token}@news.example.org"
SECRET, OTHER = b"the key of an instance", b"the key of another"
DAY = date(2026, 11, 23)
OURS = "<5f1d3c0b9a7e4f2284c6d1e0a9b8c7d6@news.example.org>"


def made(
    number: int = 7, message_id: str = OURS, secret: bytes = SECRET, pattern: str = PATTERN
) -> str:
    return return_path(pattern, secret, ReturnKind.DELIVERY, DAY, number, message_id)


def only(text: str) -> ReturnToken:
    (token,) = tokens_in(PATTERN, text.encode())
    return token


def test_it_is_lower_case_and_short_and_the_same_each_time() -> None:
    address = made()
    assert address == made() == address.lower()
    local = address.partition("@")[0]
    assert len(local) == len("bounces+") + 32 <= 64
    assert local.removeprefix("bounces+").isalnum()


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_servers_may_change_its_case(change: object) -> None:
    assert callable(change)
    token = only(f"To: <{change(made())}>")
    assert is_genuine(token, SECRET, OURS, DAY)
    assert (token.kind, token.day, token.number) == (ReturnKind.DELIVERY, DAY, 7)


def test_it_fits_no_other_message_and_no_other_key() -> None:
    assert not is_genuine(only(made()), SECRET, OURS.replace("5", "6"), DAY)
    assert not is_genuine(only(made()), OTHER, OURS, DAY)
    assert made(8) != made(7)


def test_it_tells_nothing_once_it_is_old_or_before_its_day() -> None:
    token = only(made())
    assert is_genuine(token, SECRET, OURS, DAY + VALID)
    assert not is_genuine(token, SECRET, OURS, DAY + VALID + timedelta(days=1))
    assert is_genuine(token, SECRET, OURS, DAY - timedelta(days=2))
    assert not is_genuine(token, SECRET, OURS, DAY - timedelta(days=3))


def test_none_is_made_by_changing_any_character_of_another() -> None:
    address = made()
    start = len("bounces+")
    for at in range(start, start + 32):
        for other in "abcdefghijklmnopqrstuvwxyz234567":
            if other == address[at]:
                continue
            forged = address[:at] + other + address[at + 1 :]
            for token in tokens_in(PATTERN, forged.encode()):
                assert not is_genuine(token, SECRET, OURS, DAY)


def test_only_addresses_of_the_pattern_are_looked_at_and_few_of_them() -> None:
    token = made().partition("@")[0].partition("+")[2]
    for text in (f"bounces-{token}@news.example.org", f"bounces+{token}@news.example.org.evil.com"):
        assert tokens_in(PATTERN, text.encode()) == ()
    many = "\n".join(made(number) for number in range(500))
    assert len(tokens_in(PATTERN, many.encode())) == MOST_TOKENS
    assert tokens_in(PATTERN, f"{made()}, <{made().upper()}>".encode()) == (only(made()),)


@sampled(200, 5000)
@given(st.binary(max_size=200))
def test_whatever_is_read_raises_nothing_and_is_not_genuine(noise: bytes) -> None:
    for text in (noise, b"bounces+" + noise + b"@news.example.org"):
        for token in tokens_in(PATTERN, text):
            assert not is_genuine(token, SECRET, OURS, DAY)
