"""What tables of people call their columns and values: ours, and those of other programs.

The words are those of exports of Mailchimp, listmonk and Mailman, and of people who write such a
table by hand in the languages that there are words for.
"""

from __future__ import annotations

import re
from typing import Final

# Ours; a table with the first of them has no others.
COLUMNS: Final = ("address", "name", "topics", "language", "paused", "shared", "start", "status")

_ADDRESS = (
    "email", "e mail", "mail", "email address", "e mail address", "emailaddress", "user email",
    "correo", "correo electronico", "correo electrónico", "dirección de correo", "adresse e mail",
    "adresse mail", "adresse email", "courriel", "e mail adresse", "mailadresse", "emailadresse",
)  # fmt: skip
_WORDS: Final = {
    **{name: name for name in COLUMNS},
    **dict.fromkeys(_ADDRESS, "address"),
    **dict.fromkeys(("full name", "fullname", "display name", "real name", "realname"), "name"),
    **dict.fromkeys(("nombre completo", "nom complet", "subscriber name"), "name"),
    **dict.fromkeys(("first name", "firstname", "fname", "given name", "vorname"), "first"),
    **dict.fromkeys(("prénom", "prenom", "nombre"), "first"),
    **dict.fromkeys(("last name", "lastname", "lname", "surname", "family name"), "last"),
    **dict.fromkeys(("nachname", "nom", "apellido", "apellidos"), "last"),
    **dict.fromkeys(("subscription status", "member status", "delivery status"), "status"),
    **dict.fromkeys(("email marketing status", "estado", "statut"), "status"),
    **dict.fromkeys(("unsub time", "unsubscribed at", "unsubscribe date"), "unsubscribed"),
    **dict.fromkeys(("clean time", "cleaned at"), "cleaned"),
}
# What becomes of a row by its status: None for somebody who gets mail, "paused", or why it is not
# taken over.
STATUS: Final[dict[str, str | None]] = {
    **dict.fromkeys(("", "active", "subscribed", "enabled", "confirmed", "member", "yes")),
    **dict.fromkeys(("paused", "by user", "by moderator", "disabled by user"), "paused"),
    **dict.fromkeys(("left", "unsubscribed", "unsubscribe", "optout", "opted out"), "unsubscribed"),
    **dict.fromkeys(("blocklisted", "blacklisted", "blocked", "disabled"), "unsubscribed"),
    **dict.fromkeys(("archived", "deleted", "nonmember", "non member"), "unsubscribed"),
    **dict.fromkeys(
        ("bounced", "hard bounced", "bounce", "by bounces", "undeliverable"), "bounced"
    ),
    **dict.fromkeys(("cleaned", "clean", "invalid"), "bounced"),
    **dict.fromkeys(("complained", "complaint", "spam"), "unsubscribed"),
    **dict.fromkeys(("pending", "unconfirmed", "nonsubscribed", "non subscribed"), "unconfirmed"),
    **dict.fromkeys(("transactional",), "unconfirmed"),
}
_YES = "yes y true 1 x on sí si s oui ja j sim sì vrai wahr verdadero"
_NO = "no n false 0 off non nein não nao faux falsch falso"
TRUTH: Final = dict.fromkeys(_YES.split(), True) | dict.fromkeys(_NO.split(), False)


def plain(words: str) -> str:
    """Words as they are compared: folded, and with spaces between them."""
    return " ".join(re.sub(r"[\s_\-/]+", " ", words.casefold()).split())


def column(header: str) -> str:
    """What a column has, by its name; "" for one that is not known."""
    return _WORDS.get(plain(header), "")


# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = tuple("=+-@\t\r")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: `unguarded` gives it back."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """A cell without the apostrophe by which a spreadsheet is kept from reading a formula."""
    hidden = cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA)
    return cell[1:] if hidden else cell
