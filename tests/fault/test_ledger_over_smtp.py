"""The fault table, from the server's answer to what the ledger says and what is done next."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.smtp_server import SmtpServer
from tidings.adapters.clock import StoppedClock
from tidings.adapters.smtp import SmtpTransport
from tidings.application.announce import announce
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.ports import Services
from tidings.application.record import record
from tidings.core.schedule import InDoubt
from tidings.core.settings import Relay
from tidings.entrypoints import wiring
from tidings.model import DeliveryState
from tidings.state import Store

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
ANA, LUIS = "ana@example.org", "luis@example.org"


@dataclass
class Office:
    """An instance with one open edition for two people, and a server that does as it is told."""

    store: Store
    services: Services
    server: SmtpServer

    def deliver(
        self, after: timedelta = timedelta(), in_doubt: InDoubt = "resend"
    ) -> DeliverReport:
        transport = SmtpTransport(
            Relay(host="127.0.0.1", port=self.server.port, security="none"),
            timeout=0.3,
            reply_timeout=0.3,
            name="desk.example.org",
        )
        settings = self.services.settings
        mail = settings.mail.model_copy(update={"in_doubt": in_doubt, "connections": 2})
        settings = settings.model_copy(update={"mail": mail})
        clock = StoppedClock(NOW + after)
        return deliver(replace(self.services, transport=transport, clock=clock, settings=settings))

    def tally(self) -> dict[DeliveryState, int]:
        with self.store.reading() as state:
            return dict(state.deliveries.tally())

    def copies(self, address: str) -> list[bytes]:
        return [letter.data for letter in self.server.letters if letter.recipient == address]


@pytest.fixture
def office(small: Path, tmp_path: Path) -> Iterator[Office]:
    root = Path(shutil.copytree(small, tmp_path / "office"))
    instance = wiring.load_instance(root, {})
    store = wiring.open_state(instance)
    s = wiring.services(instance, store, StoppedClock(NOW))
    record(store, s.seeds, s.classifier, s.recording, NOW)
    opened = [announce(s, each, "now", NOW) for each in instance.settings.digests]
    assert any(opened)
    with SmtpServer() as server:
        yield Office(store, s, server)
    store.close()


def test_a_temporary_refusal_waits_and_is_tried_again(office: Office) -> None:
    office.server.script("RCPT", "451 4.7.1 Try again later", about=ANA, times=1)
    first = office.deliver()
    assert (first.sent, [who for who, _ in first.deferred], first.waiting) == (1, [ANA], 1)
    assert office.deliver(timedelta(minutes=3)).sent == 0, "not before its pause is over"
    assert office.deliver(timedelta(minutes=10)).sent == 1
    assert office.tally() == {DeliveryState.SENT: 2}


def test_a_refusal_for_good_fails_with_the_server_s_words_and_stops_nobody(
    office: Office,
) -> None:
    office.server.script("RCPT", "550 5.1.1 No such user here", about=ANA)
    report = office.deliver()
    ((who, words),) = report.failed
    assert who == ANA
    assert "No such user here" in words
    assert (report.sent, report.waiting) == (1, 0)


def test_a_message_that_is_refused_after_the_dot_fails(office: Office) -> None:
    office.server.script(".", "554 5.7.1 Rejected", about=ANA)
    report = office.deliver()
    assert [who for who, _ in report.failed] == [ANA]
    assert office.tally() == {DeliveryState.FAILED: 1, DeliveryState.SENT: 1}


@pytest.mark.parametrize("how", ["hang", "drop"])
def test_no_answer_after_the_dot_is_in_doubt_and_sent_again_byte_for_byte(
    office: Office, how: str
) -> None:
    office.server.script(".", about=ANA, times=1, hang=how == "hang", drop=how == "drop")
    first = office.deliver()
    assert [who for who, _ in first.in_doubt] == [ANA]
    assert first.waiting == 1
    office.deliver(timedelta(minutes=10))
    one, two = office.copies(ANA)
    assert one == two
    assert office.tally() == {DeliveryState.SENT: 2}


def test_what_is_in_doubt_is_held_if_the_administrator_says_so(office: Office) -> None:
    office.server.script(".", about=ANA, times=1, drop=True)
    assert office.deliver(in_doubt="hold").in_doubt
    assert office.deliver(timedelta(days=1), in_doubt="hold").sent == 0
    assert len(office.copies(ANA)) == 1
    assert office.tally() == {DeliveryState.IN_DOUBT: 1, DeliveryState.SENT: 1}


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_server_that_hangs_before_the_message_is_handed_over_delays_one_and_doubles_none(
    office: Office, step: str
) -> None:
    office.server.script(step, times=1, hang=True)
    first = office.deliver()
    assert (first.sent, len(first.deferred), first.waiting) == (1, 1, 1)
    office.deliver(timedelta(minutes=10))
    assert (len(office.copies(ANA)), len(office.copies(LUIS))) == (1, 1)


def test_a_server_that_is_away_stops_the_round_and_loses_nothing(office: Office) -> None:
    port = office.server.port
    office.server.script("CONNECT", "554 No service today")
    report = office.deliver()
    assert report.closed
    assert not report.ours
    assert (report.sent, report.waiting) == (0, 2)
    assert str(port) in report.closed


def test_mail_that_cannot_be_sent_within_its_time_fails_as_expired(office: Office) -> None:
    office.server.script("RCPT", "451 4.7.1 Try again later")
    office.deliver()
    report = office.deliver(timedelta(days=5, seconds=1))
    assert len(report.failed) == 2
    assert all("expired" in words and "Try again later" in words for _, words in report.failed)


def test_an_address_that_refuses_three_editions_in_a_row_gets_no_more(office: Office) -> None:
    with office.store.writing() as state:
        assert [state.people.refused(ANA, NOW, "550 5.1.1 gone") for _ in range(2)] == [1, 2]
    office.server.script("RCPT", "550 5.1.1 No such user here", about=ANA)
    office.deliver()
    with office.store.reading() as state:
        assert state.people.blocked([ANA, LUIS]) == {ANA}


def test_a_recipient_unknown_to_the_relay_is_refused_for_good_and_counted(office: Office) -> None:
    words = f"550 5.1.1 <{ANA}>: Recipient address rejected: User unknown in relay recipient table"
    office.server.script("RCPT", words, about=ANA)
    report = office.deliver()
    assert [who for who, _ in report.failed] == [ANA]
    with office.store.reading() as state:
        assert state.people.counted() == {ANA: 1}


def test_what_is_refused_after_the_dot_or_of_the_sender_is_counted_against_nobody(
    office: Office,
) -> None:
    office.server.script(".", "550 5.1.1 No such user here", about=ANA)
    office.deliver()
    office.server.script("MAIL", "550 5.1.1 No such user here")
    office.deliver()
    with office.store.reading() as state:
        assert state.people.counted() == {}


def test_mail_that_arrives_makes_earlier_refusals_forgotten(office: Office) -> None:
    with office.store.writing() as state:
        state.people.refused(ANA, NOW, "550 5.1.1 gone")
    office.deliver()
    with office.store.reading() as state:
        assert ANA not in state.people.refusing()


def test_a_server_that_refuses_a_second_connection_keeps_the_first_busy(office: Office) -> None:
    office.server.script("CONNECT", "220 desk.example.org", times=1)
    office.server.script("CONNECT", "421 4.7.0 Too many connections")
    report = office.deliver()
    # The first may be done with one message before the other is refused a connection.
    assert report.closed == ""
    assert report.sent >= 1
    assert report.sent + len(report.deferred) == 2
