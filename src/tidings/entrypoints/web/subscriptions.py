"""Subscribing by double opt-in, unsubscribing in one click, and changing a subscription.

Subscribing takes a form, a mail and a button. Whatever address is given, the answer is the same and
takes the same work; the mail is sent later by a thread. Looking at the link in it confirms nothing,
its button does.

Unsubscribing (RFC 8058): looking changes nothing, so that programs that follow every link in a mail
unsubscribe nobody; a POST acts at once, whatever its body, without login, cookie or redirect. A
link with a valid signature is obeyed, whether its address is known or not and also when its digest
is gone, and the answer is the same; but an address that several people read is not taken off by one
of them. An invalid signature says nothing of anybody, so the answer can say that nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application import subscribe
from tidings.application.announce import missed
from tidings.core import tokens
from tidings.core.audience import words_for
from tidings.core.pages.site import topic_choices
from tidings.core.settings import check_recipient
from tidings.core.tokens import FORM, JOINING, MEMBER, Joining, Member, is_link
from tidings.entrypoints.web.app_state import AppState, SiteSnapshot
from tidings.entrypoints.web.responses import Form, page_response, read_form
from tidings.model import Digest, RecipientState

ACTS: dict[str, subscribe.Act] = {"leave": "leave", "pause": "pause", "resume": "resume"}
# What the page of choices says of a form that was not taken.
NOT_TAKEN = ("no topic", "form")


def routes(state: AppState) -> list[Route]:
    """The routes below `/subscribe`, `/privacy`, `/confirm`, `/leave` and `/choices`."""

    def joining(handle: Callable[[AppState, JoiningLink], Response]) -> Callable[..., Response]:
        return partial(_with_joining, state, handle)

    def member(handle: Callable[[AppState, MemberLink], Response]) -> Callable[..., Response]:
        return partial(_with_member, state, handle)

    async def ask(request: Request) -> Response:
        return await run_in_threadpool(_ask, state, request, await read_form(request))

    async def change(request: Request) -> Response:
        handle = partial(_change, form=await read_form(request))
        return await run_in_threadpool(_with_member, state, handle, request)

    return [
        Route("/subscribe", partial(_digests, state), methods=["GET"]),
        Route("/subscribe/{digest}", partial(_form, state), methods=["GET"]),
        Route("/subscribe/{digest}", ask, methods=["POST"]),
        Route("/privacy", partial(_privacy, state), methods=["GET"]),
        Route("/confirm/{token}", joining(_show_confirm), methods=["GET"]),
        Route("/confirm/{token}", joining(_confirm), methods=["POST"]),
        Route("/leave/{token}", member(_show_leave), methods=["GET"]),
        Route("/leave/{token}", member(_leave), methods=["POST"]),
        Route("/choices/{token}", member(_choices), methods=["GET"]),
        Route("/choices/{token}", change, methods=["POST"]),
    ]


def _digests(state: AppState, request: Request) -> Response:
    site = state.site
    # Of a topic that somebody came from, the digests that bring it, and the form with it ticked.
    topic = request.query_params.get("topic", "")
    with_it = tuple(digest for digest in site.open if _asked_for(site, digest, request))
    page = site.page(
        "digests",
        site.language_for(request),
        digests=with_it or site.open,
        topic=topic if with_it else "",
    )
    return page_response(page)


def _privacy(state: AppState, request: Request) -> Response:
    site = state.site
    kept = site.settings.privacy.keep
    return page_response(site.page("privacy", site.language_for(request), kept=kept))


def _open_digest(site: SiteSnapshot, request: Request) -> Digest | None:
    digest = site.digest(request.path_params["digest"])
    return digest if digest and digest.subscribe else None


def _language(site: SiteSnapshot, request: Request, digest: Digest | None) -> str:
    """What a form speaks: the browser's language, else the digest's, else the site's."""
    return site.language(site.browser_language(request), digest.language if digest else None)


def _form(state: AppState, request: Request, wrong: str = "", form: Form | None = None) -> Response:
    """The form to subscribe with; `wrong` is what was wrong with the one that was sent."""
    site = state.site
    digest = _open_digest(site, request)
    language = _language(site, request, digest)
    if digest is None:
        return page_response(site.page("missing", language), 404)
    wanted = form.one("language") if form else ""
    signature = state.signer.sign(FORM, tokens.form(digest.slug, state.clock.now()))
    chosen = form.all("topics") if form else _asked_for(site, digest, request)
    page = site.page(
        "subscribe",
        language,
        digest=digest,
        topics=topic_choices(digest, site.settings.topics, chosen),
        languages=site.language_choices,
        mail_language=words_for(
            wanted or site.browser_language(request) or digest.language, site.templates.languages
        ),
        address=form.one("address") if form else "",
        signature=signature,
        seal=signature,  # the old name, for templates of instances
        wrong=wrong,
        links=site.settings.mail.service_url is not None,
        privacy=site.settings.privacy.url or f"{urlsplit(site.url).path}privacy",
    )
    return page_response(page, 400 if wrong else 200)


