"""Editing: decisions are on record, hold against readings, reach readers, and can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.builders import HOUR, MONDAY, digest
from tests.desk import Desk, staff
from tidings.application import edit
from tidings.application.edit import EditResult, history
from tidings.application.status import look
from tidings.errors import NoSuchItem, NotPossible
from tidings.model import DecisionKind, Item

LATER, LAST = MONDAY + HOUR, MONDAY + 2 * HOUR
PORT = "2026-01-10 | Port opens | The port is open."
BOAT = "2026-01-05 | Boat sails | It floats."
SHIP = "2026-01-06 | Boat sets sail | It floats away."
ANA = "ana@example.org"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.digests, desk.lists = (digest(),), staff(ANA)
    desk.file("a.txt", PORT, BOAT)
    desk.file("b.txt", SHIP)
    return desk


def slug(desk: Desk, title: str) -> str:
    return desk.items()[title].slug


def retract(desk: Desk, title: str, now: datetime = MONDAY) -> EditResult:
    return edit.retract(desk.store, desk.editor(now, reason="Not so."), slug(desk, title))


def back(desk: Desk, title: str, now: datetime = LATER) -> EditResult:
    return edit.undo_retract(desk.store, desk.editor(now), slug(desk, title))


def merge(desk: Desk, now: datetime = MONDAY) -> EditResult:
    pair = slug(desk, "Boat sails"), slug(desk, "Boat sets sail")
    return edit.merge(desk.store, desk.editor(now, reason="One ship."), *pair)


def part(desk: Desk, now: datetime = LATER) -> EditResult:
    pair = slug(desk, "Boat sails"), slug(desk, "Boat sets sail")
    return edit.undo_merge(desk.store, desk.editor(now), *pair)


def plain(item: Item) -> Item:
    """An item without the instant at which readers were last told."""
    return replace(item, revised_at=None)


def everything(desk: Desk) -> dict[str, tuple[Item, bool, bool]]:
    boats, ports = desk.members("boats"), desk.members("ports")
    return {t: (plain(i), t in boats, t in ports) for t, i in desk.items().items()}


# --- Retracting ----------------------------------------------------------------------------------


def test_a_retraction_says_who_and_why_and_takes_a_change_number(desk: Desk) -> None:
    before = desk.publish()
    done = retract(desk, "Boat sails", LATER)
    assert done.changed
    item = desk.items()["Boat sails"]
    assert item.retraction is not None
    assert (item.retraction.reason, item.retraction.by) == ("Not so.", "Ana")
    (decision,) = history(desk.store, item.slug).decisions
    assert (decision.verdict, decision.by, decision.reason, decision.at) == (
        DecisionKind.RETRACT,
        "Ana",
        "Not so.",
        LATER,
    )
    assert before.written
    assert desk.publish().written
    feed = (desk.root / "feeds" / "topics" / "boats" / "atom.xml").read_text()
    assert "Retracted: Boat sails" in feed


def test_a_retraction_holds_against_whatever_is_read(desk: Desk) -> None:
    retract(desk, "Boat sails")
    desk.file("a.txt", PORT, now=LATER)
    desk.file("a.txt", PORT, BOAT, now=LAST)
    desk.file("c.txt", BOAT, now=LAST)
    assert desk.items()["Boat sails"].retraction is not None


def test_retracting_twice_is_retracting_once(desk: Desk) -> None:
    retract(desk, "Boat sails")
    before = everything(desk)
    assert not retract(desk, "Boat sails", LATER).changed
    assert everything(desk) == before


def test_a_retraction_that_is_undone_before_anybody_was_told_leaves_no_trace(desk: Desk) -> None:
    desk.mail()
    before = everything(desk)
    retract(desk, "Boat sails", LATER)
    back(desk, "Boat sails")
    assert everything(desk) == before
    assert desk.items()["Boat sails"].updated == LATER + timedelta(seconds=1)
    assert desk.mail(LAST) == {}
    (decision,) = history(desk.store, slug(desk, "Boat sails")).decisions
    assert (decision.undone_at, decision.undone_by) == (LATER, "Ana")


def test_who_was_mailed_an_item_is_told_of_its_retraction_and_of_its_return(desk: Desk) -> None:
    desk.lists = staff(ANA)
    desk.mail()
    desk.lists = staff(ANA, "new@example.org")
    retract(desk, "Boat sails", LATER)
    assert desk.mail(LATER) == {ANA: "corrected Boat sails"}
    back(desk, "Boat sails", LAST)
    assert desk.mail(LAST) == {}  # a return can wait for news
    desk.file("d.txt", "2026-02-01 | Crane | It lifts.", now=LAST)
    assert desk.mail(LAST + HOUR)[ANA] == "new Crane\ncorrected Boat sails"


def test_a_retraction_opens_an_edition_only_if_the_item_was_mailed(desk: Desk) -> None:
    desk.mail()
    desk.lists = staff()
    retract(desk, "Port opens", LATER)
    assert [each.recipients for each in desk.announce(LATER)] == [0]
    desk.file("d.txt", "2026-02-01 | Crane | It lifts.", now=LAST)
    retract(desk, "Crane", LAST)
    assert desk.announce(LAST + HOUR) == ()


def test_what_was_retracted_before_it_was_mailed_is_mailed_once_it_is_back(desk: Desk) -> None:
    retract(desk, "Boat sails")
    assert desk.mail(LATER) == {ANA: "new Boat sets sail\nnew Port opens"}
    back(desk, "Boat sails", LATER)
    assert desk.mail(LAST) == {ANA: "new Boat sails"}


def test_what_was_put_off_is_not_mailed_as_news_once_it_is_retracted(desk: Desk) -> None:
    desk.announce()
    retract(desk, "Boat sails", LATER)
    desk.file("d.txt", "2026-02-01 | Crane | It lifts.", now=LATER)
    assert desk.mail(LATER) == {ANA: "new Boat sets sail\nnew Crane\nnew Port opens"}


def test_an_editor_may_bring_back_what_a_source_took_back(desk: Desk) -> None:
    desk.retracting = ("seeds/a.txt",)
    desk.file("a.txt", PORT, now=LATER)
    assert desk.items()["Boat sails"].retraction is not None
    back(desk, "Boat sails", LAST)
    desk.file("a.txt", PORT, "| Crane | It lifts.", now=LAST)
    assert desk.items()["Boat sails"].retraction is None


def test_undoing_a_decision_restores_what_the_source_said_before_it(desk: Desk) -> None:
    desk.retracting = ("seeds/a.txt",)
    desk.file("a.txt", PORT, now=LATER)
    before = everything(desk)
    retract(desk, "Boat sails", LAST)
    back(desk, "Boat sails", LAST)
    assert everything(desk) == before


# --- Merging -------------------------------------------------------------------------------------


def test_what_is_merged_leaves_topics_lists_and_feeds_and_leads_to_the_other(desk: Desk) -> None:
    desk.publish()
    merge(desk, LATER)
    desk.publish()
    items = desk.items()
    boat, ship = items["Boat sails"], items["Boat sets sail"]
    assert ship.merged_into == boat.id
    assert sorted(seen.ref.path for seen in boat.sources) == ["seeds/a.txt", "seeds/b.txt"]
    assert desk.members("boats") == {"Boat sails"}
    feeds = desk.root / "feeds"
    for path in ("atom.xml", "topics/boats/atom.xml", "index.html"):
        assert "Boat sets sail" not in (feeds / path).read_text()
    page = (feeds / "items" / f"{ship.slug}.html").read_text()
    assert page.startswith("site/moved.html.j2")
    assert f"items/{boat.slug}.html" in page
    with desk.store.reading() as state:
        assert state.lists.census("").total == 2
        newest = state.items.get(state.lists.newest("", 9)).values()
        assert {each.title for each in newest} == {"Boat sails", "Port opens"}


@pytest.mark.parametrize("name", ["b.txt", "c.txt"])
def test_what_is_read_of_it_later_goes_to_the_other(desk: Desk, name: str) -> None:
    merge(desk)
    before = len(desk.items())
    desk.file(name, SHIP, "2026-01-07 | Pier | It stands.", now=LATER)
    assert len(desk.items()) == before + 1
    assert f"seeds/{name}" in {seen.ref.path for seen in desk.items()["Boat sails"].sources}


def test_a_correction_of_what_was_merged_corrects_the_other(desk: Desk) -> None:
    desk.file("b.txt", SHIP, "2026-01-07 | Pier | It stands.")
    merge(desk)
    corrected = "2026-01-06 | Boat sets sail | It floated away."
    desk.file("b.txt", corrected, "2026-01-07 | Pier | It stands.", now=LATER)
    items = desk.items()
    assert (items["Boat sails"].summary, items["Boat sails"].revision) == ("It floated away.", 1)
    part(desk, LAST)
    assert desk.items()["Boat sets sail"].summary == "It floated away."


def test_a_merge_fills_in_what_is_missing_and_undoing_it_takes_that_away(desk: Desk) -> None:
    desk.file("e.txt", "| Pier | It stands.", "2026-01-12 | The pier | It stands. In water.")
    before = everything(desk)
    pair = slug(desk, "Pier"), slug(desk, "The pier")
    edit.merge(desk.store, desk.editor(), *pair)
    pier = desk.items()["Pier"]
    assert (pier.date, pier.summary) == (date(2026, 1, 12), "It stands. In water.")
    assert (pier.published is not None, pier.revision) == (True, 0)
    edit.undo_merge(desk.store, desk.editor(), *pair)
    assert everything(desk) == before


def test_a_digest_mails_one_of_them_once(desk: Desk) -> None:
    merge(desk)
    assert desk.mail() == {ANA: "new Boat sails\nnew Port opens"}


def test_who_had_the_one_is_not_mailed_the_other(desk: Desk) -> None:
    desk.mail()
    desk.file("c.txt", "2026-01-08 | Boat leaves | It floats off.", now=LATER)
    # The new one is to stay, and who had the old one has had it.
    pair = slug(desk, "Boat leaves"), slug(desk, "Boat sets sail")
    edit.merge(desk.store, desk.editor(LATER), *pair)
    desk.lists = staff(ANA, "new@example.org")
    assert desk.mail(LATER) == {}
    desk.file("d.txt", "2026-02-01 | Crane | It lifts.", now=LAST)
    assert desk.mail(LAST)[ANA] == "new Crane"
    edit.undo_merge(desk.store, desk.editor(LAST), *pair)
    assert desk.mail(LAST + HOUR)[ANA] == "new Boat leaves"


def test_merging_is_undone_to_the_letter(desk: Desk) -> None:
    desk.mail()
    before = everything(desk)
    merge(desk, LATER)
    part(desk)
    assert everything(desk) == before
    assert desk.mail(LAST) == {}


def test_a_chain_of_merges_leads_to_its_end(desk: Desk) -> None:
    merge(desk)
    port, boat = slug(desk, "Port opens"), slug(desk, "Boat sails")
    before = everything(desk)
    edit.merge(desk.store, desk.editor(), port, boat)
    assert {seen.ref.path for seen in desk.items()["Port opens"].sources} == {
        "seeds/a.txt",
        "seeds/b.txt",
    }
    desk.publish()
    ship = (desk.root / "feeds/items" / f"{slug(desk, 'Boat sets sail')}.html").read_text()
    assert f"items/{port}.html" in ship
    edit.undo_merge(desk.store, desk.editor(LATER), port, boat)
    assert everything(desk) == before


def test_what_was_merged_cannot_be_decided_on_by_itself(desk: Desk) -> None:
    merge(desk)
    with pytest.raises(NotPossible, match="was merged into boat-sails-"):
        retract(desk, "Boat sets sail")
    with pytest.raises(NotPossible, match="one item already"):
        edit.merge(desk.store, desk.editor(), *[slug(desk, "Boat sails")] * 2)
    assert not merge(desk).changed


# --- Splitting -----------------------------------------------------------------------------------


def test_what_one_source_says_becomes_an_item_that_later_readings_leave_alone(desk: Desk) -> None:
    other = "2026-01-05 | Boat sails | It floated"
    desk.file("c.txt", other, "2026-01-07 | Pier | It stands.")
    boat = desk.items()["Boat sails"]
    assert len(boat.sources) == 2
    done = edit.split(desk.store, desk.editor(reason="Two boats."), boat.slug, "seeds/c.txt")
    assert done.other is not None
    assert done.other.summary == "It floated"
    assert done.other.id != boat.id
    assert [seen.ref.path for seen in done.item.sources] == ["seeds/a.txt"]
    for name, entry in (("c.txt", other), ("a.txt", BOAT), ("f.txt", other), ("g.txt", BOAT)):
        desk.file(name, entry, "2026-01-07 | Pier | It stands.", now=LATER)
    found = history(desk.store, done.other.slug).item
    assert {seen.ref.path for seen in found.sources} == {"seeds/c.txt", "seeds/f.txt"}


def test_a_split_is_undone_and_done_again_with_the_same_id(desk: Desk) -> None:
    desk.file("c.txt", "2026-01-05 | Boat sails | It floated")
    boat = desk.items()["Boat sails"]

    def split() -> EditResult:
        return edit.split(desk.store, desk.editor(LATER), boat.slug, "seeds/c.txt")

    first = split()
    undone = edit.undo_split(desk.store, desk.editor(LAST), boat.slug, "seeds/c.txt")
    assert undone.item.text == boat.text
    assert {seen.ref.path for seen in undone.item.sources} == {"seeds/a.txt", "seeds/c.txt"}
    again = split()
    assert first.other is not None
    assert again.other is not None
    assert again.other.id == first.other.id
    edit.undo_split(desk.store, desk.editor(LAST), boat.slug, "seeds/c.txt")


def test_an_only_source_is_not_split_off_nor_one_that_is_none(desk: Desk) -> None:
    boat = slug(desk, "Boat sails")
    with pytest.raises(NotPossible, match="only source"):
        edit.split(desk.store, desk.editor(), boat, "seeds/a.txt")
    with pytest.raises(NotPossible, match=r"no source of .*; there are seeds/a\.txt"):
        edit.split(desk.store, desk.editor(), boat, "seeds/z.txt")


def test_splitting_off_what_was_merged_is_undoing_the_merge(desk: Desk) -> None:
    before = everything(desk)
    merge(desk)
    edit.split(desk.store, desk.editor(), slug(desk, "Boat sails"), "seeds/b.txt")
    assert everything(desk) == before


# --- Suggestions ---------------------------------------------------------------------------------


def near(desk: Desk) -> list[tuple[str, str, str]]:
    found = look(desk.store, desk.settings, LAST)
    return [(pair.known.title, pair.new.title, pair.why) for pair in found.near]


def test_what_stays_ambiguous_is_suggested_until_it_is_decided(desk: Desk) -> None:
    desk.file("h.txt", "2026-01-05 | Ferry | One.")
    desk.file("i.txt", "2026-01-06 | Ferry | Two.")
    assert near(desk) == []  # two days: a series
    desk.file("j.txt", "| Ferry | Three.")
    why = "the same title, and only one has a date"
    with desk.store.reading() as state:
        pairs = state.decisions.suggested()
    assert [each.why for each in pairs] == [why, why]
    first, second = ((each.known_id, each.new_id) for each in pairs)
    edit.tell_apart(desk.store, desk.editor(), *first)
    with desk.store.reading() as state:
        assert [each.known_id for each in state.decisions.suggested()] == [second[0]]
    edit.merge(desk.store, desk.editor(), *second)
    with desk.store.reading() as state:
        assert state.decisions.suggested() == ()


def test_much_the_same_title_on_one_day_is_suggested_but_not_with_another_number(
    desk: Desk,
) -> None:
    desk.file("h.txt", "2026-03-01 | Harbour festival round 1 | All day.")
    desk.file("i.txt", "2026-03-01 | Harbour festivel round 1 | At night.")
    desk.file("j.txt", "2026-03-01 | Harbour festival round 2 | At night.")
    assert near(desk) == [
        (
            "Harbour festival round 1",
            "Harbour festivel round 1",
            "much the same title on the same day",
        )
    ]


def test_two_entries_of_one_page_are_two_items_and_no_suggestion(desk: Desk) -> None:
    desk.file("h.txt", "2026-03-01 | Festival | All day.", "2026-03-01 | Festival | At night.")
    desk.file("h.txt", "2026-03-01 | Festival | All day.", "2026-03-01 | Festival | Never.")
    with desk.store.reading() as state:
        assert state.decisions.suggested() == ()


def test_a_correction_without_a_neighbour_is_suggested(desk: Desk) -> None:
    desk.file("h.txt", "2026-03-01 | Harbour festival | All day.")
    desk.file("h.txt", SHIP, "2026-03-02 | Harbour festival | All day.", now=LATER)
    assert [pair[:2] for pair in near(desk)] == [("Harbour festival", "Harbour festival")]


def test_another_story_under_one_title_and_day_is_suggested(desk: Desk) -> None:
    desk.file("h.txt", "2026-03-01 | Harbour festival | All day.")
    desk.file("i.txt", "2026-03-01 | Harbour festival | The brass band looks for a tuba.")
    (pair,) = near(desk)
    assert pair == ("Harbour festival", "Harbour festival", "the same title and day")


# --- Names ---------------------------------------------------------------------------------------


def test_an_item_is_named_by_its_id_its_slug_or_how_either_begins(desk: Desk) -> None:
    item = desk.items()["Port opens"]
    for name in (
        item.id,
        item.slug,
        item.id[:6],
        "port",
        "PORT-OPENS",
        f"https://news.example.org/items/{item.slug}.html",
    ):
        assert history(desk.store, name).item == item


def test_a_name_that_fits_several_or_none_says_which_come_near(desk: Desk) -> None:
    with pytest.raises(NoSuchItem, match=r"any of these(.|\n)*boat-sails-.*\n.*boat-sets"):
        history(desk.store, "boat")
    with pytest.raises(NoSuchItem, match=r"come near(.|\n)*port-opens-"):
        history(desk.store, "opens-port")
    with pytest.raises(NoSuchItem, match=r"come near(.|\n)*boat-se"):
        history(desk.store, "sailed boat sets")
    with pytest.raises(NoSuchItem, match="by its id"):
        history(desk.store, "???")
