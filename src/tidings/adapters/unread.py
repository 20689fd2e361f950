"""The files beside the listings that no source names: what somebody may have meant to be read.

It stands alone, since only people are told of them: no cycle depends on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence, Set
from pathlib import Path, PurePosixPath
from typing import Final

from tidings.model import Help, Problem

_MOST_LOOKED_AT: Final = 20_000  # files and folders
_DEEPEST: Final = 4  # folders below that of a source
_NAMED: Final = 3
# What programs leave behind, and what tells people of the folder.
_JUNK = re.compile(
    r"\..*|.*~|~\$.*|#.*#|.*\.(?:bak|backup|old|orig|rej|swp|swo|swx|tmp|temp|part|partial|filepart"
    r"|crdownload|download|lock|lck|pid|log|lnk|url|webloc|ini|db|pyc|py|sh|gitkeep|directory|sha256"
    r"|md5|asc|sig)"
    # Pictures, which entries name and nothing reads by itself.
    r"|.*\.(?:jpe?g|png|webp|gif|svg|avif|heic|bmp|tiff?)"
    r"|thumbs\.db|desktop\.ini|icon\r|__macosx|__pycache__|node_modules|lost\+found"
    r"|(?:readme|license|licence|copying|changelog|makefile|index)(?:\.[a-z]+)?|.*\.expected\.json",
    re.IGNORECASE,
)
# What a listing can be written in; other files are named without a setting.
_READABLE = re.compile(
    r".*\.(?:txt|text|md|markdown|mdown|rst|asc|json|jsonl|ndjson|csv|tsv|tab|list|lst|news|dat"
    r"|html?|xhtml|mht|mhtml|rss|atom|rdf|xml|docx|xlsx|ics|eml)|[^.]+",
    re.IGNORECASE,
)
_WITH_TEXT: Final = "no setting reads such files: save what it says as .txt, .csv or .json"


def unread(root: Path, patterns: Sequence[str], read: Set[str]) -> list[Problem]:
    """A note for each kind of file in the folders of the sources, and below them, that no source
    names, with the setting that would read it.

    `patterns` are those of the sources, `read` the files that they name. Hidden files, copies that
    editors keep and what is still being downloaded are left out.
    """
    found: dict[str, list[str]] = {}
    for path in _beside(root, patterns):
        if path not in read and path.rpartition(".")[0] not in read:
            found.setdefault(_setting(path), []).append(path)
    return [_note(setting, paths) for setting, paths in sorted(found.items())]


def _note(setting: str, paths: Sequence[str]) -> Problem:
    names = ", ".join(paths[1:_NAMED])
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    also = f"; nor {'are' if len(paths) > 2 else 'is'} {names}{more}" if names else ""
    told = f"no source names this file, so it is not read{also}"
    return Problem(paths[0], 0, 0, told, setting, severity="note", help=Help.FILE_NOT_READ)


def _setting(path: str) -> str:
    """The setting that would read a file and those like it."""
    pure = PurePosixPath(path)
    if not _READABLE.fullmatch(pure.name):
        return _WITH_TEXT
    folder = "" if str(pure.parent) == "." else f"{pure.parent}/"
    pattern = f"{folder}*{pure.suffix}" if pure.suffix else path
    return f"`- path: {pattern}` below `sources` would read it"


def _beside(root: Path, patterns: Sequence[str]) -> Iterator[str]:
    """The files in the folders that patterns begin with, and below these; in order. The instance's
    own folder is none of listings alone, and is left out."""
    folders = {folder for pattern in patterns if (folder := _fixed(pattern))}
    outer = [each for each in sorted(folders) if not any(each.startswith(f"{o}/") for o in folders)]
    left = _MOST_LOOKED_AT
    for folder in outer:
        for path in _below(root, folder, _DEEPEST):
            left -= 1
            if left < 0:
                return
            yield path


def _fixed(pattern: str) -> str:
    """The folder that a pattern begins with, without wildcards; "" for the instance's own."""
    parts: list[str] = []
    for part in PurePosixPath(pattern).parts[:-1]:
        if any(mark in part for mark in "*?["):
            break
        parts.append(part)
    return "/".join(parts)


def _below(root: Path, folder: str, depth: int) -> Iterator[str]:
    try:
        with os.scandir(root / folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return  # whoever reads it says what is wrong
    for entry in listed:
        if _JUNK.fullmatch(entry.name):
            continue
        path = f"{folder}/{entry.name}".encode(errors="backslashreplace").decode()
        if entry.is_dir(follow_symlinks=False):
            if depth and not entry.name.endswith("_files"):  # a browser's, beside a page
                yield from _below(root, path, depth - 1)
        elif entry.is_file(follow_symlinks=False):
            yield path
