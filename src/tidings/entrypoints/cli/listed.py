"""A listing that stands anywhere, read; and its entries for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidings.core.listings import Hints, Reading
    from tidings.model import Listing


def read(file: Path, hints: Hints) -> tuple[str, Reading]:
    """The text and the reading of one file wherever it stands; a refusal reads as no entries."""
    from tidings.adapters.seedbox import SeedFolder
    from tidings.core.listings import Reading, parse
    from tidings.model import ReadError

    box = SeedFolder(file.parent, [file.name], file_limit=8 * 2**20, line_limit=64 * 2**10)
    answer = box.read(file.name)
    if isinstance(answer, ReadError):
        return "", Reading((), (answer.problem,), "", 0.0)
    return answer.text, parse(answer.text, str(file), hints=hints)


def entry(listing: Listing) -> dict[str, object]:
    """An entry for programs."""
    text = listing.text
    return {
        "published": text.date.isoformat() if text.date else None,
        "title": text.title,
        "summary": text.summary,
        "url": text.url,
        "category": text.category,
        "line": listing.ref.line,
    }
