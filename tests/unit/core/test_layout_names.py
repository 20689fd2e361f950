"""What a source may say of its listings is what the reader knows."""

from __future__ import annotations

from typing import get_args

from tidings.core.listings import LAYOUTS, THRESHOLD
from tidings.core.settings.site import Layout, Source


def test_a_source_may_name_every_layout_and_no_other() -> None:
    assert get_args(Layout) == LAYOUTS


def test_a_source_that_names_no_threshold_has_that_of_the_reader() -> None:
    assert Source.model_fields["threshold"].default == THRESHOLD
