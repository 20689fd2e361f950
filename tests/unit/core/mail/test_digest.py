"""What a digest mail says, before any markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from tests.unit.core.digest_samples import (
    BOATS,
    CONTEXT,
    PORTS,
    TIDES,
    TOPICS,
    delivery,
    digest,
    edition,
    item,
    mail,
    parts,
    placed,
    rendered,
)
from tidings.core.mail.digest import DigestMail, compose, shortened
from tidings.core.pages.items import ClassifiedItem, lead_of
from tidings.model import Evidence, Retraction, Text

OLD = item("old", date(2021, 3, 1))
MID = item("mid", date(2021, 10, 14))
NEW = item("new", date(2021, 12, 6))
UNDATED = item("undated", None)


def shape(said: DigestMail) -> list[tuple[str | None, list[str]]]:
    return [
        (section.topic.title if section.topic else None, [entry.title for entry in section.items])
        for section in said.sections
    ]


def test_the_newest_dated_item_leads_though_an_undated_one_arrived_later() -> None:
    assert lead_of([OLD, UNDATED, NEW]) is NEW
    assert lead_of([UNDATED]) is UNDATED
    assert lead_of([]) is None


def test_what_came_in_long_after_its_day_is_late_unless_the_site_began_with_it() -> None:
    began = replace(CONTEXT, began=datetime(2021, 12, 1, tzinfo=UTC))
    said = compose(began, digest(), edition(), TOPICS, map(placed, (NEW, MID, OLD, UNDATED)))
    printed = [said.lead, *said.sections[0].items]
    late = {each.title: each.late for each in printed if each}
    assert late == {
        "News of new": False,
        "News of mid": True,
        "News of old": True,
        "News of undated": False,
    }
    on_the_first_day = replace(CONTEXT, began=OLD.arrived_at - timedelta(hours=3))
    said = compose(on_the_first_day, digest(), edition(), TOPICS, [placed(MID)])
    assert said.lead
    assert not said.lead.late


def test_a_mail_says_in_both_parts_that_an_item_is_late() -> None:
    began = replace(CONTEXT, began=datetime(2021, 12, 1, tzinfo=UTC))
    said = compose(began, digest(), edition(), TOPICS, [placed(NEW), placed(MID)])
    text, html = parts(rendered(said).for_recipient(delivery()))
    assert text.count("14 October 2021, arrived late") == 1
    assert html.count("14 October 2021, arrived late") == 1
    assert text.count("arrived late") == 1


def test_an_item_in_two_topics_is_printed_once_under_the_first_and_names_the_other() -> None:
    said = mail(placed(NEW, TIDES), placed(MID, TIDES, PORTS))
    assert shape(said) == [("Ports", ["News of mid"])]
    assert said.sections[0].items[0].also == ("Tides",)


def test_sections_follow_the_order_of_the_digest_and_end_with_items_in_no_topic() -> None:
    owed = [placed(NEW), placed(OLD), placed(MID, BOATS), placed(UNDATED, PORTS)]
    assert [title for title, _ in shape(mail(*owed))] == ["Boats", "Ports", None]
    own_order = digest(topics=("ports", "boats"))
    said = compose(CONTEXT, own_order, edition(), TOPICS, owed)
    assert [title for title, _ in shape(said)] == ["Ports", "Boats", None]


def test_somebody_who_follows_one_topic_finds_everything_under_it() -> None:
    said = mail(placed(NEW, BOATS, TIDES), placed(MID, PORTS, TIDES), follows=("tides",))
    assert said.lead_topic
    assert said.lead_topic.title == "Tides"
    assert shape(said) == [("Tides", ["News of mid"])]
    assert said.sections[0].items[0].also == ("Ports",)
    assert said.follows == ("Tides",)


def test_within_a_section_the_newest_comes_first() -> None:
    said = mail(placed(OLD, BOATS), placed(UNDATED, BOATS), placed(MID, BOATS), placed(NEW, BOATS))
    assert shape(said) == [("Boats", ["News of undated", "News of mid", "News of old"])]


def test_the_lead_is_printed_whole_and_the_others_in_part() -> None:
    long = "The boats went out. " * 40
    said = mail(
        placed(item("one", date(2021, 12, 6), long), BOATS),
        placed(item("two", date(2021, 12, 5), long), BOATS),
    )
    assert said.lead
    assert said.lead.text == long
    assert len(said.sections[0].items[0].text) < 300


def test_what_exceeds_the_maximum_is_counted_and_the_lead_stays() -> None:
    owed = [placed(item(f"n{n}", None), BOATS) for n in range(4)] + [placed(OLD, BOATS)]
    said = mail(*owed, max_items=2)
    assert said.lead
    assert said.lead.title == "News of old"
    assert [len(section.items) for section in said.sections] == [1]
    assert (said.total, said.left_out) == (5, 3)


def test_the_way_to_the_rest_is_the_page_of_the_edition_or_what_there_is_instead() -> None:
    owed = [placed(NEW, BOATS)]
    said = mail(*owed)
    assert said.web == said.rest == "https://news.example/digests/weekly/12.html"
    late = compose(CONTEXT, digest(), edition(), TOPICS, owed, catching_up=True)
    assert late.web == late.rest == "https://news.example/digests/weekly/index.html"
    private = replace(digest(), public=False)
    said = compose(CONTEXT, private, edition(), TOPICS, owed)
    assert (said.web, said.rest) == (None, "https://news.example/")


def test_shortening_leaves_out_the_oldest_and_keeps_the_lead() -> None:
    owed = [placed(OLD, BOATS), placed(MID, PORTS), placed(NEW, TIDES), placed(UNDATED, BOATS)]
    said = shortened(mail(*owed), 0.8)
    assert said
    assert said.lead
    assert said.lead.title == "News of new"
    assert shape(said) == [("Boats", ["News of undated"]), ("Ports", ["News of mid"])]
    assert (said.total, said.printed, said.left_out) == (4, 3, 1)


def test_shortening_goes_on_until_there_is_nothing_to_leave_out() -> None:
    had = Text("News of then", "A summary.", None)
    left: DigestMail | None = mail(
        placed(NEW, BOATS), placed(MID), placed(OLD, had=had), placed(UNDATED, had=had)
    )
    counts = []
    while left:
        counts.append((left.printed, len(left.corrected), left.corrections_left_out))
        left = shortened(left, 0.9)
    assert counts == [(2, 2, 0), (1, 2, 0), (1, 1, 1), (1, 0, 2)]


def test_a_lead_as_long_as_a_book_and_a_title_as_long_as_a_text_are_cut() -> None:
    said = mail(placed(item("one", date(2021, 12, 6), "Boats. " * 9000, "Tides " * 900), BOATS))
    assert said.lead
    assert len(said.lead.text) <= 3002
    assert len(said.lead.title) <= 301


def test_a_correction_is_told_apart_and_counts_as_nothing_new() -> None:
    said = mail(placed(NEW, BOATS, had=Text("News of then", "A summary.", NEW.date)))
    assert said.lead is None
    assert said.total == 0
    assert [entry.title for entry in said.corrected] == ["News of new"]


def test_an_item_withdrawn_before_it_was_mailed_is_not_mailed() -> None:
    gone = Retraction("It was not so.", datetime(2021, 12, 9, tzinfo=UTC))
    assert mail(placed(replace(NEW, retraction=gone), BOATS)).lead is None


def test_the_reason_is_in_the_words_of_the_title_before_those_of_the_text() -> None:
    (placement,) = placed(NEW, BOATS).topics
    evidence = (Evidence("summary", "summary", 2, 9), Evidence("news", "title", 0, 4))
    said = mail(ClassifiedItem(NEW, (replace(placement, evidence=evidence),)))
    assert said.lead
    assert [(phrase.words, phrase.field) for phrase in said.lead.because] == [("News", "title")]


def test_days_are_those_of_the_site() -> None:
    assert mail(placed(UNDATED)).day == date(2021, 12, 12)


def test_addresses_are_whole() -> None:
    said = mail(placed(NEW, BOATS))
    assert said.lead
    assert said.lead_topic
    assert said.lead.url == "https://news.example/items/new-slug.html"
    assert said.lead_topic.url == "https://news.example/topics/boats/index.html"
    assert said.home == "https://news.example/"


def test_why_an_item_is_there_is_said_only_where_the_digest_asks_for_it() -> None:
    owed = [placed(NEW, BOATS)]
    without = compose(CONTEXT, replace(digest(), because=False), edition(), TOPICS, owed)
    assert without.lead
    assert without.lead.because == ()
    said = mail(*owed)
    assert said.lead
    assert said.lead.because


def test_what_is_yet_to_come_says_when_it_was_announced() -> None:
    said = mail(placed(replace(NEW, arrived_at=datetime(2021, 1, 2, tzinfo=UTC)), BOATS))
    assert said.lead
    assert said.lead.announced == date(2021, 1, 1)
