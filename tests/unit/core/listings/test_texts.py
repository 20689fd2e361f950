"""Regular listings are read as they were written; what is amiss is said, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import fill
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.core.listings import Hints, Reading, parse
from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import read_rows
from tidings.core.listings.text import without_controls
from tidings.model import Example

STORIES = (
    ("Guatemala raises awareness about recruitment scams",
     "“Ask, notice, and check” is the message of a campaign to people interested in working."),
    ("Two towns open information points for seasonal workers",
     "The points answer questions on contracts, wages and health, in three languages, every day."),
    ("Ministries agree on one form for work permits",
     "Employers will need one form where there were five, and permits will take ten days."),
    ("Ferry crews agree on rest days",
     "Two days off after ten days on board is what both sides have signed, from July on."),
    ("New hostel opens at the port",
     "It has forty beds, and a canteen that is open at night for those who work on the ships."),
    ("How fair recruitment works in three countries",
     "A study shows what agencies may charge, what they do charge and who checks on them."),
    ("Employers trained in Mexico",
     "More than fifty companies took part in the two webinars that were held in the spring."),
    ("The coast counts its visitors",
     "A count at nine harbours found more families than in any of the years before it."),
)  # fmt: skip
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Entry:
    """An entry of a listing, as it is written and as it should be read."""

    day: str
    title: str
    summary: str

    def __str__(self) -> str:
        """Three paragraphs on seven lines."""
        return f"{self.day}\n\n{self.title}\n\n{self.summary}\n\n\n"


def entry(at: int, day: str | None = None, **parts: str) -> Entry:
    """An entry of its own for each number, the newest first."""
    title, summary = STORIES[at % len(STORIES)]
    if more := at // len(STORIES):
        title, summary = (
            f"{title} in district {more}",
            f"{summary} It is the same in district {more}.",
        )
    shown = day or f"{(date(2021, 5, 16) - timedelta(days=at)):%d %B %Y}"
    return Entry(shown, parts.get("title", title), parts.get("summary", summary))


def entries(count: int) -> list[Entry]:
    return [entry(at) for at in range(count)]


def read(written: Sequence[Entry], hints: Hints | None = None) -> Reading:
    return parse("".join(map(str, written)), "seeds/a.txt", hints=hints)


def dates(reading: Reading) -> list[date | None]:
    return [listing.text.date for listing in reading.listings]


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(listing.text.title, listing.text.summary) for listing in reading.listings]


def meant(written: Sequence[Entry]) -> list[tuple[str, str]]:
    return [(each.title, each.summary) for each in written]


def problem_lines(reading: Reading) -> list[int]:
    return [problem.line for problem in reading.problems]


# --- What is regular ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    ["%d %B, %Y", "%B %d, %Y", "%d %b %Y", "%Y-%m-%d", "%A, %d %B %Y", "%dth %B %Y", "%d/%m/%Y"],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n\n\n", "\r\n", "\r"])
def test_other_offices_dates_and_spacing_read_the_same(form: str, gap: str) -> None:
    days = [date(2022, 2, 16) - timedelta(days=11 * at) for at in range(8)]
    lines = [
        part
        for at, day in enumerate(days)
        for part in (day.strftime(form), entry(at).title, entry(at).summary)
    ]
    reading = parse(gap.join(lines), "seeds/a.txt")
    assert reading.problems == ()
    assert told(reading) == meant(entries(8))
    assert dates(reading) == days


@pytest.mark.parametrize("count", [4, 12, 300, 700])
def test_the_number_of_entries_does_not_matter(count: int) -> None:
    written = entries(count)
    reading = read(written)
    assert told(reading) == meant(written)
    assert dates(reading) == [date(2021, 5, 16) - timedelta(days=at) for at in range(count)]
    assert reading.problems == ()


def test_a_missing_summary_is_empty() -> None:
    written = entries(6)
    written[1] = entry(1, summary="")
    reading = read(written)
    assert told(reading) == meant(written)
    assert reading.problems == ()


def test_several_paragraphs_make_one_summary() -> None:
    summary = (
        f"{entry(0).summary}\n\nIt is the second of its kind.\nA third one will follow in May."
    )
    reading = read([entry(0, summary=summary), *entries(6)[1:]])
    assert reading.listings[0].text.summary == " ".join(summary.split())
    assert told(reading)[1:] == meant(entries(6)[1:])


def test_a_page_wrapped_at_a_fixed_width_reads_like_one_that_is_not() -> None:
    written = [
        entry(at, title=f"{entry(at).title} among those who look for work in another country")
        for at in range(6)
    ]
    text = "".join(
        f"{each.day}\n\n{fill(each.title, 60)}\n\n{fill(each.summary, 60)}\n\n" for each in written
    )
    reading = parse(text, "seeds/a.txt")
    assert told(reading) == meant(written)
    assert text.split("\n")[reading.listings[3].ref.line - 1] in fill(written[3].title, 60)


@pytest.mark.parametrize(
    "summary",
    [
        "On June 25 and 30, 2020, virtual workshops were held with 27 people who work there.",
        "25 June 2020, a day to remember, saw the opening of the hub in the city of San José.",
        "Santo Domingo - Given the characteristics of the sector, 12 December 2019 was chosen.",
        "It was held\non 25 June 2020\nin the town hall of San José, with all who work there.",
        "The workshop was held on\n14 February 2022\nin the town hall, with all who work there.",
        "The workshop was held on\n14 February 2022.",
    ],
)
def test_a_date_inside_a_sentence_never_starts_an_entry(summary: str) -> None:
    reading = read([entry(0, summary=summary), *entries(6)[1:]])
    assert told(reading) == [(entry(0).title, " ".join(summary.split())), *meant(entries(6)[1:])]
    assert reading.problems == ()


def test_undated_entries_get_no_date() -> None:
    text = "".join(f"{each.title}\n\n{each.summary}\n\n\n" for each in entries(8))
    reading = parse(text, "seeds/a.txt")
    assert (reading.layout, dates(reading)) == ("undated", [None] * 8)
    assert told(reading) == meant(entries(8))
    assert reading.problems == ()


def test_lines_count_from_one_over_real_line_breaks_only() -> None:
    text = "\ufeff" + "".join(
        f"{each.day}\r\n\r\n{each.title}\x0bin\u2028town\r\n\r\n{each.summary}\r\r\n"
        for each in entries(6)
    )
    reading = parse(text, "seeds/a.txt")
    assert [(one.ref.line, one.text.title) for one in reading.listings] == [
        (3 + 6 * at, f"{each.title} in town") for at, each in enumerate(entries(6))
    ]


def test_a_category_that_is_given_goes_to_every_entry() -> None:
    reading = read(entries(6), Hints(category="news"))
    assert [one.text.category for one in reading.listings] == ["news"] * 6


def test_numeric_dates_follow_the_configured_order() -> None:
    days = ("04/06/2020", "03/06/2020", "02/06/2020", "01/06/2020")
    written = [entry(at, day) for at, day in enumerate(days)]
    assert dates(read(written, Hints(date_order="mdy")))[0] == date(2020, 4, 6)
    assert dates(read(written, Hints(date_order="dmy")))[0] == date(2020, 6, 4)
    assert dates(read(written, Hints(date_order="mdy", language="es")))[0] == date(2020, 6, 4)
    assert read(written).listings == ()


def test_two_figure_years_are_read_where_only_one_order_is_left() -> None:
    days = ("30/04/13", "16/04/13", "31/03/99", "17/02/98", "13/02/98", "12/02/98")
    read_ = dates(read([entry(at, day) for at, day in enumerate(days)]))
    assert read_[:3] == [date(2013, 4, 30), date(2013, 4, 16), date(1999, 3, 31)]


@pytest.mark.parametrize("month", ["helmikuuta", "Φεβρουαρίου", "februarie", "فبراير", "กุมภาพันธ์"])
def test_months_of_a_language_that_is_not_usual_are_read(month: str) -> None:
    days = range(9, 1, -1)
    reading = read([entry(at, f"{day} {month} 2022") for at, day in enumerate(days)])
    assert dates(reading) == [date(2022, 2, day) for day in days]


def test_thai_years_and_hebrew_months_are_read() -> None:
    thai = read([entry(at, f"{9 - at} มีนาคม 2567") for at in range(6)])
    hebrew = read([entry(at, f"{9 - at} במרץ 2024") for at in range(6)])
    assert dates(thai) == dates(hebrew) == [date(2024, 3, 9 - at) for at in range(6)]


def test_a_page_heading_above_the_first_date_belongs_to_no_entry_and_is_no_problem() -> None:
    reading = parse("Latest news\n\n" + "".join(map(str, entries(6))), "seeds/a.txt")
    assert told(reading) == meant(entries(6))
    assert reading.problems == ()


# --- What is amiss --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("31 February 2022", "no such day"),
        ("04/06/2020", "in either order"),
        ("16 Febuary 2022", "no month known"),
        ("04/06/20", "two digits"),
    ],
)
def test_an_entry_with_a_bad_date_is_a_problem_and_the_others_go_on(day: str, says: str) -> None:
    text = f"{entry(0)}  {entry(1, day)}" + "".join(map(str, entries(6)[2:]))
    reading = parse(text, "seeds/a.txt")
    assert told(reading) == meant([entry(0), *entries(6)[2:]])
    (problem,) = reading.problems
    assert (problem.path, problem.line, problem.column) == ("seeds/a.txt", 8, 3)
    assert problem.excerpt == day
    assert says in problem.message
    assert problem.hint


@pytest.mark.parametrize("day", ["13 January", "January 13th", "yesterday"])
def test_a_day_without_its_year_becomes_no_date_and_that_is_said(day: str) -> None:
    written = [entry(0), entry(1, day), *entries(6)[2:]]
    reading = read(written)
    assert told(reading) == meant(written)
    assert dates(reading)[:3] == [date(2021, 5, 16), None, date(2021, 5, 14)]
    (problem,) = reading.problems
    assert (problem.line, problem.excerpt) == (8, day)
    assert "without a date" in problem.message
    assert problem.hint


def test_where_no_date_has_a_year_no_entry_has_a_date_and_one_problem_says_so() -> None:
    reading = read([entry(at, f"{9 - at} January") for at in range(8)])
    assert dates(reading) in ([], [None] * 8)
    (problem,) = reading.problems
    assert not reading.listings or (problem.line == 1 and "8 entries" in problem.message)


@pytest.mark.parametrize("form", ["{day}\n\n{title}\n\n{text}\n\n\n", "{title}\n{day}\n{text}\n\n"])
def test_a_text_in_place_of_a_title_is_no_title_and_that_is_said(form: str) -> None:
    written = entries(8)
    text = "".join(
        form.format(day=each.day, title=each.title if at != 4 else "", text=each.summary)
        for at, each in enumerate(written)
    )
    reading = parse(text, "seeds/a.txt")
    del written[4]
    assert [title for title, _ in told(reading)] in ([], [each.title for each in written])
    assert all(pair in [*meant(written), (written[3].title, "")] for pair in told(reading))
    assert len(reading.problems) == 1
    assert not reading.listings or "no title" in reading.problems[0].message


def test_a_date_without_anything_below_it_is_a_problem_and_the_others_go_on() -> None:
    written = entries(8)
    text = "".join(map(str, written)).replace(f"{written[4].title}\n\n{written[4].summary}", "")
    reading = parse(text, "seeds/a.txt")
    del written[4]
    assert told(reading) in ([], meant(written))
    assert not reading.listings or problem_lines(reading) == [29]
    assert reading.problems


def test_a_title_of_endless_length_or_of_signs_alone_is_a_problem() -> None:
    written = entries(8)
    written[3], written[4] = entry(3, title="x" * 600), entry(4, title="***")
    reading = read(written)
    assert told(reading) in ([], meant([*written[:3], *written[5:]]))
    assert not reading.listings or problem_lines(reading) == [24, 31]
    assert all(len(problem.excerpt) < 200 for problem in reading.problems)


def test_running_text_above_the_first_date_is_named() -> None:
    text = "Our office reports on labour migration in the region, and on those who work on it.\n\n"
    reading = parse(text + "".join(map(str, entries(6))), "seeds/a.txt")
    assert told(reading) == meant(entries(6))
    assert problem_lines(reading) == [1]


def test_problems_come_in_the_order_of_the_file() -> None:
    written = entries(9)
    written[0], written[4] = entry(0, "31 February 2022"), entry(4, "13 January")
    written[8] = entry(8, "30 February 2022")
    assert problem_lines(read(written)) == [1, 29, 57]


def test_endless_problems_are_summed_up() -> None:
    reading = read([*entries(6), *(entry(at, "31 February 2022") for at in range(6, 156))])
    assert len(reading.problems) == 101
    assert "50 more" in reading.problems[-1].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n \n\u00a0\r\n\u200b\n", "empty"),
        ("16 May 2021\n\n15 May 2021\n", "nothing but dates"),
        ("hello", "no layout"),
        ("\x00\x01PNG\x02\x03\n\x04\x05IHDR\x06", "not text"),
        ("Zm9vYmFy" * 300 + "\n" + "Zm9vYmFy" * 300, "no layout"),
        ("a\n" * 150_001, "more than 150000 lines"),
    ],
)
def test_what_is_no_listing_is_quarantined(text: str, says: str) -> None:
    reading = parse(text, "seeds/a.txt")
    assert (reading.listings, reading.confidence) == ((), 0.0)
    (problem,) = reading.problems
    assert says in problem.message
    assert problem.hint


def test_a_file_of_bad_dates_alone_is_quarantined_with_each_of_them_named() -> None:
    reading = read([entry(at, "16 hulmikuuta 2022") for at in range(6)])
    assert (reading.listings, reading.confidence) == ((), 0.0)
    assert problem_lines(reading) == [1, 8, 15, 22, 29, 36]


def test_a_layout_that_is_given_and_does_not_fit_is_named() -> None:
    reading = read(entries(6), Hints(layout="title-and-date"))
    assert (reading.listings, reading.confidence) == ((), 0.0)
    (problem,) = reading.problems
    assert '"title-and-date"' in problem.message
    assert problem.hint


def test_a_layout_that_is_given_is_the_only_one_tried() -> None:
    reading = read(entries(6), Hints(layout="dated-before", threshold=1.0))
    assert (reading.layout, told(reading)) == ("dated-before", meant(entries(6)))


def test_above_the_confidence_a_file_is_held_with_the_best_guess() -> None:
    reading = read(entries(6), Hints(threshold=1.0))
    assert (reading.listings, reading.confidence) == ((), 0.0)
    assert [(one.text.title, one.text.summary) for one in reading.guess] == meant(entries(6))
    assert reading.best
    assert reading.best.listings == reading.guess
    assert "dated-before" in reading.problems[0].message


# --- What need not be regular ---------------------------------------------------------------------


@sampled(40, 400)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_gives_a_reading(text: str) -> None:
    reading = parse(text, "seeds/a.txt")
    assert reading.listings or reading.problems


PIECES = st.sampled_from(
    ["16 May 2021", "31 February 2022", "May", "04/06/2020", "2021", *STORIES[0], *STORIES[3],
     "x", "***", "", "", "\n", "\r", "\u2028", "\x00", "\ud800", "  ", "On 5 May 2021", "y" * 600,
     "[](a.png)", "1. ", "4 hours ago", "\t|\t", "Read more"]
)  # fmt: skip


@sampled(40, 400)
@given(st.lists(PIECES, max_size=40), st.sampled_from((0.0, 0.6, 1.0)))
def test_any_heap_of_pieces_gives_a_reading_whose_parts_stand_in_the_file(
    pieces: list[str], threshold: float
) -> None:
    text = "\n".join(pieces)
    reading = parse(text, "seeds/a.txt", hints=Hints(threshold=threshold))
    clean, _ = without_controls(text)
    rows = read_rows(clean, limit=1000, language=None, date_order=None, names=names_of())
    assert rows is not None
    known = {row.number: row.text for row in rows}
    for listing in (*reading.listings, *reading.guess):
        line = known[listing.ref.line]
        assert listing.text.title.startswith(line) or listing.text.title in line
    assert all(problem.line in known or problem.line == 0 for problem in reading.problems)
    assert (reading.confidence == 0) == (not reading.listings)
    assert reading.listings or reading.problems


HOSTILE: dict[str, Callable[[float], str]] = {
    "one line": lambda size: "x" * int(size * MEBIBYTE),
    "words": lambda size: "word " * int(size * MEBIBYTE / 5),
    "blank": lambda size: "\n" * int(size * MEBIBYTE),
    "dates": lambda size: "2022-02-16\n" * int(size * MEBIBYTE / 11),
    "fewer dates": lambda size: "2022-02-16\n" * int(size * 18_600),
    "bad dates": lambda size: "31 February 2022\nxx\n" * int(size * 9_250),
    "rare dates": lambda size: "".join(f"2022 May {n}\n" for n in range(int(size * 18_600))),
    "gaps": lambda size: "".join(
        "A title of mine\n" + "\n" * (n % 300) for n in range(int(size * 6_250))
    ),
}


# Eight are the most that a file may have.
@pytest.mark.parametrize("size", [0.25, pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mebibytes_are_read_to_their_end(name: str, size: float) -> None:
    text = HOSTILE[name](size)
    started = process_time()
    reading = parse(text, "seeds/a.txt")
    assert reading.listings or reading.problems
    # No measure of speed: what is not linear takes hours.
    assert process_time() - started < 60 * max(1, size)


def test_a_first_row_of_more_parts_than_a_long_list_has_is_read_or_held() -> None:
    reading = parse("| a | b " * 800 + "\nA title\n", "a.txt")
    assert reading.listings or reading.problems


def test_an_example_decides_in_a_long_file_too() -> None:
    days = [f"{1 + number % 28} May {1970 + number // 28}" for number in range(610)]
    text = "".join(f"Notice {n} of the harbour\n{day}\n" for n, day in enumerate(days))
    example = Example("Notice 0 of the harbour", date(1970, 5, 1))
    reading = parse(text, "a.txt", hints=Hints(example=example, threshold=0))
    assert reading.listings[0].text.title == "Notice 0 of the harbour"
    assert reading.listings[0].text.date == date(1970, 5, 1)
    assert len(reading.listings) == 610
