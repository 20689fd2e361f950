"""A saved page as a tree of what it shows: elements with their texts, addresses, and kinds.

The page is parsed by libxml2 with its limits in force: nothing is fetched, no entity is expanded
that the page declares. What a browser would not show has no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from tidings.core.addresses import deceives
from tidings.core.listings.text import collapse, without_controls

# lxml comes without types.
Element: TypeAlias = Any

MOST_ELEMENTS: Final = 60_000
_LONGEST: Final = 4 * 2**20  # characters without scripts, styles and pictures
_WITHIN = re.compile(r"data:[a-z0-9/+.;=-]{3,60},[A-Za-z0-9+/=%_-]{64,}+")
LONGEST_KEPT: Final = 600  # characters: what is longer is no title, and no date
_UNSHOWN = (
    "script style template noscript iframe svg math head object embed select option textarea "
    "datalist canvas audio video map button input dialog"
)
UNSHOWN: Final = frozenset(_UNSHOWN.split())
_INLINE = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp "
    "small span strike strong sub sup time tt u var wbr picture source"
)
INLINE: Final = frozenset(_INLINE.split())
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASS = re.compile(
    r"(?:^|\s)(?:sr-only|visually-?hidden|screen-reader(?:-text)?|element-invisible|u-hidden"
    r"|is-hidden|hidden|d-none|screenreader\S*|assistive-text|offscreen)(?:\s|$)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")
_STATES = re.compile(
    r"^(?:odd|even|first|last|active|current|sticky|new|js-.*|is-.*|has-.*|wow|clearfix)$"
)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_CLIPBOARD = re.compile(r"^SourceURL:(\S+)\s*$", re.MULTILINE)


@dataclass(slots=True)
class Tree:
    """A page. `texts` has what each element shows, None where that is longer than a title may be;
    `lengths` how many signs that is; `paths` and `tags` number the ways to an element by tags with
    classes, and by tags alone; `shown` are all elements that are shown, in their order."""

    root: Element
    base: str = ""
    language: str = ""
    shown: list[Element] = field(default_factory=list)
    texts: dict[Element, str | None] = field(default_factory=dict)
    lengths: dict[Element, int] = field(default_factory=dict)
    paths: dict[Element, int] = field(default_factory=dict)
    tags: dict[Element, int] = field(default_factory=dict)
    places: dict[Element, int] = field(default_factory=dict)

    def text(self, element: Element) -> str:
        """What an element shows, however long it is."""
        kept = self.texts.get(element)
        return shown_text(element) if kept is None else kept

    def address(self, href: str) -> str | None:
        """A link's address on the web; None rather than a wrong one."""
        target = href.strip()
        if not target or target.startswith("#"):
            return None
        try:
            joined = urljoin(self.base, target) if self.base else target
            parts = urlsplit(joined)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not parts.netloc or deceives(joined):
            return None
        return re.sub(r"\s", "%20", joined)


def read_tree(text: str, address: str = "") -> Tree | None:
    """Parse a page; None if there is no element in it. `address` is where it was saved from, if
    the page itself does not say.

    Raises `ValueError` if it is too large.
    """
    bare = _bare(text)
    if len(bare) > _LONGEST or bare.count("<") > 4 * MOST_ELEMENTS:
        raise ValueError
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_pis=True, encoding="utf-8")
    try:
        root = html.document_fromstring(bare.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    tree = Tree(root, _base_of(root, text, address), _language_of(root))
    _measure(tree)
    _settle(tree)
    return tree


def _bare(text: str) -> str:
    """The page without scripts and styles, which are most of many pages, in linear time."""
    clipped = text.lstrip("\ufeff")
    if clipped[:8] == "Version:" and "StartHTML" in clipped[:200]:
        clipped = clipped[max(clipped.find("<"), 0) :]  # the clipboard of Windows
    clean, _ = without_controls(_without(_without(clipped, "script"), "style"))
    return _WITHIN.sub("data:", clean) or " "


def _without(text: str, name: str) -> str:
    opening = re.compile(rf"<{name}(?=[\s>/])", re.IGNORECASE)
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE)
    kept, at = [], 0
    while first := opening.search(text, at):
        last = closing.search(text, first.end())
        if last is None:
            break
        # Its lines stay, so that places do.
        kept += [text[at : first.start()], "\n" * text.count("\n", first.start(), last.end())]
        at = last.end()
    return "".join([*kept, text[at:]])


