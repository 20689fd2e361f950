"""What MkDocs does not do by itself for the site of the documentation: `make docs`.

Pages lead to files beside `docs/`, such as the units of `deploy/`. They become part of the site,
and links to them are written anew. Headings get the names that links between the pages use.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BESIDE = (
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "feeds/README.md",
    "templates/README.md",
    "deploy/systemd/*",
    "deploy/web/*",
    "deploy/container/Containerfile",
    "deploy/*.yaml",
    "deploy/*.json",
    "deploy/env.example",
    "src/tidings/locale/tidings.pot",
)

_LINK = re.compile(r"(?<=\]\()[^)\s#:]+")


def beside() -> list[Path]:
    """The files outside of `docs/` that are part of the site."""
    return [path for pattern in BESIDE for path in sorted(ROOT.glob(pattern))]


def on_config(config: Any) -> None:
    """Name headings as code forges do, so that the same links work there and here."""
    # Imported where it is needed: tests read this module, and do not install what `make docs` does.
    from pymdownx.slugs import slugify

    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")


def on_files(files: Any, config: Any) -> None:
    """Add what stands beside `docs/` under the path that it has in the repository."""
    from mkdocs.structure.files import File

    for path in beside():
        name = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, name, abs_src_path=str(path)))


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Lead from page to page by where they stand in the site, not in the repository."""
    source = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    folder = posixpath.dirname(page.file.src_uri) or "."

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[0]))
        place = target.removeprefix("docs/")
        if files.get_file_from_path(place) is None:
            return link[0]
        return posixpath.relpath(place, folder)

    return _LINK.sub(moved, markdown)
