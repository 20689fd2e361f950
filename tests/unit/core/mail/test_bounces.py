"""Delivery reports of several makers are understood, and none of them can do any harm."""

from __future__ import annotations

import base64
import quopri
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tidings.core.mail.bounces import Bounce, BounceClass, report

OURS = "<5f1d3c0b9a7e4f2284c6d1e0a9b8c7d6@news.example.org>"

POSTFIX = f"""\
Return-Path: <>
Date: Mon, 23 Nov 2026 08:00:14 -0600 (CST)
From: MAILER-DAEMON@relay.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: digest@news.example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4C1B220A7D.1795442414/relay.example.org"

This is a MIME-encapsulated message.

--4C1B220A7D.1795442414/relay.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4C1B220A7D.1795442414/relay.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org
X-Postfix-Queue-ID: 4C1B220A7D
X-Postfix-Sender: rfc822; digest@news.example.org
Arrival-Date: Mon, 23 Nov 2026 08:00:13 -0600 (CST)

Final-Recipient: rfc822; luis@example.net
Original-Recipient: rfc822;Luis@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <luis@example.net>: Recipient address
    rejected: User unknown in virtual mailbox table

--4C1B220A7D.1795442414/relay.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <digest@news.example.org>
From: Harbour news <digest@news.example.org>
To: luis@example.net
Subject: New locks for the canal
Message-ID: {OURS}
MIME-Version: 1.0
Content-Type: text/plain

The canal has new locks.

--4C1B220A7D.1795442414/relay.example.org--
"""

EXCHANGE = f"""\
From: <postmaster@example.com>
To: <digest@news.example.org>
Subject: Undeliverable: New locks for the canal
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="9e7b_3a"
X-MS-Exchange-Message-Is-Ndr:

--9e7b_3a
Content-Type: multipart/alternative; differences=Content-Type; boundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZC4=
--inner
Content-Type: text/html; charset="utf-8"

<p>Your message couldn't be delivered.</p>
--inner--

--9e7b_3a
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.prod.example.com
Received-From-MTA: dns;relay.example.org
Arrival-Date: Mon, 23 Nov 2026 14:00:20 +0000

Final-Recipient: rfc822;maria@example.com
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full;
 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded
X-Display-Name: Maria

--9e7b_3a
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: quoted-printable

From: Harbour news <digest@news.example.org>
Subject: =3D?utf-8?Q?New_locks?=3D
Message-ID: {OURS}

--9e7b_3a--
"""

GMAIL = f"""\
From: Mail Delivery Subsystem <mailer-daemon@mail.example>
To: digest@news.example.org
Subject: Delivery Status Notification (Failure)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="000000000000a1"; report-type=delivery-status

--000000000000a1
Content-Type: multipart/related; boundary="000000000000b2"

--000000000000b2
Content-Type: text/plain; charset="UTF-8"

** Address not found **
--000000000000b2--
--000000000000a1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Received-From-MTA: dns; digest@news.example.org
Arrival-Date: Mon, 23 Nov 2026 06:00:21 -0800 (PST)
X-Original-Message-ID: {OURS}

Final-Recipient: rfc822; eva@mail.example
Action: failed
Status: 5.7.26
Remote-MTA: dns; gmail-smtp-in.mail.example. (192.0.2.27, the server for the domain.)
Diagnostic-Code: smtp; 550-5.7.26 This mail has been blocked because the sender is
 550-5.7.26 unauthenticated.
 550 5.7.26 https://support.mail.example/answer d75a77b69052e-4ee
Last-Attempt-Date: Mon, 23 Nov 2026 06:00:22 -0800 (PST)

--000000000000a1
Content-Type: message/rfc822

Message-ID: {OURS}
From: Harbour news <digest@news.example.org>

Body
--000000000000a1--
"""

DELAYED = """\
From: MAILER-DAEMON@relay.example.org
Subject: Delayed Mail (still being retried)
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="d"

--d
Content-Type: text/plain

# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
--d
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; ana@example.org
Action: delayed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx.example.org[192.0.2.1]:25: Connection timed out
Will-Retry-Until: Sat, 28 Nov 2026 08:00:13 -0600 (CST)

--d--
"""

