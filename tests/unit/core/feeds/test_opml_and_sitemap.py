"""The list of all feeds, and the sitemap."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from tests.builders import MONDAY, SITE, topic
from tests.feed_rules import opml_faults, sitemap_faults
from tidings.core.feeds.write import MOST, Address, opml, sitemap


def test_the_list_begins_with_everything_and_names_each_topic_s_feed_in_order() -> None:
    data = opml(SITE, [topic("ports"), topic("boats", about="All that floats")])
    assert opml_faults(data) == []
    outlines = etree.fromstring(data).findall("body/outline")
    assert [(each.get("text"), each.get("xmlUrl")) for each in outlines] == [
        ("Harbour news", "https://news.example.org/atom.xml"),
        ("Ports", "https://news.example.org/topics/ports/atom.xml"),
        ("Boats", "https://news.example.org/topics/boats/atom.xml"),
    ]
    assert outlines[2].get("description") == "All that floats"
    assert "description" not in outlines[1].attrib


def test_hostile_titles_are_told_as_they_are() -> None:
    worse = replace(topic("boats"), title='"><script>\x00</script>')
    data = opml(SITE, [worse])
    assert opml_faults(data) == []
    assert etree.fromstring(data).findall("body/outline")[1].get("text") == '"><script></script>'


def test_a_sitemap_says_when_each_page_last_changed() -> None:
    data = sitemap([Address("https://news.example.org/", MONDAY)])
    assert sitemap_faults(data, SITE.url) == []
    assert b"<lastmod>2026-03-02T15:00:00+00:00</lastmod>" in data


def test_a_sitemap_ends_where_the_protocol_says() -> None:
    pages = (Address(f"https://news.example.org/{n}", MONDAY) for n in range(MOST + 1))
    assert sitemap(pages).count(b"<loc>") == MOST
