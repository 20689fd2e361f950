"""Instances that are served: the sample with its mail and its clock, and the smallest."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from tests.asgi import Answer, Client
from tests.desk import Hands
from tests.minimal_site import write_minimal_site
from tests.smtp_server import SmtpServer
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState
from tidings.state import Store

ROOT = Path(__file__).parents[1]
SERVICE = "https://news.example.org/people/"
SUBSCRIBE = "subscribe/weekly"


class WebSite:
    """An instance with its pages, its clock, and what arrived."""

    def __init__(self, folder: Path, *, whole: bool = False, **environ: str) -> None:
        """`whole` keeps all listings of the sample; one file is quicker and mostly enough."""
        allow_subscribing(folder)
        for seeds in sorted(folder.glob("seeds/*.txt"))[1:]:
            if not whole:
                seeds.unlink()
        self.folder = folder
        self.environ = {"TIDINGS_MAIL__SERVICE_URL": SERVICE, **environ}
        self.instance = wiring.load_instance(folder, self.environ)
        self.clock = Hands()
        self.app_state = self.open()
        self.pages = Client(application(self.app_state))

    def open(self) -> AppState:
        app_state = AppState(self.instance)
        app_state.clock = self.clock
        return app_state

    def later(self, **span: float) -> None:
        self.clock.at += timedelta(**(span or {"minutes": 1}))

    def confirmations(self) -> list[EmailMessage]:
        """Wait for the postman, then open what he brought."""
        self.app_state.confirmations.stop()
        found = sorted(self.folder.glob("outbox/confirm/**/*.eml"), key=lambda p: p.stat().st_mtime)
        return [read(path) for path in found]

    def send(self) -> dict[str, EmailMessage]:
        """Open and send an edition; the mail by address."""
        before = set(self.folder.glob("outbox/weekly/**/*.eml"))
        store = self.app_state.store()
        run_cycle(wiring.services(self.instance, store, self.clock), "now")
        new = set(self.folder.glob("outbox/weekly/**/*.eml")) - before
        return {str(mail["To"].addresses[0].addr_spec): mail for mail in map(read, new)}

    def news(self, title: str) -> None:
        place = self.folder / "seeds" / f"{re.sub('[^a-z]', '', title.lower())}.txt"
        place.write_text(f"12 May, 2021\n\n{title}\n\nIts summary, long enough for one.\n")

    def ask(self, address: str, **more: object) -> Answer:
        page = self.pages.get(f"/{SUBSCRIBE}").text
        token = re.search(r'name="form" value="([^"]+)"', page)
        assert token, page
        topics = re.findall(r'name="topics" value="([^"]+)"', page)
        fields = {"form": token[1], "address": address, "topics": topics, **more}
        return self.pages.post(f"/{SUBSCRIBE}", fields)

    def join(self, address: str, **more: object) -> None:
        assert self.ask(address, **more).status_code == 200
        link = path_of(link_in(self.confirmations()[-1], "confirm"))
        self.later()
        assert self.pages.post(link).status_code == 200


def served_with(site: WebSite, **environ: str) -> Client:
    """The site as it is served after a restart in another environment."""
    site.app_state.close()
    site.environ.update(environ)
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state = site.open()
    return Client(application(site.app_state))


class SmallSite:
    """The smallest instance, served from a state that is open, and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "feeds" / "topics").mkdir(parents=True)
        (root / "feeds" / "atom.xml").write_text("<feed/>", encoding="utf-8")
        write_minimal_site(root, title="Harbour news", digest="subscribe: true")
        self.instance = wiring.load_instance(root, {})
        self.store: Store = wiring.open_state(self.instance)
        self.app_state = AppState(self.instance, lambda: self.store)
        self.pages = Client(application(self.app_state))

    def edit(self, old: str, new: str, name: str = "tidings.yaml") -> None:
        place = self.root / "config" / name
        place.write_text(place.read_text("utf-8").replace(old, new), "utf-8")

    def close(self) -> None:
        self.app_state.close()
        self.store.close()


def sample_app_state(folder: Path) -> AppState:
    """The sample without its listings, which everybody may subscribe to; on a Monday."""
    shutil.copytree(ROOT / "config", folder / "config")
    allow_subscribing(folder)
    (folder / "feeds").mkdir()
    (folder / "feeds/atom.xml").write_text("<feed/>" * 100, encoding="utf-8")
    app_state = AppState(wiring.load_instance(folder, {}))
    app_state.clock = Hands()
    return app_state


def allow_subscribing(folder: Path) -> None:
    digests = folder / "config/digests.yaml"
    text = digests.read_text(encoding="utf-8")
    digests.write_text(
        text.replace("    lists: [staff]", "    subscribe: true\n    lists: [staff]")
    )


def read(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part
    return str(part.get_content())


def link_in(mail: EmailMessage, word: str) -> str:
    found = re.search(rf"https?://\S+/{word}/\S+", body(mail))
    assert found, body(mail)
    return found[0]


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def letter(smtp: SmtpServer, number: int) -> EmailMessage:
    message = email.message_from_bytes(smtp.letters[number].data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message
