"""A reader has their mail sent to another address, from the page of their choices.

The pages are asked in process, the mail is read as files.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.minimal_site import write_minimal_site
from tests.web_site import WebSite, body, link_in, path_of, read
from tidings.application import people
from tidings.application.cycle import run_cycle
from tidings.core.audience import pseudonym
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring
from tidings.model import RecipientState

OLD, NEW, NEXT = "eva@old.example", "eva@new.example", "eva@next.example"


TOPICS = """
topics:
  training: {title: Training, any: [training]}
  mexico: {title: Mexico, any: [mexico]}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WebSite]:
    write_minimal_site(tmp_path)
    (tmp_path / "config/topics.yaml").write_text(TOPICS, "utf-8")
    listed(tmp_path, "ana@example.org")
    site = WebSite(tmp_path)
    site.news("What everybody begins with")
    yield site
    site.app_state.close()


def listed(folder: Path, *people: str) -> None:
    digests, lists = folder / "config/digests.yaml", folder / "config/recipients.yaml"
    digests.write_text(digests.read_text("utf-8").rstrip() + "\n    lists: [staff]\n", "utf-8")
    lists.write_text(f"lists: {{staff: [{', '.join(people)}]}}\n", "utf-8")


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


def edit_list(site: WebSite, *people: str) -> None:
    place = site.folder / "config/recipients.yaml"
    place.write_text(f"lists: {{staff: [{', '.join(people)}]}}\n", "utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)


def waiting(site: WebSite) -> None:
    """Open an edition and send nothing."""
    services = wiring.services(site.instance, site.app_state.store(), site.clock)
    run_cycle(services, "now", with_delivery=False)


def deliver(site: WebSite) -> dict[str, EmailMessage]:
    """Send what waits; the mail by address."""
    before = set(site.folder.glob("outbox/weekly/**/*.eml"))
    run_cycle(wiring.services(site.instance, site.app_state.store(), site.clock), "due")
    new = set(site.folder.glob("outbox/weekly/**/*.eml")) - before
    return {str(mail["To"].addresses[0].addr_spec): mail for mail in map(read, new)}


def titles(mail: EmailMessage) -> set[str]:
    return set(re.findall(r"Story \w+", body(mail)))


def test_what_was_chosen_and_had_follows_to_the_new_address(site: WebSite) -> None:
    site.join(OLD, topics=["training"], language="es")
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


def test_a_message_that_waited_for_the_old_address_goes_to_the_new_one(site: WebSite) -> None:
    site.join(OLD)
    site.news("Story one")
    waiting(site)
    change(site, OLD, NEW)
    sent = deliver(site)
    assert titles(sent[NEW]) == {"Story one"}
    assert OLD not in sent
    site.news("Story two")
    site.later()
    assert titles(site.send()[NEW]) == {"Story two"}


def test_two_who_become_one_get_nothing_twice_and_miss_nothing(site: WebSite) -> None:
    site.join(OLD, topics=["training"])
    site.join(NEW, topics=["mexico"])
    site.news("Story one of training")
    site.news("Story two of Mexico")
    site.later()
    sent = site.send()
    assert (titles(sent[OLD]), titles(sent[NEW])) == ({"Story one"}, {"Story two"})
    change(site, OLD, NEW)
    site.news("Story three of training")
    site.news("Story four of Mexico")
    sent = site.send()
    assert OLD not in sent
    assert titles(sent[NEW]) == {"Story three", "Story four"}


@pytest.mark.parametrize("who", [OLD, NEW])
@pytest.mark.parametrize("what", ["leave", "pause"])
def test_a_departure_or_a_pause_of_either_holds(site: WebSite, who: str, what: str) -> None:
    site.join(OLD)
    site.join(NEW)
    if who == NEW:
        site.pages.post(choices(site, who), {"act": what})
        site.later()
        link = ask(site, OLD, NEW)
    else:
        link = ask(site, OLD, NEW)
        site.later()
        site.pages.post(choices(site, who), {"act": what})
    site.later()
    answer = site.pages.post(link)
    assert answer.status_code == 200
    assert ("you had unsubscribed" if what == "leave" else "is paused until") in answer.text
    site.news("Story one")
    site.later()
    assert site.send().keys().isdisjoint({OLD, NEW})


def test_the_answer_says_nothing_of_the_new_address(site: WebSite) -> None:
    site.join(OLD)
    site.join("known@new.example")
    never(site, "never@new.example")
    answers = set()
    for name in ("known", "never", "fresh"):
        new = f"{name}@new.example"
        answer = site.pages.post(choices(site, OLD), {"act": "address", "address": new})
        answers.add((answer.status_code, answer.text.replace(new, "")))
        site.later()
        told(site)
    assert len(answers) == 1
    assert {str(mail["To"]) for mail in told(site)} == {"known@new.example", "fresh@new.example"}


def never(site: WebSite, address: str) -> None:
    assert site.ask(address).status_code == 200
    link = path_of(link_in(site.confirmations()[-1], "never"))
    assert "button" in site.pages.get(link).text
    assert site.pages.post(link).status_code == 200
    site.later()


def test_an_address_that_bounced_gets_mail_once_its_reader_has_confirmed(site: WebSite) -> None:
    site.join(OLD)
    with site.app_state.store().writing() as state:
        state.people.mark(NEW, RecipientState.BOUNCED, site.clock.now(), "no such user")
    change(site, OLD, NEW)
    site.news("Story one")
    assert NEW in site.send()


def test_who_is_on_a_list_is_told_whom_to_ask(site: WebSite) -> None:
    for page in (
        site.pages.get(choices(site, "ana@example.org")),
        site.pages.post(
            choices(site, "ana@example.org"), {"act": "address", "address": "ana@new.example"}
        ),
    ):
        assert "is on a list that somebody keeps" in page.text
        assert 'name="address"' not in page.text
    assert told(site) == []


def test_another_spelling_of_a_mailbox_is_written_from_then_on(site: WebSite) -> None:
    site.join("Eva@bücher.example")
    link = ask(site, "Eva@bücher.example", "eva@xn--bcher-kva.example")
    site.later()
    assert site.pages.post(link).status_code == 200
    assert [str(mail["To"]) for mail in told(site)] == ["eva@xn--bcher-kva.example"]
    site.news("Story one")
    assert "eva@xn--bcher-kva.example" in site.send()
    site.news("Story two")
    site.later()
    assert titles(site.send()["eva@xn--bcher-kva.example"]) == {"Story two"}


def test_an_undone_change_brings_what_went_elsewhere_and_what_was_chosen(site: WebSite) -> None:
    site.join(OLD, topics=["training"])
    undo = change(site, OLD, NEW)
    site.news("Story one of training")
    assert titles(site.send()[NEW]) == {"Story one"}
    site.pages.post(choices(site, NEW), {"act": "save", "topics": ["mexico"]})
    site.later()
    assert "goes to eva@old.example again" in site.pages.post(undo).text
    site.news("Story two of training")
    site.later()
    sent = site.send()
    assert NEW not in sent
    assert titles(sent[OLD]) == {"Story one", "Story two"}
    assert site.pages.post(undo).status_code == 200


def test_an_undone_change_leaves_the_other_as_they_were(site: WebSite) -> None:
    site.join(OLD, topics=["training"])
    site.join(NEW, topics=["mexico"])
    undo = change(site, OLD, NEW)
    site.pages.post(undo)
    site.news("Story one of training")
    site.news("Story two of Mexico")
    site.later()
    sent = site.send()
    assert (titles(sent[OLD]), titles(sent[NEW])) == ({"Story one"}, {"Story two"})


def test_a_departure_after_the_change_holds_when_it_is_undone(site: WebSite) -> None:
    site.join(OLD)
    undo = change(site, OLD, NEW)
    site.pages.post("/leave/" + choices(site, OLD).rsplit("/", 1)[1])
    site.later()
    site.pages.post(undo)
    site.news("Story one")
    site.later()
    assert site.send().keys().isdisjoint({OLD, NEW})


def test_a_change_is_undone_for_fourteen_days(site: WebSite) -> None:
    site.join(OLD)
    undo = change(site, OLD, NEW)
    site.later(days=14, hours=-1)
    assert site.pages.get(undo).status_code == 200
    site.later(hours=1)
    assert (site.pages.get(undo).status_code, site.pages.post(undo).status_code) == (410, 410)
    assert NEW in site.send()


def test_the_first_change_of_two_is_undone_wherever_the_second_led(site: WebSite) -> None:
    site.join(OLD)
    first = change(site, OLD, NEW)
    second = change(site, NEW, NEXT)
    assert site.pages.post(first).status_code == 200
    site.later()
    sent = site.send()
    assert OLD in sent
    assert sent.keys().isdisjoint({NEW, NEXT})
    site.pages.post(second)
    site.news("Story one")
    site.later()
    sent = site.send()
    assert OLD in sent
    assert sent.keys().isdisjoint({NEW, NEXT})


def test_two_changes_undone_from_the_last_lead_back_step_by_step(site: WebSite) -> None:
    site.join(OLD)
    first = change(site, OLD, NEW)
    second = change(site, NEW, NEXT)
    site.news("Story one")
    assert NEXT in site.send()
    site.pages.post(second)
    site.news("Story two")
    site.later()
    sent = site.send()
    assert titles(sent[NEW]) == {"Story one", "Story two"}
    assert NEXT not in sent
    site.pages.post(first)
    site.news("Story three")
    site.later()
    sent = site.send()
    assert titles(sent[OLD]) == {"Story one", "Story two", "Story three"}
    assert NEW not in sent


def test_there_and_back_again_brings_nothing_twice(site: WebSite) -> None:
    site.join(OLD)
    for old, new, title in ((OLD, NEW, "one"), (NEW, OLD, "two"), (OLD, NEW, "three")):
        change(site, old, new)
        site.news(f"Story {title}")
        sent = site.send()
        assert titles(sent[new]) == {f"Story {title}"}
        assert old not in sent
        site.later()


def test_a_link_from_before_leaves_and_shows_nothing(site: WebSite) -> None:
    site.join(OLD)
    site.news("Story one")
    mail = site.send()[OLD]
    change(site, OLD, NEW)
    before = path_of(link_in(mail, "choices"))
    for page in (
        site.pages.get(before),
        site.pages.post(before, {"act": "save", "topics": ["mexico"]}),
        site.pages.post(before, {"act": "address", "address": "thief@x.example"}),
    ):
        assert (page.status_code, NEW in page.text) == (200, False)
        assert "This goes to another address now" in page.text
    site.news("Story two")
    site.later()
    assert NEW in site.send()
    left = site.pages.post(path_of(link_in(mail, "leave")), {"List-Unsubscribe": "One-Click"})
    assert (left.status_code, "choices/" in left.text) == (200, False)
    site.news("Story three")
    site.later()
    assert NEW not in site.send()


def test_erasing_erases_the_old_address_too(site: WebSite) -> None:
    site.join(OLD)
    site.news("Story one")
    mail = site.send()[OLD]
    undo = change(site, OLD, NEW)
    store, key = site.app_state.store(), site.app_state.key
    people.erase(store, NEW, pseudonym(key, NEW), site.clock.now(), key)
    dump = "\n".join(sqlite3.connect(site.folder / "state/tidings.db").iterdump())
    assert (OLD in dump, NEW in dump) == (False, False)
    for link in (path_of(link_in(mail, "leave")), undo, choices(site, OLD)):
        site.pages.post(link, {"act": "leave"})
    dump = "\n".join(sqlite3.connect(site.folder / "state/tidings.db").iterdump())
    assert (OLD in dump, NEW in dump) == (False, False)
    site.news("Story two")
    site.later()
    assert site.send().keys().isdisjoint({OLD, NEW})


def test_only_the_last_change_that_was_asked_for_is_confirmed(site: WebSite) -> None:
    site.join(OLD)
    early = ask(site, OLD, NEW)
    site.later()
    late = ask(site, OLD, NEXT)
    site.later()
    assert (site.pages.post(early).status_code, site.pages.post(late).status_code) == (410, 200)
    assert NEXT in site.send()


def test_a_link_that_lay_too_long_changes_nothing(site: WebSite) -> None:
    site.join(OLD)
    link = ask(site, OLD, NEW)
    site.later(days=3, minutes=1)
    assert (site.pages.get(link).status_code, site.pages.post(link).status_code) == (410, 410)
    assert OLD in site.send()


def test_an_address_that_several_people_read_is_asked_for_nothing(site: WebSite) -> None:
    site.join(OLD)
    edit_list(site, "ana@example.org", "{address: all@new.example, shared: true}")
    answer = site.pages.post(choices(site, OLD), {"act": "address", "address": "all@new.example"})
    assert answer.status_code == 200
    assert told(site) == []


def test_a_link_is_not_for_what_another_is_for(site: WebSite) -> None:
    site.join(OLD)
    link = ask(site, OLD, NEW)
    token = link.rsplit("/", 1)[1]
    for way in ("undo", "never", "confirm", "leave", "choices"):
        assert site.pages.post(f"/{way}/{token}", {"act": "leave"}).status_code == 404
    assert site.pages.post(f"{link}x").status_code == 404


def test_one_person_asks_for_five_changes_a_day(site: WebSite) -> None:
    site.join(OLD)
    codes = []
    for number in range(7):
        fields = {"act": "address", "address": f"eva{number}@new.example"}
        codes.append(site.pages.post(choices(site, OLD), fields).status_code)
    assert codes == [200] * 5 + [429] * 2


def test_an_operator_finds_somebody_by_an_address_of_before(site: WebSite) -> None:
    site.join(OLD)
    change(site, OLD, NEW)
    done = call(site.folder, "recipients", "pause", OLD)
    assert done.returncode == 0
    assert f"{OLD} was changed to {NEW}" in done.stdout
    assert site.send().keys().isdisjoint({OLD, NEW})
    known = json.loads(call(site.folder, "recipients", "export", NEW).stdout)
    assert [each["from"] for each in known["address_changes"]] == [OLD]
    assert call(site.folder, "recipients", "erase", OLD).returncode == 0
    with sqlite3.connect(site.folder / "state/tidings.db") as raw:
        dump = "\n".join(raw.iterdump())
    assert (OLD in dump, NEW in dump) == (False, False)


def test_who_asks_again_at_the_old_address_is_another(site: WebSite) -> None:
    site.join(OLD)
    before = choices(site, OLD)
    change(site, OLD, NEW)
    site.join(OLD)
    site.news("Story one")
    sent = site.send()
    assert (titles(sent[OLD]), titles(sent[NEW])) == ({"Story one"}, {"Story one"})
    site.later()
    site.pages.post(before, {"act": "leave"})
    site.news("Story two")
    site.later()
    sent = site.send()
    assert (OLD in sent, NEW in sent) == (False, True)


def test_the_pages_and_mails_speak_the_language_of_the_reader(site: WebSite) -> None:
    site.join(OLD, language="fr")
    link = ask(site, OLD, NEW)
    mail = told(site)[-1]
    assert mail["Content-Language"] == "fr"
    assert "Ne m’écrivez jamais" in body(mail, "html")
    assert "Recevoir" in site.pages.get(link).text
    site.later()
    assert "Votre adresse est changée" in site.pages.post(link).text
    undo = told(site)[-1]
    assert "Ce n’était pas vous" in body(undo)
    assert "Annuler le changement" in site.pages.get(path_of(link_in(undo, "undo"))).text
