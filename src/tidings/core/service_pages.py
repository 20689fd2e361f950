"""The pages that answer people: frozen values for the templates in `web/`.

They stand beside the published pages and look like them; unlike those they are made per request,
may not be indexed, and say nothing of when the news last changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tidings.core.pages import Page, Site
from tidings.model import Digest, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage(Page):
    """What every page of the service has; the rest its template is given by name. `contact` is
    whom to write to when a page cannot help."""

    contact: str


@dataclass(frozen=True, slots=True)
class TopicChoice:
    """A topic of a digest in a form, and whether it is ticked."""

    slug: str
    title: str
    about: str
    ticked: bool


def service_page(site: Site, url: str, contact: str) -> ServicePage:
    """The frame of a page below `url`, where the service is reached from outside."""
    return ServicePage(
        site=site,
        path="",
        address=url,
        root=urlsplit(url).path.rstrip("/") + "/",
        feeds=(),
        digests=(),
        changed_at=None,
        contact=contact,
    )


def topic_choices(
    digest: Digest, topics: Sequence[Topic], chosen: Sequence[str] | None
) -> tuple[TopicChoice, ...]:
    """The topics that a digest brings, in its order; `chosen` None means all of them."""
    known = {topic.slug: topic for topic in topics}
    slugs = digest.topics if digest.topics is not None else tuple(known)
    return tuple(
        TopicChoice(slug, known[slug].title, known[slug].about, chosen is None or slug in chosen)
        for slug in slugs
        if slug in known
    )
