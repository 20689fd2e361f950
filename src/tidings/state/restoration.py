"""What accepting a restored state changes in it: open mail, and editions that it does not know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tidings.model import DeliveryState, Edition
from tidings.state import rows
from tidings.state.deliveries import OPEN
from tidings.state.schema import deliveries, editions


class Restoration:
    """What accepting a restored state changes in it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def doubt(self, at: datetime, detail: str) -> int:
        """Put all that is still to be sent in doubt: it may have been; returns how much."""
        return self._db.execute(
            update(deliveries)
            .where(deliveries.c.state.in_(OPEN))
            .values(
                state=DeliveryState.IN_DOUBT,
                changed_at=at,
                detail=detail,
                next_attempt_at=None,
                lease_owner=None,
                lease_until=None,
            )
        ).rowcount

    def stand_in(
        self, digest: str, number: int, period: str, at: datetime, subject: str
    ) -> Edition:
        """An edition in the place of one that the state has no memory of.

        It takes the number and the period, so that neither is used for another.
        """
        taken = select(editions.c.id).where(
            editions.c.digest == digest, editions.c.period == period
        )
        if self._db.scalar(taken) is not None:
            period = f"lost-{number}"
        values = {
            "digest": digest,
            "number": number,
            "period": period,
            "opened_at": at,
            "subject": subject,
        }
        key = rows.key_of(self._db.execute(insert(editions).values(values)))
        return Edition(key, digest, number, period, at, subject)
