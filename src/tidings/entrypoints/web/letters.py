"""The mails that answer a request at the form, or at the page of a reader's choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tidings.application.subscribe import link as link_of
from tidings.core.audience import first_spoken
from tidings.core.limits import unwanted
from tidings.core.mail.message import message_id
from tidings.core.mail.notices import ReaderMail, change_of_address, confirmation
from tidings.core.tokens import CHANGE, JOINING, NEVER, UNDO, Joining, Member, change, never
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.model import Digest, PendingSubscription
from tidings.state import Store
from tidings.state.addresses import AddressChange

if TYPE_CHECKING:
    from tidings.adapters.templates import Templates


def confirmation_mail(
    instance: Instance, store: Store, renderer: Templates, url: str, host: str
) -> Callable[[Digest, PendingSubscription], bytes]:
    """Makes the mail that asks for confirmation; `url` is where the service is reached, `host` what
    Message-IDs end with."""
    settings, key, sign = (
        instance.settings,
        wiring.root_secret(instance, store),
        wiring.signer(instance).sign,
    )

    def compose(digest: Digest, pending: PendingSubscription) -> bytes:
        language = first_spoken((pending.language, digest.language), renderer.languages)
        named = f"confirm/{digest.slug}/{pending.asked_at.isoformat()}"
        member = Member(digest.slug, pending.address, language)
        joining = Joining(
            digest.slug,
            asked := link_of(store, member, unconfirmed=True),
            pending.topics,
            pending.language,
            pending.asked_at,
            pending.items_in,
        )
        unasked = sign(NEVER, never(asked, unwanted(key, pending.key), language))
        asks = f"{url}confirm/{sign(JOINING, joining.packed())}"
        links = {"confirm": asks, "never": f"{url}never/{unasked}"}
        name, render = message_id(key, named, pending.key, host), renderer.speaking(language)
        mail = ReaderMail(pending.address, language, pending.asked_at, name)
        return confirmation(pending, digest, settings, links, mail, render)

    return compose


def address_mail(
    instance: Instance, store: Store, renderer: Templates, url: str, host: str
) -> Callable[[Digest, AddressChange], bytes]:
    """Makes the mails about a change of address, with what `confirmation_mail` takes."""
    settings, key, sign = (
        instance.settings,
        wiring.root_secret(instance, store),
        wiring.signer(instance).sign,
    )

    def compose(digest: Digest, asked: AddressChange) -> bytes:
        language = first_spoken((asked.language, digest.language), renderer.languages)
        to, at = (asked.old, asked.done_at) if asked.done_at else (asked.new, asked.asked_at)
        if asked.done_at:
            links = {"undo": f"{url}undo/{sign(UNDO, change(asked.id))}"}
        else:
            link = link_of(store, Member(digest.slug, to, language), unconfirmed=True)
            unasked = sign(NEVER, never(link, unwanted(key, asked.new_key), language))
            asks = f"{url}address/{sign(CHANGE, change(asked.id))}"
            links = {"confirm": asks, "never": f"{url}never/{unasked}"}
        named = message_id(key, f"address/{asked.id}/{bool(asked.done_at)}", to, host)
        mail, render = ReaderMail(to, language, at, named), renderer.speaking(language)
        return change_of_address(digest, settings, links, mail, render)

    return compose
