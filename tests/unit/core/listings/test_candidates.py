"""Roles that make entries: the most probable ones that the grammar allows."""

from __future__ import annotations

from itertools import product
from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tests.unit.core.listings.pages import page
from tidings.core.listings.candidates import (
    DATE,
    MORE,
    NEW_DATE,
    NEW_TITLE,
    ORDERS,
    OTHER,
    ROLES,
    TEXT,
    TITLE,
    Candidate,
    Given,
    Order,
    Record,
    candidates,
    decode,
    records,
)
from tidings.core.listings.entries import Page, title_of

SURE, HARDLY = log(0.94), log(0.01)


def logs(*likely: int) -> list[list[float]]:
    """The probabilities of units each of which has most likely that role."""
    return [[SURE if role == each else HARDLY for role in range(len(ROLES))] for each in likely]


@pytest.mark.parametrize(
    ("order", "roles"),
    [
        ("date-title-text", (NEW_DATE, TITLE, TEXT, NEW_DATE, TITLE, MORE, TEXT, TEXT)),
        ("title-date-text", (NEW_TITLE, DATE, TEXT, NEW_TITLE, MORE, DATE, TEXT)),
        ("title-text-date", (NEW_TITLE, TEXT, DATE, NEW_TITLE, MORE, TEXT, TEXT, DATE)),
        ("title-text", (NEW_TITLE, TEXT, TEXT, NEW_TITLE, MORE, TEXT)),
    ],
)
def test_roles_that_follow_the_order_are_kept(order: Order, roles: tuple[int, ...]) -> None:
    assert decode(logs(OTHER, *roles, OTHER), order) == (OTHER, *roles, OTHER)


def test_a_text_before_any_entry_belongs_to_none() -> None:
    assert decode(logs(TEXT, NEW_TITLE, TEXT), "title-text") == (OTHER, NEW_TITLE, TEXT)


def test_an_entry_may_lack_its_date_or_its_title() -> None:
    roles = (NEW_DATE, TITLE, TEXT, NEW_TITLE, TEXT, NEW_DATE, TEXT)
    assert decode(logs(*roles), "date-title-text") == roles


def test_a_role_that_a_unit_cannot_have_is_never_given() -> None:
    table = logs(NEW_DATE, TITLE)
    table[0][NEW_DATE] = table[0][DATE] = -inf
    for order in ORDERS:
        assert decode(table, order)[0] not in (DATE, NEW_DATE)


def test_roles_make_records() -> None:
    roles = (OTHER, NEW_DATE, TITLE, MORE, OTHER, TEXT, TEXT, NEW_DATE, TITLE, OTHER)
    assert records(roles) == (Record((2, 3), 1, (5, 6)), Record((8,), 7, ()))
    assert [record.span for record in records(roles)] == [(1, 6), (7, 8)]
    assert records(roles)[0].units == (1, 2, 3, 5, 6)
    assert records((OTHER, OTHER)) == ()


def test_no_units_are_no_roles() -> None:
    assert [decode([], order) for order in ORDERS] == [()] * len(ORDERS)


probabilities = st.lists(
    st.lists(st.floats(0.01, 1.0), min_size=len(ROLES), max_size=len(ROLES)), max_size=12
)


@sampled(40, 400)
@given(probabilities, st.sampled_from(ORDERS))
def test_whatever_is_probable_the_parts_of_each_entry_stand_in_its_order(
    plain: list[list[float]], order: Order
) -> None:
    roles = decode([[log(value) for value in unit] for unit in plain], order)
    assert len(roles) == len(plain)
    parts = order.split("-")
    for record in records(roles):
        at = {"title": record.title, "text": record.text,
              "date": () if record.date is None else (record.date,)}  # fmt: skip
        places = [place for part in parts for place in at[part]]
        assert places == sorted(places)
        assert record.title or record.date is not None
        assert "date" in parts or record.date is None


@sampled(10, 100)
@given(probabilities.filter(lambda units: 0 < len(units) < 5))
def test_no_other_roles_of_the_same_entries_are_more_probable(plain: list[list[float]]) -> None:
    table = [[log(value) for value in unit] for unit in plain]

    def likely(roles: tuple[int, ...]) -> float:
        return sum(unit[role] for unit, role in zip(table, roles, strict=True))

    best = decode(table, "title-text")
    for roles in product((OTHER, MORE, TEXT, NEW_TITLE), repeat=len(plain)):
        if decode([_only(role) for role in roles], "title-text") == roles and all(
            record.title for record in records(roles)
        ):
            assert likely(roles) <= likely(best) + 1e-9 or not records(best)


def _only(role: int) -> list[float]:
    return [0.0 if each == role else -inf for each in range(len(ROLES))]


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
