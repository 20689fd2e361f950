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
