"""From the opening to the archive: proofs by mail, a page that decides, and mail to readers."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.asgi import Client
from tests.chromium import CHROMIUM, Tab, opened
from tests.desk import Hands, hurried
from tests.smtp_server import SmtpServer
from tests.web_site import body, path_of
from tidings.application.cycle import CycleReport, run_cycle
from tidings.core.tokens import REVIEW, Reviewer, reviewer_mark
from tidings.entrypoints import wiring
from tidings.entrypoints.web import server
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState

FRIDAY = datetime(2026, 11, 27, 15, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 15, tzinfo=UTC)
SLOT = datetime(2026, 11, 30, 8, tzinfo=UTC)
CONFIG = {
    "tidings.yaml": """
site:
  id: harbour.example.org,2026
  title: Harbour news
  url: https://harbour.example.org/
  time_zone: UTC
  author: {name: Harbour office, email: office@harbour.example.org}
mail: {service_url: "https://harbour.example.org/people/"}
""",
    "topics.yaml": "topics: {}\n",
    "digests.yaml": """
digests:
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail
    review: {by: [editor@example.org], open: friday 15:00}
""",
    "recipients.yaml": """
lists:
  crew:
    - ana@example.org
    - {address: luis@example.org, language: es}
    - {address: zoe@example.org, language: fr}
""",
    "editions/weekly.md": "---\nlead: swimming\n---\nDear **all**, read [this](https://a.example/).\n",
    "editions/weekly.es.md": "Estimados *todos*.\n",
}
SEEDS = """8 May, 2026

The ferry is back

She lies at <b>the quay</b> & waits.

7 May, 2026

Swimming lessons begin

