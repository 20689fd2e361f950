"""Nothing that axe knows of stands between people and a page: one of each kind is looked at.

The default run sees those that most people come to; the long one sees every kind at both widths,
in both schemes and in three languages.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import pytest

from tests.chromium import CHROMIUM, Tab, opened
from tests.sample_site import ANSWERS, SampleSite, answer, serve_sample
from tests.web_site import WebSite
from tidings.entrypoints import wiring
from tidings.entrypoints.preview_server.app import PreviewWatcher, running

# axe-core comes with a package that drives another browser; nothing of that is imported.
_package = find_spec("axe_playwright_python")
AXE = Path(str(_package.origin)).with_name("axe.min.js") if _package else None

# All rules that are on by default, good practice among them, and the size of what is tapped on.
# Mail inside the preview's frame is looked at by itself.
OPTIONS = {
    "iframes": False,
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},
}
_TELL = """axe.run(document, %s).then(found => found.violations.map(each =>
  each.id + ": " + each.nodes.map(n => n.html.slice(0, 200) + " | " + n.failureSummary).join("; ")
))"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed"),
]

LOOKS = tuple(product((375, 1280), ("light", "dark")))
OFTEN = {
    "index": (375, "dark"),
    "item": (1280, "light"),
    "corrections-mail": (375, "light"),
    "form": (375, "dark"),
    "left": (375, "light"),
}
Found = dict[tuple[str, int, str], list[str]]


def test_axe_would_tell(tmp_path: Path) -> None:
    with opened(tmp_path / "profile") as tab:
        tab.look(375, "dark")
        tab.go("data:text/html,<title>x</title><p style='color:%23777;background:%23888'>Pale</p>")
        told = " ".join(violations(tab))
        assert "color-contrast" in told
        assert "html-has-lang" in told


def test_pages_that_most_people_come_to_have_no_violation(fresh: Path, tmp_path: Path) -> None:
    found: Found = {}
    with serve_sample(WebSite(fresh)) as shown, opened(tmp_path / "profile") as tab:
        for name, look in OFTEN.items():
            tab.look(*look)
            found[name, *look] = looked_at(shown, tab, name)
    assert {place: told for place, told in found.items() if told} == {}


@pytest.mark.slow
def test_the_live_preview_has_no_violation_with_and_without_a_problem(
    instance: Path, tmp_path: Path
) -> None:
    topics = instance / "config/topics.yaml"
    good = topics.read_text(encoding="utf-8")
    watch = PreviewWatcher(instance, {}, wiring.clock(datetime(2026, 11, 24, 12, 30, tzinfo=UTC)))
    found = {}
    with running(watch, "127.0.0.1", 0) as address, opened(tmp_path / "profile") as tab:
        for look, view in zip(LOOKS, ("phone", "dark", "desktop", "text"), strict=True):
            tab.look(*look)
            for name in ("mail", "topics", "problems"):
                tab.go(f"{address}/?tab={name}&topic=ethical-recruitment&view={view}")
                found[f"{name}, {view}", *look] = violations(tab)
        topics.write_text(good.replace("    any:\n      - fair", "    anny:\n      - fair"))
        for name in ("problems", "topics"):
            tab.wait_for("document.querySelector('.sum')")
            found[f"fault, {name}", *look] = violations(tab)
            tab.go(f"{address}/?tab=topics&topic=ethical-recruitment")
    assert {place: told for place, told in found.items() if told} == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_no_page_has_a_violation_at_any_width_in_any_scheme_or_language(
    fresh: Path, tmp_path: Path, language: str
) -> None:
    site = WebSite(fresh, whole=True, TIDINGS_SITE__LANGUAGE=language)
    found: Found = {}
    with serve_sample(site) as shown, opened(tmp_path / "profile") as tab:
        tab.speak(language)
        for look in LOOKS:
            tab.look(*look)
            for name in (*shown.pages, *ANSWERS):
                found[name, *look] = looked_at(shown, tab, name)
    assert {place: told for place, told in found.items() if told} == {}


def looked_at(shown: SampleSite, tab: Tab, name: str) -> list[str]:
    """What is wrong with a page of that kind."""
    if name in ANSWERS:
        answer(shown, tab, name)
    else:
        shown.open(tab, name)
    return violations(tab)


def violations(tab: Tab) -> list[str]:
    """What axe has to say against the page that is open, each rule with the places it fails in."""
    assert AXE
    if not tab.run("typeof axe != 'undefined'"):
        tab.run(AXE.read_text(encoding="utf-8") + "; null")
    found: list[str] = tab.run(_TELL % json.dumps(OPTIONS))
    return found
