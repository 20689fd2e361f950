"""Backups and examinations: what looks at the whole state without touching it.

A backup is one file with a consistent copy of the state and what lies beside it: a plain tar
archive (POSIX.1-2001), so that any system can unpack it without us. The copy in it is marked:
whoever restores it is held until they accept it.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tidings.errors import StoreError
from tidings.state import access, health
from tidings.state.database import copied
from tidings.state.health import BACKUP, RollbackGuard, explained, remember


def back_up(
    path: Path, guard: RollbackGuard, beside: Iterable[Path], target: Path, at: datetime
) -> tuple[str, ...]:
    """Write the state at `path`, and those files of `beside` that exist, into the archive `target`.

    Others may work with the state: they wait while its bytes are copied, no longer. The archive is
    there whole or not at all, readable by its owner only. Returns the names in it.
    Raises `StateMissing` if there is no state, `StoreError` if it is damaged (a damaged backup is
    none) or the archive cannot be written.
    """
    try:
        with copied(path, guard, target.parent) as (copy, engine, _):
            with health.explained(path):
                health.refuse_cut(copy, path)
                health.check_pages(path, engine, thoroughly=True)
                health.apply(engine)
                with engine.begin() as connection:
                    remember(connection, BACKUP, at.astimezone(UTC).isoformat())
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
                    plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                engine.dispose()
            # An empty log, so that unpacking over a lost state leaves nothing of that one's log.
            log = copy.with_name(copy.name + "-wal")
            access.create(log)
            log.write_bytes(b"")
            files = [copy, log, *(file for file in beside if file.exists())]
            _archive(files, target, copy.parent / "archive", path.stat())
    except OSError as error:
        raise StoreError(
            f"{target}: {error.strerror}: there is no backup; correct that, or name another file"
        ) from error
    return tuple(file.name for file in files if file != log)


def _archive(files: Iterable[Path], target: Path, temporary: Path, owner: os.stat_result) -> None:
    """Write the files into one archive, to be unpacked by the state's owner."""
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, access.FILE
    )
    with os.fdopen(descriptor, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for file in files:
                entry, found = tarfile.TarInfo(file.name), file.stat()
                entry.size, entry.mtime, entry.mode = (
                    found.st_size,
                    int(found.st_mtime),
                    access.FILE,
                )
                entry.uid, entry.gid = owner.st_uid, owner.st_gid
                with file.open("rb") as content:
                    archive.addfile(entry, content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def examine(path: Path, guard: RollbackGuard | None, *, thoroughly: bool) -> None:
    """Check every page of a private copy, `thoroughly` the indexes against their tables, too.

    Raises `StoreError` with what is wrong and what to do.
    """
    health.refuse_foreign(path)
    with copied(path, guard) as (copy, engine, _), explained(path):
        health.refuse_cut(copy, path)
        health.check_pages(path, engine, thoroughly=thoroughly)
