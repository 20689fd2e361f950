"""Decides who gets no more mail: refusals and bounces, edition by edition.

A refusal is counted as it comes in, but an address is cut off only after the run or the report was
dealt with: then it is known whether a large share of the edition was refused for the same reason,
and if so no address is marked as bounced for it. Whoever was cut off before that was known gets
mail again. All of it is computed from the deliveries, so neither the order of refusals nor a
restart makes a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tidings.core import schedule
from tidings.core.mail.refusals import (
    BOUNCED,
    DEALT_WITH,
    RETURNED,
    Alike,
    alike,
    condemns,
    grouped,
    is_large,
    likeness,
    refusal,
)
from tidings.model import DeliveryState, Edition, RecipientState, address_key
from tidings.state import Store, Transaction
from tidings.state.deliveries import DeliveryFilter
from tidings.state.deliveries import DeliveryRow as DeliveryRow
from tidings.state.people import Answer, Bounced

if TYPE_CHECKING:
    from tidings.core.mail.bounces import Bounce

# The number of last deliveries of an address that are read: reports may be some editions late.
LOOK_BACK = 12
# What is wrong with a server is so for all editions that were opened around the same time.
NEARBY = timedelta(days=1)
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SharedRefusal:
    """A refusal that a large share of an edition shares: no address is marked as bounced for it.

    `refused` of the `of` people whose servers have answered got these `words`; `keys` are their
    addresses.
    """

    digest: str
    number: int
    refused: int
    of: int
    words: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class RefusalStreak:
    """The last refusals of an address in a row.

    `counting` of them count, the newest with these `words`; `shared` do not, since a large share of
    their edition was refused for the same reason.
    """

    counting: int
    shared: int
    words: str

    def refusals(self, counted: int) -> int:
        """The length of the streak, if `counted` refusals came since the last mail arrived.

        What came back was accepted first, by a server on the way, which is no sign of a mailbox: so
        the deliveries themselves are counted, too.
        """
        return max(counted - self.shared, self.counting)


@dataclass(frozen=True, slots=True)
class _Refused:
    """The refusals of an edition, grouped by words, of the `of` people whose servers answered."""

    edition: Edition
    of: int
    groups: Mapping[str, frozenset[str]]
    alike: tuple[Alike, ...]


class _Editions:
    """The refusals of editions, each computed once in a transaction."""

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

    def shared(self, edition_ids: Collection[int]) -> tuple[SharedRefusal, ...]:
        return tuple(
            SharedRefusal(
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
        """The keys of all who were refused for the same reason with others in these editions."""
        return {key for each in edition_ids for group in self.of(each).alike for key in group.keys}

    def words(self, edition_id: int) -> set[str]:
        """The words shared by a large part of this edition, or of it and another of that day."""
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

    def streak(self, key: str) -> RefusalStreak:
        counting, shared, words = 0, 0, ""
        for answer in self._state.people.answers_of(key, LOOK_BACK):
            if answer.detail.startswith(DEALT_WITH) or counting >= schedule.REFUSALS:
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
        return RefusalStreak(counting, shared, words)


def _condemns(answer: Answer) -> bool:
    refused = answer.state is DeliveryState.FAILED or answer.detail.startswith(BOUNCED)
    return refused and condemns(refusal(answer.detail))


def judge(
    state: Transaction, edition_ids: Collection[int], now: datetime
) -> tuple[SharedRefusal, ...]:
    """Cut off who was refused too often, and restore who was cut off by a shared refusal.

    Returns what a large share of them was refused for the same reason for.
    """
    editions, counted = _Editions(state), state.people.counted()
    alike_with_others = editions.keys(edition_ids)
    standing = state.people.standing({*counted, *alike_with_others})
    for key in sorted({*counted, *alike_with_others}):
        mark = standing.get(key)
        if mark is RecipientState.BOUNCED and key in alike_with_others:
            if _mistaken(editions.streak(key), counted.get(key, 0)):
                state.people.bring_back(key, now)
        elif mark is None and key in counted:
            # Who has left or is paused stays so.
            streak = editions.streak(key)
            if streak.words and streak.refusals(counted[key]) >= schedule.REFUSALS:
                state.people.mark(key, RecipientState.BOUNCED, now, streak.words)
    return editions.shared(edition_ids)


def in_a_row(state: Transaction, key: str) -> int:
    """The number of refusals in a row that count against an address."""
    return _Editions(state).streak(key).refusals(state.people.counted().get(key, 0))


def shared_lately(state: Transaction) -> tuple[SharedRefusal, ...]:
    """The shared refusals of the newest edition of each digest."""
    return _Editions(state).shared(state.people.answered_last())


def cut_off_lately(state: Transaction, now: datetime) -> tuple[int, int] | None:
    """The number of people cut off in the last month, and of how many, if a large share."""
    lately = {each.key for each in state.people.bounced() if each.since >= now - LATELY}
    if not is_large(len(lately), len(lately)):
        return None
    of = len(lately | state.people.addressed(state.people.answered_last()))
    return (len(lately), of) if is_large(len(lately), of) else None


def _mistaken(streak: RefusalStreak, counted: int) -> bool:
    """Whether an address was cut off only because of shared refusals."""
    return streak.shared > 0 and streak.refusals(counted) < schedule.REFUSALS


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
    """The addresses that were cut off by mistake, and the right counts of others."""
    editions, counted = _Editions(state), state.people.counted()
    mistakes, kept = [], set()
    for each in state.people.bounced():
        wrong = each.detail and not condemns(each.detail)
        if wrong or _mistaken(editions.streak(each.key), counted.get(each.key, 0)):
            mistakes.append(each.key)
        else:
            kept.add(each.key)
    counts = {}
    for key in counted.keys() - kept:
        streak = editions.streak(key)
        # Every refusal that counts is one of a delivery.
        if counted[key] > streak.counting + streak.shared:
            counts[key] = streak.counting + streak.shared
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


Result = Literal["bounced", "counted", "alike", "noted", "known", "nothing", "unknown"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a bounce led to.

    "counted" against the address, which is "bounced" once that happened too often; "alike" if a
    large share of the edition came back for the same reason, as `shared` says, so that no address
    is marked as bounced for it;
    "noted" with the delivery, because it says nothing of the address; "known" from an earlier
    report; "nothing" for good news and delays; "unknown" when it does not name a message of ours to
    that recipient. `refusals` are those in a row.
    """

    bounce: Bounce
    result: Result
    address: str
    refusals: int = 0
    shared: SharedRefusal | None = None


