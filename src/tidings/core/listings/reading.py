"""What is known of a file before it is read, what a reading says, and why a file is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from shlex import quote
from typing import Final
from zoneinfo import ZoneInfo

from tidings.core.listings.languages import DEFAULT_LANGUAGES, Names, names_of
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
    others. `zone` is the site's, to whose days instants with an offset are brought; without it they
    are of the day that they name. `columns` says by field which column of a table it is read from.
    """

    date_order: str | None = None
    language: str | None = None
    category: str | None = None
    layout: str | None = None
    languages: tuple[str, ...] = ()
    threshold: float = THRESHOLD
    example: Example | None = None
    learnt: Taught | None = None
    zone: ZoneInfo | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    address: str = ""

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


def told(listings: Iterable[Listing]) -> Set[object]:
    """What makes two readings different: the titles, and the dates beside them."""
    return {(one.text.title, one.text.date) for one in listings}


def nearest(reading: Reading, others: Iterable[Reading]) -> Reading | None:
    """The most confident of the others that gives entries, and other ones."""
    ours = told(reading.listings)
    different = (one for one in others if one.listings and told(one.listings) != ours)
    return max(different, key=lambda one: one.confidence, default=None)


# --- What is said of a file that is held ----------------------------------------------------------

_LONGEST_TITLE: Final = 60
NO_LAYOUT: Final = "no layout of listings fits this file, so nothing in it is published"
NO_LAYOUT_HINT: Final = (
    "give each entry a line with its date, a line with its title, then its summary"
)

NEAR: Final = 0.08  # a reading so little behind is nearly as good
RETEACH: Final = (
    "give its source a new example, with tidings parse FILE --first TITLE, or correct the file"
)


def unsure(path: str, best: Reading, rival: Reading | None, threshold: float) -> Problem:
    """That the best reading is a poor one; `rival` is the nearest different one, if any."""
    beside = f"; next best: {_shown(rival, best)}" if rival else ""
    return Problem(
        path,
        0,
        0,
        f"no layout of listings fits this file well enough (at best {best.layout},"
        f" {best.confidence:.0%} sure, below {threshold:.0%}), so nothing in it is"
        f" published; the first entry would be {_named(best.listings[0])}{beside}",
        _choice(path, best, rival),
    )


def undecided(path: str, best: Reading, rival: Reading) -> Problem:
    """That two readings fit nearly equally well, where they part first, and what settles it.

    The confidence of each is that which it has by itself.
    """
    mine = _only(best.listings, rival.listings)
    return Problem(
        path,
        mine.ref.line if mine else 0,
        1 if mine else 0,
        "two readings that differ fit this file nearly equally well, so nothing in it is"
        f" published: {_shown(best, rival)}, {_shown(rival, best)}",
        _choice(path, best, rival),
    )


def contrary(path: str, why: str, best: Reading, rival: Reading | None) -> Problem:
    """That the file is not as the example of its source says."""
    line = best.listings[0].ref.line if best.listings else 0
    message = f"{why}; so nothing in it is published"
    if not best.listings:
        return Problem(path, line, int(line > 0), message, RETEACH)
    return Problem(path, line, 1, message, f"{_choice(path, best, rival)}; or {RETEACH}")


def unfit(path: str, layout: str, reading: Reading | None) -> Problem:
    """That the layout which the source's example has taught does not fit; with what it gives."""
    gives = f"; by it the first entry would be {_named(reading.listings[0])}" if reading else ""
    return Problem(
        path,
        0,
        0,
        f"{layout}, the layout that the example of its source chooses, does not fit this file,"
        f" which is read as without it{gives}",
        "look at it with tidings parse FILE; give such files a source of their own",
    )


def accepting(path: str, reading: Reading, other: Reading | None) -> str:
    """The command that shows all of this reading, and what accepts it."""
    listing = telling(reading, other)
    day = f" --date {listing.text.date.isoformat()}" if listing.text.date else ""
    return f"tidings parse {quote(path)} --first {quote(listing.text.title)}{day}"


def said(reading: Reading, other: Reading | None) -> str:
    """How sure a reading is by itself, how many entries it has, and the first that tells it from
    the other."""
    listing = telling(reading, other)
    day = f"of {listing.text.date.isoformat()}" if listing.text.date else "undated"
    number = len(reading.listings)
    counted = f"{number} {'entry' if number == 1 else 'entries'}"
    where = "first entry" if listing is reading.listings[0] else "with"
    return f'{reading.confidence:.0%} sure, {counted}, {where} "{listing.text.title}" {day}'


def beside(best: Reading, rival: Reading) -> str:
    """In a few words, how near the rival comes."""
    return "nearly as good" if best.confidence - rival.confidence < NEAR else "next best"


def telling(reading: Reading, other: Reading | None) -> Listing:
    """The first entry, or, where both begin alike, the first that the other does not have."""
    first = reading.listings[0]
    if other and told(other.listings[:1]) == told([first]):
        return _only(reading.listings, other.listings) or first
    return first


def _choice(path: str, best: Reading, rival: Reading | None) -> str:
    if rival is None:
        return f"if that is right, `{accepting(path, best, None)}` prints the example to set"
    return (
        f"if the first is right, `{accepting(path, best, rival)}` prints the example to set;"
        f" if the second is, `{accepting(path, rival, best)}`"
    )


def _shown(reading: Reading, other: Reading) -> str:
    only = _named(_only(reading.listings, other.listings))
    return f"{reading.layout} ({reading.confidence:.0%} sure) has {only}"


def _only(listings: Sequence[Listing], others: Sequence[Listing]) -> Listing | None:
    """The first of `listings` that is not among `others`."""
    known = told(others)
    return next((one for one in listings if not told([one]) <= known), None)


def _named(listing: Listing | None) -> str:
    if listing is None:
        return "no entry in its place"
    day = listing.text.date.isoformat() if listing.text.date else "undated"
    return f'{day} "{listing.text.title[:_LONGEST_TITLE]}"'
