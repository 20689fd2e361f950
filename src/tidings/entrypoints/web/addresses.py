"""What people decide about an address: where their mail goes, and where none ever goes.

Looking at a link changes nothing, its button does. What is answered before the new address has
confirmed is the same whatever is known of it; a link from before a change still leaves, but neither
shows nor changes what is chosen at the new address.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tidings.application import addresses, people, subscribe
from tidings.application.addresses import AddressRequest
from tidings.core.settings import check_recipient
from tidings.core.tokens import CHANGE, NEVER, UNDO, Member, change_of, never_of
from tidings.entrypoints.web.app_state import AppState, SiteSnapshot
from tidings.entrypoints.web.responses import Form, page_response
from tidings.model import Digest, address_key
from tidings.state.addresses import AddressChange


def routes(state: AppState) -> list[Route]:
    """The routes below `/address`, `/undo` and `/never`."""

    def route(path: str, method: str, handle: Callable[[AppState, Request], Response]) -> Route:
        return Route(path, partial(handle, state), methods=[method])

    return [
        route("/address/{token}", "GET", _show_confirm),
        route("/address/{token}", "POST", _confirm),
        route("/undo/{token}", "GET", _show_undo),
        route("/undo/{token}", "POST", _undo),
        route("/never/{token}", "GET", _show_never),
        route("/never/{token}", "POST", _never),
    ]


def _page(
    site: SiteSnapshot, language: str, step: str, status: int = 200, **context: object
) -> Response:
    given = {"digest": None, "address": "", "token": "", "state": "", "groups": False, **context}
    return page_response(site.page("address", language, step=step, **given), status)


def _token(state: AppState, change: AddressChange, address: str) -> str:
    return subscribe.link(state.store(), Member(change.digest, address, change.language))


# --- Asking ---------------------------------------------------------------------------------------


def ask(
    state: AppState, site: SiteSnapshot, member: Member, language: str, form: Form, caller: str
) -> Response | str:
    """Take note of the address in a form; returns the answer, or what is wrong with the form."""
    try:
        new = check_recipient(form.one("address"))
    except ValueError:
        return "address"
    request = AddressRequest(member, new, language)
    lists, now = site.settings.lists, state.clock.now()
    asked = addresses.ask(state.store(), request, lists, now, caller, state.key)
    if asked == "limited":
        return page_response(site.page("limited", language), 429, {"Retry-After": "3600"})
    if asked != "asked":
        return asked
    state.confirmations.wake()
    return _page(site, language, "asked", address=new, groups=bool(site.groups))


def moved(site: SiteSnapshot, language: str, token: str) -> Response:
    """The answer to a link from before a change of address."""
    return _page(site, language, "moved", token=token)


# --- Confirming and undoing -----------------------------------------------------------------------


def _group(site: SiteSnapshot, language: str, address: str) -> Response:
    return page_response(site.page("group", language, address=address), 403)


def _digest(site: SiteSnapshot, change: AddressChange) -> Digest | None:
    return site.digest(change.digest)


def _broken(site: SiteSnapshot, request: Request) -> Response:
    return page_response(site.page("broken", site.language_for(request)), 404)


def _show_confirm(state: AppState, request: Request) -> Response:
    site = state.known_site()
    change_id = change_of(state.signer.verify(CHANGE, request.path_params["token"]))
    if not change_id:
        return _broken(site, request)
    with state.store().reading() as found:
        change = addresses.pending(
            found, change_id, site.settings.lists, state.clock.now(), state.key
        )
    language = site.language_for(request, change.language if change else None)
    digest = _digest(site, change) if change else None
    if change is None or digest is None:
        return _page(site, language, "spent", 410)
    if site.is_group(change.new):
        return _group(site, language, change.new)
    return _page(site, language, "confirm", digest=digest, address=change.new)


def _confirm(state: AppState, request: Request) -> Response:
    site, store = state.known_site(), state.store()
    change_id = change_of(state.signer.verify(CHANGE, request.path_params["token"]))
    if not change_id:
        return _broken(site, request)
    settings, now = site.settings, state.clock.now()
    with store.reading() as found:
        asked = found.addresses.get(change_id)
    language = site.language_for(request, asked.language if asked else None)
    if asked and site.is_group(asked.new):
        return _group(site, language, asked.new)
    change = addresses.confirm(store, change_id, settings, now, state.key)
    digest = _digest(site, change) if change else None
    if change is None or digest is None:
        return _page(site, language, "spent", 410)
    state.confirmations.wake()
    member = Member(digest.slug, change.new, change.language)
    person, _ = subscribe.subscription(store, member, digest, settings.lists, state.key)
    return _page(
        site,
        language,
        "done",
        digest=digest,
        address=change.new,
        token=_token(state, change, change.new),
        state=str(person.state),
    )


def _show_undo(state: AppState, request: Request) -> Response:
    site = state.known_site()
    change_id = change_of(state.signer.verify(UNDO, request.path_params["token"]))
    if not change_id:
        return _broken(site, request)
    with state.store().reading() as found:
        change = addresses.undoable(found, change_id, state.clock.now())
    language = site.language_for(request, change.language if change else None)
    if change is None:
        return _page(site, language, "spent", 410)
    return _page(site, language, "undo", address=change.old)


def _undo(state: AppState, request: Request) -> Response:
    site = state.known_site()
    change_id = change_of(state.signer.verify(UNDO, request.path_params["token"]))
    if not change_id:
        return _broken(site, request)
    change = addresses.undo(state.store(), change_id, state.clock.now())
    language = site.language_for(request, change.language if change else None)
    if change is None:
        return _page(site, language, "spent", 410)
    token = _token(state, change, change.old)
    return _page(site, language, "undone", address=change.old, token=token)


# --- Never to be written to -----------------------------------------------------------------------


def _show_never(state: AppState, request: Request) -> Response:
    return _answer_never(state, request, done=False)


def _never(state: AppState, request: Request) -> Response:
    return _answer_never(state, request, done=True)


def _answer_never(state: AppState, request: Request, *, done: bool) -> Response:
    site = state.known_site()
    found = never_of(state.signer.verify(NEVER, request.path_params["token"]))
    if found is None:
        return _broken(site, request)
    link, mark, spoken = found
    member = subscribe.member_of(state.store(), link)
    address = member.address if member else ""
    language = site.language_for(request, spoken)
    if site.is_group(address):
        return _group(site, language, address)
    if done:
        key, now = address_key(address), state.clock.now()
        people.never(state.store(), key, mark, site.settings.lists, now)
    return page_response(site.page("never", language, address=address, done=done))
