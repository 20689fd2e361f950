"""What settings of outgoing mail may say beside addresses: the return path of messages, and the
program that gives access tokens."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator, PlainValidator

from tidings.core.settings.values import InvalidValue, check_address

# How long the part of a return path is that names one message (core/mail/return_path.py).
TOKEN_LENGTH = 32
TOKEN_FIELD = "{token}"  # noqa: S105 (no password)


def check_bounce_address(text: str) -> str:
    """Return an envelope sender: an address, or one with {token} once before the @.

    Raises InvalidValue also if the part before the @ would be longer than 64 octets with a token
    (RFC 5321 §4.5.3.1.1).
    """
    address = text.strip()
    local, _, domain = address.rpartition("@")
    if TOKEN_FIELD in domain or local.count(TOKEN_FIELD) > 1:
        hint = "write: bounces+{token}@example.org"
        raise InvalidValue("takes {token} once, before the @", hint)
    whole = f"{local.replace(TOKEN_FIELD, 'x' * TOKEN_LENGTH)}@{domain}"
    if TOKEN_FIELD in local and len(whole.rpartition("@")[0]) > 64:
        raise InvalidValue(
            "is longer than 64 characters before the @ with a token",
            f"at most {64 - TOKEN_LENGTH} besides {{token}}, as in bounces+{{token}}",
        )
    try:
        check_address(whole)
    except InvalidValue as wrong:
        hint = wrong.hint if whole == address else "write: bounces+{token}@example.org"
        raise InvalidValue(f'"{address}" is not a mail address', hint) from None
    return address


def parse_command(value: object) -> tuple[str, ...]:
    """Read a command: a list of its words, or a line in which quotes keep words together.

    No shell runs it: what is special to one is an ordinary character here. Raises InvalidValue
    without repeating the command, which may hold a secret.
    """
    if isinstance(value, list | tuple) and all(isinstance(each, str | int) for each in value):
        words = tuple(str(each) for each in value)
    elif isinstance(value, str):
        try:
            words = tuple(shlex.split(value))
        except ValueError:
            raise InvalidValue("has a quote that is not closed", "write a list of words") from None
    else:
        raise InvalidValue("is not a command", "a line, or a list of words")
    if not words or not words[0].strip() or any("\0" in word for word in words):
        raise InvalidValue("names no program", "write the program and its arguments")
    return words


BounceAddress = Annotated[str, AfterValidator(check_bounce_address)]
Command = Annotated[
    tuple[str, ...], PlainValidator(parse_command, json_schema_input_type=list[str])
]
