"""Tags of languages are compared by what both of them say."""

from __future__ import annotations

import pytest

from tidings.core.tags import among, canonical, covers, may_be, own_name, reading_of, readings_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("es", "es-CR"),
        ("pt", "pt-BR"),
        ("ES-cr", "es-CR"),
        ("es-419", "es-CR"),
        ("zh", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("zh-hant-hk", "zh-HK"),
        ("iw", "he"),
        ("sr-Latn", "sr"),
        ("und", "es"),
        ("und-Cyrl", "ru"),
        ("und-Hani", "ja"),
        ("und-Hani", "zh-Hant"),
        ("und", "und-Cyrl"),
    ],
)
def test_a_text_can_be_in_both_where_nothing_that_they_say_differs(one: str, other: str) -> None:
    assert may_be(one, other)
    assert may_be(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("es", "en"),
        ("es", "est"),
        ("es-CR", "es-MX"),
        ("es-419", "es-ES"),
        ("pt-BR", "pt-PT"),
        ("zh-TW", "zh-Hans"),
        ("zh-Hans", "zh-Hant"),
        ("sr-Latn", "sr-Cyrl"),
        ("und-Cyrl", "es"),
        ("und-Arab", "he"),
    ],
)
def test_a_text_is_not_in_both_where_they_say_different_things(one: str, other: str) -> None:
    assert not may_be(one, other)
    assert not may_be(other, one)


def test_tags_are_written_as_is_usual() -> None:
    tags = ["ES", "es-cr", "ZH-hant-tw", "iw", "pt-br", "es-419"]
    assert [*map(canonical, tags)] == ["es", "es-CR", "zh-Hant-TW", "he", "pt-BR", "es-419"]


def test_regions_are_read_together_and_scripts_apart() -> None:
    tags = ("es-CR", "es", "und-Cyrl", "zh-TW", "zh-CN", "zh-Hant", "mul", "sr-Latn", "sr-RS", "")
    assert readings_of(tags) == ("es", "zh-Hant", "zh", "sr-Latn", "sr")
    assert reading_of("PT-br") == "pt"


def test_all_texts_of_a_region_are_in_the_language_and_not_the_reverse() -> None:
    assert covers("es", "es-CR")
    assert not covers("es-CR", "es")


def test_who_wants_no_language_in_particular_wants_all() -> None:
    assert among("fr", None)
    assert not among("fr", ())
    assert not among("fr", ("es", "en"))


def test_a_language_is_called_as_its_readers_call_it_or_by_its_tag() -> None:
    assert own_name("es") == "español"
    assert own_name("zh-Hant") == "中文 (繁體)"
    assert own_name("qaa") == "qaa"
