"""What a reading changes: new items, corrected ones, silently completed ones.

Only a source whose own text changed can correct an item. A source seen for the first time may
fill in what is missing and otherwise changes nothing, however much its text differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidings.core import identity
from tidings.core.identity import normalise
from tidings.core.matching import Match
from tidings.model import Changes, Item, Listing, Revision, Sighting, Text

NOON = time(12)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides the reading itself.

    `taken_ids` are the ids in use among those the entries could get; `taken_instants` the
    `published` instants in use on each of their days; `undated_before` the first rank that is
    free among the undated items that arrived at exactly `now`.
    """

    site_id: str
    zone: ZoneInfo
    now: datetime
    taken_ids: Set[str]
    taken_instants: Mapping[date, Set[datetime]]
    undated_before: int = 0


def decide(
    path: str,
    matches: Sequence[Match],
    previous: Sequence[Sighting],
    known: Mapping[str, Item],
    given: Circumstances,
) -> Changes:
    """Compare one matched reading of `path` with what is known.

    `previous` is what this path said of each item before; `known` holds at least every item that
    is matched.
    """
    minting = _Minting(matches, given)
    own = {sighting.item_id: sighting for sighting in previous}
    new: list[Item] = []
    revised: list[Item] = []
    filled: list[Item] = []
    reread: list[Item] = []
    sightings: list[Sighting] = []
    for position, match in enumerate(matches):
        listing = match.listing
        if match.item_id is None:
            item = minting.item(listing, path)
            new.append(item)
        else:
            before = known[match.item_id]
            item = _compare(before, listing, own.get(before.id), minting, given.now)
            if item.revision != before.revision:
                revised.append(item)
            elif item != before:
                filled.append(item)
            if item.id not in own:
                reread.append(item)
        first = own[item.id].first_seen_at if item.id in own else given.now
        sightings.append(Sighting(listing.ref, listing.text, item.id, first, position))
    here = {sighting.item_id for sighting in sightings}
    gone = [replace(s, position=None) for s in previous if s.item_id not in here]
    return Changes(
        new=tuple(new),
        revised=tuple(revised),
        filled=tuple(filled),
        reread=tuple(reread),
        unchanged=len(matches) - len(new) - len(revised) - len(filled),
        sightings=(*sightings, *gone),
    )


class _Minting:
    """Ids and instants handed out while one reading is decided: none of them twice."""

    def __init__(self, matches: Sequence[Match], given: Circumstances) -> None:
        titles = Counter(normalise(match.listing.text.title) for match in matches)
        self._shared = {title for title, times in titles.items() if times > 1}
        self._given = given
        self._ids = set(given.taken_ids)
        self._instants = {day: set(taken) for day, taken in given.taken_instants.items()}
        self._undated = given.undated_before

    def item(self, listing: Listing, path: str) -> Item:
        text, now = listing.text, self._given.now
        item_id = identity.mint_id(
            self._given.site_id,
            text.title,
            text.date,
            text.summary,
            title_is_shared=normalise(text.title) in self._shared,
            taken=self._ids,
        )
        self._ids.add(item_id)
        rank = 0
        if text.date is None:
            rank, self._undated = self._undated, self._undated + 1
        return Item(
            id=item_id,
            slug=identity.slug(text.title, item_id),
            text=text,
            published=None if text.date is None else self.published(text.date, now),
            arrived_at=now,
            arrival_rank=rank,
            history=(Revision(0, text, now, path),),
        )

    def published(self, day: date, arrived_at: datetime) -> datetime:
        """Noon on that day, or the arrival if earlier, less the seconds that make it unique."""
        noon = datetime.combine(day, NOON, self._given.zone).astimezone(UTC)
        instant = min(noon, arrived_at)
        taken = self._instants.setdefault(day, set())
        while instant in taken:
            instant -= timedelta(seconds=1)
        taken.add(instant)
        return instant


def _compare(
    item: Item, listing: Listing, own: Sighting | None, minting: _Minting, now: datetime
) -> Item:
    """The item as it stands after one source said `listing` of it."""
    was = item.text
    text = _filled(was, listing.text) if own is None else _followed(was, own.text, listing.text)
    if text == was:
        return item
    published = item.published
    if text.date is not None and text.date != was.date:
        published = minting.published(text.date, item.arrived_at)
    item = replace(item, text=text, published=published)
    if own is not None and _is_correction(was, text):
        revision = Revision(item.revision + 1, text, now, listing.ref.path)
        return replace(item, revised_at=now, history=(*item.history, revision))
    current = replace(item.history[-1], text=text)
    return replace(item, history=(*item.history[:-1], current))


def _filled(text: Text, other: Text) -> Text:
    """The text with what is missing in it taken from another source."""
    longer = normalise(text.summary) != normalise(other.summary) and (
        normalise(text.summary) in normalise(other.summary)
    )
    return replace(
        text,
        summary=other.summary if longer else text.summary,
        date=text.date or other.date,
        url=text.url or other.url,
        category=text.category or other.category,
    )


def _followed(text: Text, was: Text, now: Text) -> Text:
    """The text after one of its sources changed its own from `was` to `now`.

    Only what that source changed is taken over, and nothing is taken away: a date or a summary
    that a page no longer shows was not thereby wrong.
    """

    def follow(current: str, before: str, after: str) -> str:
        if not after or before == after:
            return current
        if normalise(before) == normalise(after) and normalise(current) != normalise(after):
            return current  # retouched spacing or quotes of words that the item no longer has
        return after

    changed_date = now.date is not None and now.date != was.date
    changed_url = now.url is not None and now.url != was.url
    changed_category = now.category is not None and now.category != was.category
    return replace(
        text,
        title=follow(text.title, was.title, now.title),
        summary=follow(text.summary, was.summary, now.summary),
        date=now.date if changed_date or text.date is None else text.date,
        url=now.url if changed_url or text.url is None else text.url,
        category=now.category if changed_category or text.category is None else text.category,
    )


def _is_correction(was: Text, now: Text) -> bool:
    """Whether readers are told. Filling in a date, and retouching spacing or quotes, is silent."""
    return (
        normalise(was.title) != normalise(now.title)
        or normalise(was.summary) != normalise(now.summary)
        or (was.date is not None and was.date != now.date)
    )
