"""What every place to publish to does alike: a folder, and buckets of two independent stores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.s3_servers import ENVIRON, Store, moto, rclone
from tidings.adapters.bucket.client import Bucket
from tidings.adapters.bucket.outlet import BucketOutlet
from tidings.adapters.outlet.folder import OutputFolder
from tidings.core.settings.bucket_address import parse_bucket
from tidings.entrypoints.buckets import open_bucket
from tidings.entrypoints.buckets import outlet as outlet_of
from tidings.model import PublishedFile

Manifest = dict[str, PublishedFile]
Outlets = Callable[..., OutputFolder | BucketOutlet]


@pytest.fixture(
    scope="module", params=["folder", "rclone", pytest.param("moto", marks=pytest.mark.scale)]
)
def store(request: pytest.FixtureRequest) -> Iterator[Store | None]:
    """A store, None for a folder."""
    if request.param == "folder":
        yield None
    elif request.param == "moto":
        with moto() as found:
            yield found
    else:
        with rclone() as found:
            yield found


@pytest.fixture
def outlets(store: Store | None, tmp_path: Path) -> Outlets:
    """Makes outlets on one place, as one process after the other does."""
    if store is None:
        return lambda _left=None: OutputFolder(tmp_path / "feeds")
    address = store.fresh()
    return partial(bucket_outlet, address)


def bucket_outlet(address: str, left: Manifest | None = None) -> BucketOutlet:
    """An outlet on a bucket, for which the state says that files were left so."""
    known = left or {}
    return outlet_of(
        address, ENVIRON, lambda paths: {path: known[path] for path in paths if path in known}
    )


def put(outlets: Outlets, files: dict[str, bytes], left: Manifest) -> dict[str, bool]:
    """Put files in a publication, and note how they were left."""
    return put_by(outlets(left), files, left)


def put_by(
    outlet: OutputFolder | BucketOutlet, files: dict[str, bytes], left: Manifest
) -> dict[str, bool]:
    """The same by an outlet that is there already."""
    outlet.begin()
    answers = outlet.put(list(files.items()))
    outlet.end()
    left.update({file.path: file for file, _ in answers})
    return {file.path: written for file, written in answers}


PAGES = {"topics/boats/atom.xml": b"<feed/>", "index.html": b"<html></html>", "a b/é.html": b""}


def test_what_was_put_is_there_as_it_was_put(outlets: Outlets) -> None:
    left: Manifest = {}
    assert put(outlets, PAGES, left) == dict.fromkeys(PAGES, True)
    outlet = outlets()
    assert {path: outlet.content(path) for path in PAGES} == PAGES
    assert {file.digest for file in left.values()} == {
        hashlib.sha256(each).hexdigest() for each in PAGES.values()
    }
    assert {file.path: file.size for file in left.values()} == {
        path: len(data) for path, data in PAGES.items()
    }


def test_what_has_not_changed_is_not_written_again(outlets: Outlets) -> None:
    left: Manifest = {}
    put(outlets, PAGES, left)
    before = dict(left)
    assert put(outlets, PAGES, left) == dict.fromkeys(PAGES, False)
    assert left == before
    changed = {**PAGES, "index.html": b"<html>2</html>"}
    assert put(outlets, changed, left) == {**dict.fromkeys(PAGES, False), "index.html": True}
    assert outlets().content("index.html") == b"<html>2</html>"


def test_what_a_crash_left_unnoted_is_found_or_written_over(outlets: Outlets) -> None:
    left: Manifest = {}
    put(outlets, {"a.html": b"1"}, left)
    put(outlets, {"a.html": b"2", "b.html": b"2"}, {**left})
    put(outlets, {"a.html": b"2", "b.html": b"3"}, left)
    outlet = outlets()
    assert (outlet.content("a.html"), outlet.content("b.html")) == (b"2", b"3")
    outlet.sweep()
    assert all(map(outlet.stands, left.values()))


def test_what_stands_and_what_does_not_is_known_after_a_sweep(outlets: Outlets) -> None:
    left: Manifest = {}
    put(outlets, PAGES, left)
    put(outlets, {"index.html": b"theirs"}, {})
    outlets().remove(["a b/é.html"])
    outlet = outlets()
    outlet.sweep()
    stands = {path: outlet.stands(file) for path, file in left.items()}
    assert stands == {"topics/boats/atom.xml": True, "index.html": False, "a b/é.html": False}
    assert {path: outlet.is_there(file) for path, file in left.items()} == {
        **dict.fromkeys(PAGES, True),
        "a b/é.html": False,
    }
    assert {path: outlet.is_intact(file) for path, file in left.items()} == stands


def test_what_was_lost_is_written_again_in_the_publication_that_finds_it(outlets: Outlets) -> None:
    left: Manifest = {}
    put(outlets, PAGES, left)
    outlets().remove(["index.html"])
    outlet = outlets(left)
    outlet.sweep()
    assert put_by(outlet, PAGES, left) == {**dict.fromkeys(PAGES, False), "index.html": True}
    assert outlets().content("index.html") == PAGES["index.html"]


def test_removing_takes_many_and_what_is_gone_is_no_error(outlets: Outlets) -> None:
    left: Manifest = {}
    many = {f"items/{number}.html": b"x" for number in range(40)}
    put(outlets, {**many, "index.html": b"x"}, left)
    outlets().remove([*many, "never.html"])
    outlets().remove(list(many))
    outlets().remove([])
    outlet = outlets()
    outlet.sweep()
    assert [path for path, file in left.items() if outlet.stands(file)] == ["index.html"]


def test_a_file_differs_from_what_it_does_not_say(outlets: Outlets) -> None:
    assert not outlets().differs("robots.txt", b"all")
    put(outlets, {"robots.txt": b"all"}, {})
    assert not outlets().differs("robots.txt", b"all")
    assert outlets().differs("robots.txt", b"one")


def test_there_need_not_be_anything_to_sweep(outlets: Outlets) -> None:
    outlet = outlets()
    outlet.sweep()
    assert not outlet.stands(PublishedFile("a", 1, 1, "0", "e"))
    assert outlet.content("a") is None
    assert not outlet.exists("a")


def test_what_else_is_there_is_left_alone(outlets: Outlets) -> None:
    put(outlets, {"theirs.txt": b"mine", "index.html": b"ours"}, {})
    outlets().remove(["index.html"])
    assert outlets().content("theirs.txt") == b"mine"


def test_objects_carry_the_types_and_times_that_the_web_server_says(store: Store | None) -> None:
    if store is None:
        pytest.skip("a folder has none: its web server says them")
    import obstore

    address = store.fresh()
    files = {
        "atom.xml": b"<feed/>",
        "feed.json": b"{}",
        "assets/style.css": b"a{}",
        "index.html": b"",
    }
    put(partial(bucket_outlet, address), files, {})
    bucket: Bucket = open_bucket(parse_bucket(address), ENVIRON)
    found = {
        path: obstore.get(bucket._store, path, options={"head": True}).attributes for path in files
    }
    assert {
        path: (each["Content-Type"], each["Cache-Control"]) for path, each in found.items()
    } == {
        "atom.xml": ("application/xml; charset=utf-8", "public, max-age=300"),
        "feed.json": ("application/feed+json", "public, max-age=300"),
        "assets/style.css": ("text/css; charset=utf-8", "public, max-age=3600"),
        "index.html": ("text/html; charset=utf-8", "public, max-age=300"),
    }
