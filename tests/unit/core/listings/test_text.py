from __future__ import annotations

import unicodedata
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from tidings.core.listings.text import (
    collapse,
    columns,
    ends_a_sentence,
    has_sentences,
    is_blank,
    is_prose,
    mostly_unspaced,
    split_lines,
    without_controls,
)


def test_lines_end_at_line_feeds_and_carriage_returns_only() -> None:
    assert split_lines("a\nb\r\nc\rd") == ["a", "b", "c", "d"]
    assert split_lines("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g") == [
        "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"
    ]


def test_controls_bidi_marks_and_lone_surrogates_are_dropped_and_counted() -> None:
    assert without_controls("a\x00b\x1bc\x7fd\x9fe\u202ef\u2066g\ud800h\uffffi") == ("abcdefghi", 8)


def test_a_control_that_stands_for_white_space_never_joins_two_words() -> None:
    assert without_controls("one\x0btwo\x85three") == ("one two three", 0)


def test_line_breaks_and_tabs_are_left_for_the_lines() -> None:
    assert without_controls("a\tb\nc\r\nd") == ("a\tb\nc\r\nd", 0)


def test_every_kind_of_white_space_collapses_to_one_space() -> None:
    assert collapse("\u00a0 El Salvador’s\u00a0 \tDirectorate\u2003\u2028 ") == (
        "El Salvador’s Directorate"
    )


def test_characters_are_kept_as_typed() -> None:
    typed = "“Piénsalo” – cafe\u0301, ﬁn, 🙂 ½"
    assert collapse(without_controls(typed)[0]) == typed


def test_a_line_of_invisible_characters_is_blank() -> None:
    assert is_blank("\u200b \ufeff\u2060")
    assert not is_blank("\u200b.")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_what_is_cleaned_is_fit_for_xml(text: str) -> None:
    cleaned = collapse(without_controls(text)[0])
    assert ElementTree.fromstring(f"<title>{escape(cleaned)}</title>").text == (cleaned or None)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in cleaned)


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
