"""The page on topics says what `plurals` does."""

from __future__ import annotations

import re
from pathlib import Path

from tidings.core.topics.plurals import LANGUAGES, SEPARATE

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-topic.md"


def test_the_page_lists_the_words_that_are_kept_apart() -> None:
    text = PAGE.read_text("utf-8")
    listed = re.findall(r"^- \w+ \(`(\w\w)`\): ((?:.|\n  )+)", text, re.MULTILINE)
    assert {tag: re.sub(r",\s+", " ", words).strip() for tag, words in listed} == SEPARATE


def test_the_page_names_each_language_that_has_rules() -> None:
    rows = re.findall(r"^\| \w+ \(`(\w\w)`\) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert tuple(rows) == LANGUAGES
