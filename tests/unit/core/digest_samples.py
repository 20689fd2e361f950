"""Invented news for the tests of the digest mail, and the short way from news to bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from tests.builders import SITE, mail_from
from tidings.adapters.templates import Templates
from tidings.core.mail.digest import DigestMail, compose, prepare
from tidings.core.mail.message import PreparedMessage
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch
from tidings.core.settings import Author, Mail
from tidings.model import (
    Cadence,
    Delivery,
    DeliveryState,
    Digest,
    Edition,
    Evidence,
    Item,
    Rule,
    Text,
    Topic,
)

ZONE = ZoneInfo("America/Costa_Rica")
# Sunday evening in Costa Rica, Monday in UTC: a date shown in the wrong zone shows.
OPENED = datetime(2021, 12, 13, 3, 0, tzinfo=UTC)


NEWS_SITE = SITE.model_copy(
    update={
        "about": "",
        "url": "https://news.example/",
        "author": Author(name="News desk", email="desk@news.example"),
    }
)
CONTEXT = SiteContext(NEWS_SITE, ZONE)
BOATS, PORTS, TIDES = (
    Topic(slug, slug.capitalize(), "", Rule()) for slug in ("boats", "ports", "tides")
)
TOPICS = (BOATS, PORTS, TIDES)
SENDER = mail_from("Harbour news")
TEMPLATES = Templates(None, "en", ZONE)


def item(name: str, day: date | None, summary: str = "A summary.", title: str = "") -> Item:
    noon = datetime(day.year, day.month, day.day, 18, tzinfo=UTC) if day else None
    text = Text(title or f"News of {name}", summary, day)
    arrived = datetime(2021, 12, 8, 14, tzinfo=UTC)
    return Item(id=name, slug=f"{name}-slug", text=text, published=noon, arrived_at=arrived)


def placed(news: Item, *topics: Topic, had: Text | None = None) -> ClassifiedItem:
    evidence = (Evidence("news", "title", 0, 4),)
    return ClassifiedItem(news, tuple(TopicMatch(topic, evidence) for topic in topics), had)


def digest(max_items: int = 40, topics: tuple[str, ...] | None = None) -> Digest:
    return Digest(
        slug="weekly",
        title="Harbour weekly",
        topics=topics,
        cadence=Cadence("week", 0, (8, 0)),
        lists=("staff",),
        history="mail",
        max_items=max_items,
        language="en",
        template="digest",
        because=True,
    )


def edition() -> Edition:
    return Edition(7, "weekly", 12, "2021-W49", OPENED, "A subject")


def mail(
    *owed: ClassifiedItem, follows: tuple[str, ...] | None = None, max_items: int = 40
) -> DigestMail:
    return compose(CONTEXT, digest(max_items), edition(), TOPICS, owed, follows)


def rendered(news: DigestMail, sender: Mail = SENDER) -> PreparedMessage:
    return prepare(news, sender, TEMPLATES.render)


def delivery(address: str = "ana@example.org", name: str = "") -> Delivery:
    state = DeliveryState.QUEUED
    return Delivery(1, 7, address, name, "en", 1, state, 0, "<0123abcd@news.example>")


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts(raw: bytes) -> tuple[str, str]:
    """The text and the HTML of a message, in the order in which they stand."""
    plain, html = read(raw).iter_parts()
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    text = str(plain.get_content()).replace("\r\n", "\n")
    return text, str(html.get_content())
