"""Turns text into words that can be compared, and remembers where each word stands.

What is folded: compatibility forms (NFKC), case, accents, and a possessive 's. What separates
words: everything that is neither a letter, a digit nor a mark, so a hyphen is a space and COVID-19
is the phrase "covid 19". Scripts written without spaces (Han, kana, Thai, Lao, Burmese, Khmer) have
no words to find without a dictionary: there each character counts as a word, and a term matches
wherever its characters stand in a row.

There is no stemmer: the only endings that are folded are plurals, see `singular`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_APOSTROPHES = frozenset("'’‘‛ʼ＇")

# ASCII letters and digits, or anything beyond ASCII, which `_split` then looks at closely. As what
# it is not, since Python takes milliseconds to compile a set of a million characters.
_OTHERS = r"\x00-/:-@\[-`{-\x7f"
_RUN = re.compile(f"[^{_OTHERS}]+")

# Pieces of text that can be split into words each on its own, with the same outcome: a run, and
# the possessive 's that ends it.
PIECE = re.compile(f"[^{_OTHERS}]+(?:'[sS](?![^{_OTHERS}]))?")

# Thai and Lao, Burmese, Khmer, ideographs and their iteration marks, kana (also half-width).
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]"
)
_HALF_WIDTH_VOICING = "\uff9e\uff9f"  # letters to Unicode, marks to a reader

# Marks that the same word is written with and without: Latin, Greek and Cyrillic accents, Hebrew
# points, Arabic vowel signs, variation selectors. Vowels of Indic scripts and the voicing of kana
# make another word and stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\ufe00-\ufe0f]")

# Letters that people replace by plain ones and that Unicode does not decompose.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)

_ZERO_WIDTH_SPACE = "\u200b"

_IRREGULAR = {
    "children": "child",
    "men": "man",
    "women": "woman",
    "crises": "crisis",
    "analyses": "analysis",
    "diagnoses": "diagnosis",
    "hypotheses": "hypothesis",
}

# Words in -s that are no plural, or whose "singular" is another common word: without this list
# "news" would match "new" and "customs" would match "custom".
_NOT_PLURAL = frozenset(
    {
        "aesthetics",
        "aids",
        "always",
        "americas",
        "arms",
        "athletics",
        "basics",
        "besides",
        "classics",
        "customs",
        "dynamics",
        "economics",
        "electronics",
        "genetics",
        "goods",
        "graphics",
        "logistics",
        "means",
        "news",
        "physics",
        "politics",
        "robotics",
        "series",
        "sometimes",
        "species",
        "towards",
    }
)

# Plurals in -ies whose singular ends in -ie; all others end in -y.
_IE = frozenset(
    {
        "birdies",
        "brownies",
        "calories",
        "collies",
        "cookies",
        "genies",
        "hoodies",
        "movies",
        "pixies",
        "prairies",
        "rookies",
        "selfies",
        "smoothies",
        "sorties",
        "veggies",
        "zombies",
    }
)

# A final e that only separates a hissing sound (or an o) from the plural's s: classes, taxes,
# approaches, viruses, heroes. It is dropped from singulars too (cache, cause), so that both forms
# of every word end up equal, whichever of them has the e of its own.
_LINKING_E = re.compile(r"(?:.us|..(?:ss|zz|x|ch|sh|o))e\Z")


class Word(NamedTuple):
    """One word of a text.

    `form` is the word as written (NFKC), `plain` without case and accents, `key` also without a
    plural ending. `text[start:end]` is the original.
    """

    form: str
    plain: str
    key: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Split `text` into its words, in order."""
    words: list[Word] = []
    for start, end in _spans(text):
        written = text[start:end]
        if _is_possessive_s(written, text, start, words):
            continue
        if written.isascii():
            plain = written.lower()
            words.append(Word(written, plain, singular(plain), start, end))
            continue
        for form in _pieces(unicodedata.normalize("NFKC", written)):
            plain = fold(form)
            if plain:  # else an accent without a letter
                words.append(Word(form, plain, singular(plain), start, end))
    return words


def fold(word: str) -> str:
    """Remove case, compatibility forms and accents from a single word: "JOSÉ" gives "jose"."""
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return unicodedata.normalize("NFC", bare.translate(_PLAIN_LETTERS))


def singular(word: str) -> str:
    """The form that a folded word shares with its plural: hubs and hub, policies and policy.

    It is a key for comparing, not a word to show ("causes" and "cause" both give "caus"). Words of
    up to three letters stay, so "its" never meets "it".
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in _NOT_PLURAL or not word.isalpha():
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies") and len(word) > 4 and word not in _IE:
            return word[:-3] + "y"
        word = word[:-1]
    return word[:-1] if _LINKING_E.search(word) else word


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        if run.group().isascii():
            yield run.span()
        else:
            yield from _split(text, run.start(), run.end())


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The words of a run with characters beyond ASCII, among them signs and invisible ones."""
    first = last = -1  # of the word being read; none while first < 0
    alone = False  # it is a character of a script without spaces
    for at in range(start, end):
        char = text[at]
        category = unicodedata.category(char)
        mark = category[0] == "M" or char in _HALF_WIDTH_VOICING
        if mark or (category == "Cf" and char != _ZERO_WIDTH_SPACE):
            if mark and first >= 0:
                last = at
            continue
        letter = char.isalnum() and char not in _APOSTROPHES
        unspaced = letter and _UNSPACED.match(char) is not None
        if first >= 0 and (not letter or unspaced or alone):
            yield first, last + 1
            first = -1
        if letter:
            first = at if first < 0 else first
            last, alone = at, unspaced
    if first >= 0:
        yield first, last + 1


def _is_possessive_s(written: str, text: str, start: int, before: list[Word]) -> bool:
    """True for the s of "Guatemala's", which belongs to the word before the apostrophe."""
    return (
        written in ("s", "S")
        and start > 0
        and text[start - 1] in _APOSTROPHES
        and bool(before)
        and before[-1].end == start - 1
    )


def _pieces(form: str) -> list[str]:
    """The words in one NFKC form: usually itself, but ½ becomes 1⁄2 and a soft hyphen goes."""
    if form.isalnum():
        return [form]
    kept: list[str] = []
    for char in form:
        category = unicodedata.category(char)
        if char.isalnum() or category[0] == "M":
            kept.append(char)
        elif category != "Cf":
            kept.append(" ")
    return "".join(kept).split()
