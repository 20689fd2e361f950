"""Languages that the configuration asks for, and that there are no words for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tidings.core.audience import words_for
from tidings.core.settings.faults import Fault, Path
from tidings.core.settings.reading import Plain
from tidings.core.settings.values import suggestion


def unspoken(files: Mapping[str, Plain], known: Sequence[str]) -> Iterator[Fault]:
    """Each language of the site, a digest or a recipient that is not among the `known` ones."""
    for file, path, value in _wanted(files):
        if isinstance(value, str) and not words_for(value, known):
            hint = f"{suggestion(value, known)}; templates/locale/{value}.po would add it"
            yield Fault(file, path, f'there are no words for the language "{value}"', hint)


def _wanted(files: Mapping[str, Plain]) -> Iterator[tuple[str, Path, Plain]]:
    main, digests, recipients = (
        files.get(name) for name in ("tidings.yaml", "digests.yaml", "recipients.yaml")
    )
    if isinstance(main, dict) and isinstance(site := main.get("site"), dict):
        yield "tidings.yaml", ("site", "language"), site.get("language")
    shapes = digests.get("digests") if isinstance(digests, dict) else None
    for slug, shape in shapes.items() if isinstance(shapes, dict) else ():
        if isinstance(shape, dict):
            yield "digests.yaml", ("digests", slug, "language"), shape.get("language")
    lists = recipients.get("lists") if isinstance(recipients, dict) else None
    for slug, entries in lists.items() if isinstance(lists, dict) else ():
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                path: Path = ("lists", slug, number, "language")
                yield "recipients.yaml", path, entry.get("language")
