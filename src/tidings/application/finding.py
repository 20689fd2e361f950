"""Finding the item that somebody means: by id, by slug, or by how either begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tidings.errors import NoSuchItem
from tidings.model import Item
from tidings.state import Transaction

SHOWN = 5


def find_item(state: Transaction, name: str) -> Item:
    """The item with this id or slug, or the only one with an id or slug that begins so.

    An address of its page does as well. Raises `NoSuchItem`, which says what comes near.
    """
    wanted = _bare(name)
    ids = state.items.named(wanted, SHOWN + 1)
    if len(ids) == 1:
        return state.items.get(ids)[ids[0]]
    if ids:
        raise NoSuchItem(f"{name!r} could be any of these; say more of it:\n{_shown(state, ids)}")
    words = re.findall(r"[a-z0-9]+", wanted)
    # All of its words, or else one of them: the longest say most.
    for some in [words, *([word] for word in sorted(words, key=len, reverse=True))]:
        near = state.items.reminding_of(some, SHOWN) if some else ()
        if near:
            break
    if near:
        raise NoSuchItem(f"there is no item {name!r}; these come near:\n{_shown(state, near)}")
    raise NoSuchItem(
        f"there is no item {name!r}: an item is named by its id, or by its slug, the name of its"
        " page; the beginning of either is enough"
    )


def _bare(name: str) -> str:
    last = name.strip().rsplit("/", 1)[-1]
    return last.removesuffix(".html").casefold()


def _shown(state: Transaction, ids: Sequence[str]) -> str:
    items = state.items.get(ids)
    listed = [f"  {items[item_id].slug}  {items[item_id].title}" for item_id in ids[:SHOWN]]
    return "\n".join([*listed, "  and more"] if len(ids) > SHOWN else listed)
