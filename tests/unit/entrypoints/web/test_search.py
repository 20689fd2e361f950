"""`/search` finds what is published, and says plainly what it did not understand."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asgi import Answer
from tests.web_site import SmallSite
from tidings.application import edit
from tidings.application.cycle import run_cycle
from tidings.application.subscribe import RequestLimit
from tidings.core.incidents import PUBLISHED_RUN
from tidings.core.topics.queries import parse_query
from tidings.core.topics.terms import Groups
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app_state import MINUTE
from tidings.state import search as index_module
from tidings.state.access import index_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TOPICS = """
aliases:
  - [labour, labor]
topics:
  hubs:
    title: Hubs
    any: [hub]
  work:
    title: Work
    any: [labour]
"""
NEWS = [
    {"date": "2026-11-20", "title": "A hub opens", "summary": "It is about labor mobility."},
    {"date": "2025-03-01", "title": "Two hubs close", "summary": "Nobody knows why, says José."},
    {"date": "2024-03-01", "title": "Fair work for all", "summary": "Recruitment must be fair."},
    {"title": "An undated bridge", "summary": "Of steel & <b>stone</b>."},
]


class Searched(SmallSite):
    """A small site with news, which can be run again."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        (root / "config/topics.yaml").write_text(TOPICS, encoding="utf-8")
        with (root / "config/tidings.yaml").open("a", encoding="utf-8") as config:
            config.write("sources:\n  - path: seeds/*.json\n")
        self.news(NEWS)

    def news(self, entries: list[dict[str, str]], name: str = "news.json") -> None:
        (self.root / "seeds" / name).write_text(json.dumps(entries), encoding="utf-8")
        self.run()

    def run(self) -> None:
        self.instance = wiring.load_instance(self.root, {})
        self.app_state.take(self.instance)
        services = wiring.services(self.instance, self.store, wiring.clock(NOW))
        run_cycle(services, "none")

    def ask(self, words: str, **more: str) -> Answer:
        query = "&".join(f"{name}={quote_plus(value)}" for name, value in more.items())
        return self.pages.get(f"/search?q={quote_plus(words)}&{query}")

    def found(self, words: str, **more: str) -> list[str]:
        return titles(self.ask(words, **more))


def titles(page: Answer) -> list[str]:
    found = re.findall(r'<h3 class="headline"><a [^>]*>(.*?)</a>', page.text)
    return [re.sub("<[^>]+>", "", title) for title in found]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Searched]:
    opened = Searched(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("hub", ["A hub opens", "Two hubs close"]),
        ("HUBS", ["A hub opens", "Two hubs close"]),
        ("jose", ["Two hubs close"]),
        ("labour", ["A hub opens"]),
        ("fair work", ["Fair work for all"]),
        ('"fair work"', ["Fair work for all"]),
        ('"work fair"', []),
        ("title:recruitment", []),
        ("recruit*", ["Fair work for all"]),
        ("hub -opens", ["Two hubs close"]),
        ("stone", ["An undated bridge"]),
        ("nothing of the kind", []),
    ],
)
def test_words_find_what_rules_would(site: Searched, asked: str, found: list[str]) -> None:
    assert site.found(asked) == found


def test_topics_and_years_narrow_what_is_found(site: Searched) -> None:
    assert site.found("hub", year="2025") == ["Two hubs close"]
    assert site.found("hub", topic="work") == ["A hub opens"]
    assert site.found("", topic="hubs") == ["A hub opens", "Two hubs close"]
    assert site.found("", year="undated") == ["An undated bridge"]
    assert site.found("hub", topic="no-such") == []
    assert site.found("hub", year="1' OR 1") == ["A hub opens", "Two hubs close"]


def test_a_renamed_topic_and_an_edited_rule_count_at_once(site: Searched) -> None:
    assert site.found("", topic="hubs") == ["A hub opens", "Two hubs close"]
    site.edit("  hubs:\n", "  centres:\n    was: [hubs]\n", "topics.yaml")
    site.edit("any: [labour]", "any: [bridge]", "topics.yaml")
    site.run()
    assert site.found("", topic="hubs") == site.found("", topic="centres")
    assert site.found("", topic="hubs") == ["A hub opens", "Two hubs close"]
    assert site.found("", topic="work") == ["An undated bridge"]


