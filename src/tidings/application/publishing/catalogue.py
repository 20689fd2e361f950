"""What pages and feeds are made of besides the state, and what publishing them comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from tidings.core.pages import Frame
from tidings.core.publication import Publication
from tidings.core.topics import Matcher
from tidings.model import Topic

EVERYTHING = ""


@dataclass(slots=True)
class PublishReport:
    """What was written. `cut` names feeds with the number of entries left out by `feeds.max`.

    `failed` has the folders of topics and digests of which something could not be published, each
    with the reason: what stood there still does, the next run tries again, and all else is done.
    """

    feeds: int = 0
    pages: int = 0
    written: int = 0
    removed: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What pages and feeds are made of besides the state.

    `inputs` is a fingerprint of the configuration, the templates and our own version.
    """

    frame: Frame
    publication: Publication
    topics: tuple[Topic, ...]
    matcher: Matcher
    limit: int
    maximum: int
    inputs: str
