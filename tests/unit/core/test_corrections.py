"""What has changed in an item, and its own words that put it in a topic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tests.unit.core.digest_samples import CONTEXT, item
from tidings.core.corrections import (
    CHANGED,
    STRETCHES,
    Phrase,
    Segment,
    because,
    compare,
    corrections,
    rule_words,
)
from tidings.core.mail.digest import PrintedItem, corrected
from tidings.core.pages.items import ClassifiedItem
from tidings.core.topics import parse_term
from tidings.model import Evidence, Item, Retraction, Revision, Rule, Term, Text

DAY = date(2021, 12, 6)


def told(had: Text, **now: object) -> PrintedItem:
    news = item("one", DAY)
    now_said = replace(news, **now)  # type: ignore[arg-type]
    return corrected(CONTEXT, ClassifiedItem(now_said, had=had))


def test_only_the_text_that_changed_is_told() -> None:
    had = Text("News of two", "A summary.", DAY)
    assert [each.field for each in told(had).rewordings] == ["title"]
    assert not told(had).redated


def test_both_readings_stand_on_a_line_of_their_own() -> None:
    (title,) = told(Text("News of two", "A summary.", DAY)).rewordings
    assert title.was == "News of two"
    assert title.now == "News of one"


def test_a_text_written_anew_is_told_in_bounds() -> None:
    had = Text("News of one", "Boats went out. " * 200, DAY)
    (summary,) = told(had).rewordings
    assert len(summary.was) <= CHANGED + 2


def test_a_date_filled_in_is_told_apart_from_none() -> None:
    change = told(Text("News of one", "A summary.", None))
    assert change.redated
    assert change.had_day is None
    assert change.day == DAY


def test_a_new_address_is_told() -> None:
    text = Text("News of one", "A summary.", DAY, url="https://example.org/new")
    assert told(replace(text, url=None), text=text).relinked == "https://example.org/new"
    assert told(text, text=text).relinked is None


def test_a_retraction_gives_its_reason() -> None:
    gone = Retraction("It was not so.", datetime(2021, 12, 9, tzinfo=UTC))
    assert (
        told(Text("News of one", "A summary.", DAY), retraction=gone).withdrawn == "It was not so."
    )


def test_a_text_with_a_hundred_changes_is_told_in_bounds() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    old, new = (" ".join(f"{words} {mark}{n}" for n in range(40)) for mark in ("old", "new"))
    now = Text("News of one", new, DAY)
    (summary,) = told(Text("News of one", old, DAY), text=now).rewordings
    assert len(summary.segments) == STRETCHES + 1
    assert summary.segments[-1].kind == "gap"


def test_it_says_on_which_day_it_was_corrected() -> None:
    had, now = Text("News of two", "A summary.", DAY), Text("News of one", "A summary.", DAY)
    first, second = (datetime(2021, 12, day, 12, tzinfo=UTC) for day in (7, 9))
    history = (Revision(0, had, first, "a.txt"), Revision(1, now, second, "a.txt"))
    assert told(had, text=now, history=history).changed == date(2021, 12, 9)
    assert told(had, text=now).changed is None
    assert told(now, text=now, history=history).changed is None


ZONE = ZoneInfo("America/Costa_Rica")
SEEN = datetime(2021, 12, 9, 3, tzinfo=UTC)  # 8 December in Costa Rica


def item_saying(title: str, summary: str = "") -> Item:
    return Item("0" * 16, "slug", Text(title, summary), None, SEEN)


def revision(number: int, text: Text, day: int = 9) -> Revision:
    return Revision(number, text, datetime(2021, 12, day, 12, tzinfo=UTC), "seeds/a.txt")


def test_evidence_is_quoted_as_it_stands_title_first() -> None:
    news = item_saying("Ethical Recruitment pays", "It uses IRIS, for fair recruitment.")
    found = because(
        news,
        [
            Evidence("fair recruitment", "summary", 18, 34),
            Evidence("=IRIS", "summary", 8, 12),
            Evidence("ethical recruitment", "title", 0, 19),
        ],
    )
    assert found == (
        Phrase("Ethical Recruitment", "title"),
        Phrase("IRIS", "summary"),
        Phrase("fair recruitment", "summary"),
    )


def test_evidence_that_overlaps_is_quoted_once_and_whole() -> None:
    news = item_saying("Fair recruitment scams")
    found = because(news, [Evidence("a", "title", 0, 16), Evidence("b", "title", 5, 22)])
    assert found == (Phrase("Fair recruitment scams", "title"),)


def test_a_phrase_in_title_and_text_is_quoted_from_the_title_alone() -> None:
    news = item_saying("Hubs open", "The hubs are three.")
    found = because(news, [Evidence("hub", "title", 0, 4), Evidence("hub", "summary", 4, 8)])
    assert found == (Phrase("Hubs", "title"),)


def test_evidence_beyond_the_text_is_not_quoted() -> None:
    assert because(item_saying("Short"), [Evidence("x", "title", 90, 99)]) == ()


def test_a_correction_shows_the_change_between_the_words_around_it() -> None:
    segments = compare("officials from five countries", "officials from six countries")
    assert segments == (
        Segment("same", "officials from"),
        Segment("old", "five"),
        Segment("new", "six"),
        Segment("same", "countries"),
    )


def test_words_far_from_a_change_are_left_out() -> None:
    tail = " ".join(f"w{n}" for n in range(20))
    segments = compare(f"five {tail} end", f"six {tail} stop")
    assert [segment.kind for segment in segments] == [
        "old",
        "new",
        "same",
        "gap",
        "same",
        "old",
        "new",
    ]
    assert segments[2] == Segment("same", "w0 w1 w2 w3 w4 w5")
    assert segments[4] == Segment("same", "w14 w15 w16 w17 w18 w19")


def test_words_before_the_first_change_are_cut_at_their_far_end() -> None:
    segments = compare("a b c d e f g h old", "a b c d e f g h new")
    assert segments[:2] == (Segment("gap"), Segment("same", "c d e f g h"))


def test_a_text_rewritten_at_great_length_is_shown_whole_and_in_time() -> None:
    old, new = "a b " * 400, "b c " * 400
    assert compare(old, new) == (Segment("old", old), Segment("new", new))


def test_corrections_come_newest_first_on_their_local_day() -> None:
    first = Text("Five countries met", "In May", date(2021, 5, 24))
    second = Text("Six countries met", "In May", date(2021, 5, 24))
    third = Text("Six countries met", "In June", date(2021, 5, 25))
    late = Revision(2, third, datetime(2021, 12, 12, 3, tzinfo=UTC), "seeds/a.txt")
    found = corrections((revision(0, first, 1), revision(1, second, 9), late), ZONE)
    assert [(c.field, c.day) for c in found] == [
        ("summary", date(2021, 12, 11)),
        ("date", date(2021, 12, 11)),
        ("title", date(2021, 12, 9)),
    ]
    assert (found[1].old_date, found[1].new_date) == (date(2021, 5, 24), date(2021, 5, 25))


def test_what_was_only_filled_in_is_no_correction() -> None:
    bare = Text("A title")
    full = Text("A title", "Now with a text", date(2021, 5, 24), "https://example.org/")
    assert corrections((revision(0, bare), revision(1, full)), ZONE) == ()


def test_an_item_never_corrected_has_no_corrections() -> None:
    assert corrections((revision(0, Text("A title")),), ZONE) == ()
    assert corrections((), ZONE) == ()


def test_a_rule_is_told_in_the_words_of_its_author() -> None:
    rule = Rule(
        any=(
            Term("title:recruit*", ("recruit",), field="title", prefix=True),
            Term("=IRIS", ("IRIS",), exact=True),
        ),
        none=(Term("COVID-19", ("covid", "19")),),
    )
    words = rule_words(rule)
    assert [(w.words, w.field, w.prefix, w.exact) for w in words.any] == [
        ("recruit", "title", True, False),
        ("IRIS", None, False, True),
    ]
    assert words.all == ()
    assert [w.words for w in words.none] == ["COVID-19"]


def test_both_sides_of_a_distance_are_told_without_their_signs() -> None:
    rule = Rule(any=(parse_term("title:recruit* ~ 8 =IRIS"), parse_term("fair ~3 pay*")))
    told = [(w.words, w.field, w.prefix) for w in rule_words(rule).any]
    assert told == [("recruit … IRIS", "title", False), ("fair … pay", None, False)]


def test_a_rule_tells_of_which_time_its_news_are() -> None:
    words = rule_words(Rule(after=date(2026, 1, 1), before=date(2027, 1, 1)))
    assert (words.after, words.before) == (date(2026, 1, 1), date(2027, 1, 1))
