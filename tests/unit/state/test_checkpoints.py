"""Folding the write-ahead log into the state file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tidings.state import database, open_store


def test_a_write_beside_a_reader_does_not_wait_for_the_reader_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_BYTES", 0)
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    store = open_store(tmp_path / "tidings.db")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with store.reading() as seen:
            assert seen.note("written") is None
            for number in range(3):
                with store.writing() as state:
                    state.remember("written", str(number))
            assert seen.note("written") is None, "one snapshot, whatever is written"
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        store.close()
    tries = [at for at, statement in enumerate(said) if "wal_checkpoint" in statement]
    assert len(tries) == 3
    for at in tries:
        assert said[at - 1] == "PRAGMA busy_timeout=0", "else each write waits for seconds"
        assert said[at + 1] == f"PRAGMA busy_timeout={database.BUSY_MS}"
