"""`tidings send`: a real message to one address, as a test. Recorded nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.cli.opened import instance_of


def send(
    context: typer.Context,
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Its name in digests.yaml.")],
    test: Annotated[
        str, typer.Option("--test", metavar="ADDRESS", help="Where the test message goes.")
    ] = "",
) -> None:
    """Send the next edition, marked as a test, to one address; nothing is recorded."""
    from secrets import token_hex

    from tidings.application.preview import send_test
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import rehearsing

    if not test:
        raise usage(
            "send is for tests: name an address with --test; `tidings run --send now` opens and "
            "sends editions"
        )
    address = rehearsing.address(test)
    instance = instance_of(context)
    chosen = rehearsing.digest_named(instance, digest)
    way_out = wiring.transport(instance)
    clock = rehearsing.clock_of(instance)
    # With a key of its own: its Message-ID and its links are good for nothing else.
    stranger = replace(instance, environ={**instance.environ, "TIDINGS_SECRET_KEY": token_hex(32)})
    with wiring.rehearsal(stranger, clock) as (machinery, _outlet):
        sent = send_test(machinery, way_out, chosen, address)
    if sent is None:
        typer.echo(f"Nothing sent: {chosen.slug} has nothing to announce, and no edition yet.")
        raise typer.Exit(Exit.FAILED)
    again = " once more, since nothing is new" if sent.standing == "again" else ""
    typer.echo(f"Sent to {address} as a test: No. {sent.edition.number} of {chosen.slug}{again}.")
    typer.echo(f"The other side said: {sent.reply}")
