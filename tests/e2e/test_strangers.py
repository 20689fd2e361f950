"""What strangers ask for holds up nobody else, floods no mailbox, and leaves nothing behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.asgi import Client
from tests.e2e.conftest import call
from tests.minimal_site import write_minimal_site
from tests.web_site import WebSite, body, link_in, path_of
from tidings.application import limits, people
from tidings.application.subscribe import SubscriptionRequest, ask
from tidings.core.audience import pseudonym
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints.web.app import application
from tidings.model import Choice, RecipientState

HOUR = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    write_minimal_site(tmp_path, digest="history: mail\n    subscribe: true")
    site = WebSite(tmp_path)
    site.news("What everybody begins with")
    yield site
    site.app_state.close()


def quiet(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send no mail by itself."""
    monkeypatch.setattr(site.app_state.confirmations, "wake", lambda: None)


def from_everywhere(site: WebSite, addresses: list[str]) -> list[int]:
    codes = []
    for number, address in enumerate(addresses):
        site.pages.address = f"198.51.{number // 250}.{number % 250}"
        codes.append(site.ask(address).status_code)
    return codes


def mailed(site: WebSite) -> list[str]:
    site.app_state._send_confirmations()
    return [str(mail["To"]) for mail in site.confirmations()]


def requests(site: WebSite, *addresses: str) -> None:
    """Requests as they are recorded, without the form."""
    store, key, now = site.app_state.store(), site.app_state.key, site.clock.now()
    for address in addresses:
        assert ask(store, SubscriptionRequest("weekly", address), now, None, key)


