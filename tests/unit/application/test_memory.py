"""What is kept between publications: figures are asked for where they changed, and are right."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from tests.builders import HOUR, MONDAY, topic
from tests.desk import Desk
from tidings.application import editing
from tidings.core.pages import Census
from tidings.state.lists import ItemLists

LATER = MONDAY + HOUR
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port in the far north | It waits."
FERRY = "2025-12-07 | A ferry | At last."


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The topics whose figures the state is asked for, each time that it is."""
    found: list[set[str]] = []
    real = ItemLists.censuses

    def spy(self: ItemLists, slugs: Collection[str]) -> dict[str, Census]:
        found.append(set(slugs))
        return real(self, slugs)

    monkeypatch.setattr(ItemLists, "censuses", spy)
    return found


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.topics = (topic("boats", "boat"), topic("ports", "port"), topic("ferries", "ferry"))
    desk.file("a.txt", BOAT, PORT, FERRY)
    desk.publish()
    return desk


def test_one_more_item_asks_for_the_figures_of_its_topics_alone(
    desk: Desk, asked: list[set[str]]
) -> None:
    desk.file("b.txt", "2026-02-01 | Another boat |", now=LATER)
    desk.publish()
    assert asked == [{"", "boats"}]


def test_an_item_that_leaves_a_topic_changes_its_figures(desk: Desk, asked: list[set[str]]) -> None:
    desk.file("a.txt", BOAT, PORT.replace("A port", "A fort"), FERRY, now=LATER)
    desk.publish()
    assert asked == [{"", "ports"}]
    desk.publish_as_if_anew()


def test_a_corrected_date_and_a_retraction_change_figures(desk: Desk) -> None:
    desk.file("a.txt", BOAT.replace("2026-01-05", "2025-12-24"), PORT, FERRY, now=LATER)
    desk.publish_as_if_anew()
    slug = desk.items()["A ferry"].slug
    editing.retract(desk.store, desk.editor(LATER, reason="It was a raft."), slug)
    desk.publish_as_if_anew()


def test_what_was_merged_away_counts_no_more(desk: Desk, asked: list[set[str]]) -> None:
    items = desk.items()
    editor = desk.editor(LATER, reason="One thing.")
    editing.merge(desk.store, editor, items["A port in the far north"].slug, items["A ferry"].slug)
    desk.publish()
    assert {"", "ferries"} <= asked[0]
    desk.publish_as_if_anew()


def test_where_somebody_else_has_published_all_figures_are_asked_for(
    desk: Desk, asked: list[set[str]]
) -> None:
    desk.file("b.txt", "2026-02-01 | Another boat |", now=LATER)
    other = Desk(desk.root, desk.store, desk.topics, _published_by=desk._published_by)
    other.publish()
    desk.file("c.txt", "2026-02-02 | Another ferry |", now=LATER + HOUR)
    desk.publish()
    assert asked[-1] == {"", "boats", "ports", "ferries"}
    desk.publish_as_if_anew()
