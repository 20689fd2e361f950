"""The sitemap: where a search engine looks for what is new.

The form is that of https://www.sitemaps.org/protocol.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

MOST = 50_000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class Address:
    """A page, and when what it says last changed."""

    url: str
    changed_at: datetime


def sitemap(addresses: Iterable[Address]) -> bytes:
    """The addresses as a sitemap; what exceeds the 50,000 that one may hold is left out."""
    root = etree.Element("urlset", nsmap={None: NAMESPACE})
    for number, address in enumerate(addresses):
        if number == MOST:
            break
        url = etree.SubElement(root, "url")
        etree.SubElement(url, "loc").text = address.url
        etree.SubElement(url, "lastmod").text = address.changed_at.isoformat()
    return bytes(etree.tostring(root, pretty_print=True, encoding="UTF-8", xml_declaration=True))
