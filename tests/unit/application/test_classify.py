"""Membership: who is in which topic, since when and why, and what an edited rule may not do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import HOUR, MONDAY, WEEK, digest, topic
from tests.desk import Desk, members, staff
from tidings.core.feeds.model import ATOM
from tidings.core.topics import folding_of
from tidings.model import Cause, Recipient, Topic
from tidings.state.schema import memberships
from tidings.state.topics import TopicRecord

LATER = MONDAY + HOUR
_UPDATED = re.compile("<updated>([^<]+)</updated>")
ANCHOR = "2026-01-10 | Harbour opens | The harbour is open."
BOAT = "2026-01-05 | A boat | It floats."
PORT = "2026-01-06 | A port | It waits."
BOTH = "2026-01-07 | A boat in a port | At last."


def records(desk: Desk) -> dict[str, TopicRecord]:
    with desk.store.reading() as state:
        return dict(state.topics.records())


def runs(desk: Desk, slug: str) -> dict[str, int]:
    """The run of each member's last change, by title."""
    with desk.store.reading() as state:
        found = {each.item_id: each for each in members(state, slug)}
        items = state.items.get(found)
        return {items[item_id].title: each.changed_run for item_id, each in found.items()}


def causes(desk: Desk, slug: str) -> dict[str, str]:
    with desk.store.reading() as state, desk.store._database.reading() as connection:
        wanted = select(memberships.c.item_id, memberships.c.cause)
        found = connection.execute(wanted.where(memberships.c.topic == slug)).all()
        items = state.items.get([row[0] for row in found])
        return {items[row[0]].title: row[1] for row in found}


def edit(desk: Desk, *topics: Topic) -> None:
    desk.topics = topics


# --- Arrivals and corrections --------------------------------------------------------------------


def test_an_item_joins_every_topic_whose_rule_it_satisfies(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT, BOTH, ANCHOR)
    assert desk.members("boats") == {"A boat", "A boat in a port"}
    assert desk.members("ports") == {"A port", "A boat in a port"}
    assert causes(desk, "boats") == {"A boat": "arrival", "A boat in a port": "arrival"}


