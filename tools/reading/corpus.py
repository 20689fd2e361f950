"""Labelled listings: folders of `NAME.txt`, each with its labels in `NAME.expected.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

SET_ASIDE = 15


@dataclass(frozen=True)
class Label:
    """One entry as it should be read."""

    published: date | None
    title: str
    summary: str


@dataclass(frozen=True)
class Sample:
    """A listing with its labels. `site` is what folds keep together."""

    name: str
    site: str
    text: str
    labels: tuple[Label, ...]


def load(folders: Iterable[Path]) -> list[Sample]:
    """All listings of these folders, by name."""
    found = [_sample(path) for folder in folders for path in sorted(folder.glob("*.expected.json"))]
    return sorted(found, key=lambda sample: sample.name)


def _sample(path: Path) -> Sample:
    name = path.name.removesuffix(".expected.json")
    text = path.with_name(f"{name}.txt").read_text(encoding="utf-8")
    labels = tuple(
        Label(
            date.fromisoformat(each["published"]) if each["published"] else None,
            each["title"],
            each["summary"] or "",
        )
        for each in json.loads(path.read_text(encoding="utf-8"))
    )
    return Sample(name, _site(name, path.parent.name), text, labels)


def _site(name: str, folder: str) -> str:
    """The site of a file: in `iom` all are of one, elsewhere the first word of the name tells."""
    if folder == "iom":
        return folder
    words = name.split("-")[1:]
    return "-".join(words[:2])


def set_aside(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """The listings to develop on, and the ones that nobody looks at before the end: those with the
    lowest hash of the name."""

    def rank(sample: Sample) -> str:
        return hashlib.sha256(f"{sample.name}.txt".encode()).hexdigest()

    aside = {sample.name for sample in sorted(samples, key=rank)[:SET_ASIDE]}
    return (
        [sample for sample in samples if sample.name not in aside],
        [sample for sample in samples if sample.name in aside],
    )


class HasSite(Protocol):
    """A listing of a site."""

    name: str
    site: str


def folds(samples: Sequence[HasSite], count: int, seed: int) -> list[set[str]]:
    """The names of each fold; the files of one site are in one fold."""
    sites: dict[str, list[str]] = {}
    for sample in samples:
        sites.setdefault(sample.site, []).append(sample.name)

    def rank(site: str) -> str:
        return hashlib.sha256(f"{seed}/{site}".encode()).hexdigest()

    parts: list[set[str]] = [set() for _ in range(count)]
    for site in sorted(sites, key=rank):
        min(parts, key=len).update(sites[site])
    return parts
