"""Every setting that is a list, with none, one, two and three elements.

Found so: a topic with two old names stopped all feeds, and then all mail. Two are tried in every
run of the tests, the other lengths in the long sweeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.pressroom import Pressroom, pressroom
from tidings.core.settings.schema import schema
from tidings.errors import ConfigError

TIDINGS, TOPICS = "config/tidings.yaml", "config/topics.yaml"
DIGESTS, RECIPIENTS = "config/digests.yaml", "config/recipients.yaml"
BOATS = "    title: Boats\n"
# The file, the text that makes way, what takes its place ({} stands for the list), three elements,
# and how many there have to be at the least.
Case = tuple[str, str, str, Sequence[str], int]
CASES: dict[str, Case] = {
    "tidings.site.footer": (
        TIDINGS,
        "\nsite:\n",
        "\nsite:\n  footer: {}\n",
        tuple(
            f"{{title: {title}, url: https://example.org/{title}}}"
            for title in ("Imprint", "Privacy", "Accessibility")
        ),
        0,
    ),
    "tidings.sources": (
        TIDINGS,
        "\nsite:",
        "\nsources: {}\nsite:",
        ("{path: seeds/*.txt}", "{path: seeds/*.csv}", "{path: seeds/*.json}"),
        1,
    ),
    "tidings.sources[].languages": (
        TIDINGS,
        "\nsite:",
        "\nsources: [{{path: seeds/*.txt, languages: {}}}]\nsite:",
        ("en", "pt", "fr"),
        0,
    ),
    "tidings.worker.roles": (
        TIDINGS,
        "\nsite:",
        "\nworker: {{roles: {}}}\nsite:",
        ("lead", "send", "lead"),
        1,
    ),
    "tidings.mail.token_command": (
        TIDINGS,
        "\nsite:",
        "\nmail: {{token_command: {}}}\nsite:",
        ("print-token", "--for", "news"),
        1,
    ),
    "topics.aliases": (
        TOPICS,
        "\ntopics:",
        "\naliases: {}\ntopics:",
        ("[boat, ship]", "[quay, pier]", "[pool, basin]"),
        0,
    ),
    "topics.aliases[]": (
        TOPICS,
        "\ntopics:",
        "\naliases: [{}]\ntopics:",
        ("boat", "ship", "vessel"),
        2,
    ),
    "topics.topics.*.any": (TOPICS, "any: [quay]", "any: {}", ("quay", "pool", "ferry"), 1),
    "topics.topics.*.all": (TOPICS, BOATS, BOATS + "    all: {}\n", ("ferry", "back", "quay"), 0),
    "topics.topics.*.none": (TOPICS, BOATS, BOATS + "    none: {}\n", ("pool", "sea", "quay"), 0),
    "topics.topics.*.source": (
        TOPICS,
        BOATS,
        BOATS + "    source: {}\n",
        ("seeds/may.txt", "seeds/*.txt", "more/*"),
        0,
    ),
    "topics.topics.*.pin": (
        TOPICS,
        BOATS,
        BOATS + "    pin: {}\n",
        ("0123456789abcdef", "a-name-01234567", "01234567"),
        0,
    ),
    "topics.topics.*.ban": (
        TOPICS,
        BOATS,
        BOATS + "    ban: {}\n",
        ("0123456789abcdef", "a-name-01234567", "01234567"),
        0,
    ),
    "topics.topics.*.tests.match": (
        TOPICS,
        BOATS,
        BOATS + "    tests: {{match: {}}}\n",
        ("A boat", "A ferry", "Boats"),
        0,
    ),
    "topics.topics.*.tests.no_match": (
        TOPICS,
        BOATS,
        BOATS + "    tests: {{no_match: {}}}\n",
        ("A pool", "A quay", "Lessons"),
        0,
    ),
    "topics.topics.*.was": (TOPICS, BOATS, BOATS + "    was: {}\n", ("jobs", "papers", "ships"), 0),
    "digests.digests.*.topics": (
        DIGESTS,
        "topics: [boats]",
        "topics: {}",
        ("boats", "quay", "pools"),
        1,
    ),
    "digests.digests.*.lists": (
        DIGESTS,
        'at: "07:00"}\n    lists: [crew]',
        'at: "07:00"}}\n    lists: {}',
        ("crew", "guests", "friends"),
        0,
    ),
    "digests.digests.*.cadence.on": (
        DIGESTS,
        'cadence: {every: day, at: "07:00"}',
        'cadence: {{every: week, on: {}, at: "07:00"}}',
        ("monday", "thursday", "saturday"),
        1,
    ),
    "digests.digests.*.cadence.except": (
        DIGESTS,
        'cadence: {every: day, at: "07:00"}',
        'cadence: {{every: day, at: "07:00", except: {}}}',
        ("2026-05-11", "2026-05-12", "2026-12-25"),
        0,
    ),
    "digests.digests.*.items_in": (
        DIGESTS,
        "    topics: [boats]",
        "    items_in: {}\n    topics: [boats]",
        ("en", "es", "fr"),
        1,
    ),
    "digests.digests.*.review.by": (
        DIGESTS,
        'at: "07:00"}\n    lists: [crew]',
        'at: "07:00"}}\n    review: {{by: {}, open: "06:00"}}\n    lists: [crew]',
        ("ines@example.org", "olga@example.org", "paul@example.org"),
        1,
    ),
    "digests.digests.*.was": (
        DIGESTS,
        "    topics: [boats]",
        "    was: {}\n    topics: [boats]",
        ("letter", "bulletin", "paper"),
        0,
    ),
    "recipients.lists.*": (
        RECIPIENTS,
        "\nlists:\n",
        "\nlists:\n  office: {}\n",
        ("one@example.org", "two@example.org", "three@example.org"),
        0,
    ),
    "recipients.lists.*[].items_in": (
        RECIPIENTS,
        "topics: [boats]",
        "topics: [boats], items_in: {}",
        ("en", "es", "fr"),
        1,
    ),
    "recipients.lists.*[].topics": (
        RECIPIENTS,
        "topics: [boats]",
        "topics: {}",
        ("boats", "quay", "pools"),
        1,
    ),
}
MORE = """8 May, 2026

