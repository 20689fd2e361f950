"""Requests for a digest at once, with many that wait for their confirmation and with none.

    python -m benchmarks.requests [--pending N] [--at-once N] [--rounds N]

Two instances are served, and asked in turn: each round sends to each so many forms at once, every
one from a network and with an address of its own. The pending requests are written into the state
as they stand after strangers left them: half were mailed, half wait for their turn where a version
has turns. Medians count. Ends with 1, and says why, where a form was not taken or not recorded, or
where the pending requests were not there to the end.
"""

from __future__ import annotations

import argparse
import http.client
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.instance import TIDINGS, free_port, make_instance, running, tidings

DIGESTS = """
digests:
  weekly:
    title: Weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: []
    subscribe: true
"""


@dataclass(frozen=True)
class Site:
    """An instance that is served, and what a form of it carries to show that it is its own."""

    root: Path
    port: int
    form: str


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pending", type=int, default=100_000)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with served(folder / "none", 0) as none, served(folder / "many", given.pending) as many:
            times: dict[Path, list[float]] = {none.root: [], many.root: []}
            for number in range(given.rounds + 1):
                for site in (none, many):
                    took = _round(site, number, given.at_once)
                    if number:  # the first one opens the state
                        times[site.root].append(took)
        asked = given.at_once * (given.rounds + 1)
        for site, pending in ((none, 0), (many, given.pending)):
            if (found := _recorded(site.root)) != (pending, asked):
                sys.exit(f"of {pending} pending and {asked} new requests there were {found}")
    first, second = (statistics.median(times[site.root]) for site in (none, many))
    for told, took in (("none", first), (f"{given.pending:,}", second)):
        print(f"{given.at_once} at once, {told} pending  {took * 1000:,.1f} ms")
    print(f"ratio  {second / first:.2f}")


@contextmanager
def served(root: Path, pending: int) -> Iterator[Site]:
    """An instance with so many pending requests, served."""
    make_instance(root, 2, {}, digests=DIGESTS)
    tidings(root, "run", "--send", "none")
    _leave(root / "state" / "tidings.db", pending)
    port = free_port()
    with running([*TIDINGS, "-C", str(root), "serve", "--port", str(port)], port):
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as asked:
            asked.request("GET", "/subscribe/weekly")
            page = asked.getresponse().read().decode()
        found = re.search(r'name="form" value="([^"]+)"', page)
        if not found:
            sys.exit(f"the page with the form has none:\n{page}")
        yield Site(root, port, found[1])


def _leave(database: Path, pending: int) -> None:
    """Write what strangers asked for, in the columns that the state has."""
    with closing(sqlite3.connect(database)) as raw:
        columns = [row[1] for row in raw.execute("PRAGMA table_info(applications)")]
        now = datetime.now(UTC)  # noqa: TID251 - links live from the machine's day on
        asked = _text(now - timedelta(hours=1))
        later = _text(now + timedelta(hours=5))
        turns = "due_at" in columns

        def rows() -> Iterator[dict[str, object]]:
            for number in range(pending):
                address, waits = f"left{number}@x{number % 5_000}.example", turns and number % 2
                yield {
                    "digest": "weekly",
                    "address_key": address,
                    "address": address,
                    "asked_at": asked,
                    "since": asked,
                    "mails": int(not waits),
                    "waiting": int(bool(waits)),
                    "due_at": later if waits else asked,
                    "mailbox": address,
                }

        names = [name for name in columns if name not in ("topics", "language", "items_in")]
        marks = ", ".join(f":{name}" for name in names)
        raw.executemany(f"INSERT INTO applications ({', '.join(names)}) VALUES ({marks})", rows())
        raw.commit()


def _text(instant: datetime) -> str:
    return f"{instant.isoformat()[:19]}Z"


def _round(site: Site, number: int, at_once: int) -> float:
    """Send so many forms at once; returns in how many seconds all of them were answered."""
    ready, answers = threading.Barrier(at_once + 1), list[int]()

    def ask(one: int) -> None:
        address = f"new{number}-{one}@y{number}-{one}.example"
        fields = {"form": site.form, "address": address, "language": "en", "topics": "topic0"}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"198.{number}.{one}.1",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)) as asked:
            asked.connect()
            ready.wait()
            asked.request("POST", "/subscribe/weekly", urllib.parse.urlencode(fields), headers)
            answer = asked.getresponse()
            answer.read()
            answers.append(answer.status)

    threads = [threading.Thread(target=ask, args=(one,)) for one in range(at_once)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if answers != [200] * at_once:
        sys.exit(f"{at_once} forms were answered {sorted(answers)}")
    return took


def _recorded(root: Path) -> tuple[int, int]:
    """How many requests of before and of these rounds the state has."""
    with closing(sqlite3.connect(root / "state" / "tidings.db")) as raw:
        count = "SELECT count(*) FROM applications WHERE address LIKE ?"
        left, new = (raw.execute(count, (name,)).fetchone()[0] for name in ("left%", "new%"))
    return left, new


if __name__ == "__main__":
    main()
