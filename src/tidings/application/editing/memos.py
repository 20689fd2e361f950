"""What undoing a decision needs to know of texts, as plain data that JSON can hold."""

from __future__ import annotations

from datetime import date

from tidings.errors import NotPossible
from tidings.model import Text


def as_plain(text: Text) -> dict[str, str | None]:
    """A text as plain data."""
    return {
        "title": text.title,
        "summary": text.summary,
        "date": text.date.isoformat() if text.date else None,
        "url": text.url,
        "category": text.category,
    }


def as_text(plain: object) -> Text:
    """The text that was made plain; raises `NotPossible` for anything else."""
    if not isinstance(plain, dict):
        raise NotPossible("what is on record of that decision cannot be read")
    day = plain["date"]
    return Text(
        plain["title"],
        plain["summary"],
        date.fromisoformat(day) if day else None,
        plain["url"],
        plain["category"],
    )
