"""What the records of a group say: the day, the address, the text, the rubric and the picture."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tidings.core.listings.dates import (
    Broken,
    Dated,
    Numeric,
    Stamp,
    calendar_day,
    find_dates,
    find_short,
    read_stamp,
)
from tidings.core.listings.html.records import Block, Group, Record, blocks_of, is_change
from tidings.core.listings.html.tree import HEADINGS, Element, Tree, ancestors
from tidings.core.listings.instants import read_instant
from tidings.core.listings.languages import Names, month_of
from tidings.core.listings.text import (
    collapse,
    columns,
    ends_a_sentence,
    is_aside,
    is_byline,
    is_more,
    is_pager,
    is_path,
    is_what_a_date_is,
    mostly_unspaced,
    without_more,
)
from tidings.model import Image

_BESIDE_DATE: Final = 60  # characters around a date on a line that is no sentence
_SHORT: Final = 40
_LONGEST_SUMMARY: Final = 5_000
_ASIDE_CLASS = re.compile(
    r"author|byline|comment|share|social|caption|credit|button|btn|read-?more|more-link|tags?\b"
    r"|tag-|label|badge|categor|kicker|eyebrow|overline|breadcrumb|rating|views-count|reading-time",
    re.IGNORECASE,
)
_CATEGORY_CLASS = re.compile(
    r"categor|kicker|eyebrow|overline|rubri|section|topic|badge|label|tag\b|tags\b", re.IGNORECASE
)


_LONGEST_YEARLESS: Final = 24
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(\d{1,2})/(\d{1,2})(?:/|$)")
_FIGURES = re.compile(r"\d+")
_TILE_PARTS = re.compile(r"\d{1,4}[月월日일]?|[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The months and weekdays that a page may have, and the zone whose days its instants are of."""

    names: Names
    zone: ZoneInfo | None = None
    # What each text of the page is as a date: most stand in several groups.
    known: dict[str, Stamp | None] = field(default_factory=dict)


@dataclass(slots=True)
class EntryParts:
    """What one record says; `when` is its date as it stands there, and what that is."""

    record: Record
    title: str
    blocks: list[Block]
    when: str = ""
    stamp: Stamp | None = None
    dated_by: Element | None = None
    summary: str = ""
    url: str | None = None
    category: str | None = None
    image: Image | None = None


@dataclass(slots=True)
class Listed:
    """A group, read: what its records say, in their order."""

    group: Group
    said: list[EntryParts] = field(default_factory=list)


def listed(tree: Tree, group: Group, calendar: Calendar) -> Listed:
    """Read the records of a group."""
    read = Listed(_led_by_dates(tree, group, calendar) if group.flat else group)
    for record in read.group.records:
        title = collapse(tree.text(record.title))
        read.said.append(EntryParts(record, title, blocks_of(tree, record)))
    _date(tree, read, calendar)
    _summarise(tree, read)
    for said in read.said:
        said.url = _address(tree, said)
        said.image = _picture(tree, said)
    return read


def _led_by_dates(tree: Tree, group: Group, calendar: Calendar) -> Group:
    """The group with each date that stands between two titles given to the second, if one stands
    before the first, too."""
    first = group.records[0].parts[0]
    before = first.getprevious()
    if before is None or not _is_date(tree, before, calendar):
        return group
    led: list[Record] = []
    ahead: tuple[Element, ...] = (before,)
    for record in group.records:
        parts = list(record.parts)
        moved: list[Element] = []
        while len(parts) > 1 and _is_date(tree, parts[-1], calendar):
            moved.insert(0, parts.pop())
        led.append(Record(record.title, (*ahead, *parts)))
        ahead = tuple(moved)
    if not any(len(record.parts) > 1 for record in led[1:]) and len(led) > 1:
        return group
    return Group(tuple(led), group.key, flat=True)


def _is_date(tree: Tree, element: Element, calendar: Calendar) -> bool:
    text = tree.texts.get(element)
    return bool(text) and len(text or "") < 80 and stamp_of(text or "", calendar) is not None


# --- Days -----------------------------------------------------------------------------------------


def stamp_of(text: str, calendar: Calendar) -> Stamp | None:
    """The date that a line is, or that stands in it with few words beside it; None if it has
    none."""
    if not 5 < len(text) <= 200 or not any(sign.isdigit() for sign in text):
        return None
    if text not in calendar.known:
        calendar.known[text] = _stamp(text, calendar)
    return calendar.known[text]


