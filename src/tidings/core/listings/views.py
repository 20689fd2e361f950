"""Ways to look at a file's dates: alone, beside details, in front of a text or behind it.

A view is the same file with its dates on lines of their own. Each layout is then tried on each
view, so that a date on the title's line needs no layout of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from tidings.core.listings.finding import Found
from tidings.core.listings.furniture import is_aside, is_byline
from tidings.core.listings.lines import Line
from tidings.core.listings.stamps import settled

_WHAT_IT_IS = re.compile(
    r"(?:(?:first |last )?(?:published|posted|updated|released|issued|created|added|modified|date"
    r"|publication date|fecha|publicad[oa]|actualizad[oa]|fecha de publicaci[oó]n|publi[eé]e?"
    r"|mis(?:e)? [aà] jour|ver[oö]ffentlicht|erstellt|datum|stand|vom|pubblicato|data|inviato"
    r"|atualizad[oa]|postad[oa]|gepubliceerd|geplaatst|opublikowano|dodano|опубликовано|дата"
    r"|udgivet|offentliggjort|yay[ıi]n tarihi|tarih|公開日|更新日|掲載日|new|neu)"
    r"(?:\s(?:on|el|em|le|am|il|op|den|dnia|la|date|at))?)\s*[:|–—-]?",
    re.IGNORECASE,
)
_BY_ON = re.compile(r"(.+?),?\s(?:on|em|am|le|el|il|den|op|den|dnia)", re.IGNORECASE)
_OPENERS: Final = " \t*_([{<"
_CLOSERS: Final = " \t*_)]}>"
_JOINTS: Final = "|•·:–—-/»›>~;"
_STRONG_BEFORE = re.compile(r"[|•·:–—/»›>~;(\[]\s*$|\s-{1,2}\s*$")
_MOST_DETAIL: Final = 60
_MOST_DETAIL_WORDS: Final = 7
_LONGEST_DETAILED: Final = 150
_OFTEN: Final = 0.2
_SHORTEST_TEXT: Final = 4  # letters; what is shorter is a word that belongs to the date ("On")
_LABEL: Final = 40
_LABEL_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class View:
    """A file's lines as one way of looking at its dates shows them."""

    name: str
    lines: tuple[Line, ...]


def views(lines: Sequence[Line], wanted: Set[str] | None = None) -> Iterator[View]:
    """The views that differ from one another, the plainest first; only those `wanted`, if given."""
    if wanted is None or "alone" in wanted:
        yield View("alone", tuple(lines))
    if not any(line.dates for line in lines):
        return
    seen = {tuple(line.text for line in lines)}
    often = _often(lines)
    repeated = ("repeated", lambda line: _beside_the_same(line, often))
    for name, split in (repeated, *_SPLITS) if often else _SPLITS:
        if wanted is not None and name not in wanted:
            continue
        parts: list[Line] = []
        for line in lines:
            parts += (split(line) if line.dates and not line.stamp else None) or (line,)
        shown = tuple(line.text for line in parts)
        if shown not in seen:
            seen.add(shown)
            yield View(name, tuple(parts))


def _with_details(line: Line) -> tuple[Line, ...] | None:
    """A date with short details beside it: "12 May 2021 | Press release | by Ana Mora"."""
    bare = line.bare
    if len(bare) > _LONGEST_DETAILED:
        return None
    found = line.dates[0] if len(line.dates) == 1 else None
    if found is None:
        return None
    before, after = bare[: found.start], bare[found.end :]
    lead, tail = _bare_lead(before), after.strip(_CLOSERS + _JOINTS + ",")
    if named := _BY_ON.fullmatch(lead):
        lead = named[1]
    if lead and not (_STRONG_BEFORE.search(before) or is_byline(lead) or before.endswith(", ")):
        return None
    if tail and not (_is_strong(after) or is_byline(tail) or is_aside(tail)):
        return None
    if not (_is_detail(lead) and _is_detail(tail)):
        return None
    details = [part for part in (lead, tail) if part and not is_byline(part) and not is_aside(part)]
    return (_dated(line, found, " | ".join(details)),)


def _often(lines: Sequence[Line]) -> frozenset[str]:
    """What stands before or behind the date on many lines: words of the page, in any language."""
    dated = [line for line in lines if line.dates and not line.stamp]
    around = Counter(
        part
        for line in dated
        for part in (line.bare[: line.dates[-1].start], line.bare[line.dates[-1].end :])
        if part.strip()
    )
    least = max(3, _OFTEN * len(dated))
    return frozenset(part for part, count in around.items() if count >= least)


