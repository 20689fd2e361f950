"""How like each other two texts are: titles, summaries, and all titles of a file at once.

All texts are normalised. Comparing letter by letter is quadratic, so it has a limit wherever other
people's texts come in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from difflib import SequenceMatcher

from tidings.core.identity import normalise
from tidings.model import Item

ALIKE = 0.8
# Nobody corrects a typo in a title of this length.
LONGEST_COMPARED = 5_000
# Longer summaries are compared word by word; still longer ones only at their ends.
LONGEST_BY_LETTER = 1_000
MOST_WORDS = 2_000
_HOW_A_TEASER_ENDS = " .…[]()!?,;:-"


def alike(old: str, new: str) -> bool:
    """Whether the ratio of matching letters of two texts is at least `ALIKE`."""
    if not old or not new or max(len(old), len(new)) > LONGEST_COMPARED:
        return False
    return _ratio_of(old, new)


def _ratio_of(old: Sequence[str], new: Sequence[str]) -> bool:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return (
        matcher.real_quick_ratio() >= ALIKE
        and matcher.quick_ratio() >= ALIKE
        and matcher.ratio() >= ALIKE
    )


def summaries_alike(old: str, new: str) -> bool:
    """Whether two summaries may be of one piece of news: one is empty or within the other, or at
    least `ALIKE` of them is the same."""
    if not old or not new or within(old, new) or within(new, old):
        return True
    length = len(old) + len(new)
    if 2 * min(len(old), len(new)) < ALIKE * length:
        return False
    start = _shared_start(old, new)
    end = _shared_start(old[start:][::-1], new[start:][::-1])
    if 2 * (start + end) >= ALIKE * length:
        return True
    if max(len(old), len(new)) <= LONGEST_BY_LETTER:
        return _ratio_of(old, new)
    words = old.split(), new.split()
    return max(map(len, words)) <= MOST_WORDS and _ratio_of(*words)


def within(part: str, whole: str) -> bool:
    """Whether a text contains another: all of it, but for how that ends. A teaser ends on dots."""
    return part.rstrip(_HOW_A_TEASER_ENDS) in whole


def _shared_start(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    low, high = 0, shorter
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


# --- All titles of a file -------------------------------------------------------------------------

# Of so many titles it is found out what all of them gained: it is the same of each.
_SAMPLED = 20
_LONGEST_PART = 100


class Retitled:
    """What all titles of a file have gained or lost at their ends, from one reading to the next,
    such as the name of the office behind each.

    A file of one entry has gained whatever its title has.
    """

    def __init__(self, before: Sequence[str], now: Sequence[str]) -> None:
        self._old, self._new = _Ends.of(before), _Ends.of(now)
        self._many = min(len(before), len(now)) > 1
        self._gained = self._new.lost_in(now, set(before)) if self._many else None
        self._lost = self._old.lost_in(before, set(now)) if self._many else None

    def shared(self, title: str, *, new: bool) -> tuple[str, ...]:
        """What two titles have in common that differ in nothing but that part; none if no part
        was gained or lost by a file of several entries."""
        found = []
        for part, here in ((self._gained, new), (self._lost, not new)):
            if part is not None:
                start, end = part
                found.append(title[start : len(title) - end] if here else title)
        return tuple(found)

    def differs_by_it(self, old: str, new: str) -> bool:
        """Whether a title is another one with a part that all titles gained, lost or exchanged."""
        if self._new.makes(new, old) or self._old.makes(old, new):
            return True
        if not self._many:
            return False
        shared = {*self.shared(old, new=False)} & {*self.shared(new, new=True)}
        return bool(shared) or self._exchanged(old, new)

    def _exchanged(self, old: str, new: str) -> bool:
        """Whether one such part has come in the place of another, and most of a title stayed."""
        most = min(len(old), len(new)) / 2
        start, end = _shared_start(old, new), _shared_start(old[::-1], new[::-1])
        behind = self._old.ends(old[start:]) and self._new.ends(new[start:])
        rest_of_old, rest_of_new = old[: len(old) - end], new[: len(new) - end]
        before = self._old.begins(rest_of_old) and self._new.begins(rest_of_new)
        return (start >= most and behind) or (end >= most and before)


class _Ends:
    """What all titles of one reading begin and end with."""

    def __init__(self, start: str, end: str) -> None:
        self._start, self._end = start, end

    @classmethod
    def of(cls, titles: Sequence[str]) -> _Ends:
        turned = [title[::-1] for title in titles]
        first, last = min(titles, default=""), max(titles, default="")
        one, other = min(turned, default=""), max(turned, default="")
        start, end = _shared_start(first, last), _shared_start(one, other)
        return cls(first[:start], one[:end][::-1])

    def makes(self, title: str, of: str) -> bool:
        """Whether a title is another one with a part that all titles of this reading have."""
        behind = title.startswith(of) and self.ends(title[len(of) :])
        return behind or (title.endswith(of) and self.begins(title[: len(title) - len(of)]))

    def begins(self, part: str) -> bool:
        """Whether a title of this reading that begins so begins like all of them."""
        return self._start.startswith(part)

    def ends(self, part: str) -> bool:
        """The same of their ends."""
        return self._end.endswith(part)

    def lost_in(self, titles: Sequence[str], others: Set[str]) -> tuple[int, int] | None:
        """How much of both ends has to be cut from most of these titles to make them titles of
        the `others`; None if nothing does."""
        found = Counter(
            (start, end)
            for title in [each for each in titles if each not in others][:_SAMPLED]
            for start in range(min(len(self._start), _LONGEST_PART) + 1)
            for end in range(min(len(self._end), _LONGEST_PART) + 1)
            if start + end and title[start : len(title) - end] in others
        )
        best = max(found.items(), key=lambda each: (each[1], -sum(each[0])), default=None)
        return best[0] if best else None


# --- Suggestions ----------------------------------------------------------------------------------

TITLE_END_LENGTH = 10
NEARLY_SAME_TITLE = "much the same title on the same day"
# A day with more than this brings series, not spellings.
MOST_ON_ONE_DAY = 50

_NUMBERS = re.compile(r"\d+")


def title_ends(items: Iterable[Item]) -> Set[str]:
    """The first and last `TITLE_END_LENGTH` characters of the titles of dated items.

    A title that is at least `ALIKE` to another by one change begins or ends like it, so only those
    need be compared letter by letter.
    """
    titles = [normalise(item.title) for item in items if item.date]
    return {
        end for title in titles for end in (title[:TITLE_END_LENGTH], title[-TITLE_END_LENGTH:])
    }


def near_duplicates(
    items: Iterable[Item], others: Sequence[tuple[str, str, date]], here: Set[str]
) -> Mapping[str, str]:
    """Find for new items, by id, one of `others` with nearly the same title on the same day.

    `others` are id, normalised title and day; items `here`, of the same reading, are left out.
    Titles with other numbers are different.
    """
    found: dict[str, str] = {}
    by_day: dict[date, list[tuple[str, str]]] = {}
    for item_id, title, day in others:
        if item_id not in here:
            by_day.setdefault(day, []).append((item_id, title))
    for item in items:
        rivals = by_day.get(item.date, []) if item.date else []
        title = normalise(item.title)
        for item_id, other in rivals if len(rivals) <= MOST_ON_ONE_DAY else ():
            same_numbers = _NUMBERS.findall(title) == _NUMBERS.findall(other)
            if title != other and same_numbers and alike(title, other):
                found[item.id] = item_id
                break
    return found
