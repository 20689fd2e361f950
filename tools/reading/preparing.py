"""Labelled listings made ready for training: their units with features and roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidings.core.listings.candidates import ROLES, Candidate
from tidings.core.listings.dates import Dated
from tidings.core.listings.entries import Page, title_of
from tidings.core.listings.features import features
from tidings.core.listings.languages import names_of
from tidings.core.listings.rows import read_rows
from tidings.core.listings.texts import page_of
from tools.reading.alignment import aligned, key
from tools.reading.corpus import Label, Sample
from tools.reading.generator import Sample as Made
from tools.reading.generator import generate
from tools.reading.pages import FOLDER, generate_page
from tools.reading.plain import generate_plain

# What a labelled listing weighs, a made page, a made text, and one as if written by hand.
REAL, PAGE, MADE, PLAIN = 3.0, 0.5, 0.7, 0.15

Key = tuple[object, str]


@dataclass
class Prepared:
    """A listing made ready: its page, the features and roles of its units, what is to be found.

    `site` is what folds keep together, "" for a listing that is in none. It is `is_aligned` if all
    its labels are found again in its units.
    """

    name: str
    site: str
    page: Page
    features: list[list[str]]
    roles: list[int]
    wanted: list[Key]
    weight: float
    is_aligned: bool

    @property
    def teaches(self) -> bool:
        """True if its units tell what roles and readings are right. One whose labels are not found
        again tells only what confidence a reading of such a file deserves."""
        return self.is_aligned or self.is_real

    @property
    def is_real(self) -> bool:
        """True for a listing that somebody published."""
        return self.weight == REAL


def prepared(
    name: str, site: str, text: str, labels: Sequence[Label], weight: float
) -> Prepared | None:
    """A listing made ready for training; None if nothing stands in it."""
    rows = read_rows(text, limit=150_000, language=None, date_order=None, names=names_of())
    if not rows:
        return None
    page = page_of(name, rows)
    told = aligned(page.units, labels)
    dated = sum(role.endswith("date") for role in told.roles)
    return Prepared(
        name,
        site,
        page,
        list(features(page.units, page.known)),
        [ROLES.index(role) for role in told.roles],
        [(label.published, key(label.title)) for label in labels],
        weight,
        told.found == len(labels) and dated >= sum(bool(label.published) for label in labels),
    )


def real(samples: Iterable[Sample]) -> list[Prepared]:
    """The listings of the corpora."""
    found = (prepared(s.name, s.site, s.text, s.labels, REAL) for s in samples)
    return [each for each in found if each]


def made(first: int, count: int) -> list[Prepared]:
    """Generated texts: as pages give them, and half as many as people write them by hand."""
    texts = (generate(seed) for seed in range(first, first + count))
    by_hand = (generate_plain(seed) for seed in range(first, first + count // 2))
    return [*_prepared(texts, MADE), *_prepared(by_hand, PLAIN)]


def made_pages(first: int, each: int, folder: Path = FOLDER) -> list[Prepared]:
    """So many listings of each template of a page; what is made from one is one site."""
    templates = sorted(folder.glob("*.html.j2"))
    seeds = range(first, first + each)
    return [
        one
        for template in templates
        for one in _prepared((generate_page(template, seed) for seed in seeds), PAGE, template.name)
    ]


def _prepared(samples: Iterable[Made], weight: float, site: str = "") -> Iterator[Prepared]:
    for sample in samples:
        labels = [Label(e.published, e.title, e.summary) for e in sample.entries]
        one = prepared(sample.name, site, sample.text, labels, weight)
        if one:
            yield one


def said(page: Page, found: Candidate) -> list[Key]:
    """Date and title of each entry of a reading."""
    keys: list[Key] = []
    for record in found.records:
        if record.title:
            stamp = page.units[record.date].stamp if record.date is not None else None
            day = stamp.day if isinstance(stamp, Dated) else None
            keys.append((day, key(title_of(page, record))))
    return keys


def right_of(got: Sequence[Key], wanted: Sequence[Key]) -> int:
    """How many entries are right."""
    left, right = list(wanted), 0
    for each in got:
        if each in left:
            left.remove(each)
            right += 1
    return right


def f1(got: Sequence[Key], wanted: Sequence[Key]) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * right_of(got, wanted) / (len(got) + len(wanted)) if got or wanted else 1.0
