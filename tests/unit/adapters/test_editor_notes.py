"""Notes of editors and calendars of holidays: what is wrong is named where it stands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tidings.adapters.config import inspect, load
from tidings.adapters.config.holidays import days_in
from tidings.adapters.config.notes import put_away, read_notes
from tidings.core.notes import note_html, note_text
from tidings.model import EditorNote, Problem


def write(root: Path, name: str, text: str) -> None:
    place = root / "config" / "editions" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def marks(root: Path) -> dict[str, str]:
    found = read_notes(root, ["weekly"]).found["weekly"]
    assert isinstance(found, EditorNote)
    return {language: text.mark for language, text in found.texts.items()}


def test_a_note_has_its_text_its_settings_and_its_other_languages(tmp_path: Path) -> None:
    write(tmp_path, "weekly.md", "---\nsubject: On {date}\nlead: a-boat\nfor: good\n---\n\nDear.\n")
    write(tmp_path, "weekly.es.md", "Hola.\n")
    found = read_notes(tmp_path, ["weekly"], ["en", "es"]).found["weekly"]
    assert isinstance(found, EditorNote)
    assert (found.lead, found.leave_out, found.for_good) == ("a-boat", (), True)
    said = {language: (text.subject, text.body) for language, text in found.texts.items()}
    assert said == {"": ("On {date}", "Dear."), "es": ("", "Hola.")}
    bodies = [found.text_for(tag) for tag in ("es-CR", "es", "fr")]
    assert [text.body for text in bodies if text] == ["Hola.", "Hola.", "Dear."]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("weekly.md", "---\nlaed: a\n---\nx", "weekly.md:2:1"),
        ("weekly.md", "---\nsubject: a\nlead: [a\n---\nx", "weekly.md:3:7"),
        ("weekly.md", "---\nsubject: '{titel}'\n---", "weekly.md:2:10: subject: there is no"),
        ("weekly.md", "---\nfor: ever\n---\nx", "weekly.md:2:6"),
        ("weekly.md", " \n", "weekly.md: says nothing"),
        ("weekly.es.md", "---\nlead: a\n---\nx", "weekly.es.md:2:1: lead, leave_out"),
        ("weekly.xx.md", "x", "weekly.xx.md: nobody reads mail in xx"),
        ("weekyl.md", "x", "weekyl.md: there is no digest weekyl (did you mean"),
    ],
)
def test_what_is_wrong_with_a_note_is_named_where_it_stands(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    write(tmp_path, name, text)
    notes = read_notes(tmp_path, ["weekly"], ["en", "es"])
    assert [told in str(problem) for problem in notes.problems] == [True], notes.problems
    assert name == "weekyl.md" or isinstance(notes.found["weekly"], Problem)


def test_bytes_that_are_no_text_are_a_problem_and_no_note(tmp_path: Path) -> None:
    write(tmp_path, "weekly.md", "")
    (tmp_path / "config/editions/weekly.md").write_bytes(b"Dear \xff")
    assert isinstance(read_notes(tmp_path, ["weekly"]).found["weekly"], Problem)


def test_a_note_that_was_taken_is_put_beside_and_nothing_is_written_over(tmp_path: Path) -> None:
    for text in ("First", "Second"):
        write(tmp_path, "weekly.md", text)
        write(tmp_path, "weekly.es.md", f"{text}, dicen")
        assert put_away(tmp_path, "weekly", marks(tmp_path), 12) == ""
    kept = {file.name: file.read_text() for file in (tmp_path / "config/editions").iterdir()}
    assert kept == {
        "weekly-12.md": "First",
        "weekly-12.es.md": "First, dicen",
        "weekly-12-2.md": "Second",
        "weekly-12-2.es.md": "Second, dicen",
    }
    assert read_notes(tmp_path, ["weekly"]).problems == []


def test_a_note_that_was_edited_since_is_another_and_stays(tmp_path: Path) -> None:
    write(tmp_path, "weekly.md", "First")
    before = marks(tmp_path)
    write(tmp_path, "weekly.md", "Edited")
    assert put_away(tmp_path, "weekly", before, 12) == ""
    assert [file.name for file in (tmp_path / "config/editions").iterdir()] == ["weekly.md"]


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, "weekly.md", "First")
    monkeypatch.setattr(Path, "rename", refuse)
    told = put_away(tmp_path, "weekly", marks(tmp_path), 12)
    assert told.startswith("config/editions/weekly.md was taken by No. 12, and cannot be renamed")


def test_a_note_is_markdown_without_html_and_with_links_of_the_web_alone() -> None:
    text = "*Dear* <b>all</b>, [this](https://a.example/?b=1), [no](javascript:x) ![p](https://b/)"
    html = note_html(text)
    assert "<em>Dear</em> &lt;b&gt;all&lt;/b&gt;" in html
    assert '<a href="https://a.example/?b=1" class="accent">this</a>' in html
    assert "javascript" not in html.replace("[no](javascript:x)", "")
    assert "<img" not in html
    assert note_text("- one\n- two\n\n3. three\n4. [four](https://a.example/)") == (
        "- one\n\n- two\n\n3. three\n\n4. four (https://a.example/)"
    )


# --- Calendars -----------------------------------------------------------------------------------

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\n"
TAIL = "END:VCALENDAR\r\n"


def calendar(root: Path, *events: str) -> Path:
    folder = root / "config"
    folder.mkdir(exist_ok=True)
    said = "".join(f"BEGIN:VEVENT\r\nUID:1\r\n{e}\r\nEND:VEVENT\r\n" for e in events)
    (folder / "holidays.ics").write_bytes(f"{HEAD}{said}{TAIL}".encode())
    return folder


def days(root: Path, *events: str) -> list[str]:
    found = days_in(calendar(root, *events), "holidays.ics")
    return sorted(day.isoformat() for day in found if date(2026, 1, 1) <= day < date(2029, 1, 1))


DAY = "DTSTART;VALUE=DATE:"
LISBON = ";TZID=Europe/Lisbon:"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (f"{DAY}20261225", "2026-12-25"),
        (f"{DAY}20261224\nDTEND;VALUE=DATE:20261226", "2026-12-24 2026-12-25"),
        (f"{DAY}20261224\nDURATION:P2D", "2026-12-24 2026-12-25"),
        (f"{DAY}20101225\nRRULE:FREQ=YEARLY", "2026-12-25 2027-12-25 2028-12-25"),
        (f"{DAY}20260101\nRRULE:FREQ=YEARLY;UNTIL=20270201T000000Z", "2026-01-01 2027-01-01"),
        (f"{DAY}20260101\nRRULE:FREQ=YEARLY;COUNT=2", "2026-01-01 2027-01-01"),
        (
            f"{DAY}20260101\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20270101",
            "2026-01-01 2028-01-01",
        ),
        (f"{DAY}20260101\nRDATE;VALUE=DATE:20260401,20260402", "2026-01-01 2026-04-01 2026-04-02"),
        (f"DTSTART{LISBON}20261225T000000\nDTEND{LISBON}20261226T000000", "2026-12-25"),
        ("DTSTART:20261225T000000\nDTEND:20261227T000000", "2026-12-25 2026-12-26"),
        ("DTSTART:20261225T090000\nDTEND:20261225T100000", ""),
        (f"{DAY}20261225\nSTATUS:CANCELLED", ""),
    ],
)
def test_a_day_that_an_event_covers_does_not_count(
    tmp_path: Path, event: str, expected: str
) -> None:
    assert days(tmp_path, event.replace("\n", "\r\n")) == expected.split()


def instance(root: Path, named: str) -> Path:
    write_minimal_site(root)
    place = root / "config" / "digests.yaml"
    place.write_text(
        "digests:\n  weekly:\n    title: Weekly\n    topics: all\n"
        f"    cadence: {{every: week, on: monday, at: '08:00', except: {named}}}\n"
    )
    return root


def test_days_of_a_calendar_stand_beside_days_that_are_named(tmp_path: Path) -> None:
    root = instance(tmp_path, "[2026-12-24, holidays.ics]")
    calendar(root, "DTSTART;VALUE=DATE:20261225")
    (digest,) = load(root, {}).digests
    assert digest.cadence.but == {date(2026, 12, 24), date(2026, 12, 25)}


EMPTY = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize("data", [None, b"", b"no calendar", EMPTY])
def test_a_calendar_that_cannot_be_read_is_told_and_stops_nothing(
    tmp_path: Path, data: bytes | None
) -> None:
    root = instance(tmp_path, "holidays.ics")
    if data is not None:
        (root / "config/holidays.ics").write_bytes(data)
    (problem,) = inspect(root, {}).holidays
    assert (problem.path, problem.line) == ("config/digests.yaml", 5)
    assert "config/holidays.ics cannot be read" in problem.message
    settings = load(root, {})
    assert settings.digests[0].cadence.but == frozenset()
    assert settings.left_out == (problem,)


def test_a_calendar_outside_of_the_configuration_is_not_read(tmp_path: Path) -> None:
    root = instance(tmp_path, "../holidays.ics")
    (problem,) = inspect(root, {}).holidays
    assert "not in the folder" in problem.message
