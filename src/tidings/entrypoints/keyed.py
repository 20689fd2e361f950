"""What is made with the instance's key: links that nobody else can make, and marks of the erased.

An adapter is imported when it is first asked for, as in the wiring, which is built on this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tidings.adapters.templates import Templates
    from tidings.application.ports import Seal
    from tidings.application.subscribing import Confirming
    from tidings.core.messages import Sender
    from tidings.core.settings import Settings
    from tidings.model import Delivery, Digest, PendingSubscription


def seal(key: bytes) -> Seal:
    """What closes values that come back by way of other people."""
    from tidings.adapters.seal import Seal

    return Seal(key)


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
    close = seal(key).close

    def of(digest: str, to: Delivery) -> Mapping[str, str]:
        # The pages that a mail leads to speak as it does.
        token = close(MEMBER, Member(digest, to.address, to.language).packed())
        return {"leave": f"{url}leave/{token}", "choices": f"{url}choices/{token}"}

    return of


def confirming(
    settings: Settings, key: bytes, sender: Sender, renderer: Templates, url: str
) -> Confirming:
    """How mails that ask for confirmation are made; `url` is where the service is reached."""
    from tidings.adapters.inlining import inline
    from tidings.application.subscribing import Confirming
    from tidings.core.audience import group_addresses
    from tidings.core.confirmation import Question, confirmation
    from tidings.core.languages import first_spoken
    from tidings.core.messages import message_id

    domain = urlsplit(settings.site.url).hostname or "localhost"
    titles = {topic.slug: topic.title for topic in settings.topics}

    def compose(digest: Digest, wish: PendingSubscription, link: str) -> bytes:
        language = first_spoken((wish.language, digest.language), renderer.languages)
        named = f"confirm/{digest.slug}/{wish.asked_at.isoformat()}"
        question = Question(
            digest,
            wish.address,
            tuple(titles[slug] for slug in wish.topics or () if slug in titles),
            link,
            message_id(key, named, wish.key, domain),
            wish.asked_at,
            language,
        )
        render = renderer.speaking(language)
        return confirmation(question, settings.site, sender, render, inline)

    groups = group_addresses(settings.lists)
    return Confirming(settings.digests, seal(key), f"{url}confirm/", compose, sender, groups)
