"""How fast pages are made: rendered from the state, written, made durable.

    python -m benchmarks.pages [--items 5000]

The title of the site changes, so that a run makes every page anew. Prints pages per second of the
whole run, what a run takes that finds nothing to do, and how fast the same bytes are written alone.
Ends with 1, and says why, where not every page has the new title.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.instance import ENTRIES, cheapest, listing, make_instance, tidings

TOPICS = 10
QUIET = ("run", "--send", "none")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "news"
        files = range(max(1, given.items // ENTRIES))
        make_instance(root, TOPICS, {f"{n:06}.txt": listing(n, TOPICS) for n in files})
        tidings(root, *QUIET)
        idle = cheapest(lambda: tidings(root, *QUIET), 3)
        cost = tidings(root, *QUIET, "--json", TIDINGS_SITE__TITLE="Another bench")
        pages = {
            path: data
            for path in (root / "feeds").rglob("*.html")
            if "Another bench" in (data := path.read_text(encoding="utf-8"))
        }
        told = json.loads(cost.told)["published"]["pages"]
        if len(pages) < max(told, len(files) * ENTRIES):
            sys.exit(f"{len(pages)} pages have the new title, of {len(files) * ENTRIES} items")
        begun = time.perf_counter()
        (Path(scratch) / "again").mkdir()
        for number, data in enumerate(pages.values()):
            (Path(scratch) / "again" / f"{number}.html").write_text(data, encoding="utf-8")
        os.sync()
        written = time.perf_counter() - begun
    count, wall, cpu = len(pages), cost.wall, cost.cpu
    print(f"{count} pages  {count / wall:,.0f} a second, {count / cpu:,.0f} a second of CPU")
    print(f"nothing to do  {idle.wall:.2f} s, {idle.cpu:.2f} s of CPU")
    print(f"peak memory  {cost.peak:.0f} MB")
    print(f"writing alone  {count / written:,.0f} a second")


if __name__ == "__main__":
    main()
