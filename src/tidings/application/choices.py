"""What people decide for themselves about a digest: each act is one transaction.

None of them says whether an address is known: acting on a stranger's address records the act, and
comes to the same. Sending asks for these records at the last moment, so an act counts before the
next message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application import refusals
from tidings.application.ports.store import Store, Transaction
from tidings.core.tokens import Member
from tidings.model import ALL, Choice, RecipientState

Act = Literal["leave", "pause", "resume"]

_STATES = {
    "leave": RecipientState.LEFT,
    "pause": RecipientState.PAUSED,
    "resume": RecipientState.ACTIVE,
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """How somebody's choices stand: `topics` None while they chose none, `ALL` for all."""

    state: RecipientState
    topics: tuple[str, ...] | None
    language: str | None


def act(store: Store, member: Member, what: Act, now: datetime) -> None:
    """Leave, pause, or get mail again. What is said twice changes nothing the second time."""
    with store.writing() as state:
        choice = current(state, member, now)
        mark = state.steering.standing([choice.key]).get(choice.key)
        if what == "resume" and mark is RecipientState.BOUNCED:
            refusals.forget(state, [choice.key], now)
            state.choices.unmark([choice.key])  # the link came by mail: it arrives again
        if choice.state is _STATES[what]:
            return
        came_back = what == "resume" and RecipientState.LEFT in (choice.state, mark)
        state.choices.save(replace(choice, state=_STATES[what], changed_at=now))
        if came_back:
            state.choices.begin_anew(member.digest, choice.key, now)


def prefer(
    store: Store,
    member: Member,
    topics: tuple[str, ...] | None,
    language: str | None,
    now: datetime,
) -> None:
    """Choose topics (None: all) and a language (None: the digest's) from the next edition on."""
    with store.writing() as state:
        choice = current(state, member, now)
        changed = replace(choice, topics=topics or ALL, language=language, changed_at=now)
        state.choices.save(changed)


def preferences(store: Store, member: Member) -> Preferences:
    """How somebody stands, as far as they decided; a stranger stands like everybody else."""
    key = member.address.casefold()
    with store.reading() as state:
        found = [each for each in state.choices.of(key) if each.digest == member.digest]
        mark = state.steering.standing([key]).get(key)
    choice = found[0] if found else None
    standing = (choice.state if choice else None) or mark or RecipientState.ACTIVE
    if mark is RecipientState.BOUNCED and standing is RecipientState.ACTIVE:
        standing = mark
    if choice is None:
        return Preferences(standing, None, None)
    return Preferences(standing, choice.topics, choice.language)


def current(state: Transaction, member: Member, now: datetime) -> Choice:
    """What somebody has chosen so far; a first choice if they have not."""
    key = member.address.casefold()
    found = [each for each in state.choices.of(key) if each.digest == member.digest]
    return found[0] if found else Choice(member.digest, member.address, now)
