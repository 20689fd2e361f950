"""The schema's history: one SQL file a version, each applied in one transaction.

`PRAGMA user_version` says how far a state file is. A file here is never edited once released.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import Engine

APPLICATION_ID = 0x54494447  # "TIDG": how a state file of ours is told from any other
_SCRIPTS = (
    "0001_initial.sql",
    "0002_delivery.sql",
    "0003_decisions.sql",
    "0004_people.sql",
    "0005_places.sql",
    "0006_last_read.sql",
)


def version_of(script: str) -> int:
    """The version that a migration file leads to: the number that its name begins with."""
    return int(script[:4])


LATEST = version_of(_SCRIPTS[-1])


def statements(script: str) -> list[str]:
    """The statements of one migration file."""
    text = files("tidings.state").joinpath("sql", script).read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(";\n") if statement.strip()]


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
