"""Writes a proof: the very mail, marked as one above all else, with what is to be decided of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidings.core.mail.digest import marked
from tidings.core.mail.message import Render, clean, field, fold, mailbox
from tidings.core.mail.notices import message
from tidings.core.settings import Mail
from tidings.model import Digest, Item, Proof, Review


@dataclass(frozen=True, slots=True)
class ProofChanges:
    """What a proof has that the one before had not, what it leaves out of that, what it has in
    another text; and whether the editor's note is another."""

    added: tuple[Item, ...] = ()
    left_out: tuple[Item, ...] = ()
    reworded: tuple[Item, ...] = ()
    note: bool = False


def changes(before: Proof | None, now: Proof, items: Mapping[str, Item]) -> ProofChanges | None:
    """What changed since the proof before; None for the first one."""
    if before is None:
        return None
    old = {each.item_id: each.revision for each in before.contents}
    new = {each.item_id: each.revision for each in now.contents}
    same = old.keys() & new.keys()
    return ProofChanges(
        added=_named(items, new.keys() - old.keys()),
        left_out=_named(items, old.keys() - new.keys()),
        reworded=_named(items, {key for key in same if old[key] != new[key]}),
        note=before.note != now.note,
    )


def _named(items: Mapping[str, Item], ids: set[str]) -> tuple[Item, ...]:
    found = (items[item_id] for item_id in ids if item_id in items)
    return tuple(sorted(found, key=lambda item: item.order))


@dataclass(frozen=True, slots=True)
class ProofFor:
    """A proof for one reviewer: `due` is the local moment when it goes, None for at once; `link`
    leads to where it is decided on, "" where nothing is served."""

    digest: Digest
    review: Review
    changed: ProofChanges | None
    due: datetime | None
    reviewer: str
    link: str
    message_id: str
    at: datetime


def proof_mail(
    what: ProofFor,
    shown: tuple[str, str, str],
    sender: Mail,
    render: Render,
    language: str,
    others: Sequence[str] = (),
) -> bytes:
    """Write the proof of a mail that is `shown` as subject, HTML and text; `others` are the other
    languages in which the edition goes. Raises TemplateError, and DeliveryError if an address
    cannot stand in a header."""
    subject, page, text = shown
    context = {
        "digest": what.digest,
        "review": what.review,
        "proof": what.review.proof,
        "changed": what.changed,
        "due": what.due,
        "link": what.link,
        "others": others,
        "subject": subject,
    }
    head = fold(render("mail/proof.txt.j2", context))
    box = render("mail/proof.html.j2", context)
    reply_to = [field("Reply-To", mailbox("", sender.reply_to))] if sender.reply_to else []
    return message(
        [field("From", mailbox(sender.name, sender.address)), *reply_to],
        clean(render("mail/proof.subject.txt.j2", context)),
        what.at,
        what.reviewer,
        what.message_id,
        [
            field("Auto-Submitted", "auto-generated"),
            field("X-Auto-Response-Suppress", "All"),
            field("X-Tidings-Proof", f"{what.review.number}.{what.review.proof.number}"),
            field("Content-Language", language),
        ],
        [("plain", f"{head}\n\n{text.lstrip()}"), ("html", marked(page, box.strip()))],
    )
