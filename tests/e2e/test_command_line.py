"""Exit codes, machine-readable output and what people read, verb by verb."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import call, contents

GOLDEN = Path(__file__).parents[1] / "golden" / "readings"


@pytest.mark.parametrize("expected", sorted(GOLDEN.glob("*.json")), ids=lambda p: p.stem)
def test_parse_json_of_one_file_is_the_plain_array_of_its_entries(
    expected: Path, sample: Path
) -> None:
    ran = call(Path(), "parse", "--json", str(sample / "seeds" / f"{expected.stem}.txt"))
    assert ran.returncode == 0
    read = json.loads(ran.stdout)
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    assert [{key: entry[key] for key in wanted[0]} for entry in read] == wanted
    assert set(read[0]) == {"published", "title", "summary", "url", "category", "line"}


def test_parse_of_a_quarantined_file_is_an_empty_array_with_the_reason_on_stderr(
    tmp_path: Path,
) -> None:
    (tmp_path / "junk.txt").write_bytes(b"\xff\xfe\x00")
    ran = call(Path(), "parse", "--json", str(tmp_path / "junk.txt"))
    assert ran.returncode == 1
    assert json.loads(ran.stdout) == []
    assert "junk.txt" in ran.stderr


def test_parse_needs_no_instance_and_leaves_nothing_behind(sample: Path, tmp_path: Path) -> None:
    seed = next((sample / "seeds").glob("003*.txt"))
    ran = call(tmp_path, "parse", str(seed))
    assert ran.returncode == 0
    assert "10 entries" in ran.stdout
    assert "Belize: Increased Access" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_of_the_sample_finds_nothing_and_touches_nothing(fresh: Path) -> None:
    before = contents(fresh)
    ran = call(fresh, "check")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "10 topics" in ran.stdout
    assert contents(fresh) == before


def test_broken_yaml_ends_every_verb_with_2_and_every_problem_at_its_place(fresh: Path) -> None:
    topics = fresh / "config" / "topics.yaml"
    digests = fresh / "config" / "digests.yaml"
    topics.write_text(
        topics.read_text(encoding="utf-8").replace("    any:\n", "    anny:\n", 1), encoding="utf-8"
    )
    digests.write_text(
        digests.read_text(encoding="utf-8").replace("lists: [staff]", "lists: [stuff]"),
        encoding="utf-8",
    )
    before = contents(fresh)
    for verb in (["check"], ["run"], ["status"], ["worker"]):
        ran = call(fresh, *verb)
        told = ran.stdout + ran.stderr
        assert ran.returncode == 2, verb
        assert "config/topics.yaml:" in told
        assert 'did you mean "any"?' in told
        assert "config/digests.yaml:" in told
        assert 'did you mean "staff"?' in told
    assert contents(fresh) == before, "nothing is touched"


def test_check_json_lists_problems_for_programs(fresh: Path) -> None:
    (fresh / "config" / "recipients.yaml").write_text(
        "lists: {staff: [nobody]}\n", encoding="utf-8"
    )
    ran = call(fresh, "check", "--json")
    told = json.loads(ran.stdout)
    assert ran.returncode == 2
    (problem,) = told["problems"]
    assert (problem["path"], problem["line"]) == ("config/recipients.yaml", 1)


def test_check_names_a_broken_template_with_its_line(fresh: Path) -> None:
    folder = fresh / "templates" / "site"
    folder.mkdir(parents=True)
    (folder / "index.html.j2").write_text("<p>\n{% if %}\n", encoding="utf-8")
    ran = call(fresh, "check")
    assert ran.returncode == 2
    assert "templates/site/index.html.j2:2" in ran.stdout


def test_a_template_that_breaks_in_a_run_is_named_and_mail_goes_out_all_the_same(
    fresh: Path,
) -> None:
    folder = fresh / "templates" / "site"
    folder.mkdir(parents=True)
    (folder / "index.html.j2").write_text("{{ nothing_of_the_kind }}", encoding="utf-8")
    ran = call(fresh, "run", "--send", "now")
    assert ran.returncode == 1
    assert "templates/site/index.html.j2" in ran.stdout
    assert len(list((fresh / "outbox" / "weekly" / "1").iterdir())) == 3


def test_check_looks_at_the_items_in_the_state_and_touches_nothing(instance: Path) -> None:
    for seed in (instance / "seeds").iterdir():
        seed.unlink()
    topics = instance / "config" / "topics.yaml"
    text = topics.read_text(encoding="utf-8")
    rule = "    title: Volcanoes\n    any: [volcano]\n    tests: {match: [A volcano wakes]}\n"
    topics.write_text(f"{text}\n  volcanoes:\n{rule}", encoding="utf-8")
    before = contents(instance)
    ran = call(instance, "check")
    assert ran.returncode == 0
    assert "volcanoes takes none of the 46 items" in ran.stdout
    assert contents(instance) == before


def test_status_tells_that_nothing_is_wrong(instance: Path) -> None:
    before = contents(instance)
    the_same_day = {"SOURCE_DATE_EPOCH": "1795532400"}
    ran = call(instance, "status", **the_same_day)
    assert ran.returncode == 0
    assert ran.stdout.startswith("No problems found.")
    told = json.loads(call(instance, "status", "--json", **the_same_day).stdout)
    assert told["items"] == {"total": 46, "undated": 6}
    assert told["mail"]["by_state"] == {"sent": 3}
    assert contents(instance) == before, "status only looks"


def test_status_without_a_state_says_how_to_make_one(fresh: Path) -> None:
    before = contents(fresh)
    ran = call(fresh, "status")
    assert ran.returncode == 1
    assert "tidings run" in ran.stderr
    assert contents(fresh) == before


def test_init_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine", encoding="utf-8")
    ran = call(Path(), "init", str(tmp_path))
    assert ran.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_now_before_the_last_cycle_is_a_usage_error(instance: Path) -> None:
    ran = call(instance, "run", "--now", "2026-11-24T11:59:59Z")
    assert ran.returncode == 2
    assert "before the last recorded run" in ran.stderr


@pytest.mark.parametrize("given", ["tomorrow", "2026-13-01"])
def test_an_unreadable_now_is_a_usage_error(instance: Path, given: str) -> None:
    ran = call(instance, "run", "--now", given)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_an_unknown_option_value_is_a_usage_error(instance: Path) -> None:
    assert call(instance, "run", "--send", "later").returncode == 2


def test_a_folder_without_an_instance_names_init(tmp_path: Path) -> None:
    ran = call(tmp_path, "run")
    assert ran.returncode == 2
    assert "tidings init" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_setting_can_come_from_the_environment(fresh: Path) -> None:
    ran = call(fresh, "run", TIDINGS_SITE__TITLE="News from the environment")
    assert ran.returncode == 0
    page = (fresh / "feeds" / "index.html").read_text(encoding="utf-8")
    assert "<title>News from the environment</title>" in page


def test_a_due_edition_is_sent_once_its_slot_has_come(fresh: Path) -> None:
    sunday, monday = "2026-11-22T12:00:00-06:00", "2026-11-23T08:00:00-06:00"
    assert json.loads(call(fresh, "run", "--json", "--now", sunday).stdout)["editions"] == []
    first = json.loads(call(fresh, "run", "--json", "--now", monday).stdout)
    assert [edition["period"] for edition in first["editions"]] == ["2026-W48"]
    assert first["mail"]["sent"] == 3
    again = json.loads(call(fresh, "run", "--json", "--now", "2026-11-23T20:00:00Z").stdout)
    assert (again["editions"], again["mail"]["sent"]) == ([], 0)


def test_check_names_the_templates_that_a_digest_wants_and_nobody_has(fresh: Path) -> None:
    digests = fresh / "config" / "digests.yaml"
    text = digests.read_text(encoding="utf-8")
    digests.write_text(text.replace("    # template: digest", "    template: monthly"), "utf-8")
    ran = call(fresh, "check")
    assert ran.returncode == 2
    assert "monthly/body.html.j2" in ran.stdout


def test_check_shows_the_line_of_a_problem_but_never_a_password_in_it(fresh: Path) -> None:
    main = fresh / "config" / "tidings.yaml"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("file:outbox", "smtp://desk:hunter2@mail.example.org", 1), "utf-8")
    ran = call(fresh, "check")
    assert ran.returncode == 2
    assert "TIDINGS_SMTP_PASSWORD" in ran.stdout
    assert "hunter2" not in ran.stdout + ran.stderr


def test_a_changed_setting_of_a_source_reads_its_files_again(fresh: Path) -> None:
    for seed in (fresh / "seeds").iterdir():
        seed.unlink()
    (fresh / "seeds" / "mine.txt").write_text(
        "03/04/2021\n\nA hub opens in town\n\nIts summary, long enough to be one.\n\n"
        "05/04/2021\n\nA second hub opens\n\nIts summary, long enough to be one.\n",
        encoding="utf-8",
    )
    ran = call(fresh, "run", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["items"]["total"]) == (1, 0)
    main = fresh / "config" / "tidings.yaml"
    text = main.read_text(encoding="utf-8")
    with_order = text.replace("path: seeds/*.txt", "path: seeds/*.txt\n    date_order: DMY", 1)
    main.write_text(with_order, encoding="utf-8")
    ran = call(fresh, "run", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["items"]["total"]) == (0, 2)


def test_a_run_that_only_publishes_a_decision_does_not_say_that_nothing_is_new(
    instance: Path,
) -> None:
    assert call(instance, "run", "--send", "none").returncode == 0
    item = next((instance / "feeds" / "items").glob("*.html")).stem
    assert call(instance, "retract", item, "--reason", "wrong").returncode == 0
    told = call(instance, "run", "--send", "none").stdout
    assert "feeds" in told
    assert "0 files" not in told
    assert "0 new" not in told
