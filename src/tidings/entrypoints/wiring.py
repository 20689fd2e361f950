"""Joins everything: what is read, remembered, made and sent by one instance.

What every verb needs is imported at the top; what renders, sends or signs only where it is asked
for, since `check` and `status` start without it in half the time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from tidings import state as states
from tidings.adapters.clock import StoppedClock, SystemClock, TokenBucket
from tidings.adapters.config import Begun, begin, config_files, load, put_away
from tidings.adapters.seeds import RefusedError, as_stat, whole
from tidings.core.audience import with_choices
from tidings.core.incidents import SITE_ID
from tidings.entrypoints.reading import recording, seeds
from tidings.errors import SeedError, StoreError, TidingsError
from tidings.model import RecipientState, SeedStat
from tidings.state import Place, RollbackGuard, Server, Store
from tidings.state.health import LATEST, ROOT_SECRET, copy_of

if TYPE_CHECKING:
    from tidings.adapters.outlet.dry_run import DryRunOutlet
    from tidings.adapters.signing import Signer
    from tidings.adapters.templates import Templates
    from tidings.application.edit import Editor
    from tidings.application.ports import (
        Clock,
        MadePicture,
        PictureFolder,
        Services,
        Transport,
        UnmadePicture,
    )
    from tidings.application.renames import Stranded
    from tidings.core.settings import Settings
    from tidings.model import Digest, Item, PendingSubscription, Problem, Recipient
    from tidings.state import Transaction
    from tidings.state.addresses import AddressChange

log = logging.getLogger(__name__)

PUBLISHED = "feeds"
OVERRIDES = "templates"
GUARD_FILE = ".tidings-witness"

# --- The instance, and its configuration --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance's folder and its settings, checked."""

    root: Path
    settings: Settings
    environ: Mapping[str, str]
    # As long as the people on lists that are kept in tables have not been asked for.
    begun: Begun | None = None

    @property
    def state(self) -> Place:
        """Where the state is kept. Raises `ConfigError` if the password to it cannot be read."""
        if self.settings.state_path:
            return self.state_path
        from tidings.adapters.passwords import password

        return Server(self.settings.state, password("TIDINGS_STATE_PASSWORD", self.environ))

    @property
    def state_path(self) -> Path:
        """The state file; where it would be, if a server keeps the state."""
        return self.root / (self.settings.state_path or "state/tidings.db")

    @property
    def outbox(self) -> Path:
        """Where the `file:` transport writes."""
        return self.root / self.settings.mail.transport.removeprefix("file:")


def load_instance(root: Path, environ: Mapping[str, str], *, people: bool = True) -> Instance:
    """Read an instance's configuration. Raises `ConfigError` with everything that is wrong.

    Without `people`, those who are on lists that are kept in tables are left for `follow`, which
    has to be asked before anybody asks for them, and raises `ConfigError`, too.
    """
    known = languages(root)
    if not people and (begun := begin(root, environ, known)):
        instance = Instance(root, begun.settings, environ, begun)
        # What is wrong with a list is told before a state is made.
        if not begun.settings.state_path or instance.state_path.exists():
            return instance
    return Instance(root, load(root, environ, known, unreadable=True), environ)


def languages(root: Path) -> tuple[str, ...]:
    """The languages that an instance has words for, ours and its own, English first."""
    # Without the adapter, which takes the library along: every verb asks.
    ours = (each.name for each in (files("tidings") / "locale").iterdir() if each.is_dir())
    own = (each.stem for each in (root / OVERRIDES / "locale").glob("*.po"))
    tags = {name.replace("_", "-") for name in (*ours, *own)}
    return ("en", *sorted(tags - {"en"}))


def watched(instance: Instance) -> Mapping[Path, tuple[int, int]]:
    """The files that decide how the instance works, each with its size and modification time."""
    paths = [*config_files(instance.root), *(instance.root / OVERRIDES).rglob("*")]
    stats = {file: file.stat() for file in paths if file.is_file()}
    return {file: (stat.st_size, stat.st_mtime_ns) for file, stat in stats.items()}


