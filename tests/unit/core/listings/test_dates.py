from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.core.listings.dates import (
    Broken,
    Dated,
    Numeric,
    Short,
    find_dates,
    find_short,
    order_of,
    read_stamp,
    settled,
)
from tidings.core.listings.languages import find_vague, names_of

DAY = date(2022, 2, 16)


@pytest.mark.parametrize(
    "text",
    [
        "16 February, 2022",
        "16 February 2022",
        "February 16, 2022",
        "16 Feb 2022",
        "2022-02-16",
        "2022/2/16",
        "Wednesday, 16 February 2022",
        "Wed, Feb. 16th, 2022",
        "16th February 2022",
        "16th of February 2022",
        "16 FEB,2022",
        "16-Feb-2022",
        "16 de febrero de 2022",
        "miércoles, 16 de febrero de 2022",
        "febrero 16, 2022",
        "16 February 2022 10:30",
        "February 16, 2022, 3:04 pm",
        "2022-02-16T10:30:00Z",
        "(16 February 2022)",
        "• 16 February 2022 |",
        "\u200b16 February 2022",
    ],
)
def test_explicit_forms_are_read(text: str) -> None:
    assert read_stamp(text) == Dated(DAY)


@pytest.mark.parametrize("text", ["Wed Feb 16 10:36:28 2022", "Feb 2022 16"])
def test_rarer_forms_with_one_possible_day_are_left_to_dateutil(text: str) -> None:
    assert read_stamp(text) == Dated(DAY)
    assert read_stamp(text, thorough=False) != Dated(DAY)


def test_a_month_that_begins_like_a_joining_word_is_read_whole() -> None:
    assert read_stamp("1 de diciembre de 2021") == Dated(date(2021, 12, 1))
    assert read_stamp("1 December 2021") == Dated(date(2021, 12, 1))


@pytest.mark.parametrize(
    "text",
    [
        "On June 25 and 30, 2020, virtual workshops were held",
        "16 February 2022 - Mexico City",
        "Published 16 February 2022",
        "October 2020 saw 12 new hubs",
        "Santo Domingo - Given the characteristics",
        "Article 12, 2021",
        "Windows 11 2022",
        "Version 99.99.99",
        "2022",
        "20220216",
        "March",
        "May",
        "10",
        "",
        "The migrants who came on 16 February 2022 and those of 17 February 2022 together",
    ],
)
def test_a_line_with_anything_but_a_date_is_no_date(text: str) -> None:
    assert read_stamp(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("31 February 2022", "no such day"),
        ("0 January 2022", "no such day"),
        ("2022-13-01", "no such day"),
        ("1 January 0000", "cannot be the year"),
        ("1 January 9999", "cannot be the year"),
        ("February 2022", "no day"),
        ("2022 February", "one day"),
        ("Tuesday, 2022 Feb", "one day"),
        ("28 December - 2 January 2022", "range"),
        ("June 25 and 30, 2020", "one day"),
        ("16 helmikuuta 2022", "no month known"),
    ],
)
def test_a_date_that_is_not_one_certain_day_is_named_and_never_completed(
    text: str, says: str
) -> None:
    stamp = read_stamp(text)
    assert isinstance(stamp, Broken)
    assert says in stamp.message
    assert stamp.hint


def test_a_misspelt_month_is_recognised_and_the_right_one_suggested() -> None:
    for text in ("16 Febuary, 2022", "Febuary 16, 2022"):
        stamp = read_stamp(text)
        assert isinstance(stamp, Broken)
        assert stamp.hint == "did you mean february?"


@pytest.mark.parametrize("text", ["13 January", "January 13th", "Monday, 13 January"])
def test_a_day_without_its_year_is_a_mark_of_time_and_never_completed(text: str) -> None:
    assert isinstance(read_stamp(text), Broken)
    assert find_vague(text, names_of())


def test_two_figures_of_a_year_are_left_open() -> None:
    (found,) = find_short("12/05/15", names_of())
    assert found.stamp == Short(12, 5, 15)
    assert not find_short("Version 99.99.99.1", names_of())


def test_numbers_alone_are_left_open() -> None:
    assert read_stamp("04/06/2020") == Numeric(4, 6, 2020)
    assert read_stamp("27.02.2020") == Numeric(27, 2, 2020)
    assert read_stamp("04/06-2020") is None


