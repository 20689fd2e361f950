"""Bounces for people alone, complaints and requests to leave are told by their form, in any
language, and whatever else there is stays what it is."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from html import escape

import pytest

from tidings.core.mail.bounces import BounceClass, report
from tidings.core.mail.incoming import Form, read_incoming

OURS = "<5f1d3c0b9a7e4f2284c6d1e0a9b8c7d6@news.example.org>"
LEAVE = "leave@news.example.org"

COPY = f"""\
Return-Path: <bounces@news.example.org>
From: Harbour news <digest@news.example.org>
To: ana@example.net
Message-ID: {OURS}

The canal has new locks.
"""

QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.net
To: bounces@news.example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.net>:
{{reason}}

--- Below this line is a copy of the message.

{COPY}"""

EXIM = f"""\
Return-path: <>
X-Failed-Recipients: ana@example.net
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example.org>
To: bounces@news.example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@example.net
    host mx.example.net [192.0.2.7]
    SMTP error from remote mail server after {{step}}:
    {{reason}}

------ This is a copy of the message, including all the headers. ------

{COPY}"""

EXCHANGE = """\
From: <MicrosoftExchange329e71ec88ae4615@example.net>
To: <bounces@news.example.org>
Subject: Unzustellbar: New locks for the canal
X-MS-Exchange-Message-Is-Ndr:
MIME-Version: 1.0
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{body}
"""
EXCHANGE_BODY = f"""\
<html><head><style>p {{ color: #550 }}</style></head><body>
<p><b>Fehler bei der Nachrichtenzustellung an folgende Empf\u00e4nger oder Gruppen:</b></p>
<p><a href="mailto:ana@example.net">ana@example.net</a><br>
Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.</p>
<p>Diagnoseinformationen f\u00fcr Administratoren:</p>
<p>Generierender Server: mail.example.net</p>
<p>ana@example.net<br>#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##</p>
<p>Urspr\u00fcngliche Nachrichtenkopfzeilen:</p>
<pre>Message-ID: {escape(OURS)}</pre></body></html>"""

LOCALISED = f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: bounces@news.example.org
Subject: {{subject}}
Content-Type: text/plain; charset=utf-8

{{words}}

<ana@example.net>
550 5.1.1 {{reason}}

