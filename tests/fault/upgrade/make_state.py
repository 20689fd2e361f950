"""Make `state-5.sql` with a version that is named on the command line: the state of an instance
beside it after a run that mailed everything. For example

    git worktree add /tmp/before 4e26ac1
    PYTHONPATH=/tmp/before/src python tests/fault/upgrade/make_state.py instance

`state-7.sql` was made so of `instance-7`, with fc0005d. `sample-7.sql` is of the sample, with the
configuration beside it and without what was published. The state is kept as text: what it is of is
seen in a review, and SQLite makes the same of it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring

HERE = Path(__file__).parent
NOW = datetime(2026, 10, 26, 12, tzinfo=UTC)


def main(name: str) -> None:
    """Run once in the instance of that name, and write down what the state is then."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(shutil.copytree(HERE / name, Path(scratch) / "instance"))
        os.environ["TIDINGS_SECRET_KEY"] = "a key that everybody knows"
        instance = wiring.load_instance(root, os.environ)
        store = wiring.open_state(instance)
        run_cycle(wiring.services(instance, store, wiring.clock(NOW)), "now")
        store.close()
        database = sqlite3.connect(root / "state" / "tidings.db")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        kind = database.execute("PRAGMA application_id").fetchone()[0]
        pragmas = [f"PRAGMA user_version = {version};", f"PRAGMA application_id = {kind};"]
        lines = [*database.iterdump(), *pragmas]
        text = ("\n".join(lines) + "\n").replace(str(root), "/news")
        (HERE / f"state-{version}.sql").write_text(text, encoding="utf-8")
        database.close()


if __name__ == "__main__":
    main(sys.argv[1])
