"""Options of the test run, and where its temporary folders are."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
ROOM = 2 * 2**30


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--bless` rewrites what the golden cases expect, instead of comparing with it; with
    `--on-server` the use cases are tried on a database instead of a file."""
    parser.addoption("--bless", action="store_true", help="rewrite the golden files")
    parser.addoption("--on-server", action="store_true", help="keep states on a PostgreSQL server")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server; skips where none is installed."""
    from tests.postgres import running

    with running() as address:
        yield address


def pytest_configure(config: pytest.Config) -> None:
    """Before any process is started."""
    _keep_bytecode(config)
    _write_to_memory()
    if config.getoption("--on-server"):
        # Not every test closes its state, which a file does not mind.
        config.addinivalue_line("filterwarnings", "ignore:.*while still open:ResourceWarning")
    if config.getoption("--on-server") and not hasattr(config, "workerinput"):
        _start_server(config)


def pytest_collection_finish() -> None:
    """Where tests run, and not in the process that deals them out."""
    from tests.shared_statements import share_statements
    from tests.shared_states import share_new_states

    share_statements()
    share_new_states()


def _keep_bytecode(config: pytest.Config) -> None:
    """Where bytecode is not to stand beside its source, it is kept with what pytest keeps.

    Without it each of the many processes would compile all that it loads.
    """
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache:
        folder = str(cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False


def _write_to_memory() -> None:
    """Temporary folders are kept in memory where there is room.

    What is written must be safe from a power cut, so a run waits for the disk a hundred times; but
    no test can cut the power, and waiting is half of the time that they take. `TMPDIR` has its way.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(MEMORY)


def _start_server(config: pytest.Config) -> None:
    """Start one server, for this process and those that it deals tests out to."""
    from tests.postgres import ON_SERVER, VARIABLE, running

    kept = ExitStack()
    os.environ[VARIABLE], os.environ[ON_SERVER] = kept.enter_context(running()), "1"
    config.add_cleanup(kept.close)
