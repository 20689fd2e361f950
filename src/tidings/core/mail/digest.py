"""Writes a digest mail: what it says to those who are owed the same items, then its bytes.

The words around the items and the markup are the templates'. The same inputs give the same bytes:
nothing here is random or reads a clock (RFC 5322, 2045 to 2047, 2369, 2919).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from email.utils import format_datetime
from functools import partial
from html import escape
from itertools import chain

from tidings.core.audience import ENGLISH
from tidings.core.corrections import (
    HEADLINE,
    Correction,
    Phrase,
    because,
    cut,
    excerpt,
    rewordings,
)
from tidings.core.mail.message import (
    PreparedMessage,
    Render,
    SlotLine,
    clean,
    field,
    fold,
    inline,
    join,
    mailbox,
    phrase,
    words,
)
from tidings.core.pages.items import (
    ClassifiedItem,
    SiteContext,
    announced,
    by_first_topic,
    first_topic,
    item_path,
    lead_of,
    topic_path,
    topic_ranks,
)
from tidings.core.pages.site import digest_path, issue_path
from tidings.core.settings import Mail, Site
from tidings.core.settings.values import ascii_domain
from tidings.model import Digest, Edition, Item, Topic

EXCERPT = 280  # characters of an item's text; only the lead is printed whole, up to a length
LEAD = 3000
REASON = 600  # characters of the reason for a retraction
TEASER = 62  # leaves room for a count within the 90 characters that an inbox shows


SUBJECT_LIMIT = 110
SUBJECT_LEAD = 72
SUBJECT_TITLE = 24  # leaves room for the lead in the forty characters that a phone shows
SLOTS = ("address", "name", "leave", "choices")
# What one person decides with; a group address gets none of it, lest one decide for all.
PERSONAL = ("leave", "choices")
# Mail programs clip what is longer than some 102,000 bytes, and with it the way to leave.
PAGE_LIMIT = 90_000
# The period of an edition that is opened for nobody, to show what a mail looks like.
SPECIMEN = "specimen"
SLOT_ROOM = 600  # bytes of it are kept for names, addresses and links of a recipient


# Splits a pattern into text and, at each odd place, the name of a field.
_FIELD = re.compile(r"\{(title|lead|count|date|number)\}")
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_NOTE = (
    "margin: 0; padding: 12px 24px; word-break: break-word; "
    "background-color: #FFE9A8; color: #14201C; "
    "font: 15px/22px 'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
)

# --- What templates receive --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TopicLink:
    """A topic and the address of its page."""

    slug: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class PrintedItem:
    """An item as the mail prints it. `day` is None for undated ones: say `first_seen` then.

    `because` are words of one field that put it in the topic it stands under, if the digest prints
    them, `also` its other topics; `source` is where the news itself is read, if that is known.
    `place` counts the printed items from the newest, 0 for the lead. `late`: it came in well after
    its day; `announced` is the day on which a coming event was told of.

    One whose earlier text was mailed has in place of all that what is different: `redated` tells a
    new date from one that stayed, `had_day` may be None, for undated; `relinked` is the new address
    of the news; `retraction` is the reason if it was retracted. `changed` is the day of the
    correction, None if it is not on record. `language` is that of its texts, None
    if each is to be asked by itself.
    """

    title: str
    url: str
    day: date | None
    first_seen: date
    text: str = ""
    source: str | None = None
    because: tuple[Phrase, ...] = ()
    also: tuple[str, ...] = ()
    place: int = 0
    late: bool = False
    announced: date | None = None
    rewordings: tuple[Correction, ...] = ()
    redated: bool = False
    had_day: date | None = None
    relinked: str | None = None
    retraction: str | None = None
    changed: date | None = None
    language: str | None = None

    @property
    def withdrawn(self) -> str | None:
        """The old name of `retraction`, for templates of instances."""
        return self.retraction

    @property
    def returned(self) -> bool:
        """Whether nothing differs: it was retracted, and is no longer."""
        changed = self.rewordings or self.redated or self.relinked or self.retraction is not None
        return not changed


@dataclass(frozen=True, slots=True)
class Section:
    """The items under one topic, newest first; `topic` is None for items in no topic."""

    topic: TopicLink | None
    items: tuple[PrintedItem, ...]


@dataclass(frozen=True, slots=True)
class DigestMail:
    """Everything that one variant of an edition says.

    `total` counts the new items, printed or not; `left_out` are those beyond the digest's
    `max_items` or what a mail can hold, `corrections_left_out` likewise. `web` is the address where
    all of it is read on the site, None if the digest is not public. `teaser` is what an inbox shows
    after the subject. `follows` are the titles of the topics that its readers chose, None for all.
    """

    digest: Digest
    edition: Edition
    site: Site
    day: date
    lead: PrintedItem | None
    lead_topic: TopicLink | None
    sections: tuple[Section, ...]
    corrected: tuple[PrintedItem, ...]
    total: int
    left_out: int
    corrections_left_out: int
    teaser: str
    follows: tuple[str, ...] | None
    web: str | None

    @property
    def specimen(self) -> bool:
        """Whether it only shows what a mail looks like."""
        return self.edition.period == SPECIMEN

    @property
    def home(self) -> str:
        """The address of the site's first page."""
        return f"{self.site.url.rstrip('/')}/"

    @property
    def rest(self) -> str:
        """The address where everything is listed that is left out here."""
        return self.web or self.home

    @property
    def printed(self) -> int:
        """How many new items are printed."""
        return self.total - self.left_out


