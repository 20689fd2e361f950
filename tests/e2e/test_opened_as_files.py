"""The published folder works where it lies: opened from disk, with no server behind it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests import chromium

# What leads elsewhere on purpose: where the page will be served, and to a mail program.
ABROAD = re.compile(r'<link rel="canonical" href="[^"]+">|href="mailto:[^"]+"')
LEADING = re.compile(r'\b(?:href|src|action)="([^"]*)"|\burl=([^"]+)"')

# The element whose font a style sheet sets, and the browser's own font.
STYLED = "document.body ?? document.documentElement"
UNSTYLED = '"Times New Roman"'


def published(instance: Path) -> list[Path]:
    pages = sorted((instance / "feeds").rglob("*.html"))
    assert len(pages) > 80
    return pages


def test_every_link_of_every_page_leads_to_a_file_of_the_folder(instance: Path) -> None:
    for page in published(instance):
        text = ABROAD.sub("", page.read_text(encoding="utf-8"))
        for found in LEADING.finditer(text):
            path, _, anchor = (found[1] or found[2]).partition("#")
            target = Path(os.path.normpath(page.parent / path)) if path else page
            assert target.is_file(), f"{page} leads to {found[0]}"
            assert target.is_relative_to(instance / "feeds"), f"{page} leads to {found[0]}"
            assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8"), found[0]


@pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium on this machine")
def test_a_reader_clicks_from_page_to_page_and_to_a_feed_without_a_server(
    instance: Path, tmp_path: Path
) -> None:
    feeds = instance / "feeds"
    with chromium.opened(tmp_path / "profile") as tab:

        def opened(place: str) -> None:
            assert tab.run("location.href").partition("#")[0] == (feeds / place).as_uri()
            assert tab.run(f"getComputedStyle({STYLED}).fontFamily") != UNSTYLED, place

        tab.go((feeds / "index.html").as_uri())
        opened("index.html")
        tab.press("a[href='topics/mexico/index.html']")
        opened("topics/mexico/index.html")
        tab.press("a[href^='../../items/']")
        opened(Path(tab.run("location.pathname")).relative_to(feeds).as_posix())
        tab.press("a[href='../topics/mexico/index.html']")
        tab.press("a[href$='mexico/atom.xml']")
        opened("topics/mexico/atom.xml")
