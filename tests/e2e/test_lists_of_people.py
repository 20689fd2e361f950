"""People are data: a bad row stops nobody, and a list that shrinks at once is not believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest

from tests.minimal_site import write_minimal_site
from tests.web_site import body, read
from tidings.entrypoints.cli import app
from tidings.entrypoints.examination import examine
from tidings.errors import ConfigError

LISTS = "lists:\n  partners: {from: partners.csv}\n"
MANY = [f"p{number}@example.org" for number in range(20)]

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_minimal_site(tmp_path, digest="history: mail\n    lists: [partners]")
    (tmp_path / "config/recipients.yaml").write_text(LISTS, "utf-8")
    news(tmp_path, "First")
    return tmp_path


def news(root: Path, title: str) -> None:
    place = root / "seeds" / f"{title.lower()}.txt"
    place.write_text(f"12 May, 2021\n\n{title}\n\nIts summary, long enough for one.\n", "utf-8")


def keep(root: Path, rows: Sequence[str], header: str = "address,language") -> None:
    lines = "".join(f"{row}\n" for row in (header, *rows))
    (root / "config/partners.csv").write_text(lines, "utf-8")


@pytest.fixture
def run(root: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line, each time a minute later; returns its exit code and what it says."""
    minutes = count()

    def run(*arguments: str) -> tuple[int, str]:
        now = f"2099-01-01T12:{next(minutes):02}"
        given = arguments or ("run", "--send", "now", "--now", now)
        try:
            app(["-C", str(root), *given])
        except SystemExit as ended:
            code = int(ended.code or 0)
        except ConfigError as error:
            return 2, str(error)
        said = capsys.readouterr()
        return code, " ".join((said.out + said.err).split())

    return run


def mails(root: Path, number: int) -> dict[str, str]:
    found = [read(path) for path in root.glob(f"outbox/weekly/{number}/*.eml")]
    return {str(mail["To"].addresses[0].addr_spec): body(mail) for mail in found}


BAD = ["not an address", "ana@example.org,klingon", "x@example.org,en,en", "-"]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_row_is_named_and_stops_nobody(root: Path, run: Run, bad: str) -> None:
    keep(
        root,
        ["one@example.org", "two@example.org", bad, "three@example.org"][: 3 + (bad[0] != '"')],
    )
    code, said = run()
    assert (code, "config/partners.csv:4" in said) == (1, True), said
    assert set(mails(root, 1)) == {f"{name}@example.org" for name in ("one", "two", "three")}
    assert examine(root, {}).of("problem")
    assert run("status")[0] == 1
    assert "config/partners.csv:4" in run("plan")[1]


def test_a_row_that_is_there_twice_counts_once(root: Path, run: Run) -> None:
    keep(root, ["one@example.org,en", "ONE@example.org,es", "one@example.org"])
    code, said = run()
    assert (code, "config/partners.csv:3" in said) == (1, True)
    assert len(mails(root, 1)) == 1


def test_a_file_of_mostly_bad_rows_is_refused(root: Path, run: Run) -> None:
    keep(root, ["one@example.org", "two", "three"])
    assert run()[0] == 2


def test_whatever_else_is_wrong_is_refused_as_ever(root: Path, run: Run) -> None:
    keep(root, ["one@example.org", "two@example.org", "three"])
    (root / "config/recipients.yaml").write_text(f"{LISTS}  others: [nobody]\n", "utf-8")
    assert run()[0] == 2
    (root / "config/recipients.yaml").write_text(LISTS.replace("partners.csv", "../x.csv"), "utf-8")
    assert run()[0] == 2


def test_half_of_a_list_may_go_without_a_word(root: Path, run: Run) -> None:
    keep(root, MANY)
    assert run()[0] == 0
    news(root, "Second")
    keep(root, MANY[:10])
    assert run()[0] == 0
    assert set(mails(root, 2)) == set(MANY[:10])


