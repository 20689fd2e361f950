"""Addresses of buckets: what is taken, what is refused, and that no key is ever repeated."""

from __future__ import annotations

import pytest

from tidings.core.settings.bucket_address import BucketAddress, check_publish, parse_bucket
from tidings.core.settings.site import check_source
from tidings.core.settings.values import InvalidValue, without_options

HTTPS = "https://storage.example.org"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("s3://news", BucketAddress("news")),
        ("s3://news/", BucketAddress("news")),
        ("s3://news.example.org/a/b/", BucketAddress("news.example.org", "a/b")),
        (f"s3://news/site?endpoint={HTTPS}", BucketAddress("news", "site", HTTPS)),
        (f"s3://news/site?endpoint={HTTPS}:9000/", BucketAddress("news", "site", f"{HTTPS}:9000")),
        ("s3://news?region=auto", BucketAddress("news", region="auto")),
        (
            f"s3://news/in/a?b/*.txt?region=eu-west-1&endpoint={HTTPS}",
            BucketAddress("news", "in/a?b/*.txt", HTTPS, "eu-west-1"),
        ),
    ],
)
def test_an_address_of_a_bucket_is_read(text: str, address: BucketAddress) -> None:
    assert parse_bucket(text) == address


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "minio:9000", "10.0.0.7", "[::1]"])
def test_a_store_near_by_need_not_speak_tls(host: str) -> None:
    assert parse_bucket(f"s3://news?endpoint=http://{host}").endpoint == f"http://{host}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://AKIA123:hush@news/site", "holds a key"),
        ("s3://AKIA123@news", "holds a key"),
        ("s3://news?access_key_id=hush", "holds a key"),
        ("s3://news?secret=hush", "holds a key"),
        ("s3://news?endpoint=https://id:hush@storage.example.org", "holds a key"),
        ("s3://", "is not the address of a bucket"),
        ("s3:///site", "is not the address of a bucket"),
        ("s3://News", "is not the address of a bucket"),
        ("s3://no_news", "is not the address of a bucket"),
        ("s3://n", "is not the address of a bucket"),
        ("s3://news/../other", "names no place"),
        ("s3://news//site", "names no place"),
        ("s3://news/a\\b", "names no place"),
        ("s3://news/a#b", "names no place"),
        ("s3://news?endpoint=", "names no endpoint"),
        ("s3://news?endpoint=storage.example.org", "names no endpoint"),
        ("s3://news?endpoint=https://storage.example.org/news", "names no endpoint"),
        ("s3://news?endpoint=https://storage.example.org:port", "names no endpoint"),
        ("s3://news?endpoint=http://storage.example.org", "unprotected"),
        ("s3://news?region=", "names no region"),
        ("s3://news?region=a b", "names no region"),
        ("s3://news?acl=public", "an option that there is not"),
        ("s3://news?region=a&region=b", "an option that there is not"),
    ],
)
def test_what_is_no_address_is_refused_and_no_key_repeated(text: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=told) as caught:
        parse_bucket(text)
    assert "hush" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["feeds", "feeds/", "s3://news/site"])
def test_feeds_go_into_their_folder_or_into_a_bucket(text: str) -> None:
    assert check_publish(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text", ["", "out", "/srv/feeds", "https://a/b", "S3://news", "s3://n*ws", "s3://news/*"]
)
def test_feeds_go_nowhere_else(text: str) -> None:
    with pytest.raises(InvalidValue):
        check_publish(text)


@pytest.mark.parametrize("text", ["s3://news", "s3://news/", "../a", "/a"])
def test_a_source_names_files(text: str) -> None:
    with pytest.raises(InvalidValue):
        check_source(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("seeds/what?x=*.txt", "seeds/what?x=*.txt"),
        ("s3://news/in/?.txt", "s3://news/in/?.txt"),
        ("s3://news/in/?.txt?region=a", "s3://news/in/?.txt"),
    ],
)
def test_options_are_told_from_the_wildcard_of_a_pattern(text: str, shown: str) -> None:
    assert without_options(text) == shown
