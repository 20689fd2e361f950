"""What a reader of a feed would find changed: two Atom documents, entry by entry (RFC 4287)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as readers tell it from others. `updated` is as the document says it."""

    id: str
    title: str
    updated: str


@dataclass(frozen=True, slots=True)
class FeedChanges:
    """The entries that appear, change and leave, and how many there are then.

    `title` is the feed's own, of the document that goes if none follows.
    """

    title: str
    total: int
    appearing: tuple[EntryLine, ...] = ()
    changing: tuple[EntryLine, ...] = ()
    leaving: tuple[EntryLine, ...] = ()


def compare(before: bytes | None, after: bytes | None) -> FeedChanges:
    """Compare a feed as it is published with how it would be; None is a feed that is not there.

    A published document that cannot be read any more counts as one without entries.
    """
    old_title, old = _entries(before)
    new_title, new = _entries(after)
    return FeedChanges(
        title=old_title if after is None else new_title,
        total=len(new),
        appearing=tuple(entry for key, (entry, _) in new.items() if key not in old),
        changing=tuple(
            entry for key, (entry, said) in new.items() if key in old and old[key][1] != said
        ),
        leaving=tuple(entry for key, (entry, _) in old.items() if key not in new),
    )


def _entries(document: bytes | None) -> tuple[str, Mapping[str, tuple[EntryLine, str]]]:
    """The title, and the entries by id, each with all that it says."""
    try:
        # What somebody else may have put there is bounded by expat, which counts expansions.
        root = ElementTree.fromstring(document or b"<none/>")  # noqa: S314
    except ElementTree.ParseError:
        return "", {}
    entries = {}
    for element in root.iter(f"{ATOM}entry"):
        element.tail = None
        entry = EntryLine(
            *(element.findtext(f"{ATOM}{name}", "") for name in ("id", "title", "updated"))
        )
        entries[entry.id] = (
            entry,
            ElementTree.canonicalize(
                ElementTree.tostring(element, encoding="unicode"),
            ),
        )
    return root.findtext(f"{ATOM}title", ""), entries
