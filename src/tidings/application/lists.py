"""Watches the lists of recipients: one that shrinks at once is not believed.

A half-written export, an empty file or a wrong query looks like people who were taken off. Those
who stand on such a list get mail, those who vanished get none and lose nothing, until they are back
or somebody accepts the list as it is. Never is the older list used: people may have been taken off
on purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence, Set

from tidings.core.audience import is_collapse
from tidings.core.settings import Settings
from tidings.model import Digest, Help, Problem, Recipient
from tidings.state import Store, Transaction

RECIPIENTS = "config/recipients.yaml"
# In the place of what a list is like: it is not believed, or rows of it are left out.
DOUBTED, PARTLY = "", "?"


def watch(state: Transaction, settings: Settings) -> tuple[Problem, ...]:
    """Note who is on the lists now; returns what is wrong with those that are not believed."""
    before = state.presences.marks()
    marks: dict[str, str] = {}
    problems: list[Problem] = []
    for name, people in settings.lists.items():
        marks[name] = _mark_of(people)
        if before.get(name) == marks[name] and name not in settings.partly:
            continue
        current = {person.key for person in people}
        known = state.presences.on([name])
        if is_collapse(known, current, unreadable=name in settings.unreadable):
            problems.append(_problem(name, known, current))
            marks[name] = DOUBTED
        elif name in settings.partly:
            marks[name] = PARTLY
        else:
            state.presences.drop(name, known - current)
        state.presences.add(name, current - known)
    for name in before.keys() - marks.keys():
        state.presences.drop(name)
    if marks != before:
        state.presences.mark(marks)
    return tuple(problems)


def _mark_of(people: Sequence[Recipient]) -> str:
    keys = sorted(person.key for person in people)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]


def _problem(name: str, known: Set[str], current: Set[str]) -> Problem:
    lost = len(known - current)
    people = f"{len(known):,} {'person' if len(known) == 1 else 'people'}"
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


def accept(store: Store, settings: Settings, name: str) -> int:
    """Take a list as it is; returns how many people are off it."""
    current = {person.key for person in settings.lists[name]}
    with store.writing() as state:
        known = state.presences.on([name])
        state.presences.drop(name, known - current)
        state.presences.add(name, current - known)
        state.presences.mark(state.presences.marks() | {name: _mark_of(settings.lists[name])})
    return len(known - current)
