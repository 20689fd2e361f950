"""Saved pages in the shapes that systems give them, each with the right answer; and their scores.

All are invented. Around each list stands what sites put there: menus, a cookie notice, what is read
most, tags, pagination, a foot. Pages that engines have rendered lie in `tests/saved_pages/`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tidings.core.identity import normalise
from tidings.core.listings import Reading, parse

RENDERED = Path(__file__).with_name("rendered")


@dataclass(frozen=True)
class Story:
    """An entry as it should be read; without a day it is None."""

    title: str
    day: date | None
    text: str = ""


@dataclass(frozen=True)
class SavedPage:
    """A page with its entries."""

    name: str
    html: str
    stories: Sequence[Story]


@dataclass(frozen=True)
class Score:
    """How many entries were read, how many of them right, and how many there are; by title and
    day."""

    read: int
    right: int
    wanted: int

    @property
    def precision(self) -> float:
        """Of what is read."""
        return self.right / max(self.read, 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(self.read + self.wanted, 1)


def entries(stories: Iterable[Story]) -> Counter[tuple[str, date | None]]:
    return Counter((normalise(each.title), each.day) for each in stories)


def listed(reading: Reading) -> Counter[tuple[str, date | None]]:
    return Counter((normalise(one.text.title), one.text.date) for one in reading.listings)


def score(pages: Iterable[SavedPage]) -> Score:
    read = right = wanted = 0
    for page in pages:
        ours, theirs = listed(parse(page.html, f"{page.name}.html")), entries(page.stories)
        read += ours.total()
        right += (ours & theirs).total()
        wanted += theirs.total()
    return Score(read, right, wanted)


def rendered(half: str) -> list[SavedPage]:
    """The pages of the engines of one half: "build", used while building, or "measure"."""
    found = []
    for path in sorted(RENDERED.glob(f"{half}-*.html")):
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        stories = [Story(e["title"], date.fromisoformat(e["published"])) for e in told]
        found.append(SavedPage(path.stem, path.read_text(encoding="utf-8"), stories))
    return found


# --- Invented ones --------------------------------------------------------------------------------

TITLES = (
    "Council votes for a second bridge",
    "Library opens on Sundays",
    "River path closed until autumn",
    "Four hundred oaks for the old mill",
    "New timetable for the ferries",
    "Prize for a short history of salt",
    "Swimming lessons begin again",
    "Harbour board signs an agreement on clean buses",
    "Why owls avoid the park",
    "Grants for young potters",
)
TEXTS = (
    "The vote was close, and the work is to begin in spring as soon as the river allows it.",
    "Readers had asked for it for years; two rooms and the café are open from ten to six.",
    "Engineers found cracks below the surface. Walkers are asked to use the upper road.",
    "Pupils of three schools planted them in one morning, in spite of heavy rain all day.",
    "Boats leave every twenty minutes at weekends; fares stay as they have been since May.",
)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip


def stories(count: int = 6, *, texts: bool = True) -> list[Story]:
    return [
        Story(
            TITLES[n % len(TITLES)] + ("" if n < len(TITLES) else f" {n}"),
            date(2026, 1 + (11 - n) % 12, 3 + 2 * (n % 12)),
            TEXTS[n % len(TEXTS)] if texts else "",
        )
        for n in range(count)
    ]


def long_day(day: date | None) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""


def _list(*texts: str, tag: str = "li") -> str:
    return "".join(f"<{tag}><a href='/x/{n}'>{text}</a></{tag}>" for n, text in enumerate(texts))


MENU = _list("Home", "About us", "News", "Projects", "Publications", "Jobs", "Contact")
READ_MOST = _list("Opening hours of the town hall this week", "How to apply for a parking permit",
                  "The story of the tide clock", "A walk along the upper river")  # fmt: skip
TAGS = _list("harbour", "schools", "traffic", "culture", "budget", "river", "sports", tag="span")
FOOT = _list("Imprint", "Privacy", "Accessibility", "Sitemap", "RSS")
COOKIES = (
    "<div class='cookie-notice' role='dialog'><h2>We use cookies</h2><p>They help us to improve the"
    " site. You may choose which ones you accept at any time.</p><ul><li><h4>Necessary</h4><p>They"
    " make the site work.</p></li><li><h4>Statistics</h4><p>They count visits.</p></li></ul>"
    "<button>Accept all</button></div>"
)
PAGES = "<ul class='pager'><li>1</li><li><a href='?page=1'>2</a></li><li><a href='?page=2'>3</a></li><li><a href='?page=1'>Next</a></li></ul>"


def site(main: str, *, plain: bool = False, language: str = "en", extra: str = "") -> str:
    """A page with all that stands around a list; `plain` without a word of what the parts are."""
    if plain:
        around = (
            f"<div id=a><ul>{MENU}</ul></div><div id=b>{main}{PAGES}</div><div id=c><h3>Most read</h3>"
            f"<ul>{READ_MOST}</ul><h3>Topics</h3>{TAGS}</div><div id=d><ul>{FOOT}</ul>© 2026</div>"
        )
    else:
        around = (
            f"{COOKIES}<header class='site-header'><a class='logo' href='/'>Town</a><nav><ul"
            f" class='menu'>{MENU}</ul></nav></header><main id='content'>{main}"
            f"<nav class='pagination'>{PAGES}</nav></main><aside class='sidebar'><section"
            f" class='widget'><h3>Most read</h3><ol>{READ_MOST}</ol></section><section class="
            f"'widget'><h3>Topics</h3><div class='tagcloud'>{TAGS}</div></section>{extra}</aside>"
            f"<footer class='site-footer'><ul>{FOOT}</ul><p>© 2026 Town. All rights reserved.</p>"
            "</footer>"
        )
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>News</title>"
        f"<link rel='canonical' href='https://town.example.org/news/'></head><body>{around}</body></html>"
    )


def _each(make: Callable[[int, Story], str], of: Sequence[Story]) -> str:
    return "\n".join(make(number, story) for number, story in enumerate(of))


def wordpress(n: int, s: Story) -> str:
    return (
        f"<article id='post-{n}' class='post-{n} post hentry category-news tag-t{n}'><header class="
        f"'entry-header'><h2 class='entry-title'><a href='/2026/{n}-a-story/' rel='bookmark'>{s.title}"
        "</a></h2><div class='entry-meta'><span class='posted-on'>Posted on <time class='entry-date"
        f" published' datetime='{s.day}T10:00:00+00:00'>{long_day(s.day)}</time><time class='updated'"
        f" datetime='2027-01-01T10:00:00+00:00'>1 January 2027</time></span> <span class='byline'>by"
        f" <span class='author vcard'><a href='/author/ana/'>Ana Mora</a></span></span></div></header>"
        f"<div class='entry-content'><p>{s.text} <a class='more-link' href='/2026/{n}-a-story/'>Continue"
        f" reading <span class='screen-reader-text'>{s.title}</span></a></p></div><footer class="
        "'entry-footer'><a href='/category/news/' rel='category tag'>News</a> <a href='/#c'>3 Comments"
        "</a></footer></article>"
    )


def drupal(n: int, s: Story) -> str:
    return (
        f"<div class='views-row views-row-{n}'><div class='views-field views-field-title'><span class="
        f"'field-content'><a href='/node/{n + 70}' hreflang='en'>{s.title}</a></span></div><div class="
        f"'views-field views-field-created'><span class='field-content'>{long_day(s.day)}</span></div>"
        f"<div class='views-field views-field-body'><div class='field-content'><p>{s.text}</p></div>"
        f"</div><div class='views-field views-field-view-node'><a href='/node/{n + 70}'>Read more</a>"
        "</div></div>"
    )


def typo3(n: int, s: Story) -> str:
    day = f"{s.day.day:02}.{s.day.month:02}.{s.day.year}" if s.day else ""
    return (
        f"<div class='article articletype-0'><div class='header'><h3><a title='{s.title}' href="
        f"'/news/detail/story-{n}/'><span itemprop='headline'>{s.title}</span></a></h3></div><div class="
        f"'teaser-text'><p><span class='news-list-date'><time itemprop='datePublished' datetime="
        f"'{s.day}'>{day}</time></span> {s.text}</p><a class='more' href='/news/detail/story-{n}/'>Read"
        " more</a></div></div>"
    )


def joomla(n: int, s: Story) -> str:
    return (
        f"<div class='items-row row-{n}'><div class='item'><h2 class='item-title'><a href='/news/{n}-x'>"
        f"{s.title}</a></h2><dl class='article-info'><dt>Details</dt><dd class='createdby'>Written by"
        f" Ana Mora</dd><dd class='category-name'>Category: <a href='/news'>News</a></dd><dd class="
        f"'published'>Published: {long_day(s.day)}</dd><dd class='hits'>Hits: {n * 71}</dd></dl><p>"
        f"{s.text}</p><p class='readmore'><a href='/news/{n}-x'>Read more: {s.title}</a></p></div></div>"
    )


def government(n: int, s: Story) -> str:
    return (
        f"<li class='gem-c-document-list__item'><a class='govuk-link' href='/government/news/s-{n}'>"
        f"{s.title}</a><p class='description'>{s.text}</p><ul class='attributes'><li>Press release</li>"
        f"<li>Published: <time datetime='{s.day}T00:00:00Z'>{long_day(s.day)}</time></li></ul></li>"
    )


def card(n: int, s: Story) -> str:
    return (
        f"<div class='col-md-4'><div class='card'><a href='/s/{n}'><img class='card-img-top' src="
        f"'/i/{n}.jpg' alt='A picture of {n}'></a><div class='card-body'><span class='badge'>Culture"
        f"</span><h5 class='card-title'><a href='/s/{n}'>{s.title}</a></h5><p class='card-text'>{s.text}"
        f"</p><p class='card-text'><small class='text-muted'>{long_day(s.day)}</small></p></div></div></div>"
    )


def wrapped_card(n: int, s: Story) -> str:
    return (
        f"<a class='tile' href='/s/{n}'><div><img src='/i/{n}.jpg' alt=''></div><div><span>"
        f"{long_day(s.day)}</span><div>{s.title}</div><div>{s.text}</div></div></a>"
    )


def hashed(n: int, s: Story) -> str:
    return (
        f"<div class='Item_root__x{n % 3}'><div class='Item_meta__aa'>{long_day(s.day)}</div><h3 class="
        f"'Item_head__b1'><a href='/s/{n}'>{s.title}</a></h3><div class='Item_text__c'>{s.text}</div></div>"
    )


def row(n: int, s: Story) -> str:
    return f"<tr><td>{long_day(s.day)}</td><td><a href='/d/{n}.html'>{s.title}</a></td><td><a href='/d/{n}.pdf'>PDF</a></td></tr>"


def definition(n: int, s: Story) -> str:
    return f"<dt>{long_day(s.day)}</dt><dd><a href='/d/{n}'>{s.title}</a></dd>"


def term(n: int, s: Story) -> str:
    return f"<dt><a href='/d/{n}'>{s.title}</a></dt><dd>{long_day(s.day)}</dd><dd>{s.text}</dd>"


def heading(n: int, s: Story) -> str:
    return f"<h3><a href='/d/{n}'>{s.title}</a></h3><p class='when'>{long_day(s.day)}</p><p>{s.text}</p>"


def heading_below(n: int, s: Story) -> str:
    return f"<p><b>{long_day(s.day)}</b></p><h3>{s.title}</h3><p>{s.text}</p><p><a href='/d/{n}'>Read more</a></p>"


def line(n: int, s: Story) -> str:
    return f"<li>{long_day(s.day)} – <a href='/d/{n}'>{s.title}</a></li>"


def tile(n: int, s: Story) -> str:
    day = s.day or date(2026, 1, 1)
    return (
        f"<div class='event'><div class='date'><span class='d'>{day.day}</span><span class='m'>"
        f"{MONTHS[day.month - 1][:3]}</span><span class='y'>{day.year}</span></div><div class='info'><h4>"
        f"<a href='/e/{n}'>{s.title}</a></h4><p>{s.text}</p></div></div>"
    )


def undated(n: int, s: Story) -> str:
    return f"<li class='teaser'><h3><a href='/s/{n}'>{s.title}</a></h3><p>{s.text}</p></li>"


def by_day(of: Sequence[Story]) -> str:
    return "".join(
        f"<section><h2>{long_day(s.day)}</h2><ul><li><a href='/s/{n}'>{s.title}</a></li></ul></section>"
        for n, s in enumerate(of)
    )


def without_days(of: Sequence[Story]) -> list[Story]:
    return [Story(each.title, None, each.text) for each in of]


SHAPES: Mapping[str, tuple[Callable[[int, Story], str], str]] = {
    "wordpress": (wordpress, "<div class='content-area'><h1>News</h1>{}</div>"),
    "drupal": (drupal, "<h1>News</h1><div class='view view-news'><div class='view-content'>{}</div></div>"),
    "typo3": (typo3, "<div class='news'><div class='news-list-view'>{}</div></div>"),
    "joomla": (joomla, "<div class='blog'><div class='page-header'><h1>News</h1></div>{}</div>"),
    "government": (government, "<h1>News</h1><ol class='gem-c-document-list'>{}</ol>"),
    "cards": (card, "<section><h2>Latest</h2><div class='row'>{}</div></section>"),
    "wrapped-cards": (wrapped_card, "<div class='tiles'>{}</div>"),
    "hashed": (hashed, "<div class='List_root__q'>{}</div>"),
    "table": (row, "<table><thead><tr><th>Date</th><th>Title</th><th>File</th></tr></thead><tbody>{}</tbody></table>"),
    "definitions": (definition, "<h1>News</h1><dl>{}</dl>"),
    "terms": (term, "<dl class='news'>{}</dl>"),
    "headings": (heading, "<div class='text'><h1>News</h1>{}</div>"),
    "headings-below-days": (heading_below, "<div class='text'><h1>News</h1>{}</div>"),
    "lines": (line, "<h1>News</h1><ul>{}</ul>"),
    "tiles": (tile, "<div class='events'>{}</div>"),
}  # fmt: skip


def shaped() -> list[SavedPage]:
    """A page of each shape: whole and plain, of one, two, three and more entries."""
    made = []
    for name, (make, frame) in SHAPES.items():
        for count, plain in ((7, False), (10, True), (3, False), (2, False), (1, False)):
            of = stories(count)
            html = site(frame.format(_each(make, of)), plain=plain)
            made.append(SavedPage(f"{name}-{count}{'-plain' if plain else ''}", html, of))
    of = stories(8)
    bare = without_days(of)
    made.append(SavedPage("undated", site(f"<ul>{_each(undated, bare)}</ul>"), bare))
    made.append(SavedPage("by-day", site(f"<h1>News</h1>{by_day(of)}"), of))
    return made
