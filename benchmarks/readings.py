"""Measure readings: folders of listings `NAME.txt`, each with its labels in `NAME.expected.json`.

    python benchmarks/readings.py FOLDER... [--files] [--missed NAME] [--subset NAME,NAME]
        [--half first|second] [--against PATH_TO_SRC]

Prints for each folder and for all how many files are published and held, how many entries of them
are right and wrong, and which share of the published and of the labelled entries is right. With
`--files` also a line per file. A label is `{published, title, summary}`; an entry counts as right
when title and date are both exactly so, white space aside. The entries of held files count as
missing.

`--against` has the same files read by another tree of sources and prints its figures above.
`--half` takes the sites of one half only, so that a constant can be chosen on one and reported on
the other: a site is what stands in a name between its number and its second hyphen, and the hash
of that decides. Ends with 1 when there is nothing to measure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
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


def main() -> int:
    """Read the arguments, score the folders, print the table. Returns the exit code."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    arguments.add_argument("--files", action="store_true", help="show a line per file")
    arguments.add_argument("--subset", default="", help="names or beginnings of names, by commas")
    arguments.add_argument("--half", choices=("first", "second"), help="of the sites, by hash")
    arguments.add_argument("--missed", default="", help="show what was missed in this file")
    arguments.add_argument("--against", type=Path, help="a folder that holds another tidings/")
    given = arguments.parse_args()
    if given.against and not (given.against / "tidings" / "core" / "listings").is_dir():
        print(f"{given.against} holds no tidings/core/listings", file=sys.stderr)
        return 1
    beginnings = tuple(filter(None, given.subset.split(",")))
    files = [
        [file for file in sorted(folder.glob("*.expected.json")) if _asked(file, given.half)]
        for folder in given.folders
    ]
    if not any(files):
        print("no labelled listing here: NAME.txt with NAME.expected.json", file=sys.stderr)
        return 1
    if given.against:
        print(f"read by {given.against}:")
        sys.stdout.flush()
        again = _without(sys.argv[1:], "--against")
        where = {**os.environ, "PYTHONPATH": str(given.against.resolve())}
        ended = subprocess.run([sys.executable, __file__, *again], env=where, check=False)
        if ended.returncode:
            return ended.returncode
        print("read by this tree:")
    everything: list[Score] = []
    for folder, inside in zip(given.folders, files, strict=True):
        scores = [scored(file) for file in inside]
        if given.files or given.missed or beginnings:
            _tell(scores, beginnings, given.missed)
        _sum_up(folder.name, scores)
        everything += scores
    _sum_up("all", everything)
    if beginnings:
        _sum_up("subset", [score for score in everything if score.name.startswith(beginnings)])
        _sum_up("rest", [score for score in everything if not score.name.startswith(beginnings)])
    return 0


def _without(words: Sequence[str], option: str) -> list[str]:
    """The words of a command line without this option and its value."""
    kept = list(words)
    for at, word in enumerate(words):
        if word == option:
            del kept[at : at + 2]
        elif word.startswith(f"{option}="):
            del kept[at]
    return kept


def _asked(file: Path, half: str | None) -> bool:
    """True if the file's site is in the half that is asked for."""
    if half is None:
        return True
    site = "-".join(re.sub(r"^\d+-", "", file.name.partition(".")[0]).split("-")[:2])
    number = int(hashlib.sha256(site.encode()).hexdigest(), 16)
    return number % 2 == (half == "second")


def _tell(scores: Sequence[Score], beginnings: tuple[str, ...], missed: str) -> None:
    for score in scores:
        inside = "*" if beginnings and score.name.startswith(beginnings) else " "
        print(
            f"{inside} {score.name:<34} F1 {score.f1:.3f}  right {score.right:>3}/{score.labels:<3}"
            f" read {score.read:>3}  summaries {score.summaries:>3}  wrong dates"
            f" {score.wrong_dates:>2}  {score.layout} {score.confidence:.2f}"
            f"{'  HELD' if score.quarantined else ''}"
        )
        if missed and score.name.startswith(missed):
            print(*(f"    missed   {key}" for key in score.missed), sep="\n")
            print(*(f"    invented {key}" for key in score.invented), sep="\n")


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
    held = sum(score.quarantined for score in scores)
    print(
        f"{name:>10}: {len(scores) - held:>2} of {len(scores):>2} files published, {held:>2} held;"
        f" of {read:>4} entries {right:>4} right, {read - right:>3} wrong"
        f" ({right / max(1, read):.1%}); of {labels:>4} labels {right / max(1, labels):.1%} read;"
        f" F1 {f1(labels, read, right):.3f}, summaries {summaries / max(1, labels):.3f},"
        f" wrong dates {sum(score.wrong_dates for score in scores)}"
    )


if __name__ == "__main__":
    sys.exit(main())
