"""A bucket that fails, and several who publish to it: nothing torn, no older feed over a newer."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.fault.crashing import NOW, Crash, Failpoint, dealt_out, moments, run_once
from tests.minimal_site import write_minimal_site
from tests.postgres import fresh as schema_of
from tests.s3_servers import ENVIRON, Fault, Store, failing, moto
from tidings.adapters.bucket.client import Bucket, Keys, Retries
from tidings.adapters.bucket.guard import GuardObject
from tidings.adapters.bucket.outlet import AT_ONCE, PROBE, BucketOutlet
from tidings.application.cycle import CycleReport
from tidings.application.record import RecordReport
from tidings.core.settings.bucket_address import parse_bucket
from tidings.entrypoints import wiring
from tidings.errors import Overtaken, PublishError
from tidings.model import PublishedFile
from tidings.state import Server, server_locks
from tidings.state.last_seen import LastSeen
from tidings.state.server_connections import engine_of

pytestmark = pytest.mark.scale

# A request is soon repeated, and one that is not answered is given up soon.
SOON = Retries(number=2, most=60.0, each=30.0, pause=0.01)
IMPATIENT = Retries(number=1, most=10.0, each=0.3, pause=0.01)
PAGES = {f"items/{number}.html": b"<html>1</html>" for number in range(40)}
LISTING = """1 May 2026

A port opens

Ships come in.

2 May 2026

A bridge closes

No cars.
"""
Manifest = dict[str, PublishedFile]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with moto() as found:
        yield found


@pytest.fixture
def place(store: Store) -> str:
    return store.fresh()


def bucket_at(place: str, endpoint: str = "", retries: Retries = SOON) -> Bucket:
    address = parse_bucket(place)
    reached = parse_bucket(f"{address}?endpoint={endpoint or address.endpoint}&region=us-east-1")
    keys = Keys(ENVIRON["AWS_ACCESS_KEY_ID"], ENVIRON["AWS_SECRET_ACCESS_KEY"])
    return Bucket(reached, keys, reached.path, retries)


def outlet_at(
    bucket: Bucket, left: Mapping[str, PublishedFile], alone: Callable[[], bool] = lambda: True
) -> BucketOutlet:
    """An outlet for which the state says that files were left so."""
    return BucketOutlet(
        bucket, lambda paths: {path: left[path] for path in paths if path in left}, alone
    )


def put(outlet: BucketOutlet, files: Mapping[str, bytes], left: Manifest) -> int:
    """Publish, and note how the files were left; returns how many were written."""
    outlet.begin()
    answers = outlet.put(files.items())
    outlet.end()
    left.update({file.path: file for file, _ in answers})
    return sum(written for _, written in answers)


def contents(place: str) -> dict[str, bytes]:
    bucket = bucket_at(place)
    found = {each.path: bucket.get(each.path, 2**20) for each in bucket.list()}
    return {path: answer[1] for path, answer in found.items() if answer}


# --- Several who publish -------------------------------------------------------------------------


def test_who_was_asleep_while_another_published_leaves_the_newer_as_it_is(place: str) -> None:
    left: Manifest = {}
    put(outlet_at(bucket_at(place), left), {"atom.xml": b"1", "index.html": b"1"}, left)
    sleeping = dict(left)
    asked: list[bool] = []

    def alone() -> bool:
        """Alone when it looked; then the other publishes, and the lock is the other's."""
        asked.append(not asked)
        if len(asked) == 1:
            put(outlet_at(bucket_at(place), left), {"atom.xml": b"3", "new.html": b"3"}, left)
        return asked[-1]

    with pytest.raises(Overtaken, match="another process publishes"):
        put(
            outlet_at(bucket_at(place), sleeping, alone),
            {"atom.xml": b"2", "new.html": b"2", "old.html": b"2"},
            sleeping,
        )
    found = contents(place)
    assert (found["atom.xml"], found["new.html"], found["index.html"]) == (b"3", b"3", b"1")


def test_who_has_lost_the_turn_before_it_puts_anything_puts_and_removes_nothing(
    place: str, store: Store
) -> None:
    left: Manifest = {}
    put(outlet_at(bucket_at(place), left), {"atom.xml": b"1"}, left)
    fault = Fault()
    with failing(store, fault) as endpoint:
        outlet = outlet_at(bucket_at(place, endpoint), left, lambda: False)
        with pytest.raises(Overtaken):
            outlet.put([("atom.xml", b"2")])
        with pytest.raises(Overtaken):
            outlet.remove(["atom.xml"])
    assert fault.seen == []


