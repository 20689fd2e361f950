from __future__ import annotations

from datetime import date
from textwrap import fill

import pytest

from tidings.core.listings.dates import Broken, Dated
from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import (
    WIDEST_GAP,
    Row,
    is_date_alone,
    read_rows,
    unwrapped,
    wrapped_rows,
)


def rows_of(text: str, language: str | None = None, order: str | None = None) -> tuple[Row, ...]:
    rows = read_rows(text, limit=1000, language=language, date_order=order, names=names_of())
    assert rows is not None
    return rows


def days(text: str, language: str | None = None, order: str | None = None) -> list[date | None]:
    """The day that each date of a text stands for, None where it is not known."""
    return [
        found.stamp.day if isinstance(found.stamp, Dated) else None
        for row in rows_of(text, language, order)
        for found in row.dates
    ]


def only(text: str) -> Row:
    (row,) = rows_of(text)
    return row


def test_rows_carry_number_column_and_the_gap_above() -> None:
    rows = rows_of("\n  one\n\n\n\ttwo\r\nthree")
    assert [(row.number, row.column, row.gap, row.text) for row in rows] == [
        (2, 3, WIDEST_GAP, "one"),
        (5, 2, 2, "two"),
        (6, 1, 0, "three"),
    ]


def test_wide_gaps_are_all_alike() -> None:
    assert rows_of("one" + "\n" * 500 + "two")[1].gap == WIDEST_GAP


def test_too_many_rows_are_not_looked_at() -> None:
    def read(text: str) -> tuple[Row, ...] | None:
        return read_rows(text, limit=2, language=None, date_order=None, names=names_of())

    assert read("a\nb\n\nc") is None
    assert read("a\n\n\nb") is not None


def test_a_row_of_invisible_signs_is_a_blank_one() -> None:
    assert [(row.number, row.gap) for row in rows_of("one\n\u200b\u2060\ntwo")][1] == (3, 1)


@pytest.mark.parametrize(
    ("line", "mark", "text"),
    [
        ("## A hub opens", "##", "A hub opens"),
        ("## A hub opens ##", "##", "A hub opens"),
        ("* A hub opens", "*", "A hub opens"),
        ("• A hub opens", "•", "A hub opens"),
        ("- ## A hub opens", "##", "A hub opens"),
        ("12. A hub opens", "12.", "A hub opens"),
        ("(3) A hub opens", "(3)", "A hub opens"),
        ("> A hub opens", ">", "A hub opens"),
        ("**A hub opens**", "", "A hub opens"),
        ("A **hub** opens", "", "A hub opens"),
        ("_A hub opens_", "", "A hub opens"),
        ("#1 hub of the country", "", "#1 hub of the country"),
        ("3.5 million take part", "", "3.5 million take part"),
        ("*** ---", "", "*** ---"),
    ],
)
def test_a_mark_and_emphasis_are_no_part_of_the_text(line: str, mark: str, text: str) -> None:
    assert (only(line).mark, only(line).text) == (mark, text)


def test_a_day_with_a_full_stop_is_no_number_of_a_list() -> None:
    assert days("19. September 2024") == [date(2024, 9, 19)]
    assert only("19. September 2024").mark == ""


@pytest.mark.parametrize(
    ("line", "text", "link"),
    [
        ("[A hub opens](https://example.org/a)", "A hub opens", "pure"),
        ("[A hub opens](https://example.org/a) in town", "A hub opens in town", "has"),
        ("![](https://example.org/a)", "", "picture"),
        ("![A hub](b.png) [opens](https://example.org/a)", "opens", "pure"),
        ('[A hub](https://example.org/a "Go there")', "A hub", "pure"),
    ],
)
def test_a_link_is_its_words_and_its_address(line: str, text: str, link: str) -> None:
    row = only(line)
    assert (row.text, row.link, row.url) == (text, link, "https://example.org/a")


def test_cells_begin_where_a_tab_or_a_run_of_blanks_stood() -> None:
    row = only("One\tTwo    Three  four")
    assert [row.text[at:] for at in row.cells] == ["Two Three four", "Three four"]


def test_no_date_reaches_from_one_cell_into_another() -> None:
    assert days("Hub 16\t16 February 2022\t2022") == [date(2022, 2, 16)]


def test_a_row_that_is_only_a_date_has_one_from_end_to_end() -> None:
    (found,) = only("16 February, 2022").dates
    assert (found.start, found.end, found.stamp) == (0, 17, Dated(date(2022, 2, 16)))


def test_numeric_dates_are_settled_by_the_whole_file() -> None:
    assert days("04/06/2020\nOne\n05/25/2020\nTwo")[0] == date(2020, 4, 6)
    assert days("04/06/2020\nOne\n25/05/2020\nTwo")[0] == date(2020, 6, 4)


def test_a_file_that_has_both_orders_settles_nothing() -> None:
    assert days("04/06/2020\nOne\n05/25/2020\nTwo\n25/05/2020")[0] is None


