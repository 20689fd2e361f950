"""Names of months and weekdays, from CLDR through Babel, loaded when first asked for."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from babel import Locale, UnknownLocaleError

DEFAULT_LANGUAGES: Final = ("en", "es", "fr", "pt", "de", "it", "nl", "pl", "ru", "da", "tr", "ja")
_WIDTHS: Final = ("wide", "abbreviated")
_TIED: Final = 3
_MOST: Final = 0.5
_ENDINGS: Final = 6  # characters; a longer name may have an ending of its language
_GLUED = re.compile(r"[a-zß-öø-ÿ](?=[A-ZÀ-ÖØ-Þ])")
_PREPOSITIONS: Final = "ב"
_MAQAF: Final = "־-"

# In daily use, though CLDR does not have them: keyed by language, then by the word.
_MORE_MONTHS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "en": {"sept": 9},
        "es": {"setiembre": 9, "sep": 9, "set": 9},
        "de": {"jänner": 1, "feber": 2, "mrz": 3},
    }
)
_MORE_WEEKDAYS: Final = frozenset(
    {
        *("tues", "wednes", "thur", "thurs"),
        # Of languages whose months are numbers, and tell nothing of the language.
        *("thu hai", "thu ba", "thu tu", "thu nam", "thu sau", "thu bay", "chu nhat"),
        *("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
        *(f"{week}{day}" for week in ("星期", "周", "週") for day in "一二三四五六日天"),
    }
)


@dataclass(frozen=True, slots=True)
class Names:
    """The words by which dates are known: keys are `plain` words.

    A word that means two months in the languages chosen is in neither. `spelt` are months as they
    are written in the language that a file was found to be in, some of them in several words.
    """

    months: Mapping[str, int]
    weekdays: frozenset[str]
    spelt: tuple[tuple[str, int], ...] = ()

    def also(self, languages: tuple[str, ...]) -> Names:
        """These names with those of other languages, which count where both have a word."""
        more = names_of(languages)
        months = MappingProxyType({**self.months, **more.months})
        return Names(months, self.weekdays | more.weekdays, _spelt(languages))


@cache
def names_of(languages: tuple[str, ...] = DEFAULT_LANGUAGES) -> Names:
    """The names in these languages (tags such as "es" or "pt-BR"); unknown ones add nothing."""
    months: dict[str, int | None] = {}
    weekdays: set[str] = set(_MORE_WEEKDAYS)
    for tag in languages:
        locale = _locale(tag)
        if locale is None:
            continue
        for word, month in months_of(locale).items():
            months[word] = month if months.get(word, month) == month else None
        weekdays.update(_weekdays(locale))
    known = {word: month for word, month in months.items() if month is not None}
    return Names(MappingProxyType(known), frozenset(weekdays))


@cache
def _languages_by_month() -> Mapping[str, Sequence[str]]:
    """The languages of CLDR in which a (plain) word is a month.

    Their months were written down by `tools/reading/months.py`, since looking into all languages
    takes long.
    """
    text = files("tidings.core.listings").joinpath("months.json").read_text(encoding="utf-8")
    months: dict[str, str] = json.loads(text)
    table: dict[str, list[str]] = {}
    for tag, words in months.items():
        for word in words.split("|"):
            table.setdefault(word, []).append(tag)
    return table


def languages_of(
    unread: Collection[Iterable[str]], others: Iterable[Iterable[str]]
) -> tuple[str, ...]:
    """The languages that have a month among the words of most unread lines, of which each gives
    several; of these the ones with the most different months, in the most of all lines; those tied.
    """
    found = Counter(pair for words in unread for pair in _months_in(words))
    lines = _by_language(found)
    known = {tag for tag, count in lines.items() if count >= _MOST * len(unread)}
    found.update(pair for words in others for pair in _months_in(words) if pair[0] in known)
    lines, kinds = _by_language(found), Counter(tag for tag, _ in found)
    ranks = {tag: (kinds[tag], lines[tag]) for tag in known}
    best = max(ranks.values(), default=None)
    return tuple(sorted(tag for tag in known if ranks[tag] == best))[:_TIED]


def _by_language(found: Counter[tuple[str, str]]) -> Counter[str]:
    lines = Counter[str]()
    for (tag, _), count in found.items():
        lines[tag] += count
    return lines


def _months_in(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The languages in which one of these words is a month, with an ending or a preposition, each
    once and with that word."""
    table, months = _languages_by_month(), dict[str, str]()
    for word in map(plain, words):
        bare = word[1:] if word[:1] in _PREPOSITIONS else word
        endless = [word[:-letters] for letters in (1, 2, 3)] if len(word) > _ENDINGS else []
        found = next((table[each] for each in (word, bare, *endless) if each in table), ())
        for tag in found:
            months.setdefault(tag, word)
    return months.items()


def _spelt(languages: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """The months of these languages as they are written, the longest first."""
    found = {
        name.rstrip("."): month
        for locale in map(_locale, languages)
        if locale
        for name, month in _forms(locale.months)
        if len(name) > 1 and not any(sign.isdigit() for sign in name)
    }
    return tuple(sorted(found.items(), key=lambda each: (-len(each[0]), each[0])))


def month_of(word: str, names: Names) -> tuple[int, int] | None:
    """The month that a word names, and where in it the name begins: a name may be glued to what
    stands before it ("NoticeAug") or have a preposition for its first letter (Hebrew)."""
    month = names.months.get(plain(word))
    if month is not None:
        return month, 0
    glued = _GLUED.search(word)
    for start in (glued.start() + 1 if glued else 0, 1 if word[:1] in _PREPOSITIONS else 0):
        month = names.months.get(plain(word[start:].lstrip(_MAQAF))) if start else None
        if month is not None:
            return month, start
    return None


def plain(word: str) -> str:
    """`word` without case, accents and full stops: how a name is compared.

    The Turkish dotless i and the Polish l with stroke count as their plain letters.
    """
    folded = word.casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded.replace("ı", "i").replace("ł", "l"))
        folded = "".join(part for part in parts if not unicodedata.combining(part))
    return folded.replace(".", "")


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def months_of(locale: Locale) -> dict[str, int]:
    """The months of a language, by their plain names and their first three letters."""
    words: dict[str, set[int]] = {}
    for name, month in _forms(locale.months):
        words.setdefault(plain(name), set()).add(month)
        words.setdefault(plain(name)[:3], set()).add(month)
    for name, month in _MORE_MONTHS.get(locale.language, {}).items():
        words.setdefault(plain(name), set()).add(month)
    return {
        word: next(iter(months))
        for word, months in words.items()
        if len(months) == 1 and _is_word(word)
    }


def _weekdays(locale: Locale) -> Iterable[str]:
    for name, _ in _forms(locale.days):
        word = plain(name)
        yield from (word, word.removesuffix("-feira"))
        if len(word) > 4 and word.isascii():
            yield word[:3]


def _forms(
    contexts: Mapping[str, Mapping[str, Mapping[int, str]]],
) -> Iterable[tuple[str, int]]:
    for widths in contexts.values():
        for width in _WIDTHS:
            for number, name in widths.get(width, {}).items():
                yield name, number


def _is_word(word: str) -> bool:
    least = 3 if word[:1] < "\u0e00" else 2  # in Thai two letters stand for a month
    return len(word) >= least and not any(character.isdigit() for character in word)


def known(words: Collection[str], names: Names) -> bool:
    """True when each of `words` (plain) is a month or a weekday."""
    return all(word in names.months or word in names.weekdays for word in words)
