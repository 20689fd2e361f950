"""What `check` says of settings that do not go together once a server keeps the state."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tidings.entrypoints import examination
from tidings.entrypoints.examination import Examination, examine

SERVER = {"TIDINGS_STATE": "postgresql://tidings@127.0.0.1:1/tidings"}
WHOLE = {
    **SERVER,
    "TIDINGS_SECRET_KEY": "k" * 64,
    "TIDINGS_MAIL__TRANSPORT": "smtp://mail.example.org",
}


def about_machines(found: Examination) -> list[str]:
    parts = ("machine", "password", "psycopg")
    return [str(each) for each in found.findings if any(part in str(each) for part in parts)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_minimal_site(tmp_path)
    return tmp_path


def test_a_state_on_a_server_with_all_that_it_needs_is_left_alone(root: Path) -> None:
    found = examine(root, WHOLE)
    assert found.of("problem") == ()
    assert about_machines(found) == []
    assert about_machines(examine(root, {})) == []


def test_it_warns_where_the_key_is_missing_that_all_machines_share(root: Path) -> None:
    found = examine(root, {**WHOLE, "TIDINGS_SECRET_KEY": ""})
    (warning,) = [each for each in found.of("warning") if each.path == "TIDINGS_SECRET_KEY"]
    assert "every machine needs the same key" in warning.message
    assert found.of("problem") == ()
    unreadable = {**SERVER, "TIDINGS_SECRET_KEY_FILE": str(root / "nothing")}
    (problem,) = examine(root, unreadable).of("problem")
    assert problem.path == "TIDINGS_SECRET_KEY_FILE"
    assert not (root / "state").exists()


def test_a_folder_for_messages_is_warned_of_since_each_machine_has_its_own(root: Path) -> None:
    found = examine(root, {**WHOLE, "TIDINGS_MAIL__TRANSPORT": "file:outbox"})
    (warning,) = about_machines(found)
    assert "each machine that sends writes messages into a folder of its own" in warning
    assert found.of("problem") == ()


def test_a_password_in_the_address_and_one_that_cannot_be_read_are_refused(root: Path) -> None:
    told = examine(root, {**WHOLE, "TIDINGS_STATE": "postgresql://a:b@db.example.org/tidings"})
    assert "a password does not belong here" in str(told.of("problem")[0])
    told = examine(root, {**WHOLE, "TIDINGS_STATE_PASSWORD_FILE": str(root / "nothing")})
    assert [each.path for each in told.of("problem")] == ["TIDINGS_STATE_PASSWORD_FILE"]


def test_without_the_library_it_names_the_command(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "find_spec", lambda _name: None)
    (warning,) = about_machines(examine(root, WHOLE))
    assert "psycopg" in warning
    (warned,) = [each for each in examine(root, WHOLE).of("warning") if "psycopg" in str(each)]
    assert warned.hint == "pip install 'tidings[scale]'"
