"""What is made with the instance's key: signed links, and the pseudonyms of erased addresses.

An adapter is imported when it is first asked for, as in the wiring, which is built on this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidings.adapters.signing import Signer
    from tidings.adapters.templates import Templates
    from tidings.core.mail.message import Sender
    from tidings.core.settings import Settings
    from tidings.model import Delivery, Digest, PendingSubscription


def signer(key: bytes) -> Signer:
    """Signs values that come back by way of other people."""
    from tidings.adapters.signing import Signer

    return Signer(key)


def pseudonyms(key: bytes) -> Callable[[str], str]:
    """What stands for an address that was erased."""
    from tidings.core.audience import pseudonym

    return partial(pseudonym, key)


def links(settings: Settings, key: bytes) -> Callable[[str, Delivery], Mapping[str, str]]:
    """For every message the links of its recipient; none as long as nothing is served."""
    from tidings.core.tokens import MEMBER, Member

    url = settings.mail.service_url
    if not url:
        return lambda _digest, _delivery: {}
    sign = signer(key).sign

    def of(digest: str, to: Delivery) -> Mapping[str, str]:
        # The pages that a mail leads to speak as it does.
        token = sign(MEMBER, Member(digest, to.address, to.language).packed())
        return {"leave": f"{url}leave/{token}", "choices": f"{url}choices/{token}"}

    return of


def confirmation_mail(
    settings: Settings, key: bytes, sender: Sender, renderer: Templates, url: str
) -> Callable[[Digest, PendingSubscription], bytes]:
    """Makes the mail that asks for confirmation; `url` is where the service is reached."""
    from tidings.adapters.inlining import inline
    from tidings.core.audience import first_spoken
    from tidings.core.mail.message import message_id
    from tidings.core.mail.notices import ConfirmationRequest, confirmation
    from tidings.core.tokens import JOINING, Joining

    titles = {topic.slug: topic.title for topic in settings.topics}
    sign = signer(key).sign

    def compose(digest: Digest, pending: PendingSubscription) -> bytes:
        language = first_spoken((pending.language, digest.language), renderer.languages)
        named = f"confirm/{digest.slug}/{pending.asked_at.isoformat()}"
        joining = Joining(
            digest.slug, pending.address, pending.topics, pending.language, pending.asked_at
        )
        question = ConfirmationRequest(
            digest,
            pending.address,
            tuple(titles[slug] for slug in pending.topics or () if slug in titles),
            f"{url}confirm/{sign(JOINING, joining.packed())}",
            message_id(key, named, pending.key, settings.site.domain),
            pending.asked_at,
            language,
        )
        render = renderer.speaking(language)
        return confirmation(question, settings.site, sender, render, inline)

    return compose
