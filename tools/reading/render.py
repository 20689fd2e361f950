"""Entries as lines of text, and what each of them is labelled with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from tools.reading.boilerplate import between, more
from tools.reading.dates import write
from tools.reading.layout import Row, Site
from tools.reading.slots import SUMMARY, said
from tools.reading.wording import body, sentence, title

_NEARLY_BLANK = ("\t", "    ", "\u00a0", " ", " ", "&nbsp;")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a listing says of one entry; `published` is None where it names no day."""

    published: date | None
    title: str
    summary: str


@dataclass(slots=True)
class Page:
    """The lines of a listing as they come, and its labels."""

    rng: Random
    site: Site
    lines: list[str] = field(default_factory=list)
    labels: list[Labelled] = field(default_factory=list)
    title_seen: list[str] = field(default_factory=list)

    def gap(self, count: int) -> None:
        """`count` blank lines, or about so many."""
        site, rng = self.site, self.rng
        if rng.random() < site.jitter:
            count = max(0, count + rng.choice((-1, 1, 1, 2, 3)))
        for _ in range(min(count, 12)):
            odd = site.tool == "nodes" and rng.random() < 0.1
            self.lines.append(rng.choice(_NEARLY_BLANK) if odd else "")

    def block(self, lines: list[str], indent: int = 0) -> None:
        """Lines that belong to no entry, and a gap below them."""
        self.lines += [" " * indent + line for line in lines]
        self.gap(max(self.site.outer, self.rng.randint(0, 1)))

    def put(self, row: Row, text: str, number: int) -> None:
        """One line of an entry, wrapped if the site wraps, with its indent and its mark."""
        site = self.site
        mark = row.mark.replace("#.", f"{number + 1}.") if row.mark == "#. " else row.mark
        first = " " * row.indent + mark
        rest = " " * (row.indent + (site.hang if not mark.strip() else len(mark)))
        parts = text.split("\n")
        for at, part in enumerate(parts):
            head = first if at == 0 else rest
            made = wrapped(part, site.width, head, rest) if site.width else [head + part]
            made[-1] += row.end if at == len(parts) - 1 else ""
            self.lines += [line + ("  " if site.trailing else "") for line in made]


def wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    """`text` in lines of at most `width` columns; nothing within a word is broken."""
    lines, line = [], first
    empty = True
    for word in text.split(" "):
        if not empty and len(line) + 1 + len(word) > width:
            lines.append(line)
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line]


def render(page: Page, days: list[date], *, cut: str) -> None:
    """The entries of `days` on `page`; `cut` names the end of the list that is torn off."""
    site, rng = page.site, page.rng
    if cut == "first":
        left = [sentence(rng, site.words, days[0])]
        page.block([*left, more(rng, site.words, "", link=False)], site.rows[-1].indent)
    for number, day in enumerate(days):
        before = days[number - 1] if number else None
        if lines := between(rng, site.words, site.between, day, before, site.heading):
            page.block(lines, site.rows[0].indent if rng.random() < 0.5 else 0)
        last = number == len(days) - 1
        _entry(page, number, day, torn=cut == "last" and last)
        if not last:
            page.gap(site.outer)


def _entry(page: Page, number: int, day: date, *, torn: bool) -> None:
    """One entry: its lines and its label; a torn one has nothing below its title."""
    site, values = page.site, _values(page, number, day)
    dated = bool(values.pop("dated", ""))
    said_so: dict[str, str] = {}
    rows = [row for row in site.rows if any(values.get(c.role) for c in row.cells)]
    if torn:
        until = next(n for n, row in enumerate(rows) if row.has("title"))
        rows = rows[: until + 1]
    for at, row in enumerate(rows):
        for text in _texts(site, row, values):
            if text is None:
                page.gap(site.paragraph)
            else:
                page.put(row, text, number)
        said_so |= {c.role: "\n".join(values[c.role]) for c in row.cells if values.get(c.role)}
        if at < len(rows) - 1:
            page.gap(row.below)
    summary = " ".join(text for role, text in said_so.items() if role in SUMMARY)
    has_day = dated and "date" in said_so
    page.labels.append(Labelled(day if has_day else None, plain(said_so["title"]), plain(summary)))


def _values(page: Page, number: int, day: date) -> dict[str, list[str]]:
    """What each part of an entry says; a summary in paragraphs, all else in one piece."""
    site, rng = page.site, page.rng
    values: dict[str, list[str]] = {}
    if site.form and rng.random() >= site.undated:
        text, names_day = write(rng, site.words, site.form, day, number)
        values |= {"date": [text], "dated": ["yes"] if names_day else []}
    if site.body and rng.random() >= site.bodiless:
        values["body"] = body(rng, site.words, site.body, day)
    for slot in site.slots:
        if text := said(rng, site.words, slot, number):
            values[slot.role] = [text]
    return values | {"title": [_title(page, day)]}


def _title(page: Page, day: date) -> str:
    """A title; rarely one that was there before, rarely on two lines."""
    site, rng = page.site, page.rng
    if page.title_seen and rng.random() < site.repeated:
        made = rng.choice(page.title_seen)
    else:
        made = title(rng, site.words, site.titles, day)
        for _ in range(3):  # a list rarely says the same twice
            if made not in page.title_seen:
                break
            made = title(rng, site.words, site.titles, day)
    page.title_seen.append(made)
    parts = made.split(" ")
    if len(parts) > 4 and site.dated != "table" and not site.link and rng.random() < site.split:
        at = len(parts) // 2 + rng.choice((0, 1))
        return " ".join(parts[:at]) + "\n" + " ".join(parts[at:])
    return made


def _texts(site: Site, row: Row, values: dict[str, list[str]]) -> list[str | None]:
    """The lines that `row` comes to, before wrapping; None stands between two paragraphs."""
    made: list[str | None] = []
    text = ""
    table = site.dated == "table"
    for at, cell in enumerate(row.cells):
        pieces = values.get(cell.role)
        if not pieces:
            if table:  # its column stays
                text += cell.joint
            elif site.dangling and text and row.cells[at - 1].role == "date":
                text += cell.joint.rstrip(" ,\0\t")
            continue
        pieces = [_linked(pieces[0])] if cell.role == "title" and site.link else pieces
        mark = site.direction if cell.role == "title" else ""
        text += (cell.joint if text or table else "") + mark + pieces[0]
        for piece in pieces[1:]:
            made += [text, None]
            text = piece
    return [*made, text] if text else made


def _linked(text: str) -> str:
    bare = text.replace("[", "(").replace("]", ")")
    address = sum(map(ord, text)) % 9000 + 100
    named = f' "{bare}"' if address % 3 == 0 and '"' not in bare else ""
    return f"[{text}](https://example.org/news/{address}{named})" if bare == text else text


def aligned(lines: list[str]) -> list[str]:
    """`lines` with the columns of a table below one another."""
    cells = [line.split("\0") for line in lines]
    most = max((len(row) for row in cells), default=1)
    for column in range(most - 1):
        width = max((len(row[column]) for row in cells if len(row) > column + 1), default=0)
        for row in cells:
            if len(row) > column + 1:
                row[column] = row[column].ljust(width + 2)
    return ["".join(row) for row in cells]


def plain(text: str) -> str:
    """`text` with each run of blanks one space, as labels have it."""
    return " ".join(text.split())
