"""Servers that take commands at once, and refuse, close or fall silent anywhere between: what is in
the mailboxes is what the ledger says.

What is random comes from a seed that a failure names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.builders import MONDAY, digest, topic
from tests.desk import Hands, open_desk, staff
from tests.smtp_server import Answer, Letter, SmtpServer
from tidings.adapters.smtp import SmtpTransport
from tidings.application.deliver import deliver
from tidings.core.settings import Relay
from tidings.model import DeliveryState
from tidings.state.deliveries import DeliveryFilter

HOUR = timedelta(hours=1)
READERS = tuple(f"p{number}@x.example" for number in range(24))
ENDS = ("421 4.3.2 Going down", "")
ANSWERS = {
    "MAIL": ("450 4.3.0 Later", "503 5.5.1 Bad sequence", *ENDS),
    "RCPT": ("451 4.7.1 Greylisted", "550 5.7.1 Denied", *ENDS),
    "DATA": ("451 4.3.0 Later", "554 5.7.1 Denied", "250 What?", *ENDS),
    "BODY": ("",),
    "RSET": ("500 What?", ""),
}


class FickleServer(SmtpServer):
    """It keeps what it takes, whether or not it says so."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        super().__init__(pipelining=True, forgetful=self.chance.random() < 0.2)
        self.fair = False
        self.kept: dict[str, list[bytes]] = defaultdict(list)
        # How often nobody was told that a message had come, and whether it had.
        self.silent: Counter[str] = Counter()
        self.silent_and_kept: Counter[str] = Counter()

    def take(self, step: str, said: str) -> Answer | None:
        """Mostly nothing out of the ordinary."""
        if self.fair or step not in ANSWERS or self.chance.random() > 0.06:
            return None
        text = self.chance.choice(ANSWERS[step])
        if step == "BODY":
            self.silent[said] += 1
        return self._answer(step, text)

    def judge(self, letter: Letter) -> Answer | None:
        """Take a message, or not, and say so, or not."""
        who, turn = letter.recipient, 1.0 if self.fair else self.chance.random()
        if turn < 0.04:
            return self._answer(".", self.chance.choice(("554 5.7.1 Spam", "451 4.3.0 Later")))
        if turn < 0.07:
            return self._answer(".", "421 4.3.2 Going down")
        if turn < 0.1:
            self.silent[who] += 1
            if self.chance.random() < 0.5:
                return self._answer(".", "")
            self.silent_and_kept[who] += 1
        self.kept[who].append(letter.data)
        return self._answer(".", "") if turn < 0.1 else None

    def _answer(self, step: str, text: str) -> Answer:
        drop = not text or text.startswith("421")
        return Answer(step, text, "", None, 0.0, hang=False, drop=drop)


SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, 150))]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_in_the_mailboxes_is_what_the_ledger_says(tmp_path: Path, seed: int) -> None:
    desk = open_desk(tmp_path, topic("boats", "boat"))
    desk.digests, desk.lists = (digest(),), staff(*READERS)
    desk.file("a.txt", "2026-01-05 | A boat | It floats.")
    desk.announce()
    with FickleServer(seed) as server:
        relay = Relay("127.0.0.1", server.port, security="none")
        for hour in range(40):
            server.fair = hour >= 16
            transport = SmtpTransport(
                relay, timeout=0.2, reply_timeout=0.5, name="desk.example.org"
            )
            services = desk.services(transport=transport, clock=Hands(MONDAY + hour * HOUR))
            mail = services.settings.mail.model_copy(update={"connections": 1 + 2 * (seed % 3)})
            settings = services.settings.model_copy(update={"mail": mail})
            report = deliver(replace(services, settings=settings))
            if server.fair and not report.waiting:
                break
    with desk.store.reading() as state:
        rows = state.deliveries.find(DeliveryFilter())
    desk.store.close()
    assert {row.delivery.address for row in rows} == set(READERS)
    for row in rows:
        who, end = row.delivery.address, row.delivery.state
        copies = server.kept[who]
        told = f"{who} is {end} ({row.delivery.detail}), {len(copies)} copies"
        assert end in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.IN_DOUBT), told
        if end is DeliveryState.SENT:
            assert copies, told
        if end is DeliveryState.FAILED:
            assert re.search(r"\b55\d ", row.delivery.detail), told
            assert len(copies) <= server.silent_and_kept[who], told
        if end is DeliveryState.IN_DOUBT:
            assert server.silent[who], told
        assert len(copies) <= 1 + server.silent_and_kept[who], told
        assert len(set(copies)) <= 1, told
        assert all(row.delivery.message_id.encode() in copy for copy in copies), told
