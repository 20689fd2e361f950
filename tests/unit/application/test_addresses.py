"""A change of address while messages are on their way, and in any order with all else."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import MONDAY
from tests.builders import digest as a_digest
from tests.desk import KEY, Desk, Hands, Owners, Postbox, open_desk
from tests.sampling import parts
from tidings.application import addresses, erasure, people, subscribe
from tidings.application.addresses import AddressRequest
from tidings.core.audience import pseudonym
from tidings.core.limits import unwanted
from tidings.core.tokens import Member
from tidings.errors import DeliveryError, ReplyLost
from tidings.model import Choice, DeliveryState, Digest, Envelope
from tidings.state.addresses import AddressChange
from tidings.state.deliveries import DeliveryFilter

OLD, NEW, NEXT = "eva@old.example", "eva@new.example", "eva@next.example"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return readers(tmp_path)


def readers(folder: Path) -> Desk:
    desk = open_desk(folder)
    desk.digests = (a_digest("weekly", history="mail"),)
    desk.file("0.txt", "2026-03-01 | Story 0 | Text 0")
    desk.mail(MONDAY - DAY)
    return desk


def join(desk: Desk, address: str, at: datetime = MONDAY) -> None:
    assert people.add(desk.store, Choice("weekly", address, at))


def news(desk: Desk, number: int, at: datetime) -> None:
    desk.file(f"{number}.txt", f"2026-03-01 | Story {number} | Text {number}", now=at)


def ask(desk: Desk, old: str, new: str, at: datetime) -> str:
    request = AddressRequest(Member("weekly", old), new, "en")
    asked = addresses.ask(desk.store, request, desk.lists, at, "192.0.2.1", KEY)
    if asked != "asked":
        return ""
    with desk.store.reading() as state:
        (change,) = [
            each for each in state.addresses.of(old) if not each.done_at and each.new == new
        ]
    return change.id


def change(desk: Desk, old: str, new: str, at: datetime) -> str:
    found = ask(desk, old, new, at)
    assert addresses.confirm(desk.store, found, desk.settings, at, KEY)
    return found


class Meanwhile(Postbox):
    """A transport that has something happen while the first message is being handed over."""

    def __init__(self, then: Callable[[], object], failure: DeliveryError | None = None) -> None:
        super().__init__()
        self._then: Callable[[], object] | None = then
        self._failure = failure

    def connect(self) -> Meanwhile:
        return self

    def send(self, envelope: object, message: bytes) -> str:
        then, self._then = self._then, None
        told = super().send(envelope, message)  # type: ignore[arg-type]
        if then:
            then()
            if self._failure:
                raise self._failure
        return told


def sent_to(box: Postbox) -> list[str]:
    return [envelope.recipient for envelope, _ in box.kept]


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (None, set()),
        (DeliveryError("busy", permanent=False), {NEW}),
        (DeliveryError("no such user", permanent=True), set()),
        (ReplyLost("no answer"), {NEW}),
    ],
    ids=["sent", "put off", "refused", "lost"],
)
def test_a_message_that_is_being_sent_to_the_old_address_is_not_missed(
    desk: Desk, failure: DeliveryError | None, again: set[str]
) -> None:
    join(desk, OLD)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    box = Meanwhile(lambda: change(desk, OLD, NEW, MONDAY), failure)
    desk.deliver(box, MONDAY)
    assert sent_to(box) == [OLD]
    later = Postbox()
    desk.deliver(later, MONDAY + DAY)
    assert set(sent_to(later)) == again
    news(desk, 2, MONDAY + DAY * 2)
    text = desk.mail(MONDAY + DAY * 2)
    assert OLD not in text
    refused = failure is not None and failure.permanent
    assert text[NEW].split("\n") == (["new Story 1"] if refused else []) + ["new Story 2"]


def test_undoing_while_a_message_is_being_sent_brings_it_to_the_old_address(desk: Desk) -> None:
    join(desk, OLD)
    done = change(desk, OLD, NEW, MONDAY)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    busy = DeliveryError("busy", permanent=False)
    box = Meanwhile(lambda: addresses.undo(desk.store, done, MONDAY), busy)
    desk.deliver(box, MONDAY)
    later = Postbox()
    desk.deliver(later, MONDAY + DAY)
    assert (sent_to(box), sent_to(later)) == ([NEW], [])
    news(desk, 2, MONDAY + DAY * 2)
    assert desk.mail(MONDAY + DAY * 2) == {OLD: "new Story 1\nnew Story 2"}


def test_what_waits_at_the_new_address_comes_back_when_the_change_is_undone(desk: Desk) -> None:
    join(desk, OLD)
    done = change(desk, OLD, NEW, MONDAY)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    addresses.undo(desk.store, done, MONDAY)
    box = Postbox()
    desk.deliver(box, MONDAY)
    assert sent_to(box) == [OLD]


def test_what_waits_for_both_of_one_edition_is_sent_once(desk: Desk) -> None:
    join(desk, OLD)
    join(desk, NEW)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    change(desk, OLD, NEW, MONDAY)
    box = Postbox()
    desk.deliver(box, MONDAY)
    assert sent_to(box) == [NEW]
    news(desk, 2, MONDAY + DAY)
    assert desk.mail(MONDAY + DAY) == {NEW: "new Story 2"}


def test_a_message_cut_short_by_a_crash_goes_to_the_new_address(desk: Desk) -> None:
    join(desk, OLD)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    with pytest.raises(KeyboardInterrupt):
        desk.deliver(Postbox({OLD: KeyboardInterrupt()}), MONDAY)
    change(desk, OLD, NEW, MONDAY)
    box = Postbox()
    desk.deliver(box, MONDAY + DAY, Owners("desk:2:2", gone=("desk:1:1",)))
    news(desk, 2, MONDAY + DAY)
    text = desk.mail(MONDAY + DAY)
    assert "new Story 2" in text[NEW]


class Journey:
    """One reader on their way among three addresses, what each got, and all that was announced."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.at, self.number = desk, MONDAY, 0
        # The addresses, each with what came there and the change that led there.
        self.way: list[tuple[str, set[str], str]] = [(OLD, set(), "")]
        self.got: dict[str, list[str]] = defaultdict(list)
        join(desk, OLD)

    @property
    def here(self) -> str:
        """The address that they have now."""
        return self.way[-1][0]

    def news(self) -> None:
        """Something new, which is mailed."""
        self.wait()
        self.mail()

    def wait(self) -> None:
        """Something new, of which an edition waits."""
        self.number += 1
        news(self.desk, self.number, self.at)
        self.desk.announce(self.at)

    def mail(self) -> None:
        for address, text in self.desk.mail(self.at).items():
            assert address == self.here
            titles = text.split("\n")
            for _, had, _ in self.way:
                assert had.isdisjoint(titles)
            self.way[-1][1].update(titles)
            self.got[address] += titles

    def pause(self) -> None:
        """A pause, with an edition in it."""
        member = Member("weekly", self.here)
        subscribe.act(self.desk.store, member, "pause", self.at)
        self.news()
        subscribe.act(self.desk.store, member, "resume", self.at + MINUTE)

    def change(self, new: str) -> None:
        if found := ask(self.desk, self.here, new, self.at):
            assert addresses.confirm(self.desk.store, found, self.desk.settings, self.at, KEY)
            self.way.append((new, set(), found))

    def undo(self, chance: random.Random) -> None:
        number = chance.randrange(len(self.way))
        _, _, found = self.way[number]
        if not found or not addresses.undo(self.desk.store, found, self.at):
            return
        if self.way[number - 1][0] == self.here:
            # They came back by themselves: what came on the way was had.
            self.way[number:] = [(address, had, "") for address, had, _ in self.way[number:]]
        else:
            del self.way[number:]

    def holders(self) -> list[str]:
        with self.desk.store.reading() as state:
            return [key for key in (OLD, NEW, NEXT) if state.choices.of(key)]


