"""How seed files are found, read and recorded, as their sources are configured.

An adapter is imported when it is first asked for, as in the wiring, which is built on this.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidings.adapters.seedbox import SeedBox
    from tidings.application.record import Recording
    from tidings.core.listings import Reading
    from tidings.core.settings import Settings


def seeds(root: Path, settings: Settings) -> SeedBox:
    """The seed folder of the instance at `root`."""
    from tidings.adapters.seedbox import SeedBox

    return SeedBox(
        root,
        [source.path for source in settings.sources],
        file_limit=settings.limits.file,
        line_limit=settings.limits.line,
        encodings={source.path: source.encoding for source in settings.sources if source.encoding},
    )


def recording(settings: Settings, seeds: SeedBox) -> Recording:
    """How files are read and recorded, each by the settings of its source."""
    from tidings.application.record import Recording
    from tidings.core.listings import Hints, parse

    by_source = tuple(
        (
            source.path,
            Hints(
                date_order=source.date_order.lower() if source.date_order else None,
                language=source.language,
                category=source.category,
                layout=source.layout,
                languages=source.languages,
                threshold=source.threshold,
            ),
        )
        for source in settings.sources
    )
    otherwise = Hints()

    def hints(path: str) -> Hints:
        return next((how for glob, how in by_source if fnmatchcase(path, glob)), otherwise)

    def read(text: str, path: str) -> Reading:
        reading = parse(text, path, hints=hints(path))
        remark = seeds.remark(path)
        return replace(reading, problems=(remark, *reading.problems)) if remark else reading

    @cache
    def mark(how: Hints, encoding: str | None) -> str:
        return hashlib.sha256(f"{how!r} {encoding}".encode()).hexdigest()[:16]

    def takes_back(path: str) -> str:
        source = next((each for each in settings.sources if fnmatchcase(path, each.path)), None)
        return source.path if source and source.removed == "retract" else ""

    return Recording(
        settings.site.id,
        settings.zone,
        read,
        settings=lambda path: mark(hints(path), seeds.encoding(path)),
        takes_back=takes_back,
        takers=tuple(each.path for each in settings.sources if each.removed == "retract"),
    )
