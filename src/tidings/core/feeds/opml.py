"""OPML 2.0 (https://opml.org/spec2.opml): all feeds of the site in one file, for feed readers."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from tidings.core.feeds import safe
from tidings.core.feeds.items import author_of
from tidings.core.feeds.paths import ATOM, topic_folder
from tidings.core.publication import Publication
from tidings.model import Topic


def opml(site: Publication, topics: Sequence[Topic]) -> bytes:
    """The feeds of the topics, and of everything, as an OPML document.

    It bears no date: it says where feeds are, not what is in them, and changes with the
    configuration alone.
    """
    root = etree.Element("opml", {"version": "2.0"})
    head = etree.SubElement(root, "head")
    title = safe.line(site.title, site.url)
    etree.SubElement(head, "title").text = title
    author = author_of(site)
    etree.SubElement(head, "ownerName").text = author.name
    if author.email:
        etree.SubElement(head, "ownerEmail").text = author.email
    body = etree.SubElement(root, "body")
    _outline(body, site, "", title, site.about)
    for topic in topics:
        name = safe.line(topic.title, topic.slug)
        _outline(body, site, topic_folder(topic.slug), name, topic.about)
    return bytes(etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True))


def _outline(body: etree._Element, site: Publication, folder: str, title: str, about: str) -> None:
    """One feed. `type="rss"` is for feeds of any format; `version` says which it is."""
    attributes = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": f"{site.url}{folder}{ATOM}",
        "htmlUrl": f"{site.url}{folder}index.html",
        "language": site.language,
    }
    if described := safe.line(about, ""):
        attributes["description"] = described
    etree.SubElement(body, "outline", attributes)
