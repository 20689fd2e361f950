"""The built wheel carries all it needs: templates, style sheet, sample instance."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(wheel_of_checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout and unpacked where no checkout is near."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel_of_checkout) as made:
        made.extractall(folder / "installed")
    return folder / "installed"


def test_an_instance_made_from_the_wheel_runs_without_the_checkout(
    unpacked: Path, tmp_path: Path
) -> None:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = (
            f"import sys; sys.path.insert(0, {str(unpacked)!r}); import tidings; "
            f"assert tidings.__file__.startswith({str(unpacked)!r}), tidings.__file__; "
            "from tidings.__main__ import main; main()"
        )
        return subprocess.run(
            [sys.executable, "-P", "-c", script, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    made = call("init", "news", "--sample")
    assert made.returncode == 0, made.stderr
    seeds = sorted((tmp_path / "news" / "seeds").iterdir())
    assert [seed.read_bytes() for seed in seeds] == [
        seed.read_bytes() for seed in sorted((ROOT / "seeds").iterdir())
    ]
    for name in ("tidings", "topics", "digests", "recipients"):
        assert (tmp_path / "news" / "config" / ".schema" / f"{name}.json").is_file()
    ran = call("-C", "news", "run", "--send", "now")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "news" / "feeds" / "assets" / "site.css").is_file()
    assert len(list((tmp_path / "news" / "outbox").rglob("*.eml"))) == 3
    page = ROOT / "docs/how-to/what-to-do-when.md"
    assert call("help", "what-to-do-when").stdout.strip() == page.read_text("utf-8").strip()


def test_the_wheel_carries_the_pages_of_the_documentation_without_its_pictures(
    unpacked: Path,
) -> None:
    carried = [path for path in (unpacked / "tidings/docs").rglob("*") if path.is_file()]
    pages = {path.relative_to(unpacked / "tidings").as_posix() for path in carried}
    assert pages == {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
