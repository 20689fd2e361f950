"""`tidings report`, as it is asked for and as it answers."""

from __future__ import annotations

import csv
import json

import pytest

from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import call
from tidings.errors import ConfigError


@pytest.fixture
def sent(room: Pressroom) -> Pressroom:
    room.run("now")
    return room


def test_it_tells_people_programs_and_spreadsheets_the_same(sent: Pressroom) -> None:
    asked = ("report", "--from", "2026-05", "--to", "2026-05")
    told = call(sent, *asked).stdout
    data = json.loads(call(sent, *asked, "--json").stdout)
    table = list(csv.DictReader(call(sent, *asked, "--csv").stdout.splitlines()))
    assert data["format_version"] == 1
    assert (data["from"], data["time_zone"]) == ("2026-05-01", "Europe/Lisbon")
    [whole] = [r for r in data["rows"] if (r["digest"], r["topic"]) == ("weekly", None)]
    assert (whole["joined"], whole["sent"]) == (3, 3)
    [same] = [r for r in table if (r["digest"], r["topic"]) == ("weekly", "")]
    assert {name: str(whole[name]) for name in ("joined", "left", "bounced", "sent")} == {
        name: same[name] for name in ("joined", "left", "bounced", "sent")
    }
    assert "3 joined, 0 left, 0 bounced, 3 sent" in " ".join(told.split())
    assert "@" not in told + str(data) + str(table)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--from", "May"),
        ("--to", "2026-13"),
        ("--from", "2026-02-30"),
        ("--from", "2026-05-02", "--to", "2026-05-01"),
        ("--from", "9999-12"),
        ("--json", "--csv"),
    ],
)
def test_what_is_no_span_of_days_is_refused(sent: Pressroom, wrong: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        call(sent, "report", *wrong)


@pytest.mark.parametrize(
    ("given", "first"),
    [(("--to", "2026-05-10"), "2025-06-01"), (("--to", "2026-01"), "2025-02-01")],
)
def test_without_a_beginning_it_is_a_year(
    sent: Pressroom, given: tuple[str, ...], first: str
) -> None:
    data = json.loads(call(sent, "report", *given, "--json").stdout)
    assert data["from"] == first
    assert len({row["month"] for row in data["rows"]}) == 12
