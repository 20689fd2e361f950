"""What the accounts of a run and of a plan have in common.

It stands alone because `plan` says what `run` would, and `run --dry-run` calls `plan`.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from tidings.application.cycle import CycleReport
from tidings.application.portion import Reread
from tidings.entrypoints.cli.common import count, joined, row
from tidings.entrypoints.cli.exits import Exit


def exit_code(report: CycleReport) -> Exit:
    """1 if anything failed, else 75 if mail is still to be sent or in doubt, else 0."""
    delivered = report.delivered
    if report.errors or report.recorded.problems or delivered.failed or delivered.alike:
        return Exit.FAILED
    unsent = delivered.waiting or delivered.in_doubt
    return Exit.LATER if unsent else Exit.DONE


def reread_in_words(files: Sequence[Reread]) -> str:
    """Say what became of the items of unchanged files that were read again in another way."""
    replaced, dropped, added = (
        sum(len(ids) for ids in each)
        for each in zip(*((f.replaced, f.dropped, f.added) for f in files), strict=True)
    )
    return joined(
        f"{count(replaced, 'item')} replaced" if replaced else "",
        f"{dropped:,} dropped" if dropped else "",
        f"{added:,} added without notice" if added else "",
    )


def closed_rows(out: Console, orphaned: dict[str, int]) -> None:
    """Print how many messages were closed because their digest is gone, by digest."""
    for digest, number in orphaned.items():
        messages = count(number, "message")
        row(out, "closed", f"{messages}: the configuration has no digest {digest} any more")
