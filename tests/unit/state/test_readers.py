"""What a version before left of requests goes on, and tables of strangers are read by index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy import text as text_of

from tests.builders import MONDAY
from tests.desk import KEY, open_desk
from tests.older_states import back_to
from tidings.application import limits, people
from tidings.application.subscribe import SubscriptionRequest, act, ask, confirm
from tidings.core.limits import unwanted
from tidings.core.tokens import Joining, Member
from tidings.model import PendingSubscription
from tidings.state import Store, open_store

HOUR = timedelta(hours=1)


def test_requests_from_before_turns_are_due_since_they_were_made(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    with desk.store.writing() as state:
        state.choices.apply(PendingSubscription("weekly", "eva@x.example", MONDAY, MONDAY, mails=1))
    desk.store.close()
    place = tmp_path / "state" / "tidings.db"
    with closing(sqlite3.connect(place)) as raw:
        raw.executescript(";".join(back_to(16)))
    store = open_store(place)
    with store.reading() as state:
        (wish,) = state.choices.waiting(MONDAY, 9)
        mailed = state.choices.mailed("weekly", "eva+1@x.example", MONDAY - HOUR, MONDAY)
    assert (wish.due, mailed) == (MONDAY, 1)
    store.close()


def queries(store: Store, request: SubscriptionRequest) -> list[str]:
    """How the database finds its way through what recording a request asks of it."""
    engine, plans = store._database._engine, list[str]()  # type: ignore[attr-defined]

    def explain(
        connection: object, cursor: object, statement: str, given: object, *_: object
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            asked = f"EXPLAIN QUERY PLAN {statement}"
            rows = cursor.connection.execute(asked, given)  # type: ignore[attr-defined]
            plans.extend(row[3] for row in rows)

    event.listen(engine, "before_cursor_execute", explain)
    ask(store, request, MONDAY, "192.0.2.1", KEY)
    people.never(store, "eva@x.example", unwanted(KEY, "eva@x.example"), {}, MONDAY)
    joining = Joining("weekly", "new@x.example", None, None, MONDAY)
    assert confirm(store, joining, MONDAY, KEY) == "joined"
    act(store, Member("weekly", "new@x.example"), "leave", MONDAY, KEY)
    limits.forget(store, MONDAY + HOUR * 80)
    event.remove(engine, "before_cursor_execute", explain)
    return plans


def test_no_request_reads_through_what_strangers_left(tmp_path: Path) -> None:
    store = open_desk(tmp_path).store
    with store.writing() as state:
        for number in range(300):
            asked = PendingSubscription("weekly", f"a{number}@x.example", MONDAY, MONDAY)
            state.choices.apply(asked)
        state._db.execute(text_of("ANALYZE"))
    plans = queries(store, SubscriptionRequest("weekly", "new@x.example"))
    assert len(plans) > 9
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    with store.reading() as state:
        assert list(state.choices.applications()) == []
    store.close()
