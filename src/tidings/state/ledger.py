"""Sending: who has which delivery in hand, how attempts ended, and the bodies being sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from tidings.core.audience import SubscriptionStatus
from tidings.model import Delivery, DeliveryState, Edition, RecipientState
from tidings.state.deliveries import OPEN, delivery_of, put_off
from tidings.state.editions import edition_of
from tidings.state.schema import choices, deliveries, editions, people, variants


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that may be sent, as it was when it was read, with its edition."""

    delivery: Delivery
    edition: Edition


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one attempt ended. `attempt` is its number: a later one is not this one's to settle."""

    delivery_id: int
    attempt: int
    state: DeliveryState
    detail: str = ""
    retry_at: datetime | None = None


# How many rows are looked at together. A statement of one length is prepared once.
LOOK = 16
# The statements of the hot path, made once: building one costs more than running it.
_TAKE = (
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
    )
)
_LOOK = (
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
_SETTLE = (
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
        lease_owner=None,
        lease_until=None,
    )
)


def _standing(row: Any) -> SubscriptionStatus:
    return SubscriptionStatus(
        mark=RecipientState(row.mark) if row.mark else None,
        own=RecipientState(row.own) if row.own else None,
        joined=bool(row.joined),
    )


class Ledger:
    """Who has which delivery in hand, and how attempts ended."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def abandon(self, owners: Collection[str]) -> None:
        """End the leases of these owners: they no longer run."""
        theirs = and_(
            deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_owner.in_(owners)
        )
        self._db.execute(update(deliveries).where(theirs).values(lease_until=None))

    def shorten_leases(self, until: datetime) -> None:
        """Let no lease end later than this: one that does was given while the clock was ahead."""
        longer = and_(deliveries.c.state == DeliveryState.SENDING, deliveries.c.lease_until > until)
        self._db.execute(update(deliveries).where(longer).values(lease_until=until))

    def claimable(self, at: datetime, limit: int) -> tuple[Claim, ...]:
        """Deliveries that may be sent now, in the order of their variants.

        A row that is "sending" but whose lease was ended or has run out is among them, and so is
        one that was put off by a clock that has been ahead.
        """
        abandoned = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < at)
        found = self._db.execute(
            select(deliveries)
            .where(
                deliveries.c.held == 0,
                or_(
                    deliveries.c.state == DeliveryState.QUEUED,
                    and_(deliveries.c.state == DeliveryState.DEFERRED, ~put_off(at)),
                    and_(deliveries.c.state == DeliveryState.SENDING, abandoned),
                ),
            )
            .order_by(deliveries.c.owed_set, deliveries.c.language, deliveries.c.id)
            .limit(limit)
        ).all()
        opened = {
            row.id: edition_of(row)
            for row in self._db.execute(
                select(editions).where(editions.c.id.in_({row.edition_id for row in found}))
            )
        }
        return tuple(Claim(delivery_of(row), opened[row.edition_id]) for row in found)

    def untouched(self, claims: Sequence[Claim]) -> tuple[tuple[Claim, SubscriptionStatus], ...]:
        """Those of `claims` that nobody has touched since they were read, each with what is on
        record of its recipient."""
        ids = iter([claim.delivery.id for claim in claims])
        now = {}
        while some := tuple(islice(ids, LOOK)):
            keys = {f"key{n}": some[min(n, len(some) - 1)] for n in range(LOOK)}
            for row in self._db.execute(_LOOK, keys):
                now[row.id] = ((row.state, row.attempts, bool(row.held)), _standing(row))
        found = []
        for claim in claims:
            each = claim.delivery
            if each.id not in now:
                continue
            as_it_is, standing = now[each.id]
            if as_it_is == (each.state, each.attempts, each.held):
                found.append((claim, standing))
        return tuple(found)

    def take(
        self, claims: Sequence[Claim], owner: str, at: datetime, lease_until: datetime
    ) -> None:
        """Mark deliveries as being sent by `owner`, who must settle them before the lease ends."""
        given = {"owner": owner, "until": lease_until, "at": at}
        if claims:
            self._db.execute(_TAKE, [{"key": claim.delivery.id, **given} for claim in claims])

    def settle(self, settlements: Sequence[Settlement], owner: str, at: datetime) -> bool:
        """Record how attempts ended; False if any of them was no longer `owner`'s to settle."""
        if not settlements:
            return True
        given = {"owner": owner, "at": at}
        result = self._db.execute(
            _SETTLE,
            [
                {
                    "key": each.delivery_id,
                    "attempt": each.attempt,
                    "end": each.state.value,
                    "words": each.detail,
                    "retry_at": each.retry_at,
                    **given,
                }
                for each in settlements
            ],
        )
        return result.rowcount == len(settlements)

    def close(self, claims: Sequence[tuple[Claim, DeliveryState, str]], at: datetime) -> None:
        """End deliveries that are not attempted: suppressed, expired, parked, or held in doubt."""
        for claim, state, detail in claims:
            self._db.execute(
                update(deliveries)
                .where(deliveries.c.id == claim.delivery.id)
                .values(
                    state=state,
                    detail=detail,
                    changed_at=at,
                    next_attempt_at=None,
                    lease_owner=None,
                    lease_until=None,
                )
            )

    def owners(self) -> Set[str]:
        """Who holds rows that are being sent."""
        query = select(deliveries.c.lease_owner).where(deliveries.c.state == DeliveryState.SENDING)
        return {owner for owner in self._db.scalars(query) if owner}

    def due(self, at: datetime) -> int:
        """How many messages could be sent by now, or are being sent."""
        query = select(func.count()).where(
            deliveries.c.state.in_(OPEN), deliveries.c.held == 0, ~put_off(at)
        )
        return self._db.scalar(query) or 0

    def variant(self, owed_set: int, language: str) -> bytes | None:
        """The kept body of a variant."""
        return self._db.scalar(
            select(variants.c.body).where(
                variants.c.owed_set == owed_set, variants.c.language == language
            )
        )

    def keep_variant(self, owed_set: int, language: str, body: bytes) -> None:
        """Keep the body of a variant, in the place of an earlier one, so that every copy of it is
        the same."""
        kept = {"owed_set": owed_set, "language": language, "body": body}
        self._db.execute(insert(variants).prefix_with("OR REPLACE").values(kept))

    def drop_settled_variants(self) -> None:
        """Let go of the bodies of which nothing is left to send."""
        unsettled = (*OPEN, DeliveryState.IN_DOUBT)
        wanted = exists().where(
            deliveries.c.owed_set == variants.c.owed_set,
            deliveries.c.language == variants.c.language,
            # What was parked after crashes may be tried again, and has to be the same then.
            or_(deliveries.c.state.in_(unsettled), deliveries.c.crashes > 0),
        )
        self._db.execute(delete(variants).where(~wanted))
