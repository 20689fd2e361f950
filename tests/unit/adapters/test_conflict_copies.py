"""Copies that programs make beside a listing are told of; what only looks like one is not."""

from __future__ import annotations

import pytest

from tidings.adapters.conflict_copies import conflict_copies, original_of

NEWS = "seeds/news.txt"


@pytest.mark.parametrize(
    "name",
    [
        "news (1).txt",
        "news(2).txt",
        "news-PCNAME.txt",
        "news-DESKTOP-4A7.txt",
        "news (conflicted copy).txt",
        "news (Ana's conflicted copy 2026-11-30).txt",
        "news (conflicted copy 2026-11-30 101010).txt",
        "news_conflict-20261130-101010.txt",
        "news.sync-conflict-20261130-101010-ABCDEFG.txt",
        "news [conflict].txt",
        "news - Copy.txt",
        "news - Copy (2).txt",
        "news copy 2.txt",
        "news - copia.txt",
    ],
)
def test_what_programs_call_a_copy_is_one_beside_its_original(name: str) -> None:
    assert original_of(f"seeds/{name}", {NEWS, f"seeds/{name}"}) == NEWS
    assert original_of(f"seeds/{name}", {f"seeds/{name}"}) == ""
    assert original_of(f"seeds/{name}", {"seeds/old/news.txt", f"seeds/{name}"}) == ""


@pytest.mark.parametrize(
    "name",
    ["news-2026.txt", "news-2.txt", "news-may.txt", "news (May).txt", "newsletter.txt", "news.csv",
     "news-2026-11.txt", "(1).txt", "news.txt"],
)  # fmt: skip
def test_another_listing_is_no_copy(name: str) -> None:
    assert original_of(f"seeds/{name}", {NEWS, f"seeds/{name}"}) == ""


def test_a_copy_of_a_copy_is_told_as_one_of_the_original() -> None:
    read = {NEWS, "seeds/news (1).txt", "seeds/news (1) (1).txt"}
    assert [(note.path, note.severity) for note in conflict_copies(read)] == [
        ("seeds/news (1) (1).txt", "note"),
        ("seeds/news (1).txt", "note"),
    ]
