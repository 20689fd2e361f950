"""The same items made into pages and feeds by Tidings, Hugo and Pelican, in turn, in one run.

    python -m benchmarks.race [--items 10000] [--topics 20] [--rounds 3]

Ten items a file, each with a page, in one or two topics; a paginated page and Atom and RSS of the
50 newest for each topic and for all. Tidings reads listings of ten; the others want a file for each
item. Tidings and Hugo make JSON Feed besides. Pelican has its theme `simple`, Hugo templates as
plain as those. Four tasks: from nothing, with nothing changed, with ten items more, with another
template, after which every page is another. Each program does each task once a round; the cheapest
counts. After each, the pages and the entries of all feeds
are counted. Ends with 1, and says why, where one is missing.

Prints CPU, wall clock and peak memory, and the ratios of CPU. Hugo is Debian's (`apt-get install
hugo`); Pelican is installed from PyPI into an environment of its own, beside the one that this runs
in, and stays there.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.instance import (
    ENTRIES,
    TIDINGS,
    Cost,
    day,
    listing,
    make_instance,
    measured,
    needed,
    signs,
    title,
    words,
)

PELICAN = "pelican[markdown]>=4.11,<5"
ENVIRONMENT = Path(sys.prefix) / "pelican"
LIMIT = 50
FEEDS = {"atom.xml": "<entry>", "rss.xml": "<item>"}
TASKS = ("cold", "unchanged", "one new file", "new template")
URL = "http://localhost:8000"


@dataclass(frozen=True)
class Program:
    """One of them: how it is called, and where things are in its folder."""

    name: str
    command: list[str]
    # Writes a file of ten items, by its number.
    write: Callable[[Path, int], None]
    output: str
    pages: str
    topic: str
    # What it makes, and what it remembers.
    made: tuple[str, ...]
    # Writes a template of every page, that says so many in its head.
    template: Callable[[Path, int], None]

    def check(self, root: Path, numbers: Iterable[int], topics: int, template: int) -> None:
        """End the benchmark if a page or an entry of a feed is missing, or a page is not by this
        template, if there is one."""
        items = [signs(number, topics) for number in numbers]
        pages = list((root / self.output).glob(self.pages))
        if len(pages) != len(items):
            sys.exit(f"{self.name} made {len(pages)} pages of {len(items)} items")
        told = stamp(template).encode()
        if old := [page for page in pages if template and told not in page.read_bytes()]:
            sys.exit(f"{self.name}: {len(old)} pages are by the old template, such as {old[0]}")
        folders = {"": len(items)} | {
            self.topic.format(n): sum(n in of for of in items) for n in range(topics)
        }
        for folder, count in folders.items():
            for feed, mark in FEEDS.items():
                place = root / self.output / folder / feed
                entries = place.read_text(encoding="utf-8").count(mark) if place.exists() else 0
                if entries < min(count, LIMIT):  # Tidings adds what has changed
                    sys.exit(f"{self.name}: {entries} entries in {place}, of {min(count, LIMIT)}")

    def forget(self, root: Path) -> None:
        """Remove all that it has made, so that it begins anew."""
        for name in self.made:
            shutil.rmtree(root / name, ignore_errors=True)
            if (root / name).is_file():
                (root / name).unlink()


def stamp(template: int) -> str:
    """What the pages of a template have in their heads."""
    return f'<meta name="template" content="{template}">'


# --- Tidings -------------------------------------------------------------------------------------


def tidings(root: Path, topics: int) -> Program:
    """Tidings, and an empty instance of it."""
    make_instance(root, topics, {})

    def write(root: Path, file: int) -> None:
        text = listing(file, topics)
        (root / "seeds" / f"{file:06}.txt").write_text(text, encoding="utf-8")

    def template(root: Path, number: int) -> None:
        place = root / "templates" / "site" / "base.html.j2"
        place.parent.mkdir(parents=True, exist_ok=True)
        block = f"{{% block head_extra %}}{stamp(number)}{{% endblock %}}"
        extends = '{% extends "default:site/base.html.j2" %}'
        place.write_text(f"{extends}\n{block}\n", encoding="utf-8")

    return Program(
        "tidings",
        [*TIDINGS, "run", "--send", "none"],
        write,
        "feeds",
        "items/*.html",
        "topics/topic{}",
        ("feeds", "state", ".tidings-witness", "templates"),
        template,
    )


# --- Hugo ----------------------------------------------------------------------------------------

BASE = "layouts/_default/baseof.html"
HUGO = {
    "config.toml": f"""\
