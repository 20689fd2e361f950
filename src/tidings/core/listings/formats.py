"""Which reader a file gets: by the ending of its name. Text, plain or markdown, is the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from tidings.core.listings.reading import Hints, Reading
from tidings.core.listings.records import read_csv, read_json, read_json_lines
from tidings.core.listings.teaching import lesson, taught_by
from tidings.core.listings.texts import read_text

# A reader makes a reading of a text, its path and what is known of its source. Whatever is in the
# text, it raises nothing. A further format is one more function and its endings here.
Reader = Callable[[str, str, Hints], Reading]
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "json": read_json,
        "jsonl": read_json_lines,
        "ndjson": read_json_lines,
        "csv": read_csv,
        "tsv": read_csv,
    }
)


def parse(
    text: str,
    path: str,
    *,
    date_order: str | None = None,
    language: str | None = None,
    category: str | None = None,
    hints: Hints | None = None,
) -> Reading:
    """Read the listings in `text`, the content of the seed file `path`.

    The ending of `path` decides the format; of text the layout is inferred from the whole file.
    `hints` is what is known of the source; `date_order`, `language` and `category` may be given
    instead, and are meant as there. Any text gives a Reading: what cannot be read is in its
    problems.
    """
    known = hints or Hints(date_order=date_order, language=language, category=category)
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    reader = READERS.get(ending)
    if reader is None:
        return read_text(text, path, known)
    # A table can be read in one way only.
    reading = reader(text, path, known)
    learnt = lesson(known.example, [reading], ()) if known.example and reading.listings else None
    if learnt is None:
        return reading
    return taught_by(learnt, [reading], lambda _: reading.confidence, path, known.threshold)
