"""What links stand for, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tidings.adapters.signing import Signer
from tidings.core.tokens import FORM, JOINING, MEMBER, Joining, Member, form, is_form

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SIGNER = Signer(b"secret")
SLUGS = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)


@given(SLUGS, st.text(), st.none() | st.lists(SLUGS).map(tuple), st.none() | SLUGS)
def test_what_was_signed_comes_back_as_it_was(
    digest: str, address: str, topics: tuple[str, ...] | None, language: str | None
) -> None:
    member, joining = Member(digest, address), Joining(digest, address, topics, language, AT)
    signed = SIGNER.sign(JOINING, joining.packed())
    assert Joining.unpack(SIGNER.verify(JOINING, signed)) == joining
    assert Member.unpack(SIGNER.verify(MEMBER, SIGNER.sign(MEMBER, member.packed()))) == member


def test_a_link_for_one_purpose_or_of_another_instance_opens_nothing_else() -> None:
    signed = SIGNER.sign(MEMBER, Member("weekly", "ana@example.org").packed())
    assert SIGNER.verify(JOINING, signed) is None
    assert Signer(b"other").verify(MEMBER, signed) is None
    assert SIGNER.verify(MEMBER, signed[:-1] + ("a" if signed[-1] != "a" else "b")) is None
    assert SIGNER.verify(MEMBER, "x" * 5000) is None


def test_a_link_stands_in_an_address_as_it_is() -> None:
    signed = SIGNER.sign(MEMBER, Member("weekly", "Ñandú/?&#@example.org").packed())
    assert set(signed) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_confirmation_is_good_for_three_days() -> None:
    joining = Joining("weekly", "ana@example.org", None, None, AT)
    assert not joining.expired(AT + timedelta(days=3))
    assert joining.expired(AT + timedelta(days=3, seconds=1))


def test_a_form_is_of_one_digest_and_not_forever() -> None:
    made = SIGNER.verify(FORM, SIGNER.sign(FORM, form("weekly", AT)))
    assert is_form(made, "weekly", AT + timedelta(hours=12))
    assert not is_form(made, "weekly", AT + timedelta(hours=13))
    assert not is_form(made, "daily", AT)
    assert not is_form(None, "weekly", AT)
