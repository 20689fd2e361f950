"""Terms that cannot mean what they say, and those of which something is not read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import item
from tidings.core.settings.lint_terms import narrowed_terms, odd_terms, remark_on
from tidings.core.settings.lint_topics import doubtful_terms
from tidings.core.settings.read import Fault
from tidings.core.topics import Languages, parse_term
from tidings.model import Item, Rule, Text, Topic

ENGLISH = Languages()


def topic(*terms: str) -> Topic:
    return Topic("t", "T", "", Rule(any=tuple(map(parse_term, terms))))


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        ("migrant, worker", "under any"),
        ("migrant; worker", "under any"),
        ("a,b", "under any"),
        ("مهاجر، عامل", "under any"),
        ("移民、労働者", "under any"),
        ("a OR b", "under any"),
        ("a || b", "under any"),
        ("a|b", "under any"),
        ("mujer O hombre", "under any"),
        ("Arbeiter ODER Kind", "under any"),
        ("(fair OR ethical) recruitment", "under any"),
        ("migrant/worker", "under any"),
        ("a AND b", "under all"),
        ("a && b", "under all"),
        ("mujer Y niña", "under all"),
        ("+word", "under all"),
        ("migrant+worker", "under all"),
        ("a NOT b", "under none"),
        ("NOT a", "under none"),
        ("migrant (NOT worker)", "under none"),
        ("-word", "under none"),
        ("fair -work", "under none"),
        ('fair -"social work"', "under none"),
        ("!word", "under none"),
        ("migrat(ion|ing)", "migrat*"),
        ("/migrant/i", "migrat*"),
        ("^migrant", "migrat*"),
        ("migrant$", "migrat*"),
        (r"\bmigrant\b", "migrat*"),
        ("[Mm]igrant", "migrat*"),
        ("migra.+", "migrat*"),
        ("migrant{2}", "migrat*"),
        ("regex:migr", "migrat*"),
        ("colou?r", "migrat*"),
        ("%migrant%", "migrat*"),
        ("migrant%", "migrat*"),
        ("mig_ant", "migrat*"),
        ("LIKE '%migrant%'", "migrat*"),
        ("fair~8 work", "fair ~8 work"),
        ('"fair work"~8', "fair ~8 work"),
        ("fair ~ work", "fair ~8 work"),
        ("fair ~8work", "fair ~8 work"),
        ("roam~", "fair ~8 work"),
        ("fair NEAR work", "fair ~8 work"),
        ("fair NEAR/8 work", "fair ~8 work"),
        ("NEAR(fair work, 8)", "fair ~8 work"),
        ("fair w/8 work", "fair ~8 work"),
        ("fair ADJ8 work", "fair ~8 work"),
        ("fair AROUND(3) work", "fair ~8 work"),
        ("body:x", "only title: and summary:"),
        ("text: x", "only title: and summary:"),
        ("inurl:hub", "only title: and summary:"),
        ("site:example.org", "only title: and summary:"),
        ("título:hub", "only title: and summary:"),
        ("lang:es", "only title: and summary:"),
        ("title=hub", "title:hub"),
        ("title :hub", "title:hub"),
        ("hub title:work", "under all"),
        ("migrant^4", "remove what follows"),
        ("worker(s)", "the word alone"),
        ('"fair recruitment"', "remove them"),
        ("'fair recruitment'", "remove them"),
        ("“fair recruitment”", "remove them"),
        ("migrant or worker", "under any"),
        ("C++", "signs"),
        (".NET", "signs"),
        ("C#", "signs"),
        ("=C++", "signs"),
        ("R&D", "signs"),
        ("$15", "signs"),
        ("50%", "signs"),
        ("@iom", "signs"),
        ("#migration", "signs"),
        ("==IRIS", "signs"),
        ("jobs ⚡", "signs"),
        ("St. Louis", "leave it out"),
        ("COVID: update", "leave it out"),
        ("fair … work", "leave it out"),
        ("2,000", "2000 as well"),
        ("2.000.000 Menschen", "2000000 as well"),
        ("2000", "2,000 as well"),
        ("15000 workers", "15,000 as well"),
        ("https://example.org/work", "words that stand in the text"),
        ("ana@example.org", "words that stand in the text"),
        ("<b>fair</b>", "words that stand in the text"),
    ],
)
def test_what_people_write_elsewhere_is_told_what_it_would_have_to_be(
    term: str, wanted: str
) -> None:
    remark = remark_on(parse_term(term))
    assert remark is not None
    assert f"`{term}`" in remark.message
    assert wanted in remark.hint
    for field in ("title:", "summary:"):
        if ":" not in term and "=" not in term:
            assert remark_on(parse_term(field + term)) is not None


@pytest.mark.parametrize(
    "term",
    [
        "migrant", "fair recruitment", "migra*", "labour polic*", "=RCM", "=San José", "title:hub",
        "title:=IRIS", "summary: fair work", "fair ~8 work", "title:fair* ~0 =RCM", "COVID-19",
        "SARS-CoV-2", "O'Brien", "l’eau", "work–life", "U.S.", "EE. UU.", "H.B. 15", "J.K. Rowling",
        "Booking.com", "Agenda 2030", "2030 Agenda", "移民", "мигрант", "مهاجر", "кто-то", "IL-6",
        "NEAR", "work near home", "women and children", "no one", "Y", "search and rescue", "999",
    ],
)  # fmt: skip
def test_what_is_read_as_it_is_written_gets_no_remark(term: str) -> None:
    assert remark_on(parse_term(term)) is None


def test_a_remark_stands_at_its_term_and_at_the_spelling_of_an_alias() -> None:
    topics = [Topic("t", "T", "", Rule(all=(parse_term("a"), parse_term("a OR b"))))]
    found = list(odd_terms(topics, [["labour", "labor"], ["cpp", "C++"]]))
    assert [(each.path, each.severity) for each in found] == [
        (("aliases", 1, 1), "warning"),
        (("topics", "t", "all", 1), "warning"),
    ]


@pytest.mark.parametrize(("term", "capitals"), [("US", "US"), ("U.S.", "US"), ("title:U.N.", "UN")])
def test_an_acronym_with_dots_is_in_small_letters_a_word_as_well(term: str, capitals: str) -> None:
    (found,) = doubtful_terms([topic(term)], (), ENGLISH)
    assert found.hint.endswith(f"={capitals} to find only the capitals")


# --- Plurals that a list or a capital keeps out ---------------------------------------------------


def told(terms: list[str], *titles: str, languages: Languages = ENGLISH) -> list[str]:
    items: list[Item] = [item(Text(title)) for title in titles]
    faults: list[Fault] = list(narrowed_terms([topic(*terms)], (), languages, items))
    assert {fault.severity for fault in faults} <= {"note"}
    return [fault.message for fault in faults]


MANY = tuple(f"Harbour news of day {day}" for day in "abcdefghij")


def test_a_term_of_one_word_that_the_list_narrows_is_named() -> None:
    assert told(["rights"], *MANY) == [
        "`rights` does not find “right”, which counts as another word"
    ]
    assert told(["bien"], *MANY, languages=Languages("es")) != []
    assert told(["rights", "right"], *MANY) == []
    assert told(["=rights", "right*"], *MANY) == []


def test_a_phrase_is_named_where_news_have_the_other_form() -> None:
    assert told(["human right", "labour rights"], *MANY) == []
    assert told(["human right", "labour rights"], *MANY, "Human rights at sea") == [
        "`human right` does not find “rights”, which counts as another word"
    ]
    assert told(["human right", "labour rights"]) != []


def test_a_term_with_a_capital_is_named_where_news_have_the_other_form_without() -> None:
    assert told(["Lagos", "Seasonal Worker"], *MANY, "A worker in Lagos") == []
    assert told(["Lagos", "Seasonal Worker"], *MANY, "Seasonal workers", "Un día en el lago") == [
        "`Lagos` finds “lago” only with a capital",
        "`Seasonal Worker` finds “seasonal workers” only with a capital",
    ]
    assert told(["wages ~3 Worker"], *MANY, "The wages of workers") == [
        "`wages ~3 Worker` finds “workers” only with a capital"
    ]


def test_without_news_a_term_with_a_capital_that_looks_like_a_plural_is_named() -> None:
    assert told(["Lagos", "Mexico", "AIDS", "hubs", "Fair Recruitment"]) == [
        "`Lagos` finds “lago” only with a capital",
        "`AIDS` does not find “aid”, which counts as another word",
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_whatever_stops_the_remarks(written: str, title: str) -> None:
    try:
        term = parse_term(written)
    except ValueError:
        return
    topics = [Topic("t", "T", "", Rule(any=(term,), none=(term,)))]
    found = [
        *odd_terms(topics, [[written, "a"]] if not (term.exact or term.prefix) else []),
        *doubtful_terms(topics, (), ENGLISH),
        *narrowed_terms(topics, (), ENGLISH, [item(Text(title or "a"))]),
    ]
    assert all(fault.message for fault in found)
