"""What `tidings run` shows while it sends mail."""

from __future__ import annotations

import pytest

from tidings.entrypoints.cli.run import pace, progress


@pytest.mark.parametrize(
    ("speed", "left", "said"),
    [
        (None, None, ""),
        (0.0, None, ""),
        (250.4, None, "250 per second"),
        (1234.0, 8.0, "1,234 per second, 0:08 left"),
        (2.0, 125.0, "2 per second, 2:05 left"),
        (0.1, 7260.0, "6 per minute, 2 h 01 min left"),
    ],
)
def test_pace_and_time_left_are_in_units_that_people_use(
    speed: float | None, left: float | None, said: str
) -> None:
    assert pace(speed, left) == said


def test_without_a_terminal_telling_the_progress_writes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress() as told:
        told(1, 10)
    assert capsys.readouterr() == ("", "")
