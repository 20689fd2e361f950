"""Opening an edition does not go through what nobody can be owed any more, and finds all else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests.builders import MONDAY, WEEK, digest
from tests.desk import Desk, staff
from tidings.application import scopes
from tidings.application.edit import merge, retract
from tidings.model import DeliveryState, Recipient
from tidings.state.deliveries import DeliveryFilter

ANA, BEN = "ana@x.example", "ben@x.example"


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """From where on the past was looked at, person by person; None for all of it."""
    found: list[object] = []
    of = scopes.Scopes.of

    def noted(self: scopes.Scopes, *given: object) -> scopes.Scope:
        scope: scopes.Scope = of(self, *given)  # type: ignore[arg-type]
        found.append(scope.past and scope.past[0])
        return scope

    monkeypatch.setattr(scopes.Scopes, "of", noted)
    return found


def week(desk: Desk, number: int) -> dict[str, str]:
    """A week with one new item, and what is mailed."""
    now = MONDAY + number * WEEK
    desk.file(f"{number}.txt", f"2026-01-0{number + 1} | Boat {number} | It floats.", now=now)
    return desk.mail(now)


def opened(desk: Desk, *people: str | Recipient, weeks: int = 6) -> None:
    """A desk that has mailed a boat each week."""
    desk.digests = (digest(),)
    desk.lists = staff(*(people or (ANA,)))
    for number in range(weeks):
        assert week(desk, number) == dict.fromkeys(
            (each if isinstance(each, str) else each.address for each in people or (ANA,)),
            f"new Boat {number}",
        )


def test_who_had_everything_is_not_asked_about_it_again(desk: Desk, looked: list[object]) -> None:
    opened(desk)
    looked.clear()
    assert week(desk, 6) == {ANA: "new Boat 6"}
    assert looked == [5]


def _correct(desk: Desk) -> str:
    desk.file("0.txt", "2026-01-01 | Boat 0 | It sank.", now=MONDAY + 6 * WEEK)
    return "corrected Boat 0"


def _retract(desk: Desk) -> str:
    slug = desk.items()["Boat 0"].slug
    retract(desk.store, desk.editor(MONDAY + 6 * WEEK, reason="It never was"), slug)
    return "corrected Boat 0"


def _give_up(desk: Desk) -> str:
    with desk.store.writing() as state:
        first = state.deliveries.find(DeliveryFilter(key=ANA))[0].delivery
        state.deliveries.give_up([first.id], "it never came", MONDAY + 6 * WEEK)
    return "new Boat 0"


def _forget_sending(desk: Desk) -> str:
    with desk.store.writing() as state:
        key = {"address": ANA, "empty": DeliveryState.SUPPRESSED.value}
        state._db.execute(
            text("UPDATE deliveries SET state = :empty WHERE address_key = :address"), key
        )
    return "\n".join(f"new Boat {number}" for number in range(6))


def _merge(desk: Desk) -> str:
    items = desk.items()
    editor = desk.editor(MONDAY + 6 * WEEK, reason="The same")
    merge(desk.store, editor, items["Boat 0"].slug, items["Boat 1"].slug)
    return ""


@pytest.mark.parametrize("change", [_correct, _retract, _give_up, _forget_sending, _merge])
def test_what_changes_of_long_ago_is_found(desk: Desk, change: Callable[[Desk], str]) -> None:
    opened(desk)
    told = change(desk)
    (said,) = week(desk, 6).values()
    assert set(said.splitlines()) == {"new Boat 6", *told.splitlines()}


def test_another_choice_brings_what_it_would_have_brought(desk: Desk, looked: list[object]) -> None:
    ana = Recipient(ANA, topics=("boats",), start="everything")
    desk.digests = (digest(),)
    desk.lists = staff(ana)
    desk.file("p.txt", "2026-01-01 | Port 0 | It waits.")
    for number in range(2):
        week(desk, number)
    looked.clear()
    desk.lists = staff(Recipient(ANA, topics=None, start="everything"))
    week(desk, 2)
    assert looked == [None]


def test_who_comes_new_is_asked_about_nothing_older(desk: Desk, looked: list[object]) -> None:
    opened(desk)
    desk.lists = staff(ANA, BEN)
    looked.clear()
    assert week(desk, 6) == {ANA: "new Boat 6", BEN: "new Boat 6"}
    assert None not in looked
