"""What is drawn once for a listing: which parts an entry has, on which lines, and how they look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tools.reading.boilerplate import draw_between
from tools.reading.dates import DateForm, draw_form
from tools.reading.slots import SUMMARY, Slot, draw_slots
from tools.reading.wording import BodyStyle, TitleStyle, draw_body, draw_titles
from tools.reading.words import Words, draw_words, weighed

_JOINTS = (" | ", " ", " - ", " · ", " / ", ", ", "   ", "\t", " – ", " • ", "  |  ", " // ")
_FRONT = (
    " - ",
    ": ",
    " ",
    " | ",
    " – ",
    "\t",
    "   ",
    ", ",
    " • ",
    " — ",
    "  ",
    ". ",
    " » ",
    " :: ",
)
_BACK = (" ", " ", " - ", ", ", " | ", "\t", "\0", "\0", " – ", "   ", " / ")
_INTO_BODY = (" - ", " — ", ": ", " | ", " -- ", " – ", " ", ". ")
_INNER_GAPS = {
    "plain": (0, 0, 1), "html": (1, 1, 1, 0), "nodes": (0, 1, 2, 3, 4, 8), "lynx": (0, 0, 1),
    "w3m": (0, 1, 1), "inscriptis": (1, 1, 0), "markdown": (1, 1, 0), "selected": (0, 0, 0, 1),
}  # fmt: skip
_OUTER_GAPS = {
    "plain": (1, 1, 2, 0), "html": (1, 1, 1, 2), "nodes": (1, 3, 5, 7, 8), "lynx": (0, 1, 1),
    "w3m": (0, 1, 1, 2), "inscriptis": (1, 1, 0, 2), "markdown": (1, 1, 2),
    "selected": (0, 0, 1, 2),
}  # fmt: skip
_BULLETS = {"w3m": ("• ",), "lynx": ("* ", "+ ", "- "), "inscriptis": ("* ",)}


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of an entry on a line; `joint` stands between it and what is left of it."""

    role: str
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an entry; `below` are the blank lines under it, as a rule."""

    cells: tuple[Cell, ...]
    indent: int = 0
    mark: str = ""
    end: str = ""
    below: int = 0

    def has(self, role: str) -> bool:
        """True if a part of that role stands in the line."""
        return any(cell.role == role for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Site:
    """One way to lay out a listing."""

    words: Words
    tool: str  # what made text of the page, or whose manner it has
    order: str  # DTS, TDS, TSD or TS
    dated: str  # where the date stands: row, front, back, body-front, body-end, table, none
    form: DateForm | None
    titles: TitleStyle
    body: BodyStyle | None
    slots: tuple[Slot, ...]
    rows: tuple[Row, ...]
    outer: int  # blank lines between entries
    paragraph: int  # and between paragraphs
    jitter: float  # share of gaps that differ
    width: int  # lines are wrapped at this column; 0: never
    hang: int
    link: bool  # titles are links
    dangling: bool  # separators stay where the part beside them is missing
    between: str
    split: float  # share of titles on two lines
    undated: float  # share of entries without a date, and so on
    bodiless: float
    repeated: float
    trailing: bool  # lines end in blanks
    heading: str  # the mark of headings between entries
    direction: str  # the mark of direction in front of titles


def draw_site(rng: Random, words: Words | None = None) -> Site:
    """A layout at random."""
    words = words or draw_words(rng)
    tool = weighed(rng, plain=14, html=18, nodes=14, lynx=10, w3m=10, inscriptis=12, markdown=12,
                   selected=10)  # fmt: skip
    markdown = tool == "markdown"
    body = draw_body(rng, markdown=markdown)
    order = weighed(rng, DTS=36, TDS=34, TSD=18 if body else 4, TS=11)
    form = None if order == "TS" else draw_form(rng, words, markdown=markdown)
    dated = _draw_place(rng, order, form, has_body=body is not None)
    if form and dated != "row" and form.around[1] in (":", " |"):
        form = replace(form, around=("", ""))
    slots = draw_slots(rng, words, markdown=markdown)
    rows = _core(rng, order, dated, has_body=body is not None)
    for slot in slots:
        rows = _placed(rng, rows, slot, "none" if form and form.kind == "stacked" else dated)
    link = rng.random() < (0.5 if markdown else 0.02)
    wrapped = {"lynx": 0.5, "w3m": 0.4, "plain": 0.3, "inscriptis": 0.08}.get(tool, 0.0)
    width = rng.randint(60, 100) if words.spaced and rng.random() < wrapped else 0
    ragged = tool == "nodes" and rng.random() < 0.7
    return Site(
        words=words, tool=tool, order=order, dated=dated, form=form, body=body, slots=slots,
        titles=draw_titles(rng, words),
        rows=_dressed(rng, rows, tool, table=dated == "table"),
        outer=rng.choice(_OUTER_GAPS[tool]),
        paragraph=rng.choice((0, 1, 1)),
        jitter=rng.choice((0.2, 0.4)) if ragged else rng.choice((0.0, 0.0, 0.0, 0.05, 0.15)),
        width=0 if dated == "table" else width,
        hang=rng.choice((0, 0, 2, 4)),
        link=link,
        dangling=rng.random() < 0.2,
        between=draw_between(rng),
        split=rng.choice((0.0,) * 12 + (0.1, 0.6)),
        undated=rng.choice((0.0,) * 8 + (0.05, 0.15)),
        bodiless=rng.choice((0.0, 0.0, 0.0, 0.1, 0.3, 0.6)),
        repeated=rng.choice((0.0,) * 6 + (0.05, 0.3)),
        trailing=rng.random() < (0.5 if tool == "nodes" else 0.06),
        heading=rng.choice(("", "## ", "### ", "#### ")) if markdown else "",
        direction="\u200f" if words.language in ("ar", "he") and rng.random() < 0.1 else "",
    )  # fmt: skip


def _draw_place(rng: Random, order: str, form: DateForm | None, *, has_body: bool) -> str:
    """Where the date of an entry stands, in an order of its parts."""
    if form is None:
        return "none"
    if form.kind == "stacked":
        return "row"
    if order == "DTS":
        return weighed(rng, row=58, front=36, table=6)
    if order == "TDS":
        return weighed(rng, row=46, back=34, **{"body-front": 14 if has_body else 0}, table=7)
    return weighed(rng, row=60, **{"body-end": 35 if has_body else 0}, table=5)


def _core(rng: Random, order: str, dated: str, *, has_body: bool) -> list[Row]:
    """The lines of date, title and summary."""
    names = {"D": "date", "T": "title", "S": "body"}
    roles = [names[letter] for letter in order if letter != "S" or has_body]
    lone = [Row((Cell(role),)) for role in roles]
    match dated:
        case "front":
            lone[:2] = [Row((Cell("date"), Cell("title", rng.choice(_FRONT))))]
        case "back":
            lone[:2] = [Row((Cell("title"), Cell("date", rng.choice(_BACK))))]
        case "body-front":
            lone[1:] = [Row((Cell("date"), Cell("body", rng.choice(_INTO_BODY))))]
        case "body-end":
            joint = rng.choice((" ", " ", " - ", "\t\t", "     ", " | "))
            lone[1:] = [Row((Cell("body"), Cell("date", joint)))]
        case "table":
            joint = rng.choice((" | ", "\t", "\0"))
            first, *others = roles
            return [Row((Cell(first), *(Cell(role, joint) for role in others)))]
    return lone


def _placed(rng: Random, rows: list[Row], slot: Slot, dated: str) -> list[Row]:
    """`rows` with the part `slot` where its kind may stand."""
    row = Row((Cell(slot.role),))
    place = slot.place
    on = next((n for n, r in enumerate(rows) if r.has("date")), None)
    title = next(n for n, r in enumerate(rows) if r.has("title"))
    if dated == "table" and place not in ("top", "bottom"):
        joint = rows[title].cells[1].joint if len(rows[title].cells) > 1 else " | "
        at = rng.randint(0, len(rows[title].cells)) if slot.role not in SUMMARY else 99
        return _with_cell(rows, title, at, Cell(slot.role, joint))
    if place in ("date-left", "date-right", "glued"):
        if on is None or dated == "none":
            place = rng.choice(("top", "after", "bottom"))
        else:
            return _beside_date(rng, rows, on, slot)
    match place:
        case "front":
            joint = rng.choice(
                (" | ", " · ", " / ", " ") if slot.capital else (" | ", " · ", " / ")
            )
            at = next(n for n, cell in enumerate(rows[title].cells) if cell.role == "title")
            return _with_cell(rows, title, at, Cell(slot.role), rejoint=joint)
        case "back":
            at = next(n for n, cell in enumerate(rows[title].cells) if cell.role == "title")
            joint = rng.choice((", ", " , ", " | ", " - ", " – "))
            return _with_cell(rows, title, at + 1, Cell(slot.role, joint))
        case "top":
            return [row, *rows]
        case "after":
            return [*rows[: title + 1], row, *rows[title + 1 :]]
        case "body-end" if (
            b := next((n for n, r in enumerate(rows) if r.has("body")), None)
        ) is not None:
            return _with_cell(rows, b, 99, Cell(slot.role, rng.choice((" ", " ", "  ", " » "))))
    return [*rows, row]


def _beside_date(rng: Random, rows: list[Row], on: int, slot: Slot) -> list[Row]:
    """`rows` with the part `slot` on the line of the date."""
    cells = rows[on].cells
    at = next(n for n, cell in enumerate(cells) if cell.role == "date")
    if len(cells) == 1 or all(cell.role not in ("title", "body") for cell in cells):
        joint = "" if slot.place == "glued" else rng.choice(_JOINTS)
        if slot.place == "date-right":
            return _with_cell(rows, on, at + 1, Cell(slot.role, joint))
        return _with_cell(rows, on, at, Cell(slot.role), rejoint=joint)
    joint = next((c.joint for c in cells if c.role in ("title", "body", "date") and c.joint), "")
    if (joint.strip() in ("|", "-", "–", "•", "") and len(joint) > 1) or joint in ("\t", "\0"):
        fore = rows[on].cells[0].role == "date"
        return _with_cell(rows, on, at + 1 if fore else at, Cell(slot.role, joint))
    return [Row((Cell(slot.role),)), *rows]


def _with_cell(
    rows: list[Row], on: int, at: int, cell: Cell, rejoint: str | None = None
) -> list[Row]:
    """`rows` with `cell` in line `on`; `rejoint` parts it from its right neighbour."""
    cells = list(rows[on].cells)
    at = min(at, len(cells))
    if rejoint is not None:
        cell = replace(cell, joint=cells[at].joint)
        cells[at] = replace(cells[at], joint=rejoint)
    elif at == 0 and cells:
        cells[0], cell = replace(cells[0], joint=cell.joint), replace(cell, joint="")
    cells.insert(at, cell)
    return [*rows[:on], replace(rows[on], cells=tuple(cells)), *rows[on + 1 :]]


def _dressed(rng: Random, rows: list[Row], tool: str, *, table: bool) -> tuple[Row, ...]:
    """`rows` with indents, list and heading marks, and blank lines below each."""
    base = _draw_indent(rng, tool)
    apart = rng.choice((0, 0, 0, 2, 4, -2)) if base else rng.choice((0,) * 8 + (2, 4))
    tight = rng.random() < 0.45
    gap = rng.choice(_INNER_GAPS[tool])
    heading = rng.choice(("", "# ", "## ", "## ", "### ", "**")) if tool == "markdown" else ""
    bullet, where = _draw_bullet(rng, tool)
    dressed = []
    for number, row in enumerate(rows):
        mark = bullet if where == "all" or (where == "first" and number == 0) else ""
        mark = bullet if where in ("date", "title") and row.has(where) else mark
        mark = bullet if where == "others" and not row.has("title") else mark
        mark = "" if row.cells[0].role in SUMMARY else mark  # it would be part of the summary
        indent = max(0, base + (apart if row.has("title") or row.has("body") else 0))
        if where == "first" and number and bullet and rng.random() < 0.7:
            indent += 2
        end = ""
        if table and row.has("title") and row.cells[-1].joint == " | " and rng.random() < 0.6:
            mark, end = "| ", " |"
        elif heading and row.has("title") and not row.has("body"):
            mark, end = (heading, "**") if heading == "**" else (mark + heading, "")
        below = gap if tight else rng.choice(_INNER_GAPS[tool])
        dressed.append(Row(row.cells, indent, mark, end, below))
    return tuple(dressed)


def _draw_indent(rng: Random, tool: str) -> int:
    match tool:
        case "lynx":
            return rng.choice((0, 3, 3, 5, 10))
        case "inscriptis":
            return rng.choice((0, 0, 2, 8, 10, 16, 24, 36))
        case "nodes":
            return rng.choice((0, 0, 0, 1, 8, 16, 32))
        case "plain" | "w3m":
            return rng.choice((0, 0, 0, 2, 4))
    return 0


def _draw_bullet(rng: Random, tool: str) -> tuple[str, str]:
    """A list mark, and the lines that bear it."""
    if rng.random() > (0.1 if tool in ("html", "nodes", "selected") else 0.32):
        return "", ""
    bullet = rng.choice(_BULLETS.get(tool, ("* ", "- ", "• ", "• ", "#. ", "+ ", "› ")))
    return bullet, weighed(rng, first=56, all=10, date=10, title=16, others=8)
