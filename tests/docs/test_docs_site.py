"""The site of the documentation leaves no page out, and loads nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.docs import pages
from tests.docs.pages import PAGES, ROOT
from tools import docs_site

SETTINGS: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / "mkdocs.yml")
DOCS = [page for page in PAGES if page.startswith("docs/")]
BESIDE = {path.relative_to(ROOT).as_posix() for path in docs_site.beside()}


def listed(part: object) -> Iterator[str]:
    """The pages that a piece of the navigation names."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for each in part:
            yield from listed(each)
    elif isinstance(part, dict):
        yield from listed(list(part.values()))


def test_the_navigation_names_every_page_once_and_no_other() -> None:
    found = sorted(listed(SETTINGS["nav"]))
    assert found == sorted(
        [page.removeprefix("docs/") for page in DOCS] + ["CONTRIBUTING.md", "CHANGELOG.md"]
    )


def test_the_navigation_goes_from_learning_to_understanding() -> None:
    tops = [top for part in SETTINGS["nav"] for top in part]
    assert tops == ["Home", "Tutorial", "How to", "Reference", "Explanation", "Project"]


def test_a_page_stands_in_the_part_that_its_folder_names() -> None:
    parts = {name: list(listed(part)) for top in SETTINGS["nav"] for name, part in top.items()}
    for part, folders in (
        ("How to", {"how-to"}),
        ("Reference", {"reference"}),
        ("Explanation", {"explanation", "decisions"}),
    ):
        assert {page.partition("/")[0] for page in parts[part]} == folders


@pytest.mark.parametrize("page", [*DOCS, *sorted(BESIDE & set(PAGES))])
def test_every_page_leads_only_to_what_is_in_the_site(page: str) -> None:
    for target in pages.links(page):
        if re.match(r"[a-z]+:|#", target):
            continue
        place = posixpath.normpath(
            posixpath.join(posixpath.dirname(page), target.partition("#")[0])
        )
        assert (ROOT / place).is_file(), f"{page} leads to the folder {target}"
        assert place.startswith("docs/") or place in BESIDE, f"{target} is for tools/docs_site.py"


@pytest.mark.parametrize("page", DOCS)
def test_no_two_headings_of_a_page_have_one_name(page: str) -> None:
    # Forges and MkDocs number the second one differently, so no link could name it.
    found = re.findall(r"^#+ (.+)$", pages.prose(page), re.MULTILINE)
    assert len(found) == len(pages.anchors(page))


@pytest.mark.parametrize(
    ("page", "link", "leads"),
    [
        ("docs/how-to/restore.md", "../../deploy/systemd/tidings.service", None),
        ("docs/index.md", "../CONTRIBUTING.md", "CONTRIBUTING.md"),
        ("CONTRIBUTING.md", "docs/explanation/architecture.md", "explanation/architecture.md"),
        ("docs/tutorial.md", "how-to/restore.md", "how-to/restore.md"),
        ("docs/tutorial.md", "nowhere.md", "nowhere.md"),
    ],
)
def test_a_link_is_written_anew_for_where_pages_stand_in_the_site(
    page: str, link: str, leads: str | None
) -> None:
    known = BESIDE | {name.removeprefix("docs/") for name in DOCS}
    files = SimpleNamespace(get_file_from_path=lambda name: name if name in known else None)
    file = SimpleNamespace(src_uri=page.removeprefix("docs/"), abs_src_path=str(ROOT / page))
    made = docs_site.on_page_markdown(f"See [it]({link}#part).", SimpleNamespace(file=file), files)
    assert made == f"See [it]({leads or '../deploy/systemd/tidings.service'}#part)."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` makes it."""
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("MkDocs is not installed; `make docs` does it")
    folder = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder


def test_no_page_of_the_site_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = re.compile(
        r"<(?:script|img|iframe)\b[^>]*\bsrc=\"?(?:https?:)?//|<link\b(?![^>]*canonical)[^>]*"
        r"href=\"?(?:https?:)?//|url\([\"']?(?:https?:)?//|@import",
    )
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        assert loaded.findall(path.read_text(encoding="utf-8")) == [], path


def test_the_site_has_each_page_and_what_pages_lead_to(site: Path) -> None:
    made = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    pages_made = {f"{page.removeprefix('docs/').removesuffix('.md')}.html" for page in DOCS}
    assert pages_made <= made
    assert {name for name in BESIDE if not name.endswith(".md")} <= made
