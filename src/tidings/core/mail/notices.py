"""Writes the messages that are no digest: the confirmation of a subscription, and alerts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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


def confirmation(
    pending: PendingSubscription,
    digest: Digest,
    settings: Settings,
    link: str,
    message_id: str,
    language: str,
    render: Render,
) -> bytes:
    """Write the message with the link that confirms a subscription; `render` speaks `language`.

    Raises what `render` raises, and DeliveryError if an address cannot stand in a header.
    """
    sender, titles = settings.mail, {topic.slug: topic.title for topic in settings.topics}
    context = {
        "site": settings.site,
        "digest": digest,
        "sender": sender,
        "topics": tuple(titles[slug] for slug in pending.topics or () if slug in titles),
        "link": link,
        "address": pending.address,
    }
    reply_to = [field("Reply-To", mailbox("", sender.reply_to))] if sender.reply_to else []
    return message(
        [field("From", mailbox(sender.name, sender.address)), *reply_to],
        clean(render("mail/confirm.subject.txt.j2", context)),
        pending.asked_at,
        pending.address,
        message_id,
        [
            field("Auto-Submitted", "auto-replied"),
            field("X-Auto-Response-Suppress", "All"),
            field("Content-Language", language),
        ],
        [
            ("plain", fold(render("mail/confirm.txt.j2", context))),
            ("html", inline(render("mail/confirm.html.j2", context))),
        ],
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
