"""What the state names and the configuration no longer has: it holds up nobody's mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring
from tidings.model import Choice, RecipientState
from tidings.state.deliveries import DeliveryFilter

DIGESTS, RECIPIENTS = "config/digests.yaml", "config/recipients.yaml"
WEEKLY = """
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail"""
BOATS = """
  boats:
    title: Boats every day
    topics: [boats]
    cadence: {every: day, at: "07:00"}
    lists: [crew]"""
GERMAN = 'msgid ""\nmsgstr "Language: de\\nContent-Type: text/plain; charset=UTF-8\\n"\n'


@pytest.fixture
def waiting(tmp_path: Path) -> Pressroom:
    """An instance with mail of two digests that waits, for lists, for who joined, in German."""
    room = pressroom(tmp_path)
    room.write("templates/locale/de.po", GERMAN)
    room.edit(RECIPIENTS, "start: everything", "start: everything, language: de")
    room.edit(DIGESTS, '"07:00"}', '"07:00"}\n    history: mail')
    instance = wiring.load_instance(room.root, room.environ)
    store = wiring.open_state(instance)
    try:
        with store.writing() as state:
            for slug in ("weekly", "boats"):
                for name, topics in (("joao", None), ("maria", ("boats",))):
                    address, active = f"{name}@example.org", RecipientState.ACTIVE
                    choice = Choice(slug, address, room.now, active, joined=True, topics=topics)
                    state.choices.save(choice)
        services = wiring.services(instance, store, wiring.clock(room.now))
        run_cycle(services, "now", with_delivery=False)
    finally:
        store.close()
    return room


def reasons(room: Pressroom) -> dict[str, set[str]]:
    """What the ledger says of the deliveries of each digest."""
    instance = wiring.load_instance(room.root, room.environ)
    with wiring.look_at_state(instance) as store, store.reading() as state:
        found: dict[str, set[str]] = {}
        for entry in state.deliveries.find(DeliveryFilter()):
            state_of, detail = entry.delivery.state.value, entry.delivery.detail
            words = state_of if state_of == "sent" else f"{state_of}: {detail}"
            found.setdefault(entry.edition.digest, set()).add(words)
        return found


@pytest.mark.parametrize(
    ("gone", "new"),
    [("weekly", ""), ("weekly", WEEKLY.replace("  weekly:", "  monday:")), ("boats", "")],
    ids=["taken out", "renamed", "the other taken out"],
)
def test_mail_of_a_digest_that_is_gone_is_closed_and_other_mail_goes(
    waiting: Pressroom, gone: str, new: str
) -> None:
    old = {"weekly": WEEKLY, "boats": BOATS.replace('"07:00"}', '"07:00"}\n    history: mail')}
    waiting.edit(DIGESTS, old[gone], new)
    report = waiting.run()
    assert report.errors == []
    assert (report.delivered.orphaned, report.delivered.waiting) == ({gone: 5}, 0)
    kept = "boats" if gone == "weekly" else "weekly"
    found = reasons(waiting)
    assert found[gone] == {f"suppressed: the configuration has no digest {gone} any more"}
    assert found[kept] == {"sent"}
    assert waiting.run().delivered.orphaned == {}


def test_all_digests_may_go(waiting: Pressroom) -> None:
    waiting.write(DIGESTS, "digests: {}\n")
    report = waiting.run()
    assert (report.errors, report.delivered.sent, report.delivered.waiting) == ([], 0, 0)
    assert report.delivered.orphaned == {"weekly": 5, "boats": 5}


def test_a_topic_that_is_gone_holds_up_no_mail(waiting: Pressroom) -> None:
    waiting.edit("config/topics.yaml", "  boats:\n    title: Boats\n    any: [boat, ferry]\n", "")
    waiting.edit(DIGESTS, "topics: [boats]", "topics: [quay]")
    waiting.edit(RECIPIENTS, "topics: [boats]", "topics: [quay]")
    report = waiting.run()
    assert (report.errors, report.delivered.sent, report.delivered.waiting) == ([], 10, 0)


def test_a_language_that_is_gone_holds_up_no_mail(waiting: Pressroom) -> None:
    (waiting.root / "templates/locale/de.po").unlink()
    waiting.edit(RECIPIENTS, ", language: de", "")
    report = waiting.run()
    assert (report.errors, report.delivered.sent, report.delivered.waiting) == ([], 10, 0)


def test_a_list_that_is_gone_holds_up_nobody_who_joined(waiting: Pressroom) -> None:
    text = (waiting.root / DIGESTS).read_text()
    waiting.write(DIGESTS, text.replace("    lists: [crew]\n", ""))
    waiting.write(RECIPIENTS, "lists: {}\n")
    report = waiting.run()
    assert (report.errors, report.delivered.sent, report.delivered.waiting) == ([], 4, 0)


def test_a_source_that_is_gone_holds_up_no_mail(waiting: Pressroom) -> None:
    (waiting.root / "seeds/may.txt").unlink()
    settings = (waiting.root / "config/tidings.yaml").read_text()
    waiting.write("config/tidings.yaml", f"{settings}sources: [{{path: seeds/*.csv}}]\n")
    report = waiting.run()
    assert (report.errors, report.delivered.sent, report.delivered.waiting) == ([], 10, 0)
