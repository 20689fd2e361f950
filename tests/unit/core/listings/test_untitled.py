"""An entry whose title is empty once markup is taken off is named, and never published."""

from __future__ import annotations

import json

import pytest

from tidings.core.invisible import visible
from tidings.core.listings import Reading, parse
from tidings.core.listings.text import has_words

MARKUP = (
    "# [](http://example.org/x.jpg)",
    "![](a.png)",
    "[![](a.png)](http://example.org/b)",
    "[](http://example.org/a_(b).jpg)",
    "[](<http://example.org/a b>)",
    "[][1]",
    "## **[](a)**",
    "<br>",
    "<b></b>",
    "<img src='a.png' alt='x'/>",
    "<!-- a title -->",
    "&nbsp;",
    "&#8203;",
    "1. [](x)",
)
SIGNS = (
    "**", "__ __", "---", "-----", "…", "#", ">", "* * *", "`` ``", "| |", "-",
    "[ ](x)", "\u200b", "\u2060\u200d", "\u3164",
)  # fmt: skip
TITLES = (
    "Two towns open information points for seasonal workers",
    "Ministries agree on one form for work permits",
    "Ferry crews agree on rest days",
    "New hostel opens at the port",
)
TEXTS = (
    "The points answer questions on contracts, wages and health, in three languages, every day.",
    "Employers will need one form where there were five, and permits will take ten days.",
    "Two days off after ten days on board, from July on.",
    "It has forty beds and a canteen that is open at night.",
)
DAYS = ("2 March 2026", "24 February 2026", "13 February 2026", "1 February 2026")
FORMS = (
    "{day}\n\n{title}\n\n{text}\n\n\n",
    "{day}\n{title}\n{text}\n\n",
    "{title}\n\n{day}\n\n{text}\n\n\n",
    "{title}\n{day}\n{text}\n\n",
)


def read(form: str, titles: tuple[str, ...]) -> Reading:
    blocks = [
        form.format(day=day, title=title, text=text)
        for day, title, text in zip(DAYS, titles, TEXTS, strict=True)
    ]
    return parse("".join(blocks), "a.txt")


def titles_of(reading: Reading) -> list[str]:
    return [one.text.title for one in reading.listings]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("empty", [*MARKUP, *SIGNS])
def test_an_entry_without_words_in_its_title_is_named_and_the_others_go_on(
    form: str, empty: str
) -> None:
    for place in (0, 1, 3):
        titles = (*TITLES[:place], empty, *TITLES[place + 1 :])
        reading = read(form, titles)
        assert titles_of(reading) == [title for title in titles if title != empty] or (
            not reading.listings
        )
        lines = form.format(day="", title="", text="").count("\n")
        first = 1 + place * lines
        assert reading.problems
        assert not reading.listings or any(
            first <= problem.line < first + lines for problem in reading.problems
        )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("empty", MARKUP)
def test_titles_without_words_give_no_page(form: str, empty: str) -> None:
    reading = read(form, (empty,) * 4)
    assert reading.listings == ()
    assert all(problem.hint for problem in reading.problems)
    assert reading.problems


@pytest.mark.parametrize("empty", [*MARKUP, *SIGNS])
def test_a_table_or_json_has_no_entry_without_words_in_its_title_either(empty: str) -> None:
    records = [{"title": empty, "date": "2026-03-02"}, {"title": "It opens", "date": "2026-03-02"}]
    quoted = empty.replace('"', '""')
    for text, path, line in (
        (json.dumps(records, indent=1), "a.json", 3),
        ("\n".join(json.dumps(record) for record in records), "a.jsonl", 1),
        (f'title,date\n"{quoted}",2026-03-02\nIt opens,2026-03-02\n', "a.csv", 2),
    ):
        reading = parse(text, path)
        assert titles_of(reading) == ["It opens"], path
        (problem,) = reading.problems
        assert (problem.path, problem.line) == (path, line)
        # What nobody sees is dropped before: of that alone nothing is left.
        unseen = not visible(empty)
        assert ("has no title" if unseen else "no letter or digit") in problem.message


def test_of_a_file_where_most_titles_have_no_words_at_most_the_others_are_published() -> None:
    titles = (TITLES[0], "# [](a.jpg)", "# [](b.jpg)", "# [](c.jpg)")
    reading = read("{title}\n{day}\n{text}\n\n", titles)
    assert titles_of(reading) in ([], [TITLES[0]])
    assert reading.problems


@pytest.mark.parametrize(
    "title",
    ["C++ 20", "[A hub](http://example.org)", "![A ferry](a.png)", "<b>Rest</b>", "R&D", "«Ça va»",
     "海", "2026", "**5**", "a < b", "Is it [sic]?", "1. Rest days", "{Rest}", "AT&amp;T"],
)  # fmt: skip
def test_a_title_with_words_beside_its_markup_is_a_title(title: str) -> None:
    assert has_words(title)


def test_rules_that_are_part_of_the_form_take_no_title_away() -> None:
    for form in (
        "-----\n{day}\n{title}\n{text}\n",
        "{day}\n-----\n{title}\n{text}\n\n",
        "{day}\n{title}\n{text}\n\n* * *\n\n",
    ):
        assert titles_of(read(form, TITLES)) == list(TITLES)
