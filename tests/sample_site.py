"""One of each kind of page that people see, for tests that look at them in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.chromium import Tab
from tests.web_site import WebSite, body
from tidings.application import edit, people, subscribe
from tidings.core.tokens import CHANGE, JOINING, MEMBER, Joining, Member, change
from tidings.entrypoints import wiring
from tidings.entrypoints.web import server
from tidings.model import Choice
from tidings.state.addresses import AddressChange

CORRECTED = "El Salvador launches Labor Market Information System (LMIS)"


@dataclass(frozen=True)
class SampleSite:
    """Where everything is served, and the paths by what they show."""

    address: str
    pages: dict[str, str]

    def open(self, tab: Tab, name: str) -> None:
        """Show one."""
        tab.go(f"{self.address}/{self.pages[name]}")


# What is seen only once something was sent: on which page, with what filled in, by which button.
ANSWERS = {
    "asked": ("form", {"address": "new@example.org"}, "button"),
    "wrong": ("form", {"address": "new@example"}, "button"),
    "confirmed": ("confirm", {}, "button"),
    "saved": ("choices", {}, "button[value=save]"),
    "left": ("leave", {}, "button"),
    "address-asked": ("joined", {"address": "moved@example.org"}, "button[value=address]"),
    "address-wrong": ("joined", {"address": "moved@example"}, "button[value=address]"),
    "never-done": ("never", {}, "button"),
}


def answer(shown: SampleSite, tab: Tab, name: str) -> None:
    """Show one of `ANSWERS`."""
    page, said, button = ANSWERS[name]
    shown.open(tab, page)
    for field, value in said.items():
        tab.run(f"document.getElementsByName('{field}')[0].value = '{value}'")
    tab.run("for (const form of document.forms) form.noValidate = true")
    tab.press(button)


@contextmanager
def serve_sample(site: WebSite) -> Iterator[SampleSite]:
    """Two editions with a correction and a withdrawal between them, served on loopback."""
    pages = {name: f"{name}.html" for name in ("digest", "corrections-mail", "confirmation")}
    first = site.send()["ana@example.org"]
    revise(site)
    second = site.send()["ana@example.org"]
    site.ask("eve@example.org")
    for name, mail in zip(pages, (first, second, site.confirmations()[-1]), strict=True):
        (site.folder / "feeds" / pages[name]).write_text(body(mail, "html"), encoding="utf-8")
    pages |= published(site.folder / "feeds") | answering(site)
    with server.beside(site.app_state, "127.0.0.1", 0) as address:
        yield SampleSite(address, pages)


def revise(site: WebSite) -> None:
    """Correct one item, withdraw another, let a third come in."""
    site.later(days=7)
    [place] = [each for each in site.folder.glob("seeds/*.txt") if CORRECTED in each.read_text()]
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace(CORRECTED, CORRECTED.replace("launches", "presents its")))
    [slug] = [
        each.stem
        for each in site.folder.glob("feeds/items/*.html")
        if each.name.startswith("rcm-analyzes-the-work")
    ]
    editor = wiring.editor(site.instance, "Ana", "It was another conference.", site.clock.now())
    edit.retract(site.app_state.store(), editor, slug)
    site.news("Mexican ministers meet about an extraordinarily long title that nobody shortened")
    site.later(minutes=1)


def published(feeds: Path) -> dict[str, str]:
    """The pages that every visitor finds."""
    items = {
        name: min(each.name for each in feeds.glob(f"items/{start}*.html"))
        for name, start in (("corrected", "el-salvador-launches"), ("retracted", "rcm-analyzes"))
    }
    return {
        "index": "index.html",
        "topic": "topics/labour-migration/index.html",
        "year": "topics/labour-migration/2021.html",
        "item": "items/" + items["corrected"],
        "retracted": "items/" + items["retracted"],
        "corrections": "corrections.html",
        "years": "years/index.html",
        "titles": "years/2021.html",
        "archive": "digests/weekly/index.html",
        "issue": "digests/weekly/2.html",
        "feed": "topics/labour-migration/atom.xml",
    }


def answering(site: WebSite) -> dict[str, str]:
    """The pages of the service, as far as looking is enough to see them."""
    signer, now = site.app_state.signer, site.clock.now()
    tokens = {}
    acts: dict[str, subscribe.Act | None] = {
        "leaving": None,
        "active": None,
        "paused": "pause",
        "left": "leave",
    }
    for name, act in acts.items():
        member = Member("weekly", f"{name}@example.org")
        tokens[name] = signer.sign(MEMBER, member.packed())
        if act:
            subscribe.act(site.app_state.store(), member, act, now + timedelta(minutes=1))
    mover, store = Member("weekly", "mover@example.org"), site.app_state.store()
    people.add(store, Choice(mover.digest, mover.address, now))
    joined = signer.sign(MEMBER, mover.packed())
    with store.writing() as state:
        state.addresses.ask(
            AddressChange("1", "weekly", mover.address, "moving@example.org", "en", now)
        )
    [wish] = re.findall(r"confirm/(\S+)", body(site.confirmations()[-1]))
    joining = Joining.unpack(signer.verify(JOINING, wish))
    assert joining
    site.ask("never@example.org")
    [never] = re.findall(r"never/(\S+)", body(site.confirmations()[-1]))
    return {
        "subscribe": "subscribe",
        "form": "subscribe/weekly",
        "confirm": f"confirm/{wish}",
        "leave": f"leave/{tokens['leaving']}",
        "choices": f"choices/{tokens['active']}",
        "paused": f"choices/{tokens['paused']}",
        "gone": f"choices/{tokens['left']}",
        "broken": "confirm/nothing",
        "search": "search",
        "found": "search?q=migrant+OR+a*&year=2021",
        "joined": f"choices/{joined}",
        "change": f"address/{signer.sign(CHANGE, change('1'))}",
        "never": f"never/{never}",
        "missing": "nothing/here",
    }
