"""Invented pages as browsers save them: a listing of `pages/` with all that a site puts around it.

Navigation, lists of what is read most, tag clouds, archives, footers and cookie notices are made of
the same words as the listing, and often of the same markup: only where they stand tells them apart.
`python -m tools.reading.sites FILE.html.j2 --seed 3` shows one of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from random import Random

from babel.dates import format_date
from bs4 import BeautifulSoup

from tools.reading.dates import draw_days
from tools.reading.pages import FOLDER, filled, labels_of
from tools.reading.render import Labelled
from tools.reading.wording import draw_titles, title
from tools.reading.words import Words, draw_words

# How systems name their parts: wordpress, drupal, typo3, joomla, frameworks, hashes, and nothing.
_NAMES: Mapping[str, Sequence[str]] = {
    "nav": ("main-navigation", "block-menu", "mainnav", "nav menu", "navbar-nav", "Nav_x7f2", ""),
    "side": ("widget", "block block-views", "frame frame-default", "moduletable", "card mb-3",
             "Aside_b81c", ""),
    "foot": ("site-footer", "region-footer", "footer", "moduletable", "row py-5", "Foot_91aa", ""),
    "main": ("site-main", "region-content", "content", "item-page", "container", "Main_00c1", ""),
}  # fmt: skip


# Shapes of pages with much about each entry: authors, tags, times for machines. Those of `pages/`
# are pages as well, but what trains the reader of texts stays as it is.
OWN = Path(__file__).with_name("saved")
_OFTEN = 4  # of those there are as many more pages
_SHARE_OF_FEW = 0.2
_SHARE_OF_TWO = 0.12  # of the sites


@dataclass(frozen=True)
class SavedPage:
    """A page with what is to be read in it."""

    name: str
    html: str
    entries: tuple[Labelled, ...]


def generate_site(template: Path, seed: int, *, bare: float = 0.25) -> SavedPage:
    """The page number `seed` by this template; with the share `bare` as it is, else in a site, in
    which another listing may stand as well."""
    rng = Random(f"{template.name}/{seed}/site")
    listing, labels, whole, language = _listing(template, rng)
    stem = template.name.split(".")[0]
    if not listing or rng.random() < bare:
        return SavedPage(f"{stem}-{seed}", whole, labels)
    site = _Site(rng, language)
    if rng.random() > _SHARE_OF_TWO:
        return SavedPage(f"{stem}-{seed}-site", site.around(listing), labels)
    others = sorted((*FOLDER.glob("*.html.j2"), *OWN.glob("*.html.j2")))
    second, more, _, _ = _listing(rng.choice(others), rng)
    both = site.two(listing, second)
    return SavedPage(f"{stem}-{seed}-two", site.around(both), (*labels, *(more if second else ())))


def _listing(template: Path, rng: Random) -> tuple[str, tuple[Labelled, ...], str, str]:
    """A template filled: its listing, "" if it marks none; the labels; the page; its language."""
    most = rng.choice((1, 2, 3)) if rng.random() < _SHARE_OF_FEW else 0
    html, named = filled(template.read_text(encoding="utf-8"), rng, most)
    soup = BeautifulSoup(html, "lxml")
    labels = labels_of(soup, named)
    listing = soup.select_one("[data-list]")
    for each in soup.find_all(True):
        for name in [key for key in each.attrs if key.startswith("data-")]:
            del each.attrs[name]
    language = str(soup.html.get("lang") or "en") if soup.html else "en"
    return str(listing or ""), labels, str(soup), language


class _Site:
    """The rest of a page, drawn once."""

    def __init__(self, rng: Random, language: str) -> None:
        self._rng = rng
        words = draw_words(rng)
        while words.language != language and rng.random() < 0.97:
            words = draw_words(rng)
        self._words: Words = words
        self._kind = rng.randrange(7)
        self._semantic = rng.random() < 0.5
        self._titles = draw_titles(rng, words)
        self._days = draw_days(rng, 12)

    def around(self, listing: str) -> str:
        """The listing in a whole page."""
        rng, pick = self._rng, self._pick
        parts = [self._cookies()] if rng.random() < 0.4 else []
        parts.append(self._header())
        if rng.random() < 0.3:
            parts.append(
                f'<div class="breadcrumb"><a href="/">{pick("nav")}</a> » {pick("latest")}</div>'
            )
        head = f"<h1>{pick('latest')}</h1>" if rng.random() < 0.6 else ""
        intro = f"<p>{self._text()}</p>" if rng.random() < 0.2 else ""
        pager = self._pager() if rng.random() < 0.6 else ""
        main = self._tag("main", "main", f"{head}{intro}{listing}{pager}")
        asides = [self._aside() for _ in range(rng.randint(0, 4))]
        side = self._tag("aside", "side", "".join(asides)) if asides else ""
        if rng.random() < 0.15:
            row = f"<table><tr><td>{side}</td><td>{main}</td></tr></table>"
        else:
            row = f'<div class="row">{side}{main}</div>' if rng.random() < 0.25 else main + side
        if rng.random() < 0.25:
            row = self._teasers() + row if rng.random() < 0.3 else row + self._teasers()
        parts += [row, self._footer()]
        if rng.random() < 0.2:
            parts.append(self._cookies())
        body = "\n".join(parts)
        return (
            f'<!doctype html>\n<html lang="{self._words.language}"><head><meta charset="utf-8">'
            f"<title>{escape(pick('latest'))}</title></head><body>{body}</body></html>"
        )

    def two(self, first: str, second: str) -> str:
        """Two listings below headings of their own, above or beside each other."""
        parts = [
            self._tag("section", "main", f"<h2>{self._pick('latest')}</h2>{each}")
            for each in (first, second)
        ]
        return "".join(parts)

    # --- Words --------------------------------------------------------------------------------

    def _pick(self, name: str) -> str:
        phrase = self._words.pick(self._rng, name)
        return escape(phrase.format(n=self._rng.randint(2, 90), m=91, t="14:05"))

    def _title(self) -> str:
        return escape(title(self._rng, self._words, self._titles, self._rng.choice(self._days)))

    def _text(self) -> str:
        return " ".join(self._title() for _ in range(self._rng.randint(2, 5)))

    def _day(self, pattern: str = "") -> str:
        day: date = self._rng.choice(self._days)
        form = pattern or self._rng.choice(("d MMMM y", "dd.MM.y", "y-MM-dd"))
        return escape(str(format_date(day, form, locale=self._words.language)))

    def _name(self, part: str) -> str:
        return _NAMES[part][self._kind]

    def _tag(self, tag: str, part: str, inside: str) -> str:
        name = self._name(part)
        named = f' class="{name}"' if name else ""
        used = tag if self._semantic and tag != "main" else "div"
        used = "main" if tag == "main" and self._semantic else used
        return f"<{used}{named}>{inside}</{used}>"

    # --- Parts --------------------------------------------------------------------------------

    def _links(self, texts: Sequence[str], *, tag: str = "li") -> str:
        inside = "".join(
            f'<{tag}><a href="/{self._rng.randint(1, 999)}">{text}</a></{tag}>' for text in texts
        )
        return f"<ul>{inside}</ul>" if tag == "li" else inside

    def _header(self) -> str:
        rng, pick = self._rng, self._pick
        navs = [pick(rng.choice(("nav", "cats", "latest"))) for _ in range(rng.randint(3, 12))]
        logo = f'<a class="logo" href="/">{pick("places")}</a>'
        langs = (
            self._links(["EN", "DE", "FR", "ES"][: rng.randint(2, 4)]) if rng.random() < 0.3 else ""
        )
        menu = self._links(navs) if rng.random() < 0.8 else self._links(navs, tag="span")
        today = f"<div>{self._day('EEEE, d MMMM y')}</div>" if rng.random() < 0.15 else ""
        inside = logo + langs + today + self._tag("nav", "nav", menu)
        return self._tag("header", "nav", inside)

    def _aside(self) -> str:
        rng, pick = self._rng, self._pick
        level = rng.choice(("h2", "h3", "h3", "h4", "div class='widget-title'"))
        close = level.split(" ")[0]
        kinds: Sequence[Callable[[], str]] = (
            self._most_read, self._most_read, self._most_read_dated, self._tags, self._archive,
            self._categories, self._comments, self._calendar, self._form, self._contact,
        )  # fmt: skip
        inside = rng.choice(kinds)()
        return self._tag("section", "side", f"<{level}>{pick('side')}</{close}>{inside}")

    def _most_read(self) -> str:
        texts = [self._title() for _ in range(self._rng.randint(3, 8))]
        return self._links(texts, tag=self._rng.choice(("li", "li", "p", "div", "h4")))

    def _most_read_dated(self) -> str:
        rows = (
            f'<li><a href="/n/{n}">{self._title()}</a><span class="date">{self._day()}</span></li>'
            for n in range(self._rng.randint(3, 6))
        )
        return f"<ul>{''.join(rows)}</ul>"

    def _tags(self) -> str:
        tags = [self._pick("cats") for _ in range(self._rng.randint(4, 20))]
        return self._links(tags, tag=self._rng.choice(("li", "span")))

    def _archive(self) -> str:
        months = [f"{self._day('MMMM y')} ({n})" for n in range(3, self._rng.randint(6, 15))]
        return self._links(months)

    def _categories(self) -> str:
        cats = [f"{self._pick('cats')} ({n})" for n in range(3, self._rng.randint(6, 11))]
        return self._links(cats)

    def _comments(self) -> str:
        rows = (
            f'<li>{self._pick("names")} – <a href="/c#{n}">{self._title()}</a></li>'
            for n in range(self._rng.randint(3, 6))
        )
        return f"<ul>{''.join(rows)}</ul>"

    def _calendar(self) -> str:
        cells = "".join(f"<td>{n}</td>" + ("</tr><tr>" if n % 7 == 0 else "") for n in range(1, 32))
        return f"<table><caption>{self._day('MMMM y')}</caption><tr>{cells}</tr></table>"

    def _form(self) -> str:
        return f'<p>{self._text()}</p><form><input name="e"><button>OK</button></form>'

    def _contact(self) -> str:
        return "".join(
            f"<div><h4>{self._pick('names')}</h4><p>{self._pick('places')}</p>"
            f"<a href='mailto:x@example.org'>E-Mail</a></div>"
            for _ in range(self._rng.randint(1, 4))
        )

    def _teasers(self) -> str:
        """A row of what the site offers: pictures with a word and a sentence each."""
        rng = self._rng
        cards = "".join(
            f'<div class="col"><a href="/{rng.randint(1, 99)}"><h3>{self._pick("cats")}</h3></a>'
            f"<p>{self._text() if rng.random() < 0.5 else self._pick('places')}</p></div>"
            for _ in range(rng.randint(3, 6))
        )
        return f'<section class="services">{cards}</section>'

    def _pager(self) -> str:
        pages = [str(n) for n in range(1, self._rng.randint(3, 9))] + [self._pick("page")]
        links = self._links(pages, tag=self._rng.choice(("li", "span")))
        return f'<div class="pagination">{links}</div>'

    def _footer(self) -> str:
        rng = self._rng
        columns = [
            f"<h4>{self._pick('side')}</h4>"
            + self._links(
                [self._pick(rng.choice(("nav", "cats"))) for _ in range(rng.randint(2, 7))]
            )
            for _ in range(rng.randint(0, 4))
        ]
        if rng.random() < 0.2:
            columns.append(f"<h4>{self._pick('latest')}</h4>{self._most_read()}")
        last = f"<p>© 2026 {self._pick('places')}. {self._pick('foot')}</p>"
        return self._tag("footer", "foot", "".join(columns) + last)

    def _cookies(self) -> str:
        boxes = "".join(
            f"<li><h4>{self._pick('cats')}</h4><p>{self._text()}</p></li>"
            for _ in range(self._rng.choice((0, 0, 3, 4)))
        )
        inside = f"<h2>Cookies</h2><p>{self._text()}</p>{f'<ul>{boxes}</ul>' if boxes else ''}"
        name = self._rng.choice(("cookie-banner", "cmp", "modal", ""))
        return f'<div class="{name}">{inside}<button>OK</button></div>'


def all_pages(seeds: Sequence[int]) -> Iterator[SavedPage]:
    """The pages of all templates with these numbers."""
    for template in sorted(FOLDER.glob("*.html.j2")):
        for seed in seeds:
            yield generate_site(template, seed)
    for template in sorted(OWN.glob("*.html.j2")):
        for seed in range(_OFTEN * min(seeds, default=0), _OFTEN * (max(seeds, default=-1) + 1)):
            yield generate_site(template, seed)


def main() -> None:
    """Show one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("template", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    page = generate_site(given.template, given.seed)
    print(page.html)
    for each in page.entries:
        print(f"{each.published} | {each.title} | {each.summary}")


if __name__ == "__main__":
    main()
