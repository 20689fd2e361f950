"""The workflows on a code forge do what a clone can do: every target that they name is there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.docs.pages import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
MAKE = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / ".github" / name)
    return found


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = load(f"workflows/{name}")["jobs"]
    return found


def steps(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from job.get("steps", ())


def targets(text: str) -> list[str]:
    return MAKE.findall(text)


def made(job: dict[str, Any]) -> list[str]:
    """The targets that a job makes, in their order."""
    return [target for step in steps(job) for target in targets(step.get("run", ""))]


def test_every_target_that_a_workflow_makes_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {target for file in FILES for job in jobs(file.name).values() for target in made(job)}
    assert {"check", "test", "wheel"} <= named
    assert named - known == set()


def test_a_change_is_checked_as_ci_run_does_it() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    assert made(jobs("check.yml")["linux"]) == targets(script) != []


def test_every_change_is_checked_with_the_oldest_python_that_is_supported() -> None:
    check = load("workflows/check.yml")
    assert {"push", "pull_request"} <= set(check["on"])
    tried = check["jobs"]["linux"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f">={tried[0]}" == project["requires-python"]
    assert tried == ["3.11", "3.12", "3.13"]
    language = "Programming Language :: Python :: "
    named = [each.removeprefix(language) for each in project["classifiers"] if language in each]
    assert named == ["3", *tried]


def test_a_release_is_made_of_a_tag_that_passed_the_checks() -> None:
    release = load("workflows/release.yml")
    assert release["on"] == {"push": {"tags": ["v*"]}}
    made_jobs = release["jobs"]
    assert made_jobs["check"]["uses"] == "./.github/workflows/check.yml"
    assert {name: job["needs"] for name, job in made_jobs.items() if name != "check"} == {
        "wheel": "check",
        "image": "check",
    }
    image = " ".join(step.get("run", "") for step in steps(made_jobs["image"]))
    assert "-f deploy/container/Containerfile" in image
    assert (ROOT / "deploy/container/Containerfile").is_file()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_may_do_no_more_than_it_must(file: Any) -> None:
    workflow = load(f"workflows/{file.name}")
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60
        for step in steps(job):
            if action := step.get("uses"):
                assert re.search(r"@(v\d+|[0-9a-f]{40})$", action), action
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            # What strangers can choose, such as the name of a branch, never becomes a command.
            assert "${{" not in step.get("run", "")


def test_every_form_asks_for_what_an_answer_needs() -> None:
    names = {form.stem for form in FORMS}
    assert names == {"config", "lost-or-doubled-mail", "something-else", "wrong-reading"}
    assert load("ISSUE_TEMPLATE/config.yml") == {"blank_issues_enabled": False}
    for name in names - {"config"}:
        form = load(f"ISSUE_TEMPLATE/{name}.yml")
        assert form["name"]
        assert form["description"]
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields)
        assert any(field.get("validations", {}).get("required") for field in fields)
        asked = " ".join(str(field["attributes"]) for field in fields)
        assert "tidings version" in asked
