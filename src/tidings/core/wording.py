"""An item's own words: why it is in a topic, what has changed, and how its text begins.

Pure: what comes out are pieces of text with their part in a sentence; templates write the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from tidings.model import Evidence, Field, Item, Revision, Rule, Term

CONTEXT_WORDS = 6  # kept on either side of a correction
DIFF_WORDS = 600  # longer texts are shown old and new, whole: the comparison is quadratic
ELLIPSIS = "…"
HEADLINE = 300  # longer than any headline: a text that was taken for one is cut here

# A sentence ends on a word of three characters or more: not after "et al." and not inside "U.S.".
_SENTENCE_END = re.compile(r"[^\s.]{3}[.!?][\"'”’»)]*(?=\s)")
_HANGING = " ,;:.-–—(“‘«\"'"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of an item that are evidence for a topic, as they stand in that field."""

    words: str
    field: Field


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a corrected text; a gap stands for unchanged words that are left out."""

    kind: Literal["same", "old", "new", "gap"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that changed on one day. A text has `segments`, a date `old_date`, `new_date`."""

    field: Literal["title", "summary", "date"]
    day: date
    segments: tuple[Segment, ...] = ()
    old_date: date | None = None
    new_date: date | None = None


@dataclass(frozen=True, slots=True)
class TermWords:
    """A term of a rule for readers: its words, where they must stand, and how exactly."""

    words: str
    field: Field | None
    prefix: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule for readers: one of `any`, each of `all`, nothing of `none`, and of which time.

    A rule without words goes by where items come from, or is kept by hand.
    """

    any: tuple[TermWords, ...]
    all: tuple[TermWords, ...]
    none: tuple[TermWords, ...]
    after: date | None = None
    before: date | None = None


def because(item: Item, evidence: Iterable[Evidence]) -> tuple[Phrase, ...]:
    """The item's own words that put it in a topic: title first, in reading order, each once.

    Pieces that overlap are joined; evidence beyond the end of the text is left out.
    """
    spans = [(e.field == "summary", e.start, e.end) for e in evidence]
    phrases: dict[str, Phrase] = {}
    for in_summary, start, end in spans if len(spans) == 1 else _joined(spans):
        words = (item.summary if in_summary else item.title)[start:end].strip()
        if words:
            field: Field = "summary" if in_summary else "title"
            phrases.setdefault(words.casefold(), Phrase(words=words, field=field))
    return tuple(phrases.values())


def _joined(spans: Iterable[tuple[bool, int, int]]) -> list[tuple[bool, int, int]]:
    joined: list[tuple[bool, int, int]] = []
    for in_summary, start, end in sorted(spans):
        if joined and joined[-1][0] == in_summary and start < joined[-1][2]:
            joined[-1] = (in_summary, joined[-1][1], max(end, joined[-1][2]))
        else:
            joined.append((in_summary, start, end))
    return joined


def corrections(history: Sequence[Revision], zone: ZoneInfo) -> tuple[Correction, ...]:
    """What changed from each text of an item to the next, newest change first.

    A field that was only filled in is not a correction. `zone` says on which day each happened.
    """
    found: list[Correction] = []
    for old, new in reversed(list(pairwise(history))):
        day = new.at.astimezone(zone).date()
        if old.text.title != new.text.title:
            segments = compare(old.text.title, new.text.title)
            found.append(Correction("title", day, segments))
        if old.text.summary not in ("", new.text.summary):
            segments = compare(old.text.summary, new.text.summary)
            found.append(Correction("summary", day, segments))
        if old.text.date not in (None, new.text.date):
            found.append(Correction("date", day, old_date=old.text.date, new_date=new.text.date))
    return tuple(found)


def compare(old: str, new: str) -> tuple[Segment, ...]:
    """How one text became the other, word by word, with a few unchanged words around changes."""
    was, now = old.split(), new.split()
    if max(len(was), len(now)) > DIFF_WORDS:
        return (Segment("old", old), Segment("new", new))
    segments: list[Segment] = []
    operations = SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    for number, (kind, was_from, was_to, now_from, now_to) in enumerate(operations):
        if kind == "equal":
            words = now[now_from:now_to]
            ends = (number == 0, number == len(operations) - 1)
            segments += _surroundings(words, first=ends[0], last=ends[1])
            continue
        if was_to > was_from:
            segments.append(Segment("old", " ".join(was[was_from:was_to])))
        if now_to > now_from:
            segments.append(Segment("new", " ".join(now[now_from:now_to])))
    return tuple(segments)


def _surroundings(words: list[str], *, first: bool, last: bool) -> list[Segment]:
    """Unchanged words before, between or after changes, the far ones left out."""
    before = [] if first else words[:CONTEXT_WORDS]
    after = [] if last else words[-CONTEXT_WORDS:]
    if len(before) + len(after) >= len(words):
        return [Segment("same", " ".join(words))]
    parts = [Segment("same", " ".join(before)), Segment("gap"), Segment("same", " ".join(after))]
    return [part for part in parts if part.text or part.kind == "gap"]


def rule_words(rule: Rule) -> RuleWords:
    """A rule as readers may see it: the terms as they were written, without their signs."""
    return RuleWords(
        any=tuple(map(_term_words, rule.any)),
        all=tuple(map(_term_words, rule.all)),
        none=tuple(map(_term_words, rule.none)),
        after=rule.after,
        before=rule.before,
    )


def _term_words(term: Term) -> TermWords:
    words = term.source.strip()
    if term.field:
        words = words.removeprefix(f"{term.field}:").strip()
    if term.exact:
        words = words.removeprefix("=").strip()
    if term.prefix and not term.near:
        words = words.removesuffix("*").strip()
    if term.near:
        words = " … ".join(side.strip(" =*") for side in re.split(r"\s~\s*\d+\s", words))
    prefix = term.prefix and not term.near
    return TermWords(words=words, field=term.field, prefix=prefix, exact=term.exact)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a headline or a line, ending at a word where there is one."""
    if len(text) <= limit:
        return text
    head = text[:limit]  # the ellipsis takes the place of the space, or of the last character
    space = head.rfind(" ")
    head = head[: space if space > limit // 2 else limit - 1]
    return head.rstrip(_HANGING) + ELLIPSIS


def excerpt(text: str, limit: int) -> str:
    """About `limit` characters of running text: whole sentences if they fill half, else words.

    A no-break space stands before the ellipsis, so that it never begins a line.
    """
    if len(text) <= limit:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, limit)]
    if ends and ends[-1] >= limit // 2:
        return f"{text[: ends[-1]]}\N{NO-BREAK SPACE}{ELLIPSIS}"
    return cut(text, limit).removesuffix(ELLIPSIS) + "\N{NO-BREAK SPACE}" + ELLIPSIS
