"""Drops the characters that nobody sees, so that they make no difference between two texts.

It stands alone: the reader cleans by it, and identity compares by it, so that both always mean the
same characters. They get into listings by copying from pages and mail programs: zero-width spaces,
soft hyphens, direction marks, byte order marks.
"""

from __future__ import annotations

import re
from typing import Final

# What Unicode calls Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and the annotation
# marks. Left out, because texts need them: the two joiners, on which more below; variation
# selectors, which tell an emoji or a name's character from its look-alike; those of Mongolian; and
# the fillers of old Hangul, which stand for a missing letter of a syllable.
_ALWAYS: Final = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000\U000e0002-\U000e001f"
    "\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
# Tags make the flags of England and others of a black flag (Unicode TR 51); else they are unseen.
_TAGS: Final = "\U000e0001\U000e0020-\U000e007f"
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,16}\U000e007f"
_NON_JOINER: Final = "\u200c"
_JOINERS: Final = "\u200c\u200d"

_UNSEEN: Final = re.compile(f"({_FLAG})|[{_ALWAYS}{_TAGS}]+|[{_JOINERS}]+")

# The scripts whose letters join, or stack, with their neighbours: Arabic and its relatives, those
# of India and Southeast Asia, Mongolian (Unicode, chapters 9, 12 to 14 and 16).
_JOINING: Final = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\u1a20-\u1aaf\u1b00-\u1c4f"
    "\ua800-\ua82f\ua840-\ua8ff\ua980-\ua9ff\uaa60-\uaa7f\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010ac0-\U00010fff\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_PICTURE: Final = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_BEFORE_PICTURE: Final = re.compile(f"[{_PICTURE}\ufe0f]")
_AFTER_PICTURE: Final = re.compile(f"[{_PICTURE}]")


def visible(text: str) -> str:
    """The text without what nobody sees of it; white space and controls stay as they are.

    A zero-width non-joiner stays between two letters of a script that joins letters; a zero-width
    joiner stays beside one, and between the pictures that make one emoji.
    """
    if text.isascii():
        return text
    kept = _UNSEEN.sub(_but_joiners, text)
    return _UNSEEN.sub(_needed, kept) if _JOINERS[0] in kept or _JOINERS[1] in kept else kept


def _but_joiners(found: re.Match[str]) -> str:
    return found.group() if found[1] or found.group()[0] in _JOINERS else ""


def _needed(found: re.Match[str]) -> str:
    """One joiner where there are some and its neighbours need it."""
    if found[1]:
        return found[1]
    text, start, end = found.string, found.start(), found.end()
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    joins_before, joins_after = (bool(_JOINING.match(each)) for each in (before, after))
    joiner = found.group()[0]
    if joiner == _NON_JOINER:
        return joiner if joins_before and joins_after else ""
    picture = _BEFORE_PICTURE.match(before) and _AFTER_PICTURE.match(after)
    return joiner if joins_before or joins_after or picture else ""
