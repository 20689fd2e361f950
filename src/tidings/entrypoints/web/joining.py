"""Subscribing by double opt-in: a form, a mail, a button.

Whatever address is given, the answer is the same and takes the same work; the mail is sent later,
by a thread of its own. Looking at the link in it confirms nothing, its button does.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application import choices, subscribing
from tidings.application.limits import network
from tidings.core import tokens
from tidings.core.languages import words_for
from tidings.core.pages.site import topic_choices
from tidings.core.settings.addresses import check_recipient
from tidings.core.tokens import FORM, JOINING, Joining, Member
from tidings.entrypoints.web import refusals
from tidings.entrypoints.web.answers import Fields, answer, fields
from tidings.entrypoints.web.reception import Reception
from tidings.model import Digest


def routes(reception: Reception) -> list[Route]:
    """`/subscribe`, `/subscribe/DIGEST` and `/confirm/TOKEN`."""

    async def overview(request: Request) -> Response:
        spoken = reception.spoken(reception.asked(request))
        return answer(
            await run_in_threadpool(reception.page, "digests", spoken, digests=reception.open)
        )

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_form, reception, request)

    async def ask(request: Request) -> Response:
        form = await fields(request)
        return await run_in_threadpool(_ask, reception, request, form)

    async def look(request: Request) -> Response:
        return await run_in_threadpool(_look, reception, request)

    async def confirm(request: Request) -> Response:
        return await run_in_threadpool(_confirm, reception, request)

    return [
        Route("/subscribe", overview, methods=["GET"]),
        Route("/subscribe/{digest}", show, methods=["GET"]),
        Route("/subscribe/{digest}", ask, methods=["POST"]),
        Route("/confirm/{token}", look, methods=["GET"]),
        Route("/confirm/{token}", confirm, methods=["POST"]),
    ]


def _form(
    reception: Reception, request: Request, wrong: str = "", said: Fields | None = None
) -> Response:
    slug, spoken = request.path_params["digest"], reception.spoken(reception.asked(request))
    digest = reception.open_digest(slug)
    if digest is None:
        return answer(reception.missing(spoken), 404)
    chosen = said.all("topics") if said else None
    page = reception.page(
        "subscribe",
        spoken,
        digest=digest,
        topics=topic_choices(digest, reception.settings.topics, chosen),
        languages=reception.languages,
        mail_language=words_for(
            (said.one("language") if said else "") or reception.asked(request) or digest.language,
            reception.language_tags,
        ),
        address=said.one("address") if said else "",
        seal=reception.seal.close(FORM, tokens.form(slug, reception.clock.now())),
        wrong=wrong,
        links=reception.settings.mail.service_url is not None,
    )
    return answer(page, 400 if wrong else 200)


def _ask(reception: Reception, request: Request, form: Fields | None) -> Response:
    slug, spoken = request.path_params["digest"], reception.spoken(reception.asked(request))
    digest, now = reception.open_digest(slug), reception.clock.now()
    if digest is None:
        return answer(reception.missing(spoken), 404)
    if form is None:
        return _form(reception, request, "form")
    if request.headers.get("sec-fetch-site", "same-origin") == "cross-site" or not tokens.is_form(
        reception.seal.open(FORM, form.one("form")), slug, now
    ):
        return _form(reception, request, "form", form)
    try:
        address = check_recipient(form.one("address"))
    except ValueError:
        return _form(reception, request, "address", form)
    offered = topic_choices(digest, reception.settings.topics, None)
    ticked = tuple(each.slug for each in offered if each.slug in form.all("topics"))
    if offered and not ticked:
        return _form(reception, request, "topics", form)
    caller = network(request.client.host if request.client else "")
    if not (reception.per_caller.allows(caller, now) and reception.per_digest.allows(slug, now)):
        return answer(reception.page("limited", spoken), 429, {"Retry-After": "3600"})
    # Nobody sees that field; whoever fills it in fills in everything.
    if form.one("website"):
        return _form(reception, request, "form", form)
    language = form.one("language")
    wish = subscribing.Wish(
        slug,
        address,
        None if len(ticked) == len(offered) else ticked,
        language if language in reception.language_tags else None,
    )
    if not subscribing.ask(reception.store(), wish, now):
        return answer(reception.page("later", spoken), 503, {"Retry-After": "120"})
    reception.postman.ring()
    # The same for all addresses, so that nobody learns which of them several people read.
    page = reception.page(
        "asked", spoken, digest=digest, address=address, groups=reception.has_groups
    )
    return answer(page)


def _opened(reception: Reception, request: Request) -> tuple[Joining, Digest, str] | Response:
    """What was asked for, of which digest, and the language to answer in; or the answer why the
    link is not obeyed."""
    joining = Joining.unpack(reception.seal.open(JOINING, request.path_params["token"]))
    spoken = reception.spoken(joining.language if joining else None, reception.asked(request))
    if joining is None:
        return refusals.broken(reception, spoken)
    if reception.is_group(joining.address):
        return refusals.for_a_group(reception, spoken, joining.address)
    digest = reception.digest(joining.digest)
    return (joining, digest, spoken) if digest else refusals.gone(reception, spoken)


def _look(reception: Reception, request: Request) -> Response:
    found = _opened(reception, request)
    if isinstance(found, Response):
        return found
    joining, digest, spoken = found
    if joining.expired(reception.clock.now()):
        return answer(reception.page("spent", spoken, digest=digest), 410)
    return answer(reception.page("confirm", spoken, digest=digest, address=joining.address))


def _confirm(reception: Reception, request: Request) -> Response:
    found = _opened(reception, request)
    if isinstance(found, Response):
        return found
    joining, digest, spoken = found
    if subscribing.confirm(reception.store(), joining, reception.clock.now()) != "joined":
        return answer(reception.page("spent", spoken, digest=digest), 410)
    member = Member(joining.digest, joining.address, joining.language)
    sealed = reception.seal.close(tokens.MEMBER, member.packed())
    _, withheld = choices.stands(
        reception.store(), member, digest, reception.settings.lists, reception.pseudonym
    )
    page = reception.page(
        "confirmed",
        spoken,
        digest=digest,
        address=joining.address,
        token=sealed,
        withheld=withheld,
        links=reception.settings.mail.service_url is not None,
    )
    return answer(page)