def _base_of(root: Element, text: str, address: str) -> str:
    """What the page says that its links are relative to, else what it says that it is."""
    said = (
        *root.xpath("//head/link[@rel='canonical']/@href"),
        *root.xpath("//head/meta[@property='og:url']/@content"),
        *_SAVED_FROM.findall(text[:4096]),
        *_CLIPBOARD.findall(text[:1024]),
        address,
    )
    page = next((each.strip() for each in said if _is_absolute(each)), "")
    own = next(iter(root.xpath("//base/@href")), "").strip()
    if not own:
        return page
    try:
        joined = urljoin(page, own) if page else own
    except ValueError:
        return page
    return joined if _is_absolute(joined) else page


def _is_absolute(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _language_of(root: Element) -> str:
    said = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""
    return str(said).strip()


# --- What is shown --------------------------------------------------------------------------------


def is_shown(element: Element) -> bool:
    """False for what a browser does not show, and what only screen readers say."""
    if not isinstance(element.tag, str) or element.tag in UNSHOWN:
        return False
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return False
    if _HIDDEN_STYLE.search(element.get("style") or ""):
        return False
    return not _HIDDEN_CLASS.search(element.get("class") or "")


def shown_text(element: Element) -> str:
    """What an element shows, as one line."""
    return collapse("".join(_pieces(element)))


def _pieces(element: Element) -> Iterator[str]:
    """The texts of an element, with a blank where a block or a line ends."""
    stack: list[tuple[Element, bool]] = [(element, False)]
    while stack:
        each, closing = stack.pop()
        if closing:
            if each.tag not in INLINE:
                yield " "
            if each is not element:
                yield each.tail or ""
            continue
        if not is_shown(each):
            if each is not element:
                yield each.tail or ""
            continue
        if each.tag not in INLINE:
            yield " "
        yield each.text or ""
        stack.append((each, True))
        stack.extend((child, False) for child in reversed(each))


def shape_of(element: Element) -> str:
    """The tag with the first class that all elements of its kind may share, else with its id."""
    names = (element.get("class") or element.get("id") or "").split()
    stable = (_DIGITS.sub("", name) for name in names if not _STATES.match(name))
    return f"{_tag_of(element)}.{next((name for name in stable if name.strip('-_')), '')}"


def _tag_of(element: Element) -> str:
    """The tag; of a cell with its column, which tells what is in it."""
    if element.tag not in ("td", "th"):
        return str(element.tag)
    return f"{element.tag}{sum(1 for _ in element.itersiblings(preceding=True))}"


def _measure(tree: Tree) -> None:
    """Note of each element that is shown its text and its paths. Raises `ValueError`."""
    ids: dict[tuple[int, str], int] = {}
    stack: list[tuple[Element, bool]] = [(tree.root, False)]
    while stack:
        each, closing = stack.pop()
        if closing:
            _note_text(tree, each)
            continue
        if not is_shown(each):
            continue
        parent = each.getparent()
        above, above_tags = tree.paths.get(parent, 0), tree.tags.get(parent, 0)
        tree.paths[each] = ids.setdefault((above, shape_of(each)), len(ids) + 1)
        tree.tags[each] = ids.setdefault((above_tags, f"<{_tag_of(each)}"), len(ids) + 1)
        tree.places[each] = len(tree.shown)
        tree.shown.append(each)
        if len(tree.shown) > MOST_ELEMENTS:
            raise ValueError
        stack.append((each, True))
        stack.extend((child, False) for child in reversed(each))


def _note_text(tree: Tree, element: Element) -> None:
    """Note the text of an element whose children are noted already."""
    gap = "" if element.tag in INLINE else " "
    parts: list[str] | None = [gap, element.text or ""]
    length = len(element.text or "")
    for child in element:
        inner = tree.texts.get(child, "")
        length += tree.lengths.get(child, 0) + len(child.tail or "")
        if parts is not None and inner is not None and length <= 4 * LONGEST_KEPT:
            parts += [inner, child.tail or ""]
        else:
            parts = None
    parts = None if parts is None else [*parts, gap]
    tree.lengths[element] = length
    # Blanks at the ends stay until here: they part words of neighbours.
    tree.texts[element] = None if parts is None else "".join(parts)


def _settle(tree: Tree) -> None:
    """Bring all texts that are kept into one line each, once nothing more is made of them."""
    for element, text in tree.texts.items():
        if text is not None:
            line = collapse(text)
            tree.texts[element] = line if len(line) <= LONGEST_KEPT else None
            tree.lengths[element] = len(line)


def ancestors(element: Element) -> Iterator[Element]:
    """The elements around one, the nearest first."""
    above = element.getparent()
    while above is not None:
        yield above
        above = above.getparent()
