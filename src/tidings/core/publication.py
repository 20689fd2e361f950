"""What all feeds of a site share: known before there is any feed to make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedWords:
    """What feeds say in words of their own; {title} and {number} stand for those."""

    retracted: str = "Retracted: {title}"
    numbered: str = "No. {number}, {title}"
    untitled: str = "Untitled"

    def of_retracted(self, title: str) -> str:
        """How a retracted item is called."""
        return self.retracted.replace("{title}", title)

    def of_edition(self, number: int, title: str) -> str:
        """How an edition without a subject is called."""
        return self.numbered.replace("{number}", str(number)).replace("{title}", title)


@dataclass(frozen=True, slots=True)
class Publication:
    """What all feeds of a site share: `id` is the site's permanent id, `url` ends with a slash."""

    id: str
    url: str
    title: str
    about: str
    language: str
    author_name: str
    author_email: str
    words: FeedWords = FeedWords()
