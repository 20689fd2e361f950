"""The bodies of messages: rendered just before the first of them is sent, kept until the last.

Deliveries come in the order of their variants, so hardly more than one body is in memory. What is
kept in the state makes every copy the same, whatever was edited or restarted in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tidings.application.ports.ledger import Claim
from tidings.application.ports.store import Transaction
from tidings.core.digest_mail import MailItem, compose
from tidings.core.messages import Inline, Render, Sender, prepare
from tidings.core.pages import Frame, Placement
from tidings.core.prepared import Prepared
from tidings.core.topics import Matcher
from tidings.errors import DeliveryError
from tidings.model import Digest, Edition, Owed, Topic

IN_MEMORY = 2
ITEMS_IN_MEMORY = 500


@dataclass(frozen=True, slots=True)
class Composition:
    """What bodies are made of besides the state: the frame, the topics, the templates.

    `speaking` gives what renders templates in a language.
    """

    frame: Frame
    topics: tuple[Topic, ...]
    matcher: Matcher
    digests: Mapping[str, Digest]
    sender: Sender
    speaking: Callable[[str], Render]
    inline: Inline


class Bodies:
    """Makes, keeps and finds the body of each variant (language, owed set)."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._prepared: dict[tuple[int, str], Prepared] = {}
        self._items: dict[Owed, MailItem] = {}
        self._ranks = {topic.slug: rank for rank, topic in enumerate(composition.topics)}
        self._contents: tuple[int, frozenset[str]] = (0, frozenset())

    def prepared(self, state: Transaction, claim: Claim) -> Prepared:
        """The body for a claim; made and kept in this transaction if it is the first of its kind.

        Raises TemplateError, and DeliveryError if it cannot be made.
        """
        delivery = claim.delivery
        if delivery.owed_set is None:
            raise DeliveryError("nothing is owed to them", permanent=True)
        key = (delivery.owed_set, delivery.language)
        if key not in self._prepared:
            while len(self._prepared) >= IN_MEMORY:
                del self._prepared[next(iter(self._prepared))]
            self._prepared[key] = self._find_or_make(state, claim, *key)
        return self._prepared[key]

    def _find_or_make(
        self, state: Transaction, claim: Claim, owed_set: int, language: str
    ) -> Prepared:
        kept = state.ledger.variant(owed_set, language)
        if kept is not None:
            return Prepared.load(kept)
        prepared = self._make(state, claim, owed_set, language)
        state.ledger.keep_variant(owed_set, language, prepared.dump())
        return prepared

    def _make(self, state: Transaction, claim: Claim, owed_set: int, language: str) -> Prepared:
        composition, variant = self._composition, state.deliveries.owed_set(owed_set)
        mail = compose(
            composition.frame,
            composition.digests[claim.edition.digest],
            replace(claim.edition, subject=variant.subject),
            composition.topics,
            self._mail_items(state, variant.owed),
            variant.follows,
            catching_up=not self._announced(state, claim.edition).issuperset(
                each.item_id for each in variant.owed
            ),
        )
        render = composition.speaking(language)
        return prepare(mail, composition.sender, render, composition.inline, language)

    def _announced(self, state: Transaction, edition: Edition) -> frozenset[str]:
        """The items that an edition announced, corrections too; asked once for all its variants."""
        if self._contents[0] != edition.id:
            announced = state.editions.announced(edition.digest)
            here = (each.item_id for each in announced if each.opened_at == edition.opened_at)
            self._contents = (edition.id, frozenset(here))
        return self._contents[1]

    def _mail_items(self, state: Transaction, owed: Sequence[Owed]) -> list[MailItem]:
        """The owed items, each with its text at the owed revision; variants share most of them."""
        missing = [each for each in owed if each not in self._items]
        if len(self._items) + len(missing) > ITEMS_IN_MEMORY:
            self._items.clear()
            missing = list(owed)
        ids = [each.item_id for each in missing]
        items, slugs = state.items.get(ids), state.topics.of(ids)
        for each in missing:
            item = items[each.item_id].at_revision(each.revision)
            evidence = self._composition.matcher.classify(item)
            joined = sorted(self._ranks[s] for s in slugs.get(item.id, ()) if s in self._ranks)
            topics = tuple(
                Placement(topic, evidence.get(topic.slug, ()))
                for topic in (self._composition.topics[rank] for rank in joined)
            )
            had = None
            if each.had_revision is not None:
                had = items[each.item_id].at_revision(each.had_revision).text
            self._items[each] = MailItem(item, topics, had)
        return [self._items[each] for each in owed]
