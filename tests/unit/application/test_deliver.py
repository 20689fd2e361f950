"""Delivering: nobody misses a mail, whatever was cut short, and one failure stops nobody else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

import pytest

from tests.builders import HOUR, MONDAY, WEEK, digest, topic
from tests.desk import Desk, Hands, Owners, Postbox, in_a_file, mail_text, staff
from tests.postgres import ON_SERVER
from tidings.application import people
from tidings.application.deliver import DeliverReport, deliver
from tidings.core.mail.message import PreparedMessage
from tidings.errors import DeliveryError, StoreBusy, TemplateError, TransportClosed
from tidings.model import Choice, Delivery, DeliveryState, Envelope, Recipient, RecipientState
from tidings.state import Store, Transaction, access
from tidings.state.deliveries import DeliveryFilter

ANA, BOB, CAT = "ana@x.example", "bob@x.example", "cat@x.example"
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
DAY = timedelta(days=1)


class Crash(BaseException):
    """The plug is pulled."""


@pytest.fixture(autouse=True)
def an_edition(desk: Desk) -> None:
    """A weekly edition with a boat and a port, opened for Ana, Bob (boats only) and Cat."""
    desk.digests = (digest(),)
    desk.lists = staff(ANA, Recipient(BOB, topics=("boats",)), CAT)
    desk.file("a.txt", BOAT, PORT)
    desk.announce()


def tally(desk: Desk) -> dict[str, int]:
    with desk.store.reading() as state:
        return {each.value: count for each, count in state.deliveries.tally().items()}


def recipients(box: Postbox) -> list[str]:
    return sorted(envelope.recipient for envelope, _ in box.kept)


def temporary(words: str = "451 come back") -> DeliveryError:
    return DeliveryError(words, permanent=False)


def permanent(words: str = "550 no such user") -> DeliveryError:
    return DeliveryError(words, permanent=True)


# --- The page first ---------------------------------------------------------------------------


def beside_publishing(desk: Desk, now: datetime) -> DeliverReport:
    """Deliver as the worker does, while another job publishes."""
    return deliver(desk.services(clock=Hands(now)), web_first=timedelta(minutes=1))


def test_no_mail_goes_before_its_issue_is_on_the_web(desk: Desk) -> None:
    waiting = beside_publishing(desk, MONDAY)
    assert (waiting.sent, waiting.waiting) == (0, 3)
    desk.publish()
    assert beside_publishing(desk, MONDAY).sent == 3


def test_mail_waits_for_a_page_that_does_not_come_for_a_minute_only(desk: Desk) -> None:
    assert beside_publishing(desk, MONDAY + timedelta(seconds=59)).sent == 0
    assert beside_publishing(desk, MONDAY + timedelta(seconds=60)).sent == 3


def test_no_mail_waits_where_the_clock_was_set_back(desk: Desk) -> None:
    assert beside_publishing(desk, MONDAY - timedelta(hours=1)).sent == 3


def test_an_issue_that_has_to_wait_holds_up_no_other(desk: Desk) -> None:
    desk.publish()
    desk.digests += (digest("daily"),)
    assert len(desk.announce()) == 1
    first = beside_publishing(desk, MONDAY)
    assert (first.sent, first.waiting) == (3, 3)
    desk.publish()
    assert beside_publishing(desk, MONDAY).sent == 3


# --- As it should go -----------------------------------------------------------------------------


def test_everyone_gets_their_own_mail_once(desk: Desk) -> None:
    box = Postbox()
    report = desk.deliver(box)
    assert box.to(ANA) == box.to(CAT) == ["new A boat\nnew A port"]
    assert box.to(BOB) == ["new A boat"]
    assert (report.sent, report.resent, report.waiting) == (3, 0, 0)
    assert tally(desk) == {"sent": 3}
    again = desk.deliver(box)
    assert (again.sent, len(box.kept)) == (0, 3)


def test_nothing_waiting_is_nothing_to_do(desk: Desk) -> None:
    desk.deliver(Postbox())
    report = desk.deliver(Postbox())
    assert (report.sent, report.waiting, report.done) == (0, 0, 0)


def test_an_envelope_names_the_edition_and_the_delivery(desk: Desk) -> None:
    box = Postbox()
    desk.deliver(box)
    assert {(e.sender, e.digest, e.number) for e, _ in box.kept} == {
        ("digest@news.example.org", "weekly", 1)
    }
    assert len({envelope.delivery_id for envelope, _ in box.kept}) == 3


def test_messages_with_one_body_are_sent_together(desk: Desk) -> None:
    boats_only = [Recipient(each, topics=("boats",)) for each in (BOB, "dan@x.example")]
    desk.lists = staff(ANA, boats_only[0], CAT, boats_only[1])
    desk.file("b.txt", "2026-01-07 | Another boat | s")
    desk.announce()
    box = Postbox()
    desk.deliver(box)
    bodies = [box.to(envelope.recipient)[0] for envelope, _ in box.kept]
    assert len(bodies) == 4
    assert sum(one != other for one, other in pairwise(bodies)) == len(set(bodies)) - 1


def test_a_body_is_rendered_once_for_all_who_get_it(desk: Desk) -> None:
    rendered: list[str] = []

    def noting(name: str, context: Mapping[str, object]) -> str:
        rendered.append(name)
        return mail_text(name, context)

    desk.render = noting
    desk.deliver(Postbox())
    assert len(rendered) == 4  # two variants, each as text and as HTML


def test_being_told_to_stop_begins_nothing_more(desk: Desk) -> None:
    box = Postbox()
    report = deliver(desk.services(transport=box), stop=lambda: bool(box.kept))
    assert (report.sent, len(box.kept), report.waiting) == (1, 1, 2)
    desk.deliver(box)
    assert recipients(box) == [ANA, BOB, CAT]


# --- Cut short -----------------------------------------------------------------------------------


def date_of(message: bytes) -> datetime:
    """The instant in the Date of a message."""
    found = message.split(b"\r\nDate: ")[1].split(b"\r\n")[0]
    return parsedate_to_datetime(found.decode("ascii")).astimezone(UTC)


def undated(message: bytes) -> bytes:
    """A message without its Date."""
    return re.sub(rb"\r\nDate: [^\r]*", b"", message, count=1)


def copies(box: Postbox, address: str) -> list[bytes]:
    return [message for envelope, message in box.kept if envelope.recipient == address]


@pytest.mark.parametrize("address", [ANA, BOB, CAT])
def test_a_crash_after_the_sending_sends_the_same_bytes_again(desk: Desk, address: str) -> None:
    box = Postbox(refusing={address: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box)
    assert tally(desk)["sending"] == 1
    box.refusing.clear()
    report = desk.deliver(box, MONDAY + HOUR)
    assert report.resent == 1
    assert tally(desk) == {"sent": 3}
    first, second = copies(box, address)
    assert first == second
    assert first.count(b"Message-ID: <") == 1
    assert sorted(set(recipients(box))) == [ANA, BOB, CAT]
    assert len(box.kept) == 4


def test_a_copy_is_the_same_whatever_was_edited_in_between(desk: Desk) -> None:
    box = Postbox(refusing={ANA: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box)
    box.refusing.clear()
    desk.render = lambda name, context: "a quite other template"
    desk.topics = (topic("ports", "boat"),)
    desk.file("a.txt", "2026-01-05 | A boat | It sank.", PORT, now=MONDAY + HOUR)
    desk.deliver(box, MONDAY + HOUR)
    first, second = copies(box, ANA)
    assert first == second


def test_what_another_living_process_is_sending_is_left_to_it(desk: Desk) -> None:
    box = Postbox(refusing={ANA: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box, owners=Owners("one:1:1"))
    box.refusing.clear()
    desk.deliver(box, owners=Owners("other:2:2"))
    assert len(copies(box, ANA)) == 1
    # On a server also what it has set aside, and not begun.
    rest = "queued" if ON_SERVER in os.environ else "sent"
    assert tally(desk) == {"sending": 1, rest: 2}


@pytest.mark.parametrize(
    ("owners", "after"),
    [(Owners("other:2:2", gone=("one:1:1",)), 0 * HOUR), (Owners("other:2:2"), HOUR)],
)
def test_what_a_dead_process_was_sending_is_taken_over(
    desk: Desk, owners: Owners, after: timedelta
) -> None:
    box = Postbox(refusing={ANA: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box, owners=Owners("one:1:1"))
    box.refusing.clear()
    report = desk.deliver(box, MONDAY + after, owners)
    assert report.resent == 1
    assert len(set(copies(box, ANA))) == 1
    assert tally(desk) == {"sent": 3}


def test_no_lease_of_a_clock_that_was_ahead_lasts_longer_than_another(desk: Desk) -> None:
    box = Postbox(refusing={ANA: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box, MONDAY + 4 * DAY, Owners("elsewhere:1:1"))
    box.refusing.clear()
    assert desk.deliver(box, MONDAY).resent == 0
    assert desk.deliver(box, MONDAY + timedelta(minutes=29)).resent == 0
    assert desk.deliver(box, MONDAY + timedelta(minutes=31)).resent == 1
    assert tally(desk) == {"sent": 3}


class Plug(Store):
    """A store whose plug is pulled before or after the n-th write transaction is committed."""

    def __init__(self, store: Store, number: int, committed: bool) -> None:
        super().__init__(store._database)
        self.number, self.committed, self.count = number, committed, 0

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self._plugged(super().writing()) as state:
            yield state

    @contextmanager
    def sharing(self) -> Iterator[Transaction]:
        with self._plugged(super().sharing()) as state:
            yield state

    @contextmanager
    def _plugged(self, begun: AbstractContextManager[Transaction]) -> Iterator[Transaction]:
        self.count += 1
        with begun as state:
            yield state
            if self.count == self.number and not self.committed:
                raise Crash
        if self.count == self.number:
            raise Crash


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("number", range(1, 7))
def test_wherever_the_plug_is_pulled_everyone_gets_the_mail(
    desk: Desk, number: int, committed: bool
) -> None:
    box = Postbox()
    plugged = Plug(desk.store, number, committed)
    with pytest.raises(Crash):
        deliver(desk.services(store=plugged, transport=box))
    desk.deliver(box, MONDAY + HOUR)
    assert sorted(set(recipients(box))) == [ANA, BOB, CAT]
    assert len(box.kept) <= 4  # at most one copy, of what was in hand
    for address in (ANA, BOB, CAT):
        assert len(set(copies(box, address))) == 1
    assert tally(desk) == {"sent": 3}


@in_a_file
def test_no_message_is_sent_whose_attempt_could_not_be_written_down(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "WAIT_SECONDS", 0.0)
    box = Postbox()
    lock = desk.root / "state" / "state.lock"
    with access.held(lock, wait=0.0, busy="busy"), pytest.raises(StoreBusy):
        desk.deliver(box)
    assert box.kept == []
    desk.deliver(box)
    assert recipients(box) == [ANA, BOB, CAT]


# --- Refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ANA, BOB, CAT])
@pytest.mark.parametrize("error", [temporary(), permanent()])
def test_one_who_fails_stops_nobody_else(desk: Desk, address: str, error: DeliveryError) -> None:
    box = Postbox(refusing={address: error})
    report = desk.deliver(box)
    assert recipients(box) == [ANA, BOB, CAT]
    assert report.sent == 2
    if error.permanent:
        assert report.failed == [(address, "550 no such user")]
        assert (tally(desk), report.waiting) == ({"sent": 2, "failed": 1}, 0)
    else:
        assert report.deferred == [(address, "451 come back")]
        assert (tally(desk), report.waiting) == ({"sent": 2, "deferred": 1}, 1)


def test_what_is_deferred_is_tried_again_later_and_not_at_once(desk: Desk) -> None:
    box = Postbox(refusing={ANA: temporary()})
    desk.deliver(box)
    desk.deliver(box, MONDAY + timedelta(minutes=1))
    assert len(copies(box, ANA)) == 1
    box.refusing.clear()
    report = desk.deliver(box, MONDAY + HOUR)
    assert (report.sent, report.resent) == (1, 0)
    first, second = copies(box, ANA)
    assert [date_of(each) for each in (first, second)] == [MONDAY, MONDAY + HOUR]
    assert undated(first) == undated(second)


@pytest.mark.parametrize("ahead", [HOUR, 4 * DAY], ids=["an hour", "days"])
def test_what_was_put_off_while_the_clock_was_ahead_is_tried_once_it_is_right(
    desk: Desk, ahead: timedelta
) -> None:
    box = Postbox(refusing={ANA: temporary()})
    desk.deliver(box, MONDAY + ahead)
    with desk.store.reading() as state:
        outlook = state.deliveries.mail_summary(MONDAY + timedelta(minutes=1), HOUR, 5 * DAY)
    assert outlook.next_attempt_at is None
    # It is put off anew, from an instant that can be relied on.
    desk.deliver(box, MONDAY + timedelta(minutes=1))
    desk.deliver(box, MONDAY + timedelta(minutes=2))
    assert len(copies(box, ANA)) == 2
    box.refusing.clear()
    assert desk.deliver(box, MONDAY + HOUR).sent == 1


def test_pauses_grow_and_are_kept_in_the_state(desk: Desk) -> None:
    box = Postbox(refusing={ANA: temporary(), BOB: temporary(), CAT: temporary()})
    attempts = []
    for minutes in [*range(0, 180, 5), *range(180, 24 * 60, 30)]:
        before, now = len(copies(box, ANA)), MONDAY + timedelta(minutes=minutes)
        desk.deliver(box, now)
        if len(copies(box, ANA)) > before:
            attempts.append(now)
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert len(attempts) > 5
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) <= 5 * HOUR


def test_a_server_that_never_comes_back_ends_in_failure_and_never_in_a_fault(desk: Desk) -> None:
    box = Postbox(refusing={ANA: temporary()})
    now = MONDAY
    while tally(desk).get("deferred") or now == MONDAY:
        desk.deliver(box, now)
        now += 5 * HOUR
        assert now < MONDAY + 30 * DAY
    assert tally(desk) == {"sent": 2, "failed": 1}


def test_what_failed_for_good_is_not_tried_again(desk: Desk) -> None:
    box = Postbox(refusing={ANA: permanent()})
    for day in range(10):
        desk.deliver(box, MONDAY + day * DAY)
    assert len(copies(box, ANA)) == 1
    assert tally(desk) == {"sent": 2, "failed": 1}


def test_the_server_s_words_are_kept(desk: Desk) -> None:
    desk.deliver(Postbox(refusing={ANA: temporary("451 4.7.1 greylisted, come back")}))
    with desk.store.writing() as state:
        (claim,) = state.deliveries.reserve("me", MONDAY + DAY, MONDAY + DAY, 10)
    assert claim.delivery.detail == "451 4.7.1 greylisted, come back"
    assert claim.delivery.attempts == 1


def test_a_way_out_that_is_shut_loses_nothing(desk: Desk) -> None:
    shut = Postbox(refusing={a: TransportClosed("disk full", ours=True) for a in (ANA, BOB, CAT)})
    report = desk.deliver(shut)
    assert (report.sent, report.waiting, report.closed) == (0, 3, "disk full")
    assert len(shut.kept) == 1
    assert desk.deliver(Postbox()).sent == 3


# --- Templates and addresses ---------------------------------------------------------------------


def test_a_broken_template_defers_and_a_mended_one_sends(desk: Desk) -> None:
    def broken(name: str, context: Mapping[str, object]) -> str:
        raise TemplateError(f"{name}:3: no such thing")

    box = Postbox()
    desk.render = broken
    report = desk.deliver(box)
    assert box.kept == []
    assert (report.sent, len(report.deferred), report.waiting) == (0, 3, 3)
    assert "digest/body.html.j2:3" in report.deferred[0][1]
    assert tally(desk) == {"deferred": 3}
    desk.render = mail_text
    assert desk.deliver(box, MONDAY + HOUR).sent == 3


def test_a_template_that_breaks_for_one_variant_stops_no_other(desk: Desk) -> None:
    def choosy(name: str, context: Mapping[str, object]) -> str:
        said = mail_text(name, context)
        if "port" in said:
            raise TemplateError("no ports today")
        return said

    box = Postbox()
    desk.render = choosy
    desk.deliver(box)
    assert recipients(box) == [BOB]
    assert tally(desk) == {"sent": 1, "deferred": 2}


def test_an_address_that_cannot_stand_in_a_header_fails_alone(desk: Desk) -> None:
    desk.lists = staff(ANA, "no address at all")
    desk.file("b.txt", "2026-01-07 | Another boat | s")
    desk.announce()
    box = Postbox()
    report = desk.deliver(box)
    assert recipients(box) == [ANA]
    assert [address for address, _ in report.failed] == ["no address at all"]


# --- Changed since the opening -------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", [RecipientState.PAUSED, RecipientState.LEFT, RecipientState.BOUNCED]
)
def test_whoever_may_get_no_mail_since_the_opening_gets_none(
    desk: Desk, state: RecipientState
) -> None:
    desk.lists = staff(Recipient(ANA, state=state), Recipient(BOB, topics=("boats",)), CAT)
    box = Postbox()
    report = desk.deliver(box)
    assert recipients(box) == [BOB, CAT]
    assert (report.sent, report.suppressed, report.waiting) == (2, 1, 0)
    assert tally(desk) == {"sent": 2, "suppressed": 1}


def test_whoever_is_on_no_list_any_more_gets_nothing(desk: Desk) -> None:
    desk.lists = staff(CAT)
    box = Postbox()
    assert desk.deliver(box).suppressed == 2
    assert recipients(box) == [CAT]


def test_a_digest_that_is_gone_sends_nothing(desk: Desk) -> None:
    desk.digests = ()
    box = Postbox()
    report = desk.deliver(box)
    assert (report.suppressed, report.orphaned) == (3, {"weekly": 3})
    assert box.kept == []
    with desk.store.reading() as state:
        reasons = {each.delivery.detail for each in state.deliveries.find(DeliveryFilter())}
    assert reasons == {"the configuration has no digest weekly any more"}


def subscribe(desk: Desk, address: str, slug: str) -> None:
    """Somebody joins a digest by themselves, for good and all topics."""
    wanted = Choice(slug, address, MONDAY, RecipientState.ACTIVE, joined=True)
    assert people.add(desk.store, wanted)


def test_a_digest_that_is_gone_holds_up_no_other_and_stays_owed(desk: Desk) -> None:
    """Found so: mail to whoever had joined it by themselves ended all mail in a KeyError."""
    subscribe(desk, "eva@x.example", "daily")
    desk.digests = (digest("daily"), digest())
    desk.announce()
    desk.digests = (digest(),)
    box = Postbox()
    report = desk.deliver(box)
    assert recipients(box) == [ANA, BOB, CAT]
    assert report.orphaned == {"daily": 4}
    assert (report.failed, report.deferred, report.waiting) == ([], [], 0)
    assert desk.deliver(box).orphaned == {}
    desk.digests = (digest("daily"), digest())
    desk.file("b.txt", "2026-01-07 | Another boat | s", now=MONDAY + WEEK)
    assert desk.mail(MONDAY + WEEK)["eva@x.example"] == "new A boat\nnew A port\nnew Another boat"


def test_what_may_have_arrived_of_a_digest_that_is_gone_counts_as_had(desk: Desk) -> None:
    with pytest.raises(Crash):
        desk.deliver(Postbox(refusing={ANA: Crash()}), owners=Owners("one:1:1"))
    digests, desk.digests = desk.digests, ()
    other = Owners("other:2:2", gone=("one:1:1",))
    assert desk.deliver(Postbox(), owners=other).orphaned == {"weekly": 3}
    assert tally(desk) == {"in doubt": 1, "suppressed": 2}
    desk.digests = digests
    desk.file("b.txt", "2026-01-07 | Another boat | s", now=MONDAY + WEEK)
    assert desk.mail(MONDAY + WEEK)[ANA] == "new Another boat"


@pytest.mark.parametrize("fault", [KeyError("ports"), ValueError("no"), IndexError(), TypeError()])
def test_a_fault_while_one_body_is_made_is_that_delivery_s_alone(
    desk: Desk, fault: Exception
) -> None:
    def faulty(name: str, context: Mapping[str, object]) -> str:
        said = mail_text(name, context)
        if "port" in said:
            raise fault
        return said

    box = Postbox()
    desk.render = faulty
    report = desk.deliver(box)
    assert recipients(box) == [BOB]
    assert [address for address, _ in report.deferred] == [ANA, CAT]
    assert all(type(fault).__name__ in reason for _, reason in report.deferred)
    desk.render = mail_text
    assert desk.deliver(box, MONDAY + DAY).sent == 2


def test_a_fault_while_one_message_is_made_is_that_delivery_s_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PreparedMessage.for_recipient

    def faulty(prepared: PreparedMessage, to: Delivery, links: Mapping[str, str]) -> bytes:
        if to.address == ANA:
            raise KeyError("leave")
        return whole(prepared, to, links)

    monkeypatch.setattr(PreparedMessage, "for_recipient", faulty)
    box = Postbox()
    assert [address for address, _ in desk.deliver(box).deferred] == [ANA]
    assert recipients(box) == [BOB, CAT]


def test_what_was_suppressed_is_owed_again_when_they_are_back(desk: Desk) -> None:
    lists = desk.lists
    desk.lists = staff(Recipient(ANA, state=RecipientState.PAUSED), CAT)
    desk.deliver(Postbox())
    desk.lists = lists
    desk.file("b.txt", "2026-01-07 | Another boat | s", now=MONDAY + WEEK)
    mailed = desk.mail(MONDAY + WEEK)
    assert mailed == {
        ANA: "new A boat\nnew A port\nnew Another boat",
        BOB: "new A boat\nnew Another boat",
        CAT: "new Another boat",
    }


def test_somebody_paused_while_their_mail_was_deferred_gets_it_no_more(desk: Desk) -> None:
    desk.deliver(Postbox(refusing={ANA: temporary()}))
    desk.lists = staff(Recipient(ANA, state=RecipientState.PAUSED), Recipient(BOB), CAT)
    box = Postbox()
    desk.deliver(box, MONDAY + DAY)
    assert box.kept == []
    assert tally(desk) == {"sent": 2, "suppressed": 1}


def test_somebody_in_doubt_counts_as_having_had_it(desk: Desk) -> None:
    box = Postbox(refusing={ANA: Crash()})
    with pytest.raises(Crash):
        desk.deliver(box, owners=Owners("one:1:1"))
    desk.file("b.txt", "2026-01-07 | Another boat | s")
    fresh = Postbox()
    desk.announce(MONDAY)
    desk.deliver(fresh, MONDAY, Owners("other:2:2"))
    assert fresh.to(ANA) == ["new Another boat"]


# --- Several senders -----------------------------------------------------------------------------


def test_two_senders_at_once_send_each_mail_once(desk: Desk) -> None:
    """While the first has a message in hand, a second comes and goes."""
    inner = Postbox()

    class Interrupted(Postbox):
        def send(self, envelope: Envelope, message: bytes) -> str:
            if len(self.kept) == 0:
                reports.append(desk.deliver(inner, owners=Owners("second:2:2")))
            return super().send(envelope, message)

        def connect(self) -> Interrupted:
            return self

    reports: list[DeliverReport] = []
    outer = Interrupted()
    desk.deliver(outer, owners=Owners("first:1:1"))
    assert sorted(recipients(inner) + recipients(outer)) == [ANA, BOB, CAT]
    # On a server the first has set all of it aside.
    assert reports[0].sent == (0 if ON_SERVER in os.environ else 2)
    assert tally(desk) == {"sent": 3}


def test_a_message_is_marked_as_being_sent_before_it_is_handed_over(desk: Desk) -> None:
    seen: list[dict[str, int]] = []

    class Looking(Postbox):
        def send(self, envelope: Envelope, message: bytes) -> str:
            seen.append(tally(desk))
            return super().send(envelope, message)

        def connect(self) -> Looking:
            return self

    desk.deliver(Looking())
    assert [each[DeliveryState.SENDING.value] for each in seen] == [1, 1, 1]
    assert [each.get(DeliveryState.SENT.value, 0) for each in seen] == [0, 1, 2]


def test_several_connections_send_everything_once(desk: Desk) -> None:
    people = [f"p{number}@x.example" for number in range(30)]
    desk.lists = staff(*people)
    desk.file("b.txt", "2026-01-07 | Another boat | s")
    desk.announce()
    box = Postbox()
    mail = desk.settings.mail.model_copy(update={"connections": 4})
    settings = desk.settings.model_copy(update={"mail": mail})
    report = deliver(replace(desk.services(transport=box), settings=settings))
    assert report.sent == 30
    assert recipients(box) == sorted(people)


# --- Group addresses ------------------------------------------------------------------------------


def shown_to(name: str, context: Mapping[str, object]) -> str:
    """A mail that tells for whom it is made, and by which links they leave."""
    slots = context.get("slots")
    if not isinstance(slots, dict):
        return "A subject"
    return f"{name} shared={context['shared']} leave={slots['leave']}\n"


def bodies(box: Postbox) -> dict[str, list[str]]:
    return {address: box.to(address) for address in (ANA, BOB, CAT)}


def test_a_group_has_a_body_of_its_own_that_stays_the_same_through_edits(desk: Desk) -> None:
    desk.render = shown_to
    desk.lists = staff(Recipient(ANA, shared=True), Recipient(BOB, topics=("boats",)), CAT)
    first = Postbox({each: temporary() for each in (ANA, BOB, CAT)})
    desk.deliver(first)
    desk.render = lambda name, context: f"edited {shown_to(name, context)}"
    second = Postbox()
    desk.deliver(second, MONDAY + DAY)
    assert bodies(second) == bodies(first)
    told = {address: body for address, (body,) in bodies(second).items()}
    assert told[ANA].startswith("digest/body.txt.j2 shared=3DTrue leave=3D")
    assert told[CAT].startswith("digest/body.txt.j2 shared=3DFalse leave=3D")


def test_a_body_that_was_kept_before_the_address_was_said_to_be_shared_is_not_sent_there(
    desk: Desk,
) -> None:
    desk.render = shown_to
    desk.deliver(Postbox({ANA: temporary(), CAT: temporary()}))
    desk.lists = staff(Recipient(ANA, shared=True), Recipient(BOB, topics=("boats",)), CAT)
    box = Postbox()
    desk.deliver(box, MONDAY + DAY)
    assert "shared=3DTrue" in bodies(box)[ANA][0]
    assert "shared=3DFalse" in bodies(box)[CAT][0]
