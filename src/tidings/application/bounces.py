"""Decides who gets no more mail: refusals and bounces, edition by edition.

A refusal is counted as it comes in, but an address is cut off only after the run or the report was
dealt with: then it is known whether a large share of the edition was refused for the same reason,
and if so no address is marked as bounced for it. Whoever was cut off before that was known gets
mail again. All of it is computed from the deliveries, so neither the order of refusals nor a
restart makes a difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from tidings.core import schedule
from tidings.core.mail.bounces import Bounce
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

# How the reason begins of who left by complaining of a message.
COMPLAINED = "complaint"
# Somebody who complains of a message has it.
_ARRIVED = (DeliveryState.SENT, DeliveryState.IN_DOUBT)
# The number of last deliveries of an address that are read: reports may be some editions late.
LOOK_BACK = 60
# What is wrong with a server is so for all editions that were opened around the same time.
NEARBY = timedelta(days=1)
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SharedRefusal:
    """A refusal that a large share of an edition shares: no address is marked as bounced for it.

    `refused` of the `of` people whose servers have answered got these `words`, "" for what came
    back from so many for several reasons; `keys` are their addresses.
    """

    digest: str
    number: int
    refused: int
    of: int
    words: str
    keys: frozenset[str]

    @property
    def what(self) -> str:
        """What happened to them all, in words."""
        return "refused for the same reason" if self.words else "came back for several reasons"


@dataclass(frozen=True, slots=True)
class RefusalStreak:
    """The last refusals of an address in a row.

    `counting` of them speak against it, the newest with these `words`, and `length` is how many
    that makes: of what reports told on one day, one. `shared` do not speak against it, since a
    large share of their edition was refused for the same reason. `reported`: of some only a report
    tells.
    """

    counting: int
    length: int
    shared: int
    words: str
    reported: bool

    def refusals(self, counted: int) -> int:
        """The length of the streak, if `counted` refusals came since the last mail arrived.

        What came back was accepted first, by a server on the way, which is no sign of a mailbox: so
        the deliveries themselves are counted, too.
        """
        return max(counted - self.shared, self.length)


@dataclass(frozen=True, slots=True)
class _Refused:
    """The refusals of an edition, grouped by words, of the `of` people whose servers answered;
    `returned` are those for whom a report counts, if they are unusually many."""

    edition: Edition
    of: int
    groups: Mapping[str, frozenset[str]]
    alike: tuple[Alike, ...]
    returned: frozenset[str]


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
            # Somebody who can make up reports can word each of them otherwise.
            told = answers.against.items()
            returned = frozenset(key for key, detail in told if detail.startswith(BOUNCED))
            if not is_large(len(returned), answers.of):
                returned = frozenset()
            elif not any(returned <= each.keys for each in large):
                large = (*large, Alike("", returned, answers.of))
            self._found[edition_id] = _Refused(answers.edition, answers.of, groups, large, returned)
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
            found = {group.words for group in here.alike if group.words}
            for other in map(self.of, self._state.people.failing(at - NEARBY, at + NEARBY)):
                for group in (each for each in other.alike if each.words):
                    together = group.keys | here.groups.get(group.words, frozenset())
                    if is_large(len(together), group.of + here.of):
                        found.add(group.words)
            self._words[edition_id] = found
        return self._words[edition_id]

    def streak(self, key: str) -> RefusalStreak:
        counting, shared, words, reported = 0, 0, "", False
        told: set[date | int] = set()
        for answer in self._state.people.answers_of(key, LOOK_BACK):
            if answer.detail.startswith(DEALT_WITH) or len(told) >= schedule.REFUSALS:
                break
            if _condemns(answer):
                said = refusal(answer.detail)
                words = words or said
                if self._is_shared(answer, said, key):
                    shared += 1
                else:
                    counting += 1
                    by_report = answer.detail.startswith(BOUNCED)
                    told.add(answer.at.date() if by_report else answer.delivery_id)
                    reported |= by_report
            elif answer.state is not DeliveryState.FAILED and counting + shared:
                break  # of those accepted after it nothing may be known yet
        return RefusalStreak(counting, len(told), shared, words, reported)

    def _is_shared(self, answer: Answer, words: str, key: str) -> bool:
        here = self.of(answer.edition_id)
        return key in here.returned or likeness(words, key) in self.words(answer.edition_id)


def _condemns(answer: Answer) -> bool:
    refused = answer.state is DeliveryState.FAILED or answer.detail.startswith(BOUNCED)
    return refused and condemns(refusal(answer.detail))


def judge(
    state: Transaction,
    edition_ids: Collection[int],
    now: datetime,
    *,
    probing: bool = False,
) -> tuple[SharedRefusal, ...]:
    """Cut off who was refused too often, and restore who was cut off by a shared refusal.

    With `probing`, whoever only reports speak against is sent a probe first.

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
            if not streak.words or streak.refusals(counted[key]) < schedule.REFUSALS:
                continue
            if probing and streak.reported:
                _ask_for_probe(state, key, now)
            else:
                state.people.mark(key, RecipientState.BOUNCED, now, streak.words)
    return editions.shared(edition_ids)


