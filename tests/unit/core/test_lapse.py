"""Whether enough time has passed, by a clock that may have been wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import HOUR, MONDAY
from tidings.core.lapse import has_passed

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "passed"),
    [(0 * HOUR, False), (HOUR - SECOND, False), (HOUR, True), (9 * HOUR, True), (-SECOND, True)],
)
def test_nobody_waits_for_an_instant_that_was_noted_while_the_clock_was_ahead(
    after: timedelta, passed: bool
) -> None:
    assert has_passed(HOUR, MONDAY, MONDAY + after) is passed
