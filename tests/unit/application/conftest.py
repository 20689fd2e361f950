"""A news desk on a real state in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import topic
from tests.desk import Desk, open_desk


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are on what is written, not on when it is safe."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with two topics, `boats` and `ports`, and neither listings nor digests yet."""
    opened = open_desk(tmp_path, topic("boats", "boat"), topic("ports", "port"))
    yield opened
    opened.store.close()
