"""Pages: what each shows, and that their paths lead somewhere from wherever they are served."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.builders import SITE, head
from tidings.core.pages.issues import issue_page
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch, by_day, range_of
from tidings.core.pages.site import front_items, index_page, item_page
from tidings.core.pages.topics import topic_page
from tidings.model import (
    Cadence,
    Digest,
    Edition,
    Evidence,
    Item,
    Retraction,
    Revision,
    Rule,
    SeedRef,
    SourceEntry,
    Text,
    Topic,
    TopicCounts,
)

ARRIVED = datetime(2021, 12, 9, 3, tzinfo=UTC)  # 8 December in Costa Rica


PLACE = SITE.model_copy(update={"title": "Labour news", "url": "https://example.org/news/"})
HUBS = Topic("hubs", "Information hubs", "Where people ask", Rule())
WORK = Topic("work", "Work", "", Rule())
WEEKLY = Digest("weekly", "Weekly", None, Cadence("week", 0, (8, 0)), (), "skip", 40, "en", "d")
HUBS_ONLY = replace(WEEKLY, slug="hubs", title="Hubs weekly", topics=("hubs",))
CONTEXT = SiteContext(PLACE, ZoneInfo("America/Costa_Rica"), (WEEKLY, HUBS_ONLY))


def item(title: str, day: date | None = None, **more: object) -> Item:
    published = datetime(day.year, day.month, day.day, 18, tzinfo=UTC) if day else None
    made = Item(f"{title:0>16}", title.lower(), Text(title, "Its text", day), published, ARRIVED)
    return replace(made, **more)  # type: ignore[arg-type]


def placed(one: Item, *topics: Topic) -> ClassifiedItem:
    found = (Evidence("its", "summary", 0, 3),)
    return ClassifiedItem(one, tuple(TopicMatch(topic, found) for topic in topics))


def census(*items: Item) -> TopicCounts:
    months: dict[tuple[int, int], int] = {}
    for one in items:
        if one.date:
            key = (one.date.year, one.date.month)
            months[key] = months.get(key, 0) + 1
    undated = sum(one.date is None for one in items)
    return TopicCounts(len(items), undated, months, head(items[0]) if items else None)


NOTHING = census()


def test_an_empty_site_has_an_index_without_a_tide() -> None:
    page = index_page(CONTEXT, [(HUBS, NOTHING)], NOTHING, [], None)
    assert page.tide is None
    assert page.topics[0].tide is None
    assert page.topics[0].newest is None
    assert page.latest == ()


def test_every_page_leads_back_to_the_published_folder() -> None:
    one = item("A", date(2021, 5, 1))
    pages = (
        index_page(CONTEXT, [], NOTHING, [], None),
        topic_page(CONTEXT, HUBS, NOTHING, None, [], None),
        item_page(CONTEXT, placed(one, HUBS), None, None),
    )
    assert [(page.path, page.root) for page in pages] == [
        ("index.html", ""),
        ("topics/hubs/index.html", "../../"),
        ("items/a.html", "../"),
    ]


def test_addresses_are_absolute_whether_or_not_the_site_ends_in_a_slash() -> None:
    for url in ("https://example.org/news", "https://example.org/news/"):
        frame = replace(CONTEXT, site=PLACE.model_copy(update={"url": url}))
        page = topic_page(frame, HUBS, NOTHING, None, [], None)
        assert page.address == "https://example.org/news/topics/hubs/index.html"
        assert [feed.address for feed in page.feeds] == [
            "https://example.org/news/topics/hubs/atom.xml",
            "https://example.org/news/atom.xml",
        ]
        assert index_page(frame, [], NOTHING, [], None).address == "https://example.org/news/"


def test_topics_on_the_index_share_one_scale_and_one_span() -> None:
    busy = [item(f"B{n}", date(2021, 3, n)) for n in range(1, 8)]
    calm = [item("C", date(2021, 12, 1))]
    counted = [(HUBS, census(*busy)), (WORK, census(*calm))]
    page = index_page(CONTEXT, counted, census(*calm, *busy), [], None)
    tides = [row.tide for row in page.topics if row.tide]
    assert [tide.peak for tide in tides] == [7, 7]
    assert tides[0].span == tides[1].span
    assert tides[1].bars[0].newest


def test_latest_items_of_one_day_stand_together_and_a_year_is_named_once() -> None:
    items = [
        item("A", date(2021, 12, 10)),
        item("B", date(2021, 12, 10)),
        item("C"),
        item("D"),
        item("E", date(2021, 11, 2)),
        item("F", date(2020, 11, 2)),
    ]
    page = index_page(CONTEXT, [], census(*items), [placed(one) for one in items], None)
    assert [(d.day, d.year_shown, [e.title for e in d.entries]) for d in page.latest] == [
        (date(2021, 12, 10), True, ["A", "B"]),
        (None, False, ["C", "D"]),
        (date(2021, 11, 2), False, ["E"]),
        (date(2020, 11, 2), True, ["F"]),
    ]


def test_an_undated_item_is_shown_with_the_local_day_of_its_arrival() -> None:
    page = item_page(CONTEXT, placed(item("A")), None, None)
    assert (page.entry.day, page.entry.first_seen) == (None, date(2021, 12, 8))


def test_a_topic_groups_its_items_by_year_and_undated_ones_by_themselves() -> None:
    members = [
        item("A", date(2022, 1, 1)),
        item("B"),
        item("C", date(2021, 1, 1)),
        item("D"),
        item("E", date(2021, 1, 1)),
    ]
    counted = census(*members)
    span = range_of(counted.months)
    page = topic_page(CONTEXT, HUBS, counted, span, [placed(m, HUBS) for m in members], ARRIVED)
    assert [(year.year, [e.title for e in year.entries]) for year in page.years] == [
        (2022, ["A"]),
        (None, ["B", "D"]),
        (2021, ["C", "E"]),
    ]
    assert (page.total, page.undated) == (5, 2)


def test_a_topic_of_undated_items_draws_no_chart() -> None:
    span = range_of([(2021, 5)])
    page = topic_page(CONTEXT, HUBS, census(item("A")), span, [placed(item("A"), HUBS)], None)
    assert page.tide is None


def test_a_topic_names_only_the_digests_that_bring_it() -> None:
    titles = [
        [d.title for d in topic_page(CONTEXT, topic, NOTHING, None, [], None).digests]
        for topic in (HUBS, WORK)
    ]
    assert titles == [["Weekly", "Hubs weekly"], ["Weekly"]]


def test_an_item_names_its_topics_with_the_words_that_put_it_there() -> None:
    page = item_page(CONTEXT, placed(item("A"), HUBS, WORK), None, None)
    assert [(t.title, t.path, t.because[0].words) for t in page.entry.topics] == [
        ("Information hubs", "topics/hubs/index.html", "Its"),
        ("Work", "topics/work/index.html", "Its"),
    ]
    assert [feed.path for feed in page.feeds] == [
        "atom.xml",
        "topics/hubs/atom.xml",
        "topics/work/atom.xml",
    ]


def test_an_item_tells_where_it_was_read_in_the_order_of_arrival() -> None:
    text = Text("A")
    later = SourceEntry(SeedRef("seeds/b.txt", 3), text, "a", ARRIVED + timedelta(days=2), 0)
    first = SourceEntry(SeedRef("seeds/c.txt", 7), text, "a", ARRIVED, None)
    page = item_page(CONTEXT, placed(item("A", sources=(later, first))), None, None)
    assert [(r.path, r.first_seen) for r in page.readings] == [
        ("seeds/c.txt", date(2021, 12, 8)),
        ("seeds/b.txt", date(2021, 12, 10)),
    ]


def test_an_item_names_the_first_source_that_a_file_belongs_to_and_no_file() -> None:
    context = replace(CONTEXT, sources=(("seeds/b*", "Press office"), ("seeds/*", ""), ("*", "X")))
    names = {p: context.source_name(p) for p in ("seeds/b.txt", "seeds/c.txt", "other/d.txt")}
    assert names == {"seeds/b.txt": "Press office", "seeds/c.txt": "", "other/d.txt": "X"}
    seen = SourceEntry(SeedRef("seeds/b.txt", 3), Text("A"), "a", ARRIVED, 0)
    page = item_page(context, placed(item("A", sources=(seen,))), None, None)
    assert [reading.name for reading in page.readings] == ["Press office"]


def test_a_retracted_item_keeps_its_title_and_the_reason_alone() -> None:
    history = (
        Revision(0, Text("B", "Old"), ARRIVED, "seeds/a.txt"),
        Revision(1, Text("A", "Its text"), ARRIVED, "seeds/a.txt"),
    )
    source = SourceEntry(SeedRef("seeds/a.txt", 3), Text("A"), "a", ARRIVED, 0)
    gone = item(
        "A",
        date(2021, 5, 1),
        retraction=Retraction("Never happened", ARRIVED),
        history=history,
        sources=(source,),
    )
    page = item_page(CONTEXT, placed(gone, HUBS), None, None)
    assert (page.entry.title, page.entry.retraction) == ("A", "Never happened")
    assert page.entry.retracted_on == date(2021, 12, 8)
    assert page.entry.summary == ""
    assert (page.entry.topics, page.entry.corrections, page.readings) == ((), (), ())


def test_an_item_knows_its_neighbours() -> None:
    newer, older = head(item("N", date(2021, 6, 1))), head(item("O"))
    page = item_page(CONTEXT, placed(item("A", date(2021, 5, 1))), newer, older)
    assert page.newer is not None
    assert page.older is not None
    assert (page.newer.path, page.older.path) == ("items/n.html", "items/o.html")
    alone = item_page(CONTEXT, placed(item("A")), None, None)
    assert (alone.newer, alone.older) == (None, None)


def undated(title: str, arrived: datetime) -> ClassifiedItem:
    return placed(replace(item(title), arrived_at=arrived), HUBS)


def test_on_the_first_page_what_has_no_date_stands_where_it_came_in_but_never_first() -> None:
    older = placed(item("Older", date(2021, 11, 1)), HUBS)
    newer = placed(item("Newer", date(2021, 12, 7)), HUBS)
    late = undated("Late", ARRIVED + timedelta(days=2))
    between = undated("Between", datetime(2021, 11, 20, tzinfo=UTC))
    found = front_items([newer, older], [late, between], 5)
    assert [each.item.title for each in found] == ["Newer", "Late", "Between", "Older"]


def test_what_a_site_began_with_and_has_no_date_comes_last() -> None:
    dated = placed(item("Dated", date(2019, 1, 1)), HUBS)
    first, second = undated("First", ARRIVED), undated("Second", ARRIVED)
    found = front_items([dated, first, second], [], 2)
    assert [each.item.title for each in found] == ["Dated", "First"]


def test_without_any_date_the_last_to_arrive_comes_first() -> None:
    old, new = undated("Old", ARRIVED), undated("New", ARRIVED + timedelta(days=3))
    found = front_items([new, old], [new], 5)
    assert [each.item.title for each in found] == ["New", "Old"]


def test_what_is_yet_to_come_says_when_it_was_announced() -> None:
    coming = CONTEXT.view(placed(item("Coming", date(2021, 12, 24)), HUBS))
    past = CONTEXT.view(placed(item("Past", date(2021, 12, 8)), HUBS))
    assert (coming.announced, past.announced) == (date(2021, 12, 8), None)


def test_entries_of_one_coming_day_that_were_announced_on_different_days_stand_apart() -> None:
    day = date(2021, 12, 24)
    one = placed(item("One", day), HUBS)
    two = placed(replace(item("Two", day), arrived_at=ARRIVED + timedelta(days=2)), HUBS)
    days = by_day(CONTEXT.view(each) for each in (two, one))
    assert [each.announced for each in days] == [date(2021, 12, 10), date(2021, 12, 8)]


def test_an_issue_last_changed_when_one_of_its_items_did() -> None:
    edition = Edition(1, "weekly", 1, "2021-W50", ARRIVED, "A")
    stays, changed = item("A"), item("B", revised_at=ARRIVED + timedelta(days=3))

    def changed_at(*items: Item) -> datetime | None:
        new = [placed(each, HUBS) for each in items]
        return issue_page(CONTEXT, WEEKLY, edition, [HUBS], new, []).changed_at

    assert changed_at(stays) == ARRIVED
    assert changed_at(stays, changed) == ARRIVED + timedelta(days=3)
    before = replace(changed, revised_at=ARRIVED - timedelta(days=3))
    assert changed_at(before) == ARRIVED, "what it announced had changed already"
