"""The instance's secret: made once, kept private, never replaced."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tidings.adapters.signing import Signer, previous_keys, root_secret, secret_key
from tidings.errors import ConfigError, StoreError


def test_the_key_is_made_at_first_use_and_stays(tmp_path: Path) -> None:
    made = secret_key(tmp_path / "state", {})
    assert len(made) >= 32
    assert secret_key(tmp_path / "state", {}) == made
    assert [place.name for place in (tmp_path / "state").iterdir()] == ["secret.key"]


def test_two_instances_have_two_keys(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "a", {}) != secret_key(tmp_path / "b", {})


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_only_the_owner_can_read_the_key(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        secret_key(tmp_path, {})
    finally:
        os.umask(before)
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_environment_comes_first_and_makes_no_file(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"from a file\n")
    environ = {"TIDINGS_SECRET_KEY": "spoken", "TIDINGS_SECRET_KEY_FILE": str(given)}
    assert secret_key(tmp_path / "state", environ) == b"spoken"
    assert secret_key(tmp_path / "state", {"TIDINGS_SECRET_KEY_FILE": str(given)}) == b"from a file"
    assert not (tmp_path / "state").exists()


def test_an_empty_variable_is_no_key(tmp_path: Path) -> None:
    environ = {"TIDINGS_SECRET_KEY": "", "TIDINGS_SECRET_KEY_FILE": ""}
    assert secret_key(tmp_path, environ) == secret_key(tmp_path, {})


def test_a_named_file_that_is_missing_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(ConfigError) as caught:
        secret_key(tmp_path, {"TIDINGS_SECRET_KEY_FILE": str(missing)})
    assert "TIDINGS_SECRET_KEY_FILE" in str(caught.value)
    assert str(missing) in str(caught.value)


def test_an_empty_named_file_is_a_fault_and_not_an_empty_key(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"\n")
    with pytest.raises(ConfigError, match=str(empty)):
        secret_key(tmp_path, {"TIDINGS_SECRET_KEY_FILE": str(empty)})


def test_an_empty_kept_key_is_a_fault_and_not_an_empty_key(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"")
    with pytest.raises(StoreError, match=r"secret\.key"):
        secret_key(tmp_path, {})


def test_a_key_that_cannot_be_read_is_a_fault_of_the_state(tmp_path: Path) -> None:
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(StoreError, match=r"secret\.key"):
        secret_key(tmp_path, {})


def test_a_rival_s_key_is_taken_over_and_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rival_first(count: int) -> str:
        (tmp_path / "secret.key").write_bytes(b"the rival's")
        return "ours"

    monkeypatch.setattr(secrets, "token_hex", rival_first)
    assert secret_key(tmp_path, {}) == b"the rival's"
    assert (tmp_path / "secret.key").read_bytes() == b"the rival's"
    assert len(list(tmp_path.iterdir())) == 1


def test_earlier_keys_stand_one_a_line_in_a_variable_or_a_file(tmp_path: Path) -> None:
    place = tmp_path / "earlier"
    place.write_text("second\n\nfirst\n", encoding="utf-8")
    named = {"TIDINGS_SECRET_KEY_PREVIOUS_FILE": str(place)}
    assert previous_keys(named)[:2] == (b"second", b"first")
    assert previous_keys({"TIDINGS_SECRET_KEY_PREVIOUS": "first", **named}) == (b"first",)
    assert previous_keys({}) == previous_keys({"TIDINGS_SECRET_KEY_PREVIOUS": ""}) == ()
    place.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="TIDINGS_SECRET_KEY_PREVIOUS_FILE"):
        previous_keys(named)


def test_what_derives_from_a_key_derives_from_the_first() -> None:
    given = {"TIDINGS_SECRET_KEY": "second"}
    assert root_secret(Path("nowhere"), given) == b"second"
    given["TIDINGS_SECRET_KEY_PREVIOUS"] = "first"
    assert root_secret(Path("nowhere"), given) == b"first"
    # One key of two lines, as programs make them.
    given["TIDINGS_SECRET_KEY_PREVIOUS"] = "fi\nrst"
    assert root_secret(Path("nowhere"), given) == b"fi\nrst"


def test_an_earlier_key_opens_and_never_signs() -> None:
    old, new = Signer(b"old"), Signer(b"new", [b"old"])
    assert new.verify("a", old.sign("a", [1])) == [1]
    assert new.verify("b", old.sign("a", [1])) is None
    assert old.verify("a", new.sign("a", [1])) is None
