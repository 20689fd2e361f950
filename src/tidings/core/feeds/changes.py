"""What a reader of a feed would find changed: two Atom documents, entry by entry (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from tidings.core.feeds.model import ATOM, NAMES
from tidings.model import FileChange

NAMESPACE = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as readers tell it from others. `updated` is as the document says it."""

    id: str
    title: str
    updated: str


@dataclass(frozen=True, slots=True)
class FeedChange:
    """A feed that would be written or removed: the entries that appear, change and leave, and how
    many there are then.

    `title` is the feed's own, of the document that goes if none follows. The entries are those of
    the Atom document, at `path`. What else the feed is published as has the same ones; `formats`
    are the names of all documents of which the same becomes.
    """

    path: str
    kind: Literal["new", "changed", "removed"]
    formats: tuple[str, ...]
    title: str
    total: int
    appearing: tuple[EntryLine, ...] = ()
    changing: tuple[EntryLine, ...] = ()
    leaving: tuple[EntryLine, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the same becomes of the feed in all its formats."""
        return self.formats == NAMES


def feed_changes(files: Sequence[FileChange]) -> Iterator[FeedChange]:
    """The feeds among published files that change.

    A published document that cannot be read any more counts as one without entries.
    """
    kinds = {file.path: file.kind for file in files}
    for file in files:
        if not file.path.endswith(ATOM):
            continue
        folder = file.path.removesuffix(ATOM)
        old_title, old = _entries(file.before)
        new_title, new = _entries(file.after)
        yield FeedChange(
            path=file.path,
            kind=file.kind,
            formats=tuple(name for name in NAMES if kinds.get(folder + name) == file.kind),
            title=old_title if file.after is None else new_title,
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
    for element in root.iter(f"{NAMESPACE}entry"):
        element.tail = None
        entry = EntryLine(
            *(element.findtext(f"{NAMESPACE}{name}", "") for name in ("id", "title", "updated"))
        )
        entries[entry.id] = (
            entry,
            ElementTree.canonicalize(
                ElementTree.tostring(element, encoding="unicode"),
            ),
        )
    return root.findtext(f"{NAMESPACE}title", ""), entries
