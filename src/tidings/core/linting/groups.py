"""Addresses that several people seem to read, of which nobody said whether they do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tidings.core.linting.remarks import warning
from tidings.core.settings import Fault
from tidings.model import Recipient

_PEOPLE = "recipients.yaml"

# What such addresses are called, without accents, which no local part has. A word that is also a
# name or stands in addresses of one person (personal, post) is left out.
_WORDS = {
    "en": "all everyone everybody staff allstaff team teams group groups list lists mailinglist "
    "members colleagues employees personnel office board committee council editors editorial "
    "newsroom desk crew department info information contact hello enquiries inquiries reception "
    "secretariat admin support helpdesk service sales marketing press webmaster postmaster",
    "es": "todos todas equipo grupo lista miembros colegas empleados plantilla oficina junta "
    "comite consejo redaccion informacion contacto hola recepcion secretaria departamento soporte "
    "servicio ventas prensa rrhh",
    "fr": "tous toutes equipe groupe liste membres collegues employes bureau comite conseil "
    "redaction accueil secretariat departement service ventes presse bonjour",
    "pt": "todos todas equipa equipe grupo lista membros colegas funcionarios escritorio comissao "
    "conselho redacao informacao contato recepcao secretaria suporte servico vendas imprensa",
    "it": "tutti tutte gruppo squadra lista membri colleghi dipendenti ufficio comitato consiglio "
    "redazione informazioni contatti segreteria supporto servizio vendite stampa",
    "de": "alle gruppe liste verteiler mitglieder kollegen mitarbeiter belegschaft buero vorstand "
    "beirat redaktion kontakt empfang sekretariat abteilung verkauf vertrieb presse",
    "nl": "iedereen groep lijst leden collegas medewerkers kantoor bestuur redactie receptie "
    "secretariaat afdeling verkoop",
}
_ALL = frozenset(word for words in _WORDS.values() for word in words.split())


def undeclared(lists: Mapping[str, Sequence[Recipient]]) -> Iterator[Fault]:
    """Addresses that look like a group's and do not say `shared`, each where it first stands; and
    those of which two lists say different things."""
    said: dict[str, set[bool]] = {}
    for people in lists.values():
        for person in people:
            if person.shared is not None:
                said.setdefault(person.key, set()).add(person.shared)
    told: set[str] = set()
    for name, people in lists.items():
        for index, person in enumerate(people):
            place = ("lists", name, index, "address")
            answers = said.get(person.key, set())
            if person.key in told or (answers and len(answers) == 1):
                continue
            if answers:
                message = f"{person.address} is said to be shared, and not to be: it is taken to be"
                yield warning(_PEOPLE, place, message, "say the same on each list")
            elif looks_shared(person.address):
                message = (
                    f"{person.address} looks like a group address: whoever leaves leaves for all"
                )
                hint = "write shared: true, or shared: false if one person reads it"
                yield warning(_PEOPLE, place, message, hint)
            told.add(person.key)


def looks_shared(address: str) -> bool:
    """Whether one of the words before the @ is what an address of several people is called."""
    local = address.casefold().rpartition("@")[0].partition("+")[0]
    return not _ALL.isdisjoint(re.split(r"[^a-z]+", local))
