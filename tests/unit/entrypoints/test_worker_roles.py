"""What a worker may do by its roles, and how it is told of where several work on one state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.minimal_site import write_minimal_site
from tidings.adapters.config import load
from tidings.adapters.monitoring import metrics
from tidings.application.status import look
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.status import worker_in_words
from tidings.entrypoints.worker import Worker
from tidings.errors import ConfigError
from tidings.state.workers import WorkerSeen

NEWS = "2 March 2026\n\nA boat is found\n\nIt floats.\n"
LEADER = WorkerSeen(3, "a:1", "1.0", ("lead", "send"), MONDAY, MONDAY, in_hand=2, leads=True)


@pytest.mark.parametrize(("roles", "reads"), [(("send",), False), (("lead",), True), ((), True)])
def test_a_worker_does_only_what_its_roles_say(
    tmp_path: Path, roles: tuple[str, ...], reads: bool
) -> None:
    write_minimal_site(tmp_path)
    (tmp_path / "seeds/a.txt").write_text(NEWS)
    instance = replace(wiring.load_instance(tmp_path, {}), roles=roles)
    store = wiring.open_state(instance)
    worker = Worker(instance, store, wiring.clock())
    worker.cycle()
    worker.deliver()
    assert (tmp_path / "feeds/index.html").exists() is reads
    store.close()


@pytest.mark.parametrize(
    ("roles", "told"),
    [("[]", "needs at least one role"), ("[lead, read]", "lead"), ("[send]", "")],
)
def test_roles_are_those_that_there_are(tmp_path: Path, roles: str, told: str) -> None:
    write_minimal_site(tmp_path)
    file = tmp_path / "config/tidings.yaml"
    file.write_text(f"{file.read_text()}worker: {{roles: {roles}}}\n")
    if not told:
        assert load(tmp_path, {}).worker.roles == ("send",)
        return
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, {})


def test_the_number_of_a_deployment_is_no_setting(tmp_path: Path) -> None:
    write_minimal_site(tmp_path)
    load(tmp_path, {"TIDINGS_REVISION": "12"})
    with pytest.raises(ConfigError, match="no such setting"):
        load(tmp_path, {"TIDINGS_REVISIONS": "12"})


@pytest.mark.parametrize(
    ("worker", "told"),
    [
        (LEADER, "a:1: leads, sends, 2 messages in hand"),
        (
            replace(LEADER, leads=False, in_hand=1),
            "waits for its turn to lead, sends, 1 message in",
        ),
        (replace(LEADER, roles=("send",), leads=False, in_hand=0), "a:1: sends"),
        (replace(LEADER, waits=True), "a:1: waits, a newer configuration is in force"),
    ],
)
def test_what_a_process_does_is_said_in_words(worker: WorkerSeen, told: str) -> None:
    assert told in worker_in_words(worker)


def test_processes_are_counted_by_role_and_only_where_there_may_be_several(
    tmp_path: Path,
) -> None:
    write_minimal_site(tmp_path)
    instance = wiring.load_instance(tmp_path, {})
    store = wiring.open_state(instance)
    found = look(store, instance.settings, MONDAY)
    store.close()
    assert b"tidings_workers" not in metrics(found, 0, MONDAY)[0]
    sender = replace(LEADER, roles=("send",), leads=False)
    told, _ = metrics(replace(found, workers=(LEADER, sender)), 0, MONDAY)
    for line in (
        b'tidings_workers{role="lead"} 1.0',
        b'tidings_workers{role="send"} 2.0',
        b"tidings_workers_leading 1.0",
        b"tidings_reserved 4.0",
    ):
        assert line in told
