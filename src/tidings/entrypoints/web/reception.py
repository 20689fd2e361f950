"""What answering needs, joined once: settings, templates, and the state, opened when asked for.

Feeds are served whatever becomes of the state; only what people want of it has to wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from starlette.requests import Request

from tidings.adapters.logs import to_stderr
from tidings.adapters.templates import Templates, language_name
from tidings.application.ports.store import Store
from tidings.application.ports.world import Clock
from tidings.application.subscribe import Limit, mail_waiting
from tidings.core.audience import preferred
from tidings.core.settings import Settings
from tidings.entrypoints import keyed, wiring
from tidings.entrypoints.monitor import ConfigWatcher
from tidings.entrypoints.web.answers import Spoken
from tidings.entrypoints.web.facade import Facade
from tidings.entrypoints.web.postman import Postman
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Digest

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
# So many wishes an hour from one place, and for one digest: enough for an office, not for a flood.
PER_CALLER = 20
PER_DIGEST = 500


class Reception:
    """One instance as it answers over HTTP. May be used from any thread.

    `lend` gives the state of a worker in the same process; without one, the state is opened here.
    """

    def __init__(self, instance: Instance, lend: Callable[[], Store] | None = None) -> None:
        self._facade = Facade.of(instance)
        self.edits = ConfigWatcher(instance)
        self.clock: Clock = wiring.clock()
        self._lend = lend
        self._store: Store | None = None
        self._close: Callable[[], None] = lambda: None
        self._opening = threading.Lock()
        key = wiring.secret(instance)
        self.seal, self.pseudonym = keyed.seal(key), keyed.pseudonyms(key)
        self.per_caller = Limit(PER_CALLER, HOUR)
        self.per_digest = Limit(PER_DIGEST, HOUR)
        self.postman = Postman(self._mail_waiting)

    @property
    def instance(self) -> Instance:
        """The instance as it is in force."""
        return self._facade.instance

    @property
    def settings(self) -> Settings:
        """The settings as they are in force."""
        return self._facade.instance.settings

    @property
    def templates(self) -> Templates:
        """The templates as they are in force."""
        return self._facade.templates

    @property
    def url(self) -> str:
        """Where people reach the service, ending in a slash."""
        return self._facade.url

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What the paths of requests may begin with, when a proxy leaves it on."""
        return self._facade.prefixes

    def look(self) -> None:
        """Follow an edit of the configuration or a template; a bad one changes nothing."""
        if not self.edits.found():
            return
        before = self.settings
        try:
            self.take(wiring.load_instance(self.instance.root, self.instance.environ))
        except TidingsError as error:
            log.error("configuration not taken, the last good one stays in force\n%s", error)
            return
        log.info("configuration taken")
        if self.settings.worker.log != before.worker.log:
            to_stderr(self.settings.worker.log)
        if self.settings.state_path != before.state_path:
            log.warning("state not changed, it is after the next start")

    def take(self, instance: Instance) -> None:
        """Answer as this instance says from now on. Raises `TemplateError`, and changes nothing, if
        what is shown to everybody cannot be rendered."""
        self._facade = Facade.of(instance)

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
    def has_groups(self) -> bool:
        """Whether any list names an address that several people read."""
        return bool(self._facade.groups)

    def is_group(self, address: str) -> bool:
        """Whether several people read that address, so that none of them decides for it."""
        return address.casefold() in self._facade.groups

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
        return self._facade.page(name, spoken, **facts)

    def missing(self, spoken: str) -> Spoken:
        """The page for an address that leads nowhere."""
        return self.page("missing", spoken)

    @property
    def unpublished(self) -> bytes:
        """The same in the language of what is published."""
        return self._facade.unpublished

    @property
    def style(self) -> bytes:
        """The style sheet of the service's pages."""
        return self._facade.style

    def spoken(self, *wanted: str | None) -> str:
        """The first of the languages that are wanted which we speak, else the site's."""
        return self._facade.spoken(*wanted)

    def asked(self, request: Request) -> str | None:
        """The language that a browser asks for, if we speak it."""
        return preferred(request.headers.get("accept-language", ""), self.language_tags)
