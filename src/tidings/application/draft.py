"""Draft: what each topic takes as it is written now, beside what a run has made of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tidings.application.cycle import Machinery
from tidings.application.record import record
from tidings.core.drafts import Draft, drafted
from tidings.core.topics import Matcher
from tidings.errors import SeedError
from tidings.model import Problem, Topic

EVERYTHING = ""


def draft(
    m: Machinery, topics: Sequence[Topic], matcher: Matcher
) -> tuple[Draft, tuple[Problem, ...]]:
    """Read what the listings say by now and ask every topic; also what is wrong in the listings.

    `m.store` is a private copy of the state, to be thrown away afterwards. Listings hold up
    nothing: what is wrong in them is a warning. Raises `StoreError`.
    """
    with m.store.reading() as state:
        known = [slug for slug in state.topics.records() if slug != EVERYTHING]
        published = {slug: state.topics.member_ids(slug) for slug in known}
    problems: list[Problem] = []
    try:
        record(m.store, m.seeds, m.classifier, m.recording, m.clock.now())
    except SeedError as error:
        problems.append(Problem("seeds", 0, 0, str(error)))
    with m.store.reading() as state:
        problems += state.sources.problems()
        found = drafted(topics, matcher, state.items.all(), published)
    return found, tuple(replace(each, severity="warning") for each in problems)
