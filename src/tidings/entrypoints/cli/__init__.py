"""The command line: a group of verbs whose modules are imported when the verb is called."""

from __future__ import annotations

import atexit
import gc
import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from tidings.entrypoints.cli.exits import failing

# What a context and those below it share: the real standard output, while one stands in for it.
HELD = "tidings.held"
# Whether a document was asked for, which no -q holds back.
DOCUMENT = "tidings.document"
# Whether -v was given: who asks what happens is also shown what went well.
VERBOSE = "tidings.verbose"


def _quiet(context: typer.Context, given: bool) -> None:
    """Hold back what is printed, until it is known whether all went well."""
    if given and HELD not in context.meta:
        held = io.BytesIO()
        context.meta[HELD] = sys.stdout, held
        sys.stdout = io.TextIOWrapper(held, "utf-8", write_through=True)


def _verbose(context: typer.Context, given: bool) -> None:
    """Send the log to standard error."""
    if given:
        import logging

        context.meta[VERBOSE] = True
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
            help="Print nothing unless something is wrong.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v", "--verbose", callback=_verbose, is_eager=True, expose_value=False,
            help="Report on standard error what happens.",
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


# Each verb in the order of `--help`: the module in this package that has a function or a group of
# its name, and the first sentence of its help.
VERBS = {
    "init": (
        "init",
        "Write an instance of your own; a terminal is asked for what no option says.",
    ),
    "demo": ("demo", "Serve the sample from a temporary folder, to try Tidings, until Ctrl-C."),
    "run": ("run", "Read, record, publish, open editions and deliver until nothing is due."),
    "worker": ("serve", "Run on schedule until stopped (SIGTERM or Ctrl-C)."),
    "serve": (
        "serve",
        "Serve feeds, pages and subscriptions until stopped (SIGTERM or Ctrl-C).",
    ),
    "check": ("check", "Name every problem in the configuration, rules and templates."),
    "test": ("test", "Run the rule tests of every topic, and say why one fails."),
    "explain": (
        "explain",
        "Say why an item is in a topic, or what kept it out, line by line of the rule.",
    ),
    "plan": ("plan", "Show exactly what a run would change, write and send."),
    "preview": (
        "preview",
        "Show the next edition of a digest, or a page that updates as you edit.",
    ),
    "send": (
        "preview",
        "Send the next edition, marked as a test, to one address; nothing is recorded.",
    ),
    "parse": (
        "parse",
        "Show how listings are read: layout, confidence, every line and what it was taken for.",
    ),
    "status": (
        "status",
        "Say whether anything is wrong, then what is known, sent, due and waiting.",
    ),
    "doctor": ("doctor", "Check the machine, the files, the state and the mail server."),
    "history": (
        "history",
        "Show an item's history: what changed, when, by which file; its sources; decisions.",
    ),
    "retract": (
        "edit",
        "Retract an item: readers see its title and the reason; who got it by mail is notified.",
    ),
    "merge": ("edit", "Make item B the same item as item A; its page leads to A from then on."),
    "split": ("edit", "Make what one source says of an item an item of its own."),
    "approve": (
        "review",
        "Approve the next edition as its newest proof has it: it goes at its slot.",
    ),
    "hold": ("review", "Hold the next edition until somebody approves it."),
    "skip": (
        "review",
        "Send nothing this time: its items go with the next edition.",
    ),
    "backup": ("state", "Write the state and the secret key into one file, whatever else runs."),
    "reset": (
        "reset",
        "Start items, editions and pages over, after a backup; what people chose stays.",
    ),
    "schema": ("init", "Print the JSON Schema of the configuration."),
    "version": ("version", "Print the version of Tidings."),
    "help": (
        "help",
        "Show the help of the command or of a verb, or a page of the documentation.",
    ),
    "report": (
        "report",
        "Count who joined and left, what bounced and was sent, by month, digest and topic.",
    ),
    "deliveries": ("deliveries", "Deliveries: who got what, and what is still to be sent."),
    "recipients": ("recipients", "Recipients: subscriptions, pauses, removals."),
    "state": ("state", "The state as a whole."),
}


# Longer than any sentence of a help.
WHOLE = 1_000
# The verbs by who asks for them, in the order of `--help`; those in no group come with the last.
GROUPS = {
    "Write": ("init", "parse", "check", "test", "explain", "preview", "send"),
    "Run": ("demo", "plan", "run", "worker", "serve", "status"),
    "People": ("recipients", "deliveries", "approve", "hold", "skip", "report"),
    "Maintain": ("doctor", "history", "retract", "merge", "split", "backup", "state"),
}


