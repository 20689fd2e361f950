"""SampleMail editions of a digest, which between them hold every kind of thing that a mail can say.

`check` has templates make mail of them, so that a fault in what seldom happens, such as a
retraction, shows before that happens. The news is invented; nothing of it is kept or sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from tidings.core.mail.digest import SPECIMEN, DigestMail, compose
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch
from tidings.model import (
    PLAIN,
    Digest,
    Edition,
    EditorNote,
    Evidence,
    Item,
    NoteText,
    Retraction,
    Revision,
    Rule,
    Text,
    Topic,
)

OPENED = datetime(2026, 3, 2, 14, tzinfo=UTC)
DAY = date(2026, 2, 27)
EDITION = Edition(1, "sample", 12, "sample", OPENED, "A ferry comes back")
NEWS = Text("A ferry comes back", "She sails on Sundays.", DAY, "https://news.example/ferry")


@dataclass(frozen=True, slots=True)
class SampleMail:
    """A mail to make, whether for a group address, and the new items that its subject speaks of."""

    mail: DigestMail
    items: tuple[Item, ...]
    shared: bool = False


def sample_mails(
    context: SiteContext, digest: Digest, topics: Sequence[Topic]
) -> Iterator[SampleMail]:
    """Mails to try: of everything; of what is left out and caught up with, for readers who chose
    topics; of new items, corrections or a single item alone; of nothing; and a specimen."""
    known = tuple(topics) or (Topic("ferries", "Ferries", "", Rule()),)
    new, changed = list(_new(known)), list(_changed(known))
    whole = replace(digest, max_items=40, because=True, public=True)
    brief = replace(digest, max_items=1, because=False, public=True)
    hidden = replace(whole, public=False)
    noted = replace(
        whole,
        note=EditorNote({PLAIN: NoteText("Dear *readers*: [she](https://a.example/) sails.")}),
    )
    follows = (known[0].slug,)
    for shared in (False, True):
        yield _sample(compose(context, whole, EDITION, known, [*new, *changed]), new, shared=shared)
    both = [*new, *changed]
    yield _sample(compose(context, brief, EDITION, known, both, follows, catching_up=True), new)
    yield _sample(compose(context, hidden, EDITION, known, both, follows), new)
    yield _sample(compose(context, whole, EDITION, known, changed), ())
    yield _sample(compose(context, whole, EDITION, known, new), new)
    yield _sample(compose(context, hidden, EDITION, known, new[:1]), new[:1])
    yield _sample(compose(context, whole, EDITION, known, []), ())
    yield _sample(compose(context, noted, EDITION, known, new), new)
    specimen = replace(EDITION, period=SPECIMEN)
    yield _sample(compose(context, whole, specimen, known, new), new)


def _sample(mail: DigestMail, new: Sequence[ClassifiedItem], *, shared: bool = False) -> SampleMail:
    return SampleMail(mail, tuple(each.item for each in new), shared)


def _new(topics: Sequence[Topic]) -> Iterator[ClassifiedItem]:
    """Items with and without a day, a text, an address and topics; late, and of a coming day."""
    evidence = (Evidence("ferry", "title", 2, 7), Evidence("sails", "summary", 4, 9))
    every = tuple(TopicMatch(topic, evidence) for topic in topics)
    texts = (
        NEWS,
        replace(NEWS, title="No day", date=None),
        replace(NEWS, title="No text", summary="", url=None),
        replace(NEWS, title="Long ago", date=date(2025, 1, 3)),
        replace(NEWS, title="Next month", date=DAY + timedelta(days=40)),
        replace(NEWS, title="Very long", summary="She sails on Sundays. " * 80),
    )
    for number, text in enumerate(texts):
        yield ClassifiedItem(_item(number, text), every)
        yield ClassifiedItem(_item(20 + number, text), every[-1:])
    yield ClassifiedItem(_item(50, replace(NEWS, title="In no topic")), ())


def _changed(topics: Sequence[Topic]) -> Iterator[ClassifiedItem]:
    """Each kind of correction, what is as it was, and what is retracted, with a reason or none."""
    matches = tuple(TopicMatch(topic, ()) for topic in topics)
    now = (
        replace(NEWS, title="A ferry came back"),
        replace(NEWS, summary="She sails on Mondays."),
        replace(NEWS, summary=""),
        replace(NEWS, date=DAY + timedelta(days=1)),
        replace(NEWS, date=None),
        replace(NEWS, url="https://news.example/boat"),
        replace(NEWS, url=None),
        NEWS,
    )
    for number, text in enumerate(now):
        yield ClassifiedItem(_item(100 + number, text), matches, NEWS)
    undated = replace(NEWS, date=None)
    yield ClassifiedItem(_item(120, NEWS), matches, undated)
    for number, reason in enumerate(("It never left.", "")):
        item = _item(130 + number, NEWS)
        item = replace(item, retraction=Retraction(reason, OPENED - timedelta(days=1), "desk"))
        yield ClassifiedItem(item, matches, NEWS)


def _item(number: int, text: Text) -> Item:
    arrived = OPENED - timedelta(days=2)
    noon = None
    if text.date:
        noon = datetime(text.date.year, text.date.month, text.date.day, 12, tzinfo=UTC)
    return Item(
        id=f"{number:016x}",
        slug=f"sample-{number:08x}",
        text=text,
        published=noon,
        arrived_at=arrived,
        history=(Revision(1, text, arrived, "seeds/sample.txt"),),
    )
