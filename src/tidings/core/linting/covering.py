"""When one term finds all that another finds, whatever the text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tidings.core.topics.terms import Groups, Side, Words, sides, spellings
from tidings.core.topics.text import words_of
from tidings.model import Term


def covered(
    wide: Sequence[Term], narrow: Sequence[Term], groups: Groups
) -> Iterator[tuple[int, int]]:
    """The indices of each wide term and each narrow one that it covers. Nearly linear."""
    starts: dict[str, list[int]] = defaultdict(list)
    openings: dict[str, list[int]] = defaultdict(list)
    for index, term in enumerate(wide):
        for side in sides(term):
            for words in _spelt(side, groups):
                by_start = openings if side.prefix and len(words) == 1 else starts
                by_start[words[0]].append(index)
    lengths = {len(opening) for opening in openings}
    for index, term in enumerate(narrow):
        asked = {word for side in sides(term) for word in _spelt(side, groups)[0]}
        near = {other for word in asked for other in starts.get(word, ())}
        beginnings = {word[:length] for word in asked for length in lengths}
        near.update(other for opening in beginnings for other in openings.get(opening, ()))
        for other in sorted(near):
            if covers(wide[other], term, groups):
                yield other, index


def covers(wide: Term, narrow: Term, groups: Groups) -> bool:
    """True if every text in which `narrow` is found holds `wide` as well.

    May say False of terms of which it is true all the same, never True of terms of which it is not.
    """
    if wide.field is not None and wide.field != narrow.field:
        return False
    if wide.near is None:
        (side,) = sides(wide)
        return any(_finds(side, other, groups) for other in sides(narrow))
    if narrow.near is None or wide.near.within < narrow.near.within:
        return False
    return sorted(sides(wide)) == sorted(sides(narrow))


def _finds(wide: Side, narrow: Side, groups: Groups) -> bool:
    """True if some spelling of `wide` stands within each spelling of `narrow`."""
    if wide.exact:
        length = len(wide.words)
        starts = range(len(narrow.words) - length + 1)
        return narrow.exact and any(
            narrow.words[start : start + length] == wide.words for start in starts
        )
    written = _spelt(wide, groups)
    return all(
        any(_within(words, other, wide.prefix, narrow.prefix) for words in written)
        for other in _spelt(narrow, groups)
    )


def _spelt(side: Side, groups: Groups) -> tuple[Words, ...]:
    """The spellings of a side in folded form, of which an exact one has only one."""
    if side.exact:
        return (tuple(word.key for form in side.words for word in words_of(form)),)
    return spellings(side.words, groups, prefix=side.prefix)


def _within(words: Words, other: Words, goes_on: bool, other_goes_on: bool) -> bool:
    """True if `words` stand in a row in `other`; the last of either may be a mere beginning."""
    for start in range(len(other) - len(words) + 1):
        end = start + len(words)
        last = other[end - 1]
        if other[start : end - 1] != words[:-1]:
            continue
        is_beginning = other_goes_on and end == len(other)
        if not goes_on:
            same = last == words[-1] and not is_beginning
        else:
            same = (last if is_beginning else _stem(last)).startswith(words[-1])
        if same:
            return True
    return False


def _stem(key: str) -> str:
    """What all forms of a word begin with: policy and policies, woman and women, crisis, crises."""
    if key.endswith(("man", "is")):
        return key[:-2]
    return key[:-1] if key.endswith("y") else key
