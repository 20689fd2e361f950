"""The beginning of a text: cut at a sentence or a word, and marked as cut."""

from __future__ import annotations

import re

ELLIPSIS = "…"
HEADLINE = 300  # longer than any headline: a text that was taken for one is cut here

# A sentence ends on a word of three characters or more: not after "et al." and not inside "U.S.".
_SENTENCE_END = re.compile(r"[^\s.]{3}[.!?][\"'”’»)]*(?=\s)")
_HANGING = " ,;:.-–—(“‘«\"'"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a headline or a line, ending at a word where there is one."""
    if len(text) <= limit:
        return text
    head = text[:limit]  # the ellipsis takes the place of the space, or of the last character
    space = head.rfind(" ")
    head = head[: space if space > limit // 2 else limit - 1]
    return head.rstrip(_HANGING) + ELLIPSIS


def excerpt(text: str, limit: int) -> str:
    """About `limit` characters of running text: whole sentences if they fill half, else words.

    A no-break space stands before the ellipsis, so that it never begins a line.
    """
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit)]
    if ends and ends[-1] >= limit // 2:
        return f"{text[: ends[-1]]}\N{NO-BREAK SPACE}{ELLIPSIS}"
    return cut(text, limit).removesuffix(ELLIPSIS) + "\N{NO-BREAK SPACE}" + ELLIPSIS
