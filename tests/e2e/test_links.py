"""The links in mail: they carry no address, open without end, and need no key."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web_site import WebSite, body, link_in, path_of, served_with
from tidings.application import people
from tidings.core.audience import pseudonym
from tidings.core.tokens import MEMBER, Member, is_link
from tidings.entrypoints import wiring

ANA = "ana@example.org"


@pytest.fixture
def site(fresh: Path) -> Iterator[WebSite]:
    site = WebSite(fresh)
    yield site
    site.app_state.close()


def signed(site: WebSite, address: str = ANA) -> str:
    """A link as versions before made it."""
    return site.app_state.signer.sign(MEMBER, Member("weekly", address).packed())


def recorded(site: WebSite, address: str = ANA) -> list[tuple[str, str]]:
    with site.app_state.store().reading() as state:
        return [(each.digest, str(each.state)) for each in state.choices.of(address)]


def test_links_closed_with_an_older_key_go_on_opening_where_that_key_is_named(
    site: WebSite,
) -> None:
    first = wiring.secret(site.instance).decode()
    site.ask("new@example.org")
    asked = path_of(link_in(site.confirmations()[-1], "confirm"))
    old = f"/leave/{signed(site)}"
    # Turned twice: the first key is the last in the list.
    keys = "\n".join([secrets.token_hex(32), first])
    pages = served_with(
        site, TIDINGS_SECRET_KEY=secrets.token_hex(32), TIDINGS_SECRET_KEY_PREVIOUS=keys
    )
    site.later()
    assert pages.post(asked).status_code == 200
    site.later(days=3_000)
    assert pages.post(old).status_code == 200
    assert ("weekly", "left") in recorded(site)


def test_links_in_mail_open_whatever_became_of_the_key(site: WebSite) -> None:
    mail = site.send()[ANA]
    leave = path_of(link_in(mail, "leave"))
    pages = served_with(site, TIDINGS_SECRET_KEY=secrets.token_hex(32))
    site.later(days=3_000)
    assert pages.get(leave).status_code == 200
    assert pages.post(leave).status_code == 200
    assert recorded(site) == [("weekly", "left")]


def test_message_ids_and_who_was_erased_are_the_same_with_another_key(site: WebSite) -> None:
    site.send()
    store = site.app_state.store()
    root, first = wiring.root_secret(site.instance, store), wiring.secret(site.instance)
    people.erase(store, ANA, pseudonym(root, ANA), site.clock.now())
    served_with(site, TIDINGS_SECRET_KEY=secrets.token_hex(32))
    site.news("A second ferry comes")
    site.later(days=7)
    assert wiring.root_secret(site.instance, site.app_state.store()) == root == first
    assert ANA not in site.send()


def test_no_link_in_a_mail_names_an_address_in_any_writing(site: WebSite) -> None:
    site.ask("new@example.org")
    mails = [*site.send().values(), *site.confirmations()]
    links = {link for mail in mails for link in re.findall(r"https?://\S+", body(mail))}
    tokens = {part for link in links for part in re.split(r"[/.]", link)}
    assert any(is_link(token) for token in tokens)
    for token in tokens:
        with suppress(ValueError):
            assert b"@" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_a_link_of_who_was_erased_opens_to_nobody_and_writes_nothing_back(site: WebSite) -> None:
    mail = site.send()[ANA]
    leave, choices = (path_of(link_in(mail, word)) for word in ("leave", "choices"))
    store = site.app_state.store()
    key = wiring.root_secret(site.instance, store)
    people.erase(store, ANA, pseudonym(key, ANA), site.clock.now())
    for link, act in ((leave, "leave"), (choices, "resume"), (choices, "save")):
        for answer in (site.pages.get(link), site.pages.post(link, {"act": act})):
            assert answer.status_code == 200
            assert "You have unsubscribed" in answer.text
            assert ANA not in answer.text
    assert recorded(site) == []


def test_a_request_that_was_forgotten_takes_its_link_along(site: WebSite) -> None:
    site.ask("new@example.org")
    asked = path_of(link_in(site.confirmations()[-1], "confirm"))
    with site.app_state.store().writing() as state:
        state.people.forget_applications(site.clock.now() + timedelta(days=1))
        state.links.forget_unconfirmed()
    answer = site.pages.post(asked)
    assert (answer.status_code, "any more" in answer.text) == (410, True)


def test_a_link_that_was_confirmed_twice_says_so_twice(site: WebSite) -> None:
    site.ask("new@example.org")
    asked = path_of(link_in(site.confirmations()[-1], "confirm"))
    site.later()
    assert [site.pages.post(asked).status_code for _ in range(2)] == [200, 200]
    with site.app_state.store().writing() as state:
        state.links.forget_unconfirmed()
    assert site.pages.post(asked).status_code == 200
