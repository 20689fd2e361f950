"""The manifest: which files under feeds/ are ours, and how we left them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from tidings.model import PublishedFile
from tidings.state import rows
from tidings.state.schema import files

# The pages and sitemaps of items, and the pages of years and months.
_MANY = re.compile(r"items/.*|topics/.*/[0-9].*\.html|sitemap-items-.*\.xml", re.DOTALL)


class Files:
    """The manifest: which files under feeds/ are ours, and how we left them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> Mapping[str, PublishedFile]:
        """Every file of ours, by path."""
        return self._found(select(files))

    def few(self) -> Mapping[str, PublishedFile]:
        """The files of ours of which there are no more, the more items there are."""
        return self._found(select(files).where(files.c.many == 0))

    def known(self, paths: Collection[str]) -> Set[str]:
        """Which of these paths are files of ours."""
        found: set[str] = set()
        for portion in rows.chunks(paths):
            found.update(self._db.scalars(select(files.c.path).where(files.c.path.in_(portion))))
        return found

    def _found(self, query: Select[Any]) -> Mapping[str, PublishedFile]:
        return {
            row.path: PublishedFile(row.path, row.size, row.mtime_ns, row.digest)
            for row in self._db.execute(query).all()
        }

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
                        "many": int(_MANY.fullmatch(file.path) is not None),
                    }
                    for file in portion
                ],
            )

    def forget(self, paths: Collection[str]) -> None:
        """These files are no longer ours."""
        for portion in rows.chunks(paths):
            self._db.execute(delete(files).where(files.c.path.in_(portion)))
