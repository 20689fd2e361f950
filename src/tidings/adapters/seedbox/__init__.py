"""The seed folder on disk: files are surveyed cheaply and opened with distrust.

A listing is a regular file inside the instance, of bounded size, in UTF-8 (or UTF-16 with a byte
order mark, or what its source declares), that stood still while it was read. Nothing else is read,
and symbolic links are never followed below the instance folder.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tidings.adapters.seedbox.decoding import check_lines, column_at, decoded, line_at
from tidings.adapters.seedbox.opening import whole
from tidings.adapters.seedbox.paths import shown, stays_inside
from tidings.adapters.seedbox.refusing import RefusedError
from tidings.adapters.seedbox.surveying import scan
from tidings.errors import SeedError
from tidings.model import NONE, Problem, ReadError, Scan, SeedStat, SeedText


class SeedFolder:
    """The seed files under `root` that `globs` name.

    Patterns are relative to `root`, with forward slashes; `*` and `?` stay within a folder, `**`
    spans folders, names that start with a dot are named only by patterns that do. `file_limit` and
    `line_limit` are in bytes. `encodings` are the legacy encodings ("cp1252", "latin-1") that
    files are read in, by the pattern that names them, when they are not UTF-8; each such reading
    is remarked on. Raises `SeedError` for a pattern that leads out of `root`.
    """

    def __init__(
        self,
        root: Path,
        globs: Sequence[str],
        *,
        file_limit: int,
        line_limit: int,
        encodings: Mapping[str, str] | None = None,
    ) -> None:
        for pattern in globs:
            if not stays_inside(pattern):
                raise SeedError(
                    f"the pattern {pattern!r} leads out of the instance: "
                    "name files relative to the instance folder, without '..'"
                )
        self._root = root
        self._globs = tuple(globs)
        self._file_limit = file_limit
        self._line_limit = line_limit
        self._encodings = dict(encodings or {})
        self._remarks: dict[str, Problem] = {}

    def remark(self, path: str) -> Problem | None:
        """What there is to say about the last reading of the file at `path`, told once: a warning
        that it was not UTF-8, though it was read."""
        return self._remarks.pop(path, None)

    def encoding(self, path: str) -> str | None:
        """The legacy encoding that a file is read in when it is not UTF-8, if one is named."""
        if not self._encodings:
            return None
        named = (self._encodings[glob] for glob in self._encodings if fnmatchcase(path, glob))
        return next(named, None)

    def scan(self, known: Mapping[str, SeedStat] = NONE) -> Scan:
        """Every file that a pattern names, each once, and how those look that do not look as they
        are `known` to; nothing is opened.

        What is no regular file is listed too, so that `read` can name it. Raises `SeedError` when
        a folder cannot be read or the fixed part of a pattern does not exist.
        """
        return scan(self._root, self._globs, known)

    def read(self, path: str) -> SeedText | ReadError:
        """The text of the file at `path`, relative to `root`. One bad file never raises."""
        self._remarks.pop(path, None)
        try:
            data, facts = whole(self._root, path, self._file_limit)
            text = self._text(path, data)
            check_lines(text, self._line_limit)
        except RefusedError as refused:
            problem = Problem(
                shown(path), refused.line, refused.column, refused.message, refused.hint
            )
            return ReadError(problem, refused.transient)
        return SeedText(path, facts, text, hashlib.sha256(data).hexdigest())

    def _text(self, path: str, data: bytes) -> str:
        try:
            return decoded(data)
        except RefusedError as refused:
            encoding = self.encoding(path)
            marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            if encoding is None or marked or b"\0" in data:
                raise
            text = data.decode(encoding, errors="replace")
            at = text.find("\ufffd")
            if at >= 0:
                raise RefusedError(
                    f"this is neither UTF-8 nor {encoding}", "save the file as UTF-8",
                    line=line_at(text[:at]), column=column_at(text[:at]),
                ) from refused  # fmt: skip
            self._remarks[path] = Problem(
                shown(path), refused.line, refused.column,
                f"this is not UTF-8, so it was read as {encoding}, as its source says",
                "save the file as UTF-8",
            )  # fmt: skip
            return text
