"""A mail as it looks to a reader who has chosen light or dark."""

from __future__ import annotations

from tidings.core.drafts import in_scheme

MAIL = """<html style="color-scheme: light dark"><meta name="color-scheme" content="light dark">
<style>@media (prefers-color-scheme: dark) { p { color: white } }</style>
<style>@media screen and (prefers-color-scheme:light) { p { color: black } }</style>"""


def test_in_the_dark_the_rules_for_the_dark_hold_and_no_others() -> None:
    shown = in_scheme(MAIL, "dark")
    assert "@media (min-width: 0) { p { color: white }" in shown
    assert "@media screen and (max-width: -1px) { p { color: black }" in shown
    assert "prefers-color-scheme" not in shown


def test_in_the_light_it_is_the_other_way_round() -> None:
    shown = in_scheme(MAIL, "light")
    assert "@media (max-width: -1px) { p { color: white }" in shown
    assert 'style="color-scheme: light"' in shown
    assert 'content="light"' in shown
