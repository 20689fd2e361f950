"""What people try first: options of every verb, help, and other ways to say the same."""

from __future__ import annotations

import logging
import re
import webbrowser
from collections.abc import Iterator
from importlib import metadata

import pytest
from typer.testing import CliRunner, Result

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON, call
from tidings.entrypoints.cli import GROUPS, VERBS, app
from tidings.entrypoints.preview_server import app as preview_server
from tidings.errors import ConfigError

LISTING = "5 May 2026\n\nA boat sails\n\nIt is fast and blue.\n"


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("tidings")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words], env=ENVIRON, input=given)


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["run", "--version"], ["version"]])
def test_the_version_is_told_however_it_is_asked_for(words: list[str]) -> None:
    assert run(*words).stdout == metadata.version("tidings") + "\n"


def test_help_is_whole_and_grouped_and_fits_eighty_columns() -> None:
    told = run("--help").stdout
    assert max(map(len, told.splitlines())) <= 80
    assert "..." not in told.partition("Options:")[2]
    said = " ".join(told.split())
    for _, sentence in VERBS.values():
        assert sentence in said
    places = [told.index(f"\n {title}\n") for title in GROUPS]
    assert places == sorted(places)
    assert told.rstrip().splitlines()[-1].startswith("Documentation: ")
    listed = re.findall(r"^  ([a-z]+)  ", told, re.MULTILINE)
    assert sorted(listed) == sorted(VERBS), "each verb once"


@pytest.mark.parametrize("verb", ["state", "deliveries", "recipients"])
def test_help_of_a_group_is_whole_too(verb: str) -> None:
    told = run(verb, "--help").stdout
    assert max(map(len, told.splitlines())) <= 80
    assert "..." not in told.replace("ARGS]...", "")


@pytest.mark.parametrize("words", [[], ["run"], ["state", "accept"]])
def test_help_is_a_verb_as_well(words: list[str]) -> None:
    assert run("help", *words).stdout == run(*words, "--help").stdout


@pytest.mark.parametrize("words", [["-q", "run"], ["run", "--quiet"]])
def test_quiet_says_nothing_where_all_is_well(room: Pressroom, words: list[str]) -> None:
    told = run("-C", str(room.root), *words)
    assert (told.exit_code, told.output) == (0, "")


def test_quiet_says_what_failed_and_what_was_asked_for(room: Pressroom) -> None:
    (room.root / "seeds/bad.txt").write_bytes(b"\xff\xfe\x00")
    told = run("-C", str(room.root), "run", "-q")
    assert told.exit_code == 1
    assert "seeds/bad.txt" in told.stdout
    assert run("-C", str(room.root), "status", "-q", "--json").stdout.startswith("{")


def test_verbose_tells_what_happens_on_standard_error(room: Pressroom) -> None:
    told = run("-C", str(room.root), "run", "-v")
    assert "listings read files=1 new=2" in told.stderr
    assert "DEBUG" not in told.stdout


def test_a_dry_run_is_a_plan(room: Pressroom) -> None:
    planned = call(room, "plan", "--send", "now")
    assert call(room, "run", "--dry-run", "--send", "now").stdout == planned.stdout


def test_a_listing_is_parsed_from_standard_input() -> None:
    told = run("parse", "-", given=LISTING)
    assert told.exit_code == 0
    assert told.stdout.startswith("-: 1 entry")
    assert '"title": "A boat sails"' in run("parse", "--json", "-", given=LISTING).stdout


def test_problems_are_annotations_for_a_workflow(room: Pressroom) -> None:
    room.edit("config/topics.yaml", "title: Boats", "titel: 100 % boats")
    told = call(room, "check", "--format", "github")
    assert told.exit_code == 2
    lines = told.stdout.splitlines()
    file = f"{room.root}/config/topics.yaml"
    assert any(line.startswith(f"::error file={file},line=4,col=5::unknown") for line in lines)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


def test_a_preview_opens_in_the_browser(room: Pressroom, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", open_)
    told = call(room, "preview", "weekly", "--open", "--out", str(room.root.parent / "next.html"))
    assert told.exit_code == 0
    assert opened == [(room.root.parent / "next.html").as_uri()]
    assert "<h1" in (room.root.parent / "next.html").read_text(encoding="utf-8")
    call(room, "preview", "weekly", "--open")
    assert opened[-1].endswith("/weekly.html")

    monkeypatch.setattr(preview_server, "serve", lambda *given: given[-1]("http://127.0.0.1:8001"))
    told = call(room, "preview", "--open")
    assert told.stdout.startswith("http://127.0.0.1:8001/ follows what you save.")
    assert opened[-1] == "http://127.0.0.1:8001/"
    with pytest.raises(ConfigError, match="name a digest"):
        call(room, "preview", "--open", "--recipient", "ana@example.org")