def test_what_somebody_else_put_there_is_written_over_by_whoever_has_the_turn(place: str) -> None:
    put(outlet_at(bucket_at(place), {}), {"a.html": b"theirs", "b.html": b"1"}, {})
    left: Manifest = {}
    assert put(outlet_at(bucket_at(place), left), {"a.html": b"ours", "b.html": b"1"}, left) == 1
    assert contents(place) == {"a.html": b"ours", "b.html": b"1"}
    assert put(outlet_at(bucket_at(place), left), {"a.html": b"ours", "b.html": b"1"}, left) == 0


def test_of_many_who_publish_at_once_each_object_is_one_of_theirs_and_whole(place: str) -> None:
    """As if nobody had a turn: what is torn or empty would show."""
    whole = [bytes([65 + number]) * 20_000 for number in range(4)]

    def publish(data: bytes) -> None:
        with suppress(PublishError):  # somebody else writes these all the time
            outlet_at(bucket_at(place), {}).put([(f"{n}.html", data) for n in range(8)])

    threads = [threading.Thread(target=publish, args=(data,)) for data in whole]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {len(set(data)) for data in contents(place).values()} == {1}
    assert {len(data) for data in contents(place).values()} == {20_000}


def test_the_probe_tells_what_a_store_keeps_and_leaves_nothing(place: str, store: Store) -> None:
    outlet = outlet_at(bucket_at(place), {})
    assert outlet.conditions() == "kept"
    assert outlet.trouble() is None
    assert PROBE not in contents(place)
    fault = Fault(lambda method, _path, _number: "501" if method == "PUT" else "")
    with failing(store, fault) as endpoint:
        assert outlet_at(bucket_at(place, endpoint), {}).conditions() == "unknown"


def test_a_store_that_knows_no_conditions_is_published_to_without(place: str, store: Store) -> None:
    refused: list[str] = []

    def says(method: str, path: str, _number: int) -> str:
        # The first of each object comes with a condition.
        if method == "PUT" and path not in refused:
            refused.append(path)
            return "501"
        return ""

    with failing(store, Fault(says)) as endpoint:
        outlet = outlet_at(bucket_at(place, endpoint), {})
        outlet.put([("a.html", b"1")])
        refused += [f"/{parse_bucket(place).bucket}/{parse_bucket(place).path}/b.html"]
        outlet.put([("b.html", b"1")])
    assert contents(place) == {"a.html": b"1", "b.html": b"1"}


# --- A store that fails --------------------------------------------------------------------------


def test_a_store_that_is_busy_for_a_moment_is_asked_again(place: str, store: Store) -> None:
    asked: set[tuple[str, str]] = set()

    def says(method: str, path: str, _number: int) -> str:
        busy = (method, path) not in asked
        asked.add((method, path))
        return "503" if busy else ""

    left: Manifest = {}
    with failing(store, Fault(says)) as endpoint:
        assert put(outlet_at(bucket_at(place, endpoint), left), PAGES, left) == len(PAGES)
    assert contents(place) == PAGES
    assert put(outlet_at(bucket_at(place), left), PAGES, left) == 0


@pytest.mark.parametrize("status", ["503", "403"])
def test_a_store_that_refuses_says_so_in_words_and_the_next_publication_mends_it(
    place: str, store: Store, status: str
) -> None:
    left: Manifest = {}
    put(outlet_at(bucket_at(place), left), PAGES, left)
    newer = dict.fromkeys(PAGES, b"<html>2</html>")
    fault = Fault(lambda method, _path, number: status if method == "PUT" and number > 9 else "")
    words = {"503": "the store is busy: .* tried again by the next run", "403": "access denied"}
    with failing(store, fault) as endpoint, pytest.raises(PublishError, match=words[status]):
        put(outlet_at(bucket_at(place, endpoint), left), newer, left)
    between = contents(place)
    assert set(between.values()) == {b"<html>1</html>", b"<html>2</html>"}
    put(outlet_at(bucket_at(place), left), newer, left)
    assert contents(place) == newer


