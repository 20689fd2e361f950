"""`/healthz` and `/readyz`, and what is answered while the state makes everybody wait."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.web_site import SmallSite
from tidings.entrypoints.web import app_state
from tidings.entrypoints.web import server as web
from tidings.errors import StoreBusy
from tidings.state import Store
from tidings.state.health import LATEST

# More than all threads in which the service answers.
MANY = 60


def test_who_can_read_the_state_is_well_and_ready(site: SmallSite) -> None:
    for path, said in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        answer = site.pages.get(path)
        assert (answer.status_code, answer.text) == (200, said)
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["cache-control"] == "no-store"


def test_who_has_no_state_is_not_ready_and_says_when_to_ask_again(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Store:
        raise StoreBusy("db.example.org cannot be reached as tidings")

    monkeypatch.setattr(site.app_state, "store", away)
    answer = site.pages.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.text == "not ready: the state cannot be used, and the log says why\n"
    assert site.pages.get("/healthz").status_code == 503


def test_a_state_of_a_newer_version_is_not_known(site: SmallSite) -> None:
    with site.app_state.store().writing() as state:
        state._db.exec_driver_sql(f"PRAGMA user_version = {LATEST + 1}")
    answer = site.pages.get("/readyz")
    assert answer.status_code == 503
    assert answer.text == (
        f"not ready: the state is of version {LATEST + 1}, and this Tidings knows {LATEST}\n"
    )


def test_files_are_served_while_everybody_else_waits_for_the_state(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = site.app_state.site.instance.root / "feeds"
    folder.mkdir(exist_ok=True)
    (folder / "late.txt").write_text("Here I am.")
    waiting, over = threading.Semaphore(0), threading.Event()
    store = site.app_state.store

    def slow() -> Store:
        waiting.release()
        over.wait(30)
        return store()

    monkeypatch.setattr(site.app_state, "store", slow)
    with (
        web.beside(site.app_state, "127.0.0.1", 0) as address,
        ThreadPoolExecutor(MANY) as readers,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        asked = [readers.submit(httpx.get, f"{address}/readyz", timeout=60) for _ in range(MANY)]
        for _ in range(40):  # as many threads as the framework has for them
            waiting.acquire()
        try:
            assert client.get("/late.txt").text == "Here I am."
            assert client.get("/nothing.html").status_code == 404
        finally:
            over.set()
        assert {each.result().status_code for each in asked} == {200}


def test_who_waits_for_a_state_that_has_stopped_is_told_to_come_back(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    store = site.app_state.store

    def slow() -> Store:
        over.wait(30)
        return store()

    monkeypatch.setattr(site.app_state, "store", slow)
    monkeypatch.setattr("tidings.entrypoints.web.app.LONGEST", 0.01)
    with (
        web.beside(site.app_state, "127.0.0.1", 0) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        try:
            for answer in (client.get("/readyz"), client.post("/leave/abcdefghijklmnopqrstuv")):
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
                assert "Please try again in some minutes" in answer.text
        finally:
            over.set()


def test_who_asks_while_somebody_waits_in_vain_hears_the_same_at_once(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def opened(instance: object) -> Store:
        tried.append(instance)
        raise StoreBusy("the server does not answer")

    monkeypatch.setattr(site.app_state, "_lend", None)
    monkeypatch.setattr("tidings.entrypoints.wiring.open_state_beside", opened)
    monkeypatch.setattr(app_state, "AGAIN_AFTER", 3600.0)
    for _ in range(3):  # a refusal that comes at once makes nobody wait
        assert site.pages.get("/readyz").status_code == 503
    assert len(tried) == 3
    monkeypatch.setattr(app_state, "PATIENCE", -1.0)
    for _ in range(3):
        assert site.pages.get("/readyz").status_code == 503
    assert len(tried) == 4
