"""The pages of a publication: years, neighbours, corrections, issues, old addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import HOUR, MONDAY, digest, topic
from tests.desk import Desk, Postbox, staff
from tidings.core.pages import topics as topic_pages
from tidings.model import Cause

LATER = MONDAY + HOUR
FIRST = "2026-01-01 | The first boat | One."
SECOND = "2026-01-02 | The second boat | Two."
FOURTH = "2026-01-04 | The fourth boat | Four."
FIFTH = "2026-01-05 | The fifth boat | Five."
THIRD = "2026-01-03 | The third boat | Three."


def read(desk: Desk, path: str) -> str:
    return (desk.root / "feeds" / path).read_text(encoding="utf-8")


def there(desk: Desk, folder: str) -> set[str]:
    return {path.name for path in (desk.root / "feeds" / folder).glob("*")}


def item_pages(desk: Desk) -> dict[str, int]:
    """The modification time of each item's page, by its title."""
    return {
        title: (desk.root / "feeds" / "items" / f"{item.slug}.html").stat().st_mtime_ns
        for title, item in desk.items().items()
    }


def touched(desk: Desk, before: dict[str, int]) -> set[str]:
    return {title for title, at in item_pages(desk).items() if before.get(title) != at}


def test_an_item_between_two_others_rewrites_their_pages_and_no_other(desk: Desk) -> None:
    desk.file("a.txt", FIRST, SECOND, FOURTH, FIFTH)
    desk.publish()
    before = item_pages(desk)
    desk.file("b.txt", THIRD, now=LATER)
    desk.publish()
    assert touched(desk, before) == {"The second boat", "The third boat", "The fourth boat"}


def test_an_item_that_moves_in_time_leaves_its_old_neighbours_side_by_side(desk: Desk) -> None:
    desk.file("a.txt", FIRST, SECOND, THIRD, FOURTH, FIFTH)
    desk.publish()
    before = item_pages(desk)
    moved = SECOND.replace("2026-01-02", "2026-01-09")
    desk.file("a.txt", FIRST, moved, THIRD, FOURTH, FIFTH, now=LATER)
    desk.publish()
    assert touched(desk, before) == {
        "The first boat",
        "The second boat",
        "The third boat",
        "The fifth boat",
    }
    page = read(desk, f"items/{desk.items()['The first boat'].slug}.html")
    assert "newer=ItemView(title='The third boat'" in page


def test_every_year_of_a_topic_has_a_page_that_goes_with_its_last_item(desk: Desk) -> None:
    desk.file("a.txt", FIRST, "2025-06-01 | An older boat | s", "| An undated boat | s")
    desk.publish()
    years = {"index.html", "atom.xml", "2026.html", "2025.html", "undated.html"}
    assert years <= there(desk, "topics/boats")
    older = "2024-06-01 | An older boat | s"
    desk.file("a.txt", FIRST, older, "| An undated boat | s", now=LATER)
    desk.publish()
    assert "2025.html" not in there(desk, "topics/boats")
    assert "2024.html" in there(desk, "topics/boats")
    with desk.store.reading() as state:
        assert "topics/boats/2025.html" not in state.files.all()


@pytest.fixture
def full_at_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_pages, "FULL_YEAR", 2)


def months(desk: Desk, folder: str = "topics/boats") -> set[str]:
    return {name for name in there(desk, folder) if name.startswith("2026")}


@pytest.mark.usefixtures("full_at_three")
def test_a_year_that_becomes_full_leads_to_its_months(desk: Desk) -> None:
    february = "2026-02-01 | A later boat | s"
    desk.file("a.txt", FIRST, february)
    desk.publish()
    assert months(desk) == {"2026.html"}
    assert "A later boat" in read(desk, "topics/boats/2026.html")
    desk.file("b.txt", SECOND, now=LATER)
    desk.publish()
    assert months(desk) == {"2026.html", "2026-01.html", "2026-02.html"}
    year = read(desk, "topics/boats/2026.html")
    assert (
        "Period(year=2026, month=2, total=1, path='topics/boats/2026-02.html', entries=())" in year
    )
    assert "A later boat" in read(desk, "topics/boats/2026-02.html")
    assert "The second boat" in read(desk, "topics/boats/2026-01.html")


