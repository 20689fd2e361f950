"""Items in three languages, and readers who want some: in mail, in feeds, and as people change."""

from __future__ import annotations

import re
from pathlib import Path

import feedparser
import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.application import subscribe
from tidings.core.tokens import Member
from tidings.model import ALL
from tidings.state import Store

TEXTS = {
    "en": "Ferry number {n} of the harbour is back\n\nShe will sail to the islands again.",
    "es": "El transbordador {n} del puerto vuelve\n\nThe ferry: sale de nuevo a las islas.",
    "fr": "Le bateau {n} du port est de retour\n\nThe ferry: il va vers les îles.",
}
WEEKLY = """
digests:
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail
"""


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = pressroom(tmp_path)
    sources = "".join(f"  - {{path: seeds/{tag}.txt, language: {tag}}}\n" for tag in TEXTS)
    made.edit("config/tidings.yaml", "\nsite:", f"\nsources:\n{sources}site:")
    made.write("config/digests.yaml", WEEKLY)
    (made.root / "seeds/may.txt").unlink()
    return made


def news(room: Pressroom, **numbers: int) -> None:
    """So many items in each language, all of them about boats."""
    for tag, number in numbers.items():
        texts = [TEXTS[tag].format(n=n) for n in range(number)]
        days = [f"{n + 1} May, 2026\n\n{text}\n" for n, text in enumerate(texts)]
        if days:
            room.write(f"seeds/{tag}.txt", "\n".join(reversed(days)))


def people(room: Pressroom, **read: str) -> None:
    lines = [
        f"    - {{address: {name}@example.org{f', items_in: {tags}' if tags else ''}}}"
        for name, tags in read.items()
    ]
    room.write("config/recipients.yaml", "lists:\n  crew:\n" + "\n".join(lines) + "\n")


def got(room: Pressroom, name: str) -> list[str]:
    """The languages of the items that somebody has been mailed, in order of editions."""
    marks = {"en": "Ferry number", "es": "El transbordador", "fr": "Le bateau"}
    found = []
    folder = room.root / "outbox/weekly"
    for path in sorted(folder.rglob(f"*-{name}@*.eml"), key=lambda p: int(p.parent.name)):
        from email import message_from_bytes, policy

        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        found += [tag for tag, mark in marks.items() for _ in re.findall(f"{mark} \\d", text)]
    return found


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_gets_items_in_their_languages_of_three(room: Pressroom, number: int) -> None:
    news(room, en=1, es=number, fr=number)
    people(room, all="", es="[es]", both="[FR, en]", de="[de]", cr="[es-CR]")
    room.plan_and_run("now")
    assert sorted(got(room, "all")) == ["en", *["es"] * number, *["fr"] * number]
    assert got(room, "es") == got(room, "cr") == ["es"] * number
    assert sorted(got(room, "both")) == ["en", *["fr"] * number]
    assert got(room, "de") == []


def test_a_digest_brings_its_languages_and_nobody_can_want_more(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "    lists:", "    items_in: [es, fr]\n    lists:")
    news(room, en=1, es=1, fr=1)
    people(room, all="", fr="[fr]", en="[en]", each="[en, es]")
    planned = room.plan_and_run("now")
    assert [each.items for each in planned.opened] == [2]
    assert sorted(got(room, "all")) == ["es", "fr"]
    assert (got(room, "fr"), got(room, "en"), got(room, "each")) == (["fr"], [], ["es"])


@pytest.mark.parametrize(("history", "then"), [("skip", []), ("mail", ["en"])])
def test_a_language_that_a_digest_adds_counts_by_its_history(
    room: Pressroom, history: str, then: list[str]
) -> None:
    room.edit("config/digests.yaml", "    lists:", "    items_in: [es]\n    lists:")
    news(room, en=1, es=1)
    people(room, all="")
    room.run("now")
    room.edit("config/digests.yaml", "items_in: [es]", "items_in: [es, en]")
    room.edit("config/digests.yaml", "history: mail", f"history: {history}")
    room.pass_days(1)
    room.plan_and_run("now")
    assert got(room, "all") == ["es", *then]
    news(room, en=2)
    room.pass_days(1)
    room.run("now")
    assert got(room, "all") == ["es", *then, "en"]


