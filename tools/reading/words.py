"""The words of invented listings, one file of words for each language.

All of them were made up for this purpose: no title, text or list of a real listing is in here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

FOLDER = Path(__file__).with_name("words")
LANGUAGES = tuple(sorted(place.stem for place in FOLDER.glob("*.toml")))
UNSPACED = ("ja", "th", "zh")  # no blank between words
_STOPS = {"zh": "。", "ja": "。", "hi": "।", "th": ""}
_COMMAS = {"zh": "，", "ja": "、", "th": " ", "ar": "، "}
_SHARE_OF_ENGLISH = 0.35


@dataclass(frozen=True, slots=True)
class Words:
    """What one language has to say: lists of phrases by what they are for."""

    language: str
    clause: str
    lists: Mapping[str, list[str]]

    @property
    def spaced(self) -> bool:
        """True if a blank stands between words."""
        return self.language not in UNSPACED

    @property
    def stop(self) -> str:
        """What ends a sentence."""
        return _STOPS.get(self.language, ".")

    @property
    def comma(self) -> str:
        """What stands between two clauses, with its blank."""
        return _COMMAS.get(self.language, ", ")

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.stop == "。" else " "

    def pick(self, rng: Random, key: str) -> str:
        """One phrase of the list `key`."""
        return rng.choice(self.lists[key])

    def quoted(self, rng: Random, text: str) -> str:
        """`text` in a pair of quotes that the language knows."""
        marks = self.pick(rng, "quotes")
        return marks[0] + text + marks[-1] if len(marks) == 2 else f"« {text} »"


@cache
def words_of(language: str) -> Words:
    """The words of `language`, one of `LANGUAGES`."""
    read = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    lists = {key: value for key, value in read.items() if isinstance(value, list)}
    return Words(language, read["clause"], lists)


def draw_words(rng: Random) -> Words:
    """The language of a listing: English in a third of them, any of the others alike."""
    if rng.random() < _SHARE_OF_ENGLISH:
        return words_of("en")
    return words_of(rng.choice([language for language in LANGUAGES if language != "en"]))


def weighed(rng: Random, **weights: float) -> str:
    """One of the names, each as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]
