"""Candidate listings of a page: elements that may be titles, and the record around each of them.

Elements are candidates together if the way to them from the root is the same. The record of a title
is the largest part of the page that holds no other title of its group; where titles are siblings of
their dates and texts, it is what stands between one title and the next.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tidings.core.listings.html.tree import (
    HEADINGS,
    INLINE,
    Element,
    Tree,
    ancestors,
)
from tidings.core.listings.text import has_words

_LONGEST: Final = 320  # characters of a title
_MOST_GROUPS: Final = 160
_MOST_TITLES: Final = 2_000
_TITLED: Final = (*HEADINGS, "a", "strong", "b", "dt", "td", "th", "span", "div", "p", "li", "em",
                  "summary", "cite", "font", "u", "i", "big", "time", "dd", "label", "caption",
                  "figcaption", "address", "blockquote", "legend")  # fmt: skip
_ITEMS: Final = frozenset(("article", "li", "tr", "dl"))
_SECTIONS: Final = frozenset(
    ("main", "body", "html", "nav", "header", "footer", "aside", "table", "tbody", "ul", "ol")
)
_LONGEST_RECORD: Final = 6_000
_LONGEST_DAY: Final = 80
_MOSTLY: Final = 0.75
_CHANGED = re.compile(r"updat|modif|changed|expire|deadline|closing", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """The parts of a page that say one entry, in their order; `title` stands in one of them."""

    title: Element
    parts: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Titles that are made alike, with their records. `flat` if parts of records are siblings."""

    records: tuple[Record, ...]
    key: int
    flat: bool = False


def groups(tree: Tree) -> list[Group]:
    """The candidates of a page, those with most to show first."""
    found: dict[tuple[Element, ...], Group] = {}
    numbers = _numbers(tree)
    ways: tuple[Callable[[Element], Hashable], ...] = (
        tree.paths.__getitem__,
        tree.tags.__getitem__,
        lambda element: (tree.tags[element], numbers[element]),
        lambda element: (tree.tags[element], _list_of(element)),
    )
    for way in ways:
        for titles in _alike(tree, way):
            if way is not ways[0] and _is_mixed(tree, titles):
                continue
            if tuple(titles) not in found and not _is_wrapped(tree, titles):
                found[tuple(titles)] = Group((), tree.tags[titles[0]])
    ranked = sorted(found, key=lambda titles: -_weight(tree, titles))[:_MOST_GROUPS]
    return [_grouped(tree, titles, found[titles].key) for titles in ranked]


def _weight(tree: Tree, titles: Sequence[Element]) -> int:
    return sum(min(tree.lengths[title], 100) for title in titles)


def _alike(tree: Tree, way: Callable[[Element], Hashable]) -> Iterator[list[Element]]:
    """Elements that are reached in the same way, in their order."""
    by_way: dict[Hashable, list[Element]] = defaultdict(list)
    for element in tree.shown:
        if element.tag in _TITLED and _may_be_title(tree, element):
            by_way[way(element)].append(element)
    for titles in by_way.values():
        alone = len(titles) == 1 and not _may_stand_alone(titles[0])
        if not alone and len(titles) <= _MOST_TITLES:
            yield titles


def _is_mixed(tree: Tree, titles: Sequence[Element]) -> bool:
    """Whether most titles have the same classes around them, and a few have others: these are of
    another part of the page."""
    most = max(Counter(tree.paths[title] for title in titles).values())
    return _MOSTLY * len(titles) <= most < len(titles)


def _numbers(tree: Tree) -> Mapping[Element, int]:
    """Which of its siblings of the same tag each element is that is shown."""
    found: dict[Element, int] = {}
    parents = dict.fromkeys(element.getparent() for element in tree.shown)
    for parent in parents:
        before: Counter[str] = Counter()
        for child in parent if parent is not None else ():
            found[child] = before[child.tag]
            before[child.tag] += 1
    return {element: found.get(element, 0) for element in tree.shown}


