"""What the operator reads: what is wrong, since when, what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.builders import mail_from
from tidings.core.incidents import IncidentState, Notice
from tidings.core.mail.notices import Alert, alert

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENDER = mail_from("Harbour news", "news@example.org")


def mail(word: Notice, watch: IncidentState) -> tuple[EmailMessage, str]:
    what = Alert(word, watch, "Häfen", "ops@example.org", "<1@example.org>", NOON)
    message = message_from_bytes(alert(what, SENDER), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    assert message.defects == []
    return message, " ".join(body.get_content().split())


def test_it_names_the_failure_since_when_and_what_to_do() -> None:
    message, text = mail("begun", IncidentState(failures=10, reason="disk\r\nfull", since=NOON))
    assert message["Subject"] == "Häfen: 10 runs in a row have failed"
    assert message["To"] == "ops@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "The last one said: disk full It began at 2026-11-24 12:00 UTC." in text
    assert "`tidings doctor`" in text


def test_it_names_what_is_late() -> None:
    message, text = mail("begun", IncidentState(late="Weekly is late", since=NOON))
    assert message["Subject"] == "Häfen: Weekly is late"
    assert text.startswith("Weekly is late. It began")


def test_when_it_is_over_it_says_so() -> None:
    message, text = mail("over", IncidentState())
    assert message["Subject"] == "Häfen: working again"
    assert "is over" in text


@pytest.mark.parametrize("word", ["begun", "over"])
def test_no_line_is_longer_than_mail_allows(word: Notice) -> None:
    what = Alert(word, IncidentState(1, "x" * 5000), "T", "o@example.org", "<1@a>", NOON)
    assert max(map(len, alert(what, SENDER).split(b"\r\n"))) <= 76
