"""A source with an example, from `parse --first` to what its later files are read by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.undecided_weights import read_by_undecided_weights
from tidings.adapters.config.yaml import compose
from tidings.entrypoints.cli import app

EVENTS = (
    ("Bookbinding workshop", "5 December 2026", "Town library"),
    ("An evening of harbour songs", "11 December 2026", "St Mary's Hall"),
    ("Repair café", "12 December 2026", "Old customs house"),
    ("Stories for the youngest", "19 December 2026", "Reading room"),
)
LATER = (
    ("Photography workshop", "2 January 2027", "Town library"),
    ("An evening of winter songs", "8 January 2027", "St Mary's Hall"),
    ("Bicycle café", "9 January 2027", "Old customs house"),
    ("Poems for everybody", "16 January 2027", "Reading room"),
)


def events(*rows: tuple[str, str, str]) -> str:
    return "".join(f"{title}\n\n{day}\n\n{place}\n\n" for title, day, place in rows)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(autouse=True)
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """To which date a title belongs is left open: what is not taught is held."""
    read_by_undecided_weights(monkeypatch)


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    root = tmp_path / "news"
    assert invoke("init", str(root), "--sample").exit_code == 0
    for seed in (root / "seeds").iterdir():
        seed.unlink()
    return root


def teach(root: Path, example: str) -> None:
    """Put an example under the only source of the instance."""
    file = root / "config" / "tidings.yaml"
    written = file.read_text(encoding="utf-8")
    marker = "  - path: seeds/*.txt"
    head, _, tail = written.partition(marker)
    line, _, rest = tail.partition("\n")
    file.write_text(f"{head}{marker}{line}\n{example}\n{rest}", encoding="utf-8")


def run(root: Path) -> tuple[int, dict[str, object]]:
    result = invoke("-C", str(root), "run", "--json", "--send", "none")
    document = json.loads(result.stdout)
    return result.exit_code, document


def new(root: Path) -> int:
    _, document = run(root)
    items = document["items"]
    assert isinstance(items, dict)
    return int(items["new"])


def pasted(root: Path, name: str, *options: str) -> str:
    """The example that `parse --first` prints for a seed file."""
    shown = invoke("parse", str(root / "seeds" / name), "--first", *options)
    assert shown.exit_code == 0, shown.output
    return shown.stdout[shown.stdout.index("    example:") :].rstrip("\n")


def seed(root: Path, name: str, text: str) -> None:
    (root / "seeds" / name).write_text(text, encoding="utf-8")


def test_what_parse_prints_publishes_a_file_that_was_held(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    assert (run(instance)[0], new(instance)) == (1, 0)
    example = pasted(instance, "a.txt", "bookbinding workshop", "--date", "2026-12-05")
    teach(instance, example)
    assert invoke("-C", str(instance), "check").exit_code == 0
    assert new(instance) == 4


@pytest.mark.parametrize(
    "title",
    [
        'He said: "no" # twice',
        "- a dash: first",
        "'quoted'",
        "Ωμέγα – ñ 東京",
        "yes",
        "2026-12-05 x",
    ],
)
def test_what_parse_prints_is_yaml_whatever_is_in_the_title(tmp_path: Path, title: str) -> None:
    file = tmp_path / "a.csv"
    quoted = title.replace('"', '""')
    file.write_text(f'date,title\n2026-12-05,"{quoted}"\n', encoding="utf-8")
    shown = invoke("parse", str(file), "--first", title)
    assert shown.exit_code == 0, shown.output
    document = compose(shown.stdout[shown.stdout.index("    example:") :], "tidings.yaml")
    wanted = {"title": title, "published": "2026-12-05", "last": title, "entries": "1"}
    assert (document.plain, document.problems) == ({"example": wanted}, [])


def test_parse_lists_all_entries_also_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(events(*EVENTS), encoding="utf-8")
    shown = invoke("parse", "--json", str(file), "--first", "Repair café")
    assert [each["title"] for each in json.loads(shown.stdout)] == [row[0] for row in EVENTS]


def test_parse_tells_of_a_title_that_no_reading_has(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(events(*EVENTS), encoding="utf-8")
    shown = invoke("parse", str(file), "--first", "Bokbinding workshop")
    assert shown.exit_code == 1
    assert 'did you mean "Bookbinding workshop"?' in shown.stderr
    assert invoke("parse", str(file), "--date", "2026-12-05").exit_code == 2
    assert invoke("parse", str(file), "--first", "x", "--date", "5.12.").exit_code == 2


def test_later_files_are_read_by_the_layout_that_was_taught(instance: Path) -> None:
    seed(instance, "b.txt", events(*EVENTS))
    teach(instance, pasted(instance, "b.txt", "Bookbinding workshop"))
    seed(instance, "a.txt", events(*LATER))  # read before the file that has the example
    assert new(instance) == 8


def test_what_was_taught_outlives_the_file_that_taught_it(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    teach(instance, pasted(instance, "a.txt", "Bookbinding workshop"))
    assert new(instance) == 4
    seed(instance, "a.txt", events(*LATER))  # the page has scrolled
    assert new(instance) == 4
    (instance / "seeds" / "a.txt").unlink()
    seed(instance, "c.txt", events(("Tidal walk", "3 February 2027", "Pier"), *EVENTS[1:]))
    assert new(instance) == 1


def test_another_example_forgets_what_the_first_has_taught(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    file = instance / "config" / "tidings.yaml"
    plain = file.read_text(encoding="utf-8")
    teach(instance, pasted(instance, "a.txt", "Bookbinding workshop"))
    assert new(instance) == 4
    file.write_text(plain, encoding="utf-8")
    teach(instance, "    example: {title: Nowhere to be seen}")
    seed(instance, "b.txt", events(*LATER))
    assert (run(instance)[0], new(instance)) == (1, 0)


def test_a_file_that_the_taught_layout_does_not_fit_is_read_without_it_and_that_is_said(
    instance: Path,
) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    teach(instance, pasted(instance, "a.txt", "Bookbinding workshop"))
    other = "".join(
        f"{day}\n{title}\nEverybody who is interested can come to {place}, free of charge.\n\n"
        for title, day, place in LATER
    )
    seed(instance, "b.txt", other)
    code, document = run(instance)
    items = document["items"]
    assert isinstance(items, dict)
    assert (code, items["new"]) == (1, 8)
    assert "does not fit this file" in json.dumps(document["problems"])


def test_of_two_sources_with_one_pattern_the_first_teaches(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    example = pasted(instance, "a.txt", "Bookbinding workshop")
    teach(instance, example + "\n  - path: seeds/*.txt\n    example: {title: Town library}")
    assert new(instance) == 4
    told = invoke("-C", str(instance), "history", "repair-cafe")
    assert "Repair café" in told.stdout


def test_status_and_run_name_both_readings_of_a_held_file_with_their_commands(
    instance: Path,
) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    for verb in ("plan", "run", "status"):
        shown = " ".join(invoke("-C", str(instance), verb).output.split())
        assert "tidings parse seeds/a.txt --first 'Bookbinding workshop' --date 2026-12-05" in shown
        assert "tidings parse seeds/a.txt --first 'Town library' --date 2026-12-05" in shown


def test_check_refuses_an_example_without_a_title_at_its_line(instance: Path) -> None:
    teach(instance, "    example: {published: 2026-12-05}")
    shown = invoke("-C", str(instance), "check")
    assert shown.exit_code != 0
    assert '"title" is missing in example' in " ".join(shown.output.split())


def test_check_warns_of_an_example_that_stands_in_no_file_of_its_source(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    (instance / "more").mkdir()
    teach(
        instance,
        "    example: {title: Bookbinding}\n  - path: more/*.txt\n    example: {title: Swim}",
    )
    shown = " ".join(invoke("-C", str(instance), "check").output.split())
    assert '"Swim" is in no file of this source' in shown
    assert '"Bookbinding" stands' not in shown


def test_an_undated_listing_is_confirmed_without_a_day(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("title\nSwim\nSeed swap\n", encoding="utf-8")
    assert "published: null" in invoke("parse", str(file), "--first", "Swim").stdout


def test_a_state_from_before_there_were_examples_is_read_again_in_silence(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    assert new(instance) == 0
    assert run(instance)[1]["files_read"] == 0
    teach(instance, pasted(instance, "a.txt", "Bookbinding workshop"))
    _, document = run(instance)
    assert document["files_read"] == 1
    assert run(instance)[1]["files_read"] == 0


def test_history_says_that_an_items_file_is_held_now(instance: Path) -> None:
    seed(instance, "a.txt", events(*EVENTS))
    teach(instance, pasted(instance, "a.txt", "Bookbinding workshop"))
    assert new(instance) == 4
    assert "problem" not in invoke("-C", str(instance), "history", "repair-cafe").stdout
    seed(instance, "a.txt", events(*EVENTS[:3]))
    assert run(instance)[0] == 1
    told = " ".join(invoke("-C", str(instance), "history", "repair-cafe").stdout.split())
    assert "no longer yields what the example confirms: 3 entries, not 4" in told
    document = json.loads(invoke("-C", str(instance), "history", "repair-cafe", "--json").stdout)
    assert [each["path"] for each in document["held"]] == ["seeds/a.txt"]


def test_a_document_on_several_files_has_both_readings_of_those_that_are_held(
    tmp_path: Path,
) -> None:
    held, read = tmp_path / "a.txt", tmp_path / "b.csv"
    held.write_text(events(*EVENTS), encoding="utf-8")
    read.write_text("title\nSwim\n", encoding="utf-8")
    files = json.loads(invoke("parse", "--json", str(held), str(read)).stdout)["files"]
    assert files[str(held)]["guess"]["entries"][0]["title"] == "Bookbinding workshop"
    assert files[str(held)]["rival"]["entries"][0]["title"] == "Town library"
    assert (files[str(read)]["guess"], files[str(read)]["rival"]) == (None, None)
