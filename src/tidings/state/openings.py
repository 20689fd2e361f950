"""What opening an edition reads and writes of deliveries, a portion of people at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, or_, select

from tidings.model import DeliveryState
from tidings.state import rows
from tidings.state.attempts import DOUBTED
from tidings.state.columns import written
from tidings.state.deliveries import HAD, WAITING
from tidings.state.schema import deliveries, editions, former_addresses

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
        self, slugs: Sequence[str], keys: Collection[str], *, moved: bool
    ) -> Mapping[str, tuple[int, ...]]:
        """By key, the owed sets that these people got of these digests, or may have got; `moved` if
        anybody has changed their address."""
        found: dict[str, set[int]] = defaultdict(set)
        got, former = _got(slugs), former_addresses.c
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
