"""The ledger as an operator sees and steers it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    not_,
    or_,
    select,
    true,
    update,
)

from tidings.core.mail.refusals import BOUNCED, RETURNED
from tidings.model import Delivery, DeliveryState, Edition, RecipientState
from tidings.state import rows
from tidings.state.deliveries import OPEN, delivery_of, put_off
from tidings.state.editions import edition_of
from tidings.state.schema import deliveries, editions, people, subscriptions


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery with its edition; `next_attempt_at` is None unless it was put off."""

    delivery: Delivery
    edition: Edition
    changed_at: datetime
    next_attempt_at: datetime | None

    @property
    def key(self) -> str:
        """The form in which its address is compared."""
        return self.delivery.address.casefold()

    @property
    def open(self) -> bool:
        """Whether it is still to be sent."""
        return self.delivery.state in (
            DeliveryState.QUEUED,
            DeliveryState.DEFERRED,
            DeliveryState.SENDING,
        )

    @property
    def on_hold(self) -> bool:
        """Whether it waits for an operator; what was put on hold while being sent may be sent."""
        return self.delivery.held and self.open


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are meant: those that meet everything that is given (None: whatever).

    `key` is an address case-folded; `held` means on hold and still to be sent, or neither.
    """

    ids: tuple[int, ...] | None = None
    states: tuple[DeliveryState, ...] | None = None
    digest: str | None = None
    key: str | None = None
    held: bool | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bounced:
    """An address that gets no more mail, since when, and the words of its last refusal."""

    key: str
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How a delivery whose server has answered ended: an edition to somebody."""

    delivery_id: int
    edition_id: int
    state: DeliveryState
    detail: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one edition: how many people's servers have given one, and by address key the
    detail of each delivery that failed or came back."""

    edition: Edition
    of: int
    against: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outlook:
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


# A server has answered for good, whatever it said.
ANSWERED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.IN_DOUBT)


class Steering:
    """The ledger in an operator's hands."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # --- Finding ----------------------------------------------------------------------------------

    def find(self, wanted: Wanted) -> tuple[Entry, ...]:
        """The deliveries that are meant, in the order of their editions."""
        if wanted.ids is None:
            return self._find(wanted, true())
        found: list[Entry] = []
        for portion in rows.chunks(sorted(set(wanted.ids))):
            found += self._find(wanted, deliveries.c.id.in_(portion))
        return tuple(found)

    def _find(self, wanted: Wanted, among: ColumnElement[bool]) -> tuple[Entry, ...]:
        opened = {row.id: edition_of(row) for row in self._db.execute(select(editions))}
        query = select(deliveries).where(among)
        if wanted.states is not None:
            query = query.where(deliveries.c.state.in_(wanted.states))
        if wanted.digest is not None:
            of_digest = select(editions.c.id).where(editions.c.digest == wanted.digest)
            query = query.where(deliveries.c.edition_id.in_(of_digest))
        if wanted.key is not None:
            query = query.where(deliveries.c.address_key == wanted.key)
        if wanted.message_id is not None:
            query = query.where(deliveries.c.message_id == wanted.message_id)
        if wanted.held is not None:
            on_hold = and_(deliveries.c.held == 1, deliveries.c.state.in_(OPEN))
            query = query.where(on_hold if wanted.held else ~on_hold)
        ordered = query.order_by(deliveries.c.edition_id, deliveries.c.id)
        return tuple(
            Entry(delivery_of(row), opened[row.edition_id], row.changed_at, row.next_attempt_at)
            for row in self._db.execute(ordered)
        )

    def taken_over(self, ids: Collection[int]) -> Mapping[int, int]:
        """For those whose recipient has a delivery of a later edition: that edition's number."""
        later, later_edition = deliveries.alias(), editions.alias()
        found: dict[int, int] = {}
        for portion in rows.chunks(ids):
            query = (
                select(deliveries.c.id, func.min(later_edition.c.number).label("number"))
                .join(editions, editions.c.id == deliveries.c.edition_id)
                .join(
                    later_edition,
                    and_(
                        later_edition.c.digest == editions.c.digest,
                        later_edition.c.id > editions.c.id,
                    ),
                )
                .join(
                    later,
                    and_(
                        later.c.edition_id == later_edition.c.id,
                        later.c.address_key == deliveries.c.address_key,
                        later.c.state != DeliveryState.EMPTY,
                    ),
                )
                .where(deliveries.c.id.in_(portion))
                .group_by(deliveries.c.id)
            )
            found.update({row.id: row.number for row in self._db.execute(query)})
        return found

    # --- Steering ---------------------------------------------------------------------------------

    def requeue(self, ids: Collection[int], at: datetime) -> None:
        """Send these with the next run; what was held, put off or counted as a crash is over."""
        self._change(
            ids,
            state=DeliveryState.QUEUED.value,
            changed_at=at,
            next_attempt_at=None,
            crashes=0,
            held=0,
        )

    def give_up(self, ids: Collection[int], detail: str, at: datetime) -> None:
        """Count these as failed: their items are owed again."""
        self._change(ids, state=DeliveryState.FAILED.value, changed_at=at, detail=detail, held=0)

    def hold(self, ids: Collection[int], *, held: bool) -> None:
        """Put these on hold, or let them go."""
        self._change(ids, held=int(held))

    def amend(self, delivery_id: int, detail: str) -> None:
        """Write down what became known of a delivery after it was sent."""
        self._change([delivery_id], detail=detail)

    def _change(self, ids: Collection[int], **values: object) -> None:
        for portion in rows.chunks(ids):
            self._db.execute(
                update(deliveries).where(deliveries.c.id.in_(portion)).values(**values)
            )

    # --- People -----------------------------------------------------------------------------------

    def answers_of(self, key: str, limit: int) -> tuple[Answer, ...]:
        """How the last deliveries to an address ended whose server has answered, newest first."""
        query = (
            select(
                deliveries.c.id, deliveries.c.edition_id, deliveries.c.state, deliveries.c.detail
            )
            .where(deliveries.c.address_key == key, deliveries.c.state.in_(ANSWERED))
            .order_by(deliveries.c.edition_id.desc(), deliveries.c.id.desc())
            .limit(limit)
        )
        return tuple(
            Answer(row.id, row.edition_id, DeliveryState(row.state), row.detail)
            for row in self._db.execute(query)
        )

    def answers_to(self, edition_id: int) -> Answers:
        """How the deliveries of an edition ended whose server has answered."""
        edition = edition_of(
            self._db.execute(select(editions).where(editions.c.id == edition_id)).one()
        )
        here = and_(deliveries.c.edition_id == edition_id, deliveries.c.state.in_(ANSWERED))
        came_back = or_(*(deliveries.c.detail.startswith(each) for each in (BOUNCED, RETURNED)))
        against = select(deliveries.c.address_key, deliveries.c.detail).where(
            here, or_(deliveries.c.state == DeliveryState.FAILED, came_back)
        )
        return Answers(
            edition,
            self._db.scalar(select(func.count()).select_from(deliveries).where(here)) or 0,
            {row.address_key: row.detail for row in self._db.execute(against)},
        )

    def failing(self, since: datetime, until: datetime) -> tuple[int, ...]:
        """The editions opened between these instants of which a delivery has failed."""
        failed = (
            select(deliveries.c.id)
            .where(
                deliveries.c.edition_id == editions.c.id,
                deliveries.c.state == DeliveryState.FAILED,
            )
            .exists()
        )
        opened_then = editions.c.opened_at.between(since, until)
        return tuple(self._db.scalars(select(editions.c.id).where(opened_then, failed)))

    def answered_last(self) -> tuple[int, ...]:
        """Of each digest the newest edition to which a server has answered."""
        answered = (
            select(deliveries.c.id)
            .where(deliveries.c.edition_id == editions.c.id, deliveries.c.state.in_(ANSWERED))
            .exists()
        )
        query = (
            select(func.max(editions.c.id))
            .where(editions.c.number.is_not(None), answered)
            .group_by(editions.c.digest)
        )
        return tuple(sorted(self._db.scalars(query)))

    def addressed(self, edition_ids: Collection[int]) -> Set[str]:
        """The address keys of whoever was to get any of these editions."""
        query = select(deliveries.c.address_key).where(deliveries.c.edition_id.in_(edition_ids))
        return set(self._db.scalars(query))

    def knows(self, key: str) -> bool:
        """Whether anything was ever to be sent to that address."""
        places = (deliveries.c.address_key, subscriptions.c.address_key, people.c.address_key)
        return any(
            self._db.scalar(select(place).where(place == key).limit(1)) is not None
            for place in places
        )

    def standing(self, keys: Collection[str]) -> Mapping[str, RecipientState]:
        """What is on record of these addresses."""
        found: dict[str, RecipientState] = {}
        for portion in rows.chunks(keys):
            query = select(people.c.address_key, people.c.state).where(
                people.c.address_key.in_(portion), people.c.state.is_not(None)
            )
            found.update(
                {row.address_key: RecipientState(row.state) for row in self._db.execute(query)}
            )
        return found

    def bounced(self) -> tuple[Bounced, ...]:
        """The addresses that get no more mail because it came back."""
        query = (
            select(people)
            .where(people.c.state == RecipientState.BOUNCED)
            .order_by(people.c.changed_at, people.c.address_key)
        )
        return tuple(
            Bounced(row.address_key, row.changed_at, row.detail) for row in self._db.execute(query)
        )

    def forget_refusals(self, keys: Collection[str], at: datetime) -> None:
        """Count refusals of these addresses from the beginning."""
        for portion in rows.chunks(keys):
            here = people.c.address_key.in_(portion)
            self._db.execute(
                update(people).where(here, people.c.refusals > 0).values(refusals=0, changed_at=at)
            )

    def bring_back(self, key: str, at: datetime) -> bool:
        """Let a bounced address get mail again; whether it had bounced."""
        bounced = and_(people.c.address_key == key, people.c.state == RecipientState.BOUNCED)
        brought = update(people).where(bounced).values(state=None, changed_at=at, detail="")
        return self._db.execute(brought).rowcount > 0

    # --- At a glance ------------------------------------------------------------------------------

    def outlook(self, now: datetime, late: timedelta, in_doubt_for: timedelta) -> Outlook:
        """What of the mail needs somebody's eye.

        Late is what could be sent and is of an edition opened longer ago than `late`; in doubt is
        counted as long as its edition is no older than `in_doubt_for`.
        """
        state, held = deliveries.c.state, deliveries.c.held == 1
        still = state.in_(OPEN)
        leased = and_(state == DeliveryState.SENDING, deliveries.c.lease_until >= now)
        later = and_(put_off(now), ~held)
        # What is due is named as well, as long as nobody has tried it.
        again = and_(state == DeliveryState.DEFERRED, ~held, deliveries.c.changed_at <= now)
        idle = and_(still, ~held, not_(func.coalesce(leased, 0)), ~later)
        newest = (
            select(func.max(editions.c.id))
            .where(editions.c.number.is_not(None))
            .group_by(editions.c.digest)
        )
        opened_at = editions.c.opened_at
        found = self._db.execute(
            select(
                _count(still).label("waiting"),
                _count(and_(still, held)).label("held"),
                _count(and_(idle, opened_at < now - late)).label("late"),
                _count(
                    and_(state == DeliveryState.IN_DOUBT, opened_at >= now - in_doubt_for)
                ).label("in_doubt"),
                _count(and_(state == DeliveryState.FAILED, editions.c.id.in_(newest))).label(
                    "failed"
                ),
                func.min(case((again, deliveries.c.next_attempt_at))).label("next_attempt_at"),
            ).join(editions, editions.c.id == deliveries.c.edition_id)
        )
        return Outlook(**found.mappings().one())


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
