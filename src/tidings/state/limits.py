"""What is counted of strangers' requests, and which mailboxes are never to be written to.

Neither names anybody: names are keyed hashes. What has no bearing any more is forgotten by index,
some at a time, so that no transaction grows with what strangers leave behind. It stands alone,
since these tables name nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, literal, or_, select

from tidings.core.limits import Window
from tidings.state import rows
from tidings.state.schema import limits, unwanted


class Limits:
    """Counts since an instant, by names that nobody can read, and the marks of the unwanted."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def window(self, name: str) -> Window | None:
        """What was counted under that name."""
        row = self._db.execute(select(limits).where(limits.c.name == name)).first()
        return None if row is None else Window(row.since, row.counted, row.most)

    def keep(self, name: str, window: Window, until: datetime) -> None:
        """Remember a window until it says nothing any more."""
        values = {"since": window.since, "counted": window.count, "most": window.most}
        self._db.execute(rows.upsert(limits), {"name": name, **values, "until": until})

    def count(self, name: str, within: timedelta, now: datetime) -> int:
        """Count one more in a window that ends; returns how many came in it. One statement, so that
        none is lost where several processes count at once."""
        new = {"name": name, "since": now, "counted": 1, "most": 0, "until": now + within}
        over = or_(limits.c.until <= now, limits.c.since > now)
        begins, ends = (literal(each, limits.c.since.type) for each in (now, now + within))
        begun = rows.upsert_with(
            limits,
            counted=case((over, 1), else_=limits.c.counted + 1),
            since=case((over, begins), else_=limits.c.since),
            until=case((over, ends), else_=limits.c.until),
        )
        return int(self._db.scalar(begun.returning(limits.c.counted), new) or 0)

    def forget(self, before: datetime, some: int) -> int:
        """Forget some windows that have ended by then; returns how many."""
        ended = select(limits.c.name).where(limits.c.until <= before)
        few = ended.order_by(limits.c.until).limit(some)
        return self._db.execute(delete(limits).where(limits.c.name.in_(few))).rowcount

    def any_ended(self, before: datetime) -> bool:
        """Whether there is any window to forget."""
        ended = select(limits.c.name).where(limits.c.until <= before).limit(1)
        return self._db.scalar(ended) is not None

    # --- Never to be written to -------------------------------------------------------------------

    def never(self, mark: str, at: datetime) -> None:
        """Remember that nothing is to be sent to a mailbox, whoever asks; the first time counts."""
        self._db.execute(rows.insert_new(unwanted), {"mark": mark, "at": at})

    def never_since(self, mark: str) -> datetime | None:
        """Since when nothing is to be sent to a mailbox; None if it may be written to."""
        return self._db.scalar(select(unwanted.c.at).where(unwanted.c.mark == mark))

    def may_again(self, mark: str) -> None:
        """Let a mailbox be written to again."""
        self._db.execute(delete(unwanted).where(unwanted.c.mark == mark))
