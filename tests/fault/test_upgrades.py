"""A state that a version before left goes on under this one, and nobody is told of the change.

`upgrade/make_state.py` made the state with the version before the reader was counted. What another
reader makes of a file is played: what the present one makes is changed, so that these tests hold
whatever readers are to come.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.fault.crashing import Crash, Failpoint, dealt_out, published, run_once
from tests.sampling import parts
from tidings.application.cycle import CycleReport
from tidings.core import listings
from tidings.core.listings import Hints, Reading
from tidings.entrypoints import wiring
from tidings.errors import StoreError
from tidings.model import Item, Listing, Text
from tidings.state import health

HERE = Path(__file__).parent / "upgrade"
NOW = datetime(2026, 10, 27, 12, tzinfo=UTC)
Change = Callable[[tuple[Listing, ...]], Iterable[Listing]]


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The instance as the version before left it."""
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "a key that everybody knows")
    root = Path(shutil.copytree(HERE / "instance", tmp_path / "before"))
    (root / "state").mkdir()
    database = sqlite3.connect(root / "state" / "tidings.db")
    database.executescript((HERE / "state-5.sql").read_text(encoding="utf-8"))
    database.close()
    return root


def as_read(found: tuple[Listing, ...]) -> Iterable[Listing]:
    return found


def shouted(found: tuple[Listing, ...]) -> Iterable[Listing]:
    for each in found:
        text = replace(each.text, title=f"{each.text.title}, they say", summary="Read otherwise.")
        yield replace(each, text=text)


def undated(found: tuple[Listing, ...]) -> Iterable[Listing]:
    return (replace(each, text=replace(each.text, date=None)) for each in found)


def redated(found: tuple[Listing, ...]) -> Iterable[Listing]:
    days = [each.text.date for each in found]
    for each, day in zip(found, [*days[1:], *days[:1]], strict=True):
        yield replace(each, text=replace(each.text, date=day))


def shortened(found: tuple[Listing, ...]) -> Iterable[Listing]:
    return found[:-1]


def lengthened(found: tuple[Listing, ...]) -> Iterable[Listing]:
    for each in found:
        ref = replace(each.ref, line=each.ref.line + 2)
        text = Text(f"A loom by a river, {ref.line}", "Found by the reader.")
        yield from (each, Listing(text, ref))


def at_places(found: tuple[Listing, ...]) -> Iterable[Listing]:
    """The date is taken for the headline, and the headline for nothing."""
    for each in found:
        text = replace(each.text, title=f"{each.text.date:%d %B %Y}")
        yield replace(each, text=text, ref=replace(each.ref, line=each.ref.line + 1))


def nothing(_found: tuple[Listing, ...]) -> Iterable[Listing]:
    return ()


CHANGES = (as_read, shouted, undated, redated, shortened, lengthened, at_places, nothing)


