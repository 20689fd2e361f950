"""Progress while mail is sent: one line that is rewritten in place, and gone when all is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Told = Callable[[int, int], None]

# Fewer than this are sent before a line can be read.
WORTH_SHOWING = 2


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Told]:
    """What to tell how many messages of how many are dealt with.

    Nothing is shown when `quiet`, nor where standard output is no terminal that can rewrite a line.
    """
    console = Console()
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield lambda _done, _total: None
        return
    bar = _Bar(console)
    try:
        yield bar.tell
    finally:
        bar.remove()


class _Bar:
    """The line; it comes with the first message, so that a run without mail shows none."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._shown = Progress(
            TextColumn("sending"),
            BarColumn(complete_style="green", finished_style="green"),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}", style="dim"),
            console=console,
            transient=True,
        )
        self._task = self._shown.add_task("sending", total=None, pace="")
        self._started = False

    def tell(self, done: int, total: int) -> None:
        """Show it, or bring it up to date."""
        if not self._started:
            if total < WORTH_SHOWING:
                return
            self._shown.start()
            self._started = True
        # What falls due meanwhile comes on top of what was there at the start.
        self._shown.update(self._task, completed=done, total=max(done, total))
        task = self._shown.tasks[0]
        self._shown.update(self._task, pace=pace(task.speed, task.time_remaining))

    def remove(self) -> None:
        """Leave the terminal as it was."""
        if self._started:
            self._shown.stop()


def pace(speed: float | None, left: float | None) -> str:
    """Messages per second, and the time left, as far as they are known yet."""
    if not speed:
        return ""
    rate = f"{speed:,.0f} per second" if speed >= 1 else f"{speed * 60:,.0f} per minute"
    return rate if left is None else f"{rate}, {_span(left)} left"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes}:{rest:02}"