def clock(fixed: datetime | None = None) -> Clock:
    """The present, or an instant that stays."""
    return StoppedClock(fixed.astimezone(UTC)) if fixed else SystemClock()


# --- The state ------------------------------------------------------------------------------------


def open_state(instance: Instance) -> Store:
    """Open the state for writing, creating it at first use.

    Raises `StoreError` if it is not the state that readers have seen.
    """
    store = states.open_store(instance.state, rollback_guard(instance))
    if before := store.upgraded_from:
        log.info("state upgraded from=%d to=%d", before, LATEST)
    if instance.settings.mail.folder:
        from tidings.adapters.eml import narrow

        narrow(instance.outbox)
    return store


def follow(instance: Instance, store: Store) -> Instance:
    """The instance in the terms of its state, which follows what was renamed since, and has the
    people on lists as far as these have not changed. Raises `ConfigError` for what is wrong with
    others."""
    from tidings.application.renames import follow as followed

    instance = _with_people(instance, store)
    return replace(instance, settings=followed(store, instance.settings))


def _with_people(instance: Instance, store: Store) -> Instance:
    begun = instance.begun
    if begun is None:
        return instance
    from tidings.application.lists import kept_in

    every = partial(load, instance.root, instance.environ, languages(instance.root))
    lists = kept_in(store, begun.tables, lambda: every(unreadable=True).lists)
    settings = every(unreadable=True) if lists is None else begun.with_lists(lists)
    return replace(instance, settings=settings, begun=None)


def upgrade_in_words(instance: Instance, store: Store, *, done: bool = False) -> str:
    """Say that the state is, or was, of an older version; "" if it is of the present one."""
    if not (before := store.upgraded_from):
        return ""
    place = copy_of(instance.state_path)
    copy = place.relative_to(instance.root) if place.is_relative_to(instance.root) else place
    if done:
        return f"brought from version {before} to {LATEST}; as it was, it is kept in {copy}"
    return (
        f"it is of version {before}: the next run brings it to {LATEST}, and keeps a copy in {copy}"
    )


def look_at_state(instance: Instance) -> AbstractContextManager[Store]:
    """A private copy of the state. Raises `StateMissing` if there is none yet."""
    return states.snapshot(instance.state, rollback_guard(instance))


def rollback_guard(instance: Instance) -> RollbackGuard:
    """What readers have seen of the state: beside the feeds, so that it outlives both."""
    return RollbackGuard(instance.root / GUARD_FILE)


def open_unaccepted(instance: Instance) -> Store:
    """Open a restored state, or begin one where it was lost, in order to accept it."""
    return states.open_unaccepted(instance.state)


def back_up(instance: Instance, target: Path, at: datetime) -> tuple[str, ...]:
    """Write the state and the secret key into one archive; returns what is in it."""
    if not instance.settings.state_path:
        raise StoreError(
            f"{instance.state} keeps the state: let the server make the backup, with pg_dump or by "
            "archiving its log"
        )
    key = instance.state_path.with_name("secret.key")
    return states.back_up(instance.state_path, rollback_guard(instance), [key], target, at)


def no_worker(instance: Instance) -> AbstractContextManager[None]:
    """Held while no worker may run; raises `StoreBusy` if one does."""
    return _worker_lock(instance, "a worker runs on this instance: stop it first")


def worker_lock(instance: Instance) -> AbstractContextManager[None]:
    """Held for a worker's life; raises `StoreBusy` if another worker holds it."""
    return _worker_lock(instance, "another worker runs on this instance")


def _worker_lock(instance: Instance, busy: str) -> AbstractContextManager[None]:
    place = instance.state
    if isinstance(place, Server):
        return states.working(place, busy)
    path = place.with_name("worker.lock")
    states.make_folder(path)
    return states.held(path, wait=0.0, busy=f"{busy} ({path})")


# --- What is known beside the configuration ------------------------------------------------------


class Known(NamedTuple):
    """The items in the state, or those that the seeds would make where there is none; the paths of
    the seed files; the `site.id` that the state was begun with, "" where that is not known; whose
    choices name what is not configured; and who gets a digest without being on a list."""

    items: Sequence[Item]
    paths: Sequence[str]
    site_id: str = ""
    stranded: Sequence[Stranded] = ()
    joined: Sequence[Recipient] = ()


