"""`tidings help`: the help of a verb, or a page of the documentation, which the package carries."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Annotated

import typer

from tidings.entrypoints.cli.exits import usage
from tidings.errors import ConfigError
from tidings.model import Help

_WIDEST = 100


def help(  # noqa: A001 (the verb is called so)
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VERB|PAGE",
            help="A verb, such as `run` or `state accept`; or a page, such as `tutorial`; `index`"
            " lists the pages.",
        ),
    ] = None,
) -> None:
    """Show the help of the command or of a verb, or a page of the documentation."""
    from tidings.entrypoints.cli import VERBS, app

    if not words or words[0] in VERBS:
        app([*(words or []), "--help"], prog_name="tidings", standalone_mode=False)
        return
    name, _, anchor = words[0].partition("#")
    if name in [*Help]:
        name, anchor = Help(name).address.split("#")
    pages = dict(_pages())
    # As a link or a message names it, too: docs/how-to/write-a-topic.md.
    page = pages.get(PurePosixPath(name).stem)
    if page is None:
        raise _refused(f"there is no verb and no page {name!r}", name, [*VERBS, *pages, *Help])
    text = page.read_text(encoding="utf-8")
    _show(section(text, anchor) if anchor else text)


def _pages() -> Iterator[tuple[str, Traversable]]:
    """The pages of the documentation by name; no two have the same."""
    folders = [files("tidings") / "docs"]
    for folder in folders:
        for each in sorted(folder.iterdir(), key=lambda found: found.name):
            if each.is_dir():
                folders.append(each)
            elif each.name.endswith(".md"):
                yield each.name.removesuffix(".md"), each


def section(text: str, anchor: str) -> str:
    """Return the part of a page under the heading that a link calls `anchor`, with those below it.

    Raises a usage error that names the nearest one.
    """
    lines = text.splitlines()
    headings = list(_headings(lines))
    for number, (at, rank, name) in enumerate(headings):
        if name == anchor:
            following = (line for line, other, _ in headings[number + 1 :] if other <= rank)
            return "\n".join(lines[at : next(following, len(lines))])
    names = [name for _, _, name in headings]
    raise _refused(f"this page has no section {anchor!r}", anchor, names)


def _refused(told: str, word: str, known: list[str]) -> ConfigError:
    """The error to raise for a name that is none of those known; it names the nearest."""
    from tidings.core.settings import suggestion
    from tidings.entrypoints.cli.common import with_hint

    return usage(with_hint(told, suggestion(word, known)))


def _headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """The line, the rank and the anchor of each heading; in code, # begins a comment."""
    fenced = False
    for number, line in enumerate(lines):
        fenced ^= line.startswith("```")
        if not fenced and (found := re.match(r"(#+) (.+)", line)):
            name = re.sub(r"[^\w\- ]", "", found[2].lower()).replace(" ", "-")
            yield number, len(found[1]), name


def _show(text: str) -> None:
    """Print Markdown: laid out on a terminal, as it is elsewhere."""
    if not sys.stdout.isatty():
        print(text.strip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    out = Console()
    out.print(Markdown(text, hyperlinks=False), width=min(out.width, _WIDEST))
