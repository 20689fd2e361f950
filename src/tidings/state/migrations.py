"""The schema's history: one SQL file a version, each applied in one transaction, after a copy.

`PRAGMA user_version` says how far a state file is. A file here is never edited once released.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Engine

from tidings.state import access

APPLICATION_ID = 0x54494447  # "TIDG": how a state file of ours is told from any other
KEPT_SECONDS = 30 * 24 * 60 * 60
_SCRIPTS = (
    "0001_initial.sql",
    "0002_delivery.sql",
    "0003_decisions.sql",
    "0004_people.sql",
    "0005_places.sql",
    "0006_last_read.sql",
    "0007_second_dialect.sql",
)


def version_of(script: str) -> int:
    """The version that a migration file leads to: the number that its name begins with."""
    return int(script[:4])


LATEST = version_of(_SCRIPTS[-1])


def statements(script: str) -> list[str]:
    """The statements of one migration file."""
    text = files("tidings.state").joinpath("sql", script).read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(";\n") if statement.strip()]


def version(engine: Engine) -> int:
    """How far a state file is; 0 if nothing was ever made in it."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def keep_copy(path: Path, engine: Engine) -> None:
    """Keep a copy of the state at `path` as it was before this version first changes its schema,
    for whoever has to go back; one copy at a time, for its owner alone.

    Others must not write meanwhile. Raises `OSError` if there is no room for it.
    """
    if not 0 < version(engine) < LATEST:
        return
    begun = path.with_name(f".tidings-{path.name}.copy")
    begun.unlink(missing_ok=True)
    try:
        access.create(begun)
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as whole,
            closing(sqlite3.connect(begun)) as copy,
        ):
            whole.backup(copy)
        begun.replace(copy_of(path))
    finally:
        begun.unlink(missing_ok=True)


def drop_old_copy(path: Path) -> None:
    """Remove that copy once the state has been written for 30 days since."""
    copy = copy_of(path)
    with suppress(OSError):
        if path.stat().st_mtime - copy.stat().st_mtime > KEPT_SECONDS:
            copy.unlink()


def copy_of(path: Path) -> Path:
    """Where the copy of the state at `path` from before an upgrade is kept."""
    return path.with_name(path.name + access.BEFORE_UPGRADE)


def apply(engine: Engine) -> None:
    """Bring the schema up to date; a migration that fails leaves the old schema intact."""
    with engine.connect().execution_options(immediate=True) as connection:
        done = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.rollback()
        for script in _SCRIPTS:
            version = version_of(script)
            if version <= done:
                continue
            with connection.begin():
                for statement in statements(script):
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version = {version}")
