"""Invented listings: labels say what the text says, and everything that may vary does."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

import pytest

from tools.reading.generator import Sample, generate, main, tally
from tools.reading.words import LANGUAGES

MARKS = str.maketrans("", "", "\u200e\u200f")
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩०१२३४५६७८९", "0123456789" * 2)


@cache
def samples(count: int) -> tuple[Sample, ...]:
    return tuple(generate(seed) for seed in range(count))


def collapsed(text: str) -> str:
    return " ".join(text.translate(MARKS).split())


@pytest.mark.parametrize("block", range(6))
def test_each_title_stands_in_the_text_in_the_order_of_the_labels(block: int) -> None:
    for sample in samples(300)[block * 50 : block * 50 + 50]:
        text, at = collapsed(sample.text), 0
        for entry in sample.entries:
            found = text.find(entry.title, at)
            assert found >= 0, (sample.name, entry.title)
            assert entry.title == collapsed(entry.title) != ""
            at = found + 1 if entry.title in text[found + 1 :] else found


def test_each_sentence_of_a_summary_stands_in_the_text() -> None:
    for sample in samples(300):
        words = set(collapsed(sample.text).split())
        for entry in sample.entries:
            assert set(entry.summary.split()) <= words, sample.name


def test_a_dated_entry_has_figures_of_its_day_and_year_in_the_text() -> None:
    dated = 0
    for sample in samples(300):
        figures = set(re.findall(r"\d+", sample.text.translate(DIGITS)))
        figures = {figure.zfill(2) for figure in figures}
        for entry in sample.entries:
            if (day := entry.published) is None:
                continue
            dated += 1
            years = {f"{day.year}", f"{day.year + 543}", f"{day.year % 100:02d}"}
            assert f"{day.day:02d}" in figures, (sample.name, day)
            assert years & figures, (sample.name, day)
    assert dated > 1000


def test_dates_in_figures_show_which_of_them_is_the_day() -> None:
    for sample in samples(300):
        forms = re.findall(r"date=(?:full|short); form=([^;]*)", sample.layout)
        if not forms or "MMM" in forms[0] or forms[0].startswith("y"):
            continue
        days = [entry.published for entry in sample.entries if entry.published]
        assert len(days) < 3 or any(day.day > 12 for day in days), sample.name


def test_the_same_seed_gives_the_same_listing() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)
    known = hashlib.sha256(repr(generate(7)).encode()).hexdigest()
    assert known[:16] == "ac4987ce1ef91350"


def test_six_hundred_listings_show_all_that_may_vary() -> None:
    drawn = "\n".join(sample.layout for sample in samples(600))
    languages = [sample.language for sample in samples(600)]
    assert set(languages) == set(LANGUAGES)
    assert 0.3 < languages.count("en") / 600 < 0.4
    orders = [f"order={order};" for order in ("DTS", "TDS", "TSD", "TS")]
    places = ("row", "front", "back", "body-front", "body-end", "table", "none")
    kinds = ("full", "short", "yearless", "ago", "stacked", "range", "none")
    slots: tuple[str, ...] = (
        "category",
        "author",
        "source",
        "counter",
        "number",
        "kind",
        "constant",
        "venue",
    )
    slots += ("sub", "place", "clock", "tags", "share", "rule", "empty", "picture", "caption")
    between = ("none", "month", "month-year", "year", "section", "advert", "letter", "pager")
    wanted = [
        *orders,
        *(f"dated={place};" for place in places),
        *(f"date={kind};" for kind in kinds),
        *(f"slot={slot}@" for slot in (*slots, "more")),
        *(f"between={kind};" for kind in between),
        *(f"cut={end}" for end in ("none", "first", "last")),
        "layouts=2",
        "wrapped=True",
        "link=True",
    ]
    assert [each for each in wanted if each not in drawn] == []


def test_the_command_writes_what_the_corpora_are_written_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--count", "2", "--seed", "5", "--out", str(tmp_path), "--tally"])
    first, second = sorted(tmp_path.glob("*.txt"))
    assert first.read_bytes().decode() == generate(5).text
    labels = json.loads(second.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert [row["title"] for row in labels] == [entry.title for entry in generate(6).entries]
    assert set(labels[0]) == {"published", "title", "summary"}
    assert "order: " in capsys.readouterr().out


def test_a_tally_counts_a_thing_once_for_each_listing() -> None:
    lines = tally(samples(50))
    tools = next(line for line in lines if line.startswith("tool: "))
    assert 50 <= sum(int(part.rsplit(" ", 1)[1]) for part in tools[6:].split(", ")) <= 60
