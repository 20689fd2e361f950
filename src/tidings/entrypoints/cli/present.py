"""How verbs speak to people: plain sentences; colour only where a terminal shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from tidings.model import Finding, Problem

LABEL = 11
MARGIN = "   "


def console() -> Console:
    """Standard output; rich looks after NO_COLOR, pipes and dumb terminals."""
    return Console(highlight=False, soft_wrap=True)


def headline(out: Console, text: str) -> None:
    """The one line to read first."""
    out.print(Text(text, style="bold"))


def row(out: Console, label: str, text: str | Text) -> None:
    """A labelled fact."""
    out.print(Text(f"{MARGIN}{label:<{LABEL}}") + (Text(text) if isinstance(text, str) else text))


def problem_rows(out: Console, problem: Problem) -> None:
    """A problem in a listing: where, then what."""
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    out.print(Text(MARGIN) + Text(f"{'problem':<{LABEL}}", style="red") + Text(place, style="bold"))
    hint = f" ({problem.hint})" if problem.hint else ""
    out.print(Text(f"{MARGIN}{'':<{LABEL}}{problem.message}{hint}"))


def as_json(value: Mapping[str, object]) -> None:
    """A versioned document for programs."""
    json.dump({"format_version": 1, **value}, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem for programs."""
    return {
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
        "severity": problem.severity,
    }


def finding_json(finding: Finding) -> dict[str, object]:
    """A finding for programs."""
    return {
        "check": finding.check,
        "level": str(finding.level),
        "message": finding.message,
        "remedy": finding.remedy,
    }


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 item", "46 items"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def local_moment(instant: datetime, zone: ZoneInfo) -> str:
    """Sunday 22 November 2026, 08:00, in the site's zone."""
    local = instant.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def local_hour(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The same, the hour alone if it is today."""
    local = instant.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return local_moment(instant, zone)
