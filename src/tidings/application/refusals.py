"""Who gets no more mail because it is refused: judged from the ledger, edition by edition.

A refusal is counted as it comes in, but an address is cut off only once the round, or a report, is
dealt with: by then it shows whether a large share of the edition was refused alike, and if so
nobody is cut off for it. Whoever was, before that showed, gets mail again. All of it follows from
what the ledger holds, so neither the order of refusals nor a restart makes a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings.core import attempts
from tidings.core.refusals import (
    BOUNCED,
    DEALT_WITH,
    Alike,
    alike,
    condemns,
    grouped,
    is_large,
    likeness,
    refusal,
)
from tidings.model import DeliveryState, Edition, RecipientState
from tidings.state import Store, Transaction
from tidings.state.people import Answer, Bounced

# So many of somebody's last deliveries are looked at: reports may come some editions late.
LOOK_BACK = 12
# What is wrong with a server is so for all editions that were opened around the same time.
NEARBY = timedelta(days=1)
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Shared:
    """A large share of an edition that was refused alike: so many people `of` those whose servers
    have answered, in these words. Nobody is cut off for it. `keys` are their addresses."""

    digest: str
    number: int
    refused: int
    of: int
    words: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody's last refusals in a row: those that count, with the `words` of the newest, and
    those that do not since a large share of their edition was refused alike."""

    counting: int
    shared: int
    words: str

    def refusals(self, counted: int) -> int:
        """How many there are in a row, where `counted` came in since the last mail arrived.

        What came back was accepted first, by a server on the way, which is no sign of a mailbox: so
        the deliveries themselves are counted, too.
        """
        return max(counted - self.shared, self.counting)


@dataclass(frozen=True, slots=True)
class _Refused:
    """An edition: of so many people who was refused in which words, and which are `alike`."""

    edition: Edition
    of: int
    groups: Mapping[str, frozenset[str]]
    alike: tuple[Alike, ...]


class _Editions:
    """What is alike in each edition, worked out once in a transaction."""

    def __init__(self, state: Transaction) -> None:
        self._state = state
        self._found: dict[int, _Refused] = {}
        self._words: dict[int, set[str]] = {}

    def of(self, edition_id: int) -> _Refused:
        if edition_id not in self._found:
            answers = self._state.people.answers_to(edition_id)
            groups = grouped(answers.against)
            large = alike(groups, answers.of)
            self._found[edition_id] = _Refused(answers.edition, answers.of, groups, large)
        return self._found[edition_id]

    def shared(self, edition_ids: Collection[int]) -> tuple[Shared, ...]:
        return tuple(
            Shared(
                each.edition.digest,
                each.edition.number,
                len(group.keys),
                group.of,
                group.words,
                group.keys,
            )
            for each in map(self.of, sorted(edition_ids))
            for group in each.alike
        )

    def keys(self, edition_ids: Collection[int]) -> set[str]:
        """Everybody who was refused alike with others in these editions."""
        return {key for each in edition_ids for group in self.of(each).alike for key in group.keys}

    def words(self, edition_id: int) -> set[str]:
        """What a large share of this edition was refused alike for, or of another of that day,
        and of both together."""
        if edition_id not in self._words:
            here = self.of(edition_id)
            at = here.edition.opened_at
            found = {group.words for group in here.alike}
            for other in map(self.of, self._state.people.failing(at - NEARBY, at + NEARBY)):
                for group in other.alike:
                    together = group.keys | here.groups.get(group.words, frozenset())
                    if is_large(len(together), group.of + here.of):
                        found.add(group.words)
            self._words[edition_id] = found
        return self._words[edition_id]

    def row(self, key: str) -> Row:
        counting, shared, words = 0, 0, ""
        for answer in self._state.people.answers_of(key, LOOK_BACK):
            if answer.detail.startswith(DEALT_WITH) or counting >= attempts.REFUSALS:
                break
            if _condemns(answer):
                said = refusal(answer.detail)
                words = words or said
                if likeness(said, key) in self.words(answer.edition_id):
                    shared += 1
                else:
                    counting += 1
            elif answer.state is not DeliveryState.FAILED and counting + shared:
                break  # of those accepted after it nothing may be known yet
        return Row(counting, shared, words)


