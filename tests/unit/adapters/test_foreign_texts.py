"""Pages and mails tell of texts in other languages and directions; style sheets know of none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.builders import MONDAY, SITE, ZONE, digest, item, text
from tidings.adapters.templates import Templates
from tidings.core.mail.digest import compose, prepare
from tidings.core.pages.items import ClassifiedItem, SiteContext, TopicMatch
from tidings.core.pages.site import (
    corrections_page,
    index_page,
    item_page,
    moved_page,
    service_page,
)
from tidings.core.pages.topics import topic_page, year_page
from tidings.core.settings import Mail
from tidings.model import (
    Edition,
    Item,
    ItemSummary,
    Retraction,
    Revision,
    Rule,
    Topic,
    TopicCounts,
)

TEMPLATES = Path(__file__).parents[3] / "src/tidings/templates"
TITLE, SUMMARY = "افتتاح مركز جديد (IOM 2026)", "يقدم المركز (IOM 2026) كل يوم."
ARABIC = replace(
    item(text(TITLE, SUMMARY, "2026-02-28"), "a" * 16),
    history=(
        Revision(0, text("افتتاح", SUMMARY), MONDAY, "seeds/ar.txt"),
        Revision(1, text(TITLE, SUMMARY), MONDAY, "seeds/ar.txt"),
    ),
    revised_at=MONDAY,
)
SPANISH = replace(
    item(text("Puertos", "Abren.", "2026-02-27"), "b" * 16),
    history=(Revision(0, text("Puertos"), MONDAY, "seeds/es.txt"),),
)
ENGLISH = item(text("Ports", "They open.", "2026-02-26"), "c" * 16)
ALL = (ARABIC, SPANISH, ENGLISH)
HARBOUR = Topic("harbour", "الميناء", "كل ما يطفو", Rule())
GIVEN = {"seeds/ar.txt": "ar", "seeds/es.txt": "es"}
CONTEXT = SiteContext(SITE, ZONE, (digest("weekly"),), language_at=GIVEN.get)
COUNTS = TopicCounts(
    3, 0, {(2026, 2): 3}, ItemSummary("a", TITLE, ARABIC.date, MONDAY, source="seeds/ar.txt")
)
SENDER = Mail.model_validate({"from": "desk@example.org"})
VOID = {"meta", "link", "br", "input", "img"}


class Texts(HTMLParser):
    """Each text of a document with the language and the direction that hold for it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._open: list[tuple[str, str, str]] = [("", "", "")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            given, (_, lang, direction) = dict(attrs), self._open[-1]
            self._open.append((tag, given.get("lang") or lang, given.get("dir") or direction))

    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, lang, direction = self._open[-1]
        if data.strip() and tag not in ("title", "script", "style", "option"):
            self.found.append((data.strip(), lang, direction))


def texts(document: str) -> list[tuple[str, str, str]]:
    parser = Texts()
    parser.feed(document)
    return parser.found


def is_arabic(data: str) -> bool:
    return re.search("[\u0621-\u064a]{3}", data) is not None


def placed(of: Item) -> ClassifiedItem:
    return ClassifiedItem(of, (TopicMatch(HARBOUR, ()),))


def pages() -> Iterator[tuple[str, object]]:
    found = [placed(each) for each in ALL]
    heads = [ItemSummary("a", TITLE, ARABIC.date, MONDAY, True, "seeds/ar.txt")]
    gone = replace(ARABIC, retraction=Retraction("لم يحدث ذلك.", MONDAY))
    yield "index", index_page(CONTEXT, [(HARBOUR, COUNTS)], COUNTS, found, MONDAY)
    yield "topic", topic_page(CONTEXT, HARBOUR, COUNTS, None, found, MONDAY)
    yield "year", year_page(CONTEXT, HARBOUR, COUNTS, 2026, heads)
    yield "item", item_page(CONTEXT, found[0], heads[0], None)
    yield "item", item_page(CONTEXT, placed(gone), None, None)
    yield "corrections", corrections_page(CONTEXT, [found[0], placed(gone)])
    yield "moved", moved_page(CONTEXT, "items/x.html", TITLE, "items/y.html", TITLE)


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_every_page_a_text_runs_its_own_way_in_its_own_language(n: int, language: str) -> None:
    name, page = list(pages())[n]
    document = Templates(None, "en", ZONE).render(f"site/{name}.html.j2", {"page": page}, language)
    found = [each for each in texts(document) if is_arabic(each[0])]
    assert found
    for data, lang, direction in found:
        assert direction == "rtl", data
        assert lang in ("ar", "und-Arab"), data
    if name in ("index", "topic"):
        assert ("Puertos", "es", "ltr") in texts(document)
        assert ("Ports", "en", "ltr") in texts(document)
        assert (TITLE, "ar", "rtl") in texts(document)


def test_in_a_page_of_their_own_language_nothing_is_told_of_texts() -> None:
    context = replace(CONTEXT, site=SITE.model_copy(update={"language": "ar"}), language_at=None)
    page = item_page(context, ClassifiedItem(ARABIC), None, None)
    document = Templates(None, "ar", ZONE).render("site/item.html.j2", {"page": page})
    assert '<html lang="ar" dir="rtl">' in document
    article = document[document.index("<article") : document.index("</article>")]
    assert not re.findall(r' (?:lang|dir)="', article)


@pytest.mark.parametrize(("reader", "site"), [("en", "en"), ("fr", "en"), ("ar", "en")])
def test_in_mail_a_text_runs_its_own_way_in_its_own_language(reader: str, site: str) -> None:
    edition = Edition(1, "weekly", 1, "2026-W10", MONDAY, TITLE)
    had = replace(placed(ARABIC), had=text("افتتاح قديم", SUMMARY, "2026-02-28"))
    owed = [placed(ARABIC), placed(SPANISH), placed(ENGLISH)]
    templates = Templates(None, site, ZONE)
    for owes in (owed, [had, *owed[1:]]):
        news = compose(CONTEXT, digest("weekly"), edition, [HARBOUR], owes)
        context = {"mail": news, "site": SITE, "sender": SENDER, "shared": False}
        context["fields"] = dict.fromkeys(("address", "name", "leave", "choices"), "")
        document = templates.render("digest/body.html.j2", context, reader)
        for data, lang, direction in texts(document):
            if is_arabic(data) and "\u034f" not in data:
                assert direction == "rtl", data
                assert lang in ("ar", "und-Arab"), data
            if data == "Puertos":
                assert (lang, direction) == ("es", "ltr")


def test_a_long_word_breaks_wherever_it_stands_in_a_mail() -> None:
    long = item(text("W" * 300, f"See https://example.org/{'a' * 300} for all.", "2026-02-28"))
    edition = Edition(1, "weekly", 1, "2026-W10", MONDAY, "x")
    news = compose(CONTEXT, digest("weekly"), edition, [HARBOUR], [placed(long), placed(ENGLISH)])
    made = prepare(news, SENDER, Templates(None, "en", ZONE).render)
    page = b"".join(c if isinstance(c, bytes) else c.text.encode() for c in made.after)
    html = page.replace(b"=\r\n", b"").replace(b"=3D", b"=").decode("utf-8", "replace")
    cells = re.findall(r"<td[^>]*>", re.sub(r"<!--.*?-->", "", html))
    assert [cell for cell in cells if "word-break: break-word" not in cell] == []


@pytest.mark.parametrize("n", range(7))
def test_every_page_says_what_it_has_to_whoever_is_sent_a_link(n: int) -> None:
    name, page = list(pages())[n]
    document = Templates(None, "en", ZONE).render(f"site/{name}.html.j2", {"page": page})
    found = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', document))
    wanted = ("description", "og:title", "og:description", "og:type", "og:url", "og:site_name")
    assert all(found[each].strip() for each in wanted), found
    assert found["description"] == found["og:description"]
    assert len(found["description"]) <= 200
    assert found["og:type"] == ("article" if name == "item" else "website")
    assert "<" not in "".join(found.values())


def test_the_pages_of_the_service_say_it_too() -> None:
    page = service_page(SITE, SITE.url, "desk@example.org")
    document = Templates(None, "en", ZONE).render("web/missing.html.j2", {"page": page})
    assert '<meta name="description" content="There is nothing here">' in document


SHEETS = ("assets/site.css", "assets/feed.css.j2", "web/service.css", "preview/preview.css")
DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;{}]+)[;}]")
SIDES = re.compile(r"(?:(?:margin|padding|border|inset)-)?(?:top|right|bottom|left)\b.*")


def sided(sheet: str) -> list[str]:
    """What names a side of the paper, rather than where lines begin or end."""
    found = []
    for name, value in DECLARATION.findall(sheet):
        four = value.split()
        uneven = name in ("margin", "padding") and len(four) == 4 and four[1] != four[3]
        if SIDES.fullmatch(name) or uneven or value.strip() in ("left", "right"):
            found.append(f"{name}: {value}")
    return found


@pytest.mark.parametrize("name", SHEETS)
def test_a_style_sheet_names_no_side_that_is_another_where_lines_run_the_other_way(
    name: str,
) -> None:
    wrong = "a { margin-left: 1px; text-align: left; padding: 0 1px 0 2px; top: 1px; }"
    assert len(sided(wrong)) == 4
    assert sided((TEMPLATES / name).read_text(encoding="utf-8")) == []
