"""The links in mail: 128 random bits for each person and digest, which carry no address.

They do not expire, since mail is kept. What they stand for is found here and nowhere else, so that
no key opens them and none has to be kept for them. Of somebody who was erased the link remains, and
opens to nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, and_, bindparam, delete, exists, select, update

from tidings.core.tokens import Member
from tidings.model import address_key
from tidings.state import rows
from tidings.state.schema import applications, links

BYTES = 16
# Made once: building them costs more than running them. A statement of one length is prepared once.
LOOK = 16
FIND = select(links).where(links.c.address_key.in_([bindparam(f"key{n}") for n in range(LOOK)]))


@dataclass(frozen=True, slots=True)
class KnownLink:
    """A link that is kept, and what it was last given for."""

    token: str
    member: Member
    unconfirmed: bool


class Links:
    """What the links in mail stand for."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._shared = connection.dialect.name == "postgresql"

    def member(self, token: str) -> Member | None:
        """Whose link that is; None if it is none. The address of who was erased is empty."""
        row = self._db.execute(select(links).where(links.c.token == token)).one_or_none()
        return None if row is None else Member(row.digest, row.address, row.language)

    def give(self, members: Iterable[Member], *, unconfirmed: bool = False) -> Mapping[Member, str]:
        """The link of each of these people to a digest, made at first use.

        It speaks the language of the last mail that it stands in. An `unconfirmed` one is for
        somebody who was asked to confirm, and is forgotten with the request.
        """
        wanted = list(dict.fromkeys(members))
        known = self._known({address_key(each.address) for each in wanted})
        given: dict[Member, str] = {}
        made: dict[str, dict[str, object]] = {}
        for member in wanted:
            key = address_key(member.address)
            link = known.get((member.digest, key))
            if link is None:
                link = KnownLink(secrets.token_hex(BYTES), member, unconfirmed)
                known[member.digest, key] = link
                values = {"token": link.token, "digest": member.digest, "address_key": key}
                made[link.token] = {**values, **_values(link)}
            elif (link.unconfirmed and not unconfirmed) or link.member != member:
                link = KnownLink(link.token, member, link.unconfirmed and unconfirmed)
                if link.token in made:
                    made[link.token] |= _values(link)
                else:
                    here = links.c.token == link.token
                    self._db.execute(update(links).where(here).values(_values(link)))
            given[member] = link.token
        if made:
            self._db.execute(rows.insert_new(links), list(made.values()))
        if made and self._shared:  # another process may have given some at the same time
            known = self._known({address_key(each.address) for each in wanted})
            given = {m: known[m.digest, address_key(m.address)].token for m in given}
        return given

    def _known(self, keys: Iterable[str]) -> dict[tuple[str, str], KnownLink]:
        found, left = {}, iter(keys)
        while some := tuple(islice(left, LOOK)):
            asked = {f"key{n}": some[min(n, len(some) - 1)] for n in range(LOOK)}
            for row in self._db.execute(FIND, asked):
                member = Member(row.digest, row.address, row.language)
                link = KnownLink(row.token, member, bool(row.unconfirmed))
                found[row.digest, row.address_key] = link
        return found

    def withdraw(self, key: str) -> None:
        """Forget the links of an address that nobody confirmed."""
        here = and_(links.c.address_key == key, links.c.unconfirmed == 1)
        self._db.execute(delete(links).where(here))

    def forget_unconfirmed(self) -> None:
        """Forget the links of requests that are no more, and that nobody confirmed."""
        asked = and_(
            applications.c.digest == links.c.digest,
            applications.c.address_key == links.c.address_key,
        )
        self._db.execute(delete(links).where(links.c.unconfirmed == 1, ~exists().where(asked)))


def _values(link: KnownLink) -> dict[str, object]:
    return {
        "address": link.member.address,
        "language": link.member.language,
        "unconfirmed": int(link.unconfirmed),
    }
