"""Reads and changes what people get, as an operator asks; each act is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from tidings.application import bounces, erasure, subscribe
from tidings.application.addresses import key_now
from tidings.application.announce import recipients_of
from tidings.core.audience import Lists, on_lists
from tidings.core.tokens import Member
from tidings.model import ALL, Choice, Digest, Recipient, RecipientState
from tidings.state import Store, Transaction
from tidings.state.addresses import AddressChange


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient of one digest.

    `by`: on a list, or subscribed by themselves; `since` is when they acted last, None if never;
    `topics` None means all, and `items_in` None items in all languages.
    """

    address: str
    name: str
    digest: str
    state: RecipientState
    by: Literal["list", "self"]
    topics: tuple[str, ...] | None
    language: str | None
    since: datetime | None
    items_in: tuple[str, ...] | None = None


def roster(
    store: Store, digests: Sequence[Digest], lists: Lists, secret: bytes
) -> tuple[RecipientRow, ...]:
    """List the recipients of every digest, including those who have yet to confirm (pending).

    `secret` is the instance's key.
    """
    rows: list[RecipientRow] = []
    with store.reading() as state:
        for digest in digests:
            chosen = state.choices.of_digest(digest.slug)
            for person, listed in recipients_of(state, digest, lists, secret):
                own = chosen.get(person.key)
                by: Literal["list", "self"] = "list" if listed else "self"
                rows.append(_row(digest, person, by, own.changed_at if own else None))
        for wish in state.choices.applications():
            stranger = Recipient(
                wish.address,
                topics=wish.topics,
                language=wish.language,
                items_in=wish.items_in,
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
        items_in=person.items_in,
    )


Barred = Literal["bounced", "left", "unwanted"]


def add(store: Store, choice: Choice, secret: bytes = b"") -> bool:
    """Subscribe somebody who is on no list; False if something bars them. `secret` is the
    instance's key."""
    with store.writing() as state:
        if _barred(state, choice, secret):
            return False
        state.choices.save(replace(choice, state=RecipientState.ACTIVE, joined=True))
        state.choices.withdraw(choice.digest, choice.key)
    return True


def barred(store: Store, choice: Choice, secret: bytes) -> Barred | None:
    """What keeps somebody from being added: they left, mail to them bounced, or they said that
    nothing is ever to be sent to them."""
    with store.reading() as state:
        return _barred(state, choice, secret)


def _barred(state: Transaction, choice: Choice, secret: bytes) -> Barred | None:
    known = subscribe.current(state, Member(choice.digest, choice.address), choice.changed_at)
    mark = state.people.standing([choice.key]).get(choice.key)
    if erasure.unwanted_since(state, secret, choice.key):
        return "unwanted"
    if mark is RecipientState.BOUNCED:
        return "bounced"
    if RecipientState.LEFT in (known.state, mark):
        return "left"
    return "left" if erasure.is_erased(state, secret, choice.address) else None


def stop(store: Store, key: str, how: RecipientState, now: datetime, secret: bytes = b"") -> None:
    """Pause somebody, or record that they left, for every digest, until `resume`. Who was erased
    has left: the mark of it suffices."""
    with store.writing() as state:
        if erasure.is_erased(state, secret, key):
            return
        _stop(state, key, how, now)
        for wish in state.choices.applications(key):
            state.choices.withdraw(wish.digest, key)


def _stop(state: Transaction, key: str, how: RecipientState, now: datetime) -> None:
    state.people.mark(key, how, now, "")
    for choice in state.choices.of(key):
        # What they chose last does not win over what is decided now.
        if choice.state is RecipientState.ACTIVE:
            state.choices.save(replace(choice, state=None, changed_at=now))


def resume(store: Store, key: str, pseudonym: str, now: datetime, secret: bytes = b"") -> None:
    """Let somebody get mail again, whatever ended it; who had left is owed what is new from now."""
    with store.writing() as state:
        erasure.wanted_again(state, secret, key)
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


def address_now(store: Store, key: str, lists: Lists) -> str:
    """The key of the address that somebody changed theirs to; the same if they did not, or are
    there anew."""
    with store.reading() as state:
        return key_now(state, key, lists)


def knows(store: Store, key: str, pseudonym: str, lists: Lists, secret: bytes = b"") -> bool:
    """Whether an address is known, was before it was erased, or is never to be written to."""
    if any(person.key == key for people in lists.values() for person in people):
        return True
    with store.reading() as state:
        return (
            state.people.knows(key)
            or bool(state.choices.of(key))
            or bool(state.choices.applications(key))
            or pseudonym in state.people.pseudonyms()
            or erasure.unwanted_since(state, secret, key) is not None
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
        marks = state.people.marks(key)
        chosen, asked = state.choices.of(key), state.choices.applications(key)
        trace, probe = state.people.messages_to(key), state.probes.of(key)
        changes = state.addresses.of(key)
    listed = [
        (name, person) for name, people in lists.items() for person in people if person.key == key
    ]
    if not (marks or chosen or asked or trace or listed or changes):
        return None
    return {
        "address": key,
        "lists": [
            {"list": name, "name": person.name, "topics": _listed(person.topics),
             "language": person.language, "items_in": _listed(person.items_in)}
            for name, person in listed
        ],
        "record": [
            {"state": str(each.state), "since": each.at.isoformat(), "reason": each.detail}
            for each in marks
        ],
        "choices": [
            {"digest": called(each.digest), "state": str(each.state) if each.state else None,
             "joined": each.joined, "name": each.name, "topics": _listed(each.topics),
             "language": each.language, "items_in": _listed(each.items_in),
             "changed_at": each.changed_at.isoformat()}
            for each in chosen
        ],
        "asked": [
            {"digest": called(each.digest), "topics": _listed(each.topics),
             "language": each.language, "items_in": _listed(each.items_in),
             "asked_at": each.asked_at.isoformat()}
            for each in asked
        ],
        "mail": [
            {"digest": called(each.digest), "number": each.number, "state": each.state,
             "subject": each.subject, "changed_at": each.at.isoformat()}
            for each in trace
        ],
        **({"probe": {"asked_at": probe.asked_at.isoformat()}} if probe else {}),
        **({"address_changes": told} if (told := _changes(changes)) else {}),
    }  # fmt: skip


def _changes(changes: Sequence[AddressChange]) -> list[dict[str, object]]:
    return [
        {"from": each.old, "to": each.new, "asked_at": each.asked_at.isoformat(),
         "done_at": each.done_at.isoformat() if each.done_at else None,
         "undone_at": each.undone_at.isoformat() if each.undone_at else None}
        for each in changes
    ]  # fmt: skip


def _listed(chosen: tuple[str, ...] | None) -> list[str] | None:
    return None if chosen is None or chosen == ALL else list(chosen)


def erase(store: Store, key: str, pseudonym: str, now: datetime, secret: bytes = b"") -> None:
    """Erase a person, with the addresses that they had before; a keyed pseudonym remains, which
    keeps mail away from the address."""
    with store.writing() as state:
        erasure.erase(state, key, pseudonym, secret, now)


def never(store: Store, key: str, mark: str, lists: Lists, now: datetime) -> None:
    """Never write to a mailbox with that keyed hash again, whoever asks: also what its address gets
    now ends, "" if that is not known any more."""
    listed = on_lists(lists, tuple(lists), key) is not None
    with store.writing() as state:
        state.limits.never(mark, now)
        state.links.withdraw(key)
        if listed or state.choices.of(key) or state.people.standing([key]):
            _stop(state, key, RecipientState.LEFT, now)
        for wish in state.choices.applications(key):
            state.choices.withdraw(wish.digest, key)
