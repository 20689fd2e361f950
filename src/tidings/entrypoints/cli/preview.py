"""`tidings preview` and `send --test`: the next edition as somebody would get it."""

from __future__ import annotations

import os
import sys
import webbrowser
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from tempfile import mkdtemp
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from tidings.adapters.config import FOLDER
from tidings.adapters.logs import to_stderr
from tidings.application import slots
from tidings.application.ports import Services
from tidings.application.preview import Preview, parts, people_of, send_test
from tidings.application.preview import preview as look
from tidings.application.renames import as_known
from tidings.core.settings import check_recipient, suggestion
from tidings.core.settings.values import InvalidValue
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    clock_of,
    complain,
    digest_named,
    fixed_instant,
    instance_of,
    local_moment,
    with_hint,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.model import Digest, Recipient, address_key

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
    open_: Annotated[
        bool, typer.Option("--open", help="Show it in a browser, or without DIGEST the page.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Open a page that follows every edit, until Ctrl-C.")
    ] = False,
    host: Annotated[str, typer.Option(metavar="H", help="Where the page listens.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="P", min=0, max=65535, help="0 for any that is free.")
    ] = 8001,
) -> None:
    """Show the next edition of a digest, or a page that updates as you edit."""
    if serve or (open_ and not (digest or recipient or out)):
        _serve(context.obj, host, port, open_=open_)
        return
    if not digest:
        raise usage("name a digest, or say --serve for a page that updates as you edit")
    instance = instance_of(context)
    chosen = digest_named(instance, digest)
    with wiring.dry_run(instance, clock_of(instance)) as (services, _outlet):
        chosen = as_known(services.settings, chosen)
        person = _recipient_of(services, chosen, recipient) if recipient else None
        found = look(services, chosen, person)
        coming = next_edition(services, chosen)
    if found.outcome == "nothing":
        complain(no_items(instance))
        raise typer.Exit(Exit.FAILED)
    if found.message is None:
        typer.echo(_why_not(found, person), err=out is None and format != "text")
        return
    if open_:
        out = out or Path(mkdtemp(prefix="tidings-")) / f"{chosen.called}.html"
        _write(_part(found.message, "html"), out)
        browse(out.resolve().as_uri())
    else:
        _write(_part(found.message, format), out)
    typer.echo(_what_it_is(found, chosen, person, coming), err=True)


def _serve(root: Path, host: str, port: int, *, open_: bool) -> None:
    """Serve the live page, also of a broken configuration, but not without any."""
    # Imported here: for a preview in the terminal, the web server would take longest to import.
    from tidings.entrypoints.preview_server.app import PreviewWatcher, serve

    if not (root / FOLDER).is_dir():
        wiring.load_instance(root, os.environ)  # which says what is missing
    to_stderr()
    clock = wiring.clock(fixed_instant("", ZoneInfo("UTC")))

    def tell(address: str, token: str = "") -> None:
        address += f"/?token={token}" if token else "/"
        typer.echo(f"{address} follows what you save. Nothing is recorded, published or sent.")
        if open_:
            browse(_leading_to(address).as_uri() if token else address)

    serve(PreviewWatcher(root, os.environ, clock), host, port, tell)


def _leading_to(address: str) -> Path:
    """A page, readable by its owner only, that leads to the address: everybody on the machine could
    read the token where a program is called with it."""
    place = Path(mkdtemp(prefix="tidings-")) / "preview.html"
    place.touch(0o600)
    place.write_text(
        f'<!doctype html><meta charset="utf-8"><title>Tidings</title>'
        f'<meta http-equiv="refresh" content="0; url={address}"><a href="{address}">Preview</a>\n',
        encoding="utf-8",
    )
    return place


def browse(address: str) -> None:
    """Open an address in the browser, or say that there is none."""
    if not webbrowser.open(address):
        typer.echo(f"There is no browser to open: {address}", err=True)


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


def _why_not(found: Preview, person: Recipient | None) -> str:
    address = person.address if person else ""
    if found.outcome == "paused":
        return f"{address} is paused: what they miss is sent when they resume."
    return f"{address} gets no mail: they left, or their mail bounced."


def _what_it_is(found: Preview, digest: Digest, person: Recipient | None, coming: str) -> str:
    if found.outcome == "specimen":
        who = f" for {person.address}" if person else ""
        return (
            f"{digest.called} has nothing new{who}: this is a specimen of the newest items. "
            f"{coming} Nothing was recorded or sent."
        )
    told = f"No. {found.edition.number} of {digest.called}" if found.edition else digest.slug
    if found.outcome == "waiting":
        told += " is open already, and waits to be sent"
    return f"{told}: nothing was recorded or sent."


def next_edition(services: Services, digest: Digest) -> str:
    """Say in a sentence when the next edition of a digest comes."""
    zone, now = services.settings.zone, services.clock.now()
    with services.store.reading() as state:
        at = slots.next_at(state, digest, zone, now)
    if at is None:
        return "The next edition comes as soon as there is anything new."
    return f"The next edition is due {local_moment(at, zone)}."


def no_items(instance: Instance) -> str:
    """Say what to do where there is no item that a mail could show."""
    places = ", ".join(source.path for source in instance.settings.sources) or "seeds/"
    return (
        f"there are no items yet, so there is nothing to show: put a listing where {places}"
        " finds it; `tidings parse FILE` shows how it is read"
    )


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
    with wiring.dry_run(instance, clock) as (joined, _outlet):
        # With a key of its own: its Message-ID is good for nothing else.
        services = replace(joined, key=token_bytes(32))
        chosen = as_known(services.settings, chosen)
        sent = send_test(services, way_out, chosen, address)
    if sent.edition is None:
        complain(no_items(instance))
        raise typer.Exit(Exit.FAILED)
    what = f"No. {sent.edition.number} of {chosen.called}"
    if sent.outcome == "again":
        what += " once more, since nothing is new"
    elif sent.outcome == "specimen":
        what = f"a specimen of {chosen.called}, made of the newest items, since nothing is new"
    typer.echo(f"Sent to {address} as a test: {what}.")
    typer.echo(f"The server replied: {sent.reply}")


def _recipient_of(services: Services, digest: Digest, address: str) -> Recipient:
    """Find somebody who is on the digest. Raises a usage error that names the nearest address."""
    found = {person.key: person for person in people_of(services, digest)}
    key = address_key(address)
    if key not in found:
        told = f"{address} is not on the digest {digest.called}"
        raise usage(with_hint(told, suggestion(key, found)))
    return found[key]


def _checked_address(written: str) -> str:
    """Check that mail can go to this address. Raises a usage error."""
    try:
        return check_recipient(written)
    except InvalidValue as error:
        raise usage(with_hint(f"{written!r}: {error.message}", error.hint)) from None
