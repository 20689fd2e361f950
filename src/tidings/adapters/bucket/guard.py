"""The witness of a state, as an object in a bucket: what readers have seen outlives every machine.

Whoever opens the state asks for it. It is written when a run or an edition has begun, and not once
a second while mail goes out; and on the condition that nobody has written it since, so that what is
older never replaces what is newer.
"""

from __future__ import annotations

import json
from pathlib import Path

from tidings.adapters.bucket.client import (
    Bucket,
    BucketError,
    ConditionFailed,
    ConditionsUnknown,
)
from tidings.errors import StoreError
from tidings.state.health import LastSeen, RollbackGuard

LARGEST = 16 * 2**20  # bytes
TRIES = 5


class GuardObject(RollbackGuard):
    """The object `name` in a place of a bucket that readers cannot see."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        super().__init__(Path(str(bucket)) / name, pause=float("inf"))
        self._bucket = bucket
        self._name = name
        self._etag = ""

    def exists(self) -> bool:
        """Whether anything was ever witnessed."""
        return self.read() is not None

    def read(self) -> bytes | None:
        """What the witness tells; None if there is none. Raises `StoreError`."""
        try:
            found = self._bucket.get(self._name, LARGEST)
        except BucketError as error:
            raise _unseen(error) from error
        self._etag = found[0].etag if found else ""
        return found[1] if found else None

    def write(self, data: bytes, seen: LastSeen) -> None:
        """Put the witness in place, unless another process has told something newer.

        Raises `StoreError`.
        """
        conditional = True
        try:
            for _ in range(TRIES):
                try:
                    over = self._etag if conditional else None
                    self._etag = self._bucket.put(
                        self._name, data, {"Content-Type": "application/json"}, over
                    )
                except ConditionsUnknown:
                    conditional = False
                except ConditionFailed:
                    if _generation(self.read(), seen.lineage) >= seen.generation:
                        return
                else:
                    return
        except BucketError as error:
            raise _unseen(error) from error
        raise StoreError(f"{self._bucket}: somebody else writes {self._name} all the time")


def _generation(data: bytes | None, lineage: str) -> int:
    """How far the witness says that readers have seen the state of that lineage; 0 for another."""
    try:
        told = json.loads(data or b"{}")
        return int(told["generation"]) if told["lineage"] == lineage else 0
    except (ValueError, KeyError, TypeError):
        return 0


def _unseen(error: BucketError) -> StoreError:
    return StoreError(
        f"{error.message}: nobody knows how far readers have seen the state, so nothing is read, "
        f"published or mailed; {error.hint}"
    )
