"""Who is not to be written to: whose data were erased, and who said so of their mailbox.

Of either a keyed hash is kept, which tells whether an address is theirs, not which theirs is. It
stands alone, since whatever records or sends asks it.
"""

from __future__ import annotations

from datetime import datetime

from tidings.core import limits
from tidings.core.audience import pseudonym, pseudonyms_of
from tidings.model import Recipient, address_key
from tidings.state import Transaction


def erase(state: Transaction, key: str, alias: str, secret: bytes, now: datetime) -> None:
    """Erase what is known of an address and of those that its reader had before; `alias` remains of
    it. What somebody subscribed to anew at one of those is another matter."""
    for former in sorted(state.addresses.former(key)):
        if not state.choices.of(former):
            state.people.erase(former, pseudonym(secret, former), now)
    state.people.erase(key, alias, now)


def erased_since(state: Transaction, secret: bytes, address: str) -> datetime | None:
    """When an address was erased; None if it was not."""
    return state.people.erased_at(pseudonyms_of(Recipient(address), secret))


def is_erased(state: Transaction, secret: bytes, address: str) -> bool:
    """Whether an address was erased and nothing has been chosen there since: what is decided
    against mail leaves no record then, since the mark of it suffices."""
    if erased_since(state, secret, address) is None:
        return False
    return not state.choices.of(address_key(address))


def unwanted_since(state: Transaction, secret: bytes, key: str) -> datetime | None:
    """Since when a mailbox is not to be written to, whoever asks; None if it may be."""
    return state.limits.never_since(limits.unwanted(secret, key))


def wanted_again(state: Transaction, secret: bytes, key: str) -> None:
    """Let a mailbox be written to again."""
    state.limits.may_again(limits.unwanted(secret, key))
