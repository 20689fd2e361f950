"""A bucket, and what its store says in the words of people.

Each call is one request, but for listings and removals of more than a thousand objects. A store
that does not answer is asked again as often as `Retries` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore import PutMode

    from tidings.core.settings.bucket_address import BucketAddress

# So many objects a store removes by one request.
REMOVED_AT_ONCE: Final = 1000
DIGEST: Final = "sha256"  # sent as x-amz-meta-sha256
_KEYS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Keys(NamedTuple):
    """What a store knows us by: `identity` and `secret`, and the token of a session, "" without
    one. All "": the machine has a role."""

    identity: str = ""
    secret: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, for `most` seconds in all; a try may take `each` seconds,
    and the first pause is `pause` seconds long."""

    number: int = 5
    most: float = 60.0
    each: float = 20.0
    pause: float = 0.1


class BucketError(Exception):
    """The store refused, or could not be reached: what is wrong, and what to do; `away` if it may
    be otherwise the next time."""

    def __init__(self, message: str, hint: str, *, away: bool = False) -> None:
        self.message, self.hint, self.away = message, hint, away
        super().__init__(f"{message}: {hint}")


class ConditionFailed(Exception):
    """The object is not as it was to be for this request."""


class ConditionsUnknown(Exception):
    """The store says that it knows no conditions."""


class StoredObject(NamedTuple):
    """An object as it stands: `etag` without quotes, `digest` as we noted it in hex, "" if somebody
    else put it there."""

    path: str
    size: int
    modified: datetime
    etag: str
    digest: str = ""


class Bucket:
    """A place in a bucket: paths are relative to it.

    Every method raises `BucketError`.
    """

    def __init__(
        self, address: BucketAddress, keys: Keys, prefix: str, retries: Retries | None = None
    ) -> None:
        retries = retries or Retries()
        self._shown = f"{address} at {address.endpoint}" if address.endpoint else str(address)
        config = {
            "region": address.region,
            "endpoint": address.endpoint,
            "access_key_id": keys.identity,
            "secret_access_key": keys.secret,
            "session_token": keys.token,
        }
        self._store = S3Store(
            address.bucket,
            prefix=prefix or None,
            config={name: value for name, value in config.items() if value},  # type: ignore[arg-type]
            client_options={
                "allow_http": True,
                "connect_timeout": timedelta(seconds=min(5.0, retries.each)),
                "timeout": timedelta(seconds=retries.each),
            },
            retry_config={
                "max_retries": retries.number,
                "retry_timeout": timedelta(seconds=retries.most),
                "backoff": {
                    "init_backoff": timedelta(seconds=retries.pause),
                    "max_backoff": timedelta(seconds=10),
                    "base": 2,
                },
            },
        )

    def __str__(self) -> str:
        return self._shown

    def put(self, path: str, data: bytes, headers: Mapping[str, str], over: str | None) -> str:
        """Put an object in place and return its ETag.

        `over` is the ETag of what it may take the place of, "" if there is to be nothing, None for
        anything. Raises `ConditionFailed` and `ConditionsUnknown`, too.
        """
        mode: PutMode = "create" if over == "" else "overwrite"
        if over:
            mode = {"e_tag": f'"{over}"'}
        try:
            with self._in_words():
                answer = obstore.put(
                    self._store,
                    path,
                    data,
                    attributes=dict(headers),
                    mode=mode,
                    use_multipart=False,
                )
        except FileNotFoundError:
            raise ConditionFailed from None
        return bare(answer["e_tag"])

    def head(self, path: str) -> StoredObject | None:
        """How an object stands; None if there is none."""
        try:
            with self._in_words():
                answer = obstore.get(self._store, path, options={"head": True})
        except FileNotFoundError:
            return None
        found = answer.meta
        digest = str(answer.attributes.get(DIGEST, ""))
        modified = found["last_modified"]
        return StoredObject(path, found["size"], modified, bare(found["e_tag"]), digest)

    def get(self, path: str, limit: int) -> tuple[StoredObject, bytes] | None:
        """An object as it stood at one moment; its bytes are left out if it is larger than `limit`
        bytes. None if there is none."""
        try:
            with self._in_words():
                answer = obstore.get(self._store, path)
                found = answer.meta
                data = bytes(answer.bytes()) if found["size"] <= limit else b""
        except FileNotFoundError:
            return None
        modified = found["last_modified"]
        return StoredObject(path, found["size"], modified, bare(found["e_tag"])), data

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects, or those below a folder."""
        with self._in_words():
            for portion in obstore.list(self._store, prefix or None):
                for each in portion:
                    etag = bare(each["e_tag"])
                    yield StoredObject(each["path"], each["size"], each["last_modified"], etag)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove objects; what is gone already is no error."""
        for start in range(0, len(paths), REMOVED_AT_ONCE):
            with self._in_words():
                obstore.delete(self._store, list(paths[start : start + REMOVED_AT_ONCE]))

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Raises what the library raises as `BucketError`; that there is no such object, and that a
        condition failed, as such."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError) as error:
            raise ConditionFailed from error
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise self._explained(error) from None
            raise
        except (BaseError, ValueError, OSError) as error:
            if "NotImplemented" in str(error):
                raise ConditionsUnknown from None
            if re.search(r"\b409 Conflict|ConditionalRequestConflict", str(error)):
                raise ConditionFailed from None
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> BucketError:
        told = str(error).partition("\n\nDebug source:")[0]
        code = re.search(r"<Code>\s*([A-Za-z]+)\s*</Code>", told)
        name = code[1] if code else ""
        for pattern, message, hint in _WORDS:
            if re.search(pattern, name or str(error)):
                return BucketError(f"{self}: {message}", hint, away=message in _AWAY)
        status = re.search(r"non-2xx status code: ([^:]*)", told)
        reason = " ".join(filter(None, (status[1] if status else "", name))) or _brief(told)
        return BucketError(f"{self}: {reason}", _AGAIN, away=True)


