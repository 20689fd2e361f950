"""Published files go to object storage each once, with their type, and in an order that holds."""

from __future__ import annotations

import fnmatch
import mimetypes
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "web" / "upload.sh"
BUCKET = "s3://news-example-org"
CACHE = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `aws s3`: what was asked for, by its words."""

    words: tuple[str, ...]

    def value(self, option: str) -> str | None:
        return self.words[self.words.index(option) + 1] if option in self.words else None

    def takes(self, path: str) -> bool:
        """Whether its filters let a file through: the last that fits decides."""
        taken = True
        for option, pattern in zip(self.words, self.words[1:], strict=False):
            if option in ("--exclude", "--include") and fnmatch.fnmatchcase(path, pattern):
                taken = option == "--include"
        return taken


def paths(feeds: Path) -> Iterator[str]:
    for path in sorted(feeds.rglob("*")):
        if path.is_file():
            yield path.relative_to(feeds).as_posix()


@pytest.fixture
def feeds(instance: Path) -> Path:
    folder = instance / "feeds"
    for unfinished in (".atom.xml.4711.tmp", "topics/.feed.json.4711.tmp"):
        (folder / unfinished).write_text("<feed", encoding="utf-8")
    return folder


@pytest.fixture
def calls(feeds: Path, tmp_path: Path) -> list[Call]:
    """What the script asks of the command line of AWS."""
    (tmp_path / "bin").mkdir()
    log = tmp_path / "calls"
    stand_in = tmp_path / "bin" / "aws"
    stand_in.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" '' >> '{log}'\n")
    stand_in.chmod(0o700)
    subprocess.run(
        ["/bin/sh", str(SCRIPT), str(feeds), BUCKET],
        env={"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        check=True,
        timeout=60,
    )
    said = log.read_text(encoding="utf-8").removesuffix("\n\n").split("\n\n")
    return [Call(tuple(call.split("\n"))) for call in said]


def uploads(calls: list[Call], path: str) -> list[Call]:
    """The calls that would bring a file up that is not there yet, but for the one that removes."""
    return [
        call
        for call in calls
        if (call.words[1] == "cp" and call.words[2] == path)
        or (call.words[1] == "sync" and "--delete" not in call.words and call.takes(path))
    ]


def test_each_published_file_is_uploaded_once_with_its_type_and_how_long_it_keeps(
    calls: list[Call], feeds: Path
) -> None:
    kinds = {".xml": "application/xml", ".json": "application/feed+json"}
    known = {
        ".html": "text/html",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".txt": "text/plain",
    }
    for path in paths(feeds):
        found = uploads(calls, path)
        if Path(path).name.startswith("."):
            assert found == [], path
            continue
        assert len(found) == 1, path
        assert found[0].value("--cache-control") == CACHE, path
        kind = kinds.get(Path(path).suffix)
        assert found[0].value("--content-type") == kind, path
        # What is not said, the command line guesses by the name, with Python's own table.
        assert kind or mimetypes.guess_type(path)[0] == known[Path(path).suffix], path


def test_what_leads_to_others_is_uploaded_after_them_and_removals_come_last(
    calls: list[Call], feeds: Path
) -> None:
    whole = [path for path in paths(feeds) if not Path(path).name.startswith(".")]
    last = {path: calls.index(uploads(calls, path)[0]) for path in whole}
    assert last["items/" + sorted(feeds.glob("items/*"))[0].name] < last["atom.xml"]
    assert last["topics/mexico/index.html"] < last["topics/mexico/atom.xml"] < last["index.html"]
    assert max(last.values()) == len(calls) - 2
    assert "--delete" in calls[-1].words
    # It compares sizes alone, so that it never brings up a file without its type.
    assert "--size-only" in calls[-1].words
    assert [call.words[2:4] for call in calls] == [
        *([(".", BUCKET)] * 3), ("index.html", f"{BUCKET}/index.html"), (".", BUCKET)
    ]  # fmt: skip
