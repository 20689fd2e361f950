"""Where feeds are published. Folders end with a slash; that of the feed of everything is ""."""

from __future__ import annotations

ATOM = "atom.xml"
RSS = "rss.xml"
JSON = "feed.json"
NAMES = (ATOM, RSS, JSON)
OPML = "opml.xml"
SITEMAP = "sitemap.xml"
PAGES_SITEMAP = "sitemap-pages.xml"
ROBOTS = "robots.txt"
STYLE = "assets/feed.css"


def feed_paths(folder: str) -> tuple[str, ...]:
    """The paths of a feed in all its formats: Atom, RSS, JSON Feed."""
    return tuple(folder + name for name in NAMES)


def topic_folder(slug: str) -> str:
    """The folder of a topic's page and feeds."""
    return f"topics/{slug}/"


def digest_folder(slug: str) -> str:
    """The folder of a digest's editions and their feeds."""
    return f"digests/{slug}/"
