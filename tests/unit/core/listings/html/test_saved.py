"""Saved pages: what is the list, what is around it, and that a page of doubt is held."""

from __future__ import annotations

from datetime import date

import pytest

from tests import saved_pages
from tests.saved_pages import (
    Story,
    entries,
    listed,
    long_day,
    rendered,
    score,
    shaped,
    site,
    stories,
)
from tidings.core.listings import Hints, Reading, parse
from tidings.model import Example, Image

# One of each shape in every run; all of them in the slow sweep.
FEW = [page for page in shaped() if page.name.endswith(("-7", "undated", "by-day"))]


def read(html: str, **hints: object) -> Reading:
    return parse(html, "page.html", hints=Hints(**hints))  # type: ignore[arg-type]


def simple(of: list[Story]) -> str:
    return site(f"<h1>News</h1>{''.join(saved_pages.wordpress(n, s) for n, s in enumerate(of))}")


def test_pages_of_all_shapes_are_read_right_or_held() -> None:
    found = score(FEW)
    assert found.right == found.read
    assert found.f1 >= 0.9


@pytest.mark.slow
def test_invented_pages_reach_their_score() -> None:
    found = score(shaped())
    assert found.precision >= 0.99
    assert found.f1 >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("half", ["build", "measure"])
def test_pages_that_engines_rendered_reach_their_score(half: str) -> None:
    pages = rendered(half)
    assert len(pages) >= 20
    found = score(pages)
    assert found.precision >= 0.99
    assert found.f1 >= 0.95


def test_what_stands_around_a_list_is_no_news() -> None:
    titles = [one.text.title for one in read(simple(stories())).listings]
    assert titles == [story.title for story in stories()]


def test_links_lead_where_the_page_says_it_is() -> None:
    html = simple(stories(4))
    assert read(html).listings[0].text.url == "https://town.example.org/2026/0-a-story/"
    without = html.replace("<link rel='canonical' href='https://town.example.org/news/'>", "{}")
    for told in (
        "<base href='https://b.example.org/x/'>",
        "<meta property='og:url' content='https://b.example.org/x/'>",
    ):
        url = read(without.replace("{}", told)).listings[0].text.url
        assert url == "https://b.example.org/2026/0-a-story/"
    saved = without.replace("<html", "<!-- saved from url=(0030)https://b.example.org/n/ --><html")
    assert read(saved).listings[0].text.url == "https://b.example.org/2026/0-a-story/"


def test_a_relative_link_is_left_out_where_nobody_says_whose_it_is() -> None:
    html = simple(stories(4)).replace(
        "<link rel='canonical' href='https://town.example.org/news/'>", ""
    )
    assert {one.text.url for one in read(html).listings} == {None}
    given = read(html, address="https://given.example.org/")
    assert given.listings[0].text.url == "https://given.example.org/2026/0-a-story/"


@pytest.mark.parametrize("link", ["javascript:void(0)", "#top", "mailto:a@example.org", "data:,x"])
def test_a_link_that_is_no_address_is_left_out(link: str) -> None:
    html = simple(stories(4)).replace("/2026/0-a-story/", link)
    assert read(html).listings[0].text.url is None


def test_the_day_that_readers_see_counts_before_that_of_the_markup() -> None:
    html = simple(stories(4)).replace(
        "datetime='2026-12-03T10:00:00+00:00'", "datetime='2026-12-02T23:30:00-05:00'"
    )
    assert read(html).listings[0].text.date == date(2026, 12, 3)


def test_the_day_of_a_change_is_no_day() -> None:
    html = simple(stories(4))
    for story in stories(4):
        html = html.replace(f"datetime='{story.day}T10:00:00+00:00'>{long_day(story.day)}", ">")
    assert {one.text.date for one in read(html, threshold=0.0).listings} == {None}


def test_days_without_a_year_come_from_the_markup() -> None:
    html = simple(stories(5))
    for story in stories(5):
        html = html.replace(f">{long_day(story.day)}<", ">3 Dec<")
    assert listed(read(html)) == entries(stories(5))


def test_two_orders_of_numbers_are_settled_by_the_markup() -> None:
    of = [Story(story.title, date(2026, 3, n + 1)) for n, story in enumerate(stories(6))]
    html = simple(of)
    for story in of:
        html = html.replace(long_day(story.day), f"{story.day:%d/%m/%Y}")
    assert listed(read(html)) == entries(of)


def test_months_of_another_language_are_those_of_the_page() -> None:
    months = ("ianuarie", "februarie", "martie", "aprilie", "mai", "iunie")
    of = [Story(story.title, date(2026, n + 1, 9)) for n, story in enumerate(stories(6))]
    html = site(
        "<h1>Știri</h1><ul>"
        + "".join(
            f"<li><a href='/n/{n}'>{s.title}</a> <span>9 {months[n]} 2026</span></li>"
            for n, s in enumerate(of)
        )
        + "</ul>",
        language="ro",
    )
    assert listed(read(html)) == entries(of)


def test_pictures_are_kept_with_what_they_show() -> None:
    cards = "".join(saved_pages.card(n, s) for n, s in enumerate(stories(5)))
    reading = read(site(f"<section><h2>Latest</h2><div class='row'>{cards}</div></section>"))
    image = reading.listings[1].text.image
    assert image == Image("https://town.example.org/i/1.jpg", "A picture of 1")


def test_an_entry_says_its_sentences_and_nothing_about_itself() -> None:
    reading = read(simple(stories(4)))
    assert [one.text.summary for one in reading.listings] == [s.text for s in stories(4)]


def test_a_page_without_a_list_is_held_with_a_word() -> None:
    reading = read("<html><body><p>Nothing is here.</p></body></html>")
    assert reading.listings == ()
    assert "no list" in reading.problems[0].message


def test_an_example_chooses_between_the_lists_of_a_page() -> None:
    html = simple(stories(5))
    first = "Opening hours of the town hall this week"
    reading = read(html, example=Example(first), threshold=0.0)
    assert reading.taught
    assert reading.listings[0].text.title == first
    assert len(reading.listings) == 4


def test_of_news_and_events_on_one_page_the_news_are_read() -> None:
    news, events = (
        stories(5),
        [Story(f"Evening {n} in the hall", date(2026, 6, n + 1)) for n in range(5)],
    )
    html = site(
        "<section class='news'><h2>News</h2>"
        + "".join(saved_pages.wordpress(n, s) for n, s in enumerate(news))
        + "</section><section class='events'><h2>Events</h2>"
        + "".join(saved_pages.tile(n, s) for n, s in enumerate(events))
        + "</section>"
    )
    reading = read(html)
    assert not entries(news) - listed(reading)
    assert not listed(reading) - entries([*news, *events])
    chosen = read(html, example=Example("Evening 0 in the hall"), threshold=0.0)
    assert not entries(events) - listed(chosen)


def test_places_of_entries_differ_though_a_page_is_one_line() -> None:
    lines = [one.ref.line for one in read(simple(stories(8)).replace("\n", "")).listings]
    assert len(set(lines)) == len(lines) == 8


def test_copied_html_is_a_page_whatever_it_is_named() -> None:
    html = simple(stories(5))
    for name in ("-", "page.txt", "page"):
        assert listed(parse(html, name)) == entries(stories(5))
    windows = f"Version:0.9\r\nStartHTML:0000\r\nSourceURL:https://w.example.org/a\r\n{html}"
    assert listed(parse(windows, "-")) == entries(stories(5))
