"""Reviews: asks people before an edition goes, and opens it once they have approved.

What is to become an edition is none yet: it has no number that is used up, no page, no delivery and
no place in the ledger before it is approved, so that nothing of it can leak, and nothing of it is
lost when it is skipped, taken over by the next one, or edited out of the configuration: what no
edition has announced is still to be announced. Its contents (items, each at a revision) are kept
with each proof. What is approved is opened at its slot with exactly these, less what was retracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tidings.application import announce as announcing
from tidings.application import slots
from tidings.application.announce import Opened, Send, language_for, recipients_of, subject_for
from tidings.application.bodies import BodyCache
from tidings.application.edit import find_item
from tidings.application.ports import Services
from tidings.core import audience, schedule
from tidings.core.mail.digest import compose, shown
from tidings.core.pages.site import site_context
from tidings.core.schedule import Slot
from tidings.errors import ConfigError, NoSuchItem, NotPossible
from tidings.model import (
    Content,
    Digest,
    Edition,
    EditorNote,
    Owed,
    Problem,
    Proof,
    Review,
    ReviewState,
    Ruling,
    Verdict,
)
from tidings.state import Store, Transaction
from tidings.state.reviews import Texts

# What came of what somebody decided: it was done, it was so already, the proof is outdated,
# somebody else has decided meanwhile, or it has come to an end.
Decided = Literal["done", "already", "outdated", "crossed", "ended"]
STATES: dict[Verdict, ReviewState] = {
    "approve": ReviewState.APPROVED,
    "hold": ReviewState.HELD,
    "skip": ReviewState.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What a cycle did for a digest: the edition that it opened, and the review that it made a
    proof of; `unapproved`: it was sent without an approval, as configured."""

    opened: Opened | None = None
    proof: Review | None = None
    unapproved: bool = False


def announce(services: Services, digest: Digest, send: Send, now: datetime) -> Step:
    """Open an edition if one is due (`due`), or could be (`now`), once those have approved it who
    are to review it; `none`: only meet the digest.

    Raises `ConfigError` and `NotPossible` for the note of an editor that cannot be followed.
    """
    with services.store.writing() as state:
        announcing.meet(state, digest, now)
        if send == "none":
            return Step()
        try:
            return _step(state, services, digest, send, now)
        except (ConfigError, NotPossible) as error:
            failed = error  # only then, so that it is known since when the digest is there
    raise failed


def _step(
    state: Transaction, services: Services, digest: Digest, send: Send, now: datetime
) -> Step:
    review = state.reviews.current(digest.slug)
    if review and _goes(digest, review, now):
        return _release(state, services, digest, review, now)
    if review and review.state is ReviewState.APPROVED:
        return Step()
    if review and digest.review is None and review.state is ReviewState.WAITING:
        state.reviews.end(review, ReviewState.DROPPED)
        review = None
    if review is None and digest.review is None:
        return _open(state, services, digest, send, now)
    return _advance(state, services, digest, review, send, now)


def _open(
    state: Transaction, services: Services, digest: Digest, send: Send, now: datetime
) -> Step:
    """Open an edition that nobody reviews, if one is due."""
    if send == "due" and not slots.due_slot(state, digest, services.settings.zone, now):
        return Step()  # a note may still be in the making
    annotated = with_note(state, services, digest)
    return Step(announcing.open_due(state, services, annotated, send, now))


def rehearse(services: Services, digest: Digest, send: Send, now: datetime) -> Opened | None:
    """Open the next edition as it would go with what is known by now, whether anybody has approved
    it or not. For a private copy of the state."""
    with services.store.writing() as state:
        announcing.meet(state, digest, now)
        review = state.reviews.current(digest.slug)
        if review and review.state is ReviewState.APPROVED:
            return _release(state, services, digest, review, now).opened
        return announcing.open_due(state, services, with_note(state, services, digest), send, now)


# --- Notes of editors -----------------------------------------------------------------------------


def with_note(state: Transaction, services: Services, digest: Digest) -> Digest:
    """The digest with the note that its next edition takes, its items by their ids.

    Raises `ConfigError` if the note cannot be read, and `NotPossible` if it names no item.
    """
    found = services.settings.notes.get(digest.called)
    if isinstance(found, Problem):
        raise ConfigError([found])
    note = _not_taken(state, digest, found) if found else None
    if note is None:
        return replace(digest, note=None)

    def named(item: str) -> str:
        try:
            return find_item(state, item).id
        except NoSuchItem as error:
            raise NotPossible(f"the note for {digest.called}: {error}") from error

    lead = named(note.lead) if note.lead else ""
    left_out = tuple(named(item) for item in note.leave_out)
    return replace(digest, note=replace(note, lead=lead, leave_out=left_out))


