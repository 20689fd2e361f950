"""The live preview in a real browser: it follows what is saved, and never loads anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chromium import CHROMIUM, Tab, opened
from tests.e2e.conftest import contents
from tidings.entrypoints import wiring
from tidings.entrypoints.preview_server.app import PreviewWatcher, running

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
KEYS = {"Tab": 9, "Enter": 13}
FOLDED = "document.querySelector('main').textContent.replace(/\\s+/g, ' ')"


@contextmanager
def shown(instance: Path, profile: Path) -> Iterator[Tab]:
    """The page of a topic, once everything has been looked at."""
    watch = PreviewWatcher(instance, {}, wiring.clock(NOW))
    with running(watch, "127.0.0.1", 0) as address, opened(profile) as found:
        found.go(f"{address}/?tab=problems")
        found.wait_for("document.querySelector('#p').textContent == 'No problems found'")
        found.go(f"{address}/?topic=ethical-recruitment")
        yield found


def show(tab: Tab, query: str) -> None:
    """Open the page with other choices."""
    tab.go(tab.run("location.origin") + query)


def press(tab: Tab, key: str) -> None:
    """Press a key, as on a keyboard."""
    facts = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
    if key == "Enter":
        facts["text"] = "\r"
    for kind in ("keyDown", "keyUp"):
        tab.tell("Input.dispatchKeyEvent", type=kind, **facts)


def break_a_rule(topics: Path) -> int:
    """Write a key wrong; gives the number of its line."""
    good = topics.read_text(encoding="utf-8")
    topics.write_text(good.replace("    any:\n      - fair", "    anny:\n      - fair"), "utf-8")
    return good.splitlines().index("      - fair recruitment")


@pytest.fixture
def tab(instance: Path, tmp_path: Path) -> Iterator[Tab]:
    """The page on the sample after its first run, to be edited."""
    with shown(instance, tmp_path / "profile") as found:
        yield found


@pytest.fixture(scope="module")
def untouched(sample_after_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample after its first run, which nobody edits."""
    return Path(shutil.copytree(sample_after_run, tmp_path_factory.mktemp("live") / "news"))


@pytest.fixture(scope="module")
def resting(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """The page on it, for looking at."""
    with shown(untouched, tmp_path_factory.mktemp("profile")) as found:
        yield found


def test_what_is_saved_shows_without_loading_the_page_anew(tab: Tab, instance: Path) -> None:
    tab.run("window.loaded = 'once'")
    topics = instance / "config/topics.yaml"
    good = topics.read_text(encoding="utf-8")
    term = "      - ethical recruitment\n"

    topics.write_text(good.replace(term, f"{term}      - Tamaulipas\n"), encoding="utf-8")
    tab.wait_for("[...document.querySelectorAll('mark')].some(m => m.textContent == 'Tamaulipas')")
    assert "New with this rule" in tab.run(FOLDED)
    assert tab.run("document.querySelector('.topics .on .delta').textContent").startswith("+1")

    topics.write_text(good, encoding="utf-8")
    line = break_a_rule(topics)
    tab.wait_for("document.querySelector('.bad')")
    told = tab.run("document.querySelector('.sum').textContent")
    assert f"1 problem found, in config/topics.yaml:{line}:5." in " ".join(told.split())
    assert "did you mean" in tab.run("document.querySelector('.why').textContent")
    assert tab.run("document.querySelectorAll('.found li').length"), "what was good stays below"

    topics.write_text(good, encoding="utf-8")
    tab.wait_for("!document.querySelector('.sum') && !document.querySelector('.delta')")
    assert tab.run("window.loaded") == "once"


def test_a_new_problem_is_counted_on_whatever_tab_is_open_and_nothing_else_moves(
    tab: Tab, instance: Path
) -> None:
    show(tab, "/")
    tab.run("window.frame = document.querySelector('.mail iframe')")
    tab.run("document.getElementById('to').focus()")
    assert tab.run("document.title").startswith("Mail")

    break_a_rule(instance / "config/topics.yaml")
    tab.wait_for("document.getElementById('tab-problems').textContent == 'Problems (1)'")
    assert tab.run("document.title").startswith("(1) Mail")
    assert tab.run("document.querySelector('.tabs a').id") == "tab-problems"
    tab.wait_for("document.querySelector('main').textContent.includes('Next digest')")
    assert tab.run("window.frame === document.querySelector('.mail iframe')")
    assert tab.run("document.activeElement.id") == "to"

    show(tab, "/")
    assert tab.run("document.querySelector('main').dataset.tab") == "problems"
    assert 'did you mean "any"?' in tab.run("document.querySelector('.fault').textContent")
    tab.look(320)
    assert tab.run("document.documentElement.scrollWidth") <= 320


def test_a_mail_that_cannot_be_made_is_counted_where_topics_are_looked_at(
    tab: Tab, instance: Path
) -> None:
    template = instance / "templates/digest/body.txt.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ nothing }}", encoding="utf-8")
    tab.wait_for("document.getElementById('tab-problems').textContent == 'Problems (1)'")
    assert tab.run("document.title").startswith("(1) Topics")


