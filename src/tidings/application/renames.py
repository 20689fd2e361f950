"""Follows what administrators rename, and says whom that concerns which is configured no more.

The state goes by the first name of a digest. Whoever works with a configuration and a state asks
`follow` first: the digests that it gives have the slugs that the state has. What a topic was called
stands in the state wherever people chose it, and is changed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from tidings.core import audience
from tidings.core.settings import Settings
from tidings.model import ALL, Digest
from tidings.state import Store, Transaction
from tidings.state.renames import DigestNames

# So many of the people concerned are named.
NAMED = 3


def follow(store: Store, settings: Settings) -> Settings:
    """Bring the state up to date with what was renamed; returns the settings in its terms.

    Of a private copy of the state, only the copy changes. What was done once is not done again.
    """
    moved = {old: topic.slug for topic in settings.topics for old in topic.was}
    with store.reading() as state:
        names = state.renames.names()
        renamed = names.first or names.merged or any(digest.was for digest in settings.digests)
        known = state.renames.known() if renamed else set()
        plan = plan_of(settings.digests, names, known)
        chosen = state.choices.wished_topics() if moved else ()
        stale = any(not set(moved).isdisjoint(topics.split()) for topics in chosen)
    if not plan.names.same_as(names) or plan.merging or stale:
        with store.adapting() as state:
            for old, new in plan.merging:
                digest = next(each for each in plan.digests if each.slug == new)
                listed = {person.key for person in audience.recipients(digest, settings.lists)}
                state.renames.merge(old, new, listed)
            state.renames.save(plan.names)
            if stale:
                state.renames.follow_topics(moved)
    return settings.model_copy(update={"digests": plan.digests})


class Plan(NamedTuple):
    """The digests with the slugs that the state has, what they are called, and which of them become
    part of another: (old, new)."""

    digests: tuple[Digest, ...]
    names: DigestNames
    merging: tuple[tuple[str, str], ...]


def plan_of(digests: Sequence[Digest], names: DigestNames, known: Set[str]) -> Plan:
    """Decide which digests of the state those of the configuration are, `known` being its slugs.

    A digest is what it was last time; else, by its name or the first of its old ones, one that the
    state knows; else a new one, whose slug is its name, with a number if that is another's first.
    Whatever else it is said to have been becomes part of it.
    """
    slugs = _slugs_of(digests, names, known)
    merged, merging = dict(names.merged), list[tuple[str, str]]()
    for digest in digests:
        for old in _were(digest, names, known):
            if old not in slugs.values() and old not in merged:
                new = slugs[digest.called]
                merging.append((old, new))
                merged = {slug: new if into == old else into for slug, into in merged.items()}
                merged[old] = new
    # What was called so before others stays behind them, should it be called so again.
    first = {name: slug for name, slug in slugs.items() if name != slug}
    first |= {n: slug for n, slug in names.first.items() if n not in slugs and slug not in merged}
    return Plan(
        tuple(_with_slug(digest, slugs[digest.called], merged) for digest in digests),
        DigestNames(first, merged),
        tuple(merging),
    )


def _slugs_of(digests: Sequence[Digest], names: DigestNames, known: Set[str]) -> Mapping[str, str]:
    slugs: dict[str, str] = {}

    def claim(name: str, slug: str) -> bool:
        if name not in slugs and slug not in slugs.values() and slug not in names.merged:
            slugs[name] = slug
        return name in slugs

    configured = [digest.called for digest in digests]
    for name, slug in names.first.items():
        if name in configured:
            claim(name, slug)
    for name in configured:
        if name in known:
            claim(name, name)
    for digest in digests:
        for old in _were(digest, names, known):
            claim(digest.called, old)
    for name in configured:
        number = 1
        while not claim(name, name if number == 1 else f"{name}-{number}"):
            number += 1
    return slugs


def _with_slug(digest: Digest, slug: str, merged: Mapping[str, str]) -> Digest:
    return replace(
        digest,
        slug=slug,
        name=digest.called if digest.called != slug else "",
        merged=tuple(old for old, into in merged.items() if into == slug),
    )


def _were(digest: Digest, names: DigestNames, known: Set[str]) -> list[str]:
    """The slugs of what a digest is said to have been, as far as the state knows of it."""
    found = (names.first.get(old, old) for old in digest.was)
    return list(dict.fromkeys(slug for slug in found if slug in known))


def as_known(settings: Settings, digest: Digest) -> Digest:
    """A digest of the configuration, as the state has it; `settings` are those of `follow`."""
    return next(each for each in settings.digests if each.called == digest.called)


def by_slug(digests: Sequence[Digest]) -> Mapping[str, Digest]:
    """The digests by their slugs, and by those of the digests that have become part of them: what
    these have published, or have still to send, goes on under their own."""
    return {slug: replace(digest, slug=slug) for digest in digests for slug in digest.slugs}


# --- Whom it concerns -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stranded:
    """People whom nothing reaches any more: `digest` is gone, or `topics` are, all that they chose
    of it ("" and () for the other)."""

    digest: str
    topics: tuple[str, ...]
    people: tuple[str, ...]

    @property
    def told(self) -> str:
        """What is gone, and whom that concerns."""
        named = ", ".join(self.people[:NAMED])
        if len(self.people) > NAMED:
            named += f" and {len(self.people) - NAMED:,} more"
        many = len(self.people)
        if not self.topics:
            who = f"{many:,} {'person' if many == 1 else 'people'}"
            return f"digest {self.digest} is gone; {who} chose something about it ({named})"
        who = f"{many:,} {'person gets' if many == 1 else 'people get'}"
        gone = ", ".join(self.topics)
        told = f"{who} nothing of {self.digest}: all topics that they chose are gone"
        return f"{told}, {gone} ({named})"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        if not self.topics:
            return (
                f"if it has another name now, write `was: [{self.digest}]` there; to bring it"
                " back, name it so again"
            )
        return (
            "if a topic has another name now, write `was:` with the old one there; else ask them"
            " to choose again"
        )


def stranded(state: Transaction, settings: Settings) -> tuple[Stranded, ...]:
    """Who decided something about a digest, or chose topics, that there is not any more.

    `settings` are those that `follow` gives.
    """
    slugs = {slug: digest for digest in settings.digests for slug in digest.slugs}
    found = [
        Stranded(name, (), tuple(sorted(people)))
        for name, people in sorted(state.renames.chose_about(slugs.keys()).items())
    ]
    topics = {topic.slug for topic in settings.topics}
    by_topics: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for choice in state.choices.all():
        chosen = choice.topics
        if choice.digest in slugs and chosen and chosen != ALL and topics.isdisjoint(chosen):
            here = slugs[choice.digest].called, chosen
            by_topics.setdefault(here, []).append(choice.address)
    found += [
        Stranded(digest, gone, tuple(sorted(people)))
        for (digest, gone), people in sorted(by_topics.items())
    ]
    return tuple(found)
