"""What the state asks of its database is not SQLite's alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from tidings import state
from tidings.state import rows, schema

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
MODULES = sorted(Path(state.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_a_table_can_be_declared_to_postgresql(table: Table) -> None:
    told = str(CreateTable(table).compile(dialect=DIALECT))
    told += "".join(str(CreateIndex(each).compile(dialect=DIALECT)) for each in table.indexes)
    for column in ("size", "mtime_ns", "ctime_ns", "inode", "arrival"):
        if column in table.c:
            assert f"{column} BIGINT" in told
    assert "ON CONFLICT DO NOTHING" in str(rows.insert_new(table).compile(dialect=DIALECT))


@pytest.mark.parametrize("word", ["rowid", "GLOB", "OR REPLACE", "OR IGNORE", "sqlite.insert"])
def test_no_statement_has_a_word_that_only_sqlite_knows(word: str) -> None:
    # What searching asks is a file of SQLite's own, whatever the state is.
    modules = [module for module in MODULES if module.name != "search.py"]
    assert [module.name for module in modules if word in module.read_text("utf-8")] == []


def test_a_row_takes_the_place_of_one_of_its_key_in_postgresql() -> None:
    told = str(rows.upsert(schema.notes).compile(dialect=DIALECT))
    assert "ON CONFLICT (name) DO UPDATE SET value = excluded.value" in told
