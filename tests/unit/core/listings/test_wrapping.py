from __future__ import annotations

from textwrap import fill

from tidings.core.listings.lines import Line, read_lines
from tidings.core.listings.wrapping import unwrapped

PARAGRAPH = (
    "The International Organization for Migration together with the Ministry of Labour presented "
    "the system which will give better information on work to people in and out of the country."
)


def joined(text: str) -> list[str]:
    lines = read_lines(text, limit=1000)
    assert lines is not None
    return [line.text for line in unwrapped(lines)]


def test_wrapped_paragraphs_are_joined() -> None:
    text = f"16 February 2022\nTitle\n\n{fill(PARAGRAPH, 50)}\n\n{fill(PARAGRAPH, 50)}\n"
    assert joined(text) == ["16 February 2022", "Title", PARAGRAPH, PARAGRAPH]


def test_a_break_that_a_person_made_stays() -> None:
    text = f"A title\n{fill(PARAGRAPH, 50)}"
    assert joined(text) == ["A title", PARAGRAPH]


def test_long_lines_are_not_wrapped_text() -> None:
    text = f"{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}"
    assert joined(text) == [PARAGRAPH] * 5


def test_lists_of_short_lines_are_not_wrapped_text() -> None:
    titles = ["One hub opens in San José", "Two", "Three more hubs open", "Four", "Five hubs"]
    assert joined("\n".join(titles)) == titles


def test_a_page_too_narrow_for_sentences_is_not_wrapped_text() -> None:
    assert joined("May\nMay\nMay\nMay\nMay") == ["May"] * 5


def test_no_lines_are_no_lines() -> None:
    nothing: tuple[Line, ...] = ()
    assert unwrapped(nothing) == ()
