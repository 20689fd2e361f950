"""Decides what a reading changes: new items, corrected ones, silently completed ones.

Only a source whose own text changed can correct an item. A source seen for the first time may
fill in what is missing and otherwise changes nothing, however much its text differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from tidings.core import identity, newest
from tidings.core.identity import SECOND, UniqueTimestamps, normalise
from tidings.core.likeness import within
from tidings.core.match import Match
from tidings.model import Changes, Item, Listing, Retraction, Revision, SourceEntry, Text

NOON = time(12)

# What happened to a file between two readings: it was saved; it was not, and is read again with
# another reader or other settings; or it may be either.
Since = Literal["saved", "reread", "either"]


@dataclass(frozen=True, slots=True)
class Occasion:
    """On what occasion a file is compared: what happened to it, and whether nobody is told of what
    comes of it; `together`, for a source whose newest file corrects the others, tells its paths."""

    since: Since = "saved"
    quietly: bool = False
    together: Callable[[str], bool] | None = None


SAVED = Occasion()


def decide(
    path: str,
    matches: Sequence[Match],
    previous: Sequence[SourceEntry],
    known: Mapping[str, Item],
    factory: ItemFactory,
    occasion: Occasion = SAVED,
    told: Set[str] = frozenset(),
) -> Changes:
    """Compare one matched reading of `path` with what is known.

    `previous` is what this path said of each item before; `known` holds at least every item that
    is matched, and what those that were merged lead to. What a file that was not `saved` says
    otherwise is replaced in silence; what it never said when `reread` is dropped, as far as no
    other file has it. `told` are the ids of retracted items whose retraction was mailed.
    """
    now, since = factory.now, occasion.since
    titles = Counter(normalise(match.listing.text.title) for match in matches)
    own = {sighting.item_id: sighting for sighting in previous}
    new: list[Item] = []
    current: dict[str, Item] = {}
    first_here: dict[str, Item] = {}
    sightings: list[SourceEntry] = []
    for position, match in enumerate(matches):
        listing = match.listing
        if match.item_id is None:
            shared = titles[normalise(listing.text.title)] > 1
            item = factory.item(listing.text, path, title_is_shared=shared)
            new.append(item)
            item_id = item.id
        else:
            item_id = match.item_id
            root = stands_for(known, item_id)
            item = current.get(root, known[root])
            before = own[item_id].text if item_id in own else None
            item = _taken_up(item, path, listing.text, before, factory, occasion)
            if item.retraction and not item.retraction.by:
                item = reinstated(item, now, factory.moments, told=item.id in told)
            current[root] = item
            if item_id not in own:
                first_here[root] = item
        first = own[item_id].first_seen_at if item_id in own else now
        sightings.append(_seen(listing, item_id, first, position))
    here = {sighting.item_id for sighting in sightings}
    left = [s for s in previous if s.item_id not in here]
    # What a file was wrongly read to say it never said: the rest is gone from it.
    wrong = [s for s in left if since == "reread" and s.position is not None]
    gone = [replace(s, position=None) for s in left if since != "reread" or s.position is None]
    changed = [item for root, item in current.items() if item != known[root]]
    silent = tuple(item for item in changed if not _told(known[item.id], item, since))
    return Changes(
        new=tuple(new),
        revised=tuple(item for item in changed if _told(known[item.id], item, since)),
        filled=silent if since == "saved" else (),
        reread=tuple(first_here.values()),
        unchanged=len(matches) - len(new) - len(changed),
        sightings=(*sightings, *gone),
        replaced=silent if since != "saved" else (),
        dropped=tuple(_unsaid(path, wrong, current, known)),
    )


def _seen(listing: Listing, item_id: str, first: datetime, position: int) -> SourceEntry:
    """What the file says of an item, in that place; it said it `first` at that instant."""
    return SourceEntry(listing.ref, listing.text, item_id, first, position, listing.guid)


def _taken_up(
    item: Item,
    path: str,
    said: Text,
    before: Text | None,
    factory: ItemFactory,
    occasion: Occasion,
) -> Item:
    """The item once a file says this, and was or was not saved since; `before` as for `compare`."""
    if occasion.together:
        return led(item, path, said, before, factory, occasion)
    if occasion.since == "saved" or before is None:
        return compare(item, path, said, before, factory)
    return reread(item, path, said, before, factory)


def led(
    item: Item,
    path: str,
    said: Text,
    before: Text | None,
    factory: ItemFactory,
    occasion: Occasion,
) -> Item:
    """The item once a file says this whose source speaks by its newest file; `before` as for
    `compare`."""
    together = occasion.together or (lambda _path: False)
    others = newest.of_source(item, lambda each: each != path and together(each))
    was = newest.spoken(others if before is None else {**others, path: before})
    now = newest.spoken({**others, path: said}) or said
    last = newest.is_newest(path, others)
    if occasion.since != "saved" and before is not None:
        item = reread(item, path, said, before, factory)
        if not last or occasion.since == "either":
            return item
        # What the setting itself makes of files that were read without it.
        text = newest.over(item.text, now)
    else:
        text = filled(item.text, now) if was is None else followed(item.text, was, now)
    # Filling in is no correction, and older files can do no more.
    silent = not last or occasion.quietly or filled(item.text, text) == text
    return _dated(item, text, factory, "" if silent else path)


def _unsaid(
    path: str, wrong: Sequence[SourceEntry], current: Mapping[str, Item], known: Mapping[str, Item]
) -> Iterator[Item]:
    """The items that no file has said, now that these sightings turn out to be wrong readings."""
    never = {sighting.item_id for sighting in wrong}
    for root in dict.fromkeys(stands_for(known, each.item_id) for each in wrong):
        item = known[root]
        said = any(s.ref.path != path or s.item_id not in never for s in item.sources)
        if not said and root not in current and not item.retraction:
            yield item


def stands_for(known: Mapping[str, Item], item_id: str) -> str:
    """The id of the item that an item was merged into, or its own."""
    into = known[item_id].merged_into
    return item_id if into is None else stands_for(known, into)


def _told(was: Item, now: Item, since: Since) -> bool:
    """Whether readers are told; of an item that a file turns out to have said all along, only those
    who were mailed that it had gone."""
    if since != "saved":
        return now.revision > was.revision
    return was.revision != now.revision or was.retraction != now.retraction


# --- Retractions ---------------------------------------------------------------------------------

# No file said so: a revision that stands for a decision has no path.
DECIDED = ""


def retracted(item: Item, retraction: Retraction, moments: UniqueTimestamps) -> Item:
    """Retract an item, which is a revision: whoever had its text is told."""
    mark = Revision(item.revision + 1, item.text, retraction.at, DECIDED)
    history = item.history if item.retraction else (*item.history, mark)
    revised_at = moments.of_change(last_change(item))
    return replace(item, retraction=retraction, revised_at=revised_at, history=history)


def last_change(item: Item) -> datetime:
    """What an entry's next `updated` must be later than: nothing changes before it came in."""
    return max(item.updated, item.arrived_at, item.published or item.arrived_at)


