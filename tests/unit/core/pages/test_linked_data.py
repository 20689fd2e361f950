"""What search engines are told of an item, and that no text of it ends the script it stands in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import SITE, ZONE, item, text
from tidings.adapters.templates import Templates
from tidings.core.pages.items import ClassifiedItem, SiteContext
from tidings.core.pages.linked_data import linked_data, script_json
from tidings.core.pages.site import item_page
from tidings.model import Item, Retraction

AT = datetime(2026, 5, 1, tzinfo=UTC)
ADDRESS = "https://news.example.org/items/boats.html"
BOATS = item(text("Boats <b>&</b> ports", "They came.", "2026-04-30"))


def told(of: Item, language: str | None = None) -> dict[str, object]:
    return linked_data(SITE, of, ADDRESS, language)


def elsewhere(url: str) -> Item:
    return replace(BOATS, text=replace(BOATS.text, url=url))


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://", "mailto:a@b.example"])
def test_what_has_no_address_elsewhere_is_an_article_of_this_site(url: str | None) -> None:
    found = told(replace(BOATS, text=replace(BOATS.text, url=url)))
    assert found["@type"] == "NewsArticle"
    assert (found["headline"], found["datePublished"]) == (BOATS.title, "2026-04-30")
    assert "isBasedOn" not in found


def test_what_has_one_is_a_page_about_that() -> None:
    found = told(elsewhere("https://example.org/a b?x=1"))
    assert (found["@type"], found["name"]) == ("WebPage", BOATS.title)
    assert found["isBasedOn"] == "https://example.org/a%20b?x=1"
    assert "headline" not in found


def test_of_a_retracted_item_a_page_is_left_without_its_day_or_text() -> None:
    for gone in (BOATS, elsewhere("https://example.org/a")):
        found = told(replace(gone, retraction=Retraction("It was a pier.", AT)))
        assert found["@type"] == "WebPage"
        assert found["description"] == "It was a pier."
        assert not {"isBasedOn", "datePublished", "headline"} & set(found)


def test_an_undated_item_has_no_day() -> None:
    assert "datePublished" not in told(item(text("Boats", "They came.")))


def test_what_was_corrected_says_when() -> None:
    assert "dateModified" not in told(BOATS)
    assert told(replace(BOATS, revised_at=AT))["dateModified"] == AT.isoformat()


def test_the_language_is_what_the_source_says_else_the_letters_else_nothing() -> None:
    assert told(BOATS)["inLanguage"] == "en"
    assert told(BOATS, "es")["inLanguage"] == "es"
    assert told(item(text("שלום")))["inLanguage"] == "he"
    assert "inLanguage" not in told(item(text("Новости")))


class Scripts(HTMLParser):
    """The scripts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "script":
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


HOSTILE = st.text(alphabet="<>&/!-script\u2028\u2029\"'\\ ]", max_size=40)


@given(HOSTILE, HOSTILE)
def test_no_text_ends_the_script_or_changes_in_it(title: str, summary: str) -> None:
    found = script_json({"name": title, "description": summary})
    assert not set(found) & set("<>&\u2028\u2029")
    assert json.loads(found) == {"name": title, "description": summary}


@pytest.mark.parametrize(
    "title", ["</script><script>alert(1)</script>", "<!--<script>", "a\u2028b"]
)
def test_a_page_has_one_script_which_is_data(title: str) -> None:
    page = item_page(SiteContext(SITE, ZONE), ClassifiedItem(item(text(title, title))), None, None)
    parser = Scripts()
    parser.feed(Templates(None, "en", ZONE).render("site/item.html.j2", {"page": page}))
    (script,) = parser.found
    assert json.loads(script)["headline"] == title
