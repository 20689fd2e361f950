"""The live preview: what it shows of an instance that is being written, whom it answers."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fork_server import call
from tests.pressroom import FILES, SUNDAY, Pressroom, pressroom, traces
from tidings.entrypoints import wiring
from tidings.entrypoints.preview_server import app
from tidings.entrypoints.preview_server.app import PreviewWatcher, running
from tidings.entrypoints.preview_server.mail import in_scheme
from tidings.entrypoints.preview_server.page import Choice

BROKEN = FILES["config/topics.yaml"].replace("any: [quay]", "anny: [quay]")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    text: str


class Page:
    """The live preview of a pressroom, over HTTP."""

    def __init__(self, room: Pressroom, address: str, watch: PreviewWatcher) -> None:
        self.room = room
        self.place = urlsplit(address).netloc
        self._watch = watch

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        with closing(HTTPConnection(self.place, timeout=20)) as connection:
            connection.request(method, path, headers={"Host": self.place, **headers})
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read().decode())

    @contextmanager
    def events(self, after: int, **headers: str) -> Iterator[Iterator[str]]:
        """The lines of the page's own events, from the first that comes."""
        headers["Host"] = self.place
        with closing(HTTPConnection(self.place, timeout=20)) as connection:
            connection.request("GET", f"/events?after={after}", headers=headers)
            with connection.getresponse() as got:
                yield (line.decode() for line in iter(got.readline, b""))

    def get(self, path: str = "/") -> str:
        answer = self.ask(path)
        assert answer.status == 200
        return answer.text

    def words(self, path: str = "/") -> str:
        """The page without its markup."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.get(path))).split())

    def save(self, path: str, said: str) -> None:
        """Save a file and wait until the page has followed."""
        self.room.write(path, said)
        self.settle()

    def settle(self) -> None:
        """Wait, by the page's own events, until it shows all there is to say of the files."""
        after = 0
        while not self._settled():
            with self.events(after) as lines:
                after = int(next(line for line in lines if line.startswith("data:"))[5:])

    def _settled(self) -> bool:
        state = self._watch._state
        return bool(state and state.checked and self._watch._stamps == self._watch._look())


@contextmanager
def opened(room: Pressroom) -> Iterator[Page]:
    watch = PreviewWatcher(room.root, {}, wiring.clock(SUNDAY))
    with running(watch, "127.0.0.1", 0) as address:
        found = Page(room, address, watch)
        found.settle()
        yield found


