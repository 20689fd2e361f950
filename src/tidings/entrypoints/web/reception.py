"""What answering needs, joined once: settings, templates, and the state, opened when asked for.

Feeds are served whatever becomes of the state; only what people want of it has to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property

from tidings.application.ports.store import Store
from tidings.application.ports.world import Clock
from tidings.core.service_pages import service_page
from tidings.core.settings import Settings
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance


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

    @property
    def settings(self) -> Settings:
        """The settings as they are in force."""
        return self.instance.settings

    @property
    def url(self) -> str:
        """Where people reach the service, ending in a slash."""
        return self.settings.site.url

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

    def close(self) -> None:
        """Let go of the state, if it was opened here."""
        with self._opening:
            self._close()
            self._store, self._close = None, lambda: None

    def page(self, name: str, **facts: object) -> bytes:
        """Render `web/NAME.html.j2`."""
        context = {"page": service_page(self.settings.site, self.url), **facts}
        return self.templates.render(f"web/{name}.html.j2", context).encode("utf-8")

    @cached_property
    def missing(self) -> bytes:
        """The page for an address that leads nowhere."""
        return self.page("missing")

    @cached_property
    def style(self) -> bytes:
        """The style sheet of the service's pages."""
        return self.templates.text("web/service.css")
