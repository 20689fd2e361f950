"""Golden cases: a folder with config, seeds and an instant, and what has to come of them.

`make bless` rewrites what is expected; the review then reads the diff. Only text that people see
is kept: feeds, pages and mail, each as it is.

A case that takes several runs has its later ones below `then/`, in order: each a folder with an
instant and the files that change before that run. Of such a case the mails alone are kept, as text:
`<edition>-<address>.txt` with the subject and the text part.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.desk import hurried
from tidings.application.cycle import run_cycle
from tidings.entrypoints import wiring

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
KEY = {"TIDINGS_SECRET_KEY": "a key that everybody knows"}


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """These cases are on what is written, not on when it is safe."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(os, "sync", lambda: None)


def made_by(case: Path, scratch: Path) -> dict[str, bytes]:
    """What the runs of a case make: published files and mail, by path."""
    root = scratch / "instance"
    later = sorted(path for path in (case / "then").glob("*") if path.is_dir())
    for step in (case, *later):
        for name in ("config", "seeds", "templates"):
            if (step / name).is_dir():
                shutil.copytree(step / name, root / name, dirs_exist_ok=True)
        run(root, datetime.fromisoformat((step / "now").read_text(encoding="utf-8").strip()))
    if later:
        return dict(mails(root / "outbox"))
    made = {}
    for folder in ("feeds", "outbox"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "assets" not in path.parts:
                made[str(path.relative_to(root))] = path.read_bytes()
    return made


def run(root: Path, now: datetime) -> None:
    """One run at that instant, which sends what there is to send."""
    instance = wiring.load_instance(root, KEY)
    store = hurried(wiring.open_state(instance))
    try:
        run_cycle(wiring.services(instance, store, wiring.clock(now)), "now")
    finally:
        store.close()


def mails(outbox: Path) -> Iterator[tuple[str, bytes]]:
    """Subject and text of each mail, by edition and address."""
    for path in sorted(outbox.rglob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        assert body
        text = str(body.get_content()).replace("\r\n", "\n")
        name = f"{path.parent.name}-{path.stem.partition('-')[2]}.txt"
        yield name, f"Subject: {message['Subject']}\n\n{text}".encode()


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_case_makes_what_is_expected(
    case: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made, expected = made_by(case, tmp_path), case / "expected"
    if request.config.getoption("--bless"):
        shutil.rmtree(expected, ignore_errors=True)
        for path, data in made.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_bytes(data)
        return
    kept = {
        str(path.relative_to(expected)): path.read_bytes()
        for path in expected.rglob("*")
        if path.is_file()
    }
    assert sorted(made) == sorted(kept)
    for path, data in made.items():
        assert data.decode() == kept[path].decode(), path
