"""Texts are truncated at words and sentences, and evidence is shown where it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tidings.core.corrections import Fragment, Quote, cut, excerpt, marked, quotes
from tidings.model import Evidence, Field, Text


def test_a_short_text_stays_as_it_is() -> None:
    assert cut("Ten boats", 9) == "Ten boats"
    assert excerpt("Ten boats.", 10) == "Ten boats."


def test_a_line_is_cut_at_a_word_and_marked() -> None:
    assert cut("Ten boats left, and eleven came back", 17) == "Ten boats left…"


def test_a_word_longer_than_the_limit_is_cut_inside() -> None:
    assert cut("Donaudampfschifffahrt", 10) == "Donaudamp…"


def test_an_excerpt_ends_with_a_sentence_that_fills_half_of_it() -> None:
    text = "The port was closed for a day. Then the wind turned and the boats went out again."
    assert excerpt(text, 50) == "The port was closed for a day.\N{NO-BREAK SPACE}…"


def test_an_excerpt_whose_first_sentence_is_too_short_ends_at_a_word() -> None:
    text = "It was closed. Then the wind turned and the boats went out again to the open sea."
    assert (
        excerpt(text, 50) == "It was closed. Then the wind turned and the boats\N{NO-BREAK SPACE}…"
    )


def test_a_stop_inside_an_abbreviation_ends_no_sentence() -> None:
    text = "The officers of the U.S. Coast Guard went aboard at once and looked at all papers."
    assert excerpt(text, 40) == "The officers of the U.S. Coast Guard\N{NO-BREAK SPACE}…"


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_no_cut_line_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def plain(quote: Quote) -> str:
    """A quote with brackets around what is meant."""
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in quote.fragments)


def shown(title: str, *words: str, summary: str = "") -> list[str]:
    """The quotes that mark these words, each at its first place."""
    evidence = []
    for word in words:
        where: Field = "title" if word in title else "summary"
        start = (title if where == "title" else summary).index(word)
        evidence.append(Evidence("x", where, start, start + len(word)))
    return [plain(quote) for quote in quotes(Text(title, summary), evidence)]


def test_a_short_text_is_shown_whole() -> None:
    assert shown("A new ferry at last", "ferry") == ["A new [ferry] at last"]


def test_of_a_long_text_whole_words_around_are_shown() -> None:
    assert shown(LONG, "nine") == [
        "… four five six seven eight [nine] ten eleven twelve thirteen …"
    ]


def test_pieces_that_stand_close_share_a_stretch_and_others_are_cut_apart() -> None:
    assert shown(LONG, "six", "eight") == [
        "one two three four five [six] seven [eight] nine ten eleven twelve …"
    ]
    text = f"fair {LONG} {LONG} work"
    assert shown(text, "fair", "work") == [
        "[fair] one two three four five … twelve thirteen fourteen [work]"
    ]


def test_title_and_text_are_quoted_apart_the_title_first() -> None:
    assert shown("Fair play", "work", "Fair", summary="At work") == ["[Fair] play", "At [work]"]


def test_pieces_that_overlap_are_one() -> None:
    evidence = [Evidence("a", "title", 0, 7), Evidence("b", "title", 4, 11)]
    (quote,) = quotes(Text("one two three"), evidence)
    assert plain(quote) == "[one two thr]ee"


def test_all_of_a_field_is_shown_with_what_is_meant_marked() -> None:
    evidence = [Evidence("a", "title", 2, 5), Evidence("b", "summary", 0, 2)]
    said = Text("A new ferry", "At last")
    assert marked(said, "title", evidence) == (
        Fragment("A "),
        Fragment("new", marked=True),
        Fragment(" ferry"),
    )
    assert marked(said, "summary", evidence)[0] == Fragment("At", marked=True)


def test_a_mark_beyond_the_end_of_a_text_is_left_out() -> None:
    assert marked(Text("Boat"), "title", [Evidence("a", "title", 2, 9)]) == (Fragment("Boat"),)


@given(
    st.text("ab ", min_size=1, max_size=120),
    st.lists(st.tuples(st.integers(0, 119), st.integers(1, 9)), min_size=1, max_size=4),
)
def test_whatever_is_meant_is_marked_and_what_is_shown_stands_in_the_text(
    text: str, places: list[tuple[int, int]]
) -> None:
    spans = {(at, min(at + size, len(text))) for at, size in places if at < len(text)}
    found = quotes(Text(text), [Evidence("x", "title", *span) for span in spans])
    marked = "".join(p.text for quote in found for p in quote.fragments if p.marked)
    meant = {at for start, end in spans for at in range(start, end)}
    assert len(marked) == len(meant)
    for quote in found:
        for piece in "".join(p.text for p in quote.fragments).split("…"):
            assert piece in text or piece.strip(" ") in text
