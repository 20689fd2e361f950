"""Which language a piece of news is in: as far as its plurals go, and for readers who want some.

What the source says comes first (`sources[].language`), then what the words say, then the site's
language. Words say it by the commonest short words of each language, and where these leave it open,
by the endings of longer ones. It is counted, not weighed: who has most of them is the language.

A wrong plural costs a word; a wrong language would keep news from whoever reads it. So what readers
go by (`spoken`) is asked of letters first, and words count only where they are no names, and name
one language plainly: else it is said that it is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from unicodedata import normalize

from tidings.core.tags import UNKNOWN, base, canonical, named, reading_of, scripts_of
from tidings.core.topics.plurals import ENGLISH, LANGUAGES, rules_for
from tidings.model import Item, Text

_COMMONEST: Final = {
    "en": "the of and to for with from by at that this was are will is its has have been their "
    "which who after into new about more",
    "es": "el los las una del de la y en por para con que su sus se al es como más fue han sobre "
    "entre esta este un unos contra desde según sin lo le ha",
    "fr": "le la les des du de et est une un dans pour sur au aux par avec que qui ne pas plus ce "
    "cette ses son sa leur leurs ont été en se il elle sont",
    "pt": "os um uma do da dos das de nas em com não para por que ao aos à às e é mais foi são "
    "pela pelo pelos sobre entre seu sua se como",
    "it": "il lo la gli le di del della dei delle dello degli e è un una per con che non si da dal "
    "dalla nel nella nelle sul sulla al alla ai sono più come in",
    "de": "der die das und den dem des ein eine einer eines im ist mit von zu zum zur auf für "
    "nicht auch sich als bei aus nach über werden wird sind haben hat am in",
}  # fmt: skip

# The endings of words of six letters and more, some with a letter that other languages lack.
_ENDINGS: Final = {
    "en": "ing tion tions ment ments ship ness ers ies ed",
    "es": "ción ciones dor dores dora doras miento mientos idad idades ando iendo aron ieron ario "
    "arios ía ías ntes ño ña ños ñas rán",
    "fr": "tion tions ment ments eur eurs euse euses ité ités aux aire aires ant ants ée ées és",
    "pt": "ção ções dor dores dora doras mento mentos idade idades ando aram eram ário ários ia "
    "ias ntes ões ães ão ãos nho nha nhos nhas",
    "it": "zione zioni tore tori trice trici mento menti ità anti enti ario ari ando zza zze cchi "
    "cche",
    "de": "ung ungen keit keiten heit heiten schaft lich liche isch ische ischen ter tern rinnen",
}

# Words of other languages above that stand in English texts as well.
_ALSO_ENGLISH: Final = "in con sin para son plus par pas do come per non die am den hat as an on"


def _by_word(given: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """The languages of each word, or ending, of these lists."""
    words = {word for words in given.values() for word in words.split()}
    return MappingProxyType(
        {word: tuple(tag for tag in given if word in given[tag].split()) for word in words}
    )


_COMMON: Final = _by_word(_COMMONEST)
_SHORT: Final = frozenset(_COMMON)
_PLAIN: Final = _by_word(_COMMONEST | {"en": f"{_COMMONEST['en']} {_ALSO_ENGLISH}"})
_ENDING: Final = _by_word(_ENDINGS)
_LENGTHS: Final = sorted({len(ending) for ending in _ENDING}, reverse=True)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_LONG: Final = 6  # letters
_WORD: Final = re.compile(rf"[^\W\d_]{{{_LONG},}}")
# What stands further back says nothing new.
_LOOKED_AT: Final = 600
_WORDS_LOOKED_AT: Final = 12
_MORE: Final = 2  # words
# The version of `Languages.spoken`: with another, the languages of all items are told again.
TELLING: Final = "1"


class ItemLanguage(NamedTuple):
    """The language of an item as a tag, "und" if it is not known, and what tells it: its source,
    its letters, its words, or nothing but the site."""

    tag: str
    by: Literal["source", "letters", "words", "site"]


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of an instance: the site's, and those that sources give, by their patterns.

    `given` are in the order of the sources, of which the first that names a path is meant; "" where
    a source gives none.
    """

    site: str = ENGLISH
    given: tuple[tuple[str, str], ...] = ()

    @property
    def by_source(self) -> bool:
        """Whether some source gives a language."""
        return any(language for _, language in self.given)

    @property
    def in_use(self) -> tuple[str, ...]:
        """Those of `plurals.LANGUAGES` that the site and its sources name."""
        tags = (self.site, *(language for _, language in self.given if language))
        return tuple(dict.fromkeys(map(rules_for, tags)))

    @property
    def mark(self) -> str:
        """What tells these languages from others, "" for English and no source."""
        given = (f"{path}={rules_for(tag)}" for path, tag in self.given if tag)
        said = (rules_for(self.site), *given)
        return "" if said == (ENGLISH,) else "\n".join(said)

    @property
    def telling(self) -> str:
        """What tells these languages from others, and how they are told, for items whose language
        was told before."""
        return "\n".join((TELLING, self.site, *(f"{path}={tag}" for path, tag in self.given)))

    def told_alike(self, telling: str) -> bool:
        """Whether languages were told of the same settings then, by another version."""
        return telling.partition("\n")[2] == self.telling.partition("\n")[2]

    def of(self, item: Item) -> str:
        """Whose rules hold for an item: one of `plurals.LANGUAGES`."""
        if self.by_source:
            for entry in item.sources:
                if language := self._of_path(entry.ref.path):
                    return language
        return self.of_text(item.text)

    def spoken(self, item: Item) -> ItemLanguage:
        """The language that readers are told an item is in, and what tells it."""
        path = item.source or next((entry.ref.path for entry in item.sources), "")
        given = self._given(path)
        if given and named(given):
            return ItemLanguage(canonical(given), "source")
        return self.told((item.title, item.summary))

    def told(self, texts: Sequence[str]) -> ItemLanguage:
        """The same for texts without a source."""
        # Here, since whoever loads a configuration has no text to ask about.
        from tidings.core.languages import language_of as language_by_letters

        by_letters = language_by_letters(" ".join(texts), self.site)
        if by_letters not in (self.site, f"{UNKNOWN}-Latn"):
            return ItemLanguage(by_letters, "letters")
        # Of a text in other letters than the site's, nothing says that it is in its language.
        site = reading_of(self.site) if by_letters == self.site else UNKNOWN
        by_words = told_by_words(texts, site)
        return ItemLanguage(by_words, "site" if by_words == site and named(site) else "words")

    def _given(self, path: str) -> str:
        """What the path's source gives as it stands, "" if nothing."""
        return next((tag for glob, tag in self.given if fnmatchcase(path, glob)), "")

    def of_text(self, text: Text) -> str:
        """The same for a text without a source."""
        return language_of(f"{text.title} {text.summary}", rules_for(self.site))

    def _of_path(self, path: str) -> str:
        """The language that the path's source gives, "" if it gives none."""
        tag = self._given(path)
        return rules_for(tag) if tag else ""