def _condemns(answer: Answer) -> bool:
    refused = answer.state is DeliveryState.FAILED or answer.detail.startswith(BOUNCED)
    return refused and condemns(refusal(answer.detail))


def judge(state: Transaction, edition_ids: Collection[int], now: datetime) -> tuple[Shared, ...]:
    """Cut off who was refused too often, and take back whom these editions no longer speak against.

    Returns what a large share of them was refused alike for.
    """
    editions, counted = _Editions(state), state.people.counted()
    alike_with_others = editions.keys(edition_ids)
    standing = state.people.standing({*counted, *alike_with_others})
    for key in sorted({*counted, *alike_with_others}):
        mark = standing.get(key)
        if mark is RecipientState.BOUNCED and key in alike_with_others:
            if _mistaken(editions.row(key), counted.get(key, 0)):
                state.people.bring_back(key, now)
        elif mark is None and key in counted:
            # Who has left or is paused stays so.
            row = editions.row(key)
            if row.words and row.refusals(counted[key]) >= attempts.REFUSALS:
                state.people.mark(key, RecipientState.BOUNCED, now, row.words)
    return editions.shared(edition_ids)


def in_a_row(state: Transaction, key: str) -> int:
    """How many refusals in a row speak against an address."""
    return _Editions(state).row(key).refusals(state.people.counted().get(key, 0))


def shared_lately(state: Transaction) -> tuple[Shared, ...]:
    """What a large share of each digest's newest edition was refused alike for."""
    return _Editions(state).shared(state.people.answered_last())


def cut_off_lately(state: Transaction, now: datetime) -> tuple[int, int] | None:
    """How many people were cut off in the last month, of how many, if they are a large share."""
    lately = {each.key for each in state.people.bounced() if each.since >= now - LATELY}
    if not is_large(len(lately), len(lately)):
        return None
    of = len(lately | state.people.addressed(state.people.answered_last()))
    return (len(lately), of) if is_large(len(lately), of) else None


def _mistaken(row: Row, counted: int) -> bool:
    """Whether somebody was cut off for what a large share of an edition was refused for."""
    return row.shared > 0 and row.refusals(counted) < attempts.REFUSALS


# --- Taking back ---------------------------------------------------------------------------------


def forget(state: Transaction, keys: Collection[str], now: datetime) -> None:
    """Count refusals of these addresses from the beginning."""
    state.people.forget_refusals(keys, now)
    for key in keys:
        for answer in state.people.answers_of(key, LOOK_BACK):
            if _condemns(answer):
                state.deliveries.amend(answer.delivery_id, DEALT_WITH + answer.detail)


def heal(store: Store, now: datetime) -> tuple[str, ...]:
    """Take back whoever was cut off by words that condemn nobody, as earlier versions did it, or by
    what a large share of an edition was refused for; returns their addresses.

    They get what they missed with the next edition.
    """
    with store.reading() as state:
        mistakes, counts = _mistakes(state)
    if not mistakes and not counts:
        return ()
    with store.writing() as state:
        mistakes, counts = _mistakes(state)
        for key in mistakes:
            state.people.bring_back(key, now)
        for key, refusals in counts.items():
            state.people.count(key, refusals)
    return mistakes


def _mistakes(state: Transaction) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """Who was cut off by mistake, and what ought to be counted against an address instead."""
    editions, counted = _Editions(state), state.people.counted()
    mistakes, kept = [], set()
    for each in state.people.bounced():
        wrong = each.detail and not condemns(each.detail)
        if wrong or _mistaken(editions.row(each.key), counted.get(each.key, 0)):
            mistakes.append(each.key)
        else:
            kept.add(each.key)
    counts = {}
    for key in counted.keys() - kept:
        row = editions.row(key)
        # Every refusal that counts is one of a delivery.
        if counted[key] > row.counting + row.shared:
            counts[key] = row.counting + row.shared
    return tuple(mistakes), counts


def take_back(store: Store, since: datetime, reason: str, now: datetime) -> tuple[Bounced, ...]:
    """Take back everybody who was cut off since then, for words that hold `reason`; "" is any.

    Their refusals are counted from the beginning.
    """
    with store.writing() as state:
        found = tuple(
            each
            for each in state.people.bounced()
            if each.since >= since and reason.casefold() in each.detail.casefold()
        )
        for each in found:
            forget(state, [each.key], now)
            state.people.bring_back(each.key, now)
    return found