def test_numeric_dates_are_settled_by_the_language_and_the_setting() -> None:
    assert days("04/06/2020\nUno", "es") == [date(2020, 6, 4)]
    assert days("04/06/2020\nOne", "en") == [None]
    assert days("04/06/2020\nOne", "en", "mdy") == [date(2020, 4, 6)]
    assert days("04/06/2020\nUno", "es", "mdy") == [date(2020, 6, 4)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("04/30/13\nOne\n02/05/13\nTwo", [date(2013, 4, 30), date(2013, 2, 5)]),
        ("30.04.13\nOne\n05.02.32\nTwo", [date(2013, 4, 30), date(2032, 2, 5)]),
        ("2013\n\n04/05/13\nOne\n02/30/13\nTwo", [None, None]),
        ("12 Apr 07\nOne", [date(2007, 4, 12)]),
        ("31/12/99\nOne\n31/12/68\nTwo", [date(1999, 12, 31), date(2068, 12, 31)]),
        ("04/05/06\nOne\n05/06/07\nTwo", [None, None]),
    ],
)
def test_two_figure_years_count_where_the_file_agrees(text: str, wanted: list[date | None]) -> None:
    assert days(text, "en") == wanted


def test_months_of_a_language_that_is_not_usual_are_known_when_the_file_has_them() -> None:
    text = "".join(f"{day}. {month} 2022\nUutinen {day}\n" for day, month in
                   ((3, "helmikuuta"), (2, "huhtikuuta"), (1, "marraskuuta")))  # fmt: skip
    assert days(text) == [date(2022, 2, 3), date(2022, 4, 2), date(2022, 11, 1)]


@pytest.mark.parametrize(
    "text", ["๑๐ มีนาคม ๒๕๖๗", "10 มีนาคม 2567", "10 มี.ค. 2567", "10 במרץ 2024", "10 במרץ, 2024"]
)
def test_thai_years_and_hebrew_months_are_read(text: str) -> None:
    assert days(f"{text}\nהראשון\n{text}\nสอง") == [date(2024, 3, 10)] * 2


def test_a_month_a_day_and_a_year_below_one_another_are_one_date() -> None:
    text = "Feb\n16\n2022\nA hub opens\n\nMar\n2\n2022\nA hub closes\n"
    assert days(text) == [date(2022, 2, 16), date(2022, 3, 2)]
    assert [row.number for row in rows_of(text)] == [1, 4, 6, 9]


def test_a_date_that_is_no_day_is_one_all_the_same() -> None:
    (found,) = only("31 February 2022").dates
    assert isinstance(found.stamp, Broken)
    (found,) = only("16 Febuary 2022").dates
    assert isinstance(found.stamp, Broken)


@pytest.mark.parametrize("text", ["4 hours ago", "yesterday, 17:56", "3 May", "gestern"])
def test_a_mark_of_time_that_names_no_day_is_weak(text: str) -> None:
    row = only(text)
    assert (row.dates, row.weak) == ((), ((0, len(text)),))


def test_a_number_within_a_sentence_is_no_mark_of_time() -> None:
    row = only("More than 50 people came to the 3 hubs that opened in the city")
    assert (row.dates, row.weak) == ((), ())


PARAGRAPH = (
    "The International Organization for Migration together with the Ministry of Labour presented "
    "the system which will give better information on work to people in and out of the country."
)


def joined(text: str) -> list[str]:
    return [row.text for row in unwrapped(rows_of(text))]


def test_wrapped_paragraphs_are_joined() -> None:
    text = f"16 February 2022\nTitle\n\n{fill(PARAGRAPH, 50)}\n\n{fill(PARAGRAPH, 50)}\n"
    assert joined(text) == ["16 February 2022", "Title", PARAGRAPH, PARAGRAPH]


def test_a_break_that_a_person_made_stays() -> None:
    text = f"A title\n{fill(PARAGRAPH, 50)}"
    assert joined(text) == ["A title", PARAGRAPH]


def test_long_lines_are_not_wrapped_text() -> None:
    text = f"{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}\n{PARAGRAPH}"
    assert joined(text) == [PARAGRAPH] * 5


def test_lists_of_short_lines_are_not_wrapped_text() -> None:
    titles = ["One hub opens in San José", "Two", "Three more hubs open", "Four", "Five hubs"]
    assert joined("\n".join(titles)) == titles


def test_a_page_too_narrow_for_sentences_is_not_wrapped_text() -> None:
    assert joined("May\nMay\nMay\nMay\nMay") == ["May"] * 5


def test_a_marked_row_and_a_date_begin_anew_in_wrapped_text() -> None:
    text = f"* {fill(PARAGRAPH, 50)}\n* {fill(PARAGRAPH, 50)}\n16 February 2022\n"
    assert joined(text) == [PARAGRAPH, PARAGRAPH, "16 February 2022"]


def test_dates_stand_where_they_were_when_rows_are_joined() -> None:
    text = f"{fill(PARAGRAPH + ' It was held in the town hall on 16 February 2022.', 50)}\n"
    (row,) = unwrapped(rows_of(text))
    (found,) = row.dates
    assert row.text[found.start : found.end] == "16 February 2022"


def test_a_row_is_wrapped_if_its_first_word_did_not_fit_above() -> None:
    text = f"{'long ' * 11}line\nExtraordinarily\n\nAnother\nshort\n"
    assert wrapped_rows(rows_of(text)) == {1}
    assert wrapped_rows(rows_of(f"{PARAGRAPH}\nExtraordinarily\n")) == frozenset()


def test_a_date_alone_has_nothing_beside_it() -> None:
    alone, beside, text = rows_of("16 May 2021\n16 May 2021: it opens\nIt opens")
    assert (is_date_alone(alone), is_date_alone(beside), is_date_alone(text)) == (
        True,
        False,
        False,
    )


def test_no_rows_are_no_rows() -> None:
    nothing: tuple[Row, ...] = ()
    assert unwrapped(nothing) == ()
    assert wrapped_rows(nothing) == frozenset()
