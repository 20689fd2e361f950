"""Files that are read otherwise, though nobody saved them: nobody is told of what nobody wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from tests.builders import HOUR, MONDAY, digest
from tests.desk import Desk, Postbox, one_a_line, staff
from tidings.application.record import RecordReport
from tidings.core.listings import Reading
from tidings.model import Item, Listing, Recipient

LATER, LAST, END = MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 3 * HOUR
OLD, NEW, SET = "1:a", "2:a", "1:b"
HARBOUR = "2026-01-10 | Harbour opens | The harbour is open."
BOAT = "2026-01-05 | Boat | It floats."
PORT = "2026-01-06 | Port | It waits."
ANA = "ana@example.org"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.read_by = OLD
    desk.digests, desk.lists = (digest(history="mail"),), staff(ANA)
    return desk


def otherwise(change: Callable[[Listing], Listing | None]) -> Callable[[str, str], Reading]:
    """A reader that makes something else of some entries, or (None) nothing."""

    def read(written: str, path: str) -> Reading:
        reading = one_a_line(written, path)
        found = tuple(now for each in reading.listings if (now := change(each)) is not None)
        return replace(reading, listings=found, confidence=1.0 if found else 0.0)

    return read


def with_text(of: str, /, **changes: object) -> Callable[[Listing], Listing]:
    """What changes the text of the entry of that title."""

    def change(listing: Listing) -> Listing:
        if listing.text.title != of:
            return listing
        return replace(listing, text=replace(listing.text, **changes))  # type: ignore[arg-type]

    return change


def without(*titles: str) -> Callable[[Listing], Listing | None]:
    """What leaves these entries out."""
    return lambda listing: None if listing.text.title in titles else listing


def upgrade(desk: Desk, change: Callable[[Listing], Listing | None], by: str = NEW) -> RecordReport:
    """Read all again by another reader, or by other settings."""
    desk.read_by, desk.parse = by, otherwise(change)
    return desk.record(LATER)


def figures(report: RecordReport) -> tuple[int, int, int, int]:
    """What a run announces."""
    return report.new, report.revised, report.filled, report.retracted


def made(report: RecordReport) -> tuple[int, int, int]:
    """What was replaced, dropped and added without a word."""
    return (
        sum(len(each.replaced) for each in report.reread),
        sum(len(each.dropped) for each in report.reread),
        sum(len(each.added) for each in report.reread),
    )


def standing(desk: Desk) -> set[str]:
    return {title for title, each in desk.items().items() if each.listed}


def as_feeds_tell(item: Item) -> object:
    return item.id, item.slug, item.updated, item.revision


# --- What an entry becomes -----------------------------------------------------------------------


@pytest.mark.parametrize("by", [NEW, SET])
@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Ferry"},
        {"summary": "It sails."},
        {"summary": ""},
        {"date": date(2026, 2, 5)},
        {"date": date(2025, 2, 5)},
        {"date": None},
        {"title": "Ferry", "summary": "It sails.", "date": date(2026, 2, 5)},
    ],
)
def test_an_entry_at_its_line_is_the_same_item_whatever_is_read_there_now(
    desk: Desk, changes: dict[str, object], by: str
) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    assert set(desk.mail()) == {ANA}
    before = desk.items()
    report = upgrade(desk, with_text("Boat", **changes), by)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (1, 0, 0))
    (item,) = (each for each in desk.items().values() if each.id == before["Boat"].id)
    assert as_feeds_tell(item) == as_feeds_tell(before["Boat"])
    assert item.text == replace(before["Boat"].text, **changes)  # type: ignore[arg-type]
    assert (item.published is None) == (item.date is None)
    assert {t: each for t, each in desk.items().items() if each.id != item.id} == {
        title: each for title, each in before.items() if title != "Boat"
    }
    assert desk.mail(LAST) == {}


def test_what_is_read_as_before_is_as_it_was(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    before = desk.items()
    report = upgrade(desk, lambda each: each)
    assert (report.files, report.run, made(report)) == (1, 0, (0, 0, 0))
    assert desk.items() == before
    assert desk.record(LAST).files == 0


def test_a_day_that_was_read_wrongly_moves_the_item_and_no_reader_is_told(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT)
    before = desk.items()["Boat"]
    upgrade(desk, with_text("Boat", date=date(2025, 3, 1)))
    after = desk.items()["Boat"]
    assert (after.published or MONDAY).date() == date(2025, 3, 1)
    assert after.updated == before.updated
    desk.publish()
    assert b"2025-03-01" in desk.published()["atom.xml"]


def test_dates_of_neighbours_move_by_one_entry_and_all_items_stay(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-02 | Tide | One.", "2026-01-03 | Tide | One.", PORT)
    with desk.store.reading() as state:
        lines = {
            s.item_id: s.ref.line
            for s in state.items.entries(["seeds/a.txt"]).get("seeds/a.txt", ())
        }

    def shifted(listing: Listing) -> Listing:
        day = date(2026, 1, listing.ref.line + 2)
        return replace(listing, text=replace(listing.text, date=day))

    report = upgrade(desk, shifted)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (3, 0, 0))
    with desk.store.reading() as state:
        now = {
            s.item_id: s.ref.line
            for s in state.items.entries(["seeds/a.txt"]).get("seeds/a.txt", ())
        }
        items = state.items.get(lines)
    assert now == lines
    assert {items[i].date: line for i, line in lines.items()} == {
        date(2026, 1, 3): 1,
        date(2026, 1, 4): 2,
        date(2026, 1, 5): 3,
    }


def test_what_another_file_says_too_stays(desk: Desk) -> None:
    desk.write("a.txt", HARBOUR, BOAT)
    desk.file("b.txt", BOAT, PORT)
    desk.read_by = NEW

    def only_a(written: str, path: str) -> Reading:
        reader = (
            otherwise(with_text("Boat", summary="It sails.")) if "a.txt" in path else one_a_line
        )
        return reader(written, path)

    desk.parse = only_a
    desk.record(LATER)
    assert desk.items()["Boat"].summary == "It floats."


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ("b.txt", "a.txt")])
def test_what_all_files_were_read_wrongly_to_say_is_replaced(
    desk: Desk, names: tuple[str, str]
) -> None:
    desk.write(names[0], HARBOUR, BOAT)
    desk.file(names[1], BOAT, PORT)
    upgrade(desk, with_text("Boat", title="Ferry"))
    assert standing(desk) == {"Harbour opens", "Ferry", "Port"}


def test_an_entry_that_another_file_has_rightly_is_that_item(desk: Desk) -> None:
    desk.file("right.txt", HARBOUR, BOAT)
    desk.file("wrong.txt", "2026-01-05 | Main hall | It floats.", PORT)
    report = upgrade(desk, with_text("Main hall", title="Boat"))
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (0, 1, 0))
    assert standing(desk) == {"Harbour opens", "Boat", "Port"}


# --- What has no counterpart ---------------------------------------------------------------------


@pytest.mark.parametrize("by", [NEW, SET])
def test_what_is_no_entry_leaves_pages_and_feeds_and_those_who_had_it_are_told_next_time(
    desk: Desk, by: str
) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    desk.publish()
    assert desk.mail() == {ANA: "new Boat\nnew Harbour opens\nnew Port"}
    desk.publish()
    slug = desk.items()["Boat"].slug
    report = upgrade(desk, without("Boat"), by)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (0, 1, 0))
    assert desk.mail(LATER) == {}
    desk.publish()
    told = {path for path, data in desk.published().items() if slug.encode() in data}
    assert told == {f"items/{slug}.html", "digests/weekly/1.html"}
    desk.publish_as_if_anew()
    desk.parse = otherwise(without("Boat"))
    desk.file("b.txt", "2026-01-07 | Tide | It rises.", now=LAST)
    assert desk.mail(LAST) == {ANA: "new Tide\ncorrected Boat"}
    assert desk.mail(END) == {}


def test_what_nobody_was_mailed_leaves_no_trace(desk: Desk) -> None:
    desk.digests = ()
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    desk.publish()
    slug = desk.items()["Boat"].slug
    upgrade(desk, without("Boat"))
    assert desk.members("boats") == set()
    desk.publish()
    assert not any(slug in f"{path} {data!r}" for path, data in desk.published().items())
    desk.publish_as_if_anew()


def test_a_wrong_reading_that_waited_to_be_mailed_is_not(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT)
    upgrade(desk, without("Boat"), SET)
    assert desk.mail(LATER) == {ANA: "new Harbour opens"}


def test_a_wrong_reading_that_another_file_carries_stays(desk: Desk) -> None:
    desk.write("a.txt", HARBOUR, BOAT)
    desk.file("b.txt", BOAT, PORT)
    desk.read_by = SET
    desk.parse = lambda written, path: (
        otherwise(without("Boat")) if "a.txt" in path else one_a_line
    )(written, path)
    assert made(desk.record(LATER)) == (0, 0, 0)
    assert "Boat" in standing(desk)
    desk.read_by, desk.parse = NEW, otherwise(without("Boat"))
    assert made(desk.record(LAST)) == (0, 1, 0)
    assert standing(desk) == {"Harbour opens", "Port"}


def test_a_wrong_reading_that_turns_out_right_is_the_item_that_it_was(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT)
    desk.publish()
    before = desk.items()["Boat"]
    upgrade(desk, without("Boat"))
    desk.publish()
    desk.read_by, desk.parse = "3:a", one_a_line
    report = desk.record(LAST)
    assert figures(report) == (0, 0, 0, 0)
    after = desk.items()["Boat"]
    assert (after.id, after.slug, after.text, after.retraction) == (
        before.id, before.slug, before.text, None,
    )  # fmt: skip
    desk.publish_as_if_anew()
    assert before.slug.encode() in desk.published()["atom.xml"]


def test_what_an_editor_retracted_stays_retracted(desk: Desk) -> None:
    from tidings.application.edit import retract

    desk.file("a.txt", HARBOUR, BOAT)
    retract(desk.store, desk.editor(reason="A hoax."), desk.items()["Boat"].slug)
    upgrade(desk, without("Boat"))
    retraction = desk.items()["Boat"].retraction
    assert retraction is not None
    assert (retraction.reason, retraction.quietly) == ("A hoax.", False)


# --- What is new ---------------------------------------------------------------------------------


def test_what_other_settings_bring_is_news(desk: Desk) -> None:
    desk.parse = otherwise(without("Boat"))
    desk.file("a.txt", HARBOUR, BOAT)
    assert desk.mail() == {ANA: "new Harbour opens"}
    report = upgrade(desk, lambda each: each, SET)
    assert (figures(report), made(report)) == ((1, 0, 0, 0), (0, 0, 0))
    assert desk.mail(LATER) == {ANA: "new Boat"}


def test_what_another_reader_brings_is_an_item_and_no_news(desk: Desk) -> None:
    desk.limit = 1
    desk.record()
    desk.parse = otherwise(without("Boat"))
    desk.file("a.txt", HARBOUR, BOAT)
    assert desk.mail() == {ANA: "new Harbour opens"}
    desk.publish()
    before = desk.published()["atom.xml"]
    report = upgrade(desk, lambda each: each)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (0, 0, 1))
    assert desk.mail(LATER) == {}
    desk.publish()
    # It stands where its day puts it, which is below what this feed holds.
    assert desk.published()["atom.xml"] == before
    assert b"Boat" in desk.published()["topics/boats/atom.xml"]
    desk.publish_as_if_anew()
    desk.file("a.txt", HARBOUR, "2026-01-05 | Boat | It sinks.", now=LAST)
    assert desk.mail(LAST) == {}


def test_a_file_that_only_another_reader_can_read_is_no_news(desk: Desk) -> None:
    desk.parse = otherwise(lambda _each: None)
    desk.file("a.txt", HARBOUR, BOAT)
    report = upgrade(desk, lambda each: each)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (0, 0, 2))
    assert desk.mail(LATER) == {}


def test_a_held_file_that_somebody_saved_or_taught_since_is_news(desk: Desk) -> None:
    held = otherwise(lambda _each: None)
    desk.parse = held
    desk.write("a.txt", HARBOUR)
    desk.file("b.txt", BOAT)
    desk.read_by = NEW
    assert figures(desk.record(LATER)) == (0, 0, 0, 0)
    desk.parse, desk.read_by = one_a_line, "2:b"
    assert desk.record(LATER).new == 2


def test_topics_that_another_reader_finds_make_nothing_mailable(desk: Desk) -> None:
    of_ports = digest("ports", topics=("ports",), history="mail")
    chooser = Recipient("rui@example.org", topics=("ports",))
    desk.digests, desk.lists = (*desk.digests, of_ports), staff(ANA, chooser)
    desk.file("a.txt", HARBOUR, BOAT)
    assert set(desk.mail()) == {ANA}
    upgrade(desk, with_text("Boat", title="Port"))
    assert (desk.members("boats"), desk.members("ports")) == (set(), {"Port"})
    assert desk.mail(LATER) == {}
    desk.file("b.txt", "2026-01-07 | A port wall | It stands.", now=LAST)
    assert desk.mail(LAST)["rui@example.org"] == "new A port wall"


def test_topics_that_other_settings_find_are_news_to_who_never_had_the_item(desk: Desk) -> None:
    of_ports = digest("ports", topics=("ports",))
    desk.digests = (*desk.digests, of_ports)
    desk.file("a.txt", HARBOUR, BOAT)
    desk.mail()
    upgrade(desk, with_text("Boat", title="Port"), SET)
    assert desk.mail(LATER) == {ANA: "new Port"}


def test_what_waits_to_be_mailed_is_mailed_as_it_is_read_now(desk: Desk) -> None:
    chooser = Recipient("rui@example.org", topics=("ports",))
    desk.lists = staff(ANA, chooser)
    desk.file("a.txt", HARBOUR, BOAT)
    upgrade(desk, with_text("Boat", title="Port"))
    told = desk.mail(LATER)
    assert told == {ANA: "new Harbour opens\nnew Port", "rui@example.org": "new Port"}


def test_no_feed_gets_another_date_by_another_reader(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    with desk.store.reading() as state:
        before = {slug: each.changed_at for slug, each in state.topics.records().items()}

    def change(listing: Listing) -> Listing | None:
        listing = with_text("Boat", title="Port wall")(listing)
        return without("Harbour opens")(listing)

    upgrade(desk, change)
    with desk.store.reading() as state:
        now = {slug: each.changed_at for slug, each in state.topics.records().items()}
    assert now == before
    desk.publish_as_if_anew()


# --- Files that are held, or saved as well -------------------------------------------------------


def test_a_file_that_another_reader_holds_keeps_its_items(desk: Desk) -> None:
    desk.retracting = ("seeds/*.txt",)
    desk.file("a.txt", HARBOUR, BOAT)
    desk.mail()
    before = desk.items()
    report = upgrade(desk, lambda _each: None)
    assert (report.files, figures(report), made(report)) == (1, (0, 0, 0, 0), (0, 0, 0))
    assert desk.items() == before
    assert desk.record(LAST).files == 0
    # Once taught, the entries are the items that they were.
    desk.parse, desk.read_by = otherwise(with_text("Boat", title="Ferry")), "2:b"
    report = desk.record(END)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (1, 0, 0))
    assert desk.mail(END) == {}


def test_a_source_that_takes_back_what_it_drops_has_dropped_nothing(desk: Desk) -> None:
    desk.retracting = ("seeds/*.txt",)
    desk.file("a.txt", HARBOUR, BOAT)
    report = upgrade(desk, without("Boat"))
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (0, 1, 0))
    desk.file("a.txt", HARBOUR, now=LAST)
    assert desk.items()["Boat"].retraction is not None


@pytest.mark.parametrize("by", [NEW, SET])
def test_a_file_that_was_saved_too_announces_what_was_written_and_nothing_else(
    desk: Desk, by: str
) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    desk.mail()
    desk.write("a.txt", "2026-01-20 | Tide | It rises.", HARBOUR, BOAT, PORT.replace("waits", "is"))

    def change(listing: Listing) -> Listing | None:
        return without("Harbour opens")(with_text("Boat", title="Ferry")(listing))

    report = upgrade(desk, change, by)
    assert (figures(report), made(report)) == ((1, 1, 0, 0), (1, 1, 0))
    assert standing(desk) == {"Tide", "Ferry", "Port"}
    assert desk.mail(LAST) == {ANA: "new Tide\ncorrected Harbour opens\ncorrected Port"}


@pytest.mark.parametrize(("reads", "told"), [(BOAT, (1, 0, 0, 0)), ("nothing", (2, 0, 0, 0))])
def test_of_a_held_file_that_was_saved_too_what_was_written_is_news(
    desk: Desk, reads: str, told: tuple[int, int, int, int]
) -> None:
    desk.parse = otherwise(lambda _each: None)
    desk.file("a.txt", reads)
    desk.write("a.txt", BOAT, PORT)
    assert figures(upgrade(desk, lambda each: each)) == told
    assert standing(desk) == {"Boat", "Port"}


def test_one_changed_line_after_another_reader_came_is_one_change(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    desk.mail()
    upgrade(desk, with_text("Boat", title="Ferry"))
    report = desk.file("a.txt", HARBOUR, BOAT, PORT.replace("waits", "is"), now=LAST)
    assert (figures(report), made(report)) == ((0, 1, 0, 0), (0, 0, 0))
    assert desk.mail(LAST) == {}
    desk.file("b.txt", "2026-01-20 | Tide | It rises.", now=END)
    assert desk.mail(END) == {ANA: "new Tide\ncorrected Port"}


def test_of_a_state_that_kept_no_text_a_file_saved_too_is_taken_over_in_silence(
    desk: Desk,
) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    desk.mail()
    with desk.store.writing() as state:
        (looked,) = state.sources.looked(["seeds/a.txt"]).values()
        assert looked.read is not None
        state.sources.keep({"seeds/a.txt": replace(looked.read, text=None)})
    desk.write("a.txt", "2026-01-20 | Tide | It rises.", HARBOUR, PORT.replace("waits", "is"))
    report = upgrade(desk, lambda each: each)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (1, 0, 1))
    assert standing(desk) == {"Harbour opens", "Boat", "Port", "Tide"}
    assert desk.mail(LATER) == {}
    report = desk.file("a.txt", HARBOUR, PORT, now=LAST)
    assert figures(report) == (0, 1, 0, 0)


def test_a_crash_between_two_portions_of_files_read_again_announces_nothing(desk: Desk) -> None:
    for number in range(60):
        desk.write(f"{number:03}.txt", f"2026-01-05 | Boat {number} | s")
    desk.record()
    desk.mail()

    class Crash(BaseException):
        pass

    def change(listing: Listing) -> Listing:
        if listing.ref.path.endswith("055.txt") and crashing:
            raise Crash
        return replace(listing, text=replace(listing.text, summary="t"))

    crashing = True
    with pytest.raises(Crash):
        upgrade(desk, change)
    crashing = False
    report = upgrade(desk, change)
    assert (figures(report), made(report)) == ((0, 0, 0, 0), (10, 0, 0))
    assert {each.summary for each in desk.items().values()} == {"t"}
    assert desk.mail(LAST, Postbox()) == {}


def test_figures_follow_what_goes_and_comes_back_under_another_day(desk: Desk) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT, "| Tide | It rises.")

    def months() -> list[tuple[int, int, dict[tuple[int, int], int]]]:
        with desk.store.reading() as state:
            found = state.lists.censuses(["", "boats"]).values()
        return [(each.total, each.undated, dict(each.months)) for each in found]

    assert months() == [(4, 1, {(2026, 1): 3}), (1, 0, {(2026, 1): 1})]
    upgrade(desk, without("Boat"))
    assert months() == [(3, 1, {(2026, 1): 2}), (0, 0, {})]
    upgrade(desk, with_text("Boat", date=date(2026, 2, 5)), "3:a")
    upgrade(desk, with_text("Tide", date=date(2026, 2, 6)), "4:a")
    assert months() == [(4, 0, {(2026, 1): 3, (2026, 2): 1}), (1, 0, {(2026, 1): 1})]
    desk.publish()
    desk.publish_as_if_anew()


def test_a_message_that_waits_has_what_is_read_now_and_nothing_that_was_dropped(
    desk: Desk,
) -> None:
    desk.file("a.txt", HARBOUR, BOAT, PORT)
    assert len(desk.announce()) == 1
    upgrade(desk, lambda each: without("Boat")(with_text("Port", title="Quay")(each)))
    postbox = Postbox()
    desk.deliver(postbox, END)
    assert postbox.to(ANA) == ["new Harbour opens\nnew Quay"]
    assert desk.mail(END + HOUR) == {}
