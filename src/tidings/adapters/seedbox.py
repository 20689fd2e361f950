"""The seed folder on disk: files are surveyed cheaply and opened with distrust.

A listing is a regular file inside the instance, of bounded size, in UTF-8 (or UTF-16 with a byte
order mark, or what its source declares), that stood still while it was read. Nothing else is read,
and symbolic links are never followed below the instance folder.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase, translate
from pathlib import Path, PurePosixPath
from typing import Final

from tidings.application.ports.seeds import Refusal, SeedStat, SeedText
from tidings.errors import SeedError
from tidings.model import Problem

_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CHUNK: Final = 1 << 20
_LARGEST_INODE: Final = (1 << 63) - 1  # what a signed 64-bit column of the state can hold
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class _RefusedError(Exception):
    """Ends the reading of one file; never leaves this module."""

    def __init__(
        self, message: str, hint: str, *, line: int = 0, column: int = 0, transient: bool = False
    ) -> None:
        self.message, self.hint = message, hint
        self.line, self.column = line, column
        self.transient = transient
        super().__init__(message)


class SeedBox:
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
            if not _stays_inside(pattern):
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
        if not self._encodings:
            return None
        named = (self._encodings[glob] for glob in self._encodings if fnmatchcase(path, glob))
        return next(named, None)

    def survey(self) -> tuple[SeedStat, ...]:
        """Every file that a pattern names, by path, each once; nothing is opened.

        What is no regular file is listed too, so that `read` can name it. Raises `SeedError` when
        a folder cannot be read or the fixed part of a pattern does not exist.
        """
        found: dict[str, SeedStat] = {}
        for pattern in self._globs:
            segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
            for path, facts in _walk(self._root, "", segments, named=True):
                shown = _shown(path)
                found[shown] = _as_stat(shown, facts)
        return tuple(found[path] for path in sorted(found))

    def read(self, path: str) -> SeedText | Refusal:
        """The text of the file at `path`, relative to `root`. One bad file never raises."""
        self._remarks.pop(path, None)
        try:
            data, facts = self._bytes(path)
            text = self._text(path, data)
            self._check_lines(text)
        except _RefusedError as refused:
            problem = Problem(
                _shown(path), refused.line, refused.column, refused.message, refused.hint
            )
            return Refusal(problem, refused.transient)
        return SeedText(path, facts, text, hashlib.sha256(data).hexdigest())

    def _text(self, path: str, data: bytes) -> str:
        try:
            return _decoded(data)
        except _RefusedError as refused:
            encoding = self.encoding(path)
            marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            if encoding is None or marked or b"\0" in data:
                raise
            text = data.decode(encoding, errors="replace")
            at = text.find("\ufffd")
            if at >= 0:
                raise _RefusedError(
                    f"this is neither UTF-8 nor {encoding}", "save the file as UTF-8",
                    line=_line_at(text[:at]), column=_column_at(text[:at]),
                ) from refused  # fmt: skip
            self._remarks[path] = Problem(
                _shown(path), refused.line, refused.column,
                f"this is not UTF-8, so it was read as {encoding}, as its source says",
                "save the file as UTF-8",
            )  # fmt: skip
            return text

    def _bytes(self, path: str) -> tuple[bytes, SeedStat]:
        descriptor = _opened(self._root, path)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise _RefusedError(f"this is {_kind(facts.st_mode)}, not a file", _REGULAR_HINT)
            before = _as_stat(path, facts)
            data = b""
            if before.size <= self._file_limit:
                data = _read_at_most(descriptor, self._file_limit + 1)
            if max(before.size, len(data)) > self._file_limit:
                raise _RefusedError(
                    f"the file is larger than {_size(self._file_limit)}",
                    "split it, or raise limits.file",
                )
            if _as_stat(path, os.fstat(descriptor)) != before or len(data) != before.size:
                raise _RefusedError(
                    "the file changed while it was read", "it is read again next time",
                    transient=True,
                )  # fmt: skip
        except OSError as error:
            raise _not_opened(error, path) from error
        finally:
            os.close(descriptor)
        return data, before

    def _check_lines(self, text: str) -> None:
        data = text.encode()
        start = 0
        while len(data) - start > self._line_limit:
            end = start + self._line_limit + 1
            last_break = max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end))
            if last_break < 0:
                raise _RefusedError(
                    f"this line is longer than {_size(self._line_limit)}",
                    "break it into lines, or raise limits.line",
                    line=_line_at(data[:start].decode()),
                )
            start = last_break + 1


_REGULAR_HINT: Final = "put a plain text file in its place, or remove it"


def _stays_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    inside = bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
    return inside and "\0" not in path


def _walk(
    root: Path, folder: str, segments: Sequence[str], *, named: bool
) -> Iterator[tuple[str, os.stat_result]]:
    """The paths under `folder` that match `segments`; `named` while no wildcard was met."""
    segment, rest = segments[0], segments[1:]
    if segment == "**":
        yield from _walk(root, folder, rest or ["*"], named=False)
    elif named and rest and not _is_wild(segment):
        yield from _walk(root, f"{folder}{segment}/", rest, named=True)
        return
    onward = segments if segment == "**" else rest
    deep, anything = bool(onward), not segment.strip("*")
    for name, facts in _entries(root, folder, segment, must_exist=named):
        is_folder = stat.S_ISDIR(facts.st_mode)
        if deep:
            if is_folder:
                yield from _walk(root, f"{folder}{name}/", onward, named=False)
        elif not (is_folder and anything):
            yield folder + name, facts


def _entries(
    root: Path, folder: str, segment: str, *, must_exist: bool
) -> list[tuple[str, os.stat_result]]:
    """What stands in a folder by a name that matches."""
    matches = re.compile(translate(segment)).match
    hidden = segment.startswith(".")
    place = folder.rstrip("/") or "."
    try:
        if os.path.islink(root / folder.rstrip("/")) and folder:  # noqa: PTH114 - a str is at hand
            raise SeedError(
                f"the folder {place} is a symbolic link: links are not followed, "
                "so put the folder itself there or mount it"
            )
        entries = []
        with os.scandir(root / folder) as found:
            for entry in found:
                name = entry.name
                if not matches(name) or (name[0] == "." and not hidden):
                    continue
                try:
                    entries.append((name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:  # gone between the listing and the look
                    continue
    except FileNotFoundError as error:
        if not must_exist:
            return []
        raise SeedError(
            f"the folder {place} does not exist: make it, or mend the path of the source"
        ) from error
    except OSError as error:
        raise SeedError(f"the folder {place} cannot be read: {error.strerror}") from error
    return entries


def _is_wild(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


def _shown(path: str) -> str:
    """`path` with what cannot be printed or stored (bytes that are not UTF-8, controls) escaped."""
    if path.isascii() and path.isprintable():
        return path
    return "".join(
        ascii(character)[1:-1] if unicodedata.category(character) in _UNPRINTABLE else character
        for character in path
    )


def _as_stat(path: str, facts: os.stat_result) -> SeedStat:
    return SeedStat(
        path,
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_ctime_ns,
        facts.st_ino & _LARGEST_INODE,
    )


def _opened(root: Path, path: str) -> int:
    """A descriptor of the file, each folder on the way opened without following links."""
    if not _stays_inside(path) or _shown(path) != path:
        raise _RefusedError(
            "this path does not lead to a file of the instance",
            "name files relative to the instance folder, without '..'",
        )
    *folders, name = PurePosixPath(path).parts
    held = -1
    try:
        held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for folder in folders:
            within, held = held, os.open(folder, _OPEN_FOLDER, dir_fd=held)
            os.close(within)
        return os.open(name, _OPEN_FILE, dir_fd=held)
    except OSError as error:
        raise _not_opened(error, path) from error
    finally:
        if held >= 0:
            os.close(held)


def _not_opened(error: OSError, path: str) -> _RefusedError:
    match error.errno:
        case errno.ENOENT if "\\" in path:
            return _RefusedError(
                "the name of this file has characters that cannot be shown",
                "rename it; names are in UTF-8",
            )
        case errno.ENOENT | errno.ESTALE:
            return _RefusedError(
                "the file is gone", "nothing to do if it was removed on purpose", transient=True
            )
        case errno.ELOOP | errno.EMLINK | errno.ENOTDIR:
            return _RefusedError("the path goes through a symbolic link", _REGULAR_HINT)
        case errno.EACCES | errno.EPERM:
            return _RefusedError(
                "permission denied", "let the account that runs Tidings read the file"
            )
        case errno.ENXIO | errno.ENODEV | errno.EISDIR | errno.EOPNOTSUPP:
            return _RefusedError("this is not a regular file", _REGULAR_HINT)
        case _:
            reason = error.strerror or str(error)
            return _RefusedError(
                f"the file cannot be read: {reason}", "it is tried again next time", transient=True
            )


def _kind(mode: int) -> str:
    return next((words for test, words in _KINDS if test(mode)), "a device")


def _size(count: int) -> str:
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


def _read_at_most(descriptor: int, limit: int) -> bytes:
    chunks = []
    while limit > 0 and (chunk := os.read(descriptor, min(limit, _CHUNK))):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


def _decoded(data: bytes) -> str:
    """The text of the bytes: UTF-8, or UTF-16 where a byte order mark says so."""
    encoding, mark = "utf-8", b""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        mark = codecs.BOM_UTF8
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        above = data[len(mark) : len(mark) + error.start].decode(encoding, errors="ignore")
        offset = len(mark) + error.start
        raise _RefusedError(
            f"this is not {encoding.upper()}: byte 0x{data[offset]:02x} "
            f"at offset {offset} ({error.reason})",
            "save the file as UTF-8",
            line=_line_at(above),
            column=_column_at(above),
        ) from error
    at = text.find("\0")
    if at >= 0:
        raise _RefusedError(
            "there is a NUL character in the file, so it is no text",
            "save it as plain text in UTF-8",
            line=_line_at(text[:at]),
            column=_column_at(text[:at]),
        )
    return text


def _line_at(above: str) -> int:
    """The number of the line on which `above`, all text before a place, ends."""
    return above.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _column_at(above: str) -> int:
    return len(above) - max(above.rfind("\n"), above.rfind("\r"))
