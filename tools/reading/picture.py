"""The picture of one file going through the reader: `python -m tools.reading.picture`.

Everything in it is what the reader with the weights of the package makes of the file below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import exp
from pathlib import Path
from typing import Final

from tidings.core.listings import THRESHOLD, Hints
from tidings.core.listings.candidates import ROLES, Record
from tidings.core.listings.entries import Page, layout_of, title_of
from tidings.core.listings.ranking import Linear, Ranked, chosen, learned, log_probabilities, ranked
from tidings.core.listings.rows import read_rows
from tidings.core.listings.texts import page_of

PLACE: Final = Path(__file__).parents[2] / "docs" / "images" / "reading.svg"
TEXT: Final = """\
Harbour news

Ferry crews agree on rest days
4 June 2026 | Ports
Two days off after ten days on board.
New hostel opens at the port
5 June 2026 | Ports
Forty beds, and open all night.
Night bus goes to the border
8 June 2026 | Roads
It leaves every hour until four.
"""

# Roles as people see them, those of the reader that are one of them, and their colours.
_ROLES: Final = {
    "title": ("title", "new title", "more"),
    "date": ("date", "new date"),
    "text": ("text",),
    "other": ("other",),
}
_WIDE: Final = 400
_EDGE: Final = 14
_INNER: Final = _WIDE - 2 * _EDGE
_SIGN: Final = 7.0  # the width of a character in the lines of the file
_ROW: Final = 19
_MOST_TELLING: Final = 5  # figures
_STYLE: Final = """
svg { color-scheme: light dark }
.paper { fill: #fff } .frame { fill: none; stroke: #c9d1d9 } .rule { fill: #1f2328; stroke: #fff }
text { fill: #1f2328; font: 12px system-ui, sans-serif }
.head { font-weight: 600; font-size: 13px } .small { font-size: 11px } .soft { fill: #57606a }
.mono { font: 11.5px ui-monospace, "DejaVu Sans Mono", monospace } .end { text-anchor: end }
.title { fill: #a5c8f5 } .date { fill: #f3cb7c } .text { fill: #b4dfb4 } .other { fill: #dde1e6 }
.unit { fill: #eef1f4; stroke: #c9d1d9 } .sure { fill: #2f6fc0 }
@media (prefers-color-scheme: dark) {
.paper { fill: #161b22 } .frame { stroke: #444c56 } .rule { fill: #e6edf3; stroke: #161b22 }
text { fill: #e6edf3 } .soft { fill: #9da7b1 }
.title { fill: #1f4e86 } .date { fill: #77560f } .text { fill: #255c33 } .other { fill: #3a424c }
.unit { fill: #21262d; stroke: #444c56 } .sure { fill: #6cabf7 }
}"""

Parts = list[str]


def drawn() -> str:
    """The picture as SVG."""
    page = _page()
    weights = learned()
    found = ranked(page.units, page.known, weights)
    choice = chosen(found, weights)
    rival = next((at for at, each in enumerate(found.found) if each is choice.rival), 0)
    parts: Parts = []
    at = _units(parts, page, 26)
    at = _roles(parts, page, at + 26)
    at = _readings(parts, page, found, rival, at + 26)
    at = _figures(parts, found, rival, weights.ranker, at + 26)
    at = _confidence(parts, choice.confidence, at + 26)
    return _whole(parts, at + _EDGE)


def _page() -> Page:
    rows = read_rows(TEXT, limit=100, language=None, date_order=None, names=Hints().names())
    return page_of("harbour.txt", rows or ())


def _whole(parts: Parts, height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE * 1.2:.0f}"'
        f' height="{height * 1.2:.0f}" viewBox="0 0 {_WIDE} {height}" role="img">'
    )
    paper = (
        f'<rect class="paper" width="{_WIDE}" height="{height}" rx="8"/>'
        f'<rect class="frame" x=".5" y=".5" width="{_WIDE - 1}" height="{height - 1}" rx="8"/>'
    )
    title = "<title>A small listing on its way through the reader</title>"
    return "\n".join((head, title, f"<style>{_STYLE}</style>", paper, *parts, "</svg>\n"))


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{named}>{escape(text, quote=False)}</text>'


def _rect(x: float, y: float, wide: float, high: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{max(wide, 0):.1f}" height="{high:g}"'
        ' rx="2"/>'
    )


def _head(parts: Parts, y: int, text: str) -> int:
    parts.append(_text(_EDGE, y, text, "head"))
    return y + 8


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _units(parts: Parts, page: Page, y: int) -> int:
    """The lines of the file, with a box around each unit."""
    y = _head(parts, y, "1  The lines of the file, cut into units")
    for number, row in enumerate(page.rows):
        left = _EDGE + 26
        parts.append(_text(_EDGE + 16, y + 14, str(row.number), "small soft end"))
        for unit in page.units:
            if unit.row == number:
                x, wide = left + _SIGN * unit.start, _SIGN * (unit.end - unit.start)
                parts.append(_rect(x - 2, y + 1, wide + 4, _ROW - 2, "unit"))
        words = escape(row.text, quote=False)
        parts.append(
            f'<text class="mono" x="{left}" y="{y + 14}" textLength="{_SIGN * len(row.text):g}"'
            f' lengthAdjust="spacingAndGlyphs">{words}</text>'
        )
        y += _ROW
    return y


def _roles(parts: Parts, page: Page, y: int) -> int:
    """How probable each role is for each unit, as a bar."""
    y = _head(parts, y, "2  How probable each role is, unit by unit")
    x = _EDGE
    for role in _ROLES:
        parts.append(_rect(x, y + 4, 11, 11, role))
        parts.append(_text(x + 16, y + 14, role, "small"))
        x += 62
    y += _ROW + 2
    told = log_probabilities(page.units, page.known, learned().tagger)
    for unit, logs in zip(page.units, told, strict=True):
        shares = _shares([exp(log) for log in logs])
        parts.append(_text(_EDGE, y + 13, _short(unit.text, 22), "small"))
        left, wide = _EDGE + 146.0, 148
        for role, share in shares.items():
            if share * wide >= 0.5:
                parts.append(_rect(left, y + 3, share * wide, _ROW - 6, role))
            left += share * wide
        role = max(shares, key=lambda each: shares[each])
        parts.append(_text(_WIDE - _EDGE, y + 13, f"{role} {shares[role]:.0%}", "small end"))
        y += _ROW - 1
    return y


def _shares(unit: Sequence[float]) -> dict[str, float]:
    return {role: sum(unit[ROLES.index(name)] for name in names) for role, names in _ROLES.items()}


def _readings(parts: Parts, page: Page, found: Ranked, rival: int, y: int) -> int:
    """The best reading and the nearest that says something else, side by side."""
    count = len(found.found)
    y = _head(parts, y, f"3  The best of {count} readings, and its nearest rival")
    ends = []
    for x, at in ((_EDGE, 0), (_EDGE + _INNER // 2 + 6, rival)):
        reading, wide = found.found[at], _INNER // 2 - 6
        parts.append(_text(x, y + 14, layout_of(page, reading), "small soft"))
        parts.append(_text(x + wide, y + 14, f"{len(reading.records)} entries", "small soft end"))
        end = y + _ROW + 2
        for record in reading.records:
            for role, text in _said(page, record):
                parts.append(_rect(x, end, wide, _ROW - 3, role))
                parts.append(_text(x + 5, end + 12, _short(text, 30), "small"))
                end += _ROW - 2
            end += 6
        parts.append(_text(x, end + 10, f"score {found.scores[at]:.2f}", "head"))
        ends.append(end + 14)
    return max(ends)


def _said(page: Page, record: Record) -> Iterator[tuple[str, str]]:
    """The units of an entry in their order, the title as one."""
    parts = [(record.title[0], "title", title_of(page, record))] if record.title else []
    if record.date is not None:
        parts.append((record.date, "date", page.units[record.date].text))
    parts += [(at, "text", page.units[at].text) for at in record.text]
    yield from ((role, text) for _, role, text in sorted(parts))


def _figures(parts: Parts, found: Ranked, rival: int, ranker: Linear, y: int) -> int:
    """The figures that make the most of the difference between the two scores."""
    y = _head(parts, y, "4  The figures that make the difference")
    best, other = found.told[0], found.told[rival]
    apart = []
    for name in ranker.names:
        only = [float(name == each) for each in ranker.names]
        one = Linear(
            ranker.names,
            ranker.means,
            ranker.deviations,
            tuple(weight * keep for weight, keep in zip(ranker.weights, only, strict=True)),
        )
        apart.append((one.score(best) - one.score(other), name))
    for column, x in (("best", 212), ("rival", 276), ("to the score", _WIDE - _EDGE)):
        parts.append(_text(x, y + 14, column, "small soft end"))
    y += _ROW
    shown = sorted(apart, key=lambda pair: (-abs(pair[0]), pair[1]))[:_MOST_TELLING]
    for difference, name in shown:
        parts.append(_text(_EDGE, y + 13, name, "small"))
        parts.append(_text(212, y + 13, f"{best[name]:.2f}", "small end"))
        parts.append(_text(276, y + 13, f"{other[name]:.2f}", "small end"))
        parts.append(_text(_WIDE - _EDGE, y + 13, f"{difference:+.2f}", "small end"))
        y += _ROW - 2
    rest = sum(difference for difference, _ in apart) - sum(difference for difference, _ in shown)
    parts.append(_text(_EDGE, y + 13, f"{len(apart) - len(shown)} others", "small soft"))
    parts.append(_text(_WIDE - _EDGE, y + 13, f"{rest:+.2f}", "small soft end"))
    return y + _ROW


def _confidence(parts: Parts, confidence: float, y: int) -> int:
    """How sure the best reading is, beside the threshold."""
    done = "published" if confidence >= THRESHOLD else "held"
    y = _head(parts, y, f"5  Confidence: {confidence:.0%}, so the file is {done}")
    mark = _EDGE + THRESHOLD * _INNER
    parts.append(_rect(_EDGE, y + 4, _INNER, 12, "other"))
    parts.append(_rect(_EDGE, y + 4, confidence * _INNER, 12, "sure"))
    parts.append(_rect(mark - 1.5, y, 3, 20, "rule"))
    parts.append(_text(mark - 4, y + 34, f"threshold {THRESHOLD:.0%}", "small end"))
    return y + 38


def main() -> None:
    """Write the picture where the documentation has it."""
    PLACE.write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
