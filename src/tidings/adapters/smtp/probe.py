"""A visit to the mail server without a message: EHLO, STARTTLS, AUTH, QUIT."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tidings.adapters.smtp.connecting import connect, tls_context
from tidings.adapters.smtp.dialogue import Lost, say
from tidings.core.settings import Relay

SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a server let us in: the version of TLS, "" without it, and until when its certificate
    is good."""

    tls: str = ""
    expires: datetime | None = None


def probe(relay: Relay, password: str, root: Path, *, seconds: float = SECONDS) -> Greeting:
    """Go as far as sending would, and leave.

    Raises `TransportClosed` with what is wrong and what to do, `ConfigError` if the relay's own
    certificates cannot be read.
    """
    client = connect(relay, password, tls_context(relay, root), "localhost", seconds)
    try:
        greeting = Greeting()
        if isinstance(client.sock, ssl.SSLSocket):
            greeting = Greeting(client.sock.version() or "TLS", _expiry(client.sock.getpeercert()))
        with contextlib.suppress(Lost, OSError):
            say(client, "QUIT")
        return greeting
    finally:
        client.close()


def _expiry(certificate: object) -> datetime | None:
    text = certificate.get("notAfter") if isinstance(certificate, dict) else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if text else None