def read_by(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reader make this of what it finds."""
    real = listings.parse

    def parse(text: str, path: str, hints: Hints) -> Reading:
        reading = real(text, path, hints=hints)
        found = tuple(change(reading.listings))
        return replace(reading, listings=found, confidence=reading.confidence if found else 0.0)

    monkeypatch.setattr(listings, "parse", parse)


def announced(report: CycleReport) -> tuple[int, ...]:
    read = report.recorded
    told = read.new, read.revised, read.filled, read.retracted
    return (*told, len(report.opened), report.delivered.sent)


def items(root: Path) -> dict[str, Item]:
    instance = wiring.load_instance(root, {})
    store = wiring.open_state(instance)
    try:
        with store.reading() as state:
            return {item.id: item for item in state.items.all()}
    finally:
        store.close()


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "seeds" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_new_corrected_or_mailed_after_an_upgrade(
    before: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = items(before)
    read_by(change, monkeypatch)
    report = run_once(before, now=NOW)
    assert (report.recorded.files, report.errors) == (3, [])
    assert announced(report) == (0,) * 6
    for item_id, item in items(before).items():
        if item_id in old and item.listed:
            assert (item.slug, item.updated, item.revision) == (
                old[item_id].slug, old[item_id].updated, 0,
            )  # fmt: skip
    again = run_once(before, now=NOW + timedelta(days=1))
    assert (again.recorded.files, announced(again)) == (0, (0,) * 6)


@pytest.mark.parametrize(
    "change",
    [
        change if change in (as_read, lengthened) else pytest.param(change, marks=pytest.mark.slow)
        for change in CHANGES
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_one_changed_line_in_each_file_is_one_change(
    before: Path, change: Change, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_once(before, now=NOW)
    monkeypatch.setattr("tidings.core.reader.mark", lambda settings: f"99:{settings}")
    read_by(change, monkeypatch)
    if not at_once:
        run_once(before, now=NOW + timedelta(hours=1))
    edit(before, "kept/crafts.txt", "9 October 2026", "8 October 2026")
    edit(before, "kept/rivers.txt", "second pier", "third pier")
    edit(before, "dropped/hall.txt", "Tuesday", "Thursday")
    report = run_once(before, now=NOW + timedelta(days=1))
    read = report.recorded
    assert (report.errors, read.new + read.revised <= 3, read.retracted) == ([], True, 0)
    if change is as_read:
        assert (read.new, read.revised, read.filled) == (0, 3, 0)


def test_what_had_no_counterpart_is_told_in_the_next_edition_to_those_who_had_it(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by(shortened, monkeypatch)
    run_once(before, now=NOW)
    gone = {item.title for item in items(before).values() if not item.listed}
    assert gone == {
        "Basket makers ask for willow from the banks",
        "Salmon are counted again at the old weir",
        "The library lends out garden tools from now on",
    }
    monkeypatch.undo()
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "a key that everybody knows")
    news = "The river ferry runs on Sundays\n30 October 2026\nIt leaves at ten and at four.\n"
    (before / "seeds" / "kept" / "ferry.txt").write_text(news, encoding="utf-8")
    report = run_once(before, now=NOW + timedelta(days=4))
    assert announced(report) == (1, 0, 0, 0, 2, 4)
    mails = sorted((before / "outbox").rglob("*.eml"))
    told = [mail.read_text(encoding="utf-8") for mail in mails]
    assert sum("Salmon are counted" in each for each in told) == 4
    assert sum("was read wrongly" in each.replace("=\n", "") for each in told) == 4


@pytest.mark.parametrize("part", parts(8, quick=(1,)))
@pytest.mark.parametrize("change", [shortened, lengthened])
def test_an_upgrade_that_dies_anywhere_is_finished_by_the_next_run(
    before: Path, tmp_path: Path, change: Change, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by(change, monkeypatch)
    undisturbed = Path(shutil.copytree(before, tmp_path / "undisturbed"))
    failpoint = Failpoint()
    run_once(undisturbed, failpoint, NOW)
    expected, feeds = items(undisturbed), published(undisturbed)
    for at, moment in dealt_out(failpoint.passed, part, 8):
        folder = Path(shutil.copytree(before, tmp_path / f"crash-{at}"))
        with pytest.raises(Crash):
            run_once(folder, Failpoint(at), NOW)
        report = run_once(folder, now=NOW)
        assert announced(report) == (0,) * 6, f"{at}. {moment}"
        assert (items(folder), published(folder)) == (expected, feeds), f"{at}. {moment}"
        assert not (folder / "outbox").exists(), f"{at}. {moment}"


def test_a_state_of_the_schema_before_goes_on_and_a_copy_of_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`state-6.sql` was made as `state-5.sql` was, by the version before the seventh schema."""
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "a key that everybody knows")
    root = Path(shutil.copytree(HERE / "instance", tmp_path / "six"))
    (root / "state").mkdir()
    file = root / "state" / "tidings.db"
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript((HERE / "state-6.sql").read_text(encoding="utf-8"))
        arrived = raw.execute("SELECT rowid, id FROM items").fetchall()
    report = run_once(root, now=NOW)
    assert (announced(report), report.errors) == ((0,) * 6, [])
    with closing(sqlite3.connect(file)) as raw:
        assert sorted(raw.execute("SELECT arrival, id FROM items")) == sorted(arrived)
    copy = file.with_name("tidings.db.before-upgrade")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (6,)
        assert raw.execute("SELECT count(*) FROM items").fetchone() == (len(arrived),)


def test_the_copy_from_before_an_upgrade_is_gone_after_thirty_days(before: Path) -> None:
    run_once(before, now=NOW)
    copy = before / "state" / "tidings.db.before-upgrade"
    written = (before / "state" / "tidings.db").stat().st_mtime
    for days, kept in ((29, True), (31, False)):
        os.utime(copy, (written - days * 86_400,) * 2)
        wiring.open_state(wiring.load_instance(before, {})).close()
        assert copy.exists() is kept


def test_an_upgrade_that_can_keep_no_copy_changes_nothing(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = before / "state" / "tidings.db"
    was = file.read_bytes()
    monkeypatch.setattr(health, "keep_copy", full)
    with pytest.raises(StoreError, match="nothing was changed"):
        run_once(before, now=NOW)
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (5,)
    assert not list(file.parent.glob(".tidings-*"))
    assert len(was) == file.stat().st_size


@pytest.fixture
def six(tmp_path: Path) -> Path:
    """An instance with a state of the sixth schema."""
    root = Path(shutil.copytree(HERE / "instance", tmp_path / "announced"))
    (root / "state").mkdir()
    with closing(sqlite3.connect(root / "state" / "tidings.db")) as raw:
        raw.executescript((HERE / "state-6.sql").read_text(encoding="utf-8"))
    return root


AT = ("--now", NOW.isoformat())
COPY = "state/tidings.db.before-upgrade"


def test_an_upgrade_is_announced_by_plan_and_doctor_which_change_nothing(six: Path) -> None:
    was = (six / "state" / "tidings.db").read_bytes()
    for words in (("plan", *AT), ("plan", "--json", *AT), ("doctor",)):
        told = call(six, *words).stdout
        assert f"version 6: the next run brings it to {health.LATEST}" in told
        assert COPY in told
    assert (six / "state" / "tidings.db").read_bytes() == was


@pytest.mark.parametrize("words", [("run", *AT), ("run", "--json", *AT), ("recipients", "pause")])
def test_whoever_upgrades_the_state_says_so_once(six: Path, words: tuple[str, ...]) -> None:
    address = ["ana@example.org"] if "pause" in words else []
    told = [call(six, *words, *address) for _ in range(2)]
    said = [
        f"brought from version 6 to {health.LATEST}" in each.stdout + each.stderr for each in told
    ]
    assert said == [True, False]
    assert (six / COPY).is_file()
    assert "version 6" not in call(six, "doctor").stdout
