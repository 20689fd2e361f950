"""`tidings deliveries bounce`: takes in reports, complaints and requests to leave."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tidings.application.bounces import Recorded, Result, SharedRefusal
from tidings.application.intake import Intake, TakenIn
from tidings.application.ports import Mailbox
from tidings.core.mail.incoming import LONGEST_MESSAGE, read_incoming
from tidings.core.schedule import REFUSALS
from tidings.core.settings.values import InvalidValue
from tidings.entrypoints.cli.common import complain, console, count, headline, opened, row
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.errors import MailboxError, TransportClosed
from tidings.state import Store

# The note of how far an IMAP mailbox was read.
POSITION = "mailbox position "
PROCESSED = "Processed"

# What bounces led to, as a mailbox that was read tells of it: nobody is named.
_OUTCOMES: dict[Result, tuple[str, str]] = {
    "bounced": ("address gets no more mail", "addresses get no more mail"),
    "probed": ("address is sent a probe", "addresses are sent a probe"),
    "counted": ("bounce counted", "bounces counted"),
    "again": ("bounce of an address counted that day", "bounces of addresses counted that day"),
    "alike": ("bounce not counted, as one of many", "bounces not counted, as some of many"),
    "noted": ("bounce says nothing of an address", "bounces say nothing of an address"),
    "known": ("bounce known already", "bounces known already"),
    "nothing": ("report of a delay or of success", "reports of a delay or of success"),
    "left": ("person left by a complaint", "people left by a complaint"),
    "unknown": ("bounce of no message of ours", "bounces of no message of ours"),
}


def bounce(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The report; without it, standard input.")
    ] = None,
    maildir: Annotated[
        Path | None, typer.Option("--maildir", metavar="DIR", help="Read a Maildir instead.")
    ] = None,
    imap: Annotated[
        str,
        typer.Option("--imap", metavar="URL", help="A mailbox: imaps://user@host/INBOX"),
    ] = "",
    moved_to: Annotated[
        str,
        typer.Option("--moved-to", metavar="FOLDER", help="Where what was understood is moved."),
    ] = PROCESSED,
    again: Annotated[
        bool, typer.Option("--again", help="With --imap: also what was looked at before.")
    ] = False,
) -> None:
    """Read delivery reports (RFC 3464), complaints (RFC 5965) and requests to leave."""
    if [file is not None, maildir is not None, bool(imap)].count(True) > 1:
        raise usage("give a FILE, --maildir or --imap, and no two of them")
    if maildir is not None or imap:
        _read_mailbox(context, maildir, imap, moved_to, again=again)
        return
    # Here and below, since no other verb of `deliveries` needs what reads mail.
    from tidings.entrypoints import mailboxes

    data = _message(file)
    # Before the state is opened: what is no report at all needs none.
    problems = read_incoming(data).report.problems
    with opened(context) as (instance, store, now):
        taken = mailboxes.intake(instance, store).take_in(data, now)
    _tell(taken)
    for problem in taken.problems or (() if taken.readable else problems):
        complain(problem)
    # Whoever it names: a mail server tells the code, and what is said here if it is another than 0,
    # to whom the report is from, who may be a stranger.
    raise typer.Exit(Exit.DONE if taken.readable else Exit.FAILED)


def _message(file: Path | None) -> bytes:
    if file is None and sys.stdin.isatty():
        raise usage("name a file, or give the report on standard input: < report.eml")
    try:
        if file is None:
            message = sys.stdin.buffer.read(LONGEST_MESSAGE + 1)
        else:
            with file.open("rb") as stream:
                message = stream.read(LONGEST_MESSAGE + 1)
    except OSError as error:
        raise usage(f"{file}: {error.strerror}") from None
    if len(message) > LONGEST_MESSAGE:
        raise usage(f"the report is longer than {LONGEST_MESSAGE // 2**20} MiB")
    return message


# --- A mailbox -----------------------------------------------------------------------------------


def _read_mailbox(
    context: typer.Context, maildir: Path | None, imap: str, moved_to: str, *, again: bool
) -> None:
    """Take in all messages of a mailbox, and move those that were understood. Names nobody: what a
    timer prints is kept in logs."""
    from tidings.entrypoints import mailboxes

    seen: Counter[str] = Counter()
    results: Counter[Result] = Counter()
    with opened(context) as (instance, store, now):
        name = f"{POSITION}{imap}"
        with store.reading() as state:
            position = "" if again else state.note(name) or ""
        try:
            box = (
                mailboxes.maildir(maildir, moved_to)
                if maildir is not None
                else mailboxes.imap(instance, imap, moved_to, position)
            )
            try:
                _take_all(mailboxes.intake(instance, store), box, now, seen, results)
            finally:
                _keep_position(store, name, box, position)
                box.close()
        except InvalidValue as wrong:
            hint = f": {wrong.hint}" if wrong.hint else ""
            raise usage(f"--imap {wrong.message}{hint}") from None
        except (MailboxError, TransportClosed) as error:
            complain(str(error))
            seen["broken"] += 1
    _tell_mailbox(seen, results, moved_to)
    raise typer.Exit(Exit.FAILED if seen["broken"] else Exit.DONE)


def _take_all(
    intake: Intake, box: Mailbox, now: datetime, seen: Counter[str], results: Counter[Result]
) -> None:
    for name, data in box.messages():
        taken = intake.take_in(data, now)
        seen["read"] += 1
        seen[taken.kind] += taken.understood
        results.update(each.result for each in taken.recorded)
        if taken.understood:
            box.put_away(name)
            seen["moved"] += 1


def _keep_position(store: Store, name: str, box: Mailbox, before: str) -> None:
    after = box.position()
    if after != before:
        with store.writing() as state:
            state.remember(name, after)


def _tell_mailbox(seen: Counter[str], results: Counter[Result], moved_to: str) -> None:
    out = console()
    left = seen["read"] - seen["moved"]
    told = f"{count(seen['read'], 'message')} read"
    if seen["moved"]:
        told += f", {seen['moved']:,} understood and moved to {moved_to}"
    told += f", {left:,} left where {'it is' if left == 1 else 'they are'}." if left else "."
    headline(out, told)
    for result, (one, many) in _OUTCOMES.items():
        if number := results[result]:
            row(out, f"{number:,}", one if number == 1 else many)
    for kind, one, many in (
        ("leaving", "person left by mail", "people left by mail"),
        ("test", "test of the return path arrived", "tests of the return path arrived"),
    ):
        if number := seen[kind]:
            row(out, f"{number:,}", one if number == 1 else many)


# --- One message ---------------------------------------------------------------------------------


def _tell(taken: TakenIn) -> None:
    for each in taken.recorded:
        _tell_bounce(each)
    if taken.kind == "test":
        headline(console(), "The test of the return path has arrived.")
    elif taken.kind == "leaving":
        told = "They have left." if taken.understood else "The request to leave has no valid token."
        headline(console(), told)
    elif taken.kind == "complaint" and not taken.recorded:
        headline(console(), "The complaint is about no message of ours, or asks nothing.")


def _why(shared: SharedRefusal) -> str:
    return "for the same reason" if shared.words else "for several reasons"


def _tell_bounce(recorded: Recorded) -> None:
    """Print what became of a bounce."""
    address, shared = recorded.address, recorded.shared
    if recorded.result == "unknown":
        reason = recorded.bounce.reason
        complain(f"{address}: no message of ours to that address came back ({reason})")
        return
    so_many = (
        f"{shared.refused:,} of {shared.of:,} messages came back {_why(shared)}" if shared else ""
    )
    told = {
        "bounced": "gets no more mail: see `tidings deliveries list --state bounced`",
        "probed": f"counted, {recorded.refusals} in a row; the next run sends a probe",
        "counted": f"counted, {recorded.refusals} in a row; {REFUSALS} are too many",
        "again": "not counted: one bounce was counted that day",
        "alike": f"not counted: {so_many}, and no address is marked as bounced for it",
        "noted": "noted with the delivery; it says nothing against the address",
        "known": "known already from an earlier report",
        "nothing": "nothing came back for good, nothing to note",
        "left": "has left, for all digests: they complained of a message",
    }[recorded.result]
    headline(console(), f"{address}: {told}")
    row(console(), "reason", recorded.bounce.reason)