Message-ID: {OURS}
"""


def qmail(reason: str) -> bytes:
    return QMAIL.format(reason=reason).encode()


def judged(message: bytes) -> list[tuple[str, BounceClass, str]]:
    return [(each.address, each.verdict, each.message_id) for each in report(message).bounces]


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", BounceClass.CONDEMNED),
        ("Remote host said: 550 5.1.1 User unknown\nGiving up.", BounceClass.CONDEMNED),
        ("Sorry, I couldn't find any host named example.net. (#5.1.2)", BounceClass.CONDEMNED),
        ("The user does not exist.", BounceClass.CONDEMNED),
        ("user is over quota (#5.2.2)", BounceClass.TEMPORARY),
        ("Remote host said: 554 5.7.1 Rejected as spam", BounceClass.REFUSED),
        ("Something went wrong.", BounceClass.REFUSED),
        ("I'm not going to try again; this message has been in the queue too long. (#4.4.7)",
         BounceClass.TEMPORARY),
    ],
)  # fmt: skip
def test_a_bounce_by_qmail_is_read(reason: str, verdict: BounceClass) -> None:
    assert judged(qmail(reason)) == [("ana@example.net", verdict, OURS)]


@pytest.mark.parametrize(
    ("step", "reason", "verdict"),
    [
        ("RCPT TO:<ana@example.net>", "550 5.1.1 <ana@example.net>: User unknown",
         BounceClass.CONDEMNED),
        ("RCPT TO:<ana@example.net>", "550 No such user here", BounceClass.CONDEMNED),
        ("end of data", "550 5.1.1 User unknown", BounceClass.REFUSED),
        ("RCPT TO:<ana@example.net>", "550 5.7.26 sender is unauthenticated", BounceClass.REFUSED),
        ("RCPT TO:<ana@example.net>", "452 4.2.2 Over quota", BounceClass.TEMPORARY),
    ],
)  # fmt: skip
def test_a_bounce_by_exim_is_read(step: str, reason: str, verdict: BounceClass) -> None:
    message = EXIM.format(step=step, reason=reason).encode()
    assert judged(message) == [("ana@example.net", verdict, OURS)]


def test_a_bounce_by_exchange_in_another_language_as_html_in_base64_is_read() -> None:
    body = base64.encodebytes(EXCHANGE_BODY.encode()).decode()
    message = EXCHANGE.format(body=body).encode()
    (bounce,) = report(message).bounces
    assert (bounce.address, bounce.status, bounce.message_id) == ("ana@example.net", "5.1.1", OURS)
    assert bounce.verdict is BounceClass.CONDEMNED


@pytest.mark.parametrize(
    ("subject", "words", "reason"),
    [
        ("No entregado", "Su mensaje no pudo ser entregado.", "El usuario no existe"),
        ("Non remis", "Votre message n'a pas pu être remis :", "Utilisateur inconnu"),
        ("Unzustellbar", "Ihre Nachricht konnte nicht zugestellt werden.", "Benutzer unbekannt"),
        ("Недоставлено", "Сообщение не доставлено.", "Пользователь не найден"),
        ("配信不能", "メッセージを配信できませんでした。", "宛先が存在しません"),
    ],
)
def test_a_bounce_in_any_language_is_read_by_its_codes(
    subject: str, words: str, reason: str
) -> None:
    message = LOCALISED.format(subject="Mail", words=words, reason=reason).encode()
    assert judged(message) == [("ana@example.net", BounceClass.CONDEMNED, OURS)], subject


def test_a_warning_that_mail_is_late_says_nothing_of_an_address() -> None:
    text = EXIM.format(step="RCPT TO:<ana@example.net>", reason="450 later").replace(
        "could not be delivered", "has not yet been delivered"
    )
    found = report(text.encode())
    assert (found.bounces, len(found.problems)) == ((), 1)


def test_what_a_reader_writes_is_no_bounce_whatever_it_says() -> None:
    text = "From: Ana <ana@example.net>\n\nI got this:\n\nana@example.net\n550 5.1.1 User unknown\n"
    assert read_incoming(text.encode()).form is Form.OTHER
    answer = (
        "Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: Ana <ana@example.net>\n\nI am away."
    )
    assert read_incoming(answer.encode()).form is Form.OTHER


# --- Complaints ----------------------------------------------------------------------------------


def complaint(kind: str = "abuse", *, encoded: bool = False, copy: str = COPY) -> bytes:
    fields = f"Feedback-Type: {kind}\nUser-Agent: SomeLoop/1.0\nVersion: 1\n"
    head = "Content-Type: message/feedback-report\n"
    if encoded:
        head += "Content-Transfer-Encoding: base64\n"
        fields = base64.encodebytes(fields.encode()).decode()
    return (
        "From: <feedback@isp.example>\nTo: <abuse@news.example.org>\nSubject: FW: New locks\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="f"\n\n'
        "--f\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--f\n{head}\n{fields}\n--f\nContent-Type: message/rfc822\n\n{copy}\n--f--\n"
    ).encode()


@pytest.mark.parametrize("encoded", [False, True])
def test_a_complaint_tells_its_kind_and_the_message(encoded: bool) -> None:
    found = read_incoming(complaint(encoded=encoded), LEAVE)
    assert (found.form, found.message_ids) == (Form.COMPLAINT, (OURS,))
    assert found.feedback == "abuse"


# --- Requests to leave ---------------------------------------------------------------------------


def request(to: str = LEAVE, subject: str = "leave WyJhIl0.abcdefghijklmnop", **more: str) -> bytes:
    message = EmailMessage()
    message["From"] = "ana@example.net"
    message["To"] = to
    message["Subject"] = subject
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please.")
    return message.as_bytes()


def test_a_request_to_leave_is_what_is_written_to_that_address() -> None:
    found = read_incoming(request(), LEAVE)
    assert (found.form, "WyJhIl0.abcdefghijklmnop" in found.words) == (Form.LEAVING, True)
    assert read_incoming(request(to=LEAVE.upper()), LEAVE).form is Form.LEAVING
    assert read_incoming(request(to="news@example.org"), LEAVE).form is Form.OTHER
    assert read_incoming(request(to=f"un{LEAVE}"), LEAVE).form is Form.OTHER
    assert read_incoming(request(), None).form is Form.OTHER


def test_an_answer_to_a_message_of_ours_names_it() -> None:
    found = read_incoming(request(subject="unsubscribe", In_Reply_To=OURS), LEAVE)
    assert found.message_ids == (OURS,)


def test_what_answers_by_itself_asks_nothing() -> None:
    automatic = request(Auto_Submitted="auto-replied", In_Reply_To=OURS)
    assert read_incoming(automatic, LEAVE).form is Form.OTHER


@pytest.mark.parametrize(
    "text",
    ["<" * 250_000, "<style" * 40_000, "<p>" * 80_000, "a@" * 120_000, "550 " * 60_000,
     "\n".join(["<a@b.example>"] * 20_000), "5.1." * 60_000, " " * 250_000, "=?utf-8?q?" * 20_000,
     "This is the " * 20_000, "\n".join(["-" * 399] * 600), "a." * 120_000 + "@b"],
    ids=lambda text: text[:12].strip() or "blank",
)  # fmt: skip
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_hostile_text_is_read_in_a_moment(text: str, kind: str) -> None:
    """Each would take minutes if anything looked at a part of it again and again."""
    head = f"Return-Path: <>\nTo: {LEAVE}\nSubject: {text[:1000]!r}\nContent-Type: text/{kind}\n\n"
    found = read_incoming((head + text).encode(), LEAVE)
    assert found.form in (Form.OTHER, Form.REPORT)
