"""Decides who gets a digest, what each recipient is owed, and in which language.

Administrators list people, people decide for themselves: a departure, a pause or a bounce wins over
the lists; a pause on a list wins over all. Whatever somebody did last about one digest wins over
what is on record of their address as a whole, but for a bounce.

What somebody is owed is computed from what they were sent, never from a cursor: whoever was paused,
deferred or new gets exactly what they missed, in one mail.

A list that is kept in a table may have many people. What was found out about it when it was read is
kept with its fingerprint, which changes with anything that decides what it says; its people are
asked for by key, or one after the other, where they are kept.

A language is a tag such as "es" or "es-CR". One without words of its own uses those of its base
(RFC 4647): whoever reads es-CR is written to in es.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import islice
from operator import eq
from typing import overload

from tidings.core.tags import UNKNOWN, among, base, covers, may_be, named
from tidings.model import (
    ALL,
    Choice,
    Digest,
    Edition,
    Help,
    Owed,
    Problem,
    Recipient,
    RecipientState,
)

# Topics, or languages of items, that somebody wants (None: all); and since when each counts.
Wanted = tuple[str, ...] | None
Times = Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Announcement:
    """An item, at a revision, as one edition of a digest announced it: as new, or as corrected.

    `language` is the one that it was known to be in then, "und" if that was not known.
    """

    item_id: str
    revision: int
    corrected: bool
    opened_at: datetime
    language: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition with the numbers of items that it announced as new and as corrected."""

    edition: Edition
    new: int
    corrected: int


@dataclass(frozen=True, slots=True)
class Presence:
    """Since when somebody gets a digest, as noted at its last edition.

    Who `returned` after having left, or after being `off` all lists, starts there. `topics` are
    those that they want (None: all) if that is `known`; `times` say since when those count that
    were added later, None for always, under "*" of all that it does not name. `items_in` and
    `language_times` say the same of the languages of items.
    """

    since: datetime
    returned: bool = False
    topics: tuple[str, ...] | None = None
    times: Mapping[str, datetime | None] = field(default_factory=dict)
    off: bool = False
    known: bool = True
    items_in: Wanted = None
    language_times: Times = field(default_factory=dict)


def attending(
    before: Presence | None, topics: Wanted, at: datetime, items_in: Wanted = None
) -> Presence:
    """The presence of somebody who gets an edition with these topics, and items in these languages;
    None before the first."""
    if before is None:
        return Presence(at, topics=topics, items_in=items_in)
    if before.off:
        return Presence(at, returned=True, topics=topics, items_in=items_in)
    times = _times(before.topics, before.times, topics, at, eq) if before.known else before.times
    spoken = _times(before.items_in, before.language_times, items_in, at, covers)
    return replace(
        before, topics=topics, times=times, known=True, items_in=items_in, language_times=spoken
    )


def _times(
    had: Wanted, times: Times, wanted: Wanted, at: datetime, within: Callable[[str, str], bool]
) -> Times:
    """Since when each of what somebody wants counts, who wanted other things before: from `at`,
    unless it is `within` what they had."""
    if had is None or had == wanted:
        return times
    rest = times.get(EVERY)
    if wanted is None:
        return {each: times.get(each, rest) for each in had} | {EVERY: at}
    kept = {each: times.get(old, rest) for each in wanted for old in had if within(old, each)}
    return {each: kept.get(each, at) for each in wanted if kept.get(each, at) is not None}


def both_present(one: Presence, other: Presence) -> Presence:
    """The presence of two who are one person from now on: what counted for either counts."""
    if one.off or other.off:
        return other if one.off else one
    since, each = min(one.since, other.since), (one, other)
    topics, times = _both_counted([(p.topics, p.times, p.since) for p in each], since)
    spoken = _both_counted([(p.items_in, p.language_times, p.since) for p in each], since)
    return Presence(
        since,
        returned=one.returned and other.returned,
        topics=topics,
        times=times,
        known=one.known and other.known,
        items_in=spoken[0],
        language_times=spoken[1],
    )


_Counted = tuple[Wanted, Times, datetime]


def _both_counted(both: Sequence[_Counted], since: datetime) -> tuple[Wanted, Times]:
    """What either of two wanted, and since when each of it counts, None for always."""
    (one, first, _), (other, second, _) = both
    wanted = None if one is None or other is None else tuple(dict.fromkeys((*one, *other)))
    times: dict[str, datetime | None] = {}
    every = () if wanted else (EVERY,)
    for name in (*(one or first), *(other or second), *every):
        began = [at for each in both if (at := _began(each, name))]
        times[name] = min(began) if began and min(began) > since else None
    if times.get(EVERY) is None:
        times = {name: at for name, at in times.items() if at}
    return wanted, times