@pytest.mark.usefixtures("full_at_three")
def test_a_new_item_of_a_full_year_rewrites_its_month_and_no_other(desk: Desk) -> None:
    desk.file("a.txt", FIRST, SECOND, "2026-02-01 | A later boat | s")
    desk.publish()
    before = (desk.root / "feeds/topics/boats/2026-02.html").stat().st_mtime_ns
    desk.file("b.txt", THIRD, now=LATER)
    desk.publish()
    assert "The third boat" in read(desk, "topics/boats/2026-01.html")
    assert (desk.root / "feeds/topics/boats/2026-02.html").stat().st_mtime_ns == before


@pytest.mark.usefixtures("full_at_three")
def test_the_pages_of_months_go_when_the_year_is_full_no_more(desk: Desk) -> None:
    desk.topics = (replace(topic("ships", "boat"), was=("boats",)),)
    desk.file("a.txt", FIRST, SECOND, "2026-02-01 | A later boat | s")
    desk.publish()
    assert months(desk, "topics/ships") == {"2026.html", "2026-01.html", "2026-02.html"}
    assert "target='topics/ships/2026-01.html'" in read(desk, "topics/boats/2026-01.html")
    desk.file("a.txt", FIRST, SECOND, "2025-02-01 | A later boat | s", now=LATER)
    desk.publish()
    assert months(desk, "topics/ships") == months(desk) == {"2026.html"}
    assert "The first boat" in read(desk, "topics/ships/2026.html")


@pytest.mark.usefixtures("full_at_three")
def test_a_full_year_step_by_step_is_what_it_is_all_at_once(desk: Desk) -> None:
    for number, line in enumerate((FIRST, SECOND, "2026-02-01 | A later boat | s", THIRD)):
        desk.file(f"{number}.txt", line, now=LATER)
        desk.publish()
    root = desk.root / "feeds"
    before = {path: path.read_bytes() for path in root.rglob("*.html")}
    desk.inputs = "whole"
    desk.publish()
    assert {path: path.read_bytes() for path in root.rglob("*.html")} == before


def test_a_topic_s_front_holds_its_newest_items_and_counts_the_rest(desk: Desk) -> None:
    lines = [f"2026-01-{day:02} | Boat number {day} | s" for day in range(1, 26)]
    desk.file("a.txt", *lines, "2025-01-01 | Boat of old | s")
    desk.publish()
    front = read(desk, "topics/boats/index.html")
    assert "Boat number 25" in front
    assert "title='Boat number 5'" not in front
    year = "Period(year=2025, month=None, total=1, path='topics/boats/2025.html', entries=())"
    assert year in front
    assert "Boat number 5" in read(desk, "topics/boats/2026.html")


def test_corrections_stand_on_a_page_of_their_own_the_latest_first(desk: Desk) -> None:
    desk.file("a.txt", FIRST, SECOND, THIRD)
    desk.publish()
    assert "entries=()" in read(desk, "corrections.html")
    desk.file("a.txt", FIRST.replace("One", "Won"), SECOND, THIRD, now=LATER)
    desk.publish()
    desk.file(
        "a.txt",
        FIRST.replace("One", "Won"),
        SECOND,
        "2026-01-03 | The third boat | 3",
        now=LATER + HOUR,
    )
    desk.publish()
    page = read(desk, "corrections.html")
    assert page.index("The third boat") < page.index("The first boat")
    assert "The second boat" not in page


# --- Old addresses -------------------------------------------------------------------------------


def test_a_renamed_topic_keeps_its_members_and_their_reasons(desk: Desk) -> None:
    desk.digests = (digest(history="skip", topics=("boats",)),)
    desk.record()
    desk.announce(send="due")
    desk.file("a.txt", FIRST, now=LATER)
    desk.topics = (replace(topic("ships", "boat"), was=("boats",)), topic("ports", "port"))
    desk.digests = (digest(history="skip", topics=("ships",)),)
    desk.record(LATER)
    with desk.store.reading() as state:
        (item,) = desk.items().values()
        assert state.topics.of([item.id], but=(Cause.RULE,)) == {item.id: ("ships",)}
        assert state.lists.census("ships").total == 1
        assert "boats" not in state.topics.records()
    (opened,) = desk.announce(LATER)
    assert opened.items == 1