def _ask_for_probe(state: Transaction, key: str, now: datetime) -> None:
    last = state.deliveries.find(DeliveryFilter(key=key))[-1].delivery
    state.probes.ask(last.address, last.language, now)


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
    state.probes.drop(keys)
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
            for each in (*state.people.bounced(), *_complained(state, reason))
            if each.since >= since and reason.casefold() in each.detail.casefold()
        )
        for each in found:
            forget(state, [each.key], now)
            if not state.people.bring_back(each.key, now):
                state.people.unmark([each.key])
                state.choices.begin_anew(None, each.key, now)
    return found


def _complained(state: Transaction, reason: str) -> Sequence[Bounced]:
    """Who left by a complaint, if the reason that is looked for is one."""
    if not reason.casefold().startswith(COMPLAINED):
        return ()
    return [
        Bounced(each.key, each.at, each.detail)
        for each in state.people.marks()
        if each.state is RecipientState.LEFT and each.detail.startswith(COMPLAINED)
    ]


Result = Literal[
    "bounced",
    "probed",
    "counted",
    "again",
    "alike",
    "noted",
    "known",
    "nothing",
    "left",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a bounce led to.

    "counted" against the address, which is "bounced" once that happened too often, or "probed"
    first; "again" if one was counted that day already; "alike" if a large share of the edition came
    back, as `shared` says, so that no address is marked as bounced for it; "left" by a complaint;
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
        return tuple(
            record_bounce(state, each, _named(state, each), now, alone=alone) for each in bounces
        )


def record_bounce(
    state: Transaction,
    bounce: Bounce,
    entry: DeliveryRow | None,
    now: datetime,
    *,
    alone: bool,
    probing: bool = False,
    groups: Set[str] = frozenset(),
) -> Recorded:
    """Record what a report says of one recipient of a message that it is proven to be about.

    A report that names somebody else may come from where the mail was forwarded to. If that is one
    of several places, others may have it; `alone`: it is the only one. Whoever was erased is
    nobody. All who read the mail of an address in `groups` could have written the report: it is
    noted, and does not count.
    """
    names = [name for name in (bounce.original, bounce.address) if name]
    meant = entry and (alone or entry.key in {address_key(name) for name in names})
    if entry is None or not entry.delivery.address or not meant:
        return Recorded(bounce, "unknown", names[0] if names else "")
    address, detail = entry.delivery.address, entry.delivery.detail
    condemned = bounce.verdict == "condemned" and entry.key not in groups
    if not bounce.final or bounce.verdict == "delivered":
        return Recorded(bounce, "nothing", address)
    again = detail.removeprefix(DEALT_WITH).startswith((BOUNCED, RETURNED, COMPLAINED))
    if again or entry.delivery.state is DeliveryState.FAILED:
        return Recorded(bounce, "known", address)
    before = in_a_row(state, entry.key)
    prefix = BOUNCED if condemned else RETURNED
    state.deliveries.amend(entry.delivery.id, prefix + bounce.reason, now)
    state.figures.bounced(entry.delivery.id, now)
    if not condemned:
        return Recorded(bounce, "noted", address)
    if not state.people.counted_on(entry.key, now.date()):
        state.people.refused(entry.key, now, bounce.reason)
    found = judge(state, [entry.edition.id], now, probing=probing)
    if shared := next((each for each in found if entry.key in each.keys), None):
        return Recorded(bounce, "alike", address, shared=shared)
    refusals = in_a_row(state, entry.key)
    if 0 < refusals == before:
        return Recorded(bounce, "again", address, refusals)
    if refusals < schedule.REFUSALS:
        return Recorded(bounce, "counted", address, refusals)
    probed = probing and state.probes.of(entry.key) is not None
    return Recorded(bounce, "probed" if probed else "bounced", address, refusals)


def _named(state: Transaction, bounce: Bounce) -> DeliveryRow | None:
    """The delivery whose message came back: its Message-ID cannot be guessed."""
    if not bounce.message_id:
        return None
    found = state.deliveries.find(DeliveryFilter(message_id=bounce.message_id))
    return found[0] if found else None


def record_complaint(
    state: Transaction, entry: DeliveryRow, key: str, kind: str, groups: Set[str], now: datetime
) -> Recorded:
    """Let somebody leave who complained of a message, for all digests; a second complaint changes
    nothing. `key` is that of the address where their mail goes now.

    Of a group address only one of many has complained: that is noted, and changes nothing.
    """
    said = f"{COMPLAINED} of a message of {entry.edition.digest}, No. {entry.edition.number}"
    bounce = Bounce(entry.delivery.address, "", "", "", kind, entry.delivery.message_id)
    address, mark = entry.delivery.address, state.people.standing([key]).get(key)
    if not address or entry.delivery.state not in _ARRIVED:
        return Recorded(bounce, "unknown", "")
    if entry.key in groups:
        return Recorded(bounce, "noted", address)
    joined = [c for c in state.choices.of(key) if c.state is RecipientState.ACTIVE]
    has_left = mark is RecipientState.LEFT and not joined
    if entry.delivery.detail.startswith(COMPLAINED) or has_left:
        return Recorded(bounce, "known", address)
    state.deliveries.amend(entry.delivery.id, said, now)
    state.people.mark(key, RecipientState.LEFT, now, said)
    for choice in joined:
        # What they chose last does not win over what they say now.
        state.choices.save(replace(choice, state=None, changed_at=now))
    state.probes.drop([key])
    return Recorded(bounce, "left", address)
