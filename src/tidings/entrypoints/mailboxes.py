"""Joins what takes in mail that came back: the state and its secret, and the mailboxes to read.

It stands alone since nothing else than `deliveries bounce` and `doctor` has a use for mailboxes.
"""

from __future__ import annotations

from pathlib import Path

from tidings.adapters.imap import ImapMailbox, ImapPlace
from tidings.adapters.maildir import Maildir
from tidings.adapters.passwords import smtp_password
from tidings.application.intake import Intake
from tidings.application.ports import Mailbox
from tidings.application.subscribe import member_of
from tidings.core.mail.incoming import LONGEST_MESSAGE
from tidings.core.settings.site import parse_imap
from tidings.core.tokens import MEMBER, Member, is_link
from tidings.entrypoints import wiring
from tidings.entrypoints.credentials import token_command
from tidings.entrypoints.wiring import Instance
from tidings.state import Store

IMAP_PASSWORD = "TIDINGS_IMAP_PASSWORD"  # noqa: S105 (the name of a variable)


def intake(instance: Instance, store: Store) -> Intake:
    """What takes in reports, complaints and requests to leave."""
    verify = wiring.signer(instance).verify

    def member(token: str) -> Member | None:
        if is_link(token):
            return member_of(store, token)
        return Member.unpack(verify(MEMBER, token))

    settings, secret = wiring.follow(instance, store).settings, wiring.root_secret(instance, store)
    return Intake(store, settings, secret, member)


def maildir(root: Path, moved_to: str) -> Mailbox:
    """A Maildir on this machine. Raises `MailboxError` if it is none."""
    return Maildir(root, moved_to, LONGEST_MESSAGE)


def imap(instance: Instance, url: str, moved_to: str, position: str) -> Mailbox:
    """A mailbox on an IMAP server, from a position on.

    Whoever gives no password for it logs in as for sending: by an access token. Raises
    `InvalidValue` if `url` is none, `ConfigError` if a password is wanting, `MailboxError` and
    `TransportClosed` if it cannot be opened.
    """
    server, folder = parse_imap(url)
    environ = instance.environ
    given = environ.get(IMAP_PASSWORD) or environ.get(f"{IMAP_PASSWORD}_FILE")
    by_token = bool(instance.settings.mail.token_command) and not given
    return ImapMailbox(
        ImapPlace(server, folder, moved_to),
        LONGEST_MESSAGE,
        instance.root,
        password="" if by_token else smtp_password(server, environ, IMAP_PASSWORD, "the address"),
        token=token_command(instance.root, instance.settings.mail, environ) if by_token else None,
        position=position,
    )
