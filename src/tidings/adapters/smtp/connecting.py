"""Opens connections to a mail server: reach it, protect the connection, log in.

Whatever goes wrong here shuts the way out for every message, and is said with what to do about it.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path

from tidings.adapters.smtp.dialogue import Lost, log_in, words
from tidings.adapters.smtp.password import VARIABLE
from tidings.core.settings import Relay
from tidings.errors import ConfigError, TransportClosed
from tidings.model import Problem

SETTING = "mail.transport"


def tls_context(relay: Relay, root: Path) -> ssl.SSLContext | None:
    """What checks the server's certificate and name, None where there is no TLS.

    Raises `ConfigError` if the relay's own certificates, relative to `root`, cannot be read.
    """
    if relay.security == "none":
        return None
    context = ssl.create_default_context()
    if relay.ca:
        try:
            context.load_verify_locations(root / relay.ca)
        except OSError as error:
            message = f"the certificates in {relay.ca} cannot be read: {_reason(error)}"
            hint = "give ca= a file of certificates in PEM format"
            raise ConfigError([Problem(SETTING, 0, 0, message, hint)]) from error
    return context


def connect(
    relay: Relay, password: str, context: ssl.SSLContext | None, name: str, timeout: float
) -> smtplib.SMTP:
    """A connection over which messages may be sent; `name` is how we introduce ourselves.

    Raises `TransportClosed`. The timeout, in seconds, holds for each step.
    """
    client: smtplib.SMTP | None = None
    try:
        if context and relay.security == "tls":
            client = smtplib.SMTP_SSL(
                relay.host, relay.port, name, timeout=timeout, context=context
            )
        else:
            client = smtplib.SMTP(relay.host, relay.port, name, timeout=timeout)
        if client.sock:
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context and relay.security == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        _log_in(client, relay, password)
    except (OSError, Lost) as error:
        _drop(client)
        what, remedy = _explained(error, relay)
        raise TransportClosed(f"{relay.place}: {what}: {remedy}", ours=False) from error
    except BaseException:
        _drop(client)
        raise
    return client


def _log_in(client: smtplib.SMTP, relay: Relay, password: str) -> None:
    if not relay.user:
        return
    reply = log_in(client, relay.user, password)
    if reply is None:
        what = "the server offers no login by password (PLAIN or LOGIN)"
        remedy = f"correct the port in {SETTING}, or leave out the user"
    elif not reply.accepted:
        what = f"the server refused the login of {relay.user}: {reply.words}"
        remedy = f"correct the user in {SETTING} or the password in {VARIABLE} (or {VARIABLE}_FILE)"
    else:
        return
    raise TransportClosed(f"{relay.place}: {what}: {remedy}", ours=False)


def _drop(client: smtplib.SMTP | None) -> None:
    if client:
        client.close()


def _explained(error: OSError | Lost, relay: Relay) -> tuple[str, str]:
    """What went wrong, and what to do about it."""
    match error:
        case ssl.SSLCertVerificationError():
            remedy = f"correct the host in {SETTING}, or trust its authority with ?ca=FILE"
            return f"the server's certificate was not accepted: {error.verify_message}", remedy
        case smtplib.SMTPNotSupportedError():
            remedy = "let it, or write smtps:// if the port speaks TLS from the first byte"
            return "the server does not offer STARTTLS", remedy
        case smtplib.SMTPResponseException():
            text = error.smtp_error
            raw = text if isinstance(text, bytes) else str(text).encode()
            return f"the server says {words(error.smtp_code, raw)}", "ask whoever runs it"
        case ssl.SSLError():
            other = "smtp:// (STARTTLS)" if relay.security == "tls" else "smtps://"
            return f"no TLS connection: {_reason(error)}", f"perhaps this port wants {other}"
        case socket.gaierror():
            return "the name cannot be resolved", f"correct the host in {SETTING}, or the network"
        case ConnectionRefusedError():
            return "nothing listens there", f"start the mail server, or correct {SETTING}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        what = "no answer in time"
    elif isinstance(error, smtplib.SMTPException):
        what = "the connection broke off"
    else:
        what = _reason(error)
    return what, f"correct host, port and kind of TLS in {SETTING}, or see to the network"


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
