"""The table of the months of all languages says what CLDR says."""

from __future__ import annotations

import json

from tools.reading.months import TABLE, table


def test_the_table_of_months_is_what_babel_gives() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


def test_the_table_of_months_has_a_line_for_each_language() -> None:
    text = TABLE.read_text(encoding="utf-8")
    assert len(text.encode()) < 70_000
    assert len(text.splitlines()) == len(json.loads(text)) + 2
    assert "enero" in json.loads(text)["es"].split("|")
