"""What a page says of its item to search engines (JSON-LD, https://schema.org/).

It stands alone, so that nothing but `script_json` writes what stands in a `<script>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tidings.core.addresses import web_address
from tidings.core.languages import language_of
from tidings.core.settings import Site
from tidings.core.tags import UNKNOWN
from tidings.model import Item

# What ends a script, begins a comment or an entity, or is a line end in a script alone.
_ESCAPES = tuple((each, f"\\u{ord(each):04x}") for each in "<>&\u2028\u2029")
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def script_json(data: Mapping[str, object]) -> str:
    """The data as JSON that can stand in a `<script>` whatever its texts are (HTML §4.12.1.3)."""
    written = _ENCODE(data)
    for each, escaped in _ESCAPES:
        written = written.replace(each, escaped)
    return written


def linked_data(site: Site, item: Item, address: str, language: str | None) -> dict[str, object]:
    """An item as the page at `address` tells it; `language` is what its source says.

    It is an article of this site only if it has no address elsewhere. Else the page is one about
    what is there; and of a retracted item the page is left. Nothing is said that is not known: no
    day of an undated item, no language that the site has to guess.
    """
    spoken = language or language_of(f"{item.title} {item.summary}", site.language)
    elsewhere = "" if item.retraction else web_address(item.text.url)
    article = not elsewhere and not item.retraction
    told = item.retraction.reason if item.retraction else item.summary
    publisher = {"@type": "Organization", "name": site.author.name or site.title}
    found: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle" if article else "WebPage",
        "url": address,
        "headline" if article else "name": item.title,
        "description": told,
        "isBasedOn": elsewhere,
        "inLanguage": "" if spoken.startswith(UNKNOWN) else spoken,
        "datePublished": item.date.isoformat() if item.date and not item.retraction else "",
        "dateModified": item.revised_at.isoformat() if item.revised_at else "",
        "author": publisher if article else "",
        "publisher": publisher,
        "isPartOf": {"@type": "WebSite", "name": site.title, "url": site.url},
    }
    return {name: value for name, value in found.items() if value}
