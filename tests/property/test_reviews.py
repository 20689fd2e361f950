"""In any order of proofs, decisions, news, retractions, crashes and clock changes, nobody gets what
was not approved, nothing is sent twice, and nothing that is owed is lost."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from tests.builders import topic
from tests.desk import open_desk
from tests.review_office import ANA, BOB, FRIDAY, RULE, Office, weekly
from tidings.application import deliveries
from tidings.application.edit import retract
from tidings.errors import NotPossible
from tidings.model import ReviewState
from tidings.state.deliveries import DeliveryFilter
from tidings.state.editions import Editions
from tidings.state.reviews import OPEN, Reviews
from tidings.state.schema import reviews

HOUR = timedelta(hours=1)
STEPS = (HOUR / 60, HOUR, 16 * HOUR, 24 * HOUR, 72 * HOUR)
# Where a process may die: just before it writes this.
LINES = (
    (Reviews, "open"),
    (Reviews, "add_proof"),
    (Reviews, "mailed"),
    (Reviews, "end"),
    (Reviews, "rule"),
    (Editions, "open"),
    (Editions, "skip"),
)


class Died(BaseException):
    """The process was killed."""


class ReviewedDigest(RuleBasedStateMachine):
    """A weekly digest that is reviewed, until Ana and Bob have had everything."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(os, "fsync", lambda _: None)
        desk = open_desk(Path(self._folder.name), topic("boats", "boat"), topic("ports", "port"))
        self.office = Office(desk, now=FRIDAY - HOUR)
        self.titles: list[str] = []
        self.retracted: set[str] = set()
        # By the number of a review: what its newest proof had when somebody approved it.
        self.approved: dict[int, frozenset[str]] = {}
        self.seen = 0
        self.office.cycle()

    def teardown(self) -> None:
        """Approve whatever comes for some weeks: then all have had all, each once."""
        self.office.desk.digests = (weekly(RULE),)
        for _ in range(6):
            self.office.now = self.office.now.replace(minute=0) + 4 * 24 * HOUR
            self.office.cycle()
            with suppress(AssertionError):
                self.decide("approve")
            self.office.cycle()
            self.no_unapproved_text()
        # What nothing new came with still waits for the next slot.
        owed = {title for title in self.titles if title not in self.retracted}
        for address in (ANA, BOB):
            had = Counter(self.had(address))
            assert set(had) >= owed, (address, owed - set(had))
            assert max(had.values(), default=1) == 1, had
        self.office.desk.store.close()
        self._patch.undo()
        self._folder.cleanup()

    def had(self, address: str) -> list[str]:
        lines = (line for mail in self.office.mail(address) for line in mail.splitlines())
        return [line.removeprefix("new ") for line in lines if line.startswith("new ")]

    # --- What happens -----------------------------------------------------------------------------

    @rule(number=st.integers(1, 2))
    def news(self, number: int) -> None:
        titles = [f"Boat {len(self.titles) + more}" for more in range(number)]
        self.titles += titles
        self.office.news(*titles)

    @rule(step=st.sampled_from(STEPS))
    def time_passes(self, step: timedelta) -> None:
        self.office.now += step
        self.office.cycle()

    @rule(step=st.sampled_from(STEPS[1:]))
    def clock_goes_back(self, step: timedelta) -> None:
        self.office.now -= step
        self.office.cycle()

    @rule()
    def send_now(self) -> None:
        self.office.cycle(send="now")

    @rule(verdict=st.sampled_from(("approve", "hold", "skip")))
    def decide(self, verdict: str) -> None:
        with self.office.desk.store.reading() as state:
            review = state.reviews.current("weekly")
        if review is None:
            return
        found = self.office.decide(verdict)  # type: ignore[arg-type]
        if found.review.state is ReviewState.APPROVED:
            with self.office.desk.store.reading() as state:
                items = state.items.get([each.item_id for each in review.proof.contents])
            self.approved[review.id] = frozenset(item.title for item in items.values())
        elif found.outcome == "done":
            self.approved.pop(review.id, None)

    @precondition(lambda self: self.titles)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        self.office.cycle()
        title = data.draw(st.sampled_from(self.titles))
        assume(title not in self.retracted)
        desk = self.office.desk
        with suppress(NotPossible):
            retract(desk.store, desk.editor(self.office.now, reason="No"), desk.items()[title].slug)
        self.retracted.add(title)

    @rule(line=st.sampled_from(LINES), send=st.sampled_from(("due", "now")))
    def die(self, line: tuple[type, str], send: str) -> None:
        def dies(*_: object, **__: object) -> None:
            raise Died

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*line, dies)
            with suppress(Died):
                self.office.cycle(send=send)  # type: ignore[arg-type]

    @rule()
    def operator_releases(self) -> None:
        deliveries.release(self.office.desk.store, DeliveryFilter())

    # --- What always holds ------------------------------------------------------------------------

    @invariant()
    def no_unapproved_text(self) -> None:
        with self.office.desk.store.reading() as state:
            sent = state.deliveries.find(DeliveryFilter())
            editions = {each.edition.id for each in sent}
            found = [state.reviews.latest("weekly", each.edition.number) for each in sent]
        assert all(each and each.state is ReviewState.SENT for each in found)
        by_edition = {each.edition_id: each.id for each in found if each}
        assert editions <= by_edition.keys()
        for address in (ANA, BOB):
            allowed = [self.approved[review] for review in sorted(set(by_edition.values()))]
            for mail in self.office.mail(address):
                lines = {line[4:] for line in mail.splitlines() if line.startswith("new ")}
                assert any(lines <= each for each in allowed), (mail, allowed)

    @invariant()
    def one_review_at_a_time(self) -> None:
        with self.office.desk.store.reading() as state:
            waiting = state._db.execute(select(reviews.c.id).where(reviews.c.state.in_(OPEN))).all()
        assert len(waiting) <= 1


def machine(examples: int, steps: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None,
        suppress_health_check=slow, derandomize=True,
    )  # fmt: skip


def test_a_reviewed_digest_keeps_its_promise() -> None:
    run_state_machine_as_test(ReviewedDigest, settings=machine(4, 12))


@pytest.mark.slow
def test_a_reviewed_digest_keeps_its_promise_for_long() -> None:
    run_state_machine_as_test(ReviewedDigest, settings=machine(150, 30))
