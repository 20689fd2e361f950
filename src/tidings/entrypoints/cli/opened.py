"""The instance that a verb works on, its state open to it, and the present."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from tidings.entrypoints.wiring import Instance
    from tidings.state import Store


def instance_of(context: typer.Context) -> Instance:
    """The instance that `-C` names."""
    from tidings.entrypoints import wiring

    root: Path = context.obj
    return wiring.load_instance(root, os.environ)


def now_of(instance: Instance) -> datetime:
    """The present, or the instant that SOURCE_DATE_EPOCH names."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli.run import fixed_instant

    return wiring.clock(fixed_instant("", instance.settings.zone)).now()


@contextmanager
def steered(context: typer.Context) -> Iterator[tuple[Instance, Store, datetime]]:
    """The instance, its state open for writing, and the present. There must be a state already."""
    from tidings.entrypoints import wiring

    instance = instance_of(context)
    if not os.access(instance.state_path, os.R_OK):
        with wiring.look_at_state(instance):
            pass  # only for it to say what is missing
    store = wiring.open_state(instance)
    try:
        yield instance, store, now_of(instance)
    finally:
        store.close()
