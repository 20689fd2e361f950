"""`tidings test`: the examples that topics carry, tried on their rules. Needs no state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import typer
from rich.text import Text

from tidings.core.topics import Outcome, try_rules
from tidings.entrypoints.cli.common import (
    Json,
    console,
    count,
    headline,
    instance_of,
    print_json,
    row,
)
from tidings.entrypoints.cli.exits import Exit, usage
from tidings.model import Topic


def test(
    context: typer.Context,
    json: Json = False,  # noqa: PT028 (a verb, no test)
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report in JUnit's XML as well.")
    ] = None,  # noqa: PT028
) -> None:
    """Run the rule tests of every topic, and say why one fails. Needs no state."""
    settings = instance_of(context).settings
    outcomes = try_rules(settings.topics, settings.aliases, settings.languages)
    untested = [topic.slug for topic in settings.topics if not topic.tests]
    if junit:
        _write(junit, junit_report(settings.topics, outcomes))
    if json:
        print_json(
            {
                "passed": sum(outcome.passed for outcome in outcomes),
                "failed": sum(not outcome.passed for outcome in outcomes),
                "untested": untested,
                "tests": [_as_data(outcome) for outcome in outcomes],
            }
        )
    else:
        _tell(outcomes, untested)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(Exit.FAILED)


def junit_report(topics: Sequence[Topic], outcomes: Sequence[Outcome]) -> bytes:
    """Format the outcomes as JUnit's XML, with a suite for each topic.

    A topic without tests is a suite with one skipped case, so that it is seen.
    """
    suites = ElementTree.Element("testsuites", name="tidings")
    for topic in topics:
        of_topic = [outcome for outcome in outcomes if outcome.topic == topic.slug]
        suite = ElementTree.SubElement(suites, "testsuite", name=topic.slug)
        for outcome in of_topic:
            case = _case(suite, topic.slug, outcome.wanted)
            if not outcome.passed:
                failure = ElementTree.SubElement(
                    case, "failure", message=outcome.reason, type="rule test"
                )
                failure.text = str(outcome)
        if not of_topic:
            skipped = ElementTree.SubElement(_case(suite, topic.slug, "has tests"), "skipped")
            skipped.set("message", "the topic carries no tests")
        _count(suite, len(suite), suite)
    _count(suites, len(suites.findall("*/testcase")), suites)
    ElementTree.indent(suites)
    return bytes(ElementTree.tostring(suites, "utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ElementTree.Element, slug: str, name: str) -> ElementTree.Element:
    given = {"classname": f"topics.{slug}", "name": name, "time": "0"}
    return ElementTree.SubElement(suite, "testcase", given)


def _count(element: ElementTree.Element, cases: int, within: ElementTree.Element) -> None:
    element.set("tests", str(cases))
    element.set("failures", str(sum(1 for _ in within.iter("failure"))))
    element.set("errors", "0")
    element.set("skipped", str(sum(1 for _ in within.iter("skipped"))))
    element.set("time", "0")


def _write(file: Path, report: bytes) -> None:
    try:
        file.write_bytes(report)
    except OSError as error:
        raise usage(f"--junit {file}: cannot be written: {error.strerror or error}") from error


def _as_data(outcome: Outcome) -> dict[str, object]:
    test, verdict = outcome.test, outcome.result
    return {
        "topic": outcome.topic,
        "title": test.title,
        "summary": test.summary,
        "must_match": test.must_match,
        "passed": outcome.passed,
        "reason": outcome.reason,
        "clauses": [
            {
                "part": clause.part,
                "written": clause.written,
                "holds": clause.holds,
                "remark": clause.remark,
                "evidence": [
                    {"field": piece.field, "start": piece.start, "end": piece.end}
                    for piece in clause.evidence
                ],
            }
            for clause in verdict.clauses
        ],
    }


def _tell(outcomes: Sequence[Outcome], untested: Sequence[str]) -> None:
    out = console()
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        out.print(Text(f"{outcome.topic}: {outcome.wanted}"))
        row(out, "because", outcome.reason)
    if untested:
        row(out, "untested", ", ".join(untested))
    counted = count(len(outcomes), "rule test")
    if failed:
        headline(out, f"{len(failed)} of {counted} {'fail' if len(failed) > 1 else 'fails'}.")
    else:
        headline(out, f"{counted} pass{'' if len(outcomes) != 1 else 'es'}.")