Number {number} sails

A boat, a ferry, at the quay, by the pool.
"""


def lists_in(node: Any, path: str) -> Iterator[str]:
    """The paths of all lists that the schema of the configuration allows."""
    kinds = node.get("type")
    if "array" in (kinds if isinstance(kinds, list) else [kinds]):
        yield path
    for name, inner in node.get("properties", {}).items():
        yield from lists_in(inner, f"{path}.{name}")
    for key, step in (("additionalProperties", ".*"), ("items", "[]")):
        if isinstance(node.get(key), dict):
            yield from lists_in(node[key], path + step)
    for key in ("anyOf", "oneOf", "allOf"):
        for inner in node.get(key, ()):
            yield from lists_in(inner, path)


def room_for_all(folder: Path) -> Pressroom:
    """An instance with all that the lists name."""
    room = pressroom(folder)
    pools = "topics:\n  pools:\n    title: Pools\n    any: [pool]\n"
    room.edit(TOPICS, "topics:\n", pools)
    room.edit(RECIPIENTS, "\nlists:\n", "\nlists:\n  guests: []\n  friends: [joao@example.org]\n")
    return room


def test_every_list_of_the_configuration_is_tried_here() -> None:
    names = ("tidings", "topics", "digests", "recipients")
    found = {path for name in names for path in lists_in(schema(name), name)}
    assert found == CASES.keys()


@pytest.mark.parametrize("lengths", [(2,), pytest.param((0, 1, 2, 3), marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CASES)
def test_a_list_of_any_length_publishes_and_mails(
    tmp_path: Path, name: str, lengths: tuple[int, ...]
) -> None:
    file, old, new, elements, least = CASES[name]
    room = room_for_all(tmp_path)
    before = (room.root / file).read_text()
    for number in lengths:
        if number < least:
            continue
        text = new.format(f"[{', '.join(elements[:number])}]")
        room.write(file, before)
        room.edit(file, old, text)
        room.write(f"seeds/{number}.txt", MORE.format(number=number))
        report = room.run("now")
        assert (report.errors, report.published.failed) == ([], {})
        assert report.recorded.new > 0
        assert report.delivered.sent > 0
        assert report.delivered.waiting == 0
    assert room.run("none").published.written == 0


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[-1]])
def test_a_list_that_is_too_short_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    file, old, new, elements, least = CASES[name]
    room = room_for_all(tmp_path)
    room.edit(file, old, new.format(f"[{', '.join(elements[: least - 1])}]"))
    with pytest.raises(ConfigError) as refused:
        room.run("now")
    assert all(problem.line for problem in refused.value.problems)
