"""The mail that asks whether somebody really wants a digest: short, for one person, one link."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tidings.core.columns import fold
from tidings.core.headers import clean, field, mailbox, words
from tidings.core.messages import Inline, Render, Sender
from tidings.core.prepared import join
from tidings.core.settings import Site
from tidings.model import Delivery, DeliveryState, Digest


@dataclass(frozen=True, slots=True)
class Question:
    """Which digest somebody asked for, with which topics (their titles, none for all), when; the
    link that says yes; and the language that the mail speaks."""

    digest: Digest
    address: str
    topics: tuple[str, ...]
    link: str
    message_id: str
    at: datetime
    language: str


def confirmation(
    question: Question, site: Site, sender: Sender, render: Render, inline: Inline
) -> bytes:
    """The message with the link that confirms.

    Raises what `render` raises, and DeliveryError if an address cannot stand in a header.
    """
    context = {
        "site": site,
        "digest": question.digest,
        "sender": sender,
        "topics": question.topics,
        "link": question.link,
        "address": question.address,
    }
    subject = clean(render("mail/confirm.subject.txt.j2", context))
    boundary = "=_" + hashlib.sha256(question.message_id.encode()).hexdigest()[:24]
    headers = [field("From", mailbox(sender.name, sender.address))]
    if sender.reply_to:
        headers.append(field("Reply-To", mailbox("", sender.reply_to)))
    headers.append(field("Subject", words(subject, "Subject")))
    headers.append(field("Date", format_datetime(question.at)))
    prepared = join(
        headers,
        (
            field("Auto-Submitted", "auto-replied"),
            field("X-Auto-Response-Suppress", "All"),
            field("Content-Language", question.language),
            field("MIME-Version", "1.0"),
            field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        ),
        (
            ("plain", fold(render("mail/confirm.txt.j2", context), {})),
            ("html", inline(render("mail/confirm.html.j2", context))),
        ),
        boundary,
        {},
    )
    return prepared.for_recipient(_recipient(question))


def _recipient(question: Question) -> Delivery:
    return Delivery(
        id=0,
        edition_id=0,
        address=question.address,
        name="",
        language=question.language,
        owed_set=None,
        state=DeliveryState.QUEUED,
        attempts=0,
        message_id=question.message_id,
    )
