"""Which file of a source speaks for it: the newest, where its files correct each other.

Sources such as weekly dumps bring each entry again in a file of another name. With
`newest: corrects`, what the newest file says of an item counts, and older ones fill in what it does
not say. Which is the newest is told by names, in natural order: "page 9" before "page 10". The time
of a file is that of its last copy, and tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tidings.core.identity import normalise
from tidings.core.likeness import within
from tidings.model import Item, SourceEntry, Text

_NUMBER = re.compile(r"([0-9]+)")


def natural(path: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """The key by which names are in natural order, numbers in them by their value."""
    parts = (part for part in _NUMBER.split(path) if part)
    return tuple((0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in parts), path


def of_source(item: Item, same: Callable[[str], bool]) -> dict[str, Text]:
    """What the files of a source say of an item, by their paths; what they said, if none of them
    does any more."""
    here = [seen for seen in item.sources if same(seen.ref.path)]
    standing = [seen for seen in here if seen.position is not None]
    return {seen.ref.path: seen.text for seen in standing or here}


def spoken(said: Mapping[str, Text]) -> Text | None:
    """What a source says by its files: each part in the newest file that has it."""
    texts = [said[path] for path in sorted(said, key=natural, reverse=True)]
    if not texts:
        return None
    first = texts[0]
    for text in texts[1:]:
        first = replace(
            first,
            summary=first.summary or text.summary,
            date=first.date or text.date,
            url=first.url or text.url,
            category=first.category or text.category,
            image=first.image or text.image,
        )
    return first


def over(text: Text, said: Text) -> Text:
    """The text with all that is said in the place of what it has."""
    return Text(
        said.title,
        said.summary or text.summary,
        said.date or text.date,
        said.url or text.url,
        said.category or text.category,
        said.image or text.image,
    )


def is_newest(path: str, said: Iterable[str]) -> bool:
    """Whether a file comes last among those of its source that say something of an item."""
    return all(natural(other) <= natural(path) for other in said)


def newest_differs(item: Item, same: Callable[[str], bool]) -> SourceEntry | None:
    """What the newest of several files of a source says of an item, if it is another thing than
    the item's text; a teaser of that is not."""
    own = [seen for seen in item.sources if seen.item_id == item.id]  # not of what was merged
    standing = [seen for seen in own if seen.position is not None and same(seen.ref.path)]
    if len({seen.ref.path for seen in standing}) < 2:
        return None
    last = max(standing, key=lambda seen: natural(seen.ref.path))
    text, said = item.text, last.text
    title = normalise(said.title) != normalise(text.title)
    date = said.date is not None and said.date != text.date
    summary = not within(normalise(said.summary), normalise(text.summary))
    return last if title or date or summary else None
