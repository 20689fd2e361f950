"""What a command does not import, since it has no use for it: imports are most of what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fork_server import call
from tests.minimal_site import write_minimal_site

# What sends, serves, rings, writes feeds, inlines styles.
WORK = (
    *("apscheduler", "css_inline", "feedgen", "itsdangerous", "lxml", "prometheus_client"),
    *("smtplib", "starlette", "uvicorn", "tidings.core.feeds", "tidings.core.pages"),
    *("sqlalchemy.dialects.postgresql", "tidings.application.publish"),
)
# What reads listings, which nothing has to where there is a state.
READING = ("tidings.core.listings", "tidings.application.record")
WORDS = ("babel", "jinja2", "tidings.adapters.templates")
NOUNS = ("pydantic", "rich", "ruamel", "secrets", "sqlalchemy", "asyncio", "logging")
LIGHT = (*WORK, *READING, *WORDS, *NOUNS, "tidings.model", "tidings.core", "tidings.state")
UNUSED = {
    "version": LIGHT,
    "--version": LIGHT,
    "--help": LIGHT,
    "check": (*WORK, *READING, *WORDS),
    "status": (*WORK, *READING, *WORDS),
}
SCRIPT = """
import sys
from tidings.entrypoints.cli import main
try:
    main()
except SystemExit as ended:
    print(sorted(sys.modules), file=sys.stderr)
    raise
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_minimal_site(tmp_path)
    ran = call(["-C", tmp_path, "run"], {})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return tmp_path


@pytest.mark.parametrize("command", UNUSED)
def test_a_command_imports_nothing_that_it_has_no_use_for(command: str, site: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, command],
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout
    imported = ran.stderr.splitlines()[-1]
    assert "'tidings.entrypoints.cli'" in imported
    assert [name for name in UNUSED[command] if f"'{name}'" in imported] == []


@pytest.mark.parametrize("words", [["-C", "nowhere", "version"], ["--version"], ["-V"]])
def test_the_version_is_the_same_however_it_is_asked_for(words: list[str]) -> None:
    ran = call(words, {})
    assert ran.returncode == 0
    assert ran.stdout == call(["version"], {}).stdout
    assert ran.stdout[0].isdigit()


def test_a_word_after_the_version_is_still_refused() -> None:
    assert call(["version", "now"], {}).returncode == 2