def _began(counted: _Counted, name: str) -> datetime | None:
    """Since when something counts; None if it was not chosen."""
    wanted, times, since = counted
    if wanted is not None and name not in wanted:
        return None
    return times.get(name, times.get(EVERY)) or since


@dataclass(frozen=True, slots=True)
class Subscription:
    """A recipient of a digest, and since when its editions count as theirs (None: always);
    `times` and `language_times` as in `Presence`."""

    recipient: Recipient
    since: datetime | None
    times: Times = field(default_factory=dict)
    language_times: Times = field(default_factory=dict)

    def wants(self, topics: Sequence[str], announced_at: datetime, language: str = UNKNOWN) -> bool:
        """Whether they want an item of these topics, in this language, that was announced then."""
        return self._wants_topics(topics, announced_at) and self._reads(language, announced_at)

    def _reads(self, language: str, announced_at: datetime) -> bool:
        """Whether they want items in a language; in one that is not known, at all times."""
        wanted, times = self.recipient.items_in, self.language_times
        if not times or not named(language):
            return among(language, wanted)
        for tag in (*times, EVERY) if wanted is None else wanted:
            if tag == EVERY or may_be(language, tag):
                since = times.get(tag, times.get(EVERY))
                if since is None or announced_at >= since:
                    return True
        return False

    def _wants_topics(self, topics: Sequence[str], announced_at: datetime) -> bool:
        wanted = self.recipient.topics
        if not self.times:
            return concerns(wanted, topics)
        for topic in topics or ("",):
            if wanted is None or topic in wanted:
                since = self.times.get(topic, self.times.get(EVERY))
                if since is None or announced_at >= since:
                    return True
        return False


# At most this many people may vanish from a list without a word; below it, half are few.
FEW = 10


def is_collapse(known: int, current: int, lost: int, *, unreadable: bool) -> bool:
    """Whether a list lost so many of those who were known to be on it that it is not to be
    believed: `known` were on it, `current` are, and `lost` of the first are not."""
    if not known:
        return False
    return unreadable or not current or (known >= FEW and 2 * lost > known)


def recipients(digest: Digest, lists: Mapping[str, Sequence[Recipient]]) -> tuple[Recipient, ...]:
    """One recipient per address, whatever lists name it; the first list in order describes them."""
    first: dict[str, Recipient] = {}
    for name in digest.lists:
        for recipient in lists[name]:
            first.setdefault(recipient.key, recipient)
    return tuple(first.values())


def since(recipient: Recipient, first_seen: datetime, *, returned: bool = False) -> datetime | None:
    """From when on a digest's editions count as this recipient's (None: from the first). Where they
    are to `start` counts at the first joining, not for who `returned`."""
    if returned:
        return first_seen
    if recipient.start == "everything":
        return None
    return first_seen if recipient.start is None else first_seen - recipient.start


def gets_mail(recipient: Recipient) -> bool:
    """Whether anything may be sent to them now."""
    return recipient.state is RecipientState.ACTIVE


def concerns(topics: Sequence[str] | None, item_topics: Iterable[str]) -> bool:
    """Whether somebody who chose `topics` (None: everything) wants an item in `item_topics`."""
    return topics is None or not set(topics).isdisjoint(item_topics)


def owed(
    subscription: Subscription,
    announced: Iterable[Announcement],
    delivered: Mapping[str, int],
    item_topics: Mapping[str, Sequence[str]],
    withdrawn: Set[str] = frozenset(),
) -> tuple[Owed, ...]:
    """What one recipient is owed of everything that a digest announced.

    `announced` covers all of the digest's editions in order, including the one being opened;
    `delivered` is the newest revision of each item in a sent or in-doubt delivery to them. Who had
    an older text is owed the correction, also of an item that left their topics with it; who
    missed that gets the item as new, in its newest text; whom the item never concerned is not told
    that it was wrong. That an item was `withdrawn` is told to those who had it, and to nobody else.
    """
    newest: dict[str, int] = {}
    first: dict[str, datetime] = {}
    language: dict[str, str] = {}
    for announcement in announced:
        item_id = announcement.item_id
        if subscription.since is not None and announcement.opened_at < subscription.since:
            continue
        if announcement.corrected and item_id not in newest and item_id not in delivered:
            continue
        newest[item_id] = max(announcement.revision, newest.get(item_id, 0))
        first.setdefault(item_id, announcement.opened_at)
        language[item_id] = announcement.language
    return tuple(
        Owed(item_id, revision, delivered.get(item_id))
        for item_id, revision in newest.items()
        if delivered.get(item_id, -1) < revision
        and (
            item_id in delivered
            or (
                item_id not in withdrawn
                and subscription.wants(
                    item_topics.get(item_id, ()), first[item_id], language[item_id]
                )
            )
        )
    )


