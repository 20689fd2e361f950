"""Whether a file is in English, the one language whose numeric dates come in both orders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

# The commonest short words; one that is also common elsewhere ("a", "in", "do") decides nothing.
_ENGLISH_WORDS = "the of and to for with from by at that this was are will"
_OTHER_WORDS = (
    "de la el los las en por para con del una que se su y e o da dos das em na ao um uma os "
    "le les des du et est une dans pour sur au aux der die das und den mit von zu ein eine im "
    "ist auf di il della che gli dei nel per het een van voor w z nie jest się"
)
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_OTHERS: Final = frozenset(_OTHER_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")
_LINES_LOOKED_AT: Final = 400
_CHARACTERS_LOOKED_AT: Final = 400
_ENOUGH_WORDS: Final = 10


def is_english(lines: Iterable[str], language: str | None) -> bool:
    """True if `language` (a tag such as "en" or "es-CR") says so or, without one, the words do.

    Too little text counts as English, because then nothing speaks for the other reading.
    """
    if language:
        return language.casefold().replace("_", "-").split("-")[0] in ("en", "eng")
    ours = theirs = latin = letters = 0
    for line in islice(lines, _LINES_LOOKED_AT):
        for word in _WORD.findall(line[:_CHARACTERS_LOOKED_AT].casefold()):
            ours += word in _ENGLISH
            theirs += word in _OTHERS
            letters += len(word)
            latin += len(word) if word[0] < "\u0250" else 0
    if letters >= _ENOUGH_WORDS and latin < letters / 2:
        return False
    return theirs < _ENOUGH_WORDS or theirs < 3 * ours
