"""What `tidings deliveries` says: deliveries, what a decision did to them, and bounces."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.text import Text

from tidings.entrypoints.cli import present
from tidings.entrypoints.cli.exits import Exit
from tidings.model import DeliveryState

if TYPE_CHECKING:
    from tidings.application.steering import Decision, Recorded
    from tidings.state.deliveries import DeliveryRow
    from tidings.state.people import Bounced

_CALM = (DeliveryState.SENT, DeliveryState.SUPERSEDED, DeliveryState.EMPTY)


def tell(
    entries: Sequence[DeliveryRow], bounced: Sequence[Bounced], zone: ZoneInfo, now: datetime
) -> None:
    """The deliveries, a line each, and what is to be said of those that were not simply sent."""
    out, edition = present.console(), None
    present.headline(out, _headline(entries, bounced))
    for entry in entries:
        if entry.edition != edition:
            edition = entry.edition
            opened = present.local_moment(edition.opened_at, zone)
            out.print()
            out.print(Text(f"{present.MARGIN}{edition.digest}, No. {edition.number}, {opened}"))
        _tell_entry(entry, zone, now)
    for each in bounced:
        out.print()
        place = Text(each.key, style="red") + Text(
            f", since {present.local_moment(each.since, zone)}: {each.detail}"
        )
        present.row(out, "bounced", place)
        present.row(out, "", f"`tidings deliveries retry --address {each.key}` takes it back")


def _headline(entries: Sequence[DeliveryRow], bounced: Sequence[Bounced]) -> str:
    sentences = []
    if entries or not bounced:
        tally = Counter(str(entry.delivery.state) for entry in entries)
        parts = ": " + ", ".join(f"{number:,} {state}" for state, number in tally.items())
        total = present.count(len(entries), "delivery", "deliveries")
        sentences.append(f"{total}{parts if entries else ''}.")
    if bounced:
        sentences.append(f"{present.count(len(bounced), 'address', 'addresses')} bounced.")
    return " ".join(sentences)


def _tell_entry(entry: DeliveryRow, zone: ZoneInfo, now: datetime) -> None:
    out, delivery = present.console(), entry.delivery
    state = Text(f"{delivery.state:<11}", style="red" if delivery.state == "failed" else "")
    out.print(Text(f"{present.MARGIN}{delivery.id:>6}  ") + state + Text(delivery.address))
    said = _said(entry, zone, now)
    if said:
        out.print(Text(f"{'':>{len(present.MARGIN) + 8 + 11}}{said}", style="dim"))


def _said(entry: DeliveryRow, zone: ZoneInfo, now: datetime) -> str:
    delivery = entry.delivery
    came_back = delivery.state is DeliveryState.SENT and not _plain(delivery.detail)
    parts = [delivery.detail] if came_back or delivery.state not in _CALM else []
    if delivery.state not in _CALM and delivery.attempts:
        parts.append(present.count(delivery.attempts, "attempt"))
    if entry.next_attempt_at and delivery.state is DeliveryState.DEFERRED:
        parts.append(f"next try at {present.local_hour(entry.next_attempt_at, zone, now)}")
    if entry.on_hold:
        parts.append("on hold")
    return "; ".join(part for part in parts if part)


def _plain(detail: str) -> bool:
    """Whether the detail of what was sent is the server's thanks, and nothing that came after."""
    from tidings.core.refusals import BOUNCED, RETURNED

    return not detail.startswith((BOUNCED, RETURNED))


def as_json(entries: Iterable[DeliveryRow], bounced: Iterable[Bounced]) -> None:
    """The same for programs."""
    present.as_json(
        {
            "deliveries": [
                {
                    "id": entry.delivery.id,
                    "digest": entry.edition.digest,
                    "number": entry.edition.number,
                    "address": entry.delivery.address,
                    "name": entry.delivery.name,
                    "state": str(entry.delivery.state),
                    "held": entry.on_hold,
                    "attempts": entry.delivery.attempts,
                    "crashes": entry.delivery.crashes,
                    "detail": entry.delivery.detail,
                    "message_id": entry.delivery.message_id,
                    "changed_at": entry.changed_at.isoformat(),
                    "next_attempt_at": (
                        entry.next_attempt_at.isoformat() if entry.next_attempt_at else None
                    ),
                }
                for entry in entries
            ],
            "bounced": [
                {"address": each.key, "since": each.since.isoformat(), "reason": each.detail}
                for each in bounced
            ],
        }
    )


def tell_decision(decision: Decision, done: str, already: str) -> None:
    """What a decision did, and what it does not fit."""
    out = present.console()
    changed, same = len(decision.changed), len(decision.already)
    lines = []
    if changed:
        lines.append(f"{present.count(changed, 'delivery', 'deliveries')} {done}.")
    if same:
        lines.append(f"{present.count(same, 'delivery', 'deliveries')} {already}.")
    if decision.left_alone:
        left = present.count(len(decision.left_alone), "delivery", "deliveries")
        lines.append(f"{left} left alone.")
    if lines or not decision.unknown:
        present.headline(out, " ".join(lines) or "No delivery is concerned.")
    for each in decision.left_alone:
        delivery = each.entry.delivery
        present.row(out, f"{delivery.id}", f"{delivery.address}: {each.why}")
    for number in decision.unknown:
        complain(f"there is no delivery {number}: see `tidings deliveries list`")


def code(decision: Decision) -> Exit:
    """1 if something that was named could not be done, else 0."""
    return Exit.DONE if decision.done else Exit.FAILED


def tell_bounce(recorded: Recorded) -> None:
    """What a bounce led to."""
    from tidings.core.attempts import REFUSALS

    bounce, address, shared = recorded.bounce, recorded.address, recorded.shared
    if recorded.result == "unknown":
        complain(f"{address}: no message of ours to that address came back ({bounce.reason})")
        return
    so_many = f"{shared.refused:,} of {shared.of:,} messages came back alike" if shared else ""
    told = {
        "bounced": "gets no more mail: see `tidings deliveries list --state bounced`",
        "counted": f"counted, {recorded.refusals} in a row; {REFUSALS} are too many",
        "alike": f"not counted: {so_many}, and nobody is cut off for it",
        "noted": "noted with the delivery; it says nothing against the address",
        "known": "known already from an earlier report",
        "nothing": "nothing came back for good, nothing to note",
    }[recorded.result]
    headline(f"{address}: {told}")
    present.row(present.console(), "reason", bounce.reason)


def headline(text: str) -> None:
    """The one line to read first."""
    present.headline(present.console(), text)


def complain(sentence: str) -> None:
    """Something that is wrong, on standard error."""
    print(f"tidings: {sentence}", file=sys.stderr)
