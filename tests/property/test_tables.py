"""A table says the same in whatever dialect it is written, and however it is exported."""

from __future__ import annotations

import codecs
import csv
import io
import json
from datetime import date
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from tests.sampling import sampled
from tidings.adapters.seeds import SeedFolder
from tidings.core.listings import parse
from tidings.model import SeedText

Entry = tuple[str, str, str]

# Words with all that a dialect has to quote or escape, and nothing that is a tag.
WORDS = ["A hub", "opens;", "for, all", '"workers"', "it's", "one | two", "x < y", "AT&T", "<3",
         "año", "日本", "5 \" wide", "a\\b", "tab", "# 1", "Title: x"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
DAYS = st.dates(date(1990, 1, 1), date(2026, 12, 31)).map(date.isoformat)
ENTRIES = st.lists(st.tuples(DAYS, TEXTS, TEXTS), min_size=1, max_size=6)
ENCODINGS = {
    "utf-8": b"", "utf-8 with a mark": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}  # fmt: skip


def read(text: str, path: str) -> list[Entry]:
    reading = parse(text, path)
    assert reading.problems == ()
    return [(str(o.text.date), o.text.title, o.text.summary) for o in reading.listings]


@sampled(60, 600)
@given(
    ENTRIES,
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_table_in_any_dialect_gives_the_same_items(
    entries: list[Entry],
    delimiter: str,
    quoting: int,
    ends: str,
    named: bool,
    trailing: bool,
    escaped: bool,
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=ends)  # type: ignore[arg-type]
    more = ["", ""] if trailing else []
    writer.writerow(["Date", "Title", "Summary", *more])
    for day, title, text in entries:
        shown = [escape(each, quote=False) if escaped else each for each in (title, text)]
        writer.writerow([day, *shown, *more])
    first = f"sep={delimiter}{ends}" if named else ""
    assert read(first + file.getvalue(), "a.csv") == entries


@sampled(30, 300)
@given(ENTRIES, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(["\n", "\r\n"]))
def test_a_table_in_any_encoding_gives_the_same_items(
    entries: list[Entry], encoding: str, ends: str
) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator=ends).writerows([["Date", "Title", "Summary"], *entries])
    data = ENCODINGS[encoding] + file.getvalue().encode(encoding.split(" ")[0])
    with TemporaryDirectory() as folder:
        (Path(folder) / "A.CSV").write_bytes(data)
        seeds = SeedFolder(Path(folder), ["*.csv"], file_limit=1 << 20, line_limit=99)
        answer = seeds.read("A.CSV")
    assert isinstance(answer, SeedText)
    assert read(answer.text, "A.CSV") == entries


@sampled(30, 300)
@given(ENTRIES, st.booleans(), st.booleans(), st.sampled_from([None, 1]))
def test_json_in_any_form_gives_the_same_items(
    entries: list[Entry], ascii_only: bool, escaped: bool, indent: int | None
) -> None:
    records = [
        {"headline": f"<b>{escape(t)}</b>" if escaped else t, "datePublished": d,
         "description": f"<p>{escape(s)}</p>" if escaped else s}
        for d, t, s in entries
    ]  # fmt: skip
    for whole in (records, {"items": records}, {"data": {"list": records}}):
        text = json.dumps(whole, ensure_ascii=ascii_only, indent=indent)
        assert read(text, "a.json") == entries
    lines = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records)
    assert read(lines, "a.jsonl") == entries
    assert len(entries) == 1 or read(lines, "a.json") == entries


@sampled(40, 400)
@given(ENTRIES, st.integers(0, 5), st.sampled_from(['"', ',"', '"x"y']))
def test_a_row_that_is_broken_costs_no_other_row(
    entries: list[Entry], at: int, broken: str
) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [["Date", "Title", "Summary"], *entries]
    )
    lines = file.getvalue().splitlines()
    place = 1 + at % len(entries)
    lines.insert(place, f"2020-01-01,{broken}B")
    reading = parse("\n".join(lines) + "\n", "a.csv")
    kept = [(str(o.text.date), o.text.title, o.text.summary) for o in reading.listings]
    assert kept == entries
    assert [problem.line for problem in reading.problems] == [place + 1]
