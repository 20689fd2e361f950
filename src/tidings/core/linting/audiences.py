"""Digests and people that no mail can ever join."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tidings.core.audience import gets_mail
from tidings.core.linting.remarks import warning
from tidings.core.settings import Fault
from tidings.model import Digest, Recipient

_DIGESTS = "digests.yaml"
_PEOPLE = "recipients.yaml"

Lists = Mapping[str, Sequence[Recipient]]


def unheard(digests: Sequence[Digest], lists: Lists) -> Iterator[Fault]:
    """Digests that reach nobody, lists that lead nowhere, people who can never get anything."""
    for digest in digests:
        yield from _without_readers(digest, lists)
    for name, people in lists.items():
        using = [digest for digest in digests if name in digest.lists]
        if not people:
            yield warning(_PEOPLE, ("lists", name), f"{name} has nobody on it", at_key=True)
        elif not using:
            yield warning(
                _PEOPLE,
                ("lists", name),
                f"no digest goes to {name}",
                "name it under lists in digests.yaml",
                at_key=True,
            )
        else:
            yield from _in_vain(name, people, using)


def _without_readers(digest: Digest, lists: Lists) -> Iterator[Fault]:
    place = ("digests", digest.slug)
    people = [person for name in digest.lists for person in lists[name]]
    if not digest.lists:
        hint = "name a list of recipients.yaml under lists"
        yield warning(_DIGESTS, place, f"{digest.slug} goes to no list", hint, at_key=True)
    elif people and not any(map(gets_mail, people)):
        yield warning(
            _DIGESTS,
            (*place, "lists"),
            f"everybody whom {digest.slug} goes to is paused",
            at_key=True,
        )


def _in_vain(name: str, people: Sequence[Recipient], using: Sequence[Digest]) -> Iterator[Fault]:
    """Those on a list who chose only topics that none of its digests has."""
    for index, person in enumerate(people):
        if person.topics is None:
            continue
        if any(_shares(digest.topics, person.topics) for digest in using):
            continue
        chosen, slugs = ", ".join(person.topics), ", ".join(digest.slug for digest in using)
        yield warning(
            _PEOPLE,
            ("lists", name, index, "topics"),
            f"{person.address} can never get anything: {slugs} has none of {chosen}",
            "choose topics of that digest, or add them to it",
        )


def _shares(topics: Sequence[str] | None, chosen: Sequence[str]) -> bool:
    return topics is None or not set(topics).isdisjoint(chosen)
