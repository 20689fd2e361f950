"""What a reply or a report of a mail server speaks of: a mailbox, the message, its sender, ...

All of it is data, with its sources: `replies.json` has what each enhanced status code speaks of
(RFC 3463 and the registry that RFC 5248 opened), and the words that servers use, in the order in
which they are asked. Words come before codes, since many servers send one code for everything:
what is said of the sender is not taken for the recipient's because of a 5.1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class SpeaksOf(StrEnum):
    """What a reply is about, and with it who can do something."""

    MAILBOX = "mailbox"
    MESSAGE = "message"
    SENDER = "sender"
    QUOTA = "quota"
    POLICY = "policy"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class _Table:
    codes: dict[str, SpeaksOf]
    plain: frozenset[str]
    subjects: dict[str, SpeaksOf]
    words: tuple[tuple[SpeaksOf, bool, tuple[str, ...]], ...]


@cache
def _table() -> _Table:
    text = files("tidings.core.mail").joinpath("replies.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    return _Table(
        {code: SpeaksOf(each["of"]) for code, each in kept["codes"].items()},
        frozenset(code for code, each in kept["codes"].items() if each.get("plain")),
        {subject: SpeaksOf(of) for subject, of in kept["subjects"].items()},
        tuple(
            (SpeaksOf(each["of"]), each.get("weak", False), tuple(each["patterns"]))
            for each in kept["words"]
        ),
    )


def by_words(spoken: str, *, weak: bool = False) -> SpeaksOf | None:
    """What words speak of, as `refusals.plain` leaves them; None if they say nothing known.

    `weak` ones, such as "user" and "denied", stand beside anything.
    """
    for of, is_weak, patterns in _table().words:
        if is_weak is weak and any(re.search(pattern, spoken) for pattern in patterns):
            return of
    return None


def by_codes(codes: Sequence[str], *, plain: bool = False) -> SpeaksOf | None:
    """What enhanced status codes speak of, the first that says anything; `plain`: only those that
    are sent for one thing alone."""
    table = _table()
    for code in codes:
        name = "X" + code[1:]
        if plain and name not in table.plain:
            continue
        of = table.codes.get(name) or table.subjects.get(name.rpartition(".")[0])
        if of:
            return of
    return None
