"""The page left where something was: it leads to where that is now."""

from __future__ import annotations

from dataclasses import dataclass

from tidings.core.entries import item_path
from tidings.core.pages import Frame, Page
from tidings.model import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPage(Page):
    """A page that only leads on: `title` is what it was called; `target` is the path of the page
    that it leads to, `target_title` what that is called. `address` is that page's, too."""

    title: str
    target: str
    target_title: str


def moved_page(frame: Frame, path: str, title: str, target: str, target_title: str) -> MovedPage:
    """The page at `path`, which leads to the one at `target`."""
    return MovedPage(
        site=frame.site,
        path=path,
        address=f"{frame.site.url.rstrip('/')}/{target}",
        root="../" * path.count("/"),
        feeds=(),
        digests=frame.digests,
        changed_at=None,
        title=title,
        target=target,
        target_title=target_title,
    )


def merged_page(frame: Frame, item: Item, into: Item) -> MovedPage:
    """The page of an item that was merged into another."""
    return moved_page(frame, item_path(item), item.title, item_path(into), into.title)
