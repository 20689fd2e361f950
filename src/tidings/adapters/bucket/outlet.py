"""The bucket that is published to: whole objects only, and never an older one over a newer.

Whether a file changed is told by the digest that the state has of it, so nothing is fetched. Every
object is put on a condition (RFC 9110 §13.1): it must still be as the state says that we left it,
or not be there. A process that was asleep while another published fails by that, and begins again
from the state. What a crash put and the state does not know is known by its digest.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

from tidings.adapters.bucket.client import (
    DIGEST,
    Bucket,
    BucketError,
    ConditionFailed,
    ConditionsUnknown,
    StoredObject,
)
from tidings.errors import Overtaken, PublishError
from tidings.model import PublishedFile, cache_control, media_type

log = logging.getLogger(__name__)

AT_ONCE: Final = 32
# So often an object is looked at again that somebody else writes at the same time.
TRIES: Final = 3
PROBE: Final = ".tidings-probe"
_PROBE_SAYS: Final = b"By this object Tidings tries whether the store refuses a second writer.\n"
# What no object ever has.
_NEVER: Final = "00000000000000000000000000000000-tidings"
LARGEST: Final = 64 * 2**20  # bytes, of a published file that is read back

Conditions = Literal["kept", "ignored", "unknown"]


class BucketOutlet:
    """The `Outlet` port on a bucket.

    `left` tells how the state says that we left those of these paths that are ours; `alone` whether
    this process is still the one that may publish from that state. `shared`:
    others may publish from it when this one does not, so it is tried once whether the store refuses
    a second writer.
    """

    def __init__(
        self,
        bucket: Bucket,
        left: Callable[[Collection[str]], Mapping[str, PublishedFile]],
        alone: Callable[[], bool],
        *,
        shared: bool = False,
    ) -> None:
        self._bucket = bucket
        self._left = left
        self._alone = alone
        self._to_be_tried = shared
        self._conditional = True
        # All objects, as far as they were listed in this publication, and what it has put so far.
        self._listed: dict[str, StoredObject] | None = None
        self._done: dict[str, PublishedFile] = {}

    def __str__(self) -> str:
        return str(self._bucket)

    def put(self, files: Iterable[tuple[str, bytes]]) -> Sequence[tuple[PublishedFile, bool]]:
        """Put objects in place where they differ from how we left them, many at once.

        Raises `Overtaken` if another process published meanwhile; else `PublishError`, with some
        objects new and the others old.
        """
        answers: list[tuple[PublishedFile, bool] | None] = []
        changed: list[tuple[int, str, bytes, str, PublishedFile | None]] = []
        given = list(files)
        left = self._left([path for path, _ in given])
        # Nobody else has changed what the state says of them, if this process is still alone now.
        self._check_alone()
        for number, (path, data) in enumerate(given):
            digest = hashlib.sha256(data).hexdigest()
            before = self._before(path, left)
            if before and before.digest == digest:
                answers.append((before, False))
                continue
            answers.append(None)
            changed.append((number, path, data, digest, before))
        if not changed:
            return [each for each in answers if each]
        with ThreadPoolExecutor(min(AT_ONCE, len(changed))) as threads:
            putting = [
                (number, threads.submit(self._put, path, data, digest, before))
                for number, path, data, digest, before in changed
            ]
        errors: list[BaseException] = []
        for number, each in putting:
            if error := each.exception():
                errors.append(error)
            else:
                answers[number] = each.result()
        if errors:
            # That another process publishes outweighs whatever else went wrong.
            raise min(errors, key=lambda error: not isinstance(error, Overtaken))
        return [each for each in answers if each]

    def stands(self, file: PublishedFile) -> bool:
        """Whether the object is as we left it, by size and ETag; once `sweep` has looked. Before
        that, whether we left it in a bucket at all."""
        if self._listed is None:
            return bool(file.etag)
        found = self._listed.get(file.path)
        return found is not None and (found.size, found.etag) == (file.size, file.etag)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether there is an object at that path that says anything else."""
        try:
            found = self._bucket.head(path)
            if found is None or found.digest == hashlib.sha256(data).hexdigest():
                return False
            return self.content(path) != data
        except BucketError as error:
            raise _not_published(error) from error

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects of ours."""
        gone = list(paths)
        if not gone:
            return
        self._check_alone()
        try:
            self._bucket.remove(gone)
        except BucketError as error:
            raise _not_published(error) from error
        for path in gone:
            self._done.pop(path, None)
            if self._listed is not None:
                self._listed.pop(path, None)

    def begin(self) -> None:
        """Before a publication: nothing is put yet."""
        self._done = {}
        if self._to_be_tried:
            self._to_be_tried = False
            if self.conditions() != "kept":
                log.warning(
                    'store keeps no conditions bucket="%s" reason="%s"',
                    self._bucket,
                    "two machines that publish at a time could overwrite each other",
                )

    def end(self) -> None:
        """After a publication: what was listed may be another's by the next one."""
        self._listed = None
        self._done = {}

    def sweep(self) -> None:
        """Note what there is: nothing is ever half-written in a bucket."""
        self.survey()

    def survey(self) -> None:
        """List all objects, a thousand a request."""
        try:
            self._listed = {each.path: each for each in self._bucket.list()}
        except BucketError as error:
            raise _not_published(error) from error

    # --- What a look and a plan ask beyond the port ----------------------------------------------

    def standing(self, path: str, data: bytes) -> PublishedFile | None:
        """The object if it has these bytes, as far as is known without reading it; else None."""
        before = self._before(path, self._left([path]))
        same = before is not None and before.digest == hashlib.sha256(data).hexdigest()
        return before if same else None

    def exists(self, path: str) -> bool:
        """Whether there is an object at that path: as far as `survey` has looked, else as the state
        says."""
        return path in (self._left([path]) if self._listed is None else self._listed)

    def content(self, path: str) -> bytes | None:
        """The bytes of an object; None if there is none. Raises `PublishError`."""
        try:
            found = self._bucket.get(path, LARGEST)
        except BucketError as error:
            raise _not_published(error) from error
        return found[1] if found else None

    def is_there(self, file: PublishedFile) -> bool:
        """Whether there is any object where we left one; `sweep` has looked."""
        return file.path in (self._listed or {})

    def is_intact(self, file: PublishedFile) -> bool:
        """Whether the object is as we left it byte by byte; reads it whole."""
        data = self.content(file.path)
        return data is not None and hashlib.sha256(data).hexdigest() == file.digest

    def strangers(self, ours: Set[str]) -> Sequence[str]:
        """The objects that are none of `ours`, in order; `sweep` has looked."""
        return sorted((self._listed or {}).keys() - ours - {PROBE})

    def conditions(self) -> Conditions:
        """Whether the store refuses what does not meet a condition, tried on an object of its own,
        which goes again; "unknown" if it says that it knows none. Raises `PublishError`."""
        try:
            self._refuses("")
            kept = self._refuses("") and self._refuses(_NEVER)
            self._bucket.remove([PROBE])
        except ConditionsUnknown:
            self._conditional = False
            return "unknown"
        except BucketError as error:
            raise _not_published(error) from error
        return "kept" if kept else "ignored"

    def _refuses(self, over: str) -> bool:
        """Whether the store refuses an object on a condition."""
        try:
            self._bucket.put(PROBE, _PROBE_SAYS, {"Content-Type": media_type(".txt")}, over)
        except ConditionFailed:
            return True
        return False

    def trouble(self) -> BucketError | None:
        """Why objects cannot be listed, or nothing be put; None if they can. Where the store keeps
        conditions this writes nothing: what is asked for cannot be."""
        try:
            next(iter(self._bucket.list()), None)
        except BucketError as error:
            return error
        try:
            if not self._refuses(_NEVER):
                self._bucket.remove([PROBE])
        except ConditionsUnknown:
            return None
        except BucketError as error:
            return BucketError(
                f"{error.message}: it can be read, and not written", error.hint, away=error.away
            )
        return None

    # --- Putting one object ----------------------------------------------------------------------

    def _before(self, path: str, left: Mapping[str, PublishedFile]) -> PublishedFile | None:
        """How we left an object, as far as it is known to be there."""
        if done := self._done.get(path):
            return done
        before = left.get(path)
        if before is None or not before.etag:
            return None
        return before if self._listed is None or self.stands(before) else None

    def _put(
        self, path: str, data: bytes, digest: str, before: PublishedFile | None
    ) -> tuple[PublishedFile, bool]:
        headers = {
            "Content-Type": media_type(path),
            "Cache-Control": cache_control(path),
            DIGEST: digest,
        }
        over = before.etag if before else ""
        try:
            for _ in range(TRIES):
                try:
                    condition = over if self._conditional else None
                    etag = self._bucket.put(path, data, headers, condition)
                    return self._note(PublishedFile(path, len(data), 0, digest, etag)), True
                except ConditionsUnknown:
                    if not self._conditional:
                        raise
                    self._conditional = False
                except ConditionFailed:
                    found = self._bucket.head(path)
                    if found and found.digest == digest and found.size == len(data):
                        file = PublishedFile(path, len(data), 0, digest, found.etag)
                        return self._note(file), False
                    self._check_alone()
                    over = found.etag if found else ""
        except BucketError as error:
            raise _not_published(error) from error
        except ConditionsUnknown:
            raise PublishError(f"{self._bucket}: the store knows no such request") from None
        raise PublishError(
            f"{self._bucket}: somebody else writes {path} all the time: "
            "find out who, or publish below a prefix of its own"
        )

    def _note(self, file: PublishedFile) -> PublishedFile:
        self._done[file.path] = file
        return file

    def _check_alone(self) -> None:
        if not self._alone():
            raise Overtaken(
                f"{self._bucket}: another process publishes from this state now; what it writes "
                "is newer, and stays"
            )


def _not_published(error: BucketError) -> PublishError:
    return PublishError(f"{error.message}: what was published stays as it is; {error.hint}")