PSEUDONYM = "erased:"
# In the times of a presence: every topic that is not named.
EVERY = "*"


@dataclass(frozen=True, slots=True)
class SubscriptionStatus:
    """What is on record of an address: as a whole (`mark`), and about one digest (`own`)."""

    mark: RecipientState | None = None
    own: RecipientState | None = None
    joined: bool = False


def state_of(found: SubscriptionStatus, *, listed: bool, paused: bool) -> RecipientState | None:
    """Whether somebody gets a digest; None for who is neither `listed` nor joined by themselves.

    `paused` is what a list says.
    """
    if not (listed or paused or found.joined):
        return None
    if paused:
        return RecipientState.PAUSED
    if found.own in (RecipientState.LEFT, RecipientState.PAUSED):
        return found.own
    if found.mark is RecipientState.BOUNCED:
        return found.mark
    if found.own is RecipientState.ACTIVE:
        return found.own
    return found.mark or RecipientState.ACTIVE


def with_choices(
    listed: Sequence[Recipient],
    choices: Mapping[str, Choice],
    marks: Mapping[str, RecipientState],
) -> tuple[Recipient, ...]:
    """Everyone on a digest's lists and everyone who joined, as they stand and with their choices.

    `choices` and `marks` are by address key.
    """
    people = [as_chosen(p, choices.get(p.key), marks.get(p.key)) for p in listed]
    known = {person.key for person in listed}
    joined = (c for c in choices.values() if c.joined and c.key not in known)
    for choice in sorted(joined, key=lambda c: c.key):
        stranger = Recipient(choice.address, choice.name)
        people.append(as_chosen(stranger, choice, marks.get(choice.key), listed=False))
    return tuple(people)


def both_chose(one: Choice, other: Choice) -> Choice:
    """What two choices of somebody come to, once their digests are one, or their addresses: a
    departure of either holds, else a pause. Of the rest the first counts, where it says anything,
    and whoever wanted all topics of one of them wants all."""
    states = (one.state, other.state)
    holding = (RecipientState.LEFT, RecipientState.PAUSED, RecipientState.ACTIVE)
    state = next((each for each in holding if each in states), None)
    kept = [each.changed_at for each in (one, other) if each.state is state]
    return replace(
        one,
        changed_at=max(kept),
        state=state,
        joined=one.joined or other.joined,
        name=one.name or other.name,
        topics=_both_want(one.topics, other.topics),
        language=one.language or other.language,
        items_in=_both_want(one.items_in, other.items_in),
    )


def _both_want(one: Wanted, other: Wanted) -> Wanted:
    if not one or not other or one == other:
        return one or other
    return ALL if ALL in (one, other) else tuple(dict.fromkeys((*one, *other)))


def as_chosen(
    person: Recipient,
    choice: Choice | None,
    mark: RecipientState | None,
    *,
    listed: bool = True,
) -> Recipient:
    """Somebody as they stand and with their choice; `mark` is on record of their address as a
    whole."""
    found = (
        SubscriptionStatus(mark, choice.state, choice.joined)
        if choice
        else SubscriptionStatus(mark)
    )
    paused = person.state is RecipientState.PAUSED
    state = state_of(found, listed=listed, paused=paused) or RecipientState.LEFT
    if choice is None:
        return replace(person, state=state)
    return replace(
        person,
        state=state,
        topics=_chosen(choice.topics, person.topics),
        items_in=_chosen(choice.items_in, person.items_in),
        language=choice.language or person.language,
        name=person.name or choice.name,
    )


def _chosen(own: Wanted, listed: Wanted) -> Wanted:
    """What somebody chose, else what the list says."""
    if own is None:
        return listed
    return None if own == ALL else own


def pseudonym(secret: bytes, key: str) -> str:
    """What stands for an address that was erased: tells whether it is the same, not which."""
    mark = hmac.new(secret, f"erased\0{key}".encode(), hashlib.sha256).hexdigest()
    return PSEUDONYM + mark[:32]


def is_erased(person: Recipient, secret: bytes, erased: Set[str]) -> bool:
    """Whether the address is among those that were erased, also by the key that it had before
    domains were compared in ASCII."""
    return not erased.isdisjoint(pseudonyms_of(person, secret))


def pseudonyms_of(person: Recipient, secret: bytes) -> Set[str]:
    """What stands for the address if it was erased."""
    return {pseudonym(secret, key) for key in (person.key, person.address.casefold())}


ENGLISH = "en"
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?"
)


