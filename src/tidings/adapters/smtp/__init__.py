"""The `smtp:` and `smtps:` transports: messages go to a mail server."""

from __future__ import annotations

from tidings.adapters.smtp.channel import SmtpChannel, SmtpTransport
from tidings.adapters.smtp.password import smtp_password
from tidings.adapters.smtp.probe import Greeting, probe

__all__ = ["Greeting", "SmtpChannel", "SmtpTransport", "probe", "smtp_password"]