def _list_of(element: Element) -> Element | None:
    """The list or table that an element stands in."""
    for each in (element, *ancestors(element)):
        if each.tag in ("li", "tr", "dt", "dd", "article"):
            return each.getparent()
    return None


def _may_be_title(tree: Tree, element: Element) -> bool:
    text = tree.texts.get(element)
    if text is None or not 1 < len(text) <= _LONGEST or not has_words(text):
        return False
    return len(element) == 0 or not _has_blocks(tree, element)


def _has_blocks(tree: Tree, element: Element) -> bool:
    """Whether an element says its text in several blocks, such as a title and what is below it."""
    # A block that is not all of it stands beside something else.
    blocks = (each for each in element.iter() if each.tag not in INLINE and each in tree.paths)
    return any(tree.lengths[each] and tree.texts[each] != tree.texts[element] for each in blocks)


def _may_stand_alone(element: Element) -> bool:
    """Whether an element that nothing is like may be the title of a list of one."""
    chain = [element, *ancestors(element)][:4]
    return any(each.tag in HEADINGS for each in chain) or (
        element.tag == "a" and any(each.tag in _ITEMS for each in ancestors(element))
    )


def _is_wrapped(tree: Tree, titles: Sequence[Element]) -> bool:
    """Whether what is around each says nothing else, and makes as good a group."""
    above = [title.getparent() for title in titles]
    same = all(
        tree.texts.get(outer) == tree.texts[title] and outer.tag in _TITLED
        for outer, title in zip(above, titles, strict=True)
    )
    alike = len({tree.paths.get(each) for each in above}) == 1
    return same and alike and not any(t.tag == "a" or t.tag in HEADINGS for t in titles)


# --- Records --------------------------------------------------------------------------------------


def _grouped(tree: Tree, titles: Sequence[Element], key: int) -> Group:
    if len(titles) == 1:
        whole = _alone(tree, titles[0])
        return Group((Record(titles[0], (whole,)),), key)
    held: dict[Element, int] = defaultdict(int)
    for title in titles:
        for each in (title, *ancestors(title)):
            held[each] += 1
    tops = [_top(title, held) for title in titles]
    records: list[Record] = []
    flat = False
    among = set(tops)
    for at, (title, top) in enumerate(zip(titles, tops, strict=True)):
        behind = _behind(tree, top, among)
        if at + 1 == len(tops):
            behind = _like_others(behind, records)
        flat = flat or bool(behind)
        records.append(Record(title, (top, *behind)))
    return Group(tuple(records), key, flat)


def _top(title: Element, held: Mapping[Element, int]) -> Element:
    top = title
    while (above := top.getparent()) is not None and held[above] == 1:
        top = above
    return top


def _behind(tree: Tree, top: Element, among: set[Element]) -> list[Element]:
    """The siblings behind a part, up to the next record or a heading that is not below it."""
    found: list[Element] = []
    level = _level(top)
    sibling = top.getnext()
    while sibling is not None and sibling not in among:
        if sibling in tree.paths and not _holds(sibling, among):
            if 0 < _level(sibling) <= level or sibling.tag in ("nav", "footer", "aside", "form"):
                break
            found.append(sibling)
        elif sibling in tree.paths:
            break
        sibling = sibling.getnext()
    return found


def _like_others(behind: Sequence[Element], records: Sequence[Record]) -> list[Element]:
    """Of what stands behind the last record, as much as is made like what stands behind others: the
    rest is the foot of the list."""
    tags = {part.tag for record in records for part in record.parts[1:]}
    most = max((len(record.parts) - 1 for record in records), default=0)
    kept: list[Element] = []
    for each in behind[:most]:
        if each.tag not in tags:
            break
        kept.append(each)
    return kept


def _holds(element: Element, among: set[Element]) -> bool:
    return any(each in among for each in element.iter())


