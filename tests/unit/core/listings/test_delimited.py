"""Tables in text, row by row: a row with wrong quotes costs that row alone."""

from __future__ import annotations

from datetime import date

import pytest

from tidings.core.listings import Hints, parse
from tidings.core.listings.reading import Reading


def titles(reading: Reading) -> list[str]:
    return [listing.text.title for listing in reading.listings]


def lines(reading: Reading) -> list[int]:
    return [problem.line for problem in reading.problems]


HEADER = "Date,Title,Summary\n2026-11-20,A,a\n"


@pytest.mark.parametrize(
    "rest",
    [
        "2026-11-18,B,b\n2026-11-15,C,c\n",
        '2026-11-18,B,b\n2026-11-15,C,"c, and more"\n',
        '2026-11-18,B,b\n2026-11-15,C,c"\n2026-11-14,D,d\n',
        '2026-11-18,"B",b\n2026-11-15,C,"c"\n',
        "",
    ],
)
@pytest.mark.parametrize("bad", ['2026-11-19,"Unclosed,x\n', '2026-11-19,Unclosed,"x\n'])
def test_quotes_that_are_not_closed_swallow_no_row_below(bad: str, rest: str) -> None:
    reading = parse(HEADER + bad + rest, "a.csv")
    assert "Unclosed" not in titles(reading)
    assert lines(reading)[:1] == [3]
    expected = [row.split(",")[1].strip('"') for row in rest.splitlines() if not row.endswith('c"')]
    kept = [title for title in titles(reading)[1:] if title != "C"]
    assert kept == [title for title in expected if title != "C"]


def test_what_stands_behind_a_closing_quote_costs_that_row() -> None:
    reading = parse(HEADER + '2026-11-19,"B" x,b\n2026-11-18,C,c\n', "a.csv")
    assert titles(reading) == ["A", "C"]
    assert lines(reading) == [3]


def test_a_text_in_quotes_may_have_several_lines_and_quotes() -> None:
    reading = parse(HEADER + '2026-11-19,B,"one\ntwo, ""three"""\n2026-11-18,C,c\n', "a.csv")
    assert [one.text.summary for one in reading.listings] == ["a", 'one two, "three"', "c"]
    assert [one.ref.line for one in reading.listings] == [2, 3, 5]
    assert reading.problems == ()


def test_a_quote_may_be_written_with_a_backslash() -> None:
    reading = parse(HEADER + '2026-11-19,"The \\"old\\" hub, again",b\n', "a.csv")
    assert titles(reading) == ["A", 'The "old" hub, again']
    assert reading.problems == ()


@pytest.mark.parametrize("first", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\n\nsep=;\n\n"])
def test_a_first_line_may_name_the_separator(first: str) -> None:
    reading = parse(first + "Date;Title;Summary\n2026-11-20;A;x, y\n", "a.csv")
    assert (titles(reading), reading.problems) == (["A"], ())


def test_empty_cells_beyond_the_columns_are_no_fault() -> None:
    text = "Date,Title,Summary,,\n2026-11-20,A,x,,\n2026-11-19,B,y,,,,\n2026-11-18,C,z,,,,w\n"
    reading = parse(text, "a.csv")
    assert titles(reading) == ["A", "B"]
    assert lines(reading) == [4]


def test_a_row_with_a_comma_too_many_is_named_and_the_rest_is_read() -> None:
    reading = parse(HEADER + "2026-11-19,B, and more,b\n2026-11-18,C,c\n", "a.csv")
    assert titles(reading) == ["A", "C"]
    assert lines(reading) == [3]


def test_of_two_columns_of_one_name_rows_that_differ_are_left_out() -> None:
    text = "Date,Title,Date\n2026-11-20,A,2026-11-20\n2026-11-19,B,2026-11-18\n2026-11-17,C,\n"
    reading = parse(text, "a.csv")
    assert titles(reading) == ["A", "C"]
    (problem,) = reading.problems
    assert (problem.line, problem.severity) == (1, "problem")
    assert '"Date"' in problem.message


@pytest.mark.parametrize("more", ["", ",Date", ",Date,Date"])
def test_columns_of_one_name_that_agree_are_one(more: str) -> None:
    same = ",2026-11-20" * more.count("Date")
    reading = parse(f"Date,Title{more}\n2026-11-20,A{same}\n", "a.csv")
    assert [one.text.date for one in reading.listings] == [date(2026, 11, 20)]
    assert reading.problems == ()


def test_a_table_of_titles_alone_may_have_commas_in_them() -> None:
    assert titles(parse('title\nA, b and c\n"D; e"\n', "a.csv")) == ["A, b and c", "D; e"]


def test_columns_that_nothing_took_are_named_in_a_note() -> None:
    reading = parse("Title,Author,Place\nA,x,y\n", "a.csv")
    (note,) = reading.problems
    assert (note.severity, note.line) == ("note", 1)
    assert '"Author", "Place"' in note.message
    assert titles(reading) == ["A"]


def test_a_column_of_dates_that_nothing_took_is_a_problem() -> None:
    reading = parse("Title,Whenever\nA,2026-11-20\nB,2026-11-18\nC,\n", "a.csv")
    (problem,) = reading.problems
    assert (problem.severity, problem.line) == ("problem", 1)
    assert "Whenever" in problem.message
    assert "columns: {date: Whenever}" in problem.hint
    assert [one.text.date for one in reading.listings] == [None, None, None]


@pytest.mark.parametrize(("name", "path"), [("Whenever", "a.csv"), ("whenever", "a.csv")])
def test_columns_that_are_given_are_read(name: str, path: str) -> None:
    hints = Hints(columns={"date": name, "title": "What"})
    reading = parse("What,Whenever,Title\nA,2026-11-20,x\n", path, hints=hints)
    assert [(o.text.title, o.text.date) for o in reading.listings] == [("A", date(2026, 11, 20))]


def test_a_column_that_is_given_and_not_there_is_a_problem() -> None:
    reading = parse("Title,Date\nA,2026-11-20\n", "a.csv", hints=Hints(columns={"date": "When"}))
    assert [problem.severity for problem in reading.problems] == ["problem", "problem"]
    assert any('"When"' in problem.message for problem in reading.problems)


def test_a_table_without_a_title_names_its_columns() -> None:
    (problem,) = parse("what,when\nA,2026-11-20\n", "a.csv").problems
    assert "what, when" in problem.message
    assert "columns: {title: ...}" in problem.hint


@pytest.mark.parametrize(
    ("day", "other"),
    [("20/11/26", "30/10/2026"), ("20.11.2026 00:00:00", "30.10.2026")],
)
def test_days_are_read_as_spreadsheets_write_them(day: str, other: str) -> None:
    reading = parse(f"Fecha;Título\n{day};A\n{other};B\n", "a.csv")
    assert [one.text.date for one in reading.listings] == [date(2026, 11, 20), date(2026, 10, 30)]
