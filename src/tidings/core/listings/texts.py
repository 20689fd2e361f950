"""Listings in plain or markdown text, whose layout is inferred from the whole file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp
from types import MappingProxyType
from typing import Final

from tidings.core.listings.candidates import Candidate, Given, Record
from tidings.core.listings.dates import Dated
from tidings.core.listings.entries import (
    Page,
    entries,
    layout_of,
    left_over,
    loses_titles,
    roles_by_line,
    title_of,
)
from tidings.core.listings.features import context_of
from tidings.core.listings.markup import first_markup
from tidings.core.listings.opened import read_entries
from tidings.core.listings.pictures import settled, with_marked, without_pictures
from tidings.core.listings.ranking import Ranked, Weights, among, chosen, learned, ranked
from tidings.core.listings.reading import (
    NEAR,
    NO_LAYOUT,
    NO_LAYOUT_HINT,
    Hints,
    Reading,
    contrary,
    held,
    quarantined,
    undecided,
    unsure,
)
from tidings.core.listings.rows import Row, is_date_alone, read_rows, unwrapped
from tidings.core.listings.tables import read_csv, read_json, read_json_lines
from tidings.core.listings.teaching import by_layout, folded, lesson, stands_in, taught_by
from tidings.core.listings.text import WORDLESS, without_controls
from tidings.core.listings.text_tables import read_text_table
from tidings.core.listings.units import cut
from tidings.model import Example, Listing, Problem

_MOST_LINES: Final = 150_000
_MOST_PROBLEMS: Final = 100
_MOST_JUNK: Final = 0.05  # share of control characters beyond which it is no text
_PAGE_BEGINS: Final = ("<!doctype html", "<html", "<meta charset", "version:0.9", "version:1.0")
_LOST_TITLES: Final = (
    "nearly all titles that are found are sentences below a shorter line, which may be the title"
)
_HOPELESS: Final = 0.05  # below this even a guess says nothing
_LONG: Final = 1_200  # units, of which listings that people paste hardly ever have as many
_SAMPLE: Final = 600
_MOST_TRIED: Final = 6  # readings of a long file
_MOST_PLACES: Final = 3  # of an example in one file


def read_text(text: str, path: str, hints: Hints, weights: Weights | None = None) -> Reading:
    """Read the listings in a text. Any text gives a reading; at worst it is a held one.

    Other weights than those of the package are for measuring what was learned.
    """
    clean, dropped = without_controls(text)
    if dropped > _MOST_JUNK * len(text):
        return quarantined(path, "this is not text", "save the listing as plain UTF-8 text")
    rows = read_rows(
        clean,
        limit=_MOST_LINES,
        language=hints.language,
        date_order=hints.date_order,
        names=hints.names(),
        zone=hints.zone,
    )
    if rows is None:
        return quarantined(
            path, f"the file has more than {_MOST_LINES} lines of text", "split it into several"
        )
    if not rows:
        return quarantined(path, "the file is empty", "put listings into it or remove it")
    if all(is_date_alone(row) for row in rows):
        first = rows[0]
        return quarantined(
            path,
            "there is nothing but dates",
            "put a title below each date",
            first.number,
            first.raw[:120],
        )
    return _read(page_of(path, rows), hints, weights or learned())


def page_of(path: str, rows: Sequence[Row]) -> Page:
    """A file, cut into its units and looked at."""
    joined = unwrapped(rows)
    units = cut(joined)
    return Page(path, joined, units, context_of(joined, units))


def _read(page: Page, hints: Hints, weights: Weights) -> Reading:
    """The best reading of a page, as far as it is sure, or by what an example says of it."""
    wanted = hints.layout and hints.layout.removesuffix("-even")
    example, texts = hints.example, [row.raw for row in page.rows]
    speaks = example is not None and stands_in(example.title, texts)
    given = given_in(page, example) if example and speaks else ()
    all_ = _searched(page, weights, given)
    if wanted:
        all_ = among(all_, [layout_of(page, each) == wanted for each in all_.found])
    if not all_.found:
        return _unexplained(page.path, hints)
    if example and speaks:
        candidates = _candidates(page, all_, weights, hints)
        learnt = lesson(example, candidates, texts)
        if learnt:
            sure = _confidence_among(all_, candidates, weights)
            return taught_by(learnt, candidates, sure, page.path, hints.threshold)
    if hints.learnt and not wanted:
        layout = hints.learnt.layout
        fitting = among(all_, [layout_of(page, each) == layout for each in all_.found])
        fit = _candidates(page, fitting, weights, hints) if fitting.found else []
        plain = _plainly(page, all_, hints, weights)
        odds = exp(fitting.scores[0] - all_.scores[0]) if fit else 0.0
        behind = chosen(all_, weights).confidence * (1 - odds)
        return by_layout(hints.learnt, fit, behind, plain, page.path, hints.threshold)
    return _plainly(page, all_, hints, weights)


def _searched(page: Page, weights: Weights, given: Sequence[Given]) -> Ranked:
    """The readings of a page. Of a long one those that are the best for its first part, for a list
    goes on as it begins."""
    if len(page.units) <= _LONG:
        return ranked(page.units, page.known, weights, given)
    head = page_of(page.path, page.rows[: max(1, page.units[_SAMPLE].row)])
    first = ranked(head.units, head.known, weights)
    only = tuple(dict.fromkeys((each.assumption, each.order) for each in first.found))
    return ranked(page.units, page.known, weights, given, only[:_MOST_TRIED])


def _plainly(page: Page, given: Ranked, hints: Hints, weights: Weights) -> Reading:
    """The likeliest of these readings, held if it is not sure enough."""
    choice = chosen(given, weights)
    reading = _told(page, choice.found, choice.confidence, hints)
    wordless = tuple(each for each in reading.problems if each.message == WORDLESS)
    hopeless = choice.confidence < _HOPELESS or len(wordless) > len(reading.listings)
    # A layout that is given says which reading is meant.
    sure = (1.0 if hints.layout else choice.confidence) >= hints.threshold
    loses = not hints.layout and hints.threshold > 0 and loses_titles(page, choice.found)
    if sure and not hopeless and not loses:
        return reading
    if not reading.listings or hopeless:
        doubt = Problem(page.path, 0, 0, NO_LAYOUT, NO_LAYOUT_HINT)
        return held((doubt, *wordless), reading, None)
    rival = None
    if choice.rival:
        rival = _told(page, choice.rival, choice.confidence * choice.beside, hints)
        rival = rival if rival.listings else None
    if sure and loses:
        doubt = contrary(page.path, _LOST_TITLES, reading, rival)
    elif rival and reading.confidence - rival.confidence < NEAR:
        doubt = undecided(page.path, reading, rival)
    else:
        doubt = unsure(page.path, reading, rival, hints.threshold)
    return held((doubt, *wordless), reading, rival)


def _candidates(page: Page, given: Ranked, weights: Weights, hints: Hints) -> list[Reading]:
    """All these readings, each as sure as it is beside the likeliest."""
    sure = chosen(given, weights).confidence
    return [
        _told(page, each, sure * odds, hints)
        for each, odds in zip(given.found, given.odds, strict=True)
    ]


def _confidence_among(
    given: Ranked, candidates: Sequence[Reading], weights: Weights
) -> Callable[[Sequence[Reading]], float]:
    """How sure the likeliest of some of the candidates is, if no other ones can be right."""

    def sure(some: Sequence[Reading]) -> float:
        kept = [any(one is each for each in some) for one in candidates]
        return chosen(among(given, kept), weights).confidence

    return sure


def given_in(page: Page, example: Example) -> tuple[Given, ...]:
    """The places in a page where the example stands: its title, on a row or two, with its date."""
    wanted = folded(example.title)
    found = []
    for first in range(len(page.units)):
        for last in range(first, min(first + 4, len(page.units))):
            at = tuple(range(first, last + 1))
            said = folded(title_of(page, Record(at, None, ())))
            if said == wanted:
                found.append(Given(at, _date_near(page, at, example)))
            if len(said) >= len(wanted):
                break
    return tuple(found[:_MOST_PLACES])


def _date_near(page: Page, title: tuple[int, ...], example: Example) -> int | None:
    """The unit nearest to the title that has the day of the example."""
    if example.published is None:
        return None
    places = [
        at
        for at, unit in enumerate(page.units)
        if isinstance(unit.stamp, Dated) and unit.stamp.day == example.published
    ]
    return min(places, key=lambda at: min(abs(at - title[0]), abs(at - title[-1])), default=None)


def _told(page: Page, found: Candidate, confidence: float, hints: Hints) -> Reading:
    listings, problems = entries(page, found, hints.category)
    told = (*problems, *left_over(page, found), *_with_markup(page, listings))
    said = sorted(told, key=lambda problem: problem.line)
    if len(said) > _MOST_PROBLEMS:
        more = len(said) - _MOST_PROBLEMS
        said[_MOST_PROBLEMS:] = [Problem(page.path, 0, 0, f"{more} more entries cannot be read")]
    sure = round(confidence, 3) if listings else 0.0
    roles = roles_by_line(page, found)
    return Reading(listings, tuple(said), layout_of(page, found), sure, (), roles)


def _with_markup(page: Page, listings: Sequence[Listing]) -> tuple[Problem, ...]:
    """A problem where HTML is published as it stands, since a text may mean what it says."""
    found = [
        (listing, markup)
        for listing in listings
        if (markup := _markup_in(f"{listing.text.title} {listing.text.summary}"))
    ]
    if not found:
        return ()
    listing, markup = found[0]
    rows = (row for row in page.rows if row.number >= listing.ref.line and markup in row.raw)
    row = next(rows, None)
    have = f"{len(found)} entries have" if len(found) > 1 else "this entry has"
    return (
        Problem(
            page.path,
            row.number if row else listing.ref.line,
            row.column if row else 1,
            f"{have} HTML in the text, such as {markup}, which is published as it stands",
            "copy the text from the page as it is shown, or save the file as .json or .csv",
            row.raw[:120] if row else "",
        ),
    )


def _markup_in(text: str) -> str:
    return first_markup(text) if "<" in text or "&" in text else ""


def _unexplained(path: str, hints: Hints) -> Reading:
    if hints.layout:
        return quarantined(
            path,
            f'the layout "{hints.layout}" does not fit this file',
            "remove layout from the source, or name another; tidings parse shows what it finds",
        )
    return quarantined(path, NO_LAYOUT, NO_LAYOUT_HINT)


# --- Formats --------------------------------------------------------------------------------------


def is_page(text: str) -> bool:
    """Whether a text begins as only web pages do."""
    return text[:256].lstrip("\ufeff \t\r\n").lower().startswith(_PAGE_BEGINS)


def _read_saved(text: str, path: str, hints: Hints) -> Reading:
    # Here, since it takes the library for HTML along, and hardly any listing is a page.
    from tidings.core.listings.html.saved import read_page

    return read_page(text, path, hints)


def _read_mail(text: str, path: str, hints: Hints) -> Reading:
    return (_read_saved if is_page(text) else read_text)(text, path, hints)


# A reader makes a reading of a text, its path and what is known of its source. Whatever is in the
# text, it raises nothing. A further format is one more function and its endings here.
Reader = Callable[[str, str, Hints], Reading]
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "json": read_json,
        "jsonl": read_json_lines,
        "ndjson": read_json_lines,
        "csv": read_csv,
        "tsv": read_csv,
        "xlsx": read_csv,
        **dict.fromkeys(("html", "htm", "xhtml", "mht", "mhtml"), _read_saved),
        "eml": _read_mail,
        **dict.fromkeys(("rss", "atom", "rdf", "xml", "ics"), read_entries),
    }
)


# These judge by themselves what an example says.
_BY_EXAMPLE: Final = (_read_saved, _read_mail)
_OF_TABLES: Final = ("\t", "|", ":", "：")  # one of these stands in every table in a text


def parse(text: str, path: str, *, hints: Hints | None = None) -> Reading:
    """Read the listings in `text`, the content of the seed file `path`.

    The ending of `path` decides the format; of text the layout is inferred from the whole file.
    `hints` is what is known of the source. Any text gives a Reading: what cannot be read is in its
    problems.
    """
    text, marked = without_pictures(text) if _is_text(path) else (text, ())
    return settled(with_marked(_parse(text, path, hints or Hints()), marked), path)


def _is_text(path: str) -> bool:
    return path.rpartition(".")[2].lower() not in READERS


def _parse(text: str, path: str, known: Hints) -> Reading:
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    reader = READERS.get(ending)
    if reader in _BY_EXAMPLE or (reader is None and is_page(text)):
        return (reader or _read_saved)(text, path, known)
    # A table can be read in one way only. A layout that is given is one of texts.
    reading = reader(text, path, known) if reader else None
    if reader is None and not known.layout and any(sign in text for sign in _OF_TABLES):
        reading = read_text_table(text, path, known)
    if reading is None:
        return read_text(text, path, known)
    learnt = lesson(known.example, [reading], ()) if known.example and reading.listings else None
    if learnt is None:
        return reading
    return taught_by(learnt, [reading], lambda _: reading.confidence, path, known.threshold)
