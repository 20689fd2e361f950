"""A file that can be read in two ways is held, and both are named with what settles it."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from tests.undecided_weights import UNDECIDED, linear, read_by_undecided_weights
from tidings.core.listings import Hints, Reading, parse
from tidings.core.listings.texts import read_text
from tidings.model import Example

TITLES = (
    "Two towns open information points for seasonal workers",
    "Ministries agree on one form for work permits",
    "Ferry crews agree on rest days",
)
SENTENCES = (
    "The points answer questions on contracts, wages and health, in three languages, every day.",
    "Employers will need one form where there were five, and permits will take ten days.",
    "Two days off after ten days on board, from July on.",
)
WORDS = ("It is open at night", "Forty beds and a canteen", "From July on")
DAYS = ("2 March 2026", "24 February 2026", "13 February 2026")
ISO = ("2026-03-02", "2026-02-24", "2026-02-13")

# Title, date, text, each on a line of its own with one blank line everywhere: is the text that of
# the title above, or the title that of the date above?
TIED = "".join(
    f"{title}\n\n{day}\n\n{words}\n\n"
    for title, day, words in zip(TITLES, DAYS, WORDS, strict=True)
)
EVENTS = (
    ("Bookbinding workshop", "Saturday 5 December 2026, 11:00 am", "Town library"),
    ("An evening of harbour songs", "Friday 11 December 2026, 7:30 pm", "St Mary's Hall"),
    ("Repair café", "Saturday 12 December 2026, 2:00 pm", "Old customs house"),
    ("Swim in the river", "Sunday 13 December 2026, 9:00 am", "Pier"),
    ("Choir rehearsal", "Monday 14 December 2026, 7:00 pm", "School hall"),
    ("Night of the archives", "Tuesday 15 December 2026, 9:00 pm", "City archive"),
)


def told(reading: Reading) -> list[tuple[str | None, str]]:
    return [
        (one.text.date.isoformat() if one.text.date else None, one.text.title)
        for one in reading.listings
    ]


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads by weights that leave it open which of two readings is right."""
    read_by_undecided_weights(monkeypatch)


@pytest.mark.usefixtures("undecided")
def test_a_file_that_fits_two_readings_is_held_and_names_both_and_where_they_part() -> None:
    reading = parse(TIED, "seeds/a.txt")
    assert (reading.listings, reading.confidence) == ((), 0.0)
    (problem,) = reading.problems
    assert (problem.path, problem.line) == ("seeds/a.txt", 1)
    assert f'dated-after (39% sure) has 2026-03-02 "{TITLES[0]}"' in problem.message
    assert f'dated-before (37% sure) has 2026-03-02 "{WORDS[0]}"' in problem.message
    assert [one.text.title for one in reading.guess] == list(TITLES)


@pytest.mark.usefixtures("undecided")
def test_a_held_file_has_both_readings_with_their_confidence_and_the_first_is_the_guess() -> None:
    reading = parse(TIED, "seeds/a.txt")
    assert reading.best
    assert reading.rival
    assert reading.best.listings == reading.guess
    assert told(reading.rival) == list(zip(ISO, WORDS, strict=True))
    assert reading.best.confidence >= reading.rival.confidence > 0


def test_a_file_that_nothing_is_known_of_is_held_without_a_guess_to_accept() -> None:
    hopeless = replace(UNDECIDED, confidence=linear({}, bias=-4.0))
    reading = read_text(TIED, "seeds/a.txt", Hints(), hopeless)
    (problem,) = reading.problems
    assert "no layout of listings fits this file, so" in problem.message
    assert reading.listings == ()


@pytest.mark.usefixtures("undecided")
@pytest.mark.parametrize(("which", "titles"), [("first", TITLES), ("second", WORDS)])
def test_each_entry_that_the_problem_names_chooses_the_reading_that_it_stands_for(
    which: str, titles: tuple[str, ...]
) -> None:
    (problem,) = parse(TIED, "a.txt").problems
    first, second = re.findall("`(tidings parse [^`]+)`", problem.hint)
    *_, file, _, title, _, day = shlex.split(first if which == "first" else second)
    example = Example(title, date.fromisoformat(day))
    reading = parse(TIED, file, hints=Hints(example=example, threshold=0.5))
    assert told(reading) == list(zip(ISO, titles, strict=True))


