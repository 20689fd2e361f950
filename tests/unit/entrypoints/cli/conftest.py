"""A small instance, and verbs that must leave it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.pressroom import Pressroom, pressroom, traces
from tidings.entrypoints.cli import app

ENVIRON = {
    "SOURCE_DATE_EPOCH": "1778403600",  # Sunday 10 May 2026, 09:00Z
    "NO_COLOR": "1",
    "COLUMNS": "80",
}


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    return pressroom(tmp_path)


def call(room: Pressroom, *words: str) -> Result:
    """Call a verb that must leave the instance as it is."""
    before = traces(room.root)
    result = CliRunner().invoke(app, ["-C", str(room.root), *words], env=ENVIRON)
    assert traces(room.root) == before
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
