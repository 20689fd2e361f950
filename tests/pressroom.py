"""A pressroom: a small real instance whose files tests edit, where each plan is held to its run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser

from tests.desk import hurried
from tidings.application.announce import Send
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.plan import Plan, plan
from tidings.entrypoints import wiring
from tidings.state import Store

SUNDAY = datetime(2026, 5, 10, 9, tzinfo=UTC)
FILES = {
    "config/tidings.yaml": """
site:
  id: harbour.example.org,2026
  title: Harbour news
  url: https://harbour.example.org/
  time_zone: Europe/Lisbon
  author: {name: Harbour office, email: office@harbour.example.org}
""",
    "config/topics.yaml": """
topics:
  boats:
    title: Boats
    any: [boat, ferry]
  quay:
    title: The quay
    any: [quay]
""",
    "config/digests.yaml": """
digests:
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail
  boats:
    title: Boats every day
    topics: [boats]
    cadence: {every: day, at: "07:00"}
    lists: [crew]
""",
    "config/recipients.yaml": """
lists:
  crew:
    - ana@example.org
    - {address: rui@example.org, topics: [boats]}
    - {address: eva@example.org, start: everything}
""",
    "seeds/may.txt": """8 May, 2026

The ferry is back

She lies at the quay.

7 May, 2026

Swimming lessons begin

Children meet at the pool.
""",
}
Traces = Mapping[str, tuple[object, ...]]
Entries = Mapping[str, tuple[object, ...]]


def traces(root: Path) -> Traces:
    """Whatever can be told of each file and folder but when it was last read."""
    found = {}
    for path in [root, *sorted(root.rglob("*"))]:
        stat = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        told = (data, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_mode, stat.st_size)
        found[str(path.relative_to(root))] = told
    return found


@dataclass
class Pressroom:
    """The instance, and the present."""

    root: Path
    now: datetime = SUNDAY
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        """Save a file."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace words in a file, which must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def plan(self, send: Send = "due") -> Plan:
        """What a run would do now."""
        instance = wiring.load_instance(self.root, self.environ)
        with wiring.dry_run(instance, wiring.clock(self.now)) as (services, outlet):
            return plan(services, outlet.changes, send)

    def run(self, send: Send = "due") -> CycleReport:
        """A real run."""
        instance = wiring.load_instance(self.root, self.environ)
        store = hurried(wiring.open_state(instance))
        try:
            return run_cycle(wiring.services(instance, store, wiring.clock(self.now)), send)
        finally:
            store.close()

    def decide(self, act: Callable[[Store, bytes], object]) -> None:
        """Let `act` change what people get; it is handed the state and the secret key."""
        instance = wiring.load_instance(self.root, self.environ)
        store = hurried(wiring.open_state(instance))
        try:
            act(store, wiring.root_secret(instance, store))
        finally:
            store.close()

    def pass_days(self, days: int) -> None:
        """Time goes on."""
        self.now += timedelta(days=days)

    def published(self) -> dict[str, bytes]:
        """The files under feeds/."""
        folder = self.root / "feeds"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def messages(self) -> dict[str, int]:
        """How many files lie in the outbox for each address."""
        found: dict[str, int] = {}
        for path in (self.root / "outbox").rglob("*.eml"):
            address = path.stem.partition("-")[2]
            found[address] = found.get(address, 0) + 1
        return found

    def plan_and_run(self, send: Send = "due") -> Plan:
        """Plan, see that nothing was touched, run, and see that it did what the plan says."""
        before = traces(self.root)
        planned = self.plan(send)
        assert traces(self.root) == before, "a plan touches nothing"
        old, had = self.published(), self.messages()
        report = self.run(send)
        new, got = self.published(), self.messages()
        assert {change.path: change.kind for change in planned.files} == _differences(old, new)
        _hold_to_feeds(planned, old, new)
        _hold_to_report(planned.report, report)
        people = [
            s.address for each in planned.opened for s in each.recipients if s.outcome == "mail"
        ]
        more = {address: got[address] - had.get(address, 0) for address in got}
        assert sum(more.values()) == report.delivered.sent == len(people) + planned.older
        if not planned.older:
            assert {address: n for address, n in more.items() if n} == {
                address: people.count(address) for address in people
            }
        changed = old != new or got != had or report.recorded.new or report.recorded.revised
        assert planned.pending >= bool(changed), "what changes is pending"
        return planned


def _differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    kinds = dict.fromkeys(new.keys() - old.keys(), "new")
    kinds |= dict.fromkeys(old.keys() - new.keys(), "removed")
    kinds |= {path: "changed" for path in new.keys() & old.keys() if new[path] != old[path]}
    return kinds


def _hold_to_feeds(planned: Plan, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
    """What an independent reader of the feeds finds is what the plan says."""
    found = {}
    for path in {path for path in (*old, *new) if path.endswith("atom.xml")}:
        was, now = _entries(old.get(path, b"")), _entries(new.get(path, b""))
        change = (
            now.keys() - was.keys(),
            {key for key in now.keys() & was.keys() if now[key] != was[key]},
            was.keys() - now.keys(),
            len(now),
        )
        if old.get(path) != new.get(path):
            found[path] = change
    assert found == {
        feed.path: (
            {entry.id for entry in feed.appearing},
            {entry.id for entry in feed.changing},
            {entry.id for entry in feed.leaving},
            feed.total,
        )
        for feed in planned.feeds
    }


def _entries(document: bytes) -> Entries:
    """An entry is what a reader shows of it."""
    return {
        entry.id: (
            entry.title,
            entry.updated,
            entry.get("published"),
            entry.link,
            entry.content[0].value,
            tuple((tag.term, tag.label) for tag in entry.get("tags", ())),
        )
        for entry in feedparser.parse(document).entries
    }


def _hold_to_report(planned: CycleReport, real: CycleReport) -> None:
    assert planned.now == real.now
    said, done = planned.recorded, real.recorded
    assert (said.files, said.listings, said.problems) == (done.files, done.listings, done.problems)
    counts = ("new", "revised", "filled", "unchanged", "retracted", "put_off", "run")
    assert [getattr(said, name) for name in counts] == [getattr(done, name) for name in counts]
    assert planned.published == real.published
    assert planned.opened == real.opened
    assert planned.delivered == real.delivered
    assert planned.errors == real.errors
    assert (planned.items, planned.undated) == (real.items, real.undated)


def pressroom(root: Path) -> Pressroom:
    """A pressroom below `root` that has not run yet."""
    room = Pressroom(root / "instance", environ={"PATH": os.defpath})
    for name, text in FILES.items():
        room.write(name, text)
    return room
