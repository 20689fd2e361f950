"""The layouts that a source may name are those that the reader knows."""

from __future__ import annotations

from typing import get_args

from tidings.core.listings import LAYOUTS
from tidings.core.settings.site import Layout


def test_a_source_may_name_every_layout_and_no_other() -> None:
    assert get_args(Layout) == LAYOUTS
