"""Likely mistakes in a configuration that is valid: warnings, and notes of what is worth knowing.

`lint` looks at settings alone; `lint_against` at settings beside the items and the seed files that
there are. Each rule is a function of its own and gives faults: whoever read the files knows their
places. Nothing here stops a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from tidings.core.doctor import BASIC_ENDS, USE_TOKENS, by_password
from tidings.core.settings.lint_terms import narrowed_terms, odd_terms
from tidings.core.settings.lint_topics import (
    about,
    doubtful_terms,
    empty_topics,
    failing_tests,
    unknown_references,
    untested,
    warning,
)
from tidings.core.settings.read import Fault, Path, Settings
from tidings.core.settings.site import is_loopback
from tidings.core.settings.start import placeholders
from tidings.core.tags import among, canonical_all, named
from tidings.model import Digest, Help, Item, Recipient, RecipientState

__all__ = ["failing_tests", "joined_groups", "lint", "lint_against"]

_MAIN = "tidings.yaml"
_DIGESTS = "digests.yaml"
_PEOPLE = "recipients.yaml"

Lists = Mapping[str, Sequence[Recipient]]

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


def lint(settings: Settings) -> Iterator[Fault]:
    """What the settings alone give away."""
    topics, lists, aliases = settings.topics, settings.lists, settings.aliases
    yield from about(Help.PLACEHOLDER, placeholders(settings))
    yield from about(Help.DOUBTFUL_TERM, doubtful_terms(topics, aliases, settings.languages))
    yield from about(Help.DOUBTFUL_TERM, odd_terms(topics, aliases))
    yield from about(Help.TOPIC_UNTESTED, untested(topics))
    yield from about(Help.NOBODY_REACHED, unreached(settings.digests, lists))
    yield from about(Help.GROUP_ADDRESS, undeclared_groups(lists))
    yield from about(Help.LINKS_LEAD_NOWHERE, unreachable_links(settings))
    yield from about(Help.SEVERAL_MACHINES, folders_of_one_machine(settings))
    yield from about(Help.TOKEN_COMMAND, tokens_for_nobody(settings))
    yield from about(Help.PASSWORD_ENDS, passwords_that_end(settings))


def lint_against(
    settings: Settings, items: Sequence[Item], paths: Sequence[str]
) -> Iterator[Fault]:
    """What shows beside the items that are known and the paths of the seed files."""
    topics, aliases = settings.topics, settings.aliases
    yield from about(Help.UNKNOWN_REFERENCE, unknown_references(topics, items, paths))
    yield from about(Help.DOUBTFUL_TERM, narrowed_terms(topics, aliases, settings.languages, items))
    yield from about(Help.TOPIC_CONTENT, empty_topics(topics, aliases, settings.languages, items))
    yield from about(Help.LANGUAGE_OF_ITEMS, unheard_languages(settings, items))


def unreached(digests: Sequence[Digest], lists: Lists) -> Iterator[Fault]:
    """Digests that reach nobody, lists that lead nowhere, people who can never get anything."""
    for digest in digests:
        yield from _without_readers(digest, lists)
    for name, people in lists.items():
        using = [digest for digest in digests if name in digest.lists]
        if not people:
            hint = "write addresses below it: docs/how-to/send-a-digest.md"
            yield warning(_PEOPLE, ("lists", name), f"{name} has nobody on it", hint, at_key=True)
        elif not using:
            yield warning(
                _PEOPLE,
                ("lists", name),
                f"no digest goes to {name}",
                "name it under lists in digests.yaml",
                at_key=True,
            )
        else:
            yield from _in_vain(name, people, using)


def unheard_languages(settings: Settings, items: Sequence[Item]) -> Iterator[Fault]:
    """Languages that a digest or somebody wants items in, and that neither the site nor a source
    nor any item has."""
    wanted: list[tuple[str, Path, tuple[str, ...] | None]] = [
        (_DIGESTS, ("digests", digest.called, "items_in"), digest.items_in)
        for digest in settings.digests
    ]
    wanted += [
        (_PEOPLE, ("lists", name, index, "items_in"), person.items_in)
        for name, people in settings.lists.items()
        for index, person in enumerate(people)
    ]
    if not any(tags for *_, tags in wanted):
        return
    given = (source.language or "" for source in settings.sources)
    told = (settings.languages.spoken(item).tag for item in items)
    known = canonical_all(tag for tag in (settings.site.language, *given, *told) if named(tag))
    for file, place, tags in wanted:
        for number, tag in enumerate(tags or ()):
            if not among(tag, known):
                hint = (
                    f"there are {', '.join(known)}; `language: {tag}` on a source says it of its"
                    " listings"
                )
                yield warning(file, (*place, number), f'no source has items in "{tag}"', hint)


def _without_readers(digest: Digest, lists: Lists) -> Iterator[Fault]:
    place = ("digests", digest.slug)
    people = [person for name in digest.lists for person in lists[name]]
    if not digest.lists:
        hint = "name a list of recipients.yaml under lists"
        yield warning(_DIGESTS, place, f"{digest.slug} goes to no list", hint, at_key=True)
    elif people and all(person.state is RecipientState.PAUSED for person in people):
        yield warning(
            _DIGESTS,
            (*place, "lists"),
            f"everybody whom {digest.slug} goes to is paused",
            at_key=True,
        )


def _in_vain(name: str, people: Sequence[Recipient], using: Sequence[Digest]) -> Iterator[Fault]:
    """Those on a list who chose only topics that none of its digests has."""
    for index, person in enumerate(people):
        if person.items_in and not any(_reads(person, digest) for digest in using):
            slugs, read = ", ".join(d.slug for d in using), ", ".join(person.items_in)
            yield warning(
                _PEOPLE,
                ("lists", name, index, "items_in"),
                f"{person.address} can get no item whose language is known: {slugs} has none in"
                f" {read}",
                "choose languages of that digest's items_in, or add them to it",
            )
        if person.topics is None:
            continue
        offered = [digest.topics for digest in using]
        if any(each is None or not set(each).isdisjoint(person.topics) for each in offered):
            continue
        chosen, slugs = ", ".join(person.topics), ", ".join(digest.slug for digest in using)
        yield warning(
            _PEOPLE,
            ("lists", name, index, "topics"),
            f"{person.address} can never get anything: {slugs} has none of {chosen}",
            "choose topics of that digest, or add them to it",
        )


def _reads(person: Recipient, digest: Digest) -> bool:
    return digest.items_in is None or any(among(t, person.items_in) for t in digest.items_in)


def undeclared_groups(lists: Mapping[str, Sequence[Recipient]]) -> Iterator[Fault]:
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
                message = (
                    f"{person.address} is marked both as shared and as not shared: it counts as"
                    " shared"
                )
                yield warning(_PEOPLE, place, message, "say the same on each list")
            elif looks_shared(person.address):
                message = (
                    f"{person.address} looks like a group address: one person who unsubscribes does"
                    " so for all"
                )
                hint = "write shared: true, or shared: false if one person reads it"
                yield warning(_PEOPLE, place, message, hint)
            told.add(person.key)


def joined_groups(lists: Lists, joined: Iterable[Recipient]) -> Iterator[Fault]:
    """Addresses that look like a group's and get a digest though they are on no list: added, or
    subscribed by one of those who read them."""
    listed = {person.key for people in lists.values() for person in people}
    for address in sorted({each.address for each in joined if each.key not in listed}):
        if looks_shared(address):
            message = f"{address} looks like a group address, and gets mail without being on a list"
            hint = "put it on a list with shared: true, or shared: false if one person reads it"
            yield warning(_PEOPLE, ("lists",), message, hint, at_key=True)


def looks_shared(address: str) -> bool:
    """Whether one of the words before the @ is what an address of several people is called."""
    local = address.casefold().rpartition("@")[0].partition("+")[0]
    return not _ALL.isdisjoint(re.split(r"[^a-z]+", local))


def unreachable_links(settings: Settings) -> Iterator[Fault]:
    """Links that lead to the reader's own machine, or over the open net, once mail leaves ours."""
    if settings.mail.relay is None:
        return
    service = settings.mail.service_url
    for path, url, remedy in (
        (("site", "url"), settings.site.url, "write the address where feeds/ is served"),
        (("mail", "service_url"), service, "write the address where tidings serve is reached"),
    ):
        if url and _local(url):
            host = urlsplit(url).hostname
            message = f"mail goes out with links to {host}, which do not work for its readers"
            yield warning(_MAIN, path, message, remedy)
    if service and not _local(service) and urlsplit(service).scheme == "http":
        message = (
            "links to unsubscribe or to change topics use http, which others on the network can"
            " read"
        )
        yield warning(_MAIN, ("mail", "service_url"), message, "serve it by https")