def test_a_correction_counts_at_once(site: Searched) -> None:
    assert site.found("opens") == ["A hub opens"]
    site.news([NEWS[0] | {"title": "A hub opens late"}, *NEWS[1:]])
    assert site.found("late") == ["A hub opens late"]
    assert site.found("opens") == ["A hub opens late"]
    site.news([NEWS[0] | {"title": "A hub is late"}, *NEWS[1:]])
    assert site.found("opens") == []


def test_what_is_retracted_is_never_found_not_even_before_it_is_published(site: Searched) -> None:
    assert len(site.found("hub")) == 2
    editor = wiring.editor(site.instance, "Ana", "It was wrong.", NOW)
    [slug] = [each.stem for each in site.root.glob("feeds/items/a-hub-opens*")]
    edit.retract(site.store, editor, slug)
    assert site.found("hub") == ["Two hubs close"]
    site.run()
    assert "1 item<" in site.ask("hub").text
    assert site.found("hub") == ["Two hubs close"]


def test_what_has_no_page_yet_is_not_found(site: Searched) -> None:
    with site.store.reading() as state:
        published = state.note(PUBLISHED_RUN)
    assert published
    site.news([{"title": "A hub that waits"}], "more.json")
    with site.store.writing() as state:
        now_published = state.note(PUBLISHED_RUN)
        assert now_published
        state.remember(PUBLISHED_RUN, published)
    assert site.found("waits") == []
    with site.store.writing() as state:
        state.remember(PUBLISHED_RUN, now_published)
    assert site.found("waits") == ["A hub that waits"]


def test_an_answer_is_a_page_that_nobody_indexes_and_that_runs_no_script(site: Searched) -> None:
    page = site.ask("hub")
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert '<meta name="robots" content="noindex">' in page.text
    assert "<script" not in page.text
    assert "<mark>hub</mark>" in page.text


def test_what_was_typed_and_found_is_never_markup(site: Searched) -> None:
    page = site.ask('stone"><script>alert(1)</script>').text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    page = site.ask("steel").text
    assert "Of <mark>steel</mark> &amp; stone" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("a* b* c*", "a* was left out: write at least two letters"),
        ("!!!", "it has no word that a text could have"),
        ("hub OR fair", "OR was left out: all words have to be there"),
        ("=Hub", "=Hub was searched for in any spelling"),
        ("-hub", "Add a word that is to be there"),
        (" ".join(f"w{n}" for n in range(12)), "at most ten words or phrases: w10"),
    ],
)
def test_what_was_not_understood_is_said_plainly(site: Searched, typed: str, said: str) -> None:
    page = site.ask(typed)
    assert page.status_code == 200
    assert said in re.sub("<[^>]+>", "", page.text)


def test_a_question_that_is_too_long_is_refused_in_words(site: Searched) -> None:
    page = site.ask("x" * 201)
    assert page.status_code == 400
    assert "A search has at most 200 characters. Nothing was searched for." in page.text
    assert "Nothing found" not in page.text
    assert "Nothing found" not in site.ask("a*").text
    assert "Nothing found" in site.ask("zebra").text


def test_a_page_holds_no_character_that_html_cannot(site: Searched) -> None:
    page = site.pages.get("/search?q=hub%00%01%ff%C2%80%EF%BF%BE")
    assert page.status_code == 200
    assert not re.search("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe]", page.text)


BITS = (*'"*()^:+-{}~=,. ', "'", "NEAR(", "NEAR(a b, 99)", " OR ", " NOT ", "hub", "title:", "\x00")
MORE = ("facts:", "words", "rowid", "“", "é", "移民", "fair", "\ud7ff", "; DROP TABLE words; --")
SYNTAX = st.lists(st.sampled_from([*BITS, *MORE]), max_size=20).map("".join)


@given(SYNTAX)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_typed_is_syntax_of_the_database(site: Searched, typed: str) -> None:
    assert site.ask(typed).status_code in (200, 400)


def test_a_phrase_with_too_many_ways_to_write_it_is_searched_as_written(
    site: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "MOST_WAYS", 1)
    page = site.ask('"a hub"')
    assert "only as it is written" in page.text
    assert titles(page) == ["A hub opens"]


