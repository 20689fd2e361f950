"""Readers who poll while it is published see whole files only, each as it was published once.

One reads the folder as a static host does, the other asks the service. What they have got is held
to what the publisher, who alone writes, found in the folder after each of its rounds.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.asgi import Client
from tests.desk import Hands, hurried
from tests.pressroom import SUNDAY, Pressroom, pressroom
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring
from tidings.entrypoints.web.files import PublishedFiles

ATOM = "{http://www.w3.org/2005/Atom}"
PATHS = (
    *("atom.xml", "rss.xml", "feed.json", "index.html", "opml.xml"),
    *("topics/boats/atom.xml", "topics/boats/feed.json", "topics/boats/index.html"),
)
ROUND_TRIPS = 3


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass
class Publisher:
    """A real instance that has something new in each round: more, a correction, or less."""

    room: Pressroom
    rounds: int = 0
    versions: dict[str, set[str]] = field(default_factory=lambda: {path: set() for path in PATHS})
    modified: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PATHS})

    def publish(self, rounds: int) -> None:
        """Publish so many times, and note what stands in the folder after each."""
        instance = wiring.load_instance(self.room.root, self.room.environ)
        store, clock = hurried(wiring.open_state(instance)), Hands()
        try:
            services = wiring.services(instance, store, clock)
            for _ in range(rounds):
                self._write(self.rounds)
                self.rounds += 1
                clock.at = SUNDAY + timedelta(minutes=self.rounds)
                report = run_cycle(services, "none")
                assert not report.errors
                assert report.published.written
                self._note()
        finally:
            store.close()

    def _write(self, number: int) -> None:
        said = "The ferry sails" if number % 3 else "The boat sails"
        name = f"seeds/{number - number % 3:03}.txt"
        self.room.write(
            name,
            f"8 May, 2026\n\nFerry number {number // 3}\n\n{said} {number % 3} times a day.\n\n"
            "7 May, 2026\n\nThe harbour is quiet\n\nNobody swims in it.\n",
        )

    def _note(self) -> None:
        for path in PATHS:
            place = self.room.root / "feeds" / path
            digest = digest_of(place.read_bytes())
            moments = self.modified[path]
            if digest not in self.versions[path]:
                self.versions[path].add(digest)
                moments.append(place.stat().st_mtime)


class Reader(threading.Thread):
    """Reads everything again and again until told to stop; what was wrong stands in `wrong`."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.seen: dict[str, set[str]] = {path: set() for path in PATHS}
        self.updated: dict[str, str] = {}
        self.wrong: list[str] = []
        self.stopping = threading.Event()
        self.rounds = 0

    @abstractmethod
    def fetch(self, path: str) -> bytes:
        """What is published at a path."""

    def run(self) -> None:
        """Read until told to stop."""
        try:
            while not self.stopping.is_set():
                for path in PATHS:
                    self._look_at(path, self.fetch(path))
                self.rounds += 1
        except (OSError, ValueError, AssertionError, etree.XMLSyntaxError) as error:
            self.wrong.append(repr(error))

    def _look_at(self, path: str, body: bytes) -> None:
        self.seen[path].add(digest_of(body))
        if path.endswith(".json"):
            json.loads(body)
        elif path.endswith(".html"):
            assert body.rstrip().endswith(b"</html>"), f"{path} is cut short"
        else:
            updated = etree.fromstring(body).findtext(f"{ATOM}updated") or ""
            assert updated >= self.updated.get(path, ""), f"{path} went back"
            self.updated[path] = updated


class StaticHost(Reader):
    """Says how long a file is, then sends it piece by piece."""

    def fetch(self, path: str) -> bytes:
        """The file as a web server reads it."""
        descriptor = os.open(self.root / path, os.O_RDONLY)
        try:
            length, parts = os.fstat(descriptor).st_size, []
            while part := os.read(descriptor, max(1, length // 3)):
                parts.append(part)
        finally:
            os.close(descriptor)
        body = b"".join(parts)
        assert len(body) == length, f"{path} changed its length while it was read"
        return body


class Visitor(Reader):
    """Asks the service, packed and unpacked, sometimes on a condition."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.client = Client(PublishedFiles(root, lambda: b"missing"))
        self.had: dict[str, tuple[str, bytes]] = {}

    def fetch(self, path: str) -> bytes:
        """The same by HTTP; what has not changed is as it was."""
        tag, before = self.had.get(path, ("", b""))
        asked = {"accept-encoding": "gzip"} if self.rounds % 2 else {}
        if tag and self.rounds % 3:
            asked["if-none-match"] = tag
        answer = self.client.get(f"/{path}", asked)
        if answer.status_code == 304:
            return before
        assert answer.status_code == 200, f"{answer.status_code} for {path}"
        if "content-encoding" not in answer.headers:
            assert int(answer.headers["content-length"]) == len(answer.content)
        if tag == answer.headers["etag"]:
            assert before == answer.content, f"two bodies of {path} under one ETag"
        self.had[path] = answer.headers["etag"], answer.content
        return answer.content


@pytest.mark.parametrize("publications", [4, pytest.param(200, marks=pytest.mark.slow)])
def test_readers_polling_while_it_is_published_see_only_whole_files(
    tmp_path: Path, publications: int
) -> None:
    publisher = Publisher(pressroom(tmp_path))
    publisher.publish(1)
    folder = publisher.room.root / "feeds"
    readers: list[Reader] = [StaticHost(folder), Visitor(folder)]
    for reader in readers:
        reader.start()
    try:
        publisher.publish(publications)
    finally:
        for reader in readers:
            reader.stopping.set()
        for reader in readers:
            reader.join()
    for reader in readers:
        assert reader.wrong == []
        assert reader.rounds >= ROUND_TRIPS
        for path, versions in publisher.versions.items():
            assert reader.seen[path] <= versions, f"{path} is none of those that were published"
    for path, moments in publisher.modified.items():
        whole = [int(moment) for moment in moments]
        assert whole == sorted(set(whole)), f"the modification time of {path} stood still"
    assert len(publisher.versions["atom.xml"]) > publications * 0.9
