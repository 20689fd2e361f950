"""People on lists that are kept in tables: read when a table has changed, and else not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.desk import hurried
from tests.pressroom import Pressroom, pressroom
from tests.unit.entrypoints.cli.conftest import ENVIRON
from tidings.adapters.config.csv_lists import compose_rows
from tidings.adapters.config.yaml import Document
from tidings.application import lists, people
from tidings.core.audience import Listed, pseudonym
from tidings.entrypoints import wiring
from tidings.entrypoints.cli import app
from tidings.errors import ConfigError
from tidings.state import Store
from tidings.state.openings import Openings
from tidings.state.presence import Recipients

ANA, LUIS, ZOE = "ana@example.org", "luis@example.org", "zoe@example.org"
WEEKLY = """
digests:
  weekly:
    title: Harbour weekly
    topics: all
    cadence: {every: week, on: monday, at: "08:00"}
    lists: [crew]
    history: mail
"""
Reads = list[str]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """The tables whose rows are read from now on."""
    found: Reads = []

    def noted(text: str, file: str) -> Document:
        found.append(file)
        return compose_rows(text, file)

    monkeypatch.setattr("tidings.adapters.config.compose_rows", noted)
    return found


@pytest.fixture
def room(tmp_path: Path) -> Pressroom:
    made = pressroom(tmp_path)
    made.write("config/digests.yaml", WEEKLY)
    made.write("config/recipients.yaml", "lists:\n  crew: {from: crew.csv}\n")
    table(made, ANA, LUIS, ZOE)
    return made


def table(room: Pressroom, *rows: str, header: str = "address,topics,paused,shared") -> None:
    room.write("config/crew.csv", "\n".join((header, *rows, "")))


@contextmanager
def opened(room: Pressroom) -> Iterator[tuple[wiring.Instance, Store]]:
    """The instance as a verb has it that leaves people to the state."""
    instance = wiring.load_instance(room.root, room.environ, people=False)
    store = hurried(wiring.open_state(instance))
    try:
        yield wiring.follow(instance, store), store
    finally:
        store.close()


def told(room: Pressroom, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["-C", str(room.root), *words], env=ENVIRON)
    return result.exit_code, result.output


def mailed(room: Pressroom) -> list[str]:
    to = (path.read_text(encoding="utf-8") for path in (room.root / "outbox").rglob("*.eml"))
    return sorted(line[4:] for text in to for line in text.splitlines() if line.startswith("To: "))


def test_a_table_is_read_once_and_again_when_it_has_changed(room: Pressroom, reads: Reads) -> None:
    room.run("none")
    assert reads == ["config/crew.csv"]
    for verb in (["run", "--send", "none"], ["status"], ["plan"], ["recipients", "list"]):
        told(room, *verb)
    assert reads == ["config/crew.csv"]
    table(room, ANA, LUIS)
    told(room, "run", "--send", "none")
    assert reads == ["config/crew.csv"] * 2
    with opened(room) as (instance, _):
        kept = instance.settings.lists["crew"]
        assert [each.address for each in kept] == [ANA, LUIS]
        assert isinstance(kept, Listed)
        assert kept.kept
        assert kept.find(ZOE) is None


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("config/topics.yaml", "topics:", "topics:\n  quays: {title: Quays, any: [quay]}"),
        ("config/recipients.yaml", "crew.csv", "staff.csv"),
    ],
)
def test_what_decides_whether_a_row_is_right_has_the_table_read_again(
    room: Pressroom, reads: Reads, file: str, old: str, new: str
) -> None:
    room.write("config/staff.csv", f"address\n{LUIS}\n")
    table(room, f"{ANA},quays,,", LUIS, ZOE)
    room.run("none")
    with opened(room) as (instance, _):
        assert len(instance.settings.left_out) == 1
    room.edit(file, old, new)
    reads.clear()
    with opened(room) as (instance, _):
        assert (len(reads), instance.settings.left_out) == (1, ())


def test_what_is_wrong_with_rows_goes_on_being_told(room: Pressroom, reads: Reads) -> None:
    table(room, ANA, "nobody", LUIS, f"{ZOE},,,yes", ",,,")
    first = told(room, "run", "--send", "none", "--json")
    reads.clear()
    again = told(room, "run", "--send", "none", "--json")
    assert (first[0], again[0], reads) == (1, 1, [])
    assert json.loads(again[1])["problems"] == json.loads(first[1])["problems"]
    with opened(room) as (instance, _):
        read = wiring.load_instance(room.root, room.environ).settings
        assert instance.settings.left_out == read.left_out
        assert instance.settings.partly == read.partly == ("crew",)
        assert instance.settings.skipped == read.skipped
        kept = instance.settings.lists["crew"]
        assert kept == read.lists["crew"]
        assert isinstance(kept, Listed)
        assert kept.findings.shared == (ZOE,)


def test_a_table_that_is_wrong_as_a_whole_is_told_as_ever(room: Pressroom) -> None:
    room.run("none")
    table(room, "nobody", "nothing", ANA)
    with pytest.raises(ConfigError, match="nobody"), opened(room):
        pass
    (room.root / "config" / "crew.csv").unlink()
    with opened(room) as (instance, _):
        assert instance.settings.unreadable == ("crew",)


@pytest.mark.parametrize("verb", [("recipients", "list", "--json"), ("plan", "--json")])
def test_a_verb_says_the_same_whether_the_state_has_the_people_or_not(
    room: Pressroom, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    table(room, f"{ANA},,yes,", LUIS, f"{ZOE},,,yes")
    room.run("none")

    def erased(store: Store, key: bytes) -> None:
        people.erase(store, LUIS, pseudonym(key, LUIS), room.now, key)

    room.decide(erased)
    kept = told(room, *verb)
    assert LUIS in kept[1]
    monkeypatch.setattr(lists, "kept_in", lambda *_: None)
    assert told(room, *verb) == kept


def test_who_was_erased_gets_nothing_until_they_ask_for_it_though_the_table_stays(
    room: Pressroom, reads: Reads
) -> None:
    room.run("none")

    def erased(store: Store, key: bytes) -> None:
        people.erase(store, ANA, pseudonym(key, ANA), room.now, key)

    room.decide(erased)
    told(room, "run", "--send", "now")
    assert mailed(room) == [LUIS, ZOE]
    code, _ = told(room, "recipients", "resume", ANA)
    assert code == 0
    reads.clear()
    room.write("seeds/more.txt", "9 May, 2026\n\nAnother ferry is back\n\nShe sails again.\n")
    told(room, "run", "--send", "now")
    assert mailed(room).count(ANA) == 1


def test_a_process_that_dies_between_two_portions_of_an_edition_leaves_nothing_of_it(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidings.state.openings.Audience.readers.__defaults__", (2,))
    add, calls = Openings.add, list[int]()

    def dying(*args: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        add(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Openings, "add", dying)
    with pytest.raises(KeyboardInterrupt):
        room.run("now")
    assert len(calls) == 2
    with opened(room) as (_, store), store.reading() as state:
        assert state.editions.latest("weekly") is None
        assert state.deliveries.tally() == {}
        assert state.presences.of("weekly", ANA) is None
    monkeypatch.setattr(Openings, "add", add)
    room.run("now")
    assert mailed(room) == [ANA, LUIS, ZOE]


def test_a_process_that_dies_while_a_list_is_brought_up_to_date_has_the_next_do_it(
    room: Pressroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.run("none")
    table(room, ANA)
    replaced: Callable[..., None] = Recipients.replace

    def dying(*args: object) -> None:
        replaced(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Recipients, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        room.run("none")
    monkeypatch.setattr(Recipients, "replace", replaced)
    room.run("now")
    assert mailed(room) == [ANA]
