"""What facts amount to: fine, worth knowing, or to be mended, and how."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidings.core import doctor
from tidings.core.doctor import Room
from tidings.model import Finding, Help, Level

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIB = 2**20
FINE, NOTE, WRONG = Level.FINE, Level.NOTE, Level.WRONG


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (doctor.python((3, 11, 0)), FINE),
        (doctor.python((3, 10, 9)), WRONG),
        (doctor.sqlite((3, 51, 2)), NOTE),
        (doctor.sqlite((3, 51, 3)), FINE),
        (doctor.sqlite((3, 52, 0)), FINE),
        (doctor.libraries({"lxml": "5"}), FINE),
        (doctor.libraries({"lxml": "5", "rich": None}), WRONG),
        (doctor.clock(NOON, None), FINE),
        (doctor.clock(NOON, NOON + timedelta(minutes=4)), FINE),
        (doctor.clock(NOON, NOON + timedelta(minutes=6)), WRONG),
        (doctor.clock(NOON.replace(year=1970), None), WRONG),
        (doctor.last_round(NOON, None), NOTE),
        (doctor.last_round(NOON, NOON - timedelta(hours=23)), FINE),
        (doctor.last_round(NOON, NOON - timedelta(hours=25)), NOTE),
        (doctor.room("state", Room(900 * MIB, 10_000, 20_000), 0), FINE),
        (doctor.room("state", Room(900 * MIB, 0, 0), 0), FINE),
        (doctor.room("state", Room(900 * MIB, 999, 20_000), 0), WRONG),
        (doctor.room("state", Room(300 * MIB, 10_000, 20_000), 0), NOTE),
        (doctor.room("state", Room(63 * MIB, 10_000, 20_000), 0), WRONG),
        (doctor.room("state", Room(900 * MIB, 10_000, 20_000), 450 * MIB), WRONG),
        (doctor.usable("seeds/", "read", there=True, may=True), FINE),
        (doctor.usable("seeds/", "read", there=False, may=False), WRONG),
        (doctor.usable("seeds/", "read", there=True, may=False), WRONG),
        (doctor.kept_secret("secret.key", 0o600), FINE),
        (doctor.kept_secret("secret.key", 0o640), WRONG),
        (doctor.kept_secret("state/", 0o700), FINE),
        (doctor.kept_secret("state/", 0o710), WRONG),
        (doctor.git_tracks(["state/secret.key"]), WRONG),
        (doctor.git_would_add(["state/secret.key"]), NOTE),
        (doctor.git_unknown("there is no git on this machine"), NOTE),
        (doctor.foreign_owner("state", [], "tidings"), FINE),
        (doctor.foreign_owner("state", ["state.lock"], "tidings"), WRONG),
        (doctor.published([], [], 9, "size"), FINE),
        (doctor.published(["atom.xml"], [], 9, "size"), WRONG),
        (doctor.published([], ["atom.xml"], 9, "size"), WRONG),
        (doctor.behind(7, 7, worker=False), FINE),
        (doctor.behind(7, 6, worker=False), WRONG),
        (doctor.behind(7, 6, worker=True), NOTE),
        (doctor.mail_server("mail:587", "TLSv1.3", None, "", NOON), FINE),
        (doctor.mail_server("mail:587", "TLSv1.3", NOON + timedelta(days=15), "", NOON), FINE),
        (doctor.mail_server("mail:587", "TLSv1.3", NOON + timedelta(days=13), "", NOON), NOTE),
    ],
    ids=str,
)
def test_a_fact_amounts_to_this_and_what_is_not_fine_has_a_remedy(
    finding: Finding, level: Level
) -> None:
    assert finding.level is level
    assert bool(finding.remedy) is (level is not FINE)
    assert bool(finding.help) is bool(finding.remedy)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("state is empty: restore a backup", "state is empty", "restore a backup"),
        ("a/b.db: disk is full: free some", "a/b.db: disk is full", "free some"),
        ("it is so", "it is so", ""),
    ],
)
def test_the_words_of_an_error_part_into_what_is_wrong_and_what_to_do(
    text: str, message: str, remedy: str
) -> None:
    finding = Finding("state", message, remedy, help=Help.STATE_DAMAGED)
    assert doctor.from_error("state", text, Help.STATE_DAMAGED) == finding


def test_only_some_of_many_files_are_named() -> None:
    told = doctor.published([f"{n}.html" for n in range(9)], ["a.xml"], 20, "size").message
    assert told == "of 20 files in feeds/, 9 gone and 1 altered: 0.html, 1.html, 2.html, …"
