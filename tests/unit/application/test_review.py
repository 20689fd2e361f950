"""An edition that is reviewed goes once somebody has approved what they have seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import HOUR, WEEK
from tests.desk import Desk, Hands
from tests.review_office import (
    ANA,
    CHIEF,
    EDITOR,
    FRIDAY,
    RULE,
    SATURDAY,
    SLOT,
    Office,
    weekly,
)
from tidings.application import deliveries
from tidings.application.edit import merge, retract, undo_retract
from tidings.application.pending import overdue
from tidings.application.status import findings, late, look
from tidings.errors import ConfigError, DeliveryError, NotPossible, TransportClosed
from tidings.model import (
    Cadence,
    EditorNote,
    NoteText,
    Problem,
    Recipient,
    ReviewRule,
    ReviewState,
)
from tidings.state.deliveries import DeliveryFilter
from tidings.state.health import LastSeen

MINUTE = timedelta(minutes=1)


@pytest.fixture
def office(desk: Desk) -> Office:
    made = Office(desk)
    made.news("A boat")
    return made


def test_proofs_go_when_the_time_to_ask_comes_and_readers_get_nothing(office: Office) -> None:
    office.cycle(FRIDAY - HOUR)
    assert office.proofs() == []
    office.cycle(FRIDAY)
    office.cycle(FRIDAY + MINUTE)
    assert office.proofs() == [f"{EDITOR} 1", f"{CHIEF} 1"]
    assert office.mail() == []
    assert office.current().due_at == SLOT


def test_what_is_not_approved_has_no_page_no_delivery_and_no_place_in_the_ledger(
    office: Office,
) -> None:
    office.cycle()
    with office.desk.store.reading() as state:
        assert state.editions.issues("weekly") == ()
        assert state.deliveries.find(DeliveryFilter()) == ()
        assert state.editions.announced("weekly") == ()
    office.desk.publish()
    pages = [path for path in office.desk.published() if path.startswith("digests/weekly/")]
    assert not any(path.endswith("1.html") for path in pages)
    assert deliveries.release(office.desk.store, DeliveryFilter()).changed == ()


def test_what_is_approved_goes_at_its_slot_and_not_before(office: Office) -> None:
    office.cycle()
    assert office.decide("approve").outcome == "done"
    office.cycle(SATURDAY)
    assert office.mail() == []
    office.cycle(SLOT)
    office.cycle(SLOT + MINUTE)
    assert office.mail() == ["new A boat"]
    assert office.latest().state is ReviewState.SENT


def test_without_an_approval_it_waits_after_its_slot_and_goes_once_it_is_approved(
    office: Office,
) -> None:
    office.cycle()
    office.cycle(SLOT)
    assert office.mail() == []
    office.now = SLOT + 30 * HOUR
    office.decide("approve")
    office.cycle()
    assert office.mail() == ["new A boat"]


def test_unless_approved_send_sends_at_the_slot_what_the_last_proof_had(office: Office) -> None:
    office.desk.digests = (weekly(replace(RULE, send=True)),)
    office.cycle()
    office.news("A port")
    (step,) = office.cycle(SLOT)
    assert step.unapproved
    assert office.mail() == ["new A boat"]
    office.cycle(FRIDAY + WEEK)
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat", "new A port"]


def test_what_somebody_holds_is_not_sent_though_the_rule_says_send(office: Office) -> None:
    office.desk.digests = (weekly(replace(RULE, send=True)),)
    office.cycle()
    office.decide("hold")
    office.cycle(SLOT)
    assert office.mail() == []


def test_something_new_makes_a_new_proof_and_the_old_one_cannot_be_approved(
    office: Office,
) -> None:
    office.cycle()
    office.news("A port")
    office.cycle(SATURDAY)
    assert office.proofs()[2:] == [f"{EDITOR} 2", f"{CHIEF} 2"]
    assert office.decide("approve", proof=1).outcome == "outdated"
    assert office.decide("skip", proof=1).outcome == "outdated"
    assert office.decide("hold", proof=1).outcome == "done"
    assert office.decide("approve", proof=2).outcome == "done"
    office.cycle(SLOT)
    assert office.mail() == ["new A boat\nnew A port"]


def test_after_the_approval_what_comes_in_waits_for_the_next_edition(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    office.news("A port")
    office.cycle(SATURDAY)
    assert len(office.proofs()) == 2
    office.cycle(SLOT)
    assert office.mail() == ["new A boat"]
    office.cycle(FRIDAY + WEEK)
    office.decide("approve")
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat", "new A port"]


def test_a_correction_after_the_approval_is_told_as_one_by_the_next_edition(
    office: Office,
) -> None:
    office.cycle()
    office.decide("approve")
    office.desk.write("001.txt", "2026-03-01 | A boat | Another text.")
    office.cycle(SATURDAY)
    office.cycle(SLOT)
    office.news("A port")
    office.cycle(FRIDAY + WEEK)
    office.decide("approve")
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat", "new A port\ncorrected A boat"]


def take_back(office: Office, title: str = "A boat") -> None:
    retract(
        office.desk.store, office.desk.editor(office.now, reason="It sank"), _slug(office, title)
    )


def _slug(office: Office, title: str) -> str:
    return office.desk.items()[title].slug


def test_a_retraction_leaves_what_is_approved(office: Office) -> None:
    office.news("A port")
    office.cycle()
    office.decide("approve")
    take_back(office)
    office.cycle(SLOT)
    assert office.mail() == ["new A port"]


def test_a_retraction_that_was_undone_leaves_nothing_out(office: Office) -> None:
    office.news("A port")
    office.cycle()
    office.decide("approve")
    take_back(office)
    undo_retract(office.desk.store, office.desk.editor(office.now), _slug(office, "A boat"))
    office.cycle(SLOT)
    assert office.mail() == ["new A boat\nnew A port"]


def test_an_edition_of_which_everything_was_retracted_does_not_go(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    take_back(office)
    office.cycle(SLOT)
    assert office.mail() == []
    assert office.latest().state is ReviewState.DROPPED
    office.news("A port")
    office.cycle(SLOT + HOUR)
    assert len(office.proofs()) == 2


def test_a_retraction_before_the_approval_makes_a_new_proof(office: Office) -> None:
    office.news("A port")
    office.cycle()
    take_back(office)
    office.cycle(SATURDAY)
    assert [len(office.current().proof.contents), len(office.proofs())] == [1, 4]


def test_what_was_merged_into_another_after_the_approval_goes_as_that_one(office: Office) -> None:
    office.news("The boat")
    office.cycle()
    office.decide("approve")
    merge(
        office.desk.store,
        office.desk.editor(office.now),
        _slug(office, "A boat"),
        _slug(office, "The boat"),
    )
    office.cycle(SLOT)
    assert office.mail() == ["new A boat"]


def test_what_the_digest_had_announced_goes_as_that_when_it_is_merged_after_the_approval(
    office: Office,
) -> None:
    office.desk.digests = (weekly(None),)
    office.cycle(SLOT - WEEK)
    office.desk.digests = (weekly(RULE),)
    office.news("The boat", "A port")
    office.cycle(FRIDAY)
    office.decide("approve")
    merge(
        office.desk.store,
        office.desk.editor(office.now),
        _slug(office, "The boat"),
        _slug(office, "A boat"),
    )
    office.cycle(SLOT)
    assert office.mail() == ["new A boat", "new A port"]


def test_what_is_skipped_goes_with_the_next_one(office: Office) -> None:
    office.cycle()
    assert office.decide("skip").outcome == "done"
    office.cycle(SLOT)
    office.cycle(SLOT + HOUR)
    assert office.mail() == []
    office.cycle(FRIDAY + WEEK)
    office.decide("approve")
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat"]
    assert office.decide("approve").outcome == "ended"


def test_what_nobody_approves_is_taken_over_by_the_next_one(office: Office) -> None:
    office.cycle()
    first = office.current()
    office.news("A port")
    office.cycle(SLOT + HOUR)
    office.cycle(FRIDAY + WEEK)
    assert office.current().id != first.id
    office.decide("approve")
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat\nnew A port"]
    assert office.latest().number == first.number


def test_two_who_press_differently_do_not_overrule_each_other_unawares(office: Office) -> None:
    office.cycle()
    assert office.decide("hold", EDITOR, proof=1, seen=0).outcome == "done"
    assert office.decide("approve", CHIEF, proof=1, seen=0).outcome == "crossed"
    assert office.current().state is ReviewState.HELD
    assert office.decide("approve", CHIEF, proof=1, seen=1).outcome == "done"
    assert office.decide("approve", EDITOR, proof=1, seen=1).outcome == "already"
    assert office.decide("skip", EDITOR, proof=1, seen=1).outcome == "crossed"
    told = [(each.verdict, each.by, each.proof) for each in office.current().rulings]
    assert told == [("hold", EDITOR, 1), ("approve", CHIEF, 1)]


def test_holding_takes_an_approval_back_and_what_is_new_is_asked_about_again(
    office: Office,
) -> None:
    office.cycle()
    office.decide("approve")
    office.news("A port")
    office.decide("hold")
    office.cycle(SATURDAY)
    assert office.current().proof.number == 2
    office.cycle(SLOT)
    assert office.mail() == []


def test_a_review_that_is_edited_out_lets_the_edition_go_at_its_slot(office: Office) -> None:
    office.cycle()
    office.desk.digests = (weekly(None),)
    office.cycle(SATURDAY)
    assert office.mail() == []
    office.cycle(SLOT)
    office.cycle(SLOT + HOUR)
    assert office.mail() == ["new A boat"]


def test_what_somebody_holds_stays_so_when_the_review_is_edited_out(office: Office) -> None:
    office.cycle()
    office.decide("hold")
    office.desk.digests = (weekly(None),)
    office.cycle(SLOT)
    assert office.mail() == []
    office.decide("approve")
    office.cycle(SLOT + HOUR)
    assert office.mail() == ["new A boat"]


def test_a_digest_that_is_renamed_keeps_what_waits(office: Office) -> None:
    office.cycle()
    office.desk.digests = (replace(office.digest, name="harbour"),)
    office.decide("approve")
    office.cycle(SLOT)
    assert office.mail() == ["new A boat"]


def test_when_nobody_was_up_reviewers_have_as_long_as_they_would_have_had(
    office: Office,
) -> None:
    office.desk.digests = (weekly(replace(RULE, send=True)),)
    office.cycle(FRIDAY - HOUR)
    late_start = SLOT + HOUR
    office.cycle(late_start)
    assert office.mail() == []
    office.cycle(late_start + (SLOT - FRIDAY) - MINUTE)
    assert office.mail() == []
    office.cycle(late_start + (SLOT - FRIDAY))
    assert office.mail() == ["new A boat"]


def test_send_now_asks_first_and_goes_at_once_when_it_is_approved(office: Office) -> None:
    office.desk.digests = (weekly(replace(RULE, send=True)),)
    office.cycle(FRIDAY - 24 * HOUR, "now")
    assert len(office.proofs()) == 2
    office.cycle(FRIDAY - 23 * HOUR, "now")
    assert office.mail() == []
    office.decide("approve")
    office.cycle(FRIDAY - 22 * HOUR)
    assert office.mail() == ["new A boat"]


def test_send_now_hastens_nothing_that_is_approved_for_its_slot(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    office.news("A port")
    office.cycle(SATURDAY, "now")
    assert office.mail() == []


def test_an_immediate_digest_asks_at_once_and_goes_when_it_is_approved(office: Office) -> None:
    rule = ReviewRule((EDITOR,))
    office.desk.digests = (replace(weekly(rule), cadence=Cadence("immediate")),)
    office.cycle()
    office.news("A port")
    office.cycle(FRIDAY + MINUTE)
    assert office.proofs() == [f"{EDITOR} 1", f"{EDITOR} 2"]
    office.decide("approve")
    office.cycle(FRIDAY + 2 * MINUTE)
    assert office.mail() == ["new A boat\nnew A port"]


def test_what_is_skipped_of_an_immediate_digest_goes_with_the_next_news(office: Office) -> None:
    rule = ReviewRule((EDITOR,))
    office.desk.digests = (replace(weekly(rule), cadence=Cadence("immediate")),)
    office.cycle()
    office.decide("skip")
    office.cycle(FRIDAY + HOUR)
    assert len(office.proofs()) == 1
    office.news("A port")
    office.cycle(FRIDAY + 2 * HOUR)
    office.decide("approve")
    office.cycle(FRIDAY + 3 * HOUR)
    assert office.mail() == ["new A boat\nnew A port"]


def test_who_joins_before_the_slot_gets_what_goes_then(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    office.desk.lists = {"staff": (Recipient(ANA), Recipient("eva@x.example"))}
    office.cycle(SLOT)
    assert office.mail("eva@x.example") == ["new A boat"]


def test_a_reviewer_who_is_a_reader_gets_both(office: Office) -> None:
    office.desk.lists = {"staff": (Recipient(EDITOR),)}
    office.cycle()
    office.decide("approve")
    office.cycle(SLOT)
    assert office.mail(EDITOR) == ["new A boat"]
    assert office.proofs() == [f"{EDITOR} 1", f"{CHIEF} 1"]


def test_a_clock_that_goes_back_sends_nothing_twice(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    office.cycle(SLOT)
    office.cycle(FRIDAY)
    office.cycle(SLOT + HOUR)
    assert office.mail() == ["new A boat"]


def test_a_proof_that_is_put_off_is_tried_again_and_one_that_is_refused_is_told(
    office: Office,
) -> None:
    office.box.refusing = {
        EDITOR: DeliveryError("451 later", permanent=False),
        CHIEF: DeliveryError("550 no such user", permanent=True),
    }
    office.cycle()
    office.cycle(FRIDAY + MINUTE)
    assert office.proofs() == [f"{EDITOR} 1", f"{CHIEF} 1"]
    services = office.desk.services()
    told = findings(look(office.desk.store, services.settings, office.now))
    assert [each.message for each in told if each.check == "review"] == [
        "the proof of Harbour weekly, No. 1, has not reached editor@x.example (451 later)",
        "the proof of Harbour weekly, No. 1, has not reached chief@x.example (550 no such user)",
    ]
    office.box.refusing.clear()
    office.cycle(FRIDAY + HOUR)
    assert office.proofs()[2:] == [f"{EDITOR} 1"]
    assert office.decide("approve").outcome == "done"


def test_a_slot_that_passes_without_an_approval_is_told(office: Office) -> None:
    office.cycle()
    settings = office.desk.services().settings
    assert overdue(office.desk.store, settings, SLOT - MINUTE) == []
    assert late(office.desk.store, settings, SLOT) == "Harbour weekly waits for approval"
    found = look(office.desk.store, settings, SLOT + WEEK / 7)
    assert [each.check for each in findings(found)] == ["review"]
    office.decide("approve")
    assert overdue(office.desk.store, settings, SLOT) == []


def test_the_operator_is_alerted_for_an_hour_of_what_went_without_an_approval(
    office: Office,
) -> None:
    office.desk.digests = (weekly(replace(RULE, send=True)),)
    office.cycle()
    office.cycle(SLOT)
    settings = office.desk.services().settings
    told = ["Harbour weekly went without an approval"]
    assert overdue(office.desk.store, settings, SLOT + MINUTE) == told
    assert overdue(office.desk.store, settings, SLOT + 2 * HOUR) == []


def test_a_server_that_takes_nothing_is_asked_once_in_a_run(office: Office) -> None:
    closed = TransportClosed("no route", ours=True)
    office.box.refusing = dict.fromkeys((EDITOR, CHIEF), closed)
    office.cycle()
    assert office.proofs() == [f"{EDITOR} 1"]


def test_a_reviewer_who_is_named_twice_gets_one_proof(office: Office) -> None:
    office.desk.digests = (weekly(replace(RULE, by=(EDITOR, EDITOR.upper()))),)
    office.cycle()
    assert len(office.proofs()) == 1


def test_who_is_asked_later_gets_the_proof_that_there_is(office: Office) -> None:
    office.cycle()
    office.desk.digests = (weekly(replace(RULE, by=(EDITOR, "new@x.example"))),)
    office.cycle(SATURDAY)
    assert office.proofs()[2:] == ["new@x.example 1"]


def test_a_restored_state_asks_anew_about_what_it_does_not_know_to_have_gone(
    office: Office,
) -> None:
    from tidings.application.restore import accept

    office.cycle()
    office.decide("approve")
    services = office.desk.services(clock=Hands(SATURDAY))
    accept(services, LastSeen("", 0), "new")
    assert office.latest().state is ReviewState.DROPPED
    office.cycle(SLOT)
    assert office.mail() == []


def test_what_is_approved_and_that_no_run_sends_is_late(office: Office) -> None:
    office.cycle()
    office.decide("approve")
    settings = office.desk.services().settings
    assert late(office.desk.store, settings, SLOT + MINUTE) == ""
    assert late(office.desk.store, settings, SLOT + 2 * HOUR) == "Harbour weekly is late"


def test_a_note_in_the_making_stops_nothing_before_it_is_needed(office: Office) -> None:
    office.desk.digests = (weekly(None),)
    office.notes["weekly"] = note(lead="nothing-such")
    office.cycle(SATURDAY)
    office.notes.clear()
    office.cycle(SLOT)
    assert office.mail() == ["new A boat"]


def test_a_decision_on_what_is_not_on_record_is_refused(office: Office) -> None:
    from tidings.application.review import decide

    with pytest.raises(NotPossible):
        decide(office.desk.store, 7, "approve", "Ana", FRIDAY)


# --- Notes of editors ----------------------------------------------------------------------------


def note(text: str = "Dear all", **more: object) -> EditorNote:
    made = EditorNote({"": NoteText(text, mark=text)})
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_note_is_taken_once_and_put_away(office: Office) -> None:
    office.desk.digests = (weekly(None),)
    office.notes["weekly"] = note()
    office.cycle(SLOT)
    assert office.put_away == [("weekly", 1)]
    with office.desk.store.reading() as state:
        (edition,) = state.editions.get([state.editions.last_id()])
        assert state.reviews.note_of(edition.id) == note()
        assert state.reviews.not_put_away() == []


def test_a_note_that_cannot_be_put_away_is_not_taken_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.desk.digests = (weekly(None),)
    office.notes["weekly"] = note(leave_out=("a-port",))
    office.news("A port")
    monkeypatch.setattr(Office, "_put_away", lambda *_: "read-only")
    office.cycle(SLOT)
    office.cycle(SLOT + WEEK)
    assert office.mail() == ["new A boat", "new A port"]
    with office.desk.store.reading() as state:
        assert state.reviews.note_of(state.editions.last_id()) is None


def test_what_a_note_leaves_out_goes_with_the_next_edition_unless_for_good(
    office: Office,
) -> None:
    office.desk.digests = (weekly(None),)
    office.news("A port", "A quay")
    office.notes["weekly"] = note(leave_out=("a-port",))
    office.cycle(SLOT)
    office.notes["weekly"] = note("Again", leave_out=("a-port",), for_good=True)
    office.news("A pier")
    office.cycle(SLOT + WEEK)
    office.news("A dock")
    office.cycle(SLOT + 2 * WEEK)
    assert office.mail() == ["new A boat\nnew A quay", "new A pier", "new A dock"]


def test_an_edited_note_makes_a_new_proof_until_it_is_approved(office: Office) -> None:
    office.cycle()
    office.notes["weekly"] = note()
    office.cycle(SATURDAY)
    assert office.current().proof.number == 2
    office.decide("approve")
    office.notes["weekly"] = note("Changed")
    office.cycle(SLOT)
    with office.desk.store.reading() as state:
        assert state.reviews.note_of(state.editions.last_id()) == note()


@pytest.mark.parametrize(
    "broken",
    [
        Problem("config/editions/weekly.md", 2, 1, "no"),
        note(lead="nothing-such"),
        note(lead="a-boat", leave_out=("a-boat",)),
    ],
)
def test_a_note_that_cannot_be_followed_keeps_the_edition_back(
    office: Office, broken: Problem | EditorNote
) -> None:
    office.desk.digests = (weekly(None),)
    office.news("A port")
    office.notes["weekly"] = broken
    with pytest.raises((ConfigError, NotPossible)):
        office.cycle(SLOT)
    assert office.mail() == []
    office.notes.clear()
    office.cycle(SLOT + HOUR)
    assert office.mail() == ["new A boat\nnew A port"]
