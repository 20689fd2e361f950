"""The readings that are proposed, by made-up probabilities: few, different, and completed."""

from __future__ import annotations

from math import inf, log

from tests.unit.core.listings.pages import page
from tidings.core.listings.candidates import (
    DATE,
    MORE,
    NEW_DATE,
    NEW_TITLE,
    OTHER,
    ROLES,
    TEXT,
    TITLE,
    Candidate,
    Given,
    candidates,
)
from tidings.core.listings.entries import Page, title_of

TITLES = ("A hub opens", "A study of wages", "New rules for agencies", "Rest days for crews")
SENTENCE = "It is told at some length here, and the end of it comes with a full stop."
LIKELY = 0.9
LISTING = "".join(f"{9 - at} May 2021\n{title}\n{SENTENCE}\n\n" for at, title in enumerate(TITLES))


def probable(roles: list[int], page_: Page) -> list[list[float]]:
    """The logarithms of probabilities of which each unit's role has most; a text is no date."""
    table = []
    for role, unit in zip(roles, page_.units, strict=True):
        rest = (1 - LIKELY) / (len(ROLES) - 1)
        row = [log(LIKELY if each == role else rest) for each in range(len(ROLES))]
        for banned in (DATE, NEW_DATE) if unit.kind == "text" else (TITLE, NEW_TITLE):
            row[banned] = -inf
        table.append(row)
    return table


def told(page_: Page, found: Candidate) -> list[tuple[str, str | None, int]]:
    """Title, date and number of parts of the text of each entry."""
    return [
        (
            title_of(page_, record),
            None if record.date is None else page_.units[record.date].text,
            len(record.text),
        )
        for record in found.records
    ]


def entries(count: int = 4) -> list[tuple[str, str | None, int]]:
    return [(title, f"{9 - at} May 2021", 1) for at, title in enumerate(TITLES[:count])]


def test_what_is_probable_is_among_the_readings() -> None:
    page_ = page(LISTING)
    found = candidates(page_.known, probable([NEW_DATE, TITLE, TEXT] * 4, page_))
    assert entries() in [told(page_, each) for each in found]


def test_readings_that_say_the_same_are_one() -> None:
    page_ = page(LISTING)
    found = candidates(page_.known, probable([NEW_DATE, TITLE, TEXT] * 4, page_))
    said = [tuple((record.title, record.date) for record in each.records) for each in found]
    assert len(said) == len(set(said)) > 1


def test_titles_that_the_probabilities_miss_are_proposed_by_their_place() -> None:
    page_ = page(LISTING)
    found = candidates(page_.known, probable([NEW_DATE, OTHER, TITLE] * 4, page_))
    titles = [[title for title, *_ in told(page_, each)] for each in found]
    assert list(TITLES) in titles


def test_every_order_is_tried_under_each_set_of_titles() -> None:
    # That dates come last is wrong, but likely by each unit alone.
    page_ = page(LISTING)
    found = candidates(page_.known, probable([DATE, NEW_TITLE, TEXT] * 4, page_))
    assert entries() in [told(page_, each) for each in found]


def test_the_rest_of_a_sentence_around_a_date_is_text() -> None:
    text = LISTING.replace(f"{SENTENCE}\n\n", f"{SENTENCE}\nit was held\non 2 May 2020\n\n", 1)
    page_ = page(text)
    roles = [NEW_DATE, TITLE, TEXT, TEXT, OTHER, TEXT, *[NEW_DATE, TITLE, TEXT] * 3]
    assert [unit.text for unit in page_.units[4:6]] == ["on", "2 May 2020"]
    best = candidates(page_.known, probable(roles, page_))[0]
    assert told(page_, best)[0] == (*entries()[0][:2], 4)


def test_a_sentence_below_a_title_is_its_text_where_other_titles_have_one() -> None:
    page_ = page(LISTING)
    roles = [NEW_DATE, TITLE, TEXT] * 3 + [NEW_DATE, TITLE, OTHER]
    assert told(page_, candidates(page_.known, probable(roles, page_))[0]) == entries()


def test_a_sentence_without_a_date_is_the_text_of_the_entry_above_where_all_have_dates() -> None:
    many = LISTING * 3
    page_ = page(many)
    roles = [NEW_DATE, TITLE, TEXT] * 11 + [NEW_DATE, TITLE, NEW_TITLE]
    assert told(page_, candidates(page_.known, probable(roles, page_))[0]) == entries() * 3


def test_a_given_entry_comes_first_or_below_others() -> None:
    page_ = page(LISTING)
    table = probable([NEW_DATE, TITLE, TEXT] * 4, page_)
    given = Given(title=(4,), date=3)
    said = [told(page_, each) for each in candidates(page_.known, table, [given])]
    assert entries()[1:] in said
    assert entries() in said


def test_a_title_over_two_rows_goes_on() -> None:
    page_ = page("9 May 2021\nA hub opens\nin the port\nIt opens at last.\n")
    found = candidates(page_.known, probable([NEW_DATE, TITLE, MORE, TEXT], page_))
    assert told(page_, found[0]) == [("A hub opens in the port", "9 May 2021", 1)]


def test_nothing_is_proposed_where_nothing_is() -> None:
    page_ = page("* * *")
    assert candidates(page_.known, probable([OTHER], page_))[:0] == ()
