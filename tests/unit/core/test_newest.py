"""Of a source whose newest file corrects the others, the last file by name speaks."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from tests.builders import item, sighting, text
from tidings.core.newest import natural, newest_differs, spoken


def test_numbers_in_names_go_by_their_value() -> None:
    names = ["seeds/9.txt", "seeds/10.txt", "seeds/10a.txt", "seeds/010b.txt", "seeds/a.txt"]
    names.reverse()
    assert sorted(names, key=natural) == names[::-1]
    assert natural("2026-9/1.txt") < natural("2026-10/1.txt")
    assert len({natural(name) for name in ("1.txt", "01.txt")}) == 2
    assert sorted(["²", "2", "٣"], key=natural) == ["2", "²", "٣"]


def test_each_part_is_from_the_newest_file_that_has_it() -> None:
    said = {
        "1.txt": text("Tide", "It rises.", "2026-01-05", url="https://x.example/1"),
        "2.txt": text("tide", "It falls.", category="Sea"),
        "10.txt": text("TIDE", ""),
    }
    for order in permutations(said):
        assert spoken({path: said[path] for path in order}) == text(
            "TIDE", "It falls.", "2026-01-05", url="https://x.example/1", category="Sea"
        )
    assert spoken({}) is None


@pytest.mark.parametrize(
    ("last", "differs"),
    [
        (text("Tide", "It falls.", "2026-01-05"), True),
        (text("Tide", "It rises.", "2026-01-06"), True),
        (text("Tides", "It rises.", "2026-01-05"), True),
        (text("tide", "It  rises.", "2026-01-05"), False),
        (text("Tide", "It ris…", "2026-01-05"), False),
        (text("Tide", "", None), False),
    ],
)
def test_the_newest_file_differs_in_what_it_says_and_the_item_does_not(
    last: object, differs: bool
) -> None:
    said = text("Tide", "It rises.", "2026-01-05")
    sources = (
        sighting("a", said, path="seeds/9.txt"),
        sighting("a", last, path="seeds/10.txt"),  # type: ignore[arg-type]
    )
    known = replace(item(said, "a"), sources=sources)
    found = newest_differs(known, lambda path: path.startswith("seeds/"))
    assert (found is sources[1]) == differs
    assert newest_differs(known, lambda path: path == "seeds/10.txt") is None