def reinstated(item: Item, at: datetime, moments: UniqueTimestamps, *, told: bool) -> Item:
    """Undo a retraction; if it was `told` to readers, this is told, too."""
    history = item.history
    if told:
        history = (*history, Revision(item.revision + 1, item.text, at, DECIDED))
    elif len(history) > 1 and history[-1].path == DECIDED:
        history = (*history[:-2], replace(history[-2], text=item.text))
    revised_at = moments.of_change(last_change(item))
    return replace(item, retraction=None, revised_at=revised_at, history=history)


def has_changed(item: Item, had: int) -> bool:
    """Whether an item is another than it was at a revision that somebody had: in what readers are
    told of, or in being retracted. What was changed and changed back is the same again."""
    marks = sum(each.path == DECIDED and each.number <= had for each in item.history)
    was_retracted = marks % 2 == 1
    was = item.at_revision(had).text
    return is_correction(was, item.text) or was_retracted != (item.retraction is not None)


# --- New items, and compared ones ----------------------------------------------------------------


class ItemFactory:
    """Makes items with ids and timestamps that are unique in one reading or edit.

    `taken_ids` are the ids in use among those that its items could get; `taken_instants` the
    `published` instants in use on each of their days; `moments` hands out those that entries bear
    as their `updated`; `undated_before` is the first rank that is free among the undated items that
    arrived at exactly its `now`.
    """

    def __init__(
        self,
        site_id: str,
        zone: ZoneInfo,
        moments: UniqueTimestamps,
        taken_ids: Set[str] = frozenset(),
        taken_instants: Mapping[date, Set[datetime]] = MappingProxyType({}),
        undated_before: int = 0,
    ) -> None:
        self._site_id = site_id
        self._zone = zone
        self.moments = moments
        self.now = moments.now
        self._ids = set(taken_ids)
        self._instants = {day: set(taken) for day, taken in taken_instants.items()}
        self._undated = undated_before

    def item(self, text: Text, path: str, *, title_is_shared: bool = False) -> Item:
        """A new item that says this, as `path` said it first."""
        item_id = identity.mint_id(
            self._site_id,
            text.title,
            text.date,
            text.summary,
            title_is_shared=title_is_shared,
            taken=self._ids,
        )
        self._ids.add(item_id)
        return Item(
            id=item_id,
            slug=identity.slug(text.title, item_id),
            text=text,
            published=self.published(text.date, self.now) if text.date else None,
            arrived_at=self.now,
            arrival_rank=0 if text.date else self._rank(),
            history=(Revision(0, text, self.now, path),),
        )

    def _rank(self) -> int:
        """The next rank of an undated item, whose arrival less as many seconds is nobody else's."""
        while not self.moments.free(self.now - self._undated * SECOND):
            self._undated += 1
        rank, self._undated = self._undated, self._undated + 1
        self.moments.take(self.now - rank * SECOND)
        return rank

    def published(self, day: date, arrived_at: datetime, had: datetime | None = None) -> datetime:
        """Noon on that day, or the arrival if earlier, less the seconds that make it unique: on
        that day, and among all that changed of late but the item itself, `updated` when it `had`.
        """
        noon = datetime.combine(day, NOON, self._zone).astimezone(UTC)
        instant = min(noon, arrived_at)
        taken = self._instants.setdefault(day, set())
        while instant in taken or not (instant == had or self.moments.free(instant)):
            instant -= SECOND
        taken.add(instant)
        self.moments.take(instant)
        return instant