def told_by_words(texts: Sequence[str], site: str) -> str:
    """The language that the words of some texts plainly are in, `site` (a tag) where they say
    nothing against it; else "und".

    A word with a capital may be a name, such as El Salvador, and counts only where all is written
    in capitals. Words are counted once each, short ones and those with the ending of a language;
    another language than the site's is believed if it has more of them than any third, and two
    more than that of the site: one may be a slip.
    """
    usual = base(site)
    if named(site) and usual not in LANGUAGES and "Latn" in scripts_of(site):
        return site  # in a language whose words are not known here, others cannot be told from it
    found = set[str]()
    for text in texts:
        text = normalize("NFC", text[:_LOOKED_AT])  # noqa: PLW2901
        words = _LETTERS.findall(text.lower() if text.isupper() else text)
        found.update(w for w in words if w in _PLAIN or (len(w) >= _LONG and w.islower()))
    counts = Counter(tag for word in found for tag in _PLAIN.get(word) or _ending_of(word))
    (best, most), (_, next_most), *_ = (*counts.most_common(2), (UNKNOWN, 0), (UNKNOWN, 0))
    ours = counts[usual]
    if most == ours:
        return site
    return best if most >= max(next_most + 1, ours + _MORE) else UNKNOWN


def language_of(text: str, usual: str) -> str:
    """The language that the words of `text` are in: one of `plurals.LANGUAGES`, `usual` where they
    do not say."""
    text = normalize("NFC", text[:_LOOKED_AT]).lower()
    best = _most((_COMMON[word] for word in _SHORT.intersection(text.split())), LANGUAGES)
    if len(best) > 1:
        longer = _WORD.findall(text)[:_WORDS_LOOKED_AT]
        best = _most(map(_ending_of, longer), best)
    return usual if usual in best else best[0]


@lru_cache(maxsize=10_000)
def _ending_of(word: str) -> Sequence[str]:
    """The languages that have the word's ending, the longest that one of them has."""
    return next((_ENDING[end] for n in _LENGTHS if (end := word[-n:]) in _ENDING), ())


def _most(found: Iterable[Sequence[str]], among: Sequence[str]) -> Sequence[str]:
    """Those of the languages `among` some that were found most often; all, if none was."""
    counts = dict.fromkeys(among, 0)
    for tags in found:
        for tag in tags:
            if tag in counts:
                counts[tag] += 1
    most = max(counts.values())
    return [tag for tag, count in counts.items() if count == most]
