"""The service's pages speak as the mail did that led to them, else as the browser asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asgi import Answer, Client
from tests.builders import MONDAY
from tests.web_site import sample_app_state
from tidings.core.tokens import FORM, JOINING, MEMBER, Joining, Member, form
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState, SiteSnapshot
from tidings.errors import StoreBusy, TemplateError

ANA = "ana@example.org"


@pytest.fixture(scope="module")
def app_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppState]:
    opened = sample_app_state(tmp_path_factory.mktemp("spoken"))
    yield opened
    opened.close()


@pytest.fixture
def client(app_state: AppState) -> Client:
    return Client(application(app_state))


def signed(app_state: AppState, language: str | None) -> str:
    return app_state.signer.sign(MEMBER, Member("weekly", ANA, language).packed())


def spoken(answer: Answer) -> str:
    language = answer.headers["content-language"]
    assert f'<html lang="{language}" dir="ltr">' in answer.text
    return language


@pytest.mark.parametrize(
    ("asked", "language", "word"),
    [("es-CR,es;q=0.9", "es", "Suscribirse"), ("fr", "fr", "S’abonner"), ("de", "en", "Subscribe")],
)
def test_a_form_speaks_as_the_browser_asks_and_offers_that_language(
    client: Client, asked: str, language: str, word: str
) -> None:
    answer = client.get("/subscribe/weekly", {"accept-language": asked})
    assert spoken(answer) == language
    assert word in answer.text
    assert f'<option value="{language}" lang="{language}" selected>' in answer.text


def test_a_form_of_a_digest_in_another_language_speaks_that_to_whom_asks_for_none(
    tmp_path: Path,
) -> None:
    opened = sample_app_state(tmp_path)
    digests = tmp_path / "config/digests.yaml"
    written = digests.read_text(encoding="utf-8")
    digests.write_text(written.replace("    title: ", "    language: es\n    title: ", 1), "utf-8")
    opened.take(wiring.load_instance(tmp_path, {}))
    client = Client(application(opened))
    assert spoken(client.get("/subscribe/weekly")) == "es"
    assert spoken(client.get("/subscribe/weekly", {"accept-language": "fr"})) == "fr"
    assert spoken(client.get("/subscribe/none")) == "en"
    opened.close()


def test_the_link_in_a_mail_speaks_as_the_mail_did(client: Client, app_state: AppState) -> None:
    for page in ("leave", "choices"):
        answer = client.get(f"/{page}/{signed(app_state, 'es')}", {"accept-language": "fr"})
        assert spoken(answer) == "es"
    assert '<option value="es" lang="es" selected>' in answer.text


def test_a_link_without_a_language_or_a_damaged_one_speaks_as_the_browser_asks(
    client: Client, app_state: AppState
) -> None:
    for token in (signed(app_state, None), "damaged"):
        assert spoken(client.get(f"/leave/{token}", {"accept-language": "fr"})) == "fr"
        assert spoken(client.get(f"/leave/{token}")) == "en"


def test_what_cannot_be_answered_is_told_in_the_language_that_the_browser_asks_for(
    client: Client, app_state: AppState, monkeypatch: pytest.MonkeyPatch
) -> None:
    spanish = {"accept-language": "es"}
    misused = client.post("/subscribe", {}, spanish)
    assert (misused.status_code, misused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert spoken(misused) == "es"

    def busy() -> None:
        raise StoreBusy("somebody else writes")

    monkeypatch.setattr(app_state, "store", busy)
    later = client.get(f"/choices/{signed(app_state, 'es')}", spanish)
    assert (later.status_code, later.headers["retry-after"]) == (503, "120")
    assert spoken(later) == "es"


def test_a_broken_template_leaves_a_plain_line(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_context: object) -> None:
        raise TemplateError("templates/site/base.html.j2:3: does not parse")

    monkeypatch.setattr(SiteSnapshot, "page", broken)
    answer = client.get("/subscribe")
    assert (answer.status_code, answer.text[:20]) == (503, "This is not possible")


def test_a_language_that_was_chosen_is_spoken_from_then_on(
    client: Client, app_state: AppState
) -> None:
    token = signed(app_state, "es")
    joining = Joining("weekly", ANA, None, "es", MONDAY)
    client.post(f"/confirm/{app_state.signer.sign(JOINING, joining.packed())}", {})
    topics = [topic.slug for topic in app_state.site.settings.topics]
    form_said = {"act": "save", "language": "fr", "topics": topics[0]}
    assert spoken(client.post(f"/choices/{token}", form_said)) == "fr"
    assert spoken(client.get(f"/choices/{token}")) == "fr"


def test_who_asks_in_a_language_is_asked_back_in_it(client: Client, app_state: AppState) -> None:
    token = app_state.signer.sign(FORM, form("weekly", MONDAY))
    topics = [topic.slug for topic in app_state.site.settings.topics]
    said = {"form": token, "address": "eva@example.org", "language": "es", "topics": topics[0]}
    answer = client.post("/subscribe/weekly", said, {"accept-language": "es"})
    assert spoken(answer) == "es"
    with app_state.store().reading() as state:
        (wish,) = [each for each in state.choices.applications() if each.key == "eva@example.org"]
    assert wish.language == "es"


def test_what_leads_nowhere_says_so_in_the_language_asked_for(client: Client) -> None:
    answer = client.get("/choices/x", {"accept-language": "fr"})
    assert (answer.status_code, spoken(answer)) == (404, "fr")
