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
from tidings.core.service_pages import topic_choices
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints.web.answers import Fields, answer, fields
from tidings.entrypoints.web.reception import Reception
from tidings.model import ALL, Digest

ACTS: dict[str, choices.Act] = {"leave": "leave", "pause": "pause", "resume": "resume"}


def routes(reception: Reception) -> list[Route]:
    """`/leave/TOKEN` and `/choices/TOKEN`."""

    async def ask_leaving(request: Request) -> Response:
        token = request.path_params["token"]
        return answer(await run_in_threadpool(reception.page, "leave", token=token))

    async def leave(request: Request) -> Response:
        token = request.path_params["token"]

        def work() -> bytes:
            member = _member(reception, token)
            if member:
                choices.act(reception.store(), member, "leave", reception.clock.now())
            return reception.page("left", token=token)

        return answer(await run_in_threadpool(work))

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_show, reception, request.path_params["token"], "")

    async def change(request: Request) -> Response:
        form = await fields(request)
        return await run_in_threadpool(_change, reception, request.path_params["token"], form)

    return [
        Route("/leave/{token}", ask_leaving, methods=["GET"]),
        Route("/leave/{token}", leave, methods=["POST"]),
        Route("/choices/{token}", show, methods=["GET"]),
        Route("/choices/{token}", change, methods=["POST"]),
    ]


def _member(reception: Reception, token: str) -> Member | None:
    return Member.unpack(reception.seal.open(MEMBER, token))


def _known(reception: Reception, token: str) -> tuple[Member, Digest] | None:
    member = _member(reception, token)
    digest = reception.digest(member.digest) if member else None
    return (member, digest) if member and digest else None


def _show(reception: Reception, token: str, done: str) -> Response:
    found = _known(reception, token)
    if found is None:
        return answer(reception.page("broken"), 404)
    member, digest = found
    chosen = choices.preferences(reception.store(), member)
    listed = {p.key: p for p in editions.recipients(digest, reception.settings.lists)}
    person = listed.get(member.address.casefold())
    topics = None if chosen.topics == ALL else chosen.topics
    if chosen.topics is None and person:
        topics = person.topics
    page = reception.page(
        "choices",
        token=token,
        digest=digest,
        address=member.address,
        state=str(chosen.state),
        topics=topic_choices(digest, reception.settings.topics, topics),
        languages=reception.languages,
        language=chosen.language or (person.language if person else None) or digest.language,
        done=done,
    )
    return answer(page, 400 if done == "no topic" else 200)


def _change(reception: Reception, token: str, form: Fields | None) -> Response:
    found = _known(reception, token)
    if found is None or form is None:
        return answer(reception.page("broken"), 404)
    member, digest = found
    wanted, now = form.one("act"), reception.clock.now()
    if wanted in ACTS:
        choices.act(reception.store(), member, ACTS[wanted], now)
        return _show(reception, token, wanted)
    offered = topic_choices(digest, reception.settings.topics, None)
    ticked = tuple(each.slug for each in offered if each.slug in form.all("topics"))
    if offered and not ticked:
        return _show(reception, token, "no topic")
    language = form.one("language")
    choices.prefer(
        reception.store(),
        member,
        None if len(ticked) == len(offered) else ticked,
        language if language in reception.language_tags else None,
        now,
    )
    return _show(reception, token, "saved")
