"""Names of months and weekdays, from CLDR through Babel, loaded when first asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from babel import Locale, UnknownLocaleError

DEFAULT_LANGUAGES: Final = ("en", "es", "fr", "pt", "de", "it", "nl", "pl", "ru", "da", "tr", "ja")
_WIDTHS: Final = ("wide", "abbreviated")

# In daily use, though CLDR does not have them: keyed by language, then by the word.
_MORE_MONTHS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "en": {"sept": 9},
        "es": {"setiembre": 9, "sep": 9, "set": 9},
        "de": {"jänner": 1, "feber": 2, "mrz": 3},
    }
)
_MORE_WEEKDAYS: Final = frozenset({"tues", "wednes", "thur", "thurs"})


@dataclass(frozen=True, slots=True)
class Names:
    """The words by which dates are known: keys are `plain` words.

    A word that means two months in the languages chosen is in neither.
    """

    months: Mapping[str, int]
    weekdays: frozenset[str]


@cache
def names_of(languages: tuple[str, ...] = DEFAULT_LANGUAGES) -> Names:
    """The names in these languages (tags such as "es" or "pt-BR"); unknown ones add nothing."""
    months: dict[str, int | None] = {}
    weekdays: set[str] = set(_MORE_WEEKDAYS)
    for tag in languages:
        locale = _locale(tag)
        if locale is None:
            continue
        for word, month in _months(locale).items():
            months[word] = month if months.get(word, month) == month else None
        weekdays.update(_weekdays(locale))
    known = {word: month for word, month in months.items() if month is not None}
    return Names(MappingProxyType(known), frozenset(weekdays))


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


def _months(locale: Locale) -> dict[str, int]:
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
    return len(word) >= 3 and not any(character.isdigit() for character in word)


def known(words: Collection[str], names: Names) -> bool:
    """True when each of `words` (plain) is a month or a weekday."""
    return all(word in names.months or word in names.weekdays for word in words)