@pytest.mark.parametrize("seed", parts(60, quick=(0, 1, 2)))
def test_in_any_order_nothing_comes_twice_to_a_mailbox_and_nothing_is_missed(
    seed: int, tmp_path: Path
) -> None:
    chance, way = random.Random(seed), Journey(readers(tmp_path))
    for _ in range(10):
        way.at += timedelta(hours=7)
        act = chance.choice(["news", "news", "change", "change", "undo", "wait", "pause"])
        if act == "change":
            way.change(chance.choice([each for each in (OLD, NEW, NEXT) if each != way.here]))
        elif act == "undo":
            way.undo(chance)
        else:
            getattr(way, act)()
    way.at += DAY
    way.news()
    for address, titles in way.got.items():
        assert len(titles) == len(set(titles)), (address, titles)
    assert way.holders() == [way.here]
    mine = {address for address, _, _ in way.way}
    told = {f"new Story {number}" for number in range(1, way.number + 1)}
    assert {title for each in mine for title in way.got[each]} == told


def test_what_failed_at_the_old_address_is_known_to_be_in_a_later_mail_to_the_new(
    desk: Desk,
) -> None:
    join(desk, OLD)
    news(desk, 1, MONDAY)
    desk.mail(MONDAY, Postbox({OLD: DeliveryError("no such user", permanent=True)}))
    change(desk, OLD, NEW, MONDAY)
    news(desk, 2, MONDAY + DAY)
    assert desk.mail(MONDAY + DAY) == {NEW: "new Story 1\nnew Story 2"}
    with desk.store.reading() as state:
        failed = state.deliveries.find(DeliveryFilter(states=(DeliveryState.FAILED,)))
        taken_over = state.deliveries.taken_over([each.delivery.id for each in failed])
    assert len(failed) == len(taken_over) == 1


