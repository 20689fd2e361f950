"""What List-Ids and Message-IDs end with: it stays, wherever the site moves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.desk import Hands, hurried
from tests.minimal_site import write_minimal_site
from tests.web_site import read
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring
from tidings.state.deliveries import DeliveryFilter
from tidings.state.health import MAIL_HOST


class Moving:
    """An instance that moves: each edition is opened under the address that is given."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock = root, Hands()
        write_minimal_site(root, digest="history: mail\n    lists: [crew]")
        (root / "config/recipients.yaml").write_text("lists: {crew: [ana@example.org]}\n")

    def at(self, url: str, **more: str) -> EmailMessage:
        """The mail of an edition, with the site at that address."""
        self.clock.at += timedelta(days=1)
        number = len(list(self.root.glob("seeds/*.txt")))
        text = (
            f"12 May, 2021\n\nBoat number {number} came in\n\nIts summary, long enough for one.\n"
        )
        (self.root / f"seeds/{number}.txt").write_text(text)
        environ = {"TIDINGS_SITE__URL": url, **more}
        instance = wiring.load_instance(self.root, environ)
        store = hurried(wiring.open_state(instance))
        for old in self.root.glob("outbox/**/*.eml"):
            old.unlink()
        try:
            run_cycle(wiring.services(instance, store, self.clock), "now")
        finally:
            store.close()
        (new,) = self.root.glob("outbox/**/*.eml")
        return read(new)

    def upgraded_from(self, host: str) -> None:
        """As the state is that a version left by which mail had this host."""
        with closing(sqlite3.connect(self.root / "state/tidings.db")) as state:
            state.execute("delete from notes where name = ?", (MAIL_HOST,))
            new = "substr(message_id, 1, instr(message_id, '@')) || ? || '>'"
            state.execute(f"update deliveries set message_id = {new}", (host,))
            state.commit()


@pytest.fixture
def moving(tmp_path: Path) -> Moving:
    return Moving(tmp_path)


def hosts(mail: EmailMessage) -> tuple[str, str]:
    """What its List-Id and its Message-ID end with."""
    listed = str(mail["List-Id"]).rpartition("<weekly.")[2].rstrip(">")
    return listed, str(mail["Message-ID"]).rpartition("@")[2].rstrip(">")


def test_a_new_state_goes_by_the_domain_of_its_id(moving: Moving) -> None:
    for url in ("http://192.0.2.7/news/", "https://elsewhere.example/"):
        assert hosts(moving.at(url)) == ("news.example.org", "news.example.org")


def test_an_id_with_an_address_has_the_domain_of_that(moving: Moving) -> None:
    mail = moving.at("http://localhost:8000/", TIDINGS_SITE__ID="desk@news.example,2026-05-01")
    assert hosts(mail) == ("news.example", "news.example")


def test_a_state_that_mail_went_out_of_keeps_the_host_of_that_mail(moving: Moving) -> None:
    moving.at("https://old.example/")
    moving.upgraded_from("old.example")
    for url in ("https://old.example/", "https://new.example/"):
        assert hosts(moving.at(url)) == ("old.example", "old.example")


def test_a_report_of_mail_from_before_is_known_by_its_message_id(moving: Moving) -> None:
    moving.at("https://old.example/")
    moving.upgraded_from("old.example")
    mail = moving.at("https://new.example/")
    store = wiring.open_state(wiring.load_instance(moving.root, {}))
    with store.reading() as state:
        wanted = DeliveryFilter(message_id=str(mail["Message-ID"]))
        (found,) = state.deliveries.find(wanted)
        earlier = state.deliveries.find(DeliveryFilter(digest="weekly"))
    store.close()
    assert found.delivery.address == "ana@example.org"
    assert {each.delivery.message_id.rpartition("@")[2] for each in earlier} == {"old.example>"}


def test_to_start_over_changes_no_host(moving: Moving) -> None:
    moving.at("https://old.example/")
    moving.upgraded_from("old.example")
    moving.at("https://old.example/")
    store = wiring.open_state(wiring.load_instance(moving.root, {}))
    with store.writing() as state:
        state.reset.clear(people_too=False)
    store.close()
    assert hosts(moving.at("https://new.example/")) == ("old.example", "old.example")
