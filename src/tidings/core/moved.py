"""The page left where something was: it leads to where that is now."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.core.entries import item_path
from tidings.core.pages import Frame, Page, address_of
from tidings.model import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPage(Page):
    """A page that only leads on: `title` is what it was called; `target` is the path of the page
    that it leads to, `target_title` what that is called. `address` is that page's, too. `merged`:
    it has become part of another, rather than changed its address."""

    title: str
    target: str
    target_title: str
    merged: bool


def renamed_page(frame: Frame, path: str, title: str, target: str) -> MovedPage:
    """The page at an old address, `path`, of what is now at `target`."""
    return _moved(frame, path, title, target, title, merged=False)


def merged_page(frame: Frame, item: Item, into: Item) -> MovedPage:
    """The page of an item that was merged into another."""
    return _moved(frame, item_path(item), item.title, item_path(into), into.title, merged=True)


def _moved(
    frame: Frame, path: str, title: str, target: str, target_title: str, *, merged: bool
) -> MovedPage:
    return MovedPage(
        site=frame.site,
        path=path,
        address=address_of(frame, target),
        root="../" * path.count("/"),
        feeds=(),
        digests=frame.digests,
        changed_at=None,
        title=title,
        target=target,
        target_title=target_title,
        merged=merged,
    )