# --- Builders ----------------------------------------------------------------------------------


def compose(
    context: SiteContext,
    digest: Digest,
    edition: Edition,
    topics: Sequence[Topic],
    owed: Iterable[ClassifiedItem],
    follows: Sequence[str] | None = None,
    *,
    catching_up: bool = False,
) -> DigestMail:
    """Arrange what somebody is owed: a lead, sections by topic, corrections.

    `topics` are all topics in the order of the configuration; the digest's own order comes first.
    `follows` are the slugs that the readers of this variant chose (None: all): their items stand
    under these topics, and other topics are only named. `catching_up` says that some of it is of
    earlier editions, so that the page of this one does not have everything.
    """
    arrived = sorted(owed, key=lambda mail: mail.item.order)
    new = [mail for mail in arrived if mail.had is None and not mail.item.retraction]
    changed = [mail for mail in arrived if mail.had is not None]
    front = lead_of([mail.item for mail in new])
    chosen = sorted(new, key=lambda mail: mail.item is not front)[: digest.max_items]
    ranks = topic_ranks(digest, topics, follows)
    lead = chosen[0] if chosen else None
    home = first_topic(lead.topics, ranks) if lead else None
    places = {mail.item.id: place for place, mail in enumerate(chosen)}
    printed = partial(_printed, context, ranks=ranks, said=digest.because)
    sections = tuple(
        Section(
            _topic_link(context, topic) if topic else None,
            tuple(printed(mail, place=places[mail.item.id]) for mail in mails),
        )
        for topic, mails in by_first_topic(chosen[1:], ranks)
    )
    corrections = tuple(corrected(context, mail) for mail in changed[: digest.max_items])
    return DigestMail(
        digest=digest,
        edition=edition,
        site=context.site,
        day=context.day(edition.opened_at),
        lead=printed(lead, place=0) if lead else None,
        lead_topic=_topic_link(context, home.topic) if home else None,
        sections=sections,
        corrected=corrections,
        total=len(new),
        left_out=len(new) - len(chosen),
        corrections_left_out=max(0, len(changed) - digest.max_items),
        teaser=_teaser(lead, sections, corrections),
        follows=None if follows is None else tuple(t.title for t in topics if t.slug in follows),
        web=_web(context, digest, edition, catching_up=catching_up),
    )


def unprinted(
    context: SiteContext, mail: DigestMail, owed: Iterable[ClassifiedItem]
) -> tuple[str, ...]:
    """The ids of the new items that a mail made of these only counts."""
    printed = {entry.url for section in mail.sections for entry in section.items}
    printed |= {mail.lead.url} if mail.lead else set()
    return tuple(
        each.item.id
        for each in owed
        if each.had is None and context.address(item_path(each.item)) not in printed
    )


def left_out_of(mail: DigestMail, others: Iterable[ClassifiedItem]) -> DigestMail:
    """The same, saying how many more items its readers are owed that are not printed."""
    more = list(others)
    new = sum(each.had is None and not each.item.retraction for each in more)
    return replace(
        mail,
        total=mail.total + new,
        left_out=mail.left_out + new,
        corrections_left_out=mail.corrections_left_out + sum(each.had is not None for each in more),
    )


