"""Listings that come in by buckets: which there are, and the bytes of each.

An object is whole or not there, so nothing is read while it is written. What tells whether it
changed is its ETag, beside size and time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from tidings.adapters.bucket.client import Bucket, BucketError, StoredObject
from tidings.errors import SeedError
from tidings.model import SeedStat

SCHEME = "s3://"


class BucketInbox:
    """The objects that sources name, as `s3://bucket/key`.

    `buckets` are by name; every method raises `SeedError`.
    """

    def __init__(self, buckets: Mapping[str, Bucket]) -> None:
        self._buckets = buckets

    def below(self, place: str) -> Iterator[SeedStat]:
        """How all objects look that are below `s3://bucket/folder`, or the bucket's own place."""
        bucket, folder = self._bucket(place)
        try:
            for found in bucket.list(folder):
                yield look(place, found)
        except BucketError as error:
            raise SeedError(str(error)) from error

    def whole(self, path: str, limit: int) -> tuple[bytes, SeedStat] | None:
        """The bytes of one object, without them if they are more than `limit`; None if it is
        gone."""
        bucket, key = self._bucket(path)
        try:
            answer = bucket.get(key, limit)
        except BucketError as error:
            raise SeedError(str(error)) from error
        return (answer[1], look(path, answer[0])) if answer else None

    def _bucket(self, path: str) -> tuple[Bucket, str]:
        name, _, key = path.removeprefix(SCHEME).partition("/")
        return self._buckets[name], key


def look(place: str, found: StoredObject) -> SeedStat:
    """How an object looks from outside. Lists tell its time more exactly than answers do."""
    name = place.removeprefix(SCHEME).partition("/")[0]
    stamp = int.from_bytes(hashlib.sha256(found.etag.encode()).digest()[:8]) >> 1
    path = f"{SCHEME}{name}/{found.path}"
    return SeedStat(path, found.size, _seconds(found.modified) * 10**9, 0, stamp)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
