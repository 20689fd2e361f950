"""Publishing: a projection of the state, byte for byte, that heals itself and touches little."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import feedparser
import pytest

from tests.builders import HOUR, MONDAY, digest, feed_paths, topic
from tests.desk import Desk, Printer, in_a_file, open_desk, staff
from tidings.adapters.outlet.folder import OutputFolder
from tidings.application import edit
from tidings.application.publish.plan import check_is_due, note_check
from tidings.core.incidents import PUBLISHED_FAILED, unpublished
from tidings.errors import PublishError, StoreBusy, TemplateError
from tidings.model import PublishedFile
from tidings.state import access, open_store

LATER = MONDAY + HOUR
ANCHOR = "2026-01-10 | Harbour opens | The harbour is open."
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
BOTH = "2026-01-07 | A boat in a port | At last."


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every published file with its bytes and modification time."""
    return {
        str(place.relative_to(root)): (place.read_bytes(), place.stat().st_mtime_ns)
        for place in sorted(root.rglob("*"))
        if place.is_file()
    }


def contents(root: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in tree(root).items()}


def changed(before: dict[str, tuple[bytes, int]], after: dict[str, tuple[bytes, int]]) -> set[str]:
    """Files that came, went or were written."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def feed(desk: Desk, path: str = "atom.xml") -> Any:
    found = feedparser.parse((desk.root / "feeds" / path).read_bytes())
    assert not found.bozo
    return found


def titles(desk: Desk, path: str = "atom.xml") -> list[str]:
    return [entry.title for entry in feed(desk, path).entries]


def slug(desk: Desk, title: str) -> str:
    return desk.items()[title].slug


# --- What is published ---------------------------------------------------------------------------


def test_an_empty_state_publishes_empty_feeds_and_pages(desk: Desk) -> None:
    desk.record()
    report = desk.publish()
    assert set(contents(desk.root / "feeds")) == {
        "assets/site.css",
        "topics/boats/index.html",
        "topics/ports/index.html",
        *feed_paths("topics/boats/"),
        *feed_paths("topics/ports/"),
        *feed_paths(""),
        "opml.xml",
        "sitemap.xml",
        "robots.txt",
        "years/index.html",
        "corrections.html",
        "index.html",
    }
    assert (report.written, report.removed, report.feeds, report.cut) == (18, 0, 3, {})
    assert titles(desk) == []
    assert feed(desk, "topics/boats/atom.xml").feed.updated == MONDAY.isoformat()


def test_every_item_has_a_page_and_stands_in_its_feeds(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT, BOTH, ANCHOR)
    desk.publish()
    for item in desk.items().values():
        assert (desk.root / "feeds" / "items" / f"{item.slug}.html").is_file()
    assert titles(desk) == ["Harbour opens", "A boat in a port", "A port", "A boat"]
    assert titles(desk, "topics/boats/atom.xml") == ["A boat in a port", "A boat"]
    assert titles(desk, "topics/ports/atom.xml") == ["A boat in a port", "A port"]


def test_the_manifest_knows_every_file_as_it_stands(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    with desk.store.reading() as state:
        ours = state.files.all()
    assert set(ours) == set(contents(desk.root / "feeds"))
    assert all(desk.outlet.stands(file) for file in ours.values())


def test_a_feed_holds_the_newest_and_every_later_change(desk: Desk) -> None:
    desk.limit = 2
    desk.file("a.txt", BOAT, PORT, BOTH, ANCHOR)
    desk.file("b.txt", "1999-12-31 | An old boat | It sank.", now=LATER)
    desk.publish()
    assert titles(desk) == ["Harbour opens", "A boat in a port", "An old boat"]


def test_what_the_maximum_cuts_is_told(desk: Desk) -> None:
    desk.record()
    desk.limit, desk.maximum = 2, 3
    desk.file("a.txt", BOAT, PORT, BOTH, ANCHOR, now=LATER)
    report = desk.publish()
    assert len(titles(desk)) == 3
    assert report.cut == {"atom.xml": 1}


# --- What is touched -----------------------------------------------------------------------------


def test_a_second_run_touches_no_byte_and_no_time(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = tree(desk.root / "feeds")
    desk.record(LATER)
    report = desk.publish()
    assert (report.written, report.removed) == (0, 0)
    assert tree(desk.root / "feeds") == before


def test_a_file_saved_again_as_it_was_touches_nothing(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = tree(desk.root / "feeds")
    desk.file("a.txt", BOAT, PORT, now=LATER)
    desk.publish()
    assert tree(desk.root / "feeds") == before


def test_a_correction_changes_one_entry_and_no_other(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT, ANCHOR)
    desk.publish()
    before, boat = tree(desk.root / "feeds"), slug(desk, "A boat")
    old = {entry.id: entry for entry in feed(desk).entries}
    desk.file("a.txt", "2026-01-05 | A boat | It sank.", PORT, ANCHOR, now=LATER)
    desk.publish()
    after = tree(desk.root / "feeds")
    assert changed(before, after) == {
        f"items/{boat}.html",
        "topics/boats/index.html",
        *feed_paths("topics/boats/"),
        *feed_paths(""),
        "sitemap.xml",
        "corrections.html",
        "index.html",
    }
    for entry in feed(desk).entries:
        if entry.title == "A boat":
            assert entry.updated == LATER.isoformat()
            assert (entry.id in old, entry.published) == (True, old[entry.id].published)
        else:
            assert entry == old[entry.id]
    assert feed(desk).feed.updated == LATER.isoformat()
    assert feed(desk, "topics/ports/atom.xml").feed.updated == MONDAY.isoformat()


def test_an_item_that_leaves_a_topic_leaves_its_page_and_feed(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "2026-01-05 | A new boat | s")
    desk.publish()
    desk.file("a.txt", ANCHOR, "2026-01-05 | A new boar | s", now=LATER)
    desk.publish()
    assert titles(desk, "topics/boats/atom.xml") == []
    page = (desk.root / "feeds" / "topics" / "boats" / "index.html").read_text(encoding="utf-8")
    assert "A new boa" not in page


def test_news_of_another_time_redraws_every_tide(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    desk.file("b.txt", "1999-12-31 | An old boat | It sank.", now=LATER)
    desk.publish()
    before = tree(desk.root / "feeds")
    desk.inputs = "whole"
    assert desk.publish().written == 0
    assert tree(desk.root / "feeds") == before


def test_a_new_template_or_setting_renders_everything_again(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = tree(desk.root / "feeds")

    class Louder(Printer):
        def render(self, name: str, context: Any) -> str:
            return super().render(name, context).upper()

    desk.printer = Louder("louder")
    report = desk.publish()
    after = tree(desk.root / "feeds")
    assert {name for name in changed(before, after) if not name.endswith(".html")} == set()
    assert report.written == sum(name.endswith(".html") for name in after)


# --- What is healed ------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["remove", "overwrite", "empty", "touch"])
def test_a_file_that_was_harmed_is_put_right_at_once(desk: Desk, harm: str) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = contents(desk.root / "feeds")
    victim = desk.root / "feeds" / "topics" / "boats" / "atom.xml"
    if harm == "remove":
        victim.unlink()
    elif harm == "touch":
        os.utime(victim, ns=(0, 0))
    else:
        victim.write_bytes(b"" if harm == "empty" else b"not a feed")
    desk.publish()
    assert contents(desk.root / "feeds") == before
    report = desk.publish()
    assert report.pages == 0


def test_a_folder_that_was_lost_is_published_again(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = contents(desk.root / "feeds")
    shutil.rmtree(desk.root / "feeds")
    desk.publish()
    assert contents(desk.root / "feeds") == before


def test_somebody_else_s_files_are_left_alone(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.publish()
    notes = desk.root / "feeds" / "topics" / "boats" / "notes.txt"
    notes.write_bytes(b"mine")
    desk.topics = (topic("ports", "port"),)
    desk.record(LATER)
    report = desk.publish()
    assert notes.read_bytes() == b"mine"
    assert report.removed == 5
    assert set(contents(desk.root / "feeds" / "topics")) == {
        "boats/notes.txt",
        "ports/index.html",
        *feed_paths("ports/"),
    }


def test_the_files_of_a_topic_that_is_gone_go_last(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    desk.topics = (topic("ports", "port"),)
    desk.record(LATER)
    order: list[str] = []

    class Noting(OutputFolder):
        def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
            listed = list(files)
            order.extend(path for path, _ in listed)
            return super().put(listed)

        def remove(self, paths: Iterable[str]) -> None:
            listed = list(paths)
            order.extend(f"remove {path}" for path in listed)
            super().remove(listed)

    desk.publish(Noting(desk.root / "feeds"))
    kinds = [path.split("/")[0] if "/" in path else path for path in order]
    assert kinds[-2:] == ["remove topics", "remove topics"]
    assert not (desk.root / "feeds" / "topics" / "boats").exists()


def test_whoever_follows_a_link_finds_what_it_leads_to(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    order: list[str] = []

    class Noting(OutputFolder):
        def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
            listed = list(files)
            order.extend(path for path, _ in listed)
            return super().put(listed)

    desk.publish(Noting(desk.root / "feeds"))

    def rank(path: str) -> int:
        if path.startswith("assets/"):
            return 0
        if path.startswith("items/"):
            return 1
        if path.endswith(("/index.html", "/2026.html")):
            return 2
        if path == "corrections.html":
            return 3
        if path.endswith(feed_paths("")):
            return 4
        return 5 if path in ("opml.xml", "sitemap.xml", "robots.txt") else 6

    assert [rank(path) for path in order] == sorted(rank(path) for path in order)
    assert order[-1] == "index.html"


# --- What fails ----------------------------------------------------------------------------------


class Failing(OutputFolder):
    """An outlet that fails when it comes to a certain file."""

    def __init__(self, root: Path, at: str) -> None:
        super().__init__(root)
        self._at = at

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        listed = list(files)
        if any(path.endswith(self._at) for path, _ in listed):
            raise PublishError(f"{self._at}: No space left on device")
        return super().put(listed)


@pytest.mark.parametrize("at", ["site.css", ".html", "opml.xml", "index.html"])
def test_after_a_failure_the_next_run_heals_everything(desk: Desk, tmp_path: Path, at: str) -> None:
    desk.file("a.txt", BOAT, PORT)
    with pytest.raises(PublishError):
        desk.publish(Failing(desk.root / "feeds", at))
    desk.publish()
    healed = contents(desk.root / "feeds")
    whole = OutputFolder(tmp_path / "whole")
    desk.inputs = "whole"
    desk.publish(whole)
    assert healed == contents(tmp_path / "whole")


@pytest.mark.parametrize("at", [".html", "atom.xml", "index.html"])
def test_a_failure_in_the_middle_of_a_change_is_made_up_for(desk: Desk, at: str) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    desk.file("a.txt", "2026-01-05 | A boat | It sank.", PORT, now=LATER)
    with pytest.raises(PublishError):
        desk.publish(Failing(desk.root / "feeds", at))
    desk.publish()
    before = contents(desk.root / "feeds")
    desk.inputs = "whole"
    desk.publish()
    assert contents(desk.root / "feeds") == before


@pytest.mark.parametrize("at", ["boats/index.html", "boats/2026.html", "boats/atom.xml"])
def test_what_fails_of_one_topic_holds_up_nothing_else_and_is_made_up_for(
    desk: Desk, at: str
) -> None:
    desk.file("a.txt", BOAT, PORT)
    desk.publish()
    before = contents(desk.root / "feeds")
    desk.file("a.txt", "2026-01-05 | A boat | It sank.", PORT, BOTH, now=LATER)
    report = desk.publish(Failing(desk.root / "feeds", at))
    assert list(report.failed) == ["topics/boats"]
    after = contents(desk.root / "feeds")
    assert after[f"topics/{at}"] == before[f"topics/{at}"]
    assert titles(desk) == ["A boat in a port", "A port", "A boat"]
    assert titles(desk, "topics/ports/atom.xml") == ["A boat in a port", "A port"]
    assert desk.publish().failed == {}
    desk.publish_as_if_anew()


def test_a_topic_that_goes_on_failing_is_tried_again_and_named_each_time(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    in_the_way = desk.root / "feeds/topics/boats/atom.xml"
    (in_the_way / "theirs").mkdir(parents=True)
    for _ in range(2):
        assert list(desk.publish().failed) == ["topics/boats"]
    with desk.store.reading() as state:
        assert list(unpublished(state.note(PUBLISHED_FAILED))) == ["topics/boats"]
    desk.file("b.txt", BOTH, now=LATER)
    assert list(desk.publish().failed) == ["topics/boats"]
    assert titles(desk, "topics/ports/atom.xml") == ["A boat in a port", "A port"]
    shutil.rmtree(in_the_way)
    assert desk.publish().failed == {}
    assert titles(desk, "topics/boats/atom.xml") == ["A boat in a port", "A boat"]
    desk.publish_as_if_anew()


@pytest.mark.parametrize("fault", [TemplateError("topic.html.j2:1: no"), KeyError("boats")])
def test_a_page_of_a_topic_that_cannot_be_made_holds_up_no_other(
    desk: Desk, fault: Exception
) -> None:
    class Broken(Printer):
        def render(self, name: str, context: Any) -> str:
            if name == "site/topic.html.j2" and context["page"].path.startswith("topics/boats"):
                raise fault
            return super().render(name, context)

    desk.file("a.txt", BOAT, PORT)
    mended, desk.printer = desk.printer, Broken("broken")
    assert list(desk.publish().failed) == ["topics/boats"]
    assert titles(desk, "topics/boats/atom.xml") == ["A boat"]
    assert (desk.root / "feeds/topics/ports/index.html").exists()
    desk.printer = mended
    assert desk.publish().failed == {}
    desk.publish_as_if_anew()


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_topic_stands_at_each_of_its_old_addresses(desk: Desk, number: int) -> None:
    """Found so: the second old address was a copy of the first, and nothing was published."""
    desk.file("a.txt", BOAT)
    olds = ("jobs", "papers", "ships")[:number]
    desk.topics = (replace(topic("boats", "boat"), was=olds), topic("ports", "port"))
    desk.record(LATER)
    assert desk.publish().failed == {}
    here = contents(desk.root / "feeds")
    found = {path.split("/")[1] for path in here if path.startswith("topics/")}
    assert found == {"boats", "ports", *olds}
    for old in olds:
        assert here[f"topics/{old}/atom.xml"] == here["topics/boats/atom.xml"]
        assert f"topics/{old}/2026.html" in here
    desk.topics = (topic("boats", "boat"), topic("ports", "port"))
    desk.record(LATER)
    desk.publish()
    assert not any("jobs" in path for path in contents(desk.root / "feeds"))


def test_what_a_digest_cannot_show_of_its_issues_holds_up_no_feed(desk: Desk) -> None:
    desk.digests, desk.lists = (digest(),), staff("ana@example.org")
    desk.file("a.txt", BOAT)
    desk.announce()
    report = desk.publish(Failing(desk.root / "feeds", "digests/weekly/1.html"))
    assert list(report.failed) == ["digests/weekly"]
    assert titles(desk) == ["A boat"]
    assert desk.publish().failed == {}
    assert (desk.root / "feeds/digests/weekly/1.html").exists()
    desk.publish_as_if_anew()


def test_a_broken_template_publishes_nothing_new_and_forgets_nothing(desk: Desk) -> None:
    class Broken(Printer):
        def render(self, name: str, context: Any) -> str:
            raise TemplateError(f"{name}:1: no")

    desk.file("a.txt", BOAT)
    desk.publish()
    before = contents(desk.root / "feeds")
    mended, desk.printer = desk.printer, Broken("broken")
    with pytest.raises(TemplateError):
        desk.publish()
    assert contents(desk.root / "feeds") == before
    desk.printer = mended
    desk.file("b.txt", PORT, now=LATER)
    desk.publish()
    assert titles(desk) == ["A port", "A boat"]


# --- A function of the state ---------------------------------------------------------------------


@in_a_file
def test_the_bytes_do_not_depend_on_how_the_state_came_to_be_published(
    desk: Desk, tmp_path: Path
) -> None:
    """Step by step and all at once come to the same, whatever happened in between."""
    random = Random(20)
    words = ["boat", "port", "crane"]
    files: dict[str, list[str]] = {name: [] for name in ("a.txt", "b.txt")}
    desk.limit = 3
    for step in range(6):
        for name, lines in files.items():
            day = random.choice(["", "2026-01-05", "2026-01-06", "2026-02-07"])
            title = f"The {random.choice(words)} {random.randint(1, 5)}"
            entry = f"{day} | {title} | {random.choice(words)}"
            lines.insert(0, entry)
            if len(lines) > 4:
                lines.pop(random.randrange(1, 5))
            desk.write(name, *lines)
        if step == 3:
            desk.topics = (topic("boats", "boat", "crane"), topic("cranes", "crane"))
        desk.record(MONDAY + step * HOUR)
        desk.publish()
        whole = open_desk(tmp_path / f"copy {step}", *desk.topics)
        whole.store.close()
        shutil.rmtree(whole.root / "state")
        desk.store.close()
        shutil.copytree(desk.root / "state", whole.root / "state")
        desk.store = open_desk(desk.root).store
        whole = open_desk(whole.root, *desk.topics)
        whole.limit = 3
        whole.publish()
        whole.store.close()
        assert contents(whole.root / "feeds") == contents(desk.root / "feeds")


def test_two_desks_with_the_same_news_publish_the_same_bytes(desk: Desk, tmp_path: Path) -> None:
    other = open_desk(tmp_path / "other", *desk.topics)
    for each in (desk, other):
        each.file("a.txt", BOAT, "| Undated | s")
        each.file("b.txt", PORT, now=LATER)
        each.publish()
    other.store.close()
    assert contents(desk.root / "feeds") == contents(other.root / "feeds")


# --- Several that publish ------------------------------------------------------------------------


def test_whoever_publishes_later_has_the_last_word(desk: Desk) -> None:
    """Somebody with an older snapshot, who is in the middle of it, is not passed by."""
    desk.file("a.txt", BOAT)

    class Slow(OutputFolder):
        """Lets others have their turn once its publication is under way."""

        def begin(self) -> None:
            super().begin()
            desk.file("b.txt", PORT, now=LATER)
            other.start()
            other.join(0.2)

    other = threading.Thread(target=desk.publish)
    desk.publish(Slow(desk.root / "feeds"))
    other.join()
    assert titles(desk) == ["A port", "A boat"]
    assert desk.publish().written == 0


@in_a_file
def test_one_that_cannot_wait_is_told_to_try_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.file("a.txt", BOAT)
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.0)
    rival = open_store(desk.root / "state" / "tidings.db")
    with rival.exclusive(), pytest.raises(StoreBusy, match=r"publish\.lock.*try again"):
        desk.publish()
    rival.close()
    assert desk.publish().written


def test_the_daily_look_is_not_put_off_by_a_clock_that_was_ahead(desk: Desk) -> None:
    with desk.store.writing() as state:
        note_check(state, MONDAY + 9_000 * HOUR)
        assert check_is_due(state, MONDAY)
        note_check(state, MONDAY)
        assert not check_is_due(state, LATER)


# --- What a change touches is as if all were made anew --------------------------------------------

BOATY = "2026-01-05 | A boat | It floats."
FAR_PORT = "2026-01-06 | A port in the far north | It waits."
FERRY = "2025-12-07 | A ferry | At last."


@pytest.fixture
def three(desk: Desk) -> Desk:
    """A desk with three topics, published."""
    desk.topics = (topic("boats", "boat"), topic("ports", "port"), topic("ferries", "ferry"))
    desk.file("a.txt", BOATY, FAR_PORT, FERRY)
    desk.publish()
    return desk


def test_an_item_that_leaves_a_topic_changes_its_figures(three: Desk) -> None:
    three.file("a.txt", BOATY, FAR_PORT.replace("A port", "A fort"), FERRY, now=MONDAY + HOUR)
    three.publish_as_if_anew()


def test_a_corrected_date_and_a_retraction_change_figures_and_feeds(three: Desk) -> None:
    corrected = BOATY.replace("2026-01-05", "2025-12-24")
    three.file("a.txt", corrected, FAR_PORT, FERRY, now=MONDAY + HOUR)
    three.publish_as_if_anew()
    slug = three.items()["A ferry"].slug
    edit.retract(three.store, three.editor(MONDAY + HOUR, reason="It was a raft."), slug)
    three.publish_as_if_anew()
    assert b"It was a raft." in three.published()["topics/ferries/atom.xml"]


def test_what_was_merged_away_counts_no_more(three: Desk) -> None:
    items, editor = three.items(), three.editor(MONDAY + HOUR, reason="One thing.")
    edit.merge(three.store, editor, items["A port in the far north"].slug, items["A ferry"].slug)
    three.publish_as_if_anew()


def test_rules_that_another_process_goes_by_are_heeded(three: Desk) -> None:
    """It has an edited configuration, which we have not read yet."""
    ours, (boats, ports, ferries) = three.topics, three.topics
    three.topics = (replace(boats, rule=ports.rule), ports, ferries)
    three.record(MONDAY + HOUR)
    three.topics = ours
    three.publish()
    feed = three.published()["topics/boats/atom.xml"]
    assert feed.count(b"<entry>") == feed.count(b'term="boats"') == feed.count(b'term="ports"') == 1
    three.record(MONDAY + HOUR)
    three.publish_as_if_anew()
