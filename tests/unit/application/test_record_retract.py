"""`removed: retract`: what a source drops is retracted, unless something still speaks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, digest
from tests.desk import Desk, staff
from tidings.model import Item

ANCHOR = "2026-01-10 | Harbour opens | The harbour is open."
BOAT = "2026-01-05 | Boat | It floats."
TIDE = "2026-01-06 | Tide | It rises."
LATER, LAST = MONDAY + HOUR, MONDAY + 2 * HOUR


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.retracting = ("seeds/r*.txt",)
    return desk


def why(desk: Desk, title: str) -> str | None:
    retraction = desk.items()[title].retraction
    return retraction.reason if retraction else None


def standing(desk: Desk) -> set[str]:
    return {title for title, each in desk.items().items() if each.retraction is None}


def seed(desk: Desk, name: str) -> Path:
    return desk.root / "seeds" / name


def test_what_is_gone_from_a_saved_file_is_retracted_with_the_source_as_the_reason(
    desk: Desk,
) -> None:
    desk.file("r.txt", ANCHOR, BOAT)
    report = desk.file("r.txt", ANCHOR, now=LATER)
    assert (report.retracted, report.run) == (1, 2)
    assert why(desk, "Boat") == "No longer in its source, seeds/r.txt."
    assert desk.items()["Boat"].updated == LATER
    assert standing(desk) == {"Harbour opens"}


def test_another_source_keeps_what_scrolls_away(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    assert desk.file("a.txt", ANCHOR, now=LATER).retracted == 0
    assert standing(desk) == {"Harbour opens", "Boat"}


def test_an_item_stays_as_long_as_one_file_carries_it(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR, BOAT)
    desk.file("r2.txt", BOAT, TIDE)
    desk.file("r1.txt", ANCHOR, now=LATER)
    assert "Boat" in standing(desk)
    desk.file("r2.txt", TIDE, now=LAST)
    assert why(desk, "Boat") == "No longer in its source, seeds/r1.txt and seeds/r2.txt."


def test_a_source_that_keeps_speaks_for_what_it_once_carried(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.file("a.txt", ANCHOR)
    desk.file("r.txt", BOAT, TIDE)
    desk.file("r.txt", TIDE, now=LATER)
    assert "Boat" in standing(desk)


def test_an_item_that_moves_to_another_file_in_one_run_is_not_retracted(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR, BOAT)
    desk.write("r1.txt", ANCHOR)
    desk.write("r2.txt", BOAT)
    assert desk.record(LATER).retracted == 0
    assert standing(desk) == {"Harbour opens", "Boat"}


def test_a_renamed_file_takes_nothing_back(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR, BOAT)
    seed(desk, "r1.txt").rename(seed(desk, "r2.txt"))
    assert desk.record(LATER).retracted == 0


def test_a_deleted_file_takes_back_all_of_its_entries(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR)
    desk.file("r2.txt", BOAT, TIDE)
    seed(desk, "r2.txt").unlink()
    assert desk.record(LATER).retracted == 2
    assert standing(desk) == {"Harbour opens"}
    assert desk.record(LAST).retracted == 0


@pytest.mark.parametrize("damage", [b"\xff\xfe\xff", b"nothing that is an entry\n", b""])
def test_a_file_that_cannot_be_read_takes_nothing_back(desk: Desk, damage: bytes) -> None:
    desk.file("r.txt", ANCHOR, BOAT)
    seed(desk, "r.txt").write_bytes(damage)
    assert desk.record(LATER).retracted == 0
    assert standing(desk) == {"Harbour opens", "Boat"}


def test_a_source_without_any_file_is_an_error_and_takes_nothing_back(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    desk.file("r.txt", BOAT)
    seed(desk, "r.txt").unlink()
    (problem,) = desk.record(LATER).problems
    assert (problem.path, problem.message) == (
        "seeds/r*.txt",
        "there is no listing, and this source says `removed: retract`",
    )
    assert "Boat" in standing(desk)


def test_an_empty_folder_is_no_error_for_a_source_that_keeps(desk: Desk) -> None:
    desk.retracting = ()
    assert desk.record().problems == []


def test_what_comes_back_is_what_it_was(desk: Desk) -> None:
    desk.file("r.txt", ANCHOR, BOAT)
    before = desk.items()["Boat"]
    desk.file("r.txt", ANCHOR, now=LATER)
    report = desk.file("r.txt", ANCHOR, BOAT, now=LAST)
    after = desk.items()["Boat"]
    assert (report.revised, after.retraction, after.revised_at) == (1, None, LAST)
    assert as_told(after) == as_told(before)


def as_told(item: Item) -> object:
    return item.id, item.slug, item.text, item.published, item.history


def test_a_deleted_file_that_comes_back_as_it_was_brings_its_items_back(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR)
    desk.file("r2.txt", BOAT)
    away = desk.root / "away.txt"
    seed(desk, "r2.txt").rename(away)
    assert desk.record(LATER).retracted == 1
    away.rename(seed(desk, "r2.txt"))
    desk.record(LAST)
    assert standing(desk) == {"Harbour opens", "Boat"}


def test_a_worker_waits_until_it_has_missed_a_file_twice(desk: Desk) -> None:
    desk.file("r1.txt", ANCHOR)
    saved = desk.file("r2.txt", BOAT).scan
    seed(desk, "r2.txt").unlink()
    first = desk.record(LATER, settled=saved)
    assert first.retracted == 0
    assert desk.record(LAST, settled=first.scan).retracted == 1


def test_nothing_is_taken_back_while_a_file_has_not_settled(desk: Desk) -> None:
    saved = desk.file("r1.txt", ANCHOR, BOAT).scan
    desk.write("r1.txt", ANCHOR)
    # The worker saw the shorter file a tick ago, and a new one only now.
    settled = desk.seeds.scan()
    desk.write("r2.txt", BOAT)
    first = desk.record(LATER, settled=settled)
    assert (first.retracted, saved != settled) == (0, True)
    assert desk.record(LAST, settled=first.scan).retracted == 0
    assert standing(desk) == {"Harbour opens", "Boat"}


def test_whoever_was_mailed_an_item_is_told_that_its_source_took_it_back(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("r.txt", ANCHOR, BOAT)
    assert desk.mail() == {"ana@example.org": "new Boat\nnew Harbour opens"}
    desk.file("r.txt", ANCHOR, now=LATER)
    assert desk.mail(LATER) == {"ana@example.org": "corrected Boat"}
    assert desk.mail(LATER + HOUR) == {}
    desk.file("r.txt", ANCHOR, BOAT, TIDE, now=LAST)
    assert desk.mail(LAST + HOUR) == {"ana@example.org": "new Tide\ncorrected Boat"}


def test_what_nobody_was_mailed_is_not_mailed_once_it_is_taken_back(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("r.txt", ANCHOR, BOAT)
    desk.file("r.txt", ANCHOR, now=LATER)
    assert desk.mail(LATER) == {"ana@example.org": "new Harbour opens"}
