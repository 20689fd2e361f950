"""Instances whose state is lost, damaged or old, and the mail that they have sent."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.e2e.conftest import call

Done = subprocess.CompletedProcess[str]

# The first run of the sample was on Tuesday 24 November 2026, 12:00 in UTC.
LATER = "2026-11-24T18:00:00+00:00"
LATER_EPOCH = "1795543200"
WITNESS = ".tidings-witness"

NEWS = """23 November 2026

{title}

From December on, {what} can be looked up by those whom it concerns, on their own phones.
"""


def at(instant: str) -> datetime:
    """An instant from its text."""
    return datetime.fromisoformat(instant)


@dataclass(frozen=True)
class Mail:
    """A message in the outbox: who got it, under which name, with which items."""

    recipient: str
    message_id: str
    items: frozenset[str]


def outbox(folder: Path) -> list[Mail]:
    """Every message that ever left."""
    return [_mail(place) for place in sorted((folder / "outbox").rglob("*.eml"))]


def _mail(place: Path) -> Mail:
    message = email.message_from_bytes(place.read_bytes(), policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    _, _, address = place.stem.partition("-")
    return Mail(
        address, message["Message-ID"], frozenset(re.findall(r"items/([\w-]+)\.html", text))
    )


def assert_nothing_twice(mails: list[Mail]) -> None:
    """No item reached anybody in two messages, and no two messages bear one name."""
    had = Counter((mail.recipient, item) for mail in mails for item in mail.items)
    assert [pair for pair, times in had.items() if times > 1] == []
    names = Counter(mail.message_id for mail in mails)
    assert [name for name, times in names.items() if times > 1] == []


def add_news(folder: Path, name: str, title: str, what: str = "what has changed") -> None:
    """Save a listing with one item."""
    (folder / "seeds" / f"{name}.txt").write_text(
        NEWS.format(title=title, what=what), encoding="utf-8"
    )


def run(folder: Path, now: str = LATER, send: str = "now") -> Done:
    """One run, which opens editions of all that is unannounced."""
    return call(folder, "run", "--send", send, "--now", now)


def accept(folder: Path, *options: str, epoch: str = LATER_EPOCH) -> Done:
    """Accept the state as it is."""
    return call(folder, "state", "accept", *options, SOURCE_DATE_EPOCH=epoch)


def copy_of_state(folder: Path, name: str = "copy") -> Path:
    """A copy of the state's folder, as somebody makes one who does not know of `backup`."""
    return Path(shutil.copytree(folder / "state", folder.parent / name))


def put_back(folder: Path, copy: Path) -> None:
    """Put a copy in the place of the state."""
    shutil.rmtree(folder / "state")
    shutil.copytree(copy, folder / "state")


def untouched(folder: Path) -> Mapping[str, bytes]:
    """What readers can see, and the state itself, byte for byte."""
    kept = [*(folder / "feeds").rglob("*"), *(folder / "outbox").rglob("*")]
    kept += [*(folder / "state").glob("tidings.db")]
    return {str(place.relative_to(folder)): place.read_bytes() for place in kept if place.is_file()}


def edit(folder: Path, statement: str, *values: object) -> None:
    """Change the state behind the program's back."""
    connection = sqlite3.connect(folder / "state" / "tidings.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


# --- Ways to spoil a state, each with what is said of it ------------------------------------------

Spoil = Callable[[Path], None]


def missing(state: Path) -> None:
    state.unlink()


def empty(state: Path) -> None:
    state.write_bytes(b"")


def folder_gone(state: Path) -> None:
    shutil.rmtree(state.parent)


def cut_in_half(state: Path) -> None:
    data = state.read_bytes()
    state.write_bytes(data[: len(data) // 2])


def cut_within_a_page(state: Path) -> None:
    state.write_bytes(state.read_bytes()[:-1000])


def cut_to_a_stump(state: Path) -> None:
    state.write_bytes(state.read_bytes()[:50])


def a_page_flipped(state: Path) -> None:
    data = bytearray(state.read_bytes())
    for at in range(4096 * 5, 4096 * 6):
        data[at] ^= 0xFF
    state.write_bytes(data)


def header_garbled(state: Path) -> None:
    state.write_bytes(b"\x13" * 100 + state.read_bytes()[100:])


def another_program_s(state: Path) -> None:
    state.unlink()
    connection = sqlite3.connect(state)
    connection.execute("CREATE TABLE accounts (name TEXT)")
    connection.close()


def from_the_future(state: Path) -> None:
    connection = sqlite3.connect(state)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


SPOILT: dict[Spoil, str] = {
    missing: "tidings.db is missing, and once it was not",
    empty: "tidings.db is empty, and once it was not",
    folder_gone: "tidings.db is missing, and once it was not",
    cut_in_half: "tidings.db is damaged",
    cut_within_a_page: "tidings.db is damaged",
    cut_to_a_stump: "tidings.db is damaged",
    a_page_flipped: "tidings.db is damaged",
    header_garbled: "tidings.db is damaged (file is not a database)",
    another_program_s: "is an SQLite file, but not a state of Tidings",
    from_the_future: "was written by a newer version of Tidings (schema 99",
}
