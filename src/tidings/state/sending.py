"""Sending: setting rows of the ledger aside, looking at them, taking them, settling them.

The statements are the hot path, made once: building one costs more than running it. On a server
several processes send at once. Each sets rows aside for itself, which no other does that finds them
so (`SKIP LOCKED`, https://www.postgresql.org/docs/15/sql-select.html#SQL-FOR-UPDATE-SHARE), and
goes on with what is still its own. Their state stays as it was: who ends then leaves nothing in
doubt but what was committed as being sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    or_,
    select,
    text,
    update,
)

from tidings.core.audience import SubscriptionStatus
from tidings.model import Delivery, DeliveryState, Edition, RecipientState
from tidings.state.editions import OPEN, edition_of
from tidings.state.schema import choices, deliveries, editions, people

# How many rows are looked at together. A statement of one length is prepared once.
LOOK = 16
DIFFERING = timedelta(days=1)
# On a server so many rows are set aside at a time: who has more has them while others have none.
PORTION = 100
WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that may be sent, as it was when it was read, with its edition."""

    delivery: Delivery
    edition: Edition


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one attempt ended. `attempt` is its number: a later one is not this one's to settle.

    `lost`: nobody knows whether it arrived. One that never came about is not `counted`.
    """

    delivery_id: int
    attempt: int
    state: DeliveryState
    detail: str = ""
    retry_at: datetime | None = None
    lost: bool = False
    counted: bool = True


def delivery_of(row: Row[Any]) -> Delivery:
    """A delivery from its row."""
    return Delivery(
        id=row.id,
        edition_id=row.edition_id,
        address=row.address,
        name=row.name,
        language=row.language,
        owed_set=row.owed_set,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        message_id=row.message_id,
        detail=row.detail,
        crashes=row.crashes,
        held=bool(row.held),
        doubted=bool(row.doubted),
        dated_at=row.dated_at,
    )


DOUBTED = deliveries.c.doubted


# What was put off comes last, lest nobody else have a turn; but for what may have arrived, beside
# which a newer edition may wait.
LAST = and_(deliveries.c.state == DeliveryState.DEFERRED, DOUBTED == 0)
ORDER = (LAST, deliveries.c.owed_set, deliveries.c.language, deliveries.c.id)


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
        deliveries.c.lease_owner,
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
    # A server keeps these rows for us until the transaction ends; what others change now is theirs.
    .with_for_update(of=deliveries, skip_locked=True)
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


class Sending:
    """The ledger as those who send see it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        # Whether several processes may send at once.
        self._shared = connection.dialect.name == "postgresql"

    def owners(self) -> Set[str]:
        """Who holds rows that are being sent, or are set aside."""
        held = deliveries.c.lease_owner
        query = select(held).where(deliveries.c.state.in_(OPEN), held.is_not(None)).distinct()
        return set(self._db.scalars(query))

    def abandon(self, owners: Collection[str]) -> None:
        """End the leases of these owners: they no longer run, and what they hold is nobody's."""
        theirs = and_(deliveries.c.state.in_(OPEN), deliveries.c.lease_owner.in_(owners))
        nobody = {"lease_owner": None, "lease_until": None}
        self._db.execute(update(deliveries).where(theirs).values(**nobody))

    def release(self, owner: str) -> None:
        """At the end of sending: let others have what was set aside and not begun."""
        if self._shared:
            self.abandon([owner])

    def shorten_leases(self, until: datetime) -> None:
        """Let no lease end later than this: one that does was given while the clock was ahead. On a
        server only one that is a day longer: whoever only looks goes by the clock of a machine."""
        most = until + DIFFERING if self._shared else until
        longer = and_(deliveries.c.state.in_(OPEN), deliveries.c.lease_until > most)
        self._db.execute(update(deliveries).where(longer).values(lease_until=until))

    def reserve(self, owner: str, at: datetime, until: datetime, limit: int) -> tuple[Claim, ...]:
        """Deliveries that may be sent now, in the order of their variants.

        On a server they are set aside for `owner` until then: no other process is given them. A row
        that is "sending" but whose lease was ended or has run out is among them, and so is one that
        was put off by a clock that has been ahead.
        """
        if self._shared:
            found = self._set_aside(owner, at, until, min(limit, PORTION))
        else:
            found = self._db.execute(self._claimable(owner, at).order_by(*ORDER).limit(limit)).all()
        opened = {
            row.id: edition_of(row)
            for row in self._db.execute(
                select(editions).where(editions.c.id.in_({row.edition_id for row in found}))
            )
        }
        return tuple(Claim(delivery_of(row), opened[row.edition_id]) for row in found)

    def _set_aside(
        self, owner: str, at: datetime, until: datetime, limit: int
    ) -> Sequence[Row[Any]]:
        """Rows that are `owner`'s from now on. What comes last is asked for only where nothing else
        is left, so that the next rows are found by their index."""
        open_ = text("deliveries.state IN ('queued', 'deferred', 'sending')")
        for part in (~LAST, LAST):
            ids = self._claimable(owner, at).with_only_columns(deliveries.c.id).where(part, open_)
            some = ids.order_by(*ORDER[1:]).limit(limit).with_for_update(skip_locked=True)
            aside = update(deliveries).where(deliveries.c.id.in_(some.scalar_subquery()))
            given = aside.values(lease_owner=owner, lease_until=until).returning(deliveries)
            if found := self._db.execute(given).all():
                return sorted(found, key=_place)
        return ()

    def _claimable(self, owner: str, at: datetime) -> Select[Any]:
        abandoned = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < at)
        waiting = or_(
            deliveries.c.state == DeliveryState.QUEUED,
            and_(deliveries.c.state == DeliveryState.DEFERRED, ~put_off(at)),
        )
        if self._shared:
            waiting = and_(waiting, or_(abandoned, deliveries.c.lease_owner == owner))
        sending = and_(deliveries.c.state == DeliveryState.SENDING, abandoned)
        return select(deliveries).where(deliveries.c.held == 0, or_(waiting, sending))

    def untouched(
        self, claims: Sequence[Claim], owner: str
    ) -> tuple[tuple[Claim, SubscriptionStatus], ...]:
        """Those of `claims` that nobody has touched since `owner` set them aside, each with what is
        on record of its recipient. Nobody touches them before the transaction ends."""
        ids = iter([claim.delivery.id for claim in claims])
        now = {}
        while some := tuple(islice(ids, LOOK)):
            keys = {f"key{n}": some[min(n, len(some) - 1)] for n in range(LOOK)}
            for row in self._db.execute(LOOK_AT, keys):
                if not self._shared or row.lease_owner == owner:
                    now[row.id] = ((row.state, row.attempts, bool(row.held)), standing_of(row))
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
        """Mark deliveries as being sent by `owner`, who must settle them before the lease ends, and
        keep the date that each has for it."""
        given = {"owner": owner, "until": lease_until, "at": at}
        if claims:
            each = [claim.delivery for claim in claims]
            values = [{"key": one.id, "dated": one.dated_at, **given} for one in each]
            self._db.execute(TAKE, values)

    def put_off(self, delivery_id: int, attempts: int, at: datetime, until: datetime) -> None:
        """Let a delivery that was given back wait, after so many attempts; unless another process
        has set it aside since."""
        here = and_(
            deliveries.c.id == delivery_id,
            deliveries.c.state == DeliveryState.QUEUED,
            deliveries.c.lease_owner.is_(None),
        )
        values = {"attempts": attempts, "changed_at": at, "next_attempt_at": until}
        self._db.execute(
            update(deliveries).where(here).values(state=DeliveryState.DEFERRED.value, **values)
        )

    def bring(self, taken: Delivery, owed_set: int) -> None:
        """Let a delivery, as it was before it was taken, bring another owed set than it was to
        bring when its edition opened; unless another process has taken it since."""
        here = and_(deliveries.c.id == taken.id, deliveries.c.attempts == taken.attempts + 1)
        self._db.execute(update(deliveries).where(here).values(owed_set=owed_set))

    def settle(self, settlements: Sequence[Settlement], owner: str, at: datetime) -> bool:
        """Record how attempts ended; False if any of them was no longer `owner`'s to settle."""
        if not settlements:
            return True
        given = {"owner": owner, "at": at}
        result = self._db.execute(
            SETTLE,
            [
                {
                    "key": each.delivery_id,
                    "attempt": each.attempt,
                    "end": each.state.value,
                    "words": each.detail,
                    "retry_at": each.retry_at,
                    "lost": int(each.lost),
                    "made": each.attempt if each.counted else each.attempt - 1,
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


def _place(row: Row[Any]) -> tuple[bool, int, str, int]:
    """Where a row stands among those that are set aside together: as `ORDER` has it."""
    return row.owed_set is None, row.owed_set or 0, row.language, row.id
