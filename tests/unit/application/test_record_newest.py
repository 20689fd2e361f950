"""A source whose newest file corrects the others: weekly dumps, each of another name."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.builders import HOUR, MONDAY, digest
from tests.desk import Desk, staff

ANA = "ana@example.org"
LATER = MONDAY + HOUR
LAST = LATER + HOUR
OPENS = "2026-01-05 | Harbour opens | The harbour is open from nine to five on weekdays."
CORRECTED = "2026-01-05 | Harbour opens | The harbour is open from ten to five on weekdays."
OTHERWISE = "2026-01-05 | Harbour opens | A storm has closed it again until further notice."
BOAT = "2026-01-04 | Boat | It floats."


@pytest.fixture(autouse=True)
def weekly(desk: Desk) -> None:
    desk.digests = (digest(),)
    desk.lists = staff(ANA)
    desk.correcting = ("seeds/*.txt",)
    desk.record()
    desk.announce(send="none")


@pytest.mark.parametrize("now", [CORRECTED, OTHERWISE])
def test_the_newest_file_corrects_the_item_and_readers_are_told(desk: Desk, now: str) -> None:
    desk.file("000_9a.txt", OPENS, BOAT)
    assert desk.mail() == {ANA: "new Boat\nnew Harbour opens"}
    report = desk.file("000_10b.txt", now, BOAT, now=LATER)
    assert (report.new, report.revised) == (0, 1)
    harbour = desk.items()["Harbour opens"]
    assert (harbour.summary, harbour.revision) == (now.split(" | ")[2], 1)
    desk.file("000_11.txt", "2026-01-06 | Tide | It rises.", now=LATER)
    assert desk.mail(LAST) == {ANA: "new Tide\ncorrected Harbour opens"}


def test_an_older_file_that_comes_late_changes_nothing(desk: Desk) -> None:
    desk.file("10.txt", CORRECTED)
    report = desk.file("9.txt", OTHERWISE, now=LATER)
    assert (report.new, report.revised, report.filled, report.unchanged) == (0, 0, 0, 1)
    report = desk.file("9.txt", OPENS, now=LAST)
    assert (report.new, report.revised, report.filled) == (0, 0, 0)
    assert desk.items()["Harbour opens"].revision == 0


def test_in_every_order_the_last_file_by_name_has_the_last_word(desk: Desk) -> None:
    files = {"8.txt": OPENS, "9.txt": OTHERWISE, "10.txt": CORRECTED}
    ids = set()
    for number, order in enumerate(permutations(files)):
        for name in order:
            line = files[name].replace("Harbour", f"Harbour {number}")
            desk.file(f"{number}-{name}", line)
        found = desk.items()[f"Harbour {number} opens"]
        assert found.summary == CORRECTED.split(" | ")[2]
        ids.add(found.id)
    assert len(desk.items()) == len(ids) == 6


def test_what_other_sources_say_under_one_title_stays_another_story(desk: Desk) -> None:
    desk.correcting = ("seeds/dump-*.txt",)
    desk.file("page.txt", OPENS)
    report = desk.file("dump-1.txt", OTHERWISE)
    assert (report.new, report.revised) == (1, 0)
    report = desk.file("dump-2.txt", OTHERWISE.replace("storm", "flood"), now=LATER)
    assert (report.new, report.revised) == (0, 1)
    with desk.store.reading() as state:
        found = {each.summary for each in state.items.all()}
    assert found == {OPENS.split(" | ")[2], OTHERWISE.replace("storm", "flood").split(" | ")[2]}


def test_without_the_setting_a_correction_in_another_file_is_not_taken(desk: Desk) -> None:
    desk.correcting = ()
    desk.file("1.txt", OPENS)
    report = desk.file("2.txt", CORRECTED, now=LATER)
    assert (report.new, report.revised, report.unchanged) == (0, 0, 1)
    assert desk.items()["Harbour opens"].summary == OPENS.split(" | ")[2]


@pytest.mark.parametrize(
    ("by", "told"),
    [("4:b", {ANA: "new Tide\ncorrected Harbour opens"}), ("5:b", {ANA: "new Tide"})],
)
def test_the_setting_takes_what_was_not_taken_without_it(
    desk: Desk, by: str, told: dict[str, str]
) -> None:
    """Another version of the reader that comes with it lets it be no news."""
    desk.correcting, desk.read_by = (), "4:a"
    desk.file("1.txt", OPENS, BOAT)
    desk.file("2.txt", CORRECTED, BOAT)
    desk.mail()
    before = desk.items()
    desk.correcting, desk.read_by = ("seeds/*.txt",), by
    desk.record(LATER)
    after = desk.items()
    assert after["Harbour opens"].summary == CORRECTED.split(" | ")[2]
    assert {title: item.id for title, item in after.items()} == {
        title: item.id for title, item in before.items()
    }
    assert after["Boat"] == before["Boat"]
    assert desk.record(LATER).files == 0
    desk.file("3.txt", "2026-01-06 | Tide | It rises.", now=LAST)
    assert desk.mail(LAST) == told


def test_a_part_that_the_newest_file_lacks_stays(desk: Desk) -> None:
    desk.file("1.txt", OPENS)
    report = desk.file("2.txt", "2026-01-05 | Harbour opens |", now=LATER)
    assert (report.new, report.revised, report.filled) == (0, 0, 0)
    assert desk.items()["Harbour opens"].summary == OPENS.split(" | ")[2]
