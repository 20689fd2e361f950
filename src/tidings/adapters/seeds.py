"""The folder of seed files: which there are, and the text of each, opened with distrust.

A listing is a regular file inside the instance, of bounded size, in UTF-8 (or UTF-16 with a byte
order mark, or what its source declares), that stood still while it was read. Nothing else is read,
and symbolic links are never followed below the instance folder.
"""

from __future__ import annotations

import codecs
import errno
import hashlib
import logging
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from fnmatch import fnmatchcase, translate
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from tidings.errors import InputRefused, SeedError
from tidings.model import NONE, Problem, ReadError, Scan, SeedStat, SeedText, any_case

log = logging.getLogger(__name__)

_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def stays_inside(path: str) -> bool:
    """Whether a path or a pattern leads to a place below the folder that it is relative to."""
    pure = PurePosixPath(path)
    inside = bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
    return inside and "\0" not in path


def shown(path: str) -> str:
    """`path` with what cannot be printed or stored (bytes that are not UTF-8, controls) escaped."""
    if path.isascii() and path.isprintable():
        return path
    return "".join(
        ascii(character)[1:-1] if unicodedata.category(character) in _UNPRINTABLE else character
        for character in path
    )


REGULAR_HINT: Final = "put a plain text file in its place, or remove it"


class RefusedError(Exception):
    """What is wrong with a file, and what to do; `transient` if the next look may find it well,
    `unreadable` if nothing is known of what is in it."""

    def __init__(
        self,
        message: str,
        hint: str,
        *,
        line: int = 0,
        column: int = 0,
        transient: bool = False,
        unreadable: bool = False,
    ) -> None:
        self.message, self.hint = message, hint
        self.line, self.column = line, column
        self.transient = transient
        self.unreadable = unreadable or transient
        super().__init__(message)


def decoded(data: bytes) -> str:
    """The text of the bytes: UTF-8, or UTF-16 where a byte order mark says so.

    Raises `RefusedError`.
    """
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
        raise RefusedError(
            f"this is not {encoding.upper()}: byte 0x{data[offset]:02x} "
            f"at offset {offset} ({error.reason})",
            "save the file as UTF-8",
            line=line_at(above),
            column=column_at(above),
        ) from error
    at = text.find("\0")
    if at >= 0:
        raise RefusedError(
            "there is a NUL character in the file, so it is no text",
            "save it as plain text in UTF-8",
            line=line_at(text[:at]),
            column=column_at(text[:at]),
        )
    return text


def check_lines(text: str, limit: int) -> None:
    """Raises `RefusedError` if a line of the text has more than `limit` bytes."""
    data = text.encode()
    start = 0
    while len(data) - start > limit:
        end = start + limit + 1
        last_break = max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end))
        if last_break < 0:
            raise RefusedError(
                f"this line is longer than {size(limit)}",
                "break it into lines, or raise limits.line",
                line=line_at(data[:start].decode()),
            )
        start = last_break + 1


def line_at(above: str) -> int:
    """The number of the line on which `above`, all text before a place, ends."""
    return above.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def column_at(above: str) -> int:
    """How many characters of its line stand before a place."""
    return len(above) - max(above.rfind("\n"), above.rfind("\r"))


def size(count: int) -> str:
    """A number of bytes in words."""
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if count and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


OF_PAGES: Final = "_files"  # what browsers put behind a page's name for the folder beside it
_LARGEST_INODE: Final = (1 << 63) - 1  # what a signed 64-bit column of the state can hold
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def scan(root: Path, globs: Sequence[str], known: Mapping[str, SeedStat]) -> Scan:
    """What `SeedFolder.scan` tells of the patterns `globs`."""
    paths: set[str] = set()
    looks: dict[str, SeedStat] = {}
    for pattern in globs:
        segments = [segment for segment in pattern.split("/") if segment not in ("", ".")]
        for folder, names, must_exist in _places(root, "", segments, named=True):
            with _listed(root, folder, must_exist=must_exist) as entries:
                _look(folder, names, entries, known, paths, looks)
    return Scan(paths, {path: looks[path] for path in sorted(looks)})


