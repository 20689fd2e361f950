"""Folding plain text."""

from __future__ import annotations

import re

from tidings.core.columns import WIDTH, fold, fold_line

WORDS = "boats and ports and tides and " * 5


def test_a_long_line_goes_on_under_its_own_indent() -> None:
    lines = fold_line("  " + WORDS).split("\n")
    assert len(lines) > 1
    assert all(re.match(r"  \S", line) for line in lines)
    assert max(map(len, lines)) <= WIDTH


def test_a_labelled_line_goes_on_under_its_second_column() -> None:
    first, second, *_ = fold_line("  Topics   " + WORDS).split("\n")
    assert first.startswith("  Topics   boats")
    assert second.startswith(" " * 11)
    assert second[11] != " "


def test_a_long_address_stays_whole_and_keeps_its_indent() -> None:
    line = "  https://news.example/items/" + "harbour-" * 10 + ".html"
    assert fold_line(line) == line


def test_a_word_with_hyphens_is_not_broken() -> None:
    line = "a " * 30 + "ship-to-shore-and-back-again"
    assert "ship-to-shore-and-back-again" in fold_line(line).split("\n")


def test_lines_to_be_left_wait_and_the_others_are_folded() -> None:
    text = fold(f"{WORDS}\nSLOT {WORDS}", ("SLOT",))
    assert f"\nSLOT {WORDS.rstrip()}\n" in text
    assert not text.startswith(WORDS)


def test_no_more_than_two_blank_lines_follow_each_other() -> None:
    assert fold("\n\none\n \n\n\n\n\ntwo\n\n") == "one\n\n\ntwo\n"
