"""Joins everything: what is read, remembered, made and sent by one instance.

What every verb needs is imported at the top; what renders, sends or signs only where it is asked
for, since `check` and `status` start without it in half the time.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
from tidings.core.settings.bucket_address import FOLDER
from tidings.core.settings.values import is_bucket, without_options
from tidings.entrypoints import several
from tidings.entrypoints.reading import recording, seeds
from tidings.errors import SeedError, StoreError, TidingsError
from tidings.model import Problem, RecipientState, SeedStat
from tidings.state import Place, RollbackGuard, Server, Store
from tidings.state.health import LATEST, ROOT_SECRET, copy_of

if TYPE_CHECKING:
    from tidings.adapters.bucket.outlet import BucketOutlet
    from tidings.adapters.outlet.dry_run import DryRunOutlet
    from tidings.adapters.outlet.folder import OutputFolder
    from tidings.adapters.signing import Signer
    from tidings.adapters.templates import Templates
    from tidings.application.edit import Editor
    from tidings.application.ports import (
        Clock,
        MadePicture,
        Owners,
        PictureFolder,
        RateLimiter,
        Services,
        Transport,
        UnmadePicture,
    )
    from tidings.application.renames import Stranded
    from tidings.core.settings import Settings
    from tidings.model import Digest, Item, PublishedFile, Recipient
    from tidings.state import Transaction

log = logging.getLogger(__name__)

PUBLISHED = FOLDER
OVERRIDES = "templates"
GUARD_FILE = ".tidings-witness"

# --- The instance, and its configuration --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance's folder and its settings, checked."""

    root: Path
    settings: Settings
    environ: Mapping[str, str]
    # Of the files as they were read, where a server keeps the state; else "".
    fingerprint: str = ""
    # What the command line says that this process may do; what the configuration says if nothing.
    roles: tuple[str, ...] = ()
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
        instance = Instance(root, begun.settings, environ, begun=begun)
        # What is wrong with a list is told before a state is made.
        if not begun.settings.state_path or instance.state_path.exists():
            return _with_fingerprint(instance)
    return _with_fingerprint(Instance(root, load(root, environ, known, unreadable=True), environ))


def _with_fingerprint(instance: Instance) -> Instance:
    if instance.settings.state_path:
        return instance
    return replace(instance, fingerprint=fingerprint(instance))


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
    if instance.settings.queue != "none":
        several.use_queue(store, upgrading=False)
    return store


def open_state_beside(instance: Instance) -> Store:
    """Open the state for who neither records nor publishes. A file is opened as by everybody.

    Raises `StoreError`.
    """
    place = instance.state
    return states.open_beside(place) if isinstance(place, Server) else open_state(instance)


def follow(instance: Instance, store: Store) -> Instance:
    """The instance in the terms of its state, which follows what was renamed since, and has the
    people on lists as far as these have not changed. Raises `ConfigError` for what is wrong with
    others."""
    from tidings.application.renames import follow as followed

    instance = _with_people(instance, store)
    return replace(instance, settings=followed(store, instance.settings))


