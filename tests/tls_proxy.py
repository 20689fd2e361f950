"""A proxy that ends TLS in front of the service, and hands everything on."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from tests.smtp_server import Certificate


class _Door(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, behind: tuple[str, int], certificate: Certificate) -> None:
        self.behind = behind
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        super().__init__(("127.0.0.1", 0), _Passing)


class _Passing(BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Door)
        with suppress(OSError):  # a browser that hangs up is no fault
            outside = self.server.context.wrap_socket(self.request, server_side=True)
            with outside, socket.create_connection(self.server.behind) as inside:
                # Answers are handed on by a thread of their own.
                back = threading.Thread(target=_pour, args=(inside, outside), daemon=True)
                back.start()
                _pour(outside, inside)
                back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def behind_tls(address: str, certificate: Certificate) -> Iterator[int]:
    """Answer by TLS for what answers at `address`; gives the port on loopback."""
    parts = urlsplit(address)
    with _Door((str(parts.hostname), int(parts.port or 80)), certificate) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield int(door.server_address[1])
        door.shutdown()
        thread.join()