baseURL = "{URL}/"
title = "Bench"
uglyURLs = true
paginate = {LIMIT}
rssLimit = {LIMIT}
[taxonomies]
topic = "topics"
[mediaTypes."application/atom+xml"]
suffixes = ["xml"]
[outputFormats.Atom]
mediaType = "application/atom+xml"
baseName = "atom"
noUgly = true
[outputFormats.Feed]
mediaType = "application/json"
baseName = "feed"
noUgly = true
[outputFormats.RSS]
baseName = "rss"
noUgly = true
[outputs]
home = ["HTML", "Atom", "RSS", "Feed"]
term = ["HTML", "Atom", "RSS", "Feed"]
section = ["HTML"]
taxonomy = ["HTML"]
""",
    BASE: """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<link rel="canonical" href="{{ .Permalink }}"></head>
<body><h1>{{ .Title }}</h1>{{ block "main" . }}{{ end }}</body></html>
""",
    "layouts/_default/single.html": """\
{{ define "main" }}<time>{{ .Date.Format "2 January 2006" }}</time>{{ .Content }}
<ul>{{ range .GetTerms "topics" }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</ul>
{{ end }}
""",
    "layouts/_default/list.html": """\
{{ define "main" }}{{ $pages := .Paginate .RegularPages.ByDate.Reverse }}
{{ range $pages.Pages }}<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2>
<time>{{ .Date.Format "2 January 2006" }}</time><p>{{ .Summary }}</p>{{ end }}
{{ template "_internal/pagination.html" . }}{{ end }}
""",
    "layouts/_default/terms.html": """\
{{ define "main" }}
{{ range .Pages }}<a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}{{ end }}
""",
    "layouts/_default/list.atom.xml": """\
<feed xmlns="http://www.w3.org/2005/Atom"><title>{{ .Title }}</title><id>{{ .Permalink }}</id>
{{ range first 50 .RegularPages.ByDate.Reverse }}<entry>
<title>{{ .Title }}</title><id>{{ .Permalink }}</id><link href="{{ .Permalink }}"/>
<updated>{{ .Date.Format "2006-01-02T15:04:05Z" }}</updated>
<content type="html">{{ .Content | html }}</content></entry>
{{ end }}</feed>
""",
    "layouts/_default/list.feed.json": """\
{"version": "https://jsonfeed.org/version/1.1", "title": {{ .Title | jsonify }}, "items": [
{{ range $n, $page := first 50 .RegularPages.ByDate.Reverse }}{{ if $n }},{{ end }}
{"id": {{ .Permalink | jsonify }}, "title": {{ .Title | jsonify }},
"content_html": {{ .Content | jsonify }}}{{ end }}]}
""",
}


def hugo(root: Path, topics: int) -> Program:
    """Hugo, and an empty site of it."""
    for name, text in HUGO.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    # For the site as a whole, its items and not its sections.
    for name in ("list.html", "list.atom.xml", "list.feed.json"):
        text = HUGO[f"layouts/_default/{name}"].replace(".RegularPages", ".Site.RegularPages")
        place = root / "layouts" / name.replace("list", "index")
        place.write_text(text, encoding="utf-8")
    (root / "content" / "items").mkdir(parents=True)

    def write(root: Path, file: int) -> None:
        for number in range(file * ENTRIES, (file + 1) * ENTRIES):
            of = signs(number, topics)
            named = ", ".join(f'"topic{n}"' for n in of)
            (root / "content" / "items" / f"{number:07}.md").write_text(
                f"+++\ntitle = {title(number, of)!r}\ndate = {day(number)}\ntopics = [{named}]\n"
                f"+++\n{words(number)}.\n",
                encoding="utf-8",
            )

    def template(root: Path, number: int) -> None:
        base = HUGO[BASE].replace("</head>", f"{stamp(number)}</head>")
        (root / BASE).write_text(base, encoding="utf-8")

    return Program(
        "hugo",
        ["hugo", "--quiet"],
        write,
        "public",
        "items/0*.html",
        "topics/topic{}",
        ("public", "resources", ".hugo_build.lock"),
        template,
    )


# --- Pelican -------------------------------------------------------------------------------------


def pelican(root: Path, topics: int) -> Program:
    """Pelican, and an empty site of it."""
    (root / "content").mkdir(parents=True)
    (root / "pelicanconf.py").write_text(
        f"""\
