"""Reads and changes what people get: their own choices, and what an operator does for them.

Each act is one transaction. An act of a person never says whether an address is known: acting on a
strange address records the act, with the same answer. Sending reads these records at the last
moment, so an act counts before the next message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application import bounces
from tidings.application.announce import everyone
from tidings.application.ports.store import Store, Transaction
from tidings.core import audience
from tidings.core.audience import with_choices
from tidings.core.tokens import Member
from tidings.model import ALL, Choice, Digest, Recipient, RecipientState

Act = Literal["leave", "pause", "resume"]
# Why mail is withheld whatever somebody decides: a list pauses them, or no list names them.
Withheld = Literal["", "paused", "unlisted"]

_STATES = {
    "leave": RecipientState.LEFT,
    "pause": RecipientState.PAUSED,
    "resume": RecipientState.ACTIVE,
}


def act(store: Store, member: Member, what: Act, now: datetime) -> None:
    """Leave, pause or resume a digest; doing it twice is the same as once."""
    with store.writing() as state:
        choice = current(state, member, now)
        mark = state.steering.standing([choice.key]).get(choice.key)
        if what == "resume" and mark is RecipientState.BOUNCED:
            bounces.forget(state, [choice.key], now)
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


def stands(
    store: Store,
    member: Member,
    digest: Digest,
    lists: Mapping[str, Sequence[Recipient]],
    pseudonym: Callable[[str], str],
) -> tuple[Recipient, Withheld]:
    """The subscription of a member, and what withholds their mail whatever they decide.

    `pseudonym` computes what is kept of an erased address.
    """
    key = member.address.casefold()
    listed = next((each for each in audience.recipients(digest, lists) if each.key == key), None)
    with store.reading() as state:
        chosen = {each.key: each for each in state.choices.of(key) if each.digest == digest.slug}
        marks = dict(state.steering.standing([key]))
        if pseudonym(key) in state.choices.pseudonyms():
            marks.setdefault(key, RecipientState.LEFT)
    named = replace(listed or Recipient(member.address), state=RecipientState.ACTIVE)
    (person,) = with_choices((named,), chosen, marks)
    if listed:
        return person, "" if audience.gets_mail(listed) else "paused"
    return person, "" if any(each.joined for each in chosen.values()) else "unlisted"


def current(state: Transaction, member: Member, now: datetime) -> Choice:
    """The choice of a member so far, or a new one."""
    key = member.address.casefold()
    found = [each for each in state.choices.of(key) if each.digest == member.digest]
    return found[0] if found else Choice(member.digest, member.address, now)


Lists = Mapping[str, Sequence[Recipient]]


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient of one digest.

    `by`: on a list, or subscribed by themselves; `since` is when they acted last, None if never;
    `topics` None means all.
    """

    address: str
    name: str
    digest: str
    state: RecipientState
    by: Literal["list", "self"]
    topics: tuple[str, ...] | None
    language: str | None
    since: datetime | None


def roster(
    store: Store, digests: Sequence[Digest], lists: Lists, pseudonym: Callable[[str], str]
) -> tuple[RecipientRow, ...]:
    """List the recipients of every digest, including those who have yet to confirm (pending)."""
    rows: list[RecipientRow] = []
    with store.reading() as state:
        for digest in digests:
            listed = {person.key for person in audience.recipients(digest, lists)}
            chosen = state.choices.of_digest(digest.slug)
            for person in everyone(state, digest, lists, pseudonym):
                own = chosen.get(person.key)
                by: Literal["list", "self"] = "list" if person.key in listed else "self"
                rows.append(_row(digest, person, by, own.changed_at if own else None))
        for wish in state.choices.applications():
            stranger = Recipient(
                wish.address,
                topics=wish.topics,
                language=wish.language,
                state=RecipientState.PENDING,
            )
            rows += [
                _row(digest, stranger, "self", wish.asked_at)
                for digest in digests
                if digest.slug == wish.digest
            ]
    return tuple(rows)


def _row(
    digest: Digest, person: Recipient, by: Literal["list", "self"], since: datetime | None
) -> RecipientRow:
    return RecipientRow(
        address=person.address,
        name=person.name,
        digest=digest.slug,
        state=person.state,
        by=by,
        topics=person.topics,
        language=person.language,
        since=since,
    )


