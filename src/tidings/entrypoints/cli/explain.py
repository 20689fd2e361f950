"""`tidings explain`: why an item is in a topic, or the clause that kept it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tidings.entrypoints.cli.exits import usage
from tidings.entrypoints.cli.opened import instance_of

if TYPE_CHECKING:
    from tidings.entrypoints.wiring import Instance
    from tidings.model import Topic


def explain(
    context: typer.Context,
    item: Annotated[
        str, typer.Argument(metavar="[ITEM]", help="Its id or slug, or how either begins.")
    ] = "",
    topic: Annotated[str, typer.Option(metavar="T", help="Only this topic, in full.")] = "",
    text: Annotated[str, typer.Option(metavar="TITLE", help="A title, in place of an item.")] = "",
    summary: Annotated[str, typer.Option(help="What goes with --text.")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say why an item is in a topic, or what kept it out, line by line of the rule."""
    from tidings.application.explain import explain_item, explain_text
    from tidings.core.topics import Matcher
    from tidings.entrypoints import wiring
    from tidings.entrypoints.cli import explained
    from tidings.model import Text

    if bool(item) == bool(text):
        raise usage("name an item, or give a title with --text")
    if summary and not text:
        raise usage("--summary goes with --text: an item has its own")
    instance = instance_of(context)
    settings = instance.settings
    chosen = _topics(instance, topic)
    matcher = Matcher(settings.topics, settings.aliases)
    if text:
        written = Text(text, summary)
        explanations = explain_text(matcher, settings.topics, written)
        found = None
    else:
        with wiring.look_at_state(instance) as store:
            found, explanations = explain_item(store, matcher, settings.topics, item)
        written = found.text
    shown = [each for each in explanations if each.topic in chosen]
    if json:
        explained.as_json(found, written, shown)
        return
    also = [each for each in explanations if each not in shown and each.verdict.holds]
    explained.tell(found, written, shown, also, in_full=bool(topic))


def _topics(instance: Instance, slug: str) -> tuple[Topic, ...]:
    """All topics, or the one of that name."""
    from tidings.core.settings import suggestion

    topics = instance.settings.topics
    if not slug:
        return topics
    found = tuple(topic for topic in topics if topic.slug == slug)
    if not found:
        hint = suggestion(slug, [topic.slug for topic in topics])
        raise usage(f"there is no topic {slug!r}" + (f" ({hint})" if hint else ""))
    return found