def test_the_old_addresses_of_a_topic_lead_to_the_new_ones(desk: Desk) -> None:
    desk.file("a.txt", FIRST)
    desk.publish()
    desk.topics = (replace(topic("ships", "boat"), was=("boats",)), topic("ports", "port"))
    desk.record(LATER)
    desk.publish()
    assert "target='topics/ships/index.html'" in read(desk, "topics/boats/index.html")
    assert "target='topics/ships/2026.html'" in read(desk, "topics/boats/2026.html")
    assert read(desk, "topics/boats/atom.xml") == read(desk, "topics/ships/atom.xml")
    assert "topics/boats/" not in read(desk, "index.html")


# --- Issues --------------------------------------------------------------------------------------


def test_an_issue_is_on_the_web_before_it_is_mailed_and_tells_of_no_recipient(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(max_items=1),), staff("ana@example.org")
    desk.file("a.txt", FIRST, SECOND)
    desk.publish()
    assert "editions=()" in read(desk, "digests/weekly/index.html")
    desk.announce()
    desk.publish()
    page = read(desk, "digests/weekly/1.html")
    assert "The first boat" in page
    assert "The second boat" in page
    assert "number=1" in read(desk, "digests/weekly/index.html")
    assert not any(
        "ana@" in read(desk, f"digests/weekly/{name}") for name in ("1.html", "index.html")
    )


def test_an_issue_keeps_the_text_that_was_mailed_and_says_what_came_of_it(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("a.txt", FIRST, SECOND)
    desk.mail()
    desk.publish()
    desk.file("a.txt", FIRST.replace("One", "Won"), SECOND, now=LATER)
    desk.publish()
    page = read(desk, "digests/weekly/1.html")
    assert "summary='One.'" in page
    assert "Correction(field='summary'" in page


def test_an_issue_says_what_came_in_long_after_its_day(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("a.txt", FIRST)
    desk.mail()
    desk.file("b.txt", SECOND, now=MONDAY + 48 * HOUR)
    desk.mail(MONDAY + 48 * HOUR)
    desk.publish()
    assert "late=False" in read(desk, "digests/weekly/1.html")
    assert "late=True" in read(desk, "digests/weekly/2.html")


def test_the_list_of_issues_says_of_which_no_record_is_left(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("a.txt", FIRST)
    desk.mail()
    with desk.store.writing() as state:
        state.editions.stand_in("weekly", 4, "2026-W20", LATER, "No. 4")
    desk.file("a.txt", FIRST, SECOND, now=LATER)
    desk.mail(LATER)
    desk.publish()
    page = read(desk, "digests/weekly/index.html")
    assert "number=1" in page
    assert "number=5" in page
    assert "forgotten=((2, 4),)" in page


def test_an_issue_shows_what_it_corrected(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("a.txt", FIRST)
    desk.mail()
    desk.file("a.txt", FIRST.replace("One", "Won"), now=LATER)
    desk.file("b.txt", SECOND, now=LATER)
    desk.mail(LATER, Postbox())
    desk.publish()
    page = read(desk, "digests/weekly/2.html")
    assert "total=1" in page
    assert "Segment(kind='old', text='One.')" in page


@pytest.mark.parametrize("opened", [False, True])
def test_a_digest_that_is_not_public_publishes_nothing(desk: Desk, opened: bool) -> None:
    desk.digests, desk.lists = (digest(public=False),), staff("ana@example.org")
    desk.file("a.txt", FIRST)
    if opened:
        desk.announce()
    desk.publish()
    assert not (desk.root / "feeds" / "digests").exists()


def test_a_publication_after_an_edition_touches_the_archive_alone(desk: Desk) -> None:
    desk.digests = (digest(),)
    desk.file("a.txt", FIRST)
    desk.publish()
    desk.announce()
    report = desk.publish()
    assert (report.pages, report.feeds) == (2, 1)
    # The issue, the list of issues, their feed in three formats, and the sitemap.
    assert report.written == 6