def known_items(instance: Instance) -> Known:
    """What is known beside the configuration.

    Writes nothing. Raises `SeedError` when the seeds cannot be read.
    """
    from tidings.application.renames import stranded

    box = seeds(instance.root, instance.settings)
    paths = sorted(box.scan().paths)
    try:
        with look_at_state(instance) as store:
            settings = follow(instance, store).settings
            with store.reading() as state:
                items, site_id = tuple(state.items.all()), state.note(SITE_ID) or ""
                joined = _joined(state, settings.digests)
                return Known(items, paths, site_id, stranded(state, settings), joined)
    except StoreError:
        # Missing, or busy, or in need of a remedy that is not this verb's to name.
        from tidings.application.record import preread

        return Known(preread(box, recording(instance.settings, box), clock().now()), paths)


def _joined(state: Transaction, digests: Sequence[Digest]) -> list[Recipient]:
    """Who was added to a digest or subscribed to it, and has not left."""
    found: list[Recipient] = []
    for digest in digests:
        chosen = state.choices.of_digest(digest.slug)
        found += with_choices((), chosen, state.people.standing(chosen.keys()))
    return [person for person in found if person.state is not RecipientState.LEFT]


def unread_files(instance: Instance, read: Set[str] | None = None) -> tuple[Problem, ...]:
    """A note for the files beside the listings that no source names, for what looks like a copy
    among those that one does, and for rows of lists that are skipped; `read` are those that sources
    do name, if that is known already. None where folders cannot be read, which others tell."""
    from tidings.adapters.conflict_copies import conflict_copies
    from tidings.adapters.unread import unread

    sources = [source.path for source in instance.settings.sources]
    try:
        named = seeds(instance.root, instance.settings).scan().paths if read is None else read
    except SeedError:
        return ()
    found = (*unread(instance.root, sources, named), *conflict_copies(named))
    return (*found, *instance.settings.skipped)


def sample_seeds(instance: Instance, paths: Sequence[str]) -> tuple[str, ...]:
    """The seed files that are the sample's, byte by byte. Raises `OSError`."""
    sample = [each.read_bytes() for each in (files("tidings") / "sample" / "seeds").iterdir()]
    sizes = {len(data) for data in sample}
    places = {path: instance.root / path for path in paths}
    return tuple(
        path
        for path, place in places.items()
        if place.stat().st_size in sizes and place.read_bytes() in sample
    )


# --- What a cycle works with ----------------------------------------------------------------------


def services(instance: Instance, store: Store, clock: Clock) -> Services:
    """Everything that the use cases of an instance work with, as it is configured now.

    Raises `ConfigError` if a password is wanting, and `TemplateError` if a template is not read.
    """
    from tidings.adapters.machine import ProcessOwners
    from tidings.adapters.outlet.folder import OutputFolder
    from tidings.application.classify import Classifier
    from tidings.application.ports import Services

    instance = follow(instance, store)
    settings, renderer = instance.settings, templates(instance)
    box = seeds(instance.root, settings)

    def taken_back(paths: Sequence[str]) -> str:
        return renderer.render("item/retracted.txt.j2", {"sources": paths}).strip()

    def misread(path: str) -> str:
        return renderer.render("item/misread.txt.j2", {"source": path}).strip()

    return Services(
        settings=settings,
        store=store,
        clock=clock,
        seeds=box,
        outlet=OutputFolder(instance.root / PUBLISHED),
        renderer=renderer,
        transport=transport(instance),
        owners=ProcessOwners(),
        rate=TokenBucket(settings.mail.rate),
        key=root_secret(instance, store),
        sign=signer(instance).sign,
        classifier=Classifier(settings),
        recording=replace(recording(settings, box), taken_back=taken_back, misread=misread),
        put_away=partial(put_away, instance.root),
        pictures=pictures(instance.root),
        known_as=known_as(instance),
    )


