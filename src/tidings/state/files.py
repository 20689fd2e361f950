"""The files that came in and those that go out: seeds as last read, and what we published.

The manifest says which files under feeds/ are ours, and how we left them.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select

from tidings.model import Problem, PublishedFile, SeedStat
from tidings.state import rows
from tidings.state.schema import files, last_read, notes, problems, sources

# The pages and sitemaps of items, and the pages of years and months.
_MANY = re.compile(
    r"items/.*|pictures/.*|years/[0-9].*|topics/.*/[0-9].*\.html|sitemap-items-.*\.xml", re.DOTALL
)


# In the order of `PublishedFile`.
_PUBLISHED = select(files.c.path, files.c.size, files.c.mtime_ns, files.c.digest, files.c.etag)


class Files:
    """The manifest: which files under feeds/ are ours, and how we left them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> Mapping[str, PublishedFile]:
        """Every file of ours, by path."""
        return self._found(_PUBLISHED)

    def few(self) -> Mapping[str, PublishedFile]:
        """The files of ours of which there are no more, the more items there are."""
        return self._found(_PUBLISHED.where(files.c.many == 0))

    def count_few(self, *endings: str) -> int:
        """How many there are among these whose names end so."""
        ends = or_(*(files.c.path.endswith(each, autoescape=True) for each in endings))
        return self._db.scalar(select(func.count()).where(files.c.many == 0, ends)) or 0

    def at(self, paths: Collection[str]) -> Mapping[str, PublishedFile]:
        """Which of these paths are files of ours, and how we left them."""
        found: dict[str, PublishedFile] = {}
        for portion in rows.chunks(paths):
            found.update(self._found(_PUBLISHED.where(files.c.path.in_(portion))))
        return found

    def known(self, paths: Collection[str]) -> Set[str]:
        """Which of these paths are files of ours."""
        found: set[str] = set()
        for portion in rows.chunks(paths):
            found.update(self._db.scalars(select(files.c.path).where(files.c.path.in_(portion))))
        return found

    def _found(self, query: Select[Any]) -> Mapping[str, PublishedFile]:
        return {row[0]: PublishedFile(*row) for row in self._db.execute(query).all()}

    def save(self, published: Iterable[PublishedFile]) -> None:
        """Remember how we left these files."""
        for portion in rows.chunks(published):
            self.forget([file.path for file in portion])
            self._db.execute(
                insert(files),
                [
                    {
                        "path": file.path,
                        "size": file.size,
                        "mtime_ns": file.mtime_ns,
                        "digest": file.digest,
                        "etag": file.etag,
                        "many": int(_MANY.fullmatch(file.path) is not None),
                    }
                    for file in portion
                ],
            )

    def forget(self, paths: Collection[str]) -> None:
        """These files are no longer ours."""
        for portion in rows.chunks(paths):
            self._db.execute(delete(files).where(files.c.path.in_(portion)))


@dataclass(frozen=True, slots=True)
class Source:
    """A seed file as last looked at. `stat` is None as long as the file had not settled;
    `settings` tells by which settings of the configuration it was read."""

    path: str
    stat: SeedStat | None
    digest: str
    layout: str
    confidence: float
    entries: int
    problems: tuple[Problem, ...]
    settings: str = ""


