"""The keyed return path: each message's own envelope sender, and what an address of it tells.

Whoever delivers a message writes its envelope sender into it, and sends reports there. So a report
that carries one was written by somebody who had that message, and can speak of nothing but it. The
token in it is 32 letters and digits in lower case (base32, RFC 4648 §6), since servers may change
the case of an address: a kind, a day, a number, and a keyed checksum of these and of the message's
Message-ID, so that it fits no other message, also not in another state with the same numbers.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from hashlib import sha256

from tidings.core.settings.outgoing import TOKEN_FIELD, TOKEN_LENGTH

# How long after its day a return path tells anything: mailboxes may be read late.
VALID = timedelta(days=90)
# What clocks and time zones may differ by.
AHEAD = timedelta(days=2)
# So many different tokens in one message are looked at: one is what an honest report has.
MOST_TOKENS = 8

_TOKEN = re.compile(rf"(?<![A-Za-z0-9])[a-z2-7]{{{TOKEN_LENGTH}}}(?![A-Za-z0-9])", re.IGNORECASE)
_EPOCH = date(1970, 1, 1)
_NUMBER_BYTES = 5
_CHECKSUM_BYTES = 12


class ReturnKind(IntEnum):
    """What a message is that may come back."""

    DELIVERY = 1
    PROBE = 2
    TEST = 3


@dataclass(frozen=True, slots=True)
class ReturnToken:
    """What a token says of itself; it proves nothing before `is_genuine`."""

    kind: ReturnKind
    day: date
    number: int
    checksum: bytes


def return_path(
    pattern: str, secret: bytes, kind: ReturnKind, day: date, number: int, message_id: str
) -> str:
    """The envelope sender of a message, made of an address that has {token} in it.

    `number` is that of the delivery or the probe, `day` that of the message. The same for all
    copies of a message.
    """
    token = ReturnToken(kind, day, number, _checksum(secret, kind, day, number, message_id))
    return pattern.replace(TOKEN_FIELD, _written(token))


def tokens_in(pattern: str, message: bytes) -> Sequence[ReturnToken]:
    """The different tokens in a message, wherever addresses of this pattern stand in it; those that
    cannot be ones are left out."""
    before, _, after = (re.escape(part.encode()) for part in pattern.partition(TOKEN_FIELD))
    address = re.compile(
        before + rb"([a-z2-7]{%d})" % TOKEN_LENGTH + after + rb"(?![\w.-])", re.IGNORECASE
    )
    found = dict.fromkeys(each[1].lower() for each in address.finditer(message))
    read = (_read(token) for token in list(found)[:MOST_TOKENS])
    return tuple(token for token in read if token)


def is_genuine(token: ReturnToken, secret: bytes, message_id: str, today: date) -> bool:
    """Whether we made this token for that message, not too long ago."""
    made = _checksum(secret, token.kind, token.day, token.number, message_id)
    recent = token.day - AHEAD <= today <= token.day + VALID
    return hmac.compare_digest(made, token.checksum) and recent


def masked(text: str) -> str:
    """What a server says, for logs and lists: without a return path's token that it repeats."""
    return _TOKEN.sub(TOKEN_FIELD, text)


def _checksum(secret: bytes, kind: ReturnKind, day: date, number: int, message_id: str) -> bytes:
    text = f"return path {int(kind)} {(day - _EPOCH).days} {number} {message_id}"
    return hmac.new(secret, text.encode(), sha256).digest()[:_CHECKSUM_BYTES]


def _written(token: ReturnToken) -> str:
    days = (token.day - _EPOCH).days
    facts = bytes([token.kind]) + days.to_bytes(2) + token.number.to_bytes(_NUMBER_BYTES)
    return b32encode(facts + token.checksum).decode("ascii").lower()


def _read(text: bytes) -> ReturnToken | None:
    data = b32decode(text.upper())
    try:
        kind = ReturnKind(data[0])
    except ValueError:
        return None
    day = _EPOCH + timedelta(days=int.from_bytes(data[1:3]))
    facts_end = 3 + _NUMBER_BYTES
    return ReturnToken(kind, day, int.from_bytes(data[3:facts_end]), data[facts_end:])
