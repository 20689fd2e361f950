"""The next edition as somebody would get it, and a test message: nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from pathlib import Path
from secrets import token_hex

import pytest

from tests.pressroom import Pressroom, pressroom, traces
from tidings.application import subscribe
from tidings.application.preview import Preview, as_test, parts, people_of, preview, send_test
from tidings.core.tokens import Joining
from tidings.entrypoints import wiring
from tidings.errors import DeliveryError, TemplateError
from tidings.model import Envelope, RecipientState


@dataclass
class Box:
    """A transport that keeps what it is given, or refuses all of it."""

    refusing: bool = False
    kept: list[tuple[Envelope, bytes]] = field(default_factory=list)
    closed: int = 0

    def connect(self) -> Box:
        """The box itself."""
        return self

    def close(self) -> None:
        """Counted."""
        self.closed += 1

    def send(self, envelope: Envelope, message: bytes) -> str:
        """Keep it."""
        if self.refusing:
            raise DeliveryError("550 no such user", permanent=True)
        self.kept.append((envelope, message))
        return "250 kept"


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    return pressroom(tmp_path)


@contextmanager
def untouched(room: Pressroom) -> Iterator[None]:
    before = traces(room.root)
    yield
    assert traces(room.root) == before


def look(
    room: Pressroom, address: str = "", *, digest: str = "weekly", again: bool = False
) -> Preview:
    """The preview of a digest for an address, or for nobody in particular."""
    instance = wiring.load_instance(room.root, room.environ)
    settings = instance.settings
    chosen = next(each for each in settings.digests if each.slug == digest)
    people = {person.address: person for people in settings.lists.values() for person in people}
    with (
        untouched(room),
        wiring.dry_run(instance, wiring.clock(room.now)) as (services, _),
    ):
        return preview(services, chosen, people.get(address), again=again)


def send(room: Pressroom, box: Box, address: str = "me@example.net") -> Preview:
    instance = wiring.load_instance(room.root, room.environ)
    chosen = next(each for each in instance.settings.digests if each.slug == "weekly")
    stranger = replace(instance, environ={"TIDINGS_SECRET_KEY": token_hex(32)})
    with (
        untouched(room),
        wiring.dry_run(stranger, wiring.clock(room.now)) as (services, _),
    ):
        return send_test(services, box, chosen, address)


def text(found: Preview) -> str:
    assert found.message is not None
    return parts(found.message).text


# --- Preview -------------------------------------------------------------------------------------


def test_before_the_first_run_it_shows_what_the_listings_would_bring(room: Pressroom) -> None:
    found = look(room)
    assert found.outcome == "next"
    assert "The ferry is back" in text(found)
    assert "Swimming lessons begin" in text(found)


def test_it_shows_somebody_what_they_follow_under_their_address(room: Pressroom) -> None:
    found = look(room, "rui@example.org")
    assert "The ferry is back" in text(found)
    assert "Swimming lessons begin" not in text(found)
    assert found.message is not None
    assert message_from_bytes(found.message, policy=policy.default)["To"] == "rui@example.org"


def test_it_is_the_message_that_is_sent_then_but_for_its_message_id(room: Pressroom) -> None:
    room.run()
    found = look(room, "ana@example.org")
    room.run("now")
    (sent,) = (room.root / "outbox" / "weekly").rglob("*ana*.eml")

    def without_id(message: bytes) -> list[bytes]:
        return [line for line in message.split(b"\r\n") if not line.startswith(b"Message-ID")]

    assert found.message is not None
    assert without_id(found.message) == without_id(sent.read_bytes())


@pytest.mark.parametrize("address", ["", "ana@example.org"])
def test_where_nothing_is_new_a_specimen_of_the_newest_items_is_marked_as_one(
    room: Pressroom, address: str
) -> None:
    room.run("now")
    found = look(room, address)
    assert found.outcome == "specimen"
    assert found.message is not None
    shown = parts(found.message)
    assert shown.subject == "[Specimen] Harbour weekly: The ferry is back"
    told = "This is a specimen, made of the newest items,"
    assert shown.text.startswith(told)
    assert told in shown.html
    assert shown.html.index(told) < shown.html.index("Harbour weekly</h1>")
    assert "Swimming lessons begin" in shown.text
    assert "/digests/weekly/" not in shown.text, "a specimen has no page on the web"


def test_a_new_site_that_skips_history_has_a_specimen_to_show(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "history: mail", "history: skip")
    for again in (False, True):
        assert look(room, again=again).outcome == "specimen"
    room.run()
    assert look(room, "rui@example.org").outcome == "specimen"
    assert "Swimming lessons begin" not in text(look(room, "rui@example.org"))


def test_a_specimen_of_a_topic_without_items_shows_those_that_there_are(room: Pressroom) -> None:
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [submarine]")
    room.run("now")
    found = look(room, digest="boats")
    assert found.outcome == "specimen"
    assert "The ferry is back" in text(found)


def test_a_specimen_speaks_the_language_of_its_reader(room: Pressroom) -> None:
    room.edit("config/recipients.yaml", "topics: [boats]", "language: es")
    room.run("now")
    found = look(room, "rui@example.org")
    assert found.message is not None
    shown = parts(found.message)
    assert shown.subject.startswith("[Muestra] ")
    assert shown.text.startswith("Esto es una muestra")


def test_a_specimen_is_marked_whatever_templates_make_it(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "history: mail", "template: own")
    room.write("templates/own/subject.txt.j2", "News")
    room.write("templates/own/body.txt.j2", "All the news")
    room.write("templates/own/body.html.j2", "<html><BODY>\n<p>All the news</p></BODY></html>")
    room.run()
    found = look(room)
    assert found.message is not None
    shown = parts(found.message)
    assert shown.subject == "[Specimen] News"
    assert shown.text.startswith("This is a specimen")
    assert "This is a specimen" in shown.html


def test_without_any_item_there_is_nothing_to_show(room: Pressroom) -> None:
    (room.root / "seeds/may.txt").unlink()
    assert look(room) == Preview("nothing")
    box = Box()
    assert send(room, box) == Preview("nothing")
    assert box.kept == []


def test_who_joined_by_themselves_is_shown_their_mail(room: Pressroom) -> None:
    room.run()
    joining = Joining("weekly", "zoe@example.org", ("quay",), None, room.now)
    room.decide(lambda store, _secret: subscribe.confirm(store, joining, room.now))
    room.write("seeds/more.txt", "9 May, 2026\n\nThe quay is wet\n\nIt rained.\n")
    instance = wiring.load_instance(room.root, room.environ)
    chosen = next(each for each in instance.settings.digests if each.slug == "weekly")
    with wiring.dry_run(instance, wiring.clock(room.now)) as (services, _):
        people = {person.address: person for person in people_of(services, chosen)}
        found = preview(services, chosen, people["zoe@example.org"])
    assert found.outcome == "next"
    assert "The quay is wet" in text(found)
    assert "Swimming lessons begin" not in text(found)


def test_who_is_paused_or_has_left_is_told_apart(room: Pressroom) -> None:
    room.edit("config/recipients.yaml", "topics: [boats]", "paused: true")
    room.run()
    assert look(room, "rui@example.org").outcome == "paused"
    instance = wiring.load_instance(room.root, room.environ)
    store = wiring.open_state(instance)
    with store.writing() as state:
        state.people.mark("ana@example.org", RecipientState.LEFT, room.now, "")
    store.close()
    assert look(room, "ana@example.org").outcome == "left"


def test_what_is_open_and_waits_is_shown_as_that(room: Pressroom) -> None:
    room.write("templates/digest/body.txt.j2", "{{ mial }}")
    room.run("now")
    (room.root / "templates/digest/body.txt.j2").unlink()
    found = look(room, "ana@example.org")
    assert found.outcome == "waiting"
    assert "The ferry is back" in text(found)


def test_where_nothing_is_new_the_latest_edition_can_stand_in(room: Pressroom) -> None:
    room.run("now")
    room.pass_days(1)
    found = look(room, again=True)
    assert found.outcome == "again"
    assert "The ferry is back" in text(found)
    assert "Swimming lessons begin" in text(found)


def test_a_broken_template_is_named(room: Pressroom) -> None:
    room.write("templates/digest/body.html.j2", "{% if %}")
    with pytest.raises(TemplateError, match=r"body\.html\.j2"):
        look(room)


# --- Test messages -------------------------------------------------------------------------------


def test_a_test_goes_to_one_address_and_is_marked(room: Pressroom) -> None:
    box = Box()
    sent = send(room, box)
    assert sent.edition
    assert (sent.outcome, sent.reply, sent.edition.number) == ("next", "250 kept", 1)
    ((envelope, message),) = box.kept
    assert (envelope.recipient, envelope.sender) == ("me@example.net", "office@harbour.example.org")
    read = message_from_bytes(message, policy=policy.default)
    assert read["Subject"].startswith("[Test] ")
    assert read["To"] == "me@example.net"
    assert read["X-Tidings-Test"]
    assert "List-Unsubscribe" not in read
    assert box.closed == 1


def test_a_test_has_a_message_id_that_no_other_message_has(room: Pressroom) -> None:
    room.environ["TIDINGS_SECRET_KEY"] = "a key that everybody knows"
    box = Box()
    send(room, box, "ana@example.org")
    send(room, box, "ana@example.org")
    room.run("now")
    messages = [message for _, message in box.kept]
    messages += [path.read_bytes() for path in (room.root / "outbox").rglob("*.eml")]
    ids = [message_from_bytes(message)["Message-ID"] for message in messages]
    assert len(ids) == len(set(ids)) == 5


def test_a_test_to_a_reader_is_the_whole_edition_and_takes_nothing_from_them(
    room: Pressroom,
) -> None:
    box = Box()
    send(room, box, "rui@example.org")
    assert "Swimming lessons begin" in parts(box.kept[0][1]).text
    room.run("now")
    assert room.messages()["rui@example.org"] == 1


def test_after_an_edition_a_test_shows_it_once_more_and_before_any_a_specimen(
    room: Pressroom,
) -> None:
    room.edit("config/digests.yaml", "history: mail", "history: skip")
    room.run()
    box = Box()
    assert send(room, box).outcome == "specimen"
    assert parts(box.kept[0][1]).subject.startswith(
        "[Test] [Specimen] Harbour weekly: The ferry is back"
    )
    room.write("seeds/more.txt", "9 May, 2026\n\nA boat without a captain\n\nIt was found.\n")
    room.run("now")
    sent = send(room, Box())
    assert sent.outcome == "again"


def test_a_test_that_is_refused_says_so_and_leaves_the_connection_closed(room: Pressroom) -> None:
    box = Box(refusing=True)
    with pytest.raises(DeliveryError, match="550"):
        send(room, box)
    assert box.closed == 1


MESSAGE = (
    b"From: a@example.org\r\n"
    b"List-Unsubscribe: <https://news.example.org/leave?token=1>,\r\n"
    b" <mailto:leave@example.org>\r\n"
    b"list-unsubscribe-post: List-Unsubscribe=One-Click\r\n"
    b"Subject: News\r\n"
    b"\r\n"
    b"List-Unsubscribe: this line is text\r\n"
)


def test_it_says_so_in_a_header_and_names_no_way_off_a_list() -> None:
    read = message_from_bytes(as_test(MESSAGE), policy=policy.default)
    assert read["X-Tidings-Test"]
    assert (read["List-Unsubscribe"], read["List-Unsubscribe-Post"]) == (None, None)
    assert (read["From"], read["Subject"]) == ("a@example.org", "News")


def test_its_body_is_left_as_it_is() -> None:
    assert as_test(MESSAGE).endswith(
        b"\r\nSubject: News\r\n\r\nList-Unsubscribe: this line is text\r\n"
    )


def test_the_last_header_may_be_the_one_that_goes() -> None:
    assert as_test(b"A: b\r\nList-Unsubscribe: <x>\r\n\r\nbody").endswith(b"\r\nA: b\r\n\r\nbody")
