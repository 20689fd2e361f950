"""Every page of the service that claims something is true: what was not done is not said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asgi import Answer
from tests.web_site import SUBSCRIBE, WebSite, served_with
from tidings.core.audience import pseudonym
from tidings.core.tokens import JOINING, MEMBER, Joining, Member
from tidings.entrypoints import wiring
from tidings.errors import StoreBusy
from tidings.model import PendingSubscription

ANA = "ana@example.org"


@pytest.fixture
def site(fresh: Path) -> Iterator[WebSite]:
    site = WebSite(fresh)
    yield site
    site.app_state.close()


def member(site: WebSite, address: str = ANA, digest: str = "weekly") -> str:
    return site.app_state.signer.sign(MEMBER, Member(digest, address).packed())


def joining(site: WebSite, address: str = "new@example.org", digest: str = "weekly") -> str:
    asked = Joining(digest, address, None, None, site.clock.now())
    return site.app_state.signer.sign(JOINING, asked.packed())


def edited(site: WebSite, name: str, before: str, after: str) -> None:
    """Change a file of the configuration, as a service takes it in."""
    place = site.folder / "config" / name
    said = place.read_text(encoding="utf-8")
    assert before in said
    place.write_text(said.replace(before, after), encoding="utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)


def renamed(site: WebSite) -> None:
    """The weekly digest is no more; another has taken its place."""
    edited(site, "digests.yaml", "  weekly:", "  sunday:")


def recorded(site: WebSite, address: str = ANA) -> list[tuple[str, str]]:
    with site.app_state.store().reading() as state:
        return [(each.digest, str(each.state)) for each in state.choices.of(address)]


# --- A signature that is invalid -----------------------------------------------------------------


@pytest.mark.parametrize("way", ["leave", "choices", "confirm"])
@pytest.mark.parametrize("what", ["damaged", "forged", "long", "another purpose"])
def test_a_link_with_an_invalid_signature_says_so_and_whom_to_write_to(
    site: WebSite, way: str, what: str
) -> None:
    whole = joining(site) if way == "confirm" else member(site)
    token = {
        "damaged": whole[:-1],
        "forged": "forged",
        "long": "x" * 5000,
        "another purpose": member(site) if way == "confirm" else joining(site),
    }[what]
    link = f"/{way}/{token}"
    for answer in (site.pages.get(link), site.pages.post(link, {"act": "leave"})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
        assert 'write to <a href="mailto:news@example.org">' in answer.text
        assert "<form" not in answer.text
        assert "You have unsubscribed" not in answer.text
    assert site.pages.head(link).status_code == 404
    assert recorded(site) == []


def test_links_closed_with_a_key_that_was_changed_say_that_they_do_not_work(site: WebSite) -> None:
    """Those that versions before signed; nothing of those that the state keeps hangs on a key."""
    site.send()
    leave, choices = (f"/{word}/{member(site)}" for word in ("leave", "choices"))
    pages = served_with(site, TIDINGS_SECRET_KEY=secrets.token_hex(32))
    codes = [pages.post(link, {"act": "leave"}).status_code for link in (leave, choices)]
    assert codes == [404, 404]
    assert recorded(site) == []


def test_whom_to_write_to_is_who_reads_replies(fresh: Path) -> None:
    site = WebSite(fresh, TIDINGS_MAIL__REPLY_TO="desk@example.org")
    assert 'write to <a href="mailto:desk@example.org">' in site.pages.post("/leave/x").text
    site.app_state.close()


def test_what_does_not_open_is_answered_alike_and_what_opens_too(site: WebSite) -> None:
    whole = [member(site, address) for address in (ANA, "eve@example.org")]
    answers = [
        {
            (each.status_code, each.text.replace(token, ""), str(sorted(each.headers)))
            for token in tokens
            for each in (site.pages.post(f"/leave/{token}"),)
        }
        for tokens in (whole, ["forged", whole[0][:-1], "x" * 5000])
    ]
    assert [len(each) for each in answers] == [1, 1]
    assert [code for each in answers for code, _, _ in each] == [200, 404]
    assert recorded(site) == [("weekly", "left")]


# --- A digest that is gone -----------------------------------------------------------------------


def test_leaving_a_digest_that_is_gone_is_recorded(site: WebSite) -> None:
    token = member(site)
    renamed(site)
    looked = site.pages.get(f"/leave/{token}")
    assert (looked.status_code, "/choices/" in looked.text) == (200, False)
    left = site.pages.post(f"/leave/{token}")
    assert (left.status_code, "/choices/" in left.text) == (200, False)
    assert "You have unsubscribed" in left.text
    assert recorded(site) == [("weekly", "left")]


def test_choices_of_a_digest_that_is_gone_say_so_and_offer_to_leave(site: WebSite) -> None:
    token = member(site)
    renamed(site)
    answers = [site.pages.get(f"/choices/{token}")]
    answers += [site.pages.post(f"/choices/{token}", {"act": act}) for act in ("resume", "save")]
    for answer in answers:
        assert answer.status_code == 410
        assert "no longer exists" in answer.text
        assert f'action="/people/leave/{token}"' in answer.text
    assert recorded(site) == []
    left = site.pages.post(f"/choices/{token}", {"act": "leave"})
    assert (left.status_code, recorded(site)) == (200, [("weekly", "left")])


def test_a_confirmation_of_a_digest_that_is_gone_confirms_nothing_and_says_so(
    site: WebSite,
) -> None:
    link = f"/confirm/{joining(site)}"
    renamed(site)
    for answer in (site.pages.get(link), site.pages.post(link)):
        assert answer.status_code == 410
        assert "no longer exists" in answer.text
        assert "<form" not in answer.text
    assert recorded(site, "new@example.org") == []


# --- Claims without a deed -----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["leave", "choices", "confirm"])
def test_what_cannot_be_written_down_is_not_said_to_be_done(
    site: WebSite, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    token = joining(site) if way == "confirm" else member(site)

    def busy() -> None:
        raise StoreBusy("somebody else writes")

    monkeypatch.setattr(site.app_state, "store", busy)
    answer = site.pages.post(f"/{way}/{token}", {"act": "leave"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")
    assert "nothing was changed" in answer.text


def acted(site: WebSite, address: str, act: str, **fields: object) -> Answer:
    return site.pages.post(f"/choices/{member(site, address)}", {"act": act, **fields})


def test_who_is_on_no_list_is_not_told_that_mail_comes(site: WebSite) -> None:
    for answer in (
        site.pages.get(f"/choices/{member(site, 'eve@example.org')}"),
        acted(site, "eve@example.org", "resume"),
        acted(site, "eve@example.org", "save", topics=["mexico"]),
    ):
        assert answer.status_code == 200
        assert "eve@example.org is on no list of this digest now" in answer.text
        assert "counts from the next mail" not in answer.text
        assert "Done." not in answer.text
    assert "is on no list" not in acted(site, ANA, "save", topics=["mexico"]).text


def test_who_is_paused_by_a_list_is_not_told_that_mail_comes(site: WebSite) -> None:
    edited(site, "recipients.yaml", f"{ANA}\n", f"{ANA}\n      paused: true\n")
    for answer in (
        site.pages.get(f"/choices/{member(site)}"),
        acted(site, ANA, "resume"),
        acted(site, ANA, "save", topics=["mexico"]),
        site.pages.post(f"/confirm/{joining(site, ANA)}"),
    ):
        assert answer.status_code == 200
        assert "The keeper of the list has paused this" in answer.text
        assert "from the next" not in answer.text
        assert "Done." not in answer.text
    site.later()
    assert ANA not in site.send()


def test_who_was_erased_is_not_told_that_mail_comes(site: WebSite) -> None:
    with site.app_state.store().writing() as state:
        state.people.erase(ANA, pseudonym(site.app_state.key, ANA), site.clock.now())
    assert "You have unsubscribed" in site.pages.get(f"/choices/{member(site)}").text
    assert ANA not in site.send()


def test_a_form_that_did_not_arrive_whole_is_not_called_a_broken_link(site: WebSite) -> None:
    answer = acted(site, ANA, "save", topics=["x" * 70_000])
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text
    assert recorded(site) == []


def test_no_message_is_said_to_be_on_its_way_while_so_many_wait_that_none_is_taken(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.app_state.confirmations, "wake", lambda: None)
    now = site.clock.now()
    with site.app_state.store().writing() as state:
        for number in range(500):
            wish = PendingSubscription("weekly", f"a{number}@example.org", now, now, waiting=True)
            state.choices.apply(wish)
    answer = site.ask("new@example.org")
    assert (answer.status_code, "on its way" in answer.text) == (503, False)


def test_a_form_that_a_program_filled_in_is_not_said_to_be_taken(site: WebSite) -> None:
    answer = site.ask("new@example.org", website="https://spam.example")
    assert (answer.status_code, "on its way" in answer.text) == (400, False)
    assert site.confirmations() == []


def test_links_in_mails_are_promised_only_where_mails_have_them(fresh: Path) -> None:
    site = WebSite(fresh, TIDINGS_MAIL__SERVICE_URL="")
    assert "has a link" not in site.pages.get(f"/{SUBSCRIBE}").text
    confirmed = site.pages.post(f"/confirm/{joining(site)}")
    assert (confirmed.status_code, "every mail has the link" in confirmed.text) == (200, False)
    site.app_state.close()