def fingerprint(instance: Instance) -> str:
    """Changes with anything in the files that decide how the instance works, on whatever machine
    they are."""
    made = hashlib.sha256()
    for file in sorted(watched(instance)):
        place = file.relative_to(instance.root) if file.is_relative_to(instance.root) else file
        made.update(f"{place}\0".encode())
        made.update(hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()[:16]


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
    """What readers have seen of the state: beside the feeds, so that it outlives both; or in a
    bucket, so that it outlives the machine. Raises `StoreError` if that has no keys."""
    if instance.settings.witness is None:
        return RollbackGuard(instance.root / GUARD_FILE)
    from tidings.entrypoints.buckets import witness

    return witness(instance.settings.witness, instance.environ, GUARD_FILE.lstrip("."))


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
    """Held for a worker's life; raises `StoreBusy` if another worker holds it. On a server several
    work on one state, each known by a lock of its own."""
    if isinstance(instance.state, Server):
        return nullcontext()
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

    box = seeds(instance.root, instance.settings, instance.environ)
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

    sources = [each.path for each in instance.settings.sources if not is_bucket(each.path)]
    try:
        if (named := read) is None:
            named = seeds(instance.root, instance.settings, instance.environ).scan().paths
    except SeedError:
        return ()
    found = (*unread(instance.root, sources, named), *conflict_copies(named))
    return (*found, *instance.settings.skipped)


def sample_seeds(instance: Instance, paths: Sequence[str]) -> tuple[str, ...]:
    """The seed files that are the sample's, byte by byte. Raises `OSError`."""
    sample = [each.read_bytes() for each in (files("tidings") / "sample" / "seeds").iterdir()]
    sizes = {len(data) for data in sample}
    places = {path: instance.root / path for path in paths if not is_bucket(path)}
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
    from tidings.application.classify import Classifier
    from tidings.application.ports import Services

    instance = follow(instance, store)
    settings, renderer = instance.settings, templates(instance)
    owners: Owners = ProcessOwners()
    rate: RateLimiter = TokenBucket(settings.mail.rate)
    if not settings.state_path:
        owners = several.owners(instance, store) or owners
        rate = several.rate_limiter(store, settings.mail.rate)
    box = seeds(instance.root, settings, instance.environ)

    def taken_back(paths: Sequence[str]) -> str:
        return renderer.render("item/retracted.txt.j2", {"sources": paths}).strip()

    def misread(path: str) -> str:
        return renderer.render("item/misread.txt.j2", {"source": path}).strip()

    return Services(
        settings=settings,
        store=store,
        clock=clock,
        seeds=box,
        outlet=published(instance, store),
        renderer=renderer,
        transport=transport(instance),
        owners=owners,
        rate=rate,
        key=root_secret(instance, store),
        sign=signer(instance).sign,
        classifier=Classifier(settings),
        recording=replace(recording(settings, box), taken_back=taken_back, misread=misread),
        put_away=partial(put_away, instance.root),
        pictures=pictures(instance.root),
        known_as=known_as(instance),
    )


def published(instance: Instance, store: Store | None = None) -> OutputFolder | BucketOutlet:
    """Where the instance publishes, from `store`; without one it is only looked at, and what stands
    there is known once it was swept.

    Raises `ConfigError` if keys of a bucket, or the library for it, are wanting.
    """
    settings = instance.settings
    if not is_bucket(settings.publish):
        from tidings.adapters.outlet.folder import OutputFolder

        return OutputFolder(instance.root / PUBLISHED)
    from tidings.entrypoints.buckets import outlet

    if store is None:
        return outlet(settings.publish, instance.environ, lambda _paths: {})

    def left(paths: Collection[str]) -> Mapping[str, PublishedFile]:
        with store.reading() as state:
            return state.files.at(paths)

    shared = not settings.state_path
    return outlet(settings.publish, instance.environ, left, store.is_alone, shared=shared)


def published_as_tried(instance: Instance, store: Store) -> OutputFolder | BucketOutlet | None:
    """The same for a rehearsal, in which no second thread can ask; None for the folder."""
    if not is_bucket(instance.settings.publish):
        return None
    from tidings.entrypoints.buckets import outlet

    with store.reading() as state:
        ours = state.files.all()

    def left(paths: Collection[str]) -> Mapping[str, PublishedFile]:
        return {path: ours[path] for path in paths if path in ours}

    return outlet(instance.settings.publish, instance.environ, left)


def published_at(instance: Instance) -> str:
    """Where the instance publishes, for people to read."""
    return f"{without_options(instance.settings.publish)}/"


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

        if is_bucket(path):
            hint = "give it a web address, and say `remote_images: true` below `site`"
            return UnmadePicture("pictures are not read from a bucket", hint)
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
    with states.rehearsal(instance.state, rollback_guard(instance)) as store:
        outlet = DryRunOutlet(instance.root / PUBLISHED, published_as_tried(instance, store))
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
