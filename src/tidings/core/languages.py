"""Which language a text is in, and in which direction it runs, where that is not the page's.

A source may say the language of its listings. Without that, a text is in the site's language,
unless it is written in letters that the site's language has no use for: then the language is that
of the letters if one language alone has them, else it is not known, and the letters are named
(BCP 47: `und-Arab`). Latin letters are those of too many languages to tell more.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from babel import Locale, UnknownLocaleError

from tidings.core.tags import UNKNOWN, base, scripts_of

Direction = Literal["ltr", "rtl"]

_STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_ISOLATES = frozenset({"LRI", "RLI", "FSI"})
# The first word of a letter's name in Unicode, its script in ISO 15924, and the one language that
# is written in it today, if it is one (of several, the names of CLDR).
_SCRIPTS = {
    "LATIN": ("Latn", ""),
    "CYRILLIC": ("Cyrl", ""),
    "ARABIC": ("Arab", ""),
    "DEVANAGARI": ("Deva", ""),
    "BENGALI": ("Beng", ""),
    "ETHIOPIC": ("Ethi", ""),
    "CJK": ("Hani", ""),
    "HEBREW": ("Hebr", "he"),
    "GREEK": ("Grek", "el"),
    "HANGUL": ("Hang", "ko"),
    "HIRAGANA": ("Hira", "ja"),
    "KATAKANA": ("Kana", "ja"),
    "THAI": ("Thai", "th"),
    "LAO": ("Laoo", "lo"),
    "KHMER": ("Khmr", "km"),
    "MYANMAR": ("Mymr", "my"),
    "GEORGIAN": ("Geor", "ka"),
    "ARMENIAN": ("Armn", "hy"),
    "SINHALA": ("Sinh", "si"),
    "TAMIL": ("Taml", "ta"),
    "TELUGU": ("Telu", "te"),
    "KANNADA": ("Knda", "kn"),
    "MALAYALAM": ("Mlym", "ml"),
    "GUJARATI": ("Gujr", "gu"),
    "GURMUKHI": ("Guru", "pa"),
}
# Of the languages in Arabic letters, Arabic alone has the letter teh marbuta or the article, and
# none of the letters that the others added (CLDR's exemplar characters).
_ARABIC = re.compile("\u0629|(?<!\\w)[\u0648\u0641\u0628\u0643]?\u0627\u0644\\w\\w")
_ARABIC_LETTERS = frozenset(map(chr, (*range(0x621, 0x63B), *range(0x641, 0x64B))))
# Letters beyond those of Latin script, its accents, punctuation and symbols.
_BEYOND_LATIN = re.compile("[^\0-\u036f\u1e00-\u1eff\u2000-\u2bff]")


class Marks(NamedTuple):
    """What tells of a text in a page of another language: `lang` (BCP 47) and `dir`, each "" where
    it is the page's."""

    lang: str
    dir: str


def marks(text: str, language: str | None, *, site: str, page: str) -> Marks:
    """What a text needs to be told of it in a page of the language `page`; `language` is its own,
    None if nobody has said it; `site` is that of the site."""
    own = language or language_of(text, site)
    direction = first_strong(text)
    foreign = base(own) != base(page)
    turned = direction is not None and direction != direction_of(page)
    return Marks(own if foreign else "", direction or "" if turned else "")


def known_language(text: str, language: str | None, *, site: str, page: str) -> str:
    """The language of a text if it is known and another than the page's, else ""."""
    own = language or language_of(text, site)
    return "" if base(own) in (UNKNOWN, base(page)) else own


def first_strong(text: str) -> Direction | None:
    """The direction of the first character that has one, past what is isolated; None if none has
    (Unicode Standard Annex 9, rules P2 and P3)."""
    depth = 0
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif not depth and kind in _STRONG:
            return _STRONG[kind]
    return None


def language_of(text: str, site: str) -> str:
    """The language of a text of which no source says it, as a BCP 47 tag."""
    if not _BEYOND_LATIN.search(text) and "Latn" in scripts_of(site):
        return site
    scripts = Counter(found for c in text if c.isalpha() and (found := _script(c)))
    if not scripts or scripts.keys() & scripts_of(site) == scripts.keys():
        return site
    script, language = scripts.most_common(1)[0][0], ""
    if script in scripts_of(site):
        return site
    if script == "Arab" and _ARABIC.search(text) and _all_arabic(text):
        language = "ar"
    elif script == "Hani" and scripts.keys() & {"Hira", "Kana"}:
        language = "ja"
    return language or _languages()[script] or f"{UNKNOWN}-{script}"


def language_of_all(texts: Sequence[str], site: str) -> str | None:
    """The language that texts which belong together are in, where they tell it together: it is
    known, it is not the site's, and each of them may be in it. Else None: ask each by itself."""
    together = language_of(" ".join(texts), site)
    if base(together) in (UNKNOWN, base(site)):
        return None
    each = {language_of(text, site) for text in texts if text}
    return together if all(tag == together or base(tag) == UNKNOWN for tag in each) else None


@lru_cache(maxsize=64)
def direction_of(language: str) -> Direction:
    """The direction in which a language is written, by CLDR; left to right if it is unknown."""
    script = language.partition("-")[2]
    if base(language) == UNKNOWN:
        return "rtl" if script in ("Arab", "Hebr") else "ltr"
    for tag in (language, base(language)):
        try:
            return "rtl" if Locale.parse(tag, sep="-").text_direction == "rtl" else "ltr"
        except (UnknownLocaleError, ValueError):
            continue
    return "ltr"


def _all_arabic(text: str) -> bool:
    return all(c in _ARABIC_LETTERS for c in text if c.isalpha() and _script(c) == "Arab")


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """The script of a letter; "" if it is none of those known here."""
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], ("", ""))[0]


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    return dict(_SCRIPTS.values())
