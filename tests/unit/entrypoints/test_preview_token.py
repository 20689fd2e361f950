"""The live preview is seen by whoever has the address that was printed, and by nobody else."""

from __future__ import annotations

import stat
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx
import pytest

from tests.pressroom import SUNDAY, pressroom
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import preview as verb
from tidings.entrypoints.preview_server import app
from tidings.entrypoints.preview_server.app import PreviewWatcher, running

TOKEN = "0123456789abcdef"
PLACES = ("/", "/mail?digest=weekly", "/events", "/preview.js", "/preview.css", "/nothing")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    room = pressroom(tmp_path_factory.mktemp("room"))
    watch = PreviewWatcher(room.root, {}, wiring.clock(SUNDAY))
    with running(watch, "127.0.0.1", 0, TOKEN) as found:
        yield found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "asked", ["", "token=", "token=wrong", "token=" + TOKEN[:-1], "a=" + TOKEN]
)
def test_without_the_token_nothing_is_shown(address: str, place: str, asked: str) -> None:
    joint = "&" if "?" in place else "?"
    answer = httpx.get(f"{address}{place}{joint}{asked}", timeout=30)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "example.org" not in answer.text


def test_whoever_opened_the_address_once_goes_on_without_the_token(address: str) -> None:
    with httpx.Client(timeout=30) as browser:
        first = browser.get(f"{address}/?token={TOKEN}")
        assert first.status_code == 200
        kept = first.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in kept.split(";")}
        assert TOKEN not in first.text
        assert browser.get(f"{address}/?tab=topics").status_code == 200
        assert browser.get(f"{address}/preview.js").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "x"])
def test_a_page_of_elsewhere_cannot_use_the_cookie(address: str, site: str) -> None:
    with httpx.Client(timeout=30) as browser:
        browser.get(f"{address}/?token={TOKEN}")
        answer = browser.get(f"{address}/", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_what_is_no_page_is_answered_in_our_own_words(address: str) -> None:
    with httpx.Client(timeout=30) as browser:
        browser.get(f"{address}/?token={TOKEN}")
        for method, place, status in (("GET", "/mail/", 404), ("POST", "/", 405)):
            answer = browser.request(method, f"{address}{place}")
            assert (answer.status_code, answer.text) == (status, "There is no such page.\n")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "location" not in answer.headers


def test_the_address_is_printed_whole_and_no_program_is_called_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def open_(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", open_)
    monkeypatch.setattr(app, "serve", lambda *given: given[-1]("http://127.0.0.1:8001", TOKEN))
    room = pressroom(tmp_path)
    verb._serve(room.root, "127.0.0.1", 0, open_=True)
    printed = f"http://127.0.0.1:8001/?token={TOKEN}"
    assert capsys.readouterr().out.startswith(printed + " follows what you save.")
    place = Path(url2pathname(urlsplit(opened[0]).path))
    assert TOKEN not in opened[0]
    assert printed in place.read_text(encoding="utf-8")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (place, place.parent)] == [0o600, 0o700]
