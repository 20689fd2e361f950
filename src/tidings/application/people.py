"""Reads and changes what people get, as an operator asks; each act is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from tidings.application import bounces, subscribe
from tidings.application.announce import recipients_of
from tidings.core import audience
from tidings.core.tokens import Member
from tidings.model import ALL, Choice, Digest, Recipient, RecipientState
from tidings.state import Store

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
    store: Store, digests: Sequence[Digest], lists: Lists, secret: bytes
) -> tuple[RecipientRow, ...]:
    """List the recipients of every digest, including those who have yet to confirm (pending).

    `secret` is the instance's key.
    """
    rows: list[RecipientRow] = []
    with store.reading() as state:
        for digest in digests:
            listed = {person.key for person in audience.recipients(digest, lists)}
            chosen = state.choices.of_digest(digest.slug)
            for person in recipients_of(state, digest, lists, secret):
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
        known = subscribe.current(state, Member(choice.digest, choice.address), choice.changed_at)
        mark = state.people.standing([choice.key]).get(choice.key)
        if RecipientState.LEFT in (known.state, mark) or mark is RecipientState.BOUNCED:
            return False
        state.choices.save(replace(choice, state=RecipientState.ACTIVE, joined=True))
        state.choices.withdraw(choice.digest, choice.key)
    return True


def bounced(store: Store, key: str) -> bool:
    """Whether an address gets no mail because mail to it bounced."""
    with store.reading() as state:
        return state.people.standing([key]).get(key) is RecipientState.BOUNCED


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
        mark = state.people.standing([key, pseudonym])
        bounces.forget(state, [key], now)
        state.people.unmark([key, pseudonym], now)
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
            state.people.knows(key)
            or bool(state.choices.of(key))
            or bool(state.choices.applications(key))
            or pseudonym in state.people.pseudonyms()
        )


# --- What is known of somebody, and forgetting it -------------------------------------------------


def export(
    store: Store, key: str, lists: Lists, names: Mapping[str, str] = MappingProxyType({})
) -> dict[str, object] | None:
    """Export all that is known of an address, as data for JSON; None if nothing is. `names` are
    what digests are called, by slug."""

    def called(slug: str) -> str:
        return names.get(slug, slug)

    with store.reading() as state:
        marks = [each for each in state.people.marks() if each.key == key]
        chosen, asked = state.choices.of(key), state.choices.applications(key)
        trace = state.people.messages_to(key)
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
            {"digest": called(each.digest), "state": str(each.state) if each.state else None,
             "joined": each.joined, "name": each.name, "topics": _topics(each.topics),
             "language": each.language, "changed_at": each.changed_at.isoformat()}
            for each in chosen
        ],
        "asked": [
            {"digest": called(each.digest), "topics": _topics(each.topics),
             "language": each.language, "asked_at": each.asked_at.isoformat()}
            for each in asked
        ],
        "mail": [
            {"digest": called(each.digest), "number": each.number, "state": each.state,
             "subject": each.subject, "changed_at": each.at.isoformat()}
            for each in trace
        ],
    }  # fmt: skip


def _topics(topics: tuple[str, ...] | None) -> list[str] | None:
    return None if topics is None or topics == ALL else list(topics)


def erase(store: Store, key: str, pseudonym: str, now: datetime) -> None:
    """Erase a person; a keyed pseudonym remains, which keeps mail away from the address."""
    with store.writing() as state:
        state.people.erase(key, pseudonym, now)
