"""A process that dies at its n-th side effect: before it, or right after."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from tidings.application import senders
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.ports import Channel, Outlet, Services, Transport
from tidings.entrypoints import wiring
from tidings.model import Envelope, PublishedFile
from tidings.state import Store, Transaction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PATIENCE = 60.0


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing may catch it."""


class Failpoint:
    """Counts the moments around side effects, and crashes at the chosen one."""

    def __init__(self, at: int | None = None) -> None:
        self.passed: list[str] = []
        self._at = at

    def __call__(self, moment: str) -> None:
        self.passed.append(moment)
        if len(self.passed) == self._at:
            raise Crash(moment)


class CrashingStore(Store):
    """Dies before a write transaction, inside it before the commit, or after the commit."""

    def __init__(self, store: Store, failpoint: Failpoint) -> None:
        super().__init__(store._database)
        self._failpoint = failpoint

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self._crashing(super().writing()) as state:
            yield state

    @contextmanager
    def sharing(self) -> Iterator[Transaction]:
        with self._crashing(super().sharing()) as state:
            yield state

    @contextmanager
    def _crashing(self, begun: AbstractContextManager[Transaction]) -> Iterator[Transaction]:
        self._failpoint("before a transaction")
        with begun as state:
            yield state
            self._failpoint("before a commit")
        self._failpoint("after a commit")


class CrashingOutlet:
    """Dies before or after a batch of files is put in place or removed."""

    def __init__(self, outlet: Outlet, failpoint: Failpoint) -> None:
        self._outlet = outlet
        self._failpoint = failpoint

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        self._failpoint("before files are put in place")
        answer = self._outlet.put(files)
        self._failpoint("after files were put in place")
        return answer

    def stands(self, file: PublishedFile) -> bool:
        return self._outlet.stands(file)

    def differs(self, path: str, data: bytes) -> bool:
        return self._outlet.differs(path, data)

    def remove(self, paths: Iterable[str]) -> None:
        self._outlet.remove(paths)

    def begin(self) -> None:
        self._outlet.begin()

    def end(self) -> None:
        self._outlet.end()

    def sweep(self) -> None:
        self._outlet.sweep()


class CrashingTransport:
    """Dies before a message is handed over, or before anybody hears that it was."""

    def __init__(self, transport: Transport, failpoint: Failpoint) -> None:
        self._transport = transport
        self._failpoint = failpoint

    def connect(self) -> CrashingChannel:
        return CrashingChannel(self._transport.connect(), self._failpoint)


class CrashingChannel:
    """A channel of it."""

    def __init__(self, channel: Channel, failpoint: Failpoint) -> None:
        self._channel = channel
        self._failpoint = failpoint

    def close(self) -> None:
        self._channel.close()

    def send(self, envelope: Envelope, message: bytes) -> str:
        self._failpoint("before a message")
        answer = self._channel.send(envelope, message)
        self._failpoint("after a message")
        return answer


def run_once(root: Path, failpoint: Failpoint | None = None, now: datetime = NOW) -> CycleReport:
    """One `run --send now` as a process of its own would do it, perhaps dying on the way.

    All messages in hand are answered before any is settled: else the moments would be as many as
    this machine is quick.
    """
    instance = wiring.load_instance(root, os.environ)
    store = wiring.open_state(instance)
    try:
        with mock.patch.object(senders, "SETTLE_TOGETHER", PATIENCE):
            return run_cycle(_services(instance, store, failpoint, now), "now")
    finally:
        store.close()


def _services(
    instance: wiring.Instance, store: Store, failpoint: Failpoint | None, now: datetime
) -> Services:
    services = wiring.services(instance, store, wiring.clock(now))
    return _crashing(services, failpoint) if failpoint else services


def _crashing(services: Services, failpoint: Failpoint) -> Services:
    return replace(
        services,
        store=CrashingStore(services.store, failpoint),
        outlet=CrashingOutlet(services.outlet, failpoint),
        transport=CrashingTransport(services.transport, failpoint),
    )


def published(root: Path) -> dict[str, bytes]:
    """The files below `feeds/`."""
    feeds = root / "feeds"
    return {str(p.relative_to(feeds)): p.read_bytes() for p in feeds.rglob("*") if p.is_file()}


def moments(root: Path) -> Sequence[str]:
    """Every moment of an undisturbed run at which it could have died."""
    failpoint = Failpoint()
    run_once(root, failpoint)
    return failpoint.passed


def dealt_out(passed: Sequence[str], part: int, among: int) -> list[tuple[int, str]]:
    """A fair share of the moments, numbered from 1: every part has its share of each kind."""
    return sorted(sorted(enumerate(passed, start=1), key=lambda each: each[1])[part::among])
