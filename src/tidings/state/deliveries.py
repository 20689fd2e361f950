"""Deliveries: one row per edition and recipient, from the opening of an edition to its answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)

from tidings.model import Delivery, DeliveryState, Edition, address_key
from tidings.state import rows
from tidings.state.editions import OPEN, edition_of
from tidings.state.schema import (
    deliveries,
    editions,
    former_addresses,
    items,
    owed_items,
)
from tidings.state.sending import DOUBTED, WAITING, Sending, delivery_of, put_off
from tidings.state.sending import Claim as Claim
from tidings.state.sending import Settlement as Settlement


@dataclass(frozen=True, slots=True)
class MailSummary:
    """What of the mail needs somebody's eye.

    `waiting` is all that is still to be sent; of it, `held` waits for an operator, and `late` could
    have gone out long ago; `next_attempt_at` is when the first of what was put off is tried again.
    `due_since` since when the first of what is not put off could have been sent.
    `failed` counts the newest edition of each digest: what failed before is in a later one.
    """

    waiting: int = 0
    held: int = 0
    late: int = 0
    in_doubt: int = 0
    failed: int = 0
    next_attempt_at: datetime | None = None
    due_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery with its edition; `next_attempt_at` is None unless it was put off."""

    delivery: Delivery
    edition: Edition
    changed_at: datetime
    next_attempt_at: datetime | None

    @property
    def key(self) -> str:
        """The form in which its address is compared."""
        return address_key(self.delivery.address)

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
class DeliveryFilter:
    """Which deliveries are meant: those that meet everything that is given (None: whatever).

    `key` is an address case-folded; `held` means on hold and still to be sent, or neither; `since`
    is when they came to stand as they do.
    """

    ids: tuple[int, ...] | None = None
    states: tuple[DeliveryState, ...] | None = None
    digest: str | None = None
    key: str | None = None
    held: bool | None = None
    message_id: str | None = None
    since: datetime | None = None


# A row found "sending" may have reached its recipient: it counts as had until it is settled.
HAD = (DeliveryState.SENT, DeliveryState.IN_DOUBT, DeliveryState.SENDING)


