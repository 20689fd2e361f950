"""The looks of a site that need no template: its colour, its logo, the links of its footer.

One colour is chosen; what else needs a colour that goes with it is mixed from it here, so that text
has the contrast that WCAG 2.2 asks for (1.4.3: 4.5 to 1), in light and in dark.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from tidings.core.settings.values import InvalidValue, Line, Model, WebAddress

CONTRAST = 4.5
CLEAR = 7.0  # what is mixed here has the contrast of level AAA
# The grounds that the accent stands on, those of assets/site.css.
LIGHT_GROUNDS = ("#ffffff", "#f3f6f4")
DARK_GROUNDS = ("#0f1513", "#171e1b")
STEPS = 100

_COLOUR = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)
_IMAGE = re.compile(r"[A-Za-z0-9][\w.-]*\.(svg|png|jpg|jpeg|webp|gif)", re.ASCII)


def check_accent(text: str) -> str:
    """Return a colour as #rrggbb, once it can be read on white.

    Raises InvalidValue.
    """
    found = _COLOUR.fullmatch(text.strip())
    if not found:
        hint = 'write six hexadecimal digits in quotes, as in "#1a4f8a"'
        raise InvalidValue(f'"{text}" is not a colour', hint)
    accent = f"#{found[1].lower()}"
    least = min(contrast(accent, ground) for ground in LIGHT_GROUNDS)
    if least < CONTRAST:
        message = f"{accent} has a contrast of {least:.1f} to 1 on white, and text needs {CONTRAST}"
        darker = _readable(accent, "#000000", LIGHT_GROUNDS)
        raise InvalidValue(message, f"a darker one of this kind: {darker}")
    return accent


def check_image(text: str) -> str:
    """Return the name of an image. Raises InvalidValue for a path and for other files."""
    if not _IMAGE.fullmatch(text):
        hint = "put the image into templates/assets/ and write its name, as in logo.svg"
        raise InvalidValue(f'"{text}" is not the name of an image', hint)
    return text


class Look(Model):
    """The colour and the logo of the pages."""

    accent: Annotated[str, AfterValidator(check_accent)] | None = None
    """The colour of topics and links, as "#1a4f8a", dark enough for text on white. A lighter one
    for dark screens is mixed from it."""

    logo: Annotated[str, AfterValidator(check_image)] | None = None
    """An image in templates/assets/, such as logo.svg. It stands before the name of the site."""

    @property
    def dark_accent(self) -> str:
        """The accent as it can be read on dark ground, "" without one."""
        return _readable(self.accent, "#ffffff", DARK_GROUNDS) if self.accent else ""

    @property
    def mark(self) -> str:
        """The ground of marked words, "" without an accent."""
        return mix(self.accent, "#ffffff", 0.85) if self.accent else ""

    @property
    def dark_mark(self) -> str:
        """The ground of marked words on dark screens, "" without an accent."""
        return mix(self.dark_accent, "#000000", 0.7) if self.accent else ""

    @property
    def mark_ink(self) -> str:
        """The colour of marked words, "" without an accent."""
        return _readable(self.accent, "#000000", (self.mark,)) if self.accent else ""

    @property
    def dark_mark_ink(self) -> str:
        """The colour of marked words on dark screens, "" without an accent."""
        return _readable(self.dark_accent, "#ffffff", (self.dark_mark,)) if self.accent else ""


class FooterLink(Model):
    """A link at the end of every page and message."""

    title: Line
    """What the link says, such as Privacy."""

    url: WebAddress
    """Where it leads, with https://."""


def mix(colour: str, other: str, share: float) -> str:
    """A colour with a `share` (0 to 1) of another."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def contrast(colour: str, ground: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted(map(_luminance, (colour, ground)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, towards: str, grounds: tuple[str, ...]) -> str:
    """The colour, with as much of `towards` as it takes to be read on the grounds."""
    mixed = (mix(colour, towards, step / STEPS) for step in range(STEPS + 1))
    return next(
        (each for each in mixed if min(contrast(each, on) for on in grounds) >= CLEAR), towards
    )


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in _parts(colour))
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
