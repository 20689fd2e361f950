"""Opens feeds: RSS, RDF and Atom, by feedparser.

Each entry keeps what its feed knows it by, so that it stays the same item whatever its title
becomes. HTML is sanitised by nh3 before a text is made of it. Nothing that a feed names is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from tidings.adapters.inputs.entries import Entry, as_text
from tidings.core.addresses import deceives
from tidings.core.listings.markup import shown
from tidings.errors import InputRefused
from tidings.model import Image

_MOST_ENTRIES: Final = 2_000
_MOST_BYTES: Final = 2 * 2**20  # feedparser takes a second for each of them
_DEEPEST: Final = 60
_ROOTS: Final = ("rss", "feed", "RDF")
_BLOCKS: Final = frozenset(
    ("p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "img", "a")
)
_IMAGE = re.compile(r"<img\b[^>]*?\ssrc=\"([^\"]+)\"[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\salt=\"([^\"]*)\"", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def opened(data: bytes, _encoding: str | None = None) -> str:
    """The entries of a feed. Raises `InputRefused` if it is none, or a hostile one."""
    if len(data) > _MOST_BYTES:
        raise InputRefused("this feed is larger than 2 MiB", "split it, or export fewer entries")
    lines = _lines_of_entries(data)
    # Here, since hardly anybody has a feed.
    import feedparser

    parsed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.version:
        raise InputRefused("this is no feed", "save the feed of the site, in RSS or Atom")
    base = str(parsed.feed.get("link") or "")
    entries = [_entry(each, base) for each in parsed.entries]
    if len(lines) == len(entries):
        placed = zip(entries, lines, strict=True)
        entries = [Entry(**{**_fields(entry), "line": line}) for entry, line in placed]
    return as_text("feed", entries)


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def _lines_of_entries(data: bytes) -> list[int]:
    """The lines that entries begin on. Raises `InputRefused` for what is no XML of a feed, declares
    entities, or is nested as no feed is."""
    if found := _DOCTYPE.search(data):
        begins = data[found.start() : found.start() + 300].lower()
        if b"<!entity" in begins or b"[" in begins.partition(b">")[0]:
            raise InputRefused("this feed declares entities, which are not read", "export it again")
    parser = etree.XMLPullParser(
        ("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        recover=True,
    )  # fmt: skip
    lines: list[int] = []
    depth = 0
    root = ""
    try:
        for start in range(0, len(data), 65_536):
            parser.feed(data[start : start + 65_536])
            for event, element in parser.read_events():
                name = str(element.tag).rpartition("}")[2]
                depth += 1 if event == "start" else -1
                root = root or name
                if depth > _DEEPEST or len(lines) > _MOST_ENTRIES:
                    raise InputRefused(
                        f"this feed has over {_MOST_ENTRIES:,} entries, or is nested too deeply",
                        "split it",
                    )
                if event == "start" and name in ("item", "entry"):
                    lines.append(element.sourceline or 0)
                elif event == "end" and name in ("item", "entry"):
                    element.clear()
    except etree.XMLSyntaxError:
        pass  # feedparser forgives more
    if root and root not in _ROOTS:
        raise InputRefused(f"this XML is no feed: it begins with <{root}>", "save the site's feed")
    return lines


def _entry(each: Mapping[str, Any], base: str) -> Entry:
    contents = [str(one.get("value") or "") for one in each.get("content") or ()]
    said = [str(each.get("summary") or ""), *contents]
    texts = [_text(one) for one in said if one]
    link = _address(str(each.get("link") or ""), base) or next(_enclosures(each, base), "")
    title = _text(str(each.get("title") or ""))
    tags = [str(tag.get("label") or tag.get("term") or "") for tag in each.get("tags") or ()]
    when = each.get("published") or each.get("issued") or each.get("created") or each.get("updated")
    return Entry(
        title=title,
        summary=next((text for text in texts if text and text != title), ""),
        when=str(when or ""),
        url=link,
        category=next((tag for tag in tags if tag), ""),
        image=_image(each, said, base),
        guid=str(each.get("id") or "") or link,
    )


def _sanitised(html: str) -> str:
    import nh3

    return nh3.clean(html, tags=set(_BLOCKS), attributes={"img": {"src", "alt"}})


def _text(html: str) -> str:
    if "<" not in html and "&" not in html:
        return " ".join(html.split())
    return shown(_sanitised(html))


def _address(href: str, base: str) -> str:
    try:
        joined = urljoin(base, href.strip()) if href.strip() else ""
        parts = urlsplit(joined)
    except ValueError:
        return ""
    of_the_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return joined if of_the_web and not deceives(joined) else ""


def _enclosures(each: Mapping[str, Any], base: str, kind: str = "") -> Iterator[str]:
    for one in each.get("enclosures") or ():
        if str(one.get("type") or "").startswith(kind):
            yield _address(str(one.get("href") or one.get("url") or ""), base)


def _image(each: Mapping[str, Any], said: list[str], base: str) -> Image | None:
    """The picture of an entry: enclosed, of Media RSS, or the first in its text."""
    for address in _enclosures(each, base, "image/"):
        if address:
            return Image(address)
    for one in (*(each.get("media_content") or ()), *(each.get("media_thumbnail") or ())):
        medium = str(one.get("medium") or one.get("type") or "image")
        address = _address(str(one.get("url") or ""), base)
        if address and medium.startswith("image"):
            return Image(address)
    for html in said:
        if "<img" in html.lower() and (found := _IMAGE.search(_sanitised(html))):
            address = _address(shown(found[1]), base)
            if address:
                alt = _ALT.search(found[0])
                return Image(address, shown(alt[1]) if alt else "")
    return None
