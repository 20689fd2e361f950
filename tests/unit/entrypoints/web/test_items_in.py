"""People choose languages of items in the form to subscribe, and on the page of their choices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.asgi import Answer
from tests.web_site import WebSite, link_in, path_of
from tidings.entrypoints import wiring
from tidings.model import ALL, Choice

ANA = "ana@example.org"
BOX = re.compile(r'name="items_in" value="([^"]+)" id="[^"]+"( checked)?')


def boxes(answer: Answer) -> dict[str, bool]:
    return {tag: bool(ticked) for tag, ticked in BOX.findall(answer.text)}


def with_languages(site: WebSite, *tags: str) -> WebSite:
    """The same site, with a source for each of these languages."""
    place = site.folder / "config/tidings.yaml"
    text = place.read_text("utf-8")
    for tag in tags:
        (site.folder / "seeds" / tag).mkdir()
    sources = "".join(f"  - {{path: seeds/{tag}/*.txt, language: {tag}}}\n" for tag in tags)
    place.write_text(text.replace("sources:\n", f"sources:\n{sources}", 1), "utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)
    return site


@pytest.fixture
def site(tmp_path: Path) -> WebSite:
    import shutil

    from tests.docs.pages import ROOT

    for name in ("config", "seeds", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, dirs_exist_ok=True)
    return WebSite(tmp_path)


def chosen(site: WebSite, address: str = ANA) -> Choice:
    with site.app_state.store().reading() as state:
        (found,) = state.choices.of(address)
    return found


def choices_page(site: WebSite, **fields: object) -> str:
    site.join(ANA, **fields)
    site.later(days=1)
    site.news("The ferry for labour migration is back")
    return path_of(link_in(site.send()[ANA], "choices"))


def test_one_language_is_no_choice(site: WebSite) -> None:
    answer = site.pages.get("/subscribe/weekly")
    assert not boxes(answer)
    assert "of_languages" not in answer.text


def test_the_form_offers_the_languages_that_there_are_and_all_are_ticked(site: WebSite) -> None:
    with_languages(site, "es-CR", "fr", "es")
    answer = site.pages.get("/subscribe/weekly", {"accept-language": "es"})
    assert boxes(answer) == {"en": True, "es": True, "fr": True}
    assert "<legend>Noticias en</legend>" in answer.text
    assert 'lang="fr">français</label>' in answer.text


def test_what_is_ticked_is_what_somebody_gets_once_they_confirm(site: WebSite) -> None:
    with_languages(site, "es", "fr")
    site.join(ANA, of_languages="en es fr", items_in=["fr", "es"])
    assert chosen(site).items_in == ("es", "fr")


def test_all_ticked_is_no_choice_so_that_later_languages_come_too(site: WebSite) -> None:
    with_languages(site, "es")
    site.join(ANA, of_languages="en es", items_in=["en", "es"])
    assert chosen(site).items_in in (None, ALL)


def test_none_ticked_is_refused_with_the_form_as_it_was(site: WebSite) -> None:
    with_languages(site, "es")
    answer = site.ask(ANA, of_languages="en es")
    assert answer.status_code == 400
    assert "Choose at least one language of items." in answer.text
    assert boxes(answer) == {"en": False, "es": False}


def test_a_form_that_does_not_know_of_languages_chooses_none(site: WebSite) -> None:
    with_languages(site, "es")
    site.join(ANA)
    assert chosen(site).items_in is None


@pytest.mark.parametrize("junk", ["zz", "<b>", "", "e" * 90])
def test_what_was_not_offered_is_not_taken(site: WebSite, junk: str) -> None:
    with_languages(site, "es")
    answer = site.ask(ANA, of_languages=f"en es {junk}", items_in=[junk])
    assert answer.status_code == 400
    assert boxes(answer) == {"en": False, "es": False}


def test_a_choice_is_changed_on_its_page_and_what_is_not_touched_stays(site: WebSite) -> None:
    with_languages(site, "es", "fr")
    page = choices_page(site, of_languages="en es fr", items_in=["en", "es"])
    assert boxes(site.pages.get(page)) == {"en": True, "es": True, "fr": False}
    topics = site.app_state.site.settings.topics[0].slug
    form = {"act": "save", "topics": topics, "of_languages": "en es fr"}
    saved = site.pages.post(page, {**form, "items_in": ["fr"]})
    assert saved.status_code == 200
    assert boxes(saved) == {"en": False, "es": False, "fr": True}
    assert chosen(site).items_in == ("fr",)
    assert site.pages.post(page, {"act": "save", "topics": topics}).status_code == 200
    assert chosen(site).items_in == ("fr",), "an older form says nothing of it"
    refused = site.pages.post(page, form)
    assert refused.status_code == 400
    assert "Choose at least one language of items. To get nothing" in refused.text
    assert site.pages.post(page, {**form, "items_in": ["en", "es", "fr"]}).status_code == 200
    assert chosen(site).items_in == ALL


def test_a_region_that_a_list_gives_is_kept_where_nothing_else_is_ticked(site: WebSite) -> None:
    with_languages(site, "es")
    people = site.folder / "config/recipients.yaml"
    people.write_text(
        "lists:\n  staff:\n    - {address: ana@example.org, items_in: [es-CR, en]}\n", "utf-8"
    )
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)
    site.news("The ferry for labour migration is back")
    page = path_of(link_in(site.send()[ANA], "choices"))
    assert boxes(site.pages.get(page)) == {"en": True, "es": True}
    topics = [topic.slug for topic in site.app_state.site.settings.topics]
    form = {"act": "save", "topics": topics, "of_languages": "en es", "items_in": ["en", "es"]}
    site.pages.post(page, form)
    assert chosen(site).items_in is None, "so that the list goes on to count"


def test_a_digest_of_some_languages_offers_these_and_says_so(site: WebSite) -> None:
    place = site.folder / "config/digests.yaml"
    text = place.read_text("utf-8")
    place.write_text(
        text.replace("    title: ", "    items_in: [es, pt-BR]\n    title: ", 1), "utf-8"
    )
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)
    assert boxes(site.pages.get("/subscribe/weekly")) == {"es": True, "pt-BR": True}
    site.ask(ANA)
    page = path_of(link_in(site.confirmations()[-1], "confirm"))
    assert "It has items in Spanish and Portuguese (Brazil)." in site.pages.get(page).text
