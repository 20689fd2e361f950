"""How much a line looks like a title or like running text, whatever its language."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import combining, east_asian_width

LONGEST_TITLE: Final = 500  # characters; headings of over 400 are met, if seldom
_SHORT: Final = 60
_ENDS_A_SENTENCE: Final = tuple(".!?…。！？؟।")
# Chinese and Japanese, wide forms, Thai and Lao, Burmese, Khmer.
_UNSPACED = re.compile("[\u2e80-\ua4cf\uff00-\uff60\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_CLOSERS: Final = "\"'”’»)]）」 "
_SENTENCE_BREAK = re.compile(r"[a-zà-ÿ0-9)”\"][.!?]\s+[^\W\d_a-z]")


def is_prose(text: str) -> bool:
    """True for running text: one long line, or a sentence of some length with its full stop."""
    return len(text) > 200 or (len(text) >= _SHORT and ends_a_sentence(text))


def has_sentences(text: str) -> bool:
    """True for a text of several sentences."""
    return len(text) > _SHORT and _SENTENCE_BREAK.search(text) is not None


def ends_a_sentence(text: str) -> bool:
    """True when the last sign, closing quotes and brackets aside, ends a sentence."""
    return text.rstrip(_CLOSERS).endswith(_ENDS_A_SENTENCE)


def is_unspaced(sign: str) -> bool:
    """True for a sign of a script without spaces: kana, Chinese signs, Thai and its neighbours."""
    return _UNSPACED.match(sign) is not None


def unspaced(text: str) -> int:
    """How many signs of such scripts are in a text."""
    return 0 if text.isascii() else len(_UNSPACED.findall(text))


def mostly_unspaced(text: str) -> bool:
    """True for most of a text in a script that puts no blanks between words: Chinese, Japanese,
    Thai and its neighbours."""
    return unspaced(text) > len(text) / 2


def columns(text: str) -> int:
    """How wide a text is on a page of fixed width: two columns for a sign of the Far East, none for
    a mark above or below another sign (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )
