"""From a digest mail to bytes, through the default templates."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import mail_from
from tests.cadences import KINDS
from tests.unit.core.digest_samples import (
    BOATS,
    PORTS,
    SENDER,
    TEMPLATES,
    TIDES,
    ZONE,
    delivery,
    digest,
    item,
    mail,
    parts,
    placed,
    read,
    rendered,
)
from tidings.adapters.templates import Templates
from tidings.core.mail.digest import PAGE_LIMIT, prepare, subject
from tidings.core.mail.message import PreparedMessage, Render, message_id
from tidings.core.pages.items import ClassifiedItem
from tidings.core.settings import Mail
from tidings.model import Cadence, Item, Retraction, Text

LONG = "The boats went out at dawn and came back with the evening tide, laden and slow. " * 12
EVERYTHING = mail(
    placed(item("lead", date(2021, 12, 10), LONG), BOATS),
    placed(item("second", date(2021, 10, 14), LONG), PORTS, TIDES),
    placed(item("third", None, 'Ñandú & <script>alert("x")</script>'), PORTS),
    placed(item("fourth", date(2019, 1, 2), "")),
    placed(item("fixed", date(2021, 5, 25)), BOATS, had=Text("News of fixes", "A summary.")),
)
PREPARED = rendered(EVERYTHING)
RAW = PREPARED.for_recipient(delivery())


class Outline(HTMLParser):
    """Headings in order, tables without a role, images, links, and the text that readers see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: set[str] = set()
        self.tables_with_a_voice = 0
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.tables_with_a_voice += tag == "table" and values.get("role") != "presentation"
        if tag == "a":
            self.links.add(values["href"] or "")


# --- The message -------------------------------------------------------------------------------


def test_the_message_is_read_back_without_a_defect() -> None:
    message = read(RAW)
    assert not message.defects
    assert not [part.defects for part in message.iter_parts() if part.defects]
    assert message["Subject"] == "A subject"
    assert message["To"] == "ana@example.org"
    assert message["From"] == "Harbour news <digest@news.example>"
    assert message["Date"] == "Mon, 13 Dec 2021 03:00:00 +0000"
    assert message["Message-ID"] == "<0123abcd@news.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["X-Auto-Response-Suppress"] == "All"


def test_text_comes_first_so_that_readers_prefer_the_html() -> None:
    text, html = parts(RAW)
    assert text.startswith("Harbour weekly")
    assert html.startswith("<!DOCTYPE html>")


def test_every_line_ends_in_crlf_and_no_body_line_is_too_long_for_a_relay() -> None:
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", RAW)
    body = RAW.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert RAW.isascii()


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert rendered(EVERYTHING).for_recipient(delivery()) == RAW


def test_two_editions_have_two_boundaries() -> None:
    next_one = replace(EVERYTHING, edition=replace(EVERYTHING.edition, number=13))
    other = message_from_bytes(rendered(next_one).for_recipient(delivery()))
    assert other.get_boundary() != message_from_bytes(RAW).get_boundary()


def test_a_long_way_to_leave_is_neither_folded_nor_encoded() -> None:
    leave = "mailto:leave-" + "x" * 55 + "@news.example?subject=no%20more"
    sender = mail_from("Desk", "desk@news.example", unsubscribe=leave)
    raw = rendered(EVERYTHING, sender).for_recipient(delivery())
    line = f"\r\nList-Unsubscribe: <{leave}>\r\n"
    assert line.encode() in raw


def test_without_an_address_for_leaving_there_is_no_header_and_the_footer_names_the_sender() -> (
    None
):
    assert read(RAW)["List-Unsubscribe"] is None
    for part in parts(RAW):
        assert "digest@news.example" in part


SERVED = mail_from(
    "Desk",
    "desk@news.example",
    unsubscribe="mailto:leave@news.example",
    service_url="https://news.example/people/",
)


def for_a_group(render: Render = TEMPLATES.render, sender: Mail = SERVED) -> PreparedMessage:
    return prepare(EVERYTHING, sender, render, shared=True)


def test_what_a_group_gets_has_no_link_and_no_header_that_ends_it() -> None:
    links = {"leave": "https://news.example/leave/x", "choices": "https://news.example/choices/x"}
    raw = for_a_group().for_recipient(delivery("all@example.org"), links)
    assert b"nsubscribe" not in raw
    for part in parts(raw):
        assert not {"/leave/", "/choices/", "leave@news.example", "Unsubscribe"} & set(part.split())
        assert "news.example/leave" not in part
        assert "This message is sent to a group address." in part
        assert "desk@news.example" in part


