"""What the state keeps of names: what digests were called first, and what people chose since.

Whatever names a digest in the state (editions, choices, links that were mailed) goes by the first
name that it had, so that renaming changes no row but one note: the names of now, with the first.
Where two digests become one, the rows of the second stay under its name, but for what people
decided: that moves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from tidings.core.audience import both_chose
from tidings.state import rows
from tidings.state.choices import Choices
from tidings.state.schema import (
    announcements,
    applications,
    choices,
    digests,
    editions,
    notes,
    subscriptions,
)

DIGEST_NAMES = "digest names"
MERGED_DIGESTS = "merged digests"
_OF_DIGESTS = (digests.c.slug, choices.c.digest, applications.c.digest, subscriptions.c.digest)


@dataclass(frozen=True, slots=True)
class DigestNames:
    """What digests are called: `first` leads from a name to the first one, `merged` from the slug
    of a digest to that of the one which it has become part of."""

    first: Mapping[str, str]
    merged: Mapping[str, str]

    def same_as(self, other: DigestNames) -> bool:
        """Whether they say the same, and in the same order: the last names come first."""
        return [*self.first.items(), *self.merged.items()] == [
            *other.first.items(),
            *other.merged.items(),
        ]


class Renames:
    """The names of digests and topics, as the state has them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def names(self) -> DigestNames:
        """What the digests are called."""
        return DigestNames(self._mapping(DIGEST_NAMES), self._mapping(MERGED_DIGESTS))

    def save(self, names: DigestNames) -> None:
        """Remember what the digests are called."""
        for name, mapping in ((DIGEST_NAMES, names.first), (MERGED_DIGESTS, names.merged)):
            value = json.dumps(dict(mapping))
            self._db.execute(rows.upsert(notes), {"name": name, "value": value})

    def _mapping(self, name: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(
            self._db.scalar(select(notes.c.value).where(notes.c.name == name)) or "{}"
        )
        return found

    def known(self) -> Set[str]:
        """The slugs of all digests that the state has anything of."""
        return {
            slug for column in _OF_DIGESTS for slug in self._db.scalars(select(column).distinct())
        }

    def chose_about(self, but: Set[str]) -> Mapping[str, Set[str]]:
        """By the slug of a digest, `but` for these: the addresses of those who decided anything
        about it, or asked for it."""
        found: dict[str, set[str]] = {}
        for table in (choices, applications):
            others = table.c.digest.not_in(but)
            for row in self._db.execute(select(table.c.digest, table.c.address).where(others)):
                found.setdefault(row.digest, set()).add(row.address)
        return found

    # --- Topics -----------------------------------------------------------------------------------

    def follow_topics(self, moved: Mapping[str, str]) -> None:
        """Let choices and requests that name a topic by an old slug name it by the present one."""
        for table in (choices, applications):
            keys = (table.c.digest, table.c.address_key)
            named = or_(*(table.c.topics.contains(old, autoescape=True) for old in moved))
            for row in self._db.execute(select(*keys, table.c.topics).where(named)).all():
                slugs = dict.fromkeys(moved.get(slug, slug) for slug in row.topics.split())
                if (topics := " ".join(slugs)) != row.topics:
                    here = and_(*(key == row[at] for at, key in enumerate(keys)))
                    self._db.execute(update(table).where(here).values(topics=topics))

    # --- Two digests become one -------------------------------------------------------------------

    def merge(self, old: str, new: str, listed: Set[str]) -> None:
        """Let a digest become part of another: what people decided, and what they had, counts.

        Who got the old one is owed what the other announced since its last edition; who got the
        other is owed nothing of what the old one announced until then. `listed` are the keys of
        those on the other's lists.
        """
        self._merge_choices(old, new, listed)
        here = applications.c.digest == new
        asked = set(self._db.scalars(select(applications.c.address_key).where(here)))
        theirs = applications.c.digest == old
        wanted = theirs & applications.c.address_key.not_in(asked)
        self._db.execute(update(applications).where(wanted).values(digest=new))
        self._db.execute(delete(applications).where(theirs))
        self._merge_announced(old, new)
        self._merge_subscriptions(old, new)

    def _merge_choices(self, old: str, new: str, listed: Set[str]) -> None:
        chosen = Choices(self._db)
        there = chosen.of_digest(new)
        for key, choice in chosen.of_digest(old).items():
            if other := there.get(key):
                chosen.save(both_chose(other, choice))
            else:
                # Who is on a list as well chose for one of two digests, and gets all of the other.
                if key in listed:
                    choice = replace(choice, topics=None, items_in=None)  # noqa: PLW2901
                chosen.save(replace(choice, digest=new))
        self._db.execute(delete(choices).where(choices.c.digest == old))

    def _merge_announced(self, old: str, new: str) -> None:
        last = self._last_opened(new)
        known = select(announcements.c.item_id).where(announcements.c.digest == new)
        past: ColumnElement[bool] = announcements.c.edition_id.is_(None)
        if last is not None:
            past |= exists().where(
                editions.c.id == announcements.c.edition_id, editions.c.opened_at <= last
            )
        passed = (
            select(
                literal(new),
                announcements.c.item_id,
                func.max(announcements.c.revision),
                literal(0),
            )
            .where(announcements.c.digest == old, announcements.c.item_id.not_in(known), past)
            .group_by(announcements.c.item_id)
        )
        columns = ["digest", "item_id", "revision", "corrected"]
        self._db.execute(insert(announcements).from_select(columns, passed))

    def _merge_subscriptions(self, old: str, new: str) -> None:
        last = self._last_opened(old)
        known = set(
            self._db.scalars(
                select(subscriptions.c.address_key).where(subscriptions.c.digest == new)
            )
        )
        query = select(subscriptions).where(subscriptions.c.digest == old)
        coming = [row for row in self._db.execute(query) if row.address_key not in known]
        after = last + timedelta(seconds=1) if last else None
        values = [
            {
                "digest": new,
                "address_key": row.address_key,
                "first_seen_at": max(row.first_seen_at, after) if after else row.first_seen_at,
                "off": row.off,
                "returned": 1,
            }
            for row in coming
        ]
        if values:
            self._db.execute(insert(subscriptions), values)
        self._db.execute(delete(subscriptions).where(subscriptions.c.digest == old))

    def _last_opened(self, digest: str) -> datetime | None:
        query = (
            select(editions.c.opened_at)
            .where(editions.c.digest == digest, editions.c.number.is_not(None))
            .order_by(editions.c.opened_at.desc())
            .limit(1)
        )
        return self._db.scalar(query)
