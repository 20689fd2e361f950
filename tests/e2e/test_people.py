"""From the form to the last mail: people join, choose, leave and come back by themselves.

The pages are asked in process, the mail is read as files; test_mail_in_a_browser.py goes the same
ways by SMTP, TLS and a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.asgi import Client
from tests.web_site import SUBSCRIBE, WebSite, body, link_in, path_of, read
from tidings.application.cycle import run_cycle
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app import application
from tidings.entrypoints.web.app_state import AppState


@pytest.fixture
def site(fresh: Path) -> Iterator[WebSite]:
    site = WebSite(fresh)
    yield site
    site.app_state.close()


def test_somebody_joins_gets_the_digest_leaves_in_one_click_and_gets_no_more(site: WebSite) -> None:
    assert "weekly" in site.pages.get("/subscribe").text
    site.join("new@example.org")
    mail = site.send()["new@example.org"]
    unsubscribe = str(mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<(https://[^>]+)>", unsubscribe)
    assert link, unsubscribe
    assert link[1] == link_in(mail, "leave")
    assert f'href="{link[1]}"' in body(mail, "html")
    site.news("Something new")
    looked = site.pages.get(path_of(link[1]))
    assert (looked.status_code, "<button" in looked.text) == (200, True)
    left = site.pages.post(path_of(link[1]), {"List-Unsubscribe": "One-Click"})
    assert (left.status_code, "set-cookie" in left.headers) == (200, False)
    site.later()
    assert set(site.send()) == {"ana@example.org"}


def ticked(page: str) -> list[str]:
    boxes = re.findall(r'<input[^>]* name="topics"[^>]*>', page)
    assert len(boxes) > 3
    found = (re.search(r'value="([^"]+)"', box) for box in boxes if " checked" in box)
    return [value[1] for value in found if value]


@pytest.fixture
def published(site: WebSite) -> WebSite:
    site.send()
    return site


def test_the_page_of_a_topic_leads_to_a_form_with_that_topic_alone(published: WebSite) -> None:
    page = (published.folder / "feeds/topics/mexico/index.html").read_text("utf-8")
    (link,) = set(re.findall(r'href="([^"]*/subscribe/[^"]*)"', page))
    assert ticked(published.pages.get(path_of(link)).text) == ["mexico"]
    front = (published.folder / "feeds/index.html").read_text("utf-8")
    (link,) = set(re.findall(r'href="([^"]*/subscribe/[^"]*)"', front))
    assert len(ticked(published.pages.get(path_of(link)).text)) == 10


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("topic=mexico&topic=training", ["training", "mexico"]),
        ("topic=courses", ["training"]),
        ("topic=nowhere&topic=mexico", ["mexico"]),
    ],
    ids=["two", "by its old name", "one that is none"],
)
def test_a_link_to_the_form_may_name_topics(site: WebSite, asked: str, found: list[str]) -> None:
    place = site.folder / "config/topics.yaml"
    text = place.read_text("utf-8")
    place.write_text(text.replace("  training:\n", "  training:\n    was: [courses]\n", 1), "utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.close()
    site.app_state = site.open()
    pages = Client(application(site.app_state))
    assert ticked(pages.get(f"/{SUBSCRIBE}?{asked}").text) == found


@pytest.mark.parametrize("asked", ["topic=nowhere", "topic=", "other=mexico"])
def test_a_link_to_the_form_that_names_no_topic_leaves_all_of_them(
    site: WebSite, asked: str
) -> None:
    assert len(ticked(site.pages.get(f"/{SUBSCRIBE}?{asked}").text)) == 10


def test_whoever_joins_is_told_on_which_day_the_mail_comes(site: WebSite) -> None:
    site.ask("new@example.org")
    mail = site.confirmations()[-1]
    for told in (body(mail), body(mail, "html")):
        assert "comes every Monday at 08:00" in " ".join(told.split())
    link = path_of(link_in(mail, "confirm"))
    assert "comes every Monday at 08:00" in site.pages.get(link).text
    site.later()
    assert "comes every Monday at 08:00" in site.pages.post(link).text


def test_looking_at_links_confirms_nothing_and_unsubscribes_nobody(site: WebSite) -> None:
    site.ask("new@example.org")
    link = path_of(link_in(site.confirmations()[-1], "confirm"))
    assert site.pages.get(link).status_code == 200
    assert "new@example.org" not in site.send()
    site.pages.post(link)
    site.news("Something new")
    site.later()
    leave = path_of(link_in(site.send()["new@example.org"], "leave"))
    for _ in range(3):
        site.pages.get(leave)
        site.pages.head(leave)
    site.news("Another thing")
    site.later()
    assert "new@example.org" in site.send()


def test_leaving_counts_before_the_next_message_of_an_edition_that_is_open(site: WebSite) -> None:
    site.join("new@example.org")
    services = wiring.services(site.instance, site.app_state.store(), site.clock)
    run_cycle(services, "now", with_delivery=False)
    token = site.app_state.signer.sign(MEMBER, Member("weekly", "new@example.org").packed())
    site.pages.post(f"/leave/{token}")
    site.pages.post(
        "/leave/" + site.app_state.signer.sign(MEMBER, Member("weekly", "ANA@example.org").packed())
    )
    run_cycle(services, "due")
    sent = {str(read(path)["To"]) for path in site.folder.glob("outbox/weekly/**/*.eml")}
    assert not any("new@" in each or "ana@" in each for each in sent)
    assert sent == {"Luis <luis@example.org>"}


def test_somebody_who_left_can_come_back_by_the_same_link_and_is_owed_only_what_is_new(
    site: WebSite,
) -> None:
    site.join("new@example.org")
    mail = site.send()["new@example.org"]
    site.pages.post(path_of(link_in(mail, "leave")))
    site.news("While away")
    site.later()
    assert "new@example.org" not in site.send()
    site.later()
    back = site.pages.post(path_of(link_in(mail, "choices")), {"act": "resume"})
    assert back.status_code == 200
    site.later()
    site.news("After coming back")
    text = body(site.send()["new@example.org"])
    assert "After coming back" in text
    assert "While away" not in text


def test_a_pause_holds_mail_and_its_end_brings_what_was_missed(site: WebSite) -> None:
    site.join("new@example.org")
    choices = path_of(link_in(site.send()["new@example.org"], "choices"))
    paused = site.pages.post(choices, {"act": "pause"}).text
    assert "Resume" in paused
    assert "You have missed" not in paused
    site.news("While paused")
    site.later()
    assert "new@example.org" not in site.send()
    assert "You have missed 1 item so far." in site.pages.get(choices).text
    resumed = site.pages.post(choices, {"act": "resume"}).text
    assert "1 older item comes with the next message." in resumed
    site.later()
    site.news("Afterwards")
    text = body(site.send()["new@example.org"])
    assert "While paused" in text
    assert "Afterwards" in text


def test_topics_chosen_on_the_page_win_over_the_list(site: WebSite) -> None:
    choices = path_of(link_in(site.send()["ana@example.org"], "choices"))
    chosen = site.pages.post(choices, {"act": "save", "topics": ["mexico"]})
    assert chosen.status_code == 200
    assert re.search(r'value="mexico"[^>]* checked', chosen.text)
    site.news("A thing about nothing")
    site.later()
    assert "ana@example.org" not in site.send()
    site.news("Mexican ministers meet")
    site.later()
    assert "Mexican ministers" in body(site.send()["ana@example.org"])


def test_a_pause_on_the_list_wins_over_what_somebody_chose(site: WebSite) -> None:
    site.join("ana@example.org")
    people = site.folder / "config/recipients.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("ana@example.org\n", "ana@example.org\n      paused: true\n"))
    site.instance = wiring.load_instance(site.folder, site.environ)
    assert "ana@example.org" not in site.send()


def test_the_answer_is_the_same_for_addresses_that_are_known_and_those_that_are_not(
    site: WebSite,
) -> None:
    known, unknown = site.ask("ana@example.org"), site.ask("eve@example.org")
    assert known.text.replace("ana@", "eve@") == unknown.text
    assert known.status_code == unknown.status_code
    assert [str(mail["To"]) for mail in site.confirmations()] == [
        "ana@example.org",
        "eve@example.org",
    ]


def test_a_departure_wins_over_links_and_wishes_that_came_before_it(site: WebSite) -> None:
    site.ask("new@example.org")
    early = path_of(link_in(site.confirmations()[-1], "confirm"))
    site.later()
    assert site.pages.post(early).status_code == 200
    leave = path_of(link_in(site.send()["new@example.org"], "leave"))
    site.later()
    site.pages.post(leave)
    assert site.pages.post(early).status_code == 410
    site.later()
    site.ask("new@example.org")  # anybody could
    site.news("Something new")
    site.later()
    assert "new@example.org" not in site.send()
    site.pages.post(path_of(link_in(site.confirmations()[-1], "confirm")))
    site.news("Another thing")
    site.later()
    assert "new@example.org" in site.send()


def test_a_confirmation_that_lay_too_long_is_not_taken(site: WebSite) -> None:
    site.ask("new@example.org")
    link = path_of(link_in(site.confirmations()[-1], "confirm"))
    site.later(days=3, minutes=1)
    assert site.pages.get(link).status_code == 410
    assert site.pages.post(link).status_code == 410
    assert "new@example.org" not in site.send()


def test_one_address_gets_three_confirmations_a_day_whoever_asks(site: WebSite) -> None:
    for number in range(5):
        site.pages.address = f"192.0.2.{number}"
        assert site.ask("new@example.org").status_code == 200
        site.later()
        site.confirmations()
    with site.app_state.store().reading() as state:
        [wish] = state.choices.applications()
    assert wish.mails == 3
    assert not wish.waiting


def test_one_place_cannot_ask_for_everybody(site: WebSite) -> None:
    codes = [site.ask(f"a{number}@example.org").status_code for number in range(25)]
    assert codes == [200] * 20 + [429] * 5
    site.pages.address = "192.0.2.7"
    assert site.ask("b@example.org").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields | {"form": "forged"},
        lambda fields: fields | {"form": ""},
        lambda fields: fields | {"address": "no address"},
        lambda fields: fields | {"address": "a@b.example\r\nBcc: c@d.example"},
        lambda fields: fields | {"topics": []},
        lambda fields: fields | {"topics": ["no-such-topic"]},
    ],
)
def test_a_form_that_is_not_ours_or_not_complete_is_shown_again(
    site: WebSite, change: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    token = re.search(r'name="form" value="([^"]+)"', site.pages.get(f"/{SUBSCRIBE}").text)
    assert token
    fields = {"form": token[1], "address": "a@example.org", "topics": ["mexico"]}
    answer = site.pages.post(f"/{SUBSCRIBE}", change(fields))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert site.confirmations() == []


def test_a_form_sent_from_another_site_is_refused(site: WebSite) -> None:
    token = re.search(r'name="form" value="([^"]+)"', site.pages.get(f"/{SUBSCRIBE}").text)
    assert token
    fields = {"form": token[1], "address": "a@example.org", "topics": ["mexico"]}
    answer = site.pages.post(f"/{SUBSCRIBE}", fields, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_a_digest_that_does_not_say_so_cannot_be_joined(fresh: Path) -> None:
    app_state = AppState(wiring.load_instance(fresh, {}))
    pages = Client(application(app_state))
    assert pages.get("/subscribe/weekly").status_code == 404
    assert pages.post("/subscribe/weekly", {"address": "a@example.org"}).status_code == 404
    assert "weekly" not in pages.get("/subscribe").text


def test_every_page_of_the_service_is_strict(site: WebSite) -> None:
    for path in ("/subscribe", "/subscribe/weekly", "/leave/x", "/choices/x", "/confirm/x"):
        headers = site.pages.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "<script" not in site.pages.get(path).text


def test_without_a_service_mail_names_no_links_and_without_https_no_one_click(
    fresh: Path,
) -> None:
    plain = WebSite(fresh, TIDINGS_MAIL__SERVICE_URL="http://localhost:8000/")
    mail = plain.send()["ana@example.org"]
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert "http://localhost:8000/leave/" in body(mail)
    plain.app_state.close()
