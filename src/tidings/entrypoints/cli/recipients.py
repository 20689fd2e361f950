"""`tidings recipients`: who gets what, and what to do when people write instead of clicking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import Exit, usage

if TYPE_CHECKING:
    from datetime import datetime

    from tidings.application.people import RecipientRow
    from tidings.entrypoints.wiring import Instance
    from tidings.model import Digest
    from tidings.state import Store

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
OfDigest = Annotated[str, typer.Option("--digest", metavar="D", help="Only this digest.")]

app = typer.Typer(help="People: who gets what, pauses and departures.", no_args_is_help=True)


@dataclass(frozen=True)
class Desk:
    """What a decision on somebody needs."""

    instance: Instance
    store: Store
    now: datetime
    key: str
    pseudonym: str


@app.callback()
def recipients() -> None:
    """People: who gets what, pauses and departures."""


@app.command("list")
def list_(
    context: typer.Context,
    digest: OfDigest = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Everyone on a list and everyone who joined, digest by digest, as they stand."""
    from tidings.application.people import roster
    from tidings.entrypoints import keyed, wiring

    instance = _instance(context)
    digests = (_digest(instance, digest),) if digest else instance.settings.digests
    with wiring.look_at_state(instance) as store:
        rows = roster(
            store, digests, instance.settings.lists, keyed.pseudonyms(wiring.secret(instance))
        )
    if json:
        _as_json(rows)
    else:
        _tell(rows, instance)


@app.command("add")
def add(
    context: typer.Context,
    address: Address,
    digest: Annotated[str, typer.Option("--digest", metavar="D", help="Which digest.")],
    topics: Annotated[
        str, typer.Option("--topics", metavar="T,T", help="Only these; all unless given.")
    ] = "",
    language: Annotated[str, typer.Option("--language", metavar="L")] = "",
    name: Annotated[str, typer.Option("--name", metavar="N")] = "",
) -> None:
    """Let somebody who asked for it get a digest; whoever has left stays away."""
    from tidings.application import people
    from tidings.core.audience import words_for
    from tidings.core.settings import check_recipient
    from tidings.core.settings.values import suggestion
    from tidings.entrypoints import wiring
    from tidings.model import Choice

    instance = _instance(context)
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
        raise usage(f'there are no words for the language "{language}" ({told})')
    with _deciding(context, checked, known_only=False) as desk:
        choice = Choice(
            digest=found.slug,
            address=checked,
            changed_at=desk.now,
            name=name,
            topics=chosen or None,
            language=language or None,
        )
        added = people.add(desk.store, choice)
        bounced = people.bounced(desk.store, desk.key)
    if not added:
        why = f"mail to {checked} bounced" if bounced else f"{checked} has left"
        _complain(f"{why}: `tidings recipients resume` takes them back if they ask")
        raise typer.Exit(Exit.FAILED)
    _say(f"{checked} gets {found.title} from the next edition on.")


@app.command("pause")
def pause(context: typer.Context, address: Address, digest: OfDigest = "") -> None:
    """Send somebody nothing until `resume`; then they get what they missed."""
    from tidings.application import people
    from tidings.model import RecipientState

    with _deciding(context, address) as desk:
        if digest:
            _one_digest(desk, digest, "pause")
        else:
            people.stop(desk.store, desk.key, RecipientState.PAUSED, desk.now)
    _say(f"{address} is paused.")


@app.command("resume")
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
    """Take back somebody who was paused, left or bounced, or all who bounced since an instant."""
    from tidings.application import people

    if since and not (address or digest):
        _resume_since(context, since, reason)
        return
    if since or reason or not address:
        _instance(context)  # what is wrong with the configuration comes first
        raise usage("name an ADDRESS, or with --since, and --reason, all who bounced since then")
    with _deciding(context, address) as desk:
        if digest:
            _one_digest(desk, digest, "resume")
        else:
            people.resume(desk.store, desk.key, desk.pseudonym, desk.now)
    _say(f"{address} gets mail again, if a list names them or they joined.")


def _resume_since(context: typer.Context, since: str, reason: str) -> None:
    from tidings.application import bounces
    from tidings.entrypoints.cli.opened import steered
    from tidings.entrypoints.cli.present import count
    from tidings.entrypoints.cli.run import instant

    with steered(context) as (instance, store, now):
        begin = instant("--since", since, instance.settings.zone)
        taken_back = bounces.take_back(store, begin, reason, now)
    if not taken_back:
        _say("No address bounced since then" + (" for such a reason." if reason else "."))
        return
    told = count(len(taken_back), "address gets", "addresses get")
    _say(f"{told} mail again, if a list names them or they joined:")
    for each in taken_back:
        _say(f"   {each.key}")