def pictures(root: Path) -> PictureFolder:
    """The local pictures of an instance. What makes them is imported when there is one."""
    from tidings.application.ports import PictureFolder, UnmadePicture

    def look(path: str) -> SeedStat | None:
        try:
            return as_stat(path, (root / path).lstat())
        except OSError:
            return None

    def make(path: str) -> MadePicture | UnmadePicture:
        from tidings.adapters.pictures import LARGEST_FILE, PictureRefusedError
        from tidings.adapters.pictures import make as make_picture

        try:
            data, seen = whole(root, path, LARGEST_FILE)
            return replace(make_picture(path, data), look=seen)
        except PictureRefusedError as refused:
            return UnmadePicture(refused.message, refused.hint)
        except RefusedError as refused:
            unreadable = look(path) is not None and refused.unreadable
            return UnmadePicture(refused.message, refused.hint, unreadable)

    return PictureFolder(look, make)


@contextmanager
def dry_run(instance: Instance, clock: Clock) -> Iterator[tuple[Services, DryRunOutlet]]:
    """Everything for a cycle that leaves nothing behind: no key made, nothing written or sent."""
    from tidings.adapters.outlet.dry_run import DryRunOutlet, NullTransport
    from tidings.application.ports import nothing_to_put_away

    environ = {"TIDINGS_SMTP_PASSWORD": "never used", **instance.environ}
    outlet = DryRunOutlet(instance.root / PUBLISHED)
    with states.rehearsal(instance.state, rollback_guard(instance)) as store:
        if not instance.state_path.with_name("secret.key").exists():
            environ = {"TIDINGS_SECRET_KEY": token_hex(32), **environ}
        joined = services(replace(instance, environ=environ), store, clock)
        nowhere, at_once = NullTransport(), TokenBucket(None)
        dry = replace(joined, outlet=outlet, transport=nowhere, rate=at_once, rehearsed=True)
        yield replace(dry, put_away=nothing_to_put_away), outlet


def templates(instance: Instance) -> Templates:
    """The instance's templates over the default ones."""
    from tidings.adapters.templates import Templates

    settings = instance.settings
    return Templates(instance.root / OVERRIDES, settings.site.language, settings.zone)


def editor(instance: Instance, by: str, reason: str, now: datetime) -> Editor:
    """Somebody who decides on items, with the topics as they are configured."""
    from tidings.application.classify import Classifier
    from tidings.application.edit import Editor

    settings = instance.settings
    return Editor(by, reason, now, settings.site.id, settings.zone, Classifier(settings))


def transport(instance: Instance) -> Transport:
    """The way out that `mail.transport` names. Raises `ConfigError` if a password is wanting."""
    relay = instance.settings.mail.relay
    if relay is None:
        from tidings.adapters.eml import EmlFolder

        return EmlFolder(instance.outbox)
    from tidings.entrypoints.credentials import smtp_transport

    return smtp_transport(instance.root, instance.settings.mail, relay, instance.environ)


def known_as(instance: Instance) -> str:
    """Changes with anything that the mail server knows us by; "" without a server.

    Raises `ConfigError` if a password is wanting.
    """
    if (relay := instance.settings.mail.relay) is None:
        return ""
    from tidings.entrypoints.credentials import shown

    told = shown(instance.settings.mail, relay, instance.environ)
    return signer(instance).sign("mail server", told)[-16:]


def known_to_server(instance: Instance, store: Store) -> str | None:
    """The same for whoever only looks; None where a password or the key cannot be read, and where
    nobody asks, since the server is not paused."""
    from tidings.core.mail.server import PAUSE_NOTE

    with store.reading() as state:
        if not state.note(PAUSE_NOTE):
            return None
    place = instance.state_path.with_name("secret.key")
    if not (place.exists() or "TIDINGS_SECRET_KEY" in instance.environ):
        return None
    try:
        return known_as(instance)
    except TidingsError:
        return None


def secret(instance: Instance) -> bytes:
    """The key with which is signed now, made at first use."""
    from tidings.adapters.signing import secret_key

    folder = instance.state_path.parent if instance.settings.state_path else None
    return secret_key(folder, instance.environ)