SHRUNK: list[tuple[list[str], str]] = [(MANY[:9], "address"), ([], "address"), (MANY, "name")]


@pytest.mark.parametrize(("rows", "header"), SHRUNK)
def test_who_vanishes_from_a_list_at_once_gets_no_mail_and_loses_nothing(
    root: Path, run: Run, rows: list[str], header: str
) -> None:
    keep(root, MANY)
    run()
    keep(root, rows, header)
    news(root, "Second")
    for _ in range(2):
        code, said = run()
        assert (code, "list partners lost" in said, "accept partners" in said) == (1, True, True)
    assert set(mails(root, 2)) == (set(rows) if header == "address" else set())
    code, said = run("status")
    assert (code, "list partners lost" in said) == (1, True)
    keep(root, MANY)
    news(root, "Third")
    assert run()[0] == 0
    got = {**mails(root, 2), **mails(root, 3)}
    assert set(got) == set(MANY)
    assert all("Second" in mails(root, 3)[each] for each in set(MANY) - set(mails(root, 2)))


def test_a_list_that_is_accepted_is_believed_and_who_was_taken_off_starts_anew(
    root: Path, run: Run
) -> None:
    keep(root, [f"{each},everything" for each in MANY], "address,start") if False else keep(
        root, MANY
    )
    run()
    keep(root, MANY[:2])
    assert run()[0] == 1
    code, said = run("recipients", "accept", "partners")
    assert (code, "18 people are off it" in said) == (0, True), said
    news(root, "Second")
    assert run()[0] == 0
    keep(root, MANY)
    news(root, "Third")
    assert run()[0] == 0
    assert all("Third" in text for text in mails(root, 3).values())
    assert "Second" not in mails(root, 3)[MANY[5]]


def test_only_a_list_that_there_is_and_that_can_be_read_is_accepted(root: Path, run: Run) -> None:
    keep(root, MANY)
    run()
    assert run("recipients", "accept", "nobody")[0] == 2
    (root / "config/partners.csv").unlink()
    assert run("recipients", "accept", "partners")[0] == 1


def test_who_is_on_another_list_is_not_off(root: Path, run: Run) -> None:
    keep(root, MANY[:3])
    run()
    keep(root, MANY[1:3])
    (root / "config/recipients.yaml").write_text(f"{LISTS}  others: [{MANY[0]}]\n", "utf-8")
    place = root / "config/digests.yaml"
    place.write_text(place.read_text("utf-8").replace("[partners]", "[partners, others]"), "utf-8")
    news(root, "Second")
    assert run()[0] == 0
    assert set(mails(root, 2)) == set(MANY[:3])


WRONG = ["one@example.org,klingon", "one@@example.org", "one@example.org,en,en"]


@pytest.mark.parametrize("row", WRONG)
def test_whose_row_was_wrong_for_a_while_loses_nothing(root: Path, run: Run, row: str) -> None:
    rows = ["one@example.org", "two@example.org", "three@example.org"]
    keep(root, rows)
    run()
    keep(root, [row, *rows[1:]])
    news(root, "Second")
    assert run()[0] == 1
    assert set(mails(root, 2)) == set(rows[1:])
    keep(root, rows)
    news(root, "Third")
    assert run()[0] == 0
    assert "Second" in mails(root, 3)[rows[0]]
    assert all("Second" not in mails(root, 3)[each] for each in rows[1:])


def test_a_list_may_go_on_to_name_a_topic_by_its_old_name(root: Path, run: Run) -> None:
    topics = "topics:\n  shipping:\n    was: [boats]\n    title: Ships\n    any: [second]\n"
    (root / "config/topics.yaml").write_text(topics, "utf-8")
    keep(root, ["one@example.org,boats", "two@example.org,boats shipping"], "address,topics")
    news(root, "Second")
    assert run()[0] == 0
    assert all("Second" in text and "First" not in text for text in mails(root, 1).values())
    assert len(mails(root, 1)) == 2
