"""Which language readers are told an item is in: rightly, or that it is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import MONDAY, item
from tidings.core.topics.languages import Languages
from tidings.model import Revision, Text

EN = Languages("en")


def spoken(languages: Languages, title: str, path: str = "seeds/a.txt") -> tuple[str, str]:
    text = Text(title)
    one = replace(item(text), history=(Revision(0, text, MONDAY, path),))
    tag, by = languages.spoken(one)
    return tag, by


@pytest.mark.parametrize(
    ("title", "tag"),
    [
        ("La OIT publica un informe sobre el trabajo forzoso", "es"),
        ("EL GOBIERNO ANUNCIA LA REFORMA DE LA LEY DEL TRABAJO", "es"),
        ("Le gouvernement annonce une réforme du droit du travail", "fr"),
        ("Neue Regeln für die Anwerbung von Arbeitskräften", "de"),
    ],
)
def test_words_tell_a_language_that_they_plainly_are_in(title: str, tag: str) -> None:
    assert spoken(EN, title) == (tag, "words")


@pytest.mark.parametrize(
    "title",
    [
        "El Salvador workers protest wage theft",
        "Migrant workers die in Qatar heat",
        "La Paz talks stall over Del Monte",
        "What workers have to do in Los Angeles",
        "New visa rules come into force",
        "Harvest season opens",
        "",
    ],
)
def test_names_and_words_that_english_shares_make_no_other_language(title: str) -> None:
    assert spoken(EN, title) == ("en", "site")


def test_what_is_plainly_not_the_sites_and_no_other_plainly_is_not_known() -> None:
    assert spoken(EN, "Con la de")[0] == "und"


def test_letters_that_several_languages_have_leave_it_unknown_but_for_the_letters() -> None:
    assert spoken(EN, "Новые правила найма") == ("und-Cyrl", "letters")
    assert spoken(EN, "תנאי העבודה בנמל") == ("he", "letters")


def test_a_source_is_believed_whatever_its_words_say_and_in_whatever_case_its_tag_is() -> None:
    languages = Languages("en", (("seeds/a*.txt", "ES-cr"), ("seeds/*.txt", "")))
    assert spoken(languages, "Harvest of the year") == ("es-CR", "source")
    assert spoken(languages, "Harvest of the year", "seeds/b.txt") == ("en", "site")


def test_a_source_of_several_languages_leaves_it_to_the_texts() -> None:
    languages = Languages("en", (("seeds/*.txt", "mul"),))
    assert spoken(languages, "La OIT publica un informe sobre el trabajo")[0] == "es"


def test_on_a_site_whose_words_are_not_known_words_of_others_tell_nothing() -> None:
    assert spoken(Languages("nl"), "De regels voor het werk en de mens in Den Haag")[0] == "nl"


def test_latin_letters_on_a_site_of_others_are_told_by_their_words_or_not_known() -> None:
    arabic = Languages("ar")
    assert spoken(arabic, "The rights of workers and their families")[0] == "en"
    assert spoken(arabic, "IOM")[0] == "und"


def test_the_region_of_a_text_is_known_of_its_source_alone() -> None:
    assert spoken(Languages("es-CR"), "Nuevas reglas para el trabajo")[0] == "es"
