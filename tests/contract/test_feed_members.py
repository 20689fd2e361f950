"""The few places that decide what a feed holds decide it as all places would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.builders import HOUR, MONDAY, item, text
from tests.desk import hurried
from tidings.adapters.store import SqlStore, open_store
from tidings.core.selection import select
from tidings.model import Cause, Changes, Revision


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = hurried(open_store(tmp_path / "tidings.db"))
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_feed_holds_the_same_by_few_places_as_by_all(store: SqlStore, seed: int) -> None:
    chance = Random(seed)
    known = [
        item(
            text(f"Item {n}", "s", MONDAY.date() - timedelta(days=chance.randrange(90))),
            f"{n:016x}",
        )
        for n in range(60)
    ]
    known = [replace(each, slug=f"slug-{each.id}") for each in known]
    with store.writing() as state:
        for run in range(1, 13):
            new, known = known[: (n := chance.randrange(1, 12))], known[n:]
            state.items.record(f"{run}.txt", Changes(new=tuple(new)), run)
            old = [each.id for each in state.items.all() if each not in new]
            picked = chance.sample(old, min(len(old), 3))
            for number, each in enumerate(state.items.get(picked).values()):
                history = (*each.history, Revision(run, each.text, MONDAY + HOUR, "a.txt"))
                told = Changes(revised=(replace(each, history=history),))
                state.items.record("a.txt", told if number else Changes(filled=(each,)), run)
            outside = {each.id for each in state.items.all()} - state.topics.member_ids("boats")
            joining = chance.sample(sorted(outside), len(outside) // 2)
            state.topics.join("boats", joining, Cause.RULE, run)
        few = 0
        for first_run in (0, 1, 6, 12):
            for limit in (1, 3, 10, 100):
                shape = {"first_run": first_run, "limit": limit, "maximum": 40}
                window = list(state.items.feed_members(first_run, limit))
                assert select(window, **shape) == select(state.items.members(), **shape)
                few += len(window) < len(list(state.items.members()))
                boats = state.topics.feed_members("boats", first_run, limit)
                assert select(boats, **shape) == select(state.topics.members("boats"), **shape)
        assert few > 4
