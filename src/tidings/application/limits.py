"""Counts what strangers ask for, in the state: each request takes the same few rows, however much
has been asked for before it.

A network that asks too often is refused. What many ask for at once, of one digest or at one domain,
is never refused: its mails go out later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tidings.core import limits
from tidings.core.tokens import CONFIRM_WITHIN
from tidings.state import Store, Transaction

HOUR = timedelta(hours=1)
# Requests an hour from one network, enough for an office; and from a /48, which may be a site of
# one household or a part of a mobile network.
PER_NETWORK = 20
PER_SITE = 25
# Confirmation mails an hour for one digest, and to one domain at least, or to a tenth of those who
# get mail there.
PER_DIGEST = 500
PER_DOMAIN = 50
SHARE_OF_DOMAIN = 10
# So many rows are forgotten in one transaction.
SOME = 1_000


def is_refused(state: Transaction, secret: bytes, caller: str, now: datetime) -> bool:
    """Whether a network has asked too often of late."""
    return any(
        limits.at(state.limits.window(name), most, HOUR, now).count >= most
        for name, most in _networks(secret, caller)
    )


def count(state: Transaction, secret: bytes, caller: str, now: datetime) -> bool:
    """Count a request from an IP address; False if its network has asked too often."""
    if is_refused(state, secret, caller, now):
        return False
    for name, most in _networks(secret, caller):
        _take(state, name, most, HOUR, now)
    return True


def _networks(secret: bytes, caller: str) -> list[tuple[str, int]]:
    return [
        (limits.name(secret, "network", network), PER_SITE if wide else PER_NETWORK)
        for wide, network in enumerate(limits.networks(caller))
    ]


def within(state: Transaction, name: str, most: int, span: timedelta, now: datetime) -> bool:
    """Count one more of what there may be `most` of in a span of time; False if there is."""
    if limits.at(state.limits.window(name), most, span, now).count >= most:
        return False
    _take(state, name, most, span, now)
    return True


def due(state: Transaction, secret: bytes, digest: str, key: str, now: datetime) -> datetime:
    """Count a mail that is asked for; returns when it may go out."""
    domain = limits.domain(key)
    of_digest = limits.name(secret, "digest", digest)
    of_domain = limits.name(secret, "domain", domain)
    return max(
        _take(state, of_digest, PER_DIGEST, HOUR, now),
        _take(state, of_domain, _most_at(state, of_domain, domain, now), HOUR, now),
    )


def _most_at(state: Transaction, name: str, domain: str, now: datetime) -> int:
    """How many mails a domain gets an hour. Its readers are counted once in a window, and only if
    there are many requests: that takes longer, the more readers there are."""
    window = state.limits.window(name)
    if window and window.most:
        return window.most
    if limits.at(window, PER_DOMAIN, HOUR, now).count < PER_DOMAIN:
        return PER_DOMAIN
    most = max(PER_DOMAIN, state.choices.joined_at(domain) // SHARE_OF_DOMAIN)
    here = replace(limits.at(window, PER_DOMAIN, HOUR, now), most=most)
    state.limits.keep(name, here, limits.end(here, most, HOUR))
    return most


def _take(state: Transaction, name: str, most: int, span: timedelta, now: datetime) -> datetime:
    """Count one more under a name; returns when it has its turn."""
    window = limits.at(state.limits.window(name), most, span, now)
    turn = limits.turn(window, most, span, now)
    window = replace(window, count=window.count + 1)
    state.limits.keep(name, window, limits.end(window, most, span))
    return turn


def forget(store: Store, now: datetime) -> None:
    """Forget requests whose link works no more, and limits that have ended; some at a time, so that
    nobody waits for it."""
    old = now - CONFIRM_WITHIN
    with store.reading() as state:
        wishes, windows = state.choices.any_older(old), state.limits.any_ended(now)
    while wishes:
        with store.writing() as state:
            wishes = state.choices.forget_wishes(old, SOME) == SOME
    while windows:
        with store.writing() as state:
            windows = state.limits.forget(now, SOME) == SOME