class Deliveries(Sending):
    """The ledger: one row per edition and recipient, who is sending it, and how it ended."""

    # --- Opening an edition -----------------------------------------------------------------------

    def had(
        self, *slugs: str, key: str = "", among: Collection[int] | None = None
    ) -> dict[str, tuple[int, ...]]:
        """By address key, or of one: the owed sets (of those `among` which, if given) that somebody
        got of these digests, or may have got."""
        found: dict[str, set[int]] = defaultdict(set)
        for some in (None,) if among is None else rows.chunks(sorted(among)):
            for each, owed_set in self._had(slugs, key, some):
                found[each].add(owed_set)
        return {each: tuple(sorted(sets)) for each, sets in found.items()}

    def _had(
        self, slugs: Sequence[str], key: str, among: Sequence[int] | None
    ) -> Iterator[tuple[str, int]]:
        waiting_in_doubt = and_(deliveries.c.state.in_(WAITING), DOUBTED == 1)
        edition_id: ColumnElement[int] = deliveries.c.edition_id
        if among is not None:
            edition_id = func.coalesce(edition_id, edition_id)
        query = (
            select(deliveries.c.address_key, deliveries.c.owed_set)
            .join(editions, editions.c.id == edition_id)
            .where(
                editions.c.digest.in_(slugs),
                or_(deliveries.c.state.in_(HAD), waiting_in_doubt),
                deliveries.c.owed_set.is_not(None),
            )
        )
        if among is not None:
            # By the index of states, which has the sets beside them, not edition by edition.
            states = deliveries.c.state.in_((*HAD, *WAITING))
            query = query.where(states, deliveries.c.owed_set.in_(among))
        # What somebody got at an address that they had before.
        former = former_addresses.c
        same = and_(former.old_key == deliveries.c.address_key, deliveries.c.id <= former.upto)
        before = query.join(former_addresses, same).add_columns(former.new_key)
        if key:
            query = query.where(deliveries.c.address_key == key)
            before = before.where(former.new_key == key)
        for address, owed_set in self._db.execute(query):
            yield address, owed_set
        for _, owed_set, address in self._db.execute(before):
            yield address, owed_set

    def any_moved(self) -> bool:
        """Whether anybody has changed their address."""
        return self._db.scalar(select(former_addresses.c.old_key).limit(1)) is not None

    def contents(self, sets: Collection[int]) -> dict[str, int]:
        """The newest revision of each item in these owed sets.

        Whoever had an item that was merged since has had the item that it leads to.
        """
        newest: dict[str, int] = {}
        for portion in rows.chunks(sets):
            query = (
                select(owed_items.c.item_id, func.max(owed_items.c.revision).label("revision"))
                .where(owed_items.c.owed_set.in_(portion))
                .group_by(owed_items.c.item_id)
            )
            for row in self._db.execute(query):
                newest[row.item_id] = max(row.revision, newest.get(row.item_id, 0))
        return self._with_merged(newest)

    def printed(self, sets: Collection[int]) -> Set[str]:
        """The items that mails of these owed sets had in print, not only counted."""
        found: dict[str, int] = {}
        for portion in rows.chunks(sets):
            query = select(owed_items.c.item_id).where(
                owed_items.c.owed_set.in_(portion), owed_items.c.printed == 1
            )
            found |= dict.fromkeys(self._db.scalars(query), 0)
        return self._with_merged(found).keys()

    def _with_merged(self, newest: dict[str, int]) -> dict[str, int]:
        merged = self.merged()
        for item_id in list(newest):
            at = item_id
            while at in merged:
                at, revision = merged[at]
                newest[at] = max(revision, newest.get(at, 0))
        return newest

    def merged(self) -> Mapping[str, tuple[str, int]]:
        """What was merged: into which item, and which revision of that counts as had."""
        query = select(items.c.id, items.c.merged_into, items.c.merged_revision).where(
            items.c.merged_into.is_not(None)
        )
        return {
            row.id: (row.merged_into, row.merged_revision or 0) for row in self._db.execute(query)
        }

    def supersede(self, digest: str, at: datetime) -> int:
        """Close what still waits of the digest's older editions: it moves into the new one. What
        may have arrived is sent once more by itself."""
        of_digest = select(editions.c.id).where(editions.c.digest == digest)
        return self._db.execute(
            update(deliveries)
            .where(
                deliveries.c.edition_id.in_(of_digest),
                deliveries.c.state.in_(WAITING),
                DOUBTED == 0,
            )
            .values(state=DeliveryState.SUPERSEDED, changed_at=at)
        ).rowcount

    def add(self, added: Sequence[Delivery], at: datetime) -> None:
        """Add rows; their ids are given here."""
        for portion in rows.chunks(added):
            self._db.execute(
                insert(deliveries),
                [
                    {
                        "edition_id": each.edition_id,
                        "address_key": address_key(each.address),
                        "address": each.address,
                        "name": each.name,
                        "language": each.language,
                        "owed_set": each.owed_set,
                        "state": each.state.value,
                        "attempts": 0,
                        "message_id": each.message_id,
                        "changed_at": at,
                        "detail": each.detail,
                    }
                    for each in portion
                ],
            )

    def tally(self) -> Mapping[DeliveryState, int]:
        """How many rows stand in each state."""
        query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        return {DeliveryState(state): count for state, count in self._db.execute(query)}

    def waiting(self) -> int:
        """How many messages are still to be sent."""
        query = select(func.count()).where(deliveries.c.state.in_(OPEN))
        return self._db.scalar(query) or 0

    def waiting_with(self, item_id: str) -> int:
        """How many messages wait that bring an item, and that nobody can have had yet."""
        query = (
            select(func.count())
            .select_from(deliveries)
            .join(owed_items, owed_items.c.owed_set == deliveries.c.owed_set)
            .where(deliveries.c.state.in_(WAITING), DOUBTED == 0, owed_items.c.item_id == item_id)
        )
        return self._db.scalar(query) or 0

    def due(self, at: datetime) -> int:
        """How many messages could be sent by now, or are being sent."""
        query = select(func.count()).where(
            deliveries.c.state.in_(OPEN), deliveries.c.held == 0, ~put_off(at)
        )
        return self._db.scalar(query) or 0

    def last_message_id(self) -> str:
        """The Message-ID of the latest message, "" before the first."""
        query = select(deliveries.c.message_id).order_by(deliveries.c.id.desc()).limit(1)
        return self._db.scalar(query) or ""

    # --- What operators ask and change ------------------------------------------------------------

    def find(self, wanted: DeliveryFilter) -> tuple[DeliveryRow, ...]:
        """The deliveries that are meant, in the order of their editions."""
        if wanted.ids is None:
            return self._find(wanted, true())
        found: list[DeliveryRow] = []
        for portion in rows.chunks(sorted(set(wanted.ids))):
            found += self._find(wanted, deliveries.c.id.in_(portion))
        return tuple(found)

    def _find(self, wanted: DeliveryFilter, among: ColumnElement[bool]) -> tuple[DeliveryRow, ...]:
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
        if wanted.since is not None:
            query = query.where(deliveries.c.changed_at >= wanted.since)
        if wanted.held is not None:
            on_hold = and_(deliveries.c.held == 1, deliveries.c.state.in_(OPEN))
            query = query.where(on_hold if wanted.held else ~on_hold)
        ordered = query.order_by(deliveries.c.edition_id, deliveries.c.id)
        return tuple(
            DeliveryRow(
                delivery_of(row), opened[row.edition_id], row.changed_at, row.next_attempt_at
            )
            for row in self._db.execute(ordered)
        )

    def turned_down(self, slugs: Sequence[str], before: int | None) -> tuple[Delivery, ...]:
        """The failed deliveries of these digests whose message itself was refused, in the order of
        their editions; only of editions before the one with that id, if one is given."""
        query = (
            select(deliveries)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(
                editions.c.digest.in_(slugs),
                deliveries.c.state == DeliveryState.FAILED,
                deliveries.c.owed_set.is_not(None),
                deliveries.c.detail.contains("refused the message: "),
            )
            .order_by(deliveries.c.edition_id, deliveries.c.id)
        )
        if before is not None:
            query = query.where(editions.c.id < before)
        return tuple(delivery_of(row) for row in self._db.execute(query))

    def taken_over(self, ids: Collection[int]) -> Mapping[int, int]:
        """For those whose recipient has a delivery of a later edition: that edition's number."""
        later, later_edition = deliveries.alias(), editions.alias()
        # Also at the address that they have now.
        moved = select(former_addresses.c.old_key).where(
            former_addresses.c.old_key == deliveries.c.address_key,
            former_addresses.c.new_key == later.c.address_key,
            former_addresses.c.upto >= deliveries.c.id,
        )
        theirs = or_(later.c.address_key == deliveries.c.address_key, moved.exists())
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
                        theirs,
                        later.c.state != DeliveryState.EMPTY,
                    ),
                )
                .where(deliveries.c.id.in_(portion))
                .group_by(deliveries.c.id)
            )
            found.update({row.id: row.number for row in self._db.execute(query)})
        return found

    def requeue(self, ids: Collection[int], at: datetime) -> None:
        """Send these with the next run; what was held, put off or counted as a crash is over."""
        self._change(
            ids,
            state=DeliveryState.QUEUED.value,
            changed_at=at,
            next_attempt_at=None,
            crashes=0,
            held=0,
            doubted=case((deliveries.c.state == DeliveryState.IN_DOUBT.value, 1), else_=DOUBTED),
        )

    def give_up(self, ids: Collection[int], detail: str, at: datetime) -> None:
        """Count these as failed: their items are owed again."""
        self._change(ids, state=DeliveryState.FAILED.value, changed_at=at, detail=detail, held=0)

    def hold(self, ids: Collection[int], *, held: bool) -> None:
        """Put these on hold, or let them go."""
        self._change(ids, held=int(held))

    def amend(self, delivery_id: int, detail: str, at: datetime | None = None) -> None:
        """Write down what became known of a delivery after it was sent, by what came `at`."""
        self._change([delivery_id], detail=detail, **({"returned_at": at} if at else {}))

    def _change(self, ids: Collection[int], **values: object) -> None:
        for portion in rows.chunks(ids):
            self._db.execute(
                update(deliveries).where(deliveries.c.id.in_(portion)).values(**values)
            )

    def mail_summary(self, now: datetime, late: timedelta, in_doubt_for: timedelta) -> MailSummary:
        """What of the mail needs somebody's eye; by the index, since what was sent is much.

        Late is what could be sent and is of an edition opened longer ago than `late`; in doubt is
        counted as long as its edition is no older than `in_doubt_for`.
        """
        state, held = deliveries.c.state, deliveries.c.held == 1
        still, opened_at = state.in_(OPEN), editions.c.opened_at
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
        doubted = and_(state == DeliveryState.IN_DOUBT, opened_at >= now - in_doubt_for)
        failed = and_(state == DeliveryState.FAILED, editions.c.id.in_(newest))
        since = func.coalesce(deliveries.c.next_attempt_at, opened_at)
        found = self._db.execute(
            select(
                _count(still).label("waiting"),
                _count(and_(still, held)).label("held"),
                _count(and_(idle, opened_at < now - late)).label("late"),
                _count(doubted).label("in_doubt"),
                _count(failed).label("failed"),
                func.min(case((again, deliveries.c.next_attempt_at))).label("next_attempt_at"),
                func.min(case((idle, since))).label("due_since"),
            )
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(state.in_((*OPEN, DeliveryState.IN_DOUBT, DeliveryState.FAILED)))
        )
        return MailSummary(**found.mappings().one())

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


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
