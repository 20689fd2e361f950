"""The picture of the documentation shows what the reader makes of its file."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tools.reading import picture


def test_the_picture_is_what_the_reader_of_today_makes_of_its_file(
    request: pytest.FixtureRequest,
) -> None:
    """After a training, `make bless` draws it anew; then look at it."""
    if request.config.getoption("--bless"):
        picture.main()
    assert picture.PLACE.read_text(encoding="utf-8") == picture.drawn()


def test_the_picture_is_whole_and_loads_nothing() -> None:
    told = picture.drawn()
    assert ElementTree.fromstring(told).tag.endswith("svg")
    assert "href" not in told
    assert all(line in told for line in picture.TEXT.replace(" | ", "\n").split() if line)
