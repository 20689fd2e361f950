"""What comes out the same however often it is asked for, kept by the processes of the tests.

The program reads its configuration, builds its command line and opens its state once in a process,
or when a file has changed; the tests have it do so some thousand times, nearly always with the same
words.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import typer.main
import typer.testing
from sqlalchemy.sql.elements import ClauseElement

from tidings.adapters import config
from tidings.adapters.config.yaml import Document, compose


def remember() -> None:
    """Begin to; whoever begins twice in a process changes nothing."""
    if not hasattr(typer.main.get_command, "cache_info"):
        _remember_commands()
        _remember_configuration()
        _remember_statements()


def _remember_commands() -> None:
    kept = cache(typer.main.get_command)
    _put(typer.main, "get_command", kept)
    _put(typer.testing, "_get_command", kept)


def _remember_configuration() -> None:
    """What YAML says, by its text; each who asks gets a copy."""

    @cache
    def composed(*given: object) -> bytes:
        return pickle.dumps(compose(*given))  # type: ignore[arg-type]

    def read_again(*given: object) -> Document:
        document: Document = pickle.loads(composed(*given))
        return document

    _put(config, "compose", read_again)


def _remember_statements() -> None:
    """One cache of statements as SQL for all engines, where each has its own, and is soon gone.

    They all speak one dialect: there is one kind of state.
    """
    compile_with = ClauseElement._compile_w_cache
    statements: dict[Any, Any] = {}
    dialects: dict[type, Any] = {}

    def compile_once(clause: Any, dialect: Any, *, compiled_cache: Any, **how: Any) -> Any:
        one = dialects.setdefault(type(dialect), dialect)
        shared = None if compiled_cache is None else statements
        return compile_with(clause, one, compiled_cache=shared, **how)

    _put(ClauseElement, "_compile_w_cache", compile_once)


def _put(module: object, name: str, function: Callable[..., object]) -> None:
    assert hasattr(module, name)
    setattr(module, name, function)
