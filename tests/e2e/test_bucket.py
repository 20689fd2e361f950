"""A site that publishes to a bucket and reads its listings from one, by the command line."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asgi import Client
from tests.docs import pages
from tests.e2e.conftest import call, contents
from tests.fault.lost_state import NEWS
from tests.minimal_site import write_minimal_site
from tests.s3_servers import BUCKET, ENVIRON, Store, rclone
from tidings.adapters.bucket.client import Bucket
from tidings.core.settings.bucket_address import parse_bucket
from tidings.entrypoints.buckets import open_bucket

NOW = "2026-12-01T10:00:00Z"
THEN = "2026-12-02T10:00:00Z"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with rclone() as found:
        yield found


@pytest.fixture
def place(store: Store) -> str:
    return store.fresh()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    write_minimal_site(folder)
    (folder / "seeds" / "a.txt").write_text(NEWS.format(title="A port opens", what="ships"))
    return folder


def bucket_at(place: str) -> Bucket:
    return open_bucket(parse_bucket(place), ENVIRON)


def objects(place: str) -> dict[str, bytes]:
    bucket = bucket_at(place)
    found = {each.path: bucket.get(each.path, 2**20) for each in bucket.list()}
    return {path: answer[1] for path, answer in found.items() if answer}


def run(folder: Path, *words: str, **environ: str) -> str:
    done = call(folder, *(words or ("run", "--now", NOW)), **ENVIRON, **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def failing(folder: Path, *words: str, **environ: str) -> str:
    done = call(folder, *(words or ("run", "--now", NOW)), **{**ENVIRON, **environ})
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.scale
def test_a_bucket_gets_what_a_folder_would_and_nothing_is_written_twice(
    site: Path, place: str, tmp_path: Path
) -> None:
    beside = Path(shutil.copytree(site, tmp_path / "beside"))
    run(beside)
    planned = json.loads(run(site, "plan", "--json", "--now", NOW, TIDINGS_PUBLISH=place))
    assert objects(place) == {}
    run(site, TIDINGS_PUBLISH=place)
    folder = {path: data for path, (data, _) in contents(beside / "feeds").items()}
    assert objects(place) == folder
    assert {each["path"]: each["kind"] for each in planned["files"]} == dict.fromkeys(folder, "new")
    assert not (site / "feeds").exists()
    assert "Nothing new" in run(site, "run", "--now", THEN, TIDINGS_PUBLISH=place)
    assert "Nothing to do" in run(site, "plan", "--now", THEN, TIDINGS_PUBLISH=place)
    for each in (site, beside):
        (each / "seeds" / "b.txt").write_text(NEWS.format(title="A bridge closes", what="cars"))
    run(beside, "run", "--now", THEN)
    told = json.loads(run(site, "run", "--json", "--now", THEN, TIDINGS_PUBLISH=place))
    after = {path: data for path, (data, _) in contents(beside / "feeds").items()}
    assert objects(place) == after
    assert told["published"]["written"] == len(after.items() - folder.items())


@pytest.mark.scale
def test_a_site_that_moves_to_a_bucket_and_back_publishes_all_of_it(
    site: Path, place: str, store: Store
) -> None:
    run(site)
    folder = {path: data for path, (data, _) in contents(site / "feeds").items()}
    run(site, TIDINGS_PUBLISH=place)
    assert objects(place) == folder
    other = store.fresh()
    run(site, TIDINGS_PUBLISH=other)
    assert objects(other) == folder
    shutil.rmtree(site / "feeds")
    run(site)
    assert {path: data for path, (data, _) in contents(site / "feeds").items()} == folder


@pytest.mark.scale
def test_what_the_bucket_lost_is_found_within_a_day_and_by_doctor(site: Path, place: str) -> None:
    run(site, TIDINGS_PUBLISH=place)
    whole = objects(place)
    bucket = bucket_at(place)
    bucket.remove(["index.html"])
    bucket.put("corrections.html", b"theirs", {}, None)
    bucket.put("theirs.html", b"theirs", {}, None)
    told = failing(site, "doctor", TIDINGS_PUBLISH=place)
    assert f"of {len(whole)} files in " in told
    assert "1 gone and 1 altered: index.html, corrections.html" in told
    assert re.search(r"an object is in s3://\S+ that Tidings did not put there: theirs.html", told)
    assert "Nothing new" in run(site, "run", "--now", NOW, TIDINGS_PUBLISH=place)
    assert "index.html" not in objects(place)
    run(site, "run", "--now", THEN, TIDINGS_PUBLISH=place)
    assert objects(place) == {**whole, "theirs.html": b"theirs"}


@pytest.mark.scale
def test_starting_over_removes_what_is_ours_from_the_bucket(site: Path, place: str) -> None:
    run(site, TIDINGS_PUBLISH=place)
    bucket_at(place).put("theirs.html", b"theirs", {}, None)
    told = run(site, "reset", "--yes", TIDINGS_PUBLISH=place)
    assert re.search(r"files in s3://\S+/: pages and feeds", told)
    assert objects(place) == {"theirs.html": b"theirs"}


def test_each_thing_that_is_wrong_with_a_bucket_is_said_in_words(site: Path, place: str) -> None:
    elsewhere = place.replace(f"//{BUCKET}/", "//no-such-bucket/")
    for address, wrong, told in (
        (place, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret is not the one of the key"),
        (place, {"AWS_ACCESS_KEY_ID": "wrong"}, "the store does not know the key"),
        (elsewhere, {}, "there is no such bucket"),
    ):
        environ = {**ENVIRON, **wrong, "TIDINGS_PUBLISH": address}
        done = call(site, "check", **environ)
        assert (done.returncode, told in " ".join(done.stdout.split())) == (2, True), done.stdout
        done = call(site, "run", "--now", NOW, **environ)
        assert done.returncode in (1, 2)
        assert told in " ".join((done.stdout + done.stderr).split())


@pytest.mark.scale
def test_a_store_that_is_away_is_no_mistake_of_the_configuration(site: Path) -> None:
    nobody = f"s3://{BUCKET}/site?endpoint=http://127.0.0.1:1"
    done = call(site, "check", **ENVIRON, TIDINGS_PUBLISH=nobody)
    assert (done.returncode, "it cannot be reached" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize("name", ENVIRON)
def test_who_writes_the_configuration_need_not_have_the_keys(
    site: Path, place: str, name: str
) -> None:
    environ = {**ENVIRON, name: "", "TIDINGS_PUBLISH": place}
    told = f"{name}: is not set, but s3://"
    done = call(site, "check", **environ)
    assert (done.returncode, told in " ".join(done.stdout.split())) == (0, True), done.stdout
    done = call(site, "run", "--now", NOW, **environ)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_keys_may_come_from_files_that_others_cannot_read(
    site: Path, place: str, tmp_path: Path
) -> None:
    named = {}
    for name, value in ENVIRON.items():
        file = tmp_path / name
        file.write_text(f"{value}\n")
        file.chmod(0o600)
        named[f"{name}_FILE"] = str(file)
    done = call(site, "run", "--now", NOW, TIDINGS_PUBLISH=place, **named)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "AWS_SECRET_ACCESS_KEY").chmod(0o644)
    done = call(site, "run", "--now", NOW, TIDINGS_PUBLISH=place, **named)
    assert "open to everybody" in done.stderr


@pytest.mark.scale
def test_the_commands_of_the_page_on_buckets_do_what_it_says(site: Path, place: str) -> None:
    page = pages.read("docs/how-to/publish-to-a-bucket.md")
    shown = re.findall(r"(?m)^tidings (.*)$", page)
    assert shown == ["check", "plan", "run", "doctor"]
    for command in shown:
        run(site, command, TIDINGS_PUBLISH=place)
    assert "index.html" in objects(place)


# --- Listings that come in by a bucket -----------------------------------------------------------


@pytest.fixture
def inbox(store: Store) -> str:
    """The address of a place where listings come in."""
    return store.fresh()


def sources(inbox: str, pattern: str, *more: str) -> dict[str, str]:
    """What makes sources of patterns: one in the bucket, others as they are."""
    place, _, reached = inbox.partition("?")
    patterns = [f"{place}/{pattern}?{reached}", *more]
    return {f"TIDINGS_SOURCES__{n}__PATH": pattern for n, pattern in enumerate(patterns)}


def deliver(inbox: str, path: str, title: str) -> None:
    bucket_at(inbox).put(path, NEWS.format(title=title, what=title).encode(), {}, None)


def test_listings_are_read_from_a_bucket_beside_a_folder(site: Path, inbox: str) -> None:
    environ = sources(inbox, "in/*/*.txt", "seeds/*.txt")
    deliver(inbox, "in/2026/a.txt", "Trains run again")
    deliver(inbox, "in/2026/B.TXT", "Buses stand still")
    for ignored in ("in/c.txt", "in/2026/.d.txt", "in/2026/11/e.txt", "out/2026/f.txt"):
        deliver(inbox, ignored, f"Nobody reads {ignored}")
    told = json.loads(run(site, "run", "--json", "--now", NOW, **environ))
    assert (told["files_read"], told["items"]["new"]) == (3, 3)
    assert "Nothing new" in run(site, "run", "--now", NOW, **environ)
    deliver(inbox, "in/2026/a.txt", "Trains run no more")
    told = json.loads(run(site, "run", "--json", "--now", THEN, **environ))
    assert told["files_read"] == 1


def test_what_cannot_be_read_of_a_bucket_is_named(site: Path, inbox: str) -> None:
    environ = sources(inbox, "in/**/*.txt")
    bucket = bucket_at(inbox)
    bucket.put("in/broken.txt", b"1 May 2026\n\nA \xff title\n", {}, None)
    bucket.put("in/large.txt", b"x" * 2000, {}, None)
    deliver(inbox, "in/deep/er/good.txt", "Trains run again")
    told = failing(site, TIDINGS_LIMITS__FILE="1KiB", **environ)
    assert re.search(r"in/broken.txt:3\s+this is not UTF-8", told)
    assert re.search(r"in/large.txt\s+the file is larger than 1 KiB", told)
    assert "1 new" in told
    wrong = {**environ, "AWS_SECRET_ACCESS_KEY": "wrong"}
    for verb in (("run", "--now", THEN), ("doctor",)):
        assert "the secret is not the one of the key" in failing(site, *verb, **wrong)


def test_whoever_asks_the_service_for_a_feed_is_told_that_none_is_here(
    site: Path, place: str
) -> None:
    """The folder may still hold older ones."""
    from tidings.entrypoints import wiring
    from tidings.entrypoints.web.app import application
    from tidings.entrypoints.web.app_state import AppState

    run(site)
    loaded = wiring.load_instance(site, {**ENVIRON, "TIDINGS_PUBLISH": place})
    client = Client(application(AppState(loaded)))
    assert client.get("/atom.xml").status_code == 404
    assert client.get("/healthz").status_code == 200


# --- The witness ---------------------------------------------------------------------------------


def witnessed(place: str) -> int:
    return int(json.loads(objects(place)["tidings-witness"])["generation"])


def test_a_witness_in_a_bucket_notices_an_old_copy_of_the_state(site: Path, place: str) -> None:
    run(site, TIDINGS_WITNESS=place)
    assert not (site / ".tidings-witness").exists()
    old = (site / "state" / "tidings.db").read_bytes()
    before = witnessed(place)
    (site / "seeds" / "b.txt").write_text(NEWS.format(title="A bridge closes", what="cars"))
    run(site, "run", "--now", THEN, TIDINGS_WITNESS=place)
    assert witnessed(place) > before
    shutil.rmtree(site / "state")
    (site / "state").mkdir()
    (site / "state" / "tidings.db").write_bytes(old)
    assert "older than what readers have seen" in failing(
        site, "run", "--now", THEN, TIDINGS_WITNESS=place
    )


def test_without_its_witness_nothing_is_done_with_a_state(site: Path, place: str) -> None:
    wrong = {"AWS_SECRET_ACCESS_KEY": "wrong", "TIDINGS_WITNESS": place}
    run(site, TIDINGS_WITNESS=place)
    assert "nobody knows how far readers have seen" in failing(site, "run", "--now", THEN, **wrong)


def test_a_picture_beside_a_listing_in_a_bucket_is_said_not_to_be_shown(
    site: Path, inbox: str
) -> None:
    table = b"date,title,summary,image,image_alt\n2026-11-19,A quay,It is long.,quay.jpg,A quay\n"
    bucket_at(inbox).put("in/a.csv", table, {}, None)
    told = failing(site, **sources(inbox, "in/*.csv"))
    assert "pictures are not read from a bucket" in told
    assert "1 new" in told