def _asked_for(site: SiteSnapshot, digest: Digest, request: Request) -> tuple[str, ...] | None:
    """The topics of a digest that a link asks for, as `?topic=SLUG` on the page of a topic does; by
    an old slug, too, since pages may be older. None, which is all of them, if it names none."""
    named = {*request.query_params.getlist("topic")}
    meant = {t.slug for t in site.settings.topics if named & {t.slug, *t.was}}
    return tuple(slug for slug in _offered(site, digest) if slug in meant) or None


def _ask(state: AppState, request: Request, form: Form | None) -> Response:
    site, now = state.known_site(), state.clock.now()
    digest = _open_digest(site, request)
    language = _language(site, request, digest)
    if digest is None:
        return page_response(site.page("missing", language), 404)
    if form is None:
        return _form(state, request, "form")
    cross_site = request.headers.get("sec-fetch-site", "same-origin") == "cross-site"
    made_for = state.signer.verify(FORM, form.one("form"))
    if cross_site or not tokens.is_form(made_for, digest.slug, now):
        return _form(state, request, "form", form)
    try:
        address = check_recipient(form.one("address"))
    except ValueError:
        return _form(state, request, "address", form)
    offered, ticked = _topics(site, digest, form)
    if offered and not ticked:
        return _form(state, request, "topics", form)
    caller = subscribe.network(request.client.host if request.client else "")
    if not (state.per_network.allows(caller, now) and state.per_digest.allows(digest.slug, now)):
        return page_response(site.page("limited", language), 429, {"Retry-After": "3600"})
    # Nobody sees that field; whoever fills it in fills in everything.
    if form.one("website"):
        return _form(state, request, "form", form)
    asked = subscribe.SubscriptionRequest(
        digest.slug,
        address,
        None if len(ticked) == len(offered) else ticked,
        _mail_language(site, form),
    )
    if not subscribe.ask(state.store(), asked, now):
        return page_response(site.page("later", language), 503, {"Retry-After": "120"})
    state.confirmations.wake()
    # The same for all addresses, so that nobody learns which of them several people read.
    groups = bool(site.groups)
    return page_response(
        site.page("asked", language, digest=digest, address=address, groups=groups)
    )


