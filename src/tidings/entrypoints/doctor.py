"""Collects the facts that `tidings doctor` judges, and changes nothing.

Where each message has a return path of its own, a test is sent to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from secrets import token_bytes, token_hex

from tidings.adapters import eml, git, machine
from tidings.adapters.config.environment import SECRETS
from tidings.adapters.outlet.folder import OutputFolder as FolderOutlet
from tidings.adapters.smtp import probe
from tidings.application.intake import RETURN_TEST
from tidings.application.status import failed_runs, recall
from tidings.core import doctor
from tidings.core.incidents import LAST_CYCLE, PUBLISHED_RUN
from tidings.core.mail.notices import return_test
from tidings.core.mail.return_path import ReturnKind, return_path
from tidings.core.settings.values import is_bucket
from tidings.entrypoints import wiring
from tidings.entrypoints.buckets import SECRET, bucket_problem, inbox_error
from tidings.entrypoints.credentials import credentials
from tidings.entrypoints.wiring import Instance
from tidings.errors import (
    ConfigError,
    DeliveryError,
    PublishError,
    StateMissing,
    TidingsError,
    TransportClosed,
)
from tidings.model import Envelope, Finding, Help, Level
from tidings.state import Server, exposed, files_of, is_apart, is_held, who_holds
from tidings.state import examine as examine_state

# The most that a return path has room for as a number.
RETURN_TEST_BYTES = 5


def examine(
    root: Path, environ: Mapping[str, str], now: datetime, *, deep: bool = False
) -> Iterator[Finding]:
    """Yield every finding, good ones included; `deep` also reads all that was published.

    Raises no TidingsError: what cannot be examined is a finding.
    """
    yield doctor.python(machine.python())
    yield doctor.sqlite(machine.sqlite())
    yield doctor.libraries(machine.libraries())
    yield doctor.time_zones(*machine.zones())
    try:
        instance = wiring.load_instance(root, environ)
    except ConfigError as error:
        for problem in error.problems:
            remedy = problem.hint or "correct it; `tidings check` names all of it"
            yield Finding(
                "configuration", str(replace(problem, hint="")), remedy, help=problem.help
            )
        return
    yield doctor.fine("configuration", "it can be read")
    yield from _access(instance)
    yield from _secrets(instance)
    yield from _in_git(instance)
    yield from _room(instance)
    yield _worker(instance)
    yield _state(instance, deep=deep)
    yield from _rounds(instance, now)
    yield from _bucket(instance)
    yield from _published(instance, deep=deep)
    yield from _mail(instance, now)


# --- Files and folders ----------------------------------------------------------------------------


def _access(instance: Instance) -> Iterator[Finding]:
    """Whether the sources can be read, and the state, feeds and messages written."""
    for source in instance.settings.sources:
        if is_bucket(source.path):
            yield _in_bucket(instance, source.pattern)
            continue
        fixed = PurePosixPath(source.path).parent
        while any(character in str(fixed) for character in "*?["):
            fixed = fixed.parent
        place = instance.root / fixed
        there = place.is_dir()
        yield doctor.usable(f"{fixed}/", "read", there=there, may=there and machine.may_read(place))
    for note in wiring.unread_files(instance):
        if note in instance.settings.skipped:
            continue
        told = f"{note.path}: {note.message}"
        yield Finding("listings", told, note.hint, Level.NOTE, help=note.help)
    for folder in _written(instance):
        # What does not exist yet is made, if its parent can be written.
        place = folder
        while not place.exists():
            place = place.parent
        may = machine.may_write(place)
        yield doctor.usable(_shown(instance, folder), "written", there=True, may=may)
    folder = instance.state_path.parent
    shown = _shown(instance, folder)
    if _is_closed(instance):
        yield doctor.usable(shown, "read", there=True, may=False)
    elif folder.is_dir():
        owner = machine.owner(folder)
        strangers = [file.name for file in sorted(folder.iterdir()) if machine.owner(file) != owner]
        yield doctor.foreign_owner(shown, strangers, owner)


def _in_bucket(instance: Instance, pattern: str) -> Finding:
    """Whether the listings of a source can be listed in their bucket."""
    paths = [each.path for each in instance.settings.sources]
    if error := inbox_error(pattern, paths, instance.environ):
        message, _, remedy = error.rpartition(": ")
        return Finding("access", message, remedy, help=Help.BUCKET)
    return doctor.usable(pattern, "read", there=True, may=True)


def _is_closed(instance: Instance) -> bool:
    """Whether the folder of the state exists and may not be read."""
    folder = instance.state_path.parent
    return folder.is_dir() and not machine.may_read(folder)


def _secrets(instance: Instance) -> Iterator[Finding]:
    """Whether others can read keys, passwords, the state, messages or the rollback guard."""
    state, outbox = instance.state_path, _outbox(instance)
    open_to_others = {*exposed(state, [instance.root / wiring.GUARD_FILE])}
    open_to_others.update(place for each in outbox for place in eml.exposed(each))
    # Whoever cannot enter a folder cannot read what is in it.
    outer = [each for each in sorted(open_to_others) if open_to_others.isdisjoint(each.parents)]
    names = ("TIDINGS_SECRET_KEY_FILE", "TIDINGS_SECRET_KEY_PREVIOUS_FILE", f"{SECRET}_FILE")
    named = [Path(instance.environ[name]) for name in names if instance.environ.get(name)]
    always = [state.with_name("secret.key"), state] if not _is_closed(instance) else []
    always[1:1] = named
    for place in dict.fromkeys([*(each for each in always if each.is_file()), *outer]):
        shown = _shown(instance, place) + ("/" if place.is_dir() else "")
        yield doctor.kept_secret(shown, machine.mode(place))


def _in_git(instance: Instance) -> Iterator[Finding]:
    """Whether Git tracks any of these files, or would add it."""
    state = instance.state_path
    names = [name for name in SECRETS if name.endswith("_FILE")]
    named = [Path(instance.environ[name]) for name in names if instance.environ.get(name)]
    places = [*files_of(state), *named, *_outbox(instance)]
    places += [state.parent] if is_apart(state) else []
    # The witness, its successor while it is written, and copies of the state that were cut short.
    places += [instance.root / wiring.GUARD_FILE, *instance.root.glob(".tidings-*")]
    found = list(git.held(places))
    tracked = sorted({_shown(instance, file) for each in found for file in each.tracked})
    unignored = sorted({_shown(instance, file) for each in found for file in each.unignored})
    refused = dict.fromkeys(each.refused for each in found if each.refused)
    if tracked:
        yield doctor.git_tracks(tracked)
    if unignored:
        yield doctor.git_would_add(unignored)
    for reason in refused:
        yield doctor.git_unknown(reason)
    if not (tracked or unignored or refused):
        yield doctor.fine("git", "it has nothing that is secret or personal")


def _room(instance: Instance) -> Iterator[Finding]:
    """The space that is left on each file system that is written to."""
    there = not _is_closed(instance) and instance.state_path.is_file()
    size = instance.state_path.stat().st_size if there else 0
    folders: dict[int, Path] = {}
    for folder in _written(instance):
        folders.setdefault(machine.device(folder), folder)
    for folder in folders.values():
        yield doctor.room(_shown(instance, folder), machine.room(folder), size)


def _outbox(instance: Instance) -> list[Path]:
    return [instance.outbox] if instance.settings.mail.folder else []


def _written(instance: Instance) -> list[Path]:
    state = [instance.state_path.parent] if instance.settings.state_path else []
    folder = instance.root / wiring.PUBLISHED
    feeds = [] if is_bucket(instance.settings.publish) else [folder]
    return [*state, *feeds, *_outbox(instance)]


def _shown(instance: Instance, place: Path) -> str:
    """A path, relative to the instance if it is inside."""
    for root in (instance.root, instance.root.resolve()):
        if place.is_relative_to(root):
            return str(place.relative_to(root))
    return str(place)


# --- The state ------------------------------------------------------------------------------------


def _is_locked(instance: Instance, name: str) -> bool:
    """Whether a process holds a lock. A lock file that is left over does not count."""
    if isinstance(place := instance.state, Server):
        try:
            works, publishes = who_holds(place)
        except TidingsError:
            return False  # _state reports the error
        return works if name == "worker.lock" else publishes
    return is_held(place.with_name(name))


def _worker(instance: Instance) -> Finding:
    if _is_locked(instance, "worker.lock"):
        return doctor.fine("worker", "one runs on this instance")
    remedy = "start `tidings worker`, unless a timer calls `tidings run`"
    return Finding("worker", "none runs on this instance", remedy, Level.FINE, help=Help.NO_WORKER)


def _state(instance: Instance, *, deep: bool) -> Finding:
    """Whether the database is whole, and not older than what readers have seen."""
    server = not instance.settings.state_path
    try:
        if not server:
            examine_state(instance.state_path, wiring.rollback_guard(instance), thoroughly=deep)
        with wiring.look_at_state(instance) as opened:
            wrong, kind = opened.needs_accept, Help.STATE_NOT_ACCEPTED
            upgrade = wiring.upgrade_in_words(instance, opened)
    except TidingsError as error:
        wrong, kind = str(error), error.help
        if isinstance(error, StateMissing) and "tidings run` makes it" in wrong:
            return Finding(
                "state",
                "there is none yet",
                "`tidings run` makes it",
                Level.NOTE,
                help=Help.STATE_MISSING,
            )
    if wrong:
        return doctor.from_error("state", wrong, kind)
    if upgrade:
        return Finding(
            "state",
            upgrade,
            "`tidings plan` shows all that it would do",
            Level.NOTE,
            help=Help.STATE_UPGRADE,
        )
    if server:
        return doctor.fine("state", f"{instance.state} answers, and readers have seen no newer")
    how = "its pages and indexes" if deep else "its pages"
    return doctor.fine("state", f"{how} are whole, and readers have seen no newer")


def _rounds(instance: Instance, now: datetime) -> Iterator[Finding]:
    """The clock, the time of the last round, and failures of the rounds before."""
    try:
        with wiring.look_at_state(instance) as opened:
            with opened.reading() as state:
                note = state.note(LAST_CYCLE)
            watch = recall(opened)
    except TidingsError:
        yield doctor.clock(now, None)  # _state has reported the error
        return
    last = datetime.fromisoformat(note) if note else None
    yield doctor.clock(now, last)
    yield doctor.last_round(now, last)
    if watch.failures:
        yield Finding(
            "rounds",
            f"{failed_runs(watch.failures)} ({watch.reason})",
            "correct what it names; the log has every run",
            help=Help.RUNS_FAIL,
        )
    if watch.refused:
        yield Finding(
            "configuration",
            f"the worker uses its last good one ({' '.join(watch.refused.split())})",
            "`tidings check` names what is wrong with the edited one",
            help=Help.CONFIGURATION_REFUSED,
        )


# --- What is published, and mail ------------------------------------------------------------------


def _bucket(instance: Instance) -> Iterator[Finding]:
    """Whether the bucket that is published to can be read and written, and its store refuses a
    second writer."""
    if not is_bucket(instance.settings.publish):
        return
    if problem := bucket_problem(instance.settings.publish, instance.environ):
        message = f"{problem.path}: {problem.message}" if problem.path else ""
        yield Finding("bucket", message or problem.message, problem.hint, help=problem.help)
        return
    try:
        outlet = wiring.published(instance)
        if not isinstance(outlet, FolderOutlet):
            yield doctor.conditions(outlet.conditions(), wiring.published_at(instance))
    except PublishError as error:
        message, _, remedy = str(error).rpartition(": ")
        yield Finding("bucket", message, remedy, help=Help.BUCKET)


def _published(instance: Instance, *, deep: bool) -> Iterator[Finding]:
    """Compare the published files with the manifest: size and time, or bytes if `deep`."""
    try:
        with wiring.look_at_state(instance) as opened, opened.reading() as state:
            manifest = state.files.all()
            recorded, published = state.last_run(), int(state.note(PUBLISHED_RUN) or 0)
    except TidingsError:
        return  # _state has reported the error
    try:
        outlet = wiring.published(instance)
        if not isinstance(outlet, FolderOutlet):
            outlet.sweep()  # of a folder each file is looked at
    except (ConfigError, PublishError):
        return  # _bucket has reported the error
    missing = sorted(path for path, file in manifest.items() if not outlet.is_there(file))
    sound = outlet.is_intact if deep else outlet.stands
    gone = set(missing)
    altered = sorted(
        path for path, file in manifest.items() if path not in gone and not sound(file)
    )
    publishes = _is_locked(instance, "publish.lock")
    works = _is_locked(instance, "worker.lock")
    if publishes and (missing or altered or recorded > published):
        yield Finding(
            "published",
            "somebody publishes",
            "ask again when that is done",
            Level.NOTE,
            help=Help.FEEDS_BEHIND,
        )
        return
    apart = not isinstance(outlet, FolderOutlet)
    how = "their bytes" if deep else f"size and {'ETag' if apart else 'modification time'}"
    place = wiring.published_at(instance)
    yield doctor.published(missing, altered, len(manifest), how, place)
    strangers = () if isinstance(outlet, FolderOutlet) else outlet.strangers(manifest.keys())
    if strangers:
        yield doctor.strangers(strangers, place)
    yield doctor.behind(recorded, published, worker=works)


def _mail(instance: Instance, now: datetime) -> Iterator[Finding]:
    """Connect to the mail server and log in, if mail goes to one; no message is sent."""
    relay = instance.settings.mail.relay
    if relay is None:
        yield doctor.fine("mail", f"messages are written into {instance.settings.mail.folder}/")
        return
    try:
        secret, hello = (
            credentials(instance.root, instance.settings.mail, relay, instance.environ),
            instance.settings.mail.hello,
        )
        greeting = probe(relay, secret, instance.root, hello or "")
    except ConfigError as error:
        for problem in error.problems:
            yield Finding(
                "mail", f"{problem.path}: {problem.message}", problem.hint, help=problem.help
            )
    except TransportClosed as error:
        message, _, remedy = str(error).rpartition(": ")
        yield Finding("mail", message, remedy, help=error.help)
    else:
        yield doctor.mail_server(relay.place, greeting.tls, greeting.expires, relay.user, now)
        yield from _return_path(instance, now)
    if doctor.by_password(relay.host, relay.user, token=bool(instance.settings.mail.token_command)):
        yield doctor.password_ends()


def _return_path(instance: Instance, now: datetime) -> Iterator[Finding]:
    """Send a test to the keyed return path, unless one came in since yesterday."""
    mail = instance.settings.mail
    if not mail.bounce_address or not mail.keyed:
        return
    try:
        with wiring.look_at_state(instance) as opened:
            secret = wiring.root_secret(instance, opened)
            with opened.reading() as state:
                note = state.note(RETURN_TEST)
    except TidingsError:
        return  # without a state no message has a return path
    arrived = datetime.fromisoformat(note) if note else None
    if arrived and not doctor.is_long_ago(arrived, now):
        yield doctor.return_path(mail.bounce_address, arrived, now)
        return
    number = int.from_bytes(token_bytes(RETURN_TEST_BYTES))
    facts = (ReturnKind.TEST, now.date(), number, "")
    to = return_path(mail.bounce_address, secret, *facts)
    host = mail.address.rpartition("@")[2]
    message = return_test(to, mail, f"<{token_hex(RETURN_TEST_BYTES)}@{host}>", now)
    channel = wiring.transport(instance).connect()
    try:
        channel.send(Envelope(mail.envelope_sender, to, "doctor", now.toordinal(), number), message)
    except DeliveryError as error:
        yield doctor.return_path_refused(mail.bounce_address, str(error))
    else:
        yield doctor.return_path(mail.bounce_address, arrived, now)
    finally:
        channel.close()