def shortened(mail: DigestMail, share: float) -> DigestMail | None:
    """The same with about that share of its items, the oldest left out; None if nothing can go.

    The lead stays. Corrections give way after the new items.
    """
    if mail.printed > 1:
        keep = max(1, min(int(mail.printed * share), mail.printed - 1))
        sections = tuple(
            replace(section, items=items)
            for section in mail.sections
            if (items := tuple(item for item in section.items if item.place < keep))
        )
        return replace(mail, sections=sections, left_out=mail.total - keep)
    corrections = int(len(mail.corrected) * share)
    if corrections == len(mail.corrected):
        return None
    left_out = mail.corrections_left_out + len(mail.corrected) - corrections
    return replace(mail, corrected=mail.corrected[:corrections], corrections_left_out=left_out)


# --- Parts -------------------------------------------------------------------------------------


def _printed(
    context: SiteContext, mail: ClassifiedItem, ranks: Mapping[str, int], place: int, *, said: bool
) -> PrintedItem:
    """An item as printed; `said`: with the words that put it in its topic."""
    item, home = mail.item, first_topic(mail.topics, ranks)
    phrases = because(item, home.evidence) if home and said else ()
    return PrintedItem(
        title=cut(item.title, HEADLINE),
        url=context.address(item_path(item)),
        day=item.date,
        first_seen=context.day(item.arrived_at),
        text=excerpt(item.summary, EXCERPT if place else LEAD),
        source=item.text.url,
        # Two phrases say enough, and the title speaks before the text.
        because=tuple(phrase for phrase in phrases if phrase.field == phrases[0].field)[:2],
        also=tuple(p.topic.title for p in mail.topics if p is not home),
        place=place,
        late=context.is_late(item),
        announced=announced(item.date, context.day(item.arrived_at)),
        language=context.language_of(item),
    )


def corrected(context: SiteContext, mail: ClassifiedItem) -> PrintedItem:
    """How an item reads now against the text that its recipients had."""
    item, had = mail.item, mail.had or mail.item.text
    first_seen = context.day(item.arrived_at)
    since = [revision.at for revision in item.history if revision.text == item.text]
    told = since and item.text != had and not item.retraction
    return PrintedItem(
        title=cut(item.title, HEADLINE),
        url=context.address(item_path(item)),
        day=item.date,
        first_seen=first_seen,
        rewordings=rewordings(had, item.text),
        redated=had.date != item.date,
        source=None if item.retraction else item.text.url,
        announced=announced(item.date, first_seen),
        had_day=had.date,
        relinked=item.text.url if item.text.url != had.url else None,
        retraction=excerpt(item.retraction.reason, REASON) if item.retraction else None,
        changed=context.day(since[-1]) if told else None,
        language=context.language_of(item),
    )


def _teaser(
    lead: ClassifiedItem | None, sections: Sequence[Section], corrections: Sequence[PrintedItem]
) -> str:
    """What comes after the lead that the subject names; of a lead alone, how its text begins; of
    corrections alone, the first of them."""
    second = next(chain.from_iterable(section.items for section in sections), None)
    if second:
        return cut(second.title, TEASER)
    if lead:
        return cut(lead.item.summary, TEASER)
    return cut(corrections[0].title, TEASER) if corrections else ""


def _web(
    context: SiteContext, digest: Digest, edition: Edition, *, catching_up: bool
) -> str | None:
    """The page of an edition, or the list of all editions for those who get several at once."""
    if not digest.public or edition.period == SPECIMEN:
        return None
    return context.address(
        digest_path(digest) if catching_up else issue_path(digest, edition.number)
    )


def _topic_link(context: SiteContext, topic: Topic) -> TopicLink:
    return TopicLink(topic.slug, topic.title, context.address(topic_path(topic)))


# --- Bytes -------------------------------------------------------------------------------------


def subject(
    digest: Digest, number: int, items: Sequence[Item], day: date, render: Render, *, first: bool
) -> str:
    """The subject of an edition of a `day` with these new items: one line, frozen when the edition
    opens. `first`: it brings readers all that there was before them."""
    lead = lead_of(items)
    context = {
        "digest": digest,
        "title": cut(digest.title, SUBJECT_TITLE),
        "number": number,
        "day": day,
        "lead": cut(lead.title, SUBJECT_LEAD) if lead else "",
        "others": max(0, len(items) - 1),
        "first": first,
        "parts": tuple(_FIELD.split(digest.subject)),
    }
    line = clean(render(f"{digest.template}/subject.txt.j2", context))
    return cut(line, SUBJECT_LIMIT) or digest.title


