"""Serving as a process: alone, and beside the worker."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import feedparser
import httpx

from tests import fork_server
from tests.e2e.conftest import call


@contextmanager
def running(
    folder: Path, *arguments: str, program: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that serves, and its address."""
    process = subprocess.Popen(
        [program or fork_server.command(), "-C", str(folder), *arguments, "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TIDINGS_WORKER__EVERY": "1s"},
    )
    try:
        assert process.stderr
        for line in process.stderr:
            if found := re.search(r'serving(?: address=|", "address": ")([^\s"]+)', line):
                yield found[1], process
                return
        raise AssertionError("it ended before it served")
    finally:
        process.kill()
        process.communicate()


def test_what_was_published_is_served_and_the_process_ends_cleanly(instance: Path) -> None:
    with (
        running(instance, "serve", program=fork_server.REAL) as (address, process),
        httpx.Client(timeout=30) as web,
    ):
        feed = web.get(f"{address}/atom.xml")
        assert len(feedparser.parse(feed.content).entries) > 40
        again = web.get(f"{address}/atom.xml", headers={"If-None-Match": feed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert web.get(f"{address}/healthz").text == "ok\n"
        figures = web.get(f"{address}/metrics").text
        assert "tidings_items 46.0" in figures
        assert 'tidings_deliveries{state="sent"} 3.0' in figures
        assert "python_gc" not in figures
        host, _, port = address.removeprefix("http://").rpartition(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(20)]
        for caller in idle[:10]:
            caller.sendall(b"GET /atom.xml HTTP/1.1\r\nX-Slow: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        for caller in idle:
            caller.close()


def take_on_sighup(instance: Path, address: str, process: subprocess.Popen[str]) -> None:
    """Edit the title, send SIGHUP, and see it on a page that is made when it is asked for."""
    config = instance / "config" / "tidings.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub("(?m)^  title: .*", "  title: News of the day", text), "utf-8")
    process.send_signal(signal.SIGHUP)
    assert process.stderr
    assert any("configuration loaded" in line for line in process.stderr)
    assert "News of the day" in httpx.get(f"{address}/subscribe", timeout=30).text


def test_on_sighup_it_goes_on_as_configured_now(instance: Path) -> None:
    with running(instance, "serve") as (address, process):
        take_on_sighup(instance, address, process)


def test_a_worker_that_serves_does_both_until_it_is_told_to_stop(instance: Path) -> None:
    with running(instance, "worker", "--serve") as (address, process):
        with httpx.Client(timeout=30) as web:
            assert web.get(f"{address}/").status_code == 200
            assert web.get(f"{address}/healthz").status_code == 200
        assert call(instance, "worker").returncode == 75
        take_on_sighup(instance, address, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_feeds_are_served_although_the_state_is_gone_and_health_says_so(instance: Path) -> None:
    (instance / "state" / "tidings.db").unlink()
    with running(instance, "serve") as (address, _), httpx.Client(timeout=30) as web:
        assert web.get(f"{address}/atom.xml").status_code == 200
        answer = web.get(f"{address}/healthz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def test_a_port_that_is_taken_is_said_with_the_options_that_help(instance: Path) -> None:
    with running(instance, "serve") as (address, _):
        second = call(instance, "serve", "--port", address.rpartition(":")[2])
    assert second.returncode == 2
    assert "--port" in second.stderr
