"""What tests of the web share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_site import SmallSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SmallSite]:
    opened = SmallSite(tmp_path)
    yield opened
    opened.close()
