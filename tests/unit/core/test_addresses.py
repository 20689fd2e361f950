"""One mailbox, one key: however its address is written."""

from __future__ import annotations

import pytest

from tidings.core.settings import InvalidValue, check_recipient
from tidings.model import address_key

BUCHER = "ana@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "written",
    [
        BUCHER,
        "Ana@XN--BCHER-KVA.example",
        "ana@bücher.example",
        "ANA@BÜCHER.EXAMPLE",
        "ana@bu\u0308cher.example",
        "a\u200bna@bücher.example",
        "ana@bü\u00adcher.example",
        "\ufeffana@xn--bcher-kva.example",
        "ana@bücher。example",
    ],
)
def test_one_mailbox_has_one_key(written: str) -> None:
    assert address_key(written) == BUCHER


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@faß.example", "ana@fass.example"),
        ("ana@bucher.example", "ana@bücher.example"),
        ("ana@a.example", "an@a.example"),
    ],
)
def test_two_mailboxes_have_two(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize("text", ["", "@", "no address", "a@b@c", "ü", "a@-", "a@ü..ü", "a@\u200b"])
def test_what_is_no_address_has_a_key_as_well(text: str) -> None:
    assert address_key(address_key(text)) == address_key(text)


@pytest.mark.parametrize("hidden", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u3164"])
@pytest.mark.parametrize("at", [0, 2, 4, 9, 15])
def test_what_nobody_can_see_in_an_address_is_taken_out(hidden: str, at: int) -> None:
    address = "ana@example.org"
    assert check_recipient(address[:at] + hidden + address[at:]) == address


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u2028", "\u00a0x", "\ue000", "\u202e"])
def test_other_characters_that_cannot_be_seen_are_refused(hidden: str) -> None:
    with pytest.raises(InvalidValue):
        check_recipient(f"a{hidden}na@example.org")


def test_a_joiner_that_makes_another_domain_stays() -> None:
    joined = "a@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"
    assert address_key(joined) != address_key(joined.replace("\u200c", ""))
    with pytest.raises(InvalidValue, match="two forms"):
        check_recipient(joined)
