"""Measure what all feed documents cost, against feedgen alone for the Atom and RSS of the same.

    python benchmarks/feeds.py [--topics N] [--entries N] [--items N]

Ours is everything between the places of a topic's items and the bytes of its documents:
selecting, describing, Atom, RSS and JSON Feed for each topic and for everything, OPML and sitemap.
The other is what the documentation of feedgen shows: one generator for both formats, filled with
the id, title, dates, link, categories and text of the same entries. Both run in turn; prints the
ratio of their CPU times, the lowest of each.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import process_time

from feedgen.feed import FeedGenerator

from tidings.core.feeds.model import FeedEntry, FeedStrings, entry_of, of_items
from tidings.core.feeds.sitemap import Address, sitemap
from tidings.core.feeds.write import documents, opml
from tidings.core.pages.items import ClassifiedItem, TopicMatch, item_path
from tidings.core.selection import Member, select
from tidings.core.settings import Author, Site
from tidings.model import Item, Rule, Text, Topic

ROUNDS = 5
LIMIT_OF_ALL = 500
BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
SUMMARY = "The campaign warns people interested in working abroad about false offers of work. " * 4
SITE = Site(
    id="news.example.org,2026",
    url="https://news.example.org/",
    title="Harbour news",
    about="All that floats",
    language="en",
    time_zone="UTC",
    author=Author(name="News desk", email="desk@news.example.org"),
)


@dataclass(frozen=True)
class Stock:
    """Items, each in two topics."""

    topics: Sequence[Topic]
    items: Sequence[ClassifiedItem]
    entries: int

    def of(self, number: int | None) -> Iterator[ClassifiedItem]:
        """The items of a topic, or (None) all."""
        slug = None if number is None else self.topics[number].slug
        for found in self.items:
            if slug is None or any(each.topic.slug == slug for each in found.topics):
                yield found


def main() -> None:
    """Read the arguments, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--topics", type=int, default=50)
    arguments.add_argument("--entries", type=int, default=50)
    arguments.add_argument("--items", type=int, default=5000)
    given = arguments.parse_args()
    stock = stocked(given.topics, given.items, given.entries)
    members = [[member(p) for p in stock.of(n)] for n in (*range(given.topics), None)]
    chosen = [choose(each, stock.entries) for each in members]
    plain, ours = in_turn(lambda: by_feedgen(stock, chosen), lambda: by_us(stock, members))
    count = sum(len(each) for each in chosen)
    print(f"{len(chosen)} feeds, {count} entries: ours {ours * 1e3:.0f} ms, feedgen alone"
          f" {plain * 1e3:.0f} ms, ratio {ours / plain:.2f}")  # fmt: skip


def stocked(topics: int, items: int, entries: int) -> Stock:
    """A site with so many topics and items."""
    named = [Topic(f"topic-{n}", f"Topic {n}", "What it is about", Rule()) for n in range(topics)]
    found = []
    for n in range(items):
        text = Text(f"Hub number {n} opens in the city", SUMMARY, None, f"https://x.example/{n}")
        day = BEGIN - timedelta(hours=n)
        item = Item(f"{n:016x}", f"hub-{n:08x}", text, day, BEGIN)
        within = {n % topics, (n + 1) % topics}
        found.append(ClassifiedItem(item, tuple(TopicMatch(named[t], ()) for t in sorted(within))))
    return Stock(named, found, entries)


def member(found: ClassifiedItem) -> Member:
    """An item's place."""
    return Member(found.item.id, found.item.order, 1)


def choose(members: Sequence[Member], limit: int) -> tuple[str, ...]:
    """The ids of a feed's entries."""
    return select(members, first_run=1, limit=limit, maximum=LIMIT_OF_ALL).item_ids


def by_us(stock: Stock, members: Sequence[Sequence[Member]]) -> int:
    """All documents; the number of their bytes."""
    known = {found.item.id: found for found in stock.items}
    made: dict[str, FeedEntry] = {}
    size = 0
    ids: Sequence[str] = ()
    for topic, each in zip((*stock.topics, None), members, strict=True):
        ids = choose(each, stock.entries)
        missing = [item_id for item_id in ids if item_id not in made]
        made |= {i: entry_of(SITE, FeedStrings(), known[i]) for i in missing}
        feed = of_items(SITE, topic, BEGIN, [made[item_id] for item_id in ids])
        size += sum(len(data) for _, data in documents(feed))
    items = [known[item_id].item for item_id in ids]
    addresses = [Address(SITE.url + item_path(item), item.updated) for item in items]
    return size + len(opml(SITE, stock.topics)) + len(sitemap(addresses))


def by_feedgen(stock: Stock, chosen: Sequence[Sequence[str]]) -> int:
    """Atom and RSS as the documentation of feedgen shows; the number of their bytes."""
    known = {found.item.id: found for found in stock.items}
    size = 0
    for topic, ids in zip((*stock.topics, None), chosen, strict=True):
        document = FeedGenerator()
        document.id(f"tag:{SITE.id}:topic/{topic.slug if topic else 'items'}")
        document.title(topic.title if topic else SITE.title)
        document.description(SITE.about)
        document.author(name=SITE.author.name, email=SITE.author.email)
        document.link(href=f"{SITE.url}atom.xml", rel="self")
        document.link(href=SITE.url, rel="alternate")
        document.language(SITE.language)
        for item_id in ids:
            found = known[item_id]
            item, entry = found.item, document.add_entry(order="append")
            entry.id(f"tag:{SITE.id}:item/{item.id}")
            entry.title(item.title)
            entry.updated(item.updated)
            entry.published(item.published)
            entry.link(href=f"{SITE.url}items/{item.slug}.html")
            entry.description(item.summary)
            entry.content(f"<p>{item.summary}</p>", type="xhtml")
            for match in found.topics:
                slug, title = match.topic.slug, match.topic.title
                entry.category(term=slug, scheme=SITE.url, label=title)
        size += len(document.atom_str(pretty=True)) + len(document.rss_str(pretty=True))
    return size


def in_turn(*works: Callable[[], object]) -> list[float]:
    """The lowest CPU time of each, in seconds; they take turns, so that a slow spell hits all."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for number, work in enumerate(works):
            begun = process_time()
            work()
            best[number] = min(best[number], process_time() - begun)
    return best


if __name__ == "__main__":
    main()
