"""Invented listings as web pages: templates in `pages/`, filled at random, rendered as text.

What people paste comes from a page by some tool: a browser, a dump, a converter to markdown. Each
template is one way to mark up a list of news; the same page by another tool is another listing.

`python -m tools.reading.pages FILE.html.j2 --seed 3 --tool inscriptis` shows one of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from shutil import which

import html2text
import html_text
import inscriptis
from babel.dates import format_date
from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, StrictUndefined

from tools.reading.dates import DateForm, clock_time, draw_days, draw_form, evident, write
from tools.reading.generator import Sample
from tools.reading.render import Labelled, plain
from tools.reading.wording import body, draw_body, draw_titles, title
from tools.reading.words import Words, draw_words

FOLDER = Path(__file__).with_name("pages")
_SHARE_OF_LISTS = 0.7  # of the listings without the rest of their page


@dataclass(frozen=True)
class Entry:
    """What a template may say of an entry. `paragraphs` may be empty; `ago` is a relative date."""

    title: str
    day: date
    named: bool
    date: str
    time: str
    ago: str
    paragraphs: list[str]
    category: str
    kind: str
    author: str
    place: str
    venue: str
    comments: str
    caption: str
    number: int
    tags: list[str]
    language: str

    @property
    def iso(self) -> str:
        """The day as machines write it."""
        return self.day.isoformat()

    @property
    def summary(self) -> str:
        """The first paragraph."""
        return self.paragraphs[0] if self.paragraphs else ""

    def form(self, pattern: str) -> str:
        """The day by a pattern of CLDR, in the language of the page: "d", "MMM", "EEEE"."""
        return str(format_date(self.day, pattern, locale=self.language))


def generate_page(template: Path, seed: int, tool: str = "") -> Sample:
    """The listing number `seed` by this template, rendered by a tool, one at random if none is
    named."""
    rng = Random(f"{template.name}/{seed}")
    html, named = filled(template.read_text(encoding="utf-8"), rng)
    soup = BeautifulSoup(html, "lxml")
    labels = labels_of(soup, named)
    inside = soup.select_one("[data-list]")
    whole = inside is None or rng.random() > _SHARE_OF_LISTS
    for each in soup.find_all(True):
        for name in [key for key in each.attrs if key.startswith("data-")]:
            del each.attrs[name]
    source = str(soup) if whole else f"<html><body>{inside}</body></html>"
    chosen = tool or _drawn(rng)
    text = TOOLS[chosen](source)
    stem = template.name.split(".")[0]
    return Sample(f"{stem}-{seed}-{chosen}", text.strip("\n") + "\n", "", labels, f"tool={chosen}")


def _drawn(rng: Random) -> str:
    """A tool that is here. All are drawn from, and again only where one is missing, so that the
    other pages are the same on machines that have it and on those that have not."""
    drawn = rng.choice(list(TOOLS))
    here = available()
    return drawn if drawn in here else rng.choice(here)


def available() -> list[str]:
    """The names of the tools that are on this machine: w3m and lynx are programs of their own."""
    return [name for name in TOOLS if name in _LIBRARIES or which(name.partition("-")[0])]


def filled(source: str, rng: Random, most: int = 0) -> tuple[str, Mapping[str, date | None]]:
    """A template's page, and by the number of each entry its day, None if the page names none;
    of at most `most` entries, if that is given."""
    words = draw_words(rng)
    form = draw_form(rng, words, markdown=False)
    while form.kind == "stacked":
        form = draw_form(rng, words, markdown=False)
    count = rng.choice(
        (rng.randint(1, 4), rng.randint(4, 8), rng.randint(5, 12), 10, 10, 20, rng.randint(8, 25))
    )
    days = evident(form, draw_days(rng, min(count, most) if most else count))
    entries = _entries(rng, words, form, days)
    environment = Environment(undefined=StrictUndefined, autoescape=True)

    def maybe(share: float = 0.5) -> bool:
        return rng.random() < share

    page = environment.from_string(source).render(
        entries=entries,
        w=_Boilerplate(rng, words),
        lang=words.language,
        pick=lambda *values: rng.choice(values),
        maybe=maybe,
        number=rng.randint,
    )
    return page, {str(n): each.day if each.named else None for n, each in enumerate(entries, 1)}


class _Boilerplate(dict[str, object]):
    """Words of a page. A name in the plural gives a list; in the singular one phrase, for the whole
    page the same."""

    _LISTS: Mapping[str, str] = {"navs": "nav", "cats_": "cats", "foots": "foot", "sides": "side"}

    def __init__(self, rng: Random, words: Words) -> None:
        super().__init__()
        self._rng, self._words = rng, words

    def __getattr__(self, name: str) -> object:
        return self[name]

    def __missing__(self, name: str) -> object:
        made: object
        if name in self._LISTS:
            known = self._words.lists[self._LISTS[name]]
            made = self._rng.sample(known, min(len(known), self._rng.randint(2, 6)))
        else:
            phrase = self._words.pick(self._rng, name)
            made = phrase.format(n=self._rng.randint(2, 90), m=91, t="14:05")
        self[name] = made
        return made


def _entries(rng: Random, words: Words, form: DateForm, days: list[date]) -> list[Entry]:
    titles, style = draw_titles(rng, words), draw_body(rng, markdown=False)
    style = style or draw_body(rng, markdown=False)
    made = []
    for age, day in enumerate(days):
        told, named = write(rng, words, form, day, age)
        ago = words.pick(rng, "ago").format(n=rng.randint(2, 9) + age, t=clock_time(rng))
        pick = words.pick
        made.append(
            Entry(
                title=plain(title(rng, words, titles, day)),
                day=day,
                named=named,
                date=told.replace("\n", " "),
                time=clock_time(rng),
                ago=ago,
                paragraphs=[plain(p) for p in body(rng, words, style, day)] if style else [],
                category=pick(rng, "cats"),
                kind=pick(rng, "kinds"),
                author=pick(rng, "names"),
                place=pick(rng, "places"),
                venue=pick(rng, "venue"),
                comments=pick(rng, "comments").format(n=rng.randint(0, 90)),
                caption=pick(rng, "caption"),
                number=rng.randint(1, 4000),
                tags=[pick(rng, "cats") for _ in range(rng.randint(1, 4))],
                language=words.language,
            )
        )
    return made


def labels_of(soup: BeautifulSoup, named: Mapping[str, date | None]) -> tuple[Labelled, ...]:
    """The labels by the attributes `data-title`, `data-date`, `data-text`, each with the number of
    its entry; a date with `data-vague` names no day."""
    found = []
    for heading in soup.select("[data-title]"):
        number = str(heading["data-title"])
        when = soup.select_one(f'[data-date="{number}"]')
        day = named[number] if when is not None and "data-vague" not in when.attrs else None
        if when is not None and "data-full" in when.attrs:
            day = date.fromisoformat(str(when["data-full"]))
        texts = [_text(each) for each in soup.select(f'[data-text="{number}"]')]
        found.append(Labelled(day, _text(heading), " ".join(text for text in texts if text)))
    return tuple(found)


def _text(element: Tag) -> str:
    return plain(html_text.extract_text(str(element), guess_layout=False))


def _markdown(**settings: object) -> Callable[[str], str]:
    def convert(html: str) -> str:
        tool = html2text.HTML2Text()
        tool.body_width = 0
        for name, value in settings.items():
            setattr(tool, name, value)
        return str(tool.handle(html))

    return convert


def _dumped(*command: str) -> Callable[[str], str]:
    def dump(html: str) -> str:
        done = subprocess.run(
            command,
            input=html.encode(),
            capture_output=True,
            check=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout.decode("utf-8", "replace")

    return dump


def _nodes(html: str) -> str:
    return str(BeautifulSoup(html, "lxml").get_text())


def _node_lines(html: str) -> str:
    return str(BeautifulSoup(html, "lxml").get_text("\n", strip=True))


_W3M = ("w3m", "-dump", "-T", "text/html", "-I", "utf-8", "-O", "utf-8", "-cols")
_LYNX = ("lynx", "-dump", "-stdin", "-nolist", "-assume_charset=utf-8", "-display_charset=utf-8")
_LIBRARIES: Mapping[str, Callable[[str], str]] = {
    "html-text": html_text.extract_text,
    "inscriptis": inscriptis.get_text,
    "markdown": _markdown(ignore_images=True),
    "markdown-plain": _markdown(ignore_images=True, ignore_links=True),
    "markdown-pictures": _markdown(),
    "nodes": _nodes,
    "node-lines": _node_lines,
}
TOOLS: Mapping[str, Callable[[str], str]] = {
    **_LIBRARIES,
    "w3m": _dumped(*_W3M, "400"),
    "w3m-80": _dumped(*_W3M, "80"),
    "lynx": _dumped(*_LYNX, "-width=990"),
    "lynx-80": _dumped(*_LYNX, "-width=80"),
}


def main() -> None:
    """Show one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("template", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tool", default="", choices=["", *available()])
    given = parser.parse_args()
    sample = generate_page(given.template, given.seed, given.tool)
    print(sample.text)
    print("-----", sample.name)
    for each in sample.entries:
        print(f"{each.published} | {each.title} | {each.summary}")


if __name__ == "__main__":
    main()
