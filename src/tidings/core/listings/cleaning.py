"""The one place where text is cleaned: what leaves here is fit for XML, mail and terminals."""

from __future__ import annotations

import re

# White space by nature, though XML 1.0 forbids them: VT, FF, the four separators, NEL.
_SPACING_CONTROLS = re.compile("[\x0b\x0c\x1c-\x1f\x85]")

# What XML 1.0 (production 2, Char) forbids, the C1 controls and DEL, lone surrogates, and the
# embeddings, overrides and isolates that can turn a line of text around (Unicode TR 9).
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

# Signs that belong to the letter before them, for use in a class of signs: the vowels of Hebrew,
# Arabic, the scripts of India, Thai and its neighbours, and accents written apart.
MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u09d7\u0a01-\u0a4d"
    "\u0a70\u0a71\u0a81-\u0acd\u0b01-\u0b57\u0b82-\u0bcd\u0c00-\u0c56\u0c81-\u0cd6\u0d00-\u0d57"
    "\u0d81-\u0ddf\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f71-\u0f84"
    "\u102b-\u103e\u17b6-\u17d3"
)

# Seen by nobody: a line of these alone is blank, and they do not keep a date from being one.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def without_controls(text: str) -> tuple[str, int]:
    """The text without the characters that no reader should get, and how many were dropped.

    Controls that stand for white space become spaces, so that they never join two words.
    """
    return _UNWANTED.subn("", _SPACING_CONTROLS.sub(" ", text))


def split_lines(text: str) -> list[str]:
    r"""The lines of `text`, cut at \n, \r\n and \r only.

    `str.splitlines` also cuts at VT, FF, NEL and U+2028, which stand inside titles and sentences.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def collapse(text: str) -> str:
    """`text` with every run of white space, no-break spaces too, as one space; none at the ends."""
    return " ".join(text.split())


def is_blank(text: str) -> bool:
    """True when nothing of the (collapsed) line can be seen."""
    return not text.strip(INVISIBLE + " ")
