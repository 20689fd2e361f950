"""An address that several people read: no link in its mail lets one of them decide for all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.e2e.conftest import call
from tests.known_links import without_links
from tests.web_site import SERVICE, WebSite, body, link_in, path_of, read
from tidings.application.cycle import run_cycle
from tidings.core.tokens import JOINING, MEMBER, Joining, Member
from tidings.entrypoints import wiring

GROUP, ANA = "all-staff@example.org", "ana@example.org"
LEAVING = "mailto:leave@example.org"


def on_lists(folder: Path, **lists: list[str]) -> None:
    """Write the lists of recipients, an entry a line, and let the weekly digest go to all."""
    told = "".join(
        f"  {name}:\n" + "".join(f"    - {entry}\n" for entry in entries)
        for name, entries in lists.items()
    )
    (folder / "config/recipients.yaml").write_text(f"lists:\n{told}", encoding="utf-8")
    digests = folder / "config/digests.yaml"
    said = re.sub(r"    (?:subscribe|lists): .*\n", "", digests.read_text(encoding="utf-8"))
    everybody = f"    subscribe: true\n    lists: [ {', '.join(lists)} ]\n"
    digests.write_text(said.replace("  weekly:\n", f"  weekly:\n{everybody}"), encoding="utf-8")


def shared(address: str = GROUP, **more: str) -> str:
    told = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{address: {address}, start: everything, shared: true{told}}}"


def alone(address: str) -> str:
    return f"{{address: {address}, start: everything}}"


@pytest.fixture
def build(fresh: Path) -> Iterator[Callable[..., WebSite]]:
    """Makes a site with these lists."""
    made: list[WebSite] = []

    def of(
        environ: dict[str, str] | None = None, folder: Path = fresh, **lists: list[str]
    ) -> WebSite:
        on_lists(folder, **lists)
        made.append(WebSite(folder, whole=False, **(environ or {})))
        return made[-1]

    yield of
    for site in made:
        site.app_state.close()


def edit(site: WebSite, **lists: list[str]) -> None:
    """Change the lists of a site that is open, as its service takes them in."""
    on_lists(site.folder, **lists)
    site.instance = wiring.load_instance(site.folder, site.environ)
    site.app_state.take(site.instance)


def ways_out(mail: EmailMessage) -> list[str]:
    """Everything in a message by which somebody could end it."""
    told = [name for name in mail if name.lower().startswith("list-unsubscribe")]
    raw = mail.as_string() + body(mail) + body(mail, "html")
    return told + re.findall(r"(?:/leave/|/choices/)\S*|leave@example\.org", raw)


# --- Its mail ------------------------------------------------------------------------------------


def test_the_mail_of_a_group_has_no_link_and_no_header_that_ends_it(
    build: Callable[..., WebSite],
) -> None:
    site = build({"TIDINGS_MAIL__UNSUBSCRIBE": LEAVING}, staff=[shared(), alone(ANA)])
    came = site.send()
    assert ways_out(came[GROUP]) == []
    assert ways_out(came[ANA])[:2] == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    for kind in ("plain", "html"):
        told = " ".join(body(came[GROUP], kind).split())
        assert "This message is sent to a group address. To leave the group" in told
        assert "news@example.org" in told
        assert "group address" not in body(came[ANA], kind)


def test_the_footer_names_who_reads_replies(build: Callable[..., WebSite]) -> None:
    site = build({"TIDINGS_MAIL__REPLY_TO": "desk@example.org"}, staff=[shared()])
    mail = site.send()[GROUP]
    assert "to it, write to desk@example.org." in " ".join(body(mail).split())
    assert 'href="mailto:desk@example.org"' in body(mail, "html")


def test_whoever_shares_an_edition_with_a_group_gets_the_very_bytes_as_without_it(
    build: Callable[..., WebSite], fresh: Path, tmp_path: Path
) -> None:
    others, key = [alone(ANA), alone("luis@example.org")], {"TIDINGS_SECRET_KEY": "k" * 64}
    copy = shutil.copytree(fresh, tmp_path / "without")
    sites = build(key, copy, staff=others), build(key, staff=[shared(), *others])
    without, beside = (
        {
            address: without_links(mail.as_bytes(), site.instance.state_path)
            for address, mail in site.send().items()
        }
        for site in sites
    )
    assert beside.keys() - without.keys() == {GROUP}
    for address, mail in without.items():
        assert beside[address] == mail


@pytest.mark.parametrize(
    "lists",
    [
        {"staff": [shared()], "partners": [alone(GROUP)]},
        {"staff": [alone(GROUP)], "partners": [shared()]},
        {"staff": [GROUP], "others": [ANA], "partners": [shared("ALL-Staff@example.org")]},
    ],
)
def test_an_address_is_a_groups_on_every_list_once_one_says_so(
    build: Callable[..., WebSite], lists: dict[str, list[str]]
) -> None:
    first, *_ = lists.values()
    lists = {**lists, next(iter(lists)): [*first, alone("new@example.org")]}
    if first == [GROUP]:
        lists["staff"] = [alone(GROUP), alone("new@example.org")]
    came = build(**lists).send()
    assert ways_out(came[GROUP]) == []
    assert ways_out(came["new@example.org"])


def test_a_group_reads_it_in_its_language_and_with_its_topics(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[shared(language="es", topics="[mexico]"), alone(ANA)])
    mail = site.send()[GROUP]
    assert ways_out(mail) == []
    assert "Este mensaje se envía a una dirección de grupo." in " ".join(body(mail).split())


def test_a_table_can_say_who_is_a_group(fresh: Path) -> None:
    on_lists(fresh, staff=[alone(ANA)])
    people = fresh / "config/recipients.yaml"
    people.write_text("lists:\n  staff: {from: staff.csv}\n")
    table = f"address,shared\n{GROUP},true\n{ANA},false\nluis@example.org,\n"
    (fresh / "config/staff.csv").write_text(table)
    (people_said,) = wiring.load_instance(fresh, {}).settings.lists.values()
    assert [each.shared for each in people_said] == [True, False, None]


def test_mail_that_waits_for_a_group_goes_without_links_once_it_is_said_to_be_one(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[alone(GROUP), alone(ANA)])
    services = wiring.services(site.instance, site.app_state.store(), site.clock)
    run_cycle(services, "now", with_delivery=False)
    edit(site, staff=[shared(), alone(ANA)])
    run_cycle(wiring.services(site.instance, site.app_state.store(), site.clock), "due")
    mails = map(read, site.folder.glob("outbox/weekly/**/*.eml"))
    came = {str(mail["To"]): mail for mail in mails}
    assert ways_out(came[GROUP]) == []
    assert ways_out(came[ANA])


def test_a_group_that_subscribed_by_itself_is_one_once_any_list_says_so(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[alone(ANA)])
    site.join(GROUP)
    assert ways_out(site.send()[GROUP])
    edit(site, staff=[alone(ANA)], groups=[shared()])
    site.news("Something new")
    site.later()
    assert ways_out(site.send()[GROUP]) == []


def test_what_is_previewed_and_tried_out_is_what_a_group_gets(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[shared(), alone(ANA)])
    environ = {**site.environ, "SOURCE_DATE_EPOCH": str(int(site.clock.at.timestamp()))}
    group = call(site.folder, "preview", "weekly", "--recipient", GROUP, **environ).stdout
    ana = call(site.folder, "preview", "weekly", "--recipient", ANA, **environ).stdout
    assert ("group address" in group, "Unsubscribe" in group) == (True, False)
    assert ("group address" in ana, "Unsubscribe" in ana) == (False, True)
    sent = call(site.folder, "send", "weekly", "--test", GROUP, **environ)
    assert sent.returncode == 0, sent.stderr
    [test] = site.folder.glob("outbox/weekly.test/**/*.eml")
    assert "group address" in body(read(test))
    assert ways_out(read(test)) == []


# --- Links that were mailed before ---------------------------------------------------------------


def test_a_click_of_one_member_does_not_end_the_mail_of_a_group(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[alone(GROUP), alone(ANA)])
    mail = site.send()[GROUP]
    leave, choices = (path_of(link_in(mail, word)) for word in ("leave", "choices"))
    edit(site, staff=[shared(), alone(ANA)])
    answers = [
        site.pages.get(leave),
        site.pages.post(leave, {"List-Unsubscribe": "One-Click"}),
        site.pages.get(choices),
        *(site.pages.post(choices, {"act": act}) for act in ("leave", "pause", "save", "")),
        site.pages.post(choices, {"act": "save", "topics": ["mexico"], "language": "fr"}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert "This is sent to a group address" in answer.text
        assert "<form" not in answer.text
        assert "mailto:news@example.org" in answer.text
    with site.app_state.store().reading() as state:
        assert not state.choices.of(GROUP)
    site.news("Something new")
    site.later()
    assert {GROUP, ANA} <= set(site.send())


def test_nobody_subscribes_a_group_or_takes_it_back_for_all(build: Callable[..., WebSite]) -> None:
    site = build(staff=[alone(ANA)], groups=[shared()])
    group, other = site.ask(GROUP), site.ask("eve@example.org")
    assert group.text.replace(GROUP, "eve@example.org") == other.text
    assert "group" in group.text
    assert [str(mail["To"]) for mail in site.confirmations()] == ["eve@example.org"]
    joining = Joining("weekly", GROUP, ("mexico",), "fr", site.clock.now())
    link = "/confirm/" + site.app_state.signer.sign(JOINING, joining.packed())
    assert (site.pages.get(link).status_code, site.pages.post(link).status_code) == (403, 403)
    with site.app_state.store().reading() as state:
        assert not state.choices.of(GROUP)


def test_a_group_that_one_member_took_off_comes_back_by_one_command(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[alone(GROUP), alone(ANA)])
    site.pages.post(path_of(link_in(site.send()[GROUP], "leave")))
    edit(site, staff=[shared(), alone(ANA)])
    site.news("While away")
    site.later()
    assert GROUP not in site.send()
    site.later()
    now = str(int(site.clock.at.timestamp()))
    back = call(site.folder, "recipients", "resume", GROUP, **site.environ, SOURCE_DATE_EPOCH=now)
    assert back.returncode == 0, back.stderr
    site.later()
    site.news("After coming back")
    assert ways_out(site.send()[GROUP]) == []


def test_once_nothing_says_that_it_is_shared_its_links_are_obeyed(
    build: Callable[..., WebSite],
) -> None:
    site = build(staff=[alone(GROUP), alone(ANA)])
    token = site.app_state.signer.sign(MEMBER, Member("weekly", GROUP).packed())
    assert SERVICE.endswith("/people/")
    assert site.pages.post(f"/leave/{token}").status_code == 200
