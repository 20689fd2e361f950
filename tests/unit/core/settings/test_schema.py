"""Editors are told of every setting, and never warn of what Tidings takes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.docs import pages
from tidings.adapters.config.yaml import compose
from tidings.core.settings import FILES, Plain, read, variables
from tidings.core.settings.schema import NAMES, Node, schema
from tidings.entrypoints.cli.init import schema_text

CONFIG = Path(__file__).parents[4] / "config"

SITE: Plain = {
    "id": "news.example.org,2026",
    "title": "News",
    "url": "https://news.example.org/",
    "time_zone": "UTC",
    "author": {"name": "Desk", "email": "desk@example.org"},
}
CADENCE: Plain = {"every": "day", "at": "08:00"}


def as_an_editor_reads(text: str) -> Any:
    """YAML 1.2 as plain data, with numbers and all; a day is a text in JSON."""
    return _texts(YAML(typ="safe", pure=True).load(text))


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def complaints(name: str, data: Any) -> list[str]:
    validator = Draft202012Validator(schema(name))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def refused(file: str, plain: Plain) -> bool:
    """Whether Tidings itself refuses this file."""
    _, faults = read({file: plain})
    return bool(faults)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert "$ref" not in json.dumps(schema(name)), "not every editor follows references alike"


def _properties(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    for name, inner in node.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield below, inner
        yield from _properties(inner, below)
    for inner in node.get("anyOf", ()):
        yield from _properties(inner, path)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from _properties(node[key], path)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_hover_text(name: str) -> None:
    untold = [path for path, node in _properties(schema(name)) if not node.get("description")]
    assert untold == [], "say what they are in the docstrings of their fields"


def test_every_setting_of_the_environment_is_in_the_schema() -> None:
    known = {path for path, _ in _properties(schema("tidings"))}
    named = {".".join(str(step) for step in path if step != 0) for path in variables()}
    assert named <= known


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_is_as_its_schema_says_and_names_it(name: str) -> None:
    text = (CONFIG / f"{name}.yaml").read_text(encoding="utf-8")
    assert complaints(name, as_an_editor_reads(text)) == []
    assert text.startswith(f"# yaml-language-server: $schema=.schema/{name}.json\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_beside_the_sample_is_of_this_version(name: str) -> None:
    kept = (CONFIG / ".schema" / f"{name}.json").read_text(encoding="utf-8")
    assert kept == schema_text(name), "run `tidings schema --write`"


def _samples() -> Iterator[tuple[str, str]]:
    for page in pages.PAGES:
        for block in pages.blocks(page, "yaml"):
            yield page, block


@pytest.mark.parametrize(("page", "sample"), list(_samples()))
def test_editors_take_every_piece_of_configuration_on_a_page(page: str, sample: str) -> None:
    name = sample.split("\n", 1)[0].removeprefix("# config/").removesuffix(".yaml")
    found = complaints(name, as_an_editor_reads(sample))
    # A page shows a part of a file: what it leaves out stands elsewhere.
    assert [line for line in found if "is a required property" not in line] == []


GOOD: dict[str, tuple[str, ...]] = {
    "tidings": (
        "feeds:\n",
        "feeds: {limit: '5', max: 1_000}\n",
        "feeds: {limit: ' 7 '}\n",
        "sources: [{path: seeds/*.txt, threshold: '0.75', language: no, removed: }]\n",
        "mail: {rate: 20/s, expires: 2w, in_doubt: hold, postal_address: 12}\n",
        "limits: {file: 1000, line: 64KiB}\n",
        "worker: {every: 1 m}\n",
    ),
    "topics": (
        "",
        "topics: {a: {title: 2020, any: [2020, 1.10, yes]}}\n",
        "topics: {2020: {title: A, source: seeds/a.txt, about: }}\n",
        "topics: {a: {title: A, source: [a.txt, b.txt], after: 2026, before: 2026-12-31}}\n",
        "topics: {a: {title: A, any: [x], tests: {match: [X, {title: x, summary: y}]}}}\n",
        "aliases: [[labour, labor]]\n",
    ),
    "digests": (
        "digests:\n",
        "digests: {a: {title: A, topics: all, cadence: {every: month, on: 1, at: 8:00}}}\n",
        "digests: {a: {title: A, topics: all, cadence: {every: week, on: Monday, at: 8:00}}}\n",
        (
            "digests: {a: {title: A, topics: all, cadence: {every: 2 weeks, on: friday, at: 8:00, "
            "from: 2026-11-23}}}\n"
        ),
        "digests: {a: {title: A, topics: all, cadence: {every: immediate}, max_items: 3}}\n",
    ),
    "recipients": (
        "lists:\n",
        "lists: {staff: }\n",
        "lists: {staff: [ana@example.org, {address: b@example.org, paused: YES, start: 2w}]}\n",
        "lists: {staff: [{address: a@example.org, paused: 1, topics: all}]}\n",
    ),
}
BAD: dict[str, tuple[str, ...]] = {
    "tidings": (
        "site: {}\n",
        "feeds: {limit: 0}\n",
        "feeds: {limits: 5}\n",
        "feeds: 5\n",
        "sources: []\n",
        "sources: [{path: a.txt, threshold: 2}]\n",
        "mail: {rate: fast}\n",
        "mail: {connections: 51}\n",
        "worker: {every: often}\n",
        "sources: [{path: a.txt, date_order: YMD}]\n",
    ),
    "topics": (
        "topics: {a: {any: [x]}}\n",
        "topics: {a: {title: A, anny: [x]}}\n",
        "topics: {a: {title: A, any: x}}\n",
        "topics: {a: {title: A, any: [{title: hub}]}}\n",
        "topics: {A: {title: A, any: [x]}}\n",
        "topics: {a: {title: A, any: [x], after: soon}}\n",
        "topics: {a: }\n",
        "aliases: [[labour]]\n",
        "aliases: labour\n",
        "[]\n",
    ),
    "digests": (
        "digests: {a: {title: A, topics: some, cadence: {every: immediate}}}\n",
        "digests: {a: {title: A, topics: [], cadence: {every: immediate}}}\n",
        "digests: {a: {title: A, topics: all, cadence: {every: weekly, at: 8:00}}}\n",
        "digests: {a: {title: A, topics: all, cadence: {every: day, at: eight}}}\n",
        (
            "digests: {a: {title: A, topics: all, cadence: {every: 2 weeks, on: friday, at: 8:00, "
            "from: soon}}}\n"
        ),
        "digests: {a: {title: A, topics: all, cadence: {every: immediate}, history: keep}}\n",
        "digests: {a: {title: A, topics: all, cadence: {every: immediate}, catch_up: 5}}\n",
    ),
    "recipients": (
        "lists: {staff: ana@example.org}\n",
        "lists: {staff: [{name: Ana}]}\n",
        "lists: {staff: [{address: a@example.org, paused: maybe}]}\n",
        "lists: {staff: [{address: a@example.org, topic: all}]}\n",
        "lists: [staff]\n",
    ),
}


def _cases(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in table.items() for text in texts]


def _whole(name: str, text: str) -> str:
    """A piece of tidings.yaml with the site that it cannot do without."""
    site = json.dumps(SITE)
    return f"site: {site}\n{text}" if name == "tidings" and "site:" not in text else text


@pytest.mark.parametrize(("name", "text"), _cases(GOOD))
def test_what_tidings_takes_an_editor_takes(name: str, text: str) -> None:
    whole = _whole(name, text)
    document = compose(whole, f"{name}.yaml")
    assert not document.problems
    if name != "topics" or "source" not in text:
        assert not refused(f"{name}.yaml", document.plain)
    assert complaints(name, as_an_editor_reads(whole)) == []


@pytest.mark.parametrize(("name", "text"), _cases(BAD))
def test_what_an_editor_refuses_tidings_refuses(name: str, text: str) -> None:
    whole = _whole(name, text)
    assert complaints(name, as_an_editor_reads(whole)) != []
    assert refused(f"{name}.yaml", compose(whole, f"{name}.yaml").plain)


def test_every_file_has_a_schema() -> None:
    assert tuple(f"{name}.yaml" for name in NAMES) == FILES