def _look(
    folder: str,
    names: str,
    entries: Iterator[os.DirEntry[str]],
    known: Mapping[str, SeedStat],
    paths: set[str],
    looks: dict[str, SeedStat],
) -> None:
    """Note the files of a folder that have such names. Of a file that looks as it is known to, as
    nearly all do in nearly every round, nothing is made but a tuple to compare."""
    wanted, anything = _matcher(names), not names.strip("*")
    for entry in entries:
        name = entry.name
        if not wanted(name):
            continue
        try:
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # gone between the listing and the look
            continue
        path = folder + name
        look = (
            path,
            facts.st_size,
            facts.st_mtime_ns,
            facts.st_ctime_ns,
            facts.st_ino & _LARGEST_INODE,
        )
        if known.get(path) != look:
            if anything and stat.S_ISDIR(facts.st_mode):
                continue
            path = shown(path)
            looks[path] = as_stat(path, facts)
        paths.add(path)


def _places(
    root: Path, folder: str, segments: Sequence[str], *, named: bool
) -> Iterator[tuple[str, str, bool]]:
    """The folders in which files may be meant, each with a pattern of their names, and whether it
    must exist: `named` while no wildcard was met."""
    segment, rest = segments[0], segments[1:]
    if segment == "**":
        yield from _places(root, folder, rest or ["*"], named=False)
    elif not rest:
        yield folder, segment, named
        return
    elif named and not _is_wild(segment):
        yield from _places(root, f"{folder}{segment}/", rest, named=True)
        return
    wanted, onward = _matcher(segment), segments if segment == "**" else rest
    within: list[str] = []
    with _listed(root, folder, must_exist=named) as entries:
        named_so = [each for each in entries if wanted(each.name) or _is_page(each.name)]
        pages = {each.name.rpartition(".")[0] for each in named_so if _is_page(each.name)}
        within = [
            each.name
            for each in named_so
            if wanted(each.name) and _is_folder(each) and not _is_of_page(each.name, pages)
        ]
    for name in within:
        yield from _places(root, f"{folder}{name}/", onward, named=False)


