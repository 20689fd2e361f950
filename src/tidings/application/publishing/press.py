"""The press: renders values from the state through templates, and counts what it makes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from tidings.application.ports import Renderer
from tidings.application.publishing.catalogue import Catalogue, PublishReport
from tidings.application.publishing.entry_cache import EntryCache
from tidings.application.publishing.scope import Scope
from tidings.core.pages import Page, Placed, Placement
from tidings.errors import FAULTS, TemplateError
from tidings.model import Item, Topic
from tidings.state import Transaction

log = logging.getLogger(__name__)

File = tuple[str, bytes]
Batch = list[File]

IN_MEMORY = 1_000


def folder_of(topic: str) -> str:
    """The folder of a topic, by its slug."""
    return f"topics/{topic}"


class Press:
    """What rendering one publication works with."""

    def __init__(
        self,
        state: Transaction,
        renderer: Renderer,
        catalogue: Catalogue,
        scope: Scope,
        report: PublishReport,
        entries: EntryCache,
    ) -> None:
        self.state = state
        self.renderer = renderer
        self.catalogue = catalogue
        self.frame = replace(catalogue.frame, began=state.began())
        self.scope = scope
        self.report = report
        self.entries = entries
        # What `sitemaps` found: when each file with items last changed. None if it looked at none.
        self.sitemaps: Mapping[int, datetime] | None = None
        self.chosen = [topic for topic in catalogue.topics if topic.slug in scope.topics]
        self._placed: dict[str, Placed] = {}

    @contextmanager
    def apart(self, folder: str) -> Iterator[None]:
        """Make what belongs to one topic or digest: what fails there holds up nothing else."""
        try:
            yield
        except TemplateError as error:
            self.report.failed.setdefault(folder, str(error))
        except FAULTS as fault:
            log.exception("page or feed not made folder=%s", folder)
            self.report.failed.setdefault(folder, f"{type(fault).__name__}: {fault}")

    def placed(self, ids: Sequence[str]) -> list[Placed]:
        """Items with their topics and the reasons, in the order of `ids`.

        Kept for a while: the newest items stand on many pages and in many feeds.
        """
        missing = [item_id for item_id in ids if item_id not in self._placed]
        if len(self._placed) + len(missing) > IN_MEMORY:
            self._placed.clear()
            missing = list(ids)
        items, slugs = self.state.items.get(missing), self.state.topics.of(missing)
        for item_id in missing:
            self._placed[item_id] = self.place(items[item_id], slugs.get(item_id, ()))
        return [self._placed[item_id] for item_id in ids]

    def place(self, item: Item, slugs: Sequence[str]) -> Placed:
        """An item in these topics, with the words that put it there."""
        if not slugs:
            return Placed(item, ())
        evidence = self.catalogue.matcher.classify(item)
        return Placed(
            item,
            tuple(
                Placement(topic, evidence.get(topic.slug, ()))
                for topic in self.catalogue.topics
                if topic.slug in slugs
            ),
        )

    def page(self, template: str, page: Page) -> File:
        """A page as a file."""
        self.report.pages += 1
        return page.path, self.renderer.render(template, {"page": page}).encode()

    def topic(self, slug: str) -> Topic:
        """A topic as configured."""
        return next(topic for topic in self.catalogue.topics if topic.slug == slug)
