"""Renders a preview state as a page: findings, topics with their items, and one mail."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tidings.adapters.templates import Templates
from tidings.application.ports import Clock
from tidings.core import audience
from tidings.core.audience import ENGLISH
from tidings.core.corrections import Fragment, Quote, marked, quotes
from tidings.core.drafts import (
    FileLine,
    NearMiss,
    ProblemLine,
    TopicPreview,
    block_of,
    file_lines,
    with_line,
)
from tidings.entrypoints.examination import source_lines
from tidings.entrypoints.preview_server.mail import MailPreview, or_before, preview_mail
from tidings.entrypoints.preview_server.state import TOPICS, LastGood, PreviewState
from tidings.model import Digest, Evidence, Item, Problem, address_key

View = Literal["phone", "desktop", "dark", "text"]
VIEWS: tuple[View, ...] = ("phone", "desktop", "dark", "text")
MOST_PEOPLE = 200
MOST_PROBLEMS = 20
UNMATCHED = "-"  # stands for the items in no topic; never a slug
MOST = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader of the page chose; a choice that is gone means the first that is there."""

    topic: str = ""
    digest: str = ""
    to: str = ""
    view: View = "phone"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Choice:
        """Read from a query."""
        view = next((each for each in VIEWS if each == asked.get("view")), VIEWS[0])
        return cls(asked.get("topic", ""), asked.get("digest", ""), asked.get("to", ""), view)

    def link(self, **changes: str) -> str:
        """The URL of the page with some choices changed."""
        named = {name: getattr(self, name) for name in ("topic", "digest", "to", "view")}
        query = urlencode({name: value for name, value in {**named, **changes}.items() if value})
        return f"/?{query}"


class PreviewPage:
    """Renders one state as a page. Thread-safe; each mail is made once."""

    def __init__(
        self, state: PreviewState, clock: Clock, before: PreviewPage | None = None
    ) -> None:
        self.state = state
        self._clock = clock
        self._making = threading.Lock()
        self._mails: dict[tuple[str, str], MailPreview] = {}
        self._last: dict[tuple[str, str], MailPreview] = before.good_mails() if before else {}

    def with_state(self, state: PreviewState) -> PreviewPage:
        """A page of a state with more findings about the same files; it keeps the mails."""
        twin = copy(self)
        twin.state = state
        return twin

    def good_mails(self) -> dict[tuple[str, str], MailPreview]:
        """The last mails that could be made, by digest and address; does not wait for any."""
        made = dict(self._mails)
        return {**self._last, **{key: each for key, each in made.items() if each.html}}

    def render(self, asked: Choice, parts: tuple[str, ...], version: int) -> bytes:
        """The page, or only the named parts of it: "desk" (topics) and "mail"."""
        last_good = self.state.last_good
        zone = last_good.instance.settings.zone if last_good else ZoneInfo("UTC")
        context: dict[str, object] = {
            "parts": parts,
            "version": version,
            "read_at": f"{self.state.read_at.astimezone(zone):%H:%M:%S}",
            "since": f"{last_good.since.astimezone(zone):%H:%M:%S}" if last_good else "",
            "site": last_good.instance.settings.site.title if last_good else "",
            "choice": asked,
            "held": self.state.held,
            "checked": self.state.checked,
            "mail": None,
            "views": VIEWS,
        }
        if "desk" in parts:
            context |= self._findings() | self._desk(asked, last_good, zone)
        if "mail" in parts and last_good:
            context |= self._mail(asked, last_good)
        # Its words are English, as those of all verbs are; the texts of items may be in another.
        texts = last_good.instance.settings.site.language if last_good else ENGLISH
        return _templates(zone, texts).render("preview/page.html.j2", context, ENGLISH).encode()

    def mail(self, asked: Choice) -> MailPreview | None:
        """The mail that somebody chose; None as long as there is no digest."""
        last_good = self.state.last_good
        digest = _digest(last_good, asked.digest) if last_good else None
        if last_good is None or digest is None:
            return None
        key = (digest.slug, address_key(asked.to))
        with self._making:
            if key not in self._mails:
                made = preview_mail(last_good.instance, self._clock, digest, asked.to)
                self._mails[key] = or_before(made, self._last.get(key))
            return self._mails[key]

    def _findings(self) -> dict[str, object]:
        problems = self.state.problems
        warnings = [each for each in self.state.remarks if each.severity == "warning"]
        notes = [each for each in self.state.remarks if each.severity == "note"]
        return {
            "problems": self._shown(problems),
            "problem_count": len(problems),
            "warnings": self._shown(warnings),
            "warning_count": len(warnings),
            "notes": self._shown(notes),
            "note_count": len(notes),
        }

    def _shown(self, found: tuple[Problem, ...] | list[Problem]) -> list[ProblemLine]:
        files: dict[str, list[str]] = {}
        for each in found[:MOST_PROBLEMS]:
            if each.path not in files:
                files[each.path] = source_lines(self.state.root / each.path) if each.line else []
        return [with_line(each, files[each.path]) for each in found[:MOST_PROBLEMS]]

    def _desk(self, asked: Choice, last_good: LastGood | None, zone: ZoneInfo) -> dict[str, object]:
        if last_good is None:
            return {"rows": (), "topic": None, "file": (), "file_path": TOPICS}
        found: tuple[TopicRow, ...] = topic_rows(last_good, asked.topic)
        chosen: TopicDetail | None = topic_detail(last_good, asked.topic, zone)
        return {
            "rows": found,
            "topic": chosen,
            "file": self._file(last_good, chosen.slug) if chosen else (),
            "file_path": TOPICS,
        }

    def _file(self, last_good: LastGood, slug: str) -> tuple[FileLine, ...]:
        topic = last_good.topic(slug)
        if topic is None:
            return ()
        ours = [each for each in self.state.problems if each.path == TOPICS]
        block = block_of(self.state.lines, slug)
        return file_lines(self.state.lines, block, last_good.remarks(topic), ours)

    def _mail(self, asked: Choice, last_good: LastGood) -> dict[str, object]:
        found = self.mail(asked)
        settings = last_good.instance.settings
        if found is None:
            return {}
        people = audience.recipients(found.digest, settings.lists)
        mark = hashlib.sha256(found.html.encode()).hexdigest()[:16]
        address = found.person.address if found.person else ""
        scheme = "dark" if asked.view == "dark" else "light"
        query = {"digest": found.digest.slug, "to": address, "scheme": scheme, "v": mark}
        return {
            "mail": found,
            "digests": settings.digests,
            "people": people[:MOST_PEOPLE],
            "people_count": len(people),
            "due": found.due.astimezone(settings.zone) if found.due else None,
            "frame": f"/mail?{urlencode(query)}",
            "chosen": replace(asked, digest=found.digest.slug, to=address),
        }