def test_starting_over_keeps_who_is_never_written_to_and_where_links_lead(desk: Desk) -> None:
    join(desk, OLD)
    change(desk, OLD, NEW, MONDAY)
    people.never(desk.store, NEXT, unwanted(KEY, NEXT), {}, MONDAY)
    with desk.store.writing() as state:
        state.reset.clear(people_too=False)
    with desk.store.reading() as state:
        assert erasure.unwanted_since(state, KEY, NEXT)
    member = addresses.member_now(desk.store, Member("weekly", OLD), {})
    assert member.address == NEW


def test_a_change_is_undone_also_after_the_new_address_is_written_otherwise(desk: Desk) -> None:
    join(desk, OLD)
    done = change(desk, OLD, NEW, MONDAY)
    other = change(desk, NEW, NEW.upper(), MONDAY + MINUTE)
    assert addresses.undo(desk.store, other, MONDAY + MINUTE) is None
    assert addresses.undo(desk.store, done, MONDAY + MINUTE)
    news(desk, 1, MONDAY + DAY)
    assert set(desk.mail(MONDAY + DAY)) == {OLD}


def test_a_refusal_does_not_write_back_who_was_erased_meanwhile(desk: Desk) -> None:
    join(desk, OLD)
    news(desk, 1, MONDAY)
    desk.announce(MONDAY)
    refused = DeliveryError("550 5.1.1 no such user", permanent=True)

    def erase() -> None:
        people.erase(desk.store, OLD, pseudonym(KEY, OLD), MONDAY, KEY)

    desk.deliver(Meanwhile(erase, refused), MONDAY)
    with desk.store.reading() as state:
        assert OLD not in state.people.counted()
        assert not state.people.knows(OLD)


class Failing(Postbox):
    """A transport that fails with each of these in turn, then works."""

    def __init__(self, *failures: BaseException) -> None:
        super().__init__()
        self._failures = list(failures)

    def connect(self) -> Failing:
        return self

    def send(self, envelope: Envelope, message: bytes) -> str:
        if self._failures:
            raise self._failures.pop(0)
        return super().send(envelope, message)


def compose(_digest: Digest, change: AddressChange) -> bytes:
    return (change.old if change.done_at else change.new).encode()


def send(desk: Desk, box: Postbox, at: datetime) -> int:
    return addresses.send_mails(desk.store, box, desk.settings, compose, Hands(at))


def test_the_old_address_is_told_once_also_after_failures_and_a_crash(desk: Desk) -> None:
    join(desk, OLD)
    at = MONDAY + timedelta(microseconds=7)
    change(desk, OLD, NEW, at)
    box = Failing(DeliveryError("busy", permanent=False), KeyboardInterrupt())
    assert send(desk, box, at) == 0
    with pytest.raises(KeyboardInterrupt):
        send(desk, box, at + DAY)
    assert send(desk, box, at + DAY) == 0
    assert [send(desk, box, at + DAY * number) for number in (2, 3, 4)] == [1, 0, 0]
    assert sent_to(box) == [OLD]


def test_a_mail_that_is_refused_or_undone_is_not_tried_again(desk: Desk) -> None:
    join(desk, OLD)
    done = change(desk, OLD, NEW, MONDAY)
    box = Failing(DeliveryError("no such user", permanent=True))
    assert [send(desk, box, MONDAY), send(desk, box, MONDAY + DAY)] == [0, 0]
    addresses.undo(desk.store, done, MONDAY + DAY)
    change(desk, OLD, NEXT, MONDAY + DAY)
    undone = change(desk, NEXT, NEW, MONDAY + DAY)
    addresses.undo(desk.store, undone, MONDAY + DAY)
    assert send(desk, box, MONDAY + DAY) == 1
    assert sent_to(box) == [OLD]
