"""A mail server with moods, and the mailboxes behind it, for a year of mail.

It refuses whatever a server can refuse, as chance has it, and writes down what every reader has: it
is the judge of what came to whom, and knows nothing of what Tidings believes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from tests.smtp_server import Answer, Letter, SmtpServer

_NEW = re.compile(r"^new (\S+)\r?$", re.MULTILINE)
_MORE = re.compile(r"^and (\d+) more\r?$", re.MULTILINE)
_MESSAGE_ID = re.compile(r"(?im)^Message-ID: (<[^>]*>)")
_LIST = re.compile(r"(?im)^List-Id: [^<]*<([^.>]*)")

DEAD = (
    "550 5.1.1 <{who}>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 No such user",
    "550 5.1.1 sorry, no mailbox here by that name",
    "550 No Such User Here",
)
# Of everybody, and of some, at the recipient.
SENDER = (
    "553 5.7.1 <desk@x.example>: Sender address rejected: not owned by user desk",
    "554 5.7.1 <relay[192.0.2.1]>: Client host rejected: Access denied",
)
QUOTA = (
    "550 5.4.5 Daily user sending limit exceeded",
    "452 4.3.1 Insufficient system storage",
    "550 Maximum number of messages per hour exceeded",
    "451 4.7.650 The mail server has been temporarily rate limited",
)
POLICY = (
    "550 5.7.1 Delivery not authorized, message refused",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup",
    "554 Richtlinie verbietet die Annahme",
    "550 5.2.2 The mailbox is over its quota",
    "450 4.2.0 Mailbox is being moved",
)
CONTENT = (
    "554 5.7.1 Message rejected as spam",
    "550 5.7.1 Our filter does not like the content of this message",
    "554 5.6.0 Malformed, says the virus scanner",
)
LOGIN = (
    "535 5.7.8 Authentication credentials invalid",
    "454 4.7.0 Temporary authentication failure",
)
BUSY = ("421 4.7.0 Too many connections from your address", "554 5.7.0 Too many sessions")

MOODS = (
    *("fine",) * 7,
    *("login", "sender", "sender at the recipient", "busy", "leaving", "dropping", "dropping"),
    *("quota", "policy", "policy", "grey", "grey", "small", "outage"),
)


@dataclass
class Mailbox:
    """What one reader has of one digest: titles by Message-ID, and how many more each told of.

    `refused` are the titles in messages that were turned down for their content, `lost` those in
    messages that the server let fall after it had them, `dropped` those in all that it did not
    answer; `cut` counts those of which it never had
    the end, whatever they brought.
    """

    printed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    copies: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cut: int = 0

    @property
    def titles(self) -> list[str]:
        """All that was printed, once for each message."""
        return [title for titles in self.printed.values() for title in titles]


class World(SmtpServer):
    """The server: its `mood` is set from outside, all else follows from the seed."""

    def __init__(self, seed: int, *digests: str) -> None:
        super().__init__(users={"desk": "right"}, pipelining=seed % 3 == 0)
        self.seed, self.digests = seed, digests
        self.mood = "fine"
        self.day = 0
        self.dead: set[str] = set()
        # Titles that the servers of some readers never let in.
        self.banned: set[tuple[str, str]] = set()
        self.mailboxes: dict[tuple[str, str], Mailbox] = defaultdict(Mailbox)
        self._met: set[tuple[str, int]] = set()
        self._asked: dict[tuple[str, str], int] = defaultdict(int)

    def turn(self, mood: str) -> None:
        """Be of this mood from now on."""
        self.mood = mood
        self.largest = 3_000 if mood == "small" else 2**25

    def take(self, step: str, said: str) -> Answer | None:
        """Answer a step by the mood."""
        found = re.search(r"<([^>]*)>", said) if step in ("MAIL", "RCPT") else None
        who = found[1] if found else said
        chance = self._chance(step, who)
        text, drop = self._refusal(step, who, chance), False
        if self.mood == "leaving" and chance.random() < 0.15 and step not in ("QUIT", "RSET"):
            text, drop = "421 4.3.2 The system is going down", True
        if self.mood == "dropping" and chance.random() < 0.1:
            text, drop = "", True
        if step == "BODY" and drop:
            for digest in self.digests:
                self.mailboxes[digest, who].cut += 1
        if text or drop:
            return Answer(step, text, "", None, 0.0, hang=False, drop=drop or text[:3] == "421")
        return None

    def judge(self, letter: Letter) -> Answer | None:
        """Answer a message, and put it into the reader's mailbox if it comes to that."""
        data, who = letter.data.decode("ascii"), letter.recipient
        plain = data.split("quoted-printable\r\n\r\n")[1].split("\r\n--=_")[0]
        titles = tuple(_NEW.findall(plain))
        more = int((_MORE.findall(plain) or ["0"])[0])
        name, digest = _MESSAGE_ID.findall(data)[0], _LIST.findall(data)[0]
        box, chance = self.mailboxes[digest, who], self._chance("judge", who)
        if any((who, title) in self.banned for title in titles):
            box.refused[name] = titles
            return self._say(chance.choice(CONTENT))
        answer = self.take(".", who)
        if answer and answer.text:
            return answer
        if answer:
            box.dropped[name] = titles
        if answer and chance.random() < 0.5:
            box.lost[name] = titles
            return answer
        box.copies[name].add(letter.data)
        box.printed[name], box.more[name] = titles, more
        return answer

    def _say(self, text: str) -> Answer:
        return Answer(".", text, "", None, 0.0, hang=False, drop=False)

    def _chance(self, step: str, who: str) -> Random:
        self._asked[step, who] += 1
        return Random(f"{self.seed} {self.day} {step} {who} {self._asked[step, who]}")

    def _refusal(self, step: str, who: str, chance: Random) -> str:
        mood = self.mood
        if step == "CONNECT" and mood == "busy" and len(self._sessions) > 1:
            return chance.choice(BUSY)
        if step == "AUTH" and mood == "login":
            return chance.choice(LOGIN)
        if step == "MAIL" and mood == "sender":
            return "550 5.7.60 Client does not have permissions to send as this sender"
        if step != "RCPT":
            return ""
        if who in self.dead:
            return chance.choice(DEAD).format(who=who)
        if mood == "outage":
            return f"550 5.1.1 <{who}>: Recipient address rejected: User unknown"
        if mood == "sender at the recipient":
            return SENDER[self.day % len(SENDER)]
        if mood == "quota":
            return QUOTA[self.day % len(QUOTA)]
        if mood == "policy" and chance.random() < 0.4:
            return chance.choice(POLICY)
        if mood == "grey" and (who, self.day) not in self._met:
            self._met.add((who, self.day))
            return "451 4.7.1 Greylisted, please try again in five minutes"
        return ""
