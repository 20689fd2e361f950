"""What is told of a group of titles by which it is, or is not, the listing of its page.

Each figure is a number from 0 to about 1. Which of them count, and how much, is learned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from math import log1p
from typing import Final
from urllib.parse import urlsplit

from tidings.core.listings.dates import Dated
from tidings.core.listings.html.parts import (
    Calendar,
    EntryParts,
    Listed,
    link_of,
    says_nothing,
    stamp_of,
)
from tidings.core.listings.html.records import is_several
from tidings.core.listings.html.tree import HEADINGS, Element, Tree, ancestors
from tidings.core.listings.text import (
    columns,
    is_prose,
)
from tidings.core.listings.text import (
    is_heading as is_a_heading,
)

_LANDMARKS: Final = ("nav", "aside", "footer", "header", "form", "main", "article", "table", "li")
_ROLES: Final = {"navigation": "nav", "complementary": "aside", "contentinfo": "footer",
                 "banner": "header", "search": "form", "main": "main", "article": "article",
                 "feed": "main", "menu": "nav", "menubar": "nav", "dialog": "form"}  # fmt: skip
_SCOPES: Final = ("article", "aside", "main", "nav", "section", "li")
_CHROME = re.compile(
    r"(?<![a-z])(?:nav|navbar|navigation|menu|submenu|footer|colophon|sidebar|side-?bar|widgets?"
    r"|widget-area|related|similar|popular|trending|most-?read|meistgelesen|tag-?cloud|tags|cookies?"
    r"|consent|gdpr|breadcrumbs?|pag(?:er|ination|inate)|share|social|comments?|lang(?:uage)?s?"
    r"|login|search|banner|subscribe|newsletter|toc|archives?|recommended|promo|sponsor|ads?|top-?bar"
    r"|skip|toolbar|partners?|logos?|sitemap|contact|quick-?links|services?|topics?|categories"
    r"|filters?|facets?|asides?)(?![a-z])",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"(?<![a-z])(?:posts?|h?entry|entries|articles?|news|items?|teasers?|cards?|story|stories|list"
    r"|listing|views|event|events|press|releases?|results?|blog|feed|loop|content|main|actualites?"
    r"|noticias?|nachrichten|meldungen|aktuelles|notizie|vevent|archive)(?![a-z])",
    re.IGNORECASE,
)
_TITLE = re.compile(r"title|headline|heading|subject|titre|titulo|titel|entry-name", re.IGNORECASE)
_META = re.compile(
    r"author|byline|date|time|categor|tag|more|comment|meta|label|badge|caption|summary|excerpt"
    r"|intro|desc|teaser-text|lead|count|venue|location|place",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"most (?:read|popular|viewed|shared)|popular|trending|related|see also|you may|recommended"
    r"|recent (?:comments|posts)|latest comments|quick links|useful links|topics|tags|categories"
    r"|archives?|follow us|subscribe|newsletter|meistgelesen|beliebt|[äa]hnliche|verwandte|themen"
    r"|schlagw|kategorien|archiv|auch interessant|m[áa]s (?:le[íi]d|vist)|relacionad|etiquetas"
    r"|categor[íi]as|archivos?|enlaces|tamb[ié]n|les plus (?:lus|vus)|articles? li[ée]s"
    r"|articles similaires"
    r"|[àa] lire aussi|cat[ée]gories|mots[- ]cl|mais lid|pi[ùu] lett|correlat|leggi anche"
    r"|meest gelezen|gerelateerd|categorie[ën]|популярн|самое читаемое|похожие|по теме|рубрики|теги"
    r"|الأكثر|ذات صلة|اقرأ أيضا|הנקראים|קשור|人気|関連|ランキング|热门|熱門|相关|相關|标签"
    r"|인기|관련||najcz[ęe]ściej|powi[ąa]zane|en çok|ilgili|populære|mest lest|mest l[äæ]st|suosit",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"/(?:tags?|category|categories|categoria|kategorie|author|autor|page|seite|pagina|search|login"
    r"|topics?|archives?|feed|rss|\d{4}/\d{2})/?(?:$|[^/]*/?$)|[?&](?:page|paged|tag|cat|start)=",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:author|byline|vcard|creator|category|tag|contributor)\b|\bcat-|tags?-links|term",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"/(?:authors?|autor|users?|people|profile|tags?|categor\w*|venues?|topics?)(?:/|$)",
    re.IGNORECASE,
)
_HEADLINE = re.compile(r"\b(?:headline|bookmark|entry-title|p-name|post-title)\b", re.IGNORECASE)
_SLUG = re.compile(
    r"(?:[a-z0-9%]+[-_]){2,}[a-z0-9%]+|\d{3,}|node/|id=|article|news|item", re.IGNORECASE
)


def figures(tree: Tree, read: Listed, calendar: Calendar) -> dict[str, float]:
    """The figures of a group that was read."""
    titles = [each.title for each in read.said]
    links = [link_of(each) for each in read.said]
    return {
        **_of_number(len(titles)),
        **_of_titles(titles, calendar),
        **_of_elements(tree, read.said, links),
        **_of_records(tree, read.said, titles),
        **_of_days(read.said),
        **_of_links(tree, [(link.get("href") or "") for link in links if link is not None], titles),
        **_of_place(tree, read),
    }


def _of_number(number: int) -> dict[str, float]:
    return {
        "one": float(number == 1),
        "two": float(number == 2),
        "three": float(number == 3),
        "many": min(log1p(number) / 4, 1.2),
    }


def _of_titles(titles: Sequence[str], calendar: Calendar) -> dict[str, float]:
    """What the titles say, and how long they are."""
    widths = [columns(title) for title in titles]
    return {
        "width": min(mean(widths) / 100, 1.5),
        "narrow": _share(width < 12 for width in widths),
        "very narrow": _share(width < 6 for width in widths),
        "wordy": _share(width > 30 for width in widths),
        "wide": _share(width > 140 for width in widths),
        "distinct": len(set(titles)) / len(titles),
        "stop": _share(title.endswith((".", "。", "।")) for title in titles),
        "prose": _share(map(is_prose, titles)),
        "boilerplate": _share(map(_kind, titles)),
        "is date": _share(stamp_of(title, calendar) is not None for title in titles),
        "has figures": _share(any(sign.isdigit() for sign in title) for title in titles),
    }


def _of_elements(
    tree: Tree, said: Sequence[EntryParts], links: Sequence[Element | None]
) -> dict[str, float]:
    """What kind of elements the titles are."""
    first = said[0].record.title
    own = _names(first) + " " + _names(first.getparent())
    return {
        "linked": _share(_is_linked(each) for each in said),
        "heading": _share(is_heading(each.record.title) for each in said),
        "bold": float(first.tag in ("b", "strong", "dt", "th")),
        "anchor": float(first.tag == "a"),
        "cell": float(first.tag == "td"),
        "paragraph": float(first.tag in ("p", "dd", "blockquote")),
        "level one": float(_level(first) == 1),
        "named title": float(bool(_TITLE.search(own))),
        "named meta": float(bool(_META.search(own))) * float(not _TITLE.search(own)),
        "in parts": _share(is_several(tree, each.record.title) for each in said),
        "person": _share(_is_person(each) for each in said),
        "under other": _share(_is_under_other(each) for each in said),
        "link twice": _share(_is_twice(each, link) for each, link in zip(said, links, strict=True)),
        "aside within": _share(_is_aside_within(each) for each in said),
        "said headline": float(_says_headline(first)),
    }


def _of_records(tree: Tree, said: Sequence[EntryParts], titles: Sequence[str]) -> dict[str, float]:
    """What else the records say."""
    rest = [sum(len(block.text) for block in each.blocks) for each in said]
    longest = [max((len(block.text) for block in each.blocks), default=0) for each in said]
    covered = sum(tree.lengths.get(part, 0) for each in said for part in each.record.parts)
    over = (columns(t) > size for t, size in zip(titles, longest, strict=True))
    return {
        "texts": _share(bool(each.summary) for each in said),
        "text width": min(log1p(mean(len(each.summary) for each in said)) / 7, 1.2),
        "pictured": _share(each.image is not None for each in said),
        "empty": _share(size == 0 for size in rest),
        "longer than rest": _share(over),
        "rest": min(log1p(mean(rest)) / 8, 1.2),
        "inner links": min(log1p(mean(map(_links, said))) / 3, 1.5),
        "inner headings": min(log1p(mean(map(_headings, said))) / 2, 1.5),
        "higher inside": _share(map(_has_higher, said)),
        "first in record": _share(map(_is_first, said)),
        "cover": min(covered / max(tree.lengths.get(tree.root, 0), 1), 1.0),
    }


def _of_days(said: Sequence[EntryParts]) -> dict[str, float]:
    days = [each.stamp.day for each in said if isinstance(each.stamp, Dated)]
    return {
        "dated": _share(each.stamp is not None for each in said),
        "none dated": float(not any(each.stamp for each in said)),
        "marked": _share(
            each.dated_by is not None and each.dated_by.tag == "time" for each in said
        ),
        "days apart": len(set(days)) / max(len(days), 1),
        "in order": _in_order(days),
    }


def _of_links(tree: Tree, hrefs: Sequence[str], titles: Sequence[str]) -> dict[str, float]:
    """Where the records lead."""
    return {
        "leads": len(hrefs) / len(titles),
        "elsewhere": _share(bool(_ELSEWHERE.search(href)) for href in hrefs),
        "slugs": _share(bool(_SLUG.search(href)) for href in hrefs),
        "hashes": _share(href.startswith("#") for href in hrefs),
        "distinct links": len(set(hrefs)) / max(len(hrefs), 1) if hrefs else 0.0,
        "abroad": _share(_is_abroad(tree, href) for href in hrefs),
    }


def _of_place(tree: Tree, read: Listed) -> dict[str, float]:
    """Where on the page the group stands, and what the parts around it are called."""
    around, said = _around(read), read.said
    names = " ".join(_names(each) for each in around)
    within = " ".join(_names(part) for part in said[0].record.parts[:1])
    heading = _heading_above(tree, said)
    marks = {_landmark(each) for each in around}
    return {
        "flat": float(read.group.flat),
        "chrome": min(len(_CHROME.findall(names)), 3) / 3,
        "news": min(len(_NEWS.findall(names)), 3) / 3,
        "record news": float(bool(_NEWS.search(within))),
        "record chrome": float(bool(_CHROME.search(within))),
        "beside": float(bool(_BESIDE.search(heading))),
        "headed": float(bool(heading)),
        "place": tree.places[said[0].record.title] / max(len(tree.shown), 1),
        **{f"in {mark}": float(mark in marks) for mark in _LANDMARKS},
    }


def mean(values: Iterable[float]) -> float:
    """The mean; that of the library looks at each number with great care, and takes as long."""
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _share(values: Iterable[bool]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _around(read: Listed) -> list[Element]:
    """The elements around all titles, the nearest first."""
    first = read.said[0].record
    chain = [*first.parts[:1], *ancestors(first.parts[0])]
    last = read.said[-1].record
    shared = {*last.parts[:1], *ancestors(last.parts[0])}
    return [each for each in chain if each in shared and each.tag not in ("html", "body")]


def _names(element: Element | None) -> str:
    if element is None:
        return ""
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _landmark(element: Element) -> str:
    """What part of a page an element is; headers and footers of an article are none (HTML
    Accessibility API Mappings)."""
    role = _ROLES.get((element.get("role") or "").lower())
    scoped = role is None and element.tag in ("header", "footer")
    if scoped and any(each.tag in _SCOPES for each in ancestors(element)):
        return ""
    return role or str(element.tag)


def _is_linked(said: EntryParts) -> bool:
    title = said.record.title
    return (
        title.tag == "a"
        or any(a.get("href") for a in title.iter("a"))
        or any(each.tag == "a" for each in list(ancestors(title))[:3])
    )


def is_heading(title: Element) -> bool:
    """Whether a title is a heading, or stands in one."""
    return _level(title) > 0


def _level(title: Element) -> int:
    chain = [*title.iter(*HEADINGS), title, *list(ancestors(title))[:3]]
    return next((HEADINGS.index(each.tag) + 1 for each in chain if each.tag in HEADINGS), 0)


def _kind(title: str) -> bool:
    return says_nothing(title) or is_a_heading(title, ())


def _in_order(days: Sequence[date]) -> float:
    if len(days) < 2:
        return 0.0
    pairs = list(pairwise(days))
    down = sum(a >= b for a, b in pairs)
    return max(down, len(pairs) - down) / len(pairs)


def _links(said: EntryParts) -> int:
    return len(
        {a.get("href") for part in said.record.parts for a in part.iter("a") if a.get("href")}
    )


def _headings(said: EntryParts) -> int:
    return sum(1 for part in said.record.parts for _ in part.iter(*HEADINGS))


def _has_higher(said: EntryParts) -> bool:
    """Whether another heading of the record stands above the title in rank."""
    own = _level(said.record.title) or 7
    for part in said.record.parts:
        for each in part.iter(*HEADINGS):
            inside = each is said.record.title or any(e is said.record.title for e in each.iter())
            if not inside and HEADINGS.index(each.tag) + 1 < own:
                return True
    return False


def _is_person(said: EntryParts) -> bool:
    """Whether the markup says that the title is a person, a rubric or a tag."""
    for each in [said.record.title, *list(ancestors(said.record.title))[:3]]:
        if each in said.record.parts:
            break
        told = f"{each.get('rel') or ''} {each.get('itemprop') or ''} {_names(each)}"
        if each.tag == "address" or _PERSON.search(told):
            return True
    link = link_of(said)
    return link is not None and bool(_OF_PEOPLE.search(link.get("href") or ""))


def _is_under_other(said: EntryParts) -> bool:
    """Whether the record has a heading, and the title is not in it."""
    if _level(said.record.title):
        return False
    return any(True for part in said.record.parts for _ in part.iter(*HEADINGS))


def _is_twice(said: EntryParts, link: Element | None) -> bool:
    """Whether a record leads to the same place from its title and from elsewhere."""
    if link is None:
        return False
    href = link.get("href")
    links = [a.get("href") for part in said.record.parts for a in part.iter("a")]
    return links.count(href) > 1


def _is_aside_within(said: EntryParts) -> bool:
    """Whether the title stands in what is no heading of its record: its foot, a caption."""
    for each in ancestors(said.record.title):
        if each in said.record.parts:
            return False
        if each.tag in ("footer", "figcaption", "address", "figure", "nav", "dl", "button"):
            return True
    return False


def _says_headline(title: Element) -> bool:
    chain = [title, *list(ancestors(title))[:2], *list(title)[:1]]
    told = (f"{e.get('itemprop') or ''} {e.get('rel') or ''} {_names(e)}" for e in chain)
    return any(_HEADLINE.search(each) for each in told)


def _heading_above(tree: Tree, said: Sequence[EntryParts]) -> str:
    """The heading of the part of the page that the group is in: a sibling above it, or above what
    it is in."""
    around = said[0].record.parts[0]
    for each in [around, *list(ancestors(around))[:4]]:
        sibling = each.getprevious()
        steps = 0
        while sibling is not None and steps < 3:
            if sibling in tree.paths:
                headings = [*sibling.iter(*HEADINGS)]
                if headings:
                    return tree.texts.get(headings[-1]) or ""
                named = _TITLE.search(_names(sibling)) or sibling.tag in ("b", "strong", "caption")
                if named and 0 < tree.lengths[sibling] < 60:
                    return tree.texts.get(sibling) or ""
                steps += 1
            sibling = sibling.getprevious()
    return ""


def _is_abroad(tree: Tree, href: str) -> bool:
    if not href.startswith(("http:", "https:", "//")):
        return False
    try:
        host = urlsplit(href).netloc
        return bool(tree.base) and host != urlsplit(tree.base).netloc
    except ValueError:
        return True


def _is_first(said: EntryParts) -> bool:
    """Whether nothing longer than a rubric or a date stands above the title."""
    for part in said.record.parts:
        for each in part.iter():
            if each is said.record.title:
                return True
            if isinstance(each.tag, str) and len((each.text or "").strip()) > 40:
                return False
    return True
