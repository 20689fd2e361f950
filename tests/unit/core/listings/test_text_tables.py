"""Tables that were pasted as text: parted by tabs, in markdown, or with names before the values."""

from __future__ import annotations

from datetime import date

import pytest

from tidings.core.listings import Hints, parse
from tidings.core.listings.reading import Reading

Entry = tuple[date | None, str, str, str | None]
DAYS = (date(2026, 11, 20), date(2026, 11, 18))


def read(reading: Reading) -> list[Entry]:
    return [(o.text.date, o.text.title, o.text.summary, o.text.category) for o in reading.listings]


BOTH = [
    (DAYS[0], "A hub opens", "It gives advice.", None),
    (DAYS[1], "Ministers sign", "Done.", None),
]


@pytest.mark.parametrize(
    "text",
    [
        (
            "Date\tTitle\tSummary\n2026-11-20\tA hub opens\tIt gives advice.\n"
            "2026-11-18\tMinisters sign\tDone.\n"
        ),
        (
            "Título\tFecha\tResumen\nA hub opens\t20/11/2026\tIt gives advice.\n"
            'Ministers sign\t18/11/2026\t"Done."\n'
        ),
        (
            "| Date | Title | Summary |\n|------|:-----:|---|\n"
            "| 2026-11-20 | A hub opens | It gives advice. |\n"
            "| 2026-11-18 | Ministers sign | Done. |\n"
        ),
        (
            "Date: 2026-11-20\nTitle: A hub opens\nSummary: It gives advice.\n\n"
            "Date: 2026-11-18\nTitle: Ministers sign\nSummary: Done.\n"
        ),
        (
            "Title: A hub opens\nSummary: It gives\nadvice.\nDate: 2026-11-20\n"
            "Title: Ministers sign\nSummary: Done.\nDate: 2026-11-18\n"
        ),
        (
            "**Fecha:** 20/11/2026\n**Título:** A hub opens\n\nIt gives advice.\n\n"
            "**Fecha:** 18/11/2026\n**Título:** Ministers sign\n\nDone.\n"
        ),
        (
            "Dear all,\n\n> Title: A hub opens\n> Date: 2026-11-20\n"
            "> Summary: It gives advice.\n>\n"
            "> Title: Ministers sign\n> Date: 2026-11-18\n> Summary: Done.\n\nBest regards,\nAna\n"
        ),
    ],
)
def test_a_table_in_a_text_is_read_by_its_names(text: str) -> None:
    reading = parse(text, "a.txt")
    assert read(reading) == BOTH
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20\tA hub\n2026-11-18\tA pact\n", [("A hub", ""), ("A pact", "")]),
        ("A hub\tIt gives advice\t2026-11-20\nA pact\tIt is signed\t2026-11-18\n",
         [("A hub", "It gives advice"), ("A pact", "It is signed")]),
        ("2026-11-20\tA hub\thttps://e.org/1\n2026-11-18\tA pact\thttps://e.org/2\n",
         [("A hub", ""), ("A pact", "")]),
    ],
)  # fmt: skip
def test_a_table_without_names_is_read_where_it_is_plain_what_is_what(
    text: str, expected: list[tuple[str, str]]
) -> None:
    found = read(parse(text, "a.txt"))
    assert [(title, summary) for _, title, summary, _ in found] == expected
    assert [day for day, *_ in found] == list(DAYS)


def test_a_row_without_a_name_that_others_have_is_undated_and_takes_no_date_of_the_next() -> None:
    text = (
        "Date: 2026-11-20\nTitle: A\nSummary: a\n\nTitle: B\nSummary: b\n\n"
        "Date: 2026-11-18\nTitle: C\nSummary: c\n"
    )
    assert [(day, title) for day, title, *_ in read(parse(text, "a.txt"))] == [
        (DAYS[0], "A"), (None, "B"), (DAYS[1], "C"),
    ]  # fmt: skip


def test_a_bad_row_of_a_pasted_table_is_named_and_the_rest_is_read() -> None:
    text = "Date\tTitle\n2026-11-20\tA\n2026-11-19\tB\tx\n2026-11-18\tC\n"
    reading = parse(text, "a.txt")
    assert [title for _, title, *_ in read(reading)] == ["A", "C"]
    assert [problem.line for problem in reading.problems] == [3]


def test_columns_that_are_given_count_in_a_pasted_table() -> None:
    hints = Hints(columns={"title": "What", "date": "When"})
    reading = parse("When\tWhat\n2026-11-20\tA\n2026-11-18\tB\n", "a.txt", hints=hints)
    assert [(day, title) for day, title, *_ in read(reading)] == [(DAYS[0], "A"), (DAYS[1], "B")]


def test_a_text_with_a_colon_and_a_tab_is_no_table() -> None:
    text = (
        "2026-11-20\nSummary: the year in figures\nWe look\tback at it, and ahead to the next.\n\n"
        "2026-11-18\nMinisters sign a labour accord\nBoth countries agreed on fair rules.\n\n"
        "2026-11-15\nReport on recruitment published\nIt covers twelve sectors of the economy.\n"
    )
    titles = [title for _, title, *_ in read(parse(text, "a.txt"))]
    assert titles == [] or titles[0] == "Summary: the year in figures"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_fields_that_mails_have_too_are_those_of_entries_where_titles_are_named(
    number: int,
) -> None:
    text = "\n".join(
        f"From: The ministry\nDate: 2026-11-{20 - at}\nTitle: News {at}\nSummary: It is {at}.\n"
        for at in range(number)
    )
    found = [(day, title) for day, title, *_ in read(parse(text, "a.txt"))]
    assert found == [(date(2026, 11, 20 - at), f"News {at}") for at in range(number)]
