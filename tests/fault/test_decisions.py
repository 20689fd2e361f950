"""A verb that dies before, inside or after its transaction: decided whole, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, topic
from tests.desk import Desk, open_desk
from tests.fault.crashing import Crash, CrashingStore, Failpoint
from tidings.application import edit
from tidings.application.edit import Editor, EditResult
from tidings.state import Store

BOAT = "2026-01-05 | Boat | It floats."
SHIP = "2026-01-06 | Ship | It floats away."
OTHER = "2026-01-05 | Boat | It floated"
MOMENTS = ("before a transaction", "before a commit", "after a commit")


def retract(store: Store, editor: Editor, boat: str, _ship: str) -> EditResult:
    return edit.retract(store, editor, boat)


def undo_retract(store: Store, editor: Editor, boat: str, _ship: str) -> EditResult:
    return edit.undo_retract(store, editor, boat)


def split(store: Store, editor: Editor, boat: str, _ship: str) -> EditResult:
    return edit.split(store, editor, boat, "seeds/c.txt")


def undo_split(store: Store, editor: Editor, boat: str, _ship: str) -> EditResult:
    return edit.undo_split(store, editor, boat, "seeds/c.txt")


VERBS = {
    "retract": (retract, undo_retract),
    "merge": (edit.merge, edit.undo_merge),
    "split": (split, undo_split),
    "tell apart": (edit.tell_apart, edit.merge),
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(tmp_path, topic("boats", "boat"))
    desk.file("a.txt", BOAT)
    desk.file("b.txt", SHIP)
    desk.file("c.txt", OTHER)
    yield desk
    desk.store.close()


def dump(desk: Desk) -> list[str]:
    with sqlite3.connect(desk.root / "state" / "tidings.db") as raw:
        found = list(raw.iterdump())
    raw.close()
    return found


def names(desk: Desk) -> tuple[str, str]:
    items = desk.items()
    return items["Boat"].slug, items["Ship"].slug


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_decision_is_there_whole_or_not_at_all(desk: Desk, name: str) -> None:
    boat, ship = names(desk)
    for hour, verb in enumerate(VERBS[name], start=1):
        editor = desk.editor(MONDAY + hour * HOUR, reason="So.")
        before = dump(desk)
        for at, moment in enumerate(MOMENTS, start=1):
            with pytest.raises(Crash, match=moment):
                verb(CrashingStore(desk.store, Failpoint(at)), editor, boat, ship)
            assert (dump(desk) == before) is (moment != "after a commit"), moment
        # Whoever saw no answer may ask again, of what was decided as of what was not.
        desk.record(editor.now)
        desk.publish()


def test_what_vanished_is_decided_on_by_the_run_after_a_crash(desk: Desk) -> None:
    desk.retracting = ("seeds/b*.txt",)
    desk.file("b.txt", SHIP, "2026-01-07 | Pier | It stands.")
    desk.write("b.txt", "2026-01-07 | Pier | It stands.")
    store, retracted = desk.store, 0
    for at in range(1, 20):
        failpoint = Failpoint(at)
        desk.store = CrashingStore(store, failpoint)
        try:
            retracted += desk.record(MONDAY + HOUR).retracted
        except Crash:
            continue
        finally:
            desk.store = store
        break
    assert desk.items()["Ship"].retraction is not None