@pytest.fixture(autouse=True)
def no_waiting_for_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """How soon it looks again is for editors; what it sees then is what is tested here."""
    monkeypatch.setattr(app, "LOOK_EVERY", 0.01)


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page on files that nobody saves."""
    with opened(pressroom(tmp_path_factory.mktemp("resting"))) as found:
        yield found


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with opened(pressroom(tmp_path)) as found:
        yield found


def test_topics_stand_with_their_counts_and_the_items_with_marked_words(resting: Page) -> None:
    said = resting.get("/?topic=quay")
    assert 'href="/?tab=topics&amp;topic=quay&amp;view=phone#m" aria-current="true">The qu' in said
    assert '<h2 class="rubric" id="m">The quay</h2>' in said
    assert "She lies at the <mark>quay</mark>." in said
    assert "Boats 1 item The quay 1 item In no topic 1 item" in resting.words("/?tab=topics")


def test_each_term_says_how_many_items_it_brings(page: Page) -> None:
    lines = "any:\n      - ferry\n      - canoe\n"
    page.save(
        "config/topics.yaml", FILES["config/topics.yaml"].replace("any: [boat, ferry]", lines)
    )
    assert "- ferry 1 item 7 - canoe none" in page.words("/?topic=boats")


def test_rule_tests_say_whether_they_pass(page: Page) -> None:
    page.room.edit("config/topics.yaml", "any: [quay]", "any: [quay]\n    tests:\n      match: [A]")
    page.settle()
    assert "match: [A] fails" in page.words("/?topic=quay")


def test_what_is_in_no_topic_can_be_looked_at(resting: Page) -> None:
    assert "Swimming lessons begin" in resting.get("/?topic=-")


def test_a_near_miss_says_what_keeps_it_out(page: Page) -> None:
    said = FILES["config/topics.yaml"].replace("any: [quay]", "any: [ferry]\n    none: [quay]")
    page.save("config/topics.yaml", said)
    assert "Near misses 8 May 2026 The ferry is back kept out by “quay”" in page.words(
        "/?topic=quay"
    )


def test_a_saved_topic_shows_what_it_would_change(page: Page) -> None:
    page.room.run()
    said = FILES["config/topics.yaml"].replace("any: [quay]", "any: [pool]")
    page.save("config/topics.yaml", said)
    shown = page.words("/?topic=quay")
    assert "+1 −1 against what is published" in shown
    assert "7 May 2026 . New with this rule Swimming lessons begin" in shown
    assert "Would leave the topic 8 May 2026 The ferry is back" in shown


def test_a_broken_file_is_told_with_its_line_and_what_was_good_stays(page: Page) -> None:
    page.save("config/topics.yaml", BROKEN)
    shown = page.words()
    assert "1 problem found. Until it is corrected, this page shows the configuration of" in shown
    assert "config/topics.yaml:8:5" in shown
    assert "anny : [quay] ^^^^" in shown
    assert 'unknown setting "anny" ; did you mean "any"?' in shown
    assert "She lies at the quay ." in page.words("/?topic=quay")
    page.save("config/topics.yaml", FILES["config/topics.yaml"])
    assert "problem found" not in page.words()


def test_a_broken_template_is_told_and_the_last_mail_that_could_be_made_stays(page: Page) -> None:
    assert "Harbour weekly" in page.get("/?digest=weekly")
    page.save("templates/digest/body.txt.j2", "{{ nothing }}")
    shown = page.words("/?digest=weekly")
    assert "The message cannot be made." in shown
    assert "Here is the last that could be made." in shown
    assert "<iframe sandbox" in page.get("/?digest=weekly")


def test_a_saved_listing_shows_at_once(page: Page) -> None:
    page.save("seeds/june.txt", "9 June, 2026\n\nA second ferry\n\nShe is new.\n")
    assert "A second <mark>ferry</mark>" in page.get("/?topic=boats")


def test_the_mail_is_the_one_that_a_person_would_get(resting: Page) -> None:
    said = resting.get("/?digest=weekly&to=rui@example.org")
    assert '<option value="rui@example.org" selected>' in said
    frame = re.search(r'<iframe sandbox src="([^"]+)"', said)
    assert frame
    mail = resting.get(html.unescape(frame[1]))
    assert "The ferry is back" in mail
    assert "Swimming lessons begin" not in mail


def test_who_was_added_can_be_chosen_and_who_left_is_not_offered(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.run()
    for words in (["add", "new@example.org", "--digest", "weekly"], ["remove", "rui@example.org"]):
        ran = call(["-C", room.root, "recipients", *words], {})
        assert ran.returncode == 0, ran.stderr
    with opened(room) as page:
        said = page.get("/?digest=weekly&to=new@example.org")
    assert '<option value="new@example.org" selected>' in said
    assert "rui@example.org" not in said


def test_the_mail_in_the_dark_is_dark_whatever_the_browser_prefers(resting: Page) -> None:
    dark, light = (resting.get(f"/mail?digest=weekly&scheme={each}") for each in ("dark", "light"))
    assert dark != light
    assert "prefers-color-scheme" not in dark + light


def test_the_text_part_stands_on_the_page(resting: Page) -> None:
    assert '<pre class="plain"' in resting.get("/?digest=weekly&view=text")


def test_what_is_above_the_tabs_comes_alone_so_that_a_problem_need_not_wait_for_mail(
    resting: Page,
) -> None:
    top = resting.get("/?part=top")
    assert 'data-part="top"' in top
    assert "<main" not in top
    assert "<main" in resting.get("/?part=all")


def tabs(page: Page, path: str = "/") -> tuple[list[str], str]:
    """The names of the tabs as they stand, and the one that is open."""
    said = page.get(path)
    links = re.findall(r'<a id="tab-(\w+)"[^>]*>(.*?)</a>', said)
    [(shown, _)] = re.findall(r'<a id="tab-(\w+)"[^>]* aria-current="page">(.*?)</a>', said)
    assert f'data-tab="{shown}"' in said
    return [re.sub(r"<[^>]+>", "", words) for _, words in links], shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "mail"),
        ("/?tab=nonsense", "mail"),
        ("/?tab=topics", "topics"),
        ("/?tab=problems", "problems"),
        ("/?topic=quay", "topics"),
        ("/?digest=boats", "mail"),
        ("/?tab=mail&topic=quay", "mail"),
    ],
)
def test_without_problems_the_mail_stands_first_and_any_tab_can_be_chosen(
    resting: Page, path: str, shown: str
) -> None:
    assert tabs(resting, path) == (["Mail", "Topics", "Problems"], shown)


def test_problems_stand_first_with_their_number_and_open_unless_a_tab_was_chosen(
    page: Page,
) -> None:
    page.save("config/topics.yaml", BROKEN)
    names = ["Problems (1)", "Mail", "Topics"]
    assert tabs(page) == (names, "problems")
    assert tabs(page, "/?tab=mail") == (names, "mail")
    assert tabs(page, "/?tab=topics") == (names, "topics")
    assert "<title>(1) Mail, preview of Harbour news</title>" in page.get("/?tab=mail")
    assert "1 problem found, in config/topics.yaml:8:5 ." in page.words("/?tab=topics")
    page.save("config/topics.yaml", FILES["config/topics.yaml"])
    assert tabs(page) == (["Mail", "Topics", "Problems"], "mail")


def test_a_mail_that_cannot_be_made_is_a_problem_named_by_its_template(page: Page) -> None:
    page.save("templates/digest/body.txt.j2", "{{ nothing }}")
    assert "Problems (1)" in page.words("/?tab=topics&part=last")
    assert tabs(page) == (["Problems (1)", "Mail", "Topics"], "problems")
    assert "'nothing' is undefined" in html.unescape(page.words())


def test_no_problem_is_said_only_once_all_has_been_looked_at(resting: Page) -> None:
    shown = resting._watch._page
    assert shown
    unchecked = shown.with_state(replace(shown.state, checked=False))
    said = unchecked.render(Choice(tab="problems"), 1).decode()
    assert "No problems found so far" in said
    assert "No problems found</h2>" in resting.get("/?tab=problems")


def test_likely_mistakes_are_named_on_every_tab_and_are_no_problems(page: Page) -> None:
    page.room.edit("config/topics.yaml", "any: [quay]", "any: [quay, =Quay]\n    none: [quay]")
    page.settle()
    for tab in ("mail", "topics", "problems"):
        assert "likely mistake" in page.words(f"/?tab={tab}")
    assert tabs(page) == (["Mail", "Topics", "Problems"], "mail")


def test_each_item_says_in_full_what_puts_it_in_the_topic(page: Page) -> None:
    topics = """
