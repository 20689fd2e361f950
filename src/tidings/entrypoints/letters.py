"""The next mail of a digest as somebody would get it, for a page that stays open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tidings.application.ports import Clock
from tidings.application.preview import Standing, parts, preview
from tidings.core import cadence, editions
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Digest, Recipient


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, or why there is none: `standing` as in `Preview`, or `fault` if it cannot be made.

    `due` is when the next edition comes, None if as soon as there is news. `kept` tells that this
    is the last that could be made. `number` is that of the edition, 0 without one.
    """

    digest: Digest
    person: Recipient | None
    due: datetime | None
    standing: Standing = "nothing"
    number: int = 0
    subject: str = ""
    text: str = ""
    html: str = ""
    fault: str = ""
    kept: bool = False

    @property
    def kilobytes(self) -> int:
        """How long the HTML part is."""
        return -(-len(self.html.encode()) // 1000)


def letter(instance: Instance, clock: Clock, digest: Digest, address: str) -> Letter:
    """The next mail; `address` is somebody's on its lists, or "" for all of the edition.

    Where nothing is new, the latest edition stands in. Never raises for what an administrator did.
    """
    people = {each.key: each for each in editions.recipients(digest, instance.settings.lists)}
    person = people.get(address.casefold())
    due = None
    if digest.cadence.every != "immediate":
        due = cadence.next_slot(digest.cadence, instance.settings.zone, clock.now()).at
    empty = Letter(digest, person, due)
    try:
        with wiring.rehearsal(instance, clock) as (machinery, _outlet):
            found = preview(machinery, digest, person, again=True)
    except TidingsError as error:
        return replace(empty, fault=str(error))
    if found.message is None or found.edition is None:
        return replace(empty, standing=found.standing)
    shown = parts(found.message)
    return replace(
        empty,
        standing=found.standing,
        number=found.edition.number,
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
    )


def kept(now: Letter, before: Letter | None) -> Letter:
    """The letter, or the one before with the fault on it where there is none to show."""
    if not now.fault or before is None or not before.html:
        return now
    return replace(before, fault=now.fault, kept=True)
