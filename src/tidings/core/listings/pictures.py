"""Pictures that entries name: `![what it shows](harbour.jpg)` in a text, and where the file is.

A picture in a text belongs to the entry that it stands in. Where entries begin is told by the whole
file: with their dates, if these stand above the titles, and with their pictures, if the first of
these stands above the first entry.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import unquote

from tidings.core.addresses import web_address
from tidings.core.invisible import visible
from tidings.core.listings.reading import Reading
from tidings.core.listings.text import WORDLESS, WORDLESS_HINT, collapse, split_lines
from tidings.model import Image, Listing, Problem, Severity

# Endings of what can be made smaller and stripped of what a camera wrote into it.
ENDINGS: Final = ("jpg", "jpeg", "png", "webp", "gif")
_KINDS: Final = "a JPEG, PNG, WebP or GIF file"

_MARK = re.compile(
    r"!\[(?P<alt>[^\[\]\n]{0,500})\]\(\s*(?:<(?P<spaced>[^<>\n]{1,1000})>|(?P<url>[^\s()<>]{1,1000}))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
_ENDING = re.compile(r"\S\.(?:jpe?g|png|webp|gif|svgz?|avif|heic|bmp|tiff?)$", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_FOUND_IN: Final = frozenset(
    ("html", "htm", "xhtml", "mht", "mhtml", "eml", "rss", "atom", "rdf", "xml")
)
_LONGEST_ALT: Final = 500


class Marked(NamedTuple):
    """A picture in a text, and the number of its line."""

    line: int
    image: Image


def without_pictures(text: str) -> tuple[str, tuple[Marked, ...]]:
    """A text without its pictures, whose lines keep their numbers; and these."""
    if "![" not in text:
        return text, ()
    found: list[Marked] = []
    lines = split_lines(text)
    for at, line in enumerate(lines):
        if "![" in line:
            found += (Marked(at + 1, _image(mark)) for mark in _MARK.finditer(line))
            lines[at] = _MARK.sub(" ", line)
    return ("\n".join(lines), tuple(found)) if found else (text, ())


def _image(mark: re.Match[str]) -> Image:
    return Image(mark["spaced"] or mark["url"], collapse(visible(mark["alt"])))


def with_marked(reading: Reading, marked: Sequence[Marked]) -> Reading:
    """The reading with the pictures of its text, each at its entry; of two the first."""
    if not marked or not reading.listings:
        return reading
    roles = dict(reading.roles)
    starts = [_start(listing, roles) for listing in reading.listings]
    above = marked[0].line < starts[0]
    images: dict[int, Image] = {}
    for line, image in marked:
        at = bisect_right(starts, line) - (0 if above else 1)
        if 0 <= at < len(starts):
            images.setdefault(at, image)
    listings = tuple(
        _with_image(listing, images.get(at)) for at, listing in enumerate(reading.listings)
    )
    named = {each.line: "picture" for each in marked}
    reading = replace(reading, roles=tuple(sorted((named | roles).items())))
    return _with_titles(reading, listings)


def _with_titles(reading: Reading, listings: Sequence[Listing]) -> Reading:
    """The reading with those entries of which the picture is not the title itself: below such a one
    comes what is a sentence, and nothing after it."""
    kept = tuple(each for each in listings if not _is_titled_by_picture(each))
    problems = [
        Problem(each.ref.path, each.ref.line, 1, WORDLESS, WORDLESS_HINT)
        for each in listings
        if _is_titled_by_picture(each)
    ]
    confidence = reading.confidence if kept else 0.0
    told = (*reading.problems, *problems)
    return replace(reading, listings=kept, problems=told, confidence=confidence)


def _is_titled_by_picture(listing: Listing) -> bool:
    text = listing.text
    return bool(text.image and not text.summary and _SENTENCE.search(text.title))


def _with_image(listing: Listing, image: Image | None) -> Listing:
    return replace(listing, text=replace(listing.text, image=image)) if image else listing


def _start(listing: Listing, roles: Mapping[int, str]) -> int:
    """The line on which an entry begins: that of its date or category, if one stands above its
    title, with nothing but empty lines between."""
    line = at = listing.ref.line
    while at > 1:
        at -= 1
        role = roles.get(at)
        if role is None:
            continue
        if not {"date", "category"}.intersection(role.split(" + ")) or "title" in role:
            break
        line = at
    return line


def settled(reading: Reading, path: str) -> Reading:
    """The reading with the places of its pictures: of those beside the listing relative to the
    instance. What cannot be one is a problem at its entry, which goes without."""
    if all(listing.text.image is None for listing in reading.listings):
        return reading
    listings, problems = [], []
    for listing in reading.listings:
        image, wrong = listing.text.image, ""
        if image:
            place, wrong = _place(image.url, path)
            alt = collapse(visible(image.alt))[:_LONGEST_ALT]
            placed = Image(place, alt) if place else None
            listing = replace(listing, text=replace(listing.text, image=placed))  # noqa: PLW2901
        if image and wrong:
            told = f"this entry is published without its picture {image.url[:80]!r}: {wrong}"
            hint = f"name {_KINDS} beside the listing, or an address that begins with https://"
            # What stands in a page or a feed nobody here has named.
            severity: Severity = "note" if _ending(path) in _FOUND_IN else "problem"
            problem = Problem(path, listing.ref.line, 1, told, hint, severity=severity)
            problems.append(problem)
        listings.append(listing)
    told_first = sorted((*reading.problems, *problems), key=lambda each: each.line)
    return replace(reading, listings=tuple(listings), problems=tuple(told_first))


def _ending(path: str) -> str:
    return path.rpartition(".")[2].lower()


def may_be_picture(value: str) -> bool:
    """Whether a text is an address of the web, or ends as names of pictures do, also of kinds that
    are refused."""
    return bool(web_address(value)) or _ENDING.search(value) is not None


def _place(url: str, path: str) -> tuple[str, str]:
    """Where a picture is, "" if it can be nowhere; and what is wrong."""
    url = url.strip()
    if address := web_address(url):
        return address, ""
    if ":" in url.split("/", 1)[0] or url.startswith("//"):
        return "", "that is no address of the web"
    name = unquote(url).removeprefix("./")
    steps = name.split("/")
    if name.startswith("/") or "\\" in name or ".." in steps:
        return "", "it is outside of the folder of its listing"
    if not name.isprintable() or "" in steps or any(each.startswith(".") for each in steps):
        return "", "that is no name of a file"
    if _ending(name) not in ENDINGS:
        kind = "SVG can hold scripts" if name.lower().endswith(("svg", "svgz")) else "its kind"
        return "", f"{kind}, so it is not published" if "SVG" in kind else f"it is not {_KINDS}"
    folder, slash, _ = path.rpartition("/")
    return folder + slash + name, ""
