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
FOLDED = "document.querySelector('main').textContent.replace(/\\s+/g, ' ')"


@contextmanager
def shown(instance: Path, profile: Path) -> Iterator[Tab]:
    """The page of a topic, wholly loaded."""
    watch = PreviewWatcher(instance, {}, wiring.clock(NOW))
    with running(watch, "127.0.0.1", 0) as address, opened(profile) as found:
        found.tell("Page.enable")
        found.tell("Page.navigate", url=f"{address}/?topic=ethical-recruitment")
        found.wait_for("document.readyState == 'complete' && document.querySelector('.found li')")
        yield found


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

    topics.write_text(good.replace("    any:\n      - fair", "    anny:\n      - fair"))
    tab.wait_for("document.querySelector('.fault')")
    told = tab.run("document.querySelector('.fault').textContent")
    line = 1 + good.splitlines().index("      - fair recruitment") - 1
    assert f"config/topics.yaml:{line}:5" in told
    assert 'did you mean "any"?' in told
    assert "Tamaulipas" in tab.run(FOLDED), "what was good stays below"

    topics.write_text(good, encoding="utf-8")
    tab.wait_for("!document.querySelector('.fault') && !document.querySelector('.delta')")
    assert tab.run("window.loaded") == "once"


def test_a_page_that_is_open_leaves_every_file_as_it_is(resting: Tab, untouched: Path) -> None:
    before = contents(untouched)
    resting.wait_for("document.body.dataset.version && document.querySelector('.mail iframe')")
    assert contents(untouched) == before


@pytest.mark.parametrize("width", [375, 1024, 1440])
def test_the_page_fits_its_window(resting: Tab, width: int) -> None:
    resting.tell(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    assert resting.run("document.documentElement.scrollWidth") <= width


def test_no_script_of_a_mail_runs_and_nothing_breaks_the_policy(resting: Tab) -> None:
    assert resting.run("document.querySelector('.mail iframe').sandbox.length") == 0
    assert resting.run("document.querySelector('.mail iframe').contentDocument") is None