def _stamp(text: str, calendar: Calendar) -> Stamp | None:
    names = calendar.names
    if (day := read_instant(text, calendar.zone)) is not None:
        return Dated(day)
    alone = read_stamp(text, names=names) if len(text) <= 64 else None
    if isinstance(alone, Broken) and alone.heads:
        return None
    if alone is not None and not isinstance(alone, Broken):
        return alone
    found = find_dates(text, names) or find_short(text, names)
    if not 0 < len(found) <= 2:
        return None
    rest = text
    for each in reversed(found):
        rest = f"{rest[: each.start]} {rest[each.end :]}"
    rest = rest.strip()
    if columns(rest) > _BESIDE_DATE or (len(rest) > _SHORT and ends_a_sentence(rest)):
        return None
    return found[0].stamp


def _attribute_day(element: Element, calendar: Calendar) -> Stamp | None:
    """The day that the markup gives: of a time, of what schema.org and hAtom say."""
    for name in ("datetime", "content", "title", "data-date", "data-datetime", "data-time"):
        if name in ("content", "title") and not (
            "date" in (element.get("itemprop") or "").lower()
            or "published" in (element.get("class") or "").lower()
            or element.tag == "time"
        ):
            continue
        value = (element.get(name) or "").strip()
        if not value:
            continue
        if (day := read_instant(value, calendar.zone)) is not None:
            return Dated(day)
        stamp = read_stamp(value, thorough=False, names=calendar.names)
        if isinstance(stamp, Dated):
            return stamp
    return None


def _date(tree: Tree, read: Listed, calendar: Calendar) -> None:
    """Give each record its day: by its markup, else by the line of it that is a date in most
    records, else by the date that stands above it."""
    offered = [_offers(tree, said, calendar) for said in read.said]
    kinds: Counter[object] = Counter()
    for offers in offered:
        kinds.update({kind for kind, *_ in offers})
    order = {kind: at for at, kind in enumerate(kinds)}
    for said, offers in zip(read.said, offered, strict=True):
        best = max(offers, key=lambda one: (one[0][0], kinds[one[0]], -order[one[0]]), default=None)
        if best is not None:
            _, said.dated_by, said.stamp, said.when = best
    if not any(said.stamp for said in read.said):
        _date_from_above(tree, read, calendar)
    if not any(said.stamp for said in read.said):
        _complete(tree, read, calendar)


Offer = tuple[tuple[int, int], Element, Stamp, str]


def _offers(tree: Tree, said: EntryParts, calendar: Calendar) -> list[Offer]:
    """The dates in a record, each with its kind: how strong it is, and where it stands."""
    found: list[Offer] = []
    for part in said.record.parts:
        for each in part.iter():
            if not isinstance(each.tag, str) or is_change(each):
                continue
            marked = each.tag == "time" or each.get("itemprop") or each.get("datetime")
            marked = marked or "published" in (each.get("class") or "")
            stamp = _attribute_day(each, calendar) if marked else None
            if stamp is None:
                continue
            shown = tree.texts.get(each) or ""
            plainly = stamp_of(shown, calendar) if shown else None
            if isinstance(plainly, Dated):
                stamp = plainly  # what readers see is the site's own day
            kind = (3 if each in tree.paths else 1, tree.tags.get(each, 0))
            found.append((kind, each, stamp, shown))
    whole = _joined_dates(tree, said, calendar)
    for block in said.blocks:
        stamp = stamp_of(block.text, calendar)
        if stamp is not None and not is_change(block.element):
            found.append(((2, tree.tags.get(block.element, 0)), block.element, stamp, block.text))
    return found + whole


def _joined_dates(tree: Tree, said: EntryParts, calendar: Calendar) -> list[Offer]:
    """Dates whose day, month and year are elements of their own: tiles of a calendar."""
    found: list[Offer] = []
    seen: set[Element] = set()
    for block in said.blocks:
        if len(block.text) > 14:
            continue
        for above in list(ancestors(block.element))[:3]:
            text = tree.texts.get(above) or ""
            if above in seen or not 6 <= len(text) <= 40 or above not in tree.paths:
                continue
            seen.add(above)
            if any(each is said.record.title or is_change(each) for each in above.iter("*")):
                break
            stamp = stamp_of(text, calendar) or _tile(text, calendar)
            if stamp is not None:
                found.append(((2, tree.tags.get(above, 0)), above, stamp, text))
                break
    return found


def _tile(text: str, calendar: Calendar) -> Stamp | None:
    """The day of a tile, in whatever order its parts stand: one year, one month, one day."""
    parts = _TILE_PARTS.findall(text)
    years = [part for part in parts if len(part) == 4 and part.isdecimal()]
    months = [
        named[0]
        for part in parts
        if not part[0].isdecimal() and (named := month_of(part, calendar.names))
    ]
    months += [int(part[:-1]) for part in parts if part[-1] in "月월" and part[:-1].isdecimal()]
    numbers = [
        int(part.rstrip("日일"))
        for part in parts
        if part.rstrip("日일").isdecimal() and part not in years
    ]
    if len(years) != 1 or len(months) > 1 or len(numbers) + len(months) != 2:
        return None
    if months:
        return calendar_day(int(years[0]), months[0], numbers[0])
    # Day above month, with its year: no order of figures is as sure, but for one above twelve.
    return Numeric(numbers[0], numbers[1], int(years[0])) if len(numbers) == 2 else None


