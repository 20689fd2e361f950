from __future__ import annotations

from tidings.core.listings.text import (
    columns,
    ends_a_sentence,
    has_sentences,
    is_prose,
    mostly_unspaced,
)

TITLE = "Guatemala raises awareness about recruitment scams"
SENTENCE = "The campaign warns people interested in working abroad about false offers of work."


def test_running_text_is_told_from_titles() -> None:
    assert is_prose(SENTENCE)
    assert is_prose(f"“{SENTENCE}”")
    assert is_prose("migrants " * 30)
    assert not is_prose(TITLE)
    assert not is_prose("A short one about work.")


def test_a_sentence_ends_whatever_closes_behind_it() -> None:
    assert ends_a_sentence("It ended.”")
    assert ends_a_sentence("终于结束了。」")
    assert not ends_a_sentence("The three partners are:")


def test_several_sentences_are_told_from_one() -> None:
    assert has_sentences(f"{SENTENCE} {SENTENCE}")
    assert not has_sentences(SENTENCE)


def test_a_text_without_blanks_between_words_is_known_by_its_script() -> None:
    assert mostly_unspaced("市立图书馆公布年度账目 2024")
    assert mostly_unspaced("หอสมุดประชาชนเผยแพร่รายงาน")
    assert not mostly_unspaced("Report on 市立图书馆")


def test_wide_signs_take_two_columns_and_marks_above_a_letter_none() -> None:
    assert columns("library") == 7
    assert columns("图书馆") == 6
    assert columns("cafe\u0301") == 4
