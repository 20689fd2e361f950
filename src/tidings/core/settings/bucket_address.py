"""What `publish`, `witness` and the path of a source may say of a bucket: `s3://bucket/prefix`.

An address names no key: those come from the environment, or from files that it names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator

from tidings.core.settings.values import InvalidValue, is_bucket, without_options

SCHEME = "s3://"
FOLDER = "feeds"
_FORMS = "write: s3://news-public/site, with ?endpoint=https://… where the store is not Amazon's"
# As Amazon S3 has names of general purpose buckets.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]+")
_KEYS = "put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into files that"
_KEYS_ELSEWHERE = f"{_KEYS} AWS_ACCESS_KEY_ID_FILE and AWS_SECRET_ACCESS_KEY_FILE name"


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A place in a bucket. `path` is what keys begin with, or a pattern of keys; `endpoint` and
    `region` are "" where the environment says, or Amazon's are meant."""

    bucket: str
    path: str = ""
    endpoint: str = ""
    region: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.path}".rstrip("/")


def parse_bucket(text: str) -> BucketAddress:
    """Read `s3://BUCKET[/PATH][?endpoint=URL][&region=NAME]`.

    Raises InvalidValue, without repeating anything that might be a key.
    """
    place = without_options(text).removeprefix(SCHEME)
    bucket, _, path = place.partition("/")
    if "@" in bucket:
        raise InvalidValue("holds a key, which does not belong here", _KEYS_ELSEWHERE)
    if not is_bucket(text) or not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise InvalidValue("is not the address of a bucket", _FORMS)
    path = path.rstrip("/")
    names = path.split("/") if path else []
    if any(name in ("", ".", "..") for name in names) or re.search(r"[\x00-\x1f\x7f\\#]", path):
        raise InvalidValue("names no place in the bucket", _FORMS)
    given = _options(text[len(without_options(text)) + 1 :])
    return BucketAddress(bucket, path, given.get("endpoint", ""), given.get("region", ""))


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    if any(re.search(r"key|secret|token|password", name, re.IGNORECASE) for name in given):
        raise InvalidValue("holds a key, which does not belong here", _KEYS_ELSEWHERE)
    if len(given) != len(pairs) or not set(given) <= {"endpoint", "region"}:
        raise InvalidValue("holds an option that there is not", "?endpoint=URL or ?region=NAME")
    if "region" in given and not _REGION.fullmatch(given["region"]):
        raise InvalidValue("names no region", "write: region=eu-central-1")
    if "endpoint" in given:
        given["endpoint"] = _endpoint(given["endpoint"])
    return given


def _endpoint(text: str) -> str:
    example = "write: endpoint=https://storage.example.org"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise InvalidValue("names no endpoint", example) from None
    if "@" in parts.netloc:
        raise InvalidValue("holds a key, which does not belong here", _KEYS_ELSEWHERE)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidValue("names no endpoint", example)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidValue("names no endpoint", f"{example}; the bucket stands before the ?")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        hint = "write https://; http:// is for this machine and its own network"
        raise InvalidValue(f"would bring what is published to {parts.hostname} unprotected", hint)
    return f"{parts.scheme}://{parts.netloc}"


def _is_near(host: str) -> bool:
    """Whether a host is this machine or one of its own network, such as a container's name."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host
    return address.is_loopback or address.is_private


def check_publish(text: str) -> str:
    """Return where feeds and pages go: the folder feeds/, or a bucket."""
    if text.strip().rstrip("/") == FOLDER:
        return FOLDER
    if not is_bucket(text):
        told = "is not a place to publish to" if "@" in text else f'"{text}" is no place to publish'
        raise InvalidValue(told, f"leave it out for {FOLDER}/, or {_FORMS}")
    address = parse_bucket(text)
    if any(mark in address.path for mark in "*?["):
        raise InvalidValue("names no place in the bucket", _FORMS)
    return text


def check_witness(text: str) -> str:
    """Return where the witness of the state is kept: a place in a bucket."""
    if not is_bucket(text):
        raise InvalidValue("is no place in a bucket", "write: s3://news-private/witness")
    return check_publish(text)


def check_files(text: str) -> str:
    """Return a pattern of files in a bucket."""
    if not parse_bucket(text).path:
        raise InvalidValue("names no files in the bucket", "write: s3://news-inbox/in/*.txt")
    return text


Witness = Annotated[str, AfterValidator(check_witness)]
Publish = Annotated[str, AfterValidator(check_publish)]
