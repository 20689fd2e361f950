"""Leaving in one click, and changing one's mind (RFC 8058).

Looking changes nothing, so that programs that follow every link in a mail unsubscribe nobody; a
POST acts at once, whatever its body, without login, cookie or redirect. The answer to leaving is
the same for every token: whole or damaged, of somebody known or not.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application import choices
from tidings.core import editions
from tidings.core.languages import words_for
from tidings.core.service_pages import topic_choices
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints.web.answers import Fields, Spoken, answer, fields
from tidings.entrypoints.web.reception import Reception
from tidings.model import ALL, Digest

ACTS: dict[str, choices.Act] = {"leave": "leave", "pause": "pause", "resume": "resume"}


def routes(reception: Reception) -> list[Route]:
    """`/leave/TOKEN` and `/choices/TOKEN`."""

    async def ask_leaving(request: Request) -> Response:
        token, spoken = request.path_params["token"], _spoken(reception, request)
        return answer(await run_in_threadpool(reception.page, "leave", spoken, token=token))

    async def leave(request: Request) -> Response:
        token, spoken = request.path_params["token"], _spoken(reception, request)

        def work() -> Spoken:
            member = _member(reception, token)
            if member:
                choices.act(reception.store(), member, "leave", reception.clock.now())
            return reception.page("left", spoken, token=token)

        return answer(await run_in_threadpool(work))

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_show, reception, request, "")

    async def change(request: Request) -> Response:
        form = await fields(request)
        return await run_in_threadpool(_change, reception, request, form)

    return [
        Route("/leave/{token}", ask_leaving, methods=["GET"]),
        Route("/leave/{token}", leave, methods=["POST"]),
        Route("/choices/{token}", show, methods=["GET"]),
        Route("/choices/{token}", change, methods=["POST"]),
    ]


def _member(reception: Reception, token: str) -> Member | None:
    return Member.unpack(reception.seal.open(MEMBER, token))


def _spoken(reception: Reception, request: Request) -> str:
    """The language of the mail that a link stood in, else that of the browser: nothing is looked
    up for it, so it tells nothing of anybody."""
    member = _member(reception, request.path_params["token"])
    return reception.spoken(member.language if member else None, reception.asked(request))


def _known(reception: Reception, token: str) -> tuple[Member, Digest] | None:
    member = _member(reception, token)
    digest = reception.digest(member.digest) if member else None
    return (member, digest) if member and digest else None


def _show(reception: Reception, request: Request, done: str) -> Response:
    token, spoken = request.path_params["token"], _spoken(reception, request)
    found = _known(reception, token)
    if found is None:
        return answer(reception.page("broken", spoken), 404)
    member, digest = found
    chosen = choices.preferences(reception.store(), member)
    listed = {p.key: p for p in editions.recipients(digest, reception.settings.lists)}
    person = listed.get(member.address.casefold())
    topics = None if chosen.topics == ALL else chosen.topics
    if chosen.topics is None and person:
        topics = person.topics
    language = chosen.language or (person.language if person else None)
    page = reception.page(
        "choices",
        reception.spoken(language, spoken),
        token=token,
        digest=digest,
        address=member.address,
        state=str(chosen.state),
        topics=topic_choices(digest, reception.settings.topics, topics),
        languages=reception.languages,
        mail_language=words_for(
            reception.spoken(language, member.language, digest.language), reception.language_tags
        ),
        done=done,
    )
    return answer(page, 400 if done == "no topic" else 200)


def _change(reception: Reception, request: Request, form: Fields | None) -> Response:
    found = _known(reception, request.path_params["token"])
    if found is None or form is None:
        return answer(reception.page("broken", _spoken(reception, request)), 404)
    member, digest = found
    wanted, now = form.one("act"), reception.clock.now()
    if wanted in ACTS:
        choices.act(reception.store(), member, ACTS[wanted], now)
        return _show(reception, request, wanted)
    offered = topic_choices(digest, reception.settings.topics, None)
    ticked = tuple(each.slug for each in offered if each.slug in form.all("topics"))
    if offered and not ticked:
        return _show(reception, request, "no topic")
    language = form.one("language")
    choices.prefer(
        reception.store(),
        member,
        None if len(ticked) == len(offered) else ticked,
        language if language in reception.language_tags else None,
        now,
    )
    return _show(reception, request, "saved")
