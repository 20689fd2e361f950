"""People: what they and their mail servers did, what they chose, and how they are forgotten."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from tidings.core.audience import PSEUDONYM
from tidings.core.mail.refusals import BOUNCED, RETURNED
from tidings.model import (
    DeliveryState,
    Edition,
    RecipientState,
)
from tidings.state import rows
from tidings.state.editions import OPEN, edition_of
from tidings.state.figures import Figures, Readership
from tidings.state.presence import Recipients, cleared
from tidings.state.schema import (
    address_changes,
    applications,
    choices,
    deliveries,
    editions,
    former_addresses,
    links,
    listed,
    people,
    probes,
    subscriptions,
)


@dataclass(frozen=True, slots=True)
class AddressStatus:
    """What is on record of an address as a whole, since when, and why."""

    key: str
    state: RecipientState
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """An address that gets no more mail, since when, and the words of its last refusal."""

    key: str
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was made for somebody: of which edition, and what became of it."""

    digest: str
    number: int
    state: str
    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How a delivery whose server has answered ended: an edition to somebody."""

    delivery_id: int
    edition_id: int
    state: DeliveryState
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one edition: how many people's servers have given one, and by address key the
    detail of each delivery that failed or came back."""

    edition: Edition
    of: int
    against: Mapping[str, str]


# A server has answered for good, whatever it said.
ANSWERED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.IN_DOUBT)
BLOCKING = (RecipientState.PAUSED, RecipientState.LEFT, RecipientState.BOUNCED)


