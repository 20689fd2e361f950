"""Roles that make entries: the most probable ones that the grammar allows."""

from __future__ import annotations

from itertools import product
from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
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
    Order,
    Record,
    decode,
    records,
)

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
