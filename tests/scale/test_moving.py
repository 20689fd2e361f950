"""A site whose state moves to a server and back publishes and mails as if it had stayed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.docs import pages
from tests.e2e.conftest import call, contents, fresh, sample
from tests.fault.lost_state import add_news
from tests.postgres import fresh as schema_of
from tidings.application.search import Question, search
from tidings.entrypoints import wiring
from tidings.state.search import SearchIndex

__all__ = ["fresh", "sample"]

pytestmark = pytest.mark.scale
BEFORE, THEN = "2026-12-01T10:00:00Z", "2026-12-08T20:00:00Z"


def said(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def with_state(folder: Path, address: str) -> None:
    file = folder / "config/tidings.yaml"
    text = file.read_text()
    file.write_text(re.sub(r"(?m)^state: \S+", f"state: {address}", text))


def published(folder: Path) -> dict[str, bytes]:
    found = contents(folder / "feeds") | contents(folder / "outbox")
    return {name: data for name, (data, _) in found.items()}


def test_a_site_that_moves_to_a_server_and_back_goes_on_as_one_that_stayed(
    fresh: Path, postgres: str, tmp_path: Path
) -> None:
    key = {"TIDINGS_SECRET_KEY": "the same for both"}
    said(call(fresh, "run", "--send", "now", "--now", BEFORE, **key))
    stayed = tmp_path / "stayed"
    shutil.copytree(fresh, stayed, symlinks=True)
    server = schema_of(postgres).address
    told = said(call(fresh, "state", "move", server, **key))
    assert re.search(r"Moved \d+ rows to .*, all as they were", told)
    refused = call(fresh, "run", "--now", THEN, **key)
    assert refused.returncode == 1
    assert "was moved to" in refused.stderr
    with_state(fresh, server)
    quiet = said(call(fresh, "run", "--now", BEFORE, **key))
    assert "Nothing new" in quiet
    for folder in (fresh, stayed):
        add_news(folder, "late.txt", "A port opens")
        said(call(folder, "run", "--now", THEN, **key))
    assert published(fresh) == published(stayed)
    again = call(fresh, "state", "move", server, **key)
    assert again.returncode == 1
    assert "already: nothing was moved" in again.stderr
    said(call(fresh, "state", "move", "sqlite:///state/back.db", **key))
    with_state(fresh, "sqlite:///state/back.db")
    assert "Nothing new" in said(call(fresh, "run", "--now", THEN, **key))
    assert published(fresh) == published(stayed)


def test_the_commands_of_the_page_on_moving_do_what_it_says(fresh: Path, postgres: str) -> None:
    page = pages.read("docs/how-to/outgrow-one-machine.md")
    shown = re.findall(r"(?m)^\s*tidings (state .*)$", page)
    (address,) = set(re.findall(r"(?m)^state: (postgresql:\S+)$", page))
    assert shown == [f"state move {address}", "state move sqlite:///state/back.db"]
    key = {"TIDINGS_SECRET_KEY": "from outside"}
    said(call(fresh, "run", **key))
    here = schema_of(postgres).address
    for command in shown:
        said(call(fresh, *command.replace(address, here).split(), **key))
        with_state(fresh, command.split()[-1].replace(address, here))
        assert "Nothing to do" in said(call(fresh, "plan", **key))


def test_a_plan_foretells_on_a_server_what_it_foretells_in_a_file(
    fresh: Path, postgres: str
) -> None:
    key = {"TIDINGS_SECRET_KEY": "the same for both"}
    plan = ["plan", "--json", "--now", THEN]
    expected = said(call(fresh, *plan, **key))
    with_state(fresh, schema_of(postgres).address)
    assert said(call(fresh, *plan, **key)) == expected
    assert call(fresh, "status", **key).returncode == 1  # and there is none yet
    said(call(fresh, "run", "--send", "now", "--now", BEFORE, **key))
    quiet = said(call(fresh, *plan, **key))
    assert said(call(fresh, *plan, **key)) == quiet


def test_a_state_on_a_server_wants_the_key_from_outside(fresh: Path, postgres: str) -> None:
    with_state(fresh, schema_of(postgres).address)
    refused = call(fresh, "run")
    assert refused.returncode == 2
    assert "every machine needs the same key" in refused.stderr
    assert not (fresh / "state").exists()


def test_what_a_state_on_a_server_knows_can_be_searched(fresh: Path, postgres: str) -> None:
    key = {"TIDINGS_SECRET_KEY": "the same for both"}
    with_state(fresh, schema_of(postgres).address)
    said(call(fresh, "run", **key))
    instance = wiring.load_instance(fresh, key)
    store = wiring.open_state(instance)
    index = SearchIndex(instance.state_path)
    answer = search(store, index, instance.settings, Question("migrant women"))
    assert answer is not None
    assert answer.total
    index.close()
    store.close()
