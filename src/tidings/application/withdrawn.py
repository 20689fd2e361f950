"""Leaves out of waiting mail what was retracted since its edition opened.

It stands alone since sending and deciding both go by it. A message that nobody can have yet brings
the rest; one of which nothing is left is empty. One that may have arrived cannot be made otherwise
and must not go again: the retracted item counts as had, so that the next edition says that it is
retracted, and the other items are owed again.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from tidings.application.announce import subject_for
from tidings.application.ports import Services
from tidings.application.renames import by_slug
from tidings.application.scopes import left_out
from tidings.model import DeliveryState, Item, Owed, OwedSet, address_key
from tidings.state import Transaction
from tidings.state.deliveries import Claim

IN_DOUBT = "an item in it was retracted since, and it may have arrived: the rest comes again later"
EMPTY = "all that it was to bring was retracted since"


@dataclass(slots=True)
class RetractedItems:
    """What was retracted as of a change number, and what owed sets are without that, by their
    numbers: looked up once for all messages of a set. None stands for nothing left."""

    services: Services
    run: int = -1
    ids: Set[str] = frozenset()
    without: dict[tuple[int, bool], int | None] = field(default_factory=dict)

    def look(self, state: Transaction) -> None:
        """Look what is retracted now: once for all the messages that a transaction takes."""
        run = state.last_run()
        if run != self.run:
            self.run, self.ids = run, state.items.retracted()
            self.without.clear()

    def leave_out(
        self, state: Transaction, claim: Claim
    ) -> tuple[Claim, tuple[DeliveryState, str] | None]:
        """A claim as it may be sent, and how to close it if it may not, by what `look` has found in
        the same transaction. Raises `TemplateError`."""
        delivery = claim.delivery
        if delivery.owed_set is None or not self.ids:
            return claim, None
        key = delivery.owed_set, delivery.may_have_arrived
        if key not in self.without:
            self.without[key] = self._remake(state, claim, key[0])
        left = self.without[key]
        if left is None:
            return claim, (DeliveryState.EMPTY, EMPTY)
        if left == delivery.owed_set:
            return claim, None
        state.deliveries.bring(delivery, left)
        claim = replace(claim, delivery=replace(delivery, owed_set=left))
        return claim, (DeliveryState.IN_DOUBT, IN_DOUBT) if delivery.may_have_arrived else None

    def _remake(self, state: Transaction, claim: Claim, key: int) -> int | None:
        """The number of the owed set that a claim brings instead."""
        before = state.editions.owed_sets([key])[key]
        items = state.items.get({each.item_id for each in before.owed} & self.ids)
        gone = [each for each in before.owed if _is_gone(each, items.get(each.item_id))]
        if not gone:
            return key
        edition = claim.edition
        if claim.delivery.may_have_arrived:
            kept = replace(before, owed=tuple(gone))
            return state.editions.add_owed_set(edition.id, kept)
        owed = tuple(each for each in before.owed if each not in gone)
        digest = by_slug(self.services.settings.digests)[edition.digest]
        refused = left_out(state, digest.slugs, edition.id)
        unseen = refused.get(address_key(claim.delivery.address), frozenset())
        printed = [each for each in owed if each.item_id not in unseen]
        if not printed:
            return None
        kept = replace(before, owed=owed, subject=self._subject(state, claim, printed, before))
        return state.editions.add_owed_set(edition.id, kept)

    def _subject(
        self, state: Transaction, claim: Claim, owed: Sequence[Owed], before: OwedSet
    ) -> str:
        edition, services = claim.edition, self.services
        digest = by_slug(services.settings.digests)[edition.digest]
        digest = replace(digest, note=state.reviews.note_of(edition.id))
        revisions = {each.item_id: each.revision for each in owed if not each.corrected}
        found = state.items.get(revisions)
        return subject_for(
            services,
            digest,
            (edition.number, edition.opened_at),
            [found[item_id].at_revision(number) for item_id, number in revisions.items()],
            claim.delivery.language,
            first=before.first,
        )


def _is_gone(owed: Owed, item: Item | None) -> bool:
    """Whether an item was retracted after an edition took it up: not so if the edition says that it
    is retracted."""
    if item is None:
        return False
    return not owed.corrected or owed.revision < item.revision
