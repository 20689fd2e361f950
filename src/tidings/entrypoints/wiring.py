"""The only place that joins everything. An adapter is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from tidings.entrypoints import keyed, reading
from tidings.errors import StoreError

if TYPE_CHECKING:
    from tidings.adapters.templates import Templates
    from tidings.application.announce import Announcing
    from tidings.application.cycle import Machinery
    from tidings.application.deliver import Mailing
    from tidings.application.edit import Editor
    from tidings.application.ports import Clock, Transport, TrialOutlet
    from tidings.core.mail.message import Sender
    from tidings.core.pages.site import SiteContext
    from tidings.core.settings import Settings
    from tidings.core.topics import Matcher
    from tidings.model import Item
    from tidings.state import RollbackGuard, Store

PUBLISHED = "feeds"
OVERRIDES = "templates"
WITNESS = ".tidings-witness"


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance's folder and its settings, checked."""

    root: Path
    settings: Settings
    environ: Mapping[str, str]

    @property
    def state_path(self) -> Path:
        """The state file."""
        return self.root / self.settings.state_path

    @property
    def outbox(self) -> Path:
        """Where the `file:` transport writes."""
        return self.root / self.settings.mail.transport.removeprefix("file:")


def load_instance(root: Path, environ: Mapping[str, str]) -> Instance:
    """Read an instance's configuration. Raises `ConfigError` with everything that is wrong."""
    from tidings.adapters.config import load

    return Instance(root, load(root, environ, languages(root)), environ)


def languages(root: Path) -> tuple[str, ...]:
    """The languages that an instance has words for, ours and its own, English first."""
    # Without the adapter, which takes the library along: every verb asks.
    ours = (each.name for each in (files("tidings") / "locale").iterdir() if each.is_dir())
    own = (each.stem for each in (root / OVERRIDES / "locale").glob("*.po"))
    tags = {name.replace("_", "-") for name in (*ours, *own)}
    return ("en", *sorted(tags - {"en"}))


def known_items(instance: Instance) -> tuple[Sequence[Item], Sequence[str]]:
    """The items in the state, or those that the seeds would make where there is none; and the paths
    of the seed files. Writes nothing. Raises `SeedError` when the seeds cannot be surveyed."""
    from tidings.application.preread import preread

    seeds = reading.seeds(instance.root, instance.settings)
    paths = sorted(seeds.scan().paths)
    try:
        with look_at_state(instance) as store, store.reading() as state:
            return tuple(state.items.all()), paths
    except StoreError:
        # Missing, or busy, or in need of a remedy that is not this verb's to name.
        return preread(seeds, reading.recording(instance.settings, seeds), clock().now()), paths


def watched(instance: Instance) -> Mapping[Path, tuple[int, int]]:
    """The files that decide how the instance works, each with its size and modification time."""
    from tidings.adapters.config import config_files

    files = [*config_files(instance.root), *(instance.root / OVERRIDES).rglob("*")]
    stats = {file: file.stat() for file in files if file.is_file()}
    return {file: (stat.st_size, stat.st_mtime_ns) for file, stat in stats.items()}


def open_state(instance: Instance) -> Store:
    """Open the state for writing, creating it at first use.

    Raises `StoreError` if it is not the state that readers have seen.
    """
    from tidings.state import open_store

    store = open_store(instance.state_path, witness(instance))
    if instance.settings.mail.folder:
        from tidings.adapters.eml import narrow

        narrow(instance.outbox)
    return store


def look_at_state(instance: Instance) -> AbstractContextManager[Store]:
    """A private copy of the state. Raises `StateMissing` if there is none yet."""
    from tidings.state import snapshot

    return snapshot(instance.state_path, witness(instance))


def witness(instance: Instance) -> RollbackGuard:
    """What readers have seen of the state: beside the feeds, so that it outlives both."""
    from tidings.state import RollbackGuard

    return RollbackGuard(instance.root / WITNESS)


