from __future__ import annotations

from tidings.core.listings.likeness import (
    LONGEST_TITLE,
    is_clearly_title,
    is_prose,
    is_sentence,
    title_likeness,
)

TITLE = "Guatemala raises awareness about recruitment scams"
SENTENCE = "The campaign warns people interested in working abroad about false offers of work."


def test_a_title_is_more_like_a_title_than_a_sentence_is() -> None:
    assert title_likeness(TITLE) == 1.0 > title_likeness(SENTENCE) > 0
    assert title_likeness(SENTENCE + " " + SENTENCE) < title_likeness(SENTENCE)


def test_signs_alone_and_endless_lines_are_no_titles() -> None:
    assert title_likeness("* * *") == 0
    assert title_likeness("") == 0
    assert title_likeness("a" * (LONGEST_TITLE + 1)) == 0
    assert title_likeness("a" * LONGEST_TITLE) > 0


def test_running_text_is_told_from_titles() -> None:
    assert is_prose(SENTENCE)
    assert is_prose(f"“{SENTENCE}”")
    assert is_prose("migrants " * 30)
    assert not is_prose(TITLE)
    assert is_sentence("A short one about work.")
    assert not is_prose("A short one about work.")


def test_only_a_plain_heading_is_clearly_a_title() -> None:
    assert is_clearly_title(TITLE)
    assert not is_clearly_title(SENTENCE)
    assert not is_clearly_title("The three partners are:")
    assert not is_clearly_title("Read more")
