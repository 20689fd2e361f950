"""`tidings approve`, `hold` and `skip`: what a person decides of the next edition of a digest."""

from __future__ import annotations

from typing import Annotated

import typer

from tidings.application.proofs import items_of
from tidings.application.renames import as_known
from tidings.application.review import Decision, decide
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    Json,
    console,
    count,
    digest_named,
    headline,
    local_moment,
    opened,
    print_json,
    review_json,
    row,
)
from tidings.entrypoints.cli.edit import By, login
from tidings.errors import NotPossible
from tidings.model import Digest, Item, Review, ReviewState, Verdict
from tidings.state import Store

DigestName = Annotated[str, typer.Argument(metavar="DIGEST", help="A digest that is reviewed.")]
Number = Annotated[
    int | None, typer.Option("--edition", metavar="N", min=1, help="Only if it is that number.")
]
ENDS = {
    ReviewState.SENT: "it has been sent",
    ReviewState.SKIPPED: "it was skipped, and its items go with the next one",
    ReviewState.DROPPED: "it does not go, and the next one brings what is left of it",
}


def approve(
    context: typer.Context,
    digest: DigestName,
    edition: Number = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Approve the next edition as its newest proof has it: it goes at its slot."""
    _decide(context, digest, "approve", edition, by, json=json)


def hold(
    context: typer.Context,
    digest: DigestName,
    edition: Number = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Hold the next edition until somebody approves it."""
    _decide(context, digest, "hold", edition, by, json=json)


def skip(
    context: typer.Context,
    digest: DigestName,
    edition: Number = None,
    by: By = "",
    json: Json = False,
) -> None:
    """Send nothing this time: its items go with the next edition."""
    _decide(context, digest, "skip", edition, by, json=json)


def _decide(
    context: typer.Context, name: str, verdict: Verdict, edition: int | None, by: str, *, json: bool
) -> None:
    with opened(context) as (instance, store, now):
        digest = as_known(instance.settings, digest_named(instance, name))
        review = _waiting(store, digest, edition)
        decision = decide(store, review.id, verdict, " ".join(by.split()) or login(), now)
        with store.reading() as state:
            items = items_of(state, decision.review)
    if decision.outcome == "ended":
        raise NotPossible(f"{name}, No. {review.number}: {ENDS[decision.review.state]}")
    if json:
        _print_json(name, decision)
        return
    _tell(digest, decision, items, instance)


def _waiting(store: Store, digest: Digest, edition: int | None) -> Review:
    """What waits for a decision. Raises `NotPossible` if there is nothing, or of another number."""
    with store.reading() as state:
        review = state.reviews.current(digest.slug)
        last = state.reviews.latest(digest.slug, edition)
    if review and edition in (None, review.number):
        return review
    if review:
        raise NotPossible(f"what waits of {digest.called} is No. {review.number}, not {edition}")
    if last:
        raise NotPossible(f"{digest.called}, No. {last.number}: {ENDS[last.state]}")
    if digest.review is None:
        raise NotPossible(f"nobody reviews {digest.called}: see `review` in digests.yaml")
    raise NotPossible(f"nothing of {digest.called} waits: its next proof is still to be made")


def _tell(
    digest: Digest, decision: Decision, items: tuple[Item, ...], instance: wiring.Instance
) -> None:
    review, out = decision.review, console()
    zone = instance.settings.zone
    goes = f"goes at {local_moment(review.due_at, zone)}" if review.due_at else "goes at once"
    done = {
        ReviewState.APPROVED: f"is approved, and {goes}",
        ReviewState.HELD: "is held until somebody approves it",
        ReviewState.SKIPPED: "is skipped: its items go with the next one",
    }[review.state]
    already = " already" if decision.outcome == "already" else ""
    headline(out, f"{digest.title}, No. {review.number}, {done}{already}.")
    out.print()
    row(out, "proof", f"{review.proof.number}, of {local_moment(review.proof.made_at, zone)}")
    row(out, "items", count(len(items), "item"))
    for item in items:
        row(out, "", item.title)


def _print_json(name: str, decision: Decision) -> None:
    review = decision.review
    print_json(
        {
            "digest": name,
            "number": review.number,
            "changed": decision.outcome == "done",
            **review_json(review),
        }
    )
