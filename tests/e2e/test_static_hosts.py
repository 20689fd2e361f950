"""nginx and Caddy, with the very settings of `deploy/web/`, serve what was published."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import feedparser
import httpx
import pytest

from tests.e2e.conftest import call
from tests.web_servers import NAME, Host, host_running
from tidings.entrypoints.web.files import PUBLIC

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".json": "application/feed+json",
}
FRESH = "public, max-age=300"


@pytest.fixture(scope="module")
def feeds(sample_after_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sample publishes after one of its topics was renamed; one file is being written."""
    folder = tmp_path_factory.mktemp("published") / "news"
    shutil.copytree(sample_after_run, folder, copy_function=shutil.copy2)
    topics = folder / "config" / "topics.yaml"
    text = topics.read_text(encoding="utf-8")
    topics.write_text(
        text.replace("\n  mexico:\n", "\n  mexico:\n    was: [mexican-news]\n"), encoding="utf-8"
    )
    ran = call(folder, "run", "--send", "none", "--now", "2026-11-24T12:30:00Z")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (folder / "feeds" / "topics" / ".atom.xml.4711.tmp").write_text("<feed", encoding="utf-8")
    return folder / "feeds"


@pytest.fixture(scope="module", params=["nginx-static.conf", "Caddyfile.static"])
def host(
    request: pytest.FixtureRequest, feeds: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    with host_running(request.param, tmp_path_factory.mktemp("h") / "s", root=feeds) as found:
        yield found


@pytest.fixture
def web(host: Host) -> Iterator[httpx.Client]:
    with host.client() as client:
        yield client


def test_every_published_file_is_served_whole_with_its_type(web: httpx.Client, feeds: Path) -> None:
    files = [path for path in sorted(feeds.rglob("*")) if path.is_file() and path.name[0] != "."]
    assert {path.suffix for path in files} == set(TYPES)
    for path in files:
        answer = web.get(f"/{path.relative_to(feeds).as_posix()}")
        assert (answer.status_code, answer.content) == (200, path.read_bytes()), path
        assert answer.headers["content-type"] == TYPES[path.suffix], path
        for name, value in PUBLIC:
            assert answer.headers[name.decode()] == value.decode(), path


@pytest.mark.parametrize("place", ["/", "/topics/mexico/"])
def test_a_folder_with_a_page_shows_it(web: httpx.Client, feeds: Path, place: str) -> None:
    answer = web.get(place)
    assert answer.content == (feeds / place[1:] / "index.html").read_bytes()
    assert answer.headers["content-type"] == TYPES[".html"]


def test_a_folder_without_its_stroke_leads_to_itself(web: httpx.Client) -> None:
    answer = web.get("/topics/mexico")
    assert answer.status_code in (301, 308)
    assert httpx.URL(f"https://{NAME}/topics/mexico").join(answer.headers["location"]) == (
        f"https://{NAME}/topics/mexico/"
    )


@pytest.mark.parametrize("place", ["/items/", "/topics/", "/assets/", "/digests/"])
def test_no_folder_is_listed(web: httpx.Client, place: str) -> None:
    answer = web.get(place)
    assert answer.status_code in (403, 404)
    assert not re.search(r"mexico|weekly|\.css|href", answer.text)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("place", ["/atom.xml", "/feed.json", "/topics/mexico/rss.xml", "/"])
def test_who_has_the_newest_is_answered_304(web: httpx.Client, place: str, coding: str) -> None:
    accept = {"Accept-Encoding": coding}
    first = web.get(place, headers=accept)
    for condition, validator in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        again = web.get(place, headers={condition: first.headers[validator], **accept})
        assert (again.status_code, again.content) == (304, b""), condition
        assert again.headers["cache-control"] == FRESH
    stale = web.get(place, headers={"If-None-Match": '"else"', **accept})
    assert (stale.status_code, stale.content) == (200, first.content)


@pytest.mark.parametrize(
    "place", ["/atom.xml", "/rss.xml", "/feed.json", "/opml.xml", "/", "/assets/site.css"]
)
def test_who_takes_gzip_gets_it_and_caches_can_tell(web: httpx.Client, place: str) -> None:
    plain = web.get(place)
    with web.stream("GET", place, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2


def test_an_answer_may_be_kept_for_five_minutes_and_a_missing_page_may_not(
    web: httpx.Client,
) -> None:
    assert web.get("/atom.xml").headers["cache-control"] == FRESH
    missing = web.get("/topics/none/atom.xml")
    assert missing.status_code == 404
    assert "max-age" not in missing.headers.get("cache-control", "")
    assert missing.headers["content-type"].startswith("text/")
    assert "404" in missing.text


def test_an_old_address_of_a_topic_still_leads_to_its_items(web: httpx.Client) -> None:
    page = web.get("/topics/mexican-news/")
    assert re.search(r'http-equiv="refresh" content="0; url=[./]*/topics/mexico/', page.text)
    old, new = (web.get(f"/topics/{name}/atom.xml").content for name in ("mexican-news", "mexico"))
    assert [entry.id for entry in feedparser.parse(old).entries] == [
        entry.id for entry in feedparser.parse(new).entries
    ]


@pytest.mark.parametrize(
    "place",
    ["/topics/.atom.xml.4711.tmp", "/%2e%2e/config/tidings.yaml", "/..%2fconfig%2ftidings.yaml"],
)
def test_nothing_but_what_is_published_is_served(web: httpx.Client, place: str) -> None:
    answer = web.get(place)
    assert answer.status_code in (400, 404)
    assert "site:" not in answer.text


def test_a_reader_that_asks_for_a_part_gets_the_whole(web: httpx.Client, feeds: Path) -> None:
    answer = web.get("/atom.xml", headers={"A-IM": "feed", "If-None-Match": '"else"'})
    assert (answer.status_code, answer.content) == (200, (feeds / "atom.xml").read_bytes())
    head = web.head("/atom.xml")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == answer.headers["etag"]


def test_who_comes_unencrypted_is_led_to_the_encrypted_address(host: Host) -> None:
    answer = httpx.get(f"http://127.0.0.1:{host.plain_port}/atom.xml", headers={"Host": NAME})
    assert answer.status_code in (301, 308)
    # Here the host listens on another port than 443, and may say so.
    assert re.fullmatch(rf"https://{NAME}(:\d+)?/atom\.xml", answer.headers["location"])
