"""What this version reads otherwise than the one before is no news: two states that it left.

`instance-7` has what is read otherwise by now: unseen characters, markup in a table, instants of
another day than the site's. The other is the sample's, whose digest mails history.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fault.crashing import run_once
from tests.fault.test_upgrades import HERE, announced, items
from tidings.core.identity import normalise

NOW = datetime(2026, 10, 27, 12, tzinfo=UTC)
REPOSITORY = Path(__file__).parents[2]


def left_by(state: str, root: Path) -> Path:
    (root / "state").mkdir()
    with closing(sqlite3.connect(root / "state" / "tidings.db")) as raw:
        raw.executescript((HERE / state).read_text(encoding="utf-8"))
    return root


@pytest.fixture
def seven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The instance as the version before left it."""
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "a key that everybody knows")
    return left_by("state-7.sql", Path(shutil.copytree(HERE / "instance-7", tmp_path / "seven")))


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample as the version before left it."""
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "a key that everybody knows")
    root = Path(shutil.copytree(HERE / "sample-7", tmp_path / "sample"))
    for name in ("seeds", "templates"):
        shutil.copytree(REPOSITORY / name, root / name)
    return left_by("sample-7.sql", root)


@pytest.mark.parametrize("which", ["seven", "sample"])
def test_a_state_of_the_version_before_announces_revises_and_mails_nothing(
    which: str, request: pytest.FixtureRequest
) -> None:
    root = request.getfixturevalue(which)
    with closing(sqlite3.connect(root / "state" / "tidings.db")) as raw:
        old = dict(raw.execute("SELECT id, slug FROM items"))
        read = {f"seeds/{path.name}" for path in (root / "seeds").iterdir()}
        read &= {path for (path,) in raw.execute("SELECT path FROM sources")}
    report = run_once(root, now=NOW)
    assert (report.recorded.files, report.errors) == (len(read), [])
    assert announced(report) == (0,) * 6
    found = items(root)
    assert {item_id: found[item_id].slug for item_id in old} == old
    assert all(each.revision == 0 for each in found.values() if each.listed)
    again = run_once(root, now=NOW + timedelta(days=1))
    assert (again.recorded.files, announced(again)) == (0, (0,) * 6)
    assert not (root / "outbox").exists()


def test_titles_are_found_by_what_is_seen_of_them_once_the_state_is_upgraded(seven: Path) -> None:
    (seven / "seeds" / "b-unseen.txt").unlink()  # what no file says any more is found as well
    run_once(seven, now=NOW)
    with closing(sqlite3.connect(seven / "state" / "tidings.db")) as raw:
        for table in ("items", "sightings"):
            rows = raw.execute(f"SELECT title, title_key FROM {table}").fetchall()
            assert [normalise(title) for title, _ in rows] == [key for _, key in rows]


def test_what_is_saved_after_an_upgrade_is_compared_by_what_is_seen(seven: Path) -> None:
    run_once(seven, now=NOW)
    before = items(seven).keys()
    for name in ("a-plain.txt", "b-unseen.txt"):
        path = seven / "seeds" / name
        path.write_text(path.read_text("utf-8").replace("mill", "m\u200bill"), encoding="utf-8")
    news = (seven / "seeds" / "a-plain.txt").read_text("utf-8").replace("Salmon", "Sal\u2060mon")
    (seven / "seeds" / "f-copy.txt").write_text(news, encoding="utf-8")
    report = run_once(seven, now=NOW + timedelta(days=1))
    assert (report.recorded.files, announced(report)) == (3, (0,) * 6)
    assert items(seven).keys() == before
