"""The sample listings, read by the whole of `core.listings` and compared with golden readings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tidings.core.listings import parse

ROOT = Path(__file__).parents[4]
READINGS = sorted((ROOT / "tests" / "golden" / "readings").glob("*.json"))


@pytest.mark.parametrize("golden", READINGS, ids=lambda path: path.stem)
def test_each_sample_listing_reads_exactly_as_expected(golden: Path) -> None:
    seed = ROOT / "seeds" / f"{golden.stem}.txt"
    reading = parse(seed.read_bytes().decode(), f"seeds/{seed.name}")
    entries = [
        {
            "published": listing.text.date.isoformat() if listing.text.date else None,
            "title": listing.text.title,
            "summary": listing.text.summary,
        }
        for listing in reading.listings
    ]
    assert entries == json.loads(golden.read_text(encoding="utf-8"))
    assert reading.problems == ()


@pytest.mark.parametrize("golden", READINGS, ids=lambda path: path.stem)
def test_each_listing_knows_the_line_of_its_title(golden: Path) -> None:
    seed = ROOT / "seeds" / f"{golden.stem}.txt"
    content = seed.read_bytes().decode()
    lines = content.split("\n")
    for listing in parse(content, "seeds/x.txt").listings:
        assert " ".join(lines[listing.ref.line - 1].split()) == listing.text.title


@pytest.mark.parametrize("golden", READINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("\n", "\r"),
        ("\n\n", "\n\n\n"),
        (r"\A", "\n\n\n"),
        (r"\A", "Latest news\n\n\n"),
    ],
    ids=["crlf", "cr", "wider", "led", "headed"],
)
def test_other_spacing_of_a_sample_reads_the_same(golden: Path, old: str, new: str) -> None:
    content = (ROOT / "seeds" / f"{golden.stem}.txt").read_bytes().decode()
    expected = [listing.text for listing in parse(content, "a").listings]
    reading = parse(re.sub(old, new, content), "a")
    if reading.listings or expected[0].date:  # without dates less is known, and it may be held
        assert [listing.text for listing in reading.listings] == expected
        assert reading.problems == ()


@pytest.mark.parametrize("golden", READINGS[:4], ids=lambda path: path.stem)
@pytest.mark.parametrize("bad", ["31 February 2022", "16 Febuary, 2022"])
def test_a_bad_date_anywhere_in_a_sample_costs_that_entry_alone(golden: Path, bad: str) -> None:
    content = (ROOT / "seeds" / f"{golden.stem}.txt").read_bytes().decode()
    texts = [listing.text for listing in parse(content, "a").listings]
    dates = list(re.finditer(r"(?m)^\d+ [A-Z][a-z]+, \d{4}$", content))
    assert len(dates) == len(texts)
    for index, match in enumerate(dates):
        reading = parse(content[: match.start()] + bad + content[match.end() :], "a")
        assert [item.text for item in reading.listings] == texts[:index] + texts[index + 1 :]
        assert [problem.line for problem in reading.problems] == [
            content.count("\n", 0, match.start()) + 1
        ]


def test_there_is_a_golden_reading_for_each_of_the_five_samples() -> None:
    assert [len(json.loads(path.read_text(encoding="utf-8"))) for path in READINGS] == [
        10,
        10,
        10,
        10,
        9,
    ]