def test_what_somebody_did_not_read_is_not_owed_once_they_do(room: Pressroom) -> None:
    news(room, en=1, es=1)
    people(room, ana="[es]")
    room.run("now")
    people(room, ana="[es, en]")
    room.pass_days(1)
    room.run("now")
    assert got(room, "ana") == ["es"]
    news(room, en=2, es=2)
    room.pass_days(1)
    room.plan_and_run("now")
    assert sorted(got(room, "ana")) == ["en", "es", "es"]


def test_who_was_paused_is_owed_what_they_read_and_nothing_else(room: Pressroom) -> None:
    news(room, en=1, es=1, fr=1)
    people(room, ana="[es], paused: true", rui="")
    room.run("now")
    news(room, en=2, es=2)
    room.pass_days(1)
    room.run("now")
    people(room, ana="[es]", rui="")
    news(room, fr=2)
    room.pass_days(1)
    room.run("now")
    assert got(room, "ana") == ["es", "es"]


def test_what_somebody_chooses_on_the_page_wins_over_their_list(room: Pressroom) -> None:
    def choose(*tags: str) -> None:
        def act(store: Store, _key: bytes) -> None:
            member = Member("weekly", "ana@example.org")
            subscribe.prefer(store, member, None, None, room.now, tags or ALL)

        room.decide(act)

    news(room, en=1, es=1)
    people(room, ana="[es]")
    choose("en")
    room.run("now")
    assert got(room, "ana") == ["en"]
    choose()
    news(room, en=2, es=2)
    room.pass_days(1)
    room.run("now")
    assert sorted(got(room, "ana")) == ["en", "en", "es"]


def test_a_source_that_says_its_language_later_sends_nothing_that_was_announced(
    room: Pressroom,
) -> None:
    news(room, en=1, es=1)
    people(room, ana="[es]", eva="[es]")
    room.run("now")
    room.edit("config/tidings.yaml", "seeds/en.txt, language: en", "seeds/en.txt, language: es")
    room.pass_days(1)
    room.run("now")
    assert got(room, "ana") == ["es"]
    news(room, en=2)
    room.pass_days(1)
    room.run("now")
    assert got(room, "ana") == ["es", "en"]


def test_a_source_that_says_its_language_later_makes_nothing_news_to_a_digest_of_that(
    room: Pressroom,
) -> None:
    room.edit("config/digests.yaml", "    lists:", "    items_in: [es]\n    lists:")
    room.edit("config/digests.yaml", "history: mail", "history: skip")
    people(room, ana="")
    room.run("now")
    news(room, en=2, es=1)
    room.pass_days(1)
    room.run("now")
    room.edit("config/tidings.yaml", "seeds/en.txt, language: en", "seeds/en.txt, language: es")
    room.pass_days(1)
    room.plan_and_run("now")
    assert got(room, "ana") == ["es"]


# --- Feeds ----------------------------------------------------------------------------------------


def feeds(room: Pressroom) -> set[str]:
    folder = room.root / "feeds/topics/boats"
    return {path.parent.name for path in folder.glob("*/atom.xml")}


def titles(room: Pressroom, tag: str) -> list[str]:
    path = room.root / f"feeds/topics/boats/{tag}/atom.xml"
    return [entry.title for entry in feedparser.parse(path.read_bytes()).entries]