@contextmanager
def _listed(root: Path, folder: str, *, must_exist: bool) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What stands in a folder; nothing if it need not exist and does not, or not any more."""
    descriptor = _open_folder(root, folder, must_exist=must_exist)
    if descriptor is None:
        yield iter(())
        return
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    except FileNotFoundError as error:  # gone while it was listed
        if must_exist:
            raise _missing(folder) from error
    except OSError as error:
        raise _unreadable(folder, error) from error
    finally:
        os.close(descriptor)


def _open_folder(root: Path, folder: str, *, must_exist: bool) -> int | None:
    """A descriptor, so that the way to the folder is not gone again for each of its files; None if
    it need not exist and does not."""
    if folder and os.path.islink(root / folder.rstrip("/")):  # noqa: PTH114 - a str is at hand
        raise SeedError(
            f"the folder {_shown(folder)} is a symbolic link: links are not followed, "
            "so use the folder itself or mount it"
        )
    try:
        return os.open(root / folder, _FOLDER)
    except FileNotFoundError as error:
        if must_exist:
            raise _missing(folder) from error
        return None
    except OSError as error:
        raise _unreadable(folder, error) from error


def _missing(folder: str) -> SeedError:
    return SeedError(
        f"the folder {_shown(folder)} does not exist: make it, or correct the path of the source"
    )


def _unreadable(folder: str, error: OSError) -> SeedError:
    return SeedError(f"the folder {_shown(folder)} cannot be read: {error.strerror}")


def _shown(folder: str) -> str:
    return folder.rstrip("/") or "."


def _is_page(name: str) -> bool:
    return name.lower().endswith((".html", ".htm"))


def _is_of_page(folder: str, pages: Set[str]) -> bool:
    """Whether a browser made the folder when it saved one of these pages: pictures, frames, styles
    are in it, and no listings."""
    return folder.endswith(OF_PAGES) and folder.removesuffix(OF_PAGES) in pages


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _matcher(segment: str) -> Callable[[str], object]:
    """What finds something in a name that a segment of a pattern means."""
    hidden = "" if segment.startswith(".") else r"(?!\.)"
    return re.compile(hidden + translate(segment)).match


def _is_wild(segment: str) -> bool:
    return any(mark in segment for mark in "*?[")


def as_stat(path: str, facts: os.stat_result) -> SeedStat:
    """What tells whether a file has changed."""
    return SeedStat(
        path,
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_ctime_ns,
        facts.st_ino & _LARGEST_INODE,
    )


# Formats of machines, which break lines where they like: `limits.file` is their only limit.
_ONE_LINE: Final = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_CHUNK: Final = 1 << 20
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def whole(root: Path, path: str, limit: int) -> tuple[bytes, SeedStat]:
    """The bytes of a regular file of at most `limit` bytes that stood still while it was read.

    Raises `RefusedError`.
    """
    descriptor = _open_file(root, path)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise RefusedError(f"this is {_kind(facts.st_mode)}, not a file", REGULAR_HINT)
        before = as_stat(path, facts)
        data = b""
        if before.size <= limit:
            data = _read_at_most(descriptor, limit + 1)
        if max(before.size, len(data)) > limit:
            raise _too_large(limit)
        if as_stat(path, os.fstat(descriptor)) != before or len(data) != before.size:
            raise RefusedError(
                "the file changed while it was read", "it is read again next time",
                transient=True,
            )  # fmt: skip
    except OSError as error:
        raise _not_opened(error, path) from error
    finally:
        os.close(descriptor)
    return data, before


def _too_large(limit: int) -> RefusedError:
    return RefusedError(f"the file is larger than {size(limit)}", "split it, or raise limits.file")


def _open_file(root: Path, path: str) -> int:
    """A descriptor of the file, each folder on the way opened without following links."""
    if not stays_inside(path) or shown(path) != path:
        raise RefusedError(
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


def _not_opened(error: OSError, path: str) -> RefusedError:
    match error.errno:
        case errno.ENOENT if "\\" in path:
            return RefusedError(
                "the name of this file has characters that cannot be shown",
                "rename it; names are in UTF-8",
            )
        case errno.ENOENT | errno.ESTALE:
            return RefusedError(
                "the file is gone", "nothing to do if it was removed on purpose", transient=True
            )
        case errno.ELOOP | errno.EMLINK | errno.ENOTDIR:
            return RefusedError("the path goes through a symbolic link", REGULAR_HINT)
        case errno.EACCES | errno.EPERM:
            return RefusedError(
                "permission denied",
                "let the account that runs Tidings read the file",
                unreadable=True,
            )
        case errno.ENXIO | errno.ENODEV | errno.EISDIR | errno.EOPNOTSUPP:
            return RefusedError("this is not a regular file", REGULAR_HINT)
        case _:
            reason = error.strerror or str(error)
            return RefusedError(
                f"the file cannot be read: {reason}", "it is tried again next time", transient=True
            )


def _kind(mode: int) -> str:
    return next((words for test, words in _KINDS if test(mode)), "a device")


def _read_at_most(descriptor: int, limit: int) -> bytes:
    chunks = []
    while limit > 0 and (chunk := os.read(descriptor, min(limit, _CHUNK))):
        chunks.append(chunk)
        limit -= len(chunk)
    return b"".join(chunks)


class Formats(NamedTuple):
    """How files that are no plain text become one: `is_opened` tells which these are, `opened`
    makes the text, or raises `InputRefused`."""

    is_opened: Callable[[str, bytes], bool]
    opened: Callable[[str, bytes, str | None], str]


class Elsewhere(NamedTuple):
    """Where listings are that lie in no folder: `below` tells how all look that are below a place,
    `whole` the bytes of one, without them if they are more than a limit, None if it is gone. Both
    raise `SeedError`."""

    scheme: str
    below: Callable[[str], Iterable[SeedStat]]
    whole: Callable[[str, int], tuple[bytes, SeedStat] | None]


def scan_elsewhere(elsewhere: Elsewhere, glob: str, known: Mapping[str, SeedStat]) -> Scan:
    """What `SeedFolder.scan` tells of one pattern that names no folder."""
    segments = glob.removeprefix(elsewhere.scheme).split("/")
    fixed = list(takewhile(lambda segment: not _is_wild(segment), segments[:-1]))
    looks = {each.path: each for each in elsewhere.below(elsewhere.scheme + "/".join(fixed))}
    paths: set[str] = set()
    changed: dict[str, SeedStat] = {}
    for path in sorted(looks):
        names = path.removeprefix(elsewhere.scheme).split("/")
        if not _names(segments[len(fixed) :], names[len(fixed) :]) or _beside_page(path, looks):
            continue
        told = shown(path)
        paths.add(told)
        if known.get(told) != looks[path]:
            changed[told] = looks[path]._replace(path=told)
    return Scan(paths, changed)


def _names(segments: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the segments of a pattern name these folders and this file, one after the other."""
    if not segments or not names:
        return not (segments or names)
    if segments[0] == "**":
        below = len(names) > 1 and not names[0].startswith(".") and _names(segments, names[1:])
        return below or _names(segments[1:] or ["*"], names)
    return bool(_matcher(segments[0])(names[0])) and _names(segments[1:], names[1:])


