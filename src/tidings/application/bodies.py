"""Bodies of messages: each is made just before the first message with it is sent, and kept in the
state until the last, so that every copy is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count

from tidings.application.ports import Services
from tidings.application.renames import by_slug
from tidings.application.scopes import left_out
from tidings.core.audience import group_addresses
from tidings.core.mail.digest import (
    SLOT_ROOM,
    DigestMail,
    compose,
    left_out_of,
    prepare,
    shortened,
    unprinted,
)
from tidings.core.mail.message import PreparedMessage
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch
from tidings.core.pages.site import site_context
from tidings.errors import FAULTS, DeliveryError
from tidings.model import Digest, Edition, Owed, OwedSet, address_key
from tidings.state import Transaction
from tidings.state.deliveries import Claim

IN_MEMORY = 2
ITEMS_IN_MEMORY = 500
# The items of so many variants are read with one statement.
READ_AHEAD = 16
# How much of a message that is too large is kept, until it fits.
SHORTER = 0.5
# So many items that do not fit even alone are looked for; then all are only counted.
GIANTS = 3


def _size(made: PreparedMessage, claim: Claim) -> int:
    """The bytes of a message, with room for the names and links of whoever has the longest."""
    return len(made.for_recipient(claim.delivery)) + SLOT_ROOM


def _kept(
    state: Transaction, key: tuple[int, str], made: PreparedMessage, before: bytes | None = None
) -> PreparedMessage:
    """The body of a variant as it is kept from now on: that of another process, if it made one at
    the same time."""
    dumped = made.dump()
    kept = state.editions.keep_variant(*key, dumped, before)
    return made if kept is dumped else PreparedMessage.load(kept)


class BodyCache:
    """Makes the body of each variant (owed set, language), and keeps it in the state.

    Deliveries come in the order of their variants, so few bodies are in memory.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self._context = site_context(settings)
        self._digests = by_slug(settings.digests)
        self._groups = group_addresses(settings.lists)
        self._topics = settings.topics
        self._prepared: dict[tuple[int, str], PreparedMessage] = {}
        self._owed: Mapping[int, OwedSet] = {}
        self._items: dict[Owed, ClassifiedItem] = {}
        self._ranks = {topic.slug: rank for rank, topic in enumerate(settings.topics)}
        # What is read once for an edition: its site and digest, its items, what is left out of it.
        self._read: tuple[int, SiteContext, Digest] | None = None
        self._contents: tuple[int, frozenset[str]] = (0, frozenset())
        self._left_out: tuple[int, Mapping[str, frozenset[str]]] = (0, {})
        # The owed sets with shorter bodies, and their sizes, by the variants that were too large.
        self._shorter: dict[tuple[int, str, bool], list[tuple[int, int]]] = {}

    def prepared(
        self, state: Transaction, claim: Claim, ahead: Iterable[Claim] = ()
    ) -> PreparedMessage:
        """The body for a claim; made and kept in this transaction if it is the first of its kind.

        What the claims `ahead` need is read with it. Raises TemplateError, and DeliveryError if the
        body cannot be made.
        """
        delivery = claim.delivery
        if delivery.owed_set is None:
            raise DeliveryError("there is nothing new for them", permanent=True)
        key = (delivery.owed_set, delivery.language)
        found = self._prepared.get(key)
        if found is None:
            while len(self._prepared) >= IN_MEMORY:
                del self._prepared[next(iter(self._prepared))]
            kept = state.editions.variant(*key)
            if kept:
                found = PreparedMessage.load(kept)
            else:
                found = self._make(state, claim, self._owed_set(state, key[0], ahead))
                found = _kept(state, key, found)
            self._prepared[key] = found
        if not self._groups or address_key(delivery.address) not in self._groups:
            return found
        if found.for_groups is None:
            owed = self._owed_set(state, key[0], ahead)
            found = replace(found, for_groups=self._make(state, claim, owed, shared=True))
            found = _kept(state, key, found, state.editions.variant(*key))
            self._prepared[key] = found
        return found.for_groups or found

    def shorter(self, state: Transaction, claim: Claim, most: int) -> int | None:
        """The number of an owed set as that of a claim, of which a message prints no more than
        fits into so many bytes; None if that cannot be.

        The longer body stays as it is: others may take it, and what may have arrived goes again
        with its very bytes. Raises as `prepared` does.
        """
        delivery = claim.delivery
        if delivery.owed_set is None:
            return None
        shared = address_key(delivery.address) in self._groups
        known = self._shorter.setdefault((delivery.owed_set, delivery.language, shared), [])
        for key, size in known:
            if size <= most:
                return key
        owed = self._owed_set(state, delivery.owed_set, ())
        found = self._fitting(state, claim, owed, most, shared=shared)
        if found is None:
            return None
        mail, made = found
        key = state.editions.add_owed_set(claim.edition.id, owed)
        self._note_unprinted(state, key, mail, owed)
        kept = replace(made, for_groups=made) if shared else made
        state.editions.keep_variant(key, delivery.language, kept.dump())
        known.append((key, _size(made, claim)))
        return key

    def _make(
        self, state: Transaction, claim: Claim, owed: OwedSet, *, shared: bool = False
    ) -> PreparedMessage:
        mail = self._compose(state, claim, owed, self._refused(state, claim))
        if claim.delivery.owed_set is not None:
            self._note_unprinted(state, claim.delivery.owed_set, mail, owed)
        return self._prepare(mail, claim, shared=shared)

    def _fitting(
        self, state: Transaction, claim: Claim, owed: OwedSet, most: int, *, shared: bool
    ) -> tuple[DigestMail, PreparedMessage] | None:
        """A mail and its body of at most so many bytes; what does not fit even alone is left out,
        as the rest is. None if nothing makes it fit."""
        out, items = self._refused(state, claim), self.items(state, owed.owed)
        new = {each.item.id for each in items if each.had is None and not each.item.retraction}
        for giants in count():
            mail: DigestMail | None = self._compose(state, claim, owed, out)
            while mail:
                made, last = self._prepare(mail, claim, shared=shared), mail
                if _size(made, claim) <= most:
                    return mail, made
                mail = shortened(mail, SHORTER)
            if last.lead is None:
                break
            out |= new if giants == GIANTS else new - set(unprinted(self._context, last, items))
        return None

    def _compose(
        self, state: Transaction, claim: Claim, owed: OwedSet, out: frozenset[str]
    ) -> DigestMail:
        """What somebody is owed, of which some items are only counted."""
        items = self.items(state, owed.owed)
        mail = compose(
            *self._site_and_digest(state, claim.edition),
            replace(claim.edition, subject=owed.subject),
            self._topics,
            (each for each in items if each.item.id not in out),
            owed.follows,
            catching_up=not self._announced(state, claim).issuperset(o.item_id for o in owed.owed),
        )
        return left_out_of(mail, (each for each in items if each.item.id in out)) if out else mail

    def _note_unprinted(
        self, state: Transaction, key: int, mail: DigestMail, owed: OwedSet
    ) -> None:
        if mail.left_out:
            counted = unprinted(self._context, mail, self.items(state, owed.owed))
            state.editions.note_unprinted(key, counted)

    def _prepare(self, mail: DigestMail, claim: Claim, *, shared: bool) -> PreparedMessage:
        language = claim.delivery.language
        render = self._services.renderer.speaking(language)
        sender, host = self._services.settings.mail, claim.delivery.message_id.rpartition("@")[2]
        return prepare(mail, sender, render, language, shared=shared, host=host.rstrip(">"))

    def _site_and_digest(self, state: Transaction, edition: Edition) -> tuple[SiteContext, Digest]:
        """What pages and mails are told of the site, and the digest of an edition, with the note
        that the edition took."""
        if self._read is None or self._read[0] != edition.id:
            site = replace(self._context, began=state.began(), pictures=state.pictures.made())
            note = state.reviews.note_of(edition.id)
            self._read = edition.id, site, replace(self._digests[edition.digest], note=note)
        return self._read[1:]

    def _refused(self, state: Transaction, claim: Claim) -> frozenset[str]:
        """The ids of the items that a reader's server does not let in, which is the same for all
        who are owed this set; read once for an edition."""
        edition = claim.edition
        if self._left_out[0] != edition.id:
            slugs = self._digests[edition.digest].slugs
            self._left_out = (edition.id, left_out(state, slugs, edition.id))
        return self._left_out[1].get(address_key(claim.delivery.address), frozenset())

    def _announced(self, state: Transaction, claim: Claim) -> frozenset[str]:
        """The ids of the items that an edition announced, read once for all its variants."""
        edition = claim.edition
        if self._contents[0] != edition.id:
            announced = state.editions.announced(edition.digest)
            here = (each.item_id for each in announced if each.opened_at == edition.opened_at)
            self._contents = (edition.id, frozenset(here))
        return self._contents[1]

    def _owed_set(self, state: Transaction, key: int, ahead: Iterable[Claim]) -> OwedSet:
        """An owed set; those of the next claims are read with it, and their items.

        Variants share most items or have few, so that reading many costs little.
        """
        if key not in self._owed:
            coming = dict.fromkeys((key, *(claim.delivery.owed_set for claim in ahead)))
            keys = [each for each in coming if each is not None][:READ_AHEAD]
            self._owed = state.editions.owed_sets(keys)
            wanted: dict[Owed, None] = {}
            for each in self._owed.values():
                more = wanted | dict.fromkeys(each.owed)
                if len(more) > ITEMS_IN_MEMORY:
                    break
                wanted = more
            with suppress(*FAULTS):  # whose it is comes upon it again
                self.items(state, tuple(wanted))
        return self._owed[key]

    def items(self, state: Transaction, owed: Sequence[Owed]) -> list[ClassifiedItem]:
        """The owed items, each with its text at the owed revision."""
        missing = [each for each in owed if each not in self._items]
        if len(self._items) + len(missing) > ITEMS_IN_MEMORY:
            self._items.clear()
            missing = list(owed)
        ids = [each.item_id for each in missing]
        items, slugs = state.items.get(ids), state.topics.of(ids)
        for each in missing:
            item = items[each.item_id].at_revision(each.revision)
            evidence = self._services.classifier.matcher.classify(item)
            joined = sorted(self._ranks[s] for s in slugs.get(item.id, ()) if s in self._ranks)
            topics = tuple(
                TopicMatch(topic, evidence.get(topic.slug, ()))
                for topic in (self._topics[rank] for rank in joined)
            )
            had = None
            if each.had_revision is not None:
                had = items[each.item_id].at_revision(each.had_revision).text
            self._items[each] = ClassifiedItem(item, topics, had)
        return [self._items[each] for each in owed]
