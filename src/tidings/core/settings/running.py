"""The models of tidings.yaml that say how an instance runs: its workers, privacy and limits.

It stands alone, since nothing of the site, its listings or its mail hangs on these.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tidings.core.settings.values import (
    Interval,
    InvalidValue,
    Listening,
    Model,
    PlainAddress,
    Size,
    WebAddress,
)

Queue = Literal["none", "procrastinate"]
Role = Literal["lead", "send"]


def check_roles(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Return what a worker may do, at least one thing."""
    if not roles:
        raise InvalidValue("needs at least one role", "write: roles: [lead, send]")
    return roles


Roles = Annotated[tuple[Role, ...], AfterValidator(check_roles)]


class Worker(Model):
    """How the worker works."""

    every: Interval = Field(default=timedelta(seconds=15), examples=["15s", "1m"])
    """How often seeds/ is looked at."""

    roles: Roles = ("lead", "send")
    """What this process may do, where several work on one state: read and publish, or send."""

    log: Literal["text", "json"] = "text"
    """The form of the log: lines of text, or a JSON object a line."""

    heartbeat: WebAddress | None = Field(
        default=None, examples=["https://watch.example.org/ping/4f1c"]
    )
    """Called after each run; at /fail below it when something is wrong."""

    alerts: PlainAddress | None = Field(default=None, examples=["ops@example.org"])
    """Who gets mail when something stays wrong, and when it is over."""

    metrics: Listening | None = Field(default=None, examples=["127.0.0.1:9100"])
    """Where /metrics is served, by itself; unless given it is where everything else is served."""

    alert_after: int = Field(default=10, ge=1)
    """So many runs in a row have to fail before the operator is notified."""


class Privacy(Model):
    """What is remembered of people."""

    keep: Interval = timedelta(days=390)
    """How long is remembered who has left."""

    url: WebAddress | None = Field(default=None, examples=["https://example.org/privacy"])
    """Your own page on privacy, for the form to subscribe with. Without it the form leads to one
    that says what Tidings keeps."""


class Limits(Model):
    """How large listings may be."""

    file: Size = Field(default=8 * 2**20, examples=["8MiB"])
    """Larger listing files are refused."""

    line: Size = Field(default=64 * 2**10, examples=["64KiB"])
    """Files with longer lines are refused."""
