"""The matcher against SQLite's full-text search, on rules and texts that both can express.

The vocabulary is one on which both agree about what a word is: no plurals and no possessives, which
only ours folds. Accents, hyphens, apostrophes and upper case are part of the texts, since FTS5's
tokenizer folds and splits there as we do.
"""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import item
from tests.sampling import sampled
from tidings.core.topics import Matcher, parse_term
from tidings.model import Rule, Term, Text, Topic

# Few words, so that they meet; some begin like others, for prefixes.
LEFT = ["fair", "fairground", "migration", "migrant", "labor", "josé", "covid"]
RIGHT = ["work", "workman", "pay", "19", "niño", "ngo", "año"]
WORDS = [*LEFT, *RIGHT]
SEPARATORS = [" ", " ", " ", "-", ", ", " – ", "’", "'", " (", ". ", "/", "“", " & "]
SPELLINGS = {"josé": ["José", "jose", "JOSÉ", "jose\u0301"], "niño": ["nino", "NIÑO", "nin\u0303o"]}

written = st.sampled_from(WORDS).flatmap(
    lambda word: st.sampled_from([word, word.upper(), word.title(), *SPELLINGS.get(word, [])])
)


@st.composite
def a_field(draw: st.DrawFn) -> str:
    """Some words of the vocabulary, with what stands between words."""
    pieces = draw(st.lists(st.tuples(written, st.sampled_from(SEPARATORS)), max_size=12))
    if draw(st.booleans()):
        pieces += draw(st.lists(st.tuples(written, st.just(" ")), min_size=4, max_size=8))
    return "".join(word + separator for word, separator in pieces)


def a_side(words: list[str]) -> st.SearchStrategy[str]:
    """A word or a phrase, perhaps with a `*` at its end."""
    phrase = st.lists(st.sampled_from(words), min_size=1, max_size=3).map(" ".join)
    begun = phrase.flatmap(
        lambda said: st.integers(1, max(1, len(said.split()[-1]))).map(
            lambda length: " ".join([*said.split()[:-1], said.split()[-1][:length]]) + "*"
        )
    )
    return st.one_of(phrase, phrase, begun)


# FTS5 lets both sides of a NEAR share words, we do not: so they come of different words.
near = st.builds(
    lambda left, within, right: f"{left} ~{within} {right}",
    st.one_of(st.sampled_from(LEFT), a_side(LEFT)),
    st.integers(0, 3),
    st.one_of(st.sampled_from(RIGHT), a_side(["work", "pay", "19", "ngo"])),
)
a_term = st.builds(
    lambda field, body: parse_term(field + body),
    st.sampled_from(["", "", "title:", "summary:"]),
    st.one_of(a_side(WORDS), near),
)
some = st.lists(a_term, max_size=3).map(tuple)
a_rule = st.builds(Rule, any=some, all=some, none=some).filter(lambda rule: rule.any or rule.all)
a_text = st.builds(Text, a_field(), a_field())


@sampled(25, 300)
@given(
    rules=st.lists(a_rule, min_size=1, max_size=6),
    terms=st.lists(a_term, min_size=4, max_size=8),
    texts=st.lists(a_text, min_size=2, max_size=6),
)
def test_a_rule_takes_what_full_text_search_finds(
    rules: list[Rule], terms: list[Term], texts: list[Text]
) -> None:
    rules = [*rules, *(Rule(any=(term,)) for term in terms)]
    topics = [Topic(f"t{number}", "", "", rule) for number, rule in enumerate(rules)]
    matcher = Matcher(topics)
    table = sqlite3.connect(":memory:")
    table.execute(
        "CREATE VIRTUAL TABLE news USING fts5(title, summary,"
        " tokenize = 'unicode61 remove_diacritics 2')"
    )
    table.executemany("INSERT INTO news VALUES (?, ?)", [(t.title, t.summary) for t in texts])
    found = [set(matcher.topics_of(item(text))) for text in texts]
    for topic in topics:
        asked = "SELECT rowid FROM news WHERE news MATCH ?"
        rows = {row for (row,) in table.execute(asked, (question(topic.rule),))}
        assert {at for at, slugs in enumerate(found, 1) if topic.slug in slugs} == rows
        for at, text in enumerate(texts, 1):
            assert matcher.judge_text(topic.slug, text).holds == (at in rows)


def question(rule: Rule) -> str:
    """The rule in the query language of FTS5."""
    parts = [f"({' OR '.join(map(expression, rule.any))})"] if rule.any else []
    asked = f"({' AND '.join([*parts, *map(expression, rule.all)])})"
    return asked + "".join(f" NOT ({expression(term)})" for term in rule.none)


def expression(term: Term) -> str:
    """One term in the query language of FTS5."""
    asked = quoted(term.words, prefix=term.prefix)
    if term.near:
        other = quoted(term.near.words, prefix=term.near.prefix)
        asked = f"NEAR({asked} {other}, {term.near.within})"
    return f"{term.field} : {asked}" if term.field else asked


def quoted(words: tuple[str, ...], *, prefix: bool) -> str:
    """A phrase, perhaps with a last word that may go on."""
    return f'"{" ".join(words)}"' + " *" * prefix
