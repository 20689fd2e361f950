"""Entries of feeds that are kept from one publication to the next: few are printed, none is old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.builders import HOUR, MONDAY, topic
from tests.desk import Desk
from tidings.application import edit
from tidings.application.publishing import entry_cache
from tidings.core import feeds

LATER = MONDAY + HOUR
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
BOTH = "2026-01-07 | A boat in a port | At last."
BOATS, PORTS = topic("boats", "boat"), topic("ports", "port")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of all entries that are printed from now on."""
    titles: list[str] = []
    real = feeds.printed

    def spy(entries: Sequence[feeds.Entry], author: feeds.Author) -> list[feeds.Printed]:
        titles.extend(entry.title for entry in entries)
        return real(entries, author)

    monkeypatch.setattr(feeds, "printed", spy)
    return titles


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.topics = (BOATS, PORTS)
    desk.file("a.txt", BOAT, PORT, BOTH)
    desk.publish()
    return desk


def test_one_more_item_prints_one_entry_for_all_feeds_in_all_formats(
    desk: Desk, printed: list[str]
) -> None:
    desk.file("b.txt", "2026-01-08 | Another boat in another port |", now=LATER)
    desk.publish()
    assert printed == ["Another boat in another port"]


def test_a_correction_and_a_retraction_are_printed_anew(desk: Desk) -> None:
    desk.file("a.txt", BOAT.replace("floats", "sinks"), PORT, BOTH, now=LATER)
    desk.publish_as_if_anew()
    boat = desk.items()["A boat"]
    edit.retract(desk.store, desk.editor(LATER, reason="It was a raft."), boat.slug)
    desk.publish_as_if_anew()
    assert b"It was a raft." in desk.published()["topics/boats/atom.xml"]


def test_rules_that_another_process_goes_by_are_heeded(desk: Desk) -> None:
    """It has an edited configuration, which we have not read yet."""
    ours, desk.topics = desk.topics, (replace(BOATS, rule=PORTS.rule), PORTS)
    desk.record(LATER)
    desk.topics = ours
    desk.publish()
    feed = desk.published()["topics/boats/atom.xml"]
    assert feed.count(b"<entry>") == feed.count(b'term="boats"') == feed.count(b'term="ports"') == 2
    desk.record(LATER)
    desk.publish_as_if_anew()


def test_what_was_not_asked_for_longest_goes_first(
    desk: Desk, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry_cache, "MOST", 2)
    desk.file("b.txt", "2026-01-08 | A raft |", now=LATER)
    desk.publish()
    assert printed == ["A raft"]
    desk.file("c.txt", "2026-01-09 | A canoe |", now=LATER)
    desk.publish()
    assert printed[1:] == ["A canoe", "A raft", "A boat in a port"]
    desk.publish_as_if_anew()
