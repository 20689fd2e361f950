"""The numbers of readers and mail are true: whoever is erased, renamed, merged or comes back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.application import people, subscribe
from tidings.application.report import Report, report
from tidings.core.audience import pseudonym
from tidings.core.tokens import Member
from tidings.entrypoints import wiring
from tidings.model import Choice, RecipientState
from tidings.state import Store

ANA, RUI, EVA, ZOE = (f"{name}@example.org" for name in ("ana", "rui", "eva", "zoe"))
LEFT, PAUSED = RecipientState.LEFT, RecipientState.PAUSED
MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
DAY = timedelta(days=1)
Numbers = tuple[int | None, ...]


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = pressroom(tmp_path)
    made.now = MAY
    made.run("now")
    made.pass_days(1)
    return made


def counted(
    room: Pressroom, begin: date = date(2026, 3, 1), end: date = date(2026, 6, 30)
) -> Report:
    instance = wiring.load_instance(room.root, room.environ)
    with wiring.look_at_state(instance) as store:
        settings = wiring.follow(instance, store).settings
        return report(store, settings, begin, end, room.now + 100 * DAY)


def of(room: Pressroom, month: str, digest: str = "weekly", topic: str = "") -> Numbers:
    """Joined, left, bounced, sent."""
    wanted = (month, digest, topic)
    [row] = [r for r in counted(room).rows if (r.month, r.digest, r.topic) == wanted]
    return tuple(row.numbers.values())


def test_whoever_a_list_has_joins_with_the_first_edition_and_counts_once(room: Pressroom) -> None:
    assert of(room, "2026-05") == (3, 0, 0, 3)
    assert of(room, "2026-04") == (0, 0, 0, 0)
    room.write("seeds/new.txt", "9 May, 2026\n\nA boat comes\n\nShe is a ferry, they say.\n")
    room.pass_days(7)
    room.run("now")
    assert of(room, "2026-05") == (3, 0, 0, 6)


def test_a_topic_counts_who_wants_it_and_mail_that_brings_it(room: Pressroom) -> None:
    assert of(room, "2026-05", topic="boats") == (3, 0, 0, 3)
    assert of(room, "2026-05", topic="quay") == (2, 0, 0, 3)


@pytest.mark.parametrize("way", ["link", "verb", "list"])
def test_who_leaves_and_comes_back_left_once_and_joined_twice(room: Pressroom, way: str) -> None:
    def change(store: Store, key: bytes, *, back: bool) -> None:
        if way == "link":
            subscribe.act(store, Member("weekly", ANA), "resume" if back else "leave", room.now)
            subscribe.act(store, Member("weekly", ANA), "resume" if back else "leave", room.now)
        elif back:
            people.resume(store, ANA, pseudonym(key, ANA), room.now)
        else:
            people.stop(store, ANA, LEFT, room.now)
            people.stop(store, ANA, LEFT, room.now)

    listed = "    - ana@example.org\n"
    for back in (False, True):
        if way == "list":
            old, new = ("  crew:\n", f"  crew:\n{listed}") if back else (listed, "")
            room.edit("config/recipients.yaml", old, new)
        else:
            room.decide(lambda store, key, back=back: change(store, key, back=back))  # type: ignore[misc]
        news = f"9 May, 2026\n\nA boat comes {back}\n\nShe is a ferry, they say {back}.\n"
        room.write(f"seeds/new-{back}.txt", news)
        room.pass_days(7)
        room.run("now")
    assert of(room, "2026-05")[:2] == (4, 1)


def test_a_pause_is_no_departure(room: Pressroom) -> None:
    room.decide(lambda store, _: people.stop(store, ANA, PAUSED, room.now))
    room.decide(lambda store, key: people.resume(store, ANA, pseudonym(key, ANA), room.now))
    subscribed = Member("weekly", RUI)
    room.decide(lambda store, _: subscribe.act(store, subscribed, "pause", room.now))
    room.decide(lambda store, _: subscribe.act(store, subscribed, "resume", room.now))
    assert of(room, "2026-05") == (3, 0, 0, 3)


def test_a_stranger_who_leaves_or_asks_is_no_reader(room: Pressroom) -> None:
    room.decide(lambda store, _: subscribe.act(store, Member("weekly", ZOE), "leave", room.now))
    room.decide(lambda store, _: people.stop(store, "tom@example.org", LEFT, room.now))
    asked = subscribe.SubscriptionRequest("weekly", "new@example.org")
    room.decide(lambda store, _: subscribe.ask(store, asked, room.now))
    assert of(room, "2026-05") == (3, 0, 0, 3)


def test_who_joins_by_themselves_counts_when_they_do_and_not_with_the_edition(
    room: Pressroom,
) -> None:
    room.decide(
        lambda store, _: people.add(store, Choice("weekly", ZOE, room.now, topics=("quay",)))
    )
    room.decide(lambda store, _: people.add(store, Choice("weekly", EVA, room.now)))  # on a list
    room.write("seeds/new.txt", "9 May, 2026\n\nA quay is built\n\nIt is one of stone, they say.\n")
    room.pass_days(30)
    room.run("now")
    assert of(room, "2026-05")[:2] == (4, 0)
    assert of(room, "2026-06")[:2] == (0, 0)
    assert of(room, "2026-05", topic="boats")[0] == 3
    assert of(room, "2026-05", topic="quay")[0] == 3


def test_erasing_changes_no_number_but_that_of_who_left(room: Pressroom) -> None:
    before = of(room, "2026-05")
    room.decide(lambda store, key: people.erase(store, ANA, pseudonym(key, ANA), room.now))
    assert of(room, "2026-05") == (before[0], 1, *before[2:])
    room.decide(lambda store, key: people.erase(store, ANA, pseudonym(key, ANA), room.now))
    assert of(room, "2026-05") == (before[0], 1, *before[2:])


def test_months_are_those_of_the_sites_zone(tmp_path: Path) -> None:
    room = pressroom(tmp_path)
    room.now = datetime(2026, 4, 30, 22, 59, tzinfo=UTC)
    room.run("now")
    assert (of(room, "2026-04")[3], of(room, "2026-05")[3]) == (3, 0)
    room.now += timedelta(minutes=2)
    room.write("seeds/new.txt", "1 May, 2026\n\nA boat comes\n\nShe is a ferry, they say.\n")
    room.run("now")
    assert (of(room, "2026-04")[3], of(room, "2026-05")[3]) == (3, 3)
    [row] = [
        r for r in counted(room, date(2026, 5, 1), date(2026, 5, 1)).rows
        if (r.digest, r.topic) == ("weekly", "")
    ]  # fmt: skip
    assert row.numbers["sent"] == 3


def test_renamed_digests_and_topics_keep_their_numbers(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "  weekly:\n", "  sunday:\n    was: [weekly]\n")
    room.edit("config/topics.yaml", "  quay:\n", "  pier:\n    was: [quay]\n")
    room.run("none")
    assert of(room, "2026-05", "sunday") == (3, 0, 0, 3)
    assert of(room, "2026-05", "sunday", "pier") == (2, 0, 0, 3)


def test_two_digests_that_become_one_have_the_numbers_of_both_and_nobody_moves(
    room: Pressroom,
) -> None:
    parts = of(room, "2026-05"), of(room, "2026-05", "boats")
    both = tuple((one or 0) + (other or 0) for one, other in zip(*parts, strict=True))
    text = (room.root / "config/digests.yaml").read_text("utf-8")
    room.write(
        "config/digests.yaml",
        text[: text.index("  boats:")].replace("  weekly:\n", "  weekly:\n    was: [boats]\n"),
    )
    room.run("none")
    assert of(room, "2026-05") == both


def test_a_digest_that_is_gone_is_told_under_its_name(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "  weekly:\n", "  sunday:\n")
    assert of(room, "2026-05", "weekly") == (3, 0, 0, 3)
    assert of(room, "2026-05", "sunday") == (0, 0, 0, 0)


def test_of_what_was_before_a_fresh_start_nothing_is_known(room: Pressroom) -> None:
    with wiring.look_at_state(wiring.load_instance(room.root, {})):
        pass
    room.decide(lambda store, _: _reset(store))
    room.now = datetime(2026, 6, 2, 9, tzinfo=UTC)
    room.run("now")
    assert of(room, "2026-05") == (None,) * 4
    assert of(room, "2026-06") == (None,) * 4  # the first days of June are not known either
    room.now = datetime(2026, 7, 2, 9, tzinfo=UTC)
    [july] = [
        r for r in counted(room, date(2026, 7, 1), date(2026, 7, 2)).rows
        if (r.digest, r.topic) == ("weekly", "")
    ]  # fmt: skip
    assert july.numbers["sent"] == 0


def _reset(store: Store) -> None:
    with store.writing() as state:
        state.reset.clear(people_too=False)
        state.figures.note_gap(None, None)


def test_an_upgraded_state_knows_its_mail_and_not_who_came_and_went(room: Pressroom) -> None:
    def older(store: Store, _: bytes) -> None:
        with store.writing() as state:
            state._db.exec_driver_sql("DROP TABLE reader_events")
            state._db.exec_driver_sql("DROP TABLE links")
            state._db.exec_driver_sql("PRAGMA user_version = 11")

    room.decide(older)
    assert of(room, "2026-05") == (None, None, 0, 3)
    assert of(room, "2026-04")[0] is None


def test_who_came_and_went_stands_nowhere_in_the_numbers(room: Pressroom) -> None:
    instance = wiring.load_instance(room.root, {})
    with wiring.look_at_state(instance) as store, store.reading() as state:
        rows = state._db.exec_driver_sql("SELECT * FROM reader_events").all()
    assert rows
    assert "@" not in str(rows)


def test_a_message_that_comes_back_counts_once_in_the_month_in_which_it_does(
    room: Pressroom,
) -> None:
    def back(store: Store, _: bytes) -> None:
        with store.writing() as state:
            [row] = state._db.exec_driver_sql(
                "SELECT d.id FROM deliveries d JOIN editions e ON e.id = d.edition_id"
                " WHERE e.digest = 'weekly' AND d.address_key = 'ana@example.org'"
            ).all()
            for later in (30, 60):
                state.figures.bounced(row.id, room.now + later * DAY)

    room.decide(back)
    assert [of(room, f"2026-0{month}")[2] for month in (5, 6)] == [0, 1]
    assert of(room, "2026-06", topic="boats")[2] == 1
    room.decide(lambda store, key: people.erase(store, ANA, pseudonym(key, ANA), room.now))
    assert of(room, "2026-06")[2] == 1
