"""Invented web pages: every template becomes text by every tool, and its labels stand in it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("html_text", reason="what training needs is not installed: make training")
pytest.importorskip("html2text", reason="what training needs is not installed: make training")

from tools.reading import pages
from tools.reading.alignment import key

TEMPLATES = sorted(pages.FOLDER.glob("*.html.j2"))
HERE = pages.available()


def titles(template: Path, seed: int, tool: str) -> tuple[int, int]:
    """How many titles a page has, and how many of them stand in its text."""
    sample = pages.generate_page(template, seed, tool)
    text = key(sample.text)
    assert sample.entries, (template.name, tool)
    found = sum(key(entry.title) in text for entry in sample.entries)
    # w3m sets the cells of a table side by side, each wrapped in its column.
    assert found == len(sample.entries) or tool.startswith("w3m"), (template.name, seed, tool)
    return len(sample.entries), found


@pytest.mark.parametrize("at", range(len(TEMPLATES)), ids=lambda at: TEMPLATES[at].stem)
def test_a_template_becomes_text_in_which_its_titles_stand(at: int) -> None:
    titles(TEMPLATES[at], at, HERE[at % len(HERE)])


@pytest.mark.slow
@pytest.mark.parametrize("tool", HERE)
def test_every_template_becomes_text_by_every_tool(tool: str) -> None:
    counts = [titles(path, 1, tool) for path in TEMPLATES]
    assert sum(found for _, found in counts) > 0.95 * sum(wanted for wanted, _ in counts)


def test_the_same_page_is_made_again() -> None:
    first = pages.generate_page(TEMPLATES[0], 3)
    assert first == pages.generate_page(TEMPLATES[0], 3)
    assert first != pages.generate_page(TEMPLATES[0], 4)


def test_without_w3m_and_lynx_only_their_pages_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [pages.generate_page(TEMPLATES[0], seed) for seed in range(12)]
    monkeypatch.setattr(pages, "which", lambda name: None)
    assert not {"w3m", "w3m-80", "lynx", "lynx-80"} & set(pages.available())
    after = [pages.generate_page(TEMPLATES[0], seed) for seed in range(12)]
    others = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert all("w3m" in a.name or "lynx" in a.name for a, _ in others)
    assert all(a.entries == b.entries for a, b in others)
    assert len(others) < 12
