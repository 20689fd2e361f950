"""`tidings recipients add` says what comes of it: who gets no mail all the same, and why."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from tests.pressroom import SUNDAY, Pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON
from tidings.entrypoints.cli import app
from tidings.model import RecipientState
from tidings.state import Store

DIA = "dia@example.org"


def add(room: Pressroom, address: str = DIA) -> Result:
    words = ["recipients", "add", address, "--digest", "weekly"]
    return CliRunner().invoke(app, ["-C", str(room.root), *words], env=ENVIRON)


def mark(room: Pressroom, state: RecipientState) -> None:
    def act(store: Store, _key: bytes) -> None:
        with store.writing() as writing:
            writing.people.mark(DIA, state, SUNDAY, "550 no such user")

    room.decide(act)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (RecipientState.BOUNCED, "mail to dia@example.org bounced"),
        (RecipientState.LEFT, "has left"),
    ],
)
def test_who_gets_no_mail_is_not_said_to_get_it(
    room: Pressroom, state: RecipientState, why: str
) -> None:
    mark(room, state)
    result = add(room)
    assert result.exit_code == 1
    assert why in result.output
    assert "tidings recipients resume" in result.output
    assert "from the next edition on" not in result.output


def test_who_is_paused_on_a_list_is_named_with_what_to_change(room: Pressroom) -> None:
    room.edit(
        "config/recipients.yaml", "    - ana@example.org", f"    - {{address: {DIA}, paused: true}}"
    )
    result = add(room)
    assert result.exit_code == 1
    assert "paused" in result.output
    assert "from the next edition on" not in result.output


def test_who_may_get_mail_is_said_to_get_it(room: Pressroom) -> None:
    result = add(room)
    assert (result.exit_code, "from the next edition on" in result.output) == (0, True)
