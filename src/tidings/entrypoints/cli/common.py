"""What verbs share: options, the instance, its open state, the present, names of digests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from tidings.application.ports import Clock
from tidings.core.incidents import LAST_CYCLE
from tidings.core.settings import suggestion
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.exits import usage
from tidings.entrypoints.wiring import Instance
from tidings.model import Digest
from tidings.state import Store

Send = Literal["due", "now", "none"]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
ItemName = Annotated[
    str, typer.Argument(metavar="ITEM", help="Its id or slug, or how either begins.")
]


def instance_of(context: typer.Context) -> Instance:
    """Load the instance that `-C` names. Raises `ConfigError`."""
    root: Path = context.obj
    return wiring.load_instance(root, os.environ)


@contextmanager
def opened(context: typer.Context) -> Iterator[tuple[Instance, Store, datetime]]:
    """Yield the instance, its state open for writing, and the present.

    Raises `StateMissing` if there is no state yet.
    """
    instance = instance_of(context)
    if not os.access(instance.state_path, os.R_OK):
        with wiring.look_at_state(instance):
            pass  # only for it to say what is missing
    store = wiring.open_state(instance)
    try:
        yield instance, store, now_of(instance)
    finally:
        store.close()


# --- The present ---------------------------------------------------------------------------------


def clock_of(instance: Instance) -> Clock:
    """Return the clock; it stands still at SOURCE_DATE_EPOCH, if that is set."""
    return wiring.clock(fixed_instant("", instance.settings.zone))


def now_of(instance: Instance) -> datetime:
    """Return the present, or the instant that SOURCE_DATE_EPOCH names."""
    return clock_of(instance).now()


def fixed_instant(given: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant of `--now`, else of SOURCE_DATE_EPOCH, else None."""
    if given:
        return instant("--now", given, zone)
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise usage(f"SOURCE_DATE_EPOCH {epoch!r} is no number of seconds") from None


def instant(option: str, given: str, zone: ZoneInfo) -> datetime:
    """Parse the instant that an option was given; without an offset it is in `zone`."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise usage(f"{option} {given!r} is no instant; write 2026-11-23T08:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def refuse_going_back(store: Store, fixed: datetime) -> None:
    """Raise a usage error for an instant before the last recorded run."""
    with store.reading() as state:
        last = state.note(LAST_CYCLE)
    if last and fixed < datetime.fromisoformat(last):
        raise usage(f"--now {fixed.isoformat()} lies before the last recorded cycle, {last}")


# --- Names in arguments --------------------------------------------------------------------------


def digest_named(instance: Instance, slug: str) -> Digest:
    """Return the digest with this slug. Raises a usage error that names the nearest slug."""
    found = {digest.slug: digest for digest in instance.settings.digests}
    if slug not in found:
        raise usage(with_hint(f"there is no digest {slug!r}", suggestion(slug, found)))
    return found[slug]


def with_hint(told: str, hint: str) -> str:
    """Append the hint in brackets, if there is one."""
    return f"{told} ({hint})" if hint else told
