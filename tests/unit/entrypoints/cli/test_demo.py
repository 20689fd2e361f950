"""`tidings demo`: what it is told before and while it serves, and that its folder is gone then."""

from __future__ import annotations

import os
import signal
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tidings.entrypoints.cli import app, demo, init
from tidings.entrypoints.web import server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders are made; what stands for a signal is as before afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = {each: signal.getsignal(each) for each in demo.STOPPING}
    yield tmp_path
    for each, handler in before.items():
        signal.signal(each, handler)


def test_it_opens_its_one_address_in_a_browser(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def open_(address: str) -> bool:
        shown.append(httpx.get(address, timeout=30).text)
        os.kill(os.getpid(), signal.SIGHUP)
        return True

    monkeypatch.setattr(webbrowser, "open", open_)
    told = CliRunner().invoke(app, ["demo", "--open"])
    assert told.exit_code == 0, told.output
    assert "Labour migration news" in shown[0]
    assert told.stdout.count("http://") == 1
    assert [*folder.iterdir()] == []


def test_who_stops_it_while_it_still_prepares_finds_nothing_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = init.write_instance

    def stopped_meanwhile(*given: object) -> None:
        prepare(*given)  # type: ignore[arg-type]
        assert [*folder.iterdir()] != []
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(demo, "write_instance", stopped_meanwhile)
    told = CliRunner().invoke(app, ["demo"])
    assert told.exit_code == 0, told.output
    assert [*folder.iterdir()] == []


def test_a_port_that_is_taken_is_named_and_nothing_is_written(folder: Path) -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        told = CliRunner().invoke(app, ["demo", "--port", str(port)])
    assert f"127.0.0.1:{port}: Address already in use" in str(told.exception)
    assert [*folder.iterdir()] == []
