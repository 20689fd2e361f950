"""Takes in what came to the mailboxes of an instance: reports, complaints, requests to leave.

Anybody can write any of them. What a message says counts only if it carries what nobody else can
know, and only for the person who had it: the return path of a message of ours, its Message-ID, or
the token of a request to leave. Where these speak of two messages, none is believed. Whatever a
message holds, taking it in raises nothing but `StoreError`, and a second copy changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application.addresses import key_now, member_now
from tidings.application.bounces import (
    DeliveryRow,
    Recorded,
    Result,
    record_bounce,
    record_complaint,
)
from tidings.application.probes import record_probe
from tidings.application.subscribe import act
from tidings.core.audience import group_addresses
from tidings.core.mail.incoming import UNWANTED, Form, IncomingMessage, read_incoming
from tidings.core.mail.return_path import ReturnKind, ReturnToken, is_genuine, tokens_in
from tidings.core.settings import Settings
from tidings.core.tokens import Member
from tidings.state import Store, Transaction
from tidings.state.deliveries import DeliveryFilter
from tidings.state.probes import Probe

# The note of when a test of the return path last came in, by `doctor`.
RETURN_TEST = "return path test"

Kind = Literal["report", "complaint", "leaving", "test", "other"]
# What these led to shows that the message was about one of ours, and that it is dealt with.
_DEALT_WITH: Set[Result] = frozenset(
    ("bounced", "probed", "counted", "again", "alike", "noted", "known", "nothing", "left")
)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a message was, and what it led to; `problems` says what of it cannot be read.

    `understood`: it is about mail of ours, and dealt with. `readable` tells a report, a complaint
    or a request from anything else, by its form alone, whoever it is about.
    """

    kind: Kind
    understood: bool
    recorded: tuple[Recorded, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether it is a report, a complaint or a request that could be read."""
        return self.kind != "other" and not (self.kind == "report" and not self.recorded)


@dataclass(frozen=True, slots=True)
class Intake:
    """What takes messages in: the state, the settings, the secret that return paths derive from,
    and what tells whose token one is that a link to leave holds."""

    store: Store
    settings: Settings
    secret: bytes
    member: Callable[[str], Member | None]

    def take_in(self, data: bytes, now: datetime) -> TakenIn:
        """Read a message and do what it asks, in one transaction. Raises `StoreError`."""
        mail = self.settings.mail
        found = read_incoming(data, mail.leave_address)
        tokens: Sequence[ReturnToken] = ()
        if mail.bounce_address and mail.keyed:
            tokens = tokens_in(mail.bounce_address, data)
        if found.form is Form.LEAVING:
            return self._leave(found, now)
        with self.store.writing() as state:
            if self._is_test(tokens, now):
                state.remember(RETURN_TEST, now.isoformat())
                return TakenIn("test", understood=True)
            about = self._about(state, found, tokens, now)
            if found.form is Form.COMPLAINT:
                return self._complaint(state, found, about, now)
            return self._report(state, found, about, now)

    # --- What a message is about ------------------------------------------------------------------

    def _is_test(self, tokens: Sequence[ReturnToken], now: datetime) -> bool:
        """Whether it is the message that `doctor` sends to the return path."""
        tests = [token for token in tokens if token.kind is ReturnKind.TEST]
        return any(is_genuine(token, self.secret, "", now.date()) for token in tests)

    def _about(
        self,
        state: Transaction,
        found: IncomingMessage,
        tokens: Sequence[ReturnToken],
        now: datetime,
    ) -> DeliveryRow | Probe | None:
        """The one message of ours that it is proven to be about; None also for two."""
        proven: list[DeliveryRow | Probe] = []
        for token in tokens:
            meant = self._of_token(state, token)
            name = meant and (meant if isinstance(meant, Probe) else meant.delivery).message_id
            if meant and name and is_genuine(token, self.secret, name, now.date()):
                proven.append(meant)
        named = (self._of_message_id(state, name) for name in found.message_ids)
        proven += [meant for meant in named if meant]
        each_once = {(type(each), _number(each)): each for each in proven}
        return next(iter(each_once.values())) if len(each_once) == 1 else None

    def _of_token(self, state: Transaction, token: ReturnToken) -> DeliveryRow | Probe | None:
        if token.kind is ReturnKind.PROBE:
            return state.probes.numbered(token.number)
        if token.kind is ReturnKind.DELIVERY:
            return next(iter(state.deliveries.find(DeliveryFilter(ids=(token.number,)))), None)
        return None

    def _of_message_id(self, state: Transaction, name: str) -> DeliveryRow | Probe | None:
        deliveries = state.deliveries.find(DeliveryFilter(message_id=name))
        return deliveries[0] if deliveries else state.probes.named(name)

    # --- What it leads to -------------------------------------------------------------------------

    def _report(
        self,
        state: Transaction,
        found: IncomingMessage,
        about: DeliveryRow | Probe | None,
        now: datetime,
    ) -> TakenIn:
        report = found.report
        if found.form is Form.OTHER:
            return TakenIn("other", understood=False, problems=report.problems)
        if isinstance(about, Probe):
            recorded = record_probe(state, about, report.bounces, now)
        else:
            alone = len(report.bounces) + len(report.problems) == 1
            probing, groups = self.settings.mail.keyed, group_addresses(self.settings.lists)
            recorded = tuple(
                record_bounce(state, each, about, now, alone=alone, probing=probing, groups=groups)
                for each in report.bounces
            )
        dealt_with = any(each.result in _DEALT_WITH for each in recorded)
        return TakenIn("report", dealt_with, recorded, report.problems)

    def _complaint(
        self,
        state: Transaction,
        found: IncomingMessage,
        about: DeliveryRow | Probe | None,
        now: datetime,
    ) -> TakenIn:
        if not isinstance(about, DeliveryRow) or not about.delivery.address:
            return TakenIn("complaint", understood=False)
        if found.feedback not in UNWANTED:
            return TakenIn("complaint", understood=True)
        groups = group_addresses(self.settings.lists)
        key = key_now(state, about.key, self.settings.lists)
        recorded = record_complaint(state, about, key, found.feedback, groups, now)
        return TakenIn("complaint", recorded.result in _DEALT_WITH, (recorded,))

    def _leave(self, found: IncomingMessage, now: datetime) -> TakenIn:
        member = next((who for word in found.words if (who := self.member(word))), None)
        if member is None:
            with self.store.reading() as state:
                names = [self._of_message_id(state, name) for name in found.message_ids]
            entries = {e.delivery.id: e for e in names if isinstance(e, DeliveryRow)}
            if len({each.key for each in entries.values()}) == 1:
                entry = next(iter(entries.values()))
                member = Member(entry.edition.digest, entry.delivery.address)
        groups = group_addresses(self.settings.lists)
        if member is None or not member.address or member.key in groups:
            return TakenIn("leaving", understood=False)
        # A digest that has become part of another, or that is gone, is left all the same.
        into = [each.slug for each in self.settings.digests if member.digest in each.slugs]
        member = replace(member, digest=(into or [member.digest])[0])
        # Whoever changed their address since speaks for the new one.
        member = member_now(self.store, member, self.settings.lists)
        act(self.store, member, "leave", now, self.secret)
        return TakenIn("leaving", understood=True)


def _number(meant: DeliveryRow | Probe) -> int:
    return meant.id if isinstance(meant, Probe) else meant.delivery.id
