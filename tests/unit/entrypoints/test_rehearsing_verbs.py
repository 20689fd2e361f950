"""`plan`, `explain`, `preview` and `send` as people call them: what they say, and their codes."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.pressroom import Pressroom, pressroom, traces
from tidings.entrypoints.cli import app
from tidings.errors import ConfigError, NoSuchItem

EPOCH = {
    "SOURCE_DATE_EPOCH": "1778403600",
    "NO_COLOR": "1",
    "COLUMNS": "80",
}  # Sunday 10 May, 09:00Z


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    return pressroom(tmp_path)


def call(room: Pressroom, *words: str) -> Result:
    """Call a verb that must leave the instance as it is."""
    before = traces(room.root)
    result = CliRunner().invoke(app, ["-C", str(room.root), *words], env=EPOCH)
    assert traces(room.root) == before
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


# --- plan ----------------------------------------------------------------------------------------


def test_a_plan_tells_items_feeds_files_and_the_next_edition(room: Pressroom) -> None:
    told = call(room, "plan")
    assert told.exit_code == 0
    lines = [re.sub(r"\d+ files: \d+", "N files: N", line) for line in told.stdout.splitlines()]
    assert lines == [
        "If it ran now, Sunday 10 May 2026, 10:00. Nothing has been touched.",
        "",
        "   items      2 new",
        "   +           8 May 2026  The ferry is back",
        "   +           7 May 2026  Swimming lessons begin",
        "   feeds      3 feeds written or removed, as Atom, RSS and JSON Feed",
        "              Harbour news                        +2           2 entries",
        "              Boats                               +1           1 entry",
        "              The quay                            +1           1 entry",
        "   files      N files: N new",
        "   next       Monday 11 May 2026, 08:00, Harbour weekly, No. 1",
        "              2 people                      2 items",
        "              rui@example.org               1 item",
    ]


def test_a_plan_tells_corrections_edited_topics_and_what_is_mailed(room: Pressroom) -> None:
    room.run("now")
    room.edit("seeds/may.txt", "She lies at the quay.", "She lies at the pier.")
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, swimming]")
    lines = [line.strip() for line in call(room, "plan", "--send", "none").stdout.splitlines()]
    assert "~           8 May 2026  text: She lies at the quay. -> She lies at the pier." in lines
    assert (
        "topics     Boats, edited: +1 −1 items; mailed by weekly (history: mail), not by boats"
        " (history: skip)"
    ) in lines
    assert "The quay                            −1           0 entries" in lines


def test_what_no_digest_mails_for_its_history_is_told_in_two_words(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "history: mail", "history: skip")
    room.run()
    room.edit("config/topics.yaml", "any: [quay]", "any: [quay, pool]")
    told = call(room, "plan").stdout
    assert "The quay, edited: +1 item; not mailed: history: skip\n" in told


def test_a_plan_without_changes_is_one_line_and_what_comes_next(room: Pressroom) -> None:
    room.run("now")
    assert call(room, "plan").stdout == "Nothing to do.\n"


def test_pending_changes_end_with_3_only_where_that_was_asked_for(room: Pressroom) -> None:
    assert call(room, "plan").exit_code == 0
    assert call(room, "plan", "--detailed-exitcode").exit_code == 3
    room.run()
    assert call(room, "plan", "--detailed-exitcode").exit_code == 0


def test_a_plan_ends_with_1_if_the_run_would(room: Pressroom) -> None:
    room.write("seeds/bad.txt", "nothing")
    told = call(room, "plan", "--detailed-exitcode")
    assert told.exit_code == 1
    assert "seeds/bad.txt" in told.stdout


def test_a_plan_is_refused_for_an_instant_that_is_over(room: Pressroom) -> None:
    room.run()
    with pytest.raises(ConfigError, match="before the last recorded cycle"):
        call(room, "plan", "--now", "2026-05-09T08:00")


def test_a_plan_for_programs_has_every_entry_and_every_reader(room: Pressroom) -> None:
    planned = json.loads(call(room, "plan", "--json", "--send", "now").stdout)
    assert (planned["format_version"], planned["pending"]) == (1, True)
    assert [item["title"] for item in planned["items"]["new"]] == [
        "The ferry is back",
        "Swimming lessons begin",
    ]
    boats = next(feed for feed in planned["feeds"] if feed["path"] == "topics/boats/atom.xml")
    assert [entry["title"] for entry in boats["appearing"]] == ["The ferry is back"]
    (weekly,) = planned["editions"]
    assert {who["address"]: who["items"] for who in weekly["recipients"]} == {
        "ana@example.org": 2,
        "rui@example.org": 1,
        "eva@example.org": 2,
    }
    assert planned["mail"]["messages"] == 3


# --- explain -------------------------------------------------------------------------------------


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


# --- preview and send ----------------------------------------------------------------------------


def test_a_preview_is_shown_as_text_as_a_page_or_as_the_message(
    room: Pressroom, tmp_path: Path
) -> None:
    assert "The ferry is back" in call(room, "preview", "weekly").stdout
    assert call(room, "preview", "weekly", "--format", "html").stdout.startswith("<!")
    file = tmp_path / "message.eml"
    shown = call(
        room, "preview", "weekly", "--recipient", "RUI@example.org", "--format", "eml", "--out",
        str(file),
    )  # fmt: skip
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert message_from_bytes(file.read_bytes())["To"] == "rui@example.org"


def test_a_preview_of_nothing_says_so_and_when_there_will_be_something(room: Pressroom) -> None:
    room.run("now")
    told = call(room, "preview", "weekly", "--recipient", "ana@example.org")
    assert told.exit_code == 0
    assert told.stdout == (
        "ana@example.org is owed nothing by weekly. The next edition is due"
        " Monday 11 May 2026, 08:00.\n"
    )


def test_a_wrong_name_is_told_with_the_one_that_comes_near(room: Pressroom) -> None:
    with pytest.raises(ConfigError, match='did you mean "weekly"'):
        call(room, "preview", "weakly")
    with pytest.raises(ConfigError, match=r"did you mean .ana@"):
        call(room, "preview", "weekly", "--recipient", "anna@example.org")
    with pytest.raises(ConfigError, match="--test"):
        call(room, "send", "weekly")
    with pytest.raises(ConfigError, match="not a mail address"):
        call(room, "send", "weekly", "--test", "nobody")


def test_a_test_message_is_the_only_thing_that_is_written(room: Pressroom) -> None:
    before = traces(room.root)
    words = ["-C", str(room.root), "send", "weekly", "--test", "me@example.net"]
    result = CliRunner().invoke(app, words, env=EPOCH)
    assert result.exit_code == 0
    assert "Sent to me@example.net as a test: No. 1 of weekly." in result.stdout
    made = traces(room.root).keys() - before.keys()
    assert [name for name in made if name.endswith(".eml")] == [
        "outbox/weekly.test/1/0-me@example.net.eml"
    ]
    assert {name.partition("/")[0] for name in made} == {"outbox"}


def test_a_preview_wants_a_digest_or_a_page_that_stays_open(room: Pressroom) -> None:
    with pytest.raises(ConfigError, match="--serve"):
        call(room, "preview")


def test_a_live_preview_of_no_instance_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["-C", str(tmp_path), "preview", "--serve", "--port", "0"])
    assert isinstance(result.exception, ConfigError)
    assert "there is no instance here" in str(result.exception)