SEVERAL = """\
From: MAILER-DAEMON@lists.example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="s"

--s
Content-Type: text/plain

Three of four.
--s
Content-Type: message/delivery-status

Reporting-MTA: dns; lists.example.org

Final-Recipient: rfc822;gone@example.org
Action: failed
Status: 5.1.1 (bad destination mailbox address)

Final-Recipient: rfc822; <slow@example.org>
Action: FAILED
Status: 4.4.7

Original-Recipient: rfc822;alias@example.org
Final-Recipient: rfc822;there@example.org
Action: delivered
Status: 2.1.5

Action: failed
Status: 5.1.1

Final-Recipient: rfc822;nameless@example.org
Action: failed
Status: unknown

--s--
"""

INTERNATIONAL = """\
MIME-Version: 1.0
Content-Type: multipart/report; report-type=global-delivery-status; boundary="i"

--i
Content-Type: message/global-delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: utf-8; jos\\x{E9}@example.org
Action: failed
Status: 5.1.1

Final-Recipient: utf-8; zoë@example.org
Action: failed
Status: 5.1.1

--i--
"""


def read(text: str) -> tuple[Bounce, ...]:
    found = report(text.encode())
    assert found.problems == ()
    return found.bounces


def test_a_report_by_postfix_names_the_address_the_reason_and_the_message() -> None:
    words = "550 5.1.1 <luis@example.net>: Recipient address rejected: User unknown in virtual"
    assert read(POSTFIX) == (
        Bounce(
            address="luis@example.net",
            original="Luis@example.net",
            action="failed",
            status="5.1.1",
            words=f"{words} mailbox table",
            message_id=OURS,
        ),
    )
    assert read(POSTFIX)[0].verdict is BounceClass.CONDEMNED


def test_a_full_mailbox_is_temporary_and_the_headers_alone_name_the_message() -> None:
    (bounce,) = read(EXCHANGE)
    assert (bounce.address, bounce.status, bounce.message_id) == (
        "maria@example.com",
        "5.2.2",
        OURS,
    )
    assert bounce.verdict is BounceClass.TEMPORARY
    assert bounce.final


def test_a_policy_that_refuses_the_sender_says_nothing_of_the_address() -> None:
    (bounce,) = read(GMAIL)
    assert (bounce.address, bounce.status, bounce.message_id) == (
        "eva@mail.example",
        "5.7.26",
        OURS,
    )
    assert bounce.verdict is BounceClass.REFUSED
    assert "\n" not in bounce.words


def test_a_warning_that_mail_is_late_is_not_final() -> None:
    (bounce,) = read(DELAYED)
    assert (bounce.verdict, bounce.final, bounce.message_id) == (BounceClass.TEMPORARY, False, "")


def test_of_several_recipients_each_is_read_and_the_unreadable_are_said() -> None:
    found = report(SEVERAL.encode())
    assert [(each.address, each.verdict, each.final) for each in found.bounces] == [
        ("gone@example.org", BounceClass.CONDEMNED, True),
        ("slow@example.org", BounceClass.TEMPORARY, True),
        ("there@example.org", BounceClass.DELIVERED, False),
    ]
    assert [words.split(" of ")[0] for words in found.problems] == ["Recipient 4", "Recipient 5"]


def test_addresses_beyond_ascii_are_read_in_both_of_their_forms() -> None:
    assert [each.address for each in read(INTERNATIONAL)] == ["josé@example.org", "zoë@example.org"]


def test_a_character_that_there_is_not_is_left_out_of_an_address() -> None:
    impossible = INTERNATIONAL.replace("x{E9}", "x{E9}\\x{110000}")
    assert read(impossible)[0].address == "josé@example.org"


def test_line_ends_of_the_wire_make_no_difference() -> None:
    assert report(POSTFIX.replace("\n", "\r\n").encode()) == report(POSTFIX.encode())


def test_what_is_taken_from_a_report_is_short_printable_text() -> None:
    hostile = POSTFIX.replace("User unknown", "\x1b[2J\x07" + "x" * 5000)
    hostile = hostile.replace("rfc822; luis", "rfc822; \x1b]0;l\x07" + "u" * 5000)
    (bounce,) = read(hostile)
    assert len(bounce.words) <= 400
    assert len(bounce.address) <= 320
    assert (bounce.words + bounce.address).isprintable()


STATUS = b"message/delivery-status\n\n\n--b--\n"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "no delivery report"),
        (b"From: a@example.org\n\nHello", "no delivery report"),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: " + STATUS,
            "no recipient",
        ),
        (b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n", "no recipient"),
        (b"Content-Type: message/rfc822\n\n" * 3000, "damaged"),
    ],
)
def test_what_is_no_report_is_said_in_a_sentence(message: bytes, said: str) -> None:
    found = report(message)
    assert found.bounces == ()
    (problem,) = found.problems
    assert said in problem
    assert problem.endswith(".")


