"""What happens to a message between the moment that it is begun and the moment that it is taken:
nothing of it was sent, so that it goes by what is true when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.builders import MONDAY, digest, topic
from tests.desk import Desk, Hands, open_desk, staff
from tests.smtp_server import Answer, Letter, SmtpServer
from tidings.adapters.smtp import SmtpTransport
from tidings.application.deliver import DeliverReport, deliver
from tidings.application.edit import retract
from tidings.core.settings import Relay
from tidings.model import RecipientState
from tidings.state.deliveries import DeliveryFilter

PEOPLE = tuple(f"p{number}@x.example" for number in range(6))


class Onlooker(SmtpServer):
    """A server that has something happen when it has a message, before it answers to it."""

    def __init__(self) -> None:
        super().__init__(pipelining=True)
        self.then: dict[str, Callable[[], object]] = {}

    def judge(self, letter: Letter) -> Answer | None:
        if then := self.then.pop(letter.recipient, None):
            then()
        return super().judge(letter)


@dataclass
class Office:
    """Six people who wait for an edition of two stories, and one connection."""

    desk: Desk
    server: Onlooker
    reports: list[DeliverReport] = field(default_factory=list)

    def deliver(
        self,
        *,
        connections: int = 1,
        rate: float | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        relay = Relay("127.0.0.1", self.server.port, security="none")
        transport = SmtpTransport(relay, timeout=5, reply_timeout=5, name="desk.example.org")
        services = self.desk.services(transport=transport, clock=Hands(MONDAY))
        more = {"connections": connections, "rate": rate}
        mail = services.settings.mail.model_copy(update=more)
        settings = services.settings.model_copy(update={"mail": mail})
        self.reports.append(deliver(replace(services, settings=settings), stop=stop))

    def tally(self) -> dict[str, int]:
        with self.desk.store.reading() as state:
            return {str(each): number for each, number in state.deliveries.tally().items()}

    def rows(self) -> dict[str, tuple[str, int, bool]]:
        with self.desk.store.reading() as state:
            found = state.deliveries.find(DeliveryFilter())
        return {
            row.delivery.address: (
                str(row.delivery.state),
                row.delivery.attempts,
                row.delivery.doubted,
            )
            for row in found
        }

    def got(self) -> list[str]:
        return [letter.recipient for letter in self.server.letters]

    def begun(self, who: str) -> int:
        return sum(f"<{who}>" in command for command in self.server.said("RCPT"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    desk = open_desk(tmp_path, topic("boats", "boat"))
    desk.digests, desk.lists = (digest(),), staff(*PEOPLE)
    desk.file("a.txt", "2026-01-05 | A boat | It floats.", "2026-01-06 | One boat more | So too.")
    desk.announce()
    with Onlooker() as server:
        yield Office(desk, server)
    desk.store.close()


def test_each_message_but_the_first_ones_is_begun_behind_the_one_before_it(office: Office) -> None:
    office.deliver()
    assert office.tally() == {"sent": 6}
    assert (sorted(office.got()), office.server.connections) == (sorted(PEOPLE), 1)
    assert len(office.server.said("MAIL")) == 6


def test_what_is_begun_is_still_queued_while_the_message_before_it_is_sent(office: Office) -> None:
    seen: list[dict[str, int]] = []
    for who in PEOPLE:
        office.server.then[who] = lambda: seen.append(office.tally())
    office.deliver()
    assert [each["sending"] for each in seen] == [1] * 6
    assert [each.get("queued", 0) for each in seen] == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("gone", [RecipientState.LEFT, RecipientState.PAUSED])
def test_whoever_goes_after_their_message_was_begun_gets_nothing(
    office: Office, gone: RecipientState
) -> None:
    def leave() -> None:
        with office.desk.store.writing() as state:
            state.people.mark(PEOPLE[3], gone, MONDAY, "")

    office.server.then[PEOPLE[2]] = leave
    office.deliver()
    assert office.begun(PEOPLE[3]) == 1, "it had been begun"
    assert PEOPLE[3] not in office.got()
    assert office.tally() == {"sent": 5, "suppressed": 1}


def test_what_is_retracted_after_a_message_was_begun_is_not_in_it(office: Office) -> None:
    def take_back() -> None:
        item = office.desk.items()["A boat"]
        retract(office.desk.store, office.desk.editor(MONDAY, reason="It is wrong"), item.id)

    office.server.then[PEOPLE[2]] = take_back
    office.deliver()
    assert office.tally() == {"sent": 6}
    for letter in office.server.letters:
        late = letter.recipient in PEOPLE[3:]
        assert (b"new A boat" in letter.data) is not late
        assert b"new One boat more" in letter.data


def test_what_is_put_on_hold_after_it_was_begun_waits(office: Office) -> None:
    def hold() -> None:
        with office.desk.store.writing() as state:
            (row,) = state.deliveries.find(DeliveryFilter(key=PEOPLE[3]))
            state.deliveries.hold([row.delivery.id], held=True)

    office.server.then[PEOPLE[2]] = hold
    office.deliver()
    assert office.tally() == {"sent": 5, "queued": 1}
    assert office.rows()[PEOPLE[3]] == ("queued", 0, False)


def test_what_was_begun_when_sending_is_to_stop_is_queued_and_not_in_doubt(office: Office) -> None:
    stopped: list[bool] = []
    office.server.then[PEOPLE[2]] = lambda: stopped.append(True)
    office.deliver(stop=lambda: bool(stopped))
    assert office.tally() == {"sent": 3, "queued": 3}
    assert office.begun(PEOPLE[3]) == 1
    assert office.rows()[PEOPLE[3]] == ("queued", 0, False)
    stopped.clear()
    office.deliver()
    assert sorted(office.got()) == sorted(PEOPLE)


@pytest.mark.parametrize("connections", [1, 3])
def test_without_an_answer_only_what_was_sent_is_in_doubt(office: Office, connections: int) -> None:
    office.server.script(".", about="p2@", drop=True, times=1)
    office.deliver(connections=connections)
    rows = office.rows()
    assert rows.pop(PEOPLE[2]) == ("deferred", 1, True)
    assert set(rows.values()) == {("sent", 1, False)}
    assert sorted(office.got()) == sorted(PEOPLE)


def test_with_a_rate_nothing_is_begun_that_has_to_wait(office: Office) -> None:
    seen: list[int] = []
    office.server.then[PEOPLE[2]] = lambda: seen.append(office.begun(PEOPLE[3]))
    office.deliver(rate=1000.0, stop=lambda: bool(seen))
    assert office.begun(PEOPLE[3]) == 0


def test_several_connections_each_send_what_they_have_begun(office: Office) -> None:
    office.desk.lists = staff(*(f"q{number}@x.example" for number in range(60)))
    office.desk.file("b.txt", "2026-01-07 | A third boat | It is new.")
    office.desk.announce()
    office.deliver(connections=4)
    assert office.tally()["sent"] == 60
    assert office.server.connections == 4
    assert len(office.server.said("MAIL")) == 60


@pytest.mark.parametrize("each", [2, 3])
def test_where_many_left_connections_are_not_made_anew_for_each(office: Office, each: int) -> None:
    people = [f"q{number:02}@x.example" for number in range(60)]
    office.desk.lists = staff(*people)
    office.desk.file("b.txt", "2026-01-07 | A third boat | It is new.")
    office.desk.announce()
    with office.desk.store.writing() as state:
        for who in people[::each]:
            state.people.mark(who, RecipientState.LEFT, MONDAY, "")
    office.deliver()
    assert sorted(office.got()) == sorted(set(people) - set(people[::each]))
    assert office.server.connections <= 8
