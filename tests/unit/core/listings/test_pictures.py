"""An entry has the picture that stands in it: a file beside the listing, or one on the web."""

from __future__ import annotations

import pytest

from tidings.core.listings import Hints, parse
from tidings.model import Image, Listing

DATE_FIRST = """12 May 2021

{0}The harbour opens to ships of all sizes

It is large, and many people came to see the ships that came in first.

14 May 2021

{1}The bridge is closed for a month of works

Cars go round by the north, and it takes an hour, says the mayor.

16 May 2021

{2}A library moves to the old town hall

Nobody knows when the books will be there, says the mayor of the town.
"""


def images(listings: tuple[Listing, ...]) -> list[str]:
    return [each.text.image.url if each.text.image else "" for each in listings]


def test_a_text_without_pictures_is_read_as_before() -> None:
    plain = DATE_FIRST.format("", "", "")
    reading = parse(plain, "seeds/a.txt")
    assert images(reading.listings) == ["", "", ""]
    with_one = parse(DATE_FIRST.format("", "![x](b.jpg)\n\n", ""), "seeds/a.txt")
    told = [(each.text.title, each.text.summary, each.text.date) for each in reading.listings]
    assert [(e.text.title, e.text.summary, e.text.date) for e in with_one.listings] == told
    assert images(with_one.listings) == ["", "seeds/b.jpg", ""]


def test_a_picture_between_date_and_title_belongs_to_both() -> None:
    marks = (f"![](p{n}.png)\n\n" for n in range(3))
    reading = parse(DATE_FIRST.format(*marks), "seeds/a.txt")
    assert images(reading.listings) == ["seeds/p0.png", "seeds/p1.png", "seeds/p2.png"]


def test_pictures_above_their_entries_belong_to_what_follows() -> None:
    text = "\n".join(
        f"![n{n}](p{n}.png)\n\n1{n} May 2021\n\nA title of the entry number {n} of these\n\n"
        "A summary that is long enough to be told from a title, with a full stop.\n"
        for n in range(3)
    )
    assert images(parse(text, "seeds/a.txt").listings) == [f"seeds/p{n}.png" for n in range(3)]


def test_a_picture_within_a_paragraph_leaves_the_words_around_it() -> None:
    text = DATE_FIRST.format("", "", "").replace(
        "large, and", 'large, ![A ship, "Ana"](<my ship.jpg> "The ship") and'
    )
    first = parse(text, "seeds/2021/a.md").listings[0].text
    assert first.image == Image("seeds/2021/my ship.jpg", 'A ship, "Ana"')
    assert first.summary == "It is large, and many people came to see the ships that came in first."


def test_of_two_pictures_of_an_entry_the_first_is_shown() -> None:
    reading = parse(DATE_FIRST.format("![](a.jpg) ![](b.jpg)\n\n", "", ""), "x.txt")
    assert images(reading.listings) == ["a.jpg", "", ""]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("../a.jpg", "outside of the folder"),
        ("%2e%2e/a.jpg", "outside of the folder"),
        ("/etc/a.jpg", "outside of the folder"),
        ("a\\b.jpg", "outside of the folder"),
        ("pics//a.jpg", "no name of a file"),
        (".hidden.jpg", "no name of a file"),
        ("a.svg", "SVG can hold scripts"),
        ("a.tiff", "not a JPEG, PNG, WebP or GIF file"),
        ("javascript:x.jpg", "no address of the web"),
        ("data:image/png;base64,x.png", "no address of the web"),
        ("//example.org/a.jpg", "no address of the web"),
        ("file:///a.jpg", "no address of the web"),
    ],
)
def test_what_can_be_no_picture_is_a_problem_at_its_entry(named: str, why: str) -> None:
    reading = parse(f'title,date,image\nA title,2021-05-04,"{named}"\n', "seeds/a.csv")
    assert images(reading.listings) == [""]
    [problem] = [each for each in reading.problems if each.severity == "problem"]
    assert why in problem.message
    assert (problem.path, problem.line) == ("seeds/a.csv", 2)
    assert "beside the listing" in problem.hint


@pytest.mark.parametrize(
    ("column", "alt_column"),
    [("image", "alt"), ("Imagen", "Texto alternativo"), ("Bild", "Bildbeschreibung")],
)
def test_a_column_names_pictures_and_what_they_show(column: str, alt_column: str) -> None:
    table = f"title,date,{column},{alt_column}\nA title,2021-05-04,p/a.JPG,A <b>dog</b>\n"
    [listing] = parse(table, "seeds/a.csv").listings
    assert listing.text.image == Image("seeds/p/a.JPG", "A dog")


def test_a_column_that_tells_whose_the_picture_is_names_none() -> None:
    reading = parse("title,date,photo\nA title,2021-05-04,Reuters\n", "seeds/a.csv")
    assert images(reading.listings) == [""]
    assert [each for each in reading.problems if each.severity == "problem"] == []


def test_a_column_that_is_given_for_pictures_is_taken_at_its_word() -> None:
    hints = Hints(columns={"image": "shot"})
    reading = parse("title,date,shot\nA title,2021-05-04,Reuters\n", "a.csv", hints=hints)
    assert [each.line for each in reading.problems if each.severity == "problem"] == [2]


@pytest.mark.parametrize(
    "value",
    ['"https://e.org/a.png"', '{"url": "https://e.org/a.png"}', '[{"src": "https://e.org/a.png"}]'],
)
def test_json_names_pictures_as_schemas_do(value: str) -> None:
    text = f'[{{"title": "A title", "date": "2021-05-04", "image": {value}}}]'
    assert images(parse(text, "a.json").listings) == ["https://e.org/a.png"]
