from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from tidings.entrypoints.cli import app

TIDINGS = """\
site:
  id: news.example.org,2026
  title: News
  url: https://news.example.org/
  time_zone: UTC
  author: {name: Desk, email: desk@example.org}
mail: {from: Desk <desk@example.org>}
"""
GOOD = """\
topics:
  hubs:
    title: Hubs
    any: [hub]
    none: [sport]
    source: seeds/hubs/*.txt
    after: 2020
    tests:
      match:
        - A hub opens
        - {title: News, summary: The hub is open}
      no_match: [Sport in the hub]
  pinned:
    title: Pinned & <kept>
    pin: 00000000000000aa
"""
BAD = GOOD.replace("Sport in the hub", "The hub & <its> desk").replace("A hub opens", "A desk")


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    write(tmp_path, GOOD)
    (tmp_path / "config/tidings.yaml").write_text(TIDINGS, "utf-8")
    (tmp_path / "config/digests.yaml").write_text("digests: {}\n", "utf-8")
    (tmp_path / "config/recipients.yaml").write_text("lists: {}\n", "utf-8")
    return tmp_path


def write(instance: Path, topics: str) -> None:
    (instance / "config/topics.yaml").write_text(topics, "utf-8")


def call(instance: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["-C", str(instance), "test", *options])


def test_tests_that_pass_are_counted_and_a_topic_without_any_is_named(instance: Path) -> None:
    result = call(instance)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["   untested   pinned", "3 rule tests pass."]


def test_testing_needs_no_state_and_leaves_nothing_behind(instance: Path) -> None:
    before = sorted(instance.rglob("*"))
    call(instance)
    assert sorted(instance.rglob("*")) == before


def test_a_test_that_fails_says_what_failed_and_why(instance: Path) -> None:
    write(instance, BAD)
    result = call(instance)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "hubs: should match “A desk”",
        "   because    not found: hub",
        "hubs: should not match “The hub & <its> desk”",
        "   because    found: hub (“hub” in the title)",
        "   untested   pinned",
        "2 of 3 rule tests fail.",
    ]


def test_json_tells_every_test_with_its_clauses(instance: Path) -> None:
    write(instance, BAD)
    result = call(instance, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (told["format_version"], told["passed"], told["failed"]) == (1, 1, 2)
    assert told["untested"] == ["pinned"]
    assert [(test["topic"], test["must_match"], test["passed"]) for test in told["tests"]] == [
        ("hubs", True, False),
        ("hubs", True, True),
        ("hubs", False, False),
    ]
    assert told["tests"][1]["summary"] == "The hub is open"
    assert told["tests"][1]["clauses"] == [
        {
            "part": "any",
            "written": "hub",
            "holds": True,
            "remark": "",
            "evidence": [{"field": "summary", "start": 4, "end": 7}],
        },
        {"part": "none", "written": "sport", "holds": False, "remark": "", "evidence": []},
    ]


def test_the_junit_report_has_a_suite_for_each_topic(instance: Path, tmp_path: Path) -> None:
    write(instance, BAD)
    file = tmp_path / "report.xml"
    assert call(instance, "--junit", str(file)).exit_code == 1
    suites = ElementTree.parse(file).getroot()
    assert suites.tag == "testsuites"
    counts = ("tests", "failures", "errors", "skipped", "time")
    assert [suites.get(name) for name in counts] == ["4", "2", "0", "1", "0"]
    hubs, pinned = suites
    assert (hubs.tag, hubs.get("name")) == ("testsuite", "hubs")
    assert [hubs.get(name) for name in counts] == ["3", "2", "0", "0", "0"]
    assert [pinned.get(name) for name in counts] == ["1", "0", "0", "1", "0"]
    cases = hubs.findall("testcase")
    assert {case.get("classname") for case in cases} == {"topics.hubs"}
    assert len({case.get("name") for case in cases}) == 3
    failures = [case.find("failure") for case in cases]
    assert [failure is not None for failure in failures] == [True, False, True]
    assert failures[2] is not None
    assert failures[2].get("message") == "found: hub (“hub” in the title)"
    assert failures[2].get("type") == "rule test"
    assert "<its>" in str(failures[2].text)
    assert [each.tag for each in pinned.iter()] == ["testsuite", "testcase", "skipped"]


def test_a_report_that_cannot_be_written_is_a_usage_error(instance: Path) -> None:
    result = call(instance, "--junit", str(instance / "nowhere" / "report.xml"))
    assert result.exit_code != 0
    assert "cannot be written" in str(result.exception)


def test_a_configuration_that_cannot_be_read_is_named(instance: Path) -> None:
    write(instance, GOOD.replace("any:", "anny:"))
    assert 'unknown setting "anny"' in str(call(instance).exception)
