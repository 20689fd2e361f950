"""The bodies of messages: rendered just before the first of them is sent, kept until the last.

Deliveries come in the order of their variants, so hardly more than one body is in memory. What is
kept in the state makes every copy the same, whatever was edited or restarted in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from tidings.core.digest_mail import MailItem, compose
from tidings.core.messages import Inline, Render, Sender, prepare
from tidings.core.pages import Frame, Placement
from tidings.core.prepared import Prepared
from tidings.core.topics import Matcher
from tidings.errors import FAULTS, DeliveryError
from tidings.model import Digest, Edition, Owed, OwedSet, Topic
from tidings.state import Transaction
from tidings.state.deliveries import Claim

IN_MEMORY = 2
ITEMS_IN_MEMORY = 500
# Variants whose items are read together: a statement costs more than most of what it brings.
READ_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Composition:
    """What bodies are made of besides the state: the frame, the topics, the templates.

    `speaking` gives what renders templates in a language; `groups` are the keys of the addresses
    that several people read.
    """

    frame: Frame
    topics: tuple[Topic, ...]
    matcher: Matcher
    digests: Mapping[str, Digest]
    sender: Sender
    speaking: Callable[[str], Render]
    inline: Inline
    groups: Set[str] = frozenset()


class Bodies:
    """Makes, keeps and finds the body of each variant (language, owed set)."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition
        self._prepared: dict[tuple[int, str], Prepared] = {}
        self._owed: Mapping[int, OwedSet] = {}
        self._items: dict[Owed, MailItem] = {}
        self._ranks = {topic.slug: rank for rank, topic in enumerate(composition.topics)}
        self._contents: tuple[int, frozenset[str]] = (0, frozenset())

    def prepared(self, state: Transaction, claim: Claim, ahead: Iterable[Claim] = ()) -> Prepared:
        """The body for a claim; made and kept in this transaction if it is the first of its kind.

        `ahead` are claims that will be asked about next: what they need is read together. Raises
        TemplateError, and DeliveryError if the body cannot be made.
        """
        delivery = claim.delivery
        if delivery.owed_set is None:
            raise DeliveryError("nothing is owed to them", permanent=True)
        key = (delivery.owed_set, delivery.language)
        if key not in self._prepared:
            while len(self._prepared) >= IN_MEMORY:
                del self._prepared[next(iter(self._prepared))]
            kept = state.editions.variant(*key)
            if kept is None:
                owed_set = self._owed_set(state, delivery.owed_set, ahead)
                self._prepared[key] = self._make(state, claim, owed_set)
                state.editions.keep_variant(*key, self._prepared[key].dump())
            else:
                self._prepared[key] = Prepared.load(kept)
        found = self._prepared[key]
        if delivery.address.casefold() not in self._composition.groups:
            return found
        if found.for_groups is None:
            owed_set = self._owed_set(state, delivery.owed_set, ahead)
            for_groups = self._make(state, claim, owed_set, shared=True)
            self._prepared[key] = replace(found, for_groups=for_groups)
            state.editions.keep_variant(*key, self._prepared[key].dump())
            return for_groups
        return found.for_groups

    def _make(
        self, state: Transaction, claim: Claim, variant: OwedSet, *, shared: bool = False
    ) -> Prepared:
        composition, language = self._composition, claim.delivery.language
        mail = compose(
            replace(composition.frame, began=state.began()),
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
        return prepare(
            mail, composition.sender, render, composition.inline, language, shared=shared
        )

    def _announced(self, state: Transaction, edition: Edition) -> frozenset[str]:
        """The items that an edition announced, corrections too; asked once for all its variants."""
        if self._contents[0] != edition.id:
            announced = state.editions.announced(edition.digest)
            here = (each.item_id for each in announced if each.opened_at == edition.opened_at)
            self._contents = (edition.id, frozenset(here))
        return self._contents[1]

    def _owed_set(self, state: Transaction, key: int, ahead: Iterable[Claim]) -> OwedSet:
        """What is owed in a variant; in the next few, too, and their items, unless they are known.

        Variants share most items or have few, so that many are read for little.
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
                self._mail_items(state, tuple(wanted))
        return self._owed[key]

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
