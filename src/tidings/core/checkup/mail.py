"""Whether mail would go out, by how the server greets us."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidings.model import Finding, Level

SOON = timedelta(days=14)


def greeted(place: str, tls: str, expires: datetime | None, user: str, now: datetime) -> Finding:
    """A server that has let us in; `tls` is the version of the protocol, "" without; `user` who
    has logged in, "" if nobody had to."""
    told = f"{place} answers, {tls or 'without TLS'}"
    told += f", and takes the login of {user}" if user else ""
    if expires and expires - now < SOON:
        return Finding(
            "mail",
            f"{told}; its certificate is good until {expires:%Y-%m-%d} only",
            "ask whoever runs it to renew it: nothing is sent once it has expired",
            Level.NOTE,
        )
    return Finding("mail", told, level=Level.FINE)
