"""Lists of people as other programs and spreadsheets write them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tests.pressroom import Pressroom
from tests.unit.entrypoints.cli.conftest import call, room
from tidings.adapters.config import inspect, load
from tidings.adapters.config.csv_lists import compose_rows
from tidings.adapters.config.csv_words import guarded, unguarded
from tidings.application.people import stop
from tidings.core.settings import Settings
from tidings.errors import ConfigError
from tidings.model import Recipient, RecipientState

__all__ = ["room"]

ANA, LUIS, ZOE = "ana@example.org", "luis@example.org", "zoe@example.org"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_minimal_site(tmp_path, title="Harbour news")
    return tmp_path


def keep(root: Path, table: bytes | str, more: str = "") -> None:
    data = table.encode() if isinstance(table, str) else table
    (root / "config" / "people.csv").write_bytes(data)
    (root / "config" / "recipients.yaml").write_text(
        f"lists:\n  staff: {{from: people.csv{more}}}\n", encoding="utf-8"
    )


def read(root: Path, table: bytes | str, more: str = "") -> Sequence[Recipient]:
    keep(root, table, more)
    return loaded(root).lists["staff"]


def loaded(root: Path) -> Settings:
    return load(root, {})


OURS = [
    ["address", "name", "paused", "start"],
    [ANA, "Núñez, Ana", "sí", "everything"],
    [LUIS, "", "", ""],
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_spreadsheets_write_what_they_like(
    root: Path, separator: str, ends: str, coding: str
) -> None:
    rows = [separator.join(f'"{cell}"' if cell else "" for cell in row) for row in OURS]
    # Excel fills up rows and leaves empty ones.
    text = ends.join([*(row + separator * 2 for row in rows), separator * 5, ""])
    more = ", encoding: cp1252" if coding == "cp1252" else ""
    ana, luis = read(root, text.encode(coding), more)
    assert (ana.address, ana.name, ana.start) == (ANA, "Núñez, Ana", "everything")
    assert (ana.state, luis.state) == (RecipientState.PAUSED, RecipientState.ACTIVE)
    assert luis.address == LUIS


def test_excel_may_say_what_separates_its_cells(root: Path) -> None:
    assert [each.name for each in read(root, f"sep=;\r\naddress;name\r\n{ANA};Ana, B\r\n")] == [
        "Ana, B"
    ]


def test_bytes_that_are_no_text_are_told_with_what_to_say(root: Path) -> None:
    keep(root, "address,name\nana@example.org,Núñez\n".encode("cp1252"))
    with pytest.raises(ConfigError, match="encoding: cp1252"):
        load(root, {})
    keep(root, codecs.BOM_UTF16_LE + b"a\x00b")
    assert inspect(root, {}).problems
    keep(root, "address\nana@example.org\n", ", encoding: morse")
    with pytest.raises(ConfigError):
        load(root, {})


@pytest.mark.parametrize(
    ("said", "paused"),
    [
        *(
            (word, True)
            for word in ("yes", "Yes", "SÍ", "si", "oui", "ja", "true", "x", "1", "sim")
        ),
        *((word, False) for word in ("no", "Non", "nein", "não", "false", "0", "")),
    ],
)
def test_yes_and_no_are_words_of_several_languages(root: Path, said: str, *, paused: bool) -> None:
    [found] = read(root, f"address,paused\n{ANA},{said}\n")
    assert (found.state is RecipientState.PAUSED) is paused


def test_what_is_neither_yes_nor_no_is_a_problem(root: Path) -> None:
    keep(root, f"address,paused\n{ANA},perhaps\n{LUIS},\n{ZOE},\n")
    assert [each.address for each in loaded(root).lists["staff"]] == [LUIS, ZOE]
    assert "paused" in str(loaded(root).left_out[0])


MAILCHIMP = f"""\
"Email Address","First Name","Last Name",Address,TAGS,MEMBER_RATING,OPTIN_TIME,Company
{ANA},Ana,Núñez,"1 Quay Street
Harbour","""
LISTMONK = f"""\
uuid,email,name,attributes,status,created_at,updated_at
1,{ANA},Ana Núñez,"{{""city"": ""Harbour""}}",enabled,2026-01-01,2026-01-01
2,{LUIS},Luis,{{}},blocklisted,2026-01-01,2026-01-01
3,{ZOE},Zoe,{{}},disabled,2026-01-01,2026-01-01
"""
MAILMAN = f"""\
email,display_name,role,delivery_status
{ANA},Ana Núñez,member,enabled
{LUIS},Luis,member,by_bounces
{ZOE},Zoe,member,unsubscribed
"""


