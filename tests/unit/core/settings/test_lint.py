"""What is likely a mistake is a warning, at its place, and stops nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tidings.core.identity import id_by_title, slug
from tidings.core.settings import Fault, Plain, Settings, read
from tidings.core.settings.lint import failing_tests, lint, lint_against
from tidings.model import Item, SeedRef, SourceEntry, Text

SITE: Plain = {
    "id": "news.example.org,2026",
    "title": "News",
    "url": "http://localhost:8000/",
    "time_zone": "UTC",
    "author": {"name": "Desk", "email": "desk@example.org"},
}
TESTS: Plain = {"match": ["A hub opens"]}
CADENCE: Plain = {"every": "day", "at": "08:00"}
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def settings(
    topics: dict[str, Plain] | None = None,
    digests: dict[str, Plain] | None = None,
    lists: dict[str, Plain] | None = None,
    mail: Plain = None,
    aliases: Plain = None,
) -> Settings:
    found, faults = read(
        {
            "tidings.yaml": {"site": SITE, "mail": mail},
            "topics.yaml": {"topics": dict(topics or {}), "aliases": aliases},
            "digests.yaml": {"digests": dict(digests or {})},
            "recipients.yaml": {"lists": dict(lists or {})},
        }
    )
    assert found, faults
    return found


def topic(**lines: Plain) -> Plain:
    return {"title": "A", "tests": TESTS, **lines}


def warned(found: Settings) -> list[tuple[tuple[str | int, ...], str]]:
    faults = list(lint(found))
    assert {fault.severity for fault in faults} <= {"warning"}
    return [(fault.path, fault.message) for fault in faults]


def item(title: str, path: str = "seeds/a.txt") -> Item:
    item_id = id_by_title("news.example.org,2026", title)
    text = Text(title)
    seen = SourceEntry(SeedRef(path, 1), text, item_id, NOW, 0)
    return Item(item_id, slug(title, item_id), text, None, NOW, sources=(seen,))


ITEMS = [item(f"Hub number {number} opens") for number in range(9)]
ITEMS.append(item("Harvest begins", "seeds/b.txt"))


def beside(found: Settings, items: list[Item] | None = None) -> list[Fault]:
    chosen = ITEMS if items is None else items
    return list(lint_against(found, chosen, ["seeds/a.txt", "seeds/b.txt"]))


@pytest.mark.parametrize("term", ["IT", "ILO", "US", "title:US", "UNHC"])
def test_short_capitals_are_asked_for_a_sign(term: str) -> None:
    ((path, message),) = warned(settings({"a": topic(all=[term])}))
    assert path == ("topics", "a", "all", 0)
    assert message.startswith(f"`{term}` also finds ")


@pytest.mark.parametrize("term", ["=IT", "it", "I", "IT*", "COVID", "IT fair", "COVID-19", "ÑU-2"])
def test_other_terms_are_not(term: str) -> None:
    assert warned(settings({"a": topic(any=[term])})) == []


def test_a_term_beside_one_that_finds_more_is_needless() -> None:
    found = settings({"a": topic(any=["fair recruitment", "recruit*", "hub", "Hubs", "hubs"])})
    assert warned(found) == [
        (("topics", "a", "any", 0), "`fair recruitment` adds nothing to `recruit*`"),
        (("topics", "a", "any", 3), "`Hubs` adds nothing to `hub`"),
        (("topics", "a", "any", 4), "`hubs` adds nothing to `hub`"),
    ]


def test_where_all_are_needed_the_wider_term_is_needless() -> None:
    found = settings({"a": topic(all=["recruit*", "fair recruitment"])})
    assert warned(found) == [
        (("topics", "a", "all", 0), "`recruit*` adds nothing to `fair recruitment`")
    ]


def test_an_alias_makes_a_term_needless_too() -> None:
    terms = topic(any=["labour market", "labor market"])
    assert warned(settings({"a": terms})) == []
    (told,) = warned(settings({"a": terms}, aliases=[["labour", "labor"]]))
    assert told == (("topics", "a", "any", 1), "`labor market` adds nothing to `labour market`")


def test_a_term_that_another_clause_keeps_out_can_never_match() -> None:
    ((path, message),) = warned(settings({"a": topic(any=["title:hub", "news"], none=["hubs"])}))
    assert path == ("topics", "a", "any", 0)
    assert message == "`title:hub` can never match: `hubs` under none keeps out all that it finds"


def test_a_narrower_exception_is_just_what_none_is_for() -> None:
    assert warned(settings({"a": topic(any=["hub"], none=["title:hub", "hub of"])})) == []


def test_a_topic_without_tests_is_named_unless_it_has_no_terms() -> None:
    found = settings({"a": {"title": "A", "any": ["x"]}, "b": {"title": "B", "source": "seeds/a"}})
    assert warned(found) == [(("topics", "a"), "a has no tests")]


def test_five_thousand_terms_are_compared_in_a_moment() -> None:
    words = [f"{one}{two}" for one in "abcdefghijklmnopqrst" for two in range(250)]
    found = settings({"a": topic(any=[*words[:4_900], *(f"new {word}" for word in words[:90])])})
    began = time.perf_counter()
    assert len(warned(found)) == 90
    assert time.perf_counter() - began < 15  # each with each would take longer than that


# --- Digests and people ---------------------------------------------------------------------------


def digest(**lines: Plain) -> Plain:
    return {"title": "D", "topics": ["a"], "cadence": CADENCE, **lines}


TOPICS: dict[str, Plain] = {"a": topic(any=["hub"]), "b": topic(any=["harvest"])}


@pytest.mark.parametrize(
    ("digests", "lists", "expected"),
    [
        ({"d": digest()}, {}, (("digests", "d"), "d goes to no list")),
        ({}, {"l": ["x@example.org"]}, (("lists", "l"), "no digest goes to l")),
        ({"d": digest(lists=["l"])}, {"l": []}, (("lists", "l"), "l has nobody on it")),
        (
            {"d": digest(lists=["l"])},
            {"l": [{"address": "x@example.org", "paused": "true"}]},
            (("digests", "d", "lists"), "everybody whom d goes to is paused"),
        ),
        (
            {"d": digest(lists=["l"])},
            {"l": ["y@example.org", {"address": "x@example.org", "topics": ["b"]}]},
            (
                ("lists", "l", 1, "topics"),
                "x@example.org can never get anything: d has none of b",
            ),
        ),
    ],
)
def test_mail_that_can_reach_nobody_is_named(
    digests: dict[str, Plain],
    lists: dict[str, Plain],
    expected: tuple[tuple[str | int, ...], str],
) -> None:
    assert warned(settings(TOPICS, digests, lists)) == [expected]


def test_a_language_that_no_source_has_is_named_where_it_is_asked_for() -> None:
    digests = {"d": digest(lists=["l"], items_in=["EN-gb", "es", "de"])}
    people: Plain = ["y@example.org", {"address": "x@example.org", "items_in": ["fr", "en"]}]
    spanish = item("La OIT publica un informe sobre el trabajo en los puertos")
    found = beside(settings(TOPICS, digests, {"l": people}), [*ITEMS, spanish])
    languages = [fault for fault in found if "language" in fault.hint]
    assert [(fault.path, fault.message) for fault in languages] == [
        (("digests", "d", "items_in", 2), 'no source has items in "de"'),
        (("lists", "l", 1, "items_in", 0), 'no source has items in "fr"'),
    ]
    assert languages[0].hint == (
        "there are en, es; `language: de` on a source says it of its listings"
    )


def test_who_reads_nothing_that_a_digest_brings_is_named() -> None:
    digests = {"d": digest(lists=["l"], items_in=["es-CR", "fr"])}
    people: Plain = [
        {"address": "x@example.org", "items_in": ["en"]},
        {"address": "y@example.org", "items_in": ["es"]},
    ]
    assert warned(settings(TOPICS, digests, {"l": people})) == [
        (
            ("lists", "l", 0, "items_in"),
            "x@example.org can get no item whose language is known: d has none in en",
        )
    ]


def test_who_gets_something_from_one_of_two_digests_is_not_named() -> None:
    digests = {"d": digest(lists=["l"]), "e": digest(lists=["l"], topics="all")}
    people: Plain = [{"address": "x@example.org", "topics": ["b"]}]
    assert warned(settings(TOPICS, digests, {"l": people})) == []


def looks_shared(*entries: Plain, **more: Plain) -> list[tuple[str | int, ...]]:
    """The places of the entries that are named as looking like a group's."""
    lists: dict[str, Plain] = {"l": list(entries), **more}
    digests = {"d": digest(lists=list(lists))}
    return [path for path, told in warned(settings(TOPICS, digests, lists)) if "group" in told]


