from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from textwrap import fill
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.core.listings import Reading, parse
from tidings.core.listings.lines import read_lines

TITLE = "Guatemala raises awareness about recruitment scams"
SUMMARY = "“Ask, notice, and check” is the message of a campaign to people interested in working."
MEBIBYTE = 1 << 20


def entry(day: str, title: str = TITLE, summary: str = SUMMARY) -> str:
    return f"{day}\n\n{title}\n\n{summary}\n\n\n"


def dates(reading: Reading) -> list[date | None]:
    return [listing.text.date for listing in reading.listings]


def problem_lines(reading: Reading) -> list[int]:
    return [problem.line for problem in reading.problems]


@pytest.mark.parametrize(
    "day",
    [
        "16 February, 2022",
        "February 16, 2022",
        "16 Feb 2022",
        "2022-02-16",
        "Wednesday, 16 February 2022",
        "16th February 2022",
        "16/02/2022",
        "16 de febrero de 2022",
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\n\n\n", "\r\n", "\r"])
def test_other_offices_dates_and_spacing_read_the_same(day: str, gap: str) -> None:
    reading = parse(gap.join([day, TITLE, SUMMARY] * 3), "seeds/a.txt")
    assert reading.problems == ()
    assert [listing.text.title for listing in reading.listings] == [TITLE] * 3
    assert [listing.text.summary for listing in reading.listings] == [SUMMARY] * 3
    assert dates(reading) == [date(2022, 2, 16)] * 3


@pytest.mark.parametrize("count", [1, 3, 300])
def test_the_number_of_entries_does_not_matter(count: int) -> None:
    days = [date(2022, 2, 16) - timedelta(days=n) for n in range(count)]
    reading = parse("".join(entry(day.strftime("%d %B, %Y")) for day in days), "seeds/a.txt")
    assert dates(reading) == days
    assert reading.confidence == 1.0


def test_a_missing_summary_is_empty() -> None:
    text = entry("16 May 2021") + "15 May 2021\n\nNo more to say\n\n" + entry("14 May 2021")
    reading = parse(text, "seeds/a.txt")
    assert [listing.text.summary for listing in reading.listings] == [SUMMARY, "", SUMMARY]


def test_several_paragraphs_make_one_summary() -> None:
    text = entry("16 May 2021", summary=f"{SUMMARY}\n\nA second one.\nAnd a third line.")
    reading = parse(text + entry("15 May 2021"), "seeds/a.txt")
    assert reading.listings[0].text.summary == f"{SUMMARY} A second one. And a third line."
    assert len(reading.listings) == 2


def test_a_page_wrapped_at_a_fixed_width_reads_like_one_that_is_not() -> None:
    title = f"{TITLE} among those who are interested in working in another country"
    text = "".join(
        f"{day} May 2021\n\n{fill(title, 60)}\n\n{fill(SUMMARY, 60)}\n\n" for day in (3, 2, 1)
    )
    reading = parse(text, "seeds/a.txt")
    assert {(item.text.title, item.text.summary) for item in reading.listings} == {(title, SUMMARY)}
    assert [item.ref.line for item in reading.listings] == [3, 11, 19]


@pytest.mark.parametrize(
    "summary",
    [
        "On June 25 and 30, 2020, virtual workshops were held with 27 people who work there.",
        "25 June 2020, a day to remember, saw the opening of the hub in the city of San José.",
        "Santo Domingo - Given the characteristics of the sector, 12 December 2019 was chosen.",
        "It was held\non 25 June 2020\nin the town hall of San José, with all who work there.",
    ],
)
def test_a_date_inside_a_sentence_never_starts_an_entry(summary: str) -> None:
    text = entry("16 May 2021", summary=summary) + entry("15 May 2021")
    reading = parse(text, "seeds/a.txt")
    assert dates(reading) == [date(2021, 5, 16), date(2021, 5, 15)]
    assert reading.listings[0].text.summary == " ".join(summary.split())


def test_undated_entries_get_no_date() -> None:
    text = "".join(f"{TITLE} {n}\n\n{SUMMARY}\n\n\n" for n in range(5))
    reading = parse(text, "seeds/a.txt")
    assert (reading.layout, dates(reading)) == ("undated", [None] * 5)
    assert reading.problems == ()


def test_lines_count_from_one_over_real_line_breaks_only() -> None:
    text = f"\ufeff16 May 2021\r\n\r\nOne\x0btitle\u2028here\r\n\r\n{SUMMARY}\r15 May 2021\rTwo"
    reading = parse(text, "seeds/a.txt")
    assert [(item.ref.line, item.text.title) for item in reading.listings] == [
        (3, "One title here"),
        (7, "Two"),
    ]


def test_a_category_that_is_given_goes_to_every_entry() -> None:
    reading = parse(entry("16 May 2021") * 2, "seeds/a.txt", category="news")
    assert {listing.text.category for listing in reading.listings} == {"news"}


def test_numeric_dates_follow_the_configured_order() -> None:
    text = entry("04/06/2020") + entry("03/06/2020")
    assert dates(parse(text, "a", date_order="mdy"))[0] == date(2020, 4, 6)
    assert dates(parse(text, "a", date_order="dmy"))[0] == date(2020, 6, 4)
    assert dates(parse(text, "a", date_order="mdy", language="es"))[0] == date(2020, 6, 4)
    assert parse(text, "a").listings == ()


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("31 February 2022", "no such day"),
        ("13 January", "no year"),
        ("04/06/2020", "either way round"),
        ("16 Febuary 2022", "no month known"),
        ("June 25 and 30, 2020", "one day"),
        ("04/06/20", "two digits"),
    ],
)
def test_an_entry_with_a_bad_date_is_a_problem_and_the_others_go_on(day: str, says: str) -> None:
    good = [date(2021, 5, 16), date(2021, 5, 14)]
    text = entry("16 May 2021") + f"  {entry(day)}" + entry("14 May 2021")
    reading = parse(text, "seeds/a.txt")
    assert dates(reading) == good
    (problem,) = reading.problems
    assert (problem.path, problem.line, problem.column) == ("seeds/a.txt", 8, 3)
    assert problem.excerpt == day
    assert says in problem.message
    assert problem.hint


