"""What many people cost, in one run: lists of 1,000, 30,000, 100,000 and 300,000 people.

    python -m benchmarks.people [--people 1000,30000,100000,300000] [--folder DIR]

Of each list, in seconds of CPU and MB at the peak:

* the first run, which reads the list; a run with nothing new, `status` and `recipients list`;
* the start of a sender, which has nothing to send;
* `plan` of the edition that opens next;
* opening it, by a run that cannot reach its mail server, less what a run with nothing new takes;
  and again for a second edition. A bare `executemany` of the rows of deliveries, into the same
  table of a copy of that state, is what it is compared with.

The same digest, 100 items in 20 topics; everybody follows one of them. Ends with 1, and says why,
where an edition has not come to everybody.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.instance import (
    FROM_TABLE,
    WEEKLY,
    Cost,
    cheapest,
    entry,
    free_port,
    make_instance,
    measured,
    people,
    tidings,
)

TOPICS = 20
ITEMS = 5
OPENING = ("run", "--send", "now")
# As a worker begins to deliver: everything up to the first message, of which there is none.
SENDER = """
import sys
from pathlib import Path
from tidings.application.deliver import deliver
from tidings.entrypoints import wiring
instance = wiring.load_instance(Path(sys.argv[1]), {}, people=False)
store = wiring.open_state(instance)
deliver(wiring.services(instance, store, wiring.clock()), stop=lambda: True)
store.close()
"""


def made(root: Path, count: int) -> None:
    """An instance whose mail server nobody reaches."""
    listings = {
        f"{topic:03}.txt": "\n".join(entry(topic * ITEMS + n, [topic]) for n in range(ITEMS))
        for topic in range(TOPICS)
    }
    make_instance(
        root,
        TOPICS,
        listings,
        digests=WEEKLY,
        recipients=FROM_TABLE,
        mail=f"transport: smtp://127.0.0.1:{free_port()}?tls=none\n  connections: 1",
        **{"all.csv": people(count, TOPICS)},
    )


def more(root: Path, number: int) -> None:
    """Items for another edition."""
    first = 10_000 * number
    listings = (entry(first + topic, [topic]) for topic in range(TOPICS))
    (root / "seeds" / f"more{number}.txt").write_text("\n".join(listings), encoding="utf-8")


def bare(root: Path, scratch: Path, count: int) -> float:
    """Seconds of CPU of putting the rows of the last edition into the same table, and nothing
    else. Ends the benchmark if there are not as many as there are people."""
    copy = scratch / "bare.db"
    shutil.copyfile(root / "state" / "tidings.db", copy)
    with sqlite3.connect(copy) as state:
        (edition,) = state.execute("SELECT max(id) FROM editions").fetchone()
        rows = state.execute("SELECT * FROM deliveries WHERE edition_id = ?", (edition,)).fetchall()
        if len(rows) != count:
            sys.exit(f"edition {edition} has {len(rows)} deliveries, for {count} people")
        state.execute("DELETE FROM deliveries WHERE edition_id = ?", (edition,))
    state.close()
    state = sqlite3.connect(copy)
    state.execute("PRAGMA journal_mode = WAL")
    state.execute("PRAGMA synchronous = FULL")
    signs = ", ".join("?" * len(rows[0]))
    began = time.process_time()
    with state:
        state.executemany(f"INSERT INTO deliveries VALUES ({signs})", rows)
    used = time.process_time() - began
    state.close()
    copy.unlink()
    return used


def told(what: str, cost: Cost, more: str = "") -> None:
    """Print a line."""
    print(f"  {what:<16} {cost.cpu:7.2f} s {cost.peak:6.0f} MB{more}", flush=True)


def opened(root: Path, scratch: Path, count: int, quiet: Cost) -> None:
    """Plan the next edition, open it, and tell both."""
    planned = tidings(root, "plan", "--send", "now")
    cost = tidings(root, *OPENING, codes=(0, 75))
    told("plan", planned, f"   {planned.cpu / cost.cpu:.2f} times its run (wanted: 3 at most)")
    row, used = bare(root, scratch, count), cost.cpu - quiet.cpu
    told(
        "opening",
        cost,
        f"   {used:.2f} s of it, {used / row:.1f} times {row:.2f} s of bare rows (4 at most)",
    )


def measure(root: Path, scratch: Path, count: int) -> None:
    """Measure and print all of one list."""
    made(root, count)
    print(f"{count:,} people")
    told("first run", tidings(root, "run", "--send", "none"))
    quiet = cheapest(lambda: tidings(root, "run", "--send", "none"), 3)
    told("nothing new", quiet)
    told("status", cheapest(lambda: tidings(root, "status"), 3))
    sender = [sys.executable, "-c", SENDER, str(root)]
    told("sender", cheapest(lambda: measured(sender, root), 3))
    told("recipients list", tidings(root, "recipients", "list"))
    opened(root, scratch, count, quiet)
    more(root, 1)
    tidings(root, "run", "--send", "none", codes=(0, 75))
    opened(root, scratch, count, quiet)
    told("status", cheapest(lambda: tidings(root, "status", codes=(0, 1, 75)), 3))


def main() -> None:
    """Measure lists of several sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", default="1000,30000,100000,300000")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for count in map(int, given.people.split(",")):
            folder = given.folder or Path(scratch)
            measure(folder / f"people-{count}", Path(scratch), count)


if __name__ == "__main__":
    main()