def _beside_the_same(line: Line, often: frozenset[str]) -> tuple[Line, ...] | None:
    """A date beside words that the file has beside other dates too: "Posted by admin on ..."."""
    found, bare = line.dates[-1], line.bare
    around = (bare[: found.start], bare[found.end :])
    if not all(part in often or not part.strip() for part in around):
        return _with_details(line)
    labels = [part.strip(_OPENERS + _CLOSERS + _JOINTS + ",") for part in around]
    details = [part for part in labels if part and not _WHAT_IT_IS.fullmatch(part)]
    return (_dated(line, found, " | ".join(details)),)


def _beside_a_label(line: Line) -> tuple[Line, ...] | None:
    """A date and a label with nothing between them: "Press release 12 May 2021"."""
    bare, found = line.bare, line.dates[-1]
    lead, tail = _bare_lead(bare[: found.start]), bare[found.end :].strip(_CLOSERS + _JOINTS + ",")
    if (lead and tail) or len(lead + tail) > _LABEL or len((lead + tail).split()) > _LABEL_WORDS:
        return None
    if (lead or tail)[:1].islower():
        return None
    return (_dated(line, found, lead or tail),)


def is_labelled_date(line: Line) -> bool:
    """True for a date with nothing beside it but a word for what it is ("Updated: 3 May 2021")."""
    if len(line.dates) != 1:
        return False
    found, bare = line.dates[0], line.bare
    label = _WHAT_IT_IS.fullmatch(bare[: found.start].strip(_OPENERS))
    return label is not None and not bare[found.end :].strip(_CLOSERS + ".,|")


def _in_front(line: Line, *, strongly: bool) -> tuple[Line, ...] | None:
    """A date, then the title or the text: "12 May 2021 - A hub opens"."""
    bare, found = line.bare, line.dates[0]
    if _bare_lead(bare[: found.start]):
        return None
    after = bare[found.end :]
    if strongly and not _is_strong(after):
        return None
    if after[:1].isalnum():
        return None
    tail = after.lstrip(_CLOSERS).lstrip(_JOINTS + " ,.*_")
    if bare[: found.start].rstrip().endswith(("**", "__")):
        tail = after.lstrip(_CLOSERS).lstrip(_JOINTS + " ,.")
    if not any(character.isalnum() for character in tail):
        return None
    return (_dated(line, found), _rest(line, tail))


def _in_front_strongly(line: Line) -> tuple[Line, ...] | None:
    return _in_front(line, strongly=True)


def _in_front_anyhow(line: Line) -> tuple[Line, ...] | None:
    return _in_front(line, strongly=False)


def _behind(line: Line) -> tuple[Line, ...] | None:
    """A title or a text, then the date: "A hub opens (12 May 2021)"."""
    bare, found = line.bare, line.dates[-1]
    if bare[found.end :].strip(_CLOSERS + "|"):
        return None
    before = _without_label(bare[: found.start].rstrip(_OPENERS))
    lead = before.rstrip(_JOINTS + " ,")
    if sum(character.isalnum() for character in lead) < _SHORTEST_TEXT:
        return None
    text = replace(line, dates=(), text=f"{line.mark} {lead}".lstrip())
    return (text, _dated(line, found, gap=0))


_SPLITS: Final[tuple[tuple[str, Callable[[Line], tuple[Line, ...] | None]], ...]] = (
    ("detailed", _with_details),
    ("beside", _beside_a_label),
    ("in front", _in_front_strongly),
    ("close in front", _in_front_anyhow),
    ("behind", _behind),
)


def _dated(line: Line, found: Found, detail: str = "", gap: int | None = None) -> Line:
    stamp = settled(found.stamp, None)  # so it is since the line was read
    text = line.bare[found.start : found.end]
    return replace(
        line, text=text, mark="", stamp=stamp, dates=(), detail=detail,
        gap=line.gap if gap is None else gap,
    )  # fmt: skip


def _rest(line: Line, text: str) -> Line:
    return replace(line, text=text, mark="", gap=0, dates=(), stamp=None)


def _bare_lead(text: str) -> str:
    bare = text.strip(_OPENERS + _JOINTS + ",")
    return "" if not bare or _WHAT_IT_IS.fullmatch(bare) else bare


def _without_label(text: str) -> str:
    """`text` without a label such as "Published on" behind a separator at its end."""
    for mark in ("|", "•", "·", "–", "—", " - ", "("):
        head, found, tail = text.rpartition(mark)
        if found and tail.strip() and _WHAT_IT_IS.fullmatch(tail.strip()):
            return head
    return text


def _is_strong(after: str) -> bool:
    closed = after.lstrip(_CLOSERS)
    return closed[:1] in tuple(_JOINTS) or (")" in after[:2] or "]" in after[:2])


def _is_detail(text: str) -> bool:
    return len(text) <= _MOST_DETAIL and len(text.split()) <= _MOST_DETAIL_WORDS and not (
        text.endswith((".", "!", "?")) and len(text) > 20
    )  # fmt: skip