class People:
    """What people and their mail servers did, by address: it wins over the lists that name them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def blocked(self, keys: Collection[str]) -> Set[str]:
        """Those of these addresses that may get no mail, whatever a list says."""
        found: set[str] = set()
        for portion in rows.chunks(keys):
            found.update(
                self._db.scalars(
                    select(people.c.address_key).where(
                        people.c.address_key.in_(portion), people.c.state.in_(BLOCKING)
                    )
                )
            )
        return found

    def refused(self, key: str, at: datetime, detail: str) -> int:
        """Count a refusal for good of an address; returns how many there are in a row."""
        values = {"address_key": key, "refusals": 1, "changed_at": at, "detail": detail}
        return rows.count_up(self._db, people, people.c.refusals, values)

    def counted_on(self, key: str, day: date) -> bool:
        """Whether the last refusal that counts of an address was counted on that day (UTC)."""
        counting = and_(people.c.address_key == key, people.c.refusals > 0)
        last = self._db.scalar(select(people.c.changed_at).where(counting))
        return last is not None and last.date() == day

    def refusing(self) -> Set[str]:
        """The addresses whose last mail was refused for good."""
        return set(self._db.scalars(select(people.c.address_key).where(people.c.refusals > 0)))

    def counted(self) -> Mapping[str, int]:
        """How many refusals in a row are counted against each of these addresses."""
        query = select(people.c.address_key, people.c.refusals).where(people.c.refusals > 0)
        return {row.address_key: row.refusals for row in self._db.execute(query)}

    def count(self, key: str, refusals: int) -> None:
        """Correct how many refusals in a row are counted against an address."""
        here = people.c.address_key == key
        self._db.execute(update(people).where(here).values(refusals=refusals))

    def accepted(self, keys: Collection[str]) -> None:
        """Mail reached these addresses: refusals before it do not count any more."""
        for portion in rows.chunks(keys):
            here = people.c.address_key.in_(portion)
            self._db.execute(update(people).where(here, people.c.refusals > 0).values(refusals=0))

    def mark(self, key: str, state: RecipientState, at: datetime, detail: str) -> None:
        """Record what became of an address."""
        before = self._standing(key)
        values = {"state": state.value, "changed_at": at, "detail": detail}
        known = update(people).where(people.c.address_key == key).values(values)
        if self._db.execute(known).rowcount == 0:
            self._db.execute(insert(people).values(address_key=key, refusals=0, **values))
        self._moved(key, before, at)

    def _standing(self, key: str) -> dict[str, Readership]:
        figures = Figures(self._db)
        return {d: figures.standing(d, [key])[key] for d in figures.digests_of(key)}

    def _moved(self, key: str, before: Mapping[str, Readership], at: datetime) -> None:
        figures = Figures(self._db)
        for digest, was in before.items():
            figures.moved(digest, {key: was}, figures.standing(digest, [key]), at)

    def marks(self, key: str | None = None) -> Sequence[AddressStatus]:
        """What is on record of addresses as a whole, or of one."""
        query = (
            select(people)
            .where(people.c.state.is_not(None), ~people.c.address_key.startswith(PSEUDONYM))
            .order_by(people.c.address_key)
        )
        if key is not None:
            query = query.where(people.c.address_key == key)
        return [
            AddressStatus(row.address_key, RecipientState(row.state), row.changed_at, row.detail)
            for row in self._db.execute(query)
        ]

    def unmark(self, keys: Collection[str], at: datetime | None = None) -> None:
        """Take back what is on record of these addresses as a whole; `at` if any may have left."""
        Recipients(self._db).let_back()
        before = {key: self._standing(key) for key in keys} if at else {}
        for portion in rows.chunks(keys):
            here = people.c.address_key.in_(portion)
            self._db.execute(update(people).where(here).values(state=None, refusals=0, detail=""))
        for key, was in before.items():
            if at:
                self._moved(key, was, at)

    def pseudonyms(self) -> Set[str]:
        """What stands for the addresses that were erased."""
        query = select(people.c.address_key).where(people.c.address_key.startswith(PSEUDONYM))
        return set(self._db.scalars(query.where(people.c.state.is_not(None))))

    def erased_at(self, pseudonyms: Collection[str]) -> datetime | None:
        """When an address was erased that has one of these pseudonyms; None if none was."""
        query = select(func.max(people.c.changed_at)).where(
            people.c.address_key.in_(pseudonyms), people.c.state.is_not(None)
        )
        found: datetime | None = self._db.scalar(query)
        return found

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

    def answers_of(self, key: str, limit: int) -> tuple[Answer, ...]:
        """How the last deliveries to an address ended whose server has answered, newest first."""
        query = (
            select(
                deliveries.c.id,
                deliveries.c.edition_id,
                deliveries.c.state,
                deliveries.c.detail,
                func.coalesce(deliveries.c.returned_at, deliveries.c.changed_at).label("at"),
            )
            .where(deliveries.c.address_key == key, deliveries.c.state.in_(ANSWERED))
            .order_by(deliveries.c.edition_id.desc(), deliveries.c.id.desc())
            .limit(limit)
        )
        return tuple(
            Answer(row.id, row.edition_id, DeliveryState(row.state), row.detail, row.at)
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

    def messages_to(self, key: str) -> Sequence[SentMessage]:
        """The messages that were made for an address."""
        query = (
            select(deliveries, editions.c.digest, editions.c.number, editions.c.subject)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(deliveries.c.address_key == key)
            .order_by(deliveries.c.id)
        )
        return [
            SentMessage(row.digest, row.number, row.state, row.changed_at, row.subject)
            for row in self._db.execute(query)
        ]

    def erase(self, key: str, pseudonym: str, at: datetime) -> bool:
        """Put the pseudonym in the place of the address wherever it stands, and forget the rest.

        What was still to be sent is not; whoever has the pseudonym gets nothing more. Returns
        whether anything was known.
        """
        figures = Figures(self._db)
        for digest, was in self._standing(key).items():
            figures.moved(digest, {key: was}, {key: Readership()}, at)
        unsent = deliveries.c.state.in_((*OPEN, DeliveryState.IN_DOUBT))
        here = deliveries.c.address_key == key
        self._db.execute(
            update(deliveries)
            .where(here, unsent)
            .values(state=DeliveryState.SUPPRESSED, lease_owner=None, lease_until=None, held=0)
        )
        # One who came back after being erased, and is erased again, may stand in an edition twice.
        again = deliveries.alias()
        twice = exists().where(
            again.c.edition_id == deliveries.c.edition_id, again.c.address_key == pseudonym
        )
        self._db.execute(delete(deliveries).where(here, twice))
        found = self._db.execute(
            update(deliveries)
            .where(here)
            .values(address_key=pseudonym, address="", name="", detail="erased")
        ).rowcount
        for table in (choices, applications, people, subscriptions, cleared, listed, probes):
            found += self._db.execute(delete(table).where(table.c.address_key == key)).rowcount
        Recipients(self._db).forget(key)
        for table in (address_changes, former_addresses):
            either = or_(table.c.old_key == key, table.c.new_key == key)
            found += self._db.execute(delete(table).where(either)).rowcount
        # It goes on opening: to nobody, of whom it is true that nothing more is sent.
        nobody = {"address_key": pseudonym, "address": "", "language": None}
        self._db.execute(update(links).where(links.c.address_key == key).values(nobody))
        values = {
            "address_key": pseudonym,
            "state": RecipientState.LEFT.value,
            "refusals": 0,
            "changed_at": at,
            "detail": "",
        }
        self._db.execute(rows.upsert(people), values)
        return found > 0

    def stale(self, before: datetime) -> Sequence[str]:
        """The keys of those who have left, and of whom nothing else was recorded since."""
        left = (
            select(choices.c.address_key)
            .where(choices.c.state == RecipientState.LEFT)
            .union(
                select(people.c.address_key).where(
                    people.c.state == RecipientState.LEFT,
                    ~people.c.address_key.startswith(PSEUDONYM),
                )
            )
            .subquery()
        )
        key = left.c.address_key
        query = select(key).where(
            ~exists().where(people.c.address_key == key, people.c.changed_at >= before),
            ~exists().where(
                choices.c.address_key == key,
                or_(
                    choices.c.changed_at >= before,
                    choices.c.state.is_(None),
                    choices.c.state != RecipientState.LEFT,
                ),
            ),
            ~exists().where(deliveries.c.address_key == key, deliveries.c.changed_at >= before),
        )
        return sorted(self._db.scalars(query))
