"""What comes out the same however often it is asked for, kept by the processes of the tests.

The program reads its configuration and builds its command line once in a process, or when a file
has changed; the tests have it do so some thousand times, nearly always with the same words.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import cache
from types import ModuleType

import typer.main
import typer.testing

from tidings.adapters import config
from tidings.adapters.config.composing import compose
from tidings.adapters.config.documents import Document


def remember() -> None:
    """Keep the command lines of typer, and what YAML says by its text; each gets its own copy."""

    @cache
    def composed(*given: object) -> bytes:
        return pickle.dumps(compose(*given))  # type: ignore[arg-type]

    def read_again(*given: object) -> Document:
        document: Document = pickle.loads(composed(*given))
        return document

    _put(config, "compose", read_again)
    kept = cache(typer.main.get_command)
    _put(typer.main, "get_command", kept)
    _put(typer.testing, "_get_command", kept)


def _put(module: ModuleType, name: str, function: Callable[..., object]) -> None:
    assert hasattr(module, name)
    setattr(module, name, function)