def record_bounces(
    store: Store, bounces: Sequence[Bounce], now: datetime, *, unread: int = 0
) -> tuple[Recorded, ...]:
    """Record what a delivery report says; `unread` is the number of recipients not understood.

    Anybody can write a report. The Message-ID, which nobody can guess, is what shows that it is
    about a message of ours, and only that message's recipient is meant.
    """
    alone = len(bounces) + unread == 1
    with store.writing() as state:
        return tuple(_record(state, bounce, now, alone=alone) for bounce in bounces)


def _record(state: Transaction, bounce: Bounce, now: datetime, *, alone: bool) -> Recorded:
    names = [name for name in (bounce.original, bounce.address) if name]
    entry = _message(state, bounce, {address_key(name) for name in names}, alone=alone)
    if entry is None:
        return Recorded(bounce, "unknown", names[0])
    address, detail = entry.delivery.address, entry.delivery.detail
    condemned = bounce.verdict == "condemned"
    if not bounce.final or bounce.verdict == "delivered":
        return Recorded(bounce, "nothing", address)
    again = detail.removeprefix(DEALT_WITH).startswith((BOUNCED, RETURNED))
    if again or entry.delivery.state is DeliveryState.FAILED:
        return Recorded(bounce, "known", address)
    state.deliveries.amend(entry.delivery.id, (BOUNCED if condemned else RETURNED) + bounce.reason)
    state.figures.bounced(entry.delivery.id, now)
    if not condemned:
        return Recorded(bounce, "noted", address)
    state.people.refused(entry.key, now, bounce.reason)
    found = judge(state, [entry.edition.id], now)
    if shared := next((each for each in found if entry.key in each.keys), None):
        return Recorded(bounce, "alike", address, shared=shared)
    refusals = in_a_row(state, entry.key)
    cut_off = refusals >= schedule.REFUSALS
    return Recorded(bounce, "bounced" if cut_off else "counted", address, refusals)


def _message(
    state: Transaction, bounce: Bounce, keys: Collection[str], *, alone: bool
) -> DeliveryRow | None:
    """The delivery whose message came back: its Message-ID cannot be guessed.

    A report that names somebody else may come from where the mail was forwarded to. If that is one
    of several places, others may have it.
    """
    found = (
        state.deliveries.find(DeliveryFilter(message_id=bounce.message_id))
        if bounce.message_id
        else ()
    )
    entry = found[0] if found else None
    return entry if entry and (alone or entry.key in keys) else None
