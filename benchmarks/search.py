"""The first page of an answer over HTTP beside a bare FTS5 query for the same words.

    python -m benchmarks.search [--items 100000] [--rounds 15] [--folder DIR]

The items are in a Tidings instance that is served, and their folded texts in a table of SQLite's
FTS5 that nothing else stands in front of: it is asked for the best twenty, as its documentation
has it. Both are asked in turn for a common word, two words, a phrase, the beginning of a word, a
word of the title, and one that a single item has. Seconds of CPU count, the server's and this
process's, since other work on the machine adds to any other time. Prints both, and their ratio; and
how long it took to make the index.

With `--folder` the instance is kept there, and taken up again by the next run. Ends with 1, and
says why, where the two do not find as many items.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import re
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote_plus

from benchmarks.instance import (
    TIDINGS,
    free_port,
    listing,
    make_instance,
    running,
    signs,
    tidings,
    title,
    words,
)

TOPICS, IN_A_FILE = 20, 100
# What is asked, and the same for FTS5; plurals are written out, since it has none.
QUESTIONS = {
    "a common word": ("ministry", "ministry OR ministries"),
    "two words": ("harvest consulate", "harvest AND (consulate OR consulates)"),
    "a phrase": ('"labour market"', '"labour market" OR "labour markets"'),
    "a beginning": ("consul*", "consul*"),
    "a title": ("title:sign7", "title : (sign7 OR sign7s)"),
    "one item": ("000007", "000007"),
}
MOST_COUNTED = 1_000
QUERY = "SELECT rowid FROM items WHERE items MATCH ? ORDER BY rank LIMIT 20"


def main() -> None:
    """Make the items, ask both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        news = given.folder or Path(scratch) / "news"
        if not (news / "config").exists():
            files = range(given.items // IN_A_FILE)
            listings = {f"{n:06}.txt": listing(n, TOPICS, IN_A_FILE) for n in files}
            make_instance(news, TOPICS, listings)
            tidings(news, "run", "--send", "none")
        bare, port = _bare(Path(scratch) / "bare.db", given.items), free_port()
        serve = [*TIDINGS, "-C", str(news), "serve", "--port", str(port)]
        with running(serve, port) as server:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            _prepare(connection, given.items)
            for kind, (asked, same) in QUESTIONS.items():
                _check(connection, asked, bare, same)
                theirs = ours = 0.0
                for _ in range(given.rounds):
                    began = time.process_time()
                    bare.execute(QUERY, (same,)).fetchall()
                    theirs += time.process_time() - began
                    used = _cpu(server)
                    _ask(connection, asked)
                    ours += _cpu(server) - used
                print(
                    f"{kind:14} fts5 {theirs / given.rounds * 1000:7.2f} ms"
                    f"  page {ours / given.rounds * 1000:7.2f} ms  ratio {ours / theirs:6.2f}"
                )


def _bare(path: Path, items: int) -> sqlite3.Connection:
    bare = sqlite3.connect(path)
    bare.execute("CREATE VIRTUAL TABLE items USING fts5(title, summary)")
    rows = ((title(n, signs(n, TOPICS)), words(n)) for n in range(items))
    bare.executemany("INSERT INTO items VALUES (?, ?)", rows)
    bare.commit()
    return bare


def _prepare(connection: http.client.HTTPConnection, items: int) -> None:
    """Ask until the index is made."""
    began = time.monotonic()
    while (answer := _ask(connection, "ministry"))[0] == 503:
        if time.monotonic() - began > 900:
            sys.exit("the index was not made within a quarter of an hour")
        time.sleep(0.5)
    if answer[0] != 200:
        sys.exit(f"the first answer was {answer[0]}")
    print(f"index of {items:,} items made in {time.monotonic() - began:.1f} s")


def _ask(connection: http.client.HTTPConnection, asked: str) -> tuple[int, str]:
    connection.request("GET", f"/search?q={quote_plus(asked)}")
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _check(
    connection: http.client.HTTPConnection, asked: str, bare: sqlite3.Connection, same: str
) -> None:
    total = bare.execute("SELECT count(*) FROM items WHERE items MATCH ?", (same,)).fetchone()[0]
    told = re.search(r"([\d,]+) items?\b", _ask(connection, asked)[1])
    found = int(told[1].replace(",", "")) if told else 0
    if not found or found != min(total, MOST_COUNTED):
        sys.exit(f"{asked}: {found} items were found, and {total} are there")


def _cpu(process: int) -> float:
    """Seconds of CPU that all threads of a process have used."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
