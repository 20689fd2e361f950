"""Measure the matcher: a rescan of all history beside SQLite's full-text search, and one new item.

    python -m benchmarks.topics [--items 10000] [--topics 200]

Ten thousand items and two hundred boolean topics (words, phrases, prefixes, fields, distances,
`all` and `none`), from a vocabulary with the long tail that words have. SQLite's FTS5 answers
the same questions from an index in memory that is made beforehand. Prints both times, the ratio,
and the time for one new item with its evidence. Ends with 1, and says why, where nothing was
found or the two do not agree.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import TypeVar

from tidings.core.topics import Matcher, parse_term
from tidings.model import Item, Rule, Term, Text, Topic

WORDS_OF_TITLE, WORDS_OF_SUMMARY = 10, 45
VOCABULARY = 8_000
# How common the words are that the rules ask for. In the sample a topic takes a fifth of the items.
RANKS = {
    "rare words": slice(20, 2_000),
    "common words": slice(8, 400),
}
Answer = TypeVar("Answer")
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Make the news and the rules, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--topics", type=int, default=200)
    given = parser.parse_args()
    chance = random.Random(2026)
    words = [_word(chance) for _ in range(VOCABULARY)]
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]

    def some(count: int) -> str:
        return " ".join(chance.choices(words, weights, k=count))

    texts = [Text(some(WORDS_OF_TITLE), some(WORDS_OF_SUMMARY)) for _ in range(given.items)]
    items = [Item(f"{n:016x}", f"n-{n:08x}", text, None, MADE_AT) for n, text in enumerate(texts)]
    table = _table(items)
    for kind, ranks in RANKS.items():
        topics = [_topic(number, chance, words[ranks]) for number in range(given.topics)]
        _compare(kind, topics, items, table)


def _compare(
    kind: str, topics: Sequence[Topic], items: Sequence[Item], table: sqlite3.Connection
) -> None:
    matcher = Matcher(topics)
    questions = [_question(topic.rule) for topic in topics]
    ours, found = timed(lambda: [(slug, i.id) for i in items for slug in matcher.topics_of(i)])
    theirs, rows = timed(lambda: [table.execute(ASK, (asked,)).fetchall() for asked in questions])
    answers = zip(topics, rows, strict=True)
    same = {(topic.slug, items[row].id) for topic, answer in answers for (row,) in answer}
    if not found or set(found) != same:
        sys.exit(f"{kind}: of {len(found)} matches, {len(set(found) ^ same)} differ from FTS5's")
    singles = []
    for item in items[:2_000]:
        started = perf_counter()
        matcher.classify(item)
        singles.append(perf_counter() - started)
    print(f"{kind}: {len(items)} items, {len(topics)} topics, {len(found)} matches")
    print(f"  rescan {ours:.2f} s, FTS5 {theirs:.3f} s, ratio {ours / theirs:.1f};"
          f" one new item {median(singles) * 1e3:.3f} ms")  # fmt: skip


ASK = "SELECT rowid FROM news WHERE news MATCH ?"


def _word(chance: random.Random) -> str:
    # No s at the end, and nothing that a plural would fold: both sides then speak of equal words.
    return "".join(chance.choice("bdfgklmnprtv") + chance.choice("aiou") for _ in range(3)) + "n"


def _topic(number: int, chance: random.Random, words: Sequence[str]) -> Topic:
    def term() -> Term:
        kind = chance.random()
        one, other = chance.sample(words, 2)
        if kind < 0.5:
            return parse_term(one)
        if kind < 0.7:
            return parse_term(f"{one} {other}")
        if kind < 0.8:
            return parse_term(f"{one[:5]}*")
        return parse_term(f"title:{one}" if kind < 0.9 else f"{one} ~8 {other}")

    def terms(most: int) -> tuple[Term, ...]:
        return tuple(term() for _ in range(chance.randint(0, most)))

    any_ = (term(), *terms(9))
    rule = Rule(any=any_, all=terms(1), none=terms(2))
    return Topic(f"topic-{number}", f"Topic {number}", "", rule)


def _table(items: Sequence[Item]) -> sqlite3.Connection:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE news USING fts5(title, summary)")
    table.executemany(
        "INSERT INTO news(rowid, title, summary) VALUES (?, ?, ?)",
        ((number, item.title, item.summary) for number, item in enumerate(items)),
    )
    table.execute("INSERT INTO news(news) VALUES ('optimize')")
    return table


def _question(rule: Rule) -> str:
    asked = f"({' OR '.join(map(_expression, rule.any))})"
    asked += "".join(f" AND {_expression(term)}" for term in rule.all)
    return f"({asked})" + "".join(f" NOT {_expression(term)}" for term in rule.none)


def _expression(term: Term) -> str:
    asked = f'"{" ".join(term.words)}"' + "*" * term.prefix
    if term.near:
        # NEAR does not reach from one column into the other.
        asked = f'NEAR({asked} "{" ".join(term.near.words)}", {term.near.within})'
    return f"{term.field}: {asked}" if term.field else asked


def timed(work: Callable[[], Answer], times: int = 5) -> tuple[float, Answer]:
    """The quickest of `times` runs, in seconds, and what the last one answered.

    The quickest, since whatever else the machine does only adds to the time.
    """
    seconds = []
    for _ in range(times):
        started = perf_counter()
        answer = work()
        seconds.append(perf_counter() - started)
    return min(seconds), answer


if __name__ == "__main__":
    main()