def root_secret(instance: Instance, store: Store) -> bytes:
    """What Message-IDs and pseudonyms derive from: the instance's first key, kept in the state."""
    with store.reading() as state:
        kept = state.note(ROOT_SECRET)
    if kept is None:
        from tidings.adapters.signing import root_secret as first

        folder = instance.state_path.parent if instance.settings.state_path else None
        made = first(folder, instance.environ).hex()
        with store.adapting() as state:
            if (kept := state.note(ROOT_SECRET)) is None:
                state.remember(ROOT_SECRET, kept := made)
    return bytes.fromhex(kept)


def signer(instance: Instance) -> Signer:
    """Signs values that come back by way of other people, with the key of now; what was signed with
    a previous one goes on opening."""
    from tidings.adapters.signing import Signer, previous_keys

    return Signer(secret(instance), previous_keys(instance.environ))


def confirmation_mail(
    instance: Instance, store: Store, renderer: Templates, url: str, host: str
) -> Callable[[Digest, PendingSubscription], bytes]:
    """Makes the mail that asks for confirmation; `url` is where the service is reached, `host` what
    Message-IDs end with."""
    from tidings.application.subscribe import link as link_of
    from tidings.core.audience import first_spoken
    from tidings.core.limits import unwanted
    from tidings.core.mail.message import message_id
    from tidings.core.mail.notices import ReaderMail, confirmation
    from tidings.core.tokens import JOINING, NEVER, Joining, Member, never

    settings, key, sign = instance.settings, root_secret(instance, store), signer(instance).sign

    def compose(digest: Digest, pending: PendingSubscription) -> bytes:
        language = first_spoken((pending.language, digest.language), renderer.languages)
        named = f"confirm/{digest.slug}/{pending.asked_at.isoformat()}"
        member = Member(digest.slug, pending.address, language)
        joining = Joining(
            digest.slug,
            asked := link_of(store, member, unconfirmed=True),
            pending.topics,
            pending.language,
            pending.asked_at,
            pending.items_in,
        )
        unasked = sign(NEVER, never(asked, unwanted(key, pending.key), language))
        asks = f"{url}confirm/{sign(JOINING, joining.packed())}"
        links = {"confirm": asks, "never": f"{url}never/{unasked}"}
        name, render = message_id(key, named, pending.key, host), renderer.speaking(language)
        mail = ReaderMail(pending.address, language, pending.asked_at, name)
        return confirmation(pending, digest, settings, links, mail, render)

    return compose


def address_mail(
    instance: Instance, store: Store, renderer: Templates, url: str, host: str
) -> Callable[[Digest, AddressChange], bytes]:
    """Makes the mails about a change of address, with what `confirmation_mail` takes."""
    from tidings.application.subscribe import link as link_of
    from tidings.core.audience import first_spoken
    from tidings.core.limits import unwanted
    from tidings.core.mail.message import message_id
    from tidings.core.mail.notices import ReaderMail, change_of_address
    from tidings.core.tokens import CHANGE, NEVER, UNDO, Member, change, never

    settings, key, sign = instance.settings, root_secret(instance, store), signer(instance).sign

    def compose(digest: Digest, asked: AddressChange) -> bytes:
        language = first_spoken((asked.language, digest.language), renderer.languages)
        to, at = (asked.old, asked.done_at) if asked.done_at else (asked.new, asked.asked_at)
        if asked.done_at:
            links = {"undo": f"{url}undo/{sign(UNDO, change(asked.id))}"}
        else:
            link = link_of(store, Member(digest.slug, to, language), unconfirmed=True)
            unasked = sign(NEVER, never(link, unwanted(key, asked.new_key), language))
            asks = f"{url}address/{sign(CHANGE, change(asked.id))}"
            links = {"confirm": asks, "never": f"{url}never/{unasked}"}
        named = message_id(key, f"address/{asked.id}/{bool(asked.done_at)}", to, host)
        mail, render = ReaderMail(to, language, at, named), renderer.speaking(language)
        return change_of_address(digest, settings, links, mail, render)

    return compose
