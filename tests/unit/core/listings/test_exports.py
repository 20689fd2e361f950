"""What common programs export is read without a setting."""

from __future__ import annotations

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from tidings.core.listings import Hints, parse
from tidings.core.listings.fields import field_of

HINTS = Hints(zone=ZoneInfo("America/Costa_Rica"))
INSTANT = "2026-11-21T03:30:00Z"  # the 20th, there
EXPORTS = {
    "schema.org": {"@type": "NewsArticle", "headline": "T", "datePublished": INSTANT,
                   "description": "S", "url": "u"},
    "WordPress": {"id": 1, "date": "2026-11-20T21:30:00", "date_gmt": "2026-11-21T03:30:00",
                  "title": {"rendered": "T"}, "excerpt": {"rendered": "<p>S</p>\n"}, "link": "u"},
    "a WordPress table": {"ID": "1", "post_title": "T", "post_date": "2026-11-20 21:30:00",
                          "post_excerpt": "S", "permalink": "u"},
    "WordPress in GMT": {"post_title": "T", "post_date_gmt": "2026-11-21 03:30:00",
                         "post_content": "S", "link": "u"},
    "JSON Feed": {"id": "1", "title": "T", "content_html": "<p>S</p>", "date_published": INSTANT,
                  "url": "u"},
    "Drupal": {"id": "x", "attributes": {"title": "T", "created": INSTANT, "url": "u",
                                         "body": {"value": "<p>S</p>", "summary": ""}}},
    "Drupal 7": {"title": "T", "created": "1795231800", "body": "<p>S</p>\n", "url": "u"},
    "Ghost": {"title": "T", "published_at": "2026-11-21T03:30:00.000+00:00", "custom_excerpt": "S",
              "url": "u"},
    "NewsAPI": {"source": {"name": "X"}, "title": "T", "description": "S", "url": "u",
                "publishedAt": INSTANT},
    "RSS": {"title": "T", "pubDate": "Sat, 21 Nov 2026 03:30:00 GMT", "contentSnippet": "S",
            "link": "u"},
    "Dublin Core": {"dc:title": "T", "dc:date": INSTANT, "dc:description": "S", "link": "u"},
    "a list of schema.org": {"@type": "ListItem", "position": 1, "item": {
        "headline": "T", "datePublished": INSTANT, "description": "S", "url": "u"}},
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("ending", ["json", "items.json", "jsonl"])
def test_an_export_is_read_by_the_names_of_its_fields(name: str, ending: str) -> None:
    whole = {"json": [EXPORTS[name]], "items.json": {"items": [EXPORTS[name]]}}
    text = json.dumps(whole.get(ending, EXPORTS[name]))
    reading = parse(text, f"a.{ending}", hints=HINTS)
    (listing,) = reading.listings
    said = listing.text
    assert (said.title, said.date, said.summary, said.url) == ("T", date(2026, 11, 20), "S", "u")
    assert [problem for problem in reading.problems if problem.severity == "problem"] == []


@pytest.mark.parametrize(
    "header",
    [
        "Fecha;Título;Resumen;Enlace;Categoría", "Date;Titre;Résumé;Lien;Rubrique",
        "Datum;Überschrift;Zusammenfassung;Link;Kategorie",
        "Data;Titolo;Riassunto;Collegamento;Categoria", "Data;Título;Resumo;Ligação;Categoria",
        "Datum;Titel;Samenvatting;Link;Categorie", "Дата;Заголовок;Описание;Ссылка;Рубрика",
        "日期;标题;摘要;链接;分类", "日付;タイトル;概要;リンク;カテゴリ",
        "Tarih;Başlık;Özet;Bağlantı;Kategori",
        "التاريخ;العنوان;الملخص;الرابط;التصنيف", "Date (UTC);Title *;SUMMARY;Link URL;Section",
        "datePublished;headline;articleBody;permalink;articleSection",
    ],
)  # fmt: skip
def test_a_spreadsheet_is_read_in_many_languages(header: str) -> None:
    text = f"{header}\n2026-11-20;T;S;https://e.org/;News\n".replace("Link URL", "Link")
    (listing,) = parse(text, "a.csv").listings
    said = listing.text
    assert (said.title, said.date, said.summary) == ("T", date(2026, 11, 20), "S")
    assert (said.url, said.category) == ("https://e.org/", "News")


@pytest.mark.parametrize(
    "name", ["modified", "dateModified", "updated_at", "changed", "id", "tags"]
)
def test_the_day_of_a_change_is_not_the_day_of_an_entry(name: str) -> None:
    assert field_of(name) is None


def test_entries_are_found_however_deep_and_not_taken_for_others() -> None:
    whole = {"categories": [{"name": "News"}], "rss": {"channel": {"item": [EXPORTS["RSS"]]}}}
    assert [one.text.title for one in parse(json.dumps(whole), "a.json").listings][-1] == "T"


@pytest.mark.parametrize("text", ['[{"title": "A, ]"},]', '{"items": [{"title": "A, ]",},],}'])
def test_a_comma_behind_the_last_element_is_forgiven(text: str) -> None:
    reading = parse(text, "a.json")
    assert [one.text.title for one in reading.listings] == ["A, ]"]
    assert reading.problems == ()


def test_objects_on_lines_of_their_own_are_read_under_either_name() -> None:
    lines = '{"title": "A"}\n{"title": "B"},\n'
    for path in ("a.json", "a.jsonl"):
        assert [one.text.title for one in parse(lines, path).listings] == ["A", "B"]
    assert [one.text.title for one in parse('[{"title": "A"}]', "a.jsonl").listings] == ["A"]


def test_what_is_no_object_is_a_problem_and_the_rest_is_read() -> None:
    reading = parse('[{"title": "A"}, 3, null]', "a.json")
    assert [one.text.title for one in reading.listings] == ["A"]
    assert [problem.severity for problem in reading.problems] == ["problem"]


def test_a_key_that_an_object_has_twice_leaves_that_object_out() -> None:
    text = '[{"title": "A", "date": "2026-11-20", "date": "2026-11-21"},\n{"title": "B"}]'
    reading = parse(text, "a.json")
    assert [one.text.title for one in reading.listings] == ["B"]
    assert '"date"' in reading.problems[0].message


def test_keys_that_nothing_took_are_named_and_dates_among_them_are_a_problem() -> None:
    text = (
        '[{"title": "A", "when": "2026-11-20", "who": "x"}, {"title": "B", "when": "2026-11-18"}]'
    )
    problems = {each.severity: each.message for each in parse(text, "a.json").problems}
    assert '"when"' in problems["problem"]
    assert '"who"' in problems["note"]
    given = parse(text, "a.json", hints=Hints(columns={"date": "when"}))
    assert [one.text.date for one in given.listings] == [date(2026, 11, 20), date(2026, 11, 18)]


def test_numbers_that_may_be_of_anything_are_no_dates() -> None:
    (note,) = parse("Title,Phone\nA,1795231800\nB,1795231801\n", "a.csv").problems
    assert note.severity == "note"


def test_what_schema_org_says_beside_the_news_is_none() -> None:
    beside = [{"@type": "WebSite", "name": "X"}, {"@type": "BreadcrumbList"}, EXPORTS["schema.org"]]
    reading = parse(json.dumps({"@context": "x", "@graph": beside}), "a.json")
    assert [(one.text.title, one.text.category) for one in reading.listings] == [("T", None)]
    assert reading.problems == ()


def test_the_kind_of_a_record_is_no_category() -> None:
    post = {"title": {"rendered": "T"}, "type": "post", "date": "2026-11-20T00:00:00"}
    node = {"type": "node--article", "attributes": {"title": "T", "created": INSTANT}}
    for record in (post, node):
        (listing,) = parse(json.dumps([record]), "a.json").listings
        assert listing.text.category is None