def _beside_page(path: str, looks: Mapping[str, SeedStat]) -> bool:
    """Whether a folder on the way was made by a browser when it saved a page beside it."""
    folders = [each for each in map(str, PurePosixPath(path).parents) if each.endswith(OF_PAGES)]
    pages = (f"{each.removesuffix(OF_PAGES)}.{end}" for each in folders for end in ("html", "htm"))
    known = {each.replace("://", ":/", 1) for each in looks} if folders else set[str]()
    return any(page in known for page in pages)


class SeedFolder:
    """The seed files under `root` that `globs` name, or that are `elsewhere`, such as in a bucket.

    Patterns are relative to `root`, with forward slashes; `*` and `?` stay within a folder, `**`
    spans folders, names that start with a dot are named only by patterns that do; endings are
    matched whatever the case. `file_limit` and `line_limit` are in bytes; tables and JSON have no
    limit of their lines. `encodings` are the legacy encodings ("cp1252", "latin-1") that
    files are read in, by the pattern that names them, when they are not UTF-8; each such reading
    is noted in the log. Files that are no plain text are opened by `formats`, if they are given.
    Raises `SeedError` for a pattern that leads out of `root`.
    """

    def __init__(
        self,
        root: Path,
        globs: Sequence[str],
        *,
        file_limit: int,
        line_limit: int,
        encodings: Mapping[str, str] | None = None,
        formats: Formats | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        for pattern in globs:
            if not stays_inside(pattern):
                raise SeedError(
                    f"the pattern {pattern!r} leads out of the instance: "
                    "name files relative to the instance folder, without '..'"
                )
        self._root = root
        scheme = elsewhere.scheme if elsewhere else "\0"
        patterns = tuple(map(any_case, globs))
        self._globs = tuple(each for each in patterns if not each.startswith(scheme))
        self._distant = tuple(each for each in patterns if each.startswith(scheme))
        self._elsewhere = elsewhere
        self._file_limit = file_limit
        self._line_limit = line_limit
        self._formats = formats
        self._encodings = {any_case(glob): name for glob, name in (encodings or {}).items()}

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
        found = scan(self._root, self._globs, known)
        if self._elsewhere is None:
            return found
        distant = [scan_elsewhere(self._elsewhere, glob, known) for glob in self._distant]
        paths = {*found.paths, *(path for each in distant for path in each.paths)}
        changed = {path: look for each in distant for path, look in each.changed.items()}
        return Scan(paths, {**found.changed, **dict(sorted(changed.items()))})

    def read(self, path: str) -> SeedText | ReadError:
        """The text of the file at `path`, relative to `root`. One bad file never raises."""
        try:
            data, facts = self._whole(path)
            if self._formats and self._formats.is_opened(path, data):
                text, encoding = self._formats.opened(path, data, self.encoding(path)), ""
            else:
                text, encoding = self._text(path, data)
                if not path.lower().endswith(_ONE_LINE):
                    check_lines(text, self._line_limit)
        except InputRefused as refused:
            problem = Problem(shown(path), 0, 0, refused.message, refused.hint)
            return ReadError(problem, transient=False)
        except SeedError as error:
            problem = Problem(shown(path), 0, 0, str(error), "it is tried again next time")
            return ReadError(problem, transient=True)
        except RefusedError as refused:
            problem = Problem(
                shown(path), refused.line, refused.column, refused.message, refused.hint
            )
            return ReadError(problem, refused.transient)
        return SeedText(path, facts, text, hashlib.sha256(data).hexdigest(), encoding)

    def _whole(self, path: str) -> tuple[bytes, SeedStat]:
        elsewhere = self._elsewhere
        if elsewhere is None or not path.startswith(elsewhere.scheme):
            return whole(self._root, path, self._file_limit)
        found = elsewhere.whole(path, self._file_limit) if shown(path) == path else None
        if found is None:
            raise _not_opened(FileNotFoundError(errno.ENOENT, "gone"), path)
        if found[1].size > self._file_limit:
            raise _too_large(self._file_limit)
        return found

    def _text(self, path: str, data: bytes) -> tuple[str, str]:
        """What the bytes say, and the declared encoding if they are not Unicode."""
        try:
            return decoded(data), ""
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
            log.info("read in its declared encoding path=%s encoding=%s", path, encoding)
            return text, encoding
