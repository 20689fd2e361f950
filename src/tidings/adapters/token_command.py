"""Access tokens for a mail server, by a program of the administrator's (`mail.token_command`).

A token is as good as a password as long as it lives: it is held in memory alone, and stands in no
message, log, file or argument. The program is started without a shell and with nothing to read. It
prints the token, or JSON with the token and when it expires: as token servers answer (RFC 6749
§5.1), or as `az account get-access-token` does.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tidings.errors import TransportClosed

SECONDS = 30.0
# How long a token is used that does not say when it expires.
UNTOLD = timedelta(minutes=5)
# A token is replaced so long before it expires: a login takes a while.
BEFORE = timedelta(minutes=1)
LONGEST = 64 * 1024

# What the program has no use for.
_SECRETS = ("TIDINGS_SECRET_KEY", "TIDINGS_SMTP_PASSWORD", "TIDINGS_IMAP_PASSWORD")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=|-]+")  # RFC 6750 §2.1, and what providers add
_LONG_WORD = re.compile(r"[^\s:=\"']{16,}")
_LATEST = 2**33  # seconds since 1970: what is beyond is no instant
_WORDS = 200


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    expires: datetime


class TokenCommand:
    """Gives access tokens, and runs the program when the last one expires. For any thread.

    `root` is the folder in which the program runs, `now` the present. Raises `TransportClosed` with
    what is wrong and what to do, never with what the program printed.
    """

    def __init__(
        self,
        command: Sequence[str],
        root: Path,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._root = root
        self._environ = {
            name: value for name, value in environ.items() if not name.startswith(_SECRETS)
        }
        self._now = now
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: _Token | None = None
        self._runs = 0

    def __repr__(self) -> str:
        return "TokenCommand()"

    def __call__(self, refused: str = "") -> str:
        """A token, another one than `refused`. Of several threads that ask at once, one runs the
        program."""
        with self._lock:
            known = self._known
            if known and known.text != refused and known.expires - BEFORE > self._now():
                return known.text
            self._known = None
            self._known = self._read(self._run())
            return self._known.text

    def _run(self) -> str:
        try:
            process = subprocess.Popen(  # noqa: S603 (no shell; the administrator's own)
                self._command,
                cwd=self._root,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it cannot be started"
            raise _failed(
                f"{Path(self._command[0]).name} cannot be run: {reason}",
                "name a program that the user of Tidings may run, with its whole path",
            ) from None
        with process:
            try:
                out, err = _heard(process, self._seconds)
                process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                raise _failed(
                    f"it did not end within {self._seconds:.0f} seconds",
                    "run it by hand: it must not ask anything",
                ) from None
            finally:
                _kill(process)
        if process.returncode:
            said = _words(err)
            told = f"it ended with {process.returncode}" + (f", {said}" if said else "")
            raise _failed(told, "run it by hand as the user of Tidings")
        return out.decode("utf-8", "replace").strip()

    def _read(self, output: str) -> _Token:
        now = self._now()
        if output.startswith("{"):
            return _of_json(output, now)
        if len(output) > LONGEST or not _TOKEN.fullmatch(output):
            raise _no_token()
        return _Token(output, _told_by(output) or now + UNTOLD)


def _heard(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes]:
    """What the program prints and complains of, as far as it is not too long.

    Raises `subprocess.TimeoutExpired`.
    """
    until = time.monotonic() + seconds
    heard: dict[object, bytes] = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for stream in filter(None, (process.stdout, process.stderr)):
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(until - time.monotonic())
            if not ready or time.monotonic() >= until:
                raise subprocess.TimeoutExpired(process.args, seconds)
            for key, _ in ready:
                data = os.read(key.fd, LONGEST)
                heard[key.fileobj] += data
                if not data or len(heard[key.fileobj]) > LONGEST:
                    selector.unregister(key.fileobj)
    return heard[process.stdout], heard[process.stderr]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the program and of what it started."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _of_json(output: str, now: datetime) -> _Token:
    try:
        found = json.loads(output)
    except (ValueError, RecursionError):
        raise _no_token() from None
    token = found.get("access_token", found.get("accessToken"))
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise _no_token()
    lasts, until = _seconds(found.get("expires_in")), _seconds(found.get("expires_on"))
    if lasts is not None:
        expires = now + timedelta(seconds=lasts)
    elif until is not None:
        expires = datetime.fromtimestamp(until, UTC)
    else:
        expires = _told_by(token) or now + UNTOLD
    if expires <= now:
        raise _failed("it gave a token that has expired", "let it fetch a new one")
    return _Token(token, expires)


def _seconds(value: object) -> float | None:
    """A number of seconds, also where it is text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < _LATEST else None


def _told_by(token: str) -> datetime | None:
    """When a token expires that is a JSON Web Token (RFC 7519 §4.1.4); nothing else of it counts
    here, the server checks it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    until = _seconds(claims.get("exp")) if isinstance(claims, dict) else None
    return datetime.fromtimestamp(until, UTC) if until else None


def _no_token() -> TransportClosed:
    return _failed(
        "what it printed is no access token",
        "let it print the token alone, or JSON with access_token and expires_in",
    )


def _failed(what: str, remedy: str) -> TransportClosed:
    return TransportClosed(f"mail.token_command: {what}: {remedy}", ours=True, refused=True)


def _words(data: bytes) -> str:
    """The last line of what a program complained about, without anything that may be a secret."""
    lines = [line for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    text = "".join(c for c in (lines[-1] if lines else "") if c.isprintable())
    return _LONG_WORD.sub("…", text)[:_WORDS].strip().replace(": ", ", ")
