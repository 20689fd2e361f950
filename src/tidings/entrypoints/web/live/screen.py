"""One board as a page: what somebody chose of it, as data for the template."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tidings.adapters.templates import Templates
from tidings.application.ports import Clock
from tidings.core import editions
from tidings.core.drafts import FileLine, Shown, block_of, in_scheme, remarks_on, shown
from tidings.core.languages import ENGLISH
from tidings.entrypoints.drafting import TOPICS, Board, InForce
from tidings.entrypoints.letters import Letter, kept, letter
from tidings.entrypoints.lines import lines_of
from tidings.entrypoints.web.live.catches import Catch, Row, catch, rows
from tidings.model import Digest, Problem

View = Literal["phone", "desktop", "dark", "text"]
VIEWS: tuple[View, ...] = ("phone", "desktop", "dark", "text")
MOST_PEOPLE = 200
MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody looks at; what is not there any more gives way to the first that is."""

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
        """The address with something else chosen."""
        named = {name: getattr(self, name) for name in ("topic", "digest", "to", "view")}
        query = urlencode({name: value for name, value in {**named, **changes}.items() if value})
        return f"/?{query}"


class Screen:
    """A board ready to be shown. May be used from any thread; each mail is made once."""

    def __init__(self, board: Board, clock: Clock, before: Screen | None = None) -> None:
        self.board = board
        self._clock = clock
        self._making = threading.Lock()
        self._letters: dict[tuple[str, str], Letter] = {}
        self._last: dict[tuple[str, str], Letter] = before.good_letters() if before else {}

    def with_board(self, board: Board) -> Screen:
        """The same mails beside a board on which more is said of the same files."""
        twin = copy(self)
        twin.board = board
        return twin

    def good_letters(self) -> dict[tuple[str, str], Letter]:
        """The last mails that could be made, by digest and address; waits for none."""
        made = dict(self._letters)
        return {**self._last, **{key: each for key, each in made.items() if each.html}}

    def page(self, asked: Choice, parts: tuple[str, ...], version: int) -> bytes:
        """The page, or the named parts of it: "desk" and "mail"."""
        in_force = self.board.in_force
        zone = in_force.instance.settings.zone if in_force else ZoneInfo("UTC")
        context: dict[str, object] = {
            "parts": parts,
            "version": version,
            "read_at": f"{self.board.read_at.astimezone(zone):%H:%M:%S}",
            "since": f"{in_force.since.astimezone(zone):%H:%M:%S}" if in_force else "",
            "site": in_force.instance.settings.site.title if in_force else "",
            "choice": asked,
            "held": self.board.held,
            "checked": self.board.checked,
            "letter": None,
            "views": VIEWS,
        }
        if "desk" in parts:
            context |= self._findings() | self._desk(asked, in_force, zone)
        if "mail" in parts and in_force:
            context |= self._mail(asked, in_force)
        # Its words are English, as those of all verbs are; the texts of items may be in another.
        texts = in_force.instance.settings.site.language if in_force else ENGLISH
        return _templates(zone, texts).render("preview/page.html.j2", context, ENGLISH).encode()

    def letter(self, asked: Choice) -> Letter | None:
        """The mail that somebody chose; None as long as there is no digest."""
        in_force = self.board.in_force
        digest = _digest(in_force, asked.digest) if in_force else None
        if in_force is None or digest is None:
            return None
        key = (digest.slug, asked.to.casefold())
        with self._making:
            if key not in self._letters:
                made = letter(in_force.instance, self._clock, digest, asked.to)
                self._letters[key] = kept(made, self._last.get(key))
            return self._letters[key]

    def _findings(self) -> dict[str, object]:
        problems = self.board.problems
        warnings = [each for each in self.board.remarks if each.severity == "warning"]
        notes = [each for each in self.board.remarks if each.severity == "note"]
        return {
            "problems": self._shown(problems),
            "problem_count": len(problems),
            "warnings": self._shown(warnings),
            "warning_count": len(warnings),
            "notes": self._shown(notes),
            "note_count": len(notes),
        }

    def _shown(self, found: tuple[Problem, ...] | list[Problem]) -> list[Shown]:
        files: dict[str, list[str]] = {}
        for each in found[:MOST_PROBLEMS]:
            if each.path not in files:
                files[each.path] = lines_of(self.board.root / each.path) if each.line else []
        return [shown(each, files[each.path]) for each in found[:MOST_PROBLEMS]]

    def _desk(self, asked: Choice, in_force: InForce | None, zone: ZoneInfo) -> dict[str, object]:
        if in_force is None:
            return {"rows": (), "catch": None, "file": (), "file_path": TOPICS}
        found: tuple[Row, ...] = rows(in_force, asked.topic)
        chosen: Catch | None = catch(in_force, asked.topic, zone)
        return {
            "rows": found,
            "catch": chosen,
            "file": self._file(in_force, chosen.slug) if chosen else (),
            "file_path": TOPICS,
        }

    def _file(self, in_force: InForce, slug: str) -> tuple[FileLine, ...]:
        topic = in_force.topic(slug)
        if topic is None:
            return ()
        ours = [each for each in self.board.problems if each.path == TOPICS]
        block = block_of(self.board.lines, slug)
        return remarks_on(self.board.lines, block, in_force.remarks(topic), ours)

    def _mail(self, asked: Choice, in_force: InForce) -> dict[str, object]:
        found = self.letter(asked)
        settings = in_force.instance.settings
        if found is None:
            return {}
        people = editions.recipients(found.digest, settings.lists)
        mark = hashlib.sha256(found.html.encode()).hexdigest()[:16]
        address = found.person.address if found.person else ""
        scheme = "dark" if asked.view == "dark" else "light"
        query = {"digest": found.digest.slug, "to": address, "scheme": scheme, "v": mark}
        return {
            "letter": found,
            "digests": settings.digests,
            "people": people[:MOST_PEOPLE],
            "people_count": len(people),
            "due": found.due.astimezone(settings.zone) if found.due else None,
            "frame": f"/mail?{urlencode(query)}",
            "chosen": replace(asked, digest=found.digest.slug, to=address),
        }


def mail_page(found: Letter, scheme: str) -> bytes:
    """The HTML part of a mail, to readers who have chosen light or dark."""
    return in_scheme(found.html, "dark" if scheme == "dark" else "light").encode()


def _digest(in_force: InForce, slug: str) -> Digest | None:
    digests = {digest.slug: digest for digest in in_force.instance.settings.digests}
    return digests.get(slug) or next(iter(digests.values()), None)


@lru_cache(maxsize=4)
def _templates(zone: ZoneInfo, texts: str) -> Templates:
    """Our own only: a broken template of the instance must not take this page away."""
    return Templates(None, texts, zone)
