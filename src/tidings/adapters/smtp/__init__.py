"""The `smtp:` and `smtps:` transports: messages go to a mail server."""

from __future__ import annotations

from tidings.adapters.smtp.connect import AccessToken, Greeting, probe
from tidings.adapters.smtp.transport import SmtpChannel, SmtpTransport

__all__ = ["AccessToken", "Greeting", "SmtpChannel", "SmtpTransport", "probe"]
