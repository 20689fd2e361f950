"""A colour and a logo without a template: readable in light and in dark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tidings.core.settings.look import (
    CLEAR,
    CONTRAST,
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    Look,
    contrast,
    mix,
)

CHANNEL = st.integers(0, 255)
COLOURS = st.builds("#{:02x}{:02x}{:02x}".format, CHANNEL, CHANNEL, CHANNEL)


def test_black_on_white_has_the_contrast_that_the_standard_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_half_of_black_and_white_is_grey() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


@given(COLOURS)
def test_whatever_accent_is_taken_all_that_is_mixed_from_it_can_be_read(colour: str) -> None:
    try:
        look = Look(accent=colour)
    except ValidationError:
        assert min(contrast(colour, ground) for ground in LIGHT_GROUNDS) < CONTRAST
        return
    assert look.accent is not None
    assert min(contrast(look.accent, ground) for ground in LIGHT_GROUNDS) >= CONTRAST
    assert min(contrast(look.dark_accent, ground) for ground in DARK_GROUNDS) >= CLEAR
    assert contrast(look.mark_ink, look.mark) >= CONTRAST
    assert contrast(look.dark_mark_ink, look.dark_mark) >= CONTRAST


def test_a_colour_too_light_to_read_is_refused_with_one_that_is_not() -> None:
    with pytest.raises(ValidationError, match=r"#ffcc00 has a contrast of 1\.\d to 1 on white"):
        Look(accent="#ffcc00")


@pytest.mark.parametrize("written", ["1A4F8A", "#1a4f8a", " #1A4F8A "])
def test_a_colour_may_be_written_with_and_without_its_sign(written: str) -> None:
    assert Look(accent=written).accent == "#1a4f8a"


@pytest.mark.parametrize("written", ["blue", "#fff", "#1a4f8", "rgb(0, 0, 0)", ""])
def test_what_is_no_colour_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="is not a colour"):
        Look(accent=written)


@pytest.mark.parametrize("name", ["../logo.svg", "/logo.svg", "logo", "a/b.svg", "x.js", ".svg"])
def test_a_logo_is_an_image_in_the_folder_of_assets(name: str) -> None:
    with pytest.raises(ValidationError, match="is not the name of an image"):
        Look(logo=name)


def test_without_an_accent_nothing_is_mixed() -> None:
    look = Look()
    assert (look.dark_accent, look.mark, look.dark_mark, look.mark_ink, look.dark_mark_ink) == (
        ("",) * 5
    )
