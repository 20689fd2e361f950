"""Preview: the next edition as somebody would get it, opened on a private copy of the state."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Literal

from tidings.application.announce import (
    edition_name,
    language_for,
    mail_host,
    recipients_of,
    subject_for,
)
from tidings.application.bodies import BodyCache
from tidings.application.ports import Services, Transport
from tidings.application.record import record
from tidings.application.review import rehearse
from tidings.core import audience
from tidings.core.mail.digest import SPECIMEN
from tidings.core.mail.message import message_id
from tidings.core.tags import among
from tidings.core.topics.languages import Languages
from tidings.errors import SeedError
from tidings.model import (
    Delivery,
    DeliveryState,
    Digest,
    Edition,
    Envelope,
    Item,
    Owed,
    OwedSet,
    Recipient,
)
from tidings.state import Transaction
from tidings.state.deliveries import Claim, DeliveryFilter

PreviewOutcome = Literal["next", "waiting", "again", "specimen", "nothing", "paused", "left"]
# The list of all items, in no topic.
EVERYTHING = ""
# As many items as show what a mail looks like.
SPECIMEN_ITEMS = 12
TEST_PREFIX = "[Test] "
_TEST_HEADER = b"X-Tidings-Test: this is a test; it was sent to this address alone\r\n"
# Whoever tries a message out is on no list, and must not take anybody off one (RFC 2369, RFC 8058).
_LEAVING = re.compile(rb"^List-Unsubscribe(?:-Post)?:.*\r\n(?:[ \t].*\r\n)*", re.I | re.M)
# Who reads the whole of an edition, on nobody's list. RFC 2606 keeps the domain free.
ANYBODY = Recipient("reader@example.org")
_OPEN = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent, and of which edition; `outcome` says what it is.

    "next": the next edition. "waiting": of an edition that is open, and not sent yet. "again": the
    latest edition once more, where nothing is new. "specimen": the newest items, marked as that,
    where there is neither. Without a message: "nothing" is there to show, since there are no items;
    they are "paused", or have "left" (also by bouncing). `reply` is what the server replied to a
    test.
    """

    outcome: PreviewOutcome
    edition: Edition | None = None
    message: bytes | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message shows: its subject, and both of its bodies."""

    subject: str
    text: str
    html: str


def parts(message: bytes) -> Parts:
    """Take a message apart as a mail program does (RFC 2045, 2046)."""
    read = message_from_bytes(message, policy=policy.default)
    bodies = {kind: read.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (str(part.get_content()) if part else "" for part in bodies.values())
    return Parts(str(read["Subject"] or ""), text, html)


def preview(
    services: Services,
    digest: Digest,
    person: Recipient | None = None,
    *,
    again: bool = False,
    to: str = "",
) -> Preview:
    """The next edition as `person`, who is on the digest, would get it; None: all of it.

    What is in the listings by now is in it. Where nothing is new, a specimen of the newest items
    stands in; with `again` the latest edition, if there is one. `to` is another address to put on
    it. The store is a private copy of the state.
    Raises `TemplateError` and `DeliveryError` if the message cannot be made, and `StoreError`.
    """
    _read(services)
    if person and not audience.gets_mail(person):
        return Preview("paused")
    # Without a name it is opened for a reader who is on no list, and for nobody else.
    opening, reader = services, person or ANYBODY
    if person is None:
        lists = dict.fromkeys(digest.lists, (ANYBODY,))
        settings = services.settings.model_copy(update={"lists": lists})
        opening = replace(services, settings=settings)
    opened = rehearse(opening, digest, "now", services.clock.now())
    with services.store.writing() as state:
        if person and state.people.blocked([person.key]):
            return Preview("left")
        claim = _open_delivery(state, digest, reader) if opened or person else None
        outcome: PreviewOutcome = "next" if opened else "waiting"
        if claim is None and again and not opened:
            claim, outcome = _latest(state, services, digest, reader), "again"
        if claim is None:
            edition = opened.edition if opened else None
            claim, outcome = _specimen(state, services, digest, reader, edition), "specimen"
        if claim is None:
            return Preview("nothing")
        if to:
            claim = replace(claim, delivery=replace(claim.delivery, address=to))
        prepared = BodyCache(services).prepared(state, claim)
        return Preview(outcome, claim.edition, prepared.for_recipient(claim.delivery))


def send_test(services: Services, transport: Transport, digest: Digest, address: str) -> Preview:
    """Send the next edition as a whole, else the latest, else a specimen, to one address as a test.

    The message is marked as a test and has no header for leaving a list. The store is a
    private copy, so that it is recorded nowhere, and the key one of no instance, so that its
    Message-IDs are never used otherwise.
    Without any item there is nothing to show, and nothing is sent. Raises `DeliveryError`,
    `TemplateError` and `StoreError`.
    """
    marked = replace(services, subject_prefix=TEST_PREFIX)
    shown = preview(marked, digest, again=True, to=address)
    if shown.edition is None or shown.message is None:
        return shown
    sender = services.settings.mail.envelope_sender
    number = shown.edition.number
    # A dot: no digest is named so, and no message of an edition is written over.
    envelope = Envelope(sender, address, f"{digest.slug}.test", number, delivery_id=0)
    channel = transport.connect()
    try:
        reply = channel.send(envelope, as_test(shown.message))
    finally:
        channel.close()
    return replace(shown, reply=reply)


def as_test(message: bytes) -> bytes:
    """Mark a message (with CRLF line ends) as a test, and remove the headers for leaving a list."""
    headers, rest = message.split(b"\r\n\r\n", 1)
    return _TEST_HEADER + _LEAVING.sub(b"", headers + b"\r\n") + b"\r\n" + rest


def people_of(services: Services, digest: Digest) -> tuple[Recipient, ...]:
    """Everybody who is on a digest: on a list, added, or joined. Raises `StoreError`."""
    with services.store.reading() as state:
        found = recipients_of(state, digest, services.settings.lists, services.key)
        return tuple(person for person, _ in found)


def _read(services: Services) -> None:
    """Take in what the listings say by now, as far as they can be reached."""
    s = services
    with suppress(SeedError):
        record(s.store, s.seeds, s.classifier, s.recording, s.clock.now())


def _open_delivery(state: Transaction, digest: Digest, person: Recipient) -> Claim | None:
    """What the newest edition still has to bring to somebody."""
    wanted = DeliveryFilter(states=_OPEN, digest=digest.slug, key=person.key)
    found = [
        entry for entry in state.deliveries.find(wanted) if entry.delivery.owed_set is not None
    ]
    return Claim(found[-1].delivery, found[-1].edition) if found else None


def _latest(
    state: Transaction, services: Services, digest: Digest, person: Recipient
) -> Claim | None:
    """The latest edition once more, in full; None if there is none, or nothing is known of it."""
    edition = state.editions.latest(digest.slug)
    announced = state.editions.announced(digest.slug) if edition else ()
    if edition is None or not (
        owed := tuple(
            Owed(each.item_id, each.revision)
            for each in announced
            if each.opened_at == edition.opened_at
        )
    ):
        return None
    items = state.items.get([each.item_id for each in owed])
    told = [items[each.item_id].at_revision(each.revision) for each in owed]
    language = language_for(services, digest, person)
    subject = subject_for(services, digest, (edition.number, edition.opened_at), told, language)
    return _claim(state, services, person, edition, OwedSet(owed, None, subject), language)


def _specimen(
    state: Transaction,
    services: Services,
    digest: Digest,
    person: Recipient,
    opened: Edition | None,
) -> Claim | None:
    """The newest items of what somebody gets, marked as a specimen; None if there are no items.

    Where none of their topics has an item, it is made of the newest ones of all.
    """
    items = _newest(state, services.settings.languages, digest, person)
    if not items:
        return None
    number = opened.number if opened else state.editions.next_number(digest.slug)
    language = language_for(services, digest, person)
    now = services.clock.now()
    unmarked = replace(services, subject_prefix="")
    plain = subject_for(unmarked, digest, (number, now), items, language)
    render = services.renderer.speaking(language)
    marked = render("mail/specimen.subject.txt.j2", {"digest": digest, "subject": plain})
    subject = services.subject_prefix + " ".join(marked.split())
    edition = opened or state.editions.open(
        Edition(0, digest.slug, number, SPECIMEN, now, subject), ()
    )
    owed = tuple(Owed(item.id, item.revision) for item in items)
    return _claim(
        state,
        services,
        person,
        replace(edition, period=SPECIMEN, subject=subject),
        OwedSet(owed, person.topics, subject),
        language,
    )


def _newest(
    state: Transaction, languages: Languages, digest: Digest, person: Recipient
) -> tuple[Item, ...]:
    """The newest items of what somebody chose of a digest, else of the digest, else of all; in
    their languages, if any is."""
    most = min(SPECIMEN_ITEMS, digest.max_items)
    chosen = person.topics if digest.topics is None else digest.topics
    if person.topics is not None and digest.topics is not None:
        chosen = tuple(slug for slug in digest.topics if slug in person.topics)
    for topics in (chosen, digest.topics, None):
        slugs = (EVERYTHING,) if topics is None else topics
        ids = {item_id for slug in slugs for item_id in state.lists.newest(slug, 2 * most)}
        found = [item for item in state.items.get(ids).values() if item.listed]
        read = [item for item in found if _reads(digest, person, languages.spoken(item).tag)]
        if found := read or found:
            return tuple(sorted(found, key=lambda item: item.order)[:most])
    return ()


def _reads(digest: Digest, person: Recipient, tag: str) -> bool:
    return among(tag, digest.items_in) and among(tag, person.items_in)


def _claim(
    state: Transaction,
    services: Services,
    person: Recipient,
    edition: Edition,
    owed_set: OwedSet,
    language: str,
) -> Claim:
    """A delivery of an edition to somebody, on no record."""
    name = edition_name(state, f"{edition.digest}/{edition.number}")
    host = mail_host(state, services.settings.site)
    delivery = Delivery(
        id=0,
        edition_id=edition.id,
        address=person.address,
        name=person.name,
        language=language,
        owed_set=state.editions.add_owed_set(edition.id, owed_set),
        state=DeliveryState.QUEUED,
        attempts=0,
        message_id=message_id(services.key, name, person.key, host),
    )
    return Claim(delivery, edition)