def _date_from_above(tree: Tree, read: Listed, calendar: Calendar) -> None:
    """Give records the day of the last line above them that is a date, if one stands above the
    first and all these are made alike."""
    if len(read.said) < 2:
        return
    inside = {part for said in read.said for part in said.record.parts}
    first, last = read.said[0].record.parts[0], read.said[-1].record.parts[0]
    around = next((each for each in ancestors(first) if each in set(ancestors(last))), None)
    if around is None or around.tag == "html":
        return
    stamps = _stamps_between(tree, around, inside, calendar)
    kinds = Counter(tree.tags[element] for element, _, _ in stamps)
    starts = {said.record.parts[0]: tree.places[said.record.parts[0]] for said in read.said}
    for kind, times in kinds.most_common():
        alike = [each for each in stamps if tree.tags[each[0]] == kind]
        if tree.places[alike[0][0]] > min(starts.values()) or (times < 2 and len(read.said) > 3):
            continue
        for said in read.said:
            place = starts[said.record.parts[0]]
            above = [each for each in alike if tree.places[each[0]] < place]
            said.dated_by, said.stamp, said.when = above[-1]
        return


def _complete(tree: Tree, read: Listed, calendar: Calendar) -> None:
    """Give records whose days leave out the year that of the heading above them, or of the address
    that they lead to; all of them, or none."""
    years = _years_above(tree, read)
    found = []
    for said in read.said:
        made = None
        for block in said.blocks:
            if len(block.text) <= _LONGEST_YEARLESS and any(sign.isdigit() for sign in block.text):
                made = _of_address(said, block) or _of_year(said, block, years, calendar)
            if made is not None:
                break
        if made is None:
            return
        found.append(made)
    for said, (block, stamp) in zip(read.said, found, strict=True):
        said.dated_by, said.stamp, said.when = block.element, stamp, block.text


def _years_above(tree: Tree, read: Listed) -> dict[Element, str]:
    """By the title of each record the year that stands alone above it, if one does."""
    titles = {said.record.title for said in read.said}
    found: dict[Element, str] = {}
    year = ""
    for element in tree.shown:
        text = tree.texts.get(element) or ""
        if element in titles and year:
            found[element] = year
        elif len(text) == len("2026") and text.isdecimal() and 1900 <= int(text) < 2100:
            year = text
    return found


def _of_year(
    said: EntryParts, block: Block, years: Mapping[Element, str], calendar: Calendar
) -> tuple[Block, Stamp] | None:
    """The day and month, by name, of a line, in the year above it."""
    year = years.get(said.record.title)
    stamp = stamp_of(f"{block.text.strip(' .,')} {year}", calendar) if year else None
    return (block, stamp) if isinstance(stamp, Dated) else None


def _of_address(said: EntryParts, block: Block) -> tuple[Block, Stamp] | None:
    """The day of an address ("/2026/03/04/"), whose figures the line shows as well."""
    link = link_of(said)
    told = _IN_ADDRESS.search(link.get("href") or "") if link is not None else None
    if told is None:
        return None
    year, month, day = (int(part) for part in told.groups())
    stamp = calendar_day(year, month, day)
    shown = sorted(int(figures) for figures in _FIGURES.findall(block.text))
    same = isinstance(stamp, Dated) and shown in (sorted((month, day)), [day])
    return (block, stamp) if same else None


def _stamps_between(
    tree: Tree, around: Element, inside: set[Element], calendar: Calendar
) -> list[tuple[Element, Stamp, str]]:
    found = []
    stack: list[Element] = [around]
    while stack:
        each = stack.pop()
        if each in inside or each not in tree.paths:
            continue
        text = tree.texts.get(each)
        stamp = _attribute_day(each, calendar) if each.tag == "time" else None
        if stamp is None and text and len(text) <= 64:
            stamp = stamp_of(text, calendar)
        if stamp is not None and not any(e in inside for e in each.iter()):
            found.append((each, stamp, text or ""))
            continue
        stack.extend(reversed(list(each)))
    return found


# --- Texts ----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def says_nothing(text: str) -> bool:
    """Whether a text is one of those around entries: "Read more", a byline, a counter."""
    if is_more(text) or is_pager(text) or is_aside(text) or is_byline(text) or is_path(text):
        return True
    return is_what_a_date_is(text) or not any(sign.isalnum() for sign in text)


