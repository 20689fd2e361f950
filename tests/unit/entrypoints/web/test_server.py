"""Whatever a connection does or leaves undone, it takes nothing from the others."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.web_site import SmallSite
from tidings.entrypoints.web import server as web_server
from tidings.entrypoints.web.server import listen, server

AT_ONCE = 10.0
LARGE = 20 * 2**20


@contextmanager
def served(site: SmallSite) -> Iterator[int]:
    """The pages of an instance on a port of their own."""
    with listen("127.0.0.1", 0) as taken:
        running = server(site.pages.app, grace=1)
        thread = threading.Thread(target=running.run, args=([taken],))
        thread.start()
        try:
            yield taken.getsockname()[1]
        finally:
            running.should_exit = True
            thread.join()


def connect(port: int, said: bytes = b"") -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", port), AT_ONCE)
    caller.sendall(said)
    return caller


def trickle(caller: socket.socket) -> None:
    with caller:
        for _ in range(200):
            caller.sendall(b"x")
            time.sleep(0.05)


def everything(caller: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    with caller:
        while part := caller.recv(2**16):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /atom.xml HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /subscribe/weekly HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\na=",
        b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\nGET /atom.xml HTT",
    ],
    ids=["nothing", "half a head", "half a form", "half of a second request"],
)
def test_who_does_not_finish_asking_is_hung_up_on_and_others_are_answered(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.2)
    with served(site) as port:
        idle = [connect(port, said) for _ in range(20)]
        quick = connect(port, b"GET /atom.xml HTTP/1.0\r\n\r\n")
        assert everything(quick).endswith(b"<feed/>")
        for caller in idle:
            everything(caller)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_who_sends_a_byte_now_and_then_is_hung_up_on(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "REQUEST_SECONDS", 0.3)
    with served(site) as port, pytest.raises(ConnectionError):
        trickle(connect(port, b"GET /atom.xml HTTP/1.1\r\nX: "))


def test_who_does_not_read_on_is_hung_up_on(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "READER_SECONDS", 0.2)
    (site.root / "feeds" / "large.bin").write_bytes(b"x" * LARGE)
    with served(site) as port:
        caller = connect(port, b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lost = threading.Event()
        closing = web_server.TimedProtocol.connection_lost

        def noted(self: web_server.TimedProtocol, error: Exception | None) -> None:
            closing(self, error)
            lost.set()

        monkeypatch.setattr(web_server.TimedProtocol, "connection_lost", noted)
        assert lost.wait(AT_ONCE)
        caller.close()


def test_where_there_is_no_room_the_silent_make_it_for_those_who_ask(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_server, "_connection_limit", lambda: 10)
    with served(site) as port:
        idle = [connect(port) for _ in range(200)]
        for _ in range(20):
            asked = connect(port, b"GET /atom.xml HTTP/1.0\r\n\r\n")
            assert everything(asked).endswith(b"<feed/>")
        for caller in idle[:180]:
            assert everything(caller) == b""
        for caller in idle[180:]:
            caller.close()


def test_requests_sent_in_advance_are_answered_in_their_order(site: SmallSite) -> None:
    asked = b"".join(
        b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path, last)
        for path, last in (
            (b"/atom.xml", b""),
            (b"/healthz", b""),
            (b"/x", b"Connection: close\r\n"),
        )
    )
    with served(site) as port:
        got = everything(connect(port, asked))
    assert re.findall(rb"HTTP/1.1 (\d+) ", got) == [b"200", b"200", b"404"]
    assert got.index(b"<feed/>") < got.index(b"ok\n")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000,
        b"\x16\x03\x01 what is this\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["a head without end", "no HTTP", "no host"],
)
def test_what_is_no_request_is_told_so(site: SmallSite, said: bytes) -> None:
    with served(site) as port:
        assert everything(connect(port, said)).startswith(b"HTTP/1.1 400 ")


def test_a_form_beyond_all_measure_is_refused_before_it_has_come(site: SmallSite) -> None:
    head = b"POST /subscribe/weekly HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    with served(site) as port, connect(port, head + b"a" * 200_000) as caller:
        assert caller.recv(2**16).startswith(b"HTTP/1.1 400 ")
