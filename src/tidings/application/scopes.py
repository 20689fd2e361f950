"""What of a digest's past has to be looked at for somebody, when an edition is opened.

Whoever was owed nothing of older editions, as of an earlier opening, is owed nothing of them now,
but for items that changed since, or joined a topic, and unless their choices changed or something
in `state/presence.py` did. So the past of most people is that of a few editions, however many there
were: after 90 weeks of editions to 2,000 people an opening takes 0.2 s of CPU instead of 1.9 s.

And what the servers of some people do not let in, whatever else a message says. A content filter
that refuses one title would refuse each later edition as well, since what failed stays owed: its
readers would never hear from us again. So what was in two messages to somebody that were refused
for their content is left out of the next, which says how many more there are and links to them; it
counts as had once that has arrived. All of this is read from the ledger.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from tidings.core.audience import Announcement
from tidings.core.mail.refusals import of_the_message
from tidings.model import Cause, Digest, Edition, address_key
from tidings.state import Transaction
from tidings.state.presence import Clearance

# How many editions may follow what is noted of somebody before it is noted again.
EDITIONS = 4
# Of more owed sets, all that somebody had are as quickly found.
MANY = 500
# A filter may be mended, or have been wrong, once.
REFUSED = 2

Past = tuple[int, int | None] | None


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a digest's past, from an edition on and with what changed since a run (None: since
    that edition, nothing else); or (None) all of it: what was announced of the items that it is
    about, when, their topics, and the owed sets with any of them (None: look at all)."""

    past: Past
    announced: Sequence[Announcement]
    openings: Sequence[datetime]
    item_topics: Mapping[str, Sequence[str]]
    sets: Set[int] | None


class Scopes:
    """The parts of a digest's past that the people of one edition need."""

    def __init__(
        self, state: Transaction, digest: Digest, edition: Edition, but: Collection[Cause]
    ) -> None:
        self._state = state
        self._digest = digest
        self._edition = edition
        self._but = but
        self._recent = state.cleared.recent(digest.slug, edition.id, EDITIONS)
        self._brings = {each.item_id for each in state.editions.contents(edition.id)}
        self._run = state.last_run()
        self._firsts: dict[datetime, int] = {}
        self._scopes: dict[Past, Scope] = {}
        self._to_note: dict[str, Clearance] = {}

    def of(self, noted: Clearance | None, choices: str, since: datetime | None) -> Scope:
        """What is to be looked at for somebody of whom this is noted, whose editions count `since`
        then; `choices` is a mark of all that decides what they want."""
        past = self._past(noted, choices, since)
        if past not in self._scopes:
            self._scopes[past] = self._scope(past)
        return self._scopes[past]

    def _past(self, noted: Clearance | None, choices: str, since: datetime | None) -> Past:
        if noted and noted.choices == choices:
            return noted.before, noted.run
        if since is None:
            return None
        # Of what came before they are owed nothing in any case.
        if since not in self._firsts:
            self._firsts[since] = self._state.cleared.first_since(self._digest.slug, since)
        first = self._firsts[since]
        return (first, None) if first in self._recent else None

    def _scope(self, past: Past) -> Scope:
        state, slug = self._state, self._digest.slug
        sets: Set[int] | None = None
        if past is None:
            announced = state.editions.announced(slug)
        else:
            ids = state.cleared.unsettled(slug, *past)
            announced = state.editions.announced(slug, ids)
            sets = state.cleared.sets_with(ids, state.deliveries.merged())
        topics = state.topics.of({each.item_id for each in announced}, but=self._but)
        openings = sorted({each.opened_at for each in announced})
        few = sets if sets is not None and len(sets) <= MANY else None
        return Scope(past, announced, openings, topics, few)

    def current(self, noted: Clearance | None, choices: str) -> bool:
        """Whether what is noted of somebody need not be noted again."""
        return noted is not None and noted.choices == choices and noted.before in self._recent

    def settle(self, key: str, choices: str, owed: Collection[str]) -> None:
        """Note for the next edition that somebody is `owed` these items now, if nothing of them is
        from before."""
        if self._brings.issuperset(owed):
            self._to_note[key] = Clearance(self._edition.id, self._run, choices)

    def remember(self) -> None:
        """Keep what was noted of a portion of people."""
        if self._to_note:
            self._state.cleared.note(self._digest.slug, self._to_note)
            self._to_note = {}


def mark_of(*choices: object) -> str:
    """A mark of choices, which is another when they are."""
    return hashlib.sha256(repr(choices).encode()).hexdigest()[:32]


def left_out(
    state: Transaction, slugs: Sequence[str], before: int | None = None
) -> Mapping[str, frozenset[str]]:
    """By address key: the ids of items that were refused to somebody too often, in digests that
    are one now.

    `before` is the id of the edition to be made; None if that is one after all that there are.
    """
    messages: dict[str, list[int]] = defaultdict(list)
    for delivery in state.deliveries.turned_down(slugs, before):
        if delivery.owed_set is not None and of_the_message(delivery.detail):
            messages[address_key(delivery.address)].append(delivery.owed_set)
    often = {key: sets for key, sets in messages.items() if len(sets) >= REFUSED}
    sets = {each for some in often.values() for each in some}
    # What a message only counts, no filter has seen.
    seen = {each: state.deliveries.printed([each]) for each in sets}
    found = {}
    for key, refused in often.items():
        counted = Counter(item_id for each in refused for item_id in seen[each])
        found[key] = frozenset(item for item, times in counted.items() if times >= REFUSED)
    return {key: items for key, items in found.items() if items}
