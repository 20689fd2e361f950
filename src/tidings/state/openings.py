"""What opening an edition reads and writes: of deliveries, and everybody who is on a digest, a
portion of people at a time, each with what is on record of them and the digest.

Many people are alike in all but their address and name: what is made of their columns is made once,
and is the same object for all of them, so that what is decided of it need be decided once, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
)

from tidings.core.audience import Presence
from tidings.model import ALL, Choice, DeliveryState, Recipient, RecipientState
from tidings.state import rows
from tidings.state.columns import written
from tidings.state.deliveries import HAD
from tidings.state.figures import Readership
from tidings.state.presence import (
    PORTION,
    Clearance,
    cleared,
    presence_of,
    recipients,
    start_of,
    wanted_of,
)
from tidings.state.schema import (
    choices,
    deliveries,
    editions,
    former_addresses,
    people,
    subscriptions,
)
from tidings.state.sending import DOUBTED, WAITING

_COLUMNS = (
    "edition_id",
    "address_key",
    "address",
    "name",
    "language",
    "owed_set",
    "state",
    "attempts",
    "message_id",
    "changed_at",
    "detail",
)


class NewDelivery(NamedTuple):
    """A delivery that an edition is opened with; without an owed set there is nothing to send."""

    key: str
    address: str
    name: str
    language: str
    owed_set: int | None
    message_id: str


class Openings:
    """What opening an edition reads and writes of deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def any_of(self, slugs: Sequence[str]) -> bool:
        """Whether these digests have any delivery."""
        query = (
            select(deliveries.c.id)
            .join(editions, editions.c.id == deliveries.c.edition_id)
            .where(editions.c.digest.in_(slugs))
        )
        return self._db.scalar(query.limit(1)) is not None

    def of(self, edition_id: int) -> Mapping[str, tuple[int | None, DeliveryState, str]]:
        """By key, the owed set, the state and the detail of each delivery of an edition."""
        d = deliveries.c
        query = select(d.address_key, d.owed_set, d.state, d.detail)
        return {
            key: (owed_set, DeliveryState(state), detail)
            for key, owed_set, state, detail in self._db.execute(
                query.where(d.edition_id == edition_id)
            )
        }

    def had(
        self,
        slugs: Sequence[str],
        keys: Collection[str],
        *,
        moved: bool,
        among: Set[int] | None = None,
    ) -> Mapping[str, tuple[int, ...]]:
        """By key, the owed sets (of those `among` which, if given) that these people got of these
        digests, or may have got; `moved` if anybody has changed their address."""
        found: dict[str, set[int]] = defaultdict(set)
        got, former = _got(slugs), former_addresses.c
        if among is not None:
            got = got.where(deliveries.c.owed_set.in_(sorted(among)))
        same = and_(former.old_key == deliveries.c.address_key, deliveries.c.id <= former.upto)
        before = got.join(former_addresses, same).add_columns(former.new_key)
        for portion in rows.chunks(keys):
            here = got.add_columns(deliveries.c.address_key)
            of_these = here.where(deliveries.c.address_key.in_(portion))
            for owed_set, key in self._db.execute(of_these).all():
                found[key].add(owed_set)
            if moved:
                for owed_set, key in self._db.execute(before.where(former.new_key.in_(portion))):
                    found[key].add(owed_set)
        return {key: tuple(sorted(sets)) for key, sets in found.items()}

    def add(
        self,
        edition_id: int,
        added: Iterable[NewDelivery],
        at: datetime,
        state: DeliveryState = DeliveryState.QUEUED,
        detail: str = "",
    ) -> None:
        """Add deliveries to an edition, in a state; "empty" those with nothing to send."""
        now, sent, empty = written(at), state.value, DeliveryState.EMPTY.value
        values = [
            (
                edition_id,
                key,
                address,
                name,
                language,
                owed_set,
                empty if owed_set is None else sent,
                0,
                message_id,
                now,
                detail,
            )
            for key, address, name, language, owed_set, message_id in added
        ]
        rows.pour(self._db, deliveries, values, _COLUMNS)


