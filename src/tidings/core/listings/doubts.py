"""What is said of a file that is held, because no reading of it is sure enough."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import TYPE_CHECKING, Final

from tidings.model import Listing, Problem

if TYPE_CHECKING:
    from tidings.core.listings.reading import Reading

_LONGEST_TITLE: Final = 60
NO_LAYOUT: Final = "no layout of listings fits this file, so nothing in it is published"
NO_LAYOUT_HINT: Final = (
    "give each entry a line with its date, a line with its title, then its summary"
)


def unsure(path: str, best: Reading, threshold: float, layout: str | None) -> Problem:
    """That the best reading is a poor one. `layout` is the one that the source names, if any."""
    return Problem(
        path,
        0,
        0,
        f"no layout of listings fits this file well enough (at best {best.layout},"
        f" {best.confidence:.0%} sure, below {threshold:.0%}), so nothing in it is"
        f" published; the first entry would be {_told(best.listings[0])}",
        f"if tidings parse shows it rightly, set {_settings(best, threshold, layout)} for its"
        " source",
    )


def undecided(
    path: str, best: Reading, rival: Reading, threshold: float, *, within_reach: bool
) -> Problem:
    """That two readings fit nearly equally well, where they part first, and what settles it.

    The confidence of each is that which it has by itself. `within_reach` says that naming its
    layout gives the second.
    """
    mine, other = _only(best.listings, rival.listings), _only(rival.listings, best.listings)
    settles = f"if the first is right, set {_settings(best, threshold)} for its source"
    if within_reach:
        settles += f"; if the second is, {_settings(rival, threshold)}"
    else:
        settles += "; else mend the file, or give it as a table"
    return Problem(
        path,
        mine.ref.line if mine else 0,
        1 if mine else 0,
        "two readings that differ fit this file nearly equally well, so nothing in it is"
        f" published: {best.layout} ({best.confidence:.0%} sure) has {_told(mine)},"
        f" {rival.layout} ({rival.confidence:.0%} sure) has {_told(other)}",
        settles,
    )


def _settings(reading: Reading, threshold: float, layout: str | None = None) -> str:
    """The settings of a source under which this reading is published."""
    needed = [] if layout else [f"layout: {reading.layout}"]
    if reading.confidence < threshold:
        needed.append(f"threshold: {floor(reading.confidence * 100) / 100:g}")
    return " and ".join(needed)


def _only(listings: Sequence[Listing], others: Sequence[Listing]) -> Listing | None:
    """The first of `listings` that is not among `others`."""
    known = {(one.text.title, one.text.date) for one in others}
    return next((one for one in listings if (one.text.title, one.text.date) not in known), None)


def _told(listing: Listing | None) -> str:
    if listing is None:
        return "no entry in its place"
    day = listing.text.date.isoformat() if listing.text.date else "undated"
    return f'{day} "{listing.text.title[:_LONGEST_TITLE]}"'