@pytest.mark.parametrize(
    ("numbers", "there"),
    [
        ({"en": 0}, set()),
        ({"en": 2}, set()),
        ({"en": 1, "es": 1}, {"en", "es"}),
        ({"en": 1, "es": 2, "fr": 1}, {"en", "es", "fr"}),
    ],
)
def test_a_topic_has_a_feed_for_each_of_several_languages(
    room: Pressroom, numbers: dict[str, int], there: set[str]
) -> None:
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, ferry, bateau]")
    news(room, **numbers)
    people(room, ana="")
    room.plan_and_run("none")
    assert feeds(room) == there
    for tag in there:
        assert len(titles(room, tag)) == numbers[tag]
        for name in ("rss.xml", "feed.json"):
            assert (room.root / f"feeds/topics/boats/{tag}/{name}").exists()
    page = (room.root / "feeds/topics/boats/index.html").read_text("utf-8")
    assert set(re.findall(r'atom\+xml" hreflang="(\w+)"', page)) == there
    assert ("Feeds of items in one language" in page) is bool(there)


def test_a_feed_of_a_language_goes_on_once_it_was_published(room: Pressroom) -> None:
    news(room, en=1, es=1)
    people(room, ana="")
    room.run("none")
    assert feeds(room) == {"en", "es"}
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, ferry number]")
    room.pass_days(1)
    room.plan_and_run("none")
    assert feeds(room) == {"en", "es"}
    assert (len(titles(room, "en")), titles(room, "es")) == (1, [])
    page = (room.root / "feeds/topics/boats/index.html").read_text("utf-8")
    assert "hreflang" not in page
    news(room, en=2)
    room.pass_days(1)
    room.run("none")
    assert len(titles(room, "en")) == 2


def test_a_feed_of_a_language_keeps_its_address_when_the_topic_is_renamed(room: Pressroom) -> None:
    news(room, en=1, es=1)
    people(room, ana="")
    room.run("none")
    room.edit("config/topics.yaml", "  boats:\n", "  ships:\n    was: [boats]\n")
    room.pass_days(1)
    room.plan_and_run("none")
    new = room.root / "feeds/topics/ships/es/atom.xml"
    assert new.read_bytes() == (room.root / "feeds/topics/boats/es/atom.xml").read_bytes()
    assert feedparser.parse(new.read_bytes()).feed.id.endswith(":topic/ships/es")


def test_regions_share_a_feed_and_what_is_not_known_is_in_each(room: Pressroom) -> None:
    room.edit("config/tidings.yaml", "es.txt, language: es", "es.txt, language: es-CR")
    room.edit("config/tidings.yaml", "fr.txt, language: fr", "fr.txt, language: es-MX")
    room.edit("config/tidings.yaml", "site:", "  - path: seeds/other.txt\nsite:")
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, ferry, bateau, con]")
    news(room, en=1, es=1, fr=1)
    room.write("seeds/other.txt", "3 May, 2026\n\nCon la de\n")
    people(room, ana="")
    room.run("none")
    assert feeds(room) == {"en", "es"}
    assert (len(titles(room, "es")), len(titles(room, "en"))) == (3, 2)


def test_entries_of_a_feed_in_their_language_need_no_mark_of_it(room: Pressroom) -> None:
    news(room, en=1, es=1)
    people(room, ana="")
    room.run("none")
    text = (room.root / "feeds/topics/boats/es/atom.xml").read_text("utf-8")
    assert re.findall(r'(?:xml:)?lang="[^"]*"', text) == ['xml:lang="es"']
    assert "<title>Boats (español), Harbour news</title>" in text


def test_whoever_upgrades_has_languages_told_and_gets_nothing_twice(room: Pressroom) -> None:
    news(room, en=1, es=1)
    people(room, ana="", eva="[es], paused: true")
    room.run("now")

    def forget(store: Store, _key: bytes) -> None:
        """As a version before left it."""
        with store.writing() as state:
            from sqlalchemy import text

            for table in ("items", "announcements"):
                state.items._db.execute(text(f"UPDATE {table} SET language = NULL"))
            state.items._db.execute(text("DELETE FROM notes WHERE name = 'languages of items'"))

    room.decide(forget)
    people(room, ana="", eva="[es]")
    news(room, fr=1)
    room.pass_days(1)
    room.run("now")
    assert sorted(got(room, "ana")) == ["en", "es", "fr"]
    assert got(room, "eva") == ["es"]