def test_a_footer_of_the_instances_own_has_nothing_for_a_group_to_leave_by() -> None:
    def own(name: str, _context: Mapping[str, object]) -> str:
        return TEMPLATES.render(name, _context) + "{leave} {choices}".format(**slots(_context))

    def slots(context: Mapping[str, object]) -> dict[str, str]:
        found = context["slots"]
        assert isinstance(found, dict)
        return {name: str(found[name]) for name in ("leave", "choices")}

    links = {"leave": "https://news.example/leave/x", "choices": "https://news.example/choices/x"}
    raw = for_a_group(own).for_recipient(delivery("all@example.org"), links)
    assert b"/leave/" not in raw
    assert b"SLOT" not in raw


def test_both_forms_of_a_body_are_kept_and_one_that_an_earlier_version_kept_is_read() -> None:
    both = replace(PREPARED, for_groups=for_a_group())
    assert PreparedMessage.load(both.dump()) == both
    assert PreparedMessage.load(PREPARED.dump()).for_groups is None
    # As version 0.1.0 wrote it.
    assert set(json.loads(zlib.decompress(PREPARED.dump()))) == {"before", "after", "slots"}


def test_replies_go_where_the_settings_say() -> None:
    sender = mail_from("Desk", "desk@news.example", reply_to="editor@news.example")
    assert read(rendered(EVERYTHING, sender).for_recipient(delivery()))["Reply-To"] == (
        "editor@news.example"
    )
    assert read(RAW)["Reply-To"] is None


def test_the_list_is_named_by_digest_and_site() -> None:
    assert read(RAW)["List-Id"] == '"Harbour weekly" <weekly.news.example.org>'


# --- Recipients --------------------------------------------------------------------------------


def test_each_recipient_reads_their_own_address_and_nobody_sees_a_slot() -> None:
    for address in ("ana@example.org", "luis+tides@example.org"):
        raw = PREPARED.for_recipient(delivery(address, "Luis"))
        for part in parts(raw):
            assert address in part
            assert "SLOT" not in part


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_neither_name_nor_address_brings_markup(name: str) -> None:
    plain = parts(PREPARED.for_recipient(delivery("a&b'c@example.org", f"<b>{name}</b>")))[1]
    assert "a&amp;b&#x27;c@example.org" in plain
    assert "<b>" not in plain


def test_an_override_greets_by_name_and_the_name_stays_text(tmp_path: Path) -> None:
    (tmp_path / "digest").mkdir()
    (tmp_path / "digest" / "body.html.j2").write_text(
        '{% extends "default:digest/body.html.j2" %}'
        "{% block signoff %}<tr><td>Dear {{ slots.name }}, {{ ['a', 'b'] | listed }}</td></tr>"
        "{% endblock %}"
    )
    templates = Templates(tmp_path, "en", ZONE)
    prepared = prepare(EVERYTHING, SENDER, templates.render)
    html = parts(prepared.for_recipient(delivery(name="<b>Ana</b> & sons")))[1]
    assert "Dear &lt;b&gt;Ana&lt;/b&gt; &amp; sons, a and b<" in html
    assert "Harbour weekly" in html


def test_a_title_that_looks_like_a_slot_is_only_a_title() -> None:
    title = "SLOT_address_0123456789abcdef"
    said = mail(placed(item("odd", date(2021, 12, 1), title=title), BOATS))
    assert title in parts(rendered(said).for_recipient(delivery()))[0]


def test_a_long_address_does_not_break_the_columns() -> None:
    address = "a" * 40 + "@" + "example." * 3 + "org"
    text = parts(PREPARED.for_recipient(delivery(address)))[0]
    assert max(len(line) for line in text.splitlines()) <= 72


# --- What it says ------------------------------------------------------------------------------


def test_both_parts_have_the_same_links() -> None:
    text, html = parts(RAW)
    links = {link.partition("#")[0] for link in Outline(html).links if link.startswith("http")}
    assert links == set(re.findall(r"https?://\S+", text))
    assert "https://news.example/items/second-slug.html" in links
    assert "https://news.example/digests/weekly/12.html" in links