SITENAME, SITEURL, AUTHOR, TIMEZONE = "Bench", "{URL}", "Desk", "UTC"
PATH, THEME, DEFAULT_PAGINATION, FEED_MAX_ITEMS = "content", "simple", {LIMIT}, {LIMIT}
THEME_TEMPLATES_OVERRIDES = ["own"]
ARTICLE_URL = ARTICLE_SAVE_AS = "items/{{slug}}.html"
TAG_URL = TAG_SAVE_AS = "topics/{{slug}}/index.html"
FEED_ALL_ATOM, FEED_ALL_RSS = "atom.xml", "rss.xml"
TAG_FEED_ATOM, TAG_FEED_RSS = "topics/{{slug}}/atom.xml", "topics/{{slug}}/rss.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = ARCHIVES_SAVE_AS = ""
""",
        encoding="utf-8",
    )

    def write(root: Path, file: int) -> None:
        for number in range(file * ENTRIES, (file + 1) * ENTRIES):
            of = signs(number, topics)
            named = ", ".join(f"topic{n}" for n in of)
            (root / "content" / f"{number:07}.md").write_text(
                f"Title: {title(number, of)}\nDate: {day(number)}\nTags: {named}\n"
                f"Slug: {number:07}\n\n{words(number)}.\n",
                encoding="utf-8",
            )

    def template(root: Path, number: int) -> None:
        place = root / "own" / "base.html"
        place.parent.mkdir(exist_ok=True)
        block = f"{{% block head %}}{{{{ super() }}}}{stamp(number)}{{% endblock %}}"
        place.write_text(f'{{% extends "!simple/base.html" %}}\n{block}\n', encoding="utf-8")

    return Program(
        "pelican",
        [str(installed()), "--quiet", "--settings", "pelicanconf.py"],
        write,
        "output",
        "items/*.html",
        "topics/topic{}",
        ("output", "cache", "__pycache__", "own"),
        template,
    )


def installed() -> Path:
    """Pelican's command, in its environment, which is made when it is not there."""
    command = ENVIRONMENT / "bin" / "pelican"
    if not command.exists():
        print(f"installing {PELICAN} into {ENVIRONMENT}", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", PELICAN]
        ran = subprocess.run(pip, capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(f"{PELICAN} could not be installed into {ENVIRONMENT}:\n{ran.stderr}")
    return command


# --- The race ------------------------------------------------------------------------------------


def race(scratch: Path, files: int, topics: int, rounds: int) -> dict[tuple[str, str], Cost]:
    """The cheapest of each program at each task."""
    programs = {
        scratch / make.__name__: make(scratch / make.__name__, topics)
        for make in (hugo, pelican, tidings)
    }
    for root, program in programs.items():
        for file in range(files):
            program.write(root, file)
    costs: dict[tuple[str, str], list[Cost]] = {}
    last = files
    for turn in range(1, rounds + 1):
        for task in TASKS:
            if task == "one new file":
                last += 1
            for root, program in programs.items():
                if task == "cold":
                    program.forget(root)
                elif task == "one new file":
                    program.write(root, last - 1)
                elif task == "new template":
                    program.template(root, turn)
                cost = measured(program.command, root)
                costs.setdefault((program.name, task), []).append(cost)
                told = turn if task == "new template" else 0
                program.check(root, range(last * ENTRIES), topics, told)
    return {who: min(each, key=lambda cost: cost.cpu) for who, each in costs.items()}


def main() -> None:
    """Let them run, and print who took what."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--topics", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    needed("hugo")
    versions = [
        re.sub(r"^(hugo v[\d.]+).*", r"\1", measured(["hugo", "version"], Path()).told.strip()),
        f"pelican {measured([str(installed()), '--version'], Path()).told.strip()}",
    ]
    files = max(1, given.items // ENTRIES)
    print(f"{files * ENTRIES:,} items, {given.topics} topics; {', '.join(versions)}")
    with tempfile.TemporaryDirectory() as scratch:
        costs = race(Path(scratch), files, given.topics, given.rounds)
    for task in TASKS:
        ours = costs["tidings", task]
        for name in ("tidings", "hugo", "pelican"):
            cost = costs[name, task]
            ratio = "" if name == "tidings" else f"   tidings / {name} {ours.cpu / cost.cpu:.2f}"
            print(f"{name:<8} {task:<13} {cost.cpu:7.2f} s of CPU {cost.wall:7.2f} s"
                  f" {cost.peak:5.0f} MB{ratio}")  # fmt: skip


if __name__ == "__main__":
    main()
