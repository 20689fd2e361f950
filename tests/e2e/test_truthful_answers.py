"""Every page of the service that claims something is true: what was not done is not said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asgi import Answer, Client
from tests.town import SUBSCRIBE, Town, link_in, path_of
from tidings.core.tokens import JOINING, MEMBER, Joining, Member
from tidings.entrypoints import wiring
from tidings.entrypoints.web.app import application
from tidings.errors import StoreBusy
from tidings.model import PendingSubscription

ANA = "ana@example.org"


@pytest.fixture
def town(fresh: Path) -> Iterator[Town]:
    town = Town(fresh)
    yield town
    town.reception.close()


def member(town: Town, address: str = ANA, digest: str = "weekly") -> str:
    return town.reception.seal.close(MEMBER, Member(digest, address).packed())


def joining(town: Town, address: str = "new@example.org", digest: str = "weekly") -> str:
    asked = Joining(digest, address, None, None, town.clock.now())
    return town.reception.seal.close(JOINING, asked.packed())


def edited(town: Town, name: str, before: str, after: str) -> None:
    """Change a file of the configuration, as a service takes it in."""
    place = town.folder / "config" / name
    said = place.read_text(encoding="utf-8")
    assert before in said
    place.write_text(said.replace(before, after), encoding="utf-8")
    town.instance = wiring.load_instance(town.folder, town.environ)
    town.reception.take(town.instance)


def renamed(town: Town) -> None:
    """The weekly digest is no more; another has taken its place."""
    edited(town, "digests.yaml", "  weekly:", "  sunday:")


def recorded(town: Town, address: str = ANA) -> list[tuple[str, str]]:
    with town.reception.store().reading() as state:
        return [(each.digest, str(each.state)) for each in state.choices.of(address)]


# --- A seal that does not open -------------------------------------------------------------------


@pytest.mark.parametrize("way", ["leave", "choices", "confirm"])
@pytest.mark.parametrize("what", ["damaged", "forged", "long", "another purpose"])
def test_a_link_whose_seal_does_not_open_says_so_and_whom_to_write_to(
    town: Town, way: str, what: str
) -> None:
    whole = joining(town) if way == "confirm" else member(town)
    token = {
        "damaged": whole[:-1],
        "forged": "forged",
        "long": "x" * 5000,
        "another purpose": member(town) if way == "confirm" else joining(town),
    }[what]
    link = f"/{way}/{token}"
    for answer in (town.pages.get(link), town.pages.post(link, {"act": "leave"})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
        assert 'write to <a href="mailto:news@example.org">' in answer.text
        assert "<form" not in answer.text
        assert "You have left" not in answer.text
    assert town.pages.head(link).status_code == 404
    assert recorded(town) == []


def test_links_closed_with_a_key_that_was_changed_say_that_they_do_not_work(town: Town) -> None:
    mail = town.send()[ANA]
    leave, choices = (path_of(link_in(mail, word)) for word in ("leave", "choices"))
    town.reception.close()
    changed = {**town.environ, "TIDINGS_SECRET_KEY": secrets.token_hex(32)}
    town.instance = wiring.load_instance(town.folder, changed)
    town.reception = town.open()
    pages = Client(application(town.reception))
    codes = [pages.post(link, {"act": "leave"}).status_code for link in (leave, choices)]
    assert codes == [404, 404]
    assert recorded(town) == []


def test_whom_to_write_to_is_who_reads_replies(fresh: Path) -> None:
    town = Town(fresh, TIDINGS_MAIL__REPLY_TO="desk@example.org")
    assert 'write to <a href="mailto:desk@example.org">' in town.pages.post("/leave/x").text
    town.reception.close()


def test_what_does_not_open_is_answered_alike_and_what_opens_too(town: Town) -> None:
    whole = [member(town, address) for address in (ANA, "eve@example.org")]
    answers = [
        {
            (each.status_code, each.text.replace(token, ""), str(sorted(each.headers)))
            for token in tokens
            for each in (town.pages.post(f"/leave/{token}"),)
        }
        for tokens in (whole, ["forged", whole[0][:-1], "x" * 5000])
    ]
    assert [len(each) for each in answers] == [1, 1]
    assert [code for each in answers for code, _, _ in each] == [200, 404]
    assert recorded(town) == [("weekly", "left")]


# --- A digest that is gone -----------------------------------------------------------------------


def test_leaving_a_digest_that_is_gone_is_recorded(town: Town) -> None:
    token = member(town)
    renamed(town)
    looked = town.pages.get(f"/leave/{token}")
    assert (looked.status_code, "/choices/" in looked.text) == (200, False)
    left = town.pages.post(f"/leave/{token}")
    assert (left.status_code, "/choices/" in left.text) == (200, False)
    assert "You have left" in left.text
    assert recorded(town) == [("weekly", "left")]


def test_choices_of_a_digest_that_is_gone_say_so_and_offer_to_leave(town: Town) -> None:
    token = member(town)
    renamed(town)
    answers = [town.pages.get(f"/choices/{token}")]
    answers += [town.pages.post(f"/choices/{token}", {"act": act}) for act in ("resume", "save")]
    for answer in answers:
        assert answer.status_code == 410
        assert "does not exist any more" in answer.text
        assert f'action="/people/leave/{token}"' in answer.text
    assert recorded(town) == []
    left = town.pages.post(f"/choices/{token}", {"act": "leave"})
    assert (left.status_code, recorded(town)) == (200, [("weekly", "left")])


def test_a_confirmation_of_a_digest_that_is_gone_confirms_nothing_and_says_so(town: Town) -> None:
    link = f"/confirm/{joining(town)}"
    renamed(town)
    for answer in (town.pages.get(link), town.pages.post(link)):
        assert answer.status_code == 410
        assert "does not exist any more" in answer.text
        assert "<form" not in answer.text
    assert recorded(town, "new@example.org") == []


# --- Claims without a deed -----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["leave", "choices", "confirm"])
def test_what_cannot_be_written_down_is_not_said_to_be_done(
    town: Town, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    token = joining(town) if way == "confirm" else member(town)

    def busy() -> None:
        raise StoreBusy("somebody else writes")

    monkeypatch.setattr(town.reception, "store", busy)
    answer = town.pages.post(f"/{way}/{token}", {"act": "leave"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    assert "nothing was changed" in answer.text


def acted(town: Town, address: str, act: str, **fields: object) -> Answer:
    return town.pages.post(f"/choices/{member(town, address)}", {"act": act, **fields})


def test_who_is_on_no_list_is_not_told_that_mail_comes(town: Town) -> None:
    for answer in (
        town.pages.get(f"/choices/{member(town, 'eve@example.org')}"),
        acted(town, "eve@example.org", "resume"),
        acted(town, "eve@example.org", "save", topics=["mexico"]),
    ):
        assert answer.status_code == 200
        assert "eve@example.org is on no list of this mail now" in answer.text
        assert "counts from the next mail" not in answer.text
        assert "Done." not in answer.text
    assert "is on no list" not in acted(town, ANA, "save", topics=["mexico"]).text


def test_who_is_paused_by_a_list_is_not_told_that_mail_comes(town: Town) -> None:
    edited(town, "recipients.yaml", f"{ANA}\n", f"{ANA}\n      paused: true\n")
    for answer in (
        town.pages.get(f"/choices/{member(town)}"),
        acted(town, ANA, "resume"),
        acted(town, ANA, "save", topics=["mexico"]),
        town.pages.post(f"/confirm/{joining(town, ANA)}"),
    ):
        assert answer.status_code == 200
        assert "Whoever keeps the list has paused this" in answer.text
        assert "from the next" not in answer.text
        assert "Done." not in answer.text
    town.later()
    assert ANA not in town.send()


def test_who_was_erased_is_not_told_that_mail_comes(town: Town) -> None:
    with town.reception.store().writing() as state:
        state.people.erase(ANA, town.reception.pseudonym(ANA), town.clock.now())
    assert "You have left" in town.pages.get(f"/choices/{member(town)}").text
    assert ANA not in town.send()


def test_a_form_that_did_not_arrive_whole_is_not_called_a_broken_link(town: Town) -> None:
    answer = acted(town, ANA, "save", topics=["x" * 70_000])
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text
    assert recorded(town) == []


def test_no_message_is_said_to_be_on_its_way_while_so_many_wait_that_none_is_taken(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(town.reception.postman, "ring", lambda: None)
    now = town.clock.now()
    with town.reception.store().writing() as state:
        for number in range(500):
            wish = PendingSubscription("weekly", f"a{number}@example.org", now, now, waiting=True)
            state.choices.apply(wish)
    answer = town.ask("new@example.org")
    assert (answer.status_code, "on its way" in answer.text) == (503, False)


def test_a_form_that_a_program_filled_in_is_not_said_to_be_taken(town: Town) -> None:
    answer = town.ask("new@example.org", website="https://spam.example")
    assert (answer.status_code, "on its way" in answer.text) == (400, False)
    assert town.confirmations() == []


def test_links_in_mails_are_promised_only_where_mails_have_them(fresh: Path) -> None:
    town = Town(fresh, TIDINGS_MAIL__SERVICE_URL="")
    assert "has a link" not in town.pages.get(f"/{SUBSCRIBE}").text
    confirmed = town.pages.post(f"/confirm/{joining(town)}")
    assert (confirmed.status_code, "every mail has the link" in confirmed.text) == (200, False)
    town.reception.close()
