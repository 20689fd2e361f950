"""What verbs that only try something out share: the instance, the present, whom they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidings.entrypoints.cli.exits import usage

if TYPE_CHECKING:
    from tidings.application.ports import Clock
    from tidings.entrypoints.wiring import Instance
    from tidings.model import Digest, Recipient


def clock_of(instance: Instance) -> Clock:
    """The present, or the instant that SOURCE_DATE_EPOCH names."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli.run import fixed_instant

    return wiring.clock(fixed_instant("", instance.settings.zone))


def digest_named(instance: Instance, slug: str) -> Digest:
    """The digest of that name; a wrong name is a usage error, with what comes near."""
    from tidings.core.settings import suggestion

    found = {digest.slug: digest for digest in instance.settings.digests}
    if slug not in found:
        raise usage(_with_hint(f"there is no digest {slug!r}", suggestion(slug, found)))
    return found[slug]


def recipient_of(instance: Instance, digest: Digest, address: str) -> Recipient:
    """Whoever has that address on the digest's lists; else a usage error, with who comes near."""
    from tidings.core.audience import recipients
    from tidings.core.settings import suggestion

    found = {person.key: person for person in recipients(digest, instance.settings.lists)}
    key = address.casefold()
    if key not in found:
        told = f"{address} is on no list of the digest {digest.slug}"
        raise usage(_with_hint(told, suggestion(key, found)))
    return found[key]


def address(written: str) -> str:
    """An address that mail can go to; else a usage error."""
    from tidings.core.settings import InvalidValue, check_recipient

    try:
        return check_recipient(written)
    except InvalidValue as error:
        raise usage(_with_hint(f"{written!r}: {error.message}", error.hint)) from None


def _with_hint(told: str, hint: str) -> str:
    return f"{told} ({hint})" if hint else told
