"""What a feed knows an entry by is what tells which item it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.pressroom import FILES, Pressroom
from tidings.entrypoints import wiring
from tidings.model import Item

SOURCES = "sources:\n  - path: seeds/*.txt\n  - path: seeds/old/*.xml\n  - path: seeds/new/*.xml\n"


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = Pressroom(tmp_path)
    for name, text in FILES.items():
        made.write(name, text)
    made.write("config/tidings.yaml", FILES["config/tidings.yaml"] + SOURCES)
    (tmp_path / "seeds/old").mkdir()
    (tmp_path / "seeds/new").mkdir()
    return made


def entry(title: str, guid: str, day: str = "04 May 2026", text: str = "She sails.") -> str:
    return (
        f"<item><title>{title}</title><link>https://old.example.org/{guid}</link>"
        f"<guid isPermaLink='false'>{guid}</guid><pubDate>{day} 10:00:00 GMT</pubDate>"
        f"<description>{text}</description></item>"
    )


def feed(room: Pressroom, name: str, *entries: str) -> None:
    room.write(
        name, f"<rss version='2.0'><channel><title>x</title>{''.join(entries)}</channel></rss>"
    )


def items(room: Pressroom) -> dict[str, Item]:
    room.now += timedelta(hours=1)
    room.run("none")
    instance = wiring.load_instance(room.root, {})
    with wiring.look_at_state(instance) as store, store.reading() as state:
        return {item.title: item for item in state.items.all()}


def test_an_imported_item_keeps_its_address(room: Pressroom) -> None:
    feed(room, "seeds/old/a.xml", entry("The old boat", "1"))
    assert items(room)["The old boat"].text.url == "https://old.example.org/1"


def test_an_entry_with_all_but_its_guid_changed_is_the_same_item(room: Pressroom) -> None:
    feed(room, "seeds/old/a.xml", entry("The old boat", "1"), entry("A crane", "2"))
    before = items(room)
    feed(
        room, "seeds/old/a.xml",
        entry("Nothing alike at all", "1", "06 May 2026", "Other words."), entry("A crane", "2"),
    )  # fmt: skip
    after = items(room)
    assert len(after) == len(before)
    assert after["Nothing alike at all"].id == before["The old boat"].id
    assert after["Nothing alike at all"].revision == 1


def test_a_feed_imported_again_under_another_name_doubles_nothing(room: Pressroom) -> None:
    feed(room, "seeds/old/a.xml", entry("The old boat", "1"))
    before = items(room)
    feed(room, "seeds/old/b.xml", entry("The old boat, retitled", "1"))
    assert {item.id for item in items(room).values()} == {item.id for item in before.values()}


def test_the_guids_of_two_feeds_tell_nothing_of_each_other(room: Pressroom) -> None:
    feed(room, "seeds/old/a.xml", entry("The old boat", "1"))
    feed(room, "seeds/new/a.xml", entry("A new crane", "1"))
    assert len(items(room)) == 4


def test_two_entries_of_one_title_and_day_stay_two_items_by_their_guids(room: Pressroom) -> None:
    same = ("Minutes", "04 May 2026")
    feed(
        room, "seeds/old/a.xml",
        entry(same[0], "1", same[1], "First."), entry(same[0], "2", same[1], "Second."),
    )  # fmt: skip
    items(room)
    feed(
        room, "seeds/old/a.xml",
        entry(same[0], "2", same[1], "First."), entry(same[0], "1", same[1], "Second."),
    )  # fmt: skip
    items(room)
    instance = wiring.load_instance(room.root, {})
    with wiring.look_at_state(instance) as store, store.reading() as state:
        minutes = [item for item in state.items.all() if item.title == "Minutes"]
    assert len(minutes) == 2
    assert all(item.revision == 1 for item in minutes)
