"""Refusals: which of them condemn an address, and which say the same of too many people.

Somebody who is cut off by mistake never hears of it; somebody who is written to in vain hardly
does. So a refusal counts only if it plainly says that there is no such mailbox, and never where a
large share of an edition is refused alike: then something is wrong with the sender, the message or
a server on the way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tidings.core.reply_words import DEAD, HOST, NOT_THEM, OTHER_STEP, OTHERWISE, plain

# How the detail of a delivery begins that came back: because of the address, or of anything else;
# and of one that no longer counts, since somebody took the address back.
BOUNCED = "bounced: "
RETURNED = "came back: "
DEALT_WITH = "dealt with; "

# A refusal is shared by a large part of an edition if so many people and more than this part of
# those whose server has answered were refused alike. One dead address always counts.
FEWEST_ALIKE = 2
LARGE_SHARE = 1 / 3

# What is ours to say of a delivery, rather than a server's.
_OURS = ("expired", "parked", DEALT_WITH)
# A reply stands at the beginning, or after words of ours on who refused what.
_REPLY = re.compile(r"(?:^|: )([245]\d\d)(?=[ -]|$)")
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_STATUS_FIRST = re.compile(rf"{_CODE.pattern}\s*([245]\d\d)?(?=[ -]|$)")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# Replies without a status code that may speak of a mailbox, where a recipient is refused.
_OF_A_MAILBOX = ("550", "551", "553", "554", "556")


class _Says(Enum):
    """What a status code says by itself (RFC 3463, RFC 7505)."""

    DEAD = "no such mailbox or domain"
    DISABLED = "the mailbox is disabled"
    ADDRESS = "something about an address, perhaps the sender's"
    NOTHING = "nothing in particular"
    OTHERWISE = "something else"


_CODES = {
    **dict.fromkeys(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"), _Says.DEAD),
    "5.2.1": _Says.DISABLED,
    "5.1.0": _Says.ADDRESS,
    "5.2.0": _Says.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Alike:
    """People of one edition who were refused alike, of so many whose servers have answered.

    `words` are the codes and words that they share; `keys` are their addresses, case-folded.
    """

    words: str
    keys: frozenset[str]
    of: int


def condemns(words: str) -> bool:
    """Whether a refusal plainly says that there is no such mailbox, now or ever.

    `words` are a status code, or a server's reply with a reply code and mostly a status code, which
    our own words on who refused what may precede: "550 5.1.1 No such user", "mx.example.org: the
    server refused the recipient: 550 5.1.1 No such user", "5.1.1 550 5.1.1 User unknown". A message
    or a sender that is refused says nothing of the recipient.
    """
    reply, text = _reply(words)
    codes = _codes(text)
    said = {_says(code) for code in codes}
    if not text or reply[:1] in ("2", "4") or _Says.OTHERWISE in said:
        return False
    spoken = plain(_CODE.sub(" ", text))
    if NOT_THEM.search(spoken) or OTHER_STEP.search(spoken):
        return False
    named = DEAD.search(" ".join(HOST.sub(" ", spoken).split())) is not None
    if _Says.DEAD in said:
        return named or OTHERWISE.search(spoken) is None
    if _Says.DISABLED in said and not _LETTERS.search(spoken):
        return True
    if _Says.ADDRESS in said:
        named = named or re.sub(r"[\W\d]+", " ", spoken).strip() == "address rejected"
    # What was cut off may say otherwise.
    whole = not words.endswith("…")
    coded = bool(codes) or reply in _OF_A_MAILBOX
    return coded and whole and named and OTHERWISE.search(spoken) is None


def relaying(words: str) -> bool:
    """Whether a refused recipient means that the server passes nothing on for us."""
    spoken = HOST.sub(" ", plain(words))
    return re.search(r"\brelay", spoken) is not None and not condemns(words)


def _reply(words: str) -> tuple[str, str]:
    """The reply code, "" for none, and what the server said from there on; "" for no reply."""
    if words.startswith(_OURS):
        return "", ""
    if first := _STATUS_FIRST.match(words):
        return first[4] or "", words
    found = _REPLY.search(words)
    if found is None:
        return "", ""
    before = words[: found.start()]
    if "refused the " in before and not before.endswith("the recipient"):
        return "", ""
    return found[1], words[found.start(1) :]


def _codes(text: str) -> tuple[str, ...]:
    numbers = (found.groups() for found in _CODE.finditer(text))
    return tuple(dict.fromkeys(".".join(str(int(n)) for n in each) for each in numbers))


def _says(code: str) -> _Says:
    if code.startswith("5.0."):
        return _Says.NOTHING
    return _CODES.get(code, _Says.OTHERWISE)


# --- Refused alike -------------------------------------------------------------------------------


def refusal(detail: str) -> str:
    """The words of the server that refused a delivery with this detail or sent it back; "" if
    it ended for a reason of ours, such as having expired."""
    said = detail.removeprefix(BOUNCED).removeprefix(RETURNED)
    return "" if said.startswith(_OURS) else said


def likeness(words: str, key: str) -> str:
    """What a refusal has in common with those of others: its codes and words, without the address
    that it is about, hosts, and whatever has figures in it and so may be a name of the message."""
    reply, text = _reply(words)
    text = text or words
    local, _, _ = key.partition("@")
    spoken = plain(" ".join(t for t in text.split() if not any(c.isdigit() for c in t)))
    spoken = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", " ", HOST.sub(" ", spoken))
    return " ".join([reply, *_codes(text), *_WORD.findall(spoken)]).strip()


def is_large(share: int, of: int) -> bool:
    """Whether so many of so many people are too many to be a matter of each alone."""
    return share >= FEWEST_ALIKE and share > of * LARGE_SHARE


def grouped(details: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """By the words that they share: who was refused alike, of details by address key."""
    groups: dict[str, set[str]] = defaultdict(set)
    for key, detail in details.items():
        if words := refusal(detail):
            groups[likeness(words, key)].add(key)
    return {words: frozenset(keys) for words, keys in sorted(groups.items())}


def alike(groups: Mapping[str, frozenset[str]], of: int) -> tuple[Alike, ...]:
    """Of an edition, those groups that are a large share of `of`, all whose servers have
    answered."""
    found = (Alike(words, keys, of) for words, keys in groups.items())
    return tuple(each for each in found if is_large(len(each.keys), of))
