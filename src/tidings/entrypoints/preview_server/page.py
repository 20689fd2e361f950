"""Renders a preview state as a page of three tabs: a mail, topics with items, and findings."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tidings.adapters.templates import Templates
from tidings.application.ports import Clock
from tidings.core.audience import ENGLISH
from tidings.core.corrections import because, marked, quotes
from tidings.core.drafts import FileLine, ProblemLine, TopicPreview, block_of, file_lines, with_line
from tidings.core.topics import Clause
from tidings.entrypoints.examination import source_lines
from tidings.entrypoints.preview_server.mail import MailPreview, or_before, preview_mail
from tidings.entrypoints.preview_server.state import TOPICS, LastGood, PreviewState
from tidings.model import Digest, Help, Problem, address_key

Tab = Literal["mail", "topics", "problems"]
TABS: tuple[Tab, ...] = ("mail", "topics", "problems")
Part = Literal["all", "top", "last"]
PARTS: tuple[Part, ...] = ("all", "top", "last")
View = Literal["phone", "desktop", "dark", "text"]
VIEWS: tuple[View, ...] = ("phone", "desktop", "dark", "text")
MOST_PEOPLE = 200
MOST_PROBLEMS = 20
MOST = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader of the page chose; a choice that is gone means the first that is there.

    `tab` is "" as long as nobody chose one.
    """

    tab: Tab | Literal[""] = ""
    topic: str = ""
    digest: str = ""
    to: str = ""
    view: View = "phone"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Choice:
        """Read from a query. Who names a topic, or a digest, without a tab wants that of it."""
        topic, digest, to = (asked.get(name, "") for name in ("topic", "digest", "to"))
        implied: Tab | Literal[""] = "topics" if topic else "mail" if digest or to else ""
        tab = next((each for each in TABS if each == asked.get("tab")), implied)
        view = next((each for each in VIEWS if each == asked.get("view")), VIEWS[0])
        return cls(tab, topic, digest, to, view)

    def link(self, **changes: str) -> str:
        """The URL of the page with some choices changed."""
        named = {each.name: getattr(self, each.name) for each in fields(self)} | changes
        return f"/?{urlencode({name: value for name, value in named.items() if value})}"


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

    def render(self, asked: Choice, version: int, part: Part = "all") -> bytes:
        """All of the page; or what stands above each tab: at the "top" of all for what is known,
        or at "last", when a mail has been tried as well.

        If nobody chose a tab, it is that of the problems if there are any, else that of the mail.
        """
        last_good = self.state.last_good
        whole = part == "all"
        # The mail first: that it cannot be made is a problem, too. Topics do not wait for it.
        mail: dict[str, object] = {"mail": None}
        if part == "last" or (whole and asked.tab != "topics"):
            mail = self._mail(asked, last_good)
        problems = self._problems()
        tab: Tab = asked.tab or ("problems" if problems else "mail")
        zone = last_good.instance.settings.zone if last_good else ZoneInfo("UTC")
        context: dict[str, object] = {
            "whole": whole,
            "version": version,
            "tabs": sorted(TABS, key=lambda each: each != "problems") if problems else TABS,
            "choice": replace(asked, tab=tab),
            "read_at": f"{self.state.read_at.astimezone(zone):%H:%M:%S}",
            "since": f"{last_good.since.astimezone(zone):%H:%M:%S}" if last_good else "",
            "site": last_good.instance.settings.site.title if last_good else "",
            "held": self.state.held,
            "checked": self.state.checked,
            "problems": self._shown(problems),
            "problem_count": len(problems),
            **self._remarks(),
        }
        if whole and tab == "topics":
            context |= self._topics(asked, last_good)
        elif whole:
            context |= mail
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

    def _problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files, or else with a mail that was made of them."""
        failed = {each.digest.slug: each.fault for each in [*self._mails.values()] if each.fault}
        return self.state.problems or tuple(
            Problem(
                f"digests: {slug}",
                0,
                0,
                f"the message cannot be made: {fault}",
                help=Help.TEMPLATE_BROKEN,
            )
            for slug, fault in failed.items()
        )

    def _remarks(self) -> dict[str, object]:
        warnings = tuple(each for each in self.state.remarks if each.severity == "warning")
        notes = tuple(each for each in self.state.remarks if each.severity == "note")
        return {
            "warnings": self._shown(warnings),
            "warning_count": len(warnings),
            "notes": self._shown(notes),
            "note_count": len(notes),
        }

    def _shown(self, found: tuple[Problem, ...]) -> list[ProblemLine]:
        files: dict[str, list[str]] = {}
        for each in found[:MOST_PROBLEMS]:
            if each.path not in files:
                files[each.path] = source_lines(self.state.root / each.path) if each.line else []
        return [with_line(each, files[each.path]) for each in found[:MOST_PROBLEMS]]

    def _topics(self, asked: Choice, last_good: LastGood | None) -> dict[str, object]:
        chosen = last_good.topic(asked.topic) if last_good else None
        if last_good is None or chosen is None:
            return {"topics": (), "topic": None}
        return {
            "topics": last_good.rows,
            "topic": chosen,
            # What would join first, then the others, each newest first.
            "matched": sorted(chosen.matched, key=lambda each: not each.joining)[:MOST],
            "leaving": chosen.leaving[:MOST],
            "misses": last_good.misses(chosen),
            "file": self._file(last_good, chosen),
            "file_path": TOPICS,
            "because": because,
            "clauses": partial(last_good.clauses, chosen),
            "marked": marked,
            "quotes": quotes,
            "kept_out": _kept_out,
        }

    def _file(self, last_good: LastGood, chosen: TopicPreview) -> tuple[FileLine, ...]:
        ours = [each for each in self.state.problems if each.path == TOPICS]
        block = block_of(self.state.lines, chosen.topic.slug)
        remarks = last_good.remarks(chosen) if block != (0, 0) else {}
        return file_lines(self.state.lines, block, remarks, ours)

    def _mail(self, asked: Choice, last_good: LastGood | None) -> dict[str, object]:
        found = self.mail(asked)
        if last_good is None or found is None:
            return {"mail": None}
        settings = last_good.instance.settings
        mark = hashlib.sha256(found.html.encode()).hexdigest()[:16]
        address = found.person.address if found.person else ""
        scheme = "dark" if asked.view == "dark" else "light"
        query = {"digest": found.digest.slug, "to": address, "scheme": scheme, "v": mark}
        return {
            "mail": found,
            "digests": settings.digests,
            "people": found.people[:MOST_PEOPLE],
            "people_count": len(found.people),
            "due": found.due.astimezone(settings.zone) if found.due else None,
            "frame": f"/mail?{urlencode(query)}",
            "views": VIEWS,
            "chosen": replace(asked, tab="mail", digest=found.digest.slug, to=address),
        }


def _digest(last_good: LastGood, slug: str) -> Digest | None:
    digests = {digest.slug: digest for digest in last_good.instance.settings.digests}
    return digests.get(slug) or next(iter(digests.values()), None)


@lru_cache(maxsize=4)
def _templates(zone: ZoneInfo, texts: str) -> Templates:
    """Our own only: a broken template of the instance must not take this page away."""
    return Templates(None, texts, zone)


def _kept_out(clause: Clause) -> str:
    """In a few words, what in a rule keeps an item out that it nearly takes."""
    if clause.part in ("any", "all"):
        return f"“{clause.written}”: {clause.remark}"
    if clause.part == "none":
        return f"kept out by “{clause.written}”"
    seen = f", and it has {clause.seen}" if clause.seen else ", and it has none"
    return f"{clause.part}: {clause.written}{seen}"
