"""Which language to speak to somebody: the best of those that there are words for (RFC 4647).

A language is a tag such as "es" or "es-CR". One without words of its own uses those of its base:
whoever reads es-CR is spoken to in es.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ENGLISH = "en"
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?"
)


def base(tag: str) -> str:
    """The language alone: "es" of "es-CR"."""
    return tag.partition("-")[0].casefold()


def words_for(tag: str, known: Iterable[str]) -> str | None:
    """The one of `known` whose words serve for a tag: its own, else those of its base."""
    by_name = {each.casefold(): each for each in known}
    return by_name.get(tag.casefold()) or by_name.get(base(tag))


def first_spoken(wanted: Iterable[str | None], known: Sequence[str]) -> str:
    """The first language that there are words for, as it was wanted; else the first known one."""
    spoken = (tag for tag in wanted if tag and words_for(tag, known))
    return next(spoken, known[0] if known else ENGLISH)


def preferred(header: str, known: Iterable[str]) -> str | None:
    """What a browser asks for by Accept-Language (RFC 9110 §12.5.4), among `known`; None if it
    asks for none of them. Whatever does not parse is passed over."""
    ranked: list[tuple[float, str]] = []
    for part in header[:1000].split(","):
        found = _RANGE.fullmatch(part)
        if found and found[1] != "*":
            ranked.append((float(found[2] or "1"), found[1]))
    languages = list(known)
    for quality, tag in sorted(ranked, key=lambda each: -each[0]):
        match = words_for(tag, languages)
        if match and quality > 0:
            return match
    return None
