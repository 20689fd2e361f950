from __future__ import annotations

import pytest

from tidings.core.listings.languages import is_english

ENGLISH = "The Government of Guyana, through the Ministry of Labour, has committed to the hubs"
SPANISH = (
    "El Gobierno de la República y la Organización de los Estados se unen en la campaña de las"
)
RUSSIAN = "В городе прошла встреча представителей общественных организаций"


@pytest.mark.parametrize(
    ("tag", "expected"), [("en", True), ("en-GB", True), ("EN_US", True), ("es-CR", False)]
)
def test_a_language_that_is_given_is_believed(tag: str, expected: bool) -> None:
    assert is_english([SPANISH if expected else ENGLISH], tag) is expected


def test_without_one_the_commonest_words_tell() -> None:
    assert is_english([ENGLISH] * 3, None)
    assert not is_english([SPANISH] * 3, None)


def test_another_script_is_another_language() -> None:
    assert not is_english([RUSSIAN], None)


def test_too_few_words_count_as_english() -> None:
    assert is_english([], None)
    assert is_english(["Pensalo 2 veces"], None)
