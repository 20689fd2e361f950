"""What all feed documents cost, against feedgen alone for the Atom and RSS of the same entries.

    python -m benchmarks.feeds [--topics 50] [--entries 50] [--items 5000]

Ours is a run after `feeds.limit` has changed, beyond what a run takes that finds nothing to do:
choosing the entries, reading them from the state, Atom, RSS and JSON Feed for each topic and for
everything, sitemap and OPML, and writing all of them. The other is what the documentation of
feedgen shows: one generator for both formats, filled with the id, title, dates, link, categories
and text of the same entries, and written nowhere. Prints the ratio of their CPU times, the lowest
of each. Ends with 1, and says why, where a feed has not as many entries as it should.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time

from benchmarks.instance import ENTRIES, Cost, cheapest, listing, make_instance, tidings
from feedgen.feed import FeedGenerator
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
QUIET = ("run", "--send", "none", "--json")
ROUNDS = 3


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--items", type=int, default=5000)
    given = parser.parse_args()
    topics, limit = given.topics, given.entries
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "news"
        files = range(given.items // ENTRIES)
        make_instance(root, topics, {f"{n:06}.txt": listing(n, topics) for n in files})
        tidings(root, *QUIET, TIDINGS_FEEDS__LIMIT=str(limit + 1))
        costs = [made_anew(root, limit + n % 2, topics + 1) for n in range(ROUNDS)]
        idle = cheapest(lambda: tidings(root, *QUIET, TIDINGS_FEEDS__LIMIT=str(limit)), ROUNDS)
        feeds = [etree.parse(path) for path in sorted((root / "feeds").rglob("atom.xml"))]
    counts = {len(feed.findall(f"{ATOM}entry")) for feed in feeds}
    if len(feeds) != topics + 1 or counts != {limit}:
        sys.exit(f"{len(feeds)} feeds with {sorted(counts)} entries, not {topics + 1} with {limit}")
    ours = min(cost.cpu for cost in costs) - idle.cpu
    if ours <= 0:
        sys.exit("so few feeds cost no more than a run that makes none: measure more of them")
    plain = min(by_feedgen(feeds) for _ in range(ROUNDS))
    print(f"{len(feeds)} feeds, {limit * len(feeds)} entries: ours {ours * 1e3:.0f} ms of CPU,"
          f" feedgen alone {plain * 1e3:.0f} ms, ratio {ours / plain:.2f}")  # fmt: skip


def made_anew(root: Path, limit: int, feeds: int) -> Cost:
    """A run that makes all feeds again, with so many entries."""
    cost = tidings(root, *QUIET, TIDINGS_FEEDS__LIMIT=str(limit))
    made = json.loads(cost.told)["published"]["feeds"]
    if made != feeds:
        sys.exit(f"{made} feeds were made of {feeds}: are there more items than entries in each?")
    return cost


def by_feedgen(feeds: Sequence[etree._ElementTree]) -> float:
    """The seconds of CPU of Atom and RSS as the documentation of feedgen shows."""
    known = [(feed, [_said(entry) for entry in feed.findall(f"{ATOM}entry")]) for feed in feeds]
    begun = process_time()
    for feed, entries in known:
        document = FeedGenerator()
        document.id(feed.findtext(f"{ATOM}id"))
        document.title(feed.findtext(f"{ATOM}title"))
        document.description("All that floats")
        document.author(name="Desk", email="desk@example.org")
        document.link(href="http://localhost:8000/atom.xml", rel="self")
        document.link(href="http://localhost:8000/", rel="alternate")
        document.language("en")
        for said, topics in entries:
            entry = document.add_entry(order="append")
            entry.id(said["id"])
            entry.title(said["title"])
            entry.updated(said["updated"])
            entry.published(said["published"])
            entry.link(href=f"http://localhost:8000/items/{said['id']}.html")
            entry.description(said["summary"])
            entry.content(f"<p>{said['summary']}</p>", type="xhtml")
            for term, label in topics:
                entry.category(term=term, scheme="http://localhost:8000/", label=label)
        document.atom_str(pretty=True)
        document.rss_str(pretty=True)
    return process_time() - begun


def _said(entry: etree._Element) -> tuple[dict[str, str], list[tuple[str, str]]]:
    names = ("id", "title", "updated", "published", "summary")
    text = {name: entry.findtext(f"{ATOM}{name}") or "" for name in names}
    text["summary"] = text["summary"] or "".join(entry.find(f"{ATOM}content").itertext())
    topics = [(each.get("term"), each.get("label")) for each in entry.findall(f"{ATOM}category")]
    return text, topics


if __name__ == "__main__":
    main()
