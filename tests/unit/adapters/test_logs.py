"""No log line gives an address away."""

from __future__ import annotations

import json
import logging

import pytest

from tidings.adapters.logs import JsonFormatter, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana@example.org", "a***@example.org"),
        ("a@example.org", "a***@example.org"),
        ("zoë.b+news@example.org", "z***@example.org"),
        ("550 5.1.1 <luis@example.org>: unknown", "550 5.1.1 <l***@example.org>: unknown"),
        ("to:ana@example.org,eva@example.org;", "to:a***@example.org,e***@example.org;"),
        ('"ana maria"@example.org', "a***@example.org"),
        (
            "outbox/weekly/1/3-ana@example.org.eml: full",
            "outbox/weekly/1/3***@example.org.eml: full",
        ),
        ("x" * 500 + "@example.org", "x***@example.org"),
        ("no address @ all", "no address @ all"),
    ],
)
def test_every_address_in_a_text_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def as_json(form: str, *values: object) -> dict[str, object]:
    record = logging.LogRecord("tidings", logging.WARNING, "", 0, form, values, None)
    record.created = 1795532400.0
    line = JsonFormatter().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told.pop("time"), told.pop("level")) == ("2026-11-24T15:00:00Z", "warning")
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize(
    ("form", "values", "told"),
    [
        ("worker stopped", (), {"event": "worker stopped"}),
        ("mail sent sent=%d resent=%d", (3, 0), {"event": "mail sent", "sent": 3, "resent": 0}),
        (
            '%s address=%s reason="%s"',
            ("delivery failed", "a***@example.org", 'says "no" = never'),
            {
                "event": "delivery failed",
                "address": "a***@example.org",
                "reason": 'says "no" = never',
            },
        ),
        (
            'listing problem place=%s:%d reason="%s"',
            ("seeds/a b.txt", 7, "no year"),
            {"event": "listing problem", "place": "seeds/a b.txt:7", "reason": "no year"},
        ),
        (
            "configuration not taken, so=%s\n%s",
            ("what", "one\ntwo"),
            {"event": "configuration not taken,", "so": "what", "detail": "one\ntwo"},
        ),
        ("%s not possible\n%s", ("cycle", "x"), {"event": "cycle not possible", "detail": "x"}),
    ],
)
def test_as_json_an_event_keeps_its_words_and_the_kinds_of_its_values(
    form: str, values: tuple[object, ...], told: dict[str, object]
) -> None:
    assert as_json(form, *values) == told


def test_every_call_in_the_sources_can_be_told_as_json() -> None:
    """The formatter reads formats: here are all that there are."""
    import ast
    from pathlib import Path

    import tidings

    forms = 0
    for module in Path(tidings.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if getattr(node.func.value, "id", "") != "log" or node.func.attr == "isEnabledFor":
                continue
            constants = [each for each in node.args if isinstance(each, ast.Constant)]
            if not constants:
                continue  # a logarithm, or handed through
            form = str(constants[0].value)
            values = [7] * (len(node.args) - node.args.index(constants[0]) - 1)
            assert as_json(form, *values)["event"], form
            forms += 1
    assert forms > 15
