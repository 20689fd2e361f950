"""Recording: what files say reaches the state, once, and nothing that nobody said."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, SITE_ID
from tests.desk import Desk, in_a_file, members, one_a_line
from tidings.adapters.seeds import SeedFolder
from tidings.application.record import Recording, record
from tidings.core.identity import id_by_entry, id_by_title
from tidings.errors import SeedError
from tidings.model import Item, Problem, ReadError, Scan, SeedText
from tidings.state import open_store

LATER = MONDAY + HOUR
ANCHOR = "2026-01-10 | Harbour opens | The harbour is open."


def only(desk: Desk) -> Item:
    (item,) = desk.items().values()
    return item


def dump(desk: Desk) -> list[str]:
    """The whole state as SQL, to see that nothing changed."""
    with desk.store._database.reading() as connection:
        raw = connection.connection.driver_connection
        return list(raw.iterdump())  # type: ignore[union-attr]


# --- Reading -------------------------------------------------------------------------------------


def test_an_empty_folder_is_no_fault_and_changes_nothing(desk: Desk) -> None:
    report = desk.record()
    assert (report.files, report.listings, report.new, report.problems) == (0, 0, 0, [])


def test_what_a_file_says_becomes_items_with_their_source(desk: Desk) -> None:
    report = desk.file("a.txt", "2026-01-05 | Tide | It rises.", "| Boat | It sinks.")
    assert (report.files, report.listings, report.new, report.unchanged) == (1, 2, 2, 0)
    items = desk.items()
    assert items["Tide"].id == id_by_title(SITE_ID, "Tide")
    assert (items["Tide"].date, items["Boat"].date) == (date(2026, 1, 5), None)
    assert [(s.ref.path, s.ref.line, s.position) for s in items["Boat"].sources] == [
        ("seeds/a.txt", 2, 1)
    ]
    assert [(r.number, r.path, r.at) for r in items["Boat"].history] == [(0, "seeds/a.txt", MONDAY)]


@in_a_file
def test_a_second_run_reads_nothing_and_changes_nothing(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "| Boat | It sinks.", "junk")
    before = dump(desk)
    report = desk.record(LATER)
    assert (report.files, report.run, report.problems) == (0, 0, [])
    assert dump(desk) == before


def test_a_file_saved_again_as_it_was_changes_no_item(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "| Boat | It sinks.")
    before = desk.items()
    report = desk.file("a.txt", ANCHOR, "| Boat | It sinks.", now=LATER)
    assert (report.files, report.new, report.revised, report.filled) == (1, 0, 0, 0)
    assert report.unchanged == 2
    assert report.run == 0
    assert desk.items() == before


def test_a_file_that_is_moved_changes_no_item(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    before = only(desk)
    (desk.root / "seeds" / "a.txt").rename(desk.root / "seeds" / "b.txt")
    report = desk.record(LATER)
    assert (report.new, report.revised, report.filled) == (0, 0, 0)
    after = only(desk)
    assert (after.id, after.text, after.history) == (before.id, before.text, before.history)
    assert {seen.ref.path for seen in after.sources} == {"seeds/a.txt", "seeds/b.txt"}


def test_the_items_of_a_file_that_is_gone_stay(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    before = only(desk)
    (desk.root / "seeds" / "a.txt").unlink()
    desk.record(LATER)
    assert only(desk) == before


def test_one_run_takes_one_change_number_for_all_its_files(desk: Desk) -> None:
    desk.record()
    for name in "abc":
        desk.write(f"{name}.txt", f"2026-01-05 | News of {name} | s")
    report = desk.record(LATER)
    with desk.store.reading() as state:
        assert state.last_run() == report.run == 2
        assert {member.changed_run for member in members(state)} == {2}


def test_many_files_are_recorded_in_portions_and_none_is_missed(desk: Desk) -> None:
    for number in range(120):
        desk.write(f"{number:03}.txt", f"2026-01-05 | News {number} | s")
    report = desk.record()
    assert (report.files, report.new) == (120, 120)
    published = [each.published for each in desk.items().values()]
    assert len(set(published)) == 120


def test_a_crash_between_two_portions_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    for number in range(60):
        desk.write(f"{number:03}.txt", f"2026-01-05 | News {number} | s")

    def crashing(text: str, path: str) -> object:
        if path.endswith("055.txt"):
            raise Crash
        return one_a_line(text, path)

    classifier = desk.classifier
    how = Recording(SITE_ID, desk.settings.zone, crashing)  # type: ignore[arg-type]
    with pytest.raises(Crash):
        record(desk.store, desk.seeds, classifier, how, MONDAY)
    assert len(desk.items()) == 50
    report = desk.record(LATER)
    assert (report.files, report.new) == (10, 10)
    assert len(desk.items()) == 60


# --- Files that wait or are refused --------------------------------------------------------------


def test_an_entry_that_cannot_be_read_is_a_problem_and_the_others_go_on(desk: Desk) -> None:
    report = desk.file("a.txt", ANCHOR, "junk", "| Boat | It sinks.")
    assert report.problems == [Problem("seeds/a.txt", 2, 1, "not an entry")]
    assert set(desk.items()) == {"Harbour opens", "Boat"}


def test_a_problem_is_reported_once_and_stands_until_the_file_changes(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "junk")
    assert desk.record(LATER).problems == []
    with desk.store.reading() as state:
        assert [str(problem) for problem in state.sources.problems()] == [
            "seeds/a.txt:2:1: not an entry"
        ]
    desk.file("a.txt", ANCHOR, now=LATER)
    with desk.store.reading() as state:
        assert state.sources.problems() == ()


def test_the_problems_of_a_file_that_is_gone_are_forgotten(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "junk")
    (desk.root / "seeds" / "a.txt").unlink()
    desk.record(LATER)
    with desk.store.reading() as state:
        assert state.sources.problems() == ()


def test_a_quarantined_reading_publishes_nothing_and_takes_nothing_back(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    before = only(desk)
    report = desk.file("a.txt", "junk", "more junk", now=LATER)
    assert (report.new, len(report.problems)) == (0, 2)
    after = only(desk)
    assert after == before
    assert after.sources[0].position == 0
    back = desk.file("a.txt", ANCHOR, now=LATER)
    assert (back.new, back.revised, back.unchanged) == (0, 0, 1)


def test_a_correction_is_recognised_across_a_quarantined_reading(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "2026-01-05 | Labour makret | It opened.")
    desk.file("a.txt", "junk", now=LATER)
    report = desk.file("a.txt", ANCHOR, "2026-01-05 | Labour market | It opened.", now=LATER)
    assert (report.new, report.revised) == (0, 1)


def test_a_refused_file_is_named_once_and_the_others_go_on(desk: Desk) -> None:
    (desk.root / "seeds" / "bad.txt").write_bytes(b"\xff\xfe\xfa\x00\x80")
    report = desk.file("good.txt", ANCHOR)
    assert [problem.path for problem in report.problems] == ["seeds/bad.txt"]
    assert set(desk.items()) == {"Harbour opens"}
    assert desk.record(LATER).problems == []
    with desk.store.reading() as state:
        assert [problem.path for problem in state.sources.problems()] == ["seeds/bad.txt"]


def test_a_file_that_became_unreadable_retracts_nothing(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    before = only(desk)
    (desk.root / "seeds" / "a.txt").write_bytes(b"\x00\xff\x80")
    assert len(desk.record(LATER).problems) == 1
    assert only(desk) == before


def test_a_passing_obstacle_is_met_again_by_the_next_run(desk: Desk) -> None:
    class Restless(SeedFolder):
        def read(self, path: str) -> SeedText | ReadError:
            return ReadError(Problem(path, 0, 0, "it changed while it was read"), transient=True)

    desk.write("a.txt", ANCHOR)
    restless = Restless(desk.root, ["seeds/*.txt"], file_limit=1 << 20, line_limit=1 << 16)
    classifier = desk.classifier
    how = Recording(SITE_ID, desk.settings.zone, one_a_line)
    for _ in range(2):
        report = record(desk.store, restless, classifier, how, MONDAY)
        assert [problem.message for problem in report.problems] == ["it changed while it was read"]
    assert desk.record(LATER).new == 1


def test_a_file_that_still_changes_waits_until_two_looks_agree(desk: Desk) -> None:
    desk.write("a.txt", ANCHOR)
    classifier = desk.classifier
    how = Recording(SITE_ID, desk.settings.zone, one_a_line)

    def tick(settled: object) -> object:
        return record(desk.store, desk.seeds, classifier, how, MONDAY, settled=settled)  # type: ignore[arg-type]

    first = tick(Scan())
    assert first.new == 0  # type: ignore[attr-defined]
    desk.write("a.txt", ANCHOR, "| Boat | It sinks.")
    second = tick(first.scan)  # type: ignore[attr-defined]
    assert second.new == 0  # type: ignore[attr-defined]
    third = tick(second.scan)  # type: ignore[attr-defined]
    assert third.new == 2  # type: ignore[attr-defined]


def test_a_folder_that_cannot_be_read_never_passes_for_empty(desk: Desk) -> None:
    (desk.root / "seeds").rmdir()
    with pytest.raises(SeedError):
        desk.record()


def test_a_change_that_keeps_size_and_time_is_still_noticed(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-05 | Tide | It rises.")
    place = desk.root / "seeds" / "a.txt"
    stat = place.stat()
    place.write_text("2026-01-05 | Tide | It falls.\n", encoding="utf-8")
    os.utime(place, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert desk.record(LATER).revised == 1


# --- Corrections, through the state --------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-01-05 | Labour makret | It opened.", "2026-01-05 | Labour market | It opened."),
        ("2026-01-05 | Labour market | It opened.", "2026-01-06 | Labour market | It opened."),
        ("2026-01-05 | Labour market | It opened.", "2026-01-05 | Labour market | It closed."),
        (
            "| Labour market | It opened on the old square at nine.",
            "| Labour market | It opened on the new square at nine.",
        ),
    ],
)
def test_a_correction_keeps_the_id_and_moves_updated(desk: Desk, before: str, after: str) -> None:
    desk.file("a.txt", ANCHOR, before)
    old = {item.id: item for item in desk.items().values()}
    report = desk.file("a.txt", ANCHOR, after, now=LATER)
    assert (report.new, report.revised, report.unchanged) == (0, 1, 1)
    for item in desk.items().values():
        was = old[item.id]
        if item.title == "Harbour opens":
            assert item == was
        else:
            assert (item.slug, item.arrived_at, item.updated) == (was.slug, MONDAY, LATER)
            assert [revision.number for revision in item.history] == [0, 1]
            assert item.history[0] == was.history[0]


def test_an_entry_that_scrolled_off_comes_back_as_itself(desk: Desk) -> None:
    boat = "2026-01-05 | Boat | It sinks."
    desk.file("a.txt", ANCHOR, boat)
    before = desk.items()
    desk.file("a.txt", ANCHOR, now=LATER)
    gone = desk.items()["Boat"]
    assert gone.sources[0].position is None
    assert gone.text == before["Boat"].text
    report = desk.file("a.txt", ANCHOR, boat, now=LATER)
    assert (report.new, report.revised, report.filled, report.run) == (0, 0, 0, 0)
    assert desk.items() == before


def test_an_item_once_corrected_is_known_by_its_new_title_in_other_files(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "2026-01-05 | Labour makret | It opened.")
    desk.file("b.txt", "2026-01-05 | Labour makret | It opened.", now=LATER)
    desk.file("a.txt", ANCHOR, "2026-01-05 | Labour market | It opened.", now=LATER)
    for name, title in [("c.txt", "Labour market"), ("d.txt", "Labour makret")]:
        report = desk.file(name, f"2026-01-05 | {title} | It opened.", now=LATER)
        assert (report.new, report.revised) == (0, 0)
    assert set(desk.items()) == {"Harbour opens", "Labour market"}


def test_the_same_first_text_can_be_corrected_away_again_and_again(desk: Desk) -> None:
    template = "2026-01-05 | Labour market 1 | It opened."
    desk.file("a.txt", ANCHOR, template)
    shown = [ANCHOR, template]
    for number in range(2, 7):
        shown[1] = f"2026-01-05 | Labour market {number} | It opened."
        assert desk.file("a.txt", *shown, now=LATER).revised == 1
        shown.insert(1, template)
        assert desk.file("a.txt", *shown, now=LATER).new == 1
    assert len(desk.items()) == 7


def test_an_undated_item_keeps_its_place_when_another_gets_a_date(desk: Desk) -> None:
    desk.write("a.txt", "| One | s", "| Two | s")
    desk.write("b.txt", "2026-01-05 | One | s")
    desk.write("c.txt", "| Three | s", "| Four | s")
    desk.write("d.txt", "| Five | s")
    desk.record()
    items = desk.items()
    assert items["One"].date == date(2026, 1, 5)
    assert len({items[name].arrived for name in ("Two", "Three", "Four", "Five")}) == 4


def test_dates_of_one_day_are_told_apart_across_files_and_runs(desk: Desk) -> None:
    desk.write("a.txt", "2026-01-05 | One | s", "2026-01-05 | Two | s")
    desk.write("b.txt", "2026-01-05 | Three | s", "| Four | s")
    desk.record()
    desk.file("b.txt", "2026-01-05 | Three | s", "2026-01-05 | Four | s", now=LATER)
    items = desk.items()
    published = [items[name].published for name in ("One", "Two", "Three", "Four")]
    noon = items["One"].published
    assert noon is not None
    assert published == [noon - timedelta(seconds=seconds) for seconds in range(4)]


def test_a_series_gets_ids_of_its_entries(desk: Desk) -> None:
    desk.write("a.txt", "2026-01-05 | Tide | All.", "2026-01-12 | Tide | All.")
    desk.record()
    with desk.store.reading() as state:
        assert {item.id for item in state.items.all()} == {
            id_by_entry(SITE_ID, "Tide", date(2026, 1, day), "All.") for day in (5, 12)
        }


def test_a_lost_state_is_rebuilt_with_the_same_ids(desk: Desk, tmp_path: Path) -> None:
    desk.write("a.txt", ANCHOR, "2026-01-05 | Tide | All.", "2026-01-12 | Tide | All.")
    desk.write("b.txt", "| Boat | It sinks.", ANCHOR)
    desk.record()
    with desk.store.reading() as state:
        before = {(item.id, item.slug) for item in state.items.all()}
    desk.store.close()
    desk.store = open_store(tmp_path / "elsewhere" / "tidings.db")
    desk.record(LATER)
    with desk.store.reading() as state:
        assert {(item.id, item.slug) for item in state.items.all()} == before


def test_what_another_process_has_forgotten_is_read_when_it_is_back_as_it_was(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-05 | A boat | It floats.")
    with desk.store.writing() as state:
        state.sources.forget(["seeds/a.txt"])
    assert desk.record().files == 1


def test_files_are_read_again_by_other_settings_once(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-05 | A boat | It floats.")

    def read(settings: str) -> int:
        desk.read_by = settings
        return sum(desk.record().files for _ in range(3))

    assert [read("one"), read("one"), read("another")] == [1, 0, 1]
