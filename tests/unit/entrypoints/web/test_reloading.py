"""Whoever serves follows an edit of the configuration: as a whole, or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.web_site import SmallSite
from tidings.entrypoints import wiring
from tidings.entrypoints.monitor import ConfigWatcher
from tidings.entrypoints.wiring import Instance
from tidings.entrypoints.worker import Worker
from tidings.errors import TemplateError


def shown(site: SmallSite) -> str:
    """The page to subscribe on, and the one for what is not there."""
    return site.pages.get("/subscribe/weekly").text + site.pages.get("/nothing").text


def test_an_edit_is_shown_on_every_page_from_the_next_look_on(site: SmallSite) -> None:
    site.edit("Harbour news", "News of the harbour")
    assert "News of the harbour" not in shown(site)
    site.app_state.look()
    assert "Harbour news" not in shown(site)


def test_a_bad_edit_is_told_once_and_changes_nothing(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    before = site.pages.get("/nothing").text
    site.edit("  title: Harbour news", "  titel: News of the harbour")
    site.app_state.look()
    site.app_state.look()
    assert site.pages.get("/nothing").text == before
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ["configuration not loaded" in record.message for record in told] == [True]
    assert 'did you mean "title"?' in told[0].message


def test_a_template_that_cannot_be_rendered_is_not_taken_with_the_rest(site: SmallSite) -> None:
    before = shown(site)
    override = site.root / "templates/web/missing.html.j2"
    override.parent.mkdir(parents=True)
    override.write_text("{{ nonsense }}", encoding="utf-8")
    site.edit("Harbour news", "News of the harbour")
    site.app_state.look()
    assert site.pages.get("/nothing").text in before


def test_a_new_prefix_of_the_address_is_understood(site: SmallSite) -> None:
    assert site.pages.get("/news/atom.xml").status_code == 404
    site.edit("http://localhost:8000/", "http://localhost:8000/news/")
    site.app_state.look()
    assert site.pages.get("/news/atom.xml").status_code == 200


def test_a_digest_that_opens_while_it_is_served_can_be_joined(site: SmallSite) -> None:
    site.edit("subscribe: true", "subscribe: false", "digests.yaml")
    site.app_state.look()
    assert site.pages.get("/subscribe/weekly").status_code == 404
    site.edit("subscribe: false", "subscribe: true", "digests.yaml")
    site.app_state.look()
    assert site.pages.get("/subscribe/weekly").status_code == 200


def test_who_asks_has_it_read_again_once_although_nothing_changed(site: SmallSite) -> None:
    edits = ConfigWatcher(site.instance)
    assert not edits.found()
    edits.ask()
    assert [edits.found(), edits.found()] == [True, False]


def test_a_look_that_finds_a_file_gone_is_made_up_for_by_the_next(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_instance: Instance) -> dict[Path, tuple[int, int]]:
        raise FileNotFoundError

    site.edit("Harbour news", "News of the harbour")
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "watched", gone)
        site.app_state.look()
    assert "Harbour news" in shown(site)
    site.app_state.look()
    assert "News of the harbour" in shown(site)


def test_what_a_worker_takes_is_served_in_the_same_process(site: SmallSite) -> None:
    worker = Worker(site.instance, site.store, wiring.clock(), site.app_state.take)
    site.edit("Harbour news", "News of the harbour")
    worker.cycle()
    assert "Harbour news" not in shown(site)


def test_what_cannot_be_served_the_worker_does_not_take_either(
    site: SmallSite, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def unwilling(instance: Instance) -> None:
        heard.append(instance.settings.site.title)
        raise TemplateError("web/missing.html.j2:1: nonsense is not known")

    worker = Worker(site.instance, site.store, wiring.clock(), unwilling)
    site.edit("Harbour news", "News of the harbour")
    worker.cycle()
    assert heard == ["News of the harbour"]
    assert "configuration not loaded" in caplog.text
    page = (site.root / "feeds" / "index.html").read_text(encoding="utf-8")
    assert "Harbour news" in page
    assert "News of the harbour" not in page


def test_a_form_of_the_instances_own_may_know_its_signature_by_the_old_name(
    site: SmallSite,
) -> None:
    override = site.root / "templates/web/subscribe.html.j2"
    override.parent.mkdir(parents=True)
    override.write_text("{{ seal }}|{{ signature }}", encoding="utf-8")
    site.edit("Harbour news", "News of the harbour")
    site.app_state.look()
    before, now = site.pages.get("/subscribe/weekly").text.split("|")
    assert before == now
    assert len(now) > 20
