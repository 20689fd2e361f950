"""Which items a feed holds: the newest, and every change of the latest runs, whatever its date."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import select
from tidings.core.feeds.model import Member


def member(age: int, run: int = 1) -> Member:
    """An item so many days old, last changed in that run."""
    return Member(f"item {age:03}", (float(age), f"item {age:03}"), run)


def chosen(members: list[Member], limit: int, maximum: int = 500, first_run: int = 1) -> list[int]:
    """The ages of the chosen items."""
    ids, _ = select(members, first_run=first_run, limit=limit, maximum=maximum)
    return [int(item_id.removeprefix("item ")) for item_id in ids]


def test_an_empty_topic_has_an_empty_feed() -> None:
    assert select([], first_run=1, limit=50, maximum=500) == ((), 0)


def test_the_newest_by_publication_come_first_whatever_order_they_are_given_in() -> None:
    assert chosen([member(age) for age in (3, 1, 4, 2, 5)], limit=3) == [1, 2, 3]


def test_a_change_to_an_old_item_is_in_the_feed() -> None:
    members = [*(member(age) for age in range(10)), member(99, run=2)]
    assert chosen(members, limit=3) == [0, 1, 2, 99]


def test_the_first_run_counts_as_no_change() -> None:
    members = [member(age, run=7) for age in range(10)]
    assert chosen(members, limit=3, first_run=7) == [0, 1, 2]


def test_what_changed_before_a_topic_existed_is_no_change_to_it() -> None:
    members = [member(0, run=9), member(1, run=9), member(50, run=3)]
    assert chosen(members, limit=1, first_run=9) == [0]


def test_changes_are_counted_back_run_by_run_until_the_limit_is_in() -> None:
    members = [
        *(member(age) for age in range(3)),
        member(90, run=5),
        member(80, run=4),
        member(81, run=4),
        member(70, run=3),
    ]
    assert chosen(members, limit=3) == [0, 1, 2, 80, 81, 90]


def test_a_run_is_never_cut() -> None:
    members = [*(member(age) for age in range(3)), *(member(age, run=2) for age in range(50, 60))]
    assert chosen(members, limit=3) == [0, 1, 2, *range(50, 60)]


def test_changes_that_are_among_the_newest_count_as_well() -> None:
    members = [member(0, run=3), member(1, run=3), member(2, run=3), member(50, run=2)]
    assert chosen(members, limit=3) == [0, 1, 2]


def test_the_maximum_is_kept_and_what_it_cuts_is_counted() -> None:
    members = [*(member(age) for age in range(3)), *(member(age, run=2) for age in range(50, 60))]
    found = select(members, first_run=1, limit=3, maximum=5)
    assert found == (tuple(f"item {age:03}" for age in (0, 1, 2, 50, 51)), 8)


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 6)), unique_by=lambda pair: pair[0]),
    st.integers(1, 8),
    st.integers(1, 4),
    st.randoms(),
)
def test_no_change_is_missed_and_nothing_else_is_held(
    pairs: list[tuple[int, int]], limit: int, first_run: int, random: Random
) -> None:
    members = [member(age, run) for age, run in pairs]
    found = select(members, first_run=first_run, limit=limit, maximum=500)
    ids, cut = found
    ordered = sorted(members, key=lambda each: each.order)
    newest = [each.item_id for each in ordered[:limit]]
    changed = [each for each in members if each.changed_run > first_run]
    # Somebody who polls after any of these runs finds everything up to `limit` changes back.
    expected = set(newest)
    for each in changed:
        later = sum(other.changed_run > each.changed_run for other in changed)
        if later < limit:
            expected.add(each.item_id)
    assert set(ids) == expected
    assert list(ids) == [each.item_id for each in ordered if each.item_id in expected]
    assert cut == 0
    random.shuffle(members)
    assert select(members, first_run=first_run, limit=limit, maximum=500) == found
