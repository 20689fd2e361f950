"""What comes back counts for the one message that it is proven to be about, and a probe goes out
before reports alone cut anybody off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.builders import HOUR, MONDAY, WEEK, digest
from tests.desk import KEY, Postbox
from tests.returned import (
    ANA,
    EVA,
    LEAVE,
    LUIS,
    PEOPLE,
    UNKNOWN,
    ReturnDesk,
    bounce_of,
    complaint_of,
    message_id,
    return_desk,
)
from tidings.application import addresses, bounces, people
from tidings.application.addresses import AddressRequest
from tidings.application.people import add, erase, export
from tidings.application.status import findings, look
from tidings.core.audience import pseudonym
from tidings.core.mail.return_path import ReturnKind, return_path
from tidings.core.tokens import Member
from tidings.errors import DeliveryError, TransportClosed
from tidings.model import Choice, Recipient, RecipientState
from tidings.state.deliveries import DeliveryFilter

DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReturnDesk]:
    desk = return_desk(tmp_path)
    yield desk
    desk.store.close()


def results(desk: ReturnDesk, message: str, week: int = 0) -> list[str]:
    return [each.result for each in desk.take_in(message, MONDAY + week * WEEK).recorded]


def three_bounces(desk: ReturnDesk, address: str = ANA) -> list[str]:
    """Three editions come back, one a week, from nobody else."""
    told = []
    for week in range(3):
        envelope, _ = desk.edition(week)[address]
        told += results(desk, bounce_of(envelope.sender, address), week)
    return told


# --- The envelope --------------------------------------------------------------------------------


def test_each_message_has_a_return_path_of_its_own(desk: ReturnDesk) -> None:
    senders = [envelope.sender for envelope, _ in desk.edition().values()]
    assert len(set(senders)) == len(PEOPLE)
    assert all(len(sender.rpartition("@")[0]) <= 64 for sender in senders)
    assert not any(address.partition("@")[0] in "".join(senders) for address in PEOPLE[:3])


def test_all_copies_of_a_message_have_the_same_return_path(desk: ReturnDesk) -> None:
    desk.edition()
    first = desk.sent[0]
    with desk.store.writing() as state:
        (entry,) = state.deliveries.find(DeliveryFilter(key=first[0].recipient))
        claimed = DeliveryFilter(ids=(entry.delivery.id,))
        state.deliveries.give_up([entry.delivery.id], "in doubt", MONDAY)
        state.deliveries.requeue([entry.delivery.id], MONDAY)
        assert state.deliveries.find(claimed)
    ((again, _),) = desk.send(MONDAY + HOUR).values()
    assert again.sender == first[0].sender


def test_without_the_setting_the_sender_is_the_envelope_sender(desk: ReturnDesk) -> None:
    desk.keyed = False
    assert {envelope.sender for envelope, _ in desk.edition().values()} == {"digest@news.example"}


# --- What counts ---------------------------------------------------------------------------------


def test_a_report_to_the_return_path_counts_without_a_message_id(desk: ReturnDesk) -> None:
    envelope, _ = desk.edition()[ANA]
    assert results(desk, bounce_of(envelope.sender, ANA)) == ["counted"]


def test_a_report_by_message_id_alone_still_counts(desk: ReturnDesk) -> None:
    _, message = desk.edition()[ANA]
    assert results(desk, bounce_of("bounces@news.example", ANA, message_id(message))) == ["counted"]


def test_return_path_and_message_id_of_two_messages_are_not_believed(desk: ReturnDesk) -> None:
    sent = desk.edition()
    forged = bounce_of(sent[ANA][0].sender, EVA, message_id(sent[EVA][1]))
    before = desk.standing()
    assert results(desk, forged) == ["unknown"]
    two = bounce_of(f"{sent[ANA][0].sender}, {sent[EVA][0].sender}", EVA)
    assert results(desk, two) == ["unknown"]
    assert desk.standing() == before


def test_a_return_path_of_another_instance_or_a_rebuilt_state_counts_for_nobody(
    desk: ReturnDesk,
) -> None:
    envelope, message = desk.edition()[ANA]
    facts = (ReturnKind.DELIVERY, MONDAY.date(), envelope.delivery_id)
    for key, name in ((b"another", message_id(message)), (b"secret", "<another@news.example>")):
        forged = return_path("bounces+{token}@news.example", key, *facts, name)
        assert results(desk, bounce_of(forged, ANA)) == ["unknown"]


def test_a_return_path_is_too_old_after_some_months(desk: ReturnDesk) -> None:
    envelope, _ = desk.edition()[ANA]
    assert results(desk, bounce_of(envelope.sender, ANA), week=14) == ["unknown"]


def test_one_address_is_counted_once_a_day(desk: ReturnDesk) -> None:
    desk.digests = (digest(), digest("daily"), digest("third"))
    desk.file("0.txt", "2026-03-01 | Story | It goes on.")
    desk.announce()
    desk.send(MONDAY)
    theirs = [envelope for envelope, _ in desk.sent if envelope.recipient == ANA]
    assert len(theirs) == 3
    told = [results(desk, bounce_of(envelope.sender, ANA))[0] for envelope in theirs]
    assert told == ["counted", "again", "again"]
    assert desk.bounced() == set()


def test_so_it_is_when_the_server_accepts_mail_in_between(desk: ReturnDesk) -> None:
    """A server on the way accepts everything, which says nothing of the mailbox."""
    told = []
    for week in range(3):
        envelope, _ = desk.edition(week)[ANA]
        told += results(desk, bounce_of(envelope.sender, ANA), week=3)
    assert told == ["counted", "again", "again"]


def test_a_bounce_of_somebody_erased_brings_nobody_back(desk: ReturnDesk) -> None:
    envelope, message = desk.edition()[ANA]
    people.erase(desk.store, ANA, pseudonym(b"secret", ANA), MONDAY)
    before = desk.standing()
    assert results(desk, bounce_of(envelope.sender, ANA, message_id(message))) == ["unknown"]
    assert desk.take_in(complaint_of(envelope.sender)).understood is False
    assert desk.standing() == before
    with desk.store.reading() as state:
        assert "" not in state.people.counted()


# --- Unusual shares ------------------------------------------------------------------------------


def test_an_unusual_share_of_bounces_cuts_nobody_off_and_is_an_alarm(desk: ReturnDesk) -> None:
    for week in range(4):
        sent = desk.edition(week)
        for number, address in enumerate(PEOPLE[:5]):
            words = (
                f"{UNKNOWN} in the {['first', 'second', 'third', 'fourth', 'last'][number]} book"
            )
            desk.take_in(bounce_of(sent[address][0].sender, address, words=words),
                         MONDAY + week * WEEK)  # fmt: skip
    assert desk.bounced() == set()
    with desk.store.reading() as state:
        assert list(state.probes.all()) == []
    found = findings(look(desk.store, desk.settings, MONDAY + 3 * WEEK))
    assert any("5 of 10 messages" in each.message and "came back" in each.message for each in found)


# --- Probes --------------------------------------------------------------------------------------


def probe_to(desk: ReturnDesk, week: int, box: Postbox | None = None) -> list[str]:
    """Run once more; returns the return paths of the probes that go out."""
    box = box or Postbox()
    desk.deliver(box, MONDAY + week * WEEK)
    return [envelope.sender for envelope, _ in box.kept if envelope.digest == "probe"]


def test_the_third_bounce_sends_a_probe_and_marks_nobody(desk: ReturnDesk) -> None:
    assert three_bounces(desk) == ["counted", "counted", "probed"]
    assert desk.bounced() == set()
    (sender,) = probe_to(desk, 3)
    assert probe_to(desk, 3) == [], "one probe is enough"
    assert results(desk, bounce_of(sender, ANA), 3) == ["bounced"]
    assert desk.bounced() == {ANA}
    with desk.store.reading() as state:
        (bounced,) = state.people.bounced()
    assert "User unknown" in bounced.detail
    assert bounces.heal(desk.store, MONDAY + 3 * WEEK) == ()


def test_who_was_marked_by_a_probe_is_resumed_by_its_reason(desk: ReturnDesk) -> None:
    three_bounces(desk)
    (sender,) = probe_to(desk, 3)
    results(desk, bounce_of(sender, ANA), 3)
    at = MONDAY + 4 * WEEK
    assert bounces.take_back(desk.store, MONDAY, "other", at) == ()
    assert [each.key for each in bounces.take_back(desk.store, MONDAY, "user unknown", at)] == [ANA]
    assert desk.bounced() == set()
    envelope, _ = desk.edition(4)[ANA]
    assert results(desk, bounce_of(envelope.sender, ANA), 4) == ["counted"]


def test_an_address_whose_probe_does_not_come_back_begins_again(desk: ReturnDesk) -> None:
    three_bounces(desk)
    probe_to(desk, 3)
    probe_to(desk, 5)
    with desk.store.reading() as state:
        assert (list(state.probes.all()), dict(state.people.counted())) == ([], {})
    envelope, _ = desk.edition(6)[ANA]
    assert results(desk, bounce_of(envelope.sender, ANA), 6) == ["counted"]


@pytest.mark.parametrize(
    ("words", "cut_off"),
    [("550 5.1.1 No such user", {ANA}), ("550 5.7.1 Blocked by policy", set())],
)
def test_a_probe_that_is_refused_at_once_is_judged_at_once(
    desk: ReturnDesk, words: str, cut_off: set[str]
) -> None:
    three_bounces(desk)
    probe_to(desk, 3, Postbox({ANA: DeliveryError(words, permanent=True)}))
    assert desk.bounced() == cut_off
    with desk.store.reading() as state:
        assert list(state.probes.all()) == []


@pytest.mark.parametrize(
    "error", [DeliveryError("451 later", permanent=False), TransportClosed("421", ours=False)]
)
def test_a_probe_that_cannot_be_sent_now_is_sent_later(
    desk: ReturnDesk, error: DeliveryError
) -> None:
    three_bounces(desk)
    probe_to(desk, 3, Postbox({ANA: error}))
    assert len(probe_to(desk, 3)) == 1


def test_a_probe_that_comes_back_full_says_nothing_against_the_address(desk: ReturnDesk) -> None:
    three_bounces(desk)
    (sender,) = probe_to(desk, 3)
    full = bounce_of(sender, ANA, words="552 5.2.2 Mailbox full", status="5.2.2")
    assert results(desk, full, 3) == ["noted"]
    assert (desk.bounced(), probe_to(desk, 3)) == (set(), [])


def test_nobody_who_has_left_is_sent_a_probe(desk: ReturnDesk) -> None:
    three_bounces(desk)
    with desk.store.writing() as state:
        state.people.mark(ANA, RecipientState.LEFT, MONDAY, "")
    assert probe_to(desk, 3) == []


def test_who_is_erased_leaves_no_probe_behind(desk: ReturnDesk) -> None:
    three_bounces(desk)
    people.erase(desk.store, ANA, pseudonym(b"secret", ANA), MONDAY)
    assert probe_to(desk, 3) == []


def test_what_a_server_says_to_us_needs_no_probe(desk: ReturnDesk) -> None:
    desk.lists = {"staff": tuple(Recipient(each) for each in PEOPLE)}
    for week in range(3):
        at = MONDAY + week * WEEK
        desk.file(f"{week}.txt", f"2026-03-01 | Story {week} | It goes on.", now=at)
        desk.announce(at)
        desk.deliver(Postbox({ANA: DeliveryError(UNKNOWN, permanent=True)}), at)
    assert desk.bounced() == {ANA}


def test_without_a_keyed_return_path_three_reports_are_enough(desk: ReturnDesk) -> None:
    desk.keyed = False
    told = []
    for week in range(3):
        _, message = desk.edition(week)[ANA]
        told += results(desk, bounce_of("digest@news.example", ANA, message_id(message)), week)
    assert told == ["counted", "counted", "bounced"]


# --- Complaints ----------------------------------------------------------------------------------


def test_who_complains_has_left_and_a_second_copy_changes_nothing(desk: ReturnDesk) -> None:
    envelope, message = desk.edition()[ANA]
    said = complaint_of(envelope.sender)
    assert results(desk, said) == ["left"]
    before = desk.standing()
    assert results(desk, said) == ["known"]
    assert results(desk, complaint_of("x@y.example", message_id(message))) == ["known"]
    assert desk.standing() == before
    assert ANA not in desk.edition(1)
    known = export(desk.store, ANA, {})
    assert known
    assert "complaint of a message of weekly, No. 1" in str(known["record"])


def test_a_complaint_that_is_read_again_after_they_came_back_changes_nothing(
    desk: ReturnDesk,
) -> None:
    envelope, _ = desk.edition()[ANA]
    said = complaint_of(envelope.sender)
    results(desk, said)
    people.resume(desk.store, ANA, "", MONDAY + HOUR)
    assert results(desk, said) == ["known"]
    assert ANA in desk.edition(1)


def test_complaints_are_undone_only_by_their_name(desk: ReturnDesk) -> None:
    results(desk, complaint_of(desk.edition()[ANA][0].sender))
    assert bounces.take_back(desk.store, MONDAY, "", MONDAY) == ()
    (back,) = bounces.take_back(desk.store, MONDAY, "complaint", MONDAY)
    assert back.key == ANA
    assert ANA in desk.edition(1)


def test_who_subscribed_and_complains_has_left_as_well(desk: ReturnDesk) -> None:
    desk.lists = {"staff": (Recipient(EVA),)}
    people.add(desk.store, Choice("weekly", ANA, MONDAY))
    assert results(desk, complaint_of(desk.edition()[ANA][0].sender)) == ["left"]
    assert set(desk.edition(1)) == {EVA}
    (back,) = bounces.take_back(desk.store, MONDAY, "complaint", MONDAY + WEEK)
    assert back.key == ANA
    assert set(desk.edition(2)) == {ANA, EVA}


@pytest.mark.parametrize("kind", ["not-spam", "fraud", "virus", "auth-failure", "other", ""])
def test_a_complaint_that_asks_nothing_changes_nothing(desk: ReturnDesk, kind: str) -> None:
    sender = desk.edition()[ANA][0].sender
    before = desk.standing()
    assert desk.take_in(complaint_of(sender, kind=kind)).recorded == ()
    assert desk.standing() == before


def test_one_of_many_who_complains_does_not_speak_for_a_group_address(desk: ReturnDesk) -> None:
    desk.lists = {"staff": (replace(Recipient(ANA), shared=True), Recipient(EVA))}
    sender = desk.edition()[ANA][0].sender
    assert results(desk, complaint_of(sender)) == ["noted"]
    assert ANA in desk.edition(1)


def test_one_of_many_who_makes_up_reports_cuts_no_group_address_off(desk: ReturnDesk) -> None:
    desk.lists = {"staff": (replace(Recipient(ANA), shared=True), *map(Recipient, PEOPLE[1:]))}
    assert three_bounces(desk) == ["noted"] * 3
    assert probe_to(desk, 3) == []


# --- Requests to leave ---------------------------------------------------------------------------


def request(subject: str, to: str = LEAVE, **more: str) -> str:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return "\n".join([f"From: {ANA}", f"To: {to}", f"Subject: {subject}", *lines, "", "Bye", ""])


def subject_of(message: bytes) -> str:
    header = str(message_from_bytes(message)["List-Unsubscribe"])
    return header.partition("?subject=")[2].rstrip(">").replace("%20", " ")


def test_a_request_with_the_subject_that_the_mail_gives_is_obeyed(desk: ReturnDesk) -> None:
    subject = subject_of(desk.edition()[ANA][1])
    assert desk.take_in(request(subject)).understood
    assert ANA not in desk.edition(1)
    assert desk.take_in(request(subject)).understood, "a second copy changes nothing"


def test_a_request_about_a_digest_that_became_part_of_another_leaves_that(
    desk: ReturnDesk,
) -> None:
    subject = subject_of(desk.edition()[ANA][1])
    desk.digests = (digest("daily", was=("weekly",), merged=("weekly",)),)
    assert desk.take_in(request(subject)).understood
    with desk.store.reading() as state:
        assert [each.digest for each in state.choices.of(ANA)] == ["daily"]


def test_the_mail_says_what_the_subject_is_to_be(desk: ReturnDesk) -> None:
    mail = desk.settings.mail.leaving_by("abc.def")
    assert mail.leave_subject == "leave abc.def"


def test_an_answer_to_a_message_of_ours_is_obeyed(desk: ReturnDesk) -> None:
    _, message = desk.edition()[ANA]
    assert desk.take_in(request("unsubscribe", In_Reply_To=message_id(message))).understood
    assert ANA not in desk.edition(1)


def test_who_only_says_who_they_are_is_left_for_somebody_to_read(desk: ReturnDesk) -> None:
    sent = desk.edition()
    before = desk.standing()
    two = f"{message_id(sent[ANA][1])} {message_id(sent[LUIS][1])}"
    for message in (
        request("unsubscribe"),
        request("leave WyJ3ZWVrbHkiLCJhbmFAZXhhbXBsZS5vcmciXQ.forgedforgedforged"),
        request("unsubscribe", References=two),
        request(subject_of(sent[ANA][1]), Auto_Submitted="auto-replied"),
        request(subject_of(sent[ANA][1]), to="news@news.example"),
    ):
        assert not desk.take_in(message).understood
    assert desk.standing() == before


# --- The test of the return path -----------------------------------------------------------------


def test_the_test_of_the_return_path_is_told_from_forged_ones(desk: ReturnDesk) -> None:
    def test_to(key: bytes) -> str:
        facts = (ReturnKind.TEST, MONDAY.date(), 4711, "")
        return f"To: {return_path('bounces+{token}@news.example', key, *facts)}\n\nA test.\n"

    assert desk.take_in(test_to(b"another")).kind == "other"
    assert desk.take_in(test_to(b"secret")).kind == "test"


# --- Who changed their address, and who was erased -----------------------------------------------


def subscriber(desk: ReturnDesk, address: str) -> None:
    assert add(desk.store, Choice("weekly", address, MONDAY))


def moves(desk: ReturnDesk, old: str, new: str) -> None:
    """Let somebody change their address, as the page of choices does."""
    wish = AddressRequest(Member("weekly", old), new, "en")
    assert addresses.ask(desk.store, wish, desk.lists, MONDAY, "192.0.2.1", KEY) == "asked"
    with desk.store.reading() as state:
        (change,) = state.addresses.of(old)
    assert addresses.confirm(desk.store, change.id, desk.settings, MONDAY, KEY)


def test_who_changed_their_address_leaves_by_an_old_message(desk: ReturnDesk) -> None:
    subscriber(desk, "eve@old.example")
    subject = subject_of(desk.edition()["eve@old.example"][1])
    moves(desk, "eve@old.example", "eve@new.example")
    assert desk.take_in(request(subject)).understood
    sent = desk.edition(1)
    assert not {"eve@old.example", "eve@new.example"} & sent.keys()


def test_who_changed_their_address_and_complains_of_an_old_message_has_left(
    desk: ReturnDesk,
) -> None:
    subscriber(desk, "eve@old.example")
    envelope, _ = desk.edition()["eve@old.example"]
    moves(desk, "eve@old.example", "eve@new.example")
    assert results(desk, complaint_of(envelope.sender)) == ["left"]
    sent = desk.edition(1)
    assert not {"eve@old.example", "eve@new.example"} & sent.keys()


def test_a_request_of_somebody_erased_writes_no_address_back(desk: ReturnDesk) -> None:
    _, message = desk.edition()[ANA]
    erase(desk.store, ANA, pseudonym(KEY, ANA), MONDAY, KEY)
    desk.take_in(request("unsubscribe", In_Reply_To=message_id(message)))
    with desk.store.reading() as state:
        assert not state.choices.of(ANA)
        assert ANA not in state.people.standing([ANA])
