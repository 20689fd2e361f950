"""A changed setting of a source reads its files again onto the same items, and plan says so."""

from __future__ import annotations

from datetime import date

import pytest

from tests.fault.crashing import run_once
from tests.fault.test_upgrades import announced, items
from tests.pressroom import SUNDAY, Pressroom
from tests.unit.entrypoints.cli.conftest import call

NUMERIC = """\
Harbour ferry runs again on Sundays
05/04/2026
It leaves at ten and at four from the länding below the “mill”.

Salmon are counted at the old weir
03/04/2026
Volunteers saw more than two hundred of them in one week.

Library lends out garden tools
01/03/2026
Spades and shears can be taken home for a week with a card.
"""
DATED = """\
5 April 2026

Harbour ferry runs again on Sundays

It leaves at ten and at four from the landing below the mill.

3 April 2026

Salmon are counted at the old weir

Volunteers saw more than two hundred of them in one week.

1 March 2026

Library lends out garden tools

Spades and shears can be taken home for a week with a card.
"""
EXAMPLE = "{title: Harbour ferry runs again on Sundays, published: 2026-04-05}"


def configure(room: Pressroom, *settings: str) -> None:
    path = room.root / "config" / "tidings.yaml"
    text = path.read_text("utf-8").split("sources:")[0]
    lines = "".join(f"    {each}\n" for each in settings)
    path.write_text(f"{text}sources:\n  - path: seeds/*.txt\n{lines}", encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "before", "after", "replaced"),
    [
        (NUMERIC, ["date_order: MDY"], ["date_order: DMY"], 3),
        (NUMERIC, ["date_order: MDY", "language: en"], ["language: es"], 3),
        (NUMERIC, ["language: es", "encoding: latin-1"], ["language: es", "encoding: cp1252"], 1),
        (DATED, [], ["category: Port"], 3),
        (DATED, ["layout: dated-after"], ["layout: dated-before"], 3),
        (DATED, ["layout: dated-after"], [f"example: {EXAMPLE}"], 3),
    ],
)
def test_what_was_read_wrongly_is_replaced_in_the_same_items_and_told_to_nobody(
    room: Pressroom, text: str, before: list[str], after: list[str], replaced: int
) -> None:
    (room.root / "seeds" / "may.txt").unlink()
    encoding = "cp1252" if any("encoding" in each for each in before) else "utf-8"
    (room.root / "seeds" / "april.txt").write_bytes(text.encode(encoding))
    configure(room, *before)
    assert run_once(room.root, now=SUNDAY).recorded.new == 3
    known = {item_id: item.slug for item_id, item in items(room.root).items()}
    mailed = sorted((room.root / "outbox").rglob("*.eml"))
    configure(room, *after)
    told = call(room, "plan").stdout
    noun = "item" if replaced == 1 else "items"
    assert f"read again seeds/april.txt: {replaced} {noun} replaced\n" in told
    assert "   items " not in told
    report = run_once(room.root, now=SUNDAY)
    assert (announced(report), report.errors) == ((0,) * 6, [])
    found = items(room.root)
    assert {item_id: item.slug for item_id, item in found.items()} == known
    assert all(item.revision == 0 for item in found.values())
    days = [date(2026, 4, 5), date(2026, 4, 3), date(2026, 3, 1)]
    assert [item.date for item in sorted(found.values(), key=lambda item: item.order)] == days
    assert sorted((room.root / "outbox").rglob("*.eml")) == mailed
