"""`tidings approve`, `hold` and `skip`, and what `status`, `plan` and `history` say of a review."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from tests.pressroom import Pressroom
from tidings.entrypoints.cli import app

FRIDAY = datetime(2026, 5, 8, 15, tzinfo=UTC)
MONDAY = datetime(2026, 5, 11, 8, tzinfo=UTC)
REVIEW = "    review: {by: [editor@example.org], open: friday 15:00}\n"


@pytest.fixture(autouse=True)
def reviewed(room: Pressroom) -> None:
    """The weekly digest alone, reviewed, on the Friday before it goes."""
    text = (room.root / "config/digests.yaml").read_text(encoding="utf-8")
    weekly = text.split("  boats:\n")[0]
    room.write("config/digests.yaml", weekly + REVIEW)
    room.now = FRIDAY
    room.run()


def call(room: Pressroom, *words: str) -> Result:
    environ = {
        "SOURCE_DATE_EPOCH": str(int(room.now.timestamp())),
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }
    return CliRunner().invoke(app, ["-C", str(room.root), *words], env=environ)


def told(room: Pressroom, *words: str) -> str:
    return " ".join(call(room, *words).output.split())


def mailed(room: Pressroom) -> list[str]:
    return sorted(path.name for path in room.root.glob("outbox/weekly/1/*.eml"))


def test_status_and_plan_say_what_waits_for_whom(room: Pressroom) -> None:
    for verb in ("status", "plan"):
        found = told(room, verb)
        assert "No. 1, proof 1, 2 items: waits for editor@example.org, goes " in found
        (waiting,) = json.loads(call(room, verb, "--json").stdout)["reviews"]
        assert (waiting["digest"], waiting["state"]) == ("weekly", "waiting")
    assert call(room, "status").exit_code == 0


def test_an_approval_says_what_goes_and_when_and_is_on_record(room: Pressroom) -> None:
    found = told(room, "approve", "weekly", "--by", "Ana  María")
    assert "Harbour weekly, No. 1, is approved, and goes at Monday 11 May 2026, 08:00." in found
    assert "The ferry is back" in found
    assert "approved by Ana María, goes " in told(room, "status")
    assert "already" in told(room, "approve", "weekly")
    room.now = MONDAY
    room.run()
    assert mailed(room) != []
    assert "approved by Ana María, Friday 8 May 2026" in told(room, "history", "the-ferry")
    (review,) = json.loads(call(room, "history", "the-ferry", "--json").stdout)["reviews"]
    assert [each["by"] for each in review["decisions"]] == ["Ana María"]


def test_what_nobody_approved_by_its_slot_ends_run_and_status_with_75(room: Pressroom) -> None:
    room.now = MONDAY
    assert call(room, "run").exit_code == 75
    assert call(room, "status").exit_code == 75
    assert "waits for the approval of editor@example.org" in told(room, "status")
    assert json.loads(call(room, "status", "--json").stdout)["ok"] is False
    assert call(room, "approve", "weekly").exit_code == 0
    assert call(room, "run").exit_code == 0
    assert mailed(room) != []


def test_a_hold_and_a_skip_send_nothing(room: Pressroom) -> None:
    assert call(room, "hold", "weekly", "--by", "Ana").exit_code == 0
    assert "held by Ana, waits for editor@example.org" in told(room, "status")
    document = json.loads(call(room, "skip", "weekly", "--json").stdout)
    assert (document["state"], document["changed"]) == ("skipped", True)
    room.now = MONDAY
    assert call(room, "run").exit_code == 0
    assert mailed(room) == []
    refused = str(call(room, "approve", "weekly").exception)
    assert "it was skipped, and its items go with the next one" in refused


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("approve", "weekyl"), 'did you mean "weekly"'),
        (("approve", "weekly", "--edition", "7"), "what waits of weekly is No. 1, not 7"),
    ],
)
def test_what_does_not_wait_cannot_be_decided_on(
    room: Pressroom, words: tuple[str, ...], says: str
) -> None:
    assert says in str(call(room, *words).exception)


def test_a_plan_on_the_day_foretells_the_proof_and_the_run_makes_it(room: Pressroom) -> None:
    room.write("seeds/june.txt", "9 May, 2026\n\nA boat is built\n\nShe is red.\n")
    before = sorted(room.root.glob("outbox/**/*.eml"))
    assert "a new proof" in told(room, "plan")
    assert call(room, "plan", "--detailed-exitcode").exit_code == 3
    assert sorted(room.root.glob("outbox/**/*.eml")) == before
    room.run()
    after = {str(path.relative_to(room.root)) for path in room.root.glob("outbox/**/*.eml")}
    assert "outbox/weekly.proof.en/1/2-editor@example.org.eml" in after


def test_check_names_what_a_review_lacks(room: Pressroom) -> None:
    for wrong, says in (
        ("{by: [], open: friday 15:00}", "by"),
        ("{by: [editor@example.org]}", "open is missing"),
        ("{by: [editor@example.org], open: someday 15:00}", '"someday" is not a day of the week'),
        ("{by: [editor@example.org], open: noon}", '"noon" is not a time to ask'),
        ("{by: [editor], open: friday 15:00}", '"editor" is not a mail address'),
    ):
        room.edit("config/digests.yaml", REVIEW, f"    review: {wrong}\n")
        found = told(room, "check")
        assert says in found, found
        assert re.search(r"config/digests\.yaml:9:\d+", found), found
        room.edit("config/digests.yaml", f"    review: {wrong}\n", REVIEW)
    assert call(room, "check").exit_code == 0
