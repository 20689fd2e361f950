"""A look at everything that an instance needs, which touches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tidings.entrypoints import wiring
from tidings.entrypoints.doctor import files, machine, mail, published, state
from tidings.errors import ConfigError
from tidings.model import Finding, Level


def examine(
    root: Path, environ: Mapping[str, str], now: datetime, *, deep: bool = False
) -> Iterator[Finding]:
    """Every finding, good ones included; `deep` also reads all that was published.

    Raises nothing that Tidings knows: what cannot be looked at is a finding.
    """
    yield from machine.versions()
    yield machine.zones()
    try:
        instance = wiring.load_instance(root, environ)
    except ConfigError as error:
        for problem in error.problems:
            remedy = problem.hint or "correct it; `tidings check` names all of it"
            yield Finding("configuration", str(replace(problem, hint="")), remedy)
        return
    yield Finding("configuration", "it can be read", level=Level.FINE)
    yield from files.access(instance)
    yield from files.secrets(instance)
    yield from files.in_git(instance)
    yield from files.room(instance)
    yield from state.locks(instance)
    yield from state.whole(instance, deep=deep)
    yield from state.moments(instance, now)
    yield from published.files(instance, deep=deep)
    yield from mail.way_out(instance, now)
