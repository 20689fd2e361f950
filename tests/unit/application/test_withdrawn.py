"""What is handed over is true then: retracted items leave what waits, and Date is the attempt's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import HOUR, MONDAY, WEEK, digest
from tests.desk import Desk, Postbox, staff
from tests.unit.application.test_deliver import copies, date_of, tally, undated
from tidings.application import deliveries
from tidings.application.edit import retract, undo_retract
from tidings.errors import DeliveryError, ReplyLost
from tidings.model import Choice, DeliveryState, Recipient, RecipientState
from tidings.state.deliveries import DeliveryFilter

ANA, BOB = "ana@x.example", "bob@x.example"
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
LATER = DeliveryError("451 greylisted", permanent=False)
LOST = ReplyLost("no answer after the message")


@pytest.fixture(autouse=True)
def an_edition(desk: Desk) -> None:
    """An edition with a boat and a port, opened for Ana, and for Bob, who follows boats."""
    desk.digests = (digest(),)
    desk.lists = staff(ANA, Recipient(BOB, topics=("boats",)))
    desk.file("a.txt", BOAT, PORT)
    desk.announce()


def take_back(desk: Desk, title: str) -> int:
    """Retract an item; returns how many messages wait with it."""
    slug = desk.items()[title].slug
    return retract(desk.store, desk.editor(MONDAY, reason="It sank"), slug).waiting


def subjects(box: Postbox, address: str) -> list[bytes]:
    return [each.split(b"Subject: ")[1].split(b"\r\n")[0] for each in copies(box, address)]


def news(desk: Desk, title: str = "A ferry") -> None:
    desk.file("b.txt", f"2026-01-08 | {title} | It sails.", now=MONDAY + WEEK)


@pytest.mark.parametrize("tried", [False, True])
def test_a_retracted_item_leaves_body_and_subject_of_mail_that_waits(
    desk: Desk, *, tried: bool
) -> None:
    box = Postbox(refusing={ANA: LATER, BOB: LATER} if tried else {})
    if tried:
        desk.deliver(box)
    box.kept.clear()
    box.refusing.clear()
    assert take_back(desk, "A boat") == 2
    report = desk.deliver(box, MONDAY + HOUR)
    assert (report.sent, report.waiting) == (1, 0)
    assert box.to(ANA) == ["new A port"]
    assert subjects(box, ANA) == [b"A port and 0 more"]
    assert (box.to(BOB), tally(desk)) == ([], {"sent": 1, "empty": 1})
    assert take_back(desk, "A port") == 0, "nothing waits any more"


def test_a_retracted_item_leaves_mail_of_a_digest_that_became_part_of_another(desk: Desk) -> None:
    old = desk.digests[0]
    desk.digests = (replace(old, slug="bulletin", title="Bulletin", merged=(old.slug,)),)
    take_back(desk, "A boat")
    box = Postbox()
    report = desk.deliver(box)
    assert (report.sent, report.waiting) == (1, 0)
    assert box.to(ANA) == ["new A port"]
    assert tally(desk) == {"sent": 1, "empty": 1}


def test_who_never_had_the_retracted_item_is_not_told_of_it_and_gets_it_once_it_is_back(
    desk: Desk,
) -> None:
    take_back(desk, "A boat")
    desk.deliver(Postbox())
    news(desk)
    assert desk.mail(MONDAY + WEEK) == {ANA: "new A ferry"}
    slug = desk.items()["A boat"].slug
    undo_retract(desk.store, desk.editor(MONDAY + WEEK), slug)
    news(desk, "A canoe")
    assert "new A boat" in desk.mail(MONDAY + 2 * WEEK)[BOB]


def test_of_two_retracted_one_after_the_other_both_leave(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LATER, BOB: LATER})
    take_back(desk, "A boat")
    desk.deliver(box)
    take_back(desk, "A port")
    box.refusing.clear()
    box.kept.clear()
    desk.deliver(box, MONDAY + HOUR)
    assert box.kept == []
    assert tally(desk) == {"empty": 2}


def test_a_message_that_tells_of_a_retraction_goes_on_telling_of_it(desk: Desk) -> None:
    desk.deliver(Postbox())
    take_back(desk, "A boat")
    desk.announce(MONDAY + WEEK)
    box = Postbox()
    desk.deliver(box, MONDAY + WEEK)
    assert box.to(ANA) == box.to(BOB) == ["corrected A boat"]


def test_a_correction_of_what_is_retracted_since_is_told_no_more(desk: Desk) -> None:
    desk.deliver(Postbox())
    desk.file("a.txt", "2026-01-05 | A boat | It floated.", PORT, now=MONDAY + WEEK)
    news(desk)
    desk.announce(MONDAY + WEEK)
    take_back(desk, "A boat")
    box = Postbox()
    desk.deliver(box, MONDAY + WEEK)
    assert (box.to(ANA), box.to(BOB)) == (["new A ferry"], [])
    news(desk, "A canoe")
    assert desk.mail(MONDAY + 2 * WEEK) == {
        ANA: "new A canoe\ncorrected A boat",
        BOB: "corrected A boat",
    }


# --- What may have arrived ------------------------------------------------------------------------


def test_what_may_have_arrived_goes_again_with_its_bytes_and_its_date(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LOST})
    desk.deliver(box)
    desk.render = lambda name, context: "a quite other template"
    box.refusing.clear()
    desk.deliver(box, MONDAY + timedelta(hours=9))
    first, second = copies(box, ANA)
    assert first == second
    assert date_of(first) == MONDAY


def test_a_message_put_off_after_it_was_in_doubt_keeps_its_date(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LOST})
    desk.deliver(box)
    box.refusing[ANA] = LATER
    desk.deliver(box, MONDAY + timedelta(hours=9))
    box.refusing.clear()
    desk.deliver(box, MONDAY + timedelta(hours=40))
    assert len(set(copies(box, ANA))) == 1


def test_what_may_have_arrived_with_an_item_retracted_since_is_sent_no_more(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LOST, BOB: LOST})
    desk.deliver(box)
    take_back(desk, "A boat")
    box.refusing.clear()
    box.kept.clear()
    desk.deliver(box, MONDAY + timedelta(hours=9))
    assert (box.kept, tally(desk)) == ([], {"in doubt": 2})
    news(desk)
    assert desk.mail(MONDAY + WEEK) == {
        ANA: "new A ferry\nnew A port\ncorrected A boat",
        BOB: "corrected A boat",
    }


def test_what_may_have_arrived_is_never_superseded_and_its_items_count_as_had(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LOST})
    desk.deliver(box)
    news(desk)
    box.refusing.clear()
    desk.announce(MONDAY + HOUR)
    desk.deliver(box, MONDAY + timedelta(hours=9))
    ids = [each.split(b"Message-ID: ")[1].split(b"\r\n")[0] for each in copies(box, ANA)]
    assert box.to(ANA) == ["new A boat\nnew A port"] * 2 + ["new A ferry"]
    assert (ids[0] == ids[1], len(set(ids))) == (True, 2)


@pytest.mark.parametrize("state", [RecipientState.PAUSED, RecipientState.LEFT])
def test_who_stops_while_mail_is_in_doubt_counts_as_having_had_it(
    desk: Desk, state: RecipientState
) -> None:
    desk.deliver(Postbox(refusing={ANA: LOST}))
    with desk.store.writing() as write:
        write.choices.save(Choice("weekly", ANA, MONDAY, state))
    desk.deliver(Postbox(), MONDAY + timedelta(hours=9))
    assert tally(desk)["in doubt"] == 1


def test_what_was_in_doubt_until_its_edition_expired_counts_as_had(desk: Desk) -> None:
    desk.deliver(Postbox(refusing={ANA: LOST}))
    desk.deliver(Postbox(), MONDAY + 3 * WEEK)
    assert tally(desk)["in doubt"] == 1
    news(desk)
    assert desk.mail(MONDAY + 3 * WEEK)[ANA] == "new A ferry"


def test_what_an_operator_sends_again_out_of_doubt_is_the_same_message(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LOST})
    desk.deliver(box)
    with desk.store.writing() as state:
        state.deliveries.doubt(MONDAY, "held")
    wanted = DeliveryFilter(states=(DeliveryState.IN_DOUBT,))
    deliveries.retry(desk.store, wanted, MONDAY + HOUR, WEEK)
    box.refusing.clear()
    desk.deliver(box, MONDAY + HOUR)
    assert len(set(copies(box, ANA))) == 1


def test_a_message_tried_four_days_later_has_the_date_of_that_day(desk: Desk) -> None:
    box = Postbox(refusing={ANA: LATER})
    desk.deliver(box)
    box.refusing.clear()
    desk.deliver(box, MONDAY + timedelta(days=4))
    first, second = copies(box, ANA)
    assert date_of(second) - date_of(first) == timedelta(days=4)
    assert undated(first) == undated(second)
