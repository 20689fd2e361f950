"""Which language to speak to whom."""

from __future__ import annotations

import pytest

from tidings.core.languages import first_spoken, preferred, words_for

KNOWN = ("en", "es", "fr", "pt-BR")


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("es", "es"),
        ("es-CR", "es"),
        ("ES-cr", "es"),
        ("pt-br", "pt-BR"),
        ("pt", None),
        ("xx", None),
    ],
)
def test_a_region_is_spoken_to_in_the_words_of_its_language(tag: str, words: str | None) -> None:
    assert words_for(tag, KNOWN) == words


def test_the_first_language_with_words_is_spoken_as_it_was_wanted() -> None:
    assert first_spoken((None, "xx", "es-CR", "fr"), KNOWN) == "es-CR"
    assert first_spoken((None, "xx"), KNOWN) == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es-CR,es;q=0.9,en;q=0.8", "es"),
        ("de, fr;q=0.5, es;q=0.7", "es"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("*", None),
        ("", None),
        ("de;q=x, ;;, fr", "fr"),
        ("fr;q=0.000", None),
    ],
)
def test_a_browser_gets_what_it_likes_best_of_what_there_is(
    header: str, language: str | None
) -> None:
    assert preferred(header, KNOWN) == language
