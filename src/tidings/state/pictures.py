"""Local pictures: which items show which, and what was made of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, insert, or_, select, update

from tidings.model import Picture, SeedRef, SeedStat
from tidings.state import rows
from tidings.state.schema import files, items, pictures, sightings
from tidings.state.topics import ALONE

# Pictures at other sites, which are linked and not copied.
_REMOTE = or_(items.c.image.startswith("http://"), items.c.image.startswith("https://"))


class Pictures:
    """The pictures of items."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def shown(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of all pictures that items show, each with the ids of these."""
        query = (
            select(items.c.image, items.c.id)
            .where(items.c.image.is_not(None), ~_REMOTE, ALONE, items.c.retracted_at.is_(None))
            .order_by(items.c.image, items.c.id)
        )
        found: dict[str, tuple[str, ...]] = {}
        for path, item_id in self._db.execute(query).all():
            found[path] = (*found.get(path, ()), item_id)
        return found

    def remote(self) -> int:
        """How many items have a picture at another site."""
        query = select(items.c.id).where(
            items.c.image.is_not(None), _REMOTE, ALONE, items.c.retracted_at.is_(None)
        )
        return len(self._db.scalars(query).all())

    def named_at(self, path: str) -> SeedRef:
        """Where a listing names a picture; that of the picture itself if none does any more."""
        query = (
            select(sightings.c.path, sightings.c.line)
            .where(sightings.c.image == path, sightings.c.position.is_not(None))
            .order_by(sightings.c.path, sightings.c.line)
        )
        row = self._db.execute(query.limit(1)).first()
        return SeedRef(row.path, row.line) if row else SeedRef(path, 0)

    def made(self) -> dict[str, Picture]:
        """What was made of pictures, by path."""
        return {
            path: Picture(
                path,
                None if size is None else SeedStat(path, size, mtime_ns, ctime_ns, inode),
                *rest,
            )
            for path, size, mtime_ns, ctime_ns, inode, *rest in self._db.execute(select(pictures))
        }

    def save(self, made: Iterable[Picture]) -> None:
        """Remember what was made, in place of what was known."""
        for portion in rows.chunks(made):
            self.forget([picture.path for picture in portion])
            self._db.execute(
                insert(pictures),
                [
                    {
                        "path": picture.path,
                        "size": picture.look.size if picture.look else None,
                        "mtime_ns": picture.look.mtime_ns if picture.look else None,
                        "ctime_ns": picture.look.ctime_ns if picture.look else None,
                        "inode": picture.look.inode if picture.look else None,
                        "name": picture.name,
                        "width": picture.width,
                        "height": picture.height,
                        "length": picture.length,
                    }
                    for picture in portion
                ],
            )

    def forget(self, paths: Collection[str]) -> None:
        """Nothing shows these any more."""
        for portion in rows.chunks(paths):
            self._db.execute(delete(pictures).where(pictures.c.path.in_(portion)))

    def touch(self, ids: Collection[str], run: int) -> None:
        """The pages of these items have another picture as of that run."""
        for portion in rows.chunks(ids):
            here = items.c.id.in_(portion)
            self._db.execute(update(items).where(here).values(touched_run=run))

    def files(self) -> frozenset[str]:
        """The paths of all published files that are pictures."""
        return frozenset(
            self._db.scalars(select(files.c.path).where(files.c.path.startswith("pictures/")))
        )
