"""Whoever serves follows an edit of the configuration: as a whole, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asgi import Client
from tests.smallest import lay
from tidings.entrypoints import wiring
from tidings.entrypoints.monitor import ConfigWatcher
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState
from tidings.entrypoints.wiring import Instance
from tidings.entrypoints.worker import Worker
from tidings.errors import TemplateError
from tidings.state import Store


class Door:
    """An instance that is served, and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "feeds" / "topics").mkdir(parents=True)
        (root / "feeds" / "atom.xml").write_text("<feed/>", encoding="utf-8")
        lay(root, title="Harbour news", digest="subscribe: true")
        self.instance = wiring.load_instance(root, {})
        self.store: Store = wiring.open_state(self.instance)
        self.app_state = AppState(self.instance, lambda: self.store)
        self.pages = Client(application(self.app_state))

    def edit(self, old: str, new: str, name: str = "tidings.yaml") -> None:
        place = self.root / "config" / name
        place.write_text(place.read_text("utf-8").replace(old, new), "utf-8")

    def override(self, name: str, text: str) -> None:
        place = self.root / "templates" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def shown(self) -> str:
        """The page to subscribe on, and the one for what is not there."""
        return self.pages.get("/subscribe/weekly").text + self.pages.get("/nothing").text


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.app_state.close()
    made.store.close()


def test_an_edit_is_shown_on_every_page_from_the_next_look_on(door: Door) -> None:
    door.edit("Harbour news", "News of the harbour")
    assert "News of the harbour" not in door.shown()
    door.app_state.look()
    assert "Harbour news" not in door.shown()


def test_a_bad_edit_is_told_once_and_changes_nothing(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    before = door.pages.get("/nothing").text
    door.edit("  title: Harbour news", "  titel: News of the harbour")
    door.app_state.look()
    door.app_state.look()
    assert door.pages.get("/nothing").text == before
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ["configuration not taken" in record.message for record in told] == [True]
    assert 'did you mean "title"?' in told[0].message


def test_a_template_that_cannot_be_rendered_is_not_taken_with_the_rest(door: Door) -> None:
    before = door.shown()
    door.override("web/missing.html.j2", "{{ nonsense }}")
    door.edit("Harbour news", "News of the harbour")
    door.app_state.look()
    assert door.pages.get("/nothing").text in before


def test_a_new_prefix_of_the_address_is_understood(door: Door) -> None:
    assert door.pages.get("/news/atom.xml").status_code == 404
    door.edit("http://localhost:8000/", "http://localhost:8000/news/")
    door.app_state.look()
    assert door.pages.get("/news/atom.xml").status_code == 200


def test_a_digest_that_opens_while_it_is_served_can_be_joined(door: Door) -> None:
    door.edit("subscribe: true", "subscribe: false", "digests.yaml")
    door.app_state.look()
    assert door.pages.get("/subscribe/weekly").status_code == 404
    door.edit("subscribe: false", "subscribe: true", "digests.yaml")
    door.app_state.look()
    assert door.pages.get("/subscribe/weekly").status_code == 200


def test_who_asks_has_it_read_again_once_although_nothing_changed(door: Door) -> None:
    edits = ConfigWatcher(door.instance)
    assert not edits.found()
    edits.ask()
    assert [edits.found(), edits.found()] == [True, False]


def test_a_look_that_finds_a_file_gone_is_made_up_for_by_the_next(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_instance: Instance) -> dict[Path, tuple[int, int]]:
        raise FileNotFoundError

    door.edit("Harbour news", "News of the harbour")
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "watched", gone)
        door.app_state.look()
    assert "Harbour news" in door.shown()
    door.app_state.look()
    assert "News of the harbour" in door.shown()


def test_what_a_worker_takes_is_served_in_the_same_process(door: Door) -> None:
    worker = Worker(door.instance, door.store, wiring.clock(), door.app_state.take)
    door.edit("Harbour news", "News of the harbour")
    worker.cycle()
    assert "Harbour news" not in door.shown()


def test_what_cannot_be_served_the_worker_does_not_take_either(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def unwilling(instance: Instance) -> None:
        heard.append(instance.settings.site.title)
        raise TemplateError("web/missing.html.j2:1: nonsense is not known")

    worker = Worker(door.instance, door.store, wiring.clock(), unwilling)
    door.edit("Harbour news", "News of the harbour")
    worker.cycle()
    assert heard == ["News of the harbour"]
    assert "configuration not taken" in caplog.text
    page = (door.root / "feeds" / "index.html").read_text(encoding="utf-8")
    assert "Harbour news" in page
    assert "News of the harbour" not in page
