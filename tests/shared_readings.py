"""What the same files are read as, worked out once for all instances of a process of the tests.

Most tests begin with the sample, or with the few files of a pressroom. To read the sample's
configuration and listings anew takes a third of the time of a run, and what is read depends on
nothing but the text: the first reading is as ever, and the next ones are copies of it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from tidings.adapters import config
from tidings.adapters.config.yaml import Document, compose
from tidings.core import listings
from tidings.core.listings import Hints, Reading

KEPT = 256  # texts


@cache
def share_configurations() -> None:
    """Share what the files of a configuration say, from now on in this process."""
    composed = lru_cache(KEPT)(compose)

    def shared(*text_and_name: Any) -> Document:
        return _copy(composed(*text_and_name))

    vars(config)["compose"] = shared


def _copy(of: Document) -> Document:
    """What is said by the environment and by tables is put into the copy."""
    return replace(
        of,
        plain=deepcopy(of.plain),
        values=dict(of.values),
        keys=dict(of.keys),
        problems=list(of.problems),
        mangled=set(of.mangled),
        skipped=dict(of.skipped),
    )


@cache
def share_listings() -> None:
    """Share what listings are read as: for processes in which no test replaces a part of the
    reader."""
    parse = listings.parse
    known: dict[tuple[str, str, str], Reading] = {}

    def shared(text: str, path: str, *, hints: Hints | None = None) -> Reading:
        asked = text, path, repr(hints)
        if asked not in known:
            known[asked] = parse(text, path, hints=hints)
        return known[asked]

    listings.parse = shared
