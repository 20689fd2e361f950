"""Only what plainly names a dead mailbox condemns it; whatever is said of a sender does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidings.core.mail.refusals import (
    BOUNCED,
    DEALT_WITH,
    RETURNED,
    alike,
    condemns,
    grouped,
    likeness,
    relaying,
)

ASKED = "mx.example.org:587: the server refused the recipient: "
GIVEN = "mx.example.org:587: the server refused the message: "

# Replies in the forms of many servers, to RCPT.
DEAD = [
    # Status codes that name the address.
    "550 5.1.1 <ana@example.org>: User unknown",
    (
        "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in relay recipient"
        " table"
    ),
    (
        "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in local recipient"
        " table"
    ),
    "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual user table",
    "550 5.1.1 <ana@example.org>: Recipient address rejected: example.org",
    "550 5.1.1 <ana@example.org>... User unknown",
    (
        "550-5.1.1 The email account that you tried to reach does not exist. Please try"
        " double-checking the recipient's email address for typos or unnecessary spaces. For more"
        " information, go to https://support.google.com/mail/?p=NoSuchUser a92a1c-5b9si - gsmtp"
    ),
    (
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ana@example.org not found by SMTP"
        " address lookup"
    ),
    "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
    "550 5.1.1 User unknown; access denied",
    "554 5.1.1 no such user",
    "550 5.1.1 Ungueltiger Empfaenger",
    "550 5.1.1 unknown or illegal alias: ana@example.org",
    "550 5.1.1 User not listed in public Name & Address Book",
    "550 5.1.1 ana@example.org user does not exist - psmtp",
    "550 5.1.1 Email address could not be found, or was misspelled (G8)",
    "550 5.1.2 <ana@gone.example>... Host unknown (Name server: gone.example: host not found)",
    "550 5.1.6 Recipient no longer on server: ana@example.org",
    "501 5.1.3 Bad recipient address syntax",
    "556 5.1.10 Recipient address has null MX",
    "550 sorry, no mailbox here by that name (#5.1.1)",
    "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)",
    "5.1.1",
    "5.1.10",
    "5.2.1",
    "5.1.1 550 5.1.1 User unknown",
    "5.0.0 550 No such user here",
    "5.0.0 550 5.1.1 <ana@example.org>: User unknown",
    '5.1.1 unknown user: "ana"',
    # Status codes that leave it to the words.
    "550 #5.1.0 Address rejected.",
    "550 5.1.0 <ana@example.org> User unknown",
    "550 5.0.0 <ana@example.org>... No such user",
    "550 5.0.350 Remote server returned an error -> 550 5.1.1 User unknown",
    (
        "550 5.2.1 The email account that you tried to reach is disabled. For more information, go"
        " to https://support.google.com/mail/?p=DisabledUser a1-2b3.45 - gsmtp"
    ),
    "550 5.2.1 The email account that you tried to reach is inactive.",
    "550 5.2.1 <ana@example.org>... Mailbox disabled for this recipient",
    "550 5.2.0 User has left; mailbox closed, no such user",
    # No status code, but words.
    "550 No such user here",
    "550 no such user (ana@example.org)",
    "550 User unknown",
    "550 <ana@example.org>: User unknown",
    "550 Unknown user: ana@example.org",
    "550 unknown user <ana@example.org>",
    "550 <ana@example.org>: Recipient address rejected: User unknown in relay recipient table",
    "550 Requested action not taken: mailbox unavailable",
    (
        "550 Requested action not taken: mailbox unavailable For explanation visit"
        " https://postmaster.gmx.net/en/case?c=r0103"
    ),
    "550 Mailbox not found",
    "550 mailbox does not exist",
    "550 Mailbox ana@example.org does not exist",
    "550 Recipient rejected: user unknown",
    "550 <ana@example.org> recipient rejected: User unknown",
    "550 This account has been disabled",
    "550 The account has been deactivated",
    "550 Invalid recipient",
    "550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [abCd12.uk9]",
    "550 Invalid recipient <ana@example.org> (Mode: normal)",
    "550 Address rejected: undeliverable address",
    "550 <ana@example.org>: Recipient address rejected: undeliverable address: no such user",
    "550 Unrouteable address",
    "550-Unrouteable address 550 ana@example.org",
    "550 No such recipient here",
    "550 No such person at this address.",
    "550 no such address here",
    "550 ana@example.org: user not found",
    "550 User not found: ana@example.org",
    (
        "550 Message was not accepted -- invalid mailbox. Local mailbox ana@mail.ru is unavailable:"
        " user not found"
    ),
    "550 Recipient unknown",
    "550 Recipient not found. - https://example.com/x",
    "550 user ana does not exist here",
    "550 We do not have that account: account not known",
    "550 That email address doesn’t exist",
    "550 This email address is no longer in use",
    "550 The mailbox is no longer active",
    "550 not a valid recipient",
    "550 is not a known user",
    "550 Cannot find your recipient",
    "551 User not local; please try <ana@elsewhere.example>",
    "551 no such user here",
    "551 not our customer",
    "553 5.1.1 <ana@example.org>... No such user",
    "553 sorry, no such mailbox here",
    "553 Invalid recipient ana@example.org",
    "554 delivery error: dd This user doesn't have a yahoo.com account (ana@yahoo.com) [0] - mta1",
    "556 this domain does not accept mail",
    "550 Benutzer unbekannt",
    "550 Empfänger ana@example.org unbekannt",
    "550 Das Postfach existiert nicht",
    "550 Utilisateur inconnu",
    "550 Adresse inexistante",
    "550 Boîte aux lettres introuvable",
    "550 Cette adresse n’existe plus",
    "550 El usuario no existe",
    "550 Usuario desconocido",
    "550 buzón inexistente",
    "550 Utente sconosciuto",
    "550 casella inesistente",
    "550 Usuário inexistente",
    "550 Destinatário desconhecido",
    "550 Onbekende gebruiker",
    "550 mailbox bestaat niet",
    "550 Nie ma takiego uzytkownika",
    "550 Пользователь не найден",
    "550 用户不存在",
    "550 宛先のメールアドレスが存在しません",
    "550 5.1.1 sorry, no such user here.",
    "550 5.1.1 <x@y.example>: Email address does not exist",
    "550 5.1.1 recipient rejected (in reply to RCPT TO command)",
    "550 5.1.1 Mailbox ana does not exist",
    "550 permanent failure for one or more recipients (ana@example.org:550 5.1.1 User unknown)",
    "550 5.1.1 The user does not exist",
    "550 MAILBOX NOT FOUND",
    "550 Account not available; no such user",
    "550 [R4] Recipient <ana@example.org> does not exist here",
    "550 Unknown address error 550-'5.1.1 <ana@example.org>: user unknown'",
    "550 ana@example.org... No such user",
    '550 No Such User Here"',
    "550 Invalid mailbox",
    "550 Mailbox inactive",
    "550 mailbox for user ana is closed",
    "550 This user no longer exists",
    "550 The recipient does not exist",
    "550 recipient address not found in directory",
    "550 5.1.1 not found in LDAP server",
    "550 Recipient not in directory: user unknown",
    "550 <ana@example.org> is not a valid mailbox",
    "550 ana@icloud.com: user does not exist",
    "550 5.1.1 unknown recipient (#5.1.1)",
    "550 <ana@example.org>, Recipient unknown",
    "550 Not a valid recipient - ana",
    "550 non existent user",
    "550 Mail box does not exist",
    "550 Email address not found",
    "550 that user isn't known here: unknown user",
    "550 Unknown local part ana in <ana@example.org>",
    "550 5.1.1 : Recipient address rejected: User unknown in virtual alias table",
    "550 User doesn't exist",
    "550 account closed",
    "550 The email account that you tried to reach does not exist",
    "550 5.2.1 Mailbox for ana@example.org is disabled",
    "550 5.2.1 This mailbox has been deactivated",
    "550 Der Empfänger existiert nicht",
    "550 Adresse e-mail inexistante",
    "550 Dirección no encontrada",
    "550 Il destinatario non esiste",
    "550 Conta inexistente",
    "550 Bruker ukjent",
    "550 Kein solcher Benutzer",
    "550 nieznany uzytkownik",
]

ALIVE = [
    # What the study found.
    "550 5.4.5 Daily sending limit exceeded",
    (
        "550 5.4.5 Daily user sending limit exceeded. For more information on sending limits go to"
        " https://support.google.com/a/answer/166852 a1-20020a.12 - gsmtp"
    ),
    *(f"550 5.4.{n}" for n in range(10)),
    *(f"550 5.4.{n} <ana@example.org>: User unknown" for n in range(8)),
    "5.0.0",
    "550 5.0.0 Message rejected by policy",
    "554 5.0.0 Service unavailable; no such user",
    "550 SPF check failed",
    "550 DKIM signature invalid",
    "550 DMARC policy of news.example.org rejects this",
    "553 SPF fail: mail from news.example.org is not authorized",
    "554 Your IP 192.0.2.1 is on a block list: see https://www.spamhaus.org/query/ip/192.0.2.1",
    "550 Blocked using zen.spamhaus.org; see https://example.org/?ip=192.0.2.1",
    "550 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net",
    "550 mail not accepted from blacklisted IP address [192.0.2.1]",
    "550 rejected because of poor reputation",
    "550 quota exceeded",
    "553 over quota: mailbox full",
    "550 Mailbox ana@example.org unavailable: quota exceeded",
    "550 too many messages from this account",
    "550 rate limit exceeded for user unknown",
    "550 sending limit exceeded",
    "550 You have exceeded your daily sending limit",
    "550 Your account has been disabled",
    "550 Your account has been deactivated for abuse",
    "550 account disabled for sending spam",
    "550 content rejected",
    "550 Message rejected: invalid recipient in header",
    "550 authentication required",
    "550 5.1.0 Authentication required",
    "550 5.1.1 Authentication required",
    "550 relaying denied",
    "550 Relay access denied",
    "550 5.7.1 <ana@example.org>: Relay access denied",
    "550 5.7.1 Unable to relay for ana@example.org",
    "550 relay not permitted: user not local",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "553 sorry, that name is not allowed",
    "550 greylisted, mailbox unavailable, try again in 5 minutes",
    "550 reverse DNS lookup failed",
    "550 Cannot resolve PTR record of your host",
    "550 HELO: host not found",
    # The subjects that are never about a mailbox.
    "550 5.7.1 Message rejected as spam",
    "550 5.7.1 <ana@example.org>: Recipient address rejected: User unknown",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
    "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    "550 5.7.509 Access denied, sending domain does not pass DMARC verification",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP",
    "554 5.7.0 Local policy violation",
    "550 5.3.0 No such user",
    "552 5.3.4 Message size exceeds fixed limit",
    "550 5.3.2 system not accepting network messages",
    "550 5.5.0 Requested action not taken: mailbox unavailable",
    "501 5.5.4 Invalid address",
    "554 5.5.1 Error: no valid recipients",
    "550 5.6.0 Lone CR or LF in headers",
    "550 5.2.2 <ana@example.org>: user is over quota",
    "552 5.2.2 The email account that you tried to reach is over quota.",
    "552 5.2.3 Message too large for this mailbox",
    (
        "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents"
        " additional messages from being delivered. Please resend your message at a later time."
    ),
    "550 5.2.1 mailbox temporarily disabled",
    "550 5.2.1 Mailbox blocked for policy reasons",
    (
        "550 5.4.1 [ana@example.org]: Recipient address rejected: Access denied"
        " [AM0EUR02FT030.eop-EUR02.prod.protection.outlook.com]"
    ),
    "550 5.4.6 Unable to relay recipient in non-accepted domain",
    "550 5.4.14 Hop count exceeded - possible mail loop",
    # The sender's address.
    "553 5.1.8 <digest@news.example.org>... Domain of sender address does not exist",
    "550 5.1.8 Access denied, bad outbound sender",
    "550 5.1.8 sender domain not found",
    "553 5.1.7 The sender address is not a valid RFC 5321 address",
    "550 5.1.9 user unknown",
    (
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message"
        " recipients"
    ),
    "550 5.1.20 Multiple From addresses are not allowed",
    "550 5.1.0 sender rejected",
    (
        "550 5.1.0 <digest@news.example.org>: Sender address rejected: User unknown in local"
        " recipient table"
    ),
    "550 5.1.1 <digest@news.example.org>: Sender address rejected: User unknown",
    "550 5.1.1 Sender mailbox not found",
    "550 5.1.1 sender verify failed",
    "550 5.1.1 SPF check failed",
    "550 5.1.1 Daily sending limit exceeded",
    "550 5.1.1 message blocked: your IP has a poor reputation",
    "550 5.1.1 <ana@example.org> mailbox full",
    "550 5.1.1 relaying denied",
    "550 5.1.1 Absender abgelehnt",
    "550 5.1.1 Expéditeur inconnu",
    "550 5.1.0 Address rejected by policy",
    "5.1.0",
    (
        "550-Verification failed for <digest@news.example.org> 550-No Such User Here 550 Sender"
        " verify failed"
    ),
    "550 Callback setup failed while verifying: no such user",
    "550 Requested action not taken: mailbox unavailable; Sender address is not allowed",
    "550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record",
    "550 mailbox unavailable: Nemesis ESMTP Service rejected by policy",
    "550 Mailbox unavailable or access denied",
    "550 Administrative prohibition",
    "550 Benutzer unbekannt: Absender gesperrt",
    "550 L’expéditeur : utilisateur inconnu",
    "550 remitente: usuario desconocido",
    # Whatever else is missing, disabled or unknown.
    "550 5.7.1 Our system has detected that this message is likely unsolicited mail",
    (
        "550 Sorry, your message has been refused because the recipient does not accept"
        " mail from your domain"
    ),
    "550 Denied by policy",
    "550 Mail from 192.0.2.1 refused, see RBL server bl.example.net",
    (
        "550 SC-001 (COL004-MC1F23) Unfortunately, messages from 192.0.2.1 weren't"
        " sent. Please contact your Internet service provider"
    ),
    "550 OU-002 (SNT004) Mail rejected by Outlook.com for policy reasons",
    "550 DY-001 Mail rejected by Windows Live Hotmail for policy reasons",
    (
        "550 5.7.515 Access denied, sending domain example.org doesn't meet the"
        " required authentication level"
    ),
    "550 Message rejected due to user limit",
    "550 User account quota reached",
    "550 user has exceeded mailbox limit",
    "550 Account is over its sending quota",
    "550 Client was not authenticated; invalid recipient",
    "550 rejected by recipient: unknown user list, contact admin. Your server is listed",
    "550 Invalid sender account",
    "550 unknown domain of sender",
    "550 Domain not found",
    "550 The sending account is disabled",
    "550 SMTP AUTH is disabled for user",
    "550 no valid SPF record for address",
    "550 Account disabled for outgoing mail",
    "550 Outgoing mail from this account has been disabled",
    "550 This account is not allowed to send to that recipient; account disabled",
    "550 Mailbox disabled for this sender",
    "550 invalid address in MAIL FROM",
    "550 Invalid From address",
    "550 Address in From: does not exist",
    "550 FROM user unknown",
    "550 reverse path rejected: unknown user",
    "550 reverse-path user unknown",
    "550 local user unknown: cannot relay for you",
    "550 Recipients limit reached",
    "550 Number of recipients invalid",
    "550 Recipient throttled",
    "550 Hourly recipient quota; recipient not found",
    "550 maximum recipients per account reached",
    "550 5.1.1 Too many invalid recipients",
    "550 Too many invalid recipients, user unknown",
    "550 too many unknown users; blocked",
    "550 Account expired, please renew the service",
    "550 5.1.1 account expired; please pay",
    "550 Your account is inactive",
    "550 Trial account expired",
    "550 Mail account of sender disabled",
    "550 Message contains an invalid address",
    "550 Message has invalid recipient address header",
    "550 URL in message points to unknown account",
    "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.",
    "550 Your mailbox does not exist",
    "550 You are not a known user",
    "550 You are not allowed to send to this recipient: user unknown",
    "550 we don't know you: unknown user",
    "550 No account for you here",
    "550 this user is not allowed to send",
    "550 user not logged in",
    "550 user unknown (login)",
    "550 no such user, please log in first",
    "550 Unknown user name or bad password",
    "550 invalid user or password",
    "550 invalid account or key",
    "550 API user unknown",
    "550 API key invalid for account",
    "550 Suspended account",
    "550 Payment required; account closed",
    "550 Plan expired: account disabled",
    "550 Account locked",
    "550 Connection refused; user unknown",
    "550 Requested action not taken: mailbox unavailable (rejected because of reputation)",
    "550 Requested action not taken: mailbox unavailable - sender IP blacklisted",
    "550 mailbox unavailable, no PTR",
    "550 mailbox unavailable; message looks like advertising",
    "550 Mailbox unavailable: DMARC",
    "550 mailbox unavailable, retry in 300 seconds",
    "550 mailbox unavailable: come back in 5 minutes",
    "550 mailbox busy",
    "550 mailbox is locked, try again",
    (
        "550 undeliverable address: Host or domain name not found. Name service error"
        " for name=example.org type=MX: Host not found, try again"
    ),
    (
        "550 Recipient address rejected: undeliverable address: connect to"
        " mx.example.org: Connection timed out"
    ),
    "550 undeliverable address: mail for example.org loops back to myself",
    "550 invalid recipient domain for this relay",
    "550 Recipient is not on the allow list; unknown recipient",
    "550 unknown recipient domain; we do not relay",
    "550 user unknown on this outbound host",
    "550 X-PHP-Script: account disabled",
    "550 Diese Nachricht wurde abgelehnt: Benutzer hat Kontingent erreicht, Konto deaktiviert",
    "550 Konto des Absenders ist deaktiviert",
    "550 le compte de l'expéditeur est désactivé",
    "550 votre compte est désactivé",
    "550 su cuenta está desactivada",
    "550 Il tuo account è disabilitato",
    "550 sua conta está desativada",
    "550 Ihr Konto ist deaktiviert",
    "550 uw account is opgeheven",
    "550 ваш аккаунт отключен",
    "550 Twoje konto jest nieaktywne, konto nie istnieje",
    "550 votre adresse est inconnue",
    "550 limite d'envoi atteinte pour cet utilisateur inconnu",
    "550 вы превысили лимит, пользователь не найден",
    "550 发送频率过高 用户不存在",
    "550 Mailbox unavailable because greylisting is in effect",
    "550 Sender's mailbox does not exist",
    "550 sender-mailbox not found",
    "550 The account you are sending from does not exist",
    "550 The address you sent from does not exist",
    "550 From user does not exist",
    "550 mail server permanently rejected message (#5.3.0)",
    "550 Recipient refuses mail from unknown user",
    "550 Mail from unknown users is not accepted",
    "550 Unknown users may not send",
    "550 Unknown users are not permitted here",
    "550 5.1.1 unauthenticated",
    "550 invalid user agent",
    "550 invalid address literal",
    "550 Invalid e-mail format",
    "550 invalid mail header",
    "550 expired email signature",
    "550 Message expired for user",
    "550 user unknown to SASL",
    "550 user database not found",
    "550 recipient domain not found",
    "550 mailbox store unavailable",
    "550 Mailbox server is unavailable",
    "550 account service disabled",
    "550 recipient lookup failed: directory not found",
    "550 Recipient policy not found",
    "550 User lookup table does not exist",
    "550 Address book not found",
    "550 No such user may relay through this host",
    "550 recipient rejected: address verification is unavailable",
    "550 Rejected: unknown user agent string",
    "550 Invalid user: sending credentials wrong",
    "550 Mailbox policy prohibits external delivery; mailbox unavailable",
    "550 Local delivery disabled for this account until quota is cleared",
    "550 Recipient over monthly allowance; mailbox unavailable",
    "550 mailbox unavailable: virus scanner reported infection",
    "550 mailbox unavailable: Message refused by DNSBL",
    "550 Recipient invalid or mail rejected by content scanner",
    "550 user unknown or spam detected",
    "550 relay: unknown user for this host",
    "550 5.1.1 This mail was blocked: no such user may be harassed",
    "550 5.1.1 Bulk mail refused",
    "550 5.1.1 rate limited",
    "550 5.1.1 Recipient address rejected: Greylisted",
    "550 5.1.1 Policy rejection",
    "550 5.1.2 Sender host unknown",
    "550 5.1.3 Sender address syntax",
    "550 5.1.6 Sender has moved",
    "550 5.1.10 Sending domain has null MX",
    "550 5.1.1 DMARC unauthenticated mail is prohibited",
    "550 5.1.1 Your server 192.0.2.3 is not permitted",
    "550 5.2.1 Service disabled for your network",
    "550 5.2.1 rejected",
    "550 5.2.1 Mailbox disabled temporarily",
    "550 5.1.1 Quota exceeded (mailbox for user is full)",
    "550 5.1.1 hop count exceeded",
    "550 5.1.1 internal error",
    "550 5.1.1 TLS required",
    "550 5.1.1 message too large",
    "550 5.1.1 reverse DNS missing",
    "550 5.1.1 Access denied",
    "550 5.1.1 content rejected",
    "550 5.1.1 relay access denied",
    "550 5.1.1 rejected due to abuse",
    "550 5.1.1 authentication failed",
    "550 5.1.1 User quota exceeded",
    "550 5.1.1 mail loop detected",
    "550 5.1.1 server misconfigured",
    "550 5.1.1 Service unavailable",
    "550 5.1.1 Local error",
    "550 5.1.1 insufficient disk",
    "550 5.1.1 system storage",
    "550 5.1.1 closing connection",
    "550 5.1.1 delivery not authorized, message refused",
    "550 5.1.1 Message refused",
    "550 5.1.1 Zustellung verweigert, Richtlinie",
    "550 5.1.1 sending domain not allowed",
    "550 5.0.1 Delivery failed",
    "550 5.1.0 Recipient address rejected",
    "550 5.1.0 Mail rejected",
    "550 5.1.0 content",
    "550 5.1.0 Unknown sender",
    "550 5.1.0 Sender denied",
    "550 5.2.0 Mailbox error",
    "550 Recipient rejected",
    "550 <ana@example.org>: Recipient address rejected: Policy",
    "550 recipient address rejected: rejected by mailbox owner",
    "550 blocked by recipient",
    "550 The recipient blocked this sender; user unavailable",
    "550 Recipient does not accept mail from you",
    "550 Recipient has closed the list to external mail",
    "550 list closed",
    "550 not a member of this list: unknown address",
    "550 unknown address is not subscribed; members only",
    "550 only members may post; address unknown",
    "550 You are not subscribed; unknown user",
    # Nothing that names anybody.
    "",
    "550",
    "551",
    "553",
    "550 rejected",
    "550 <ana@example.org>: Recipient address rejected",
    "550 Access denied",
    "550 nosuchuser@example.org rejected",
    "550 <user-unknown@example.org> refused",
    "550 see https://example.org/user-unknown",
    "554 rejected for policy reasons",
    "554 Transaction failed",
    "552 mailbox full",
    "552 User unknown",
    # Other steps, not for good, not a reply.
    "5.1.1 550 5.1.1 User unknown (in reply to MAIL FROM command)",
    "5.1.1 550 5.1.1 User unknown (in reply to end of DATA command)",
    "5.0.0 SMTP error from remote mail server after end of data: 550 No such user",
    "450 4.1.1 <ana@example.org>: User unknown",
    "450 no such user",
    "550 4.1.1 User unknown",
    "4.1.1",
    "2.1.5",
    "250 2.1.5 no such user",
    "550 5.1.1 address rejected: host mx.example.net said: 554 5.7.1 blocked (user unknown)",
    "550 5.1.1 unverified address: host mx.example.net said: 450 4.2.0 greylisted",
    f"550 No such user here {'and so on ' * 5}…",
    "there is nothing new for them",
    "outbox/550 5.1.1.eml: permission denied",
    "mx.example.org:587: the message has 5,500,550 bytes, the server takes 550",
    "expired; last: mx.example.org:587: the server refused the recipient: 550 5.1.1 User unknown",
    "dealt with; 550 5.1.1 User unknown",
]


@pytest.mark.parametrize("words", DEAD)
def test_a_refusal_that_plainly_names_a_dead_mailbox_condemns_it(words: str) -> None:
    assert condemns(words)
    assert condemns(words if words.startswith("5.") else ASKED + words)


@pytest.mark.parametrize("words", ALIVE)
def test_a_refusal_that_speaks_of_anything_else_condemns_nobody(words: str) -> None:
    assert not condemns(words)
    if words[:1].isdigit():
        assert not condemns(ASKED + words)


@pytest.mark.parametrize("words", DEAD)
def test_what_is_refused_at_another_step_than_the_recipient_condemns_nobody(words: str) -> None:
    assert not condemns(GIVEN + words)
    assert not condemns("mx.example.org:587: the server refused the sender d@example.org: " + words)


@given(st.text())
def test_any_words_can_be_judged(words: str) -> None:
    assert condemns(words) in (True, False)
    assert isinstance(likeness(words, "ana@example.org"), str)


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ("550 5.7.1 Unable to relay", True),
        ("550 relay not permitted", True),
        ("554 5.7.1 <ana@example.org>: Relay access denied", True),
        ("550 5.1.1 <ana@example.org>: User unknown in relay recipient table", False),
        ("550 5.7.1 relay.example.org thinks this is spam", False),
        ("550 5.7.1 <relay@example.org> refused", False),
    ],
)
def test_that_a_server_does_not_relay_for_us_is_told_from_names(words: str, ours: bool) -> None:
    assert relaying(words) is ours


# --- Refused alike -------------------------------------------------------------------------------

UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown in relay recipient table"


def people(number: int) -> list[str]:
    return [f"p{n}@example.org" for n in range(number)]


def all_of(number: int, words: str = UNKNOWN) -> dict[str, str]:
    return {key: ASKED + words.format(key) for key in people(number)}


def test_what_differs_in_the_address_and_in_ids_alone_is_alike() -> None:
    one = "550-5.1.1 No account ana here q7-20020a05.123 - gsmtp"
    other = "550-5.1.1 No account luis here z9-18abc77.456 - gsmtp"
    assert likeness(one, "ana@example.org") == likeness(other, "luis@example.net")
    assert likeness(one, "ana@x.org") != likeness(one.replace("5.1.1", "5.2.1"), "ana@x.org")


def test_an_edition_refused_whole_is_refused_alike_whatever_the_words() -> None:
    for words in (UNKNOWN, "550 5.4.5 Daily sending limit exceeded", "550 no"):
        (group,) = alike(grouped(all_of(20, words)), 20)
        assert group.keys == frozenset(people(20))
        assert "example.org" not in group.words


@pytest.mark.parametrize("of", [1, 2, 3, 50])
def test_one_dead_address_is_never_a_large_share(of: int) -> None:
    assert alike(grouped(all_of(1)), of) == ()


@pytest.mark.parametrize(
    ("refused", "of", "large"),
    [(2, 2, True), (2, 3, True), (2, 5, True), (2, 6, False), (4, 12, False), (5, 12, True)],
)
def test_a_large_share_is_more_than_a_third_and_at_least_two(
    refused: int, of: int, large: bool
) -> None:
    assert bool(alike(grouped(all_of(refused)), of)) is large


def test_people_refused_for_different_reasons_are_no_share_of_each_other() -> None:
    details = {key: f"550 5.1.1 {word}" for key, word in zip(people(3), "abc", strict=True)}
    details = {key: f"550 5.1.1 {'word' * n} {key}" for n, key in enumerate(details, start=1)}
    assert alike(grouped(details), 3) == ()


def test_what_came_back_is_alike_with_what_was_refused() -> None:
    one, two = people(2)
    details = {one: f"{BOUNCED}5.1.1 550 5.1.1 {one} unknown", two: f"550 5.1.1 {two} unknown"}
    (group,) = alike(grouped(details), 3)
    assert group.keys == {one, two}


def test_what_ended_for_a_reason_of_ours_is_no_refusal() -> None:
    for words in (
        "expired; last: 451 later",
        "given up: 5 processes crashed",
        "parked: 5 processes died",
        f"{DEALT_WITH}550 no",
    ):
        assert grouped(dict.fromkeys(people(9), words)) == {}
    assert grouped(dict.fromkeys(people(9), f"{RETURNED}5.7.1 spam"))
