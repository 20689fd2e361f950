"""Where rows are cut: what one unit is, and what is none."""

from __future__ import annotations

import pytest

from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import read_rows
from tidings.core.listings.units import Unit, cut

TITLES = ("A hub opens", "Employers are trained", "The study is out", "New rules for agencies")
DAYS = ("12 May 2021", "10 May 2021", "3 April 2021", "1 April 2021")
TOPICS = ("Press release", "Report", "Press release", "Press release")


def units_of(text: str) -> tuple[Unit, ...]:
    rows = read_rows(text, limit=1000, language=None, date_order=None, names=names_of())
    assert rows is not None
    return cut(rows)


def texts(form: str) -> list[list[str]]:
    """The texts of the units of each row, where every row has that form."""
    lines = [
        form.format(day=day, title=title, topic=topic)
        for day, title, topic in zip(DAYS, TITLES, TOPICS, strict=True)
    ]
    found: list[list[str]] = [[] for _ in lines]
    for unit in units_of("\n".join(lines)):
        found[unit.row].append(unit.text)
    return found


def wanted(*parts: str) -> list[list[str]]:
    return [
        [part.format(day=day, title=title, topic=topic) for part in parts]
        for day, title, topic in zip(DAYS, TITLES, TOPICS, strict=True)
    ]


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("{day} - {title}", ("{day}", "{title}")),
        ("{title} ({day})", ("{title}", "{day}")),
        ("* {day}: {title}", ("{day}", "{title}")),
        ("{day} | {topic} | {title}", ("{day}", "{topic}", "{title}")),
        ("{day}\t{title}\t{topic}", ("{day}", "{title}", "{topic}")),
        ("{topic}   {day}   {title}", ("{topic}", "{day}", "{title}")),
        ("{title} - {topic}", ("{title}", "{topic}")),
        ("{title} – Ministry of Labour", ("{title}", "Ministry of Labour")),
        ("NEWS {title}", ("NEWS", "{title}")),
        ("{title}", ("{title}",)),
    ],
)
def test_a_row_is_cut_where_it_says_several_things(form: str, parts: tuple[str, ...]) -> None:
    assert texts(form) == wanted(*parts)


def test_a_date_within_a_sentence_cuts_nothing() -> None:
    text = "On 12 May 2021 the hub was opened by the mayor of the city"
    assert [unit.text for unit in units_of(text)] == [text]


def test_a_bar_in_one_row_alone_cuts_it_and_no_other() -> None:
    rows = units_of("A hub | opens\nEmployers are trained\n")
    assert [(unit.row, unit.text) for unit in rows] == [
        (0, "A hub"),
        (0, "opens"),
        (1, "Employers are trained"),
    ]


def test_words_that_differ_from_row_to_row_stay_with_their_title() -> None:
    titles = ("A hub opens - San José", "It closes - Lima", "A study - Quito", "Rules - La Paz")
    assert [unit.text for unit in units_of("\n".join(titles))] == list(titles)


def test_brackets_that_belong_to_the_words_stay() -> None:
    (unit,) = units_of("A hub opens (with a canteen)")
    assert unit.text == "A hub opens (with a canteen)"


def test_units_count_the_pieces_of_their_row_and_stand_where_they_say() -> None:
    text = "12 May 2021 | Report | A hub opens"
    found = units_of(text)
    assert [(unit.piece, unit.pieces) for unit in found] == [(0, 3), (1, 3), (2, 3)]
    assert [text[unit.start : unit.end] for unit in found] == [unit.text for unit in found]
    assert [unit.kind for unit in found] == ["date", "text", "text"]


def test_a_row_of_signs_alone_is_a_unit_all_the_same() -> None:
    (unit,) = units_of("* * *")
    assert unit.text == "* * *"


def test_a_mark_of_time_without_a_day_is_a_weak_unit() -> None:
    weak, title = units_of("4 hours ago | A hub opens")
    assert (weak.kind, weak.stamp, title.kind) == ("weak", None, "text")