def _got(slugs: Sequence[str]) -> Select[tuple[int | None]]:
    waiting_in_doubt = and_(deliveries.c.state.in_(WAITING), DOUBTED == 1)
    return (
        select(deliveries.c.owed_set)
        .join(editions, editions.c.id == deliveries.c.edition_id)
        .where(
            editions.c.digest.in_(slugs),
            or_(deliveries.c.state.in_(HAD), waiting_in_doubt),
            deliveries.c.owed_set.is_not(None),
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class OnRecord:
    """What is on record of somebody and a digest, but for who it is: how a list has them (None: no
    list does), what they chose, what became of their address, and since when they get it. The
    address and the name in all of this are empty.
    """

    listed: Recipient | None
    choice: Choice | None
    mark: RecipientState | None
    presence: Presence | None
    clearance: Clearance | None

    def reads(self, *, there: bool) -> bool:
        """Whether they are a reader of the digest if its lists and editions have them `there`."""
        return Readership(
            chosen=self.choice.state if self.choice else None,
            joined=bool(self.choice and self.choice.joined),
            listed=there,
            gone=self.mark is RecipientState.LEFT,
        ).reads

    def wanted(self, presence: Presence) -> str | None:
        """The topics that they want, by choice, else by what is noted; None for all."""
        chosen = self.choice.topics if self.choice else None
        topics = presence.topics if chosen is None else chosen
        return None if topics in (None, ALL) else " ".join(topics or ())


class Reader(NamedTuple):
    """Somebody who is on a digest."""

    key: str
    address: str
    name: str
    found: OnRecord


_R, _C, _P, _S, _D = recipients.c, choices.c, people.c, subscriptions.c, cleared.c
# What a row has of somebody in the order in which `_made` takes it, after key, address and name.
_CHOSEN = (_C.digest, _C.state, _C.joined, _C.topics, _C.language, _C.items_in)
_PRESENT = (
    type_coerce(_S.first_seen_at, String).label("first_seen_at"),
    _S.off,
    _S.returned,
    _S.topics.label("topics_then"),
    _S.topics_since,
    _S.items_in.label("items_in_then"),
    _S.items_in_since,
)
# So many circumstances are kept at a time.
MOST_KEPT = 20_000
_NOTED = (*_PRESENT, _D.before_edition, _D.run, _D.choices.label("mark_of_choices"))
_OF_LIST = 7
_OF_CHOICE = 6
_OF_PRESENCE = 7


class Audience:
    """Everybody who is on a digest."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._made: dict[tuple[Any, ...], OnRecord] = {}

    def readers(
        self, digest: str, lists: Sequence[str], size: int = PORTION
    ) -> Iterator[Sequence[Reader]]:
        """Everybody on these lists, in their order, then whoever joined the digest besides, by
        address key; in portions. What is written meanwhile of a portion's people may be."""
        for rank, name in enumerate(lists):
            if name not in lists[:rank]:
                yield from self._paged(_on_list(digest, name, lists[:rank]), _R.position, -1, size)
        yield from self._paged(_joined(digest, lists), _C.address_key, "", size)

    def some(self, digest: str, lists: Sequence[str], keys: Sequence[str]) -> Sequence[Reader]:
        """Those of them who have these keys, a few hundred at most."""
        found: dict[str, Reader] = {}
        for name in lists:
            for row in self._db.execute(_on_list(digest, name, ()).where(_R.address_key.in_(keys))):
                found.setdefault(row[1], self._reader(row))
        for row in self._db.execute(_joined(digest, ()).where(_C.address_key.in_(keys))):
            found.setdefault(row[1], self._reader(row))
        return tuple(found.values())

    def _paged(
        self, query: Select[Any], by: ColumnElement[Any], after: object, size: int
    ) -> Iterator[Sequence[Reader]]:
        while True:
            portion = self._db.execute(query.where(by > after).order_by(by).limit(size)).all()
            if not portion:
                return
            after = portion[-1][0]
            yield [self._reader(row) for row in portion]

    def _reader(self, row: Sequence[Any]) -> Reader:
        _, key, address, name, *rest = row
        columns = tuple(rest)
        found = self._made.get(columns)
        if found is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            found = self._made[columns] = _made(columns)
        return Reader(key, address, name, found)


def _on_list(digest: str, name: str, earlier: Sequence[str]) -> Select[Any]:
    """Who is on a list, and on none of the earlier ones."""
    named = case((_R.name != "", _R.name), else_=func.coalesce(_C.name, ""))
    of_list = (literal(1), _R.topics, _R.language, _R.items_in, _R.start, _R.paused, _R.shared)
    key = _R.address_key
    query = (
        select(_R.position, key, _R.address, named, *of_list, *_CHOSEN, _P.state, *_NOTED)
        .select_from(recipients)
        .outerjoin(choices, and_(_C.digest == digest, _C.address_key == key))
        .outerjoin(people, _P.address_key == key)
        .outerjoin(subscriptions, and_(_S.digest == digest, _S.address_key == key))
        .outerjoin(cleared, and_(_D.digest == digest, _D.address_key == key))
        .where(_R.list == name)
    )
    return query.where(~_is_on(earlier, key)) if earlier else query


def _joined(digest: str, lists: Sequence[str]) -> Select[Any]:
    """Who joined by themselves, and is on none of the lists."""
    of_list = (literal(0), *(null() for _ in range(_OF_LIST - 1)))
    key = _C.address_key
    query = (
        select(key, key, _C.address, _C.name, *of_list, *_CHOSEN, _P.state, *_NOTED)
        .select_from(choices)
        .outerjoin(people, _P.address_key == key)
        .outerjoin(subscriptions, and_(_S.digest == digest, _S.address_key == key))
        .outerjoin(cleared, and_(_D.digest == digest, _D.address_key == key))
        .where(_C.digest == digest, _C.joined == 1)
    )
    return query.where(~_is_on(lists, key)) if lists else query


def _is_on(lists: Sequence[str], key: ColumnElement[str]) -> ColumnElement[bool]:
    other = recipients.alias()
    return or_(
        *(
            select(other.c.list).where(other.c.list == name, other.c.address_key == key).exists()
            for name in lists
        )
    )


def _made(columns: Sequence[Any]) -> OnRecord:
    on_list, *listed = columns[:_OF_LIST]
    chose, *chosen = columns[_OF_LIST : _OF_LIST + _OF_CHOICE]
    mark, *rest = columns[_OF_LIST + _OF_CHOICE :]
    present, noted = rest[:_OF_PRESENCE], rest[_OF_PRESENCE:]
    return OnRecord(
        listed=_listed(*listed) if on_list else None,
        choice=None if chose is None else _choice(chose, *chosen),
        mark=RecipientState(mark) if mark else None,
        presence=None if present[0] is None else _presence(*present),
        clearance=None if noted[0] is None else Clearance(*noted),
    )


def _listed(
    topics: str | None,
    language: str | None,
    items_in: str | None,
    start: str | None,
    paused: int,
    shared: int | None,
) -> Recipient:
    return Recipient(
        address="",
        topics=wanted_of(topics),
        language=language,
        start=start_of(start),
        state=RecipientState.PAUSED if paused else RecipientState.ACTIVE,
        shared=None if shared is None else bool(shared),
        items_in=wanted_of(items_in),
    )


def _choice(
    digest: str,
    state: str | None,
    joined: int,
    topics: str | None,
    language: str | None,
    items_in: str | None,
) -> Choice:
    return Choice(
        digest=digest,
        address="",
        changed_at=datetime.fromtimestamp(0, UTC),
        state=RecipientState(state) if state else None,
        joined=bool(joined),
        topics=wanted_of(topics),
        language=language,
        items_in=wanted_of(items_in),
    )


def _presence(since: str, *columns: Any) -> Presence:
    return presence_of(datetime.fromisoformat(since), *columns)
