"""Leaving in one click, and changing one's mind (RFC 8058).

Looking changes nothing, so that programs that follow every link in a mail unsubscribe nobody; a
POST acts at once, whatever its body, without login, cookie or redirect. A seal that opens is
obeyed, whether its address is known or not and also when its digest is gone, and the answer is the
same; but an address that several people read is not taken off by one of them. A seal that does not
open tells nothing of anybody, so that its answer can say what is true: nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application import choices
from tidings.core.languages import words_for
from tidings.core.pages.site import topic_choices
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints.web import refusals
from tidings.entrypoints.web.answers import Fields, answer, fields
from tidings.entrypoints.web.reception import Reception
from tidings.model import Digest

ACTS: dict[str, choices.Act] = {"leave": "leave", "pause": "pause", "resume": "resume"}
# What the page of choices says of a form that it did not take.
UNTAKEN = ("no topic", "form")


class Link(NamedTuple):
    """A link that was opened: whom it was made for, and the language to answer in. `digest` is None
    if it is no more."""

    token: str
    member: Member
    digest: Digest | None
    spoken: str


def routes(reception: Reception) -> list[Route]:
    """`/leave/TOKEN` and `/choices/TOKEN`."""

    def answered(request: Request, then: Callable[[Link], Response]) -> Response:
        found = _opened(reception, request)
        return then(found) if isinstance(found, Link) else found

    async def ask_leaving(request: Request) -> Response:
        return await run_in_threadpool(answered, request, lambda link: _ask(reception, link))

    async def leave(request: Request) -> Response:
        return await run_in_threadpool(answered, request, lambda link: _leave(reception, link))

    async def show(request: Request) -> Response:
        return await run_in_threadpool(answered, request, lambda link: _show(reception, link))

    async def change(request: Request) -> Response:
        form = await fields(request)
        return await run_in_threadpool(
            answered, request, lambda link: _change(reception, link, form)
        )

    return [
        Route("/leave/{token}", ask_leaving, methods=["GET"]),
        Route("/leave/{token}", leave, methods=["POST"]),
        Route("/choices/{token}", show, methods=["GET"]),
        Route("/choices/{token}", change, methods=["POST"]),
    ]


def _opened(reception: Reception, request: Request) -> Link | Response:
    """The link, or the answer why it is not obeyed; in the language of the mail that it stood in,
    else that of the browser: nothing is looked up for it, so it tells nothing of anybody."""
    token = request.path_params["token"]
    member = Member.unpack(reception.seal.open(MEMBER, token))
    spoken = reception.spoken(member.language if member else None, reception.asked(request))
    if member is None:
        return refusals.broken(reception, spoken)
    if reception.is_group(member.address):
        return refusals.for_a_group(reception, spoken, member.address)
    return Link(token, member, reception.digest(member.digest), spoken)


def _ask(reception: Reception, link: Link) -> Response:
    return answer(reception.page("leave", link.spoken, token=link.token, digest=link.digest))


def _leave(reception: Reception, link: Link) -> Response:
    choices.act(reception.store(), link.member, "leave", reception.clock.now())
    return answer(reception.page("left", link.spoken, token=link.token, digest=link.digest))


def _show(reception: Reception, link: Link, done: str = "") -> Response:
    token, member, digest, spoken = link
    if digest is None:
        return refusals.gone(reception, spoken, token)
    person, withheld = choices.stands(
        reception.store(), member, digest, reception.settings.lists, reception.pseudonym
    )
    page = reception.page(
        "choices",
        reception.spoken(person.language, spoken),
        token=token,
        digest=digest,
        address=member.address,
        state=str(person.state),
        withheld=withheld,
        topics=topic_choices(digest, reception.settings.topics, person.topics),
        languages=reception.languages,
        mail_language=words_for(
            reception.spoken(person.language, member.language, digest.language),
            reception.language_tags,
        ),
        done=done,
    )
    return answer(page, 400 if done in UNTAKEN else 200)


def _change(reception: Reception, link: Link, form: Fields | None) -> Response:
    digest, now = link.digest, reception.clock.now()
    if form is None:
        return _show(reception, link, "form")
    wanted = form.one("act")
    if digest is None:
        return _leave(reception, link) if wanted == "leave" else _show(reception, link)
    if wanted in ACTS:
        choices.act(reception.store(), link.member, ACTS[wanted], now)
        return _show(reception, link, wanted)
    offered = topic_choices(digest, reception.settings.topics, None)
    ticked = tuple(each.slug for each in offered if each.slug in form.all("topics"))
    if offered and not ticked:
        return _show(reception, link, "no topic")
    language = form.one("language")
    choices.prefer(
        reception.store(),
        link.member,
        None if len(ticked) == len(offered) else ticked,
        language if language in reception.language_tags else None,
        now,
    )
    return _show(reception, link, "saved")
