"""How right the answers of a reader are, and the figures that are asked for."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType

from tools.reading.asking import Answer, Answers, Question
from tools.reading.corpus import Sample

ALIKE = 0.95  # of two summaries, by their signs
_DIRECTIONS = str.maketrans("", "", "\u200e\u200f\u061c")

Key = tuple[str | None, str]


@dataclass(frozen=True)
class Score:
    """Of one listing: its labels, the entries that were read, and how many of these are right by
    title and day; with a summary that is the label's; with one that is alike."""

    labels: int
    read: int
    right: int
    same: int
    alike: int
    confidence: float


@dataclass(frozen=True)
class Scores:
    """Of all listings, one way of reading them."""

    each: Sequence[Score]

    @property
    def precision(self) -> float:
        """The share of what was read that is right."""
        return self._sum("right") / self._sum("read") if self._sum("read") else 1.0

    @property
    def recall(self) -> float:
        """The share of the labels that were read."""
        return self._sum("right") / (self._sum("labels") or 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self._sum("right") / ((self._sum("read") + self._sum("labels")) or 1)

    @property
    def published(self) -> int:
        """Of how many listings anything was read."""
        return sum(one.read > 0 for one in self.each)

    @property
    def wrong(self) -> int:
        """How many listings have a wrong entry."""
        return sum(one.right < one.read for one in self.each)

    def share(self, name: str) -> float:
        """The share of labels whose title, day and summary were read: `same` or `alike`."""
        return self._sum(name) / (self._sum("labels") or 1)

    def _sum(self, name: str) -> int:
        return sum(int(getattr(one, name)) for one in self.each)


def question(sample: Sample) -> Question:
    """What is asked of a reader about a labelled listing."""
    if not sample.labels:
        return Question(sample.name, sample.text, "", None, "", 0)
    first, last = sample.labels[0], sample.labels[-1]
    day = first.published.isoformat() if first.published else None
    return Question(sample.name, sample.text, first.title, day, last.title, len(sample.labels))


def scored(sample: Sample, answer: Answer) -> Score:
    """An answer against the labels."""
    left: dict[Key, list[str]] = {}
    for day, title, summary in answer.entries:
        left.setdefault((day, _even(title)), []).append(_even(summary))
    right = same = alike = 0
    for label in sample.labels:
        day = label.published.isoformat() if label.published else None
        found = left.get((day, _even(label.title)), [])
        if not found:
            continue
        wanted = _even(label.summary)
        best = next((each for each in found if each == wanted), None)
        best = best if best is not None else next((e for e in found if _alike(e, wanted)), None)
        found.remove(found[0] if best is None else best)
        right += 1
        same += best == wanted
        alike += best is not None
    read = len(answer.entries)
    return Score(len(sample.labels), read, right, same, alike, answer.confidence)


def differences(sample: Sample, answer: Answer) -> tuple[list[Key], list[Key]]:
    """The wrong entries, and the labels that were missed: day and title of each."""
    read = Counter((day, _even(title)) for day, title, _ in answer.entries)
    wanted = Counter(
        (label.published.isoformat() if label.published else None, _even(label.title))
        for label in sample.labels
    )
    return list((read - wanted).elements()), list((wanted - read).elements())


def _even(text: str) -> str:
    """White space, the composition of letters and marks of direction do not count."""
    bare = text.translate(_DIRECTIONS)
    return " ".join(unicodedata.normalize("NFC", bare).split())


def _alike(ours: str, theirs: str) -> bool:
    both = SequenceMatcher(None, ours, theirs, autojunk=False)
    return (
        both.real_quick_ratio() >= ALIKE and both.quick_ratio() >= ALIKE and both.ratio() >= ALIKE
    )


@dataclass(frozen=True)
class Figure:
    """One figure that is asked for: at least so much is wanted, or at most."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether it is as good as it is wanted."""
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )


_LEAST: Mapping[str, float] = MappingProxyType(
    {
        "everything published, F1": 0.93,
        "by the rule, P": 0.98,
        "by the rule, F1": 0.87,
        "one entry taught, P": 0.97,
        "one entry taught, F1": 0.95,
        "title, day and summary alike": 0.85,
    }
)
_MOST: Mapping[str, float] = MappingProxyType({"by the rule, files with a wrong entry": 1})


def figures(samples: Sequence[Sample], told: Sequence[Answers]) -> list[Figure]:
    """The figures of a reader that has read these listings."""
    by_name = {each.name: each for each in told}
    found = [(sample, by_name[sample.name]) for sample in samples]
    everything = Scores([scored(sample, each.all) for sample, each in found])
    sure = Scores([scored(sample, each.sure) for sample, each in found])
    rows: list[tuple[str, float]] = [
        ("everything published, P", everything.precision),
        ("everything published, R", everything.recall),
        ("everything published, F1", everything.f1),
        ("title, day and summary alike", everything.share("alike")),
        ("title, day and summary the same", everything.share("same")),
        ("by the rule, P", sure.precision),
        ("by the rule, F1", sure.f1),
        ("by the rule, files published", sure.published),
        ("by the rule, files with a wrong entry", sure.wrong),
    ]
    for name, answers in (
        ("one entry taught", [(sample, each.taught) for sample, each in found]),
        ("all entries confirmed", [(sample, each.confirmed) for sample, each in found]),
    ):
        scores = Scores([scored(sample, answer) for sample, answer in answers if answer])
        if scores.each:
            rows += [
                (f"{name}, P", scores.precision),
                (f"{name}, F1", scores.f1),
                (f"{name}, files published", scores.published),
                (f"{name}, files with a wrong entry", scores.wrong),
            ]
    return [Figure(name, value, _LEAST.get(name), _MOST.get(name)) for name, value in rows]


def mean(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The mean of each figure over several runs."""
    return [
        Figure(one[0].name, sum(each.value for each in one) / len(one), one[0].least, one[0].most)
        for one in zip(*runs, strict=True)
    ]
