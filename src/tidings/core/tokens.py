"""What the links in mails and the forms on pages stand for.

A link to somebody's choices is 128 random bits that the state keeps with person and digest
(`is_link`). Those of versions before were signed values, and go on opening: `packed()` gives plain
values to sign, `unpack` reads those of a valid signature; None for anything that was not packed so.
None of them says whether an address is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MEMBER = "member"
JOINING = "joining"
FORM = "form"

# How long the link of a confirmation mail works, and how long a form may lie open.
CONFIRM_WITHIN = timedelta(days=3)
FORM_WITHIN = timedelta(hours=12)

_LINK = re.compile(r"[0-9a-f]{32}")
_LATEST = 2**33  # seconds since 1970: what is beyond is no instant


def is_link(token: str) -> bool:
    """Whether that has the form of a link that the state keeps, and of nothing that is signed."""
    return _LINK.fullmatch(token) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """What somebody's link to their own choices about one digest stands for. It does not expire:
    mail is kept.

    `language` is that of the mail which the link stands in, None if it stands in none.
    """

    digest: str
    address: str
    language: str | None = None

    def packed(self) -> list[object]:
        """As plain values."""
        return [self.digest, self.address, *([self.language] if self.language else [])]

    @classmethod
    def unpack(cls, values: Sequence[object] | None) -> Member | None:
        """From plain values."""
        match values:
            case [str(digest), str(address)]:
                return cls(digest, address)
            case [str(digest), str(address), str(language)]:
                return cls(digest, address, language)
        return None


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody asked for: the link that proves that the address is theirs says it all, but for
    the address, in whose place it has what `is_link`; that of a version before has the address.
    """

    digest: str
    address: str
    topics: tuple[str, ...] | None
    language: str | None
    asked_at: datetime

    def packed(self) -> list[object]:
        """As plain values."""
        topics = None if self.topics is None else " ".join(self.topics)
        return [self.digest, self.address, topics, self.language, _seconds(self.asked_at)]

    @classmethod
    def unpack(cls, values: Sequence[object] | None) -> Joining | None:
        """From plain values."""
        match values:
            case [
                str(digest),
                str(address),
                str() | None as topics,
                str() | None as language,
                int(asked),
            ] if 0 <= asked < _LATEST:
                chosen = None if topics is None else tuple(topics.split())
                return cls(digest, address, chosen, language, _instant(asked))
        return None

    def expired(self, now: datetime) -> bool:
        """Whether the link has become too old."""
        return now - self.asked_at > CONFIRM_WITHIN


def form(digest: str, now: datetime) -> list[object]:
    """What a form carries to show that it is ours, as plain values."""
    return [digest, _seconds(now)]


def is_form(values: Sequence[object] | None, digest: str, now: datetime) -> bool:
    """Whether a form of that digest was made by us, not too long ago."""
    match values:
        case [str(slug), int(made)] if 0 <= made < _LATEST:
            age = now - _instant(made)
            return slug == digest and timedelta(minutes=-5) <= age <= FORM_WITHIN
    return False


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