def test_a_mailbox_gets_three_mails_a_day_however_it_is_spelled(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    victims = [f"victim+{number}@x.example" for number in range(12)]
    assert from_everywhere(site, victims) == [200] * 12
    assert len(mailed(site)) == 3
    site.later(hours=1)
    assert from_everywhere(site, [f"victim+{n}@x.example" for n in range(20, 25)]) == [200] * 5
    assert len(mailed(site)) == 3
    site.later(hours=24)
    assert from_everywhere(site, ["victim+99@x.example"]) == [200]
    assert len(mailed(site)) == 4


def test_a_network_is_held_to_its_limit_across_its_addresses_and_restarts(site: WebSite) -> None:
    codes = []
    for number in range(30):
        site.pages.address = f"2001:db8:7:{number:x}::1"
        codes.append(site.ask(f"a{number}@x{number}.example").status_code)
    assert codes == [200] * 25 + [429] * 5
    site.app_state.close()
    site.app_state = site.open()
    site.pages = Client(application(site.app_state), "2001:db8:7:ffff::1")
    assert site.ask("late@x.example").status_code == 429
    site.pages.address = "2001:db8:8::1"
    assert site.ask("late@x.example").status_code == 200
    site.later(hours=1)
    site.pages.address = "2001:db8:7:ffff::1"
    assert site.ask("later@x.example").status_code == 200


def test_a_full_digest_slows_down_and_shuts_nobody_out(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    monkeypatch.setattr(limits, "PER_DIGEST", 10)
    requests(site, *(f"a@x{number}.example" for number in range(10)))
    answer = site.ask("new@other.example")
    assert (answer.status_code, "may take some hours" in answer.text) == (200, True)
    assert "new@other.example" not in mailed(site)
    site.later(hours=1)
    assert "new@other.example" in mailed(site)


def test_a_domain_that_many_ask_at_is_mailed_fifty_an_hour(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    requests(site, *(f"a{number}@big.example" for number in range(52)))
    counts = []
    for _ in range(2):
        counts.append(len(mailed(site)))
        site.later(hours=1)
    assert counts == [50, 52]
    assert "may take some hours" not in site.ask("new@other.example").text


def test_a_domain_with_many_readers_may_ask_more(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    with site.app_state.store().writing() as state:
        for number in range(120):
            reader = Choice(
                "weekly",
                f"r{number}@big.example",
                site.clock.now(),
                joined=True,
                state=RecipientState.ACTIVE,
            )
            state.choices.save(reader)
    monkeypatch.setattr(limits, "PER_DOMAIN", 5)
    requests(site, *(f"a{number}@big.example" for number in range(14)))
    assert len(mailed(site)) == 12


def test_a_link_that_waited_for_its_turn_lives_three_days_from_then(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    monkeypatch.setattr(limits, "PER_DOMAIN", 5)
    requests(site, *(f"a{number}@big.example" for number in range(15)), "eva@big.example")
    site.later(hours=3)
    site.app_state._send_confirmations()
    (mail,) = [mail for mail in site.confirmations() if mail["To"] == "eva@big.example"]
    site.later(days=2, hours=23)
    link = path_of(link_in(mail, "confirm"))
    assert site.pages.post(link).status_code == 200
    assert mail["Date"].datetime - HOUR * 3 == site.clock.now() - timedelta(days=3, hours=2)


def test_a_delayed_mail_goes_out_after_a_restart(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    monkeypatch.setattr(limits, "PER_DOMAIN", 5)
    requests(site, *(f"a{number}@big.example" for number in range(6)))
    assert len(mailed(site)) == 5
    site.app_state.close()
    site.later(hours=1)
    site.app_state = site.open()
    assert len(mailed(site)) == 6


def test_requests_are_forgotten_with_their_link(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(site, monkeypatch)
    site.pages.address = "192.0.2.99"
    site.ask("eva@x.example")
    mailed(site)
    site.later(days=3, minutes=1)
    mailed(site)
    with sqlite3.connect(site.folder / "state/tidings.db") as raw:
        for table in ("applications", "limits"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_no_table_of_limits_names_an_address_or_a_network(site: WebSite) -> None:
    site.pages.address = "192.0.2.99"
    site.ask("eva@x.example")
    with sqlite3.connect(site.folder / "state/tidings.db") as raw:
        kept = str(raw.execute("SELECT * FROM limits").fetchall())
    assert "192.0.2" not in kept
    assert "x.example" not in kept


# --- Never write to me ----------------------------------------------------------------------------


def never(site: WebSite, address: str) -> None:
    assert site.ask(address).status_code == 200
    link = path_of(link_in(site.confirmations()[-1], "never"))
    looked = site.pages.get(link)
    assert (looked.status_code, "button" in looked.text) == (200, True)
    done = site.pages.post(link)
    assert (done.status_code, "Nothing is sent to" in done.text) == (200, True)
    site.later()


def test_who_never_wants_mail_gets_none_whoever_asks(site: WebSite) -> None:
    never(site, "eva@x.example")
    before = len(site.confirmations())
    first, other = site.ask("eva+again@x.example"), site.ask("bob+again@x.example")
    assert first.text.replace("eva+", "bob+") == other.text
    assert [str(m["To"]) for m in site.confirmations()[before:]] == ["bob+again@x.example"]
    with sqlite3.connect(site.folder / "state/tidings.db") as raw:
        assert "eva" not in "\n".join(raw.iterdump())


def test_looking_at_the_link_to_never_does_nothing(site: WebSite) -> None:
    site.ask("eva@x.example")
    site.pages.get(path_of(link_in(site.confirmations()[-1], "never")))
    site.later()
    site.ask("eva@x.example")
    assert len(site.confirmations()) >= 1
    site.pages.post(path_of(link_in(site.confirmations()[-1], "confirm")))
    assert "eva@x.example" in site.send()


def test_who_gets_mail_and_never_wants_any_gets_no_more(site: WebSite) -> None:
    site.join("eva@x.example")
    assert "eva@x.example" in site.send()
    site.later()
    never(site, "eva@x.example")
    site.news("Another thing")
    assert "eva@x.example" not in site.send()


def test_an_older_link_confirms_nothing_for_who_never_wants_mail(site: WebSite) -> None:
    site.ask("eva@x.example")
    mail = site.confirmations()[-1]
    site.later()
    site.pages.post(path_of(link_in(mail, "never")))
    assert site.pages.post(path_of(link_in(mail, "confirm"))).status_code == 410
    assert "eva@x.example" not in site.send()


def test_both_bodies_of_a_confirmation_have_the_link_to_never(site: WebSite) -> None:
    for language, words in (("en", "Never write to me"), ("es", "No me escriban nunca")):
        site.ask(f"{language}@x.example", language=language)
        mail = site.confirmations()[-1]
        assert words in body(mail, "html")
        assert link_in(mail, "never") in body(mail, "html")


def test_an_operator_is_told_who_never_wants_mail_and_can_take_it_back(site: WebSite) -> None:
    never(site, "eva@x.example")
    add = ("recipients", "add", "eva@x.example", "--digest", "weekly")
    told = call(site.folder, *add)
    assert (told.returncode, "never to be written to" in told.stderr) == (1, True)
    assert call(site.folder, "recipients", "resume", "eva@x.example").returncode == 0
    assert call(site.folder, *add).returncode == 0


# --- Erased stays erased --------------------------------------------------------------------------


def test_no_link_from_before_writes_an_erased_address_back(site: WebSite) -> None:
    site.join("eva@x.example")
    mail = site.send()["eva@x.example"]
    site.later()
    site.ask("eva@x.example")
    early = path_of(link_in(site.confirmations()[-1], "confirm"))
    store, key, now = site.app_state.store(), site.app_state.key, site.clock.now()
    people.erase(store, "eva@x.example", pseudonym(key, "eva@x.example"), now, key)
    token = site.app_state.signer.sign(MEMBER, Member("gone", "eva@x.example").packed())
    choices = path_of(link_in(mail, "choices"))
    assert site.pages.post(path_of(link_in(mail, "leave"))).status_code == 200
    assert site.pages.post(f"/leave/{token}").status_code == 200
    assert site.pages.post(early).status_code == 410
    for fields in ({"act": "pause"}, {"act": "leave"}, {"act": "save"}):
        assert site.pages.post(choices, fields).status_code == 200
    for verb in ("remove", "pause"):
        call(site.folder, "recipients", verb, "eva@x.example")
    with sqlite3.connect(site.folder / "state/tidings.db") as raw:
        assert "eva" not in "\n".join(raw.iterdump())
    add = ("recipients", "add", "eva@x.example", "--digest", "weekly")
    assert call(site.folder, *add).returncode == 1


def test_who_was_erased_can_come_back_by_the_button(site: WebSite) -> None:
    site.join("eva@x.example")
    mail = site.send()["eva@x.example"]
    store, key, now = site.app_state.store(), site.app_state.key, site.clock.now()
    people.erase(store, "eva@x.example", pseudonym(key, "eva@x.example"), now, key)
    site.later()
    choices = path_of(link_in(mail, "choices"))
    assert site.pages.post(choices, {"act": "resume"}).status_code == 200
