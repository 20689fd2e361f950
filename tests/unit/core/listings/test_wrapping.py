from __future__ import annotations

from textwrap import fill

from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import Row, is_date_alone, read_rows, unwrapped, wrapped_rows

PARAGRAPH = (
    "The International Organization for Migration together with the Ministry of Labour presented "
    "the system which will give better information on work to people in and out of the country."
)


def rows_of(text: str) -> tuple[Row, ...]:
    rows = read_rows(text, limit=1000, language=None, date_order=None, names=names_of())
    assert rows is not None
    return rows


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
