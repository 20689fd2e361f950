"""Watches the lists of recipients: one that shrinks at once is not believed.

A half-written export, an empty file or a wrong query looks like people who were taken off. Those
who stand on such a list get mail, those who vanished get none and lose nothing, until they are back
or somebody accepts the list as it is. Never is the older list used: people may have been taken off
on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial

from tidings.core.audience import (
    Listed,
    ListFindings,
    Lists,
    fingerprint_of,
    is_collapse,
    is_erased,
    on_lists,
)
from tidings.core.settings import Settings
from tidings.model import Digest, Help, Problem, Recipient, address_key
from tidings.state import Store, Transaction
from tidings.state.deliveries import Claim
from tidings.state.presence import BACK

RECIPIENTS = "config/recipients.yaml"
# In the place of what a list is like: it is not believed, or rows of it are left out.
DOUBTED, PARTLY = "", "?"


def bring_up(state: Transaction, settings: Settings, secret: bytes) -> None:
    """Bring the people on lists, as they stand in the state, up to date with the lists; of who was
    erased nothing is written down, unless they decided something since. `secret` is the instance's
    key."""
    gone = state.people.pseudonyms()

    def erased(person: Recipient) -> bool:
        return bool(gone) and is_erased(person, secret, gone) and not state.choices.of(person.key)

    known = state.recipients.fingerprints()
    for name, people in settings.lists.items():
        if isinstance(people, Listed) and people.kept and known.get(name) != BACK:
            continue
        fingerprint = fingerprint_of(people)
        if known.get(name) != fingerprint:
            found = people.findings if isinstance(people, Listed) else ListFindings()
            state.recipients.replace(name, fingerprint, found.written(), people, erased)
    if known.keys() - settings.lists.keys():
        state.recipients.keep_only(settings.lists.keys())


def stand_in(state: Transaction, lists: Lists | Mapping[str, str], names: Collection[str]) -> bool:
    """Whether the people on these lists stand in the state as the lists have them, which are given
    themselves or by their fingerprints."""
    kept = state.recipients.kept()
    return all(
        name in kept
        and not kept[name].erased
        and kept[name].fingerprint == fingerprint_of(lists[name])
        for name in names
    )


def kept_in(
    store: Store, fingerprints: Mapping[str, str], read: Callable[[], Lists]
) -> Mapping[str, Listed] | None:
    """The lists with these fingerprints, if their people stand in the state; None if any do not.
    `read` reads the lists: who was erased is on them, and not in the state."""
    with store.reading() as state:
        kept = state.recipients.kept()
    if any(
        name not in kept or kept[name].fingerprint != fingerprints[name] for name in fingerprints
    ):
        return None

    def find(name: str, key: str) -> Recipient | None:
        with store.reading() as state:
            return state.recipients.of([name], [key]).get(key)

    def people(name: str) -> Iterator[Recipient]:
        if kept[name].erased:
            yield from read()[name]
            return
        with store.reading() as state:
            yield from state.recipients.all_of(name)

    return {
        name: Listed(
            fingerprint,
            ListFindings.read(kept[name].found),
            partial(people, name),
            partial(find, name),
            kept=True,
        )
        for name, fingerprint in fingerprints.items()
    }


def watch(state: Transaction, settings: Settings, secret: bytes = b"") -> tuple[Problem, ...]:
    """Note who is on the lists now; returns what is wrong with those that are not believed.
    `secret` is the instance's key."""
    bring_up(state, settings, secret)
    before = state.presences.marks()
    marks = dict(state.recipients.fingerprints())
    problems: list[Problem] = []
    for name in settings.lists:
        if before.get(name) == marks[name] and name not in settings.partly:
            continue
        known, lost = state.recipients.known(name), state.recipients.lost(name)
        current = state.recipients.count(name)
        if is_collapse(known, current, lost, unreadable=name in settings.unreadable):
            problems.append(_problem(name, known, lost))
            marks[name] = DOUBTED
        elif name in settings.partly:
            marks[name] = PARTLY
        else:
            state.recipients.drop_lost(name)
        state.recipients.note_all(name)
    for name in before.keys() - marks.keys():
        state.presences.drop(name)
    if marks != before:
        state.presences.mark(marks)
    return tuple(problems)


class ListedPeople:
    """Who on the lists of digests is asked for while mail goes out, a window of claims at a time:
    from the state where it has the lists as they are, else from the lists."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._fingerprints = {name: fingerprint_of(people) for name, people in lists.items()}
        self._found: dict[tuple[str, str], Recipient | None] = {}

    def look(
        self,
        state: Transaction,
        digests: Mapping[str, Digest],
        claims: Sequence[Claim],
        ahead: Iterable[Claim],
    ) -> None:
        """Look up the recipients of claims, unless they are known, with those `ahead`, which come
        next; `digests` are by slug."""
        if all(_recipient(each) in self._found for each in claims):
            return
        asked: dict[str, set[str]] = {}
        for digest, key in map(_recipient, (*claims, *ahead)):
            asked.setdefault(digest, set()).add(key)
        self._found = {}
        for slug in asked.keys() & digests.keys():
            lists, keys = digests[slug].lists, asked[slug]
            if stand_in(state, self._fingerprints, lists):
                on = state.recipients.of(lists, keys)
                self._found |= {(slug, key): on.get(key) for key in keys}
            else:
                self._found |= {(slug, key): on_lists(self._lists, lists, key) for key in keys}

    def person(self, claim: Claim) -> Recipient | None:
        """The recipient of a claim, who was looked up, as the lists of its digest have them; None
        if none does."""
        return self._found[_recipient(claim)]


def _recipient(claim: Claim) -> tuple[str, str]:
    return claim.edition.digest, address_key(claim.delivery.address)


def _problem(name: str, known: int, lost: int) -> Problem:
    people = f"{known:,} {'person' if known == 1 else 'people'}"
    message = (
        f"list {name} lost {lost:,} of {people} at once: it is not believed, and they get no mail"
    )
    hint = (
        "put them back, and they get what they missed; if they were to go, `tidings recipients"
        f" accept {name}`"
    )
    return Problem(RECIPIENTS, 0, 0, message, hint, help=Help.LIST_SHRANK)


def vanished(state: Transaction, digest: Digest) -> Set[str]:
    """The keys of those who may only have vanished from a list of the digest, or whose rows are
    left out."""
    marks = state.presences.marks().items()
    doubted = {name for name, mark in marks if mark in (DOUBTED, PARTLY)}
    return state.presences.on(doubted.intersection(digest.lists))


def doubted(state: Transaction, settings: Settings) -> Iterator[tuple[str, int]]:
    """The lists that are not believed, each with how many people have vanished from it."""
    for name, mark in state.presences.marks().items():
        if mark == DOUBTED and name in settings.lists:
            current = {person.key for person in settings.lists[name]}
            yield name, len(state.presences.on([name]) - current)


def accept(store: Store, settings: Settings, name: str, secret: bytes = b"") -> int:
    """Take a list as it is; returns how many people are off it."""
    with store.writing() as state:
        bring_up(state, settings, secret)
        lost = state.recipients.lost(name)
        state.recipients.drop_lost(name)
        state.recipients.note_all(name)
        now = state.recipients.fingerprints()[name]
        state.presences.mark(state.presences.marks() | {name: now})
    return lost