def test_a_report_cut_off_anywhere_is_read_as_far_as_it_goes() -> None:
    for text in (POSTFIX, EXCHANGE, SEVERAL):
        whole = text.encode()
        for end in range(0, len(whole), 7):
            found = report(whole[:end])
            assert found.bounces or found.problems


LINES = st.sampled_from(sorted({*POSTFIX.splitlines(), *SEVERAL.splitlines(), *GMAIL.splitlines()}))
SCRAPS = st.one_of(
    st.binary(max_size=40),
    LINES.map(str.encode),
    st.sampled_from(
        [
            b"Content-Type: message/delivery-status; charset*0*=\xff''x",
            b"Content-Type: multipart/mixed; boundary*1=x; boundary*=utf-9''%ff",
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: x-uuencode",
            b"Content-Type: text/rfc822-headers",
            b"Final-Recipient: utf-8; \\x{110000}\\x{D800}@x",
            b"Status: 999.1.1",
        ]
    ),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(SCRAPS, max_size=60).map(b"\n".join))
@example(
    b"Content-Type: message/delivery-status\n\nFinal-Recipient: utf-8; \\x{D800}\nStatus: 5.1.1"
)
def test_no_message_is_too_broken_to_be_answered(message: bytes) -> None:
    found = report(message)
    assert found.bounces or found.problems
    for bounce in found.bounces:
        assert bounce.verdict in BounceClass
        assert (bounce.address + bounce.words).isprintable()


def only_bounce(**changed: str) -> Bounce:
    text = POSTFIX
    for name, value in changed.items():
        text = re.sub(rf"(?m)^{name.replace('_', '-')}: .*\n(?: .*\n)*", value, text)
    (bounce,) = read(text)
    return bounce


@pytest.mark.parametrize(
    ("diagnostic", "verdict"),
    [
        ("550 5.1.1 <luis@example.net>: User unknown", BounceClass.CONDEMNED),
        ("550 No such user here", BounceClass.CONDEMNED),
        ("550 5.7.1 <luis@example.net>: blocked", BounceClass.REFUSED),
        ("550 Message rejected by policy", BounceClass.REFUSED),
    ],
)
def test_a_code_that_says_nothing_leaves_it_to_the_words(
    diagnostic: str, verdict: BounceClass
) -> None:
    bounce = only_bounce(
        Status="Status: 5.0.0\n", Diagnostic_Code=f"Diagnostic-Code: smtp; {diagnostic}\n"
    )
    assert bounce.verdict is verdict


@pytest.mark.parametrize(
    "diagnostic",
    [
        "550 5.7.26 the sender is unauthenticated",
        "550 5.1.1 sending limit exceeded",
        "550 5.1.1 User unknown (in reply to end of DATA command)",
    ],
)
def test_words_that_speak_of_the_sender_win_over_the_status_of_a_report(diagnostic: str) -> None:
    bounce = only_bounce(Diagnostic_Code=f"Diagnostic-Code: smtp; {diagnostic}\n")
    assert (bounce.status, bounce.verdict) == ("5.1.1", BounceClass.REFUSED)


@pytest.mark.parametrize(
    ("diagnostic", "status"),
    [
        ("550 5.1.1 <luis@example.net>: User unknown", "5.1.1"),
        ("550 No such user", "5.0.0"),
        ("450 later", "4.0.0"),
    ],
)
def test_a_report_without_a_status_has_the_one_of_the_reply(diagnostic: str, status: str) -> None:
    bounce = only_bounce(Status="", Diagnostic_Code=f"Diagnostic-Code: smtp; {diagnostic}\n")
    assert bounce.status == status


def test_an_address_that_got_its_mail_is_not_condemned_whatever_the_status() -> None:
    for action in ("delivered", "delayed", "relayed"):
        assert only_bounce(Action=f"Action: {action}\n").verdict is BounceClass.REFUSED


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_report_that_was_encoded_for_the_way_is_read(encoding: str) -> None:
    head, fields = POSTFIX.split("Content-Type: message/delivery-status\n\n")
    fields, rest = fields.split("--4C1B220A7D", 1)
    wire = fields.encode()
    coded = base64.encodebytes(wire) if encoding == "base64" else quopri.encodestring(wire)
    kind = f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}\n\n"
    assert read(f"{head}{kind}{coded.decode()}\n--4C1B220A7D{rest}") == read(POSTFIX)
