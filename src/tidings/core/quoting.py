"""Words shown where they stand: a stretch of a text around them, and which of it is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tidings.core.wording import ELLIPSIS
from tidings.model import Evidence, Field, Text

AROUND = 28


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

    def plain(self, opening: str = "[", closing: str = "]") -> str:
        """The stretch as a line, with marks around what is meant."""
        return "".join(
            f"{opening}{piece.text}{closing}" if piece.marked else piece.text
            for piece in self.fragments
        )


def quotes(text: Text, evidence: Iterable[Evidence], around: int = AROUND) -> tuple[Quote, ...]:
    """Where the evidence stands in the text, with about `around` characters on either side.

    Pieces in one field make one quote, with what lies far between them left out.
    """
    spans: dict[Field, set[tuple[int, int]]] = {}
    for piece in evidence:
        spans.setdefault(piece.field, set()).add((piece.start, piece.end))
    return tuple(
        Quote(field, tuple(_fragments(_words(text, field), _merged(sorted(found)), around)))
        for field, found in sorted(spans.items(), key=lambda each: each[0] != "title")
    )


def marked(text: Text, field: Field, evidence: Iterable[Evidence]) -> tuple[Fragment, ...]:
    """All of a field, with the evidence in it marked; pieces beyond its end are left out."""
    whole, at = _words(text, field), 0
    pieces: list[Fragment] = []
    spans = sorted({(each.start, each.end) for each in evidence if each.field == field})
    for start, end in _merged([span for span in spans if span[1] <= len(whole)]):
        pieces += [*_between(whole[at:start]), Fragment(whole[start:end], marked=True)]
        at = end
    return (*pieces, *_between(whole[at:]))


def _words(text: Text, field: Field) -> str:
    return text.title if field == "title" else text.summary


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans without those that overlap another."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
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
