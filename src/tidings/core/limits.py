"""Decides how often strangers may ask for mail, and whom a request counts for.

A window counts what came since it began, so that it takes one row however much comes. What a limit
delays counts in the windows after it: each of them has room for as much.

A mailbox may be spelled in many ways: `+tag` is left out of what counts, on all hosts, and dots on
the hosts of one provider that documents that it ignores them
(https://support.google.com/mail/answer/7436150). Only limits go by it; who somebody is does not.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@dataclass(frozen=True, slots=True)
class Window:
    """What was counted since an instant; `most` is the limit if it was worked out for it, else 0.

    The count goes beyond the limit where that delays: the rest has its turn in later windows.
    """

    since: datetime
    count: int = 0
    most: int = 0


def at(window: Window | None, most: int, within: timedelta, now: datetime) -> Window:
    """The window as it is now: what had its turn is no longer in it. One that begins in the future
    was noted while the clock was ahead, and nobody is made to wait for it."""
    if window is None or now < window.since:
        return Window(now)
    passed = (now - window.since) // within
    count = window.count - passed * most
    if count <= 0:
        return window if passed == 0 else Window(now)
    return replace(window, since=window.since + passed * within, count=count)


def turn(window: Window, most: int, within: timedelta, now: datetime) -> datetime:
    """When what comes next has its turn: now, or in the first later window that has room."""
    later = window.count // most
    return window.since + later * within if later else now


def end(window: Window, most: int, within: timedelta) -> datetime:
    """From when on a window says nothing any more."""
    return window.since + max(1, -(-window.count // most)) * within


def mailbox(key: str) -> str:
    """The key of the mailbox that an address leads to, as far as that can be told."""
    local, at_sign, domain = key.rpartition("@")
    bare = local.partition("+")[0] or local
    if domain in _DOTLESS:
        bare, domain = bare.replace(".", "") or bare, "gmail.com"
    return f"{bare}{at_sign}{domain}"


def domain(key: str) -> str:
    """The domain of an address key."""
    return key.rpartition("@")[2]


def networks(address: str) -> tuple[str, ...]:
    """The networks that an IP address counts for: itself, or with IPv6 its /64, which everybody has
    for themselves, and its /48, which is the most that one site is given (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return (address,)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return (str(found.ipv4_mapped),)
        return (f"{found.exploded[:19]}/64", f"{found.exploded[:14]}/48")
    return (str(found),)


def name(secret: bytes, *parts: str) -> str:
    """What a window is kept under: tells whether it is the same one, not whose it is."""
    text = "\0".join(("limit", *parts)).encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]


def unwanted(secret: bytes, key: str) -> str:
    """What is kept of a mailbox that is never to be written to: tells whether it is the same, not
    which."""
    text = f"never\0{mailbox(key)}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]
