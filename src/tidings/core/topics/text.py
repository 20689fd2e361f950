"""Turns text into words that can be compared, and remembers where each word stands.

What is folded: compatibility forms (NFKC), case, accents, a possessive 's, and the dots of an
acronym (U.S. is US, EE. UU. is EEUU). What separates words: everything that is neither a letter, a
digit nor a mark, so a hyphen is a space and COVID-19 is the phrase "covid 19". Scripts written
without spaces (Han, kana, Thai, Lao, Burmese, Khmer) have no words to find without a dictionary:
there each character counts as a word, and a term matches wherever its characters stand in a row.

URLs, mail addresses, tags and entities are no text: they hold no words. The name of a host, such as
example.org, is one word, and so neither "example" nor "org".

There is no stemmer; singular and plural are a matter of the language: see `plurals`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

# In front of a word, that it is written with a capital.
CAPITAL: Final = "^"

_APOSTROPHES = frozenset("'’‘‛ʼ＇")

# ASCII letters and digits, or anything beyond ASCII, which `_split` then looks at closely. As what
# it is not, since Python takes milliseconds to compile a set of a million characters.
_ASCII_SIGNS = r"\x00-/:-@\[-`{-\x7f"
_RUN = re.compile(rf"[^{_ASCII_SIGNS}]++")

# Pieces of text that can be split into words each on its own, with the same outcome: a run, and
# the possessive 's that ends it.
_PIECE = re.compile(rf"[^{_ASCII_SIGNS}]++(?:'[sS](?![^{_ASCII_SIGNS}]))?")

# --- What is more than its letters, or no text ----------------------------------------------------

# Each begins where no word is going on, so that a text is gone through once, whatever it holds.
_BEFORE = r"(?<![a-z0-9\u00c0-\u024f@+._-])"
_SCHEME = _BEFORE + r"(?:[a-z][a-z0-9+.-]{0,30}://|www\d?\.|mailto:)"
_REST = r"(?:[^\s<>\"“”«»()\[\]{}|\\^`\u0e00-\u0eff\u3000-\ud7ff]|\([^\s<>()]{0,200}\))+"
_LABELS = _BEFORE + r"(?:[a-z0-9-]{1,63}\.)+"
_ENDINGS = "com|org|net|int|edu|gov|gob|gouv|mil|info|biz"
_LETTER = "[a-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff][\u0300-\u036f]*"
_HOST = rf"{_LABELS}(?:{_ENDINGS})(?:\.[a-z]{{2}})?(?![\w-]|\.\w)"
_ACRONYM = (
    r"(?<![\w.\u0300-\u036f])(?:"
    rf"{_LETTER}(?:\.{_LETTER})+(?![\w\u0300-\u036f])\.?"
    # Of two letters each, a plural in Spanish: EE. UU., RR.HH.
    r"|(?P<one>[a-z])(?P=one)\.[ \u00a0]?(?P<other>[a-z])(?P=other)(?!\w)\.?)"
)
# As a piece, of characters that can stand in a word.
_SIGNS = "\u0080-\u00a9\u00ab\u00ac\u00ae-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u2010-\u2017\u201a"
_SIGNS += "\u201c-\u205f\u3000-\u3004\u3008-\u3020" + "".join(sorted(_APOSTROPHES - {"'"}))
_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u9fff\uf900-\ufaff\uff66-\uff9f"
_NO_SPACES += "\U00020000-\U0003ffff"
_WORDS = (
    rf"(?:(?:(?![{_SIGNS}{_NO_SPACES}])[0-9A-Za-z\x80-\U0010ffff])+"
    rf"|(?:(?![{_SIGNS}])[{_NO_SPACES}])+)"
)
_OWNER = rf"(?:[{''.join(sorted(_APOSTROPHES))}]s(?![0-9A-Za-z\x80-\U0010ffff]))?"
_MARKED_UP = (
    rf"{_SCHEME}{_REST}"
    rf"|{_BEFORE}[a-z0-9\u00c0-\u024f.+_-]{{1,64}}@[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}})+"
    rf"|{_LABELS}[a-z]{{2,24}}(?::\d+)?/(?:{_REST})?"
    r"|</?[a-z][^<>]*>|<[!?][^<>]*>"
    r"|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|shy|[nm]dash|[lr][sd]quo|[lr]aquo"
    r"|hellip|bull|middot|copy|reg|trade|euro|[a-z]{1,2}(?:acute|grave|circ|tilde|uml|cedil|lig));"
    rf"|(?P<piece>(?:{_HOST}|{_ACRONYM}|{_WORDS}){_OWNER})"
)
_HOST_ALONE = re.compile(_HOST, re.IGNORECASE)
_WHOSE = re.compile(rf"[{''.join(sorted(_APOSTROPHES))}][sS]\Z")

# Without one of these there is nothing of the kind; most texts are without.
_DOTTED = re.compile(
    "\\.(?:[a-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff]|[ \u00a0]([a-z])\\1\\b)", re.IGNORECASE
)

# --- Scripts and letters --------------------------------------------------------------------------

# Thai and Lao, Burmese, Khmer, ideographs and their iteration marks, kana (also half-width).
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff]"
)
_HALF_WIDTH_VOICING = "\uff9e\uff9f"  # letters to Unicode, marks to a reader

# Marks that the same word is written with and without: Latin, Greek and Cyrillic accents, Hebrew
# points, Arabic vowel signs, hamza and tatweel, variation selectors. Vowels of Indic scripts and
# the voicing of kana make another word and stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u0655\u0670\ufe00-\ufe0f]")

# Letters that people replace by plain ones and that Unicode does not decompose; of Arabic those
# that Lucene's ArabicNormalizer and PersianNormalizer replace.
_PLAIN_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ٱ": "ا",
        "ى": "ي",
        "ة": "ه",
        "ی": "ي",
        "ک": "ك",
    }
)

_ZERO_WIDTH_SPACE = "\u200b"


class Word(NamedTuple):
    """One word of a text.

    `form` is the word as written (NFKC), `plain` without case and accents, `key` the same with
    `CAPITAL` in front if it is written with a capital. `text[start:end]` is the original.
    """

    form: str
    plain: str
    key: str
    start: int
    end: int


@cache
def _marked_up() -> re.Pattern[str]:
    """Compiled when a text first asks for it: that takes 25 ms, a twentieth of `tidings status`."""
    return re.compile(_MARKED_UP, re.IGNORECASE)


def pieces_of(text: str) -> Sequence[str]:
    """The pieces of a text that hold its words: `words_in` each of them."""
    if _is_marked_up(text):
        return [found[0] for found in _marked_up().finditer(text) if found["piece"]]
    return _PIECE.findall(text)


def places_of(text: str) -> Sequence[int]:
    """Where each of `pieces_of` begins."""
    if _is_marked_up(text):
        return [found.start() for found in _marked_up().finditer(text) if found["piece"]]
    return [found.start() for found in _PIECE.finditer(text)]


def words_of(text: str) -> list[Word]:
    """Split `text` into its words, in order."""
    found = zip(pieces_of(text), places_of(text), strict=True)
    return [word for piece, place in found for word in words_in(piece, place)]


def words_in(piece: str, place: int = 0) -> list[Word]:
    """The words of a piece, which begins at `place`."""
    if "." in piece:
        return [_dotted(piece, place)]
    words: list[Word] = []
    for start, end in _spans(piece):
        written = piece[start:end]
        if _is_possessive_s(written, piece, start, words, place):
            continue
        if written.isascii():
            words.append(_word(written, written.lower(), place + start, place + end))
            continue
        for form in _split_forms(unicodedata.normalize("NFKC", written)):
            plain = fold(form)
            if plain:  # else an accent without a letter
                words.append(_word(form, plain, place + start, place + end))
    return words


def addresses_in(text: str) -> Sequence[str]:
    """The URLs, mail addresses and tags in a text."""
    found = (each for each in _marked_up().finditer(text) if not each["piece"])
    return [each[0] for each in found] if _is_marked_up(text) else []


def fold(word: str) -> str:
    """Remove case, compatibility forms and accents from a single word: "JOSÉ" gives "jose"."""
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return unicodedata.normalize("NFC", bare.translate(_PLAIN_LETTERS))


def _word(form: str, plain: str, start: int, end: int) -> Word:
    capital = form[0].isupper() or form[0].istitle()
    return Word(form, plain, CAPITAL + plain if capital else plain, start, end)


def _is_marked_up(text: str) -> bool:
    return (
        "@" in text
        or "/" in text
        or "<" in text
        or "&" in text
        or ("." in text and _DOTTED.search(text) is not None)
    )


def _dotted(piece: str, place: int) -> Word:
    """The word of an acronym, which has no dots, or of a host, which has."""
    whose = _WHOSE.search(piece)
    end = whose.start() if whose else len(piece)
    form = unicodedata.normalize("NFKC", piece[:end])
    if not _HOST_ALONE.fullmatch(form):
        form = "".join(sign for sign in form if sign not in ". ")
    return _word(form, fold(form), place, place + end)


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


def _is_possessive_s(written: str, text: str, start: int, before: list[Word], place: int) -> bool:
    """True for the s of "Guatemala's", which belongs to the word before the apostrophe."""
    return (
        written in ("s", "S")
        and start > 0
        and text[start - 1] in _APOSTROPHES
        and bool(before)
        and before[-1].end == place + start - 1
    )


def _split_forms(form: str) -> list[str]:
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
