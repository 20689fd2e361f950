"""The five real listings make the same 46 items in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import SITE
from tidings.application.classify import Classifier
from tidings.application.record import Recording, record
from tidings.core.listings import parse
from tidings.core.settings import Settings
from tidings.model import NONE, ReadError, Scan, SeedStat, SeedText, Text
from tidings.state import open_store

SEEDS = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
HOW = Recording("news.example.org,2026", ZoneInfo("America/Costa_Rica"), parse)


class Arriving:
    """A seed box in which one file more arrives at a time; read once for all orders."""

    def __init__(self) -> None:
        self.present: list[SeedText] = []

    def scan(self, known: Mapping[str, SeedStat] = NONE) -> Scan:
        looks = {seed.path: seed.stat for seed in self.present}
        return Scan(looks.keys(), {p: look for p, look in looks.items() if known.get(p) != look})

    def read(self, path: str) -> SeedText | ReadError:
        return next(seed for seed in self.present if seed.path == path)


def seeds() -> list[SeedText]:
    texts = []
    for number, path in enumerate(SEEDS):
        stat = SeedStat(path.name, 1, 1, 1, number)
        texts.append(SeedText(path.name, stat, path.read_text(encoding="utf-8"), ""))
    return texts


def arrive(
    order: Sequence[SeedText], state: Path
) -> tuple[list[int], dict[str, tuple[str, Text, int]]]:
    """Record the files one by one; the number of new items each time, and the items at the end."""
    store = open_store(state)
    classifier = Classifier(Settings(site=SITE))
    box, new = Arriving(), []
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for seed in order:
        box.present.append(seed)
        new.append(record(store, box, classifier, HOW, now).new)
        now += timedelta(hours=1)
    with store.reading() as books:
        items = {item.id: (item.slug, item.text, item.revision) for item in books.items.all()}
    store.close()
    return new, items


def test_files_in_the_order_of_their_names_bring_10_10_10_10_and_6_items(tmp_path: Path) -> None:
    new, items = arrive(seeds(), tmp_path / "state.db")
    assert (new, len(items)) == ([10, 10, 10, 10, 6], 46)
    undated = [text for _, text, _ in items.values() if text.date is None]
    assert len(undated) == 6


# Every 17th of the 120 orders, from the first to its reverse, has each file first.
@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_every_order_of_arrival_makes_the_same_items_with_the_same_ids(
    tmp_path: Path, every: int
) -> None:
    files = seeds()
    _, expected = arrive(files, tmp_path / "expected.db")
    for number, order in enumerate(list(permutations(files))[::every]):
        _, items = arrive(order, tmp_path / f"{number}.db")
        assert items == expected, [seed.path for seed in order]
