"""The instance's secret: from the environment, else a file beside the state, made with it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tidings.errors import ConfigError, StoreError
from tidings.model import Problem

VARIABLE = "TIDINGS_SECRET_KEY"
KEY_BYTES = 32


def secret_key(state_folder: Path, environ: Mapping[str, str]) -> bytes:
    """The key from which Message-IDs and links derive.

    Taken from TIDINGS_SECRET_KEY, the file that TIDINGS_SECRET_KEY_FILE names, or
    `secret.key` in the state folder (readable by its owner only; made at first use).
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    named = environ.get(f"{VARIABLE}_FILE")
    if named:
        try:
            return _not_empty(Path(named))
        except OSError as error:
            problem = Problem(f"{VARIABLE}_FILE", 0, 0, f"{named}: {error.strerror}")
            raise ConfigError([problem]) from error
        except EOFError as error:
            problem = Problem(f"{VARIABLE}_FILE", 0, 0, f"{named} is empty", "put the key in it")
            raise ConfigError([problem]) from error
    return _kept(state_folder / "secret.key")


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