@pytest.mark.parametrize(
    "local",
    [
        "all-staff", "ALL-STAFF", "london-all", "all.staff", "staff_madrid", "staff", "staff2",
        "team", "teams",
        "info", "info+news", "office", "list", "news-list", "everyone", "editors", "redaction",
        "equipo", "todos", "todas.mx", "oficina", "redaccion", "equipe", "tous", "bureau", "alle",
        "mitarbeiter", "redaktion", "tutti", "redazione", "equipa", "iedereen", "hr.team",
    ],
)  # fmt: skip
def test_an_address_that_looks_like_a_groups_is_named_until_somebody_says(local: str) -> None:
    address = f"{local}@example.org"
    assert looks_shared("ana@example.org", address) == [("lists", "l", 1, "address")]
    for said in ("true", "false", "no"):
        assert looks_shared({"address": address, "shared": said}) == []


@pytest.mark.parametrize(
    "local",
    [
        "ana", "stafford", "listiak", "allison", "alles", "infom", "officer", "allan.listz",
        "ana+staff", "personal", "equipoise", "tousled", "x",
    ],
)  # fmt: skip
def test_an_address_of_one_person_is_not_taken_for_a_groups(local: str) -> None:
    assert looks_shared(f"{local}@staff.example.org") == []


def test_an_address_on_several_lists_is_named_once_and_settled_by_any_of_them() -> None:
    group: Plain = "all-staff@example.org"
    assert looks_shared(group, m=[group], n=["ALL-staff@example.org"]) == [
        ("lists", "l", 0, "address")
    ]
    assert looks_shared(group, m=[{"address": group, "shared": "true"}], n=[group]) == []
    assert looks_shared(group, m=[group], n=[{"address": group, "shared": "false"}]) == []


