"""Where items stand: what an index finds is what a look at every row finds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.builders import HOUR, MONDAY, select, topic
from tests.desk import Desk, members, open_desk
from tests.sampling import parts
from tidings.state import Transaction

TOPICS = (topic("boats", "boat"), topic("ports", "port"), topic("cranes", "crane"))
WORDS = ("boat", "port", "crane", "boat and port", "gull")
DAYS = ("", "", "2025-12-31", "2026-01-05", "2026-01-06", "2026-02-07", "2024-07-01")


def news(random: Random) -> str:
    title = f"The {random.choice(WORDS)} {random.randint(1, 9)}"
    return f"{random.choice(DAYS)} | {title} | {random.random()}"


def shaken(desk: Desk, random: Random) -> None:
    """Some files come, change and lose entries, and rules are edited now and then."""
    files: dict[str, list[str]] = {name: [] for name in ("a.txt", "b.txt", "c.txt")}
    for step in range(12):
        name = random.choice(sorted(files))
        lines = files[name]
        for _ in range(random.randint(1, 4)):
            lines.insert(random.randint(0, len(lines)), news(random))
        at = random.randrange(len(lines))
        _, rest = lines[at].split("|", 1)
        lines[at] = f"{random.choice(DAYS)} |{rest}"
        if step == 7:
            desk.topics = (topic("boats", "boat", "gull"), *TOPICS[1:])
        desk.file(name, *lines, now=MONDAY + step * HOUR)


def recounted(state: Transaction, slug: str) -> Counter[tuple[int, int] | None]:
    items = state.items.get([member.item_id for member in members(state, slug)])
    return Counter((i.date.year, i.date.month) if i.date else None for i in items.values())


@pytest.mark.parametrize("seed", parts(8, quick=(0, 1, 2)))
def test_places_agree_with_every_row(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    desk = open_desk(tmp_path, *TOPICS)
    shaken(desk, random)
    with desk.store.reading() as state:
        records = state.topics.records()
        for slug in ("", "boats", "ports", "cranes"):
            rows = sorted(members(state, slug), key=lambda member: member.order)
            for limit, maximum in ((1, 3), (3, 4), (5, 50), (50, 500)):
                for first_run in (0, records[slug].first_run, records[slug].changed_run):
                    assert state.lists.selection(
                        slug, first_run=first_run, limit=limit, maximum=maximum
                    ) == select(rows, first_run=first_run, limit=limit, maximum=maximum)
            census, counted = state.lists.census(slug), recounted(state, slug)
            assert census.undated == counted.pop(None, 0)
            assert dict(census.months) == counted
            items = state.items.get([each.item_id for each in rows])
            dated_first = sorted(rows, key=lambda each: items[each.item_id].date is None)
            assert state.lists.newest(slug, 4) == tuple(each.item_id for each in dated_first[:4])
            for year in census.years if slug else ():
                listed = [
                    items[each.item_id].slug
                    for each in rows
                    if ((day := items[each.item_id].date) is not None and day.year == year)
                    or (day is None and year is None)
                ]
                assert [head.slug for head in state.lists.of_year(slug, year)] == listed
            for month in census.months if slug else ():
                days = ((items[each.item_id].slug, items[each.item_id].date) for each in rows)
                assert [head.slug for head in state.lists.of_month(slug, month)] == [
                    name for name, day in days if day and (day.year, day.month) == month
                ]
        order = [m.item_id for m in sorted(members(state), key=lambda member: member.order)]
        beside = zip([None, *order], order, [*order[1:], None], strict=False)
        assert state.lists.neighbours(order) == {item: (new, old) for new, item, old in beside}
    desk.store.close()


@pytest.mark.parametrize("seed", parts(4, quick=(0,)))
def test_step_by_step_and_all_at_once_publish_the_same(tmp_path: Path, seed: int) -> None:
    desk = open_desk(tmp_path, *TOPICS)
    record, random = desk.record, Random(seed)

    def record_and_publish(*args: object, **more: object) -> object:
        report = record(*args, **more)  # type: ignore[arg-type]
        desk.publish()
        return report

    desk.record = record_and_publish  # type: ignore[method-assign,assignment]
    shaken(desk, random)
    root = desk.root / "feeds"
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    desk.inputs = "whole"
    desk.publish()
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    desk.store.close()
