"""The mail that tells the operator that something is wrong, or that it is over: plain text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tidings.core.columns import fold
from tidings.core.headers import addr_spec, clean, field, mailbox, words
from tidings.core.incidents import IncidentState, Notice
from tidings.core.messages import Sender
from tidings.core.prepared import join

LONGEST_REASON = 500
NEXT = (
    "`tidings status` says how things stand, `tidings doctor` looks for what may be the cause. "
    "You will hear once more when it is over, and not before."
)


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told to whom: `site` is the title of what is concerned."""

    notice: Notice
    incident: IncidentState
    site: str
    recipient: str
    message_id: str
    at: datetime


def alert(what: Alert, sender: Sender) -> bytes:
    """The message. Raises DeliveryError if an address cannot stand in a header."""
    subject, text = _told(what)
    boundary = "=_" + hashlib.sha256(what.message_id.encode()).hexdigest()[:24]
    before = (
        field("From", mailbox(sender.name, sender.address)),
        field("Subject", words(clean(subject), "Subject")),
        field("Date", format_datetime(what.at)),
        field("To", addr_spec(what.recipient)),
        field("Message-ID", what.message_id),
    )
    after = (
        field("Auto-Submitted", "auto-generated"),
        field("X-Auto-Response-Suppress", "All"),
        field("MIME-Version", "1.0"),
        field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    )
    prepared = join(before, after, (("plain", fold(text, {})),), boundary, {})
    return prepared.before + b"".join(part for part in prepared.after if isinstance(part, bytes))


def _told(what: Alert) -> tuple[str, str]:
    incident, site = what.incident, what.site
    if what.notice == "over":
        text = (
            f"The trouble that you were told of is over: the round of {_moment(what.at)} went "
            "well, and nothing is late.\n"
        )
        return f"{site}: all is well again", text
    failed = f"{incident.failures:,} rounds in a row have failed"
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