def test_both_parts_have_the_same_items_in_the_same_order() -> None:
    text, html = parts(RAW)
    shown = re.findall(r'href="https://news\.example/items/(\w+)-slug\.html"', html)
    assert shown == ["lead", "third", "second", "fourth", "fixed"]
    assert re.findall(r"https://news\.example/items/(\w+)-slug\.html", text) == shown
    titles = re.findall(r"<h[23] class=\"(?:front|headline)\"[^>]*><a[^>]*>([^<]+)", html)
    at = [text.index(f"\n{title}\n") for title in titles]
    assert len(titles) == len(shown)
    assert at == sorted(at)


def test_both_parts_say_why_what_when_and_where_else() -> None:
    text, html = parts(RAW)
    said = re.sub(r"<[^>]+>", "", html)
    for part in (" ".join(text.split()), " ".join(said.split())):
        assert "10 December 2021" in part
        assert "2 January 2019" in part
        assert "Undated, first seen 8 December" in part
        assert "first seen 8 December 2021" not in part
        assert "in the title. Also in Tides." in part
        assert "Other items" in part
        assert "Corrected since" in part


def test_an_undated_item_of_another_year_says_which() -> None:
    news = item("late", None)
    before = replace(news, arrived_at=news.arrived_at.replace(year=2020))
    text = parts(rendered(mail(placed(before))).for_recipient(delivery()))[0]
    assert "Undated, first seen 8 December 2020" in text


def test_no_line_of_text_but_an_address_is_wider_than_72_columns() -> None:
    text = parts(RAW)[0]
    assert not [line for line in text.splitlines() if len(line) > 72 and "://" not in line]


def test_markup_in_the_news_is_text() -> None:
    html = parts(RAW)[1]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "Ñandú &amp;" in html


def test_a_source_that_is_no_web_address_is_no_link() -> None:
    news = item("trap", date(2021, 12, 1))
    for url, shown in (("javascript:alert(1)", False), ("https://example.org/n?a=1&b=2", True)):
        said = mail(placed(replace(news, text=replace(news.text, url=url)), BOATS))
        text, html = parts(rendered(said).for_recipient(delivery()))
        assert (url in text) is shown
        assert (url in Outline(html).links) is shown


def test_html_has_one_h1_and_skips_no_level() -> None:
    headings = Outline(parts(RAW)[1]).headings
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))


def test_layout_tables_are_silent_and_nothing_is_loaded() -> None:
    html = parts(RAW)[1]
    outline = Outline(html)
    assert outline.tables_with_a_voice == 0
    assert not outline.tags & {"img", "script", "link", "iframe"}
    assert "url(" not in html
    assert '<html lang="en" dir="ltr"' in html


def test_the_dark_scheme_and_the_narrow_screen_survive_inlining() -> None:
    html = parts(RAW)[1]
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html


def test_the_line_an_inbox_shows_fits_it() -> None:
    title = "Harbour masters of eleven coastal towns agree on one table of tides for all of them"
    news = [placed(item(f"n{n}", date(2021, 12, 1 + n), title=title), BOATS) for n in range(12)]
    html = parts(rendered(mail(*news)).for_recipient(delivery()))[1]
    found = re.search(r'class="preview"[^>]*>([^&<]+)', html)
    assert found
    assert found[1] == "Harbour masters of eleven coastal towns agree on one table of…, and 10 more"
    assert len(found[1]) <= 90


def sized(*owed: ClassifiedItem) -> tuple[str, str]:
    return parts(rendered(mail(*owed, max_items=400)).for_recipient(delivery()))


@pytest.mark.parametrize("letter", ["a", "ñ", "海"])
def test_whatever_the_news_a_mail_is_shorter_than_what_is_clipped(letter: str) -> None:
    text = f"{letter * 7} " * 400
    owed = [
        placed(item(f"n{n}", date(2021, 1, 1 + n % 28), text, f"{n} {text[:250]}"), BOATS, PORTS)
        for n in range(100)
    ]
    fixed = [placed(item(f"c{n}", None, text), BOATS, had=Text("", "x " * 300)) for n in range(90)]
    for plain, html in (sized(*owed), sized(*owed, *fixed), sized(*fixed)):
        assert 60_000 < len(html.encode()) <= PAGE_LIMIT
        shown = {link for link in Outline(html).links if "/items/" in link}
        assert shown == set(re.findall(r"https?://\S+/items/\S+", plain))
        assert "https://news.example/digests/weekly/12.html" in plain
        assert "You get this because" in html


def test_what_does_not_fit_is_counted_as_left_out() -> None:
    text = "The boats went out at dawn. " * 30
    owed = [
        placed(item(f"n{n}", date(2021, 1, 1 + n % 28), text, f"{n} {text[:250]}"), BOATS)
        for n in range(120)
    ]
    plain, html = sized(*owed)
    printed = plain.count("https://news.example/items/")
    assert 40 < printed < 120
    assert f"And {120 - printed} more:" in plain
    assert f"And {120 - printed} more</a>" in html
    assert "120 new items." in plain


