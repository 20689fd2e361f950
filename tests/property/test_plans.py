"""What `plan` says is what the next run does, and a plan leaves no trace."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pressroom import Pressroom, pressroom, traces
from tidings.application import people, subscribe
from tidings.core.audience import pseudonym
from tidings.core.tokens import Joining, Member
from tidings.errors import StateMissing, StoreError
from tidings.model import Choice, RecipientState

BOATS_RENAMED = "  ships:\n    was: [boats]\n    title: Boats"

MORE = """12 May, 2026

A boat without a captain

It was found at the quay.
"""


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    return pressroom(tmp_path)


def test_a_first_run_is_planned_to_the_last_byte_and_nothing_is_created(room: Pressroom) -> None:
    planned = room.plan_and_run()
    assert [item.title for item in planned.new] == ["The ferry is back", "Swimming lessons begin"]
    assert {feed.path: feed.kind for feed in planned.feeds} == {
        "atom.xml": "new",
        "topics/boats/atom.xml": "new",
        "topics/quay/atom.xml": "new",
    }
    assert planned.opened == ()
    (coming,) = planned.coming  # the daily one skips history
    assert (coming.digest.slug, coming.items, coming.messages) == ("weekly", 2, 3)


def test_after_a_run_nothing_is_pending(room: Pressroom) -> None:
    room.run()
    planned = room.plan_and_run()
    assert not planned.pending
    assert (planned.new, planned.files, planned.topics) == ((), (), ())


def test_a_correction_changes_an_entry_and_is_shown_with_what_it_was(room: Pressroom) -> None:
    room.run("now")
    room.pass_days(1)
    room.edit("seeds/may.txt", "She lies at the quay.", "She lies at the other quay.")
    planned = room.plan_and_run("none")
    ((item, before),) = planned.revised
    assert before.summary == "She lies at the quay."
    assert item.summary == "She lies at the other quay."
    changed = {feed.path: len(feed.changing) for feed in planned.feeds}
    assert changed == {"atom.xml": 1, "topics/boats/atom.xml": 1, "topics/quay/atom.xml": 1}


def test_what_a_source_takes_back_is_told_and_mailed_to_those_who_had_it(room: Pressroom) -> None:
    sources = "sources: [{path: seeds/*.txt, removed: retract}]\n"
    room.write("config/tidings.yaml", (room.root / "config/tidings.yaml").read_text() + sources)
    room.run("now")
    room.pass_days(1)
    room.edit("seeds/may.txt", "Swimming lessons begin\n\nChildren meet at the pool.\n", "A dive\n")
    planned = room.plan_and_run("now")
    assert [item.title for item in planned.retracted] == ["Swimming lessons begin"]
    assert (planned.revised, [item.title for item in planned.new]) == ((), ["A dive"])
    ana = next(s for s in planned.opened[0].recipients if s.address == "ana@example.org")
    assert (ana.items, ana.corrected) == (1, 1)


def test_a_renamed_topic_is_no_topic_that_goes_and_another_that_comes(room: Pressroom) -> None:
    room.run("now")
    room.edit("config/digests.yaml", "topics: [boats]", "topics: [ships]")
    room.edit("config/recipients.yaml", "topics: [boats]", "topics: [ships]")
    room.edit("config/topics.yaml", "  boats:\n    title: Boats", BOATS_RENAMED)
    planned = room.plan_and_run("none")
    (effect,) = planned.topics
    assert (effect.slug, effect.kind, effect.renamed_from) == ("ships", "renamed", "boats")
    assert (effect.joining, effect.leaving) == ((), ())
    assert room.plan_and_run("none").topics == ()


def test_a_topic_that_is_renamed_and_edited_is_told_with_what_joins(room: Pressroom) -> None:
    room.run("now")
    room.edit("config/digests.yaml", "topics: [boats]", "topics: [ships]")
    room.edit("config/recipients.yaml", "topics: [boats]", "topics: [ships]")
    room.edit("config/topics.yaml", "  boats:\n    title: Boats", BOATS_RENAMED)
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, ferry, swimming]")
    (effect,) = room.plan_and_run("none").topics
    assert (effect.slug, effect.renamed_from) == ("ships", "boats")
    assert [item.title for item in effect.joining] == ["Swimming lessons begin"]
    assert effect.leaving == ()


def test_a_feed_is_planned_in_all_its_formats(room: Pressroom) -> None:
    assert all(feed.whole for feed in room.plan().feeds)
    room.run("now")
    (room.root / "feeds/rss.xml").write_text("spoilt")
    planned = room.plan()
    assert (planned.feeds, [file.path for file in planned.files]) == ((), ["rss.xml"])


def test_an_edited_rule_is_told_with_what_joins_leaves_and_is_mailed(room: Pressroom) -> None:
    room.run("now")
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, swimming]")
    planned = room.plan_and_run("none")
    (effect,) = planned.topics
    assert (effect.slug, effect.kind) == ("boats", "edited")
    assert [item.title for item in effect.joining] == ["Swimming lessons begin"]
    assert [item.title for item in effect.leaving] == ["The ferry is back"]
    assert (effect.mailed_by, effect.kept_by) == (("weekly",), ("boats",))


@pytest.mark.parametrize(("history", "mailed"), [("skip", 0), ("mail", 1)])
def test_what_joins_by_a_rule_is_mailed_only_if_history_is(
    room: Pressroom, history: str, mailed: int
) -> None:
    room.edit("config/digests.yaml", 'at: "07:00"}', f'at: "07:00"}}\n    history: {history}')
    room.run("now")
    room.pass_days(1)
    room.edit("config/topics.yaml", "any: [boat, ferry]", "any: [boat, ferry, swimming]")
    planned = room.plan_and_run("due")
    daily = [each for each in planned.opened if each.digest.slug == "boats"]
    assert [each.items for each in daily] == [1] * mailed


def test_a_topic_that_is_gone_takes_its_feed_with_it(room: Pressroom) -> None:
    room.run()
    room.edit("config/topics.yaml", "  quay:\n    title: The quay\n    any: [quay]\n", "")
    planned = room.plan_and_run()
    assert [(effect.slug, effect.kind) for effect in planned.topics] == [("quay", "removed")]
    (gone,) = (feed for feed in planned.feeds if feed.kind == "removed")
    assert (gone.path, len(gone.leaving)) == ("topics/quay/atom.xml", 1)


def test_who_comes_back_from_a_pause_gets_what_they_missed(room: Pressroom) -> None:
    room.edit("config/recipients.yaml", "start: everything", "start: everything, paused: true")
    planned = room.plan_and_run("now")
    standings = {each.address: each.outcome for each in planned.opened[0].recipients}
    assert standings == {
        "ana@example.org": "mail",
        "rui@example.org": "mail",
        "eva@example.org": "paused",
    }
    room.pass_days(1)
    room.edit("config/recipients.yaml", ", paused: true", "")
    room.write("seeds/more.txt", MORE)
    planned = room.plan_and_run("now")
    weekly = next(each for each in planned.opened if each.digest.slug == "weekly")
    eva = next(share for share in weekly.recipients if share.address == "eva@example.org")
    assert (eva.items, eva.missed) == (3, 2)


def test_everybody_who_gets_mail_is_counted_however_they_came_to_it(room: Pressroom) -> None:
    room.run()
    room.pass_days(1)
    _add("max@example.org", "weekly")(room)
    _join(room)
    _act("rui@example.org", "weekly", "leave")(room)
    _stop("eva@example.org", RecipientState.PAUSED)(room)
    room.write("seeds/more.txt", MORE)
    planned = room.plan_and_run("now")
    weekly = next(each for each in planned.opened if each.digest.slug == "weekly")
    assert {each.address: (each.outcome, each.items) for each in weekly.recipients} == {
        "ana@example.org": ("mail", 3),
        "rui@example.org": ("left", 0),
        "eva@example.org": ("paused", 0),
        "max@example.org": ("mail", 3),
        "Zoe@example.org": ("mail", 2),
    }
    assert (weekly.messages, planned.older) == (3, 0)


def test_who_joined_and_left_again_is_spoken_of_no_more(room: Pressroom) -> None:
    room.run()
    _join(room)
    _act("zoe@example.org", "weekly", "leave")(room)
    room.write("seeds/more.txt", MORE)
    (weekly,) = (each for each in room.plan_and_run("now").opened if each.digest.slug == "weekly")
    assert "Zoe@example.org" not in {each.address for each in weekly.recipients}


def test_a_listing_that_cannot_be_read_is_a_problem_of_the_plan_too(room: Pressroom) -> None:
    room.write("seeds/bad.txt", "12 May, 2026\n\n\N{REPLACEMENT CHARACTER}\n")
    (room.root / "seeds/worse.txt").write_bytes(b"\xff\xfe\x00")
    planned = room.plan_and_run()
    assert any(problem.path == "seeds/worse.txt" for problem in planned.report.recorded.problems)


def test_a_body_that_cannot_be_made_is_found_by_the_plan(room: Pressroom) -> None:
    room.write(
        "templates/digest/body.txt.j2",
        '{% extends "default:digest/body.txt.j2" %}{% block masthead %}{{ mial }}{% endblock %}',
    )
    planned = room.plan("now")
    assert planned.report.delivered.sent == 0
    assert "mial" in planned.report.delivered.deferred[0][1]
    shares = [share for each in planned.opened for share in each.recipients]
    assert {share.outcome for share in shares} == {"held"}


def test_a_file_that_somebody_else_changed_is_put_right(room: Pressroom) -> None:
    room.run()
    (room.root / "feeds" / "atom.xml").write_bytes(b"not a feed")
    planned = room.plan_and_run()
    assert [(change.path, change.kind) for change in planned.files] == [("atom.xml", "changed")]


def test_a_state_that_is_lost_or_restored_is_refused_as_by_a_run(room: Pressroom) -> None:
    room.run()
    copy = (room.root / "state" / "tidings.db").read_bytes()
    room.write("seeds/more.txt", MORE)
    room.run("now")
    (room.root / "state" / "tidings.db").write_bytes(copy)
    before = traces(room.root)
    with pytest.raises(StoreError, match="state accept"):
        room.plan()
    assert traces(room.root) == before
    (room.root / "state" / "tidings.db").unlink()
    with pytest.raises(StateMissing):
        room.plan()


def test_a_plan_looks_at_the_state_while_somebody_works_with_it(room: Pressroom) -> None:
    from tidings.entrypoints import wiring

    room.run()
    room.write("seeds/more.txt", MORE)
    instance = wiring.load_instance(room.root, room.environ)
    store = wiring.open_state(instance)
    try:
        with wiring.worker_lock(instance):
            with store.writing() as state:
                state.remember("something", "not yet folded into the file")
            before = traces(room.root)
            assert len(room.plan().new) == 1
            assert traces(room.root) == before
    finally:
        store.close()


# --- Any order of events -------------------------------------------------------------------------


Event = Callable[[Pressroom], None]


def _once(name: str, old: str, new: str) -> Event:
    """An edit that is taken back the next time."""

    def event(room: Pressroom) -> None:
        text = (room.root / name).read_text(encoding="utf-8")
        room.edit(name, *((new, old) if new in text else (old, new)))

    return event


def _arrive(room: Pressroom) -> None:
    number = len(list((room.root / "seeds").iterdir()))
    day = f"{room.now.day} {room.now:%B, %Y}"
    title = ("A boat", "A lesson", "A quay")[number % 3]
    room.write(f"seeds/{number}.txt", f"{day}\n\n{title} of number {number}\n\nIt is so.\n")


def _add(address: str, digest: str, topics: tuple[str, ...] | None = None) -> Event:
    """Somebody joins by an operator's hand; whoever left stays away."""

    def event(room: Pressroom) -> None:
        choice = Choice(digest, address, room.now, topics=topics)
        room.decide(lambda store, _secret: people.add(store, choice))

    return event


