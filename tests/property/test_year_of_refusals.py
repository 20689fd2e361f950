"""A year with a mail server that refuses whatever can be refused: in the end every story is with
every reader exactly once, or named with its reason, and nobody who lives is cut off.

The server is a real one on loopback, and its mailboxes are the judge. What is random comes from a
seed that a failure names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.builders import digest, topic
from tests.desk import Hands, mail_text, open_desk
from tests.property.mail_world import MOODS, Mailbox, World
from tests.property.newsroom import utc
from tidings.adapters.smtp import SmtpTransport
from tidings.application.deliver import deliver
from tidings.application.edit import retract
from tidings.application.status import look
from tidings.core.mail.digest import DigestMail
from tidings.core.settings import Relay
from tidings.model import Cadence, DeliveryState, Recipient
from tidings.state.deliveries import DeliveryFilter

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGAN = utc("2026-03-01T12:00")
READERS = tuple(f"reader{number}@x.example" for number in range(9))
# Who gets what: one list overlaps the other, and one digest has a single reader.
LISTS = {
    "daily": tuple(map(Recipient, READERS[:6])),
    "weekly": tuple(map(Recipient, READERS[3:])),
    "alone": (Recipient(READERS[0]),),
}
DIGESTS = (
    digest("daily", cadence=Cadence("day", at=(7, 30)), lists=("daily",), max_items=4),
    digest("weekly", topics=("boats",), lists=("weekly",)),
    digest("alone", cadence=Cadence("day", at=(9, 0)), lists=("alone",)),
)
FILLER = "It floats, and a long way from the harbour, as those who saw it say.\n" * 4


def body(name: str, context: Mapping[str, object]) -> str:
    """What a mail prints, with enough of it to be too large, and how many more there are."""
    mail, said = context.get("mail"), mail_text(name, context)
    if not isinstance(mail, DigestMail):
        return said
    more = f"and {mail.left_out} more\n" if mail.left_out else ""
    return said + FILLER * mail.printed + more


class Year:
    """A desk, a server with moods, and days that pass."""

    def __init__(self, root: Path, world: World, seed: int) -> None:
        self.world, self.chance = world, Random(seed)
        self.desk = open_desk(root, topic("boats", "boat"))
        self.desk.digests, self.desk.lists, self.desk.render = DIGESTS, LISTS, body
        self.desk.announce(BEGAN, "due")  # they meet their readers before there is anything
        self.now = BEGAN
        self.stories: dict[str, str] = {}
        self.retracted: dict[str, datetime] = {}
        self.connections = 1 + 2 * (seed % 2)

    def pass_day(self) -> None:
        """A day: what comes in, what is taken back, who dies, and mail every six hours."""
        self.world.day += 1
        self._news(self.chance.choice((0, 1, 1, 2, 6)))
        if len(self.world.dead) < 2 and self.chance.random() < 0.02:
            self.world.dead.add(self.chance.choice(READERS[1:]))
        for hour in (8, 14, 20, 26):
            self.now = self.now.replace(hour=0, minute=0) + hour * HOUR
            self.world.turn(self.chance.choice(MOODS))
            self.desk.announce(self.now, "due")
            if self.chance.random() < 0.08:
                self._retract()
            self.deliver()
            self.see_that_who_lives_gets_mail()

    def make_up(self) -> None:
        """Four weeks of a server that takes all it ever takes, with some news at their beginnings:
        what is refused for its content is left out of the third mail."""
        self.world.turn("fair")
        for day in range(29):
            self.world.day += 1
            self._news(2 if day in (0, 7, 14, 21) else 0)
            self.now += DAY
            self.desk.announce(self.now, "due")
            self.deliver()
            self.see_that_who_lives_gets_mail()

    def deliver(self) -> None:
        """One run of sending."""
        relay = Relay("127.0.0.1", self.world.port, security="none", user="desk")
        transport = SmtpTransport(
            relay, "right", timeout=5, reply_timeout=5, name="desk.example.org"
        )
        services = self.desk.services(transport=transport, clock=Hands(self.now), known_as="desk")
        mail = services.settings.mail.model_copy(update={"connections": self.connections})
        settings = services.settings.model_copy(update={"mail": mail})
        deliver(replace(services, settings=settings))

    def _news(self, number: int) -> None:
        lines = []
        for serial in range(len(self.stories), len(self.stories) + number):
            kind = ("Boat", "Crane")[serial % 2]
            title = f"{kind}-{serial}"
            self.stories[title] = kind
            about = "a boat" if kind == "Boat" else "no ship"
            lines.append(f"{self.now:%Y-%m-%d} | {title} | It is {about}, number {serial}.")
            if self.world.mood != "fair" and self.chance.random() < 0.08:
                self.world.banned |= {(who, title) for who in self.chance.sample(READERS, 2)}
        if lines:
            self.desk.file(f"{self.world.day}.txt", *lines, now=self.now)

    def _retract(self) -> None:
        title = self.chance.choice(list(self.stories) or [""])
        if title and title not in self.retracted:
            item = self.desk.items()[title]
            retract(self.desk.store, self.desk.editor(self.now, reason="It is wrong"), item.id)
            self.retracted[title] = self.now

    # --- The judge --------------------------------------------------------------------------------

    def see_that_who_lives_gets_mail(self) -> None:
        with self.desk.store.reading() as state:
            cut_off = {each.key for each in state.people.bounced()}
        assert cut_off <= self.world.dead, f"{cut_off - self.world.dead} live, day {self.world.day}"

    def judge(self) -> None:
        """Compare what every reader has with what there was."""
        kept_out = dict(look(self.desk.store, self.desk.settings, self.now).kept_out)
        for each in DIGESTS:
            told = {
                title
                for title, kind in self.stories.items()
                if each.topics is None or kind == "Boat"
            }
            for person in self.desk.lists[each.lists[0]]:
                box = self.world.mailboxes[each.slug, person.key]
                self._judge(box, told, each.slug, person.key, kept_out)

    def _judge(
        self, box: Mailbox, told: set[str], digest: str, who: str, kept_out: dict[str, int]
    ) -> None:
        assert all(len(copies) == 1 for copies in box.copies.values()), "two bodies, one Message-ID"
        # What may have arrived, and had something in it retracted since, does not go again: the
        # rest of it comes with the next, for all that is known.
        torn = {name for name in box.dropped if self.retracted.keys() & set(box.dropped[name])}
        titles = Counter(title for name in box.printed.keys() - torn for title in box.printed[name])
        twice = {title for title, times in titles.items() if times > 1}
        assert not twice, f"{who} has {twice} twice"
        more = sum(box.more[name] for name in box.more.keys() - torn)
        assert len(titles) + more <= len(told), f"{who} was told of {more} more"
        if who in self.world.dead:
            return
        # What nobody knows of may have arrived, but did not: it has to be named as in doubt.
        lost = {name: each for name, each in box.lost.items() if name not in box.printed}
        doubted = self._in_doubt(digest, who)
        assert lost.keys() <= doubted.keys(), f"{who} is owed what was lost"
        others = doubted.keys() - box.lost.keys() - box.printed.keys()
        assert len(others) <= box.cut, f"nobody cut {others} to {who} short"
        gone = {title for name in lost.keys() | others for title in doubted[name]}
        missing = told - set(box.titles) - self.retracted.keys() - gone
        assert len(missing) <= sum(box.more.values()), (
            f"{who} never got {missing}, day {self.world.day}"
        )
        refused = Counter(title for titles in box.refused.values() for title in titles)
        unnamed = {title for title in missing if refused[title] > 1} - kept_out.keys()
        assert not unnamed, f"nobody is told that {who} never got {unnamed}"

    def _in_doubt(self, digest: str, who: str) -> dict[str, tuple[str, ...]]:
        """What stands in doubt, with a reason, by Message-ID."""
        wanted = DeliveryFilter(states=(DeliveryState.IN_DOUBT,), digest=digest, key=who)
        found = {}
        with self.desk.store.reading() as state:
            for row in state.deliveries.find(wanted):
                assert row.delivery.detail
                assert row.delivery.owed_set
                owed = state.editions.owed_sets([row.delivery.owed_set])[row.delivery.owed_set]
                items = state.items.get([each.item_id for each in owed.owed])
                found[row.delivery.message_id] = tuple(each.title for each in items.values())
        return found


@contextmanager
def year(root: Path, seed: int) -> Iterator[Year]:
    with World(seed, *(each.slug for each in DIGESTS)) as world:
        found = Year(root, world, seed)
        try:
            yield found
        finally:
            found.desk.store.close()


QUICK = [(12, 6), (12, 13)]
SLOW = [(60, seed) for seed in range(3, 9)] + [(365, 100)]


@pytest.mark.parametrize(
    ("days", "seed"), [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)]
)
def test_every_story_is_with_every_reader_once_or_named(
    tmp_path: Path, days: int, seed: int
) -> None:
    with year(tmp_path, seed) as room:
        for _ in range(days):
            room.pass_day()
        room.make_up()
        room.judge()
        assert room.world.letters
