"""Cutting texts at words and sentences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.core.wording import cut, excerpt


def test_a_short_text_stays_as_it_is() -> None:
    assert cut("Ten boats", 9) == "Ten boats"
    assert excerpt("Ten boats.", 10) == "Ten boats."


def test_a_line_is_cut_at_a_word_and_marked() -> None:
    assert cut("Ten boats left, and eleven came back", 17) == "Ten boats left…"


def test_a_word_longer_than_the_limit_is_cut_inside() -> None:
    assert cut("Donaudampfschifffahrt", 10) == "Donaudamp…"


def test_an_excerpt_ends_with_a_sentence_that_fills_half_of_it() -> None:
    text = "The port was closed for a day. Then the wind turned and the boats went out again."
    assert excerpt(text, 50) == "The port was closed for a day.\N{NO-BREAK SPACE}…"


def test_an_excerpt_whose_first_sentence_is_too_short_ends_at_a_word() -> None:
    text = "It was closed. Then the wind turned and the boats went out again to the open sea."
    assert (
        excerpt(text, 50) == "It was closed. Then the wind turned and the boats\N{NO-BREAK SPACE}…"
    )


def test_a_stop_inside_an_abbreviation_ends_no_sentence() -> None:
    text = "The officers of the U.S. Coast Guard went aboard at once and looked at all papers."
    assert excerpt(text, 40) == "The officers of the U.S. Coast Guard\N{NO-BREAK SPACE}…"


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_no_cut_line_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
