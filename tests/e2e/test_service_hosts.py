"""nginx and Caddy, with the very settings of `deploy/web/`, in front of the service."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_serve import running
from tests.web_servers import Host, host_running


@pytest.fixture(scope="module", params=["nginx-service.conf", "Caddyfile.service"])
def host(
    request: pytest.FixtureRequest,
    sample_after_run: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("behind") / "news"
    shutil.copytree(sample_after_run, folder, copy_function=shutil.copy2)
    digests = folder / "config" / "digests.yaml"
    text = digests.read_text(encoding="utf-8")
    digests.write_text(
        text.replace("\n    lists:", "\n    subscribe: true\n    lists:", 1), encoding="utf-8"
    )
    with running(folder, "serve") as (address, _):
        port = int(address.rpartition(":")[2])
        spot = tmp_path_factory.mktemp("h") / "s"
        with host_running(request.param, spot, root=folder, behind=port) as found:
            yield found


def test_feeds_keep_their_validators_and_their_compression(host: Host) -> None:
    with host.client() as web:
        plain = web.get("/atom.xml")
        assert plain.headers["content-type"].startswith("application/xml")
        assert plain.headers["cache-control"] == "public, max-age=300"
        with web.stream("GET", "/atom.xml", headers={"Accept-Encoding": "gzip"}) as packed:
            raw = b"".join(packed.iter_raw())
        assert gzip.decompress(raw) == plain.content
        for form, coding in ((plain, "identity"), (packed, "gzip")):
            asked = {"If-None-Match": form.headers["etag"], "Accept-Encoding": coding}
            again = web.get("/atom.xml", headers=asked)
            assert (again.status_code, again.content) == (304, b""), coding


def test_figures_are_for_this_machine_alone(host: Host) -> None:
    with host.client() as web:
        assert web.get("/healthz").status_code == 200
        refused = web.get("/metrics")
        assert refused.status_code == 403
        assert "tidings" not in refused.text


def test_no_link_of_a_person_gets_into_the_log(host: Host) -> None:
    with host.client() as web:
        assert web.get("/opml.xml").status_code == 200
        for verb in ("leave", "choices", "confirm"):
            web.get(f"/{verb}/secret-of-somebody")
    if host.log.exists():
        kept = host.log.read_text(encoding="utf-8")
        assert "/opml.xml" in kept
        assert "secret-of-somebody" not in kept


def test_people_are_told_apart_by_where_they_come_from_and_not_by_what_they_claim(
    host: Host,
) -> None:
    def ask(web: httpx.Client, number: int) -> int:
        fields = {"form": form, "address": f"a{number}@example.org", "topics": topics}
        claimed = {"X-Forwarded-For": f"192.0.2.{number}"}
        return web.post("/subscribe/weekly", data=fields, headers=claimed).status_code

    with host.client() as web:
        page = web.get("/subscribe/weekly")
        form = re.findall(r'name="form" value="([^"]+)"', page.text)[0]
        topics = re.findall(r'name="topics" value="([^"]+)"', page.text)
        assert [ask(web, number) for number in range(22)] == [200] * 20 + [429] * 2
    with host.client(source="127.0.0.2") as neighbour:
        assert ask(neighbour, 30) == 200


def test_browsers_are_told_to_come_by_https_alone(host: Host) -> None:
    with host.client() as web:
        for path in ("/", "/subscribe/weekly", "/nothing", "/metrics"):
            sent = web.get(path).headers["strict-transport-security"]
            assert sent == "max-age=31536000", path


@pytest.mark.parametrize("prefix", ["", "/news", "/a/b"])
def test_below_a_prefix_the_same_is_refused_and_kept_out_of_the_log(
    host: Host, prefix: str
) -> None:
    with host.client() as web:
        assert web.get(f"{prefix}/metrics").status_code == 403
        assert web.get(f"{prefix}/metrics/").status_code == 403
        web.get(f"{prefix}/leave/secret-below-a-prefix")
    if host.log.exists():
        assert "secret-below-a-prefix" not in host.log.read_text(encoding="utf-8")


def test_what_is_longer_than_any_form_is_not_passed_on(host: Host) -> None:
    with host.client() as web:
        long = web.post("/subscribe/weekly", content=b"x=" + b"x" * 100_000)
        # Caddy notices when it has passed on as much as may be, and may have begun to answer then.
        assert long.status_code in (413,) if host.log.exists() else range(400, 503)


def test_who_fills_in_forms_without_end_is_slowed_down_and_who_leaves_is_not(host: Host) -> None:
    with host.client(source="127.0.0.9") as web:
        asked = [web.get("/subscribe/weekly").status_code for _ in range(80)]
        left = {web.post(f"/leave/{number:032x}").status_code for number in range(80)}
    assert left == {404}
    if host.log.exists():  # nginx; Caddy itself limits no rates
        assert asked.count(429) >= 10
    assert asked[:40] == [200] * 40