def test_what_was_left_out_is_counted_with_the_way_to_it() -> None:
    news = [placed(item(f"n{n}", date(2021, 1, 1 + n)), BOATS) for n in range(5)]
    said = mail(*news, max_items=3)
    text, html = parts(rendered(said).for_recipient(delivery()))
    assert "And 2 more:\nhttps://news.example/digests/weekly/12.html\n" in text
    assert "And 2 more</a> →" in html


def test_a_correction_shows_both_readings() -> None:
    text, html = parts(RAW)
    assert "  Title was:  News of fixes\n        now:  News of fixed\n" in text
    assert re.search(r"<del[^>]*>fixes</del> <ins[^>]*>fixed</ins>", html)
    assert "undated" in text


def test_a_retraction_of_what_was_mailed_gives_the_reason() -> None:
    gone = Retraction("The boats never sailed.", datetime(2021, 12, 9, 18, tzinfo=UTC))
    news = replace(item("lost", date(2021, 5, 25)), retraction=gone)
    prepared = rendered(mail(placed(news, BOATS, had=news.text)))
    text, html = parts(prepared.for_recipient(delivery()))
    assert "  Retracted. The boats never sailed.\n" in text
    assert "</span> The boats never sailed.<" in html
    assert "A summary." not in text + html
    assert "1 correction." in text


def test_a_digest_without_pages_does_not_speak_of_them() -> None:
    said = mail(placed(item("one", date(2021, 12, 6)), BOATS), placed(item("two", None), PORTS))
    private = replace(said, web=None)
    for part in parts(rendered(private).for_recipient(delivery())):
        assert "digests/" not in part
        assert "on the web" not in part


@pytest.mark.parametrize(
    ("cadence", "said"),
    [
        *((cadence, said) for _, cadence, said in KINDS.values()),
        (
            Cadence("month", 0, nth=1),
            "It comes on the first Monday of each month, if there is anything new.",
        ),
        (
            Cadence("day", but=frozenset({date(2026, 12, 25)})),
            "It comes every day, if there is anything new. Some days are left out.",
        ),
    ],
)
def test_a_mail_says_why_it_comes_and_when(cadence: Cadence, said: str) -> None:
    news = mail(placed(item("one", date(2021, 12, 6)), BOATS), follows=("boats", "ports"))
    rhythm = replace(news, digest=replace(news.digest, cadence=cadence))
    for part in parts(rendered(rhythm).for_recipient(delivery())):
        flat = " ".join(re.sub(r"<[^>]+>", "", part).split())
        assert "You get this because ana@example.org is on the list of Harbour weekly" in flat
        assert f"for Boats and Ports. {said}" in flat


def test_a_postal_address_of_several_lines_is_printed_line_by_line() -> None:
    sender = mail_from("Desk", "desk@news.example", postal_address="Pier 4\nPort Example\n")
    text, html = parts(rendered(EVERYTHING, sender).for_recipient(delivery()))
    assert "Pier 4\nPort Example" in text
    assert "Pier 4<br>Port Example<" in html


# --- Subject and Message-ID --------------------------------------------------------------------


DAY = date(2021, 12, 13)


def subject_of(items: Sequence[Item], pattern: str = "", *, first: bool = False) -> str:
    named = replace(digest(), subject=pattern)
    return subject(named, 12, items, DAY, TEMPLATES.render, first=first)


def test_the_subject_names_the_digest_and_its_lead() -> None:
    news = [item("old", date(2021, 3, 1)), item("new", date(2021, 12, 6)), item("undated", None)]
    assert subject_of(news) == "Harbour weekly: News of new"
    assert subject_of(news[:1]) == "Harbour weekly: News of old"


def test_a_long_name_of_a_digest_leaves_room_for_the_lead_on_a_phone() -> None:
    named = replace(digest(), title="The weekly news of all the harbours of the northern coast")
    news = [item("new", date(2021, 12, 6))]
    line = subject(named, 12, news, DAY, TEMPLATES.render, first=False)
    assert line == "The weekly news of all…: News of new"
    assert "News of new" in line[:40]


