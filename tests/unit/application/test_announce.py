"""Announcing: each period once, each item once, and to everyone exactly what they missed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from tests.builders import HOUR, MONDAY, WEEK, digest, topic
from tests.desk import Desk, Postbox, mail_text, place_of, staff
from tidings.application import edit
from tidings.application.announce import Opened, announce
from tidings.errors import DeliveryError, TemplateError
from tidings.model import Cadence, DeliveryState, Edition, Recipient, RecipientState
from tidings.state import open_store

ANA, BOB = "ana@x.example", "bob@x.example"
PAUSED = RecipientState.PAUSED
ANCHOR = "2026-01-10 | Harbour opens | The harbour is open."
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
LATER = MONDAY + HOUR


@pytest.fixture(autouse=True)
def weekly(desk: Desk) -> None:
    """A weekly digest of everything to Ana, met before there was any news."""
    desk.digests = (digest(),)
    desk.lists = staff(ANA)
    desk.record()
    desk.announce(send="none")


def week(number: int) -> datetime:
    """Monday at nine, so many weeks on."""
    return MONDAY + number * WEEK


def tally(desk: Desk) -> dict[str, int]:
    with desk.store.reading() as state:
        return {each.value: count for each, count in state.deliveries.tally().items()}


def latest(desk: Desk, slug: str = "weekly") -> Edition | None:
    with desk.store.reading() as state:
        return state.editions.latest(slug)


def only(opened: tuple[Opened, ...]) -> Opened:
    (edition,) = opened
    return edition


# --- When ----------------------------------------------------------------------------------------


def test_a_due_edition_is_opened_once_in_its_week(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    opened = only(desk.announce(week(1), send="due"))
    assert (opened.edition.number, opened.edition.period) == (1, "2026-W11")
    assert (opened.items, opened.recipients, opened.superseded) == (1, 1, 0)
    desk.file("b.txt", PORT, now=week(1))
    assert desk.announce(week(1) + HOUR, send="due") == ()
    following = only(desk.announce(week(2), send="due"))
    assert (following.edition.number, following.edition.period, following.items) == (
        2,
        "2026-W12",
        1,
    )


def test_a_digest_first_seen_after_its_hour_waits_for_the_next(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    assert desk.announce(MONDAY, send="due") == ()
    assert desk.announce(week(1) - 2 * HOUR, send="due") == ()
    assert len(desk.announce(week(1), send="due")) == 1


def test_weeks_that_were_missed_are_one_edition_with_everything(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.file("b.txt", PORT, now=week(3))
    opened = only(desk.announce(week(4), send="due"))
    assert (opened.edition.number, opened.edition.period, opened.items) == (1, "2026-W14", 2)
    assert desk.announce(week(4) + HOUR, send="due") == ()


def test_a_week_without_news_passes_without_a_number(desk: Desk) -> None:
    assert desk.announce(week(1), send="due") == ()
    desk.file("a.txt", BOAT, now=week(1))
    assert desk.announce(week(1) + HOUR, send="due") == ()
    opened = only(desk.announce(week(2), send="due"))
    assert (opened.edition.number, opened.edition.period) == (1, "2026-W12")


def test_sending_now_does_not_use_up_the_week(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    manual = only(desk.announce(week(1) - 2 * HOUR))
    assert (manual.edition.number, manual.edition.period) == (1, "manual-1")
    desk.file("b.txt", PORT)
    opened = only(desk.announce(week(1), send="due"))
    assert (opened.edition.number, opened.edition.period, opened.items) == (2, "2026-W11", 1)


def test_sending_now_without_news_opens_nothing_and_uses_up_nothing(desk: Desk) -> None:
    assert desk.announce(week(1)) == ()
    desk.file("a.txt", BOAT)
    assert only(desk.announce(week(1), send="due")).edition.number == 1


def test_sending_now_twice_sends_once(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    assert desk.mail() == {ANA: "new A boat"}
    assert desk.mail() == {}


def test_nothing_is_opened_when_nothing_may_be_sent(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    assert desk.announce(week(1), send="none") == ()
    assert latest(desk) is None


def test_a_clock_set_back_opens_nothing_twice(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.announce(week(2), send="due")
    desk.file("b.txt", PORT)
    assert desk.announce(week(1), send="due") != ()  # a week that was never opened
    desk.file("c.txt", ANCHOR)
    assert desk.announce(week(2) + HOUR, send="due") == ()
    assert desk.announce(week(1) + HOUR, send="due") == ()


def test_digests_do_not_know_of_each_other(desk: Desk) -> None:
    tuesday = Cadence("week", 1, (8, 0))
    desk.digests = (digest(), digest("other", topics=("boats",), cadence=tuesday, title="Other"))
    desk.announce(send="none")
    desk.file("a.txt", BOAT, PORT)
    monday = desk.announce(week(1), send="due")
    assert [(o.edition.digest, o.edition.number, o.items) for o in monday] == [
        ("weekly", 1, 2),
        ("other", 1, 1),  # last Tuesday's: it was met the day before
    ]
    assert [o.edition.period for o in monday] == ["2026-W11", "2026-W10"]


def test_two_that_race_for_one_period_open_one_edition(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    place = place_of(desk.root)
    stores = [open_store(place), open_store(place)]
    start = threading.Barrier(2)
    opened: list[Opened | None] = []

    def open_it(number: int) -> None:
        start.wait(5)
        joined = desk.services(store=stores[number])
        opened.append(announce(joined, desk.digests[0], "due", week(1)))

    threads = [threading.Thread(target=open_it, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert [each is None for each in opened].count(True) == 1
    assert tally(desk) == {"queued": 1}


def test_an_edition_whose_subject_cannot_be_made_leaves_no_trace(desk: Desk) -> None:
    desk.file("a.txt", BOAT)

    def broken(*_: object) -> str:
        raise TemplateError("subject.txt.j2:1: no")

    desk.render = broken
    with pytest.raises(TemplateError):
        desk.announce(week(1), send="due")
    desk.render = mail_text
    assert latest(desk) is None
    assert tally(desk) == {}
    opened = only(desk.announce(week(1), send="due"))
    assert (opened.edition.number, opened.edition.period, opened.items) == (1, "2026-W11", 1)


# --- What: new, late and back-dated --------------------------------------------------------------


def test_an_item_is_announced_once_and_only_once(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    assert desk.mail(week(1)) == {ANA: "new A boat"}
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port"}
    assert desk.mail(week(3)) == {}


def test_late_and_back_dated_items_go_out(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.file("b.txt", "1999-12-31 | An old boat | It sank.", now=week(1))
    assert desk.mail(week(2)) == {ANA: "new An old boat"}


def test_items_in_no_topic_are_news_to_a_digest_of_everything_only(desk: Desk) -> None:
    desk.digests = (digest(), digest("chosen", topics=("boats", "ports"), lists=("board",)))
    desk.lists = {**staff(ANA), "board": (Recipient(BOB),)}
    desk.announce(send="none")
    desk.file("a.txt", ANCHOR, BOAT)
    assert desk.mail() == {ANA: "new A boat\nnew Harbour opens", BOB: "new A boat"}


def test_an_item_in_two_topics_is_printed_once(desk: Desk) -> None:
    desk.digests = (digest(topics=("boats", "ports")),)
    desk.file("a.txt", "2026-01-05 | A boat in a port | s")
    assert desk.mail() == {ANA: "new A boat in a port"}


# --- History -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("history", "expected"), [("skip", {}), ("mail", {ANA: "new A boat"})])
def test_what_was_known_before_a_digest_was_first_seen(
    desk: Desk, history: str, expected: dict[str, str]
) -> None:
    desk.file("a.txt", BOAT)
    desk.digests = (digest("fresh", history=history),)
    assert desk.mail() == expected
    desk.file("b.txt", PORT)
    assert desk.mail(week(1)) == {ANA: "new A port"}


@pytest.mark.parametrize(("history", "expected"), [("skip", {}), ("mail", {ANA: "new A port"})])
def test_what_was_known_before_a_topic_was_added_to_a_digest(
    desk: Desk, history: str, expected: dict[str, str]
) -> None:
    desk.digests = (digest("chosen", topics=("boats",), history=history),)
    desk.announce(send="none")
    desk.file("a.txt", BOAT, PORT)
    assert desk.mail() == {ANA: "new A boat"}
    desk.digests = (digest("chosen", topics=("boats", "ports"), history=history),)
    assert desk.mail(week(1)) == expected
    desk.file("b.txt", "2026-01-08 | Another port | s", now=week(1))
    assert desk.mail(week(2)) == {ANA: "new Another port"}


@pytest.mark.parametrize("topics", [("boats", "ports"), None])
def test_a_topic_added_loses_nothing_that_is_still_awaited(
    desk: Desk, topics: tuple[str, ...] | None
) -> None:
    desk.digests = (digest("chosen", topics=("boats",), history="skip"),)
    desk.announce(send="none")
    desk.file("a.txt", BOAT, PORT, "2026-01-08 | A boat in a port | s")
    desk.digests = (digest("chosen", topics=topics, history="skip"),)
    assert desk.mail(week(1)) == {ANA: "new A boat\nnew A boat in a port"}


def test_what_is_retracted_while_a_digest_gains_a_topic_is_awaited_or_not_as_before(
    desk: Desk,
) -> None:
    desk.digests = (digest("chosen", topics=("boats",), history="skip"),)
    desk.announce(send="none")
    desk.file("a.txt", ANCHOR, BOAT, PORT)
    slugs = [desk.items()[title].slug for title in ("A boat", "A port")]
    for slug in slugs:
        edit.retract(desk.store, desk.editor(week(1), reason="A hoax."), slug)
    desk.digests = (digest("chosen", topics=("boats", "ports"), history="skip"),)
    assert desk.mail(week(1)) == {}
    for slug in slugs:
        edit.undo_retract(desk.store, desk.editor(week(1) + HOUR), slug)
    assert desk.mail(week(2)) == {ANA: "new A boat"}


def test_topics_in_another_order_are_the_same_topics(desk: Desk) -> None:
    desk.digests = (digest("chosen", topics=("boats", "ports"), history="skip"),)
    desk.announce(send="none")
    desk.file("a.txt", BOAT, PORT)
    desk.digests = (digest("chosen", topics=("ports", "boats"), history="skip"),)
    assert desk.mail() == {ANA: "new A boat\nnew A port"}


def test_a_topic_taken_from_a_digest_stops_bringing_news(desk: Desk) -> None:
    desk.digests = (digest("chosen", topics=("boats", "ports")),)
    desk.announce(send="none")
    desk.file("a.txt", BOAT, PORT)
    desk.digests = (digest("chosen", topics=("boats",)),)
    assert desk.mail() == {ANA: "new A boat"}


# --- Who -----------------------------------------------------------------------------------------


def test_somebody_on_two_lists_gets_one_mail(desk: Desk) -> None:
    desk.digests = (digest(lists=("staff", "board")),)
    desk.lists = {"staff": (Recipient(ANA),), "board": (Recipient("ANA@X.example"), Recipient(BOB))}
    desk.file("a.txt", BOAT)
    assert desk.mail() == {ANA: "new A boat", BOB: "new A boat"}


def test_everyone_gets_the_topics_they_chose_and_who_is_owed_nothing_gets_nothing(
    desk: Desk,
) -> None:
    desk.lists = staff(
        ANA,
        Recipient(BOB, topics=("boats",)),
        Recipient("cat@x.example", topics=("ports", "boats")),
        Recipient("dan@x.example", topics=("ports",)),
    )
    desk.file("a.txt", BOAT, ANCHOR)
    assert desk.mail() == {
        ANA: "new A boat\nnew Harbour opens",
        BOB: "new A boat",
        "cat@x.example": "new A boat",
    }
    assert tally(desk) == {"sent": 3, "empty": 1}


def test_an_edition_that_nobody_wants_is_opened_all_the_same(desk: Desk) -> None:
    desk.lists = {"staff": ()}
    desk.file("a.txt", BOAT)
    assert only(desk.announce()).recipients == 0
    assert desk.announce() == ()


def test_somebody_paused_and_resumed_gets_exactly_what_they_missed_in_one_mail(desk: Desk) -> None:
    desk.lists = staff(ANA, BOB)
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA, Recipient(BOB, state=PAUSED))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port"}
    desk.file("c.txt", ANCHOR, now=week(2))
    assert desk.mail(week(3)) == {ANA: "new Harbour opens"}
    desk.lists = staff(ANA, BOB)
    desk.file("d.txt", "2026-01-09 | A crane | s", now=week(3))
    assert desk.mail(week(4)) == {
        ANA: "new A crane",
        BOB: "new A crane\nnew A port\nnew Harbour opens",
    }


def test_somebody_paused_from_the_start_gets_what_they_missed_since_they_were_listed(
    desk: Desk,
) -> None:
    desk.lists = staff(ANA, Recipient(BOB, state=PAUSED))
    desk.file("a.txt", BOAT)
    assert desk.mail(week(1)) == {ANA: "new A boat"}
    desk.lists = staff(ANA, BOB)
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port", BOB: "new A boat\nnew A port"}


def test_a_newcomer_gets_what_is_new_from_now_on(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA, BOB)
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port", BOB: "new A port"}


def test_a_newcomer_who_asks_for_everything_gets_everything_announced(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA, Recipient(BOB, start="everything"))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port", BOB: "new A boat\nnew A port"}
    desk.file("c.txt", ANCHOR, now=week(2))
    assert desk.mail(week(3)) == {ANA: "new Harbour opens", BOB: "new Harbour opens"}


def test_a_newcomer_who_asks_for_a_span_gets_the_editions_of_that_span(desk: Desk) -> None:
    for number, entry in enumerate([BOAT, PORT, ANCHOR], start=1):
        desk.file(f"{number}.txt", entry, now=week(number))
        desk.mail(week(number))
    desk.lists = staff(ANA, Recipient(BOB, start=timedelta(days=15)))
    desk.file("4.txt", "2026-01-09 | A crane | s", now=week(4))
    assert desk.mail(week(4))[BOB] == "new A crane\nnew A port\nnew Harbour opens"


def test_a_newcomer_alone_opens_no_edition(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA, Recipient(BOB, start="everything"))
    assert desk.mail(week(2)) == {}


def test_what_history_skipped_is_nobody_s_not_even_with_everything(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.digests = (digest("fresh", history="skip"),)
    desk.lists = staff(Recipient(ANA, start="everything"))
    desk.announce(send="none")
    desk.file("b.txt", PORT)
    assert desk.mail(week(1)) == {ANA: "new A port"}


def test_somebody_who_was_off_the_list_and_came_back_starts_anew(desk: Desk) -> None:
    desk.lists = staff(ANA, BOB)
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA)
    desk.file("b.txt", PORT, now=week(1))
    desk.mail(week(2))
    desk.lists = staff(ANA, BOB)
    desk.file("c.txt", ANCHOR, now=week(2))
    assert desk.mail(week(3))[BOB] == "new Harbour opens"


def test_an_address_in_another_case_is_the_same_person(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.mail(week(1))
    desk.lists = staff("Ana@X.Example")
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {"Ana@X.Example": "new A port"}


def test_whoever_chooses_another_topic_later_gets_it_from_then_on(desk: Desk) -> None:
    desk.lists = staff(Recipient(ANA, topics=("boats",)))
    desk.file("a.txt", BOAT, PORT)
    assert desk.mail(week(1)) == {ANA: "new A boat"}
    desk.lists = staff(Recipient(ANA, topics=("boats", "ports")))
    desk.file("b.txt", "2026-01-08 | Another boat | s", now=week(1))
    assert desk.mail(week(2)) == {ANA: "new Another boat"}


def test_an_edited_rule_makes_nothing_mailable_to_those_who_follow_one_topic(desk: Desk) -> None:
    desk.digests = (digest(history="skip"),)
    desk.lists = staff(ANA, Recipient(BOB, topics=("boats",)))
    desk.file("a.txt", BOAT, PORT)
    assert desk.mail(week(1)) == {ANA: "new A boat\nnew A port", BOB: "new A boat"}
    desk.topics = (topic("boats", "boat", "port"), topic("ports", "port"))
    desk.file("b.txt", "2026-01-08 | Another boat | s", now=week(1))
    assert desk.mail(week(2)) == {ANA: "new Another boat", BOB: "new Another boat"}


# --- Corrections ---------------------------------------------------------------------------------


CORRECTED = "2026-01-05 | A boat | It sank."


def test_a_correction_is_told_to_those_who_had_the_old_text_with_the_next_news(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    desk.file("a.txt", ANCHOR, CORRECTED, now=week(1))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port\ncorrected A boat"}
    desk.file("c.txt", "2026-01-09 | A crane | s", now=week(2))
    assert desk.mail(week(3)) == {ANA: "new A crane"}


def test_corrections_alone_open_no_edition(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    desk.file("a.txt", ANCHOR, CORRECTED, now=week(1))
    assert desk.mail(week(2)) == {}
    assert desk.announce(week(2), send="due") == ()


def test_a_correction_before_the_first_mail_is_simply_the_item(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.file("a.txt", ANCHOR, CORRECTED, now=LATER)
    assert desk.mail(week(1)) == {ANA: "new A boat\nnew Harbour opens"}


def test_a_correction_is_news_to_those_who_missed_the_item_and_nothing_to_the_others(
    desk: Desk,
) -> None:
    cat, dan = "cat@x.example", "dan@x.example"
    missed = Recipient(BOB, state=PAUSED)
    ports_only = Recipient(cat, topics=("ports",))
    desk.lists = staff(ANA, BOB, ports_only)
    desk.file("0.txt", "2026-01-04 | A pier | s")
    desk.mail()
    desk.lists = staff(ANA, missed, ports_only)
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    desk.file("a.txt", ANCHOR, CORRECTED, now=week(1))
    desk.file("b.txt", PORT, now=week(1))
    desk.lists = staff(ANA, BOB, ports_only, dan)
    assert desk.mail(week(2)) == {
        ANA: "new A port\ncorrected A boat",
        BOB: "new A boat\nnew A port\nnew Harbour opens",
        cat: "new A port",
        dan: "new A port",
    }


def test_a_correction_that_takes_an_item_out_of_a_topic_is_told_to_its_readers(desk: Desk) -> None:
    desk.lists = staff(Recipient(ANA, topics=("boats",)))
    desk.file("a.txt", ANCHOR, "2026-01-05 | A new boat | s")
    desk.mail(week(1))
    desk.file("a.txt", ANCHOR, "2026-01-05 | A new boar | s", now=week(1))
    desk.file("b.txt", "2026-01-06 | Another boat | s", now=week(1))
    assert desk.mail(week(2)) == {ANA: "new Another boat\ncorrected A new boar"}


def test_of_two_corrections_between_two_mails_only_the_last_is_told(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    for summary in ("It sank.", "It was raised."):
        desk.file("a.txt", ANCHOR, f"2026-01-05 | A boat | {summary}", now=week(1))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port\ncorrected A boat"}


def test_what_was_changed_and_changed_back_between_two_mails_is_told_to_nobody(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    for number, line in enumerate([CORRECTED, BOAT, CORRECTED, BOAT]):
        desk.file("a.txt", ANCHOR, line, now=week(1) + number * HOUR)
    desk.file("b.txt", PORT, now=week(1))
    opened = only(desk.announce(week(2)))
    assert opened.items == 1
    postbox = Postbox()
    desk.deliver(postbox, week(2))
    assert postbox.to(ANA) == ["new A port"]
    desk.file("a.txt", ANCHOR, CORRECTED, now=week(2))
    desk.file("c.txt", "2026-01-09 | A crane | s", now=week(2))
    assert desk.mail(week(3)) == {ANA: "new A crane\ncorrected A boat"}


def test_what_was_changed_back_is_told_to_those_who_had_the_change_alone(desk: Desk) -> None:
    desk.lists = staff(ANA, BOB)
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    desk.lists = staff(ANA, Recipient(BOB, state=PAUSED))
    desk.file("a.txt", ANCHOR, CORRECTED, now=week(1))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port\ncorrected A boat"}
    desk.lists = staff(ANA, BOB)
    desk.file("a.txt", ANCHOR, BOAT, now=week(2))
    desk.file("c.txt", "2026-01-09 | A crane | s", now=week(2))
    assert desk.mail(week(3)) == {
        ANA: "new A crane\ncorrected A boat",
        BOB: "new A crane\nnew A port",
    }


def test_an_item_retracted_and_restored_between_two_mails_is_told_to_nobody_who_did_not_hear(
    desk: Desk,
) -> None:
    often = digest("often", lists=("often",))
    desk.digests = (*desk.digests, often)
    desk.lists = {**desk.lists, "often": (Recipient(BOB),)}
    desk.announce(send="none")
    desk.file("a.txt", ANCHOR, BOAT)
    desk.mail(week(1))
    slug = desk.items()["A boat"].slug
    edit.retract(desk.store, desk.editor(week(1), reason="A hoax."), slug)
    weekly, desk.digests = desk.digests[0], (often,)
    assert desk.mail(week(1) + HOUR) == {BOB: "corrected A boat"}
    desk.digests = (weekly, often)
    edit.undo_retract(desk.store, desk.editor(week(1) + 2 * HOUR), slug)
    desk.file("b.txt", PORT, now=week(1) + 3 * HOUR)
    assert desk.mail(week(2)) == {ANA: "new A port", BOB: "new A port\ncorrected A boat"}


@pytest.mark.parametrize(
    "back",
    ["2026-01-05 | A  BOAT | “It floats.”", "2026-01-05 | A boat\u200b | It\u00ad floats."],
)
def test_what_comes_back_in_another_spelling_is_the_same_again(desk: Desk, back: str) -> None:
    boat = BOAT.replace("It floats.", '"It floats."') if "“" in back else BOAT
    desk.file("a.txt", ANCHOR, boat)
    desk.mail(week(1))
    for number, line in enumerate([CORRECTED, back]):
        desk.file("a.txt", ANCHOR, line, now=week(1) + number * HOUR)
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port"}


def test_a_silent_completion_is_mailed_to_nobody(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "| A boat | It floats.")
    desk.mail(week(1))
    desk.file("a.txt", ANCHOR, "2026-01-05 | A  BOAT | It  floats.", now=week(1))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port"}


# --- What still waits ----------------------------------------------------------------------------


def test_what_still_waits_moves_into_the_next_edition(desk: Desk) -> None:
    desk.lists = staff(ANA, BOB)
    desk.file("a.txt", BOAT)
    desk.announce(week(1))
    desk.file("b.txt", PORT, now=week(1))
    opened = only(desk.announce(week(2)))
    assert opened.superseded == 2
    assert tally(desk) == {"superseded": 2, "queued": 2}
    box = Postbox()
    desk.deliver(box, week(2))
    assert box.to(ANA) == box.to(BOB) == ["new A boat\nnew A port"]


def test_what_was_deferred_moves_into_the_next_edition(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    busy = Postbox(refusing={ANA: DeliveryError("451 come back", permanent=False)})
    desk.mail(week(1), busy)
    assert tally(desk) == {"deferred": 1}
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A boat\nnew A port"}
    assert tally(desk) == {"superseded": 1, "sent": 1}


def test_the_items_of_a_failed_delivery_stay_owed(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    full = Postbox(refusing={ANA: DeliveryError("550 no such user", permanent=True)})
    desk.mail(week(1), full)
    assert tally(desk) == {"failed": 1}
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A boat\nnew A port"}


def test_what_waits_for_somebody_paused_is_not_lost_when_it_is_superseded(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.announce(week(1))
    desk.lists = staff(Recipient(ANA, state=PAUSED))
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {}
    desk.lists = staff(ANA)
    desk.file("c.txt", ANCHOR, now=week(2))
    assert desk.mail(week(3)) == {ANA: "new A boat\nnew A port\nnew Harbour opens"}


def test_another_digest_supersedes_nothing_here(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    desk.announce(week(1))
    desk.digests = (*desk.digests, digest("other"))
    desk.announce(week(1))
    assert tally(desk) == {"queued": 2}


# --- Frozen when opened --------------------------------------------------------------------------


def subjects(desk: Desk, now: datetime) -> dict[str, str]:
    box = Postbox()
    desk.announce(now)
    desk.deliver(box, now)
    return {
        envelope.recipient: message.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
        for envelope, message in box.kept
    }


def test_a_subject_never_names_an_item_that_its_reader_does_not_get(desk: Desk) -> None:
    desk.lists = staff(ANA, Recipient(BOB, topics=("boats",)))
    desk.file("a.txt", BOAT, PORT)
    assert subjects(desk, week(1)) == {ANA: "A port and 1 more", BOB: "A boat and 0 more"}
    corrected = "2026-01-05 | A boat | It sank."
    desk.file("a.txt", corrected, PORT, now=week(1))
    desk.file("b.txt", ANCHOR, now=week(1))
    assert "Harbour" not in subjects(desk, week(2))[BOB]


def test_a_mail_says_what_was_true_when_its_edition_was_opened(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "2026-01-05 | Labour makret | It opened.")
    desk.announce(week(1))
    desk.file("a.txt", ANCHOR, "2026-01-05 | Labour market | It opened.", now=week(1))
    box = Postbox()
    desk.deliver(box, week(1))
    assert box.to(ANA) == ["new Harbour opens\nnew Labour makret"]
    desk.file("b.txt", PORT, now=week(1))
    assert desk.mail(week(2)) == {ANA: "new A port\ncorrected Labour market"}


def test_two_editions_never_share_a_message_id(desk: Desk) -> None:
    desk.lists = staff(ANA, BOB)
    box = Postbox()
    for number, entry in enumerate([BOAT, PORT], start=1):
        desk.file(f"{number}.txt", entry, now=week(number))
        desk.mail(week(number), box)
    ids = [message.split(b"Message-ID: ")[1].split(b"\r\n")[0] for _, message in box.kept]
    assert len(set(ids)) == 4


def test_an_unknown_language_falls_back_to_one_that_mail_speaks(desk: Desk) -> None:
    desk.digests = (digest(language="pt"),)
    desk.lists = staff(Recipient(ANA, language="xx"))
    desk.file("a.txt", BOAT)
    desk.announce(week(1))
    with desk.store.writing() as state:
        (claim,) = state.deliveries.reserve("me", week(1), week(1), 10)
    assert claim.delivery.language == "en"
    assert claim.delivery.state is DeliveryState.QUEUED


def test_an_edition_is_the_same_in_another_process(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    opened = only(desk.announce(week(1)))
    again = open_store(place_of(desk.root))
    with again.reading() as state:
        assert state.editions.latest("weekly") == opened.edition
    again.close()