def test_an_answer_that_is_lost_is_no_object_of_somebody_else_s(place: str, store: Store) -> None:
    """The put is repeated, and fails on the condition that it has itself made untrue."""
    lost: set[str] = set()

    def says(method: str, path: str, _number: int) -> str:
        if method == "PUT" and path not in lost:
            lost.add(path)
            return "lost"
        return ""

    left: Manifest = {}
    with failing(store, Fault(says)) as endpoint:
        put(outlet_at(bucket_at(place, endpoint), left), PAGES, left)
    assert contents(place) == PAGES
    outlet = outlet_at(bucket_at(place), left)
    outlet.sweep()
    assert all(map(outlet.stands, left.values()))


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("403 RequestTimeTooSkewed", "the clock of this machine is too far .*; set the clock"),
        ("400 ExpiredToken", "the keys have expired"),
        ("403 AccessDenied", "access denied"),
        ("403 InvalidAccessKeyId", "does not know the key"),
        ("301 PermanentRedirect", "another region: .*AWS_REGION"),
        ("400 AuthorizationHeaderMalformed", "another region"),
        ("404 NoSuchBucket", "there is no such bucket"),
        ("418 Teapot", "418 .*Teapot"),
    ],
)
def test_what_a_store_says_is_told_in_words(place: str, store: Store, says: str, told: str) -> None:
    with failing(store, Fault(lambda *_: says)) as endpoint:
        outlet = outlet_at(bucket_at(place, endpoint), {})
        with pytest.raises(PublishError, match=told):
            outlet.put([("a.html", b"1")])
        with pytest.raises(PublishError, match=told):
            outlet.sweep()
        trouble = outlet.trouble()
        assert trouble is not None
        assert trouble.away == says.startswith("418")


def test_a_name_that_is_no_path_is_told_with_what_to_do(place: str, store: Store) -> None:
    address = parse_bucket(place)
    connection = HTTPConnection(store.endpoint.removeprefix("http://"))
    connection.request("PUT", f"/{address.bucket}/{address.path}/a//b.html", body=b"theirs")
    assert connection.getresponse().status == 200
    connection.close()
    with pytest.raises(PublishError, match="name is no path"):
        outlet_at(bucket_at(place), {}).sweep()


def test_of_two_who_witness_the_newer_stays(place: str) -> None:
    first, second = (GuardObject(bucket_at(place), "witness") for _ in range(2))
    assert first.seen() is None
    first.tell(LastSeen("a", 5))
    second.seen()
    second.tell(LastSeen("a", 7))
    first.tell(LastSeen("a", 6))
    assert GuardObject(bucket_at(place), "witness").seen() == LastSeen("a", 7)
    first.tell(LastSeen("b", 1))
    assert GuardObject(bucket_at(place), "witness").seen() == LastSeen("b", 1)


def test_a_store_that_says_412_to_everything_ends_in_words(place: str, store: Store) -> None:
    fault = Fault(lambda method, _path, _number: "412" if method == "PUT" else "")
    with failing(store, fault) as endpoint, pytest.raises(PublishError, match="somebody else"):
        outlet_at(bucket_at(place, endpoint), {}).put([("a.html", b"1")])
    assert len(fault.seen) < 20


def test_a_store_that_does_not_answer_in_time_is_given_up_in_words(
    place: str, store: Store
) -> None:
    awake = threading.Event()

    def says(method: str, _path: str, _number: int) -> str:
        if method == "PUT":
            awake.wait(10)
        return "cut"

    with failing(store, Fault(says)) as endpoint:
        try:
            with pytest.raises(PublishError, match=r"does not answer|cannot be reached"):
                outlet_at(bucket_at(place, endpoint, IMPATIENT), {}).put([("a.html", b"1")])
        finally:
            awake.set()


def test_so_many_objects_are_on_their_way_at_once_and_no_more(place: str, store: Store) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(AT_ONCE)

    def says(method: str, _path: str, _number: int) -> str:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(5)
        with lock:
            under_way -= 1
        return "403"

    files = [(f"{number}.html", b"1") for number in range(2 * AT_ONCE)]
    with failing(store, Fault(says)) as endpoint:
        patient = Retries(number=0, most=10.0, each=10.0)
        address = parse_bucket(f"{parse_bucket(place)}?endpoint={endpoint}&region=us-east-1")
        bucket = Bucket(address, Keys("a", "b"), address.path, patient)
        with pytest.raises(PublishError):
            outlet_at(bucket, {}).put(files)
    assert most == AT_ONCE


