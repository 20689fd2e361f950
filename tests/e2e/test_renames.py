"""What administrators rename, people keep: digests and topics get other names, and one goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_site import WebSite, body, link_in, path_of, read
from tidings.application.cycle import CycleReport, run_cycle
from tidings.application.status import findings, look
from tidings.core.tokens import MEMBER, Member
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import app
from tidings.entrypoints.examination import examine
from tidings.model import Choice, RecipientState

OLD = "  weekly:\n    title"
STAFF = "    lists: [staff]\n"


@pytest.fixture
def site(fresh: Path) -> Iterator[WebSite]:
    site = WebSite(fresh)
    yield site
    site.app_state.close()


def edit(site: WebSite, old: str, new: str, file: str = "digests.yaml") -> None:
    place = site.folder / "config" / file
    text = place.read_text("utf-8")
    assert old in text, text
    place.write_text(text.replace(old, new), "utf-8")
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)
    site.later()


def rename(site: WebSite, old: str, new: str, *was: str) -> None:
    """Call a digest otherwise, and say what it was called."""
    said = f"\n    was: [{', '.join(was)}]" if was else ""
    edit(site, f"  {old}:\n", f"  {new}:{said}\n")


def run(site: WebSite) -> CycleReport:
    return run_cycle(wiring.services(site.instance, site.app_state.store(), site.clock), "now")


def mailed(site: WebSite, title: str) -> dict[str, str]:
    """The text that each address gets of a new story."""
    site.later()
    site.news(title)
    before = set(site.folder.glob("outbox/**/*.eml"))
    run(site)
    new = [read(path) for path in set(site.folder.glob("outbox/**/*.eml")) - before]
    return {str(mail["To"].addresses[0].addr_spec): body(mail) for mail in new}


def last_mail(site: WebSite, address: str) -> str:
    named = site.folder.glob("outbox/weekly/**/*.eml")
    texts = [read(path) for path in sorted(named, key=lambda path: int(path.parent.name))]
    return str([mail for mail in texts if address in str(mail["To"])][-1])


def leave(site: WebSite, digest: str, address: str) -> int:
    token = site.app_state.signer.sign(MEMBER, Member(digest, address).packed())
    return site.pages.post(f"/leave/{token}").status_code


def test_a_renamed_digest_keeps_its_people_its_departures_and_what_they_had(site: WebSite) -> None:
    site.join("new@example.org")
    first = site.send()["new@example.org"]
    leave(site, "weekly", "luis@example.org")
    rename(site, "weekly", "bulletin", "weekly")
    got = mailed(site, "After the renaming")
    assert set(got) == {"ana@example.org", "new@example.org"}
    assert all("After the renaming" in text for text in got.values())
    assert all(text.count("\n\n") < 20 for text in got.values())  # nothing that they had
    later = last_mail(site, "new@example.org")
    assert str(first["List-Id"]) in later
    assert "digests/weekly/2.html" in later
    # The link of a mail from before goes on to work, and so does one of a mail after it.
    assert site.pages.get(path_of(link_in(first, "choices"))).status_code == 200
    assert site.pages.post(path_of(link_in(first, "leave"))).status_code == 200
    assert "new@example.org" not in mailed(site, "After leaving")


def test_addresses_and_ids_of_a_renamed_digest_stay(site: WebSite) -> None:
    site.send()
    feeds = site.folder / "feeds" / "digests"
    before = {path.relative_to(feeds) for path in feeds.rglob("*")}
    ids = re.findall("<id>(.*?)</id>", (feeds / "weekly/atom.xml").read_text("utf-8"))
    rename(site, "weekly", "bulletin", "weekly")
    mailed(site, "After the renaming")
    assert before <= {path.relative_to(feeds) for path in feeds.rglob("*")}
    assert set(ids) <= set(
        re.findall("<id>(.*?)</id>", (feeds / "weekly/atom.xml").read_text("utf-8"))
    )
    assert site.pages.get("/subscribe/bulletin").status_code == 200
    assert site.pages.get("/subscribe/weekly").status_code == 200


def test_a_renaming_counts_once_and_may_go_or_be_taken_back(site: WebSite) -> None:
    leave(site, "weekly", "luis@example.org")
    site.send()
    rename(site, "weekly", "bulletin", "weekly")
    assert set(mailed(site, "One")) == {"ana@example.org"}
    edit(site, "\n    was: [weekly]", "")
    rename(site, "bulletin", "letter", "bulletin")
    assert set(mailed(site, "Three")) == {"ana@example.org"}
    edit(site, "  letter:\n    was: [bulletin]\n", "  weekly:\n")
    got = mailed(site, "Four")
    assert set(got) == {"ana@example.org"}
    assert "Three" not in got["ana@example.org"]


def test_another_digest_of_the_old_name_is_another(site: WebSite) -> None:
    leave(site, "weekly", "luis@example.org")
    site.send()
    rename(site, "weekly", "bulletin", "weekly")
    run(site)
    edit(site, "\n    was: [weekly]", "")
    whole = (site.folder / "config/digests.yaml").read_text("utf-8")
    block = whole[whole.index("  bulletin:") :].split("\n", 1)[1]
    edit(site, whole, f"{whole}\n  weekly:\n{block.replace('Labour', 'Other')}")
    site.later()
    assert {edition.recipients for edition in run(site).opened} == {2}
    assert (site.folder / "feeds/digests/weekly-2/1.html").exists()
    mails = [read(path) for path in site.folder.glob("outbox/weekly-2/**/*.eml")]
    assert mails
    assert all("<weekly-2." in str(mail["List-Id"]) for mail in mails)


def test_the_command_line_calls_a_digest_by_its_name_of_today(
    site: WebSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.send()
    rename(site, "weekly", "bulletin", "weekly")
    for verb, key in (
        (["recipients", "list"], "recipients"),
        (["deliveries", "list"], "deliveries"),
        (["deliveries", "list", "--digest", "bulletin"], "deliveries"),
        (["status"], "digests"),
        (["plan", "--send", "now"], "upcoming"),
    ):
        with pytest.raises(SystemExit):
            app(["-C", str(site.folder), *verb, "--json"])
        rows = json.loads(capsys.readouterr().out)[key]
        assert {row["digest"] for row in rows} <= {"bulletin"}, verb
        assert rows or key == "upcoming"


def test_who_left_either_of_two_digests_has_left_what_they_become(site: WebSite) -> None:
    edit(
        site,
        OLD,
        OLD.replace("weekly", "daily") + ": Daily\n    topics: all\n    cadence: "
        '{every: day, at: "07:00"}\n    subscribe: true\n' + STAFF + "    history: mail\n\n" + OLD,
    )
    for address, digest in (("luis@example.org", "daily"), ("ana@example.org", "weekly")):
        run(site)
        leave(site, digest, address)
    with site.app_state.store().writing() as state:
        joined = Choice(
            "daily", "new@example.org", site.clock.at, RecipientState.ACTIVE, joined=True
        )
        state.choices.save(joined)
    got = mailed(site, "Both")
    assert set(got) == {"ana@example.org", "new@example.org"}
    text = (site.folder / "config/digests.yaml").read_text("utf-8")
    cut = text[text.index("  daily:") : text.index(OLD)]
    edit(site, cut, "")
    rename(site, "weekly", "letter", "weekly", "daily")
    got = mailed(site, "One of two")
    assert set(got) == {"new@example.org"}
    assert "Both" not in got["new@example.org"]
    assert (site.folder / "feeds/digests/daily/1.html").exists()
    assert leave(site, "daily", "new@example.org") == 200
    assert mailed(site, "After leaving") == {}


def test_a_digest_that_is_gone_is_said_with_the_people_it_concerns(
    site: WebSite, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(site, "weekly", "luis@example.org")
    site.join("new@example.org")
    rename(site, "weekly", "bulletin")
    run(site)
    told = "digest weekly is gone; 2 people chose something about it"
    named = "(luis@example.org, new@example.org)"
    assert any(f"{told} {named}" in str(each) for each in examine(site.folder, {}).of("note"))
    with pytest.raises(SystemExit):
        app(["-C", str(site.folder), "plan"])
    assert told in capsys.readouterr().out
    store = site.app_state.store()
    settings = wiring.follow(site.instance, store).settings
    found = findings(look(store, settings, site.clock.at))
    assert any(told in each.message for each in found)
    edit(site, "  bulletin:\n", "  bulletin:\n    was: [weekly]\n")
    settings = wiring.follow(site.instance, store).settings
    assert not look(store, settings, site.clock.at).stranded


def test_topics_that_people_chose_follow_their_new_names(site: WebSite) -> None:
    site.join("new@example.org", topics=["mexico"])
    site.ask("late@example.org", topics=["mexico"])
    waiting = path_of(link_in(site.confirmations()[-1], "confirm"))
    edit(site, "\n  mexico:\n", "\n  mexico-usmca:\n    was: [mexico]\n", "topics.yaml")
    site.pages.post(waiting)
    got = mailed(site, "Mexico signs a treaty")
    assert {"new@example.org", "late@example.org"} <= set(got)
    assert not any(
        "all topics that they chose" in str(e) for e in examine(site.folder, {}).findings
    )


def test_people_all_of_whose_topics_are_gone_are_named(site: WebSite) -> None:
    site.join("new@example.org", topics=["mexico"])
    edit(site, "\n  mexico:\n", "\n  mexico-usmca:\n", "topics.yaml")
    run(site)
    told = "1 person gets nothing of weekly: all topics that they chose are gone, mexico"
    assert any(
        f"{told} (new@example.org)" in str(each) for each in examine(site.folder, {}).of("note")
    )
    store = site.app_state.store()
    found = findings(look(store, site.instance.settings, site.clock.at))
    assert any(told in each.message for each in found)


BLOCK = """    title: Bulletin
    topics: all
    lists: [staff]
    cadence: {every: day, at: "08:00"}
    was: """


@pytest.mark.parametrize(
    ("was", "told"),
    [
        ("[weekly]", '"weekly" is the name of a digest that there is'),
        (f"[old]\n  other:\n{BLOCK}[old]", '"old" is an old name of bulletin already'),
    ],
)
def test_an_old_name_that_is_in_use_or_claimed_twice_is_refused(
    fresh: Path, was: str, told: str
) -> None:
    place = fresh / "config/digests.yaml"
    text = place.read_text("utf-8")
    place.write_text(f"{text}\n  bulletin:\n{BLOCK}{was}\n", "utf-8")
    assert [each.message for each in examine(fresh, {}).of("problem")] == [told]
