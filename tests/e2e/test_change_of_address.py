"""A reader has their mail sent to another address, from the page of their choices.

The pages are asked in process, the mail is read as files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.web_site import WebSite, body, link_in, path_of, read
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring

OLD, NEW, NEXT = "eva@old.example", "eva@new.example", "eva@next.example"


@pytest.fixture
def site(fresh: Path) -> Iterator[WebSite]:
    site = WebSite(fresh)
    yield site
    site.app_state.close()


def choices(site: WebSite, address: str) -> str:
    return "/choices/" + site.app_state.signer.sign(MEMBER, Member("weekly", address).packed())


def told(site: WebSite) -> list[EmailMessage]:
    """The mails about changes of address, in their order."""
    site.app_state.confirmations.stop()
    found = site.folder.glob("outbox/address/**/*.eml")
    return [read(path) for path in sorted(found, key=lambda p: p.stat().st_mtime_ns)]


def ask(site: WebSite, old: str, new: str) -> str:
    """Ask for a change; the link in the mail to the new address."""
    answer = site.pages.post(choices(site, old), {"act": "address", "address": new})
    assert answer.status_code == 200, answer.text
    mail = told(site)[-1]
    assert mail["To"] == new
    return path_of(link_in(mail, "address"))


def change(site: WebSite, old: str, new: str) -> str:
    """Change an address; the link by which the old one undoes it."""
    link = ask(site, old, new)
    site.later()
    assert site.pages.post(link).status_code == 200
    mail = told(site)[-1]
    assert mail["To"] == old
    site.later()
    return path_of(link_in(mail, "undo"))


def listed(site: WebSite, address: str, more: str = "") -> None:
    people = site.folder / "config/recipients.yaml"
    text = people.read_text(encoding="utf-8")
    entry = f"    - {{address: {address}{more}}}\n    - ana@example.org\n"
    people.write_text(text.replace("    - ana@example.org\n", entry), "utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)


def titles(mail: EmailMessage) -> set[str]:
    return set(re.findall(r"Story \w+", body(mail)))


def test_what_was_chosen_and_had_follows_to_the_new_address(site: WebSite) -> None:
    site.join(OLD, topics=["mexico", "training"], language="es")
    site.news("Story one of training")
    site.later()
    assert titles(site.send()[OLD]) == {"Story one"}
    change(site, OLD, NEW)
    site.news("Story two of training")
    site.news("Other matters")
    sent = site.send()
    assert OLD not in sent
    assert (titles(sent[NEW]), sent[NEW]["Content-Language"]) == ({"Story two"}, "es")
    assert "Other matters" not in body(sent[NEW])


def test_looking_at_the_links_changes_nothing(site: WebSite) -> None:
    site.join(OLD)
    link = ask(site, OLD, NEW)
    assert site.pages.get(link).status_code == 200
    assert OLD in site.send()
    site.later()
    site.pages.post(link)
    undo = path_of(link_in(told(site)[-1], "undo"))
    assert site.pages.get(undo).status_code == 200
    site.news("Story two")
    site.later()
    assert NEW in site.send()
