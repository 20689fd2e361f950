"""The instance's secret key, and values signed with it: the one place that knows itsdangerous.

What is signed travels through other people's hands. Everybody who has it can read it; nobody
without the key can make it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import itsdangerous
from itsdangerous.encoding import base64_encode

from tidings.errors import ConfigError, StoreError
from tidings.model import Help, Problem

VARIABLE = "TIDINGS_SECRET_KEY"
PREVIOUS = "TIDINGS_SECRET_KEY_PREVIOUS"
KEY_BYTES = 32
# Characters. Nothing that we sign comes near; whatever is longer is not ours.
LONGEST = 4096
# Bytes. Compressing what is shorter gains next to nothing, and takes longer than all the rest.
COMPRESS_FROM = 120


class Signer:
    """Signs values and verifies them. What is signed for one purpose is valid for no other.

    What was signed with one of the `previous` keys is valid, too; nothing is signed with them.
    """

    def __init__(self, secret: bytes, previous: Sequence[bytes] = ()) -> None:
        self._keys = tuple(dict.fromkeys((secret, *previous)))
        self._known: dict[tuple[str, bytes], itsdangerous.URLSafeSerializer] = {}

    def sign(self, purpose: str, values: Sequence[object]) -> str:
        """The values and their signature, in characters that an address takes unescaped."""
        return str(self._for(purpose, self._keys[0]).dumps(list(values)))

    def verify(self, purpose: str, signed: str) -> Sequence[object] | None:
        """The values that were signed for that purpose; None if they were not, or not by us."""
        if len(signed) > LONGEST:
            return None
        for key in self._keys:
            try:
                values = self._for(purpose, key).loads(signed)
            except itsdangerous.BadSignature:
                continue
            except (itsdangerous.BadData, ValueError, RecursionError):
                return None
            return values if isinstance(values, list) else None
        return None

    def _for(self, purpose: str, key: bytes) -> itsdangerous.URLSafeSerializer:
        known = self._known.get((purpose, key))
        if known is None:
            # The key of a purpose is derived once, rather than for every value.
            salt, sha256 = f"tidings {purpose}", hashlib.sha256
            signer = itsdangerous.Signer(key, salt, key_derivation="hmac", digest_method=sha256)
            known = _Serializer(
                signer.derive_key(),
                signer_kwargs={"digest_method": sha256, "key_derivation": "none"},
            )
            self._known[purpose, key] = known
        return known


class _Serializer(itsdangerous.URLSafeSerializer):
    def dump_payload(self, obj: object) -> bytes:
        plain = self.serializer.dumps(obj, **self.serializer_kwargs).encode()
        if len(plain) < COMPRESS_FROM:
            return base64_encode(plain)
        return super().dump_payload(obj)


def secret_key(state_folder: Path | None, environ: Mapping[str, str]) -> bytes:
    """The key with which forms and links are signed; the first one is the instance's root secret.

    Taken from TIDINGS_SECRET_KEY, the file that TIDINGS_SECRET_KEY_FILE names, or
    `secret.key` in the state folder (readable by its owner only; made at first use). Without such
    a folder, which several machines do not share, one of the variables has to be set.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    if named := _named(f"{VARIABLE}_FILE", environ):
        return named
    if state_folder is None:
        raise ConfigError(
            [
                Problem(
                    VARIABLE,
                    0,
                    0,
                    "is not set, and with the state on a server every machine needs the same key",
                    "set it to 64 random characters, such as `openssl rand -hex 32` prints",
                    help=Help.SECRET_UNUSABLE,
                )
            ]
        )
    return _kept(state_folder / "secret.key")


def previous_keys(environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The keys that were in use before, the newest first: what they signed goes on opening.

    Taken from TIDINGS_SECRET_KEY_PREVIOUS, else from the file that TIDINGS_SECRET_KEY_PREVIOUS_FILE
    names; one a line. Raises `ConfigError` if that file cannot be read, or is empty.
    """
    given = environ.get(PREVIOUS, "").encode().strip()
    given = given or _named(f"{PREVIOUS}_FILE", environ) or b""
    lines = tuple(line.strip() for line in given.splitlines() if line.strip())
    # A key of several lines, as some programs make them, is one key as well.
    return lines if len(lines) < 2 else (*lines, given)


def root_secret(state_folder: Path | None, environ: Mapping[str, str]) -> bytes:
    """What an instance that has none yet derives Message-IDs and pseudonyms from: its first key, so
    that they are what they were before that was kept apart."""
    key, previous = secret_key(state_folder, environ), previous_keys(environ)
    return previous[-1] if previous else key


def _named(name: str, environ: Mapping[str, str]) -> bytes | None:
    """The key in the file that a variable names; None if it names none."""
    place = environ.get(name)
    if not place:
        return None
    try:
        return _not_empty(Path(place))
    except OSError as error:
        raise _unusable(name, f"{place}: {error.strerror}") from error
    except EOFError as error:
        raise _unusable(name, f"{place} is empty", "put the key in it") from error


def _unusable(name: str, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(name, 0, 0, message, hint, help=Help.SECRET_UNUSABLE)])


def _kept(path: Path) -> bytes:
    try:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        if not path.exists():
            # Readable by its owner only, and a name of its own for every thread and process.
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            temporary = Path(name)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_hex(KEY_BYTES).encode())
                stream.flush()
                os.fsync(stream.fileno())
            # Whoever comes first wins: a second process must not replace a key in use.
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        return _not_empty(path)
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}: run as the user whose it is, and let nobody else read it"
        ) from error
    except EOFError as error:
        raise StoreError(
            f"{path} is empty: restore it from a backup, or remove it to have a new one made "
            "(links in mail that was sent stop working)"
        ) from error


def _not_empty(path: Path) -> bytes:
    key = path.read_bytes().strip()
    if not key:
        raise EOFError(path)
    return key