Children meet at the pool.
"""


class House:
    """An instance that mails by SMTP and answers over HTTP, with its clock."""

    def __init__(self, root: Path, smtp: SmtpServer) -> None:
        for name, text in CONFIG.items():
            place = root / "config" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self.root, self.smtp = root, smtp
        self.news("may", SEEDS)
        (root / "feeds").mkdir()
        self.environ = {
            "TIDINGS_MAIL__TRANSPORT": f"smtp://127.0.0.1:{smtp.port}?tls=none",
            "TIDINGS_MAIL__CONNECTIONS": "1",
        }
        self.clock = Hands(FRIDAY)
        instance = wiring.load_instance(root, self.environ)
        self.store = hurried(wiring.open_state(instance))
        self.app_state = AppState(instance, lambda: self.store)
        self.app_state.clock = self.clock
        self.pages = Client(application(self.app_state))

    def news(self, name: str, text: str) -> None:
        place = self.root / "seeds" / f"{name}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def run(self, at: datetime) -> CycleReport:
        self.clock.at = at
        instance = wiring.load_instance(self.root, self.environ)
        report = run_cycle(wiring.services(instance, self.store, self.clock), "due")
        assert report.errors == []
        return report

    def letters(self, to: str) -> list[EmailMessage]:
        found = [each for each in self.smtp.letters if each.recipient == to]
        read = [email.message_from_bytes(e.data, policy=email.policy.default) for e in found]
        return [each for each in read if isinstance(each, EmailMessage)]

    def link(self, language: str, proof: int = 1) -> str:
        mails = self.letters("editor@example.org")
        (mail,) = [
            each
            for each in mails
            if each["Content-Language"] == language and each["X-Tidings-Proof"] == f"1.{proof}"
        ]
        found = re.search(r"https://\S+/review/\S+", body(mail))
        assert found, body(mail)
        return path_of(found[0])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with SmtpServer() as smtp:
        made = House(tmp_path, smtp)
        yield made
        made.app_state.close()
        made.store.close()


def test_a_proof_is_the_very_mail_marked_as_one_in_each_language(house: House) -> None:
    house.run(FRIDAY)
    proofs = house.letters("editor@example.org")
    assert {each["Content-Language"]: each["Subject"] for each in proofs} == {
        "en": "[Proof 1] Harbour weekly: Swimming lessons begin",
        "es": "[Prueba 1] Harbour weekly: Swimming lessons begin",
        "fr": "[Épreuve 1] Harbour weekly: Swimming lessons begin",
    }
    assert [each for each in house.smtp.letters if "editor" not in each.recipient] == []
    for mail in proofs:
        assert mail["List-Unsubscribe"] is None
        assert "/leave/" not in mail.as_string()
    house.pages.post(house.link("en"), {"act": "approve", "seen": "0"})
    house.run(SLOT)
    for address, language in (("ana", "en"), ("luis", "es"), ("zoe", "fr")):
        (mail,) = house.letters(f"{address}@example.org")
        (proof,) = [each for each in proofs if each["Content-Language"] == language]
        assert proof["Subject"].endswith(mail["Subject"])
        said = body(mail).split("_" * 72)
        shown = body(proof).split("=" * 72)[1].split("_" * 72)
        # But for the footer, which has the reader's own address and links.
        assert [part.strip() for part in said[:2]] == [part.strip() for part in shown[:2]]


def test_what_changed_since_the_last_proof_stands_in_the_new_one_without_its_markup(
    house: House,
) -> None:
    house.run(FRIDAY)
    house.news("june", "9 May, 2026\n\nA <i>new</i> boat & crew\n\nShe is red.\n")
    house.run(SATURDAY)
    mail = house.letters("editor@example.org")[-1]
    (mail,) = [m for m in house.letters("editor@example.org") if m["X-Tidings-Proof"] == "1.2"][:1]
    assert "Since the last proof: new:" in " ".join(body(mail).split())
    assert "<i>new</i>" not in body(mail, "html").split("<h1")[0]


def test_looking_decides_nothing_and_an_old_proof_cannot_be_approved(house: House) -> None:
    house.run(FRIDAY)
    old = house.link("en")
    for _ in range(2):
        assert house.pages.get(old).status_code == 200
        assert house.pages.head(old).status_code == 200
    assert house.run(SATURDAY).pending[0].review.rulings == ()
    house.news("june", "9 May, 2026\n\nA new boat\n\nShe is red.\n")
    house.run(SATURDAY)
    page = house.pages.get(old).text
    assert "This link is outdated: it is of proof 1, and there is proof 2." in page
    assert 'value="approve"' not in page
    assert house.pages.post(old, {"act": "approve", "seen": "0"}).status_code == 409
    assert house.pages.post(old, {"act": "skip", "seen": "0"}).status_code == 409
    house.run(SLOT)
    assert house.letters("ana@example.org") == []
    assert house.pages.post(house.link("en", 2), {"act": "approve", "seen": "0"}).status_code == 200
    house.run(SLOT)
    assert len(house.letters("ana@example.org")) == 1
    assert house.pages.post(old, {"act": "hold", "seen": "1"}).status_code == 409


def test_who_did_not_see_what_another_decided_is_shown_it_first(house: House) -> None:
    house.run(FRIDAY)
    link = house.link("en")
    assert house.pages.post(link, {"act": "hold", "seen": "0"}).status_code == 200
    answer = house.pages.post(link, {"act": "approve", "seen": "0"})
    assert answer.status_code == 409
    assert "Held by editor@example.org on 27 November 2026 at 15:00: proof 1." in answer.text


def test_a_link_that_was_not_made_here_and_a_form_that_says_nothing_do_nothing(
    house: House,
) -> None:
    house.run(FRIDAY)
    link = house.link("en")
    assert house.pages.get("/review/abc.def").status_code == 404
    other = Reviewer(1, 1, SATURDAY, reviewer_mark("editor@example.org"), "en")
    forged = house.app_state.signer.sign(REVIEW, other.packed())
    assert house.pages.post(f"/review/{forged}", {"act": "approve"}).status_code == 404
    for form in ({}, {"act": "publish"}, {"act": "approve", "seen": "x" * 300}):
        house.pages.post(link, form)
        house.pages.post(link, {"act": "hold", "seen": "0"})
    house.run(SLOT)
    assert house.letters("ana@example.org") == []


def test_a_link_tells_no_log_whose_it_is(house: House) -> None:
    house.run(FRIDAY)
    token = house.link("en").rpartition("/")[2]
    assert "editor@example.org" not in str(house.app_state.signer.verify(REVIEW, token))


def test_who_is_asked_no_more_decides_nothing_with_an_old_link(house: House) -> None:
    house.run(FRIDAY)
    link = house.link("en")
    place = house.root / "config/digests.yaml"
    place.write_text(place.read_text("utf-8").replace("editor@", "chief@"), "utf-8")
    house.app_state.take(wiring.load_instance(house.root, house.environ))
    page = house.pages.post(link, {"act": "approve", "seen": "0"})
    assert page.status_code == 403
    assert "editor@example.org is not asked about this any more" in page.text
    assert "<button" not in page.text


def test_who_decided_stands_on_no_public_page(house: House) -> None:
    house.run(FRIDAY)
    house.pages.post(house.link("en"), {"act": "approve", "seen": "0"})
    house.run(SLOT)
    archive = house.root / "feeds/digests/weekly/1.html"
    assert "Swimming lessons begin" in archive.read_text(encoding="utf-8")
    for page in (house.root / "feeds").rglob("*.html"):
        assert "editor@example.org" not in page.read_text(encoding="utf-8")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_reviewer_approves_by_keyboard_on_a_phone_in_the_dark_without_scripts(
    house: House, tmp_path: Path
) -> None:
    house.run(FRIDAY)
    said = {
        "en": ("Send on Monday at 08:00", "Done."),
        "es": ("Enviar el lunes a las 08:00", "Ya estaba así."),
        "fr": ("Envoyer lundi à 08:00", "C’était déjà le cas."),
    }
    with (
        server.beside(house.app_state, "127.0.0.1", 0) as address,
        opened(tmp_path / "profile") as tab,
    ):
        tab.look(320, "dark")
        tab.tell("Emulation.setScriptExecutionDisabled", value=True)
        links = {language: address + house.link(language) for language in said}
        for language, (button, _) in said.items():
            tab.go(links[language])
            assert tab.run("document.documentElement.lang") == language
            assert tab.run("document.documentElement.scrollWidth") <= 320
            assert button in tab.run("document.querySelector('button').textContent")
        tab.go(links["en"])
        press_by_keyboard(tab, "approve")
        assert "Done." in tab.run("document.querySelector('[role=status]').textContent")
        assert "Approved by editor@example.org" in tab.run("document.body.textContent")
    house.run(SLOT)
    assert len(house.letters("ana@example.org")) == 1


def press_by_keyboard(tab: Tab, act: str) -> None:
    """Go from field to field until that button has the focus, then press Enter."""
    for _ in range(40):
        key(tab, "Tab", 9)
        if tab.run("document.activeElement.value") == act:
            tab._events.clear()
            key(tab, "Enter", 13, "\r")
            tab._until("Page.loadEventFired")
            return
    raise AssertionError(f"no Tab leads to {act}")


def key(tab: Tab, name: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        said = {"text": text} if text and kind == "keyDown" else {}
        tab.tell(
            "Input.dispatchKeyEvent",
            type=kind, key=name, code=name, windowsVirtualKeyCode=code, **said,
        )  # fmt: skip