def words_for(tag: str, known: Iterable[str]) -> str | None:
    """The one of `known` whose words serve for a tag: its own, else those of its base."""
    by_name = {each.casefold(): each for each in known}
    return by_name.get(tag.casefold()) or by_name.get(base(tag))


def first_spoken(wanted: Iterable[str | None], known: Sequence[str]) -> str:
    """The first language that there are words for, as it was wanted; else the first known one."""
    spoken = (tag for tag in wanted if tag and words_for(tag, known))
    return next(spoken, known[0] if known else ENGLISH)


def preferred(header: str, known: Iterable[str]) -> str | None:
    """What a browser asks for by Accept-Language (RFC 9110 §12.5.4), among `known`; None if it
    asks for none of them. Whatever does not parse is passed over."""
    ranked: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        found = _RANGE.fullmatch(part)
        if found and found[1] != "*":
            ranked.append((float(found[2] or "1"), found[1]))
    languages = list(known)
    for quality, tag in sorted(ranked, key=lambda each: -each[0]):
        match = words_for(tag, languages)
        if match and quality > 0:
            return match
    return None


Lists = Mapping[str, Sequence[Recipient]]


@dataclass(frozen=True, slots=True)
class ListFindings:
    """What reading a table came to besides its people: what is wrong with rows, which are left out
    then (`partly`), notes of rows that were skipped, the keys of the addresses that several people
    read, and the number of its people."""

    people: int = 0
    partly: bool = False
    left_out: tuple[Problem, ...] = ()
    skipped: tuple[Problem, ...] = ()
    shared: tuple[str, ...] = ()

    def written(self) -> str:
        """As JSON, for `read`."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, written: str) -> ListFindings:
        """From what `written` gave."""
        told = json.loads(written)
        for name in ("left_out", "skipped"):
            told[name] = tuple(_problem(each) for each in told[name])
        return cls(**{**told, "shared": tuple(told["shared"])})


def _problem(told: Mapping[str, object]) -> Problem:
    rest = {name: value for name, value in told.items() if name != "help"}
    kind = told["help"]
    return Problem(**rest, help=Help(kind) if kind else None)  # type: ignore[arg-type]


class Listed(Sequence[Recipient]):
    """A list that is kept in a table, as it is by that fingerprint.

    `read` gives its people in their order, `find` one of them by the key of an address; both may
    ask the state. `kept` says that they stand there already.
    """

    def __init__(
        self,
        fingerprint: str,
        findings: ListFindings,
        read: Callable[[], Iterator[Recipient]],
        find: Callable[[str], Recipient | None],
        *,
        kept: bool,
    ) -> None:
        self.fingerprint = fingerprint
        self.findings = findings
        self._read = read
        self.find = find
        self.kept = kept

    def __iter__(self) -> Iterator[Recipient]:
        """Its people, in their order."""
        return self._read()

    def __len__(self) -> int:
        """How many people are on it."""
        return self.findings.people

    def __eq__(self, other: object) -> bool:
        """Whether another list has the same people, in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> Recipient: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Recipient]: ...
    def __getitem__(self, at: int | slice) -> Recipient | Sequence[Recipient]:
        """One of its people, or some, by their place."""
        return tuple(self._read())[at]


def in_memory(fingerprint: str, findings: ListFindings, people: Sequence[Recipient]) -> Listed:
    """A list that was just read."""
    return Listed(
        fingerprint, findings, lambda: iter(people), lambda key: _first(people, key), kept=False
    )


def fingerprint_of(people: Sequence[Recipient] | str) -> str:
    """What changes with anything that a list says; of a fingerprint, itself."""
    if isinstance(people, str):
        return people
    if isinstance(people, Listed):
        return people.fingerprint
    told = hashlib.sha256()
    rest = iter(people)
    while portion := tuple(islice(rest, 1_000)):
        told.update(repr(portion).encode())
    return told.hexdigest()


def on_lists(lists: Lists, names: Sequence[str], key: str) -> Recipient | None:
    """Somebody as the first of these lists has them that names them; None if none does."""
    for name in names:
        people = lists[name]
        found = people.find(key) if isinstance(people, Listed) else _first(people, key)
        if found:
            return found
    return None


def group_addresses(lists: Lists) -> frozenset[str]:
    """The keys of the addresses that several people read, by whichever list says so: an address
    is shared wherever it is written to."""
    return frozenset(key for people in lists.values() for key in shared_on(people))


def shared_on(people: Sequence[Recipient]) -> Sequence[str]:
    """The keys of the addresses on a list that several people read."""
    if isinstance(people, Listed):
        return people.findings.shared
    return [person.key for person in people if person.shared]


def _first(people: Sequence[Recipient], key: str) -> Recipient | None:
    return next((person for person in people if person.key == key), None)