def _join(room: Pressroom) -> None:
    """Somebody confirms on the web, as often as they like."""
    joining = Joining("weekly", "Zoe@example.org", ("quay",), None, room.now)
    room.decide(lambda store, _secret: subscribe.confirm(store, joining, room.now))


def _act(address: str, digest: str, what: subscribe.Act) -> Event:
    """Somebody decides for themselves, on a list or not."""
    return lambda room: room.decide(
        lambda store, _secret: subscribe.act(store, Member(digest, address), what, room.now)
    )


def _stop(address: str, how: RecipientState) -> Event:
    return lambda room: room.decide(
        lambda store, _secret: people.stop(store, address, how, room.now)
    )


def _resume(address: str) -> Event:
    def resume(room: Pressroom) -> None:
        room.decide(
            lambda store, secret: people.resume(
                store, address, pseudonym(secret, address), room.now
            )
        )

    return resume


EVENTS: tuple[Event, ...] = (
    _arrive,
    _arrive,
    _once("seeds/may.txt", "She lies at the quay.", "She lies at the quay, and waits."),
    _once("seeds/may.txt", "7 May, 2026\n\nSwimming", "6 May, 2026\n\nSwimming"),
    _once("config/topics.yaml", "any: [quay]", "any: [quay, pool]\n    none: [boat]"),
    _once("config/topics.yaml", "title: Boats", "title: All boats"),
    _once("config/digests.yaml", "history: mail", "history: skip"),
    _once(
        "config/recipients.yaml", "- ana@example.org", "- {address: ana@example.org, paused: true}"
    ),
    _once("config/recipients.yaml", "topics: [boats]", "topics: [quay]"),
    _add("max@example.org", "weekly"),
    _add("max@example.org", "boats", ("boats",)),
    _join,
    _act("zoe@example.org", "weekly", "pause"),
    _act("zoe@example.org", "weekly", "leave"),
    _act("eva@example.org", "boats", "leave"),
    _act("eva@example.org", "boats", "resume"),
    _stop("rui@example.org", RecipientState.PAUSED),
    _stop("max@example.org", RecipientState.LEFT),
    _resume("rui@example.org"),
    _resume("max@example.org"),
    lambda room: room.pass_days(3),
    lambda room: room.write("seeds/bad.txt", f"no listing, on day {room.now.day}"),
)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))]
)
def test_in_any_order_of_events_a_run_does_what_its_plan_says(room: Pressroom, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        for event in chance.sample(EVENTS, 5):
            event(room)
        room.pass_days(1)
        room.plan_and_run(chance.choice(("due", "due", "now", "none")))
