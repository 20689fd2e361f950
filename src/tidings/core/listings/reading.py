"""What is known of a file before it is read, and what a reading of it says."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Final

from tidings.core.listings.names import DEFAULT_LANGUAGES, Names, names_of
from tidings.model import Example, Listing, Problem, Taught

THRESHOLD: Final = 0.6  # a reading less sure than this is a guess, and guesses are not published
LAYOUTS: Final = (
    "dated-before",
    "dated-after",
    "dated-last",
    "date-and-title",
    "title-and-date",
    "title-and-dated-text",
    "mixed",
    "undated",
    "undated-even",
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What an administrator knows of a source, as given in its settings.

    `date_order` ("dmy" or "mdy") and `language` (a language tag) settle numeric dates that a file
    itself leaves open; `category` is given to every entry that names none. `layout` is the only
    one tried, `languages` are those in which months and weekdays are known (an empty tuple: the
    usual ones), `threshold` is the confidence below which nothing is published. `example` decides
    between the readings of files in which its title stands; `learnt` is what it has taught for the
    others.
    """

    date_order: str | None = None
    language: str | None = None
    category: str | None = None
    layout: str | None = None
    languages: tuple[str, ...] = ()
    threshold: float = THRESHOLD
    example: Example | None = None
    learnt: Taught | None = None

    def names(self) -> Names:
        """The months and weekdays to look for."""
        languages = self.languages or DEFAULT_LANGUAGES
        more = (self.language,) if self.language and self.language not in languages else ()
        return names_of((*languages, *more))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says.

    `layout` names how it was understood and `confidence` (0 to 1) how likely it is that all of it
    is right. At confidence 0 the file is quarantined: no listings, and a problem that says why;
    `guess` holds what would have been read. `roles` says by line number what each line was taken
    for. `best` is the guess as a reading of its own, with its name and the confidence that it has
    by itself, and `rival` the best reading that gives other entries, if there is one; both only of
    a held file. `taught` if the example of the source has chosen it, in this file or by the layout
    that it has taught; `behind` says how far behind the most confident reading it is, of a file
    that has the example alone.
    """

    listings: tuple[Listing, ...]
    problems: tuple[Problem, ...]
    layout: str
    confidence: float
    guess: tuple[Listing, ...] = ()
    roles: tuple[tuple[int, str], ...] = ()
    best: Reading | None = None
    rival: Reading | None = None
    taught: bool = False
    behind: float | None = None


def quarantined(path: str, message: str, hint: str, line: int = 0, excerpt: str = "") -> Reading:
    """A file of which nothing is published, and why; `line` is where, if one line tells."""
    problem = Problem(path, line, int(line > 0), message, hint, excerpt)
    return Reading((), (problem,), "unrecognised", 0.0)


def held(doubts: tuple[Problem, ...], reading: Reading, rival: Reading | None) -> Reading:
    """A file of which nothing is published, with the reading that is the best guess."""
    return Reading(
        (),
        doubts,
        "unrecognised",
        0.0,
        reading.listings,
        reading.roles,
        best=reading if reading.listings else None,
        rival=rival,
    )


def told(reading: Reading) -> Set[object]:
    """What makes two readings different: the titles, and the dates beside them."""
    return {(one.text.title, one.text.date) for one in reading.listings}


def nearest(reading: Reading, others: Iterable[Reading]) -> Reading | None:
    """The most confident of the others that gives entries, and other ones."""
    ours = told(reading)
    different = (one for one in others if one.listings and told(one) != ours)
    return max(different, key=lambda one: one.confidence, default=None)
