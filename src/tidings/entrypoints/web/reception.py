"""What answering needs, joined once: settings, templates, and the state, opened when asked for.

Feeds are served whatever becomes of the state; only what people want of it has to wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from starlette.requests import Request

from tidings.adapters.templates import language_name
from tidings.application.limits import Limit
from tidings.application.ports.store import Store
from tidings.application.ports.world import Clock
from tidings.application.subscribing import mail_waiting
from tidings.core.languages import first_spoken, preferred
from tidings.core.service_pages import service_page
from tidings.core.settings import Settings
from tidings.entrypoints import keyed, wiring
from tidings.entrypoints.web.answers import Spoken
from tidings.entrypoints.web.postman import Postman
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Digest

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=5)
# So many wishes an hour from one place, and for one digest: enough for an office, not for a flood.
PER_CALLER = 20
PER_DIGEST = 500


class Reception:
    """One instance as it answers over HTTP. May be used from any thread.

    `lend` gives the state of a worker in the same process; without one, the state is opened here.
    """

    def __init__(self, instance: Instance, lend: Callable[[], Store] | None = None) -> None:
        self.instance = instance
        self.clock: Clock = wiring.clock()
        self.templates = wiring.templates(instance)
        self._lend = lend
        self._store: Store | None = None
        self._close: Callable[[], None] = lambda: None
        self._opening = threading.Lock()
        self._looking = threading.Lock()
        self._looked: datetime | None = None
        self._stamps: Mapping[Path, tuple[int, int]] | None = None
        self.seal = keyed.seal(wiring.secret(instance))
        self.per_caller = Limit(PER_CALLER, HOUR)
        self.per_digest = Limit(PER_DIGEST, HOUR)
        self.postman = Postman(self._mail_waiting)

    @property
    def settings(self) -> Settings:
        """The settings as they are in force."""
        return self.instance.settings

    @property
    def url(self) -> str:
        """Where people reach the service, ending in a slash."""
        return self.settings.mail.service_url or self.settings.site.url

    def refresh(self) -> None:
        """Follow an edit of the configuration or a template; a bad one changes nothing."""
        with self._looking:
            now = self.clock.now()
            if self._looked and timedelta() <= now - self._looked < LOOK_EVERY:
                return
            self._looked, before = now, self._stamps
            self._stamps = wiring.watched(self.instance)
            if before in (None, self._stamps):
                return
            try:
                instance = wiring.load_instance(self.instance.root, self.instance.environ)
                templates = wiring.templates(instance)
            except TidingsError as error:
                log.error("configuration not taken, the last good one stays in force\n%s", error)
                return
            self.instance, self.templates = instance, templates
            for made in ("unpublished", "style"):
                self.__dict__.pop(made, None)

    def store(self) -> Store:
        """The state. Raises `StoreError` as long as it cannot be used."""
        with self._opening:
            if self._store is None:
                if self._lend:
                    self._store = self._lend()
                else:
                    opened = wiring.open_state(self.instance)
                    self._store, self._close = opened, opened.close
            return self._store

    @property
    def open(self) -> tuple[Digest, ...]:
        """The digests that everybody may join."""
        return tuple(each for each in self.settings.digests if each.subscribe)

    def open_digest(self, slug: str) -> Digest | None:
        """A digest that everybody may join, by its name."""
        return next((each for each in self.open if each.slug == slug), None)

    def digest(self, slug: str) -> Digest | None:
        """A digest by its name."""
        return next((each for each in self.settings.digests if each.slug == slug), None)

    @property
    def language_tags(self) -> tuple[str, ...]:
        """The languages that mail speaks."""
        return self.templates.languages

    @property
    def languages(self) -> tuple[tuple[str, str], ...]:
        """The same with their own names, to choose from; empty where there is no choice."""
        tags = self.language_tags
        return tuple((tag, language_name(tag)) for tag in tags) if len(tags) > 1 else ()

    def _mail_waiting(self) -> int:
        key, sender = wiring.secret(self.instance), wiring.sender(self.settings)
        how = keyed.confirming(self.settings, key, sender, self.templates, self.url)
        return mail_waiting(self.store(), wiring.transport(self.instance), how, self.clock)

    def close(self) -> None:
        """Let go of the state, if it was opened here."""
        self.postman.stop()
        with self._opening:
            self._close()
            self._store, self._close = None, lambda: None

    def page(self, name: str, spoken: str, **facts: object) -> Spoken:
        """Render `web/NAME.html.j2` in a language."""
        context = {"page": service_page(self.settings.site, self.url), **facts}
        page = self.templates.render(f"web/{name}.html.j2", context, spoken)
        return Spoken(page.encode("utf-8"), spoken)

    def missing(self, spoken: str) -> Spoken:
        """The page for an address that leads nowhere."""
        return self.page("missing", spoken)

    @cached_property
    def unpublished(self) -> bytes:
        """The same in the language of what is published."""
        return self.missing(self.spoken()).body

    def spoken(self, *wanted: str | None) -> str:
        """The first of the languages that are wanted which we speak, else the site's."""
        return first_spoken((*wanted, self.settings.site.language), self.language_tags)

    def asked(self, request: Request) -> str | None:
        """The language that a browser asks for, if we speak it."""
        return preferred(request.headers.get("accept-language", ""), self.language_tags)

    @cached_property
    def style(self) -> bytes:
        """The style sheet of the service's pages."""
        return self.templates.text("web/service.css")
