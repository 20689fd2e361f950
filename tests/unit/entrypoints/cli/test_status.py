"""`tidings status` lists what the newest file of a source says otherwise, with what takes it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fault.crashing import run_once
from tests.pressroom import SUNDAY, Pressroom
from tests.unit.entrypoints.cli.conftest import call

DUMP = """\
Ferry to the islands runs on Sundays from May
4 May 2026
It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.

Salmon are counted again at the old weir
2 May 2026
Volunteers saw more than two hundred of them in one week, twice as many as last year.
"""


def saved(root: Path, name: str, text: str) -> None:
    (root / "seeds" / name).write_text(text, encoding="utf-8")


def test_a_correction_in_a_file_of_another_name_is_listed_until_the_setting_takes_it(
    room: Pressroom,
) -> None:
    saved(room.root, "000_9f.txt", DUMP)
    run_once(room.root, now=SUNDAY)
    assert json.loads(call(room, "status", "--json").stdout)["differing"] == []
    saved(room.root, "000_10a.txt", DUMP.replace("at ten", "at nine"))
    run_once(room.root, now=SUNDAY)
    (found,) = json.loads(call(room, "status", "--json").stdout)["differing"]
    assert (found["file"], found["line"]) == ("seeds/000_10a.txt", 1)
    assert (found["source"], found["setting"]) == ("seeds/*.txt", "newest: corrects")
    told = call(room, "status").stdout
    assert "1 item of which the newest file says another thing than what is published" in told
    assert "Ferry to the islands runs on Sundays from May" in told
    assert "`newest: corrects`" in told
    configured = room.root / "config" / "tidings.yaml"
    with configured.open("a", encoding="utf-8") as stream:
        stream.write("sources:\n  - path: seeds/*.txt\n    newest: corrects\n")
    plan = json.loads(call(room, "plan", "--json").stdout)
    assert ["at nine" in each["after"]["summary"] for each in plan["items"]["revised"]] == [True]
    report = run_once(room.root, now=SUNDAY)
    assert (report.recorded.new, report.recorded.revised) == (0, 1)
    assert json.loads(call(room, "status", "--json").stdout)["differing"] == []