def open_unaccepted(instance: Instance) -> Store:
    """Open a restored state, or begin one where it was lost, in order to accept it."""
    from tidings.state import open_unaccepted

    return open_unaccepted(instance.state_path)


def back_up(instance: Instance, target: Path, at: datetime) -> tuple[str, ...]:
    """Write the state and the secret key into one archive; returns what is in it."""
    from tidings.state import back_up

    key = instance.state_path.with_name("secret.key")
    return back_up(instance.state_path, witness(instance), [key], target, at)


def no_worker(instance: Instance) -> AbstractContextManager[None]:
    """Held while no worker may run; raises `StoreBusy` if one does."""
    return _worker_lock(instance, "a worker runs on this instance: stop it first")


def worker_lock(instance: Instance) -> AbstractContextManager[None]:
    """Held for a worker's life; raises `StoreBusy` if another worker holds it."""
    return _worker_lock(instance, "another worker runs on this instance")


def _worker_lock(instance: Instance, busy: str) -> AbstractContextManager[None]:
    from tidings.state import held, make_folder

    path = instance.state_path.with_name("worker.lock")
    make_folder(path)
    return held(path, wait=0.0, busy=f"{busy} ({path})")


def clock(fixed: datetime | None = None) -> Clock:
    """The present, or an instant that stays."""
    from tidings.adapters.clock import StoppedClock, SystemClock

    return StoppedClock(fixed.astimezone(UTC)) if fixed else SystemClock()


def templates(instance: Instance) -> Templates:
    """The instance's templates over the default ones."""
    from tidings.adapters.templates import Templates

    settings = instance.settings
    return Templates(instance.root / OVERRIDES, settings.site.language, settings.zone)


@contextmanager
def rehearsal(instance: Instance, clock: Clock) -> Iterator[tuple[Machinery, TrialOutlet]]:
    """Everything for a cycle that leaves nothing behind: no key made, nothing written or sent."""
    from tidings.adapters.outlet.dry_run import DryRunOutlet
    from tidings.application.forecast import rehearsed
    from tidings.state import rehearsal

    environ = {"TIDINGS_SMTP_PASSWORD": "never used", **instance.environ}
    outlet = DryRunOutlet(instance.root / PUBLISHED)
    with rehearsal(instance.state_path, witness(instance)) as store:
        if not instance.state_path.with_name("secret.key").exists():
            environ = {"TIDINGS_SECRET_KEY": token_hex(32), **environ}
        joined = machinery(replace(instance, environ=environ), store, clock)
        yield replace(joined, outlet=outlet, post=rehearsed(joined.post)), outlet


def machinery(instance: Instance, store: Store, clock: Clock) -> Machinery:
    """Everything that one cycle works with, as configured now."""
    from tidings.adapters.machine import ProcessOwners
    from tidings.adapters.outlet.folder import OutputFolder
    from tidings.application.classify import Classifier
    from tidings.application.cycle import Machinery
    from tidings.application.deliver import Post
    from tidings.application.forgetting import Forgetting
    from tidings.core.pages.site import site_context
    from tidings.core.topics import Matcher

    settings, renderer = instance.settings, templates(instance)
    matcher = Matcher(settings.topics, settings.aliases)
    seeds = reading.seeds(instance.root, instance.settings)

    def taken_back(paths: Sequence[str]) -> str:
        return renderer.render("item/taken_back.txt.j2", {"sources": paths}).strip()

    def misread(path: str) -> str:
        return renderer.render("item/misread.txt.j2", {"source": path}).strip()

    recording = reading.recording(settings, seeds)
    return Machinery(
        store=store,
        seeds=seeds,
        outlet=OutputFolder(instance.root / PUBLISHED),
        renderer=renderer,
        clock=clock,
        classifier=Classifier(settings.topics, settings.aliases, settings.digests),
        recording=replace(recording, taken_back=taken_back, misread=misread),
        settings=settings,
        announcing=_announcing(instance, renderer, _accepted(store)),
        post=Post(
            store=store,
            transport=transport(instance),
            clock=clock,
            owners=ProcessOwners(),
            mailing=_mailing(instance, site_context(settings), matcher, renderer),
        ),
        forgetting=Forgetting(settings.privacy.keep, keyed.pseudonyms(secret(instance))),
    )