def _topics(
    site: SiteSnapshot, digest: Digest, form: Form
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The slugs of the topics that a digest offers, and of those that are ticked in a form."""
    offered = _offered(site, digest)
    chosen = form.all("topics")
    return offered, tuple(slug for slug in offered if slug in chosen)


def _offered(site: SiteSnapshot, digest: Digest) -> tuple[str, ...]:
    return tuple(each.slug for each in topic_choices(digest, site.settings.topics, None))


def _mail_language(site: SiteSnapshot, form: Form) -> str | None:
    language = form.one("language")
    return language if language in site.templates.languages else None


# --- Links in mails -------------------------------------------------------------------------------


class JoiningLink(NamedTuple):
    """The link of a confirmation mail, and the language to answer in."""

    site: SiteSnapshot
    joining: Joining
    digest: Digest
    language: str


class MemberLink(NamedTuple):
    """The link of somebody who gets a digest, and the language to answer in.

    The language is that of the mail, else the browser's: nothing is looked up for it, so it says
    nothing of anybody. `digest` is None if it is no more.
    """

    site: SiteSnapshot
    token: str
    member: Member
    digest: Digest | None
    language: str


def _with_joining(
    state: AppState, handle: Callable[[AppState, JoiningLink], Response], request: Request
) -> Response:
    site = state.known_site()
    joining = Joining.unpack(state.signer.verify(JOINING, request.path_params["token"]))
    language = site.language_for(request, joining.language if joining else None)
    if joining is None:
        return _broken(site, language)
    if is_link(joining.address):
        known = subscribe.member_of(state.store(), joining.address)
        joining = replace(joining, address=known.address if known else "")
    if site.is_group(joining.address):
        return _for_a_group(site, language, joining.address)
    digest = site.digest(joining.digest)
    if digest is None:
        return _gone(site, language)
    moved = {old: topic.slug for topic in site.settings.topics for old in topic.was}
    topics = joining.topics and tuple(dict.fromkeys(moved.get(s, s) for s in joining.topics))
    joining = replace(joining, digest=digest.slug, topics=topics)
    if not joining.address:  # forgotten with the request, or erased since
        return _spent(JoiningLink(site, joining, digest, language))
    return handle(state, JoiningLink(site, joining, digest, language))


def _with_member(
    state: AppState, handle: Callable[[AppState, MemberLink], Response], request: Request
) -> Response:
    site, token = state.known_site(), request.path_params["token"]
    if is_link(token):
        member = subscribe.member_of(state.store(), token)
    else:
        member = Member.unpack(state.signer.verify(MEMBER, token))
    language = site.language_for(request, member.language if member else None)
    if member is None:
        return _broken(site, language)
    if not member.address:  # erased: nothing is sent there, whatever is chosen
        return page_response(site.page("left", language, token=token, digest=None))
    if site.is_group(member.address):
        return _for_a_group(site, language, member.address)
    digest = site.digest(member.digest)
    if digest:
        member = replace(member, digest=digest.slug)
    return handle(state, MemberLink(site, token, member, digest, language))


def _broken(site: SiteSnapshot, language: str) -> Response:
    """It is no link of ours: it was cut short, or signed with a key that is no more."""
    return page_response(site.page("broken", language), 404)


def _for_a_group(site: SiteSnapshot, language: str, address: str) -> Response:
    """Several people read that address, and none of them decides for the others."""
    return page_response(site.page("group", language, address=address), 403)


def _gone(site: SiteSnapshot, language: str, token: str = "") -> Response:
    """The digest is no more; with the `token` of a member, leaving is offered all the same."""
    return page_response(site.page("gone", language, token=token), 410)


def _spent(link: JoiningLink) -> Response:
    return page_response(link.site.page("spent", link.language, digest=link.digest), 410)


def _show_confirm(state: AppState, link: JoiningLink) -> Response:
    site, joining, digest, language = link
    if joining.expired(state.clock.now()):
        return _spent(link)
    return page_response(site.page("confirm", language, digest=digest, address=joining.address))


def _confirm(state: AppState, link: JoiningLink) -> Response:
    site, joining, digest, language = link
    if subscribe.confirm(state.store(), joining, state.clock.now()) != "joined":
        return _spent(link)
    member = Member(joining.digest, joining.address, joining.language)
    _, withheld = subscribe.subscription(
        state.store(), member, digest, site.settings.lists, state.key
    )
    page = site.page(
        "confirmed",
        language,
        digest=digest,
        address=joining.address,
        token=subscribe.link(state.store(), member),
        withheld=withheld,
        links=site.settings.mail.service_url is not None,
    )
    return page_response(page)


def _show_leave(_state: AppState, link: MemberLink) -> Response:
    page = link.site.page("leave", link.language, token=link.token, digest=link.digest)
    return page_response(page)


def _leave(state: AppState, link: MemberLink) -> Response:
    subscribe.act(state.store(), link.member, "leave", state.clock.now())
    page = link.site.page("left", link.language, token=link.token, digest=link.digest)
    return page_response(page)


def _choices(state: AppState, link: MemberLink, done: str = "") -> Response:
    """The page of somebody's choices; `done` is what was done before it is shown."""
    site, token, member, digest, language = link
    if digest is None:
        return _gone(site, language, token)
    person, withheld = subscribe.subscription(
        state.store(), member, digest, site.settings.lists, state.key
    )
    # After leaving, and where no list has them, they start with what is new.
    older = person.state not in (RecipientState.LEFT, RecipientState.PENDING) and not withheld
    page = site.page(
        "choices",
        site.language(person.language, language),
        token=token,
        digest=digest,
        address=member.address,
        state=str(person.state),
        withheld=withheld,
        missed=missed(state.store(), digest, person, state.clock.now()) if older else 0,
        topics=topic_choices(digest, site.settings.topics, person.topics),
        languages=site.language_choices,
        mail_language=words_for(
            site.language(person.language, member.language, digest.language),
            site.templates.languages,
        ),
        done=done,
    )
    return page_response(page, 400 if done in NOT_TAKEN else 200)


def _change(state: AppState, link: MemberLink, form: Form | None) -> Response:
    if form is None:
        return _choices(state, link, "form")
    act = form.one("act")
    if link.digest is None:
        return _leave(state, link) if act == "leave" else _choices(state, link)
    now = state.clock.now()
    if act in ACTS:
        subscribe.act(state.store(), link.member, ACTS[act], now)
        return _choices(state, link, act)
    offered, ticked = _topics(link.site, link.digest, form)
    if offered and not ticked:
        return _choices(state, link, "no topic")
    topics = None if len(ticked) == len(offered) else ticked
    subscribe.prefer(state.store(), link.member, topics, _mail_language(link.site, form), now)
    return _choices(state, link, "saved")