def test_answers_come_in_pages_with_links_to_the_next_and_the_last(site: Searched) -> None:
    days = [f"2020-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(45)]
    site.news([{"date": day, "title": f"Report {day}"} for day in days], "more.json")
    first = site.ask("report", year="2020")
    assert titles(first)[0] == f"Report {days[-1]}"
    assert "45 items, newest first" in first.text
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link
    second = site.pages.get(link[1].replace("&amp;", "&"))
    assert titles(first) + titles(second) == [f"Report {day}" for day in days[:4:-1]]
    beyond = site.ask("report", page="99")
    assert "Page 3 of 3" in beyond.text
    assert titles(beyond) == [f"Report {day}" for day in days[4::-1]]
    assert site.ask("report", page="0' --").status_code == 200


def test_more_than_can_be_listed_is_said(site: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "MOST_FOUND", 1)
    page = site.ask("hub")
    assert "More than 1 items" in page.text or "More than 1 item" in page.text
    assert titles(page) == ["A hub opens"]


def test_the_index_can_be_thrown_away_at_any_time(site: Searched) -> None:
    assert len(site.found("hub")) == 2
    index_of(site.instance.state_path).unlink()
    assert len(site.found("hub")) == 2


def test_many_may_ask_at_once_and_be_the_first(site: Searched) -> None:
    answers = site.pages.at_once(*["/search?q=hub"] * 12)
    assert {(page.status_code, *titles(page)) for page in answers} <= {
        (200, "A hub opens", "Two hubs close"),
        (503,),  # while the first makes the index
    }
    assert len(site.found("hub")) == 2


def test_a_damaged_index_is_made_again(site: Searched) -> None:
    assert len(site.found("hub")) == 2
    site.app_state.index.close()
    index_of(site.instance.state_path).write_bytes(b"nothing of the kind" * 1000)
    assert site.ask("hub").status_code == 503
    assert len(site.found("hub")) == 2


def test_a_large_index_is_made_beside_the_answers(
    site: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "AT_ONCE", 2)
    page = site.ask("hub")
    assert page.status_code == 503
    assert "The search is being prepared" in page.text
    site.app_state.indexing.stop()
    assert len(site.found("hub")) == 2
    site.news([{"title": f"Hub number {n}"} for n in range(5)], "more.json")
    page = site.ask("hub")
    assert "What came in last is still being prepared" in page.text
    site.app_state.indexing.stop()
    assert len(site.found("hub")) == 7


def test_another_process_that_writes_the_index_holds_up_no_answer(
    site: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_BUSY_SECONDS", 0.0)
    assert len(site.found("hub")) == 2
    site.app_state.index.close()
    other = sqlite3.connect(index_of(site.instance.state_path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    site.news([{"title": "A third hub"}], "more.json")
    page = site.ask("hub")
    assert "may be missing" in page.text
    assert len(titles(page)) == 2
    other.execute("ROLLBACK")
    other.close()
    assert len(site.found("hub")) == 3


def test_a_missing_fts5_ends_in_a_sentence(
    site: Searched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    without = tuple(each.replace("fts5(", "fts5_is_missing(") for each in index_module._TABLES)
    monkeypatch.setattr(index_module, "_TABLES", without)
    page = site.ask("hub")
    assert page.status_code == 503
    assert "The search does not work at the moment." in page.text
    assert "SQLite was built without FTS5: use a Python whose SQLite has it" in caplog.text


def test_a_restored_or_other_state_is_searched_anew(site: Searched) -> None:
    assert len(site.found("hub")) == 2
    with site.store.writing() as state:
        state.remember("lineage", "another")
    with sqlite3.connect(index_of(site.instance.state_path)) as index:
        index.execute("DELETE FROM words WHERE title LIKE 'two%'")
    assert len(site.found("hub")) == 2


def test_who_never_stops_asking_is_told_to_wait(
    site: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.app_state.searches = RequestLimit(1, MINUTE)
    assert site.ask("hub").status_code == 200
    page = site.ask("hub")
    assert page.status_code == 429
    assert page.headers["retry-after"] == "60"
    assert "Please try again in a minute." in page.text


def test_recording_and_publishing_make_no_index(site: Searched) -> None:
    assert not index_of(site.instance.state_path).exists()


def test_words_in_other_languages_are_compared_by_their_own_plurals(site: Searched) -> None:
    site.news(
        [
            {"title": "Los animales de la ciudad que son de todos", "summary": "Y los peces."},
            {"title": "The animal of the city that is for all", "summary": "And the fishes."},
        ],
        "more.json",
    )
    assert site.found("pez") == ["Los animales de la ciudad que son de todos"]
    found = site.app_state.index.find(parse_query("animal"), Groups())
    assert found.total == 2
