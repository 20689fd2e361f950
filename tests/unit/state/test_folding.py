"""Two keys that are one mailbox become one person, whatever either of them did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders import MONDAY
from tests.builders import digest as a_digest
from tests.desk import Desk, open_desk, staff
from tests.older_states import back_to
from tidings.model import Choice, RecipientState
from tidings.state import Store, open_store
from tidings.state.folding import fold_addresses

ASCII, OTHER = "ana@xn--bcher-kva.example", "ana@bücher.example"
ACTIVE, PAUSED, LEFT = RecipientState.ACTIVE, RecipientState.PAUSED, RecipientState.LEFT
BOUNCED = RecipientState.BOUNCED
LATER = MONDAY + timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    office = open_desk(tmp_path)
    office.digests = (a_digest("weekly", history="mail"),)
    yield office
    office.store.close()


def unfold(store: Store, table: str, key: str = OTHER) -> None:
    """Give the row of the ASCII form the key that it had before."""
    rename(store, table, ASCII, key)


def rename(store: Store, table: str, old: str, new: str) -> None:
    with store.writing() as state:
        named = f"UPDATE {table} SET address_key = :new WHERE address_key = :old"
        state._db.execute(text(named), {"old": old, "new": new})


def fold(store: Store) -> None:
    for _ in range(2):  # what is done is not done again
        with store.writing() as state:
            fold_addresses(state._db)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (LEFT, None, LEFT),
        (None, LEFT, LEFT),
        (PAUSED, BOUNCED, PAUSED),
        (LEFT, PAUSED, LEFT),
        (BOUNCED, None, BOUNCED),
        (None, None, None),
    ],
)
def test_what_is_on_record_of_either_holds(
    desk: Desk,
    one: RecipientState | None,
    other: RecipientState | None,
    both: RecipientState | None,
) -> None:
    with desk.store.writing() as state:
        for state_of, key in ((one, OTHER), (other, ASCII)):
            if state_of:
                state.people.mark(key, state_of, MONDAY, "")
            else:
                state.people.refused(key, MONDAY, "")
    fold(desk.store)
    with desk.store.reading() as state:
        assert state.people.standing([ASCII]).get(ASCII) is both
        assert not state.people.knows(OTHER)


@pytest.mark.parametrize(("one", "other"), [(LEFT, ACTIVE), (ACTIVE, LEFT), (PAUSED, ACTIVE)])
def test_a_departure_or_a_pause_of_either_wins(
    desk: Desk, one: RecipientState, other: RecipientState
) -> None:
    with desk.store.writing() as state:
        state.choices.save(Choice("weekly", OTHER, MONDAY, one, joined=True))
    unfold(desk.store, "choices")
    with desk.store.writing() as state:
        state.choices.save(Choice("weekly", ASCII, LATER, other))
    fold(desk.store)
    with desk.store.reading() as state:
        (choice,) = state.choices.all()
        assert choice.state in (LEFT, PAUSED)
        assert choice.joined


def test_one_who_was_two_gets_one_mail_and_nothing_that_either_had(desk: Desk) -> None:
    desk.lists = staff(OTHER)
    desk.file("1.txt", "2026-03-01 | One | Text")
    desk.mail(MONDAY)
    for table in ("deliveries", "subscriptions"):
        unfold(desk.store, table)
    desk.lists = staff(ASCII)
    desk.file("2.txt", "2026-03-02 | Two | Text", now=LATER)
    assert desk.mail(LATER)
    fold(desk.store)
    desk.lists = staff(OTHER, ASCII)
    desk.file("3.txt", "2026-03-03 | Three | Text", now=LATER + timedelta(days=1))
    assert list(desk.mail(LATER + timedelta(days=1)).values()) == ["new Three"]


def test_an_older_state_is_folded_as_it_is_brought_up_to_date(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    with desk.store.writing() as state:
        state.people.mark(OTHER, LEFT, MONDAY, "")
        state.people.mark(ASCII, PAUSED, LATER, "")
        for statement in back_to(7):
            state._db.exec_driver_sql(statement)
    desk.store.close()
    store = open_store(tmp_path / "state" / "tidings.db")
    with store.reading() as state:
        assert state.people.standing([ASCII, OTHER]) == {ASCII: LEFT}
    store.close()
