"""Mails proofs to those who review an edition."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tidings.application.announce import mail_host
from tidings.application.ports import Services
from tidings.core.mail.message import message_id
from tidings.core.mail.proofs import ProofChanges, ProofFor, changes, proof_mail
from tidings.core.schedule import has_passed, retry_pause
from tidings.core.tokens import REVIEW, Reviewer, reviewer_mark
from tidings.errors import FAULTS, DeliveryError, TemplateError, TransportClosed
from tidings.model import Digest, Envelope, Item, ProofMail, Review, address_key
from tidings.state import Transaction
from tidings.state.reviews import Texts

log = logging.getLogger(__name__)


def send_proofs(services: Services) -> list[str]:
    """Mail the newest proof of what waits for approval to each reviewer who has not had it, in each
    language in which the edition goes; returns why some could not be. After a crash one may come
    twice."""
    failed: list[str] = []
    for digest in services.settings.digests:
        with services.store.reading() as state:
            review = state.reviews.current(digest.slug)
            if digest.review is None or review is None or not review.unapproved:
                continue
            texts, changed = state.reviews.texts(review.id), changes_of(state, review)
            host = mail_host(state, services.settings.site)
        for reviewer in {address_key(each): each for each in digest.review.by}.values():
            errand = _Errand(services, digest, review, texts, changed, reviewer, host)
            for language in texts:
                try:
                    errand.mail(language)
                except TransportClosed as error:
                    return [*failed, str(error)]  # nothing else would pass either
                except DeliveryError as error:
                    failed.append(str(error))
    return failed


def changes_of(state: Transaction, review: Review) -> ProofChanges | None:
    """What the newest proof of a review changed; None if it is the first."""
    now = review.proof
    before = state.reviews.proof(review.id, now.number - 1)
    named = {each.item_id for each in (*now.contents, *(before.contents if before else ()))}
    return changes(before, now, state.items.get(named))


def items_of(state: Transaction, review: Review) -> tuple[Item, ...]:
    """The items of the newest proof, each with its text there, the newest first."""
    items = state.items.get([each.item_id for each in review.proof.contents])
    found = (
        items[each.item_id].at_revision(each.revision)
        for each in review.proof.contents
        if each.item_id in items
    )
    return tuple(sorted(found, key=lambda item: item.order))


@dataclass(frozen=True, slots=True)
class _Errand:
    """A proof to be mailed to one reviewer."""

    services: Services
    digest: Digest
    review: Review
    texts: Texts
    changed: ProofChanges | None
    reviewer: str
    host: str

    def mail(self, language: str) -> None:
        """Mail it in one language, unless that is done or put off. Raises `DeliveryError`, once
        that is on record."""
        services, proof, now = self.services, self.review.proof, self.services.clock.now()
        name = f"{address_key(self.reviewer)} {language}"
        known = proof.mails.get(name)
        attempts = known.attempts if known else 0
        if known and known.state != "deferred":
            return
        if known and not has_passed(retry_pause(self.review.id, attempts), known.at, now):
            return
        failed: DeliveryError | None = None
        try:
            self._send(language, now)
        except DeliveryError as error:
            failed = error
        except (TemplateError, *FAULTS) as error:
            log.exception("proof not made digest=%s", self.digest.slug)
            failed = DeliveryError(str(error), permanent=False)
        done = ProofMail("sent", now, attempts=attempts + 1)
        if failed:
            end: Literal["failed", "deferred"] = "failed" if failed.permanent else "deferred"
            done = ProofMail(end, now, str(failed), attempts + 1)
        with services.store.writing() as state:
            state.reviews.mailed(self.review.id, proof.number, name, done)
        if failed:
            raise self._told(failed)

    def _told(self, failed: DeliveryError) -> DeliveryError:
        """The same failure, with the proof and the reviewer in its words."""
        named = f"the proof of {self.digest.called}, No. {self.review.number}"
        failed.args = (f"{named}, was not sent to {self.reviewer}: {failed}",)
        return failed

    def _send(self, language: str, now: datetime) -> None:
        services, review, proof = self.services, self.review, self.review.proof
        mail, zone = services.settings.mail, services.settings.zone
        mark = reviewer_mark(address_key(self.reviewer))
        token = Reviewer(review.id, proof.number, proof.made_at, mark, language)
        url = mail.service_url
        about = f"proof/{review.digest}/{review.id}/{proof.number}/{language}"
        key = address_key(self.reviewer)
        message = proof_mail(
            ProofFor(
                digest=self.digest,
                review=review,
                changed=self.changed,
                due=review.due_at.astimezone(zone) if review.due_at else None,
                reviewer=self.reviewer,
                link=f"{url}review/{services.sign(REVIEW, token.packed())}" if url else "",
                message_id=message_id(services.key, about, key, self.host),
                at=now,
            ),
            self.texts[language],
            mail,
            services.renderer.speaking(language),
            language,
            [each for each in self.texts if each != language],
        )
        # A dot: no digest is named so, and no message of an edition is written over.
        folder = f"{self.digest.slug}.proof.{language}"
        envelope = Envelope(mail.address, self.reviewer, folder, review.number, proof.number)
        channel = services.transport.connect()
        try:
            channel.send(envelope, message)
        finally:
            channel.close()
