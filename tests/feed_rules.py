"""What a feed validator would say of our documents: the rules that concern them, written down.

Each function answers with the faults that it finds, errors and warnings alike, in words; an empty
list is a document that nobody has anything against. The rules are those of RFC 4287, of RSS 2.0
with the profile of the RSS Advisory Board, of JSON Feed 1.1, of OPML 2.0 and of sitemaps.org. For
Atom and RSS they are what the W3C feed validator asks of documents like ours.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

TAG = re.compile(r"tag:[A-Za-z0-9.@-]+,\d{4}(-\d\d){0,2}:[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/?#\[\]@!$&'()*+,;=%._~-]+")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAILBOX = re.compile(r"[^@\s()<>]+@[^@\s()<>]+\.[^@\s()<>]+")
MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*[\s/>]")
ALLOWED = {"div", "p", "a", "ul", "li"}
ONCE_IN_FEED = ("id", "title", "updated", "subtitle", "generator", "icon", "logo", "rights")
ONCE_IN_ENTRY = ("id", "title", "updated", "published", "content", "summary", "rights", "source")


# --- Atom ----------------------------------------------------------------------------------------


def atom_faults(data: bytes, address: str) -> list[str]:
    """What is wrong with an Atom document that is served at `address`."""
    root = _parsed(data)
    entries = root.findall(f"{ATOM}entry")
    return [
        *_told(root.tag == f"{ATOM}feed", "the root is not atom:feed"),
        *_told(LANGUAGE.fullmatch(root.get(LANG, "")), "no xml:lang"),
        *_told(_own(root) == [ATOM], "elements of a namespace that validators do not know"),
        *_told(root[-1].tag == f"{ATOM}entry" or not entries, "metadata after entries"),
        *_told(root.find(f"{ATOM}author/{ATOM}name") is not None, "no author"),
        *_ids(e.findtext(f"{ATOM}id", "") for e in (root, *entries)),
        *_repeated(e.findtext(f"{ATOM}updated", "") for e in entries),
        *_atom_links(root, {"self", "alternate"}),
        *_told(_hrefs(root, "self") == [address], f"rel=self is not {address}"),
        *_atom_construct(root, ONCE_IN_FEED),
        *(fault for entry in entries for fault in _atom_entry(entry)),
    ]


def _atom_entry(entry: etree._Element) -> Iterator[str]:
    yield from _atom_construct(entry, ONCE_IN_ENTRY)
    yield from _atom_links(entry, {"alternate", "related"})
    published, updated = entry.findtext(f"{ATOM}published"), entry.findtext(f"{ATOM}updated", "")
    if published is not None:
        yield from _told(RFC3339.fullmatch(published), f"published is no date: {published}")
    content = entry.find(f"{ATOM}content")
    yield from _told(content is not None, f"an entry of {updated} has no content")
    if content is not None:
        division = list(content)
        yield from _told(content.get("type") == "xhtml", "content is not xhtml")
        yield from _told([e.tag for e in division] == [f"{XHTML}div"], "content is no division")
        yield from _markup(content.iter(f"{XHTML}*"))
    for category in entry.findall(f"{ATOM}category"):
        yield from _told(URI.fullmatch(category.get("scheme", "")), "a scheme is no URI")
        yield from _told(category.get("term") and category.get("label"), "a category is blank")


def _atom_construct(element: etree._Element, once: Iterable[str]) -> Iterator[str]:
    counts = Counter(child.tag for child in element)
    for name in once:
        yield from _told(counts[ATOM + name] <= 1, f"{name} is there twice")
    for name in ("id", "title", "updated"):
        yield from _told(element.findtext(ATOM + name, "").strip(), f"{name} is missing or blank")
    updated = element.findtext(f"{ATOM}updated", "")
    yield from _told(RFC3339.fullmatch(updated), f"updated is no date: {updated}")


def _atom_links(element: etree._Element, known: set[str]) -> Iterator[str]:
    links = element.findall(f"{ATOM}link")
    yield from _repeated((k.get("rel", ""), k.get("type", ""), k.get("hreflang")) for k in links)
    yield from _told("alternate" in {link.get("rel") for link in links}, "no alternate link")
    for link in links:
        yield from _told(link.get("rel") in known, f"a link's rel is {link.get('rel')}")
        yield from _address(link.get("href", ""))


def _hrefs(element: etree._Element, rel: str) -> list[str]:
    return [k.get("href") for k in element.findall(f"{ATOM}link") if k.get("rel") == rel]


def _markup(elements: Iterable[etree._Element]) -> Iterator[str]:
    """Only harmless elements, and every address absolute: readers know no base."""
    for element in elements:
        name = etree.QName(element).localname
        yield from _told(name in ALLOWED, f"content has <{name}>")
        yield from _told(set(element.attrib) <= {"href", "lang", "dir"}, f"<{name}> has attributes")
        yield from _told(element.get("dir", "rtl") in ("rtl", "ltr"), "a dir that is none")
        yield from _told(LANGUAGE.fullmatch(element.get("lang", "en")), "a lang that is none")
        if "href" in element.attrib:
            scheme = urlsplit(element.get("href")).scheme
            yield from _told(scheme in ("http", "https"), f"content links to {scheme}:")


# --- RSS -----------------------------------------------------------------------------------------


def rss_faults(data: bytes, address: str) -> list[str]:
    """What is wrong with an RSS document that is served at `address`."""
    root = _parsed(data)
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ["not RSS 2.0"]
    items = channel.findall("item")
    mine = [child.tag for child in channel]
    owner = channel.findtext("managingEditor")
    address_of, _, name = (owner or "").partition(" (")
    built = channel.findtext("lastBuildDate", "")
    return [
        *_told(_own(root) == [ATOM, CONTENT, DC], "other namespaces than atom, content and dc"),
        *(f"channel has no {n}" for n in ("title", "link", "description") if n not in mine),
        *(f"{n} is there twice" for n, times in Counter(mine).items() if times > 1 and n != "item"),
        *_told(LANGUAGE.fullmatch(channel.findtext("language", "")), "no language"),
        *_told(_hrefs(channel, "self") == [address], f"rel=self is not {address}"),
        *_told(_rfc822(built), f"lastBuildDate is no date: {built}"),
        *_told(
            owner is None or (MAILBOX.fullmatch(address_of) and name.endswith(")")),
            f"managingEditor is no mailbox with a name: {owner}",
        ),
        *_address(channel.findtext("link", "")),
        *_told(channel.findtext("link") != address, "the channel links to itself"),
        *_ids(item.findtext("guid", "") for item in items),
        *_repeated(item.findtext(f"{ATOM}updated", "") for item in items),
        *(fault for item in items for fault in _rss_item(item)),
    ]


def _rss_item(item: etree._Element) -> Iterator[str]:
    tags = [child.tag for child in item]
    for name in ("title", "link", "description", "guid", "pubDate", f"{CONTENT}encoded"):
        yield from _told(tags.count(name) == 1, f"an item has {tags.count(name)} {name}")
    yield from _told(item.findtext("title", "").strip(), "a title is blank")
    yield from _address(item.findtext("link", ""))
    guid = item.find("guid")
    yield from _told(guid is not None and guid.get("isPermaLink") == "false", "guid as permalink")
    yield from _told(_rfc822(item.findtext("pubDate", "")), "pubDate is no date")
    updated = item.findtext(f"{ATOM}updated", "")
    yield from _told(RFC3339.fullmatch(updated), f"atom:updated is no date: {updated}")
    yield from _told("author" not in tags, "author and dc:creator say the same")
    yield from _told(item.findtext(f"{DC}creator", "").strip(), "no creator")
    yield from _told(
        f"{CONTENT}encoded" not in tags
        or tags.index("description") < tags.index(f"{CONTENT}encoded"),
        "description after content:encoded",
    )
    yield from _told(not MARKUP.search(item.findtext("description", "")), "markup in description")
    yield from _html(item.findtext(f"{CONTENT}encoded", ""))
    for category in item.findall("category"):
        yield from _told((category.text or "").strip(), "a category is blank")
        yield from _told(URI.fullmatch(category.get("domain", "")), "a domain is no URI")


def _rfc822(text: str) -> bool:
    try:
        return format_datetime(parsedate_to_datetime(text)) == text
    except ValueError:
        return False


# --- JSON Feed -----------------------------------------------------------------------------------

FEED_KEYS: dict[str, type] = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str,
    "language": str, "authors": list, "items": list,
}  # fmt: skip
ITEM_KEYS: dict[str, type] = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str,
    "date_published": str, "date_modified": str, "language": str, "tags": list,
}  # fmt: skip


def json_faults(data: bytes, address: str) -> list[str]:
    """What is wrong with a JSON Feed that is served at `address`."""
    feed: dict[str, Any] = json.loads(data)
    items: list[dict[str, Any]] = feed["items"]
    return [
        *_told(feed["version"] == "https://jsonfeed.org/version/1.1", "another version"),
        *_told(feed.get("title", "").strip(), "no title"),
        *_told(feed.get("feed_url") == address, f"feed_url is not {address}"),
        *_told(LANGUAGE.fullmatch(feed.get("language", "")), "no language"),
        *_told(
            all(a.keys() & {"name", "url", "avatar"} for a in feed["authors"]), "an empty author"
        ),
        *_told("author" not in feed, "author is of version 1.0"),
        *_keys(feed, FEED_KEYS),
        *_address(feed["home_page_url"]),
        *_ids(item.get("id", "") for item in items),
        *(fault for item in items for fault in _json_item(item)),
    ]


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    yield from _keys(item, ITEM_KEYS)
    yield from _told("content_html" in item or "content_text" in item, "an item has no content")
    for key in ("url", "external_url"):
        yield from _address(item.get(key, "https://none.example/"))
    for key in ("date_published", "date_modified"):
        yield from _told(RFC3339.fullmatch(item.get(key, "2026-01-01T00:00:00Z")), f"{key}: none")
    yield from _told(all(isinstance(t, str) and t for t in item.get("tags", [])), "a blank tag")
    yield from _html(item.get("content_html", ""))


def _keys(found: dict[str, Any], known: dict[str, type]) -> Iterator[str]:
    for key, value in found.items():
        yield from _told(isinstance(value, known.get(key, type(None))), f"{key} is unknown, or odd")


# --- Lists ---------------------------------------------------------------------------------------


def opml_faults(data: bytes) -> list[str]:
    """What is wrong with a subscription list."""
    root = _parsed(data)
    outlines = root.findall("body/outline")
    return [
        *_told(root.tag == "opml" and root.get("version") == "2.0", "not OPML 2.0"),
        *_told([child.tag for child in root] == ["head", "body"], "no head and body"),
        *_told(root.findtext("head/title"), "no title"),
        *_told(outlines, "no outlines"),
        *_repeated(outline.get("xmlUrl") for outline in outlines),
        *_told(all(o.get("type") == "rss" and o.get("text") for o in outlines), "an odd outline"),
        *(f for o in outlines for n in ("xmlUrl", "htmlUrl") for f in _address(o.get(n, ""))),
    ]


def sitemap_faults(data: bytes, site: str, kind: str = "urlset") -> list[str]:
    """What is wrong with a sitemap of the pages below `site`, or with a `sitemapindex`."""
    root = _parsed(data)
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    places = [each.text or "" for each in root.iter(f"{space}loc")]
    dates = [each.text or "" for each in root.iter(f"{space}lastmod")]
    return [
        *_told(root.tag == space + kind, f"not a {kind}"),
        *_told(0 < len(places) <= 50_000 and len(data) <= 52_428_800, "too long, or empty"),
        *_told(all(place.startswith(site) for place in places), "a page of another site"),
        *_told(all(RFC3339.fullmatch(each) for each in dates), "lastmod is no date"),
        *_repeated(places),
        *(fault for place in places for fault in _address(place)),
    ]


# --- Parts ---------------------------------------------------------------------------------------


def instant(text: str) -> datetime:
    """The instant that a date of Atom, JSON Feed or RSS means."""
    return datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)


def _parsed(data: bytes) -> etree._Element:
    """The root of a document, which must be UTF-8 and well-formed without any leniency."""
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=False))


def _own(root: etree._Element) -> list[str]:
    """The namespaces of all elements and declarations, but for none and XHTML."""
    names = {f"{{{uri}}}" for element in root.iter("*") for uri in element.nsmap.values()}
    return sorted(names - {XHTML}, key=[ATOM, CONTENT, DC].index)


def _told(holds: object, fault: str) -> Iterator[str]:
    if not holds:
        yield fault


def _ids(ids: Iterable[str]) -> Iterator[str]:
    ids = list(ids)
    yield from _repeated(ids)
    for each in ids:
        yield from _told(TAG.fullmatch(each), f"an id is no tag URI: {each}")


def _repeated(values: Iterable[object]) -> Iterator[str]:
    for value, times in Counter(values).items():
        yield from _told(times == 1, f"{value} is there {times} times")


def _address(text: str) -> Iterator[str]:
    whole = URI.fullmatch(text) and urlsplit(text).scheme in ("http", "https")
    yield from _told(whole, f"no absolute address: {text}")


def _html(text: str) -> Iterator[str]:
    """Our HTML is XHTML, too, so a strict parser reads it as it is."""
    division = etree.fromstring(f'<div xmlns="{XHTML[1:-1]}">{text}</div>')
    yield from _markup(division.iter(f"{XHTML}*"))
