"""How fast mail goes out, over all processes that send from a state on a server.

One row says when the next message may go out, in seconds since 1970 by the server's clock: a leaky
bucket (https://en.wikipedia.org/wiki/Leaky_bucket#As_a_meter) that each process moves on by the
places that it takes. No clock of another machine counts. It stands alone, since it locks nothing
but that row, and what it writes is no loss: after a crash of the server the bucket is empty.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

NEXT_NOTE: Final = "next message"
# Seconds: so far ahead places are given out, and so many of them at most at a time. What is further
# ahead than both comes from a clock of the server that was wrong, and is not waited for.
_AHEAD: Final = 1.0
_PORTION: Final = 0.1

_TAKE: Final = """
INSERT INTO notes AS known (name, value)
VALUES (%(name)s, (date_part('epoch', clock_timestamp()) + %(span)s)::text)
ON CONFLICT (name) DO UPDATE SET value = (
  greatest(
    least(known.value::float8, date_part('epoch', clock_timestamp()) + %(ahead)s),
    date_part('epoch', clock_timestamp())
  ) + %(span)s
)::text
WHERE known.value::float8 - date_part('epoch', clock_timestamp()) <= %(ahead)s
   OR known.value::float8 - date_part('epoch', clock_timestamp()) > %(furthest)s
RETURNING value::float8 - %(span)s - date_part('epoch', clock_timestamp())
"""
_LOOK: Final = """
SELECT value::float8 - date_part('epoch', clock_timestamp()) FROM notes WHERE name = %(name)s
"""


def take_places(connection: Connection, count: int, rate: float) -> tuple[int, float]:
    """Take the places of `count` messages, at `rate` a second; at most those of a tenth of a
    second, and at least one.

    Returns how many, and in how many seconds they begin; 0 where others have taken those of the
    next second, and in how many seconds it is worth asking again.
    """
    count = min(count, max(1, int(rate * _PORTION)))
    given = {
        "name": NEXT_NOTE,
        "span": count / rate,
        "ahead": _AHEAD,
        "furthest": _AHEAD + max(1 / rate, _PORTION),
    }
    # Nothing depends on these writes, so nobody waits for the disk.
    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    begins = connection.exec_driver_sql(_TAKE, given).scalar()
    if begins is not None:
        return count, max(0.0, float(begins))
    ahead = connection.exec_driver_sql(_LOOK, {"name": NEXT_NOTE}).scalar()
    return 0, max(0.001, float(ahead or 0.0) - _AHEAD)
