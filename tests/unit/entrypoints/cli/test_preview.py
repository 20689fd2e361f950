"""`tidings preview` and `send --test` as people call them: what they say, and their codes."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.pressroom import Pressroom, traces
from tests.unit.entrypoints.cli.conftest import ENVIRON, call
from tidings.entrypoints.cli import app
from tidings.errors import ConfigError


def test_a_preview_is_shown_as_text_as_a_page_or_as_the_message(
    room: Pressroom, tmp_path: Path
) -> None:
    assert "The ferry is back" in call(room, "preview", "weekly").stdout
    assert call(room, "preview", "weekly", "--format", "html").stdout.startswith("<!")
    file = tmp_path / "message.eml"
    shown = call(
        room, "preview", "weekly", "--recipient", "RUI@example.org", "--format", "eml", "--out",
        str(file),
    )  # fmt: skip
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert message_from_bytes(file.read_bytes())["To"] == "rui@example.org"


def test_a_specimen_says_what_it_is_and_when_there_will_be_a_real_one(room: Pressroom) -> None:
    room.run("now")
    told = call(room, "preview", "weekly", "--recipient", "ana@example.org")
    assert told.exit_code == 0
    assert "The ferry is back" in told.stdout
    assert told.stderr == (
        "weekly has nothing new for ana@example.org: this is a specimen of the newest items."
        " The next edition is due Monday 11 May 2026, 08:00. Nothing was recorded or sent.\n"
    )


def test_a_test_of_a_specimen_says_that_it_is_one(room: Pressroom) -> None:
    room.edit("config/digests.yaml", "history: mail", "history: skip")
    words = ["-C", str(room.root), "send", "weekly", "--test", "me@example.net"]
    sent = CliRunner().invoke(app, words, env=ENVIRON)
    assert sent.exit_code == 0
    assert sent.stdout.startswith(
        "Sent to me@example.net as a test: a specimen of weekly, made of the newest items,"
        " since nothing is new.\n"
    )


@pytest.mark.parametrize("words", [("preview", "weekly"), ("send", "weekly", "--test", "me@a.net")])
def test_without_items_both_say_what_to_do_and_fail(
    room: Pressroom, words: tuple[str, ...]
) -> None:
    (room.root / "seeds/may.txt").unlink()
    told = call(room, *words)
    assert told.exit_code == 1
    assert "there are no items yet" in told.stderr
    assert "seeds/*.txt" in told.stderr


def test_a_wrong_name_is_told_with_the_one_that_comes_near(room: Pressroom) -> None:
    with pytest.raises(ConfigError, match='did you mean "weekly"'):
        call(room, "preview", "weakly")
    with pytest.raises(ConfigError, match=r"did you mean .ana@"):
        call(room, "preview", "weekly", "--recipient", "anna@example.org")
    with pytest.raises(ConfigError, match="--test"):
        call(room, "send", "weekly")
    with pytest.raises(ConfigError, match="not a mail address"):
        call(room, "send", "weekly", "--test", "nobody")


def test_a_test_message_is_the_only_thing_that_is_written(room: Pressroom) -> None:
    before = traces(room.root)
    words = ["-C", str(room.root), "send", "weekly", "--test", "me@example.net"]
    result = CliRunner().invoke(app, words, env=ENVIRON)
    assert result.exit_code == 0
    assert "Sent to me@example.net as a test: No. 1 of weekly." in result.stdout
    made = traces(room.root).keys() - before.keys()
    assert [name for name in made if name.endswith(".eml")] == [
        "outbox/weekly.test/1/0-me@example.net.eml"
    ]
    assert {name.partition("/")[0] for name in made} == {"outbox"}


def test_a_preview_wants_a_digest_or_a_page_that_stays_open(room: Pressroom) -> None:
    with pytest.raises(ConfigError, match="--serve"):
        call(room, "preview")


def test_a_live_preview_of_no_instance_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["-C", str(tmp_path), "preview", "--serve", "--port", "0"])
    assert isinstance(result.exception, ConfigError)
    assert "there is no instance here" in str(result.exception)