topics:
  boats:
    title: Boats
    any: [ferry, back, quay]
  by-hand:
    title: By hand
    pin: [{slug}]
  all-of-it:
    title: All of it
    source: seeds/may.txt
    after: 2026-05-08
"""
    state = page._watch._state
    assert state
    assert state.last_good
    slug = state.last_good.draft.items[0].slug
    page.save("config/topics.yaml", topics.format(slug=slug))
    assert "Matches “ ferry ” and “ back ” in the title, “ quay ” in the text." in page.words(
        "/?topic=boats"
    )
    assert "Here by source: seeds/may.txt and after: 2026-05-08 , not by its words." in page.words(
        "/?topic=all-of-it"
    )
    assert f"Here by pin: {slug} , not by its words." in page.words("/?topic=by-hand")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:8001", 200),
        ("evil.example.org", 421),
        ("127.0.0.1.example.org", 421),
        ("localhost.example.org:8001", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_only_requests_by_our_own_name_are_answered(resting: Page, host: str, status: int) -> None:
    assert resting.ask("/", Host=host).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(resting: Page, method: str) -> None:
    assert resting.ask("/", method).status == 405


def test_nothing_from_elsewhere_is_loaded_and_a_mail_can_run_nothing(resting: Page) -> None:
    policy = resting.ask("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    framed = resting.ask("/mail?digest=weekly").headers["content-security-policy"]
    assert framed.startswith("sandbox; default-src 'none'")
    assert "script" not in framed
    for link in re.findall(r'(?:src|href)="([^"]+)"', resting.get()):
        assert link.startswith("/")
        assert not link.startswith("//")


def test_a_page_that_stays_open_touches_nothing(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.run()
    before = traces(room.root)
    with opened(room) as found:
        for path in ("/", "/?digest=boats&to=ana@example.org", "/mail?digest=weekly"):
            found.get(path)
        with found.events(0) as lines:
            next(lines)
    assert traces(room.root) == before


def test_without_a_state_none_is_made(resting: Page) -> None:
    resting.get()
    assert not (resting.room.root / "state").exists()


def test_an_instance_that_is_broken_from_the_start_shows_only_the_problem(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    (room.root / "config/topics.yaml").write_text(BROKEN)
    with opened(room) as found:
        shown = found.words()
        assert "There is nothing to show until it is corrected." in shown
        assert "did you mean" in shown
        found.save("config/topics.yaml", FILES["config/topics.yaml"])
        assert "She lies at the" in found.words("/?topic=quay")


def test_ending_does_not_wait_for_pages_that_listen(tmp_path: Path) -> None:
    with ExitStack() as listening:
        with opened(pressroom(tmp_path)) as found:
            lines = listening.enter_context(found.events(0))
            assert next(lines) == "retry: 1000\n"
            before = threading.active_count()
        assert threading.active_count() < before


def test_a_burst_of_saves_ends_with_what_was_saved_last(page: Page) -> None:
    for title in ("One", "Two", "Three"):
        page.room.edit("config/topics.yaml", "title: ", f"title: {title} ")
    page.settle()
    assert "Three Two One Boats" in page.get("/?tab=topics")


def test_who_connects_again_is_told_the_present_number_even_if_it_is_the_same(
    resting: Page,
) -> None:
    with resting.events(0) as lines:
        present = next(line for line in lines if line.startswith("id:"))
    number = int(present[3:])
    with resting.events(number, **{"Last-Event-ID": str(number)}) as lines:
        assert next(line for line in lines if line.startswith("id:")) == present


def test_more_said_of_the_same_files_makes_no_mail_anew(resting: Page) -> None:
    before = resting._watch._page
    assert before
    made = before.mail(Choice())
    assert before.with_state(before.state).mail(Choice()) is made


MAIL = """<html style="color-scheme: light dark"><meta name="color-scheme" content="light dark">
<style>@media (prefers-color-scheme: dark) { p { color: white } }</style>
<style>@media screen and (prefers-color-scheme:light) { p { color: black } }</style>"""


def test_in_the_dark_the_rules_for_the_dark_hold_and_no_others() -> None:
    shown = in_scheme(MAIL, "dark")
    assert "@media (min-width: 0) { p { color: white }" in shown
    assert "@media screen and (max-width: -1px) { p { color: black }" in shown
    assert "prefers-color-scheme" not in shown


def test_in_the_light_it_is_the_other_way_round() -> None:
    shown = in_scheme(MAIL, "light")
    assert "@media (max-width: -1px) { p { color: white }" in shown
    assert 'style="color-scheme: light"' in shown
    assert 'content="light"' in shown


def test_a_list_in_one_line_shows_each_term_with_what_it_brings(page: Page) -> None:
    assert "boat: none, ferry: 1 item" in page.words("/?topic=boats")


def test_the_images_of_the_site_itself_are_shown_in_its_mail(page: Page) -> None:
    picture = page.room.root / "templates/assets/logo.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"PNG")
    page.save(
        "templates/digest/body.html.j2",
        '{% extends "default:digest/body.html.j2" %}{% block signoff %}'
        '<p><img src="https://harbour.example.org/assets/logo.png" alt="Logo">'
        '<img src="https://elsewhere.example.org/spy.png" alt=""></p>{% endblock %}',
    )
    shown = page.get("/mail?digest=weekly")
    assert 'src="data:image/png;base64,UE5H"' in shown
    assert 'src="https://elsewhere.example.org/spy.png"' in shown
