"""`tidings recipients`: who gets what, and what to do when people write instead of clicking."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from tidings.adapters.config.csv_words import guarded
from tidings.application import bounces, people
from tidings.application.lists import accept as accept_list
from tidings.application.people import RecipientRow
from tidings.application.subscribe import Act, act
from tidings.core import audience
from tidings.core.audience import group_addresses, pseudonym, words_for
from tidings.core.settings import check_recipient
from tidings.core.settings.values import InvalidValue, check_content_language, suggestion
from tidings.core.tags import canonical_all
from tidings.core.tokens import Member
from tidings.entrypoints import wiring
from tidings.entrypoints.cli.common import (
    Json,
    complain,
    console,
    count,
    headline,
    instance_of,
    instant,
    iso,
    names_of_digests,
    now_of,
    open_to_write,
    opened,
    print_json,
    row,
    say,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.entrypoints.wiring import Instance
from tidings.model import ALL, Choice, Digest, Recipient, RecipientState, address_key
from tidings.state import Store

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
OfDigest = Annotated[str, typer.Option("--digest", metavar="D", help="Only this digest.")]

recipients = typer.Typer(help="Recipients: subscriptions, pauses, removals.", no_args_is_help=True)


@dataclass(frozen=True)
class RecipientContext:
    """What a verb needs to change the subscriptions of one recipient."""

    instance: Instance
    store: Store
    now: datetime
    key: str
    pseudonym: str
    secret: bytes


@recipients.command("list")
def list_(
    context: typer.Context,
    digest: OfDigest = "",
    json: Json = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table of one digest, which a list can be read from.")
    ] = False,
) -> None:
    """Everyone on a list and everyone who subscribed, digest by digest."""
    instance = instance_of(context, people=False)
    if as_csv and (json or (not digest and len(instance.settings.digests) != 1)):
        named = ", ".join(each.called for each in instance.settings.digests)
        raise usage(f"--csv is a table of one digest: name it with --digest ({named}), no --json")
    digests = (_digest(instance, digest),) if digest else instance.settings.digests
    with wiring.look_at_state(instance) as store:
        instance = wiring.follow(instance, store)
        digests = (_digest(instance, digest),) if digest else instance.settings.digests
        rows = people.roster(
            store, digests, instance.settings.lists, wiring.root_secret(instance, store)
        )
    if as_csv:
        _print_csv(rows, group_addresses(instance.settings.lists))
    elif json:
        _print_json(rows, names_of_digests(instance))
    else:
        _tell(rows, instance)


@recipients.command("add")
def add(
    context: typer.Context,
    address: Address,
    digest: Annotated[str, typer.Option("--digest", metavar="D", help="Which digest.")],
    topics: Annotated[
        str, typer.Option("--topics", metavar="T,T", help="Only these; all unless given.")
    ] = "",
    language: Annotated[str, typer.Option("--language", metavar="L")] = "",
    items_in: Annotated[
        str,
        typer.Option("--items-in", metavar="L,L", help="Items in these languages alone."),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="N")] = "",
) -> None:
    """Subscribe somebody who asked for it to a digest; who has left is not added."""
    instance = instance_of(context)
    found = _digest(instance, digest)
    known = [topic.slug for topic in instance.settings.topics]
    chosen = tuple(topic.strip() for topic in topics.split(",") if topic.strip())
    for slug in chosen:
        if slug not in known:
            raise usage(f"there is no topic {slug!r}; there are {', '.join(known)}")
    try:
        checked = check_recipient(address)
    except ValueError as error:
        raise usage(str(error)) from None
    if language and not words_for(language, spoken := wiring.languages(context.obj)):
        told = suggestion(language, spoken)
        raise usage(f'there is no translation for the language "{language}" ({told})')
    read = _items_in(items_in)
    listed = audience.recipients(found, instance.settings.lists)
    key = Recipient(checked).key
    if any(each.key == key and not audience.gets_mail(each) for each in listed):
        complain(f"{checked} is paused on a list: take out `paused: true` there, which goes first")
        raise typer.Exit(Exit.FAILED)
    with _deciding(context, checked, known_only=False) as who:
        choice = Choice(
            digest=_digest(who.instance, digest).slug,
            address=checked,
            changed_at=who.now,
            name=name,
            topics=chosen or None,
            language=language or None,
            items_in=read,
        )
        why = people.barred(who.store, choice, who.secret)
        added = people.add(who.store, choice, who.secret)
    if not added:
        reasons: dict[people.Barred | None, str] = {
            "bounced": f"mail to {checked} bounced",
            "unwanted": f"whoever reads {checked} asked never to be written to",
        }
        told = reasons.get(why, f"{checked} has left")
        complain(f"{told}: `tidings recipients resume` resumes it if they ask")
        raise typer.Exit(Exit.FAILED)
    say(f"{checked} gets {found.title} from the next edition on.")


@recipients.command("pause")
def pause(context: typer.Context, address: Address, digest: OfDigest = "") -> None:
    """Send somebody nothing until `resume`; then they get what they missed."""
    with _deciding(context, address) as who:
        if digest:
            _one_digest(who, digest, "pause")
        else:
            people.stop(who.store, who.key, RecipientState.PAUSED, who.now, who.secret)
    say(f"{address} is paused.")


@recipients.command("resume")
def resume(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")] = "",
    digest: OfDigest = "",
    since: Annotated[
        str, typer.Option(metavar="INSTANT", help="All who bounced since (ISO 8601).")
    ] = "",
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Of these, whose reason holds this text.")
    ] = "",
) -> None:
    """Resume somebody who was paused, left or bounced, or all who bounced since an instant."""
    if since and not (address or digest):
        _resume_since(context, since, reason)
        return
    if since or reason or not address:
        instance_of(context)  # what is wrong with the configuration comes first
        raise usage("name an ADDRESS, or with --since, and --reason, all who bounced since then")
    with _deciding(context, address) as who:
        if digest:
            _one_digest(who, digest, "resume")
        else:
            people.resume(who.store, who.key, who.pseudonym, who.now, who.secret)
    say(f"{address} gets mail again, if a list names them or they joined.")


def _resume_since(context: typer.Context, since: str, reason: str) -> None:
    with opened(context) as (instance, store, now):
        begin = instant("--since", since, instance.settings.zone)
        taken_back = bounces.take_back(store, begin, reason, now)
    if not taken_back:
        say("No address bounced since then" + (" for such a reason." if reason else "."))
        return
    told = count(len(taken_back), "address gets", "addresses get")
    say(f"{told} mail again, if a list names them or they joined:")
    for each in taken_back:
        say(f"   {each.key}")


@recipients.command("remove")
def remove(context: typer.Context, address: Address, digest: OfDigest = "") -> None:
    """Record that somebody has left: whatever a list says, nothing is sent there any more."""
    with _deciding(context, address) as who:
        if digest:
            _one_digest(who, digest, "leave")
        else:
            people.stop(who.store, who.key, RecipientState.LEFT, who.now, who.secret)
    say(f"{address} has left: nothing more goes there.")


@recipients.command("erase")
def erase(context: typer.Context, address: Address) -> None:
    """Erase somebody for good; a keyed mark remains, so that no list sends to them again."""
    with _deciding(context, address) as who:
        people.erase(who.store, who.key, who.pseudonym, who.now, who.secret)
        lists = who.instance.settings.lists.items()
        named = [name for name, all_ in lists if any(each.key == who.key for each in all_)]
    say(f"{address} is erased: nothing more goes there.")
    if named:
        say(f"They are still in config/, on {', '.join(named)}: remove that by hand.")
    say("Backups, and messages in an outbox, are not touched.")


@recipients.command("export")
def export(context: typer.Context, address: Address) -> None:
    """All that is known of somebody, as JSON: for them to see."""
    instance = instance_of(context)
    with wiring.look_at_state(instance) as store:
        instance = wiring.follow(instance, store)
        known = people.export(
            store, address_key(address), instance.settings.lists, names_of_digests(instance)
        )
    if known is None:
        complain(f"nothing is known of {address}")
        raise typer.Exit(Exit.FAILED)
    print_json(known)


@recipients.command("accept")
def accept(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LIST", help="Its name in recipients.yaml.")],
) -> None:
    """Take a list as it is, although many vanished from it at once: they are off it."""
    instance = instance_of(context)
    lists = instance.settings.lists
    if name not in lists:
        known = ", ".join(lists) or "none"
        raise usage(f"there is no list {name!r}; there are {known}")
    if name in instance.settings.unreadable:
        complain(f"the list {name} cannot be read: `tidings check` says why")
        raise typer.Exit(Exit.FAILED)
    with opened(context) as (instance, store, _now):
        gone = accept_list(store, instance.settings, name, wiring.root_secret(instance, store))
    here = count(len(lists[name]), "person", "people")
    say(f"{name} is taken as it is, with {here}; {count(gone, 'person is', 'people are')} off it.")


def _items_in(text: str) -> tuple[str, ...] | None:
    """The languages that an option names, None for all. Raises a usage error."""
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    if tags == ["all"]:
        return None
    try:
        return canonical_all(map(check_content_language, tags)) or None
    except InvalidValue as error:
        raise usage(f"{error.message} ({error.hint})") from None


# --- What they share -----------------------------------------------------------------------------


def _digest(instance: Instance, slug: str) -> Digest:
    for digest in instance.settings.digests:
        if digest.called == slug:
            return digest
    known = ", ".join(each.called for each in instance.settings.digests) or "none"
    raise usage(f"there is no digest {slug!r}; there are {known}")


@contextmanager
def _deciding(
    context: typer.Context, address: str, *, known_only: bool = True
) -> Iterator[RecipientContext]:
    """Open the state for writing; with `known_only`, end with 1 if nobody has this address."""
    instance = instance_of(context)
    now = now_of(instance)
    store = open_to_write(instance)
    try:
        instance = wiring.follow(instance, store)
        lists, secret = instance.settings.lists, wiring.root_secret(instance, store)
        key = address_key(address)
        if known_only and (now_at := people.address_now(store, key, lists)) != key:
            say(f"{address} was changed to {now_at} by its reader: what follows is done there.")
            key = now_at
        who = RecipientContext(instance, store, now, key, pseudonym(secret, key), secret)
        if known_only and not people.knows(store, key, who.pseudonym, lists, secret):
            complain(f"nothing is known of {address}")
            raise typer.Exit(Exit.FAILED)
        yield who
    finally:
        store.close()


def _one_digest(who: RecipientContext, slug: str, what: str) -> None:
    acts: dict[str, Act] = {"pause": "pause", "resume": "resume", "leave": "leave"}
    digest = _digest(who.instance, slug)
    act(who.store, Member(digest.slug, who.key), acts[what], who.now, who.secret)


def _print_json(rows: tuple[RecipientRow, ...], names: Mapping[str, str]) -> None:
    print_json(
        {
            "recipients": [
                {
                    "address": each.address,
                    "name": each.name,
                    "digest": names.get(each.digest, each.digest),
                    "state": str(each.state),
                    "by": each.by,
                    "topics": None if each.topics is None else list(each.topics),
                    "language": each.language,
                    "items_in": None if each.items_in is None else list(each.items_in),
                    "since": iso(each.since),
                }
                for each in rows
            ]
        }
    )


def _print_csv(rows: tuple[RecipientRow, ...], groups: Set[str]) -> None:
    """A table as a list can be kept in. No spreadsheet takes a name for a formula."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["address", "name", "topics", "language", "items_in", "shared", "status"])
    for each in rows:
        topics = () if each.topics in (None, ALL) else each.topics or ()
        shared = "yes" if address_key(each.address) in groups else ""
        spoken = each.language or "", " ".join(each.items_in or ())
        cells = (each.address, each.name, " ".join(topics), *spoken, shared, str(each.state))
        table.writerow([guarded(cell) for cell in cells])


def _tell(rows: tuple[RecipientRow, ...], instance: Instance) -> None:
    out = console()
    if not rows:
        headline(out, "Nobody yet.")
        return
    for digest in instance.settings.digests:
        people = [each for each in rows if each.digest == digest.slug]
        if not people:
            continue
        getting = sum(str(each.state) == "active" for each in people)
        headline(out, f"{digest.title}: {count(len(people), 'person', 'people')}, {getting} active")
        for each in people:
            topics = "all topics" if each.topics is None else ", ".join(each.topics)
            by = "subscribed" if each.by == "self" else "on a list"
            read = f", items in {', '.join(each.items_in)}" if each.items_in else ""
            row(out, str(each.state), f"{each.address}, {by}, {topics}{read}")
