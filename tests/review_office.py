"""An office where editions are reviewed: a desk, its post, and what each side has in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.builders import digest
from tests.desk import Desk, Hands, Owners, Postbox, mail_text, staff
from tidings.application import review
from tidings.application.announce import Send
from tidings.application.deliver import deliver
from tidings.application.proofs import send_proofs
from tidings.application.review import Decision, Step, decide
from tidings.model import Digest, EditorNote, Problem, Review, ReviewRule, Verdict

EDITOR, CHIEF = "editor@x.example", "chief@x.example"
ANA, BOB = "ana@x.example", "bob@x.example"
# 15:00 in Costa Rica, which is six hours behind all year.
FRIDAY = datetime(2026, 3, 6, 21, tzinfo=UTC)
SATURDAY = FRIDAY + timedelta(days=1)
# The slot: Monday at 09:00.
SLOT = datetime(2026, 3, 9, 15, tzinfo=UTC)
RULE = ReviewRule((EDITOR, CHIEF), ((4, (15, 0)),))


def words(name: str, context: Mapping[str, object]) -> str:
    """What templates say here: of a proof its number alone."""
    return (
        f"{name} {context['proof']}" if name.startswith("mail/proof") else mail_text(name, context)
    )


@dataclass
class Office:
    """The desk with one digest that is reviewed, read by Ana and by Bob."""

    desk: Desk
    box: Postbox = field(default_factory=Postbox)
    now: datetime = FRIDAY
    notes: dict[str, EditorNote | Problem] = field(default_factory=dict)
    put_away: list[tuple[str, int]] = field(default_factory=list)
    files: int = 0

    def __post_init__(self) -> None:
        self.desk.digests = (weekly(RULE),)
        self.desk.lists = staff(ANA, BOB)
        self.desk.render = words

    @property
    def digest(self) -> Digest:
        return self.desk.digests[0]

    def news(self, *titles: str) -> None:
        self.files += 1
        lines = (f"2026-03-01 | {title} | Text." for title in titles)
        self.desk.write(f"{self.files:03}.txt", *lines)

    def cycle(self, at: datetime | None = None, send: Send = "due") -> tuple[Step, ...]:
        """One round of the worker: read, open, mail proofs, deliver."""
        self.now = at or self.now
        self.desk.record(self.now)
        services = self.desk.services(transport=self.box, clock=Hands(self.now), owners=Owners())
        settings = services.settings.model_copy(update={"notes": self.notes})
        services = replace(services, settings=settings, put_away=self._put_away)
        found = tuple(review.announce(services, each, send, self.now) for each in self.desk.digests)
        review.put_notes_away(services)
        send_proofs(services)
        deliver(services)
        return found

    def _put_away(self, name: str, _marks: Mapping[str, str], number: int) -> str:
        self.put_away.append((name, number))
        self.notes.pop(name, None)
        return ""

    def current(self) -> Review:
        with self.desk.store.reading() as state:
            found = state.reviews.current(self.digest.slug)
        assert found
        return found

    def latest(self) -> Review:
        with self.desk.store.reading() as state:
            found = state.reviews.latest(self.digest.slug)
        assert found
        return found

    def decide(self, verdict: Verdict, by: str = "Ana", **more: int) -> Decision:
        return decide(self.desk.store, self.latest().id, verdict, by, self.now, **more)

    def proofs(self) -> list[str]:
        """Who was sent which proof, in order."""
        return [
            f"{envelope.recipient} {envelope.delivery_id}"
            for envelope, _ in self.box.kept
            if ".proof" in envelope.digest
        ]

    def mail(self, address: str = ANA) -> list[str]:
        """The text of each edition that somebody got."""
        found = Postbox(kept=[each for each in self.box.kept if ".proof" not in each[0].digest])
        return found.to(address)


def weekly(rule: ReviewRule | None) -> Digest:
    """The digest, on Mondays at 09:00."""
    made = digest(lists=("staff",))
    cadence = replace(made.cadence, every="week", weekday=0, at=(9, 0))
    return replace(made, cadence=cadence, review=rule, history="mail", max_items=400)
