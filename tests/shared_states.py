"""One run of all migrations for all new states that tests open in a process.

Tests open thousands of new states, and to bring one to the present schema takes as long as a whole
round on a few items. The first is made as ever, and kept in memory; it is what the next ones begin
with. A state of an older version, or one whose migrations a test has replaced, is brought up to
date as ever.
"""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Engine

from tidings.state import health


@cache
def share_new_states() -> None:
    """Share it from now on in this process."""
    apply = health.apply
    made: dict[object, sqlite3.Connection] = {}

    def shared(engine: Engine) -> int:
        # Where files may not grow, what happens then is what is tested.
        full = resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
        if full or not _is_new(engine):
            return apply(engine)
        migrations = health._SCRIPTS, health.LATEST, health.statements
        if migrations in made:
            _copy(made[migrations], engine)
            return 0
        done = apply(engine)
        made[migrations] = _kept(engine)
        return done

    health.apply = shared


def _is_new(engine: Engine) -> bool:
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        return tables == 0 and health.version(engine) == 0


def _kept(engine: Engine) -> sqlite3.Connection:
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    _through(engine, lambda raw: raw.backup(kept))
    return kept


def _copy(kept: sqlite3.Connection, engine: Engine) -> None:
    _through(engine, kept.backup)


def _through(engine: Engine, act: Callable[[Any], object]) -> None:
    with engine.connect() as connection:
        act(connection.connection.dbapi_connection)
