"""What a digest mail says to those who are owed the same items: frozen values for its templates.

The words around them and the markup are the templates'; the bytes are made in `core.messages`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from tidings.core.corrections import CorrectedItem, corrected
from tidings.core.entries import item_path
from tidings.core.excerpts import cut, excerpt
from tidings.core.pages import Frame, Placement, Site, issue_path, topic_path
from tidings.core.wording import Phrase, because
from tidings.model import Digest, Edition, Item, Text, Topic

EXCERPT = 280  # characters of an item's text; only the lead is printed whole
TEASER = 62  # leaves room for a count within the 90 characters that an inbox shows


# --- What comes in -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailItem:
    """An item that a recipient is owed: its text at the owed revision, its topics with the evidence
    for that text, and the text that they `had` when it is a correction or a retraction to them."""

    item: Item
    topics: tuple[Placement, ...] = ()
    had: Text | None = None


# --- What templates receive --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicLink:
    """A topic and the address of its page."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class PrintedItem:
    """An item as the mail prints it. `day` is None for undated ones: say `first_seen` then.

    `because` are words of one field that put it in the topic it stands under, `also` its other
    topics; `source` is where the news itself is read, if that is known.
    """

    title: str
    url: str
    day: date | None
    first_seen: date
    text: str
    source: str | None
    because: tuple[Phrase, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The items under one topic, newest first; `topic` is None for items in no topic."""

    topic: TopicLink | None
    items: tuple[PrintedItem, ...]


@dataclass(frozen=True, slots=True)
class DigestMail:
    """Everything that one variant of an edition says.

    `total` counts the new items, printed or not; `left_out` are those beyond the digest's
    `max_items`, `corrections_left_out` likewise. `teaser` is what an inbox shows after the subject.
    `follows` are the titles of the topics that its readers chose, None for all.
    """

    digest: Digest
    edition: Edition
    site: Site
    day: date
    lead: PrintedItem | None
    lead_topic: TopicLink | None
    sections: tuple[Section, ...]
    corrected: tuple[CorrectedItem, ...]
    total: int
    left_out: int
    corrections_left_out: int
    teaser: str
    follows: tuple[str, ...] | None

    @property
    def web(self) -> str:
        """The address of the whole issue on the site; of the first page if it is not public."""
        public = self.digest.public
        return _address(self.site, issue_path(self.digest, self.edition.number) if public else "")

    @property
    def home(self) -> str:
        """The address of the site's first page."""
        return _address(self.site, "")


# --- Builders ----------------------------------------------------------------------------------


def compose(
    frame: Frame,
    digest: Digest,
    edition: Edition,
    topics: Sequence[Topic],
    owed: Iterable[MailItem],
    follows: Sequence[str] | None = None,
) -> DigestMail:
    """Arrange what somebody is owed: a lead, sections by topic, corrections.

    `topics` are all topics in the order of the configuration; the digest's own order comes first.
    `follows` are the slugs that the readers of this variant chose (None: all): their items stand
    under these topics, and other topics are only named.
    """
    arrived = list(owed)
    new = in_order(mail for mail in arrived if mail.had is None and not mail.item.retraction)
    changed = in_order(mail for mail in arrived if mail.had is not None)
    front = lead_of([mail.item for mail in new])
    chosen = sorted(new, key=lambda mail: mail.item is not front)[: digest.max_items]
    ranks = _ranks(digest, topics, follows)
    sections = _sections(frame, [mail for mail in chosen if mail.item is not front], ranks)
    lead = next((mail for mail in chosen if mail.item is front), None)
    home = _home_of(lead, ranks) if lead else None
    return DigestMail(
        digest=digest,
        edition=edition,
        site=frame.site,
        day=frame.day(edition.opened_at),
        lead=_printed(frame, lead, home, whole=True) if lead else None,
        lead_topic=_topic_link(frame.site, home.topic) if home else None,
        sections=sections,
        corrected=tuple(_changed(frame, mail) for mail in changed[: digest.max_items]),
        total=len(new),
        left_out=len(new) - len(chosen),
        corrections_left_out=max(0, len(changed) - digest.max_items),
        teaser=_teaser(lead, sections),
        follows=None if follows is None else tuple(t.title for t in topics if t.slug in follows),
    )


def lead_of(items: Sequence[Item]) -> Item | None:
    """The item that opens a mail and names it: the newest dated one, else the newest."""
    ordered = sorted(items, key=lambda item: item.order)
    return next((item for item in ordered if item.date), ordered[0] if ordered else None)


def in_order(owed: Iterable[MailItem]) -> list[MailItem]:
    """Newest first."""
    return sorted(owed, key=lambda mail: mail.item.order)


# --- Parts -------------------------------------------------------------------------------------


def _ranks(
    digest: Digest, topics: Sequence[Topic], follows: Sequence[str] | None
) -> Mapping[str, int]:
    """The place of each topic that has a section in this mail."""
    slugs = digest.topics if digest.topics is not None else tuple(t.slug for t in topics)
    return {slug: n for n, slug in enumerate(slugs) if follows is None or slug in follows}


def _home_of(mail: MailItem, ranks: Mapping[str, int]) -> Placement | None:
    """The topic that an item is printed under."""
    placements = [placement for placement in mail.topics if placement.topic.slug in ranks]
    return min(placements, key=lambda p: ranks[p.topic.slug], default=None)


def _sections(
    frame: Frame, owed: Sequence[MailItem], ranks: Mapping[str, int]
) -> tuple[Section, ...]:
    shelves: dict[int, list[tuple[MailItem, Placement | None]]] = {}
    for mail in owed:
        home = _home_of(mail, ranks)
        rank = ranks[home.topic.slug] if home else len(ranks)
        shelves.setdefault(rank, []).append((mail, home))
    sections = []
    for _, shelf in sorted(shelves.items()):
        home = shelf[0][1]
        sections.append(
            Section(
                topic=_topic_link(frame.site, home.topic) if home else None,
                items=tuple(_printed(frame, mail, home, whole=False) for mail, home in shelf),
            )
        )
    return tuple(sections)


def _printed(frame: Frame, mail: MailItem, home: Placement | None, *, whole: bool) -> PrintedItem:
    item = mail.item
    return PrintedItem(
        title=item.title,
        url=_address(frame.site, item_path(item)),
        day=item.date,
        first_seen=frame.day(item.arrived_at),
        text=item.summary if whole else excerpt(item.summary, EXCERPT),
        source=item.text.url,
        because=_reason(item, home) if home else (),
        also=tuple(p.topic.title for p in mail.topics if p is not home),
    )


def _reason(item: Item, home: Placement) -> tuple[Phrase, ...]:
    """Two phrases say enough, and the title speaks before the text."""
    phrases = because(item, home.evidence)
    return tuple(phrase for phrase in phrases if phrase.field == phrases[0].field)[:2]


def _changed(frame: Frame, mail: MailItem) -> CorrectedItem:
    url = _address(frame.site, item_path(mail.item))
    first_seen = frame.day(mail.item.arrived_at)
    return corrected(mail.item, mail.had or mail.item.text, url, first_seen)


def _teaser(lead: MailItem | None, sections: Sequence[Section]) -> str:
    """What comes after the lead that the subject names; of a lead alone, how its text begins."""
    second = next(chain.from_iterable(section.items for section in sections), None)
    if second:
        return cut(second.title, TEASER)
    return cut(lead.item.summary, TEASER) if lead else ""


def _topic_link(site: Site, topic: Topic) -> TopicLink:
    return TopicLink(topic.title, _address(site, topic_path(topic)))


def _address(site: Site, path: str) -> str:
    return f"{site.url.rstrip('/')}/{path}"
