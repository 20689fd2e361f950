"""Takes passwords from the environment, or from files that it names; never from the configuration.

Nothing that is raised here holds one, in its words or its cause.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tidings.errors import ConfigError
from tidings.model import Help, Problem

if TYPE_CHECKING:
    from tidings.core.settings import Relay

SMTP_PASSWORD = "TIDINGS_SMTP_PASSWORD"  # noqa: S105


def password(variable: str, environ: Mapping[str, str]) -> str:
    """The password in a variable, else in the file that the variable with _FILE at its end names,
    less a line end; "" if neither is set.

    Raises `ConfigError` if the file cannot be read or is empty, or if everybody on the machine can
    read it.
    """
    named = environ.get(f"{variable}_FILE")
    if environ.get(variable) or not named:
        return environ.get(variable, "")
    return _read(Path(named), f"{variable}_FILE")


def smtp_password(
    relay: Relay,
    environ: Mapping[str, str],
    variable: str = SMTP_PASSWORD,
    named_by: str = "mail.transport",
) -> str:
    """The password of a server's user, "" if nobody logs in.

    Raises `ConfigError` as `password` does, and if there is none; `named_by` says where the user is
    named.
    """
    if not relay.user:
        return ""
    if found := password(variable, environ):
        return found
    message = f"is not set, but {named_by} names the user {relay.user}"
    hint = f"set it, or {variable}_FILE to a file that holds the password, or leave out the user"
    raise _wrong(variable, message, hint)


def _read(path: Path, variable: str) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            found = file.read().decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise _wrong(variable, f"{path}: {error.strerror or error}", "make it readable") from error
    except UnicodeDecodeError:
        raise _wrong(variable, f"{path} is not UTF-8", "save it as UTF-8") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        told = f"{path} is open to everybody on this machine"
        raise _wrong(variable, told, f"chmod o= {path}")
    if not found:
        raise _wrong(variable, f"{path} is empty", "write the password into it")
    return found


def _wrong(variable: str, message: str, hint: str) -> ConfigError:
    return ConfigError([Problem(variable, 0, 0, message, hint, help=Help.SECRET_UNUSABLE)])
