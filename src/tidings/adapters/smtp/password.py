"""The password for the mail server: from the environment or a file, never from configuration."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from tidings.core.settings import Relay
from tidings.errors import ConfigError
from tidings.model import Problem

VARIABLE = "TIDINGS_SMTP_PASSWORD"
FILE_VARIABLE = f"{VARIABLE}_FILE"


def smtp_password(relay: Relay, environ: Mapping[str, str]) -> str:
    """The password of the relay's user, "" if nobody logs in.

    Taken from TIDINGS_SMTP_PASSWORD, else the file that TIDINGS_SMTP_PASSWORD_FILE names, less a
    line end. Raises `ConfigError` if there is none, or if everybody on the machine can read it.
    """
    if not relay.user:
        return ""
    if environ.get(VARIABLE):
        return environ[VARIABLE]
    if named := environ.get(FILE_VARIABLE):
        return _read(Path(named))
    message = f"is not set, but mail.transport names the user {relay.user}"
    hint = f"set it, or {FILE_VARIABLE} to a file that holds the password, or leave out the user"
    raise ConfigError([Problem(VARIABLE, 0, 0, message, hint)])


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            password = file.read().decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror or error}", "make it readable") from error
    except UnicodeDecodeError:
        # Its words and its cause would hold the password.
        raise _wrong(f"{path} is not UTF-8", "save it as UTF-8") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise _wrong(f"{path} is open to everybody on this machine", f"chmod o= {path}")
    if not password:
        raise _wrong(f"{path} is empty", "write the password into it")
    return password


def _wrong(message: str, hint: str) -> ConfigError:
    return ConfigError([Problem(FILE_VARIABLE, 0, 0, message, hint)])
