"""What several processes on one state share: who is there, one clock, one rate, a queue of jobs.

Of a state in a file there is nothing of it, and nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

from tidings.adapters.clock import SharedRate, SystemClock, TokenBucket
from tidings.errors import ConfigError, StoreBusy
from tidings.model import Help, Problem
from tidings.state import Server, Store

if TYPE_CHECKING:
    from tidings.adapters.queue import JobQueue
    from tidings.application.ports import Clock, RateLimiter
    from tidings.entrypoints.wiring import Instance
    from tidings.state.workers import ServerOwners

REVISION = "TIDINGS_REVISION"


def owners(instance: Instance, store: Store) -> ServerOwners | None:
    """The processes that work on a state on a server, of which this is one; None for a file."""
    if instance.settings.state_path:
        return None
    from tidings.adapters.machine import named
    from tidings.state.workers import Registration

    told = instance.environ.get(REVISION, "")
    if told and not told.isdecimal():
        hint = "give it the number of the deployment, or none"
        wrong = f"{told} is no whole number"
        raise ConfigError([Problem(REVISION, 0, 0, wrong, hint, help=Help.WRONG_VALUE)])
    return store.owners(
        Registration(
            named(),
            version("tidings"),
            instance.roles or instance.settings.worker.roles,
            instance.fingerprint,
            int(told) if told else None,
        )
    )


def refuse_older(instance: Instance, store: Store) -> None:
    """Raise `StoreBusy` if another machine that works on the state has a newer configuration."""
    known = owners(instance, store)
    if known and (newer := known.newer()):
        raise StoreBusy(
            f"a newer configuration is in force, that of {newer}: bring this machine up to date"
        )


def clock_of(instance: Instance, store: Store) -> Clock:
    """The present by which a state goes: whoever shares one on a server goes by that one's clock,
    since those of several machines differ."""
    return owners(instance, store) or SystemClock()


def rate_limiter(store: Store, rate: float | None) -> RateLimiter:
    """How fast mail goes out: `rate` messages a second, over all processes that send."""
    if rate is None or store.take_places is None:
        return TokenBucket(rate)
    return SharedRate(rate, store.take_places)


def use_queue(store: Store, *, upgrading: bool) -> None:
    """Tell a queue of jobs of the work that the state gets; make its tables if there are none.

    Raises `StoreError` if it cannot be used.
    """
    from tidings.adapters import queue

    queue.require()
    with store.writing() as state:
        state.jobs.prepare(queue.prepare, upgrading=upgrading)
    store.submit_to(queue.submit)


def job_queue(
    instance: Instance, tick: Callable[[], None], send: Callable[[], None]
) -> JobQueue | None:
    """What has jobs done in this process; None where none are used."""
    if not isinstance(instance.state, Server) or instance.settings.queue == "none":
        return None
    from tidings.adapters.queue import JobQueue

    roles = instance.roles or instance.settings.worker.roles
    where, every = instance.state, instance.settings.worker.every
    return JobQueue(where.address, where.password, every, tick, send if "send" in roles else None)
