"""`tidings preview`: the next edition as somebody would get it. Touches nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tidings.entrypoints.cli.exits import usage
from tidings.entrypoints.cli.opened import instance_of

if TYPE_CHECKING:
    from tidings.application.preview import Preview
    from tidings.entrypoints.wiring import Instance
    from tidings.model import Digest, Recipient

Format = Literal["html", "text", "eml"]


def preview(
    context: typer.Context,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Its name in digests.yaml.")],
    recipient: Annotated[
        str, typer.Option(metavar="A", help="As this address would get it; else all of it.")
    ] = "",
    format: Annotated[  # noqa: A002
        Format, typer.Option("--format", help="A part of the message, or all of it.")
    ] = "text",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there, not to the terminal.")
    ] = None,
) -> None:
    """Show the next edition of a digest as somebody would get it."""
    from tidings.application.preview import preview as look
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import rehearsing

    instance = instance_of(context)
    chosen = rehearsing.digest_named(instance, digest)
    person = rehearsing.recipient_of(instance, chosen, recipient) if recipient else None
    with wiring.rehearsal(instance, rehearsing.clock_of(instance)) as (machinery, _outlet):
        found = look(machinery, chosen, person)
    if found.message is None:
        typer.echo(_why_not(found, chosen, person, instance), err=out is None and format != "text")
        return
    _write(_part(found.message, format), out)
    told = f"No. {found.edition.number} of {chosen.slug}" if found.edition else chosen.slug
    if found.standing == "waiting":
        told += " is open already, and waits to be sent"
    typer.echo(f"{told}: nothing was recorded or sent.", err=True)


def _part(message: bytes, format: Format) -> bytes:  # noqa: A002
    from tidings.application.preview import parts

    if format == "eml":
        return message
    found = parts(message)
    return (found.html if format == "html" else found.text).encode()


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise usage(f"--out {out}: {error.strerror}; name a file that can be written") from error


def _why_not(found: Preview, digest: Digest, person: Recipient | None, instance: Instance) -> str:
    from tidings.core import cadence
    from tidings.entrypoints.cli import rehearsing
    from tidings.entrypoints.cli.present import local_moment

    if person and found.standing == "paused":
        return f"{person.address} is paused: what they miss is mailed once they are back."
    if person and found.standing == "left":
        return f"{person.address} gets no mail: they left, or their mail bounced."
    who = f"{person.address} is owed nothing" if person else "Nothing is owed to anybody"
    if digest.cadence.every == "immediate":
        return f"{who} by {digest.slug}. The next edition comes as soon as there is news."
    zone = instance.settings.zone
    at = cadence.next_slot(digest.cadence, zone, rehearsing.clock_of(instance).now()).at
    return f"{who} by {digest.slug}. The next edition is due {local_moment(at, zone)}."