def prepare(
    mail: DigestMail,
    sender: Mail,
    render: Render,
    language: str = ENGLISH,
    *,
    shared: bool = False,
    host: str = "",
) -> PreparedMessage:
    """Render both parts of a mail, with marks for what differs between its recipients.

    `render` takes a template's name and its context, and speaks `language`. A mail whose HTML part
    is longer than PAGE_LIMIT bytes loses its oldest items. With `shared` it is for group addresses:
    nothing in it takes them off the list, neither a link nor a header. `host` is what its List-Id
    ends with, the domain in the site's id unless given. Raises TemplateError, and
    DeliveryError for a sender whose address cannot stand in a header.
    """
    if shared:
        # Templates of the instance's own then name whom to write to, as they do without a service.
        sender = sender.model_copy(update={"service_url": None, "unsubscribe": None})
    # Nobody who writes a listing can know this number, so no title can look like a slot.
    number = hashlib.sha256(repr(mail).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    names = [name for name in SLOTS if not (shared and name in PERSONAL)]
    slots = {f"SLOT_{name}_{number}": name for name in names}
    marks = dict.fromkeys(SLOTS, "") | {name: mark for mark, name in slots.items()}
    context: dict[str, object] = {
        "site": mail.site,
        "sender": sender,
        "fields": marks,
        "slots": marks,  # the old name, for templates of instances
        "shared": shared,
    }
    note = clean(render("mail/specimen.txt.j2", {"digest": mail.digest})) if mail.specimen else ""

    def page_of(m: DigestMail) -> str:
        page = render(f"{m.digest.template}/body.html.j2", {**context, "mail": m})
        return inline(_marked(page, note) if note else page)

    mail, page = _fitting(mail, page_of)
    text = render(f"{mail.digest.template}/body.txt.j2", {**context, "mail": mail})
    if note:
        text = f"{note}\n\n\n{text.lstrip()}"
    edition = f"{mail.digest.slug} {mail.edition.number} {mail.edition.period}"
    # "=_" never occurs in quoted-printable text (RFC 2045 §6.7).
    boundary = "=_" + hashlib.sha256(edition.encode("utf-8")).hexdigest()[:24]
    return join(
        _headers_before(mail, sender),
        _headers_after(mail, sender, language, boundary, marks["leave"], host),
        (("plain", fold(text, slots)), ("html", page)),
        boundary,
        slots,
    )


def _marked(page: str, note: str) -> str:
    """The page with a note above all else, whatever templates it is made of."""
    box = f'<p style="{_NOTE}">{escape(note)}</p>'
    return _BODY.sub(lambda found: f"{found[0]}\n{box}", page, count=1)


def _fitting(mail: DigestMail, page_of: Callable[[DigestMail], str]) -> tuple[DigestMail, str]:
    """The mail and its page; shortened until the page fits, if it can be."""
    while True:
        page = page_of(mail)
        size = len(page.encode("utf-8", "replace")) + page.count("\n") + SLOT_ROOM
        shorter = shortened(mail, PAGE_LIMIT / size) if size > PAGE_LIMIT else None
        if shorter is None:
            return mail, page
        mail = shorter


# --- Headers -----------------------------------------------------------------------------------


def _headers_before(mail: DigestMail, sender: Mail) -> tuple[bytes, ...]:
    headers = [field("From", mailbox(sender.name, sender.address))]
    if sender.reply_to:
        headers.append(field("Reply-To", mailbox("", sender.reply_to)))
    headers.append(field("Subject", words(mail.edition.subject, "Subject")))
    headers.append(field("Date", format_datetime(mail.edition.opened_at)))
    return tuple(headers)


def _headers_after(
    mail: DigestMail, sender: Mail, language: str, boundary: str, leave: str, host: str
) -> tuple[bytes | SlotLine, ...]:
    domain = ascii_domain(host or mail.site.authority) or "localhost"
    title = field("List-Id", f"{phrase(mail.digest.title)} <{mail.digest.slug}.{domain}>")
    headers: list[bytes | SlotLine] = [title]
    if sender.one_click:
        # Folded between the two, so that neither is ever broken or encoded (RFC 2369, RFC 8058).
        by_mail = f",\r\n <{sender.leave_url}>" if sender.leave_url else ""
        headers.append(SlotLine("header", f"List-Unsubscribe: <{leave}>{by_mail}"))
        headers.append(field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    elif sender.leave_url:
        headers.append(field("List-Unsubscribe", f"<{sender.leave_url}>"))
    headers += [
        field("Auto-Submitted", "auto-generated"),
        field("Precedence", "bulk"),
        field("X-Auto-Response-Suppress", "All"),
        field("Content-Language", language),
        field("MIME-Version", "1.0"),
        field("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]
    return tuple(headers)
