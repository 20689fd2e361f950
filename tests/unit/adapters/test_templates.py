"""Templates: found, overridden, checked, sandboxed; and the pages that the packaged ones make."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from tests.builders import SITE, feed_paths, head
from tests.cadences import KINDS
from tidings.adapters.templates import Templates, safe_url
from tidings.core.audience import Issue
from tidings.core.pages.issues import as_issued, digest_page, issue_page
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch, item_path, range_of
from tidings.core.pages.site import (
    Page,
    corrections_page,
    index_page,
    item_page,
    moved_page,
)
from tidings.core.pages.topics import month_page, topic_page, year_page
from tidings.core.pages.years import titles_page, years_page
from tidings.core.settings import Author
from tidings.errors import TemplateError
from tidings.model import (
    Cadence,
    CadenceKind,
    Digest,
    Edition,
    Evidence,
    Item,
    Nth,
    Retraction,
    Revision,
    Rule,
    SeedRef,
    SourceEntry,
    Term,
    Text,
    Topic,
    TopicCounts,
)

README = Path(__file__).parents[3] / "templates/README.md"
ZONE = ZoneInfo("America/Costa_Rica")
ARRIVED = datetime(2021, 12, 9, 3, tzinfo=UTC)


PLACE = SITE.model_copy(
    update={
        "title": "Labour <news>",
        "about": 'All that is "new"',
        "url": "https://example.org/news/",
        "author": Author(name="News & desk", email="news@example.org"),
    }
)
HUBS = Topic("hubs", "Hubs & such", "Where people ask", Rule(any=(Term("hub", ("hub",)),)))
WEEKLY = Digest("weekly", "Weekly", None, Cadence("week", 0, (8, 0)), (), "skip", 40, "en", "d")
HUBS_WEEKLY = replace(WEEKLY, slug="hubs-weekly", title="Hubs weekly", topics=("hubs",))
CONTEXT = SiteContext(PLACE, ZONE, (WEEKLY, HUBS_WEEKLY))
DATED = Item(
    "a" * 16,
    "hubs-open-aaaaaaaa",
    Text("Hubs <b>open</b>", "Three & more hubs", date(2021, 12, 6), "https://example.org/a"),
    datetime(2021, 12, 6, 18, tzinfo=UTC),
    ARRIVED,
    history=(
        Revision(0, Text("Hub opens", "Three & more hubs"), ARRIVED, "seeds/a.txt"),
        Revision(1, Text("Hubs <b>open</b>", "Three & more hubs"), ARRIVED, "seeds/a.txt"),
    ),
    sources=(SourceEntry(SeedRef("seeds/a.txt", 3), Text("x"), "a" * 16, ARRIVED, 0),),
)
UNDATED = Item("b" * 16, "no-date-bbbbbbbb", Text("No date"), None, ARRIVED)
GONE = replace(
    DATED,
    id="c" * 16,
    slug="gone-cccccccc",
    retraction=Retraction("Never happened", ARRIVED),
)
EVERYTHING = TopicCounts(3, 1, {(2021, 12): 2}, head(UNDATED))


def templates(overrides: Path | None = None, language: str = "en") -> Templates:
    return Templates(overrides, language, ZONE)


def override(folder: Path, name: str, text: str) -> Path:
    file = folder / "templates" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder / "templates"


def placed(item: Item) -> ClassifiedItem:
    return ClassifiedItem(item, (TopicMatch(HUBS, (Evidence("hub", "title", 0, 4),)),))


def site() -> Iterator[tuple[str, Page]]:
    items = [placed(UNDATED), placed(DATED), placed(GONE)]
    span = range_of(EVERYTHING.months)
    yield (
        "site/index.html.j2",
        index_page(CONTEXT, [(HUBS, EVERYTHING)], EVERYTHING, items, ARRIVED),
    )
    yield "site/topic.html.j2", topic_page(CONTEXT, HUBS, EVERYTHING, span, items, ARRIVED)
    yield "site/item.html.j2", item_page(CONTEXT, items[0], None, head(DATED))
    yield "site/item.html.j2", item_page(CONTEXT, items[1], head(UNDATED), head(GONE))
    yield "site/item.html.j2", item_page(CONTEXT, items[2], head(DATED), None)
    heads = [head(UNDATED), head(DATED), head(GONE)]
    yield "site/year.html.j2", year_page(CONTEXT, HUBS, EVERYTHING, 2021, heads[1:])
    yield "site/year.html.j2", year_page(CONTEXT, HUBS, EVERYTHING, None, heads[:1])
    full = TopicCounts(101, 0, {(2020, 12): 101}, head(DATED))
    yield "site/year.html.j2", year_page(CONTEXT, HUBS, full, 2020, ())
    yield "site/year.html.j2", month_page(CONTEXT, HUBS, (2020, 12), heads[1:])
    yield "site/years.html.j2", years_page(CONTEXT, EVERYTHING)
    yield "site/titles.html.j2", titles_page(CONTEXT, EVERYTHING, 2021, heads[1:])
    yield "site/titles.html.j2", titles_page(CONTEXT, EVERYTHING, None, heads[:1])
    many = TopicCounts(501, 0, {(2020, 12): 501}, head(DATED))
    yield "site/titles.html.j2", titles_page(CONTEXT, many, 2020, ())
    yield "site/titles.html.j2", titles_page(CONTEXT, many, 2020, heads[1:], 12)
    yield "site/corrections.html.j2", corrections_page(CONTEXT, items[1:])
    yield (
        "site/moved.html.j2",
        moved_page(CONTEXT, "topics/old/index.html", "Hubs", "topics/hubs/index.html"),
    )
    merged = replace(items[0].item, slug="merged-cccccccc")
    yield (
        "site/moved.html.j2",
        moved_page(CONTEXT, item_path(merged), merged.title, item_path(items[1].item), "Into"),
    )
    issue = Edition(1, WEEKLY.slug, 1, "2021-W50", ARRIVED, "Hubs & more")
    new = [items[0], items[2]]
    changed = [replace(items[1], item=as_issued(items[1].item, 1, 0))]
    yield "site/digest.html.j2", digest_page(CONTEXT, WEEKLY, [Issue(issue, 2, 1)], ARRIVED)
    yield "site/digest.html.j2", digest_page(CONTEXT, HUBS_WEEKLY, [], None)
    yield "site/digest.html.j2", digest_page(CONTEXT, HUBS_WEEKLY, [], None, latest=3)
    yield "site/edition.html.j2", issue_page(CONTEXT, WEEKLY, issue, [HUBS], new, changed)


def published() -> dict[str, str]:
    made = templates()
    return {page.path: made.render(name, {"page": page}) for name, page in site()}


class Outline(HTMLParser):
    """What a page links to, its ids and its headings; raises on tags that do not nest."""

    VOID = frozenset({"meta", "link", "br", "path", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.rels: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        if tag == "link":
            self.rels.append((str(found["rel"]), str(found["href"])))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# --- The pages ---------------------------------------------------------------------------------


def test_a_list_of_issues_says_of_which_numbers_no_record_is_left() -> None:
    said = Templates(None, "en", ZONE).render(
        "site/digest.html.j2", {"page": digest_page(CONTEXT, HUBS_WEEKLY, [], None, latest=3)}
    )
    assert "There is no record of no. 1–3." in said
    assert "The first will stand here" not in said


def test_every_relative_link_of_every_page_leads_to_a_published_file() -> None:
    pages = published()
    there = {*pages, *feed_paths(""), *feed_paths("topics/hubs/"), "opml.xml"}
    there |= {
        path for digest in (WEEKLY, HUBS_WEEKLY) for path in feed_paths(f"digests/{digest.slug}/")
    }
    there |= {f"assets/{name}" for name in templates().assets()}
    for path, text in pages.items():
        outline = Outline(text)
        relative = [link for link in outline.links if ":" not in link]
        relative += [href for rel, href in outline.rels if rel != "canonical"]
        assert relative
        for link in relative:
            target, _, fragment = link.partition("#")
            resolved = normpath(join(dirname(path), target)) if target else path
            assert resolved in there, f"{path} links to {link}"
            if fragment:
                assert fragment in Outline(pages[resolved]).ids, f"{path} links to {link}"


def test_every_page_has_one_h1_and_skips_no_level_of_headings() -> None:
    for path, text in published().items():
        levels = Outline(text).headings
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        assert all(b - a <= 1 for a, b in pairwise(levels)), path


def test_no_page_uses_an_id_twice() -> None:
    for path, text in published().items():
        ids = Outline(text).ids
        assert len(ids) == len(set(ids)), path


def test_every_page_names_its_own_address_and_its_feeds() -> None:
    rels = {path: Outline(text).rels for path, text in published().items()}
    assert ("canonical", "https://example.org/news/") in rels["index.html"]
    assert ("alternate", "atom.xml") in rels["index.html"]
    topic = rels["topics/hubs/index.html"]
    assert [href for rel, href in topic if rel == "alternate"] == [
        *feed_paths("../../topics/hubs/"),
        *feed_paths("../../"),
    ]
    item = rels["items/hubs-open-aaaaaaaa.html"]
    assert ("canonical", "https://example.org/news/items/hubs-open-aaaaaaaa.html") in item


def test_what_a_listing_says_is_text_and_never_markup() -> None:
    for path, text in published().items():
        assert "<b>" not in text, path
        assert "Labour <news>" not in text, path
    assert "Hubs &lt;b&gt;open&lt;/b&gt;" in published()["index.html"]


def test_an_undated_item_says_so_and_when_it_was_first_seen() -> None:
    page = published()["items/no-date-bbbbbbbb.html"]
    assert "Undated, first seen <time" in page
    assert "8 December 2021</time>" in page


def test_an_item_says_why_it_is_in_a_topic_and_what_was_corrected() -> None:
    page = published()["items/hubs-open-aaaaaaaa.html"]
    assert "Because <mark>Hubs</mark> is in the title." in page
    assert "<del>Hub opens</del> <ins>Hubs &lt;b&gt;open&lt;/b&gt;</ins>" in page
    assert "seeds/" not in page
    assert 'href="https://example.org/a"' in page


def test_a_retracted_item_shows_the_reason_and_not_its_text() -> None:
    page = published()["items/gone-cccccccc.html"]
    assert "Never happened" in page
    assert "Three &amp; more hubs" not in page
    assert "<del>" not in page


def test_an_address_that_is_a_script_is_not_linked() -> None:
    item = replace(DATED, text=replace(DATED.text, url="javascript:alert(1)"))
    page = item_page(CONTEXT, placed(item), None, None)
    assert "javascript" not in templates().render("site/item.html.j2", {"page": page})


def test_an_empty_site_still_has_all_its_pages() -> None:
    nothing = TopicCounts(0, 0, {}, None)
    index = index_page(replace(CONTEXT, digests=()), [(HUBS, nothing)], nothing, [], None)
    assert "There are no items yet" in templates().render("site/index.html.j2", {"page": index})
    topic = topic_page(CONTEXT, HUBS, nothing, None, [], None)
    assert "There are no items on" in templates().render("site/topic.html.j2", {"page": topic})


def test_a_page_is_the_same_bytes_every_time() -> None:
    assert published() == published()


def test_a_page_says_its_language_and_direction() -> None:
    name, page = next(site())
    assert '<html lang="ar" dir="rtl">' in templates(language="ar").render(name, {"page": page})


# --- Overrides ---------------------------------------------------------------------------------


def test_an_override_can_fill_one_block_of_the_packaged_template(tmp_path: Path) -> None:
    folder = override(
        tmp_path,
        "site/base.html.j2",
        '{% extends "default:site/base.html.j2" %}{% block signoff %}<p>Yours</p>{% endblock %}',
    )
    changed = templates(folder)
    for name, page in site():
        before = templates().render(name, {"page": page})
        after = changed.render(name, {"page": page})
        assert "<p>Yours</p>" in after
        assert after.replace("<p>Yours</p>", "").split() == before.split()
    assert changed.check() == ()


@pytest.mark.parametrize("block", ["head_extra", "masthead", "signoff", "footer"])
def test_every_documented_block_exists(block: str, tmp_path: Path) -> None:
    text = f'{{% extends "default:site/base.html.j2" %}}{{% block {block} %}}@@@{{% endblock %}}'
    folder = override(tmp_path, "site/base.html.j2", text)
    for name, page in site():
        assert templates(folder).render(name, {"page": page}).count("@@@") == 1
    assert block in README.read_text(encoding="utf-8")


def test_the_example_in_the_readme_works(tmp_path: Path) -> None:
    readme = README.read_text(encoding="utf-8")
    example = readme.split("```jinja\n")[1].split("```")[0]
    folder = override(tmp_path, "site/base.html.j2", example)
    name, page = next(site())
    assert "closed from 24 December" in templates(folder).render(name, {"page": page})


def test_an_asset_of_the_instance_replaces_or_joins_the_packaged_ones(tmp_path: Path) -> None:
    packaged = templates().assets()
    assert {"site.css", "tide.svg"} <= packaged.keys()
    override(tmp_path, "assets/site.css", "a{}")
    folder = override(tmp_path, "assets/fonts/own.css", "b{}")
    found = templates(folder).assets()
    assert (found["site.css"], found["fonts/own.css"]) == (b"a{}", b"b{}")
    assert found["tide.svg"] == packaged["tide.svg"]


def test_an_asset_that_is_a_template_is_made_and_gives_way_to_a_plain_one(tmp_path: Path) -> None:
    assert b"A feed, for feed readers" in templates().assets()["feed.css"]
    spanish = templates(language="es").assets()["feed.css"].decode()
    assert 'content: "Un canal, para lectores de canales";' in spanish
    assert not any(name.endswith(".j2") for name in templates().assets())
    override(tmp_path, "assets/a.css.j2", '{{ "a \\" b"|css_text }} {{ "<p>" }}')
    own = override(tmp_path, "assets/feed.css", "b{}")
    found = templates(own).assets()
    assert found["a.css"] == rb'"a \22  b" <p>'
    assert found["feed.css"] == b"b{}"


def test_pages_lead_to_subscribing_only_where_somebody_can(tmp_path: Path) -> None:
    link = "https://people.example.org/subscribe/weekly"
    open_weekly = replace(WEEKLY, subscribe=True)
    served = replace(CONTEXT, service_url="https://people.example.org/")
    for frame, there in (
        (replace(served, digests=(open_weekly, HUBS_WEEKLY)), True),
        (replace(CONTEXT, digests=(open_weekly, HUBS_WEEKLY)), False),
        (served, False),
    ):
        digest = frame.digests[0]
        for name, page in (
            ("site/index.html.j2", index_page(frame, [(HUBS, EVERYTHING)], EVERYTHING, [], None)),
            ("site/digest.html.j2", digest_page(frame, digest, (), None)),
        ):
            made = templates().render(name, {"page": page})
            assert (f'href="{link}"' in made) is there
            asked = "mailto:" in made.split("<footer")[0]
            assert asked is (not there or "index" in name)


def test_hidden_files_and_notes_are_neither_templates_nor_assets(tmp_path: Path) -> None:
    override(tmp_path, "assets/.DS_Store", "x")
    folder = override(tmp_path, "README.md", "x")
    assert templates(folder).assets().keys() == templates().assets().keys()
    assert templates(folder).fingerprint() == templates().fingerprint()


def test_the_fingerprint_changes_with_any_template_or_asset(tmp_path: Path) -> None:
    seen = {templates().fingerprint(), templates(tmp_path / "absent").fingerprint()}
    assert len(seen) == 1
    seen.add(templates(override(tmp_path, "site/a.html.j2", "1")).fingerprint())
    seen.add(templates(override(tmp_path, "site/a.html.j2", "2")).fingerprint())
    seen.add(templates(override(tmp_path, "assets/a.css", "2")).fingerprint())
    assert len(seen) == 4


def test_an_edit_shows_in_new_templates_and_not_in_those_already_read(tmp_path: Path) -> None:
    folder = override(tmp_path, "site/a.html.j2", "old")
    read = templates(folder)
    override(tmp_path, "site/a.html.j2", "new")
    assert read.render("site/a.html.j2", {}) == "old"
    assert templates(folder).render("site/a.html.j2", {}) == "new"


# --- Faults ------------------------------------------------------------------------------------


def fault(tmp_path: Path, text: str, **context: object) -> str:
    folder = override(tmp_path, "site/a.html.j2", text)
    with pytest.raises(TemplateError) as caught:
        templates(folder).render("site/a.html.j2", context)
    return str(caught.value)


def test_an_undefined_name_is_an_error_with_file_and_line(tmp_path: Path) -> None:
    message = fault(tmp_path, "one\n{{ nobody }}\n")
    assert message.startswith("templates/site/a.html.j2:2: 'nobody' is undefined")
    assert "delete the file" in message


def test_a_syntax_error_is_told_with_file_and_line(tmp_path: Path) -> None:
    assert fault(tmp_path, "one\n\n{% if %}\n").startswith("templates/site/a.html.j2:3: ")


def test_a_fault_inside_a_macro_is_told_where_it_is(tmp_path: Path) -> None:
    override(tmp_path, "site/m.html.j2", "{% macro m() %}\n\n{{ 1 // 0 }}{% endmacro %}")
    message = fault(tmp_path, '{% import "site/m.html.j2" as m %}\n{{ m.m() }}')
    assert message.startswith("templates/site/m.html.j2:3: ")


def test_a_template_that_takes_itself_in_is_told_the_way_out(tmp_path: Path) -> None:
    message = fault(tmp_path, '{% extends "site/a.html.j2" %}')
    assert "write default:" in message


def test_a_missing_template_is_named() -> None:
    with pytest.raises(TemplateError, match=r"there is no template site/nowhere\.html\.j2"):
        templates().render("site/nowhere.html.j2", {})


def test_a_template_cannot_reach_beyond_its_data(tmp_path: Path) -> None:
    assert "unsafe" in fault(tmp_path, "{{ ''.__class__.__mro__ }}")
    assert "unsafe" in fault(tmp_path, "{{ given.append(1) }}", given=[])
    assert "lipsum" in fault(tmp_path, "{{ lipsum() }}")
    assert "random" in fault(tmp_path, "{{ [1, 2]|random }}")


def test_a_template_that_is_not_utf8_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = override(tmp_path, "site/a.html.j2", "x")
    (folder / "site/a.html.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match=r"site/a\.html\.j2"):
        templates(folder).render("site/a.html.j2", {})
    assert [str(p) for p in templates(folder).check()] == [
        "templates/site/a.html.j2: is not UTF-8 text (save it as UTF-8)"
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_template_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = override(tmp_path, "site/a.html.j2", "x")
    (folder / "site/a.html.j2").chmod(0)
    with pytest.raises(TemplateError, match=r"^templates/site/a\.html\.j2: "):
        templates(folder)


def test_our_own_templates_have_no_faults() -> None:
    ours = templates(Path(str(files("tidings") / "templates")))
    assert ours.has("site/base.html.j2")
    assert ours.check() == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\n{% if %}", "templates/site/base.html.j2:2: "),
        ("{{ 1|long_dat }}", "templates/site/base.html.j2:1: No filter named 'long_dat'"),
        ('{% include "site/part.html.j2" %}', "did you mean site/parts.html.j2?"),
        ('{% extends "site/base.html.j2" %}', "write default:site/base.html.j2"),
        (
            '{% extends "default:site/base.html.j2" %}\n{% block sigoff %}{% endblock %}',
            "2: default:site/base.html.j2 has no block sigoff, so this text is never used (did you",
        ),
    ],
)
def test_a_check_finds_what_is_wrong_without_data(text: str, told: str, tmp_path: Path) -> None:
    problems = templates(override(tmp_path, "site/base.html.j2", text)).check()
    assert len(problems) == 1
    assert told in str(problems[0])


# --- Filters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "10 December 2021|10 December|December 2021|Friday|1,234"),
        ("en-US", "December 10, 2021|December 10|December 2021|Friday|1,234"),
        ("es", "10 de diciembre de 2021|10 de diciembre|diciembre de 2021|viernes|1.234"),
        ("de-XX", "10. Dezember 2021|10. Dezember|Dezember 2021|Freitag|1.234"),
        ("xx", "10 December 2021|10 December|December 2021|Friday|1,234"),
    ],
)
def test_dates_are_written_out_in_the_language(
    language: str, expected: str, tmp_path: Path
) -> None:
    text = (
        "{{ d|long_date }}|{{ d|day_month }}|{{ d|month_year }}|{{ d|weekday }}|{{ 1234|number }}"
    )
    made = templates(override(tmp_path, "a.txt.j2", text), language)
    assert made.render("a.txt.j2", {"d": date(2021, 12, 10)}) == expected


def test_an_instant_is_dated_by_the_zone(tmp_path: Path) -> None:
    folder = override(tmp_path, "a.txt.j2", "{{ i|full_date }}, {{ (2021, 2)|month_year }}")
    assert (
        templates(folder).render("a.txt.j2", {"i": ARRIVED})
        == "Wednesday, 8 December 2021, February 2021"
    )


def test_a_cadence_is_told_by_weekday_and_clock(tmp_path: Path) -> None:
    folder = override(tmp_path, "a.txt.j2", "{{ 0|weekday }} {{ (8, 5)|clock }}, {{ place }}")
    assert templates(folder).render("a.txt.j2", {}) == "Monday 08:05, Costa Rica"


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_pages_have_words_of_their_own_for_each_kind_of_cadence(language: str) -> None:
    assert KINDS.keys() == set(get_args(CadenceKind))
    cadences = [cadence for _, cadence, _ in KINDS.values()]
    cadences += [Cadence("month", 2, (8, 0), nth=nth) for nth in get_args(Nth)]
    digests = [replace(WEEKLY, cadence=cadence, language=language) for cadence in cadences]
    context = replace(CONTEXT, digests=tuple(digests))
    page = index_page(context, [], TopicCounts(0, 0, {}, None), [], ARRIVED)
    made = templates(None, language)
    text = made.render("site/index.html.j2", {"page": page})
    said = re.findall(r"<p>Weekly (?:comes|llega|arrive) [^<]*</p>", text)
    assert len(set(said)) == len(said) == len(cadences)
    assert all("08:00" in each for each in said[1:])
    assert all("  " not in each for each in said)
    shown = {"page": page, "digests": digests, "topic": ""}
    text = made.render("web/digests.html.j2", shown)
    often = re.findall(r'<p class="facts">(.+)</p>', text)
    assert len(often) == len(cadences)
    assert len(set(often)) == 7


def test_pages_say_of_two_weekdays_and_of_days_that_are_left_out() -> None:
    twice = Cadence("week", 0, (8, 0), also=(3,), but=frozenset({date(2026, 12, 24)}))
    digests = tuple(replace(WEEKLY, cadence=twice, language=each) for each in ("en", "fr"))
    context = replace(CONTEXT, digests=digests)
    page = index_page(context, [], TopicCounts(0, 0, {}, None), [], ARRIVED)
    told = "Weekly comes every Monday and Thursday at 08:00 if there is anything new, and has each"
    text = templates().render("site/index.html.j2", {"page": page})
    assert f"<p>{told} item once. Some days are left out.</p>" in text
    french = templates(None, "fr").render("site/index.html.j2", {"page": page})
    assert "Weekly arrive chaque lundi et jeudi à 08:00 s’il y a du nouveau" in french


def test_html_is_escaped_and_plain_text_is_not(tmp_path: Path) -> None:
    override(tmp_path, "a.html.j2", "{{ x }}")
    made = templates(override(tmp_path, "a.txt.j2", "{{ x }}"))
    assert made.render("a.html.j2", {"x": "<&>"}) == "&lt;&amp;&gt;"
    assert made.render("a.txt.j2", {"x": "<&>"}) == "<&>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("HTTP://example.org", "http://example.org"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        (" https://example.org ", "https://example.org"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("https:", ""),
        ("http://[", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_addresses_of_the_web_and_of_mail_survive(value: str | None, expected: str) -> None:
    assert safe_url(value) == expected
