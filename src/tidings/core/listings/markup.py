"""Whether anything is left of a text once its markup is taken off."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

WORDLESS: Final = "this title has no letter or digit, markup aside"
WORDLESS_HINT: Final = "write a title here"
# Also tags, and links or pictures (their text is caught), that were cut off at their end.
_TAG = re.compile(r"<!--.*?(?:-->|$)|</?[a-z][^<>]*(?:>|$)", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\((?:[^()]|\([^()]*\))*+(?:\)|$)|\s?\[[^\[\]]*\])")
_ATTRIBUTES = re.compile(r"\{[.#:][^{}]*\}")
_ANY = re.compile(r"[<\[{&]")
_NUMBER = re.compile(r"\s*\(?\d{1,3}[.)]\s*")
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"  # letters by their kind that nobody can see


def has_words(text: str) -> bool:
    """True when `text` says something: a letter or digit stands outside of its markup.

    Nothing is left of pictures and links without a text, tags, entities for white space, list
    marks and numbers, rules, and characters that cannot be seen.
    """
    bare, before = text, ""
    if _ANY.search(text):
        bare = unescape(text)
        while bare != before:
            before = bare
            bare = _ATTRIBUTES.sub(" ", _LINK.sub(r" \1 ", _TAG.sub(" ", bare)))
    if _NUMBER.fullmatch(bare):
        return False
    return any(sign.isalnum() and sign not in _FILLERS for sign in bare)
