"""All titles stand by year in plain files, of which only those that changed are made again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tidings.application import edit
from tidings.application.cycle import run_cycle
from tidings.core.pages import years
from tidings.entrypoints import wiring

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NEWS = [
    {"date": "2026-11-20", "title": "A hub opens", "summary": "At the border."},
    {"date": "2026-03-02", "title": "A road is built", "summary": "To the port."},
    {"date": "2025-03-01", "title": "Two <hubs> close", "summary": "Nobody knows why."},
    {"title": "An undated bridge"},
]


class Archive:
    """A small site with titles of two years, and one without a date."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write_minimal_site(root)
        with (root / "config/tidings.yaml").open("a", encoding="utf-8") as config:
            config.write("sources:\n  - path: seeds/*.json\n")
        self.store = wiring.open_state(wiring.load_instance(root, {}))
        self.news(NEWS)

    def news(self, entries: list[dict[str, str]], name: str = "news.json") -> None:
        (self.root / "seeds" / name).write_text(json.dumps(entries), encoding="utf-8")
        self.run()

    def run(self) -> None:
        instance = wiring.load_instance(self.root, {})
        run_cycle(wiring.services(instance, self.store, wiring.clock(NOW)), "none")

    def pages(self) -> dict[str, str]:
        return {
            path.name: path.read_text(encoding="utf-8")
            for path in (self.root / "feeds/years").iterdir()
        }

    def titles(self, name: str) -> list[str]:
        return re.findall(r'<li><span class="facts">.*?<a [^>]*>(.*?)</a>', self.pages()[name])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path)
    yield made
    made.store.close()


def test_every_title_is_on_the_page_of_its_year_and_leads_to_its_item(site: Archive) -> None:
    assert site.pages().keys() == {"index.html", "2026.html", "2025.html", "undated.html"}
    assert site.titles("2026.html") == ["A hub opens", "A road is built"]
    assert site.titles("2025.html") == ["Two &lt;hubs&gt; close"]
    assert site.titles("undated.html") == ["An undated bridge"]
    for name, page in site.pages().items():
        assert "<script" not in page
        for link in re.findall(r'href="(\.\./items/[^"]+|[\w-]+\.html)"', page):
            assert (site.root / "feeds/years" / name).parent.joinpath(link).exists()
    index = site.pages()["index.html"]
    assert [int(n) for n in re.findall(r">(\d{4})</a>", index)] == [2026, 2025]


def test_what_comes_in_leaves_the_pages_of_other_years_as_they_are(site: Archive) -> None:
    before = site.pages()
    site.news([{"date": "2026-11-29", "title": "A hall"}], "more.json")
    after = site.pages()
    assert {name for name in after if after[name] != before.get(name)} == {
        "2026.html",
        "index.html",
    }


def test_a_correction_and_a_retraction_are_on_the_page_of_the_year(site: Archive) -> None:
    before = site.pages()
    site.news([NEWS[0], NEWS[1] | {"title": "A road is built late"}, *NEWS[2:]])
    assert site.titles("2026.html") == ["A hub opens", "A road is built late"]
    editor = wiring.editor(wiring.load_instance(site.root, {}), "Ana", "Wrong.", NOW)
    [slug] = [path.stem for path in site.root.glob("feeds/items/a-hub-opens*")]
    edit.retract(site.store, editor, slug)
    site.run()
    assert site.titles("2026.html")[0] == "Retracted: A hub opens"
    after = site.pages()
    assert {name for name in after if after[name] != before[name]} == {"2026.html"}


def test_a_year_that_loses_its_last_item_loses_its_page(site: Archive) -> None:
    site.news([*NEWS[:2], NEWS[2] | {"date": "2024-03-01"}, NEWS[3]])
    assert site.pages().keys() == {"index.html", "2026.html", "2024.html", "undated.html"}


def test_a_year_that_is_a_long_list_leads_to_its_months(
    site: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(years, "LONGEST", 4)
    days = [date(2025, 1, 30) + timedelta(days=n) for n in range(4)]
    more = [{"date": str(day), "title": f"Report {day}"} for day in days]
    site.news(more, "more.json")
    months = {f"2025-{month}.html" for month in ("01", "02", "03")}
    assert months <= site.pages().keys()
    assert site.titles("2025.html") == []
    assert site.titles("2025-02.html") == ["Report 2025-02-02", "Report 2025-02-01"]
    before = site.pages()
    site.news([{"date": "2025-02-20", "title": "A late report"}], "last.json")
    after = site.pages()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"2025-02.html", "2025.html", "index.html"}


def test_a_year_that_is_no_long_list_any_more_has_one_page_again(
    site: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr(years, "LONGEST", 1)
        site.news([*NEWS[:1], {"date": "2026-03-03", "title": "A dam"}, *NEWS[2:]])
        assert {"2026-11.html", "2026-03.html"} <= site.pages().keys()
    site.news([{"date": "2026-03-04", "title": "A lake"}], "more.json")
    assert {name for name in site.pages() if name.startswith("2026")} == {"2026.html"}


def test_the_form_to_search_is_there_where_a_service_is(site: Archive) -> None:
    form = '<form class="search" action="https://people.example.org/search" method="get"'
    assert all("<form" not in page for page in site.pages().values())
    config = site.root / "config/tidings.yaml"
    with config.open("a", encoding="utf-8") as text:
        text.write("mail:\n  service_url: https://people.example.org/\n")
    site.run()
    assert all(page.count(form) == 1 for page in site.pages().values())
    assert form in (site.root / "feeds/index.html").read_text(encoding="utf-8")


def test_a_site_without_items_says_so(tmp_path: Path) -> None:
    site = Archive(tmp_path)
    try:
        site.news([], "news.json")
        assert "index.html" in site.pages()
    finally:
        site.store.close()
