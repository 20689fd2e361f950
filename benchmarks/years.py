"""What three years of use cost: weekly editions to 2,000 people, a hundred files a week.

    python -m benchmarks.years [--weeks 156] [--files 100] [--people 2000] [--rounds 5]
        [--folder DIR]

The state is written by the program itself: each Monday a run reads that week's files, opens an
edition and settles a delivery for everybody, by a transport that accepts all mail and keeps none.
What there is after the last week is measured beside what there was after the first, in turn: verbs
(a run with nothing new, status, plan, all people, report), and in a running worker one new file,
opening an edition with it, and the daily look for whom to forget. Seconds of CPU, medians; a state
of 156 weeks takes 12 minutes to write.

With `--folder` both instances are kept there, and taken up again by the next run. Ends with 1, and
says why, where something was not read, opened or delivered.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.instance import FROM_TABLE, WEEKLY, make_instance, people, signs, title, words
from benchmarks.instance import tidings as call

if TYPE_CHECKING:
    from tidings.application.ports import Services

# What `status` ends with where an edition is late, as that of the day that this runs on is.
LATE = (0, 75)
TOPICS = 20
ENTRIES = 3
MONDAY = date(2022, 1, 3)
VERBS = {
    "nothing new": ("run", "--send", "none"),
    "status": ("status",),
    "plan": ("plan",),
    "people": ("recipients", "list"),
    "report": ("report",),
}


def week_of(number: int, files: int) -> Iterator[tuple[str, str]]:
    """The files of a week, by name: what was published in the seven days before its Monday."""
    monday = MONDAY + timedelta(weeks=number)
    for file in range(number * files, (number + 1) * files):
        yield f"{file:06}.txt", listing(file, monday)


def listing(file: int, monday: date) -> str:
    """A listing of that week, the same for the same number of a file."""
    entries = []
    for number in range(file * ENTRIES, (file + 1) * ENTRIES):
        on = monday - timedelta(days=1 + number % 7)
        named = title(number, signs(number, TOPICS))
        entries.append(f"{on.day} {on:%B} {on.year}\n\n{named}\n\n{words(number)}.\n")
    return "\n".join(entries)


def at(week: int) -> datetime:
    """When the run of a week is: as its edition is due."""
    return datetime.combine(MONDAY + timedelta(weeks=week), datetime.min.time(), UTC) + timedelta(
        hours=8
    )


@contextmanager
def opened(root: Path) -> Iterator[Services]:
    """An instance in this process, whose mail is accepted and not kept."""
    from tidings.adapters.outlet.dry_run import NullTransport
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import collect_seldom

    collect_seldom()
    instance = wiring.load_instance(root, {})
    store = wiring.open_state(instance)
    try:
        joined = wiring.services(instance, store, wiring.clock(at(0)))
        yield replace(joined, transport=NullTransport())
    finally:
        store.close()


def make(root: Path, weeks: range, files: int, count: int) -> None:
    """An instance after so many weeks."""
    table = people(count, TOPICS)
    make_instance(root, TOPICS, {}, digests=WEEKLY, recipients=FROM_TABLE, **{"all.csv": table})
    with opened(root) as services:
        for week in weeks:
            for name, text in week_of(week, files):
                place = root / "seeds" / name
                place.write_text(text, encoding="utf-8")
            live(services, week, files * ENTRIES, count)


def live(services: Services, week: int, new: int, count: int) -> None:
    """A week's run. Ends the benchmark if it did not read, open and deliver what it should."""
    from tidings.adapters.clock import StoppedClock
    from tidings.application.cycle import run_cycle

    done = run_cycle(replace(services, clock=StoppedClock(at(week))), "due")
    found = done.delivered.sent
    if done.errors or done.recorded.new != new or not done.opened or not 0 < found <= count:
        sys.exit(f"week {week}: {done.recorded.new} new items, {found} messages; {done.errors}")


def verbs(first: Path, last: Path, rounds: int) -> Iterator[tuple[str, float, float]]:
    """What is called, and the medians of both instances."""
    for root in (first, last):
        call(root, *VERBS["nothing new"])  # the first one of a day looks at every file
    for told, verb in VERBS.items():
        costs = [
            [call(root, *verb, codes=LATE).cpu for root in (first, last)] for _ in range(rounds)
        ]
        one, other = (statistics.median(each) for each in zip(*costs, strict=True))
        yield told, one, other


def work(root: Path, weeks: int, rounds: int, count: int) -> dict[str, float]:
    """What a running worker does, with the median of each."""
    from tidings.adapters.clock import StoppedClock
    from tidings.application.cycle import LAST_PURGE, purge, run_cycle
    from tidings.application.deliver import deliver
    from tidings.application.review import announce

    costs: dict[str, list[float]] = defaultdict(list)
    with opened(root) as joined:
        (digest,) = joined.settings.digests
        with joined.store.reading() as state:
            began, number = state.last_run(), state.lists.last_arrival()
        for turn in range(rounds + 1):
            # Between two editions, and after all turns of an earlier call.
            now = at(weeks - 1) + timedelta(minutes=began + turn)
            services = replace(joined, clock=StoppedClock(now))
            place = root / "seeds" / f"new-{began}-{turn}.txt"
            file = number + turn + 1_000_000
            place.write_text(listing(file, MONDAY + timedelta(weeks=weeks - 1)), encoding="utf-8")
            used = [time.process_time()]
            new = run_cycle(services, "none").recorded.new
            used.append(time.process_time())
            issue = announce(services, digest, "now", now).opened
            used.append(time.process_time())
            with services.store.writing() as state:
                state.remember(LAST_PURGE, (now - timedelta(days=2)).isoformat())
                purge(state, services.settings, services.key, now)
            used.append(time.process_time())
            sent = deliver(services).sent
            if new != ENTRIES or issue is None or not 0 < sent <= count:
                sys.exit(f"{new} new items, {sent} messages of an edition {issue}")
            if turn:  # the first one reads the templates
                for place_of, told in enumerate(("one new file", "opening", "forgetting")):
                    costs[told].append(used[place_of + 1] - used[place_of])
    return {told: statistics.median(each) for told, each in costs.items()}


def main() -> None:
    """Make both instances, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        first, last = folder / "first", folder / "last"
        for root, weeks in ((first, 1), (last, given.weeks)):
            if not root.exists():
                make(root, range(weeks), given.files, given.people)
        print(f"after one week, after {given.weeks}: seconds of CPU")
        for told, one, other in verbs(first, last, given.rounds):
            _tell(told, one, other)
        here, there = (
            work(root, weeks, given.rounds, given.people)
            for root, weeks in ((first, 1), (last, given.weeks))
        )
        for told in here:
            _tell(told, here[told], there[told])


def _tell(told: str, one: float, other: float) -> None:
    ratio = other / one if one else float("nan")
    print(f"{told:13} {one:.3f}  {other:.3f}  ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
