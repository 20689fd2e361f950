"""The options that every verb takes, before it or behind it: --quiet, --verbose and --version."""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated, Any

import typer
from typer.main import get_command

# What a context and those below it share: the real standard output, while one stands in for it.
HELD = "tidings.held"
# Whether a document was asked for, which no -q holds back.
DOCUMENT = "tidings.document"


def _quiet(context: typer.Context, given: bool) -> None:
    """Hold back what is printed, until it is known whether all went well."""
    if given and HELD not in context.meta:
        held = io.BytesIO()
        context.meta[HELD] = sys.stdout, held
        sys.stdout = io.TextIOWrapper(held, "utf-8", write_through=True)


def _verbose(given: bool) -> None:
    """Send the log to standard error."""
    if given:
        from tidings.adapters.logs import to_stderr

        to_stderr()
        logging.getLogger("tidings").setLevel(logging.DEBUG)


def _version(given: bool) -> None:
    """Print the version, and end."""
    if given:
        from tidings.entrypoints.cli.version import version

        version()
        raise typer.Exit


def let_go(context: Any, *, failed: bool) -> None:
    """Print what `-q` has held back if something failed, or if it is a document."""
    if HELD not in context.meta:
        return
    real, held = context.meta.pop(HELD)
    sys.stdout.flush()
    told, sys.stdout = held.getvalue().decode("utf-8", "replace"), real
    if failed or context.meta.get(DOCUMENT):
        sys.stdout.write(told)


def _lend(
    quiet: Annotated[
        bool,
        typer.Option(
            "-q", "--quiet", callback=_quiet, is_eager=True, expose_value=False,
            help="Print nothing where all is well.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v", "--verbose", callback=_verbose, is_eager=True, expose_value=False,
            help="Tell on standard error what happens.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "-V", "--version", callback=_version, is_eager=True, expose_value=False,
            help="Print the version of Tidings.",
        ),
    ] = False,
) -> None:  # fmt: skip
    """Lend these options to the verbs; it is never called."""


def of_all_verbs(*, hidden: bool = True) -> list[Any]:
    """Make the options; `hidden` keeps them out of the help of each verb."""
    lender = typer.Typer(add_completion=False)
    lender.command()(_lend)
    options: list[Any] = list(get_command(lender).params)
    for option in options:
        option.hidden = hidden
    return options