def _not_taken(state: Transaction, digest: Digest, note: EditorNote) -> EditorNote | None:
    """A note without the texts that an edition has taken whose files could not be put away."""
    taken = {
        (language, text.mark)
        for _, name, _, kept in state.reviews.not_put_away()
        if name == digest.called
        for language, text in kept.texts.items()
    }
    texts = {lang: each for lang, each in note.texts.items() if (lang, each.mark) not in taken}
    if not texts:
        return None
    # What is to lead, and to be left out, stands in the plain file.
    return replace(note, texts=texts) if "" in texts or "" not in note.texts else EditorNote(texts)


def put_notes_away(services: Services) -> dict[int, str]:
    """Put the files of notes that were taken beside the others; returns, by the id of the edition
    that took one, why it could not be."""
    failed: dict[int, str] = {}
    with services.store.reading() as state:
        taken = state.reviews.not_put_away()
    for edition_id, name, number, note in taken:
        marks = {language: text.mark for language, text in note.texts.items()}
        if reason := services.put_away(name, marks, number):
            failed[edition_id] = reason
            continue
        with services.store.writing() as state:
            state.reviews.put_away(edition_id)
    return failed


# --- From the first proof to the edition ----------------------------------------------------------


def _goes(digest: Digest, review: Review, now: datetime) -> bool:
    if review.state is ReviewState.APPROVED:
        return review.due_at is None or now >= review.due_at
    unasked = review.state is ReviewState.WAITING and digest.review and digest.review.send
    return bool(unasked) and review.overdue(now)


def _release(
    state: Transaction, services: Services, digest: Digest, review: Review, now: datetime
) -> Step:
    """Open the edition with what its newest proof had, but for what was retracted since."""
    contents = _standing(state, digest, review.proof.contents)
    slot = _slot_of(review)
    taken = state.editions.exists(digest.slug, review.period)
    if not contents or taken:
        state.reviews.end(review, ReviewState.DROPPED)
        if slot and not taken:
            state.editions.skip(digest.slug, review.period, now, slot)
        return Step()
    annotated = replace(digest, note=review.proof.note)
    opened = announcing.open_edition(state, services, annotated, contents, review.period, slot, now)
    state.reviews.end(review, ReviewState.SENT, opened.edition.id)
    return Step(opened, unapproved=review.state is not ReviewState.APPROVED)


def _standing(
    state: Transaction, digest: Digest, contents: Sequence[Content]
) -> tuple[Content, ...]:
    """Contents without the items that were retracted, or merged into others, since; nor those that
    the digest knows by now, since one that it had announced was merged into them."""
    ids = [each.item_id for each in contents]
    items, known = state.items.get(ids), state.editions.known(digest.slug, ids)

    def stands(each: Content) -> bool:
        item = items.get(each.item_id)
        if item is None or item.merged_into:
            return False
        if each.item_id in known and (each.had is None or known[each.item_id] >= each.revision):
            return False
        return item.retraction is None or item.revision == each.revision

    return tuple(each for each in contents if stands(each))


def _slot_of(review: Review) -> Slot | None:
    if review.slot_at is None or review.slot_day is None:
        return None
    return Slot(review.period, review.slot_at, review.slot_day)


def _advance(
    state: Transaction,
    services: Services,
    digest: Digest,
    review: Review | None,
    send: Send,
    now: datetime,
) -> Step:
    """Begin a review, or make another proof of one that nobody has approved yet."""
    zone, at_once = services.settings.zone, digest.cadence.every == "immediate"
    slot = None if send == "now" else slots.slot_to_review(state, digest, zone, now)
    if review and slot and not at_once and (not review.slot_at or slot.at > review.slot_at):
        _take_over(state, digest, review, now)
        review = None
    if review is None and digest.review is None:
        return _open(state, services, digest, send, now)
    if review is None and slot is None and send != "now":
        return Step()
    annotated = with_note(state, services, digest)
    contents = _in_order(announcing.contents_of(state, annotated))
    if review is None:
        return _begin(state, services, annotated, contents, slot, now)
    before = review.proof
    if digest.review is None or (before.contents, before.note) == (contents, annotated.note):
        return Step()
    if not contents:
        state.reviews.end(review, ReviewState.DROPPED)
        return Step()
    proof = Proof(before.number + 1, now, contents, annotated.note)
    texts = _texts(state, services, annotated, replace(review, proof=proof), now)
    state.reviews.add_proof(review.id, proof, texts)
    return Step(proof=replace(review, proof=proof))


def _in_order(contents: Sequence[Content]) -> tuple[Content, ...]:
    return tuple(sorted(contents, key=lambda each: each.item_id))


