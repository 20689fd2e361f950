"""Who gets a digest: what the lists say, and what people did.

Administrators list people, people decide for themselves: a departure, a pause or a bounce wins over
the lists; a pause on a list wins over all. Whatever somebody did last about one digest wins over
what is on record of their address as a whole, but for a bounce.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tidings.model import ALL, Choice, Recipient, RecipientState

PSEUDONYM = "erased:"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record of an address: as a whole (`mark`), and about one digest (`own`)."""

    mark: RecipientState | None = None
    own: RecipientState | None = None
    joined: bool = False


def group_addresses(lists: Mapping[str, Sequence[Recipient]]) -> frozenset[str]:
    """The keys of the addresses that several people read, by whichever list says so: an address
    is shared wherever it is written to."""
    return frozenset(person.key for people in lists.values() for person in people if person.shared)


def state_of(found: Standing, *, listed: bool, paused: bool) -> RecipientState | None:
    """Whether somebody gets a digest; None for who is neither `listed` nor joined by themselves.

    `paused` is what a list says.
    """
    if not (listed or paused or found.joined):
        return None
    if paused:
        return RecipientState.PAUSED
    if found.own in (RecipientState.LEFT, RecipientState.PAUSED):
        return found.own
    if found.mark is RecipientState.BOUNCED:
        return found.mark
    if found.own is RecipientState.ACTIVE:
        return found.own
    return found.mark or RecipientState.ACTIVE


def audience(
    listed: Sequence[Recipient],
    choices: Mapping[str, Choice],
    marks: Mapping[str, RecipientState],
) -> tuple[Recipient, ...]:
    """Everyone on a digest's lists and everyone who joined, as they stand and with their choices.

    `choices` and `marks` are by address key.
    """
    people = [_as_chosen(person, choices.get(person.key), marks) for person in listed]
    known = {person.key for person in listed}
    joined = (c for c in choices.values() if c.joined and c.key not in known)
    for choice in sorted(joined, key=lambda c: c.key):
        stranger = Recipient(choice.address, choice.name)
        people.append(_as_chosen(stranger, choice, marks, listed=False))
    return tuple(people)


def _as_chosen(
    person: Recipient,
    choice: Choice | None,
    marks: Mapping[str, RecipientState],
    *,
    listed: bool = True,
) -> Recipient:
    mark = marks.get(person.key)
    found = Standing(mark, choice.state, choice.joined) if choice else Standing(mark)
    paused = person.state is RecipientState.PAUSED
    state = state_of(found, listed=listed, paused=paused) or RecipientState.LEFT
    if choice is None:
        return replace(person, state=state)
    topics = person.topics
    if choice.topics is not None:
        topics = None if choice.topics == ALL else choice.topics
    return replace(
        person,
        state=state,
        topics=topics,
        language=choice.language or person.language,
        name=person.name or choice.name,
    )


def pseudonym(secret: bytes, key: str) -> str:
    """What stands for an address that was erased: tells whether it is the same, not which."""
    mark = hmac.new(secret, f"erased\0{key}".encode(), hashlib.sha256).hexdigest()
    return PSEUDONYM + mark[:32]
