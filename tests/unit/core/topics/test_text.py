from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.core.topics.text import fold, words_of


def plain(text: str) -> list[str]:
    return [word.plain for word in words_of(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("San José", "SAN JOSE"),
        ("café", "cafe\u0301"),
        ("COVID-19", "covid 19"),
        ("COVID–19", "COVID‑19"),
        ("Guatemala's plan", "Guatemala’s plan"),
        ("Guatemala’s plan", "Guatemala plan"),
        ("MEXICO'S PLAN", "Mexico plan"),
        ("O’Brien", "O'Brien"),
        ("ＩＯＭ", "IOM"),
        ("ﬁeld", "field"),
        ("Straße", "STRASSE"),
        ("Łódź", "Lodz"),
        ("İstanbul", "ISTANBUL"),
        ("migra\u00adtion", "migration"),
        ("Ёлка", "елка"),
        ("МИГРАНТ", "мигрант"),
        ("пʼять", "п’ять"),
        ("ΆΝΘΡΩΠΟΣ", "άνθρωπος"),
        ("مُهَاجِر", "مهاجر"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_these_are_written_differently_and_fold_to_the_same_words(one: str, other: str) -> None:
    assert plain(one) == plain(other) != []


def test_everything_but_letters_digits_and_marks_separates_words() -> None:
    assert plain("a_b/c·d—e…f (g)\th\u200bi") == list("abcdefghi")


def test_a_single_quoted_s_is_a_word_of_its_own() -> None:
    assert plain("the letter 's'") == ["the", "letter", "s"]


def test_one_character_may_hold_several_words() -> None:
    assert plain("½ day") == ["1", "2", "day"]


def test_in_scripts_without_spaces_each_character_is_a_word() -> None:
    assert plain("移民労働者") == ["移", "民", "労", "働", "者"]
    assert plain("แรงงาน") == ["แ", "ร", "ง", "ง", "า", "น"]
    assert plain("IOMの日本ILO") == ["iom", "の", "日", "本", "ilo"]


def test_signs_that_carry_vowels_belong_to_their_letter() -> None:
    text = "หนึ่ง"
    assert [text[word.start : word.end] for word in words_of(text)] == ["ห", "นึ่", "ง"]


def test_a_word_knows_where_it_stands_in_the_original() -> None:
    text = "Costa Rica’s “cafe\u0301” in SAN\u00adTO now\u00ad"
    written = [text[word.start : word.end] for word in words_of(text)]
    assert written == ["Costa", "Rica", "cafe\u0301", "in", "SAN\u00adTO", "now"]


def test_the_exact_form_keeps_case_accents_and_ending() -> None:
    assert [word.form for word in words_of("Métodos IDs RCM’s")] == ["Métodos", "IDs", "RCM"]


@given(st.text(max_size=60))
def test_words_stand_in_order_and_never_cross(text: str) -> None:
    words = words_of(text)
    for word in words:
        assert 0 <= word.start < word.end <= len(text)
        assert word.plain
        assert word.key
    for before, after in pairwise(words):
        assert before.end <= after.start or (before.start, before.end) == (after.start, after.end)


@given(st.text(alphabet="aeioséñüёйçÁÑ s'’-", max_size=40))
def test_composed_and_decomposed_text_has_the_same_words(text: str) -> None:
    assert plain(unicodedata.normalize("NFC", text)) == plain(unicodedata.normalize("NFD", text))


@given(st.text(max_size=40))
def test_folding_a_folded_word_changes_nothing(text: str) -> None:
    for word in words_of(text):
        assert fold(word.plain) == word.plain
