"""From the mail that arrived to unsubscribing, and back: by SMTP, TLS and a real browser."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.chromium import CHROMIUM, Tab, opened
from tests.e2e.conftest import call
from tests.smtp_server import Certificate, SmtpServer, make_certificate
from tests.tls_proxy import behind_tls
from tests.web_site import SERVICE, WebSite, body, letter
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring
from tidings.entrypoints.web import server

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

HOST = str(urlsplit(SERVICE).hostname)
HEADING = "document.querySelector('h1').textContent"


class Home:
    """Somebody's mailbox and browser; the service is where its address says, by TLS."""

    def __init__(self, folder: Path, tmp_path: Path, stack: ExitStack) -> None:
        self.smtp = stack.enter_context(SmtpServer())
        transport = f"smtp://127.0.0.1:{self.smtp.port}?tls=none"
        self.site = WebSite(folder, TIDINGS_MAIL__TRANSPORT=transport)
        self.certificate: Certificate = make_certificate(tmp_path / "certificate", HOST)
        served = stack.enter_context(server.beside(self.site.app_state, "127.0.0.1", 0))
        self.port = stack.enter_context(behind_tls(served, self.certificate))
        self._stack, self._folder = stack, tmp_path

    @cached_property
    def tab(self) -> Tab:
        """A phone's browser."""
        door = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{self.port}"
        browser = opened(self._folder / "profile", door, "--ignore-certificate-errors")
        tab = self._stack.enter_context(browser)
        tab.look(375)
        return tab

    def edition(self, title: str) -> dict[str, EmailMessage]:
        """Something happens and is mailed; what came, by address."""
        before = len(self.smtp.letters)
        self.site.news(title)
        self.site.later()
        store = self.site.app_state.store()
        run_cycle(wiring.services(self.site.instance, store, self.site.clock), "now")
        self.site.later()
        return self._came(before)

    def first_edition(self) -> dict[str, EmailMessage]:
        """As the operator sends it: by a process of its own."""
        now = self.site.clock.at.isoformat()
        ran = call(self.site.folder, "run", "--send", "now", "--now", now, **self.site.environ)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        self.site.later()
        return self._came(0)

    def open(self, mail: EmailMessage) -> None:
        """Read a mail's HTML part."""
        place = self._folder / "mail.html"
        place.write_text(body(mail, "html"), encoding="utf-8")
        self.tab.go(place.as_uri())

    def heading(self) -> str:
        return str(self.tab.run(HEADING))

    def text(self) -> str:
        return str(self.tab.run("document.querySelector('main').innerText"))

    def _came(self, before: int) -> dict[str, EmailMessage]:
        came = self.smtp.letters[before:]
        return {each.recipient: letter(self.smtp, before + n) for n, each in enumerate(came)}


@pytest.fixture
def home(fresh: Path, tmp_path: Path) -> Iterator[Home]:
    with ExitStack() as stack:
        yield Home(fresh, tmp_path, stack)


@in_a_browser
def test_the_link_in_a_mail_leads_out_and_back_again(home: Home) -> None:
    first = home.first_edition()
    home.open(first["ana@example.org"])
    home.tab.press("a[href*='/leave/']")
    assert home.tab.run("location.href").startswith(f"{SERVICE}leave/")
    assert home.heading() == "Unsubscribe?"
    assert "ana@example.org" in home.edition("Looking changed nothing"), "nobody pressed a button"

    home.tab.press("form button")
    assert home.heading() == "You have unsubscribed"
    assert "ana@example.org" not in home.edition("While she is away")

    home.tab.press("main a[href*='/choices/']")
    assert "You have unsubscribed" in home.text()
    home.tab.press("button[value=resume]")
    assert "Done." in home.text()
    assert home.tab.run("document.querySelectorAll('[name=topics]:checked').length") == 10
    back = home.edition("After coming back")
    assert "After coming back" in body(back["ana@example.org"])


def test_the_header_of_a_mail_unsubscribes_in_one_post(home: Home) -> None:
    mail = home.edition("A course on fair recruitment")["luis@example.org"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(rf"<{SERVICE}(leave/[^>]+)>", str(mail["List-Unsubscribe"]))
    assert link, mail["List-Unsubscribe"]
    trust = ssl.create_default_context(cafile=home.certificate.authority)
    with httpx.Client(verify=trust) as provider:
        done = provider.post(
            f"https://127.0.0.1:{home.port}{urlsplit(SERVICE).path}{link[1]}",
            content="List-Unsubscribe=One-Click",
            headers={"Host": HOST, "Content-Type": "application/x-www-form-urlencoded"},
            extensions={"sni_hostname": HOST},
        )
    assert (done.status_code, done.history, dict(done.cookies)) == (200, [], {})
    later = home.edition("A study on fair recruitment")
    assert "ana@example.org" in later
    assert "luis@example.org" not in later


@in_a_browser
def test_without_scripts_somebody_subscribes_confirms_and_leaves(home: Home) -> None:
    tab = home.tab
    tab.tell("Emulation.setScriptExecutionDisabled", value=True)
    tab.go("data:text/html,<title>off</title><script>document.title = 'on'</script>")
    assert tab.run("document.title") == "off"

    home.edition("What is published leads to the form")
    tab.go(f"{SERVICE}index.html")
    tab.press("#follow a[href*='/subscribe/']")
    tab.run("document.getElementById('address').focus()")
    tab.tell("Input.insertText", text="new@example.org")
    for slug in ("mexico", "inclusion"):
        tab.run(f"document.getElementById('topic-{slug}').click()")
    tab.press("form button")
    assert home.heading() == "Check your mail"
    home.site.app_state.confirmations.stop()
    confirmation = letter(home.smtp, -1)
    home.site.later()

    home.open(confirmation)
    tab.press("a[href*='/confirm/']")
    assert "new@example.org" in home.text()
    tab.press("form button")
    assert home.heading() == "Welcome"
    home.site.later()
    tab.press("main a[href*='/choices/']")
    assert tab.run("document.getElementById('topic-training').checked") is True
    assert tab.run("document.getElementById('topic-mexico').checked") is False

    mail = home.edition("A workshop on statistics")["new@example.org"]
    home.open(mail)
    tab.press("a[href*='/leave/']")
    tab.press("form button")
    assert home.heading() == "You have unsubscribed"
    came = home.edition("A workshop on numbers")
    assert "ana@example.org" in came
    assert "new@example.org" not in came
