"""Published files over HTTP: whole, cacheable, and never anything else."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.asgi import Answer, Client
from tests.builders import SITE
from tidings.adapters.templates import Templates
from tidings.core.pages.site import MovedPage
from tidings.entrypoints.web import files
from tidings.entrypoints.web.app import without_host
from tidings.entrypoints.web.files import (
    CachedFile,
    PublishedFiles,
    accepts_gzip,
    read_file,
    split_path,
)

FEED = b"<?xml version='1.0'?><feed>" + b"<entry>news</entry>" * 100 + b"</feed>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "feeds"
    (folder / "topics" / "mexico").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "atom.xml").write_bytes(FEED)
    (folder / "feed.json").write_text('{"items": []}')
    (folder / "index.html").write_text("<p>First page</p>")
    (folder / "topics" / "mexico" / "index.html").write_text("<p>Mexico</p>")
    (folder / "assets" / "site.css").write_text("p { margin: 0 }")
    (folder / ".atom.xml.12.tmp").write_text("half")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def client(root: Path) -> Client:
    app = PublishedFiles(root, lambda: b"<p>Nothing here</p>")
    return Client(app)


def get(client: Client, path: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"accept-encoding": "identity", **named})


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/atom.xml", "application/xml; charset=utf-8"),
        ("/feed.json", "application/feed+json"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/topics/mexico/", "text/html; charset=utf-8"),
    ],
)
def test_a_published_file_is_served_under_its_type(client: Client, path: str, kind: str) -> None:
    answer = get(client, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("public, max-age=")


def test_who_has_the_feed_already_gets_304_without_a_body(client: Client) -> None:
    first = get(client, "/atom.xml")
    for condition in (
        {"if_none_match": first.headers["etag"]},
        {"if_none_match": f'"other", W/{first.headers["etag"]}'},
        {"if_none_match": "*"},
        {"if_modified_since": first.headers["last-modified"]},
    ):
        again = get(client, "/atom.xml", **condition)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["vary"] == "Accept-Encoding"


def test_a_tag_that_does_not_match_wins_over_a_date_that_does(client: Client) -> None:
    date = get(client, "/atom.xml").headers["last-modified"]
    answer = get(client, "/atom.xml", if_none_match='"old"', if_modified_since=date)
    assert answer.status_code == 200


def test_a_date_that_is_none_is_not_a_condition(client: Client) -> None:
    for date in ("yesterday", "", "Thu, 99 Foo 2026 99:99:99 GMT"):
        assert get(client, "/atom.xml", if_modified_since=date).status_code == 200


def test_a_packed_feed_has_a_tag_of_its_own_and_unpacks_to_the_same(client: Client) -> None:
    plain, packed = get(client, "/atom.xml"), get(client, "/atom.xml", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.content == plain.content == FEED
    crossed = get(client, "/atom.xml", if_none_match=packed.headers["etag"])
    assert crossed.status_code == 200


def test_head_says_what_get_would_without_the_body(client: Client) -> None:
    for coding in ("identity", "gzip"):
        got = client.get("/atom.xml", headers={"accept-encoding": coding})
        head = client.head("/atom.xml", headers={"accept-encoding": coding})
        assert head.content == b""
        assert dict(head.headers) == dict(got.headers)


def test_a_reader_that_asks_for_a_delta_or_a_range_gets_the_whole_feed(
    client: Client,
) -> None:
    assert get(client, "/atom.xml", a_im="feed, gzip").status_code == 200
    assert get(client, "/atom.xml", range="bytes=0-9").content == FEED


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/topics/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/atom.xml%00.html",
        "//atom.xml",
        "/.atom.xml.12.tmp",
        "/topics/.hidden",
        "/out.txt",
        "/outside/secret.txt",
        "/pipe",
        "/atom.xml/",
        "/" + "x" * 300,
        "/%ff%fe",
    ],
)
def test_nothing_but_what_is_published_can_be_had(client: Client, root: Path, path: str) -> None:
    (root / "out.txt").symlink_to(root.parent / "secret.txt")
    (root / "outside").symlink_to(root.parent)
    os.mkfifo(root / "pipe")
    answer = get(client, path)
    assert answer.status_code == 404
    assert answer.content == b"<p>Nothing here</p>"


def test_dots_are_refused_also_where_no_client_resolves_them_first() -> None:
    assert split_path("/../secret.txt") is None
    assert split_path("/topics/../../secret.txt") is None
    assert split_path("/topics\\..\\secret.txt") is None
    assert split_path("atom.xml") is None
    assert split_path("/topics/mexico/") == ("topics", "mexico", "index.html")


def test_a_folder_without_its_slash_leads_to_itself_and_nowhere_else(client: Client) -> None:
    answer = get(client, "/topics/mexico")
    assert (answer.status_code, answer.headers["location"]) == (308, "./mexico/")


def test_an_address_may_stand_before_the_path_and_leads_nowhere_else() -> None:
    assert without_host("http://localhost:8000/atom.xml") == "/atom.xml"
    assert without_host("https://elsewhere.example") == "/"
    assert without_host("/topics/http://x/") == "/topics/http://x/"
    assert without_host("*") == "*"


@pytest.mark.parametrize("failing", ["open", "pread"])
def test_a_file_that_cannot_be_read_just_now_is_not_said_to_be_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def no_more(*_given: object, **_named: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, failing, no_more)
    answer = get(client, "/atom.xml")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def test_other_methods_are_told_which_there_are(client: Client) -> None:
    answer = client.post("/atom.xml")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_feed_that_was_replaced_is_seen_at_once_and_under_a_new_tag(
    client: Client, root: Path
) -> None:
    before = get(client, "/atom.xml").headers["etag"]
    (root / "new").write_bytes(FEED.replace(b"news", b"NEWS"))
    (root / "new").replace(root / "atom.xml")
    after = get(client, "/atom.xml", if_none_match=before)
    assert (after.status_code, after.headers["etag"] == before) == (200, False)
    assert b"NEWS" in after.content


def test_a_file_that_is_replaced_while_it_is_sent_arrives_as_it_was(
    client: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = os.urandom(1 << 20) * 5
    (root / "big.bin").write_bytes(big)
    pread, calls = os.pread, iter(range(10_000))

    def interfering(descriptor: int, length: int, offset: int) -> bytes:
        if next(calls) == 3:
            (root / "new").write_bytes(b"x" * len(big))
            (root / "new").replace(root / "big.bin")
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", interfering)
    assert get(client, "/big.bin").content == big


def test_large_files_are_tagged_and_not_held_in_memory(client: Client, root: Path) -> None:
    (root / "big.bin").write_bytes(b"b" * (5 << 20))
    first = get(client, "/big.bin")
    assert get(client, "/big.bin", if_none_match=first.headers["etag"]).status_code == 304


def test_what_is_packed_is_the_same_bytes_every_time(client: Client, root: Path) -> None:
    tag = client.get("/atom.xml", headers={"accept-encoding": "gzip"}).headers["etag"]
    os.utime(root / "atom.xml", ns=(1, 1))
    assert client.get("/atom.xml", headers={"accept-encoding": "gzip"}).headers["etag"] == tag
    assert gzip.compress(FEED, 6, mtime=0) == gzip.compress(FEED, 6, mtime=0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read, in their order."""
    paths: list[str] = []

    def counting(descriptor: int, path: str) -> CachedFile:
        paths.append(path)
        return read_file(descriptor, path)

    monkeypatch.setattr(files, "read_file", counting)
    return paths


