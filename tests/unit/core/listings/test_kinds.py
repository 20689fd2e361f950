"""Kinds of listings that people paste, each with what must come of it."""

from __future__ import annotations

from datetime import date
from textwrap import fill

import pytest

from tidings.core.listings import Hints, Reading, parse

TITLES = ("A hub opens in San José", "How fair recruitment works", "Employers trained in Mexico")
TEXTS = (
    "The hub gives advice to people who look for work in another country, free of charge.",
    "A study of three countries shows what agencies may charge and what they do charge.",
    "More than fifty companies took part in the two webinars that were held in the spring.",
)
DAYS = ("12 May 2021", "10 May 2021", "3 April 2021")


def rendered(form: str) -> Reading:
    blocks = [
        form.format(day=day, title=title, text=text)
        for day, title, text in zip(DAYS * 2, (*TITLES, *reversed(TITLES)), TEXTS * 2, strict=True)
    ]
    return parse("\n".join(blocks), "seeds/a.txt")


@pytest.mark.parametrize(
    ("form", "layout"),
    [
        ("{day}\n{title}\n{text}\n\n", "dated-before"),
        ("{title}\n{day}\n{text}\n\n", "dated-after"),
        ("{title}\n{text}\n{day}\n\n", "dated-last"),
        ("{day} - {title}\n{text}\n\n", "date-and-title"),
        ("{title} ({day})\n{text}\n\n", "title-and-date"),
        ("### {title}\n\n_{day}_ -- {text}\n", "title-and-dated-text"),
        ("{day} | News\n{title}\n{text}\n\n", "dated-before"),
        ("Press release {day}\n{title}\n{text}\n\n", "dated-before"),
        ("{day}\nNews\n{title}\n{text}\n\n", "dated-before"),
        ("{title}\nBy Ana Mora on {day}\n{text}\nRead more »\n\n", "dated-after"),
        ("{title}\n\nPublished: {day}\n\n{text}\n\n[Read more](a.html)\n\n", "dated-after"),
        ("────────\n{day}\n## {title}\n{text}\n12 comments\n", "dated-before"),
    ],
)
def test_each_kind_is_read_by_its_layout(form: str, layout: str) -> None:
    reading = rendered(form)
    assert reading.layout == layout
    assert [item.text.title for item in reading.listings] == [*TITLES, *reversed(TITLES)]
    assert [item.text.summary for item in reading.listings] == [*TEXTS, *TEXTS]
    assert reading.listings[0].text.date == date(2021, 5, 12)
    assert reading.problems == ()


def test_a_rubric_beside_the_date_becomes_the_category() -> None:
    reading = rendered("{day} | News\n{title}\n{text}\n\n")
    assert {item.text.category for item in reading.listings} == {"News"}


def test_the_link_to_the_full_text_becomes_the_address() -> None:
    reading = rendered("{day}\n{title}\n{text}\n[Read more](https://example.org/a)\n\n")
    assert {item.text.url for item in reading.listings} == {"https://example.org/a"}


def test_capitals_in_front_of_every_title_are_its_category() -> None:
    reading = rendered("NEWS {title} 25/05/2021\n")
    assert {item.text.category for item in reading.listings} == {"NEWS"}
    assert [item.text.title for item in reading.listings][:3] == list(TITLES)


def test_headings_of_months_and_years_belong_to_no_entry() -> None:
    text = (
        "2021\n\nMay\n\n12 May 2021\nA hub opens in town\n\n10 May 2021\nA hub closes in town\n\n"
    )
    text += "April\n\n3 April 2021\nEmployers trained in Mexico\n"
    reading = parse(text, "a.txt")
    assert [item.text.summary for item in reading.listings] == ["", "", ""]
    assert reading.problems == ()


def test_a_wrapped_list_is_joined_at_its_marks() -> None:
    titles = [
        "The city asks for comments as planners begin a study of the northern market",
        "The department invites everybody to look at twelve of the new projects",
        "The plan of the mayor for small firms in the city is approved by the council",
    ]
    items = [f"* Dec {30 - n}, 2020 - {title}" for n, title in enumerate(titles)]
    text = "\n".join(
        fill(item, 70, initial_indent="   ", subsequent_indent="     ") for item in items
    )
    assert [item.text.title for item in parse(text, "a.txt").listings] == titles


def test_a_threshold_above_the_confidence_quarantines_with_the_best_guess() -> None:
    text = "".join(f"{day}\n{title}\n" for day, title in zip(DAYS, TITLES, strict=True))
    reading = parse(text, "a.txt", hints=Hints(threshold=1.0))
    assert (reading.listings, reading.confidence) == ((), 0.0)
    assert [item.text.title for item in reading.guess] == list(TITLES)
    assert "dated-before" in reading.problems[0].message


def test_a_layout_that_is_given_is_the_only_one_tried() -> None:
    text = "".join(
        f"{title}\n{day}\n" for day, title in zip(DAYS * 2, (*TITLES, *TITLES), strict=True)
    )
    assert parse(text, "a.txt").layout == "dated-after"
    given = parse(text, "a.txt", hints=Hints(layout="date-and-title"))
    assert given.listings == ()
    assert "date-and-title" in given.problems[0].message


@pytest.mark.parametrize("hints", [Hints(), Hints(languages=("fi",)), Hints(language="fi")])
def test_months_are_known_whether_or_not_a_source_names_their_language(hints: Hints) -> None:
    text = "".join(
        f"{day}. helmikuuta 2022\n{title}\n" for day, title in zip((3, 2, 1), TITLES, strict=True)
    )
    reading = parse(text, "a.txt", hints=hints)
    assert [item.text.date for item in reading.listings] == [
        date(2022, 2, 3),
        date(2022, 2, 2),
        date(2022, 2, 1),
    ]


def test_every_line_has_a_role_or_none() -> None:
    reading = parse("News\n\n12 May 2021\nA hub opens\n" + TEXTS[0] + "\n\n3 May 2021\nB hub", "a")
    assert dict(reading.roles) == {
        1: "ignored", 3: "date", 4: "title", 5: "summary", 7: "date", 8: "title"
    }  # fmt: skip
