"""Reviews: what is to become an edition, its proofs, who decided what; and the notes of editors."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tidings.model import (
    Content,
    EditorNote,
    NoteText,
    Proof,
    ProofMail,
    Review,
    ReviewState,
    Ruling,
    Verdict,
)
from tidings.state import rows
from tidings.state.schema import announcements, edition_notes, editions, proofs, reviews, rulings

OPEN = (ReviewState.WAITING, ReviewState.HELD, ReviewState.APPROVED)
# By language: the subject, the HTML part and the text part of what a proof shows.
Texts = Mapping[str, tuple[str, str, str]]


class Reviews:
    """What waits for somebody's approval, and what became of the rest."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def current(self, digest: str) -> Review | None:
        """The review of a digest that has not come to an end. There is never more than one."""
        query = select(reviews).where(reviews.c.digest == digest, reviews.c.state.in_(OPEN))
        row = self._db.execute(query).first()
        return self._review(row) if row else None

    def latest(self, digest: str, number: int | None = None) -> Review | None:
        """The newest review of a digest, or of its edition of that number."""
        query = select(reviews).where(reviews.c.digest == digest)
        if number is not None:
            query = query.where(reviews.c.number == number)
        row = self._db.execute(query.order_by(reviews.c.id.desc()).limit(1)).first()
        return self._review(row) if row else None

    def get(self, key: int) -> Review | None:
        """The review of that number in the state."""
        row = self._db.execute(select(reviews).where(reviews.c.id == key)).first()
        return self._review(row) if row else None

    def with_item(self, item_id: str) -> tuple[Review, ...]:
        """The reviews of the editions that announced an item, oldest first."""
        query = (
            select(reviews)
            .join(announcements, announcements.c.edition_id == reviews.c.edition_id)
            .where(announcements.c.item_id == item_id)
            .order_by(reviews.c.id)
        )
        return tuple(self._review(row) for row in self._db.execute(query).all())

    def open(self, review: Review, texts: Texts) -> Review:
        """Save a new review with its first proof, and return it with the id that it is given."""
        values = {
            name: getattr(review, name)
            for name in ("digest", "number", "period", "slot_day", "slot_at", "due_at", "opened_at")
        }
        inserted = self._db.execute(insert(reviews).values(state=review.state.value, **values))
        key = rows.key_of(inserted)
        self.add_proof(key, review.proof, texts)
        found = self.get(key)
        if found is None:
            raise LookupError("the review that was just saved is not there")
        return found

    def add_proof(self, review_id: int, proof: Proof, texts: Texts) -> None:
        """Save another proof; the texts of those before it are needed no more."""
        self._db.execute(update(proofs).where(proofs.c.review_id == review_id).values(texts=None))
        self._db.execute(
            insert(proofs).values(
                review_id=review_id,
                number=proof.number,
                made_at=proof.made_at,
                contents=json.dumps([[c.item_id, c.revision, c.had] for c in proof.contents]),
                note=dumped(proof.note) if proof.note else None,
                texts=zlib.compress(json.dumps(texts).encode("ascii")),
            )
        )

    def texts(self, review_id: int) -> Texts:
        """What the newest proof shows, by language."""
        query = (
            select(proofs.c.texts)
            .where(proofs.c.review_id == review_id, proofs.c.texts.is_not(None))
            .order_by(proofs.c.number.desc())
        )
        kept = self._db.scalar(query.limit(1))
        found = json.loads(zlib.decompress(kept)) if kept else {}
        return {language: tuple(parts) for language, parts in found.items()}

    def proof(self, review_id: int, number: int) -> Proof | None:
        """A proof of a review by its number."""
        query = select(proofs).where(proofs.c.review_id == review_id, proofs.c.number == number)
        row = self._db.execute(query).first()
        return _proof(row) if row else None

    def mailed(self, review_id: int, number: int, name: str, mail: ProofMail) -> None:
        """Note how mailing a proof to somebody went."""
        found = self.proof(review_id, number)
        if found is None:
            return
        mails = {**found.mails, name: mail}
        plain = {key: {**asdict(each), "at": each.at.isoformat()} for key, each in mails.items()}
        self._db.execute(
            update(proofs)
            .where(proofs.c.review_id == review_id, proofs.c.number == number)
            .values(mails=json.dumps(plain))
        )

    def rule(self, review: Review, ruling: Ruling, state: ReviewState) -> None:
        """Record what somebody decided, and what that makes of the review."""
        self._db.execute(
            insert(rulings).values(
                review_id=review.id,
                proof=ruling.proof,
                verdict=ruling.verdict,
                by=ruling.by,
                at=ruling.at,
            )
        )
        self.end(review, state)

    def end(self, review: Review, state: ReviewState, edition_id: int | None = None) -> None:
        """Let a review be in another state; `edition_id` is the edition that came of it."""
        self._db.execute(
            update(reviews)
            .where(reviews.c.id == review.id)
            .values(state=state.value, edition_id=edition_id)
        )

    def drop(self) -> None:
        """End whatever waits for approval, or is approved and has not gone."""
        waiting = reviews.c.state.in_(OPEN)
        self._db.execute(update(reviews).where(waiting).values(state=ReviewState.DROPPED.value))

    def _review(self, row: Row[Any]) -> Review:
        newest = (
            select(proofs)
            .where(proofs.c.review_id == row.id)
            .order_by(proofs.c.number.desc())
            .limit(1)
        )
        decided = select(rulings).where(rulings.c.review_id == row.id).order_by(rulings.c.id)
        return Review(
            id=row.id,
            digest=row.digest,
            number=row.number,
            period=row.period,
            slot_day=row.slot_day,
            slot_at=row.slot_at,
            due_at=row.due_at,
            opened_at=row.opened_at,
            state=ReviewState(row.state),
            proof=_proof(self._db.execute(newest).one()),
            rulings=tuple(
                Ruling(_verdict(each.verdict), each.by, each.at, each.proof)
                for each in self._db.execute(decided)
            ),
            edition_id=row.edition_id,
        )

    # --- Notes of editors -------------------------------------------------------------------------

    def take(self, edition_id: int, name: str, note: EditorNote) -> None:
        """Record the note that an edition took, from files of that name."""
        self._db.execute(
            insert(edition_notes).values(edition_id=edition_id, name=name, note=dumped(note))
        )

    def note_of(self, edition_id: int) -> EditorNote | None:
        """The note that an edition took."""
        query = select(edition_notes.c.note).where(edition_notes.c.edition_id == edition_id)
        kept = self._db.scalar(query)
        return loaded(kept) if kept else None

    def not_put_away(self) -> Sequence[tuple[int, str, int, EditorNote]]:
        """The notes that were taken and whose files were not put away yet: the id of the edition,
        the name of the files, the number of the edition, the note."""
        query = (
            select(edition_notes, editions.c.number)
            .join(editions, editions.c.id == edition_notes.c.edition_id)
            .where(edition_notes.c.kept == 0)
            .order_by(edition_notes.c.edition_id)
        )
        return [
            (row.edition_id, row.name, row.number, loaded(row.note))
            for row in self._db.execute(query)
        ]

    def put_away(self, edition_id: int) -> None:
        """Note that the files of a note that was taken are where they stay, or others by now."""
        here = edition_notes.c.edition_id == edition_id
        self._db.execute(update(edition_notes).where(here).values(kept=1))


def _verdict(word: str) -> Verdict:
    known: dict[str, Verdict] = {"approve": "approve", "hold": "hold", "skip": "skip"}
    return known[word]


def _proof(row: Row[Any]) -> Proof:
    mails = json.loads(row.mails)
    return Proof(
        number=row.number,
        made_at=row.made_at,
        contents=tuple(Content(*each) for each in json.loads(row.contents)),
        note=loaded(row.note) if row.note else None,
        mails={
            name: ProofMail(**{**each, "at": datetime.fromisoformat(each["at"])})
            for name, each in mails.items()
        },
    )


def dumped(note: EditorNote) -> str:
    """A note as JSON."""
    return json.dumps(asdict(note))


def loaded(kept: str) -> EditorNote:
    """The note that `dumped` wrote."""
    plain = json.loads(kept)
    texts = {language: NoteText(**each) for language, each in plain.pop("texts").items()}
    return EditorNote(texts, **{**plain, "leave_out": tuple(plain["leave_out"])})