@pytest.mark.parametrize(
    ("table", "skipped"),
    [
        (MAILCHIMP + '"old",2,2026-01-01,Acme\n', 0),
        (LISTMONK, 2),
        (MAILMAN, 2),
        (f"Ana Núñez <{ANA}>\n", 0),
        (f'"Núñez, Ana" <{ANA}>\n'.replace("Núñez, Ana", "Ana Núñez"), 0),
        (f"E-Mail-Adresse;Vorname;Nachname\n{ANA};Ana;Núñez\n", 0),
        (f"Correo electrónico;Nombre;Apellidos;Estado\n{ANA};Ana;Núñez;active\n", 0),
    ],
    ids=["mailchimp", "listmonk", "mailman", "addresses", "quoted", "german", "spanish"],
)
def test_exports_of_other_programs_are_read_as_they_are(
    root: Path, table: str, skipped: int
) -> None:
    [found] = read(root, table)
    assert (found.address, found.name) == (ANA, "Ana Núñez")
    notes = loaded(root).skipped
    assert bool(notes) is bool(skipped)
    assert all(each.severity == "note" for each in notes)
    assert not loaded(root).left_out


@pytest.mark.parametrize(
    "column",
    [
        *("Subscription Status,unsubscribed", "status,Cleaned", "status,Bounced", "status,left"),
        *("UNSUB_TIME,2026-01-01", "CLEAN_TIME,2026-01-01", "status,unconfirmed"),
        "delivery_status,by_bounces",
    ],
)
def test_who_left_or_bounced_elsewhere_is_skipped_and_said(root: Path, column: str) -> None:
    name, value = column.split(",")
    keep(root, f"email,{name}\n{ANA},{value}\n{LUIS},\n")
    assert [each.address for each in loaded(root).lists["staff"]] == [LUIS]
    [note] = loaded(root).skipped
    assert "skipped: 1 " in note.message
    assert ANA not in str(note)


def test_a_status_that_nobody_knows_is_a_problem_and_no_guess(root: Path) -> None:
    keep(root, f"email,status\n{ANA},on holiday\n{LUIS},\n{ZOE},\n")
    assert [each.address for each in loaded(root).lists["staff"]] == [LUIS, ZOE]
    assert "on holiday" in str(loaded(root).left_out[0])


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("address,adress", "unknown column"),
        ("address,name,name", "here twice"),
        ("email,e-mail", "here twice"),
        ("adress,name", "no column"),
        ("name", "no column"),
        ("address,tags", "unknown column"),
    ],
)
def test_a_header_that_leaves_a_doubt_is_refused(root: Path, header: str, told: str) -> None:
    document = compose_rows(f"{header}\n{ANA},a,b\n", "people.csv")
    assert document.unreadable
    assert told in document.problems[0].message


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+4930", "-1", "@sum", "'=x", "''=x", "'plain", "Ana", "=HYPERLINK(1)", "", "'"],
)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    written = guarded(cell)
    assert not written.startswith(("=", "+", "-", "@"))
    assert unguarded(written) == cell


def test_what_recipients_list_writes_is_a_list_that_can_be_read(room: Pressroom) -> None:
    room.edit(
        "config/recipients.yaml",
        "    - ana@example.org\n",
        "    - {address: ana@example.org, name: '=cmd|x', language: en}\n"
        "    - {address: all-staff@example.org, shared: true}\n"
        "    - {address: off@example.org, paused: true, name: 'Núñez, \"Off\"; x'}\n",
    )
    room.run("now")
    room.decide(lambda store, _: stop(store, "eva@example.org", RecipientState.LEFT, room.now))
    written = call(room, "recipients", "list", "--digest", "weekly", "--csv").stdout
    rows = list(csv.DictReader(written.splitlines()))
    assert {"'=cmd|x", 'Núñez, "Off"; x'} <= {row["name"] for row in rows}
    before = {each.address: each for each in load(room.root, room.environ).lists["crew"]}
    keep(room.root, written)
    text = (room.root / "config/recipients.yaml").read_text("utf-8").replace("staff", "crew")
    room.write("config/recipients.yaml", text)
    after = {each.address: each for each in load(room.root, room.environ).lists["crew"]}
    assert after.keys() == before.keys() - {"eva@example.org"}
    for address, person in after.items():
        was = before[address]
        for what in ("name", "topics", "language", "state"):
            assert getattr(person, what) == getattr(was, what), (address, what)
        assert bool(person.shared) is bool(was.shared)


def test_a_table_is_of_one_digest(room: Pressroom) -> None:
    with pytest.raises(ConfigError, match="--digest"):
        call(room, "recipients", "list", "--csv")
