"""`tidings explain` as people call it: what it says, and its codes."""

from __future__ import annotations

import json

import pytest

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import call
from tidings.errors import ConfigError, NoSuchItem


def test_an_explanation_shows_every_line_and_the_words_in_their_place(room: Pressroom) -> None:
    room.run()
    told = call(room, "explain", "the-ferry", "--topic", "boats")
    assert told.stdout.splitlines() == [
        "The ferry is back",
        "8 May 2026",
        "",
        "   In Boats, because 1 of 2 terms under any: is there.",
        "",
        "   no    boat",
        "   yes   ferry",
        "         title   The [ferry] is back",
        "",
        "   Also in The quay.",
    ]


def test_a_miss_is_told_with_what_comes_nearest(room: Pressroom) -> None:
    room.edit("config/topics.yaml", "any: [quay]", "any: [swimming pool]")
    room.run()
    told = call(room, "explain", "swimming", "--topic", "quay").stdout
    assert "Not in The quay. Its one term is not there." in told
    assert "nearest: only “Swimming” is in the title" in told
    assert "[Swimming] lessons begin" in told


def test_without_a_topic_those_that_hold_come_first(room: Pressroom) -> None:
    room.run()
    told = call(room, "explain", "the-ferry").stdout
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat]")
    assert told.index("In Boats") < told.index("In The quay")
    told = call(room, "explain", "the-ferry").stdout
    assert told.index("In The quay") < told.index("Not in Boats")
    assert "By the last run it is still in it; the rule was edited since" in told


def test_a_pin_is_named_as_the_reason(room: Pressroom) -> None:
    room.run()
    answer = json.loads(call(room, "explain", "swimming", "--json").stdout)
    pinned = f"any: [boat, ferry]\n    pin: [{answer['item']['id']}]"
    room.edit("config/topics.yaml", "any: [boat, ferry]", pinned)
    told = call(room, "explain", "swimming", "--topic", "boats").stdout
    assert "In Boats, because it is pinned there." in told
    assert "the next run puts it in" in told


def test_an_explanation_for_programs_has_all_topics_and_lines(room: Pressroom) -> None:
    room.run()
    answer = json.loads(call(room, "explain", "the-ferry", "--json").stdout)
    boats = next(topic for topic in answer["topics"] if topic["slug"] == "boats")
    assert (boats["holds"], boats["recorded"], boats["failing"]) == (True, True, [])
    assert [(line["written"], line["holds"]) for line in boats["clauses"]] == [
        ("boat", False),
        ("ferry", True),
    ]
    words = {"field": "title", "start": 4, "end": 9, "words": "ferry"}
    assert boats["clauses"][1]["evidence"] == [words]


def test_a_text_can_be_explained_where_there_is_no_state(room: Pressroom) -> None:
    told = call(room, "explain", "--text", "At last", "--summary", "A boat comes").stdout
    assert "A [boat] comes" in told


def test_an_item_that_is_not_there_is_told_with_those_that_come_near(room: Pressroom) -> None:
    room.run()
    with pytest.raises(NoSuchItem, match="Swimming lessons begin"):
        call(room, "explain", "lessons-swim")
    with pytest.raises(ConfigError, match="did you mean"):
        call(room, "explain", "the-ferry", "--topic", "boat")
    with pytest.raises(ConfigError, match="name an item"):
        call(room, "explain")