def compare(item: Item, path: str, said: Text, before: Text | None, factory: ItemFactory) -> Item:
    """The item as it stands after a file said something of it; `before` is what the file said of it
    before, None if nothing."""
    text = filled(item.text, said) if before is None else followed(item.text, before, said)
    return _dated(item, text, factory, "" if before is None else path)


def _dated(item: Item, text: Text, factory: ItemFactory, by: str = "") -> Item:
    """The item with another text; if a file is named that brings it, a correction is told."""
    was = item.text
    if text == was:
        return item
    published = item.published
    if text.date is not None and text.date != was.date:
        published = factory.published(text.date, item.arrived_at, item.updated)
    item = replace(item, published=published)
    if by and is_correction(was, text):
        revision = Revision(item.revision + 1, text, factory.now, by)
        revised_at = factory.moments.of_change(last_change(item))
        return replace(item, text=text, revised_at=revised_at, history=(*item.history, revision))
    return retold(item, text)


def reread(item: Item, path: str, said: Text, before: Text, factory: ItemFactory) -> Item:
    """The item as it stands once a file turns out to say another thing than it was read to say.

    Nothing tells readers of it: an entry keeps its `updated`, also where the day moves.
    """
    others = [s.text for s in item.sources if s.ref.path != path and s.position is not None]
    text = replaced(item.text, before, said, others)
    if text == item.text:
        return item
    changed = item
    if text.date != item.date:
        published = None
        if text.date is not None:
            published = factory.published(text.date, item.arrived_at, item.updated)
        changed = replace(item, published=published)
    if changed.updated != item.updated:
        changed = replace(changed, revised_at=item.updated)
    return retold(changed, text)


def replaced(text: Text, was: Text, now: Text, others: Sequence[Text]) -> Text:
    """The text with what one source was wrongly read to say in it replaced by what it says, but
    for what one of the others says, too."""

    def part(of: Text, name: str) -> object:
        value = getattr(of, name)
        return normalise(value) if name in ("title", "summary") else value

    def alone(name: str) -> bool:
        """Whether the text has this from that source, and from no other."""
        mine = part(was, name)
        return part(text, name) == mine and all(part(other, name) != mine for other in others)

    names = [field.name for field in fields(Text)]
    return filled(replace(text, **{n: getattr(now, n) for n in names if alone(n)}), now)


def retold(item: Item, text: Text) -> Item:
    """The item with another text, which is no news to anybody."""
    last = replace(item.history[-1], text=text)
    return replace(item, text=text, history=(*item.history[:-1], last))


def filled(text: Text, other: Text) -> Text:
    """The text with what is missing in it taken from another source."""
    had, said = normalise(text.summary), normalise(other.summary)
    longer = len(had) < len(said) and within(had, said)
    return replace(
        text,
        summary=other.summary if longer else text.summary,
        date=text.date or other.date,
        url=text.url or other.url,
        category=text.category or other.category,
        image=text.image or other.image,
    )


def followed(text: Text, was: Text, now: Text) -> Text:
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
        # What is taken out of a listing may be nobody's to show.
        image=now.image if now.image != was.image or text.image is None else text.image,
    )


def is_correction(was: Text, now: Text) -> bool:
    """Whether readers are told. Filling in a date, and retouching spacing or quotes, is silent."""
    return (
        normalise(was.title) != normalise(now.title)
        or normalise(was.summary) != normalise(now.summary)
        or (was.date is not None and was.date != now.date)
    )
