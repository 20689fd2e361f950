"""What the rules take of the items that there are: nothing, everything, the same as another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tidings.core.linting.remarks import TOPICS, note, warning
from tidings.core.settings import Fault
from tidings.core.topics import Matcher
from tidings.model import Item, Topic

# With fewer items, a topic that takes none or all of them says little about its rule.
_ENOUGH = 10
_SHOWN = 3


def catches(
    topics: Sequence[Topic], aliases: Sequence[Sequence[str]], items: Sequence[Item]
) -> Iterator[Fault]:
    """Topics whose catch looks like a mistake, and the items that no topic takes."""
    if len(items) < _ENOUGH or not topics:
        return
    matcher = Matcher(topics, aliases)
    caught: dict[str, list[str]] = {topic.slug: [] for topic in topics}
    loose: list[Item] = []
    for item in items:
        slugs = matcher.topics_of(item)
        for slug in slugs:
            caught[slug].append(item.id)
        if not slugs:
            loose.append(item)
    yield from _empty_or_full(topics, caught, len(items))
    yield from _alike(topics, caught)
    if loose:
        first = "; ".join(f"“{item.title}”" for item in loose[:_SHOWN])
        more = f" and {len(loose) - _SHOWN} more" if len(loose) > _SHOWN else ""
        counted = f"{len(loose)} of {len(items)} items {'is' if len(loose) == 1 else 'are'}"
        yield note(TOPICS, ("topics",), f"{counted} in no topic: {first}{more}", at_key=True)


def _empty_or_full(
    topics: Sequence[Topic], caught: Mapping[str, Sequence[str]], total: int
) -> Iterator[Fault]:
    for topic in topics:
        place = ("topics", topic.slug)
        if not caught[topic.slug]:
            yield warning(
                TOPICS,
                place,
                f"{topic.slug} takes none of the {total} items",
                "its terms may be too narrow: see `tidings explain`",
                at_key=True,
            )
        elif len(caught[topic.slug]) == total and (topic.rule.any or topic.rule.all):
            yield warning(
                TOPICS,
                place,
                f"{topic.slug} takes all of the {total} items",
                "its terms may be too wide: see `tidings explain`",
                at_key=True,
            )


def _alike(topics: Sequence[Topic], caught: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    first: dict[tuple[str, ...], str] = {}
    for topic in topics:
        catch = tuple(caught[topic.slug])
        if not catch:
            continue
        other = first.setdefault(catch, topic.slug)
        if other != topic.slug:
            some = f"{len(catch)} items" if len(catch) > 1 else "one item"
            yield warning(
                TOPICS,
                ("topics", topic.slug),
                f"{topic.slug} takes the same {some} as {other}",
                "two topics with one content: join them, or tell them apart",
                at_key=True,
            )
