"""A narrow window, large letters: nothing scrolls sideways, whatever the texts (WCAG 1.4.10).

In three languages, with titles and addresses that have no space in them and texts that run from
right to left, on every kind of page and mail.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chromium import CHROMIUM, Tab, opened
from tests.desk import Hands, hurried
from tests.web_site import SmallSite, body, read
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4
LINK = f"https://documents.example.org/{'licensed-recruitment-agencies/' * 10}"
NEWS = (
    ("2019-01-07", LONG[:300], f"See {LINK} for all. Boats."),
    ("2022-03-08", LINK[:300], f"Boats {LONG}"),
    ("2023-07-09", "افتتاح مركز جديد لتدريب البحارة (IOM 2026)", "يقدم المركز Boats كل يوم."),
    ("2024-11-10", "在日外国人のための新しい相談窓口が開設されました", "毎週月曜日 Boats。"),
    ("2026-09-11", "Boats in harbour", "They are in."),
)
TOPICS = f"""
topics:
  boats: {{title: {LONG[:80]}, about: {LINK}, any: [boats, {LONG[:60]}]}}
  arabic: {{title: "أخبار الميناء والقوارب", any: [boats]}}
"""
DIGESTS = f"""
digests:
  weekly:
    title: Boats {LONG[:80]}
    topics: all
    cadence: {{every: week, on: monday, at: "08:00"}}
    lists: [crew]
    history: mail
    subscribe: true
"""
# Some words of our own, the others are said in English.
ARABIC = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"

msgid "Topics"
msgstr "المواضيع"

msgid "Corrections"
msgstr "التصحيحات"
"""
WIDTH, SIZES = 320, (100, 125, 150, 200)
TOO_WIDE = """[...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().width && !e.closest(".unseen, .trap, .preview"))
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1
            || e.getBoundingClientRect().left < -1)
  .map(e => e.outerHTML.slice(0, 90)).slice(0, 3)"""
LABELS = """[...document.querySelectorAll(".scale > span, .scale text")]
  .map(e => { const range = document.createRange(); range.selectNodeContents(e);
              return (e.matches("text") ? e : range).getBoundingClientRect(); })
  .filter(r => r.width).map(r => [r.left, r.right, r.top, r.bottom])"""


@pytest.fixture(params=["en", "fr", "ar"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What to look at: the address of one of each kind of page and mail."""
    site = SmallSite(tmp_path)
    (tmp_path / "templates/locale").mkdir(parents=True)
    (tmp_path / "templates/locale/ar.po").write_text(ARABIC, encoding="utf-8")
    site.edit("time_zone: UTC", f"time_zone: UTC\n  language: {request.param}")
    for name, text in (("topics", TOPICS), ("digests", DIGESTS)):
        (tmp_path / f"config/{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "config/recipients.yaml").write_text("lists: {crew: [ana@example.org]}\n")
    seeds = [{"date": day, "title": title, "summary": summary} for day, title, summary in NEWS]
    (tmp_path / "seeds/news.json").write_text(json.dumps(seeds), encoding="utf-8")
    site.edit("site:", "sources: [{path: seeds/*.json}]\nsite:")
    instance = wiring.load_instance(tmp_path, {})
    run_cycle(wiring.services(instance, hurried(site.store), Hands()), "now")
    site.app_state.take(instance)
    feeds = tmp_path / "feeds"
    [mail] = tmp_path.glob("outbox/weekly/1/*.eml")
    (feeds / "mail.html").write_text(body(read(mail), "html"), encoding="utf-8")
    form = site.pages.get("/subscribe/weekly").text
    (feeds / "form.html").write_text(form.replace('="/', '="'), encoding="utf-8")
    (feeds / "service.css").write_bytes(site.app_state.site.style)
    site.close()
    kinds = ["index", "corrections", "mail", "form", "topics/boats/index", "topics/boats/2019"]
    kinds += ["topics/arabic/2023", "digests/weekly/index", "digests/weekly/1"]
    items = (f"items/{path.stem}" for path in sorted(feeds.glob("items/*.html")))
    return {kind: (feeds / f"{kind}.html").as_uri() for kind in (*kinds, *items)}


def test_nothing_is_wider_than_a_narrow_window_however_large_the_letters(
    pages: dict[str, str], tmp_path: Path
) -> None:
    assert len(pages) == 9 + len(NEWS)
    wide = {}
    with opened(tmp_path / "profile") as tab:
        tab.look(WIDTH)
        for name, address in pages.items():
            tab.go(address)
            for size in SIZES:
                tab.run(f"document.documentElement.style.fontSize = '{size}%'")
                shown = tab.run("document.documentElement.scrollWidth")
                beyond = tab.run(TOO_WIDE)
                if shown > WIDTH or beyond:
                    wide[name, size] = shown, beyond
            if name in ("index", "topics/boats/index"):
                assert_apart(tab, name)
    assert wide == {}


def assert_apart(tab: Tab, name: str) -> None:
    """No label of the chart covers another, at the widths of phones."""
    for width in (320, 360, 375, 420, 480, 560):
        tab.look(width)
        for size in (100, 200):
            tab.run(f"document.documentElement.style.fontSize = '{size}%'")
            labels = tab.run(LABELS)
            assert len(labels) >= 2
            for n, (left, right, top, bottom) in enumerate(labels):
                for left_2, right_2, top_2, bottom_2 in labels[n + 1 :]:
                    beside = right <= left_2 or right_2 <= left
                    above = bottom <= top_2 or bottom_2 <= top
                    assert beside or above, (name, width, size, labels)
    tab.look(WIDTH)
