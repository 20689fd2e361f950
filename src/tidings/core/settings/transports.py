"""The way out for mail as `mail.transport` names it: a folder, or a mail server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator

from tidings.core.mail.message import ascii_domain
from tidings.core.settings.values import Wrong

Security = Literal["starttls", "tls", "none"]

# Message submission (RFC 6409), and the same with TLS from the first byte (RFC 8314).
_PORTS = {"smtp": 587, "smtps": 465}
_WITH_PASSWORD = re.compile(r"[a-z]+://.*:.*@", re.IGNORECASE | re.DOTALL)
_FORMS = "write: file:outbox, smtp://user@mail.example.org or smtps://user@mail.example.org"


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server that takes messages on, and how to reach it.

    `security` is "starttls" (RFC 3207), "tls" for TLS from the first byte, or "none", which only
    a server on this machine may have. `user` is "" where none logs in; `ca` is a file of
    certificates, relative to the instance, that is trusted besides the system's, "" for none.
    """

    host: str
    port: int
    user: str = ""
    security: Security = "starttls"
    ca: str = ""

    @property
    def place(self) -> str:
        """Host and port, for people to read."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_transport(text: str) -> str | Relay:
    """Read "file:FOLDER" as the folder, "smtp://[user@]host[:port]" or smtps:// as a server.

    Raises Wrong for the rest, without repeating anything that might be a password.
    """
    if _WITH_PASSWORD.match(text):
        raise Wrong(
            "holds a password, which does not belong in a configuration file",
            "write user@host, and put the password into TIDINGS_SMTP_PASSWORD or into the file "
            "that TIDINGS_SMTP_PASSWORD_FILE names",
        )
    folder = text.removeprefix("file:")
    if folder != text and folder.strip() and not folder.startswith("//"):
        return folder
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no_transport(text) from None
    if parts.scheme not in _PORTS or not parts.netloc or re.search(r"\s", text):
        raise _no_transport(text)
    if port == 0 or parts.path not in ("", "/") or parts.fragment:
        raise Wrong("holds more than a user, a host, a port and options", _FORMS)
    return _relay(parts, port or _PORTS[parts.scheme])


def check_transport(text: str) -> str:
    """Return where messages go, once it reads as a folder or a server."""
    parse_transport(text)
    return text


def _no_transport(text: str) -> Wrong:
    return Wrong("is not a transport" if "@" in text else f'"{text}" is not a transport', _FORMS)


def _relay(parts: SplitResult, port: int) -> Relay:
    host = _host(parts.hostname or "")
    user = unquote(parts.username or "")
    if "@" in parts.netloc and not (user and user.isprintable()):
        raise Wrong("names no user before the @", _FORMS)
    options = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(options)
    if len(given) != len(options) or not set(given) <= {"tls", "ca"} or given.get("ca") == "":
        raise Wrong("holds an option that there is not", "?tls=none or ?ca=FILE")
    security: Security = "starttls" if parts.scheme == "smtp" else "tls"
    if "tls" in given:
        _check_unprotected(given, parts.scheme, host)
        security = "none"
    return Relay(host, port, user, security, given.get("ca", ""))


def _host(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        pass
    if not (host := ascii_domain(name)):
        raise Wrong(f'"{name}" is not a host', _FORMS)
    return host


def _check_unprotected(given: dict[str, str], scheme: str, host: str) -> None:
    if given["tls"] != "none" or scheme == "smtps":
        hint = "leave it out: smtp:// asks for STARTTLS, smtps:// is TLS from the first byte"
        raise Wrong("the option tls can only say none, with smtp://", hint)
    if not _loopback(host):
        hint = "it is for a server on this machine, as in smtp://localhost:25?tls=none"
        raise Wrong(f"tls=none would send mail to {host} for all to read", hint)
    if "ca" in given:
        raise Wrong("the options tls=none and ca exclude each other", "remove one of the two")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Transport = Annotated[str, AfterValidator(check_transport)]
