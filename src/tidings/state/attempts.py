"""The statements by which messages are sent: taking a row, looking at it, settling it; and how
sending stands.

They are the hot path, made once: building one costs more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    false,
    func,
    not_,
    select,
    update,
)

from tidings.core.audience import SubscriptionStatus
from tidings.model import DeliveryState, RecipientState
from tidings.state.editions import OPEN
from tidings.state.schema import choices, deliveries, editions, people

# How many rows are looked at together. A statement of one length is prepared once.
LOOK = 16


@dataclass(frozen=True, slots=True)
class MailSummary:
    """What of the mail needs somebody's eye.

    `waiting` is all that is still to be sent; of it, `held` waits for an operator, and `late` could
    have gone out long ago; `next_attempt_at` is when the first of what was put off is tried again.
    `failed` counts the newest edition of each digest: what failed before is in a later one.
    """

    waiting: int = 0
    held: int = 0
    late: int = 0
    in_doubt: int = 0
    failed: int = 0
    next_attempt_at: datetime | None = None


DOUBTED = deliveries.c.doubted


TAKE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("key"))
    .values(
        state=DeliveryState.SENDING.value,
        attempts=deliveries.c.attempts + 1,
        # Whoever finds a row "sending" takes it from a process that died over it.
        crashes=deliveries.c.crashes
        + case((deliveries.c.state == DeliveryState.SENDING.value, 1), else_=0),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        changed_at=bindparam("at"),
        dated_at=bindparam("dated"),
        # For good: an end of which nobody was told is never learned.
        doubted=case((deliveries.c.state == DeliveryState.SENDING.value, 1), else_=DOUBTED),
    )
)


LOOK_AT = (
    select(
        deliveries.c.id,
        deliveries.c.state,
        deliveries.c.attempts,
        deliveries.c.held,
        people.c.state.label("mark"),
        choices.c.state.label("own"),
        choices.c.joined,
    )
    .join(editions, editions.c.id == deliveries.c.edition_id)
    .outerjoin(people, people.c.address_key == deliveries.c.address_key)
    .outerjoin(
        choices,
        and_(
            choices.c.digest == editions.c.digest,
            choices.c.address_key == deliveries.c.address_key,
        ),
    )
    .where(deliveries.c.id.in_([bindparam(f"key{n}") for n in range(LOOK)]))
)


def standing_of(row: Any) -> SubscriptionStatus:
    """What is on record of a recipient, from a row that was looked at."""
    return SubscriptionStatus(
        mark=RecipientState(row.mark) if row.mark else None,
        own=RecipientState(row.own) if row.own else None,
        joined=bool(row.joined),
    )


SETTLE = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("key"),
        deliveries.c.lease_owner == bindparam("owner"),
        deliveries.c.attempts == bindparam("attempt"),
    )
    .values(
        state=bindparam("end"),
        changed_at=bindparam("at"),
        detail=bindparam("words"),
        next_attempt_at=bindparam("retry_at"),
        attempts=bindparam("made"),
        doubted=case((bindparam("lost") == 1, 1), else_=DOUBTED),
        lease_owner=None,
        lease_until=None,
    )
)


def put_off(at: datetime) -> ColumnElement[bool]:
    """Which deliveries wait for their next attempt. Those that were put off later than `at` were so
    while the clock was ahead: their time lies as far ahead, and is not waited for."""
    return and_(
        deliveries.c.state == DeliveryState.DEFERRED,
        deliveries.c.next_attempt_at.is_not(None),
        deliveries.c.next_attempt_at > at,
        deliveries.c.changed_at <= at,
    )


def mail_summary(
    db: Connection, now: datetime, late: timedelta, in_doubt_for: timedelta
) -> MailSummary:
    """What of the mail needs somebody's eye: `Deliveries.mail_summary`."""
    state, held = deliveries.c.state, deliveries.c.held == 1
    still = state.in_(OPEN)
    leased = and_(state == DeliveryState.SENDING, deliveries.c.lease_until >= now)
    later = and_(put_off(now), ~held)
    # What is due is named as well, as long as nobody has tried it.
    again = and_(state == DeliveryState.DEFERRED, ~held, deliveries.c.changed_at <= now)
    idle = and_(still, ~held, not_(func.coalesce(leased, false())), ~later)
    newest = (
        select(func.max(editions.c.id))
        .where(editions.c.number.is_not(None))
        .group_by(editions.c.digest)
    )
    opened_at = editions.c.opened_at
    found = db.execute(
        select(
            _count(still).label("waiting"),
            _count(and_(still, held)).label("held"),
            _count(and_(idle, opened_at < now - late)).label("late"),
            _count(and_(state == DeliveryState.IN_DOUBT, opened_at >= now - in_doubt_for)).label(
                "in_doubt"
            ),
            _count(and_(state == DeliveryState.FAILED, editions.c.id.in_(newest))).label("failed"),
            func.min(case((again, deliveries.c.next_attempt_at))).label("next_attempt_at"),
        )
        .join(editions, editions.c.id == deliveries.c.edition_id)
        # By an index: what was sent is nearly all that there is.
        .where(state.in_((*OPEN, DeliveryState.IN_DOUBT, DeliveryState.FAILED)))
    )
    return MailSummary(**found.mappings().one())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
