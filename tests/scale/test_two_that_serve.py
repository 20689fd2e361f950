"""Two processes that serve one state on a server, as behind a balancer; and what they say while the
server is away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest

from tests import fork_server
from tests.asgi import Client
from tests.e2e.conftest import call, fresh, sample
from tests.postgres import Cluster, programs
from tests.postgres import fresh as schema_of
from tests.scale.test_moving import said, with_state
from tests.web_servers import host_running
from tests.web_site import allow_subscribing, link_in, path_of, read
from tidings.application.limits import PER_NETWORK
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring
from tidings.entrypoints.web import app_state as service
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState
from tidings.state.health import LATEST

__all__ = ["fresh", "sample"]

pytestmark = pytest.mark.scale
KEY = "the same for all machines"
ENVIRON = {
    "TIDINGS_SECRET_KEY": KEY,
    "TIDINGS_MAIL__SERVICE_URL": "https://news.example.org/",
    "TIDINGS_WORKER__EVERY": "1s",
}
FORM = "/subscribe/weekly"


class Machines(NamedTuple):
    """Two folders of one configuration, and who answers for each."""

    folders: tuple[Path, Path]
    one: httpx.Client
    other: httpx.Client

    def ask(self, machine: httpx.Client, address: str, form: str) -> httpx.Response:
        fields = {"form": form_in(form), "address": address, "topics": topics_in(form)}
        return machine.post(FORM, data=fields)


def form_in(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found, page
    return found[1]


def topics_in(page: str) -> list[str]:
    return re.findall(r'name="topics" value="([^"]+)"', page)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [fork_server.command(), "-C", str(folder), "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **ENVIRON},
    )
    try:
        assert process.stderr
        line = next(line for line in process.stderr if "address=" in line)
        address = line.rpartition("address=")[2].strip()
        with httpx.Client(base_url=address, timeout=30) as client:
            yield client, process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def published(folder: Path, address: str) -> None:
    """A state on a server, and its first publication."""
    with_state(folder, address)
    allow_subscribing(folder)
    said(call(folder, "state", "migrate", **ENVIRON))
    said(call(folder, "run", **ENVIRON))


@pytest.fixture
def machines(fresh: Path, postgres: str, tmp_path: Path) -> Iterator[Machines]:
    published(fresh, schema_of(postgres).address)
    other = tmp_path / "other"
    # Another machine has the configuration and what is published, and nothing else.
    for name in ("config", "templates", "feeds"):
        shutil.copytree(fresh / name, other / name)
    with serving(fresh) as (one, _), serving(other) as (second, _):
        yield Machines((fresh, other), one, second)


def mails(machines: Machines, wanted: int) -> list[Path]:
    """What was mailed to confirm, wherever it was put."""
    while all(web.get("/healthz").status_code == 200 for web in (machines.one, machines.other)):
        found = [
            path for folder in machines.folders for path in folder.glob("outbox/confirm/**/*.eml")
        ]
        if len(found) >= wanted:
            return found
    raise AssertionError


def test_what_one_begins_the_other_goes_on_with(machines: Machines) -> None:
    page = machines.one.get(FORM).text
    assert machines.ask(machines.other, "zoe@example.net", page).status_code == 200
    (mail,) = mails(machines, 1)
    confirm = path_of(link_in(read(mail), "confirm"))
    assert machines.one.get(confirm).status_code == 200
    assert machines.other.post(confirm).status_code == 200
    assert machines.one.post(confirm).status_code == 200

    instance = wiring.load_instance(machines.folders[0], ENVIRON)
    token = wiring.signer(instance).sign(MEMBER, Member("weekly", "zoe@example.net").packed())
    for left, right in ((machines.one, machines.other), (machines.other, machines.one)):
        gone = left.post(f"/leave/{token}", data={"List-Unsubscribe": "One-Click"})
        assert gone.status_code == 200
        assert "get it again" in right.get(f"/choices/{token}").text.lower()
        assert right.post(f"/choices/{token}", data={"act": "resume"}).status_code == 200


def test_what_a_network_may_ask_for_is_counted_over_both(machines: Machines) -> None:
    page = machines.one.get(FORM).text
    both = (machines.one, machines.other)
    answers = [
        machines.ask(both[number % 2], f"p{number}@example.net", page).status_code
        for number in range(PER_NETWORK + 2)
    ]
    assert answers == [200] * PER_NETWORK + [429, 429]


@pytest.mark.parametrize("settings", ["nginx-several.conf", "Caddyfile.several"])
def test_behind_a_balancer_they_are_one_service_and_one_that_ends_is_not_missed(
    fresh: Path, postgres: str, tmp_path: Path, settings: str
) -> None:
    published(fresh, schema_of(postgres).address)
    with serving(fresh) as (one, process), serving(fresh) as (other, _):
        ports = [int(str(web.base_url.port)) for web in (one, other)]
        with (
            host_running(settings, tmp_path / "h", root=fresh, machines=ports) as host,
            host.client() as web,
        ):
            page = web.get(FORM).text
            fields = {"form": form_in(page), "topics": topics_in(page)}
            answers = [
                web.post(FORM, data={**fields, "address": f"p{number}@example.net"}).status_code
                for number in range(PER_NETWORK + 1)
            ]
            assert answers == [200] * PER_NETWORK + [429]
            # People are told apart by where they come from, not by what they claim.
            claimed = {"X-Forwarded-For": "192.0.2.9"}
            again = web.post(FORM, data={**fields, "address": "q@example.net"}, headers=claimed)
            assert again.status_code == 429
            assert [web.get(path).status_code for path in ("/metrics", "/readyz")] == [403, 403]
            process.terminate()
            process.wait(30)
            assert [web.get("/atom.xml").status_code for _ in range(6)] == [200] * 6
            assert web.post("/leave/abcdefghijklmnopqrstuv").status_code == 404


def test_questions_are_counted_over_both(
    fresh: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(fresh, schema_of(postgres).address)
    monkeypatch.setattr(service, "SEARCHES", 3)
    states = [AppState(wiring.load_instance(fresh, ENVIRON)) for _ in range(2)]
    one, other = (Client(application(state)) for state in states)
    asked = [each.get("/search?q=port").status_code for each in (one, other, one, other, one)]
    assert asked == [200, 200, 200, 429, 429]
    assert Client(application(states[0]), "192.0.2.7").get("/search?q=port").status_code == 200
    for state in states:
        state.close()


def test_who_serves_begins_no_state_and_witnesses_none(fresh: Path, postgres: str) -> None:
    with_state(fresh, (there := schema_of(postgres)).address)
    state = AppState(wiring.load_instance(fresh, ENVIRON))
    pages = Client(application(state))
    answer = pages.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.text == "not ready: the state cannot be used, and the log says why\n"
    said(call(fresh, "state", "migrate", **ENVIRON))
    assert (pages.get("/readyz").text, pages.get("/healthz").text) == ("ready\n", "ok\n")
    with state.store().writing() as transaction:
        transaction.remember("x", "1")
    with psycopg.connect(there.address, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_version (number) VALUES (9999)")
    assert pages.get("/readyz").text == (
        f"not ready: the state is of version 9999, and this Tidings knows {LATEST}\n"
    )
    state.close()
    assert not (fresh / wiring.GUARD_FILE).exists()


def test_while_the_server_is_away_pages_are_served_and_forms_answer_in_words(fresh: Path) -> None:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="tidings-postgres-") as folder:
        cluster = Cluster(Path(folder), found)
        cluster.make()
        cluster.start()
        try:
            published(fresh, cluster.address)
            with serving(fresh) as (web, process):
                page = web.get(FORM).text
                assert web.get("/readyz").text == "ready\n"
                cluster.stop("immediate")
                fields = {"form": form_in(page), "topics": topics_in(page)}
                fields["address"] = "zoe@example.net"
                for path in ("/", "/atom.xml", "/healthz", "/subscribe", FORM):
                    assert web.get(path).status_code == 200, path
                for answer in (
                    web.post(FORM, data=fields),
                    web.post("/leave/unknown-link-of-22-chars"),
                    web.get("/choices/abcdefghijklmnopqrstuv"),
                    web.get("/search?q=port"),
                    web.get("/metrics"),
                    web.get("/readyz"),
                ):
                    assert answer.status_code in (404, 503), answer.url
                    if answer.status_code == 503:
                        assert int(answer.headers["retry-after"]) > 0
                assert web.post(FORM, data=fields).status_code == 503
                assert "Please try again in some minutes" in web.post(FORM, data=fields).text
                cluster.start()
                assert web.get("/readyz").text == "ready\n"
                assert web.post(FORM, data=fields).status_code == 200
                assert process.poll() is None
        finally:
            cluster.stop("immediate")
