"""What making the files of one publication works with: the state, the settings, the templates."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tidings.application.ports import Renderer
from tidings.application.publish.plan import PublishPlan, PublishReport
from tidings.core.pages.items import ClassifiedItem, TopicMatch
from tidings.core.pages.site import Page, site_context
from tidings.core.settings import Settings
from tidings.core.topics import Matcher
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


class PageRenderer:
    """Renders values from the state through templates, and counts what it makes in `report`."""

    def __init__(
        self,
        state: Transaction,
        templates: Renderer,
        settings: Settings,
        plan: PublishPlan,
        report: PublishReport,
    ) -> None:
        self.state = state
        self.templates = templates
        self.settings = settings
        self.context = site_context(settings, state.began())
        self.plan = plan
        self.report = report
        self._matcher = Matcher(settings.topics, settings.aliases)
        self._classified: dict[str, ClassifiedItem] = {}

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

    def classified(self, ids: Sequence[str]) -> list[ClassifiedItem]:
        """Items with their topics and the reasons, in the order of `ids`.

        Kept for a while: the newest items stand on many pages.
        """
        missing = [item_id for item_id in ids if item_id not in self._classified]
        if len(self._classified) + len(missing) > IN_MEMORY:
            self._classified.clear()
            missing = list(ids)
        items, slugs = self.state.items.get(missing), self.state.topics.of(missing)
        for item_id in missing:
            self._classified[item_id] = self.classify(items[item_id], slugs.get(item_id, ()))
        return [self._classified[item_id] for item_id in ids]

    def classify(self, item: Item, slugs: Sequence[str]) -> ClassifiedItem:
        """An item in these topics, with the words that put it there."""
        evidence = self._matcher.classify(item) if slugs else {}
        topics = (topic for topic in self.settings.topics if topic.slug in slugs)
        return ClassifiedItem(
            item, tuple(TopicMatch(topic, evidence.get(topic.slug, ())) for topic in topics)
        )

    def page(self, template: str, page: Page) -> File:
        """A page as a file."""
        self.report.pages += 1
        return page.path, self.templates.render(template, {"page": page}).encode()

    def topic(self, slug: str) -> Topic:
        """A topic as configured."""
        return next(topic for topic in self.settings.topics if topic.slug == slug)
