"""The `smtp:` and `smtps:` transports: messages go to a mail server."""

from __future__ import annotations

from tidings.adapters.smtp.channel import SmtpChannel, SmtpTransport
from tidings.adapters.smtp.password import smtp_password

__all__ = ["SmtpChannel", "SmtpTransport", "smtp_password"]