def _digest(last_good: LastGood, slug: str) -> Digest | None:
    digests = {digest.slug: digest for digest in last_good.instance.settings.digests}
    return digests.get(slug) or next(iter(digests.values()), None)


@lru_cache(maxsize=4)
def _templates(zone: ZoneInfo, texts: str) -> Templates:
    """Our own only: a broken template of the instance must not take this page away."""
    return Templates(None, texts, zone)


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic in the list: number of items, and how many join and leave compared to the feeds."""

    slug: str
    title: str
    count: int
    joining: int = 0
    leaving: int = 0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item with its evidence marked; `first_seen` is shown if it has no date."""

    day: date | None
    first_seen: date
    title: tuple[Fragment, ...]
    summary: tuple[Fragment, ...]
    joining: bool
    retracted: bool


@dataclass(frozen=True, slots=True)
class NearMissRow:
    """An item that a topic nearly matches, the reason why not, and the words that come near."""

    day: date | None
    first_seen: date
    title: str
    reason: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """A topic with the items that it matches, those that would leave it, and near misses."""

    slug: str
    title: str
    about: str
    count: int
    joining: int
    compared: bool
    pieces: tuple[ItemRow, ...]
    leaving: tuple[ItemRow, ...]
    misses: tuple[NearMissRow, ...]


def topic_rows(last_good: LastGood, slug: str) -> tuple[TopicRow, ...]:
    """All topics in their order, and last a row for the items in no topic."""
    draft, chosen = last_good.draft, last_good.topic(slug)
    found = [
        TopicRow(
            each.topic.slug,
            each.topic.title,
            len(each.matched),
            each.joining,
            len(each.leaving),
            chosen is each and slug != UNMATCHED,
        )
        for each in draft.topics
    ]
    if draft.unmatched:
        found.append(
            TopicRow(UNMATCHED, "In no topic", len(draft.unmatched), chosen=slug == UNMATCHED)
        )
    return tuple(found)


def topic_detail(last_good: LastGood, slug: str, zone: ZoneInfo) -> TopicDetail | None:
    """The chosen topic, else the first; None if there are no topics."""
    if slug == UNMATCHED:
        unmatched = last_good.draft.unmatched
        pieces = tuple(_item_row(item, (), zone) for item in unmatched[:MOST])
        return TopicDetail(UNMATCHED, "In no topic", "", len(unmatched), 0, False, pieces, (), ())
    chosen = last_good.topic(slug)
    if chosen is None:
        return None
    return TopicDetail(
        slug=chosen.topic.slug,
        title=chosen.topic.title,
        about=chosen.topic.about,
        count=len(chosen.matched),
        joining=chosen.joining,
        compared=chosen.compared,
        pieces=_item_rows(chosen, zone),
        leaving=tuple(_item_row(item, (), zone) for item in chosen.leaving[:MOST]),
        misses=tuple(_near_miss_row(missed, zone) for missed in last_good.misses(chosen)),
    )


def _item_rows(chosen: TopicPreview, zone: ZoneInfo) -> tuple[ItemRow, ...]:
    """The items that would join first, then the others, each newest first."""
    shown = sorted(chosen.matched, key=lambda each: not each.joining)[:MOST]
    return tuple(_item_row(each.item, each.evidence, zone, joining=each.joining) for each in shown)


def _item_row(
    item: Item, evidence: tuple[Evidence, ...], zone: ZoneInfo, *, joining: bool = False
) -> ItemRow:
    return ItemRow(
        day=item.date,
        first_seen=item.arrived_at.astimezone(zone).date(),
        title=marked(item.text, "title", evidence),
        summary=marked(item.text, "summary", evidence),
        joining=joining,
        retracted=item.retraction is not None,
    )


def _near_miss_row(missed: NearMiss, zone: ZoneInfo) -> NearMissRow:
    item, clause = missed.item, missed.clause
    if clause.part in ("any", "all"):
        reason = f"“{clause.written}”: {clause.remark}"
    elif clause.part == "none":
        reason = f"kept out by “{clause.written}”"
    else:
        seen = f", and it has {clause.seen}" if clause.seen else ", and it has none"
        reason = f"{clause.part}: {clause.written}{seen}"
    return NearMissRow(
        day=item.date,
        first_seen=item.arrived_at.astimezone(zone).date(),
        title=item.title,
        reason=reason,
        quotes=quotes(item.text, clause.evidence),
    )
