"""What no verb can go on from ends in a sentence with what to do, not in a traceback."""

from __future__ import annotations

import errno

import pytest

from tidings.entrypoints.cli.exits import Exit, failing
from tidings.errors import StateReplaced


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        ImportError("lib.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
    ],
)
def test_too_little_memory_ends_in_a_sentence(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, failing():
        raise error
    assert ended.value.code == Exit.FAILED
    assert "too little memory: give this process more" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(5, "no"), RuntimeError("no"), ImportError("no")])
def test_a_bug_keeps_its_trace(error: BaseException) -> None:
    with pytest.raises(type(error), match="no"), failing():
        raise error


def test_a_state_that_was_replaced_in_use_is_to_be_tried_again() -> None:
    with pytest.raises(SystemExit) as ended, failing():
        raise StateReplaced("replaced")
    assert ended.value.code == Exit.LATER
