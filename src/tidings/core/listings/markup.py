"""HTML in a text: whether there is any, and what a page with it would show.

Only what is certain counts. A tag is one of HTML, with attributes as HTML writes them; one that
opens, without attributes, is closed somewhere in the text unless it need not be. So "x < y", "<3",
"List<String>", "a <b> c" and an address in angle brackets are text. A character reference ends
with its semicolon: "AT&T" and "?a=1&copy=2" are text.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from typing import Final

from tidings.core.listings.text import collapse

# A break in what is shown: what stands on either side is not one word.
_BLOCK_WORDS = (
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe img legend li link "
    "main meta nav ol optgroup option p pre section select summary table tbody td tfoot th thead "
    "title tr ul video audio object embed input button textarea noscript picture source wbr base"
)
_WITHIN_LINES = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark o:p q rp rt "
    "ruby s samp small span strike strong sub sup time tt u var"
)
# Neither of these needs its other half (HTML Living Standard, 13.1.2 and 13.1.2.4).
_ALONE = (
    "area base br col embed hr img input link meta source track wbr p li dd dt tr td th thead "
    "tbody tfoot option"
)
_BLOCKS: Final = frozenset(_BLOCK_WORDS.split())
_KNOWN: Final = _BLOCKS | frozenset(_WITHIN_LINES.split())
_NEEDS_NO_OTHER: Final = frozenset(_ALONE.split())
_UNSHOWN: Final = ("script", "style", "template")  # what stands between their tags is not shown
_COMMENT: Final = ("<!--", "-->")

_VALUE = r"(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=]+)"
_SWITCH = r"(?:hidden|disabled|checked|selected|controls|async|defer|loop|muted|autoplay|reversed)"
_TAG = re.compile(
    rf"<(?P<close>/)?(?P<name>[a-z][a-z0-9:]{{0,11}})"
    rf"(?:\s+(?:[a-z@:_-][\w.:-]*\s?=\s?{_VALUE}|{_SWITCH}(?![\w=])))*+\s*/?>",
    re.IGNORECASE | re.ASCII,
)
_REFERENCE = re.compile(
    r"&(?:#(?P<number>\d{1,7}|x[0-9a-f]{1,6})|(?P<name>[a-z][a-z0-9]{1,31}));", re.IGNORECASE
)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
# Exports escape once more what is escaped; more often than this nobody does.
_MOST_TIMES: Final = 3


def first_markup(text: str) -> str:
    """The first character reference or tag of HTML in a text, "" if there is none."""
    found = [match for match in (_first_reference(text), _first_tag(text)) if match]
    return min(found, key=lambda match: match.start())[0] if found else ""


def shown(text: str) -> str:
    """What a page with this text would show, on one line: without tags and comments, with the
    characters that references stand for."""
    for _ in range(_MOST_TIMES):
        if "<" not in text and "&" not in text:
            break
        before, text = text, unescaped(without_tags(text))
        if text == before:
            break
    return collapse(text)


def unescaped(text: str) -> str:
    """The text with the characters that its references stand for."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    if reference["name"] and f"{reference['name']};" not in html5:
        return reference[0]
    return unescape(reference[0])


def without_tags(text: str) -> str:
    """The text without the tags of HTML, comments, and what is never shown."""
    if "<" not in text:
        return text
    text = _CDATA.sub("", _without(text, *_COMMENT))
    for name in _UNSHOWN:
        if f"</{name}" in text.lower():
            text = _without_element(text, name)
    paired = _paired(text)

    def replaced(tag: re.Match[str]) -> str:
        if not _is_tag(tag, paired):
            return tag[0]
        return " " if tag["name"].lower() in _BLOCKS else ""

    return _TAG.sub(replaced, text)


def _is_tag(tag: re.Match[str], paired: frozenset[str]) -> bool:
    name = tag["name"].lower()
    if name not in _KNOWN:
        return False
    return bool(tag["close"]) or "=" in tag[0] or name in _NEEDS_NO_OTHER or name in paired


def _paired(text: str) -> frozenset[str]:
    """The names of which a tag that opens and one that closes stand in the text."""
    opening: set[str] = set()
    closing: set[str] = set()
    for tag in _TAG.finditer(text):
        (closing if tag["close"] else opening).add(tag["name"].lower())
    return frozenset(opening & closing)


def _first_tag(text: str) -> re.Match[str] | None:
    if "<" not in text:
        return None
    paired = _paired(text)
    return next((tag for tag in _TAG.finditer(text) if _is_tag(tag, paired)), None)


def _first_reference(text: str) -> re.Match[str] | None:
    if "&" not in text:
        return None
    found = _REFERENCE.finditer(text)
    return next((each for each in found if _character(each) != each[0]), None)


def _without(text: str, begins: str, ends: str) -> str:
    """The text without what stands between these marks, and the marks; in linear time."""
    kept: list[str] = []
    at = 0
    while (start := text.find(begins, at)) >= 0:
        end = text.find(ends, start + len(begins))
        if end < 0:
            break
        kept += [text[at:start], " "]
        at = end + len(ends)
    return "".join([*kept, text[at:]])


def _without_element(text: str, name: str) -> str:
    """The text without the elements of this name and what stands in them; in linear time."""
    opening = re.compile(rf"<{name}(?=[\s>])[^<>]*>", re.IGNORECASE)
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE)
    kept: list[str] = []
    at = 0
    while first := opening.search(text, at):
        last = closing.search(text, first.end())
        if last is None:
            break
        kept += [text[at : first.start()], " "]
        at = last.end()
    return "".join([*kept, text[at:]])
