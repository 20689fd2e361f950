"""No answer is the framework's own: whatever is sent, the house answers, in its own words."""

from __future__ import annotations

import json
import logging
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from typing import Literal

import pytest

from tests.web_site import SmallSite
from tidings.adapters.logs import JsonFormatter, LogHandler, TextFormatter, to_stderr
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints.web import server as web
from tidings.entrypoints.web.responses import STRICT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallSite]:
    found = SmallSite(tmp_path_factory.mktemp("house"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def port(site: SmallSite) -> Iterator[int]:
    with web.beside(site.app_state, "127.0.0.1", 0) as address:
        yield int(address.rpartition(":")[2])


def spoken(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
        caller.sendall(said)
        answer = b""
        with suppress(ConnectionResetError):  # it did not want to hear all of it
            while part := caller.recv(65536):
                answer += part
    return answer


MALFORMED = {
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a bad name": b"GET / HTTP/1.1\r\nHost: a\r\nbad name: x\r\n\r\n",
    "a bad length": b"POST /subscribe/weekly HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
}


@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_is_answered_by_the_house(port: int, said: bytes) -> None:
    answer = spoken(port, said)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert body == b"This request was not understood.\n"
    for name, value in STRICT.items():
        assert f"{name.lower()}: {value}".encode() in head
    assert b"uvicorn" not in answer.lower()


@pytest.mark.parametrize("path", ["/subscribe/", "/subscribe/weekly/", "/privacy/", "/subscribe//"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_slash_behind_a_page_is_passed_over_without_a_redirection(
    site: SmallSite, path: str, method: str
) -> None:
    answer = site.pages.ask(method, path, {"host": "evil.example"})
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert "evil.example" not in answer.text


def test_a_link_with_a_slash_behind_it_is_obeyed(site: SmallSite) -> None:
    token = site.app_state.signer.sign(MEMBER, Member("weekly", "zoe@example.org").packed())
    assert site.pages.get(f"/leave/{token}/", {"host": "evil.example"}).status_code == 200
    answer = site.pages.post(f"/leave/{token}/", headers={"host": "evil.example"})
    assert (answer.status_code, "You have unsubscribed" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/metrics/", "/readyz/", "/service.css/", "/leave", "/confirm/"])
def test_what_is_no_address_of_the_service_is_not_found(site: SmallSite, path: str) -> None:
    answer = site.pages.get(path, {"host": "evil.example"})
    assert (answer.status_code, "location" in answer.headers) == (404, False)
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/subscribe", "/leave/x", "/atom.xml"])
@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "TRACE", "X"])
def test_another_method_is_told_which_there_are(site: SmallSite, path: str, method: str) -> None:
    answer = site.pages.ask(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"].startswith("GET, HEAD")
    assert "Method Not Allowed" not in answer.text


def test_a_fault_of_ours_says_so_and_nothing_of_itself(
    site: SmallSite, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("ana@example.org")

    monkeypatch.setattr(type(site.app_state.site), "language_for", broken)
    monkeypatch.setattr("tidings.entrypoints.web.files.split_path", broken)
    for path in ("/subscribe", "/atom.xml"):
        answer = spoken(
            port, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
        )
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 500")
        assert body == b"This failed by a fault of the program. Please try again later.\n"
        assert b"no-store" in head


# --- What is logged of it ------------------------------------------------------------------------


@contextmanager
def logged(form: Literal["text", "json"]) -> Iterator[StringIO]:
    """What is written to standard error; logging is as it was, afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("tidings")
    before = [*root.handlers], [*ours.handlers], ours.propagate, ours.level
    written = StringIO()
    with redirect_stderr(written):
        to_stderr("text")
        to_stderr(form)
        yield written
    logging.captureWarnings(capture=False)
    root.handlers, ours.handlers, ours.propagate = before[0], before[1], before[2]
    ours.setLevel(before[3])


def test_whatever_libraries_say_is_a_line_of_json(port: int) -> None:
    with warnings.catch_warnings(), logged("json") as written:
        warnings.simplefilter("always")
        spoken(port, MALFORMED["no host"])
        for name in ("uvicorn.error", "apscheduler.scheduler", "sqlalchemy.pool", "asyncio", "x"):
            logging.getLogger(name).error("%s failed after %.3f s\nfor ana@example.org", "it", 1.5)
            logging.getLogger(name).info("chatter")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old, says ana@example.org", DeprecationWarning, stacklevel=1)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {line.get("library") for line in lines} >= {"uvicorn.error", "py.warnings", "x"}
    events = " ".join(line["event"] for line in lines)
    assert "it failed after 1.500 s for a***@example.org" in events
    assert "chatter" not in events
    assert "ana@" not in events


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()], ids=["json", "text"])
def test_no_line_has_an_address_or_a_token_in_it(formatter: logging.Formatter) -> None:
    fault = ValueError("no leave/0123abcd for ana@example.org")
    info = (ValueError, fault, None)
    asked = "GET /choices/WyJ3.x?token=4711"
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, asked, (), info)
    told = formatter.format(record)
    assert "ValueError" in told
    assert not [secret for secret in ("0123abcd", "ana@", "WyJ3", "4711") if secret in told]


def test_saying_twice_how_to_log_writes_each_line_once() -> None:
    with logged("text") as written:
        logging.getLogger("somebody").warning("once")
        assert sum(isinstance(each, LogHandler) for each in logging.getLogger().handlers) == 1
    assert written.getvalue().count("once") == 1
