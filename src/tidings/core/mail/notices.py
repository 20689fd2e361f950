"""Writes the messages that are no digest: the confirmation of a subscription, probes, alerts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tidings.core.incidents import IncidentState, Notice
from tidings.core.mail.message import (
    Kind,
    Render,
    addr_spec,
    clean,
    field,
    fold,
    inline,
    join,
    mailbox,
    words,
)
from tidings.core.settings import Mail, Settings
from tidings.model import Digest, PendingSubscription

LONGEST_REASON = 500
NEXT = (
    "`tidings status` says what is wrong, `tidings doctor` looks for the cause. "
    "One more message follows when it is over."
)


@dataclass(frozen=True, slots=True)
class ReaderMail:
    """To whom a message to a reader goes, in which language, when and under which Message-ID."""

    recipient: str
    language: str
    at: datetime
    message_id: str


def confirmation(
    pending: PendingSubscription,
    digest: Digest,
    settings: Settings,
    links: Mapping[str, str],
    mail: ReaderMail,
    render: Render,
) -> bytes:
    """Write the message with the `links` that confirm a subscription ("confirm"), or have nobody
    write there again ("never"); `render` speaks the language of the mail.

    Raises what `render` raises, and DeliveryError if an address cannot stand in a header.
    """
    titles = {topic.slug: topic.title for topic in settings.topics}
    context = {
        "digest": digest,
        "topics": tuple(titles[slug] for slug in pending.topics or () if slug in titles),
        "link": links["confirm"],
        "never": links["never"],
        "address": pending.address,
    }
    return _to_reader("mail/confirm", context, settings, mail, render)


def change_of_address(
    digest: Digest,
    settings: Settings,
    links: Mapping[str, str],
    mail: ReaderMail,
    render: Render,
) -> bytes:
    """Write the message about a change of address: to the new one with the `links` that confirm it
    ("confirm") or have nobody write there again ("never"), to the old one with that which undoes it
    ("undo"). Raises as `confirmation` does."""
    context = {
        "digest": digest,
        "link": links.get("undo") or links["confirm"],
        "never": links.get("never", ""),
        "address": mail.recipient,
    }
    name = "mail/changed" if "undo" in links else "mail/change"
    return _to_reader(name, context, settings, mail, render)


def _to_reader(
    name: str, context: Mapping[str, object], settings: Settings, mail: ReaderMail, render: Render
) -> bytes:
    sender = settings.mail
    context = {"site": settings.site, "sender": sender, **context}
    reply_to = [field("Reply-To", mailbox("", sender.reply_to))] if sender.reply_to else []
    return message(
        [field("From", mailbox(sender.name, sender.address)), *reply_to],
        clean(render(f"{name}.subject.txt.j2", context)),
        mail.at,
        mail.recipient,
        mail.message_id,
        [
            field("Auto-Submitted", "auto-replied"),
            field("X-Auto-Response-Suppress", "All"),
            field("Content-Language", mail.language),
        ],
        [
            ("plain", fold(render(f"{name}.txt.j2", context))),
            ("html", inline(render(f"{name}.html.j2", context))),
        ],
    )


def probe_message(
    address: str,
    settings: Settings,
    message_id: str,
    at: datetime,
    language: str,
    render: Render,
) -> bytes:
    """Write the message that asks whether an address takes mail; `render` speaks `language`.

    Raises what `render` raises, and DeliveryError if an address cannot stand in a header.
    """
    sender = settings.mail
    context = {"site": settings.site, "sender": sender, "address": address}
    return message(
        [field("From", mailbox(sender.name, sender.address))],
        clean(render("mail/probe.subject.txt.j2", context)),
        at,
        address,
        message_id,
        [
            field("Auto-Submitted", "auto-generated"),
            field("X-Auto-Response-Suppress", "All"),
            field("Content-Language", language),
        ],
        [("plain", fold(render("mail/probe.txt.j2", context)))],
    )


def return_test(address: str, sender: Mail, message_id: str, at: datetime) -> bytes:
    """Write the message that `doctor` sends to a return path. Raises DeliveryError if an address
    cannot stand in a header."""
    text = (
        "This is a test by `tidings doctor`: it shows that mail which comes back arrives here.\n"
        "`tidings deliveries bounce` reads it and puts it away.\n"
    )
    return message(
        [field("From", mailbox(sender.name, sender.address))],
        "Test of the return path",
        at,
        address,
        message_id,
        [field("Auto-Submitted", "auto-generated"), field("X-Auto-Response-Suppress", "All")],
        [("plain", fold(text))],
    )


@dataclass(frozen=True, slots=True)
class Alert:
    """What the operator is told; `site` is the title of the site."""

    notice: Notice
    incident: IncidentState
    site: str
    recipient: str
    message_id: str
    at: datetime


def alert(what: Alert, sender: Mail) -> bytes:
    """Write an alert. Raises DeliveryError if an address cannot stand in a header."""
    subject, text = _told(what)
    return message(
        [field("From", mailbox(sender.name, sender.address))],
        clean(subject),
        what.at,
        what.recipient,
        what.message_id,
        [
            field("Auto-Submitted", "auto-generated"),
            field("X-Auto-Response-Suppress", "All"),
        ],
        [("plain", fold(text))],
    )


def message(
    senders: Sequence[bytes],
    subject: str,
    at: datetime,
    recipient: str,
    message_id: str,
    headers: Sequence[bytes],
    parts: Sequence[tuple[Kind, str]],
) -> bytes:
    """Write a message to one recipient, of these parts. Raises DeliveryError if an address cannot
    stand in a header."""
    boundary = "=_" + hashlib.sha256(message_id.encode()).hexdigest()[:24]
    before = (
        *senders,
        field("Subject", words(subject, "Subject")),
        field("Date", format_datetime(at)),
        field("To", addr_spec(recipient)),
        field("Message-ID", message_id),
    )
    after = (
        *headers,
        field("MIME-Version", "1.0"),
        field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    )
    written = join(before, after, parts, boundary, {})
    return written.before + b"".join(part for part in written.after if isinstance(part, bytes))


def _told(what: Alert) -> tuple[str, str]:
    incident, site = what.incident, what.site
    if what.notice == "over":
        text = (
            f"The problem is over: the run of {_moment(what.at)} succeeded, and nothing is late.\n"
        )
        return f"{site}: working again", text
    failed = f"{incident.failures:,} runs in a row have failed"
    lines: list[str] = []
    if incident.failures:
        lines += [f"{failed}. The last one said:", ""]
        lines += [f"  {clean(incident.reason)[:LONGEST_REASON]}", ""]
    if incident.late:
        lines += [f"{incident.late}.", ""]
    if incident.since:
        lines += [f"It began at {_moment(incident.since)}.", ""]
    lines.append(NEXT)
    return f"{site}: {incident.late or failed}", "\n".join(lines) + "\n"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
