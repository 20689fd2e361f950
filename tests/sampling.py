"""What every run of the tests does of a sweep, and what only `make test-slow` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest
from hypothesis import settings

Test = TypeVar("Test", bound=Callable[..., None])

# Set by `make test-slow`, which runs what is `sampled` once more.
THOROUGH = "THOROUGH" in os.environ


def sampled(few: int, many: int, **more: Any) -> Callable[[Test], Test]:
    """Draw so many examples; `more` is for hypothesis. Stands above `@given`."""
    drawn = settings(max_examples=many if THOROUGH else few, deadline=None, **more)

    def decorate(test: Test) -> Test:
        marked: Test = pytest.mark.sampled(drawn(test))
        return marked

    return decorate


def parts(number: int, *, quick: tuple[int, ...]) -> list[object]:
    """So many parts of a sweep, all but the quick ones marked as slow."""
    return [
        part if part in quick else pytest.param(part, marks=pytest.mark.slow)
        for part in range(number)
    ]


def spread(cases: Iterable[object], few: int) -> list[object]:
    """The cases of a sweep, all but a few marked as slow; those few lie evenly among the others.
    A tuple is a case of several arguments."""
    known = list(cases)
    quick = {at * len(known) // few for at in range(few)}
    return [case if at in quick else _slow(case) for at, case in enumerate(known)]


def _slow(case: object) -> object:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
