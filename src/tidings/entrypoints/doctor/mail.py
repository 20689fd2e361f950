"""The way out for mail: as far as sending would go, without a message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tidings.adapters.smtp import probe, smtp_password
from tidings.core import checkup
from tidings.entrypoints.wiring import Instance
from tidings.errors import ConfigError, TransportClosed
from tidings.model import Finding, Level


def way_out(instance: Instance, now: datetime) -> Iterator[Finding]:
    """The mail server, if there is one. The folder is looked at with the other folders."""
    relay = instance.settings.mail.relay
    if relay is None:
        told = f"messages are written into {instance.settings.mail.folder}/"
        yield Finding("mail", told, level=Level.FINE)
        return
    try:
        greeting = probe(relay, smtp_password(relay, instance.environ), instance.root)
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("mail", f"{problem.path}: {problem.message}", problem.hint)
    except TransportClosed as error:
        message, _, remedy = str(error).rpartition(": ")
        yield Finding("mail", message, remedy)
    else:
        yield checkup.greeted(relay.place, greeting.tls, greeting.expires, relay.user, now)
