"""Forecast: who would get what of an edition that was opened on a private copy of the state."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application.announce import Announcing, announce
from tidings.application.deliver import Post
from tidings.core import audience, schedule
from tidings.errors import TemplateError
from tidings.model import Delivery, DeliveryState, Digest, Edition, Envelope, Recipient
from tidings.state import Store, Transaction
from tidings.state.deliveries import DeliveryFilter

ForecastOutcome = Literal["mail", "nothing", "paused", "left", "held"]
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT)


@dataclass(frozen=True, slots=True)
class Share:
    """What one recipient would get of an edition.

    `items` counts what is new to them, `missed` those among them that an earlier edition announced,
    `corrected` what they had in an older text. `standing` says what comes of it: "mail"; "nothing"
    that concerns them; they are "paused", or have "left" (also by bouncing); or the message is
    "held", for the reason in `detail`.
    """

    address: str
    name: str
    standing: ForecastOutcome
    items: int = 0
    missed: int = 0
    corrected: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An edition, when it would be opened (in the edition), how many new items it announces, how
    many corrected ones, and what everybody on its lists would get."""

    digest: Digest
    edition: Edition
    items: int
    corrected: int
    shares: tuple[Share, ...]

    @property
    def messages(self) -> int:
        """How many people would get a message."""
        return sum(share.standing == "mail" for share in self.shares)


class Nowhere:
    """The `Transport` port, and its channel: messages are taken and forgotten."""

    def connect(self) -> Nowhere:
        """Itself."""
        return self

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, _envelope: Envelope, _message: bytes) -> str:
        """Forget the message."""
        return "not sent: this was a rehearsal"


class Unhurried:
    """The `Pace` port without a limit: what goes nowhere need not wait."""

    def grant(self, most: int) -> int:
        """All of them."""
        return most

    def delay(self) -> float:
        """None."""
        return 0.0


def rehearsed(post: Post) -> Post:
    """The same post, but whatever it sends goes nowhere, and at once."""
    return replace(post, transport=Nowhere(), mailing=replace(post.mailing, pace=Unhurried()))


def forecast(state: Transaction, edition: Edition, how: Announcing) -> Forecast:
    """What everybody gets of an edition that is open in this state."""
    digest = next(each for each in how.digests if each.slug == edition.digest)
    announced = [
        each
        for each in state.editions.announced(digest.slug)
        if each.opened_at == edition.opened_at
    ]
    fresh = {each.item_id for each in announced if not each.corrected}
    entries = state.deliveries.find(DeliveryFilter(digest=digest.slug))
    deliveries = {entry.key: entry.delivery for entry in entries if entry.edition.id == edition.id}
    listed = audience.recipients(digest, how.lists)
    return Forecast(
        digest=digest,
        edition=edition,
        items=len(fresh),
        corrected=len(announced) - len(fresh),
        shares=tuple(_share(state, each, deliveries.get(each.key), fresh) for each in listed),
    )


def _share(
    state: Transaction, person: Recipient, delivery: Delivery | None, fresh: Collection[str]
) -> Share:
    if delivery is None:
        standing: ForecastOutcome = "left" if audience.gets_mail(person) else "paused"
        return Share(person.address, person.name, standing)
    if delivery.owed_set is None:
        return Share(person.address, person.name, "nothing")
    owed = state.editions.owed_sets([delivery.owed_set])[delivery.owed_set].owed
    new = [each.item_id for each in owed if not each.corrected]
    return Share(
        address=person.address,
        name=person.name,
        standing="mail" if delivery.state in _WAITING else "held",
        items=len(new),
        missed=len(set(new) - set(fresh)),
        corrected=len(owed) - len(new),
        detail="" if delivery.state in _WAITING else delivery.detail,
    )


def upcoming(
    store: Store, how: Announcing, now: datetime, opened: Collection[str]
) -> Iterator[Forecast]:
    """The next editions of the other digests, as they would be with what is known by now.

    They are opened in `store`, a private copy. A digest that comes at once has no next moment, and
    one whose templates are broken no edition.
    """
    for digest in how.digests:
        if digest.slug in opened or digest.cadence.every == "immediate":
            continue
        at = schedule.next_slot(digest.cadence, how.zone, now).at
        try:
            found: Sequence[Edition] = [
                each.edition for each in announce(store, replace(how, digests=(digest,)), "due", at)
            ]
        except TemplateError:
            continue
        with store.reading() as state:
            for edition in found:
                yield forecast(state, edition, how)
