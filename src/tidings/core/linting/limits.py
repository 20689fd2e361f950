"""Conditions that name what is not there: files that no source brings, items that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from tidings.core.linting.remarks import TOPICS, warning
from tidings.core.settings import Fault, suggestion
from tidings.model import Item, Topic


def strays(topics: Sequence[Topic], items: Sequence[Item], paths: Sequence[str]) -> Iterator[Fault]:
    """Globs under `source` that name no file, and pins and bans of unknown items."""
    known = {name for item in items for name in (item.id, item.slug)}
    slugs = sorted(item.slug for item in items)
    for topic in topics:
        for index, glob in enumerate(topic.rule.sources):
            if not any(fnmatchcase(path, glob) for path in paths):
                yield warning(
                    TOPICS,
                    ("topics", topic.slug, "source", index),
                    f"no seed file is named {glob}",
                    suggestion(glob, paths) or "write it as in sources: seeds/NAME.txt",
                )
        for clause, names in (("pin", topic.rule.pin), ("ban", topic.rule.ban)):
            for index, name in enumerate(names):
                if name not in known:
                    yield warning(
                        TOPICS,
                        ("topics", topic.slug, clause, index),
                        f"no item {name} is known",
                        suggestion(name, slugs) if "-" in name and len(slugs) > 12 else "",
                    )
