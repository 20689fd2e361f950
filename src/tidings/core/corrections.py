"""Describes how the text of an item has changed: on its page, and to those who had it by mail.

What is made here are pieces of text with their part in a sentence; templates write the sentence.
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

from tidings.model import Evidence, Field, Item, Revision, Rule, Term, Text

ELLIPSIS = "…"
HEADLINE = 300  # longer than any headline: a text that was taken for one is cut here

# A sentence ends on a word of three characters or more: not after "et al." and not inside "U.S.".
_SENTENCE_END = re.compile(r"[^\s.]{3}[.!?][\"'”’»)]*(?=\s)")
_HANGING = " ,;:.-–—(“‘«\"'"


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


AROUND = 28
FIELDS: tuple[Field, ...] = ("title", "summary")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text. `marked` if it is what is to be seen."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of one field of a text, with what is meant marked."""

    field: Field
    fragments: tuple[Fragment, ...]


def quotes(text: Text, evidence: Sequence[Evidence], around: int = AROUND) -> tuple[Quote, ...]:
    """Where the evidence stands in the text, with about `around` characters on either side.

    Pieces in one field make one quote, with what lies far between them left out.
    """
    return tuple(
        Quote(field, tuple(_fragments(_words(text, field), spans, around)))
        for field in FIELDS
        if (spans := _spans(evidence, field))
    )


def marked(text: Text, field: Field, evidence: Iterable[Evidence]) -> tuple[Fragment, ...]:
    """All of a field, with the evidence in it marked; pieces beyond its end are left out."""
    whole, at = _words(text, field), 0
    pieces: list[Fragment] = []
    for start, end in _spans((each for each in evidence if each.end <= len(whole)), field):
        pieces += [*_between(whole[at:start]), Fragment(whole[start:end], marked=True)]
        at = end
    return (*pieces, *_between(whole[at:]))


def _words(text: Text, field: Field) -> str:
    return text.title if field == "title" else text.summary


def _spans(evidence: Iterable[Evidence], field: Field) -> list[tuple[int, int]]:
    """Where the evidence stands in a field, in reading order; pieces that overlap are joined."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((each.start, each.end) for each in evidence if each.field == field):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _fragments(whole: str, spans: Sequence[tuple[int, int]], around: int) -> Iterable[Fragment]:
    at = _backwards(whole, spans[0][0], around)
    if at:
        yield Fragment(f"{ELLIPSIS} ")
    for number, (start, end) in enumerate(spans):
        yield from _between(whole[at:start])
        yield Fragment(whole[start:end], marked=True)
        at = end
        following = spans[number + 1][0] if number + 1 < len(spans) else None
        if following is not None and following - end > 2 * around:
            yield Fragment(f"{whole[end : _forwards(whole, end, around)]} {ELLIPSIS} ")
            at = _backwards(whole, following, around)
    last = _forwards(whole, at, around)
    yield from _between(whole[at:last])
    if last < len(whole):
        yield Fragment(f" {ELLIPSIS}")


def _between(text: str) -> Iterable[Fragment]:
    if text:
        yield Fragment(text)


def _backwards(whole: str, start: int, around: int) -> int:
    """About `around` characters before `start`, at the beginning of a word."""
    if start <= around:
        return 0
    space = whole.find(" ", start - around, start)
    return space + 1 if space >= 0 else start


def _forwards(whole: str, end: int, around: int) -> int:
    """About `around` characters after `end`, at the end of a word."""
    if len(whole) - end <= around:
        return len(whole)
    space = whole.rfind(" ", end, end + around)
    return space if space >= 0 else end


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of an item that are evidence for a topic, as they stand in that field; or those of a
    term of a rule, for readers: where they must stand, and how exactly."""

    words: str
    field: Field | None
    prefix: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule for readers: one of `any`, each of `all`, nothing of `none`, and of which time.

    A rule without words goes by where items come from, or is kept by hand.
    """

    any: tuple[Phrase, ...]
    all: tuple[Phrase, ...]
    none: tuple[Phrase, ...]
    after: date | None = None
    before: date | None = None


def because(item: Item, evidence: Sequence[Evidence]) -> tuple[Phrase, ...]:
    """The item's own words that put it in a topic: title first, in reading order, each once.

    Pieces that overlap are joined; evidence beyond the end of the text is left out.
    """
    phrases: dict[str, Phrase] = {}
    for field in FIELDS:
        for start, end in _spans(evidence, field):
            if words := _words(item.text, field)[start:end].strip():
                phrases.setdefault(words.casefold(), Phrase(words, field))
    return tuple(phrases.values())


def rule_words(rule: Rule) -> RuleWords:
    """A rule as readers may see it: the terms as they were written, without their signs."""
    some, every, none = (tuple(map(_term_words, s)) for s in (rule.any, rule.all, rule.none))
    return RuleWords(some, every, none, rule.after, rule.before)


def _term_words(term: Term) -> Phrase:
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
    return Phrase(words=words, field=term.field, prefix=prefix, exact=term.exact)


CONTEXT_WORDS = 6  # kept on either side of a correction
DIFF_WORDS = 600  # longer texts are shown old and new, whole: the comparison is quadratic


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a corrected text; a gap stands for unchanged words that are left out."""

    kind: Literal["same", "old", "new", "gap"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field that changed, on what `day` if that is told. A text has `segments`, how it changed
    with some words around each change; a date has `old_date` and `new_date`."""

    field: Literal["title", "summary", "date"]
    day: date | None
    segments: tuple[Segment, ...] = ()
    old_date: date | None = None
    new_date: date | None = None

    @property
    def was(self) -> str:
        """The old reading of a text on one line."""
        return _line(self.segments, without="new")

    @property
    def now(self) -> str:
        """The new reading of a text on one line."""
        return _line(self.segments, without="old")


def _line(segments: Iterable[Segment], *, without: str) -> str:
    return " ".join(s.text or ELLIPSIS for s in segments if s.kind != without)


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


CHANGED = 240  # characters of a stretch that a correction took out or put in
STRETCHES = 24  # of a rewording that are shown; what a text of many changes became is on its page


def rewordings(had: Text, now: Text) -> tuple[Correction, ...]:
    """How title and summary changed, in stretches that are no more and no longer than a reader
    needs to see what happened."""
    found = []
    for field in FIELDS:
        old, new = _words(had, field), _words(now, field)
        if old != new:
            every = tuple(Segment(s.kind, excerpt(s.text, CHANGED)) for s in compare(old, new))
            few = every if len(every) <= STRETCHES else (*every[:STRETCHES], Segment("gap"))
            found.append(Correction(field, None, few))
    return tuple(found)
