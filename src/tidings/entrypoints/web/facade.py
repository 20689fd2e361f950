"""What an instance shows to everybody, made whole from one configuration: so that an edit is taken
as a whole, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tidings.adapters.templates import Templates
from tidings.core.audience import group_addresses
from tidings.core.languages import first_spoken
from tidings.core.pages.site import service_page
from tidings.entrypoints import wiring
from tidings.entrypoints.web.answers import Spoken
from tidings.entrypoints.wiring import Instance


@dataclass(frozen=True, slots=True)
class Facade:
    """An instance, its templates, and what follows from both.

    `prefixes` are what the paths of requests may begin with, `unpublished` is the page for what is
    not there, `style` the style sheet of the service's pages; `groups` are the keys of the
    addresses that several people read.
    """

    instance: Instance
    templates: Templates
    url: str
    prefixes: tuple[str, ...] = ()
    unpublished: bytes = b""
    style: bytes = b""
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instance: Instance) -> Facade:
        """The facade of an instance. Raises `TemplateError` if it cannot be rendered."""
        settings = instance.settings
        url = settings.mail.service_url or settings.site.url
        bare = cls(instance, wiring.templates(instance), url)
        paths = (urlsplit(address).path.rstrip("/") for address in (url, settings.site.url))
        return cls(
            instance,
            bare.templates,
            url,
            prefixes=tuple(path for path in paths if path),
            unpublished=bare.page("missing", bare.spoken()).body,
            style=bare.templates.text("web/service.css"),
            groups=group_addresses(settings.lists),
        )

    def page(self, name: str, spoken: str, **facts: object) -> Spoken:
        """Render `web/NAME.html.j2` in a language."""
        settings = self.instance.settings
        contact = settings.mail.reply_to or settings.site.author.email
        context = {"page": service_page(settings.site, self.url, contact), **facts}
        page = self.templates.render(f"web/{name}.html.j2", context, spoken)
        return Spoken(page.encode("utf-8"), spoken)

    def spoken(self, *wanted: str | None) -> str:
        """The first of the languages that are wanted which we speak, else the site's."""
        own = self.instance.settings.site.language
        return first_spoken((*wanted, own), self.templates.languages)