_AGAIN: Final = "it is tried again by the next run"
_AWAY: Final = (
    "the store is busy",
    "it does not answer",
    "it cannot be reached",
    "there is no such host",
)


def bare(etag: str | None) -> str:
    """An ETag without quotes: some stores quote it in one answer and not in another."""
    return (etag or "").removeprefix("W/").strip('"')


def _brief(told: str) -> str:
    return told.partition("\n")[0][:200]


# By the code of a store's answer, or where it has none by what the library says: what is wrong,
# and what to do.
_WORDS: Final = (
    ("NoSuchBucket", "there is no such bucket", "make it, or correct the name"),
    ("InvalidAccessKeyId", "the store does not know the key", f"correct {_KEYS}"),
    ("SignatureDoesNotMatch", "the secret is not the one of the key", f"correct {_KEYS}"),
    ("ExpiredToken|TokenRefreshRequired", "the keys have expired", f"set new {_KEYS}"),
    (
        "RequestTimeTooSkewed|RequestExpired",
        "the clock of this machine is too far from the store's",
        "set the clock, best by NTP",
    ),
    (
        "AccessDenied|AllAccessDisabled|403 Forbidden|401 Unauthorized",
        "access denied",
        "let the key list the bucket, read, write and remove objects below this address",
    ),
    (
        "PermanentRedirect|AuthorizationHeaderMalformed|LocationConstraint|without LOCATION",
        "the bucket is in another region",
        "say which: ?region=NAME behind the address, or AWS_REGION",
    ),
    ("SlowDown|ServiceUnavailable|503 Service", "the store is busy", _AGAIN),
    (
        r"169\.254\.169\.254|InstanceCredential|[Ii]nstance.?[Mm]etadata",
        "there are no keys, and this machine has no role",
        f"set {_KEYS}, or AWS_ACCESS_KEY_ID_FILE and AWS_SECRET_ACCESS_KEY_FILE",
    ),
    (
        "InvalidPath|invalid path",
        "it holds an object whose name is no path, with two slashes or a control character in it",
        "rename that object, or give Tidings a folder of its own in the bucket",
    ),
    ("dns error|failed to lookup", "there is no such host", "correct the endpoint"),
    (
        "certificate|InvalidContentType|CorruptMessage|HandshakeFailure",
        "it cannot be reached by TLS",
        "correct the endpoint, or the store's certificate",
    ),
    (
        "kind: Timeout|timed out",
        "it does not answer",
        f"{_AGAIN}; look whether the store is up",
    ),
    (
        "kind: Connect|error sending request|Connection refused",
        "it cannot be reached",
        "correct the endpoint, or look whether the store is up",
    ),
)
