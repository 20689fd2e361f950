"""`tidings preview` and `send --test`: the next edition as somebody would get it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from tidings.adapters.config import FOLDER
from tidings.adapters.logs import to_stderr
from tidings.application.preview import Preview, parts, send_test
from tidings.application.preview import preview as look
from tidings.core import schedule
from tidings.core.audience import recipients
from tidings.core.settings import check_recipient, suggestion
from tidings.core.settings.values import InvalidValue
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    clock_of,
    digest_named,
    fixed_instant,
    instance_of,
    local_moment,
    now_of,
    with_hint,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.model import Digest, Recipient

Format = Literal["html", "text", "eml"]


def preview(  # noqa: PLR0913 (each is an option)
    context: typer.Context,
    digest: Annotated[
        str,
        typer.Argument(metavar="DIGEST", help="Its name in digests.yaml.", show_default=False),
    ] = "",
    recipient: Annotated[
        str, typer.Option(metavar="A", help="As this address would get it; else all of it.")
    ] = "",
    format: Annotated[  # noqa: A002
        Format, typer.Option("--format", help="A part of the message, or all of it.")
    ] = "text",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there, not to the terminal.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Open a page that follows every edit, until Ctrl-C.")
    ] = False,
    host: Annotated[str, typer.Option(metavar="H", help="Where the page listens.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="P", min=0, max=65535, help="0 for any that is free.")
    ] = 8001,
) -> None:
    """Show the next edition of a digest, or a page that follows what you write."""
    if serve:
        _serve(context.obj, host, port)
        return
    if not digest:
        raise usage("name a digest, or say --serve for a page that follows what you write")
    instance = instance_of(context)
    chosen = digest_named(instance, digest)
    person = _recipient_of(instance, chosen, recipient) if recipient else None
    with wiring.dry_run(instance, clock_of(instance)) as (services, _outlet):
        found = look(services, chosen, person)
    if found.message is None:
        typer.echo(_why_not(found, chosen, person, instance), err=out is None and format != "text")
        return
    _write(_part(found.message, format), out)
    told = f"No. {found.edition.number} of {chosen.slug}" if found.edition else chosen.slug
    if found.outcome == "waiting":
        told += " is open already, and waits to be sent"
    typer.echo(f"{told}: nothing was recorded or sent.", err=True)


def _serve(root: Path, host: str, port: int) -> None:
    """Serve the live page, also of a broken configuration, but not without any."""
    # Imported here: for a preview in the terminal, the web server would take longest to import.
    from tidings.entrypoints.preview_server.app import PreviewWatcher, serve

    if not (root / FOLDER).is_dir():
        wiring.load_instance(root, os.environ)  # which says what is missing
    to_stderr()
    clock = wiring.clock(fixed_instant("", ZoneInfo("UTC")))

    def tell(address: str) -> None:
        typer.echo(f"{address}/ follows what you save. Nothing is recorded, published or sent.")

    serve(PreviewWatcher(root, os.environ, clock), host, port, tell)


def _part(message: bytes, format: Format) -> bytes:  # noqa: A002
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
        # The links of one person may stand in it.
        out.touch(0o600)
        out.write_bytes(data)
    except OSError as error:
        raise usage(f"--out {out}: {error.strerror}; name a file that can be written") from error


def _why_not(found: Preview, digest: Digest, person: Recipient | None, instance: Instance) -> str:

    if person and found.outcome == "paused":
        return f"{person.address} is paused: what they miss is mailed once they are back."
    if person and found.outcome == "left":
        return f"{person.address} gets no mail: they left, or their mail bounced."
    who = f"{person.address} is owed nothing" if person else "Nothing is owed to anybody"
    if digest.cadence.every == "immediate":
        return f"{who} by {digest.slug}. The next edition comes as soon as there is news."
    zone = instance.settings.zone
    at = schedule.next_slot(digest.cadence, zone, now_of(instance)).at
    return f"{who} by {digest.slug}. The next edition is due {local_moment(at, zone)}."


def send(
    context: typer.Context,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Its name in digests.yaml.")],
    test: Annotated[
        str, typer.Option("--test", metavar="ADDRESS", help="Where the test message goes.")
    ] = "",
) -> None:
    """Send the next edition, marked as a test, to one address; nothing is recorded."""
    if not test:
        raise usage(
            "send is for tests: name an address with --test; `tidings run --send now` opens and "
            "sends editions"
        )
    address = _checked_address(test)
    instance = instance_of(context)
    chosen = digest_named(instance, digest)
    way_out = wiring.transport(instance)
    clock = clock_of(instance)
    # With a key of its own: its Message-ID and its links are good for nothing else.
    stranger = replace(instance, environ={**instance.environ, "TIDINGS_SECRET_KEY": token_hex(32)})
    with wiring.dry_run(stranger, clock) as (services, _outlet):
        sent = send_test(services, way_out, chosen, address)
    if sent.edition is None:
        typer.echo(f"Nothing sent: {chosen.slug} has nothing to announce, and no edition yet.")
        raise typer.Exit(Exit.FAILED)
    again = " once more, since nothing is new" if sent.outcome == "again" else ""
    typer.echo(f"Sent to {address} as a test: No. {sent.edition.number} of {chosen.slug}{again}.")
    typer.echo(f"The other side said: {sent.reply}")


def _recipient_of(instance: Instance, digest: Digest, address: str) -> Recipient:
    """Find an address on the digest's lists. Raises a usage error that names the nearest one."""
    found = {person.key: person for person in recipients(digest, instance.settings.lists)}
    key = address.casefold()
    if key not in found:
        told = f"{address} is on no list of the digest {digest.slug}"
        raise usage(with_hint(told, suggestion(key, found)))
    return found[key]


def _checked_address(written: str) -> str:
    """Check that mail can go to this address. Raises a usage error."""
    try:
        return check_recipient(written)
    except InvalidValue as error:
        raise usage(with_hint(f"{written!r}: {error.message}", error.hint)) from None
