"""The health checks of `tidings doctor`: each takes facts and returns a finding with a remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tidings.model import Finding, Help, Level

OLDEST_PYTHON = (3, 11)
# https://sqlite.org/wal.html: the first version without the WAL-reset bug of all since 3.7.0.
SAFE_SQLITE = (3, 51, 3)
# A test of the return path is sent so often, and one that arrived is worth nothing after that.
TEST_EVERY = timedelta(days=1)
TEST_TOO_OLD = timedelta(days=30)
# Where users of Microsoft 365 submit mail.
MICROSOFT_365 = ("smtp.office365.com", "smtp-legacy.office365.com", "outlook.office365.com")
BASIC_ENDS = (
    "Microsoft 365 turns logins by password (basic SMTP authentication) off by default at the end"
    " of December 2026"
)
USE_TOKENS = (
    "set mail.token_command and log in by access tokens, or have an administrator of Microsoft 365"
    " turn passwords on again"
)
# The worker tolerates a clock that goes back by as much.
CLOCK_TOLERANCE = timedelta(minutes=5)
IDLE = timedelta(days=1)
FIRST_YEAR = 2026  # Tidings did not exist before.
CERTIFICATE_ENDS_SOON = timedelta(days=14)
ALL_BUT_OWNER = 0o077
MIB = 2**20
LEAST_SPACE = 64 * MIB
AMPLE_SPACE = 512 * MIB
LEAST_FILES = 1_000
NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Room:
    """What a file system has left.

    Bytes and files; `all_files` is 0 where the file system does not count them.
    """

    free: int
    free_files: int
    all_files: int


def fine(check: str, message: str) -> Finding:
    """A finding that needs no action."""
    return Finding(check, message, level=Level.FINE, help=None)


def from_error(check: str, text: str, help: Help) -> Finding:  # noqa: A002
    """Split the text of an error, "PLACE: WHAT: REMEDY" or "WHAT: REMEDY", into a finding."""
    message, _, remedy = text.partition(": ")
    if " " not in message:
        what, _, remedy = remedy.partition(": ")
        message = f"{message}: {what}"
    return Finding(check, message, remedy, help=help)


# --- The machine ----------------------------------------------------------------------------------


def python(version: tuple[int, ...]) -> Finding:
    """Check the version of Python."""
    told = f"Python {_dotted(version)}"
    if version >= OLDEST_PYTHON:
        return fine("python", told)
    return Finding(
        "python", told, f"install Python {_dotted(OLDEST_PYTHON)} or newer", help=Help.PYTHON
    )


def sqlite(version: tuple[int, ...]) -> Finding:
    """Check the version of the SQLite that Python is linked with.

    The WAL-reset bug needs two connections that checkpoint at once, which the state's lock
    prevents. It matters to whoever opens the state with other programs.
    """
    told = f"SQLite {_dotted(version)}"
    if version >= SAFE_SQLITE:
        return fine("sqlite", told)
    return Finding(
        "sqlite",
        f"{told} has the WAL-reset bug, which Tidings alone does not trigger",
        f"open the state with no other program while a worker runs, or have SQLite "
        f"{_dotted(SAFE_SQLITE)} or newer",
        Level.NOTE,
        help=Help.SQLITE,
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def libraries(installed: Mapping[str, str | None]) -> Finding:
    """Check that the libraries are installed: their versions by name, None for a missing one."""
    if missing := [name for name, version in installed.items() if version is None]:
        told = f"{', '.join(missing)} cannot be found"
        return Finding("libraries", told, "install Tidings again", help=Help.LIBRARIES)
    return fine("libraries", ", ".join(f"{name} {which}" for name, which in installed.items()))


def time_zones(count: int, source: str) -> Finding:
    """Check that time zones are known; `source` is where they come from."""
    if count:
        return fine("time zones", f"{count:,} are known, from {source}")
    remedy = "install the system's tzdata, or the Python package of that name"
    return Finding("time zones", "none are known", remedy, help=Help.TIME_ZONES)


def clock(now: datetime, last: datetime | None) -> Finding:
    """Compare the clock with the time of the last round; None if there was none."""
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock, and let NTP keep it"
    if now.year < FIRST_YEAR:
        return Finding("clock", f"it says {told}, which cannot be", remedy, help=Help.CLOCK)
    if last and last - now > CLOCK_TOLERANCE:
        return Finding(
            "clock",
            f"it says {told}, and the last run was at {last:%Y-%m-%d %H:%M} UTC, later than that",
            f"{remedy}; no edition is opened for a time that has been",
            help=Help.CLOCK,
        )
    return fine("clock", told)


def last_round(now: datetime, last: datetime | None) -> Finding:
    """Check how long ago the last round was; `last` is None if there was none."""
    if last is None:
        told = "there was none yet"
        return Finding(
            "last round",
            told,
            "`tidings run`, or start a worker",
            Level.NOTE,
            help=Help.NO_RECENT_RUN,
        )
    told = f"{last:%Y-%m-%d %H:%M:%S} UTC"
    if now - last <= IDLE:
        return fine("last round", told)
    return Finding(
        "last round",
        f"{told}, more than a day ago",
        "is a worker or a timer running? `tidings run` runs once",
        Level.NOTE,
        help=Help.NO_RECENT_RUN,
    )


# --- Files and folders ----------------------------------------------------------------------------


def usable(place: str, wanted: str, *, there: bool, may: bool) -> Finding:
    """Check that a place exists and can be used; `wanted` is "read" or "written"."""
    if not there:
        return Finding(
            "access",
            f"{place} does not exist",
            f"make it, so that it can be {wanted}",
            help=Help.ACCESS,
        )
    if not may:
        remedy = "change its owner or mode, or run as the user that it belongs to"
        return Finding("access", f"{place} cannot be {wanted}", remedy, help=Help.ACCESS)
    return fine("access", f"{place} can be {wanted}")


def foreign_owner(place: str, strangers: Sequence[str], owner: str) -> Finding:
    """Check for files in a folder that do not belong to the owner of the folder.

    A run as root leaves such files, and the worker's own user cannot write them.
    """
    if strangers:
        told = f"{', '.join(strangers)} in {place} do not belong to {owner}, as the folder does"
        return Finding(
            "access", told, f"chown -R {owner} {place}, and run as {owner}", help=Help.ACCESS
        )
    return fine("access", f"{place} and what is in it belong to {owner}")


def kept_secret(place: str, mode: int) -> Finding:
    """Check the mode of a file, or of a folder if `place` ends in "/", that holds secrets."""
    if mode & ALL_BUT_OWNER:
        told = f"{place} can be read by others on this machine (mode {mode:o})"
        return Finding(
            "secrets",
            told,
            f"chmod {700 if place.endswith('/') else 600} {place}",
            help=Help.SECRETS_EXPOSED,
        )
    return fine("secrets", f"{place} can be read by its owner only")


def git_tracks(names: Sequence[str]) -> Finding:
    """Report secret files that are in a Git repository."""
    return Finding(
        "git",
        f"Git tracks what is secret or personal: {_some(names)}",
        "`git rm -r --cached` them, name them in .gitignore, and commit; the history keeps what it "
        "has: a key that was pushed is no secret any more",
        help=Help.SECRETS_IN_GIT,
    )


def git_would_add(names: Sequence[str]) -> Finding:
    """Report secret files that the next `git add` would take."""
    return Finding(
        "git",
        f"`git add` would take what is secret or personal: {_some(names)}",
        "name it in .gitignore, as in the one that `tidings init` writes",
        Level.NOTE,
        help=Help.SECRETS_IN_GIT,
    )


def git_unknown(reason: str) -> Finding:
    """Report that a repository could not be examined."""
    return Finding(
        "git",
        f"nobody knows whether Git tracks what is secret here: {reason}",
        "run `tidings doctor` as a user who may use git there",
        Level.NOTE,
        help=Help.SECRETS_IN_GIT,
    )


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def room(place: str, left: Room, state_bytes: int) -> Finding:
    """Check the space that is left at a place, for a state of `state_bytes`."""
    told = f"{place}: {left.free // MIB:,} MiB free"
    remedy = "free some space; nothing is lost meanwhile, and the next run continues"
    # A backup, or a look, needs the state once more.
    needed = LEAST_SPACE + 2 * state_bytes
    if left.free < needed:
        return Finding(
            "disk", f"{told}, {needed // MIB:,} MiB may be needed", remedy, help=Help.DISK
        )
    if left.all_files and left.free_files < LEAST_FILES:
        return Finding(
            "disk", f"{place}: room for {left.free_files:,} more files", remedy, help=Help.DISK
        )
    if left.free < AMPLE_SPACE:
        return Finding("disk", told, "check it again soon", Level.NOTE, help=Help.DISK)
    return fine("disk", told)


# --- What is published, and mail ------------------------------------------------------------------


def published(
    missing: Sequence[str], altered: Sequence[str], total: int, how: str, place: str = "feeds/"
) -> Finding:
    """Check the files published to `place` against the manifest; `how` says what was compared."""
    if not missing and not altered:
        return fine("published", f"{total:,} files in {place} are as they were written, by {how}")
    wrong = [f"{len(missing):,} gone"] if missing else []
    wrong += [f"{len(altered):,} altered"] if altered else []
    some = [*missing, *altered]
    names = ", ".join(some[:NAMES_SHOWN]) + (", …" if len(some) > NAMES_SHOWN else "")
    return Finding(
        "published",
        f"of {total:,} files in {place}, {' and '.join(wrong)}: {names}",
        "remove what was altered: `tidings run` makes it again. Find out who else writes there",
        help=Help.FILES_ALTERED,
    )


def strangers(paths: Sequence[str], place: str) -> Finding:
    """Tell of what is in a bucket and not ours: a crash may have left it, or somebody put it
    there."""
    names = ", ".join(paths[:NAMES_SHOWN]) + (", …" if len(paths) > NAMES_SHOWN else "")
    many = f"{len(paths):,} objects are" if len(paths) > 1 else "an object is"
    return Finding(
        "published",
        f"{many} in {place} that Tidings did not put there: {names}",
        "nothing to do if it is yours; else remove it",
        Level.NOTE,
        help=Help.BUCKET,
    )


def conditions(found: Literal["kept", "ignored", "unknown"], place: str) -> Finding:
    """Whether a store refuses what does not meet a condition, so that a process that was asleep
    cannot publish an older feed over a newer."""
    if found == "kept":
        return fine("bucket", f"the store of {place} refuses a second writer")
    how = "ignores" if found == "ignored" else "does not know"
    return Finding(
        "bucket",
        f"the store of {place} {how} conditions: two machines could overwrite each other's feeds",
        "let one machine publish, or use a store that keeps If-Match and If-None-Match",
        Level.NOTE,
        help=Help.BUCKET,
    )


def behind(recorded: int, published: int, *, worker: bool) -> Finding:
    """Check that the feeds are as new as the state, both as run numbers.

    `worker`: a worker runs, and will publish.
    """
    if ahead := max(recorded - published, 0):
        told = f"the state is {ahead:,} {'change' if ahead == 1 else 'changes'} ahead of the feeds"
        if worker:
            return Finding(
                "published",
                told,
                "the worker is about to publish",
                Level.NOTE,
                help=Help.FEEDS_BEHIND,
            )
        return Finding(
            "published",
            told,
            "`tidings run` publishes, and says why if it cannot",
            help=Help.FEEDS_BEHIND,
        )
    return fine("published", "the feeds are as new as the state")


def is_long_ago(arrived: datetime, now: datetime) -> bool:
    """Whether a test of the return path that arrived then says nothing of today."""
    return now - arrived > TEST_EVERY


def return_path(pattern: str, arrived: datetime | None, now: datetime) -> Finding:
    """Check whether mail that comes back is read: `arrived` is when `deliveries bounce` last read a
    test, None for never; another one was sent if that is long ago."""
    if arrived and not is_long_ago(arrived, now):
        return fine("return path", f"a test to {pattern} arrived {arrived:%Y-%m-%d %H:%M} UTC")
    if arrived:
        told = f"the last test to {pattern} arrived {arrived:%Y-%m-%d %H:%M} UTC; one was sent now"
    else:
        told = f"a test was sent to {pattern}; `tidings deliveries bounce` has read none so far"
    remedy = "read that mailbox by `tidings deliveries bounce`: if no test is there, mail that"
    return Finding(
        "return path",
        told,
        f"{remedy} comes back is lost, too",
        Level.FINE if arrived and now - arrived < TEST_TOO_OLD else Level.NOTE,
        help=Help.RETURN_PATH,
    )


def return_path_refused(pattern: str, words: str) -> Finding:
    """Report that the server took no test to the return path."""
    return Finding(
        "return path",
        f"no test can be sent to {pattern} ({words})",
        "let your mail server take all mail to it, as by plus addressing; or remove {token} from"
        " mail.bounce_address",
        help=Help.RETURN_PATH,
    )


def by_password(host: str, user: str, *, token: bool) -> bool:
    """Whether somebody logs in to Microsoft 365 by a password."""
    return bool(user) and not token and host.casefold() in MICROSOFT_365


def password_ends() -> Finding:
    """Report that Microsoft 365 is about to take no password."""
    return Finding("mail", BASIC_ENDS, USE_TOKENS, Level.NOTE, help=Help.PASSWORD_ENDS)


def mail_server(
    place: str, tls: str, expires: datetime | None, user: str, now: datetime
) -> Finding:
    """Check what a mail server answered.

    `tls` is the version of the protocol, "" without TLS; `expires` is the end of its certificate;
    `user` is who logged in, "" without a login.
    """
    told = f"{place} answers, {tls or 'without TLS'}"
    told += f", and accepts the login of {user}" if user else ""
    if expires and expires - now < CERTIFICATE_ENDS_SOON:
        return Finding(
            "mail",
            f"{told}; its certificate is valid until {expires:%Y-%m-%d} only",
            "ask whoever runs it to renew it: nothing is sent once it has expired",
            Level.NOTE,
            help=Help.CERTIFICATE_ENDS,
        )
    return fine("mail", told)
