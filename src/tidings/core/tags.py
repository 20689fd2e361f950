"""Compares tags of languages (BCP 47), such as es, es-CR or zh-Hant.

What two tags do not both say makes no difference: es may be es-CR, and zh may be zh-Hant, but es-CR
is not es-MX, and zh-TW, which is written in traditional characters, is not zh-Hans. So nothing is
kept from a reader that is not known to be in another language than theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

# Of a text whose language is not known (RFC 5646 §4.1).
UNKNOWN = "und"
# Tags that a source may have, and that name no language: none, several, no words at all.
_NAMELESS = frozenset({UNKNOWN, "mul", "mis", "zxx"})
# The scripts of CLDR that stand for several.
_MIXED = {
    "Jpan": frozenset({"Hani", "Hira", "Kana"}),
    "Kore": frozenset({"Hang", "Hani"}),
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani"}),
}
_SCRIPT, _COUNTRY, _REGION = 4, 2, 3  # characters


def _of_cldr(name: str) -> Mapping[str, str]:
    """What Babel has of CLDR under a name. Imported here, since whoever loads a configuration
    reads this module, and few ask anything of it."""
    from babel.core import get_global

    found: Mapping[str, str] = get_global(name)  # type: ignore[arg-type]
    return found


class Subtags(NamedTuple):
    """What a tag says, "" for what it does not; a script also where language and region imply it.
    `region` is a country, or the number of several (UN M49)."""

    language: str
    script: str
    region: str


def base(tag: str) -> str:
    """The language alone: "es" of "es-CR"."""
    return tag.partition("-")[0].casefold()


def named(tag: str) -> bool:
    """Whether a tag names a language."""
    return bool(tag) and base(tag) not in _NAMELESS


@lru_cache(maxsize=512)
def canonical(tag: str) -> str:
    """A tag as it is usually written: "es-CR" of "ES-cr", "he" of "iw" (RFC 5646 §2.1.1, §4.5)."""
    first, *rest = tag.casefold().split("-")
    known = _of_cldr("language_aliases").get(first, first).replace("_", "-")
    parts = [known]
    for part in rest:
        if len(part) == _SCRIPT and part.isalpha():
            parts.append(part.title())
        elif len(part) == _COUNTRY:
            parts.append(part.upper())
        else:
            parts.append(part)
    return "-".join(parts)


@lru_cache(maxsize=512)
def subtags(tag: str) -> Subtags:
    """What a tag says."""
    language, *rest = canonical(tag).split("-")
    script = next((part for part in rest if len(part) == _SCRIPT and part.isalpha()), "")
    region = next((part for part in rest if _is_region(part)), "")
    likely = _of_cldr("likely_subtags").get(f"{language}_{region}") if region else None
    return Subtags(language, script or (likely.split("_")[1] if likely else ""), region)


def _is_region(part: str) -> bool:
    return (len(part) == _COUNTRY and part.isalpha()) or (len(part) == _REGION and part.isdigit())


@lru_cache(maxsize=512)
def reading_of(tag: str) -> str:
    """The language that everybody reads alike, whatever its region: es of es-CR; with its script
    where that is not the usual one: zh-Hant of zh-TW, but zh of zh-CN."""
    language, script, _ = subtags(tag)
    return language if script in ("", _usual_script(language)) else f"{language}-{script}"


@lru_cache(maxsize=4096)
def may_be(one: str, other: str) -> bool:
    """Whether a text can be in both languages; one that is not known can be any that is written in
    its script (und-Cyrl is not es)."""
    if not named(one) or not named(other):
        unknown, known = (one, other) if not named(one) else (other, one)
        script = subtags(unknown).script
        return not script or not named(known) or script in scripts_of(known)
    ours, theirs = subtags(one), subtags(other)
    return (
        ours.language == theirs.language
        and _agree(ours.script, theirs.script)
        and (
            _agree(ours.region, theirs.region)
            or ours.region == _within(theirs)
            or theirs.region == _within(ours)
        )
    )


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _within(tag: Subtags) -> str:
    """The region of several countries that CLDR has a tag's country in: 419 for es-CR."""
    parent = _of_cldr("parent_exceptions").get(f"{tag.language}_{tag.region}", "")
    return parent.rpartition("_")[2]


@lru_cache(maxsize=64)
def scripts_of(tag: str) -> frozenset[str]:
    """The scripts that a language is written in, by CLDR: that of its tag, else the likely one."""
    named_one = next((part for part in tag.split("-")[1:] if len(part) == _SCRIPT), "")
    script = named_one.title() or _usual_script(base(tag)) or "Latn"
    return _MIXED.get(script, frozenset({script}))


def _usual_script(language: str) -> str:
    likely = _of_cldr("likely_subtags").get(language, "")
    return next((part for part in likely.split("_") if len(part) == _SCRIPT), "")


def covers(wide: str, tag: str) -> bool:
    """Whether all texts in one language are in the other: es covers es-CR, not the reverse."""
    pairs = zip(subtags(wide), subtags(tag), strict=True)
    return all(not ours or ours == theirs for ours, theirs in pairs)


def among(tag: str, wanted: Collection[str] | None) -> bool:
    """Whether a text in the language `tag` can be in one of those wanted (None: in any)."""
    return wanted is None or any(may_be(tag, each) for each in wanted)


@lru_cache(maxsize=512)
def own_name(tag: str) -> str:
    """What those who read a language call it: "español"; its tag, where CLDR has no name."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(tag, sep="-").display_name or tag)
    except (UnknownLocaleError, ValueError):
        return tag


def readings_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The languages that these tags name, each once, whatever the regions."""
    return tuple(dict.fromkeys(reading_of(tag) for tag in tags if named(tag)))


def canonical_all(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are usually written, each once."""
    return tuple(dict.fromkeys(map(canonical, tags)))
