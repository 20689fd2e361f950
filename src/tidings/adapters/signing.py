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
KEY_BYTES = 32
# Characters. Nothing that we sign comes near; whatever is longer is not ours.
LONGEST = 4096
# Bytes. Compressing what is shorter gains next to nothing, and takes longer than all the rest.
COMPRESS_FROM = 120


class Signer:
    """Signs values and verifies them. What is signed for one purpose is valid for no other."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._by_purpose: dict[str, itsdangerous.URLSafeSerializer] = {}

    def sign(self, purpose: str, values: Sequence[object]) -> str:
        """The values and their signature, in characters that an address takes unescaped."""
        return str(self._for(purpose).dumps(list(values)))

    def verify(self, purpose: str, signed: str) -> Sequence[object] | None:
        """The values that were signed for that purpose; None if they were not, or not by us."""
        if len(signed) > LONGEST:
            return None
        try:
            values = self._for(purpose).loads(signed)
        except (itsdangerous.BadData, ValueError, RecursionError):
            return None
        return values if isinstance(values, list) else None

    def _for(self, purpose: str) -> itsdangerous.URLSafeSerializer:
        known = self._by_purpose.get(purpose)
        if known is None:
            # The key of a purpose is derived once, rather than for every value.
            salt, sha256 = f"tidings {purpose}", hashlib.sha256
            signer = itsdangerous.Signer(
                self._secret, salt, key_derivation="hmac", digest_method=sha256
            )
            known = _Serializer(
                signer.derive_key(),
                signer_kwargs={"digest_method": sha256, "key_derivation": "none"},
            )
            self._by_purpose[purpose] = known
        return known


class _Serializer(itsdangerous.URLSafeSerializer):
    def dump_payload(self, obj: object) -> bytes:
        plain = self.serializer.dumps(obj, **self.serializer_kwargs).encode()
        if len(plain) < COMPRESS_FROM:
            return base64_encode(plain)
        return super().dump_payload(obj)


def secret_key(state_folder: Path | None, environ: Mapping[str, str]) -> bytes:
    """The key from which Message-IDs and links derive.

    Taken from TIDINGS_SECRET_KEY, the file that TIDINGS_SECRET_KEY_FILE names, or
    `secret.key` in the state folder (readable by its owner only; made at first use). Without such
    a folder, which several machines do not share, one of the variables has to be set.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    named = environ.get(f"{VARIABLE}_FILE")
    if named:
        try:
            return _not_empty(Path(named))
        except OSError as error:
            raise _unusable(f"{named}: {error.strerror}") from error
        except EOFError as error:
            raise _unusable(f"{named} is empty", "put the key in it") from error
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


def _unusable(message: str, hint: str = "") -> ConfigError:
    name = f"{VARIABLE}_FILE"
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
