"""The next mail of a digest as one recipient would get it, in light or dark colours."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from mimetypes import guess_type
from typing import Literal
from urllib.parse import unquote

from tidings.application import slots
from tidings.application.ports import Clock
from tidings.application.preview import PreviewOutcome, parts, people_of, preview
from tidings.application.renames import as_known
from tidings.core import schedule
from tidings.entrypoints import wiring
from tidings.entrypoints.wiring import Instance
from tidings.errors import TidingsError
from tidings.model import Digest, Recipient, RecipientState, address_key

Scheme = Literal["light", "dark"]

# Bytes. What is larger is no picture for a mail.
LARGEST_IMAGE = 2 * 2**20
_IMAGE = re.compile(r"""(?P<before><img\b[^>]*?\ssrc=(["']))(?P<address>[^"']+)(?P<after>\2)""")
_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_DECLARED = re.compile(r"color-scheme\s*:\s*light dark", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A mail, or why there is none: `standing` as in `Preview`, or `fault` if it cannot be made.

    `due` is when the next edition comes, None if as soon as there is anything new. `kept`: this is
    the last mail that could be made. `number` is that of the edition, 0 without one. `framed` is
    the HTML part with the site's own images in it, for a page that fetches nothing. `people` are on
    the digest, by a list, added or subscribed, and have not left.
    """

    digest: Digest
    person: Recipient | None
    due: datetime | None
    standing: PreviewOutcome = "nothing"
    number: int = 0
    subject: str = ""
    text: str = ""
    html: str = ""
    framed: str = ""
    fault: str = ""
    kept: bool = False
    people: tuple[Recipient, ...] = ()

    @property
    def kilobytes(self) -> int:
        """The size of the HTML part, rounded up."""
        return -(-len(self.html.encode()) // 1000)


def preview_mail(instance: Instance, clock: Clock, digest: Digest, address: str) -> MailPreview:
    """Make the next mail of a digest for somebody who is on it, or with every topic for "".

    If nothing is new, the latest edition is shown, else a specimen. Errors are returned as
    `fault`, not raised.
    """
    zone, due = instance.settings.zone, None
    if digest.cadence.every != "immediate":  # by the cadence alone, should the state not open
        due = schedule.next_slot(digest.cadence, zone, clock.now()).at
    empty = MailPreview(digest, None, due)
    try:
        with wiring.dry_run(instance, clock) as (services, _outlet):
            with services.store.reading() as state:
                due = slots.next_at(state, digest, zone, clock.now())
            digest = as_known(services.settings, digest)
            everybody = people_of(services, digest)
            person = next((each for each in everybody if each.key == address_key(address)), None)
            there = tuple(each for each in everybody if each.state is not RecipientState.LEFT)
            empty = replace(empty, due=due, person=person, people=there)
            found = preview(services, digest, person, again=True)
    except TidingsError as error:
        return replace(empty, fault=str(error))
    if found.message is None or found.edition is None:
        return replace(empty, standing=found.outcome)
    shown = parts(found.message)
    return replace(
        empty,
        standing=found.outcome,
        number=found.edition.number,
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
        framed=with_images(shown.html, instance),
    )


def with_images(page: str, instance: Instance) -> str:
    """The page with the images of the site itself written into it, as far as they are there.

    They are looked for where they will be published from, `templates/assets/`, then in `feeds/`.
    """
    home = instance.settings.site.url.rstrip("/") + "/"

    def written(found: re.Match[str]) -> str:
        address = unescape(found["address"])
        data = _image(instance, unquote(address.removeprefix(home).partition("?")[0]))
        kind = guess_type(address.partition("?")[0])[0] or ""
        if not address.startswith(home) or data is None or not kind.startswith("image/"):
            return found[0]
        return f"{found['before']}data:{kind};base64,{b64encode(data).decode()}{found['after']}"

    return _IMAGE.sub(written, page)


def _image(instance: Instance, path: str) -> bytes | None:
    for place in (instance.root / wiring.OVERRIDES, instance.root / wiring.PUBLISHED):
        file = (place / path).resolve()
        if not file.is_relative_to(place.resolve()):
            continue
        try:
            if file.stat().st_size <= LARGEST_IMAGE:
                return file.read_bytes()
        except OSError:
            continue
    return None


def or_before(now: MailPreview, before: MailPreview | None) -> MailPreview:
    """Replace a mail that cannot be made by the one before, with the fault on it."""
    if not now.fault or before is None or not before.html:
        return now
    return replace(before, fault=now.fault, kept=True)


def in_scheme(html: str, scheme: Scheme) -> str:
    """Fix the colour scheme of a mail, which otherwise follows the browser.

    A media query for `scheme` becomes one that is always true, and one for the other scheme one
    that is never true (Media Queries 4, §2.4: widths are never negative).
    """
    asked = _QUERY.sub(
        lambda found: "(min-width: 0)" if found[1].lower() == scheme else "(max-width: -1px)", html
    )
    return _DECLARED.sub(f"color-scheme: {scheme}", asked).replace(
        'content="light dark"', f'content="{scheme}"'
    )