def _level(element: Element) -> int:
    return HEADINGS.index(element.tag) + 1 if element.tag in HEADINGS else 0


def _alone(tree: Tree, title: Element) -> Element:
    """The record of a title that nothing is like: what is around it, up to another heading."""
    top = title
    for above in ancestors(title):
        within = any(each.tag in _ITEMS for each in ancestors(above))
        if above.tag in _SECTIONS and not (within and above.tag in ("header", "footer")):
            break
        if tree.lengths.get(above, 0) > _LONGEST_RECORD:
            break
        own = title.tag in HEADINGS or any(each.tag in HEADINGS for each in title.iter())
        others = sum(1 for each in above.iter(*HEADINGS) if each in tree.paths)
        if others > (1 if own or any(e.tag in HEADINGS for e in ancestors(title)) else 0):
            break
        top = above
        if above.tag in _ITEMS:
            break
    return top


# --- What a record says ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a record that a page shows in one place; `text` may be a part of the element's."""

    element: Element
    text: str


def blocks_of(tree: Tree, record: Record) -> list[Block]:
    """What a record says beside its title: each line of text; of a line whose parts have no words
    between them, such as a date beside a rubric, each part."""
    found: list[Block] = []
    run: list[tuple[Element, str, bool]] = []

    def flush() -> None:
        said = [piece for piece in run if any(sign.isalnum() for sign in piece[1])]
        if any(own for _, _, own in said):
            joined = " ".join("".join(text for _, text, _ in run).split())
            found.append(Block(run[0][0] if len(run) == 1 else said[0][0], joined))
        else:
            found.extend(Block(each, " ".join(text.split())) for each, text, _ in said)
        run.clear()

    for kind, element, text in _walked(tree, record):
        if kind == "flush":
            flush()
        else:
            run.append((element, text, kind == "own"))
    flush()
    return found


def is_change(element: Element) -> bool:
    """Whether an element says when something else than the publication was, or will be."""
    return bool(_CHANGED.search(f"{element.get('class') or ''} {element.get('itemprop') or ''}"))


def _walked(tree: Tree, record: Record) -> Iterator[tuple[str, Element, str]]:
    """The pieces of a record in order: text of its own, whole inline elements, and line ends."""
    stack: list[tuple[str, Element, str]] = [("enter", each, "") for each in reversed(record.parts)]
    while stack:
        kind, element, text = stack.pop()
        if kind != "enter":
            yield kind, element, text
            continue
        if element not in tree.paths:
            continue
        breaks = element.tag not in INLINE or element is record.title
        if element is record.title or element.tag == "br" or _is_told_change(tree, element):
            yield "flush", element, ""
            continue
        if not breaks and _is_piece(tree, element, record.title):
            yield "piece", element, tree.text(element)
            continue
        below: list[tuple[str, Element, str]] = [("own", element, element.text or "")]
        for child in element:
            below.append(("enter", child, ""))
            below.append(("own", element, child.tail or ""))
        if breaks:
            below = [("flush", element, ""), *below, ("flush", element, "")]
        stack.extend(reversed(below))


def _is_told_change(tree: Tree, element: Element) -> bool:
    return element.tag in INLINE and tree.lengths[element] < _LONGEST_DAY and is_change(element)


def _is_piece(tree: Tree, element: Element, title: Element) -> bool:
    """Whether an inline element is one text: nothing in it is the title, a block, or a part."""
    for each in element.iter():
        within = each is not element and each in tree.paths
        if each is title or (within and (each.tag not in INLINE or _is_told_change(tree, each))):
            return False
    return not is_several(tree, element)


def is_several(tree: Tree, element: Element) -> bool:
    """Whether no words stand between the children of an element, of which there are several."""
    children = [child for child in element if child in tree.paths and tree.lengths.get(child)]
    if len(children) < 2:
        return False
    between = "".join([element.text or "", *(child.tail or "" for child in element)])
    return not any(sign.isalnum() for sign in between)
