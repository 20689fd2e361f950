"""`tidings plan` as people call it: what it says, and its codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON, call
from tidings.errors import ConfigError


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
    with pytest.raises(ConfigError, match="before the last recorded run"):
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


def test_a_plan_says_the_same_whatever_python_makes_of_hashes(room: Pressroom) -> None:
    more = "".join(f"  topic{n}:\n    title: T{n}\n    any: [word{n}]\n" for n in range(12))
    place = room.root / "config/topics.yaml"
    place.write_text(place.read_text("utf-8").rstrip("\n") + f"\n{more}", "utf-8")
    told = {
        subprocess.run(
            [sys.executable, "-m", "tidings", "-C", room.root, "plan", "--json"],
            env={**os.environ, **ENVIRON, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    slugs = [each["slug"] for each in json.loads(told.pop())["topics"]]
    assert len(slugs) == 14
    assert slugs == sorted(slugs)
