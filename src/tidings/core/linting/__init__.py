"""Likely mistakes in a configuration that is valid: warnings, and notes of what is worth knowing.

`lint` looks at settings alone; `lint_against` at settings beside the items and the seed files that
there are. Each rule is a function of its own, in a module for what it looks at, and gives faults:
whoever read the files knows their places. Nothing here stops a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidings.core.linting.audiences import unheard
from tidings.core.linting.catches import catches
from tidings.core.linting.examples import failing, untested
from tidings.core.linting.groups import undeclared
from tidings.core.linting.limits import strays
from tidings.core.linting.sites import unreachable
from tidings.core.linting.terms import doubtful
from tidings.core.settings import Fault, Settings
from tidings.model import Item

__all__ = ["failing", "lint", "lint_against"]


def lint(settings: Settings) -> Iterator[Fault]:
    """What the settings alone give away."""
    yield from doubtful(settings.topics, settings.aliases)
    yield from untested(settings.topics)
    yield from unheard(settings.digests, settings.lists)
    yield from undeclared(settings.lists)
    yield from unreachable(settings)


def lint_against(
    settings: Settings, items: Sequence[Item], paths: Sequence[str]
) -> Iterator[Fault]:
    """What shows beside the items that are known and the paths of the seed files."""
    yield from strays(settings.topics, items, paths)
    yield from catches(settings.topics, settings.aliases, items)
