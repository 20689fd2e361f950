"""Sends probes: before reports alone mark an address as bounced, one message asks whether it works.

A report is written by somebody else's server, and days later. So an address that too many reports
speak against is sent a message that is of no edition. If that is refused or comes back because
there is no such mailbox, the address is marked as bounced; if nothing comes back within a week, it
works, and its refusals are counted from the beginning. Digests go there meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tidings.application import bounces
from tidings.application.announce import mail_host
from tidings.application.bounces import Recorded
from tidings.application.ports import Channel, Services
from tidings.application.senders import pause_server
from tidings.core.audience import first_spoken
from tidings.core.mail.bounces import Bounce
from tidings.core.mail.message import message_id
from tidings.core.mail.notices import probe_message
from tidings.core.mail.refusals import condemns
from tidings.core.mail.return_path import ReturnKind, return_path
from tidings.core.schedule import has_passed
from tidings.errors import DeliveryError, TemplateError, TransportClosed
from tidings.model import Envelope, RecipientState
from tidings.state import Transaction
from tidings.state.probes import Probe

# A server that gives up on a message reports it within five days (RFC 5321 §4.5.4.1).
ANSWERED_WITHIN = timedelta(days=7)


def send_probes(services: Services) -> int:
    """Send the probes that are due, and settle those that nothing came back of; returns how many
    went out. Raises `StoreError`.

    One that cannot be sent now waits for the next call. Each is written down before it is sent: a
    crash costs a probe rather than sending one more.
    """
    mail, now = services.settings.mail, services.clock.now()
    with services.store.reading() as state:
        known = state.probes.all()
    if not known:
        return 0
    with services.store.writing() as state:
        due = _due(state, now)
    if not mail.keyed or not due:
        return 0
    channel, sent = services.transport.connect(), 0
    try:
        for probe in due:
            if not services.rate.grant(1):
                break
            try:
                sent += _send(services, channel, probe, now)
            except TransportClosed as error:
                _take_back(services, probe, error, now)
                break
            except (DeliveryError, TemplateError) as error:
                _refused(services, probe, error, now)
    finally:
        channel.close()
    return sent


def _due(state: Transaction, now: datetime) -> Sequence[Probe]:
    """The probes that are to be sent; what nothing came back of is settled, and of who gets no mail
    any more there is none."""
    known = state.probes.all()
    standing = state.people.standing({probe.key for probe in known})
    due = []
    for probe in known:
        if probe.key in standing:
            state.probes.drop([probe.key])
        elif probe.sent_at is None:
            due.append(probe)
        elif has_passed(ANSWERED_WITHIN, probe.sent_at, now):
            bounces.forget(state, [probe.key], now)
    return due


def _send(services: Services, channel: Channel, probe: Probe, now: datetime) -> bool:
    settings, key = services.settings, services.key
    with services.store.writing() as state:
        name = message_id(
            key,
            f"probe/{probe.id}/{probe.asked_at.isoformat()}",
            probe.key,
            mail_host(state, settings.site),
        )
        if state.probes.numbered(probe.id) != probe:
            return False  # dealt with meanwhile
        state.probes.sent(probe.id, name, now)
    language = first_spoken((probe.language,), services.renderer.languages)
    render = services.renderer.speaking(language)
    message = probe_message(probe.address, settings, name, now, language, render)
    pattern = settings.mail.bounce_address or ""
    sender = return_path(pattern, key, ReturnKind.PROBE, now.date(), probe.id, name)
    channel.send(Envelope(sender, probe.address, "probe", now.toordinal(), probe.id), message)
    return True


def _take_back(services: Services, probe: Probe, error: TransportClosed, now: datetime) -> None:
    """Let a probe wait that the server let nobody send; what it refused us for pauses it."""
    with services.store.writing() as state:
        state.probes.sent(probe.id, "", None)
        if error.refused:
            pause_server(state, str(error), services.known_as, now)


def _refused(services: Services, probe: Probe, error: Exception, now: datetime) -> None:
    """Settle a probe that a server did not take: what it says of the mailbox counts at once."""
    words = str(error)
    with services.store.writing() as state:
        if isinstance(error, DeliveryError) and error.permanent:
            _settle(state, probe, words, now, dead=condemns(words))
        else:
            state.probes.sent(probe.id, "", None)


def record_probe(
    state: Transaction, probe: Probe, reports: Sequence[Bounce], now: datetime
) -> tuple[Recorded, ...]:
    """Record what a report says of a probe, whose message is proven to be the one."""
    if len(reports) != 1:
        return tuple(Recorded(each, "unknown", "") for each in reports)
    (bounce,) = reports
    if not bounce.final or bounce.verdict == "delivered":
        return (Recorded(bounce, "nothing", probe.address),)
    dead = bounce.verdict == "condemned"
    _settle(state, probe, bounce.reason, now, dead=dead)
    return (Recorded(bounce, "bounced" if dead else "noted", probe.address),)


def _settle(state: Transaction, probe: Probe, words: str, now: datetime, *, dead: bool) -> None:
    """Mark the address as bounced, or count its refusals from the beginning. Who has left or is
    paused stays so."""
    if not dead:
        bounces.forget(state, [probe.key], now)
        return
    state.probes.drop([probe.key])
    if probe.key not in state.people.standing([probe.key]):
        state.people.mark(probe.key, RecipientState.BOUNCED, now, words)