@app.command("remove")
def remove(context: typer.Context, address: Address, digest: OfDigest = "") -> None:
    """Record that somebody has left: whatever a list says, nothing goes there any more."""
    from tidings.application import people
    from tidings.model import RecipientState

    with _deciding(context, address) as desk:
        if digest:
            _one_digest(desk, digest, "leave")
        else:
            people.stop(desk.store, desk.key, RecipientState.LEFT, desk.now)
    _say(f"{address} has left: nothing more goes there.")


@app.command("erase")
def erase(context: typer.Context, address: Address) -> None:
    """Forget somebody for good; a keyed mark remains, so that no list brings mail back to them."""
    from tidings.application import people

    with _deciding(context, address) as desk:
        people.erase(desk.store, desk.key, desk.pseudonym, desk.now)
        lists = desk.instance.settings.lists.items()
        named = [name for name, all_ in lists if any(each.key == desk.key for each in all_)]
    _say(f"{address} is erased: nothing more goes there.")
    if named:
        _say(f"They still stand in config/, on {', '.join(named)}: remove that by hand.")
    _say("Backups, and messages in an outbox, are not touched.")


@app.command("export")
def export(context: typer.Context, address: Address) -> None:
    """All that is known of somebody, as JSON: for them to see."""
    from tidings.application import people
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli.present import as_json

    instance = _instance(context)
    with wiring.look_at_state(instance) as store:
        known = people.export(store, address.casefold(), instance.settings.lists)
    if known is None:
        _complain(f"nothing is known of {address}")
        raise typer.Exit(Exit.FAILED)
    as_json(known)


# --- What they share -----------------------------------------------------------------------------


def _instance(context: typer.Context) -> Instance:
    from tidings.entrypoints import wiring

    root: Path = context.obj
    return wiring.load_instance(root, os.environ)


def _digest(instance: Instance, slug: str) -> Digest:
    for digest in instance.settings.digests:
        if digest.slug == slug:
            return digest
    known = ", ".join(each.slug for each in instance.settings.digests) or "none"
    raise usage(f"there is no digest {slug!r}; there are {known}")


@contextmanager
def _deciding(context: typer.Context, address: str, *, known_only: bool = True) -> Iterator[Desk]:
    """The state open for writing; there must be somebody of that address, if `known_only`."""
    from tidings.application import people
    from tidings.entrypoints import keyed, wiring
    from tidings.entrypoints.cli.run import fixed_instant

    instance = _instance(context)
    now = wiring.clock(fixed_instant("", instance.settings.zone)).now()
    store = wiring.open_state(instance)
    try:
        key = address.casefold()
        desk = Desk(instance, store, now, key, keyed.pseudonyms(wiring.secret(instance))(key))
        if known_only and not people.knows(store, key, desk.pseudonym, instance.settings.lists):
            _complain(f"nothing is known of {address}")
            raise typer.Exit(Exit.FAILED)
        yield desk
    finally:
        store.close()


def _one_digest(desk: Desk, slug: str, what: str) -> None:
    from tidings.application.subscribe import Act, act
    from tidings.core.tokens import Member

    acts: dict[str, Act] = {"pause": "pause", "resume": "resume", "leave": "leave"}
    digest = _digest(desk.instance, slug)
    act(desk.store, Member(digest.slug, desk.key), acts[what], desk.now)


def _say(text: str) -> None:
    from tidings.entrypoints.cli.present import console

    console().print(text, markup=False)


def _complain(text: str) -> None:
    import sys

    print(f"tidings: {text}", file=sys.stderr)


def _as_json(rows: tuple[RecipientRow, ...]) -> None:
    from tidings.entrypoints.cli.present import as_json

    as_json(
        {
            "recipients": [
                {
                    "address": row.address,
                    "name": row.name,
                    "digest": row.digest,
                    "state": str(row.state),
                    "by": row.by,
                    "topics": None if row.topics is None else list(row.topics),
                    "language": row.language,
                    "since": row.since.isoformat() if row.since else None,
                }
                for row in rows
            ]
        }
    )


def _tell(rows: tuple[RecipientRow, ...], instance: Instance) -> None:
    from tidings.entrypoints.cli.present import console, count, headline
    from tidings.entrypoints.cli.present import row as line

    out = console()
    if not rows:
        headline(out, "Nobody yet.")
        return
    for digest in instance.settings.digests:
        people = [row for row in rows if row.digest == digest.slug]
        if not people:
            continue
        getting = sum(str(row.state) == "active" for row in people)
        headline(out, f"{digest.title}: {count(len(people), 'person', 'people')}, {getting} active")
        for row in people:
            topics = "all topics" if row.topics is None else ", ".join(row.topics)
            by = "by themselves" if row.by == "self" else "on a list"
            line(out, str(row.state), f"{row.address}, {by}, {topics}")
