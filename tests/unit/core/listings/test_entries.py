"""From the roles of units to entries: titles, texts, addresses, categories, and what is amiss."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.core.listings.pages import page
from tidings.core.listings.candidates import (
    DATE,
    MORE,
    NEW_DATE,
    NEW_TITLE,
    OTHER,
    TEXT,
    TITLE,
    Candidate,
    Order,
    records,
)
from tidings.core.listings.entries import Page, entries, layout_of, left_over, roles_by_line
from tidings.model import Listing, Problem

SENTENCE = "The hub gives advice to people who look for work in another country free of charge."
OTHERS = "".join(f"{day} May 2021\nA hub opens in town {day}\n{SENTENCE}\n\n" for day in (8, 7, 6))
ENTRY = [NEW_DATE, TITLE, TEXT]


def reading(*roles: int, order: Order = "date-title-text") -> Candidate:
    return Candidate(order, roles, records(roles))


def read(
    text: str, *roles: int, category: str | None = None
) -> tuple[Page, tuple[Listing, ...], tuple[Problem, ...]]:
    """The entries and problems of a text whose units have these roles."""
    page_ = page(text)
    assert len(roles) == len(page_.units), [unit.text for unit in page_.units]
    return page_, *entries(page_, reading(*roles), category)


def only(text: str, *roles: int) -> Listing:
    _, (listing,), problems = read(text, *roles)
    assert problems == ()
    return listing


def test_an_entry_is_its_title_its_day_and_its_text() -> None:
    listing = only(f"9 May 2021\nA hub opens\n{SENTENCE}\n", *ENTRY)
    assert (listing.text.title, listing.text.date) == ("A hub opens", date(2021, 5, 9))
    assert listing.text.summary == SENTENCE
    assert (listing.ref.path, listing.ref.line) == ("seeds/a.txt", 2)


def test_a_title_on_two_rows_is_joined_and_so_is_a_text() -> None:
    text = f"9 May 2021\nA hub opens\nin the port\n{SENTENCE}\n{SENTENCE}\n"
    listing = only(text, NEW_DATE, TITLE, MORE, TEXT, TEXT)
    assert listing.text.title == "A hub opens in the port"
    assert listing.text.summary == f"{SENTENCE} {SENTENCE}"


def test_what_leads_to_the_full_text_is_its_address_and_no_part_of_it() -> None:
    text = f"9 May 2021\nA hub opens\n{SENTENCE} [Read more](https://example.org/a)\n"
    listing = only(text, *ENTRY)
    assert (listing.text.summary, listing.text.url) == (SENTENCE, "https://example.org/a")


@pytest.mark.parametrize("place", ["title", "below"])
def test_the_first_address_of_an_entry_is_its_address(place: str) -> None:
    title = "[A hub opens](https://example.org/a)" if place == "title" else "A hub opens"
    text = f"9 May 2021\n{title}\n{SENTENCE}\n[Details](https://example.org/a)\n"
    listing = only(text, *ENTRY, OTHER)
    assert (listing.text.title, listing.text.url) == ("A hub opens", "https://example.org/a")


def test_a_label_beside_the_date_is_the_category_and_a_name_is_none() -> None:
    text = f"9 May 2021 | Reports\nA hub opens\n{SENTENCE}\n"
    assert only(text, NEW_DATE, OTHER, TITLE, TEXT).text.category == "Reports"
    text = f"9 May 2021 | By Ana Mora\nA hub opens\n{SENTENCE}\n"
    assert only(text, NEW_DATE, OTHER, TITLE, TEXT).text.category is None


def test_a_category_that_is_given_is_that_of_entries_that_name_none() -> None:
    text = f"9 May 2021 | Reports\nA hub opens\n{SENTENCE}\n{OTHERS}"
    _, found, _ = read(text, NEW_DATE, OTHER, TITLE, TEXT, *ENTRY * 3, category="news")
    assert [one.text.category for one in found] == ["Reports", "news", "news", "news"]


def test_a_date_that_is_none_costs_its_entry_alone() -> None:
    page_, found, problems = read(
        f"31 February 2022\nA hub opens\n{SENTENCE}\n{OTHERS}", *ENTRY * 4
    )
    assert len(found) == 3
    (problem,) = problems
    assert (problem.path, problem.line, problem.column) == (page_.path, 1, 1)
    assert "no such day" in problem.message


@pytest.mark.parametrize("title", ["x" * 600, "# [](a.png)", "***"])
def test_a_title_of_endless_length_or_without_words_costs_its_entry_alone(title: str) -> None:
    _, found, problems = read(f"9 May 2021\n{title}\n{SENTENCE}\n{OTHERS}", *ENTRY * 4)
    assert (len(found), [problem.line for problem in problems]) == (3, [2])
    assert all(problem.hint for problem in problems)


def test_a_mark_of_time_that_names_no_day_makes_an_undated_entry_and_is_said() -> None:
    _, found, problems = read(f"yesterday\nA hub opens\n{SENTENCE}\n{OTHERS}", *ENTRY * 4)
    assert [one.text.date for one in found][:2] == [None, date(2021, 5, 8)]
    assert [problem.line for problem in problems] == [1]
    assert "without a date" in problems[0].message


def test_a_sentence_in_place_of_a_title_costs_its_entry_alone() -> None:
    roles = [NEW_DATE, TITLE, *ENTRY * 3]
    _, found, problems = read(f"9 May 2021\n{SENTENCE}\n\n{OTHERS}", *roles)
    assert (len(found), [problem.line for problem in problems]) == (3, [1])
    assert "no title" in problems[0].message


def test_where_titles_are_sentences_they_are_titles() -> None:
    text = "".join(f"{day} May 2021\n{SENTENCE}\n\n" for day in (9, 8, 7, 6))
    _, found, problems = read(text, *[NEW_DATE, TITLE] * 4)
    assert (len(found), problems) == (4, ())


def test_a_date_that_no_entry_has_ends_the_text_above_and_is_said() -> None:
    text = f"{OTHERS}5 May 2021\n{SENTENCE}\n"
    _, found, problems = read(text, *ENTRY * 3, TEXT, TEXT)
    assert [one.text.summary for one in found] == [SENTENCE] * 3
    assert [problem.line for problem in problems] == [13]


def test_a_date_with_which_a_sentence_goes_on_ends_nothing() -> None:
    text = f"{OTHERS.rstrip()[:-1]} since\n5 May 2020\nand longer\n"
    _, found, problems = read(text, *ENTRY * 3, TEXT, TEXT)
    assert problems == ()
    assert found[-1].text.summary.endswith("since 5 May 2020 and longer")


def test_running_text_that_belongs_to_no_entry_is_named_once() -> None:
    page_ = page(f"{SENTENCE}\n\n{SENTENCE}\n\nNews\n\n{OTHERS}")
    (problem,) = left_over(page_, reading(OTHER, OTHER, OTHER, *ENTRY * 3))
    assert problem.line == 1
    assert "1 more line" in problem.message


def test_every_line_has_a_role() -> None:
    page_ = page(f"News\n\n9 May 2021 | Reports\nA hub opens\n{SENTENCE}\nRead more\n")
    found = reading(OTHER, NEW_DATE, OTHER, TITLE, TEXT, OTHER)
    assert dict(roles_by_line(page_, found)) == {
        1: "ignored", 3: "date + category", 4: "title", 5: "summary", 6: "ignored"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "roles", "order", "layout"),
    [
        ("9 May 2021\nA hub\nIt is.", (NEW_DATE, TITLE, TEXT), "date-title-text", "dated-before"),
        ("A hub\n9 May 2021\nIt is.", (NEW_TITLE, DATE, TEXT), "title-date-text", "dated-after"),
        ("A hub\nIt is.\n9 May 2021", (NEW_TITLE, TEXT, DATE), "title-text-date", "dated-last"),
        ("9 May 2021: Hub\nIt is.", (NEW_DATE, TITLE, TEXT), "date-title-text", "date-and-title"),
        ("Hub (9 May 2021)\nIt is.", (NEW_TITLE, DATE, TEXT), "title-date-text", "title-and-date"),
        ("A hub\n9 May 2021 - It is.", (NEW_TITLE, DATE, TEXT), "title-date-text",
         "title-and-dated-text"),
        ("A hub\nIt is.", (NEW_TITLE, TEXT), "title-text", "undated"),
    ],
)  # fmt: skip
def test_a_layout_is_where_the_dates_stand(
    text: str, roles: tuple[int, ...], order: Order, layout: str
) -> None:
    assert layout_of(page(text), reading(*roles, order=order)) == layout
