"""What replies and reports of mail servers speak of, in the forms that servers use."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from tidings.core.mail.refusals import condemns, speaks_of
from tidings.core.mail.replies import SpeaksOf

# With these the table was made.
KNOWN: dict[SpeaksOf, tuple[str, ...]] = {
    SpeaksOf.MAILBOX: (
        "550 5.1.1 <ana@x.example>: Recipient address rejected: User unknown in local table",
        "550 No such person here",
        "550 5.2.1 The account that you wrote to is disabled",
        "554 delivery error: this user has no account at x.example",
        "550 5.1.10 RecipientNotFound; no object with this address",
        "511 sorry, there is no mailbox here by that name (#5.1.1)",
        "550 unrouteable address",
        "553 5.1.3 The recipient address is not a valid one",
        "556 5.1.10 The domain accepts no mail (null MX)",
        "450 4.2.1 The mailbox is busy just now",
        "550 5.1.6 The mailbox has moved, and left no address",
        "5.1.2 550 Domain of the recipient is unknown",
        "550 5.7.13 The account of this user was shut",
        "551 User not local; please write to another address",
    ),
    SpeaksOf.MESSAGE: (
        "554 5.7.1 Your message looks like spam",
        "550 High score of SpamAssassin: 14.2",
        "552 5.3.4 The message is too large for this system",
        "552 Message size exceeds the fixed maximum",
        "554 5.6.0 Two Subject headers",
        "550 5.7.1 Our content filter found a forbidden word",
        "554 infected with Eicar-Test-Signature",
        "550 5.6.7 Characters beyond ASCII are needed, and not offered",
        "552 5.7.0 An attachment of this kind is a security risk",
        "550 Message contains a link that leads to malware",
        "554 5.7.1 Blocked by content inspection",
        "500 5.5.2 A line is too long",
        "550 5.2.3 Message length is above what the recipient takes",
        "554 Message rejected",
    ),
    SpeaksOf.SENDER: (
        "550 5.7.23 The SPF record of the domain does not allow this",
        "550 5.7.26 Unauthenticated mail is not accepted from this domain (DMARC)",
        "550 SPF check: failed for news@x.example",
        "553 5.1.8 Sender address rejected: domain not found",
        "554 5.7.1 Client host [192.0.2.9] blocked using bl.example",
        "550 5.7.1 [192.0.2.9] is on the blocklist of Spamhaus",
        "535 5.7.8 Username and password not accepted",
        "530 5.7.0 Authentication required",
        "554 5.7.1 <ana@x.example>: Relay access denied",
        "550 5.7.25 No PTR record for 192.0.2.9",
        "504 5.5.2 <desk>: Helo command rejected: need a full name",
        "550 5.7.1 Poor reputation of the network of 192.0.2.9",
        "550 Verification of the sender failed: sender verify failed",
        "550 5.7.20 No passing DKIM signature",
    ),
    SpeaksOf.QUOTA: (
        "552 5.2.2 The mailbox is over quota",
        "452 4.2.2 Mailbox full",
        "550 5.4.5 Daily sending limit exceeded",
        "550 5.1.1 Daily user sending limit exceeded",
        "452 4.3.1 Insufficient system storage",
        "421 4.7.28 Unusual rate of mail: rate limited",
        "450 4.7.1 Too many messages from you in an hour",
        "552 Not enough room: disk quota exceeded",
        "451 4.7.0 Slow down, please",
        "550 You have reached the hourly limit of your plan, limit reached",
        "552 5.2.2 Postfach voll",
        "452 4.5.3 Too many recipients",
        "550 5.7.0 Message rate exceeded for this account",
    ),
    SpeaksOf.POLICY: (
        "550 5.7.1 Refused by the rules of our organisation: policy",
        "450 4.2.0 <ana@x.example>: Recipient address rejected: Greylisted for 300 seconds",
        "451 4.7.1 Greylisting in action, come back",
        "550 5.7.1 Delivery not permitted",
        "554 5.7.0 Local policy violation",
        "550 Administrative prohibition",
        "550 5.7.1 TRANSPORT.RULES.RejectMessage; a transport rule said no",
        "550 5.7.2 Only members may write to this list",
        "554 5.7.1 Access denied",
        "550 5.7.17 The mailbox changed hands since that time",
        "553 Not accepted here for policy reasons",
        "550 5.7.1 Restricted: members only",
    ),
    SpeaksOf.TRANSPORT: (
        "421 4.3.2 The service is shutting down",
        "451 4.3.0 Internal server error",
        "421 Too many concurrent connections",
        "5.4.6 554 Too many hops",
        "4.4.1 Connection timed out",
        "5.4.4 Host not found",
        "451 4.3.5 Server configuration problem",
        "454 4.7.0 TLS not available just now",
        "530 5.7.0 Must issue a STARTTLS command first",
        "500 5.5.1 Command unrecognized",
        "554 5.4.14 Hop count exceeded: possible mail loop",
        "432 4.3.2 Queue under maintenance",
        "4.4.7 Delivery time expired",
    ),
}


# Written while the first table was frozen, which read 25 of these 40 right; what they taught is in
# the second.
TAUGHT: dict[SpeaksOf, tuple[str, ...]] = {
    SpeaksOf.MAILBOX: (
        "550 Invalid recipient",
        "550 5.1.1 The email account that you tried to reach does not exist",
        "550-5.1.1 Address does not exist in our directory",
        "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
        "554 5.1.1 ana@x.example: inactive user",
        "550 RCPT TO: unknown recipient <ana@x.example>",
        "550 Benutzer unbekannt",
    ),
    SpeaksOf.MESSAGE: (
        "554 5.7.1 [P4] Message blocked due to spam content in the message",
        "550 5.7.350 Remote server returned message detected as spam",
        "554 rejected due to virus Win.Test",
        "523 the message's length exceeds the limit: size 40000",
        "550 failure for one or more recipients (ana@x.example:blocked for its attachment)",
        "550 5.6.11 Invalid characters: bare linefeeds",
        "554 5.7.7 Message integrity failure",
    ),
    SpeaksOf.SENDER: (
        "550 5.7.509 Access denied, sending domain x.example does not pass DMARC verification",
        "550-5.7.26 Your email has been blocked because the sender is unauthenticated",
        "554 5.7.1 You are not allowed to connect: IP listed in XBL",
        "550 5.7.60 Client does not have permissions to send as this sender",
        "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.9]",
        "421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred due to user complaints",
    ),
    SpeaksOf.QUOTA: (
        "452 4.2.2 The recipient's inbox is out of storage space and inactive",
        "550 5.2.2 user has exhausted allowed storage space",
        "550 5.1.90 Your message can't be sent: you've reached your daily limit for recipients",
        "454 4.5.3 Throttling failure: Daily message quota exceeded",
        "421 4.7.0 Try again later, the sending rate of this host is too high",
        "450 4.2.1 The user is receiving mail at a rate that prevents more from being delivered",
    ),
    SpeaksOf.POLICY: (
        "554 5.7.1 Message refused by company policy",
        "550 5.7.124 Sender not in allowed-senders list of the group",
        "550 5.7.133 Sender not authenticated for group",
        "450 4.7.1 You have been deferred by our greylist, 5 minutes please",
        "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized",
        "571 Delivery not authorized, message refused",
        "550 5.7.1 Mail from countries outside is prohibited by the administrator",
    ),
    SpeaksOf.TRANSPORT: (
        "421 4.4.2 mail.x.example Error: timeout exceeded",
        "451 4.4.0 DNS query failed",
        "454 4.7.5 Certificate validation failure",
        "550 5.4.310 DNS domain x.example does not exist",
        "441 4.4.1 No answer from host",
        "451 Temporary local problem - please try later",
    ),
}


# Written after the second table was frozen, which reads all but these three right.
FRESH: dict[SpeaksOf, tuple[str, ...]] = {
    SpeaksOf.MAILBOX: (
        "550 Mailbox unavailable or access denied - <ana@x.example>",
        "550 5.1.1 Not a customer of ours: <ana@x.example>",
        "550 cuenta inexistente: ana@x.example",
        "550 5.1.0 Address rejected",
        "553 unknown or illegal user: ana@x.example",
        "550 5.2.1 This mailbox has been deactivated for lack of use",
        "550 that domain isn't in my list of allowed rcpthosts: no such user here",
    ),
    SpeaksOf.MESSAGE: (
        "550 5.7.1 This message was classified as junk mail and was not delivered",
        "554 5.7.1 The file extension .exe is not accepted as an attachment",
        "550 5.6.0 Lone CR or LF in headers",
        "552 5.3.4 Error: message file too big",
        "550 Messages without a Date header are refused",
        "554 5.7.1 Identified as phishing by our scanner",
        "550 Blocked: a URL in this mail is on a list of bad sites",
    ),
    SpeaksOf.SENDER: (
        "550 5.7.1 Sender ID (PRA) Not Permitted",
        "550 5.2.0 Mail from your address is refused because the server 192.0.2.9 is known to us",
        "554 Transaction failed; reject due to SPF -all of news.example",
        "450 4.1.8 <news@x.example>: Sender address rejected: Domain not found",
        "550 mail not accepted from blacklisted IP address [192.0.2.9]",
        "554 5.7.1 ACL dns_rbl; Client host [192.0.2.9] blocked",
        "550 5.7.1 Unable to verify the identity of the originator (DKIM)",
    ),
    SpeaksOf.QUOTA: (
        "422 4.2.2 The mailbox of the recipient is over its storage limit",
        "550 5.7.1 Sending quota of this account is used up for today",
        "452 4.3.4 Not enough disk, spool partition full",
        "451 4.7.1 Your host sent more than 20 mails per minute",
        "552 5.2.2 casella piena",
        "554 5.2.2 mailbox full; STOREDRV.Deliver; QuotaExceededException",
    ),
    SpeaksOf.POLICY: (
        "550 5.7.1 The receiving organisation has a rule against newsletters: policy",
        "450 4.7.1 Greylisted, please retry in 120 s",
        "550 5.7.1 Submission to this group is restricted to colleagues",
        "554 5.7.1 Forbidden by the administrator of x.example",
        "550 5.7.18 Domain owner has changed",
        "550 This address takes no mail from outside: not allowed",
        "550 5.7.0 Mail refused by site policy",
    ),
    SpeaksOf.TRANSPORT: (
        "421 4.4.1 Cannot connect to the next server, giving up for now",
        "451 4.4.3 Temporary server error. Please try again later. PRX4",
        "454 4.3.0 Try again later, the database is locked",
        "502 5.5.2 Error: command not recognized",
        "554 5.4.6 Routing loop found: 30 Received lines",
        "421 4.3.2 System not accepting network messages, going down",
    ),
}

MISREAD = {
    "550 Mailbox unavailable or access denied - <ana@x.example>": SpeaksOf.POLICY,
    "452 4.3.4 Not enough disk, spool partition full": SpeaksOf.MESSAGE,
    "451 4.7.1 Your host sent more than 20 mails per minute": SpeaksOf.SENDER,
}


def replies(*lists: dict[SpeaksOf, tuple[str, ...]]) -> list[tuple[SpeaksOf, str]]:
    return [(of, each) for known in lists for of, some in known.items() for each in some]


@pytest.mark.parametrize(("of", "reply"), replies(KNOWN, TAUGHT))
def test_what_a_reply_speaks_of(of: SpeaksOf, reply: str) -> None:
    assert speaks_of(reply) is of


@pytest.mark.parametrize(("of", "reply"), replies(FRESH))
def test_what_a_reply_speaks_of_that_the_table_has_never_met(of: SpeaksOf, reply: str) -> None:
    assert speaks_of(reply) is MISREAD.get(reply, of)


@pytest.mark.parametrize(("of", "reply"), replies(KNOWN, TAUGHT, FRESH))
def test_nobody_is_cut_off_for_what_speaks_of_anything_but_the_mailbox(
    of: SpeaksOf, reply: str
) -> None:
    assert of is SpeaksOf.MAILBOX or not condemns(reply)


def test_a_reply_that_says_nothing_speaks_of_nothing() -> None:
    assert speaks_of("550 5.0.0 No") is None
    assert speaks_of("554 Transaction failed") is None


def test_every_code_and_word_has_its_source() -> None:
    kept = json.loads(files("tidings.core.mail").joinpath("replies.json").read_text("utf-8"))
    assert all(re.fullmatch(r"X\.\d\.\d+", code) for code in kept["codes"])
    assert all(each["source"] for each in (*kept["codes"].values(), *kept["words"]))
    assert {each["of"] for each in kept["words"]} == set(SpeaksOf)
