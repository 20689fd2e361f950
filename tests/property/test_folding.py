"""What a term finds does not hang on how the news is written: case, order of terms, normal form."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import item
from tests.sampling import sampled
from tidings.core.topics import Languages, Matcher, parse_term
from tidings.core.topics.plurals import LANGUAGES
from tidings.core.topics.text import words_of
from tidings.model import Rule, Text, Topic

WORDS = [
    *("hub", "Hubs", "policy", "policies", "women", "right", "rights", "U.S.", "US", "EE. UU."),
    *(
        "trabajador",
        "Trabajadores",
        "país",
        "países",
        "nações",
        "Städte",
        "Straße",
        "lago",
        "Lagos",
    ),
    *(
        "CVs",
        "Booking.com",
        "https://hub.org/policy",
        "<b>",
        "ana@hub.org",
        "2,000",
        "C++",
        "مُهَاجِر",
    ),
    *(
        "of",
        "the",
        "de",
        "la",
        "und",
        "der",
        "’s",
        "-",
        ".",
        ", ",
        "(",
        ")",
        "&amp;",
        "移民",
        "مُهَاجِر",
    ),
]
written = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
free = st.one_of(written, st.text(max_size=40))
terms = st.lists(
    st.one_of(
        st.sampled_from([word.lower() for word in WORDS[:18]]),
        st.tuples(*[st.sampled_from(WORDS[:18])] * 2).map(lambda two: " ".join(two).lower()),
        st.sampled_from(["hub*", "pol*", "title:hub", "women ~3 hub", "trabaj*"]),
    ),
    min_size=1,
    max_size=6,
)
languages = st.sampled_from(LANGUAGES).map(
    lambda tag: Languages(tag, (("seeds/*", tag),))  # given, since words may tell another
)


def found(sources: list[str], text: Text, how: Languages) -> set[str]:
    topics = [Topic(source, "", "", Rule(any=(parse_term(source),))) for source in sources]
    return set(Matcher(topics, [["women", "mujeres"]], how).topics_of(item(text)))


@sampled(40, 500)
@given(terms, written, written, languages)
def test_case_makes_no_difference_to_terms_in_small_letters(
    sources: list[str], title: str, summary: str, how: Languages
) -> None:
    text = Text(title, summary)
    for change in (str.upper, str.lower, str.title):
        assert found(sources, Text(change(title), change(summary)), how) >= found(
            sources, text, how
        ) - {s for s in sources if "straße" in s or "mujeres" in s}


@sampled(40, 500)
@given(terms, free, free, languages)
def test_the_normal_form_makes_no_difference(
    sources: list[str], title: str, summary: str, how: Languages
) -> None:
    composed, apart = (
        Text(unicodedata.normalize(form, title), unicodedata.normalize(form, summary))
        for form in ("NFC", "NFD")
    )
    there = found(sources, composed, how)
    assert there == found(sources, apart, how)
    assert there == {
        unicodedata.normalize("NFC", source)
        for source in found([unicodedata.normalize("NFD", s) for s in sources], composed, how)
    }


@sampled(40, 500)
@given(st.permutations(WORDS[:12]), free, languages)
def test_the_order_of_terms_makes_no_difference(
    sources: list[str], title: str, how: Languages
) -> None:
    text = Text(title)
    assert found(sources, text, how) == found(sorted(sources), text, how)
    rules = [
        Topic("t", "", "", Rule(any=tuple(map(parse_term, order))))
        for order in (sources, WORDS[:12])
    ]
    one, other = (bool(Matcher([rule], (), how).topics_of(item(text))) for rule in rules)
    assert one == other


@sampled(60, 600)
@given(free, free)
def test_what_is_found_one_by_one_is_found_by_all(title: str, summary: str) -> None:
    text, sources = Text(title, summary), [word.lower() for word in WORDS[:16]]
    together = found(sources, text, Languages())
    assert together == {each for each in sources if found([each], text, Languages())}
    topics = [Topic(source, "", "", Rule(any=(parse_term(source),))) for source in sources]
    matcher = Matcher(topics, [["women", "mujeres"]])
    for source in sources:
        assert matcher.judge_text(source, text).holds == (source in together)
        for evidence in matcher.classify(item(text)).get(source, ()):
            shown = getattr(text, evidence.field)[evidence.start : evidence.end]
            assert words_of(shown)
