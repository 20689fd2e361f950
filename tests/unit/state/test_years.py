"""What grows with the years is found by an index, and a state is not read through for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from tests.builders import MONDAY, WEEK, digest, topic
from tests.desk import Desk, open_desk, staff
from tidings.state import health, open_store, snapshot

ANA = "ana@x.example"


def mailed(folder: Path, weeks: int) -> Desk:
    """A desk that has mailed a boat each week."""
    desk = open_desk(folder, topic("boats", "boat"))
    desk.digests, desk.lists = (digest(),), staff(ANA)
    for number in range(weeks):
        now = MONDAY + number * WEEK
        desk.file(f"{number}.txt", f"2026-01-0{number + 1} | Boat {number} | It floats.", now=now)
        desk.mail(now)
    return desk


def test_deliveries_of_years_are_found_by_their_state(tmp_path: Path) -> None:
    desk = mailed(tmp_path, 4)
    engine = desk.store._database._engine  # type: ignore[attr-defined]
    plans: list[str] = []

    def explain(_: object, cursor: object, statement: str, given: object, *__: object) -> None:
        raw = cursor.connection  # type: ignore[attr-defined]
        if statement.startswith("SELECT") and "deliveries" in statement:
            rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            plans.extend(row[3] for row in rows)

    with desk.store.writing() as state:
        event.listen(engine, "before_cursor_execute", explain)
        ids = state.cleared.unsettled("weekly", state.editions.last_id(), state.last_run())
        sets = state.cleared.sets_with(ids, state.deliveries.merged())
        state.deliveries.had("weekly", among=sets)
        state.deliveries.mail_summary(MONDAY, WEEK, WEEK)
        event.remove(engine, "before_cursor_execute", explain)
    on_deliveries = [plan for plan in plans if " deliveries" in plan]
    assert on_deliveries
    assert all("deliveries_by_state" in plan for plan in on_deliveries), on_deliveries
    desk.store.close()


def test_a_copy_of_what_stands_as_we_left_it_is_not_read_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailed(tmp_path, 1).store.close()
    place = tmp_path / "state" / "tidings.db"
    open_store(place).close()
    looked: list[Path] = []
    monkeypatch.setattr(health, "check_pages", lambda path, engine: looked.append(path))
    with snapshot(place):
        assert looked == []
    health.marker_of(place).unlink()
    with snapshot(place):
        assert looked == [place]


def test_figures_of_many_topics_are_those_of_each(tmp_path: Path) -> None:
    desk = open_desk(tmp_path, *(topic(name, name) for name in ("boat", "port", "none", "old")))
    desk.file("a.txt", "2026-01-01 | Boat in port | a", "2026-01-02 | Boat | b", " | Old port | c")
    with desk.store.reading() as state:
        slugs = ["", "boat", "port", "none", "old"]
        together = state.lists.censuses(slugs)
        assert together == {slug: state.lists.census(slug) for slug in slugs}
        found = {slug: each.newest and each.newest.title for slug, each in together.items()}
    assert found == {
        "": "Boat",
        "boat": "Boat",
        "port": "Boat in port",
        "none": None,
        "old": "Old port",
    }
    desk.store.close()
