"""What a correction says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from tests.unit.core.digest_samples import item
from tidings.core.corrections import CHANGED, STRETCHES, CorrectedItem, corrected
from tidings.model import Retraction, Revision, Text

DAY = date(2021, 12, 6)
URL = "https://news.example/items/one.html"


def told(had: Text, **now: object) -> CorrectedItem:
    news = item("one", DAY)
    return corrected(replace(news, **now), had, URL, DAY, datetime.date)  # type: ignore[arg-type]


def test_only_the_text_that_changed_is_told() -> None:
    had = Text("News of two", "A summary.", DAY)
    assert [each.field for each in told(had).rewordings] == ["title"]
    assert not told(had).redated


def test_both_readings_stand_on_a_line_of_their_own() -> None:
    (title,) = told(Text("News of two", "A summary.", DAY)).rewordings
    assert title.was == "News of two"
    assert title.now == "News of one"


def test_a_text_written_anew_is_told_in_bounds() -> None:
    had = Text("News of one", "Boats went out. " * 200, DAY)
    (summary,) = told(had).rewordings
    assert len(summary.was) <= CHANGED + 2


def test_a_date_filled_in_is_told_apart_from_none() -> None:
    change = told(Text("News of one", "A summary.", None))
    assert change.redated
    assert change.had_day is None
    assert change.day == DAY


def test_a_new_address_is_told() -> None:
    text = Text("News of one", "A summary.", DAY, url="https://example.org/new")
    assert told(replace(text, url=None), text=text).relinked == "https://example.org/new"
    assert told(text, text=text).relinked is None


def test_a_retraction_gives_its_reason() -> None:
    gone = Retraction("It was not so.", datetime(2021, 12, 9, tzinfo=UTC))
    assert (
        told(Text("News of one", "A summary.", DAY), retraction=gone).withdrawn == "It was not so."
    )


def test_a_text_with_a_hundred_changes_is_told_in_bounds() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    old, new = (" ".join(f"{words} {mark}{n}" for n in range(40)) for mark in ("old", "new"))
    now = Text("News of one", new, DAY)
    (summary,) = told(Text("News of one", old, DAY), text=now).rewordings
    assert len(summary.segments) == STRETCHES + 1
    assert summary.segments[-1].kind == "gap"


def test_it_says_on_which_day_it_was_corrected() -> None:
    had, now = Text("News of two", "A summary.", DAY), Text("News of one", "A summary.", DAY)
    first, second = (datetime(2021, 12, day, tzinfo=UTC) for day in (7, 9))
    history = (Revision(0, had, first, "a.txt"), Revision(1, now, second, "a.txt"))
    assert told(had, text=now, history=history).changed == date(2021, 12, 9)
    assert told(had, text=now).changed is None
    assert told(now, text=now, history=history).changed is None
