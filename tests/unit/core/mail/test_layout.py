"""A mail of three does not look like one of forty, and its headlines lead to the story."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.unit.core.digest_samples import (
    BOATS,
    CONTEXT,
    TIDES,
    TOPICS,
    delivery,
    digest,
    edition,
    item,
    parts,
    placed,
    rendered,
)
from tidings.core.mail.digest import compose
from tidings.core.settings import Look
from tidings.core.settings.look import FooterLink
from tidings.model import Item, Topic

CONTENTS = "In this issue"
STORY = "https://www.harbour.example/story"


def news(number: int, day: date = date(2021, 12, 6)) -> Item:
    return item(f"story-{number}", day - timedelta(days=number))


def shown(*owed: tuple[Item, Topic | None], title: str = "Harbour weekly", **site: object) -> str:
    """The HTML part of a mail with these items, each under a topic or none."""
    context = replace(CONTEXT, site=CONTEXT.site.model_copy(update=site))
    found = [placed(one, topic) if topic else placed(one) for one, topic in owed]
    mail = compose(context, replace(digest(), title=title), edition(), TOPICS, found)
    return parts(rendered(mail).for_recipient(delivery()))[1]


def text_of(*owed: tuple[Item, Topic | None], **site: object) -> str:
    context = replace(CONTEXT, site=CONTEXT.site.model_copy(update=site))
    found = [placed(one, topic) if topic else placed(one) for one, topic in owed]
    mail = compose(context, digest(), edition(), TOPICS, found)
    return parts(rendered(mail).for_recipient(delivery()))[0]


def headings(html: str) -> list[str]:
    """What stands as title, kicker or heading of a section, without their markup."""
    found = re.findall(r"<(?:h1|h2)\b[^>]*>(.*?)</h[12]>|<p class=\"rubric[^>]*>(.*?)</p>", html)
    return [re.sub(r"<[^>]+>", "", one or other).strip() for one, other in found]


@pytest.mark.parametrize(("number", "listed"), [(3, False), (6, False), (7, True), (40, True)])
def test_contents_stand_only_above_more_than_six_items(number: int, listed: bool) -> None:
    owed = [(news(n), BOATS if n % 2 else TIDES) for n in range(number)]
    assert (CONTENTS in shown(*owed)) is listed
    assert (CONTENTS in text_of(*owed)) is listed


def test_no_heading_is_said_twice() -> None:
    owed = [(news(0), BOATS), (news(1), BOATS), (news(2), TIDES), (news(3), None)]
    found = headings(shown(*owed))
    assert len(found) == len(set(found))
    assert f"More on {BOATS.title}" in found


def test_a_digest_that_is_called_as_its_topic_says_so_once() -> None:
    found = headings(shown((news(0), BOATS), (news(1), BOATS), title=BOATS.title))
    assert found.count(BOATS.title) == 1


def test_items_in_no_topic_need_no_heading_among_themselves() -> None:
    assert "Other items" not in shown((news(0), None), (news(1), None))
    assert "Other items" in shown((news(0), BOATS), (news(1), None))


def test_a_headline_leads_to_the_story_and_a_small_link_to_our_page() -> None:
    one = replace(news(0), text=replace(news(0).text, url=STORY))
    html, text = shown((one, BOATS)), text_of((one, BOATS))
    assert re.search(rf'<h2[^>]*><a[^>]* href="{STORY}"|<h2[^>]*><a href="{STORY}"', html)
    assert "harbour.example · " in html
    assert "www.harbour.example · " not in html
    assert re.search(r'<a[^>]*href="[^"]*/items/story-0[^"]*"[^>]*>Details</a>', html)
    assert text.index(STORY) < text.index("Details: https://")


def test_a_site_can_lead_headlines_to_its_own_pages() -> None:
    one = replace(news(0), text=replace(news(0).text, url=STORY))
    html = shown((one, BOATS), links="page")
    assert re.search(r"<h2[^>]*><a[^>]*/items/story-0", html)
    assert "Read it at harbour.example" in html


def test_a_link_that_is_a_script_is_no_story() -> None:
    one = replace(news(0), text=replace(news(0).text, url="javascript:alert(1)"))
    html = shown((one, BOATS))
    assert "javascript" not in html
    assert re.search(r"<h2[^>]*><a[^>]*/items/story-0", html)


def test_every_message_ends_with_the_links_of_the_footer() -> None:
    links = (
        FooterLink(title="Imprint", url="https://example.org/imprint"),
        FooterLink(title="Privacy", url="https://example.org/privacy"),
    )
    for number in (0, 1, 2):
        footer = links[:number]
        html, text = (
            shown((news(0), BOATS), footer=footer),
            text_of((news(0), BOATS), footer=footer),
        )
        for link in footer:
            assert f'href="{link.url}"' in html
            assert f"{link.title}: {link.url}" in text
        assert ("imprint" in html) is bool(number)


def test_a_message_has_the_accent_of_the_site_in_light_and_dark() -> None:
    html = shown((news(0), BOATS), look=Look(accent="#1a4f8a"))
    assert "#1a4f8a" in html
    assert Look(accent="#1a4f8a").dark_accent in html
    assert "#00634F" not in html
