"""Which language and direction a text has, where they are not the page's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.core.languages import (
    Marks,
    direction_of,
    first_strong,
    known_language,
    language_of_all,
    marks,
)

LAW = "افتتاح مركز جديد (IOM 2026)"
PLAIN = Marks("", "")


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("News", "ltr"),
        (LAW, "rtl"),
        ("שלום IOM", "rtl"),
        ("IOM: افتتاح", "ltr"),
        ("2026: افتتاح", "rtl"),
        ("“(افتتاح)” News", "rtl"),
        ("\N{RIGHT-TO-LEFT ISOLATE}افتتاح\N{POP DIRECTIONAL ISOLATE} News", "ltr"),
        ("\N{POP DIRECTIONAL ISOLATE}افتتاح", "rtl"),
        ("\N{FIRST STRONG ISOLATE}News", None),
        ("2026, 24 (7)", None),
        ("", None),
        ("日本", "ltr"),
    ],
)
def test_a_text_runs_as_its_first_strong_character_does(text: str, direction: str | None) -> None:
    assert first_strong(text) == direction


@given(st.text(alphabet="aב (1.", max_size=20))
def test_what_comes_after_the_first_strong_character_turns_nothing(text: str) -> None:
    found = first_strong(text)
    if found:
        assert first_strong(text + "ב") == first_strong(text + "a") == found


@pytest.mark.parametrize(
    ("text", "page", "told"),
    [
        ("Ports open", "en", PLAIN),
        ("Ports open – naïve café, 2 €", "en-GB", PLAIN),
        ("Ports open", "fr", Marks("en", "")),
        ("Ports open", "ar", Marks("en", "ltr")),
        (LAW, "en", Marks("und-Arab", "rtl")),
        (LAW, "ar", Marks("und-Arab", "")),
        ("وقال المدير إن", "en", Marks("ar", "rtl")),
        ("وصل القارب إلى المدينة", "en", Marks("ar", "rtl")),
        ("چرا مدینة", "en", Marks("und-Arab", "rtl")),
        ("שלום", "en", Marks("he", "rtl")),
        ("Новости", "en", Marks("und-Cyrl", "")),
        ("이민 정책", "en", Marks("ko", "")),
        ("日本の移民", "en", Marks("ja", "")),
        ("移民政策", "en", Marks("und-Hani", "")),
        ("Νέα της ημέρας", "en", Marks("el", "")),
        ("2026, 24 (7)", "en", PLAIN),
        ("", "en", PLAIN),
    ],
)
def test_a_text_of_no_known_language_goes_by_its_letters(text: str, page: str, told: Marks) -> None:
    assert marks(text, None, site="en", page=page) == told


@pytest.mark.parametrize(
    ("site", "text"),
    [
        ("ar", LAW),
        ("fa", "چرا"),
        ("ja", "日本の移民 IOM"),
        ("zh-TW", "移民政策"),
        ("sr-Latn", "Vesti dana"),
        ("sr", "Вести дана"),
        ("xx", "Ports"),
        ("hi", "प्रवास"),
    ],
)
def test_a_text_in_the_letters_of_the_site_is_in_its_language(site: str, text: str) -> None:
    assert marks(text, None, site=site, page=site).lang == ""


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (("افتتاح مركز", "يقدم المركز (IOM 2026) كل يوم."), "ar"),
        (("افتتاح مركز", ""), None),
        (("چرا مدینة", "يقدم المركز"), None),
        (("IOM", "يقدم المركز (IOM 2026) كل يوم."), None),
        (("移民政策", "毎週月曜日に開設。"), "ja"),
        (("Ports", "They open."), None),
        (("", ""), None),
    ],
)
def test_texts_that_belong_together_tell_their_language_together(
    texts: tuple[str, str], language: str | None
) -> None:
    assert language_of_all(texts, "en") == language


def test_what_a_source_says_is_believed_whatever_the_letters() -> None:
    assert marks("IOM 2026", "ar", site="en", page="en") == Marks("ar", "")
    assert marks(LAW, "ar-EG", site="en", page="en") == Marks("ar-EG", "rtl")
    assert marks("Puertos", "es", site="en", page="es-CR") == PLAIN


def test_a_feed_names_no_language_that_is_not_known() -> None:
    assert known_language(LAW, None, site="en", page="en") == ""
    assert known_language("שלום", None, site="en", page="en") == "he"
    assert known_language("Ports", None, site="en", page="es") == "en"


@pytest.mark.parametrize(
    ("tag", "direction"),
    [
        *(("ar", "rtl"), ("he-IL", "rtl"), ("fa", "rtl"), ("und-Arab", "rtl")),
        *((tag, "ltr") for tag in ("en", "und-Latn", "xx", "", "zh-Hant-TW")),
    ],
)
def test_a_language_has_the_direction_that_it_is_written_in(tag: str, direction: str) -> None:
    assert direction_of(tag) == direction
