"""How an instance comes by its buckets: keys from the environment, the library where one is named.

It stands apart from the wiring, which has no room for what only buckets ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tidings.adapters.passwords import password
from tidings.adapters.seeds import Elsewhere
from tidings.core.settings.bucket_address import SCHEME, BucketAddress, parse_bucket
from tidings.core.settings.values import is_bucket
from tidings.errors import ConfigError, SeedError, StoreError
from tidings.model import Help, Problem, PublishedFile, SeedStat, Severity

if TYPE_CHECKING:
    from tidings.adapters.bucket.client import Bucket, Keys
    from tidings.adapters.bucket.guard import GuardObject
    from tidings.adapters.bucket.inbox import BucketInbox
    from tidings.adapters.bucket.outlet import BucketOutlet

IDENTITY: Final = "AWS_ACCESS_KEY_ID"
SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105
TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105
# By these a container or a service account has a role, of which the library asks the keys.
_ROLES: Final = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def outlet(
    publish: str,
    environ: Mapping[str, str],
    left: Callable[[Collection[str]], Mapping[str, PublishedFile]],
    alone: Callable[[], bool] = lambda: True,
    *,
    shared: bool = False,
) -> BucketOutlet:
    """The bucket that is published to, with what `BucketOutlet` takes.

    Raises `ConfigError` if its keys or library are wanting.
    """
    opened = open_bucket(parse_bucket(publish), environ)
    from tidings.adapters.bucket.outlet import BucketOutlet

    return BucketOutlet(opened, left, alone, shared=shared)


def witness(place: str, environ: Mapping[str, str], name: str) -> GuardObject:
    """The witness of the state, in a bucket. Raises `StoreError` if its keys or library are
    wanting: nobody knows then whether the state is the present one."""
    try:
        opened = open_bucket(parse_bucket(place), environ)
    except ConfigError as error:
        raise StoreError("; ".join(map(str, error.problems))) from error
    from tidings.adapters.bucket.guard import GuardObject

    return GuardObject(opened, name)


def inbox(paths: Sequence[str], environ: Mapping[str, str]) -> Elsewhere:
    """The buckets that these paths of sources name; the first path says how one is reached.

    Each is opened when it is first looked into, and what is wanting is a `SeedError` by then.
    """
    made: list[BucketInbox] = []
    addresses = {
        address.bucket: replace(address, path="")
        for address in map(parse_bucket, reversed([each for each in paths if is_bucket(each)]))
    }

    def opened() -> BucketInbox:
        if not made:
            made.append(_inbox(addresses, environ))
        return made[0]

    def below(place: str) -> Iterable[SeedStat]:
        return opened().below(place)

    def whole(path: str, limit: int) -> tuple[bytes, SeedStat] | None:
        return opened().whole(path, limit)

    return Elsewhere(SCHEME, below, whole)


def bucket_problem(publish: str, environ: Mapping[str, str]) -> Problem | None:
    """What is wrong with a bucket that is written to; a warning if it may only be away. Its place
    is the variable that is wanting, "" for anything else.

    Where the store keeps conditions nothing is written to find out.
    """
    try:
        trouble = outlet(publish, environ, lambda _paths: {}).trouble()
    except ConfigError as error:
        # Whoever writes the configuration need not have the keys.
        return replace(error.problems[0], severity="warning")
    if trouble is None:
        return None
    severity: Severity = "warning" if trouble.away else "problem"
    return Problem("", 0, 0, trouble.message, trouble.hint, severity=severity, help=Help.BUCKET)


def inbox_error(pattern: str, paths: Sequence[str], environ: Mapping[str, str]) -> str:
    """Why the objects of a source cannot be listed; "" if they can."""
    place = pattern.partition("*")[0].partition("?")[0].partition("[")[0].rpartition("/")[0]
    try:
        next(iter(inbox(paths, environ).below(place)), None)
    except SeedError as error:
        return str(error)
    return ""


def _inbox(addresses: Mapping[str, BucketAddress], environ: Mapping[str, str]) -> BucketInbox:
    try:
        buckets = {name: open_bucket(address, environ) for name, address in addresses.items()}
    except ConfigError as error:
        raise SeedError("; ".join(map(str, error.problems))) from error
    from tidings.adapters.bucket.inbox import BucketInbox

    return BucketInbox(buckets)


def open_bucket(address: BucketAddress, environ: Mapping[str, str]) -> Bucket:
    """A place in a bucket, reached as its address and the environment say.

    Raises `ConfigError` if its keys or library are wanting.
    """
    try:
        from tidings.adapters.bucket.client import Bucket
    except ModuleNotFoundError as error:
        told = f"{address} is a bucket, which needs the library {error.name}: it is not installed"
        raise _wrong(f"{SCHEME}{address.bucket}", told, "pip install 'tidings[scale]'") from error
    endpoint = address.endpoint or environ.get("AWS_ENDPOINT_URL_S3", "")
    region = address.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    reached = replace(
        address,
        endpoint=(endpoint or environ.get("AWS_ENDPOINT_URL", "")).rstrip("/"),
        region=region or "us-east-1",
    )
    return Bucket(reached, _keys(reached, environ), reached.path)


def _keys(address: BucketAddress, environ: Mapping[str, str]) -> Keys:
    """The keys that the environment names. Raises `ConfigError` where there must be some."""
    from tidings.adapters.bucket.client import Keys

    identity, secret = password(IDENTITY, environ), password(SECRET, environ)
    given = identity or secret
    if bool(identity) != bool(secret) or (
        # Amazon's own machines may have a role.
        not given and address.endpoint and not any(environ.get(each) for each in _ROLES)
    ):
        wanting = IDENTITY if not identity else SECRET
        told = f"is not set, but {address} is a bucket, which wants {IDENTITY} and {SECRET}"
        raise _wrong(wanting, told, f"set it, or {wanting}_FILE to a file that holds it")
    return Keys(identity, secret, password(TOKEN, environ))


def _wrong(place: str, message: str, hint: str) -> ConfigError:
    return ConfigError([Problem(place, 0, 0, message, hint, help=Help.BUCKET)])
