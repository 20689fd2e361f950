"""The heartbeat and the operator's mail: told aside, and no round fails for them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.minimal_site import CONFIG, write_minimal_site
from tidings.adapters.monitoring import ping
from tidings.application import status
from tidings.entrypoints import wiring
from tidings.entrypoints.monitor import Monitor
from tidings.entrypoints.worker import Worker
from tidings.state import Store

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Elsewhere:
    """A server that counts calls; `code` is what it answers."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.code = 200
        self.url = ""


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    kept = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.paths.append(self.path)
            self.send_response(kept.code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/ping/secret?key=1"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Post:
    """A monitor of an instance, the clock on its wall, and the alerts that were mailed."""

    def __init__(self, root: Path, **environ: str) -> None:
        self.at = NOON
        self.root = root
        write_minimal_site(root)
        self.instance = wiring.load_instance(root, environ)
        self.store: Store = wiring.open_state(self.instance)
        self.monitor = Monitor(self.instance, self.store, self)

    def now(self) -> datetime:
        return self.at

    def rounds(self, *failures: str) -> None:
        for failure in failures:
            self.at += timedelta(seconds=15)
            self.monitor.round_finished(failure)
            self.monitor.heartbeat.wait()
            self.monitor.alerts.wait()

    @property
    def subjects(self) -> list[str]:
        mails = sorted((self.root / "outbox" / "alerts").rglob("*.eml"))
        return [
            line.partition(b": ")[2].decode()
            for mail in mails
            for line in mail.read_bytes().split(b"\r\n")
            if line.startswith(b"Subject")
        ]


@pytest.fixture
def caught(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("tidings"), "propagate", True)
    caplog.set_level(logging.INFO, "tidings")
    return caplog


def alerting(root: Path, **more: str) -> Post:
    return Post(
        root,
        TIDINGS_WORKER__ALERTS="ops@example.org",
        TIDINGS_WORKER__ALERT_AFTER="3",
        **more,
    )


def test_each_round_is_told_to_the_heartbeat_and_a_failed_one_below_fail(tmp_path: Path) -> None:
    with elsewhere() as there:
        post = Post(tmp_path, TIDINGS_WORKER__HEARTBEAT=there.url)
        post.rounds("", "disk full", "")
    assert there.paths == ["/ping/secret?key=1", "/ping/secret/fail?key=1", "/ping/secret?key=1"]


def test_a_heartbeat_that_is_not_answered_is_logged_once_without_its_address(
    tmp_path: Path, caught: pytest.LogCaptureFixture
) -> None:
    with elsewhere() as there:
        post = Post(tmp_path, TIDINGS_WORKER__HEARTBEAT=there.url)
        there.code = 500
        post.rounds("", "")
        there.code = 200
        post.rounds("")
    post.rounds("")
    assert caught.messages[:2] == [
        'heartbeat not answered reason="the server says 500"',
        "heartbeat answered",
    ]
    assert len(caught.messages) == 3
    assert "secret" not in caught.text


def test_nobody_there_is_said_in_words() -> None:
    assert ping("http://127.0.0.1:9/x", well=True, seconds=1) == "Connection refused"


def test_the_operator_is_told_once_of_rounds_that_fail_and_once_that_it_is_over(
    tmp_path: Path,
) -> None:
    post = alerting(tmp_path)
    post.rounds("a", "b", "", "a", "b", "c", "d", "e")
    assert post.subjects == ["News: 3 runs in a row have failed"]
    post.rounds("", "", "")
    assert post.subjects[1:] == ["News: working again"]


def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    post = alerting(tmp_path)
    post.rounds("a", "b", "c")
    post.monitor = Monitor(post.instance, post.store, post)
    post.rounds("d", "e", "f")
    assert len(post.subjects) == 1
    post.monitor = Monitor(post.instance, post.store, post)
    post.rounds("")
    assert len(post.subjects) == 2


def test_what_cannot_be_mailed_is_mailed_later(
    tmp_path: Path, caught: pytest.LogCaptureFixture
) -> None:
    post = alerting(tmp_path)
    (tmp_path / "outbox").write_text("in the way", encoding="utf-8")
    post.rounds(*"abcdef")
    assert [line for line in caught.messages if line.startswith("alert not sent")] != []
    assert len(caught.messages) == 1, "not at each round"
    (tmp_path / "outbox").unlink()
    post.at += timedelta(minutes=5)
    post.rounds("g")
    assert len(post.subjects) == 1


def test_an_edition_that_is_late_is_told_and_fails_the_heartbeat(tmp_path: Path) -> None:
    with elsewhere() as there:
        post = alerting(tmp_path, TIDINGS_WORKER__HEARTBEAT=there.url)
        with post.store.writing() as state:
            state.editions.meet("weekly", (), NOON - timedelta(days=30))
        post.rounds("")
        assert there.paths == ["/ping/secret/fail?key=1"]
    assert post.subjects == ["News: Weekly is late"]


def test_the_reason_is_kept_with_its_addresses_masked(tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.rounds("no mail to ana@example.org")
    assert status.recall(post.store).reason == "no mail to a***@example.org"


def test_a_round_that_ends_in_a_way_that_nobody_foresaw_counts_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post(tmp_path)
    worker = Worker(post.instance, post.store, post)
    monkeypatch.setattr("tidings.entrypoints.worker.run_cycle", lambda *_, **__: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        worker.cycle()
    assert status.recall(post.store).failures == 1
    assert "unexpectedly" in status.recall(post.store).reason


def test_a_stage_that_could_not_be_finished_fails_the_round(tmp_path: Path) -> None:
    post = Post(tmp_path)
    worker = Worker(post.instance, post.store, post)
    (tmp_path / "seeds").rmdir()
    worker.cycle()
    assert status.recall(post.store).failures == 1
    (tmp_path / "seeds").mkdir()
    worker.cycle()
    assert status.recall(post.store).failures == 0


def test_a_configuration_that_is_not_taken_is_remembered_until_it_is(tmp_path: Path) -> None:
    post = Post(tmp_path)
    worker = Worker(post.instance, post.store, post)
    topics = tmp_path / "config" / "topics.yaml"
    topics.write_text("topic: {}\n", encoding="utf-8")
    worker.cycle()
    assert 'unknown setting "topic"' in status.recall(post.store).refused
    topics.write_text("topics: {}\n", encoding="utf-8")
    worker.cycle()
    assert status.recall(post.store).refused == ""


def test_another_pace_is_taken_with_the_configuration(tmp_path: Path) -> None:
    post = Post(tmp_path)
    worker = Worker(post.instance, post.store, post)
    intervals: list[timedelta] = []
    worker.on_interval = intervals.append
    file = tmp_path / "config" / "tidings.yaml"
    file.write_text(CONFIG["tidings.yaml"] + "worker: {every: 5m}\n", encoding="utf-8")
    worker.cycle()
    assert intervals == [timedelta(minutes=5)]


def test_when_asked_the_configuration_is_read_although_no_file_has_changed(
    tmp_path: Path, caught: pytest.LogCaptureFixture
) -> None:
    post = Post(tmp_path)
    worker = Worker(post.instance, post.store, post)
    worker.cycle()
    assert "configuration loaded" not in caught.messages
    worker.reload()
    worker.cycle()
    worker.cycle()
    assert caught.messages.count("configuration loaded") == 1
