"""What `state` may say: where an instance keeps what it remembers.

It stands alone, since `tidings state move` asks for such an address, too.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from tidings.core.settings.values import InvalidValue

_DATABASE = "postgresql://"


def check_state(text: str) -> str:
    """Return the address of an SQLite file: three slashes and a path, four for an absolute one; or
    of a database on a PostgreSQL server, without the password."""
    if text.startswith(_DATABASE):
        return _check_database(text)
    if not re.fullmatch(r"sqlite:///[^?#\s:][^?#]*[^/?#\s]|sqlite:///[^?#\s:/.]", text):
        raise InvalidValue(f'"{text}" is not a state file', "write: sqlite:///state/tidings.db")
    return text


def _check_database(text: str) -> str:
    example = "write: postgresql://tidings@db.example.org/tidings?sslmode=verify-full"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise InvalidValue("this is not the address of a database", example) from error
    if parts.password is not None:
        raise InvalidValue(
            "a password does not belong here",
            "put it into TIDINGS_STATE_PASSWORD, or into the file that TIDINGS_STATE_PASSWORD_FILE "
            "names",
        )
    if not re.fullmatch(r"/[^/\s]+", parts.path) or parts.fragment or re.search(r"\s", text):
        raise InvalidValue("this is not the address of a database", example)
    return text


StateUrl = Annotated[str, AfterValidator(check_state)]
