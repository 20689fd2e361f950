"""What touches the first or the last word of a title is part of it; what stands apart is not."""

from __future__ import annotations

import pytest

from tidings.core.listings import Hints, parse

TITLES = (
    "Hub opens in San José",
    "Fair recruitment works",
    "Employers trained in Mexico",
    "New rules for agencies",
    "Pilots meet the minister",
)
TEXT = "The hub gives advice to people who look for work in another country, free of charge."
DAYS = ("12 May 2021", "10 May 2021", "3 April 2021", "1 April 2021", "9 March 2021")


def read(first: str) -> str:
    """The first title of a listing in which it is written so."""
    written = (first, *TITLES[1:])
    blocks = [f"{day}\n{title}\n{TEXT}\n\n" for day, title in zip(DAYS, written, strict=True)]
    reading = parse("".join(blocks), "seeds/a.txt", hints=Hints(threshold=0.0))
    assert [item.text.title for item in reading.listings][1:] == [*TITLES[1:]]
    return reading.listings[0].text.title


@pytest.mark.parametrize(
    "title",
    [
        "The singer is now «the Silver Voice»",
        "«The Silver Voice» is a singer",
        "#TBT: find the seven mistakes",
        "Icelandair opens its 13th destination:",
        "The hub opens (again)",
        "The hub opens [again]",
    ],
)
def test_signs_that_touch_the_words_of_a_title_are_kept(title: str) -> None:
    assert read(title) == title


@pytest.mark.xfail(reason="the second line of one title alone is taken for a text", strict=False)
def test_a_title_that_is_wrapped_at_a_comma_keeps_it() -> None:
    assert read("A bill on fisheries at sea,\nincluding the management") == (
        "A bill on fisheries at sea, including the management"
    )


@pytest.mark.parametrize(
    "written", ["Hub opens in San José »", "Hub opens in San José |", "# Hub opens in San José #"]
)
def test_signs_that_stand_apart_from_a_title_are_none_of_it(written: str) -> None:
    assert read(written) == TITLES[0]
