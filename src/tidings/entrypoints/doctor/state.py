"""The state: whole, ours, accepted; who works with it, and when somebody last did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tidings.application.cycle import LAST_CYCLE
from tidings.application.watching import recall
from tidings.core import checkup
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import StateMissing, TidingsError
from tidings.model import Finding, Level
from tidings.state import examine, is_held


def locks(instance: Instance) -> Iterator[Finding]:
    """Whether a worker runs. A lock file that is left over says nothing: who holds it counts."""
    works = is_held(instance.state_path.with_name("worker.lock"))
    told = "one runs on this instance" if works else "none runs on this instance"
    remedy = "" if works else "start `tidings worker`, unless a timer calls `tidings run`"
    yield Finding("worker", told, remedy, Level.FINE)


def whole(instance: Instance, *, deep: bool) -> Iterator[Finding]:
    """The file page by page, and whether it is the state that readers have seen."""
    try:
        examine(instance.state_path, wiring.witness(instance), thoroughly=deep)
        with wiring.look_at_state(instance) as store:
            held = store.needs_accept
    except StateMissing as error:
        if "does not exist yet" in str(error):
            yield Finding("state", "there is none yet", "`tidings run` makes it", Level.NOTE)
        else:
            yield checkup.from_error("state", str(error))
        return
    except TidingsError as error:
        yield checkup.from_error("state", str(error))
        return
    if held:
        yield checkup.from_error("state", held)
        return
    how = "its pages and indexes" if deep else "its pages"
    yield Finding("state", f"{how} are whole, and readers have seen no newer", level=Level.FINE)


def moments(instance: Instance, now: datetime) -> Iterator[Finding]:
    """The clock, the last round, and how the rounds before it went."""
    try:
        with wiring.look_at_state(instance) as store:
            with store.reading() as state:
                note = state.note(LAST_CYCLE)
            watch = recall(store)
    except TidingsError:
        yield checkup.clock(now, None)  # the state itself has been told of
        return
    last = datetime.fromisoformat(note) if note else None
    yield checkup.clock(now, last)
    yield checkup.last_round(now, last)
    if watch.failures > 1:
        yield Finding(
            "rounds",
            f"the last {watch.failures:,} rounds of the worker failed ({watch.reason})",
            "mend what it names; the log has every round",
        )
    if watch.refused:
        yield Finding(
            "configuration",
            f"the worker keeps to its last good one ({' '.join(watch.refused.split())})",
            "`tidings check` names what is wrong with the edited one",
        )