@pytest.mark.usefixtures("undecided")
@pytest.mark.parametrize(("layout", "titles"), [("dated-after", TITLES), ("dated-before", WORDS)])
def test_a_layout_that_is_set_gives_its_reading(layout: str, titles: tuple[str, ...]) -> None:
    reading = parse(TIED, "a.txt", hints=Hints(layout=layout))
    assert told(reading) == list(zip(ISO, titles, strict=True))


@pytest.mark.usefixtures("undecided")
def test_a_threshold_of_nothing_publishes_the_better_guess() -> None:
    reading = parse(TIED, "a.txt", hints=Hints(threshold=0))
    assert told(reading) == list(zip(ISO, TITLES, strict=True))


@pytest.mark.parametrize("texts", [SENTENCES, WORDS])
@pytest.mark.parametrize(
    "count",
    [
        1,
        pytest.param(2, marks=pytest.mark.xfail(reason="two places pass for titles", strict=False)),
        4,
        6,
    ],
)
def test_an_event_list_is_not_published_with_its_places_as_headlines(
    count: int, texts: tuple[str, ...]
) -> None:
    for form in ("{}\n{}\n{}\n{}\n\n", "{}\n\n{}\n\n{}\n\n{}\n\n\n", "{}\n{}\n{}\n{}\n"):
        blocks = [
            form.format(*event, text)
            for event, text in zip(EVENTS[:count], texts * 2, strict=False)
        ]
        reading = parse("".join(blocks), "a.txt")
        titles = [one.text.title for one in reading.listings]
        assert titles in ([], [title for title, *_ in EVENTS[:count]])


@pytest.mark.usefixtures("undecided")
def test_readings_of_the_same_entries_are_no_rivals() -> None:
    rival = parse(TIED, "a.txt").rival
    assert rival
    assert told(rival) != list(zip(ISO, TITLES, strict=True))


FORMS = (
    "{day}\n{title}\n{text}",
    "{title}\n{day}\n{text}",
    "{day}\n{title}",
    "{title}\n{day}",
    "{day} - {title}\n{text}",
    "{day}: {title}\n{text}",
    "{title} ({day})\n{text}",
    "* {day} {title}",
    "## {title}\n{day}\n{text}",
    "[{title}](https://example.org/a)\n{day}\n{text}",
    "{day} | News\n{title}\n{text}",
    "{title}\n{day} - {text}",
    "{day}\n{title}\n{text}\nRead more",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_small_regular_file_is_read_right_or_held(form: str, count: int) -> None:
    spacings = (("\n", "\n"), ("\n", "\n\n"), ("\n\n", "\n\n"), ("\n\n", "\n\n\n"))
    held = 0
    for (inside, between), days in product(spacings, (DAYS, ISO)):
        entries = [
            form.format(day=day, title=title, text=text).replace("\n", inside)
            for day, title, text in zip(days, TITLES, SENTENCES, strict=True)
        ]
        reading = parse(between.join(entries[:count]) + "\n", "a.txt")
        wanted = list(zip(ISO, TITLES, strict=True))[:count]
        held += not reading.listings
        assert told(reading) in ([], wanted), (inside, between)
        assert reading.listings or reading.problems
    assert held < 8 or count == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_small_file_of_short_titles_and_texts_without_a_full_stop_gives_no_date_to_another(
    count: int,
) -> None:
    titles = ("Harbour opens", "New hostel", "Rest days")
    for between in ("\n", "\n\n"):
        text = between.join(
            f"{day}\n{title}\n{words}\n"
            for day, title, words in zip(DAYS[:count], titles, WORDS, strict=False)
        )
        days = dict(zip((*titles, *WORDS), (*ISO, *ISO), strict=True))
        reading = parse(text, "a.txt")
        assert all(days[title] == day for day, title in told(reading) if day)