def test_two_lists_that_say_different_things_of_an_address_are_named() -> None:
    said: dict[str, Plain] = {
        name: [{"address": "ana@example.org", "shared": shared}]
        for name, shared in (("l", "true"), ("m", "false"))
    }
    [(path, told)] = warned(settings(TOPICS, {"d": digest(lists=["l", "m"])}, said))
    assert path == ("lists", "l", 0, "address")
    assert told == "ana@example.org is marked both as shared and as not shared: it counts as shared"


def test_links_to_this_machine_are_a_warning_once_mail_leaves_it() -> None:
    assert warned(settings()) == []
    ((path, _),) = warned(settings(mail={"transport": "smtp://mail.example.org"}))
    assert path == ("site", "url")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://news.example.org/", "links to unsubscribe or to change topics use http"),
        ("http://127.0.0.1:8000/", "mail goes out with links to 127.0.0.1"),
        ("https://news.example.org/", None),
    ],
)
def test_links_to_leave_are_for_readers_and_for_nobody_else(url: str, expected: str | None) -> None:
    mail: Plain = {"transport": "smtp://mail.example.org", "service_url": url}
    told = [message for path, message in warned(settings(mail=mail)) if path[0] == "mail"]
    assert [message[: len(expected or "")] for message in told] == ([expected] if expected else [])


# --- Beside the items -----------------------------------------------------------------------------


def test_a_topic_that_takes_nothing_everything_or_the_same_is_named() -> None:
    found = settings(
        {
            "hubs": topic(any=["hub"]),
            "centres": topic(any=["hub number*"]),
            "none": topic(any=["volcano"]),
            "all": topic(any=["opens", "begins"]),
        }
    )
    assert [(fault.path[1], fault.message) for fault in beside(found)] == [
        ("none", "none takes none of the 10 items"),
        ("all", "all takes all of the 10 items"),
        ("centres", "centres takes the same 9 items as hubs"),
    ]


def test_a_topic_that_takes_all_by_its_source_is_meant_to() -> None:
    assert beside(settings({"a": {"title": "A", "source": "seeds/*"}})) == []


def test_items_in_no_topic_are_counted_and_the_first_are_named() -> None:
    (told,) = beside(settings({"a": topic(any=["harvest"])}))
    assert (told.severity, told.path, told.at_key) == ("note", ("topics",), True)
    assert told.message == (
        "9 of 10 items are in no topic: “Hub number 0 opens”; “Hub number 1 opens”; "
        "“Hub number 2 opens” and 6 more"
    )


def test_a_handful_of_items_says_nothing_of_a_rule() -> None:
    assert beside(settings({"a": topic(any=["volcano"])}), ITEMS[:3]) == []


def test_what_a_rule_names_and_nobody_has_is_a_stray() -> None:
    rule = topic(
        any=["harvest", "hub"],
        source=["seeds/a.txt", "seed/b.txt"],
        pin=[ITEMS[0].slug, "0123456789abcdef"],
        ban=["no-such-item-00000000"],
    )
    told = [fault for fault in beside(settings({"a": rule})) if fault.severity == "warning"]
    assert [(fault.path[2:], fault.message, fault.hint) for fault in told] == [
        (("source", 1), "no seed file is named seed/b.txt", 'did you mean "seeds/b.txt"?'),
        (("pin", 1), "no item 0123456789abcdef is known", ""),
        (("ban", 0), "no item no-such-item-00000000 is known", ""),
    ]


def test_a_failing_rule_test_is_a_problem_at_its_own_line() -> None:
    found = settings({"a": {"title": "A", "any": ["hub"], "tests": {
        "match": ["A hub opens", "A harbour opens"], "no_match": ["A hub closes"]}}})  # fmt: skip
    faults = list(failing_tests(found.topics, found.aliases))
    assert [(fault.path[3:], fault.severity) for fault in faults] == [
        (("match", 1), "problem"),
        (("no_match", 0), "problem"),
    ]
