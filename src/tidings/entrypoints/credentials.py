"""What a mail server is shown: a password or an access token, and what else it knows us by.

It stands alone below the wiring, which has no room for what only mail servers ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tidings.adapters.clock import SystemClock
from tidings.adapters.passwords import smtp_password
from tidings.adapters.smtp import AccessToken, SmtpTransport
from tidings.adapters.token_command import TokenCommand

if TYPE_CHECKING:
    from tidings.core.settings import Mail, Relay


def smtp_transport(
    root: Path, mail: Mail, relay: Relay, environ: Mapping[str, str]
) -> SmtpTransport:
    """The way out by a mail server. Raises `ConfigError` if a password is wanting."""
    secret = credentials(root, mail, relay, environ)
    return SmtpTransport(relay, secret, root, name=mail.hello or "")


def credentials(
    root: Path, mail: Mail, relay: Relay, environ: Mapping[str, str]
) -> str | AccessToken:
    """What the user of a mail server logs in with: a password, or what gives access tokens.

    Raises `ConfigError` if a password is wanting.
    """
    if relay.user and mail.token_command:
        return token_command(root, mail, environ)
    return smtp_password(relay, environ)


def token_command(root: Path, mail: Mail, environ: Mapping[str, str]) -> AccessToken:
    """What gives access tokens, by `mail.token_command`."""
    return TokenCommand(mail.token_command, root, environ, SystemClock().now)


def shown(mail: Mail, relay: Relay, environ: Mapping[str, str]) -> list[object]:
    """All that a mail server knows us by. Raises `ConfigError` if a password is wanting."""
    way_in = mail.token_command or smtp_password(relay, environ)
    sender = [mail.bounce_address] if mail.bounce_address else []
    return [mail.transport, way_in, mail.address, mail.hello, *sender]