@dataclass(frozen=True, slots=True)
class LastRead:
    """What a file's sightings were read from, or would be if it were not held: the digest of its
    bytes ("" if that is not known), by which reader and settings, and the text (None if a version
    before kept none)."""

    digest: str
    settings: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A file as last looked at, whether it could be read or not: the digest of its bytes, and by
    which reader and settings; `read` is what its sightings are from, None if that is not known."""

    digest: str
    settings: str
    read: LastRead | None


# By chance, and no number: it must be another, too, after an older copy of the state was restored.
MARK = "seed files known"


class Sources:
    """The seed files as last read."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._marked = False

    def stats(self) -> Mapping[str, SeedStat]:
        """The settled stat of each file by its path: a file that still looks so is not read
        again."""
        s = sources.c
        settled = select(s.path, s.size, s.mtime_ns, s.ctime_ns, s.inode).where(s.size.is_not(None))
        with self._db.execute(settled) as found:
            # The driver's own tuples, which equal stats of the same values: there is one for each
            # file, and the values need no translation.
            stats = found.cursor.fetchall() if found.cursor else ()
        return {row[0]: row for row in cast("Sequence[SeedStat]", stats)}

    def mark(self) -> str:
        """What is another whenever any of these stats is; "" before the first."""
        return self._db.scalar(select(notes.c.value).where(notes.c.name == MARK)) or ""

    def settings_besides(self, usual: str) -> Mapping[str, str]:
        """The files that were read by other settings than the usual ones, with these: under
        others than it was read by a file is read again."""
        query = select(sources.c.path, sources.c.settings).where(sources.c.settings != usual)
        return {row.path: row.settings for row in self._db.execute(query)}

    def looked(self, paths: Collection[str]) -> Mapping[str, Looked]:
        """Each of these files as last looked at, as far as they are known."""
        found: dict[str, Looked] = {}
        for portion in rows.chunks(paths):
            query = select(last_read).where(last_read.c.path.in_(portion))
            read = {row.path: _last_read(row) for row in self._db.execute(query)}
            # A file that was forgotten, and is back, was last looked at when it was last read.
            found |= {path: Looked(each.digest, each.settings, each) for path, each in read.items()}
            look = select(sources.c.path, sources.c.digest, sources.c.settings)
            for row in self._db.execute(look.where(sources.c.path.in_(portion))):
                found[row.path] = Looked(row.digest, row.settings, read.get(row.path))
        return found

    def keep(self, reads: Mapping[str, LastRead]) -> None:
        """Remember by path what the entries of files are from."""
        for portion in rows.chunks(reads):
            self._db.execute(delete(last_read).where(last_read.c.path.in_(portion)))
        values = [
            {
                "path": path,
                "digest": read.digest,
                "settings": read.settings,
                "packed": None if read.text is None else zlib.compress(read.text.encode()),
            }
            for path, read in reads.items()
        ]
        if values:
            self._db.execute(insert(last_read), values)

    def save(self, read: Collection[Source], at: datetime) -> None:
        """Remember readings in place of those before."""
        if not read:
            return
        self._mark()
        self._drop([source.path for source in read])
        self._db.execute(insert(sources), [_source_values(source, at) for source in read])
        values = [
            {
                "path": source.path,
                "position": position,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "hint": problem.hint,
                "excerpt": problem.excerpt,
            }
            for source in read
            for position, problem in enumerate(source.problems)
        ]
        if values:
            self._db.execute(insert(problems), values)

    def _drop(self, paths: Collection[str]) -> None:
        for portion in rows.chunks(paths):
            self._db.execute(delete(problems).where(problems.c.path.in_(portion)))
            self._db.execute(delete(sources).where(sources.c.path.in_(portion)))

    def forget(self, paths: Collection[str]) -> None:
        """Forget how files looked: if they come back, they are read."""
        if paths:
            self._mark()
            self._drop(paths)

    def _mark(self) -> None:
        if not self._marked:
            mark = {"name": MARK, "value": os.urandom(8).hex()}
            self._db.execute(rows.upsert(notes), mark)
            self._marked = True

    def problems(self) -> tuple[Problem, ...]:
        """Every problem that stands in the files as last read."""
        found = self._db.execute(select(problems).order_by(problems.c.path, problems.c.position))
        return tuple(map(_problem, found))

    def held(self, paths: Collection[str]) -> tuple[Problem, ...]:
        """Why those of these files publish nothing that are held now, a problem for each."""
        reasons: list[Problem] = []
        for portion in rows.chunks(paths):
            query = (
                select(problems)
                .join(sources, sources.c.path == problems.c.path)
                .where(problems.c.path.in_(portion), sources.c.entries == 0)
                .order_by(problems.c.path, problems.c.position)
            )
            first: dict[str, Problem] = {}
            for row in self._db.execute(query):
                first.setdefault(row.path, _problem(row))
            reasons += first.values()
        return tuple(reasons)

    def forget_problems(self, present: Collection[str]) -> None:
        """Drop the problems of files that are no longer there."""
        known = set(self._db.scalars(select(problems.c.path).distinct()))
        for portion in rows.chunks(path for path in known if path not in present):
            self._db.execute(delete(problems).where(problems.c.path.in_(portion)))

    def count(self) -> int:
        """How many files were ever read."""
        return self._db.scalar(select(func.count()).select_from(sources)) or 0


def _source_values(source: Source, at: datetime) -> dict[str, object]:
    stat = source.stat
    return {
        "path": source.path,
        "size": stat.size if stat else None,
        "mtime_ns": stat.mtime_ns if stat else None,
        "ctime_ns": stat.ctime_ns if stat else None,
        "inode": stat.inode if stat else None,
        "digest": source.digest,
        "layout": source.layout,
        "confidence": f"{source.confidence:.3f}",
        "entries": source.entries,
        "settings": source.settings,
        "read_at": at,
    }


def _problem(row: Row[Any]) -> Problem:
    return Problem(row.path, row.line, row.column, row.message, row.hint, row.excerpt)


def _last_read(row: Row[Any]) -> LastRead:
    text = None if row.packed is None else zlib.decompress(row.packed).decode()
    return LastRead(row.digest, row.settings, text)