def test_a_correction_moves_an_item_between_topics(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new boat | It is in.")
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new port | It is in.", now=LATER)
    assert desk.members("boats") == set()
    assert desk.members("ports") == {"The new port"}
    assert causes(desk, "ports") == {"The new port": "revision"}


def test_a_summary_filled_in_by_another_source_can_bring_an_item_into_a_topic(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-05 | News | It floats")
    assert desk.members("boats") == set()
    desk.file("b.txt", "2026-01-05 | News | It floats like a boat", now=LATER)
    assert desk.members("boats") == {"News"}
    assert records(desk)["boats"].changed_at == LATER


def test_a_correction_is_a_change_to_the_topics_it_leaves_and_joins_and_stays_in(
    desk: Desk,
) -> None:
    desk.topics = (*desk.topics, topic("news", "new"), topic("cranes", "crane"))
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new boat | It is in.")
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new port | It is in.", now=LATER)
    changed = {slug: record.changed_at for slug, record in records(desk).items()}
    assert changed == {
        "": LATER,
        "boats": LATER,
        "ports": LATER,
        "news": LATER,
        "cranes": MONDAY,
    }


def test_a_silent_completion_is_no_change_to_any_topic(desk: Desk) -> None:
    desk.file("a.txt", "| A boat | It floats.")
    before = records(desk)
    desk.file("a.txt", BOAT, now=LATER)
    assert records(desk) == before
    assert runs(desk, "boats") == {"A boat": 1}


def test_an_arrival_changes_its_topics_and_everything_and_no_other(desk: Desk) -> None:
    desk.file("a.txt", ANCHOR)
    desk.file("b.txt", BOAT, now=LATER)
    changed = {
        slug: (record.changed_at, record.changed_run) for slug, record in records(desk).items()
    }
    assert changed == {"": (LATER, 2), "boats": (LATER, 2), "ports": (MONDAY, 1)}


def test_the_last_change_of_a_topic_never_goes_back(desk: Desk) -> None:
    desk.file("a.txt", BOAT, now=LATER)
    desk.file("b.txt", "2026-01-08 | Another boat | It floats.", now=MONDAY)
    assert {record.changed_at for record in records(desk).values()} == {LATER}
    edit(desk, topic("boats", "port"), topic("ports", "boat"))
    desk.record(MONDAY)
    assert {record.changed_at for record in records(desk).values()} == {LATER}


# --- Topics come, go and change ------------------------------------------------------------------


def test_the_first_run_counts_as_no_change(desk: Desk) -> None:
    report = desk.file("a.txt", BOAT, PORT)
    assert report.run == 1
    assert {record.first_run for record in records(desk).values()} == {1}
    assert runs(desk, "boats") == {"A boat": 1}


def test_a_new_topic_takes_in_what_is_known_and_counts_it_as_no_change(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT, BOTH)
    edit(desk, *desk.topics, topic("floating", "float*", "boat"))
    desk.record(LATER)
    assert desk.members("floating") == {"A boat", "A boat in a port"}
    record = records(desk)["floating"]
    assert (record.first_run, record.changed_run, record.changed_at) == (2, 2, LATER)
    assert set(runs(desk, "floating").values()) == {2}
    assert set(causes(desk, "floating").values()) == {"rule"}


def test_an_edited_rule_moves_members_at_once_and_says_why(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT, BOTH)
    edit(desk, topic("boats", "port"), topic("ports", "port"))
    desk.record(LATER)
    assert desk.members("boats") == {"A port", "A boat in a port"}
    assert causes(desk, "boats") == {"A port": "rule", "A boat in a port": "arrival"}
    assert records(desk)["boats"].changed_at == LATER
    assert records(desk)["ports"].changed_at == MONDAY
    assert runs(desk, "boats") == {"A port": 2, "A boat in a port": 1}


def test_an_edit_that_moves_nobody_is_no_change_to_the_topic(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    edit(desk, topic("boats", "boat", "submarine"), topic("ports", "port"))
    desk.record(LATER)
    assert records(desk)["boats"].changed_at == MONDAY
    assert desk.record(LATER).run == 0


def test_another_title_or_description_is_no_edit_of_the_rule(desk: Desk) -> None:
    desk.file("a.txt", BOAT)
    before = records(desk)
    edit(desk, topic("boats", "boat", about="Ships"), topic("ports", "port"))
    assert desk.record(LATER).run == 0
    assert records(desk) == before


def test_other_aliases_are_an_edit_of_the_rules_that_they_touch(desk: Desk) -> None:
    desk.file("a.txt", "2026-01-05 | A vessel | It floats.")
    desk.aliases = [["boat", "vessel"]]
    desk.record(LATER)
    assert desk.members("boats") == {"A vessel"}
    assert records(desk)["ports"].changed_at == MONDAY


def test_a_topic_that_goes_leaves_its_items_and_comes_back_as_a_new_one(desk: Desk) -> None:
    desk.file("a.txt", BOAT, PORT)
    before = desk.topics
    edit(desk, topic("ports", "port"))
    desk.record(LATER)
    assert desk.members("boats") == set()
    assert set(records(desk)) == {"", "ports"}
    assert set(desk.items()) == {"A boat", "A port"}
    edit(desk, *before)
    desk.record(LATER + HOUR)
    assert desk.members("boats") == {"A boat"}
    assert records(desk)["boats"].changed_at == LATER + HOUR


def test_what_arrives_in_the_run_of_an_edit_arrives(desk: Desk) -> None:
    desk.file("a.txt", PORT)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.file("b.txt", BOAT, now=LATER)
    assert causes(desk, "boats") == {"A port": "rule", "A boat": "arrival"}


# --- An edited rule and the digests --------------------------------------------------------------


def ready(desk: Desk, history: str, *topics: str) -> None:
    """A digest of these topics that has mailed everything so far."""
    desk.digests = (digest(topics=topics or None, history=history),)
    desk.lists = staff("ana@x.example")
    desk.record()
    desk.announce(send="none")


def test_by_default_an_edited_rule_makes_nothing_mailable(desk: Desk) -> None:
    ready(desk, "skip", "boats")
    desk.file("a.txt", PORT)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.record(LATER)
    assert desk.members("boats") == {"A port"}
    assert desk.mail(LATER) == {}
    assert desk.mail(LATER + WEEK) == {}


def test_an_edited_rule_mails_what_joined_if_the_digest_says_so(desk: Desk) -> None:
    ready(desk, "mail", "boats")
    desk.file("a.txt", PORT)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.record(LATER)
    assert desk.mail(LATER) == {"ana@x.example": "new A port"}


@pytest.mark.parametrize("history", ["skip", "mail"])
def test_an_edited_rule_loses_nothing_that_another_topic_still_awaits(
    desk: Desk, history: str
) -> None:
    ready(desk, history, "boats", "ports")
    desk.file("a.txt", PORT, now=LATER)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.record(LATER)
    assert desk.members("boats") == {"A port"}
    assert desk.mail(LATER) == {"ana@x.example": "new A port"}


@pytest.mark.parametrize("history", ["skip", "mail"])
def test_an_edited_rule_loses_nothing_that_its_own_topic_awaits(desk: Desk, history: str) -> None:
    ready(desk, history, "boats")
    desk.file("a.txt", BOAT, now=LATER)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.file("b.txt", BOTH, now=LATER)
    assert desk.mail(LATER) == {"ana@x.example": "new A boat\nnew A boat in a port"}


@pytest.mark.parametrize("known", [(), ("jobs",), ("jobs", "papers"), ("jobs", "papers", "boats")])
def test_topics_that_become_one_bring_what_each_of_them_awaits(
    desk: Desk, known: tuple[str, ...]
) -> None:
    """Found so: of two old names one was carried over, and what the other awaited never came."""
    words = {"jobs": "boat", "papers": "port", "boats": "harbour"}
    edit(desk, *(topic(slug, words[slug]) for slug in known))
    ready(desk, "skip", *known)
    desk.file("a.txt", BOAT, PORT, ANCHOR, now=LATER)
    both = replace(topic("both", "boat", "port", "harbour"), was=("jobs", "papers", "boats"))
    edit(desk, both)
    desk.digests = (digest(topics=("both",), history="skip"),)
    desk.record(LATER)
    assert desk.members("both") == {"A boat", "A port", "Harbour opens"}
    assert records(desk).keys() == {"", "both"}
    titles = {"jobs": "A boat", "papers": "A port", "boats": "Harbour opens"}
    awaited = sorted(f"new {titles[slug]}" for slug in known)
    assert "\n".join(desk.mail(LATER).values()).splitlines() == awaited
    with desk.store.reading() as state:
        assert state.lists.census("both").total == 3


def test_of_the_old_names_of_a_topic_those_count_that_are_known_the_latest_first(
    desk: Desk,
) -> None:
    edit(desk, replace(topic("both", "boat"), was=("jobs", "papers", "boats")))
    assert desk.classifier.names_before("both", {"papers", "ports"}) == ("papers",)
    assert desk.classifier.names_before("both", {"jobs", "papers"}) == ("papers", "jobs")


def test_a_topic_that_takes_in_another_keeps_the_members_of_both(desk: Desk) -> None:
    ready(desk, "skip", "boats", "ports")
    desk.file("a.txt", BOAT, PORT, BOTH, now=LATER)
    edit(desk, replace(topic("boats", "boat", "port"), was=("ports",)))
    desk.digests = (digest(topics=("boats",), history="skip"),)
    desk.record(LATER)
    assert desk.members("boats") == {"A boat", "A port", "A boat in a port"}
    assert desk.mail(LATER) == {"ana@x.example": "new A boat\nnew A boat in a port\nnew A port"}
    with desk.store.reading() as state:
        assert state.lists.census("boats").total == 3


def test_a_new_topic_makes_nothing_mailable_to_a_digest_of_everything(desk: Desk) -> None:
    ready(desk, "skip")
    desk.file("a.txt", PORT, now=LATER)
    assert desk.mail(LATER) == {"ana@x.example": "new A port"}
    edit(desk, *desk.topics, topic("waiting", "port"))
    desk.record(LATER)
    assert desk.mail(LATER) == {}


def test_an_item_that_joins_by_correction_is_news_to_a_digest(desk: Desk) -> None:
    ready(desk, "skip", "boats")
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new part | It is in.", now=LATER)
    assert desk.mail(LATER) == {}
    desk.file("a.txt", ANCHOR, "2026-01-05 | The new boat | It is in.", now=LATER)
    assert desk.mail(LATER) == {"ana@x.example": "new The new boat"}


# --- Words that are compared otherwise -----------------------------------------------------------


def from_the_version_before(desk: Desk, slug: str, *, had: set[str]) -> None:
    """As if the topic's items were `had`, by the version before, whose marks were of rules."""
    items = desk.items()
    with desk.store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE topics SET fingerprint = substr(fingerprint, 3)")
    with desk.store.writing() as state:
        found = state.topics.member_ids(slug)
        state.topics.leave(slug, [i.id for title, i in items.items() if title not in had])
        missing = [items[title].id for title in had if items[title].id not in found]
        state.topics.join(slug, missing, Cause.ARRIVAL, 1)


def feed_dates(desk: Desk) -> dict[str, str]:
    """What each feed says that it was changed."""
    found = {name: data for name, data in desk.published().items() if name.endswith(ATOM)}
    assert found
    return {name: _UPDATED.findall(data.decode())[0] for name, data in found.items()}


@pytest.mark.parametrize("history", ["skip", "mail"])
@pytest.mark.parametrize("topics", [(), ("boats",), ("boats", "ports")])
def test_words_that_are_compared_otherwise_make_nothing_mailable(
    desk: Desk, history: str, topics: tuple[str, ...]
) -> None:
    ready(desk, history, *topics)
    desk.file("a.txt", BOAT, PORT, BOTH, ANCHOR)
    desk.mail(LATER)
    from_the_version_before(desk, "boats", had={"A boat in a port", "Harbour opens"})
    before = records(desk)["boats"]
    assert folding_of(before.fingerprint) == "1"
    desk.publish()
    dates = feed_dates(desk)
    desk.record(LATER + HOUR)
    assert desk.members("boats") == {"A boat", "A boat in a port"}
    after = records(desk)["boats"]
    assert (after.first_run, after.changed_at) == (before.first_run, before.changed_at)
    assert folding_of(after.fingerprint) == "2"
    desk.publish()
    assert feed_dates(desk) == dates
    assert runs(desk, "boats") == {"A boat": 2, "A boat in a port": 2}
    assert desk.mail(LATER + HOUR) == {}
    assert desk.mail(LATER + WEEK) == {}
    assert desk.record(LATER + WEEK).run == 0


@pytest.mark.parametrize("history", ["skip", "mail"])
def test_what_waits_for_a_mail_goes_on_waiting_when_words_are_compared_otherwise(
    desk: Desk, history: str
) -> None:
    ready(desk, history, "boats", "ports")
    desk.file("a.txt", BOAT, PORT, BOTH)
    from_the_version_before(desk, "boats", had={"A boat in a port"})
    desk.record(LATER)
    assert desk.members("boats") == {"A boat", "A boat in a port"}
    # Nobody would have been mailed the boat; the other two wait as before.
    assert desk.mail(LATER) == {"ana@x.example": "new A boat in a port\nnew A port"}


def test_who_follows_a_topic_is_not_mailed_what_everybody_had(desk: Desk) -> None:
    ready(desk, "mail")
    desk.lists = staff("ana@x.example", Recipient("boats@x.example", topics=("boats",)))
    desk.file("a.txt", BOAT, BOTH)
    from_the_version_before(desk, "boats", had={"A boat in a port"})
    assert desk.mail(LATER)["ana@x.example"] == "new A boat\nnew A boat in a port"
    desk.record(LATER + HOUR)
    assert desk.members("boats") == {"A boat", "A boat in a port"}
    desk.file("b.txt", "2026-01-09 | Another boat | It floats too.", now=LATER + WEEK)
    assert desk.mail(LATER + WEEK)["boats@x.example"] == "new Another boat"


def test_a_rule_that_is_edited_afterwards_mails_as_ever(desk: Desk) -> None:
    ready(desk, "mail", "boats")
    desk.file("a.txt", PORT)
    from_the_version_before(desk, "boats", had=set())
    desk.record(LATER)
    edit(desk, topic("boats", "boat", "port"), topic("ports", "port"))
    desk.record(LATER)
    assert desk.mail(LATER) == {"ana@x.example": "new A port"}


def test_a_topic_that_is_added_meanwhile_is_a_new_one(desk: Desk) -> None:
    ready(desk, "mail", "boats", "ports")
    desk.file("a.txt", PORT)
    desk.mail(LATER)
    from_the_version_before(desk, "boats", had=set())
    edit(desk, *desk.topics, topic("waiting", "port"))
    desk.record(LATER + HOUR)
    assert causes(desk, "waiting") == {"A port": "rule"}


def test_another_language_of_the_site_compares_words_otherwise_and_mails_nothing(
    desk: Desk,
) -> None:
    edit(desk, topic("boats", "mes"), topic("ports", "port"))
    ready(desk, "mail", "boats")
    desk.file("a.txt", "2026-01-05 | Six | Meses.", "2026-01-06 | Meses | Six.")
    desk.mail(LATER)
    assert desk.members("boats") == set()
    desk.language = "es"
    desk.record(LATER + HOUR)
    assert desk.members("boats") == {"Six", "Meses"}
    assert desk.mail(LATER + HOUR) == {}


def test_a_source_says_in_which_language_its_words_are_compared(desk: Desk) -> None:
    edit(desk, topic("boats", "mes"), topic("ports", "port"))
    desk.spoken = {"seeds/es-*": "es-CR", "seeds/*": "en"}
    desk.file("es-a.txt", "2026-01-05 | Meses | Six.")
    desk.file("b.txt", "2026-01-06 | Meses lost | At the sea.")
    assert desk.members("boats") == {"Meses"}


# --- Rules that ask for more than words ----------------------------------------------------------


def limited(slug: str, **limits: Any) -> Topic:
    """A topic on boats, with lines that ask for no words."""
    plain = topic(slug, "boat")
    return replace(plain, rule=replace(plain.rule, **limits))


def test_an_item_joins_by_its_source_when_it_first_arrives(desk: Desk) -> None:
    edit(desk, limited("ours", sources=("seeds/ours*",)))
    desk.file("ours.txt", BOAT)
    desk.file("theirs.txt", BOTH)
    assert desk.members("ours") == {"A boat"}


def test_an_item_joins_when_another_file_carries_it_as_well(desk: Desk) -> None:
    edit(desk, limited("ours", sources=("seeds/ours*",)))
    desk.file("theirs.txt", BOAT)
    assert desk.members("ours") == set()
    desk.file("ours.txt", BOAT, now=LATER)
    assert desk.members("ours") == {"A boat"}
    assert causes(desk, "ours") == {"A boat": "arrival"}
    assert records(desk)["ours"].changed_at == LATER


def test_an_item_stays_with_its_source_when_another_file_corrects_it(desk: Desk) -> None:
    edit(desk, limited("ours", sources=("seeds/ours*",)))
    desk.file("ours.txt", BOAT)
    desk.file("theirs.txt", ANCHOR, BOAT, now=LATER)
    desk.file("theirs.txt", ANCHOR, "2026-01-05 | A boat | It floats well.", now=LATER + HOUR)
    assert desk.members("ours") == {"A boat"}


def test_a_corrected_date_moves_an_item_out_of_a_topic_of_that_time(desk: Desk) -> None:
    edit(desk, limited("early", before=date(2026, 2, 1)), limited("late", after=date(2026, 2, 1)))
    desk.file("a.txt", ANCHOR, BOAT)
    assert desk.members("early") == {"A boat"}
    desk.file("a.txt", ANCHOR, BOAT.replace("2026-01", "2026-02"), now=LATER)
    assert (desk.members("early"), desk.members("late")) == (set(), {"A boat"})


def test_a_date_filled_in_moves_an_item_into_a_topic_of_that_time(desk: Desk) -> None:
    edit(desk, limited("early", before=date(2026, 2, 1)))
    desk.file("a.txt", " | A boat | It floats.")
    assert desk.members("early") == set()
    desk.file("b.txt", BOAT, now=LATER)
    assert desk.members("early") == {"A boat"}


def test_a_pin_or_a_ban_takes_effect_at_the_next_run(desk: Desk) -> None:
    edit(desk, limited("boats"))
    desk.file("a.txt", BOAT, PORT)
    with desk.store.reading() as state:
        ids = {item.title: item.id for item in state.items.all()}
    edit(desk, limited("boats", pin=(ids["A port"],), ban=(ids["A boat"],)))
    desk.record(LATER)
    assert desk.members("boats") == {"A port"}
    assert causes(desk, "boats") == {"A port": "rule"}