def test_a_new_feed_is_read_and_packed_once_for_all_who_come_at_the_same_time(
    client: Client, read: list[str]
) -> None:
    answers = client.at_once(*["/atom.xml", "/topics/mexico/"] * 20)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers[::2]} == {FEED}
    assert sorted(read) == ["atom.xml", "topics/mexico/index.html"]


def test_files_that_were_not_asked_for_the_longest_leave_the_memory(
    root: Path, read: list[str]
) -> None:
    client = Client(PublishedFiles(root, lambda: b"", cache_bytes=40))
    for path in ("/", "/topics/mexico/", "/", "/feed.json", "/topics/mexico/"):
        client.get(path)
    mexico = "topics/mexico/index.html"
    assert read == ["index.html", mexico, "feed.json", mexico]


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_packing_is_only_for_those_who_can_unpack(accepted: str, taken: bool) -> None:
    assert accepts_gzip(accepted) is taken


# --- What has another address now ----------------------------------------------------------------


def leading_on(target: str) -> str:
    page = MovedPage(
        site=SITE,
        path="items/old.html",
        address=f"{SITE.url}{target}",
        root="../",
        feeds=(),
        digests=(),
        changed_at=None,
        title='A "port" & a pier',
        target=target,
        target_title="A port",
        merged=True,
    )
    templates = Templates(None, "en", ZoneInfo("UTC"))
    return templates.render("site/moved.html.j2", {"page": page})


def test_an_item_that_was_merged_is_answered_for_good_with_the_other(
    client: Client, root: Path
) -> None:
    (root / "items").mkdir()
    (root / "items" / "old.html").write_text(leading_on("items/new.html"))
    for _ in range(2):
        answer = get(client, "/items/old.html")
        assert (answer.status_code, answer.content) == (308, b"")
        assert answer.headers["location"] == "../items/new.html"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/topics/mexican-news/", "../../topics/mexico/"),
        ("/topics/mexican-news/index.html", "../../topics/mexico/"),
        ("/topics/mexican-news/atom.xml", "../../topics/mexico/atom.xml"),
        ("/topics/mexico/atom.xml", None),
        ("/topics/mexican-news/rss.xml", None),
        ("/topics/mexican-news/gone.xml", None),
    ],
)
def test_a_topic_that_was_renamed_is_answered_for_good_with_its_new_place(
    root: Path, asked: str, location: str | None
) -> None:
    (root / "topics" / "mexico" / "atom.xml").write_bytes(FEED)
    (root / "topics" / "mexican-news").mkdir()
    for name in ("atom.xml", "rss.xml", "index.html"):
        (root / "topics" / "mexican-news" / name).write_bytes(FEED)
    moved = {"topics/mexican-news": "topics/mexico"}
    answer = get(Client(PublishedFiles(root, lambda: b"", moved=lambda: moved)), asked)
    if location:
        assert (answer.status_code, answer.headers["location"]) == (308, location)
    else:
        assert answer.status_code == (404 if "gone" in asked else 200)


def test_what_says_of_itself_that_it_leads_on_is_believed_of_our_pages_alone(
    client: Client, root: Path
) -> None:
    (root / "assets" / "intro.html").write_text(leading_on("items/new.html"))
    assert get(client, "/assets/intro.html").status_code == 200


@pytest.mark.parametrize("path", ["/", "/atom.xml", "/assets/site.css", "/none.html"])
def test_whatever_is_served_says_how_far_a_browser_may_go_with_it(
    client: Client, path: str
) -> None:
    headers = get(client, path).headers
    assert headers["access-control-allow-origin"] == "*"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self';" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"], "what stands in a page does not run"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_a_page_that_somebody_put_beside_ours_may_have_scripts(client: Client, root: Path) -> None:
    (root / "google1234.html").write_text("<script>1</script>")
    headers = get(client, "/google1234.html").headers
    assert "content-security-policy" not in headers
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