def add(store: Store, choice: Choice) -> bool:
    """Subscribe somebody who is on no list; False if they have left or their mail bounced."""
    with store.writing() as state:
        known = current(state, Member(choice.digest, choice.address), choice.changed_at)
        mark = state.steering.standing([choice.key]).get(choice.key)
        if RecipientState.LEFT in (known.state, mark) or mark is RecipientState.BOUNCED:
            return False
        state.choices.save(replace(choice, state=RecipientState.ACTIVE, joined=True))
        state.choices.withdraw(choice.digest, choice.key)
    return True


def bounced(store: Store, key: str) -> bool:
    """Whether an address gets no mail because mail to it bounced."""
    with store.reading() as state:
        return state.steering.standing([key]).get(key) is RecipientState.BOUNCED


def stop(store: Store, key: str, how: RecipientState, now: datetime) -> None:
    """Pause somebody, or record that they left, for every digest, until `resume`."""
    with store.writing() as state:
        state.people.mark(key, how, now, "")
        for choice in state.choices.of(key):
            # What they chose last does not win over what is decided now.
            if choice.state is RecipientState.ACTIVE:
                state.choices.save(replace(choice, state=None, changed_at=now))
        for wish in state.choices.applications(key):
            state.choices.withdraw(wish.digest, key)


def resume(store: Store, key: str, pseudonym: str, now: datetime) -> None:
    """Let somebody get mail again, whatever ended it; who had left is owed what is new from now."""
    with store.writing() as state:
        mark = state.steering.standing([key, pseudonym])
        bounces.forget(state, [key], now)
        state.choices.unmark([key, pseudonym])
        chosen = state.choices.of(key)
        gone: list[str | None] = [None] if RecipientState.LEFT in mark.values() else []
        gone += [each.digest for each in chosen if each.state is RecipientState.LEFT]
        for choice in chosen:
            back = RecipientState.ACTIVE if choice.joined else None
            state.choices.save(replace(choice, state=back, changed_at=now))
        for digest in gone:
            state.choices.begin_anew(digest, key, now)


def knows(store: Store, key: str, pseudonym: str, lists: Lists) -> bool:
    """Whether an address is known, or was before it was erased."""
    if any(person.key == key for people in lists.values() for person in people):
        return True
    with store.reading() as state:
        return (
            state.steering.knows(key)
            or bool(state.choices.of(key))
            or bool(state.choices.applications(key))
            or pseudonym in state.choices.pseudonyms()
        )


# --- What is known of somebody, and forgetting it -------------------------------------------------


def export(store: Store, key: str, lists: Lists) -> dict[str, object] | None:
    """Export all that is known of an address, as data for JSON; None if nothing is."""
    with store.reading() as state:
        marks = [each for each in state.choices.marks() if each.key == key]
        chosen, asked = state.choices.of(key), state.choices.applications(key)
        trace = state.privacy.trace(key)
    listed = [
        (name, person) for name, people in lists.items() for person in people if person.key == key
    ]
    if not (marks or chosen or asked or trace or listed):
        return None
    return {
        "address": key,
        "lists": [
            {"list": name, "name": person.name, "topics": _topics(person.topics),
             "language": person.language}
            for name, person in listed
        ],
        "record": [
            {"state": str(each.state), "since": each.at.isoformat(), "reason": each.detail}
            for each in marks
        ],
        "choices": [
            {"digest": each.digest, "state": str(each.state) if each.state else None,
             "joined": each.joined, "name": each.name, "topics": _topics(each.topics),
             "language": each.language, "changed_at": each.changed_at.isoformat()}
            for each in chosen
        ],
        "asked": [
            {"digest": each.digest, "topics": _topics(each.topics), "language": each.language,
             "asked_at": each.asked_at.isoformat()}
            for each in asked
        ],
        "mail": [
            {"digest": each.digest, "number": each.number, "state": each.state,
             "subject": each.subject, "changed_at": each.at.isoformat()}
            for each in trace
        ],
    }  # fmt: skip


def _topics(topics: tuple[str, ...] | None) -> list[str] | None:
    return None if topics is None or topics == ALL else list(topics)


def erase(store: Store, key: str, pseudonym: str, now: datetime) -> None:
    """Erase a person; a keyed pseudonym remains, which keeps mail away from the address."""
    with store.writing() as state:
        state.privacy.erase(key, pseudonym, now)
