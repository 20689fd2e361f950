"""How much a line looks like a title or like running text, whatever its language."""

from __future__ import annotations

import re
from typing import Final

LONGEST_TITLE: Final = 500  # characters; headings of over 400 are met, if seldom
_COMFORTABLE_TITLE: Final = 160
_SHORT: Final = 60
_ENDS_A_SENTENCE: Final = tuple(".!?…。！？؟।")
_CLOSERS: Final = "\"'”’»)]）」 "
_SENTENCE_BREAK = re.compile(r"[a-zà-ÿ0-9)”\"][.!?]\s+[^\W\d_a-z]")


def title_likeness(text: str) -> float:
    """From 0, cannot be a title, to 1, nothing speaks against it."""
    length = len(text)
    if length > LONGEST_TITLE or not any(character.isalnum() for character in text):
        return 0.0
    likeness = 1.0
    if length > _COMFORTABLE_TITLE:
        likeness -= 0.7 * (length - _COMFORTABLE_TITLE) / (LONGEST_TITLE - _COMFORTABLE_TITLE)
    if ends_a_sentence(text):
        likeness *= 0.5 if length > _COMFORTABLE_TITLE / 2 else 0.8
    if length > _SHORT and _SENTENCE_BREAK.search(text):
        likeness *= 0.5
    return likeness


def is_clearly_title(text: str) -> bool:
    """True for a line that a reader would take for a title even in the middle of a text."""
    return 15 <= len(text) <= _COMFORTABLE_TITLE and not text.endswith(
        (*_ENDS_A_SENTENCE, ":", ";", ",", "-", "–", "—")
    ) and title_likeness(text) == 1.0  # fmt: skip


def is_prose(text: str) -> bool:
    """True for running text: one long line, or a sentence of some length with its full stop."""
    return len(text) > 200 or (len(text) >= _SHORT and ends_a_sentence(text))


def is_paragraph(text: str) -> bool:
    """True for running text too long for any title but the most talkative."""
    return len(text) > _COMFORTABLE_TITLE and ends_a_sentence(text)


def is_sentence(text: str) -> bool:
    """True for running text and for any shorter sentence with its full stop."""
    return is_prose(text) or (len(text) >= _SHORT / 3 and ends_a_sentence(text))


def ends_a_sentence(text: str) -> bool:
    """True when the last sign, closing quotes and brackets aside, ends a sentence."""
    return text.rstrip(_CLOSERS).endswith(_ENDS_A_SENTENCE)
