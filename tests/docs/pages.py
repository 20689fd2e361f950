"""The documentation as data: its pages, their fenced blocks, headings, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in (
            *ROOT.glob("*.md"),
            *ROOT.glob("docs/**/*.md"),
            ROOT / "feeds/README.md",
            ROOT / "templates/README.md",
        )
    )
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block, and the lines that the page shows below it."""

    page: str
    text: str
    shown: tuple[str, ...]


@cache
def read(page: str) -> str:
    """A page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def prose(page: str) -> str:
    """A page's text without its fenced blocks."""
    return _FENCE.sub("", read(page))


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return [body for tag, body in _fenced(page) if tag == language]


def languages(page: str) -> set[str]:
    """The languages of a page's fenced blocks."""
    return {tag for tag, _ in _fenced(page)}


@cache
def _fenced(page: str) -> list[tuple[str, str]]:
    return _FENCE.findall(read(page))


def commands(page: str) -> tuple[Command, ...]:
    """The commands of a page: lines after "$ ", with those after "> " that go on with them."""
    found: list[tuple[list[str], list[str]]] = []
    for block in blocks(page, "console"):
        lines = block.splitlines()
        assert lines[0].startswith("$ "), f"{page}: a console block begins with a command"
        for line in lines:
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line.startswith("> ") or line == ">":
                found[-1][0].append(line[2:])
            else:
                found[-1][1].append(line)
    return tuple(Command(page, "\n".join(said), tuple(shown)) for said, shown in found)


@cache
def section(page: str, heading: str) -> str:
    """What stands under a heading, as far as the next one of its rank or above."""
    text = read(page)
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"{page} has no heading “{heading}”"
    below = text[found.end() :]
    rank = len(found[1])
    following = re.search(rf"^#{{1,{rank}}} ", below, re.MULTILINE)
    return below[: following.start()] if following else below


def first_cells(text: str) -> list[str]:
    """The code in the first cell of each table row."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def links(page: str) -> Iterator[str]:
    """Where a page leads: the targets of links and pictures outside of fenced blocks."""
    for found in _LINK.finditer(re.sub(r"`[^`]*`", "", prose(page))):
        yield found[1] or found[2]


def anchors(page: str) -> set[str]:
    """The names of a page's headings, as links name them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
