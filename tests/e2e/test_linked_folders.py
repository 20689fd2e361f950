"""feeds/ and outbox/ may be links to folders elsewhere: what is made is there then."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.entrypoints.doctor import examine
from tidings.entrypoints.web.files import safe_open
from tidings.model import Level


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = pressroom(tmp_path / "room")
    for name in ("feeds", "outbox"):
        (tmp_path / f"elsewhere-{name}").mkdir()
        (made.root / name).symlink_to(tmp_path / f"elsewhere-{name}")
    return made


def test_what_is_published_and_sent_stands_where_the_links_lead(
    room: Pressroom, tmp_path: Path
) -> None:
    for _ in range(2):
        report = room.run("now")
        assert (report.errors, report.published.failed) == ([], {})
        room.pass_days(8)
        room.write("seeds/new.txt", "9 May, 2026\n\nA boat comes\n\nShe is a ferry, they say.\n")
    assert (tmp_path / "elsewhere-feeds" / "atom.xml").is_file()
    assert not list((tmp_path / "elsewhere-feeds").rglob(".*"))
    mails = list((tmp_path / "elsewhere-outbox").rglob("*.eml"))
    assert mails
    assert {stat.S_IMODE(each.stat().st_mode) for each in mails} == {0o600}
    found = list(examine(room.root, room.environ, room.now))
    assert not [each for each in found if each.level is Level.WRONG and each.check == "published"]
    descriptor = safe_open(room.root / "feeds", ("atom.xml",))
    assert descriptor is not None
    os.close(descriptor)


def test_a_link_that_leads_nowhere_is_named_and_nothing_is_made_in_its_place(
    room: Pressroom, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere-feeds").rmdir()
    report = room.run("none")
    assert "is a link to" in report.errors[0]
    assert not (tmp_path / "elsewhere-feeds").exists()
    (tmp_path / "elsewhere-feeds").mkdir()
    assert room.run("none").errors == []
    assert (tmp_path / "elsewhere-feeds" / "atom.xml").is_file()
