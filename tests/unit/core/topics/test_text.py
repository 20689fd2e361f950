from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.core.topics.text import addresses_in, fold, words_of


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
        ("مـهـاجر", "مهاجر"),
        ("أحمد إلى آخر", "احمد الى اخر"),
        ("رحلة", "رحله"),
        ("کتاب علی", "كتاب علي"),
        ("U.S.", "US"),
        ("the U.S.A", "the USA"),
        ("“U.S.” policy", "US policy"),
        ("the U.S.’s plan", "the US plan"),
        ("u.s.", "us"),
        ("EE. UU.", "EEUU"),
        ("EE.UU.", "EEUU"),
        ("O.N.U.", "ONU"),
        ("l’O.N.U.", "l ONU"),
        ("É.U.A.", "EUA"),
        ("V.I.P.s", "VIPs"),
        ("U.S.-Mexico", "US Mexico"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_these_are_written_differently_and_fold_to_the_same_words(one: str, other: str) -> None:
    assert plain(one) == plain(other) != []


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/work-permit/a",
        "HTTP://EXAMPLE.ORG/work-permit",
        "ftp://work.example.org/permit",
        "www.work-permit.org",
        "www.example.org/work-permit?work=permit#work",
        "example.org/work-permit",
        "work-permit.example.org:8000/permit",
        "work.permit@example.org",
        "mailto:work.permit@example.org",
        "<a href='/work permit'>",
        "</permit>",
        "<work permit>",
        "<!-- work permit -->",
        "&nbsp;",
        "&#8211;",
        "https://example.org/wiki/Work_(permit)",
        "work-permit.org",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "({})", "see {}.", "[here]({}), now", "见{}。移民", "‘{}’"]
)
def test_addresses_and_tags_hold_no_words(address: str, around: str) -> None:
    found = plain(around.format(address))
    assert not {"work", "permit", "example", "org", "nbsp", "8211"} & set(found)
    assert [word for word in found if word != "work-permit.org"] == plain(around.format(" "))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("and/or", ["and", "or"]),
        ("work permits.El acuerdo", ["work", "permits", "el", "acuerdo"]),
        ("R&D and Q&A; more", ["r", "d", "and", "q", "a", "more"]),
        ("a < b and c > d", ["a", "b", "and", "c", "d"]),
        ("@workers #migrants", ["workers", "migrants"]),
        ("3.5 of B.1.1.7", ["3", "5", "of", "b", "1", "1", "7"]),
        ("A. Smith met J. Doe", ["a", "smith", "met", "j", "doe"]),
        ("hepatitis C. U.S. offices", ["hepatitis", "c", "us", "offices"]),
        ("Booking.com’s and ASP.NET", ["booking.com", "and", "asp.net"]),
        ("the end.com", ["the", "end.com"]),
        ("2,000", ["2", "000"]),
        ("https://", ["https"]),
    ],
)
def test_what_only_looks_like_an_address_or_an_acronym_is_text(text: str, words: list[str]) -> None:
    assert plain(text) == words


def test_addresses_can_be_told() -> None:
    assert addresses_in("see (https://a.org/b) or <b>x@y.org</b>") == [
        "https://a.org/b", "<b>", "x@y.org", "</b>",
    ]  # fmt: skip
    assert addresses_in("work permit") == []


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


@pytest.mark.parametrize(
    "token",
    ["a.", "a@", "<a", "&a", "https://", "https://(", "x/", "a.b/", "a.com.", "<!--", "AA. ", "É."],
)
def test_whatever_comes_again_and_again_is_split_in_one_go(token: str) -> None:
    """None of these is gone through once more for each of its signs: that would take an hour."""
    assert words_of(token * 30_000) is not None
