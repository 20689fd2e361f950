"""What answering over HTTP needs: the site as it is configured, the state, keys and limits.

Feeds are served whatever becomes of the state; only what people want of it has to wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request

from tidings.adapters.logs import to_stderr
from tidings.adapters.templates import Templates, language_name
from tidings.application import addresses, limits
from tidings.application.announce import mail_host
from tidings.application.ports import Clock
from tidings.application.publish.pages import folder_of
from tidings.application.subscribe import send_confirmations
from tidings.core.audience import first_spoken, group_addresses, preferred
from tidings.core.limits import name as limit_name
from tidings.core.pages.site import service_page
from tidings.core.schedule import has_passed
from tidings.core.settings import Settings
from tidings.entrypoints import wiring
from tidings.entrypoints.monitor import ConfigWatcher as Edits
from tidings.entrypoints.web import letters
from tidings.entrypoints.web.files import policy
from tidings.entrypoints.web.responses import LocalisedPage
from tidings.entrypoints.wiring import Instance
from tidings.errors import StoreError, TidingsError
from tidings.model import Digest, address_key
from tidings.state import Store
from tidings.state.search import SearchIndex

log = logging.getLogger(__name__)

# Seconds after which confirmation mails that could not be sent are tried again.
CONFIRMATIONS_EVERY = 60.0
# Questions a minute from one network: ten people who never stop, and no program that asks for all.
MINUTE = timedelta(minutes=1)
SEARCHES = 600
# Networks of which that is known at a time.
REMEMBERED = 10_000
# Seconds after which an index that is behind is looked at again.
INDEX_EVERY = 60.0
# Seconds: whoever asks for a state so soon after somebody waited in vain for so long hears the same
# at once, lest all that is asked meanwhile wait in a row.
PATIENCE = 1.0
AGAIN_AFTER = 5.0


class RequestLimit:
    """At most `most` times in `within`, for each name on its own; counted in memory, where one
    process serves.

    May be used from any thread.
    """

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._times: OrderedDict[str, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, name: str, now: datetime) -> bool:
        """Count one more time for this name, if that is within the limit."""
        with self._lock:
            times = self._times.pop(name, [])
            times = [each for each in times if not has_passed(self._within, each, now)]
            allowed = len(times) < self._most
            self._times[name] = [*times, now] if allowed else times
            while len(self._times) > REMEMBERED:
                self._times.popitem(last=False)
            return allowed


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """Everything that follows from one configuration, so that an edit is taken whole or not at all.

    `url` is where people reach the service, ending in a slash; `prefixes` are what paths of
    requests may begin with when a proxy leaves it on; `not_found` is the page for an address
    without a file, `style` the style sheet of the service's pages; `groups` are the keys of the
    addresses that several people read; `policy` is what published pages may do; `moved` are
    folders under their old names, with the new.
    """

    instance: Instance
    templates: Templates
    url: str
    prefixes: tuple[str, ...] = ()
    not_found: bytes = b""
    style: bytes = b""
    groups: frozenset[str] = frozenset()
    policy: bytes = b""
    moved: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, instance: Instance) -> SiteSnapshot:
        """The snapshot of an instance. Raises `TemplateError` if a page cannot be rendered."""
        settings = instance.settings
        url = settings.mail.service_url or settings.site.url
        bare = cls(instance, wiring.templates(instance), url)
        paths = (urlsplit(address).path.rstrip("/") for address in (url, settings.site.url))
        return cls(
            instance,
            bare.templates,
            url,
            prefixes=tuple(path for path in paths if path),
            not_found=bare.page("missing", bare.language()).body,
            style=bare.templates.text("web/service.css"),
            groups=group_addresses(settings.lists),
            policy=policy(
                _elsewhere(url, settings.site.url), remote_images=settings.site.remote_images
            ),
            moved={
                folder_of(old): folder_of(topic.slug)
                for topic in settings.topics
                for old in topic.was
            },
        )

    @property
    def settings(self) -> Settings:
        """The settings of the instance."""
        return self.instance.settings

    def page(self, name: str, language: str, **context: object) -> LocalisedPage:
        """Render `web/NAME.html.j2` in a language."""
        contact = self.settings.mail.reply_to or self.settings.site.author.email
        context = {"page": service_page(self.settings.site, self.url, contact), **context}
        page = self.templates.render(f"web/{name}.html.j2", context, language)
        return LocalisedPage(page.encode("utf-8"), language)

    def language(self, *wanted: str | None) -> str:
        """The first wanted language that there are words for, else the site's."""
        return first_spoken((*wanted, self.settings.site.language), self.templates.languages)

    def browser_language(self, request: Request) -> str | None:
        """The language that a browser asks for, if there are words for it."""
        return preferred(request.headers.get("accept-language", ""), self.templates.languages)

    def language_for(self, request: Request, wanted: str | None = None) -> str:
        """The language to answer in: the wanted one, else the browser's, else the site's."""
        return self.language(wanted, self.browser_language(request))

    @property
    def language_choices(self) -> tuple[tuple[str, str], ...]:
        """The languages of mail with their own names; empty where there is no choice."""
        tags = self.templates.languages
        return tuple((tag, language_name(tag)) for tag in tags) if len(tags) > 1 else ()

    @property
    def open(self) -> tuple[Digest, ...]:
        """The digests that everybody may subscribe to."""
        return tuple(each for each in self.settings.digests if each.subscribe)

    def digest(self, slug: str) -> Digest | None:
        """A digest by its slug, also that of one which has become part of it; else by a name that
        it has or had."""
        digests = self.settings.digests
        by_name = (each for each in digests if slug == each.called or slug in each.was)
        return next((each for each in digests if slug in each.slugs), next(by_name, None))

    def is_group(self, address: str) -> bool:
        """Whether several people read that address, so that none of them decides for it."""
        return address_key(address) in self.groups