def _documentation() -> str:
    """Where the documentation is, as the package says."""
    from importlib import metadata

    urls = metadata.metadata("tidings").get_all("Project-URL") or []
    named = dict(each.partition(", ")[::2] for each in urls)
    return named.get("Documentation") or "`tidings help index` lists its pages"


class WholeGroup(TyperGroup):
    """Commands below a verb, listed with all of their sentences: none is cut to fit a line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with the first sentence of its help."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, self.commands[name].get_short_help_str(WHOLE))
                    for name in self.list_commands(ctx)
                ]
            )


class VerbGroup(TyperGroup):
    """The verbs of `VERBS`, listed and completed from the table; what is called is loaded."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=told) for name, (_, told) in VERBS.items()}
        self.params += of_all_verbs(hidden=False)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the verbs by who asks for them, each with all of its sentence."""
        grouped = {verb for verbs in GROUPS.values() for verb in verbs}
        rest = tuple(verb for verb in VERBS if verb not in grouped)
        widest = max(map(len, VERBS))
        with formatter.section("Commands"):
            for title, verbs in GROUPS.items():
                listed = verbs + rest if title == [*GROUPS][-1] else verbs
                formatter.write(f"\n {title}\n")
                formatter.write_dl([(verb.ljust(widest), VERBS[verb][1]) for verb in listed])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write where to read on."""
        formatter.write_paragraph()
        formatter.write_text("`tidings help VERB` has the options of a verb.")
        formatter.write_text(f"Documentation: {_documentation()}")

    def invoke(self, ctx: Any) -> Any:
        """Call the verb; what `--quiet` held back is shown if it failed."""
        try:
            result = super().invoke(ctx)
        except typer.Exit as ended:
            let_go(ctx, failed=bool(ended.exit_code))
            raise
        except BaseException:
            let_go(ctx, failed=True)
            raise
        let_go(ctx, failed=False)
        return result

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; `version` is `--version`, which works on no instance, and so needs
        none of what reads the name of one: half of its time."""
        match args:
            case ["version"] | ["-C", _, "version"]:
                args = ["--version"]
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb that the arguments begin with, and import its module."""
        name, found, rest = super().resolve_command(ctx, args)
        ctx.meta[DOCUMENT] = "--json" in rest
        if not (name and found):
            return name, None, rest
        verb = load_verb(name)
        for each in (verb, *getattr(verb, "commands", {}).values()):
            each.params += of_all_verbs()
        return name, verb, rest


def load_verb(verb: str) -> Any:
    """Import the module of a verb of `VERBS`, and return its command or its group of commands."""
    module, _ = VERBS[verb]
    found = getattr(import_module(f"tidings.entrypoints.cli.{module}"), verb)
    holder = typer.Typer(rich_markup_mode=None, add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=verb, cls=WholeGroup)
    else:
        holder.command(verb)(found)
    return get_group(holder).commands[verb]


def commands() -> dict[str, Any]:
    """Import all verbs, and return each by its words, such as "run" and "state accept"."""
    found: dict[str, Any] = {}
    for verb in VERBS:
        command = load_verb(verb)
        below = getattr(command, "commands", {})
        found |= {f"{verb} {name}": each for name, each in below.items()} or {verb: command}
    return found


app = typer.Typer(
    name="tidings",
    cls=VerbGroup,
    help="News listings in; per-topic feeds and email digests out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def instance(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("-C", metavar="INSTANCE_DIR", help="The instance to work on.")
    ] = Path(),
) -> None:
    """News listings in; per-topic feeds and email digests out."""
    context.obj = directory


def collect_seldom() -> None:
    """Let Python look for cycles of garbage after 10,000 new objects, not after 700.

    Tidings makes values, rows and lines in bulk, and these hold no cycles: in a worker that watches
    10,000 files, looking for cycles took a tenth of a round.
    """
    gc.set_threshold(10_000, 10, 10)


def end_at_once() -> None:
    """Let Python, when it ends, pass over what is in memory instead of looking for cycles there:
    70 of 510 ms of CPU in `tidings status` of the sample."""
    atexit.register(gc.freeze)


def main() -> None:
    """Run the command line; the exit code says how it went."""
    collect_seldom()
    end_at_once()
    with failing():
        app()
    sys.exit(0)
