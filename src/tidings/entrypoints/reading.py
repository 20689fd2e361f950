"""How an instance finds its listings and reads them: each file by the settings of its source."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase, translate
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidings.adapters import inputs
from tidings.adapters.seeds import Formats, SeedFolder
from tidings.core import reader
from tidings.core.settings.values import is_bucket
from tidings.model import SeedText, any_case

if TYPE_CHECKING:
    from tidings.application.record import Recording
    from tidings.application.teaching import Teacher
    from tidings.core.listings import Reading
    from tidings.core.settings import Settings, Source
    from tidings.model import Example, Taught

# Of how many files it is kept by which settings they are read: each round asks for all of them.
REMEMBERED = 100_000


def seeds(root: Path, settings: Settings, environ: Mapping[str, str]) -> SeedFolder:
    """The seed folder of the instance at `root`, and the buckets that sources name.

    Raises `ConfigError` if a bucket's keys or library are wanting.
    """
    elsewhere = None
    if any(is_bucket(source.path) for source in settings.sources):
        from tidings.entrypoints.buckets import inbox

        elsewhere = inbox([source.path for source in settings.sources], environ)
    return SeedFolder(
        root,
        [source.pattern for source in settings.sources],
        file_limit=settings.limits.file,
        line_limit=settings.limits.line,
        encodings={each.pattern: each.encoding for each in settings.sources if each.encoding},
        formats=Formats(inputs.is_opened, inputs.opened),
        elsewhere=elsewhere,
    )


_Hints = tuple[Callable[[str], object], dict[str, Any]]


def _by_source(settings: Settings) -> tuple[_Hints, ...]:
    """For each source what tells its files, and what is known of how they are to be read."""
    return tuple(
        (
            re.compile(translate(any_case(source.pattern))).match,
            {
                "date_order": source.date_order.lower() if source.date_order else None,
                "language": source.language,
                "category": source.category,
                "layout": source.layout,
                "languages": source.languages,
                "threshold": source.threshold,
                "example": source.example.to_example() if source.example else None,
                "columns": source.columns.to_columns(),
                "zone": settings.zone,
                **({"address": source.url} if source.url else {}),
            },
        )
        for source in settings.sources
    )


def recording(settings: Settings, seeds: SeedFolder) -> Recording:
    """How files are read and recorded, each by the settings of its source."""
    from tidings.application.record import Recording

    by_source = _by_source(settings)

    def hints(path: str) -> dict[str, Any]:
        for named, given in by_source:
            if named(path):
                return given
        return {}

    def knowing(learnt: Mapping[str, Taught]) -> Callable[[str, str], Reading]:
        def read(text: str, path: str) -> Reading:
            # Here, since most runs find nothing new and read nothing.
            from tidings.core.listings import Hints, parse

            given = Hints(**hints(path), learnt=learnt.get(source_of(path)))
            return parse(text, path, hints=given)

        return read

    @cache
    def mark(given: str, encoding: str | None) -> str:
        # "noted": what was read before this was a problem is read once more, to be none.
        settings = f"Hints({given}) {encoding} noted" if encoding else f"Hints({given}) None"
        return reader.mark(hashlib.sha256(settings.encode()).hexdigest()[:16])

    @lru_cache(REMEMBERED)
    def marked(path: str) -> str:
        # Only what is set: a setting that a later version adds is no change of the source.
        named = {name: value for name, value in hints(path).items() if value not in (None, (), {})}
        if correcting_source(settings, path):
            named["newest"] = "corrects"
        given = ", ".join(f"{name}={value!r}" for name, value in named.items())
        return mark(given, seeds.encoding(path))

    def source_of(path: str) -> str:
        source = settings.source_of(path)
        return source.path if source else ""

    takers = tuple(each.path for each in settings.sources if each.removed == "retract")

    def takes_back(path: str) -> str:
        source = source_of(path)
        return source if source in takers else ""

    return Recording(
        settings.site.id,
        settings.zone,
        knowing({}),
        settings=marked,
        takes_back=takes_back,
        takers=takers,
        corrects=partial(correcting_source, settings),
        source=source_of,
        teachers=_teachers(settings, source_of),
        taught=knowing,
    )


def correcting_source(settings: Settings, path: str) -> str:
    """The pattern of a file's source, if its newest file corrects the others; else ""."""
    source = settings.source_of(path)
    return source.path if source and source.newest == "corrects" else ""


def _teachers(settings: Settings, source_of: Callable[[str], str]) -> tuple[Teacher, ...]:
    """The sources with an example; of several with one pattern the first decides."""
    from tidings.application.teaching import Teacher

    def teacher(source: Source, example: Example) -> Teacher:
        return Teacher(source.path, example, lambda path: source_of(path) == source.path)

    first = {each.path: each for each in reversed(settings.sources)}
    return tuple(
        teacher(each, each.example.to_example()) for each in first.values() if each.example
    )


def stray_examples(
    root: Path, settings: Settings, environ: Mapping[str, str]
) -> list[tuple[int, str]]:
    """Which examples stand in no file of their source, by the source's number and with the title.

    Raises `SeedError` when the folder cannot be read.
    """
    from tidings.core.listings.teaching import stands_in

    box = seeds(root, settings, environ)
    missing = {
        number: source.example.title
        for number, source in enumerate(settings.sources)
        if source.example
    }
    for path in sorted(box.scan().paths):
        numbered = enumerate(settings.sources)
        number = next(
            (at for at, each in numbered if fnmatchcase(path, any_case(each.pattern))), -1
        )
        if number not in missing:
            continue
        answer = box.read(path)
        if isinstance(answer, SeedText) and stands_in(missing[number], answer.text.split("\n")):
            del missing[number]
    return sorted(missing.items())