def test_a_date_without_a_title_is_a_problem_and_the_others_go_on() -> None:
    text = entry("16 May 2021") + "15 May 2021\n\n" + entry("14 May 2021") + "13 May 2021\n"
    reading = parse(text, "seeds/a.txt")
    assert dates(reading) == [date(2021, 5, 16), date(2021, 5, 14)]
    assert problem_lines(reading) == [8, 17]
    assert "no title" in reading.problems[0].message


def test_a_title_of_endless_length_or_of_signs_alone_is_a_problem() -> None:
    text = entry("16 May 2021") * 3 + entry("15 May 2021", "x" * 600) + entry("14 May 2021", "***")
    reading = parse(text, "seeds/a.txt")
    assert len(reading.listings) == 3
    assert problem_lines(reading) == [24, 31]
    assert len(reading.problems[0].excerpt) < 200


def test_a_page_heading_above_the_first_date_belongs_to_no_entry_and_is_no_problem() -> None:
    reading = parse("Latest news\n\n" + entry("16 May 2021") * 3, "seeds/a.txt")
    assert len(reading.listings) == 3
    assert reading.problems == ()


def test_running_text_above_the_first_date_is_named() -> None:
    reading = parse(f"{SUMMARY}\n\n" + entry("16 May 2021") * 3, "seeds/a.txt")
    assert len(reading.listings) == 3
    assert problem_lines(reading) == [1]


def test_problems_come_in_the_order_of_the_file() -> None:
    undated = f"A hub without any date\n\n{SUMMARY}\n\n\n"
    bad = "A hub with its date below\n5 May 2021\n"
    text = entry("31 February 2022") + undated + entry("16 May 2021") + (undated * 9) + bad
    reading = parse(text, "seeds/a.txt")
    assert reading.layout == "mixed"
    assert problem_lines(reading) == [1, 65]


def test_endless_problems_are_summed_up() -> None:
    text = entry("16 May 2021") + entry("31 February 2022") * 500
    reading = parse(text, "seeds/a.txt")
    assert len(reading.problems) == 101
    assert "400 more" in reading.problems[-1].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n \n\u00a0\r\n\u200b\n", "empty"),
        ("16 May 2021\n\n15 May 2021\n", "nothing but dates"),
        ("hello", "no layout"),
        (f"{SUMMARY}\n\n{SUMMARY}\n\n{SUMMARY}", "no layout"),
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
    reading = parse(entry("16 helmikuuta 2022") * 3, "seeds/a.txt")
    assert (reading.listings, reading.confidence) == ((), 0.0)
    assert problem_lines(reading) == [1, 8, 15]


@sampled(40, 400)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_gives_a_reading(text: str) -> None:
    reading = parse(text, "seeds/a.txt")
    assert reading.listings or reading.problems


PIECES = st.sampled_from(
    ["16 May 2021", "31 February 2022", "May", "04/06/2020", "2021", TITLE, SUMMARY, "x", "***",
     "", "", "\n", "\r", "\u2028", "\x00", "\ud800", "  ", "On 5 May 2021", "y" * 600]
)  # fmt: skip


@sampled(40, 400)
@given(st.lists(PIECES, max_size=40))
def test_any_heap_of_pieces_gives_a_reading_whose_parts_stand_in_the_file(
    pieces: list[str],
) -> None:
    text = "\n".join(pieces)
    reading = parse(text, "seeds/a.txt")
    lines = read_lines(text.replace("\x00", "").replace("\ud800", ""), limit=1000)
    assert lines is not None
    known = {line.number: line.text for line in lines}
    for listing in reading.listings:
        assert listing.text.title.startswith(known[listing.ref.line])
    assert all(problem.line in known or problem.line == 0 for problem in reading.problems)
    assert (reading.confidence == 0) == (not reading.listings)
    assert reading.listings or reading.problems


HOSTILE: dict[str, Callable[[int], str]] = {
    "one line": lambda size: "x" * (size * MEBIBYTE),
    "words": lambda size: "word " * (size * MEBIBYTE // 5),
    "blank": lambda size: "\n" * (size * MEBIBYTE),
    "dates": lambda size: "2022-02-16\n" * (size * MEBIBYTE // 11),
    "fewer dates": lambda size: "2022-02-16\n" * (size * 18_600),
    "bad dates": lambda size: "31 February 2022\nxx\n" * (size * 9_250),
    "rare dates": lambda size: "".join(f"2022 May {n}\n" for n in range(size * 18_600)),
    "gaps": lambda size: "".join(
        "A title of mine\n" + "\n" * (n % 300) for n in range(size * 6_250)
    ),
}


# Eight are the most that a file may have.
@pytest.mark.parametrize("size", [1, pytest.param(8, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mebibytes_are_read_to_their_end(name: str, size: int) -> None:
    text = HOSTILE[name](size)
    started = process_time()
    assert parse(text, "seeds/a.txt").confidence == 0
    # No measure of speed: what is not linear takes hours.
    assert process_time() - started < 60 * size
