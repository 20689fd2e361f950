"""Real feed readers poll nine states of one feed: nothing twice, nothing unread again, all seen."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

import feedparser
import pytest
from reader import make_reader

from tests.builders import HOUR, MONDAY, record_changes, topic
from tests.desk import Desk, open_desk
from tidings.core.feeds.model import NAMES
from tidings.model import Changes, Retraction

FEED = "topics/boats/"
XML = NAMES[:2]
NEWSBOAT = shutil.which("newsboat")
R2E = shutil.which("r2e", path=str(Path(sys.executable).parent)) or shutil.which("r2e")


# --- Readers: each poll answers with the ids that it shows as new --------------------------------


class FeedReader(Protocol):
    """A reader that somebody keeps up with: all that a poll brings is read before the next."""

    def poll(self) -> list[str]:
        """Fetch once; the ids of the entries that are new or unread."""
        ...


@dataclass
class Newsboat:
    """newsboat with a cache of its own."""

    home: Path
    address: str

    def poll(self) -> list[str]:
        """Reload; whatever is unread then is marked as read."""
        urls, cache = self.home / "urls", self.home / "cache.db"
        urls.write_text(f"{self.address}\n")
        command = [str(NEWSBOAT), "-u", str(urls), "-c", str(cache), "-C", "/dev/null"]
        subprocess.run(
            [*command, "-x", "reload"],
            env={**os.environ, "HOME": str(self.home)},
            capture_output=True,
            timeout=60,
            check=True,
        )
        with closing(sqlite3.connect(cache)) as database:
            rows = database.execute("SELECT guid FROM rss_item WHERE unread = 1").fetchall()
            database.execute("UPDATE rss_item SET unread = 0")
            database.commit()
        return [guid for (guid,) in rows]


@dataclass
class Rss2Email:
    """rss2email that mails into a folder."""

    home: Path
    address: str

    def poll(self) -> list[str]:
        """Run; the ids that the mails name."""
        box = self.home / "box"
        settings = self.home / "cfg"
        if not settings.exists():
            sink = self.home / "sink.sh"
            sink.write_text(f'#!/bin/sh\nexec cat > "{box}/$$"\n')
            sink.chmod(0o700)
            settings.write_text(
                "[DEFAULT]\nfrom = a@example.org\nto = b@example.org\n"
                f"email-protocol = sendmail\nsendmail = {sink}\n"
            )
            self._call("add", "feed", self.address)
        shutil.rmtree(box, ignore_errors=True)
        box.mkdir()
        self._call("run")
        named = re.compile(r"^X-RSS-ID: (.*)$", re.MULTILINE)
        return [found[1] for mail in box.iterdir() if (found := named.search(mail.read_text()))]

    def _call(self, *arguments: str) -> None:
        files = ["-c", str(self.home / "cfg"), "-d", str(self.home / "data.json")]
        ran = subprocess.run(
            [str(R2E), *files, *arguments], capture_output=True, text=True, timeout=60, check=True
        )
        assert not re.search(r"\[(WARNING|ERROR)\]", ran.stderr), ran.stderr


@dataclass
class PythonReader:
    """The `reader` library."""

    home: Path
    address: str

    def poll(self) -> list[str]:
        """Update; whatever is unread then is marked as read."""
        with make_reader(str(self.home / "reader.sqlite")) as library:
            library.add_feed(self.address, exist_ok=True)
            for result in library.update_feeds_iter(scheduled=False):
                assert not isinstance(result.value, Exception), result.value
            unread = list(library.get_entries(read=False))
            for entry in unread:
                library.mark_entry_as_read(entry)
        return [entry.id for entry in unread]


@dataclass
class FeedParser:
    """feedparser, asking as a reader would: with what it was told the last time."""

    home: Path
    address: str
    seen: set[str] = field(default_factory=set)
    modified: str | None = None

    def poll(self) -> list[str]:
        """Parse; the ids that were never there before."""
        found = feedparser.parse(self.address, modified=self.modified)
        if found.status == 304:
            return []
        assert not found.bozo, found.get("bozo_exception")
        self.modified = found.get("modified")
        ids = [entry.id for entry in found.entries]
        new = [each for each in ids if each not in self.seen]
        self.seen |= set(ids)
        return new


# --- The feed and its nine states ----------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    """A static host that serves feeds as the how-to says."""

    extensions_map = {".xml": "application/xml", ".json": "application/feed+json"}  # noqa: RUF012

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Say nothing."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    opened = open_desk(tmp_path / "desk", topic("boats", "boat"))
    opened.limit = 3
    yield opened
    opened.store.close()


@pytest.fixture
def host(desk: Desk) -> Iterator[str]:
    folder = desk.root / "feeds"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{FEED}"
    server.shutdown()
    server.server_close()
    thread.join()


def retract(desk: Desk, title: str, at: datetime) -> None:
    """Withdraw an item, as an editor would."""
    item = desk.items()[title]
    path = "seeds/a.txt"
    with desk.store.writing() as state:
        gone = replace(item, retraction=Retraction("It was a pontoon.", at))
        changes = Changes(retracted=(gone,), sightings=state.items.entries([path]).get(path, ()))
        record_changes(state, path, changes, state.new_run(at))


FIRST = [f"2026-01-0{n} | Boat number {n} | It floats, says witness {n}." for n in range(1, 6)]


def states(desk: Desk) -> Iterator[tuple[str, set[str]]]:
    """Each state by name, with the titles of the entries that are new to readers in it."""
    lines, now = list(FIRST), MONDAY
    desk.file("a.txt", *lines, now=now)
    yield "first", {"Boat number 5", "Boat number 4", "Boat number 3"}
    desk.file("a.txt", *lines, now=(now := now + HOUR))
    yield "nothing changed", set()
    more = [f"2026-01-1{n} | Boat called {name} | It sails." for n, name in enumerate("XYZ")]
    lines += more
    desk.file("a.txt", *lines, now=(now := now + HOUR))
    yield "new items", {"Boat called X", "Boat called Y", "Boat called Z"}
    lines[4] = lines[4].replace("It floats", "It sank")
    lines[3] = lines[3].replace("Boat number 4", "Boat numbered 4")
    desk.file("a.txt", *lines, now=(now := now + HOUR))
    yield "corrections", set()
    lines[6] = lines[6].replace("2026-01-11", "2026-01-15")
    desk.file("a.txt", *lines, now=(now := now + HOUR))
    yield "a date corrected", set()
    retract(desk, "Boat called X", (now := now + HOUR))
    yield "a retraction", set()
    desk.file("b.txt", "1999-12-31 | An old boat | Found at last.", now=(now := now + HOUR))
    desk.file("c.txt", "| A boat without a day | Somewhere.", "| A ship, too | s", now=now)
    yield "back-dated and undated", {"An old boat", "A boat without a day"}
    desk.topics = (topic("boats", "ship"),)
    desk.record(now := now + HOUR)
    yield "the topic edited", {"A ship, too"}
    desk.topics = (topic("boats", "boat"),)
    desk.record(now := now + HOUR)
    flood = [f"2025-06-0{n} | Late boat number {n} | s" for n in range(1, 8)]
    desk.file("d.txt", *flood, now=(now := now + HOUR))
    yield "edited back, and a flood", {f"Late boat number {n}" for n in range(1, 8)}


def readers(home: Path, address: str) -> dict[str, FeedReader]:
    """Every reader on every format that it reads, each with a folder of its own."""
    kinds: list[tuple[Callable[[Path, str], FeedReader], tuple[str, ...]]] = [
        (FeedParser, XML),
        (PythonReader, NAMES),
    ]
    if NEWSBOAT:
        kinds.append((Newsboat, XML))
    if R2E:
        kinds.append((Rss2Email, XML))
    found: dict[str, FeedReader] = {}
    for kind, names in kinds:
        for name in names:
            label = f"{getattr(kind, '__name__', kind)} {name}"
            (home / label).mkdir(parents=True)
            found[label] = kind(home / label, address + name)
    return found


@pytest.mark.skipif(NEWSBOAT is None, reason="no newsboat on this machine")
@pytest.mark.skipif(R2E is None, reason="no r2e beside this Python")
def test_nine_states_reach_every_reader_once_and_whole(
    desk: Desk, host: str, tmp_path: Path
) -> None:
    polling = readers(tmp_path / "readers", host)
    names: list[str] = []
    for name, new in states(desk):
        names.append(name)
        desk.publish()
        ids = {f"tag:news.example.org,2026:item/{desk.items()[title].id}" for title in new}
        for label, reader in polling.items():
            shown = reader.poll()
            assert sorted(shown) == sorted(ids), f"{label}, {name}"
    assert len(names) == 9
