"""One cache of compiled SQL for all states that tests open in a process.

SQLAlchemy keeps what it compiles with an engine, and tests open thousands of states, each with an
engine of its own that is soon gone. `compiled_cache` is SQLAlchemy's own option for such a cache;
its entries count for one dialect object, so all connections are given the first. Without it all
tests together take a tenth longer.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Dialect, Engine, event


@cache
def share_statements() -> None:
    """Share them from now on in this process."""
    statements: dict[object, object] = {}
    dialects: dict[str, Dialect] = {}

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.dialect = dialects.setdefault(connection.dialect.name, connection.dialect)
        connection.execution_options(compiled_cache=statements)