def _is_aside(block: Block) -> bool:
    """Whether a piece says something about the entry rather than what it is about."""
    text = block.text
    if says_nothing(text):
        return True
    element = block.element
    chain = [element, *list(ancestors(element))[:2]]
    if any(each.tag in ("figcaption", "nav", "footer", "button", "cite") for each in chain):
        return True
    return any(_ASIDE_CLASS.search(each.get("class") or "") for each in chain[:2]) and (
        len(text) < 3 * _SHORT
    )


def _summarise(tree: Tree, read: Listed) -> None:
    """Give each record its text: the pieces that are running text in most records."""
    lengths: dict[int, list[int]] = defaultdict(list)
    running: dict[int, list[bool]] = defaultdict(list)
    kept: list[list[Block]] = []
    for said in read.said:
        dated = set() if said.dated_by is None else {said.dated_by}
        blocks = []
        for block in said.blocks:
            around = {block.element, *list(ancestors(block.element))[:2]}
            inner = any(each in dated for each in block.element.iter())
            if (around & dated or inner) and len(block.text) <= len(said.when) + 2 * _BESIDE_DATE:
                continue
            if _is_aside(block) or block.text == said.title or block.text == said.when:
                continue
            blocks.append(block)
            key = tree.tags.get(block.element, 0)
            lengths[key].append(len(block.text) * (3 if mostly_unspaced(block.text) else 1))
            running[key].append(ends_a_sentence(block.text) or len(block.text) > 3 * _SHORT)
        kept.append(blocks)
    are_texts = {
        key: sum(sizes) >= _SHORT * len(sizes) or 2 * sum(running[key]) >= len(running[key])
        for key, sizes in lengths.items()
    }
    for said, blocks in zip(read.said, kept, strict=True):
        texts = []
        for block in blocks:
            key = tree.tags.get(block.element, 0)
            if block.element.tag in HEADINGS:
                continue
            if are_texts[key]:
                texts.append(without_more(block.text)[0])
            elif said.category is None and len(block.text) <= _SHORT:
                chain = [block.element, *list(ancestors(block.element))[:1]]
                if any(_CATEGORY_CLASS.search(each.get("class") or "") for each in chain):
                    said.category = block.text
        said.summary = " ".join(dict.fromkeys(filter(None, texts)))[:_LONGEST_SUMMARY]
        if said.category is None:
            said.category = _category(said)


def _category(said: EntryParts) -> str | None:
    for block in said.blocks:
        chain = [block.element, *list(ancestors(block.element))[:1]]
        if len(block.text) <= _SHORT and any(
            re.search(r"categor|kicker|eyebrow|rubri", each.get("class") or "", re.IGNORECASE)
            for each in chain
        ):
            return block.text if stamp_free(block.text) else None
    return None


def stamp_free(text: str) -> bool:
    """Whether a text has no figures that may be a day's."""
    return not any(sign.isdigit() for sign in text)


# --- Addresses and pictures -----------------------------------------------------------------------


def link_of(said: EntryParts) -> Element | None:
    """The link of a record: around its title, in it, or the first that leads to the whole text."""
    title = said.record.title
    inside = {each for part in said.record.parts for each in part.iter()}
    around = [each for each in ancestors(title) if each in inside or each.tag == "a"]
    for each in (title, *title.iter("a"), *around):
        if each.tag == "a" and each.get("href"):
            return each
    links = [a for part in said.record.parts for a in part.iter("a") if a.get("href")]
    named = [a for a in links if is_more(collapse(a.text_content()))]
    pictured = [a for a in links if a.find(".//img") is not None]
    alone = links if len({a.get("href") for a in links}) == 1 else []
    return next(iter([*named, *pictured, *alone]), None)


def _address(tree: Tree, said: EntryParts) -> str | None:
    link = link_of(said)
    return tree.address(link.get("href") or "") if link is not None else None


def _picture(tree: Tree, said: EntryParts) -> Image | None:
    for part in said.record.parts:
        for each in part.iter("img"):
            source = next(
                (
                    value
                    for name in ("data-src", "data-lazy-src", "src")
                    if (value := each.get(name))
                ),
                "",
            ).strip()
            if not source or source.startswith("data:") or _is_tiny(each):
                continue
            address = tree.address(source)
            if address is None and not re.match(r"[a-z][a-z0-9+.-]*:|//|/", source, re.IGNORECASE):
                address = source if not tree.base else None
            if address:
                return Image(address, collapse(each.get("alt") or ""))
    return None


def _is_tiny(image: Element) -> bool:
    sizes = [image.get(name) or "" for name in ("width", "height")]
    return any(size.isdigit() and int(size) < 32 for size in sizes)