def _elsewhere(url: str, site: str) -> str:
    """The origin of an address, if it is another than the site's; else ""."""
    there, here = urlsplit(url), urlsplit(site)
    same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
    return "" if same else f"{there.scheme}://{there.netloc}"


class Repeater:
    """A thread that calls `work` when it is woken and every `every` seconds.

    It begins with the first call of `wake`, and also after `stop`.
    """

    def __init__(self, name: str, work: Callable[[], None], every: float) -> None:
        self._name = name
        self._work = work
        self._every = every
        self._change = threading.Condition()
        self._woken = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There is something to do."""
        with self._change:
            self._woken = True
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._change.notify_all()

    def stop(self) -> None:
        """Do what it was woken for, then end."""
        with self._change:
            thread, self._thread = self._thread, None
            self._stopping = True
            self._change.notify_all()
        if thread:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._woken and not self._stopping:
                    self._change.wait(self._every)
                if self._stopping and not self._woken:
                    return
                self._woken = False
            self._work()


class AppState:
    """One instance as it answers over HTTP. May be used from any thread.

    `site` is the configuration in force. `lend` gives the state of a worker in the same process;
    without one, the state is opened when it is first needed.
    """

    def __init__(self, instance: Instance, lend: Callable[[], Store] | None = None) -> None:
        self.clock: Clock = wiring.clock()
        self._lend = lend
        self._store: Store | None = None
        self._close: Callable[[], None] = lambda: None
        self.site = SiteSnapshot.of(self._with_people(instance))
        self.edits = Edits(instance)
        self._opening = threading.Lock()
        self._in_vain: tuple[float, StoreError] | None = None
        self.signer = wiring.signer(instance)
        # Where the figures are served by themselves, for as long as this runs; "" for nowhere.
        self.metrics_at = instance.settings.worker.metrics or ""
        self.searches = RequestLimit(SEARCHES, MINUTE)
        self.confirmations = Repeater(
            "confirmations", self._send_confirmations, CONFIRMATIONS_EVERY
        )
        self._closing = False
        self.index = SearchIndex(instance.state_path)
        self.indexing = Repeater("search", self._fill_index, INDEX_EVERY)

    def _with_people(self, instance: Instance) -> Instance:
        """An instance with the people on its lists, from the state as far as it has them."""
        if instance.begun is None:
            return instance
        try:
            opened = wiring.open_state(instance)
        except StoreError:  # which is told once it is needed
            return wiring.load_instance(instance.root, instance.environ)
        self._store, self._close = opened, opened.close
        return wiring.follow(instance, opened)

    def look(self) -> None:
        """Take an edited configuration or template; a bad one is logged and changes nothing."""
        if not self.edits.found():
            return
        before = self.site.instance
        try:
            people = self._store is None
            self.take(wiring.load_instance(before.root, before.environ, people=people))
        except TidingsError as error:
            log.error("configuration not loaded, the last good one stays in use\n%s", error)
            return
        log.info("configuration loaded")
        settings = self.site.settings
        if settings.worker.log != before.settings.worker.log:
            to_stderr(settings.worker.log)
        if settings.state != before.settings.state:
            log.warning("state file not changed, that needs a restart")
        if (settings.worker.metrics or "") != self.metrics_at:
            log.warning("address of metrics not changed, that needs a restart")

    def take(self, instance: Instance) -> None:
        """Answer as this instance says from now on.

        Raises `TemplateError`, and changes nothing, if a page of it cannot be rendered.
        """
        if self._store:
            instance = wiring.follow(instance, self._store)
        self.site = SiteSnapshot.of(instance)

    def known_site(self) -> SiteSnapshot:
        """The site, its digests in the terms of the state if that can be asked: links that were
        mailed name them so."""
        with suppress(StoreError):
            self.store()
        return self.site

    def store(self) -> Store:
        """The state. Raises `StoreError` as long as it cannot be used."""
        with self._opening:
            if self._store is None:
                if self._lend:
                    self._store = self._lend()
                else:
                    opened = self._open()
                    self._store, self._close = opened, opened.close
                # Machines that count together, or judge each other's forms, go by one clock.
                self.clock = self._store.clock() or self.clock
                self.take(self.site.instance)
            return self._store

    def _open(self) -> Store:
        began = time.monotonic()
        if self._in_vain and began < self._in_vain[0]:
            raise self._in_vain[1]
        try:
            return wiring.open_state_beside(self.site.instance)
        except StoreError as error:
            now = time.monotonic()
            self._in_vain = (now + AGAIN_AFTER, error) if now - began > PATIENCE else None
            raise

    @property
    def on_server(self) -> bool:
        """Whether a server keeps the state, so that other machines may serve from it, too."""
        return not self.site.settings.state_path

    def may_search(self, network: str) -> bool:
        """Count one more question from a network; False if it has asked too often, whichever
        machine it asked. Raises `StoreError`."""
        now = self.clock.now()
        if not self.on_server:
            return self.searches.allows(network, now)
        name = limit_name(self.key, "search", network)
        with self.store().sharing() as state:
            return state.limits.count(name, MINUTE, now) <= SEARCHES

    @property
    def key(self) -> bytes:
        """The instance's root secret. Raises `StoreError` as long as the state cannot be used."""
        return wiring.root_secret(self.site.instance, self.store())

    def close(self) -> None:
        """Send what waits, then let go of the state if it was opened here."""
        self.confirmations.stop()
        self._closing = True
        self.indexing.stop()
        self.index.close()
        with self._opening:
            self._close()
            self._store, self._close = None, lambda: None

    def _fill_index(self) -> None:
        """Take in all that was published, a portion at a time; what is left when the server ends,
        the next one takes in."""
        current = None
        try:
            while not current and not self._closing:
                with self.store().reading() as state:
                    languages = self.site.settings.languages
                    current = self.index.follow(state, languages, patiently=True)
        except TidingsError as error:
            log.warning('search index not brought up to date reason="%s"', error)

    def _send_confirmations(self) -> None:
        site = self.known_site()
        try:
            store, settings = self.store(), site.settings
            limits.forget(store, self.clock.now())
            addresses.forget(store, self.clock.now())
            transport = wiring.transport(site.instance)
            with store.reading() as state:
                host = mail_host(state, settings.site)
            joined = (site.instance, store, site.templates, site.url, host)
            compose = letters.confirmation_mail(*joined)
            known_as = wiring.known_as(site.instance)
            sent = send_confirmations(store, transport, settings, compose, self.clock, known_as)
            about = letters.address_mail(*joined)
            sent += addresses.send_mails(store, transport, settings, about, self.clock, known_as)
        except TidingsError as error:
            log.warning('confirmations not sent reason="%s"', error)
            return
        if sent:
            log.info("confirmations sent sent=%d", sent)
