"""What people decide for themselves about a digest: each act is one transaction.

None of them says whether an address is known: acting on a stranger's address records the act, and
comes to the same. Sending asks for these records at the last moment, so an act counts before the
next message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from tidings.application import refusals
from tidings.core import editions
from tidings.core.audience import audience
from tidings.core.tokens import Member
from tidings.model import ALL, Choice, Digest, Recipient, RecipientState
from tidings.state import Store, Transaction

Act = Literal["leave", "pause", "resume"]
# What keeps mail away whatever somebody decides: a list pauses them, or no list names them.
Withheld = Literal["", "paused", "unlisted"]

_STATES = {
    "leave": RecipientState.LEFT,
    "pause": RecipientState.PAUSED,
    "resume": RecipientState.ACTIVE,
}


def act(store: Store, member: Member, what: Act, now: datetime) -> None:
    """Leave, pause, or get mail again. What is said twice changes nothing the second time."""
    with store.writing() as state:
        choice = current(state, member, now)
        mark = state.people.standing([choice.key]).get(choice.key)
        if what == "resume" and mark is RecipientState.BOUNCED:
            refusals.forget(state, [choice.key], now)
            state.people.unmark([choice.key])  # the link came by mail: it arrives again
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


def stands(
    store: Store,
    member: Member,
    digest: Digest,
    lists: Mapping[str, Sequence[Recipient]],
    pseudonym: Callable[[str], str],
) -> tuple[Recipient, Withheld]:
    """How somebody stands with a digest by what they decided, and what keeps their mail away
    whatever they decide. `pseudonym` is what stands for an address that was erased."""
    key = member.address.casefold()
    listed = next((each for each in editions.recipients(digest, lists) if each.key == key), None)
    with store.reading() as state:
        chosen = {each.key: each for each in state.choices.of(key) if each.digest == digest.slug}
        marks = dict(state.people.standing([key]))
        if pseudonym(key) in state.people.pseudonyms():
            marks.setdefault(key, RecipientState.LEFT)
    named = replace(listed or Recipient(member.address), state=RecipientState.ACTIVE)
    (person,) = audience((named,), chosen, marks)
    if listed:
        return person, "" if editions.gets_mail(listed) else "paused"
    return person, "" if any(each.joined for each in chosen.values()) else "unlisted"


def current(state: Transaction, member: Member, now: datetime) -> Choice:
    """What somebody has chosen so far; a first choice if they have not."""
    key = member.address.casefold()
    found = [each for each in state.choices.of(key) if each.digest == member.digest]
    return found[0] if found else Choice(member.digest, member.address, now)
