"""Items as pages, feeds and mails show them: one by one, by day, month or first topic; charts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from tidings.core.addresses import web_address
from tidings.core.corrections import Correction, Phrase, because, corrections
from tidings.core.languages import language_of_all
from tidings.core.settings import Site
from tidings.model import Digest, Evidence, Item, ItemSummary, Picture, Text, Topic

TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
}
# An item that comes in so long after its day is late.
LATE = timedelta(days=14)
# What comes in so soon after a site began is what it began with.
BEGINNING = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic that an item is in, and the words that put it there."""

    topic: Topic
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ClassifiedItem:
    """An item with its topics, in the order of the configuration; `had` is the text of it that a
    recipient of mail had before, None if the item is new to them."""

    item: Item
    topics: tuple[TopicMatch, ...] = ()
    had: Text | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A topic of an item: where its page is, and because of which phrases."""

    title: str
    path: str
    because: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture as pages, feeds and mails show it. `url` is the address at another site; of our own
    it is "", and `path` is where we publish it, with its `width` and `height` in pixels and its
    `length` in bytes, which are 0 of what lies elsewhere."""

    alt: str = ""
    path: str = ""
    width: int = 0
    height: int = 0
    length: int = 0
    url: str = ""

    @property
    def media_type(self) -> str:
        """Of which type it is, by its name; "" if that does not tell."""
        return TYPES.get((self.path or self.url).rpartition(".")[2].lower(), "")

    def address(self, site: str) -> str:
        """Where it is, for a `site` at that address."""
        return self.url or f"{site.rstrip('/')}/{self.path}"


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as pages show it. `day` is None for undated ones: say `first_seen` then.

    `url` is the story at its own address, if the listing gave one. `late`: it came in well after
    its day, which is why old news is among the new. A retracted item
    has a `retraction` and nothing of its text but the title. Corrections come newest first. Where a
    page only leads to an item, all but the first four, `url`, `retracted` and `language` is left
    out.
    `language` is that of its texts, None if each is to be asked by itself.
    """

    title: str
    path: str
    day: date | None
    first_seen: date
    summary: str = ""
    url: str | None = None
    topics: tuple[Membership, ...] = ()
    corrections: tuple[Correction, ...] = ()
    retraction: str | None = None
    retracted_on: date | None = None
    late: bool = False
    retracted: bool = False
    language: str | None = None
    image: PictureView | None = None

    @property
    def announced(self) -> date | None:
        """The day on which a coming event was told of; None for what is past."""
        return announced(self.day, self.first_seen)


@dataclass(frozen=True, slots=True)
class Day:
    """Neighbouring entries of one day: dated, announced before it or not, or undated and first seen
    on `first_seen`."""

    day: date | None
    first_seen: date
    year_shown: bool
    entries: tuple[ItemView, ...]

    @property
    def announced(self) -> date | None:
        """As the entries have it."""
        return self.entries[0].announced


@dataclass(frozen=True, slots=True)
class Period:
    """A year of a topic, or a month (1 to 12) of it; neither is what has no date: how many items it
    has, and of these the `entries` that a page shows, or the `path` of the page that shows all."""

    year: int | None = None
    month: int | None = None
    total: int = 0
    path: str = ""
    entries: tuple[ItemView, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteContext:
    """What all pages of one publication share. `zone` says on which day an instant falls; `began`
    is when the site first recorded anything, None before; `service_url` is where people subscribe
    by themselves, ending in a slash, "" if nowhere; `sources` are patterns of files, each with the
    name of its source, "" for none; `language_at` is the language of the listings in a file, as
    their source gives it; `pictures` are what was made of local pictures, by their paths."""

    site: Site
    zone: ZoneInfo
    digests: tuple[Digest, ...] = ()
    began: datetime | None = None
    service_url: str = ""
    language_at: Callable[[str], str | None] | None = None
    sources: tuple[tuple[str, str], ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    def picture_of(self, item: Item) -> PictureView | None:
        """The picture of an item, if there is one that may be shown."""
        image = item.text.image
        if image is None or item.retraction:
            return None
        if web_address(image.url):
            remote = PictureView(image.alt, url=image.url)
            return remote if self.site.remote_images else None
        made = self.pictures.get(image.url)
        if made is None or not made.name:
            return None
        return PictureView(image.alt, made.published, made.width, made.height, made.length)

    def source_name(self, path: str) -> str:
        """What readers are told of where a file comes from; "" for nothing."""
        return next((name for glob, name in self.sources if fnmatchcase(path, glob)), "")

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.zone).date()

    def address(self, path: str) -> str:
        """Where a published file is served."""
        return f"{self.site.url.rstrip('/')}/{path}"

    def language_of(self, item: Item | ItemSummary) -> str | None:
        """The language of an item's texts: what their source gives, else what they tell together;
        None if each is to be asked by itself."""
        given = self.language_at(item.source) if self.language_at else None
        texts = (item.title, item.summary) if isinstance(item, Item) else (item.title,)
        return given or language_of_all(texts, self.site.language)

    def is_late(self, item: Item) -> bool:
        """Whether an item came in long after its day, other than with what the site began with."""
        if self.began is None or item.date is None or item.arrived_at < self.began + BEGINNING:
            return False
        return self.day(item.arrived_at) - item.date > LATE

    def link(self, item: ItemSummary) -> ItemView:
        """As much of an item as a page needs that leads to it."""
        first_seen = self.day(item.arrived_at)
        path = item_path(item)
        return ItemView(
            title=item.title,
            path=path,
            day=item.date,
            first_seen=first_seen,
            url=None if item.retracted else item.url,
            retracted=item.retracted,
            language=self.language_of(item),
        )

    def found(self, item: Item) -> ItemView:
        """The same of an item that was searched for."""
        return ItemView(
            title=item.title,
            path=item_path(item),
            day=item.date,
            first_seen=self.day(item.arrived_at),
            summary=item.summary,
            url=item.text.url,
            language=self.language_of(item),
        )

    def view(self, found: ClassifiedItem) -> ItemView:
        """An item as pages show it, with its topics and the words that put it there.

        Of a retracted item the title and the reason are left.
        """
        item = found.item
        view = ItemView(
            title=item.title,
            path=item_path(item),
            day=item.date,
            first_seen=self.day(item.arrived_at),
            late=self.is_late(item),
            retracted=item.retraction is not None,
            language=self.language_of(item),
        )
        if item.retraction:
            retracted_on = self.day(item.retraction.at)
            return replace(view, retraction=item.retraction.reason, retracted_on=retracted_on)
        topics = tuple(
            Membership(each.topic.title, topic_path(each.topic), because(item, each.evidence))
            for each in found.topics
        )
        return replace(
            view,
            summary=item.summary,
            url=item.text.url,
            topics=topics,
            image=self.picture_of(item),
            corrections=corrections(item.history, self.zone),
        )


def announced(day: date | None, first_seen: date) -> date | None:
    """The day on which something to come on a `day` was told of; None for what is past."""
    return first_seen if day and day > first_seen else None


def item_path(item: Item | ItemSummary) -> str:
    """Where the page of an item is published."""
    return path_of(item.slug)


def path_of(slug: str) -> str:
    """Where the page of the item with this slug is published."""
    return f"items/{slug}.html"


def topic_path(topic: Topic) -> str:
    """Where the page of a topic is published."""
    return f"topics/{topic.slug}/index.html"


def by_day(entries: Iterable[ItemView]) -> tuple[Day, ...]:
    """Entries under their days; a day names its year when that is not the year just named."""
    days: list[Day] = []
    named: int | None = None
    for key, group in groupby(entries, key=_day_key):
        together = tuple(group)
        year = (key[0] or together[0].first_seen).year
        days.append(Day(key[0], together[0].first_seen, year != named, together))
        named = year
    return tuple(days)


def _day_key(entry: ItemView) -> tuple[date | None, date | None]:
    return entry.day, entry.announced if entry.day else entry.first_seen


def by_month(items: Iterable[ItemView]) -> tuple[Period, ...]:
    """Items under their months, in the order in which they come; undated ones together."""
    months: dict[tuple[int | None, int | None], list[ItemView]] = {}
    for item in items:
        month = (item.day.year, item.day.month) if item.day else (None, None)
        months.setdefault(month, []).append(item)
    return tuple(
        Period(year, month, len(members), entries=tuple(members))
        for (year, month), members in months.items()
    )


def topic_ranks(
    digest: Digest, topics: Sequence[Topic], follows: Sequence[str] | None = None
) -> Mapping[str, int]:
    """The place of each topic that has a section in a digest's editions, by slug.

    The digest's own order comes first, else that of the configuration, `topics`; `follows` are the
    topics that a reader chose (None: all).
    """
    slugs = digest.topics if digest.topics is not None else tuple(t.slug for t in topics)
    return {slug: n for n, slug in enumerate(slugs) if follows is None or slug in follows}


def first_topic(topics: Iterable[TopicMatch], ranks: Mapping[str, int]) -> TopicMatch | None:
    """The topic that an item is listed under; None if none of its topics has a section."""
    ranked = (each for each in topics if each.topic.slug in ranks)
    return min(ranked, key=lambda each: ranks[each.topic.slug], default=None)


def by_first_topic(
    items: Iterable[ClassifiedItem], ranks: Mapping[str, int]
) -> list[tuple[Topic | None, list[ClassifiedItem]]]:
    """Items in sections by their first topics, in the order of `ranks`; last, those in none."""
    sections: dict[int, tuple[Topic | None, list[ClassifiedItem]]] = {}
    for item in items:
        home = first_topic(item.topics, ranks)
        rank = ranks[home.topic.slug] if home else len(ranks)
        sections.setdefault(rank, (home.topic if home else None, []))[1].append(item)
    return [sections[rank] for rank in sorted(sections)]


def lead_of(items: Sequence[Item], chosen: str = "") -> Item | None:
    """The item that opens an edition and names it: the one of the id that its editor has chosen,
    else the newest dated one, else the newest."""
    ordered = sorted(items, key=lambda item: item.order)
    if found := next((item for item in ordered if item.id == chosen), None):
        return found
    return next((item for item in ordered if item.date), ordered[0] if ordered else None)


Month = tuple[int, int]

LEAST_SLOTS = 12
MOST_SLOTS = 60
LEAST_PEAK = 4
BAR_WIDTH = 0.4
LOWEST_BAR = 0.03  # share of the peak: one item beside a thousand is still seen
# A chart seldom ends where a pixel does: by so much of the peak its bars go on below it, where the
# rule covers them, so that there is no gap.
BELOW = 0.02
TICK_DISTANCE = 0.12  # share of the width that the label of a year needs


@dataclass(frozen=True, slots=True)
class ChartRange:
    """The months that charts on one page have in common, both ends included.

    `step` is the number of months that share a bar: 1, 3 or 12; `first` begins such a slot, `last`
    is the newest month itself.
    """

    first: Month
    last: Month
    step: int

    @property
    def slots(self) -> int:
        """How many bars there is room for."""
        return _number(self.last) // self.step - _number(self.first) // self.step + 1


@dataclass(frozen=True, slots=True)
class Bar:
    """The items of one slot, at least one. `month` begins it; `newest` marks the last slot."""

    x: float
    height: float
    count: int
    month: Month
    newest: bool


@dataclass(frozen=True, slots=True)
class YearTick:
    """Where a year begins: `at` is the share of the width, from 0 to 1."""

    year: int
    at: float


@dataclass(frozen=True, slots=True)
class MonthChart:
    """A chart ready to draw. `busiest` is the tallest bar, the latest of several."""

    span: ChartRange
    # Not in the hash, by which a page looks for what it made of a topic before: there are many.
    bars: tuple[Bar, ...] = field(hash=False)
    ticks: tuple[YearTick, ...] = field(hash=False)
    peak: int
    bar_width: float = BAR_WIDTH

    @property
    def width(self) -> int:
        """The width of the view box."""
        return self.span.slots

    @property
    def slots(self) -> int:
        """The old name of `width`, for templates of instances."""
        return self.width

    @property
    def total(self) -> int:
        """How many items stand in the chart."""
        return sum(bar.count for bar in self.bars)

    @property
    def older(self) -> str:
        """All bars but the newest as one path of SVG, "" if there are none: a page with a chart
        for each topic has some thousand bars."""
        return self._path(newest=False)

    @property
    def newest(self) -> str:
        """The newest bar as a path of SVG, "" if nothing is of the last slot."""
        return self._path(newest=True)

    def _path(self, *, newest: bool) -> str:
        below, width = self.peak * BELOW, self.bar_width
        base = f"{self.peak + below:g}"
        bars = ((bar.x, bar.height + below) for bar in self.bars if bar.newest is newest)
        return "".join(f"M{x:g} {base}v-{up:g}h{width:g}v{up:g}z" for x, up in bars)

    @property
    def busiest(self) -> Bar | None:
        """The tallest bar; of equal ones the latest; None for an empty chart."""
        return max(self.bars, key=lambda bar: (bar.count, bar.x), default=None)


def range_of(months: Iterable[Month]) -> ChartRange | None:
    """The span from the oldest to the newest of `months`, at least a year; None without any.

    Beyond 60 months a bar holds a quarter, beyond 60 quarters a year.
    """
    numbers = sorted({_number(month) for month in months})
    if not numbers:
        return None
    oldest, newest = numbers[0], numbers[-1]
    step = next(
        (step for step in (1, 3) if newest // step - oldest // step < MOST_SLOTS),
        12,
    )
    first = min(oldest // step, newest // step - LEAST_SLOTS + 1) * step
    return ChartRange(first=_month(max(first, 12)), last=_month(newest), step=step)


def peak_of(charts: Iterable[Mapping[Month, int]], span: ChartRange) -> int:
    """The tallest bar among several charts, so that they can be drawn to one scale."""
    return max((max(_slots(months, span).values(), default=0) for months in charts), default=0)


class Charted:
    """Something with a chart, which templates of instances may know by its old name, `tide`."""

    __slots__ = ()
    chart: MonthChart | None

    @property
    def tide(self) -> MonthChart | None:
        """The old name of `chart`."""
        return self.chart


def draw(months: Mapping[Month, int], span: ChartRange, peak: int | None = None) -> MonthChart:
    """The chart of `months` (items by month) over `span`; months outside it are left out.

    `peak` is the common scale of several charts, by default this chart's own tallest bar. A scale
    is never less than four items high, so that a lone item does not look like a flood.
    """
    counts = _slots(months, span)
    scale = max(LEAST_PEAK, peak if peak is not None else max(counts.values(), default=0))
    first, newest = _number(span.first), span.slots - 1
    margin, lowest = (1 - BAR_WIDTH) / 2, round(scale * LOWEST_BAR, 2)
    bars = tuple(
        Bar(
            x=round(slot + margin, 2),
            height=max(float(count), lowest),
            count=count,
            month=_month(first + slot * span.step),
            newest=slot == newest,
        )
        for slot, count in sorted(counts.items())
    )
    return MonthChart(span=span, bars=bars, ticks=_ticks(span), peak=scale)


def _slots(months: Mapping[Month, int], span: ChartRange) -> dict[int, int]:
    counts: dict[int, int] = {}
    (from_year, from_month), step = span.first, span.step
    last = _number(span.last) - _number(span.first)
    for (year, month), count in months.items():
        at = (year - from_year) * 12 + month - from_month
        if count > 0 and 0 <= at <= last:
            counts[at // step] = counts.get(at // step, 0) + count
    return counts


@lru_cache(maxsize=16)
def _ticks(span: ChartRange) -> tuple[YearTick, ...]:
    """The years below charts of this span. A first page draws one for each topic: of 2,000 topics
    this was 16 of 300 ms for one new item."""
    first, width = _number(span.first), span.slots * span.step
    every = next(
        n for n in (1, 2, 5, 10, 20, 50, 100, 1000, 10000) if 12 * n / width > TICK_DISTANCE
    )
    years = range(span.first[0], span.last[0] + 1)
    return tuple(
        YearTick(year=year, at=round((year * 12 - first) / width, 4))
        for year in years
        if year % every == 0 and year * 12 >= first
    )


def _number(month: Month) -> int:
    year, of_year = month
    return year * 12 + of_year - 1


def _month(number: int) -> Month:
    return number // 12, number % 12 + 1
