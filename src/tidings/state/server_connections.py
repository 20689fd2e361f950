"""Connections to a PostgreSQL server: how they are made, tried, and given up.

Making one says what is missing to make it; what goes wrong on one is put into words by
`server_locks.explained`.
"""

from __future__ import annotations

import math
import secrets
import time
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError

from tidings.errors import StoreError
from tidings.state import server_locks
from tidings.state.access import Server

_CONNECT_SECONDS: Final = 10
# Seconds after which a connection that nobody used is tried before it is.
_PING_AFTER: Final = 1.0
# How we find out that the server's machine is gone.
_PATIENCE: Final = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
# Whoever connects so soon after somebody waited in vain for so long hears the same at once.
_PATIENCE_SECONDS: Final = 1.0
_AGAIN_AFTER: Final = 5.0


def url_of(server: Server) -> URL:
    """What SQLAlchemy opens."""
    url = make_url(server.address).set(drivername="postgresql+psycopg")
    if server.password:
        url = url.set(password=server.password)
    query = {"application_name": "tidings", "connect_timeout": str(_CONNECT_SECONDS), **_PATIENCE}
    return url.set(query={**query, **url.query})


def engine_of(server: Server) -> Engine:
    """What connects to a server, and adapts each connection.

    Raises `StoreError` if the driver is not installed.
    """
    try:
        from psycopg import Connection as Psycopg
        from psycopg import Error
        from psycopg.types.string import StrDumper
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{error.name} is not installed, which a state on a server needs: run "
            "`pip install 'tidings[scale]'`"
        ) from error

    class WithoutNul(StrDumper):
        """Text as the server takes it: the one character that it has no place for is left out.

        What is read from files has none; what a mail server answers may.
        """

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", ""))

    engine = create_engine(url_of(server), pool_timeout=_CONNECT_SECONDS)
    _hear_once(engine)
    # By which others find the connections of this process, if it hangs.
    session = secrets.token_hex(8)

    @event.listens_for(engine, "connect")
    def adapt(raw: Psycopg[Any], _record: Any) -> None:
        raw.adapters.register_dumper(str, WithoutNul)
        raw.execute(
            "SELECT set_config('application_name',"
            " left(current_setting('application_name'), 40) || ' ' || %s, false)",
            (session,),
        )
        raw.execute(f"SET lock_timeout = '{server_locks.WAIT_SECONDS}s'")
        # A process that hangs in the middle of a change holds up nobody for long.
        raw.execute(f"SET idle_in_transaction_session_timeout = '{server_locks.FORGOTTEN_AFTER}s'")
        raw.commit()

    @event.listens_for(engine, "checkin")
    def rest(_raw: Psycopg[Any] | None, record: Any) -> None:
        record.info["rests since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(raw: Psycopg[Any], record: Any, _proxy: Any) -> None:
        # Asking before each transaction would cost as much as a statement of it.
        if time.monotonic() - record.info.get("rests since", math.inf) <= _PING_AFTER:
            return
        try:
            raw.execute("SELECT 1")
            raw.rollback()
        except Error:
            raise DisconnectionError from None  # the pool makes another

    return engine


def _hear_once(engine: Engine) -> None:
    """Let one thread wait for a server that does not answer, rather than each in turn."""
    in_vain: list[tuple[float, BaseException]] = []

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: Any, words: Any, named: Any) -> Any:
        began = time.monotonic()
        if in_vain and began < in_vain[0][0]:
            raise in_vain[0][1]
        try:
            return dialect.connect(*words, **named)
        except dialect.loaded_dbapi.OperationalError as error:
            now = time.monotonic()
            in_vain[:] = [(now + _AGAIN_AFTER, error)] if now - began > _PATIENCE_SECONDS else []
            raise
