"""When the worker opens editions: by a clock that it can rely on, with files that have settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tidings.entrypoints import wiring
from tidings.entrypoints.worker import Worker
from tidings.state import Store

TICK = timedelta(seconds=15)
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY_8 = datetime(2026, 11, 23, 8, tzinfo=UTC)
FAR = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)


class Office:
    """An instance with a worker, and the clock on its wall."""

    def __init__(self, root: Path) -> None:
        self.at = SUNDAY
        self._root = root
        write_minimal_site(root)
        self._instance = wiring.load_instance(root, {})
        self.store: Store = wiring.open_state(self._instance)
        self.start_worker()

    def now(self) -> datetime:
        return self.at

    def start_worker(self) -> None:
        self._worker = Worker(self._instance, self.store, self)

    def save(self, *titles: str) -> None:
        entries = [
            f"{day} May 2021\n\n{title}\n\nWhat there is to say of it, in one sentence or in two.\n"
            for day, title in enumerate(titles, start=1)
        ]
        (self._root / "seeds" / f"{titles[0]}.txt").write_text("\n".join(entries), "utf-8")

    def tick(self, at: datetime) -> int:
        """The worker looks at this moment; returns how many editions there are by now."""
        self.at = at
        self._worker.cycle()
        with self.store.reading() as state:
            latest = state.editions.latest("weekly")
        return latest.number if latest else 0


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office that has known its digest since Sunday, with some news."""
    made = Office(tmp_path)
    made.save("A harbour opens", "A ferry is built", "A bridge is shut")
    made.tick(SUNDAY)
    made.tick(SUNDAY + TICK)
    yield made
    made.store.close()


def announced(office: Office) -> int:
    with office.store.reading() as state:
        return len(state.editions.announced("weekly"))


def test_what_came_while_no_worker_ran_is_in_the_edition_that_is_made_up_for(
    office: Office,
) -> None:
    office.save("A pier is mended", "A crane is sold", "A dock is drained")
    office.start_worker()
    assert office.tick(MONDAY_8 + 3 * TICK) == 0
    assert office.tick(MONDAY_8 + 4 * TICK) == 1
    assert announced(office) == 6


def test_a_worker_opens_an_edition_at_its_second(office: Office) -> None:
    assert office.tick(MONDAY_8 - timedelta(seconds=1)) == 0
    assert office.tick(MONDAY_8) == 1


def test_while_the_clock_goes_back_no_edition_is_opened(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.tick(MONDAY_8 - TICK)
    with office.store.reading() as state:
        assert state.editions.latest("weekly") is None
    office.start_worker()
    assert office.tick(MONDAY_8 + timedelta(minutes=20)) == 0
    assert office.tick(MONDAY_8 + timedelta(minutes=14)) == 0
    assert "clock went back" in caplog.text
    assert office.tick(MONDAY_8 + timedelta(minutes=14) + TICK) == 1


def test_a_moment_in_2038_holds_nothing_up_once_it_is_over(office: Office) -> None:
    assert office.tick(FAR) == 1
    office.save("A pier is mended", "A crane is sold", "A dock is drained")
    assert office.tick(MONDAY_8 - TICK) == 1
    assert office.tick(MONDAY_8 - timedelta(seconds=1)) == 1
    assert office.tick(MONDAY_8) == 2
