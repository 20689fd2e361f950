"""In which language a piece of news is, by its source, its words, or the site."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import MONDAY, item
from tidings.core.topics.languages import Languages, language_of
from tidings.model import SeedRef, SourceEntry, Text

SENTENCES = {
    "en": "Workers return to the coast for the harvest",
    "es": "Los trabajadores vuelven a la costa para la cosecha",
    "fr": "Les travailleurs reviennent sur la côte pour la récolte",
    "pt": "Os trabalhadores voltam à costa para a colheita",
    "it": "I lavoratori tornano sulla costa per il raccolto",
    "de": "Die Arbeiter kommen zur Ernte an die Küste zurück",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
@pytest.mark.parametrize("usual", ["en", "de"])
def test_words_say_the_language(language: str, text: str, usual: str) -> None:
    assert language_of(text, usual) == language


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Trabajadores agrícolas", "es"),
        ("Travailleurs migrants", "fr"),
        ("Lavoratori stranieri", "it"),
        ("Ausländische Arbeiterinnen", "de"),
        ("Nuevas ventanillas informativas en Honduras", "es"),
        ("México y Guatemala firman un acuerdo", "es"),
        ("Fair hiring", "en"),
    ],
)
def test_a_title_without_small_words_says_it_by_its_endings(title: str, language: str) -> None:
    assert language_of(title, "en") == language


@pytest.mark.parametrize("text", ["", "Lima", "2026", "IOM", "移民労働者", "мигрант", "…"])
def test_what_says_nothing_is_in_the_language_of_the_site(text: str) -> None:
    assert language_of(text, "fr") == "fr"


def carried_by(*paths: str) -> tuple[SourceEntry, ...]:
    return tuple(SourceEntry(SeedRef(path, 1), Text("a"), "i", MONDAY, 0) for path in paths)


@pytest.mark.parametrize(
    ("paths", "language"),
    [
        (["seeds/mx/a.txt"], "es"),
        (["seeds/de/a.txt"], "de"),
        (["seeds/b.txt"], "en"),
        ([], "en"),
        (["seeds/b.txt", "seeds/de/a.txt", "seeds/mx/a.txt"], "de"),
    ],
)
def test_what_its_source_says_comes_first(paths: list[str], language: str) -> None:
    given = (("seeds/mx/*", "es-MX"), ("seeds/de/*", "de"), ("seeds/*", ""))
    text = Text(SENTENCES["en"])
    found = replace(item(text), sources=carried_by(*paths))
    assert Languages("fr", given).of(found) == language


def test_the_languages_in_use_are_those_of_the_site_and_its_sources() -> None:
    assert Languages("es-CR").in_use == ("es",)
    assert Languages("es", (("a", "fr"), ("b", ""), ("c", "es-MX"))).in_use == ("es", "fr")
