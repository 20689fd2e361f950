from __future__ import annotations

from datetime import date

from tidings.core.listings.dates import Broken, Dated, Numeric, order_of, settled

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