def editor(instance: Instance, by: str, reason: str, now: datetime) -> Editor:
    """Somebody who decides on items, with the topics as they are configured."""
    from tidings.application.classify import Classifier
    from tidings.application.edit import Editor

    settings = instance.settings
    classifier = Classifier(settings.topics, settings.aliases, settings.digests)
    return Editor(by, reason, now, settings.site.id, settings.zone, classifier)


def transport(instance: Instance) -> Transport:
    """The way out that `mail.transport` names. Raises `ConfigError` if a password is wanting."""
    relay = instance.settings.mail.relay
    if relay is None:
        from tidings.adapters.eml import EmlFolder

        return EmlFolder(instance.outbox)
    from tidings.adapters.smtp import SmtpTransport, smtp_password

    return SmtpTransport(relay, smtp_password(relay, instance.environ), instance.root)


def _accepted(store: Store) -> str:
    """The lineage of a state that was restored and accepted; "" of one that never was."""
    from tidings.state.guard import ACCEPTED

    with store.reading() as state:
        return state.note(ACCEPTED) or ""


def _announcing(instance: Instance, renderer: Templates, accepted: str) -> Announcing:
    from tidings.application.announce import Announcing
    from tidings.core.mail.message import message_id
    from tidings.core.mail.personalise import subject

    settings = instance.settings
    key = secret(instance)
    return Announcing(
        digests=settings.digests,
        lists=settings.lists,
        zone=settings.zone,
        subject=lambda digest, number, items, language: subject(
            digest, number, items, renderer.speaking(language)
        ),
        # A restored state may not know of every edition: even if it takes a number again, no other
        # message goes out under a Message-ID that was used.
        message_id=lambda edition, person: message_id(
            key, accepted + edition, person, settings.site.domain
        ),
        languages=renderer.languages,
        pseudonym=keyed.pseudonyms(key),
    )


def _mailing(
    instance: Instance, context: SiteContext, matcher: Matcher, renderer: Templates
) -> Mailing:
    from tidings.adapters.clock import TokenBucket
    from tidings.adapters.inlining import inline
    from tidings.application.deliver import Composition, Mailing
    from tidings.core.audience import gets_mail, group_addresses, recipients

    settings = instance.settings
    listed = {digest.slug: recipients(digest, settings.lists) for digest in settings.digests}
    composition = Composition(
        frame=context,
        topics=settings.topics,
        matcher=matcher,
        digests={digest.slug: digest for digest in settings.digests},
        sender=sender(settings),
        speaking=renderer.speaking,
        inline=inline,
        groups=group_addresses(settings.lists),
    )
    mail = settings.mail
    return Mailing(
        composition,
        {
            slug: {person.key for person in people if gets_mail(person)}
            for slug, people in listed.items()
        },
        TokenBucket(mail.rate),
        connections=mail.connections,
        expires=mail.expires,
        in_doubt=mail.in_doubt,
        paused={
            slug: {person.key for person in people if not gets_mail(person)}
            for slug, people in listed.items()
        },
        links=keyed.links(settings, secret(instance)),
    )


def secret(instance: Instance) -> bytes:
    """The instance's key, made at first use."""
    from tidings.adapters.signing import secret_key

    return secret_key(instance.state_path.parent, instance.environ)


def sender(settings: Settings) -> Sender:
    """Who mail comes from."""
    from tidings.core.mail.message import Sender

    mail = settings.mail
    return Sender(
        name=mail.sender_name,
        address=mail.sender_address,
        reply_to=mail.reply_to,
        unsubscribe=mail.unsubscribe,
        postal_address=mail.postal_address,
        service_url=mail.service_url,
    )