def test_a_date_within_other_words_can_be_found() -> None:
    assert find_dates("Summer hub opens 07/09/2020", names_of())
    assert find_dates("Sept 3, 2020 - Hub opens", names_of())
    assert find_dates("5 de abril de 2021: abre", names_of())
    assert not find_dates("On October 29, more than 50 people", names_of())
    assert not find_dates("Hall 12 seats 2000 people", names_of())


@sampled(40, 400)
@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2200, 12, 31)))
def test_every_day_written_out_is_read_back(day: date) -> None:
    for form in ("%d %B, %Y", "%B %d, %Y", "%d %b %Y", "%A, %d %B %Y", "%Y-%m-%d", "%Y %b %d"):
        assert read_stamp(day.strftime(form)) == Dated(day), form


@sampled(40, 400)
@given(st.text(max_size=70))
def test_no_text_makes_reading_a_date_fail(text: str) -> None:
    read_stamp(text)
    find_dates(text, names_of())


DATE_PARTS = "16 1 31 2022 2021 99 Feb february de of Monday , . / - : 10:30 T Z am th 0 +05:00 00"
DATE_WORDS = st.sampled_from(DATE_PARTS.split())


@sampled(40, 400)
@given(st.lists(DATE_WORDS, max_size=9), st.sampled_from(["", " "]))
def test_no_heap_of_date_parts_makes_reading_fail(parts: list[str], joint: str) -> None:
    stamp = read_stamp(joint.join(parts))
    if isinstance(stamp, Dated):
        assert stamp.day - timedelta(days=1) < stamp.day


@pytest.mark.parametrize(
    "text",
    [
        "mercredi 16 février 2022",
        "16. Februar 2022",
        "Mittwoch, den 16. Februar 2022",
        "quarta-feira, 16 de fevereiro de 2022",
        "16 lutego 2022 r.",
        "16 февраля 2022 г.",
        "16 Şubat 2022 Çarşamba",
        "2022年2月16日",
        "16 FEVRIER 2022",
        "d. 16. februar 2022",
        "16-18 February 2022",
        "16 February - 2 March 2022",
        "2022-02-16T10:30:00+02:00",
    ],
)
def test_other_languages_ranges_and_times_are_read(text: str) -> None:
    assert read_stamp(text) == Dated(DAY)


OPEN = Numeric(4, 6, 2020)


def test_a_date_with_a_number_above_twelve_settles_itself() -> None:
    assert settled(Numeric(27, 2, 2020), None) == Dated(date(2020, 2, 27))
    assert settled(Numeric(27, 2, 2020), "mdy") == Dated(date(2020, 2, 27))
    assert settled(Numeric(2, 27, 2020), None) == Dated(date(2020, 2, 27))


def test_a_date_that_reads_the_same_both_ways_needs_no_order() -> None:
    assert settled(Numeric(5, 5, 2020), None) == Dated(date(2020, 5, 5))


def test_an_open_date_without_an_order_is_broken() -> None:
    stamp = settled(OPEN, None)
    assert isinstance(stamp, Broken)
    assert "date_order" in stamp.hint


def test_an_open_date_follows_the_order() -> None:
    assert settled(OPEN, "dmy") == Dated(date(2020, 6, 4))
    assert settled(OPEN, "mdy") == Dated(date(2020, 4, 6))


def test_an_impossible_numeric_date_is_broken() -> None:
    assert isinstance(settled(Numeric(31, 2, 2022), "dmy"), Broken)
    assert isinstance(settled(Numeric(32, 40, 2022), "mdy"), Broken)


def test_a_files_own_evidence_is_stronger_than_language_and_configuration() -> None:
    seen = [OPEN, Numeric(2, 27, 2020)]
    assert order_of(seen, is_english=False, date_order="dmy") == "mdy"


def test_contradicting_evidence_settles_nothing() -> None:
    seen = [Numeric(27, 2, 2020), Numeric(2, 27, 2020)]
    assert order_of(seen, is_english=False, date_order="dmy") is None


def test_every_language_but_english_puts_the_day_first() -> None:
    assert order_of([OPEN], is_english=False, date_order="mdy") == "dmy"


def test_in_english_the_configuration_decides_or_nothing() -> None:
    assert order_of([OPEN], is_english=True, date_order="mdy") == "mdy"
    assert order_of([OPEN], is_english=True, date_order=None) is None
    assert order_of([OPEN], is_english=True, date_order="sideways") is None