def _take_over(state: Transaction, digest: Digest, review: Review, now: datetime) -> None:
    """Let the next edition bring what nobody has approved."""
    state.reviews.end(review, ReviewState.DROPPED)
    slot = _slot_of(review)
    if slot and slot.at <= now and not state.editions.exists(digest.slug, slot.period):
        state.editions.skip(digest.slug, slot.period, now, slot)


def _begin(
    state: Transaction,
    services: Services,
    digest: Digest,
    contents: tuple[Content, ...],
    slot: Slot | None,
    now: datetime,
) -> Step:
    at_once = digest.cadence.every == "immediate"
    last = state.reviews.latest(digest.slug)
    skipped = last.proof.contents if last and last.state is ReviewState.SKIPPED else ()
    if slot and at_once and set(contents) <= set(skipped):
        return Step()  # what was skipped waits for the next news
    if not contents:
        if slot and slot.at <= now and not at_once:
            state.editions.skip(digest.slug, slot.period, now, slot)
        return Step()
    number = state.editions.next_number(digest.slug)
    timed = slot if slot and not at_once else None
    review = Review(
        id=0,
        digest=digest.slug,
        number=number,
        period=slot.period if slot else f"manual-{number}",
        slot_day=timed.day if timed else None,
        slot_at=timed.at if timed else None,
        due_at=_due(services, digest, timed, now) if timed else None,
        opened_at=now,
        state=ReviewState.WAITING,
        proof=Proof(1, now, contents, digest.note),
    )
    review = state.reviews.open(review, _texts(state, services, digest, review, now))
    return Step(proof=review)


def _due(services: Services, digest: Digest, slot: Slot, now: datetime) -> datetime:
    """When it goes: at its slot; if nobody was up by then, reviewers have as long as they would
    have had."""
    if now < slot.at or digest.review is None:
        return slot.at
    opens = schedule.review_opens(digest.review, slot, services.settings.zone)
    return now + (slot.at - opens)


def _texts(
    state: Transaction, services: Services, digest: Digest, review: Review, now: datetime
) -> Texts:
    """What the edition says in each language in which it goes to anybody, that of the digest first.
    Raises `TemplateError`."""
    people = recipients_of(state, digest, services.settings.lists, services.key)
    read_in = {each.language: each for each, _ in people if audience.gets_mail(each)}
    spoken = {language_for(services, digest, each) for each in read_in.values()}
    languages = dict.fromkeys((language_for(services, digest), *sorted(spoken)))
    contents = review.proof.contents
    owed = [Owed(each.item_id, each.revision, each.had) for each in contents]
    items = BodyCache(services).items(state, owed)
    news = announcing.new_items(state, contents)
    at = max(review.due_at or now, now)
    made = state.pictures.made()
    context = replace(site_context(services.settings), began=state.began(), pictures=made)
    found: dict[str, tuple[str, str, str]] = {}
    for language in languages:
        named = review.number, at
        line = subject_for(services, digest, named, news, language)
        edition = Edition(0, digest.slug, review.number, review.period, at, line)
        mail = compose(context, digest, edition, services.settings.topics, items)
        render, sender = services.renderer.speaking(language), services.settings.mail
        page, text = shown(mail, sender, render, language, sender.address)
        found[language] = (line, page, text)
    return found


# --- What people decide ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of what somebody decided, and the review as it is then."""

    outcome: Decided
    review: Review


def decide(
    store: Store,
    review_id: int,
    verdict: Verdict,
    by: str,
    now: datetime,
    *,
    proof: int | None = None,
    seen: int | None = None,
) -> Decision:
    """Approve, hold or skip what is to become an edition.

    `proof` is the proof that was looked at, None for the newest: nobody approves or skips what they
    have not seen. `seen` counts the decisions that were known: if there are others, nothing is
    done, so that nobody overrules somebody else unawares. Holding is always possible. Raises
    `NotPossible` for a review that there is not.
    """
    with store.writing() as state:
        review = state.reviews.get(review_id)
        if review is None:
            raise NotPossible("that review is not on record any more")
        if not review.open:
            same = review.state is STATES[verdict]
            return Decision("already" if same else "ended", review)
        if review.state is STATES[verdict]:
            return Decision("already", review)
        if verdict != "hold" and proof not in (None, review.proof.number):
            return Decision("outdated", review)
        if verdict != "hold" and seen not in (None, len(review.rulings)):
            return Decision("crossed", review)
        ruling = Ruling(verdict, by, now, review.proof.number)
        state.reviews.rule(review, ruling, STATES[verdict])
        slot = _slot_of(review)
        if verdict == "skip" and slot and not state.editions.exists(review.digest, review.period):
            state.editions.skip(review.digest, review.period, now, slot)
        after = state.reviews.get(review_id)
    return Decision("done", after or review)