def test_a_page_that_is_open_leaves_every_file_as_it_is(resting: Tab, untouched: Path) -> None:
    before = contents(untouched)
    for tab in ("mail", "topics", "problems"):
        show(resting, f"/?tab={tab}")
    assert contents(untouched) == before


@pytest.mark.parametrize("tab", ["mail", "topics", "problems"])
def test_the_page_fits_its_window(resting: Tab, tab: str) -> None:
    show(resting, f"/?tab={tab}")
    for width in (320, 375, 700, 1024, 1280, 1440):
        resting.look(width)
        assert resting.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height", "seen"), [(1280, 720, 500), (375, 667, 150)])
def test_the_next_digest_stands_on_the_first_screen(
    resting: Tab, width: int, height: int, seen: int
) -> None:
    resting.look(width, height=height)
    show(resting, "/")
    top = resting.run("document.querySelector('.mail iframe').getBoundingClientRect().top")
    assert 0 < top <= height - seen
    assert resting.run("scrollY") == 0


def test_tabs_are_chosen_by_keyboard_and_keep_the_other_choices(resting: Tab) -> None:
    show(resting, "/?tab=mail&topic=mexico&view=text")
    for name in ("mail", "topics", "problems"):
        press(resting, "Tab")
        assert resting.run("document.activeElement.id") == f"tab-{name}"
    show(resting, "/?tab=mail&topic=mexico&view=text")
    press(resting, "Tab")
    press(resting, "Tab")
    press(resting, "Enter")
    resting.wait_for(
        "document.readyState == 'complete'"
        " && document.querySelector('#tab-topics[aria-current=page]')"
    )
    assert resting.run("document.querySelector('.topics [aria-current]').id") == "topic-mexico"
    assert resting.run("new URLSearchParams(location.search).get('view')") == "text"


def test_without_its_script_the_page_says_what_to_do_and_every_choice_can_be_made(
    resting: Tab,
) -> None:
    seen = "[...document.querySelectorAll('.still, .live, .go')].map(e => !!e.offsetParent)"
    show(resting, "/")
    assert resting.run(seen) == [False, True, False]
    resting.tell("Emulation.setScriptExecutionDisabled", value=True)
    show(resting, "/")
    assert resting.run(seen) == [True, False, True]
    resting.tell("Emulation.setScriptExecutionDisabled", value=False)


def test_no_script_of_a_mail_runs_and_nothing_breaks_the_policy(resting: Tab) -> None:
    show(resting, "/")
    assert resting.run("document.querySelector('.mail iframe').sandbox.length") == 0
    assert resting.run("document.querySelector('.mail iframe').contentDocument") is None