def test_a_first_message_of_old_news_says_how_many_there_are_so_far() -> None:
    news = [item("old", date(2021, 3, 1)), item("new", date(2021, 12, 6))]
    assert subject_of(news, first=True) == "Harbour weekly: 2 items so far"
    assert subject_of(news[:1], first=True) == "Harbour weekly: News of old"


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("{title}: {lead}", "Harbour weekly: News of new"),
        ("{title} no. {number}, {date}", "Harbour weekly no. 12, 13 December 2021"),
        ("{count} new: {lead}", "2 new: News of new"),
        ("What is new", "What is new"),
        ("{lead}{lead}", "News of newNews of new"),
    ],
)
def test_a_pattern_says_what_a_subject_is_made_of(pattern: str, line: str) -> None:
    news = [item("old", date(2021, 3, 1)), item("new", date(2021, 12, 6))]
    assert subject_of(news, pattern) == line
    assert subject_of(news, pattern, first=True) == line


def test_what_a_headline_says_is_no_pattern() -> None:
    news = [item("new", date(2021, 12, 6), title="{count} of {title}")]
    assert subject_of(news, "{title}: {lead}") == "Harbour weekly: {count} of {title}"


def test_a_subject_is_one_line_of_a_length_that_shows() -> None:
    news = item("long", None, title="Harbours\r\nBcc: x@y.example " + "of the northern coast " * 9)
    for pattern in ("", "{title}: {lead} {lead} {lead}"):
        line = subject_of([news, news], pattern)
        assert "\n" not in line
        assert len(line) <= 110


def test_an_edition_of_corrections_alone_says_so() -> None:
    assert subject_of([]) == "Harbour weekly: corrections"
    assert subject_of([], "{count}: {lead}") == "Harbour weekly: corrections"


@pytest.mark.parametrize(
    "other", [("weekly/13", "ana"), ("weekly/12", "luis"), ("weekly/1", "2ana")]
)
def test_a_message_id_is_the_same_again_and_no_others(other: tuple[str, str]) -> None:
    first = message_id(b"secret", "weekly/12", "ana", "news.example")
    assert first == message_id(b"secret", "weekly/12", "ana", "news.example")
    assert first != message_id(b"secret", *other, "news.example")
    assert first != message_id(b"another", "weekly/12", "ana", "news.example")
    assert re.fullmatch(r"<[0-9a-f]{32}@news\.example>", first)


def test_a_message_id_is_ascii_whatever_the_domain() -> None:
    assert message_id(b"s", "e", "r", "españa.example").endswith("@xn--espaa-rta.example>")
    assert message_id(b"s", "e", "r", "not a domain").endswith("@localhost>")


def test_a_variant_that_was_kept_gives_the_same_bytes() -> None:
    kept = PreparedMessage.load(PREPARED.dump())
    assert kept.for_recipient(delivery()) == RAW


# --- Links of one's own ------------------------------------------------------------------------

SERVED = mail_from(
    "Harbour news",
    "digest@news.example.org",
    unsubscribe="mailto:leave@news.example.org?subject=leave",
    service_url="https://news.example.org/",
)
LINKS = {
    "leave": "https://news.example.org/leave/" + "a-_." * 40,
    "choices": "https://news.example.org/choices/" + "b-_." * 40,
}


def test_mail_programs_can_unsubscribe_with_one_click() -> None:
    raw = rendered(EVERYTHING, SERVED).for_recipient(delivery(), LINKS)
    message = read(raw)
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", raw)
    leave = re.search(rb"^List-Unsubscribe: (.*)$", unfolded, re.MULTILINE)
    assert leave
    assert leave[1].decode().strip() == (
        f"<{LINKS['leave']}>, <mailto:leave@news.example.org?subject=leave>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not message.defects


def test_both_parts_have_the_recipient_s_own_links() -> None:
    raw = rendered(EVERYTHING, SERVED).for_recipient(delivery(), LINKS)
    for part in parts(raw):
        assert LINKS["leave"] in part
        assert LINKS["choices"] in part


def test_without_https_there_are_links_but_no_click() -> None:
    sender = mail_from("Harbour", "digest@news.example.org", service_url="http://localhost:8000/")
    raw = rendered(EVERYTHING, sender).for_recipient(delivery(), LINKS)
    assert b"List-Unsubscribe" not in raw
    assert LINKS["leave"] in parts(raw)[1]


def test_links_survive_a_restart_between_two_messages() -> None:
    prepared = rendered(EVERYTHING, SERVED)
    again = PreparedMessage.load(prepared.dump())
    assert again.for_recipient(delivery(), LINKS) == prepared.for_recipient(delivery(), LINKS)