def folders_of_one_machine(settings: Settings) -> Iterator[Fault]:
    """A folder for messages beside a state on a server, which several machines may send from."""
    if settings.state_path or settings.mail.relay:
        return
    message = (
        "each machine that sends writes messages into a folder of its own, and a state on a server"
        " is for several"
    )
    hint = "name a mail server: smtp://user@mail.example.org"
    yield warning(_MAIN, ("mail", "transport"), message, hint)


def tokens_for_nobody(settings: Settings) -> Iterator[Fault]:
    """A program for access tokens that nobody logs in with."""
    relay = settings.mail.relay
    if settings.mail.token_command and relay and not relay.user:
        message = "mail.transport names no user to log in with the token"
        hint = "write smtp://user@host, or remove token_command"
        yield warning(_MAIN, ("mail", "token_command"), message, hint)


def passwords_that_end(settings: Settings) -> Iterator[Fault]:
    """A login by password where the server is about to take none."""
    mail, relay = settings.mail, settings.mail.relay
    if relay and by_password(relay.host, relay.user, token=bool(mail.token_command)):
        told = warning(_MAIN, ("mail", "transport"), BASIC_ENDS, USE_TOKENS)
        yield replace(told, severity="note")


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return is_loopback(host) or host.endswith(".localhost")
