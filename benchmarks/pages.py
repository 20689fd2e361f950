"""How fast the pages of items are made: rendered from the state, written, made durable.

    python benchmarks/pages.py [--items 5000]

Prints pages per second, and for comparison how long the same bytes take to be written alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tidings.adapters.outlet.folder import OutputFolder
from tidings.application.publish import pages
from tidings.application.publish.pages import Batch, PageRenderer
from tidings.application.publish.plan import PublishReport, inputs_of, what_changed
from tidings.application.publish.writer import write
from tidings.application.record import record
from tidings.entrypoints import wiring

SAMPLE = Path(__file__).parents[1]
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
TEXT = (
    "The ministry and the agency opened a course on fair recruitment for people who cross the "
    "border to harvest coffee, with advice on wages, housing and health, after a survey among "
    "migrant workers in Mexico had shown how few of them knew their rights."
)


def write_seeds(folder: Path, items: int) -> None:
    """Listings of a hundred entries each."""
    folder.mkdir(parents=True)
    for first in range(0, items, 100):
        entries = [
            f"{date(2026, 1, 1) - timedelta(days=number % 2000):%d %B, %Y}\n\n"
            f"Course number {number} for border workers begins\n\n{TEXT}\n"
            for number in range(first, min(first + 100, items))
        ]
        (folder / f"{first:06}.txt").write_text("\n\n".join(entries), encoding="utf-8")


def kept(batches: Iterable[Batch], made: Batch) -> Iterator[Batch]:
    """The batches, each added to `made` as it comes."""
    for batch in batches:
        made += batch
        yield batch


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=5_000)
    items = parser.parse_args().items
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "config").mkdir()
        for path in (SAMPLE / "config").glob("*.yaml"):
            (root / "config" / path.name).write_bytes(path.read_bytes())
        write_seeds(root / "seeds", items)
        instance = wiring.load_instance(root, {"TIDINGS_SECRET_KEY": "benchmark"})
        store = wiring.open_state(instance)
        m = wiring.machinery(instance, store, wiring.clock(NOW))
        record(m.store, m.seeds, m.classifier, m.recording, NOW)
        outlet, made = OutputFolder(root / "out"), Batch()
        with m.store.reading() as state:
            inputs = inputs_of(m.settings, m.renderer)
            plan = what_changed(state, outlet, m.settings, inputs, thorough=True)
            if plan is None:
                raise SystemExit("nothing to publish")
            renderer = PageRenderer(state, m.renderer, m.settings, plan, PublishReport())
            begun = time.perf_counter()
            write(outlet, kept(pages.item_pages(renderer), made), lambda _results: None)
            taken = time.perf_counter() - begun
        begun = time.perf_counter()
        for start in range(0, len(made), pages.PORTION):
            OutputFolder(root / "again").put(made[start : start + pages.PORTION])
        written = time.perf_counter() - begun
        store.close()
    count = len(made)
    sys.stdout.write(f"{count} pages  {count / taken:,.0f} a second (wanted: 2,000)\n")
    sys.stdout.write(f"writing alone  {count / written:,.0f} a second\n")


if __name__ == "__main__":
    main()