# --- The turn, on a server -----------------------------------------------------------------------


def test_who_loses_the_turn_on_the_server_in_the_middle_publishes_nothing_more(
    instance: Path, store: Store, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes the lock back while objects are on their way, and another process publishes
    what has come in meanwhile."""
    server = schema_of(postgres)
    monkeypatch.setenv("TIDINGS_STATE", server.address)
    monkeypatch.setenv("TIDINGS_SECRET_KEY", "k" * 40)
    place = os.environ["TIDINGS_PUBLISH"]
    assert run_once(instance).errors == []
    (instance / "seeds" / "b.txt").write_text(LISTING.replace("port", "harbour"), encoding="utf-8")
    other: list[CycleReport] = []

    def says(method: str, path: str, _number: int) -> str:
        """Before the first page arrives, the holder of the lock is lost, and another one runs."""
        if method == "PUT" and PROBE not in path and not other:
            other.append(CycleReport(NOW, RecordReport()))
            _take_the_turn_back(server)
            listing = LISTING.replace("bridge", "road")
            (instance / "seeds" / "c.txt").write_text(listing, encoding="utf-8")
            monkeypatch.setenv("TIDINGS_PUBLISH", place)
            other[0] = run_once(instance)
        return ""

    with failing(store, Fault(says)) as endpoint:
        address = parse_bucket(place)
        monkeypatch.setenv("TIDINGS_PUBLISH", f"{address}?endpoint={endpoint}&region=us-east-1")
        report = run_once(instance)
    monkeypatch.setenv("TIDINGS_PUBLISH", place)
    assert other[0].errors == []
    assert any("another may have gone on" in error for error in report.errors), report.errors
    newer = contents(place)
    assert all(title in newer["atom.xml"].decode() for title in ("harbour", "road"))
    assert run_once(instance).errors == []
    assert contents(place).keys() >= newer.keys()
    assert manifest_of(instance).keys() == contents(place).keys()


def _take_the_turn_back(server: Server) -> None:
    """End the connection that holds the lock of whoever publishes from this state."""
    engine = engine_of(server)
    with engine.connect() as connection:
        key = server_locks.key_of(connection)
        ended = connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND objid = %s AND classid::bigint = (%s::bigint & 4294967295)",
            (server_locks.PUBLISHING, key),
        ).all()
    engine.dispose()
    assert len(ended) == 1


# --- Crashes -------------------------------------------------------------------------------------


@pytest.fixture
def instance(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site that publishes to a bucket."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIDINGS_PUBLISH", place)
    folder = tmp_path / "instance"
    folder.mkdir()
    write_minimal_site(folder)
    (folder / "seeds" / "a.txt").write_text(LISTING, encoding="utf-8")
    return folder


@pytest.mark.parametrize("part", range(6))
def test_a_run_that_dies_anywhere_between_objects_and_manifest_is_whole_after_the_next(
    instance: Path, store: Store, monkeypatch: pytest.MonkeyPatch, part: int, tmp_path: Path
) -> None:
    undisturbed = Path(shutil.copytree(instance, tmp_path / "undisturbed"))
    passed = moments(undisturbed)
    wanted = contents_of(undisturbed)
    about = [
        each for each in dealt_out(passed, part, 6) if "files" in each[1] or "commit" in each[1]
    ]
    for number, moment in about:
        root = Path(shutil.copytree(instance, tmp_path / f"at-{number}"))
        monkeypatch.setenv("TIDINGS_PUBLISH", store.fresh())
        with pytest.raises(Crash):
            run_once(root, Failpoint(number))
        report = run_once(root)
        assert report.errors == []
        assert contents_of(root) == wanted, moment
        manifest = manifest_of(root)
        assert manifest.keys() == wanted.keys()
        outlet = wiring.published(wiring.load_instance(root, {**ENVIRON, **environ()}))
        outlet.sweep()
        assert all(map(outlet.stands, manifest.values()))


def environ() -> dict[str, str]:
    return dict(os.environ)


def contents_of(root: Path) -> dict[str, bytes]:
    return contents(wiring.load_instance(root, environ()).settings.publish)


def manifest_of(root: Path) -> Mapping[str, PublishedFile]:
    with (
        wiring.look_at_state(wiring.load_instance(root, environ())) as opened,
        opened.reading() as state,
    ):
        return state.files.all()
