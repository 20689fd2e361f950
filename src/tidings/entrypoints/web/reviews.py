"""The page on which a reviewer approves, holds or skips what is to become an edition.

The link to it stands in the proof alone, is sealed, and is a reviewer's own: it says who decides.
Looking changes nothing, so that programs which follow every link in a mail decide nothing; a button
sends a form, and its POST acts. Who approves or skips must have seen the newest proof, and all that
others have decided: else the page is shown again with what is new.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application.proofs import changes_of, items_of
from tidings.application.review import decide
from tidings.core.tokens import REVIEW, Reviewer, reviewer_mark
from tidings.entrypoints.web.app_state import AppState, SiteSnapshot
from tidings.entrypoints.web.responses import Form, page_response, read_form
from tidings.model import Digest, Review, Verdict, address_key

LONGEST_NUMBER = 9  # figures
ACTS: dict[str, Verdict] = {"approve": "approve", "hold": "hold", "skip": "skip"}


class ReviewLink(NamedTuple):
    """The link of a reviewer, their address, the review that it leads to, and the language to
    answer in."""

    site: SiteSnapshot
    reviewer: Reviewer
    address: str
    review: Review
    language: str


def routes(state: AppState) -> list[Route]:
    """The routes below `/review`."""

    async def change(request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(_change, state, request, form)

    return [
        Route("/review/{token}", partial(_look, state), methods=["GET"]),
        Route("/review/{token}", change, methods=["POST"]),
    ]


def _look(state: AppState, request: Request) -> Response:
    link = _link(state, request)
    return _page(state, link) if isinstance(link, ReviewLink) else link


def _change(state: AppState, request: Request, form: Form | None) -> Response:
    link = _link(state, request)
    if not isinstance(link, ReviewLink):
        return link
    verdict = ACTS.get(form.one("act")) if form else None
    seen = form.one("seen") if form else ""
    # Whoever approves or skips says what they knew, as the page has it.
    known = seen.isascii() and seen.isdecimal() and len(seen) < LONGEST_NUMBER
    digest = link.site.digest(link.review.digest)
    if digest and not _is_asked(digest, link.address):
        return _page(state, link)
    if verdict is None or not (known or verdict == "hold"):
        return _page(state, link, "form")
    decision = decide(
        state.store(),
        link.review.id,
        verdict,
        link.address,
        state.clock.now(),
        proof=link.reviewer.proof,
        seen=int(seen) if known else None,
    )
    return _page(state, link._replace(review=decision.review), decision.outcome)


def _link(state: AppState, request: Request) -> ReviewLink | Response:
    site = state.known_site()
    reviewer = Reviewer.unpack(state.signer.verify(REVIEW, request.path_params["token"]))
    language = site.language_for(request, reviewer.language if reviewer else None)
    if reviewer is None:
        return page_response(site.page("broken", language), 404)
    with state.store().reading() as transaction:
        review = transaction.reviews.get(reviewer.review)
        proof = transaction.reviews.proof(reviewer.review, reviewer.proof)
    if review is None or proof is None or proof.made_at != reviewer.made_at:
        return page_response(site.page("missing", language), 404)
    digest = site.digest(review.digest)
    asked = digest.review.by if digest and digest.review else ()
    mailed = (name.partition(" ")[0] for name in proof.mails)
    known = {reviewer_mark(address_key(each)): each for each in (*mailed, *asked)}
    if reviewer.mark not in known:
        return page_response(site.page("missing", language), 404)
    return ReviewLink(site, reviewer, known[reviewer.mark], review, language)


def _is_asked(digest: Digest, address: str) -> bool:
    """Whether somebody still reviews a digest; where nobody does any more, those who were asked
    decide about what they were asked."""
    keys = {address_key(each) for each in digest.review.by} if digest.review else None
    return keys is None or address_key(address) in keys


def _page(state: AppState, link: ReviewLink, done: str = "") -> Response:
    site, reviewer, address, review, language = link
    digest = site.digest(review.digest)
    if digest is None:
        return page_response(site.page("gone", language, token=""), 410)
    asked = _is_asked(digest, address)
    with state.store().reading() as transaction:
        texts = transaction.reviews.texts(review.id)
        items, changed = items_of(transaction, review), changes_of(transaction, review)
    zone, now = site.settings.zone, state.clock.now()
    later = review.due_at is not None and now < review.due_at
    page = site.page(
        "review",
        language,
        digest=digest,
        review=review,
        items=items,
        changed=changed,
        texts=texts,
        due=review.due_at.astimezone(zone) if review.due_at and later else None,
        passed=review.overdue(now),
        outdated=reviewer.proof != review.proof.number,
        asked=asked,
        reviewer=address,
        seen=reviewer.proof,
        decisions=[(each, each.at.astimezone(zone)) for each in review.rulings],
        done=done,
    )
    if not asked:
        return page_response(page, 403)
    status = {"form": 400, "outdated": 409, "crossed": 409, "ended": 409}.get(done, 200)
    return page_response(page, status)
