"""Measure readings: a folder of listings `NAME.txt`, each with its labels in `NAME.expected.json`.

    python benchmarks/readings.py FOLDER [--subset NAME,NAME] [--missed]

Prints a line per file, then the figures over all files, over the named subset and over the rest.
A label is `{published, title, summary}`; an entry counts when title and date are both exactly
right, white space aside. Quarantined entries count as missing.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tidings.core.listings import Reading, parse

Key = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Score:
    """What one reading got right. `wrong_dates` are read entries whose title is labelled with
    another date (or whose label has none)."""

    name: str
    labels: int
    read: int
    right: int
    summaries: int
    wrong_dates: int
    quarantined: bool
    layout: str
    confidence: float
    missed: tuple[Key, ...] = field(default=())
    invented: tuple[Key, ...] = field(default=())

    @property
    def f1(self) -> float:
        """Of entries: 1 when all labels and nothing else were read."""
        return f1(self.labels, self.read, self.right)


def f1(labels: int, read: int, right: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * right / (labels + read) if labels + read else 1.0


def main() -> None:
    """Read the arguments, score the folder, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--subset", default="", help="names or beginnings of names, by commas")
    arguments.add_argument("--missed", default="", help="show what was missed in this file")
    given = arguments.parse_args()
    scores = [scored(file) for file in sorted(given.folder.glob("*.expected.json"))]
    beginnings = tuple(filter(None, given.subset.split(",")))
    for score in scores:
        inside = "*" if beginnings and score.name.startswith(beginnings) else " "
        print(
            f"{inside} {score.name:<34} F1 {score.f1:.3f}  right {score.right:>3}/{score.labels:<3}"
            f" read {score.read:>3}  summaries {score.summaries:>3}  wrong dates"
            f" {score.wrong_dates:>2}  {score.layout} {score.confidence:.2f}"
            f"{'  QUARANTINED' if score.quarantined else ''}"
        )
        if given.missed and score.name.startswith(given.missed):
            print(*(f"    missed   {key}" for key in score.missed), sep="\n")
            print(*(f"    invented {key}" for key in score.invented), sep="\n")
    _sum_up("all", scores)
    if beginnings:
        _sum_up("subset", [score for score in scores if score.name.startswith(beginnings)])
        _sum_up("rest", [score for score in scores if not score.name.startswith(beginnings)])


def scored(labels_file: Path) -> Score:
    """The score of the listing that these labels belong to."""
    name = labels_file.name.removesuffix(".expected.json")
    labels = _entries(json.loads(labels_file.read_text(encoding="utf-8")))
    text = labels_file.with_name(f"{name}.txt").read_bytes().decode("utf-8-sig")
    reading = parse(text, f"{name}.txt")
    return compared(name, labels, reading)


def compared(name: str, labels: Sequence[tuple[Key, str]], reading: Reading) -> Score:
    """The labels against a reading."""
    read = _entries(
        {
            "published": item.text.date.isoformat() if item.text.date else None,
            "title": item.text.title,
            "summary": item.text.summary,
        }
        for item in reading.listings
    )
    wanted, found = Counter(key for key, _ in labels), Counter(key for key, _ in read)
    exact = Counter(labels) & Counter(read)
    days: dict[str, set[str | None]] = {}
    for (day, title), _ in labels:
        days.setdefault(title, set()).add(day)
    return Score(
        name=name,
        labels=len(labels),
        read=len(read),
        right=(wanted & found).total(),
        summaries=exact.total(),
        wrong_dates=sum(day not in days.get(title, {day}) for (day, title), _ in read if day),
        quarantined=not reading.listings,
        layout=reading.layout,
        confidence=reading.confidence,
        missed=tuple((wanted - found).elements()),
        invented=tuple((found - wanted).elements()),
    )


def _entries(labels: Iterable[dict[str, str | None]]) -> list[tuple[Key, str]]:
    return [
        ((label["published"], _even(label["title"])), _even(label["summary"])) for label in labels
    ]


def _even(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFC", text or "").split())


def _sum_up(name: str, scores: Sequence[Score]) -> None:
    labels = sum(score.labels for score in scores)
    read = sum(score.read for score in scores)
    right = sum(score.right for score in scores)
    summaries = sum(score.summaries for score in scores)
    print(
        f"{name:>8}: {len(scores)} files, {labels} labels, F1 {f1(labels, read, right):.3f},"
        f" summaries exact {summaries / max(1, labels):.3f},"
        f" wrong dates {sum(score.wrong_dates for score in scores)} of {read} read,"
        f" quarantined {sum(score.quarantined for score in scores)} files"
    )


if __name__ == "__main__":
    main()
