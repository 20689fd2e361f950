"""What people came for stands on the first screen: the news, and the way to get it by email."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import CHROMIUM, Tab, opened
from tests.e2e.conftest import call
from tidings.entrypoints import wiring
from tidings.entrypoints.web import server
from tidings.entrypoints.web.app_state import AppState

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

SERVICE = "http://news.test"
SCREENS = {375: 667, 1280: 720}
ENTRIES = """[
  {"date": "2026-11-20", "title": "A bridge opens", "summary": "It takes bicycles.",
   "url": "https://www.example.com/a-bridge"},
  {"date": "2026-11-19", "title": "A road is closed", "summary": "For a week."},
  {"title": "The library moves", "summary": "Nobody knows when."}
]"""
# Where the first of some elements begins and ends, below the top of the screen.
PLACE = """(() => {
  const found = document.querySelector(%s), box = found && found.getBoundingClientRect();
  return box && [box.top, box.bottom];
})()"""


def with_topics(root: Path, number: int) -> None:
    """Make a site's own of the sample: so many topics, and news of its own about all of them."""
    named = "".join(
        f"  topic-{n}:\n    title: Topic {n} of the regional council\n"
        f"    about: What the council says and does about number {n}, in a longer sentence\n"
        "    any: [bridge, road, library]\n"
        for n in range(1, number + 1)
    )
    (root / "config/topics.yaml").write_text(f"topics:\n{named}", encoding="utf-8")
    people = "lists:\n  staff:\n    - ana@example.org\n"
    (root / "config/recipients.yaml").write_text(people, encoding="utf-8")
    edit(root / "config/tidings.yaml", "  - path: seeds/*.txt", "  - path: seeds/*.json")
    for listing in (root / "seeds").glob("*.txt"):
        listing.unlink()
    (root / "seeds/news.json").write_text(ENTRIES, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module", params=["sample", 1, 40])
def site(
    request: pytest.FixtureRequest, sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The address of a site that everybody can subscribe to, and the slug of its first topic."""
    fresh = Path(shutil.copytree(sample, tmp_path_factory.mktemp("first-screen") / "news"))
    edit(fresh / "config/digests.yaml", "    lists:", "    subscribe: true\n    lists:")
    edit(fresh / "config/tidings.yaml", "mail:\n", f"mail:\n  service_url: {SERVICE}/\n")
    topic = "labour-migration"
    if request.param != "sample":
        with_topics(fresh, request.param)
        topic = "topic-1"
    ran = call(fresh, "run", "--send", "none")
    assert ran.returncode == 0, ran.stderr
    with server.beside(AppState(wiring.load_instance(fresh, {})), "127.0.0.1", 0) as address:
        yield address, topic


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with opened(tmp_path_factory.mktemp("profile")) as found:
        yield found


def place(tab: Tab, selector: str) -> Any:
    found = tab.run(PLACE % json.dumps(selector))
    assert found, selector
    return found


def test_the_first_headline_the_first_item_and_both_buttons_are_on_the_first_screen(
    site: tuple[str, str], tab: Tab
) -> None:
    address, topic = site
    for width, height in SCREENS.items():
        tab.look(width, height=height)
        for path, first in (
            ("", "#latest .headline"),
            (f"topics/{topic}/index.html", ".year .entry .headline"),
        ):
            tab.go(f"{address}/{path}")
            ways = [place(tab, f".actions .button:nth-of-type({n})") for n in (1, 2)]
            assert place(tab, first)[1] <= height, (path, width)
            assert all(bottom <= height / 2 for _, bottom in ways), (path, width, ways)
            assert ways[0][0] == ways[1][0], "the two buttons stand in a row"


def test_the_form_to_subscribe_is_seen_at_one_glance(site: tuple[str, str], tab: Tab) -> None:
    address, topic = site
    for width, height in SCREENS.items():
        tab.look(width, height=height)
        for path in ("subscribe/weekly", f"subscribe/weekly?topic={topic}"):
            tab.go(f"{address}/{path}")
            assert place(tab, "form button")[1] <= height, (path, width)
            assert place(tab, "#next a")[1] <= height, (path, width)


def test_on_the_first_page_news_come_before_topics_and_these_before_the_chart(
    site: tuple[str, str], tab: Tab
) -> None:
    address, _ = site
    for width in SCREENS:
        tab.look(width)
        tab.go(f"{address}/")
        tops = [place(tab, name)[0] for name in (".actions", "#latest", "#topics", "#by-month")]
        assert tops == sorted(tops)


def test_who_comes_from_a_topic_finds_that_topic_ticked_alone(
    site: tuple[str, str], tab: Tab
) -> None:
    address, topic = site
    tab.look(375)
    tab.go(f"{address}/topics/{topic}/index.html")
    link = tab.run("document.querySelector('.actions .button').getAttribute('href')")
    tab.go(address + link.removeprefix(SERVICE))
    ticked = tab.run("[...document.querySelectorAll('[name=topics]:checked')].map(e => e.value)")
    assert ticked == [topic]
