"""A term that is said to cover another finds all that the other finds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import item
from tidings.core.settings.lint_topics import Comparison, covered, covers
from tidings.core.topics import Matcher, parse_aliases, parse_term
from tidings.core.topics.plurals import bits_of
from tidings.model import Rule, Text, Topic

ALIASES = (("labour", "labor"), ("work permit", "work visa"))
IN_ENGLISH = Comparison(parse_aliases(ALIASES), bits_of(["en"]))


def covering(wide: str, narrow: str) -> bool:
    return covers(parse_term(wide), parse_term(narrow), IN_ENGLISH)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("hub", "hubs"),
        ("hubs", "Hub"),
        ("Hub", "=Hub"),
        ("Hub", "Hub"),
        ("19", "19"),
        ("recruit*", "fair recruitment"),
        ("recruit*", "recruitment agenc*"),
        ("recruitment", "fair recruitment of migrant*"),
        ("hub", "title:hub"),
        ("iris", "=IRIS"),
        ("=IRIS", "=IRIS standard"),
        ("labor market", "labour market"),
        ("work permit", "new work visa"),
        ("fair", "fair ~8 work"),
        ("fair ~8 work", "work ~3 fair"),
        ("polic*", "policy"),
        ("wom*", "woman"),
    ],
)
def test_the_wider_term_covers_the_narrower(wide: str, narrow: str) -> None:
    assert covering(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("hubs of news", "hub"),
        ("Hub", "hub"),
        ("Hubs", "hub"),
        ("rights", "right"),
        ("title:hub", "hub"),
        ("title:hub", "summary:hub"),
        ("=IRIS", "iris"),
        ("recruitment", "recruit*"),
        ("policy*", "policies"),
        ("woman*", "women"),
        ("fair ~3 work", "fair ~8 work"),
        ("fair ~3 work", "fair work"),
        ("fair work", "work fair"),
        ("crisis*", "crises"),
    ],
)
def test_a_term_that_may_miss_what_another_finds_does_not_cover_it(wide: str, narrow: str) -> None:
    assert not covering(wide, narrow)


def test_only_terms_that_share_a_beginning_are_compared() -> None:
    terms = [parse_term(source) for source in ("hub", "recruit*", "hubs", "fair recruitment")]
    assert sorted(covered(terms, terms, IN_ENGLISH)) == [
        (0, 0),
        (0, 2),
        (1, 1),
        (1, 3),
        (2, 0),
        (2, 2),
        (3, 3),
    ]


WORDS = st.sampled_from(
    ["hub", "Hubs", "labour", "labor", "policy", "policies", "women", "woman", "work", "permit"]
)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
TERMS = st.one_of(
    PHRASES,
    PHRASES.map(lambda phrase: f"{phrase}*"),
    PHRASES.map(lambda phrase: f"{phrase[:-1]}*" if phrase[-2] != " " else phrase),
    PHRASES.map(lambda phrase: f"={phrase}"),
    PHRASES.map(lambda phrase: f"title:{phrase}"),
    st.tuples(PHRASES, st.integers(0, 4), PHRASES).map(lambda t: f"{t[0]} ~{t[1]} {t[2]}"),
)


# Drawing is slow at first on a machine that is busy.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wide=TERMS, narrow=TERMS, title=PHRASES, summary=st.lists(PHRASES).map(" ".join))
def test_no_text_holds_the_narrower_alone(wide: str, narrow: str, title: str, summary: str) -> None:
    if not covering(wide, narrow):
        return
    topics = [
        Topic(slug, slug, "", Rule(any=(parse_term(term),)))
        for slug, term in (("wide", wide), ("narrow", narrow))
    ]
    held = Matcher(topics, ALIASES).topics_of(item(Text(title, summary)))
    assert "narrow" not in held or "wide" in held
