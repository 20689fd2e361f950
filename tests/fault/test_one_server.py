"""What a mail server does to everybody at once: too little room, no login, no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.builders import MONDAY, digest, topic
from tests.desk import Desk, Hands, open_desk, staff
from tests.smtp_server import Answer, Letter, SmtpServer
from tidings.adapters.monitoring import metrics
from tidings.adapters.smtp import SmtpTransport
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.deliveries import retry
from tidings.application.status import findings, look
from tidings.core.mail.server import PAUSE_NOTE, ServerPause
from tidings.core.settings import Relay
from tidings.model import DeliveryState
from tidings.state.deliveries import DeliveryFilter

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """Fifty people who wait for an edition, and a server that does as it is told."""

    desk: Desk
    server: SmtpServer
    password: str = "right"
    transports: list[SmtpTransport] = field(default_factory=list)

    def deliver(
        self, after: timedelta = timedelta(), *, connections: int = 10, user: str = ""
    ) -> DeliverReport:
        relay = Relay("127.0.0.1", self.server.port, security="none", user=user)
        transport = SmtpTransport(
            relay, self.password, timeout=5, reply_timeout=0.3, name="desk.example.org"
        )
        services = self.desk.services(
            transport=transport, clock=Hands(MONDAY + after), known_as=self.password
        )
        mail = services.settings.mail.model_copy(update={"connections": connections})
        object.__setattr__(
            services, "settings", services.settings.model_copy(update={"mail": mail})
        )
        return deliver(services)

    def attempts(self) -> int:
        with self.desk.store.reading() as state:
            return sum(row.delivery.attempts for row in state.deliveries.find(DeliveryFilter()))

    def tally(self) -> dict[str, int]:
        with self.desk.store.reading() as state:
            return {str(each): number for each, number in state.deliveries.tally().items()}

    def pause(self) -> ServerPause | None:
        with self.desk.store.reading() as state:
            return ServerPause.read(state.note(PAUSE_NOTE))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    desk = open_desk(tmp_path, topic("boats", "boat"))
    desk.digests = (digest(),)
    desk.lists = staff(*(f"p{number}@x.example" for number in range(50)))
    desk.file("a.txt", "2026-01-05 | A boat | It floats.")
    desk.announce()
    with SmtpServer(users={"desk": "right"}) as server:
        yield Office(desk, server)
    desk.store.close()


# --- Room for fewer connections -------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal",
    ["421 4.7.0 Too many connections", "554 5.7.0 Too many connections from you", "450 Busy"],
)
@pytest.mark.parametrize("room", [1, 3])
def test_connections_that_find_no_room_leave_the_work_to_those_that_do(
    office: Office, refusal: str, room: int
) -> None:
    office.server.users.clear()
    office.server.script("CONNECT", "220 sink.example", times=room)
    office.server.script("CONNECT", refusal, drop=True)
    report = office.deliver()
    assert (report.sent, report.waiting, report.closed, report.deferred) == (50, 0, "", [])
    assert office.attempts() == 50
    assert office.pause() is None


def test_a_session_that_finds_no_room_beside_others_leaves_too(office: Office) -> None:
    office.server.users.clear()
    office.server.script("MAIL", "421 4.7.0 Too many sessions", drop=True, times=4)
    report = office.deliver(connections=5)
    assert (report.sent, report.closed) == (50, "")
    assert office.attempts() == 50


def test_a_server_that_stops_for_all_gives_every_message_back(office: Office) -> None:
    office.server.users.clear()
    office.server.script(".", times=7)
    office.server.script(".", "421 4.3.2 Shutting down", drop=True)
    report = office.deliver(connections=2)
    assert "421 4.3.2" in report.closed
    assert (report.sent, report.waiting) == (7, 43)
    assert office.attempts() == report.sent
    assert office.tally() == {"sent": 7, "queued": 43}
    assert office.server.connections < 10


def test_a_server_that_ends_each_session_after_some_messages_gets_all(office: Office) -> None:
    office.server.users.clear()
    for number in range(0, 50, 3):
        office.server.script(
            "RCPT", "421 4.7.0 Enough for now", drop=True, about=f"p{number}@", times=1
        )
    report = office.deliver(connections=2)
    assert (report.sent, report.waiting, report.closed, report.deferred) == (50, 0, "", [])
    assert office.attempts() == 50


OF_ONE = [
    ("RCPT", "421 4.3.0 Something is wrong"),
    ("RCPT", "554 5.7.1 Client host [192.0.2.1] blocked using zen.example"),
    ("RCPT", "450 4.7.1 <desk>: Helo command rejected: Host not found"),
    ("RCPT", "553 5.7.1 <digest@news.example.org>: Sender address rejected: not owned"),
    ("RCPT", "550 Sender verify failed"),
    ("RCPT", "530 5.7.0 Authentication required"),
    (".", "421 4.3.0 Something is wrong"),
]


@pytest.mark.parametrize(("step", "refusal"), OF_ONE)
@pytest.mark.parametrize(
    ("connections", "people"), [(1, (0, 1, 2, 3, 4)), (1, (48, 49)), (3, (0, 25, 26, 49))]
)
def test_people_for_whom_the_server_shuts_us_out_hold_nobody_else_up(
    office: Office, step: str, refusal: str, connections: int, people: Sequence[int]
) -> None:
    office.server.users.clear()
    for number in people:
        office.server.script(step, refusal, about=f"p{number}@", drop=refusal.startswith("421"))
    for hour in range(4):
        office.deliver(hour * HOUR, connections=connections)
    assert office.tally()["sent"] == 50 - len(people)
    # And they are tried no more often than anybody who is put off.
    with office.desk.store.reading() as state:
        rows = state.deliveries.find(DeliveryFilter())
    assert all(row.delivery.attempts <= 4 for row in rows)


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize(("step", "refusal"), OF_ONE[:2])
def test_a_few_people_for_all_of_whom_it_shuts_us_out_wait_ever_longer(
    office: Office, step: str, refusal: str, people: int
) -> None:
    office.server.users.clear()
    with office.desk.store.writing() as state:
        rows = state.deliveries.find(DeliveryFilter())
        state.deliveries.hold([row.delivery.id for row in rows[people:]], held=True)
    office.server.script(step, refusal, drop=refusal.startswith("421"))
    for minute in range(60):
        office.deliver(minute * MINUTE, connections=1)
    asked = len(office.server.said("RCPT"))
    assert people <= asked <= 10 * people
    assert sum(office.tally().values()) == 50
    assert set(office.tally()) <= {"queued", "deferred"}


# --- A server that lets us send nothing -----------------------------------------------------------


def test_a_refused_login_is_tried_by_one_connection_with_growing_pauses(office: Office) -> None:
    office.password = "wrong"
    tried: list[int] = []
    for minutes in range(180):
        before = len(office.server.logins)
        office.deliver(minutes * MINUTE, user="desk")
        if logins := len(office.server.logins) - before:
            assert logins == 1
            tried.append(minutes)
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert office.attempts() == 0
    assert office.tally() == {"queued": 50}


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ("AUTH", "535 5.7.8 Authentication failed"),
        ("AUTH", "454 4.7.0 Temporary authentication failure"),
        ("MAIL", "553 5.7.1 Sender address rejected: not owned by user"),
        ("MAIL", "450 4.1.8 Sender address rejected: Domain not found"),
        ("CONNECT", "554 5.7.1 No service for you"),
        ("RCPT", "450 4.7.1 <desk>: Helo command rejected: Host not found"),
        ("RCPT", "554 5.7.1 Client host [192.0.2.1] blocked using zen.example"),
        ("RCPT", "553 5.7.1 <digest@news.example.org>: Sender address rejected: not owned"),
        ("RCPT", "550 Sender verify failed"),
        ("MAIL", "530 5.7.0 Must issue a STARTTLS command first"),
    ],
)
def test_what_is_refused_to_all_pauses_the_server_and_no_message(
    office: Office, step: str, refusal: str
) -> None:
    office.server.script(step, refusal)
    report = office.deliver(user="desk", connections=3)
    assert report.paused_until == MONDAY + MINUTE
    assert refusal in report.closed
    assert (report.sent, report.waiting, office.attempts()) == (0, 50, 0)
    before = len(office.server.commands), office.server.connections
    again = office.deliver(MINUTE / 2, user="desk")
    assert (again.paused_until, again.closed) == (MONDAY + MINUTE, report.closed)
    assert (len(office.server.commands), office.server.connections) == before


@pytest.mark.parametrize("connections", [1, 3, 10])
def test_a_login_that_is_refused_in_the_middle_of_a_run_is_tried_once(
    office: Office, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = office.server

    def judge(_letter: Letter) -> Answer | None:
        if len(server.letters) < 20:
            return None
        server.users["desk"] = "changed"
        return Answer(".", "421 4.3.2 Restarting", "", None, 0.0, hang=False, drop=True)

    monkeypatch.setattr(server, "judge", judge)
    report = office.deliver(user="desk", connections=connections)
    assert (report.sent, report.paused_until) == (20, MONDAY + MINUTE)
    assert len(server.logins) == connections + 1
    assert office.attempts() == 20
    assert office.tally() == {"sent": 20, "queued": 30}


def test_another_password_lifts_the_pause_at_once(office: Office) -> None:
    office.password = "wrong"
    assert office.deliver(user="desk").paused_until
    office.password = "right"
    report = office.deliver(timedelta(seconds=1), user="desk")
    assert (report.sent, report.closed) == (50, "")
    assert office.pause() is None


def test_after_a_pause_one_connection_tries_and_then_all_send(office: Office) -> None:
    office.server.script("MAIL", "550 5.7.1 Sender rejected", times=2)
    assert office.deliver(user="desk", connections=1).paused_until == MONDAY + MINUTE
    connected = office.server.connections
    again = office.deliver(2 * MINUTE, user="desk")
    assert again.paused_until == MONDAY + 4 * MINUTE
    assert office.server.connections == connected + 1
    assert office.deliver(5 * MINUTE, user="desk").sent == 50
    assert office.pause() is None


def test_a_pause_of_a_clock_that_was_ahead_holds_nobody_up(office: Office) -> None:
    office.password = "wrong"
    office.deliver(24 * HOUR, user="desk")
    before = len(office.server.logins)
    office.deliver(user="desk")
    assert len(office.server.logins) == before + 1


def test_status_and_metrics_say_until_when_the_server_is_paused_and_why(office: Office) -> None:
    office.password = "wrong"
    office.deliver(user="desk")
    found = look(office.desk.store, office.desk.settings, MONDAY, "wrong")
    assert found.paused
    assert found.paused.until == MONDAY + MINUTE
    (told,) = [each for each in findings(found) if each.check == "mail server"]
    assert "the server refused the login of desk" in told.message
    figures = metrics(found, 0, MONDAY)[0].decode()
    assert "tidings_mail_server_refuses 1.0" in figures
    _, _, until = figures.partition("\ntidings_mail_server_paused_until_timestamp_seconds ")
    assert float(until.split()[0]) == found.paused.until.timestamp()
    # What it refused to somebody with another password says nothing of us.
    assert look(office.desk.store, office.desk.settings, MONDAY, "right").paused is None


def test_sending_again_by_hand_lifts_the_pause(office: Office) -> None:
    office.server.script("MAIL", "550 5.7.1 Sender rejected", times=1)
    assert office.deliver(user="desk", connections=1).paused_until
    retry(office.desk.store, DeliveryFilter(key="p7@x.example"), MONDAY, 5 * 24 * HOUR)
    assert office.deliver(user="desk").sent == 50


def test_what_failed_since_an_instant_is_sent_again_and_nothing_older(office: Office) -> None:
    office.server.users.clear()
    office.server.script("RCPT", "550 5.7.1 Denied", about="p7@", times=1)
    office.server.script("RCPT", "451 4.7.1 Later", about="p8@", times=1)
    office.server.script("RCPT", "550 5.7.1 Denied", about="p8@", times=1)
    office.deliver()
    office.deliver(HOUR)
    lost = (DeliveryState.FAILED, DeliveryState.SUPPRESSED)
    wanted = DeliveryFilter(states=lost, since=MONDAY + HOUR)
    again = retry(office.desk.store, wanted, MONDAY + 2 * HOUR, 5 * 24 * HOUR)
    assert [row.delivery.address for row in again.changed] == ["p8@x.example"]
    assert office.deliver(2 * HOUR).sent == 1
    assert office.tally() == {"sent": 49, "failed": 1}


# --- No answer after the dot ----------------------------------------------------------------------


def test_what_is_never_answered_is_handed_over_twice_and_then_in_doubt(office: Office) -> None:
    office.server.users.clear()
    office.server.script(".", drop=True, about="p7@")
    for hours in range(0, 6 * 24, 3):
        office.deliver(hours * HOUR)
    copies = [each.data for each in office.server.letters if each.recipient == "p7@x.example"]
    assert len(copies) == 2
    assert copies[0] == copies[1]
    assert office.tally() == {"sent": 49, "in doubt": 1}


def test_what_may_have_arrived_is_not_taken_over_by_the_next_edition(office: Office) -> None:
    office.server.users.clear()
    office.server.script(".", drop=True, about="p7@", times=1)
    office.deliver()
    office.desk.file("b.txt", "2026-01-06 | Another boat | It sinks.", now=MONDAY + MINUTE)
    office.desk.announce(MONDAY + MINUTE)
    office.deliver(HOUR)
    bodies = [each.data for each in office.server.letters if each.recipient == "p7@x.example"]
    assert sum(b"new A boat" in body for body in bodies) == 2
    assert bodies[0] in bodies[1:]
    assert sum(b"new Another boat" in body for body in bodies) == 1
    assert office.tally() == {"sent": 100}


def test_a_resend_that_is_put_off_for_days_ends_in_doubt(office: Office) -> None:
    office.server.users.clear()
    office.server.script(".", drop=True, about="p7@", times=1)
    office.deliver()
    office.server.script("RCPT", "451 4.7.1 Later", about="p7@")
    for hours in range(1, 6 * 24, 3):
        office.deliver(hours * HOUR)
    with office.desk.store.reading() as state:
        (row,) = state.deliveries.find(DeliveryFilter(states=(DeliveryState.IN_DOUBT,)))
    assert row.delivery.detail.startswith("expired; last: ")
