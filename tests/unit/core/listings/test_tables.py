from __future__ import annotations

from datetime import date

import pytest

from tidings.core.listings import Hints, parse

DAY = date(2022, 2, 16)


def test_an_array_of_objects_is_read_with_the_lines_of_its_titles() -> None:
    text = (
        '[\n{"title": "A hub", "date": "2022-02-16T10:00:00Z", "link": "https://e.org/1"},\n'
        '{"headline": "B", "published": null, "description": "Text.", "section": "News"}\n]'
    )
    reading = parse(text, "seeds/a.json")
    first, second = reading.listings
    assert (first.text.title, first.text.date, first.text.url) == ("A hub", DAY, "https://e.org/1")
    assert (second.text.summary, second.text.category, second.text.date) == ("Text.", "News", None)
    assert [item.ref.line for item in reading.listings] == [2, 3]
    assert reading.problems == ()


def test_a_list_inside_an_object_is_found() -> None:
    assert len(parse('{"version": 1, "items": [{"title": "A"}]}', "a.json").listings) == 1


def test_a_bad_line_among_json_lines_costs_that_line_alone() -> None:
    reading = parse('{"title": "A"}\n{bad\n[1]\n{"title": "B"}\n', "a.jsonl")
    assert [item.text.title for item in reading.listings] == ["A", "B"]
    assert [problem.line for problem in reading.problems] == [2, 3]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_by_the_names_of_its_columns(mark: str) -> None:
    text = mark.join(["Fecha", "Título", "Resumen"]) + "\n"
    text += mark.join(["16/02/2022", "Un centro", '"Dos\nlíneas"']) + "\n"
    text += mark.join(["03/02/2022", "Otro", ""]) + "\n"
    reading = parse(text, "a.csv")
    assert [(item.text.date, item.text.title) for item in reading.listings] == [
        (DAY, "Un centro"),
        (date(2022, 2, 3), "Otro"),
    ]
    assert reading.listings[0].text.summary == "Dos líneas"
    assert [item.ref.line for item in reading.listings] == [2, 4]


def test_a_date_that_cannot_be_read_is_a_problem_and_never_dropped() -> None:
    reading = parse('[{"title": "A", "date": "soon"}, {"title": "B", "date": 5}]', "a.json")
    assert reading.listings == ()
    assert len(reading.problems) == 2


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "a.json"),
        ("", "a.csv"),
        ("[" * 100_000, "a.json"),
        ("5", "a.json"),
        ("[1, 2]", "a.json"),
        ("{}", "a.json"),
        ('a,b\n"' + "x\n" * 90_000, "a.csv"),
        ("when,what\n1,2\n", "a.csv"),
        ("", "a.jsonl"),
    ],
)
def test_what_is_no_table_is_quarantined_with_a_problem(text: str, path: str) -> None:
    reading = parse(text, path)
    assert (reading.listings, reading.confidence) == ((), 0.0)
    assert reading.problems


def test_a_category_that_is_given_fills_only_what_is_missing() -> None:
    text = '[{"title": "A", "category": "News"}, {"title": "B"}]'
    reading = parse(text, "a.json", hints=Hints(category="Other"))
    assert [item.text.category for item in reading.listings] == ["News", "Other"]
