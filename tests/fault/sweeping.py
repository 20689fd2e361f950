"""Long sweeps cut into parts: a few are enough for every run of the tests, the slow ones do all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.fault.crashing import numbered


def parts(number: int, *, quick: tuple[int, ...]) -> list[object]:
    """So many parts of a sweep, all but the quick ones marked as slow."""
    return [
        part if part in quick else pytest.param(part, marks=pytest.mark.slow)
        for part in range(number)
    ]


def dealt_out(passed: Sequence[str], part: int, among: int) -> list[tuple[int, str]]:
    """A fair share of the moments, numbered from 1: every part has its share of each kind."""
    return sorted(sorted(numbered(passed), key=lambda each: each[1])[part::among])
