"""What a configuration may say, and how it is told what it may not."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, timedelta
from typing import get_args

import pytest
from pydantic import BaseModel

from tests.cadences import KINDS
from tidings.core.listings import LAYOUTS, THRESHOLD
from tidings.core.settings import (
    DigestsFile,
    Fault,
    Mail,
    Plain,
    RecipientsFile,
    Settings,
    Source,
    TidingsFile,
    TopicsFile,
    parse_duration,
    parse_size,
    read,
    unknown_languages,
    variables,
)
from tidings.core.settings.mailings import ON
from tidings.core.settings.site import Layout
from tidings.core.settings.state_address import check_state
from tidings.core.settings.values import (
    check_address,
    check_mailto,
    check_site_id,
    check_site_url,
    check_slug,
    check_time_zone,
    mailbox,
    parse_clock,
    parse_mailbox,
)
from tidings.model import Cadence, Help, RecipientState, Rule, RuleTest

SITE: dict[str, Plain] = {
    "id": "news.example.org,2026",
    "title": "News",
    "url": "http://localhost:8000",
    "time_zone": "America/Costa_Rica",
    "author": {"name": "Desk", "email": "desk@example.org"},
}
WEEKLY: dict[str, Plain] = {
    "title": "Weekly",
    "topics": "all",
    "cadence": {"every": "week", "on": "monday", "at": "08:00"},
}
TUESDAYS: dict[str, Plain] = {"every": "2 weeks", "on": "tuesday", "at": "08:00"}
TOPIC: dict[str, Plain] = {"title": "Mexico", "any": ["mexico"]}


def files(
    tidings: Plain = None, topics: Plain = None, digests: Plain = None, recipients: Plain = None
) -> dict[str, Plain]:
    given: dict[str, Plain] = {
        "tidings.yaml": {"site": SITE} if tidings is None else tidings,
        "topics.yaml": topics,
        "digests.yaml": digests,
        "recipients.yaml": recipients,
    }
    return deepcopy(given)


def settings(**given: Plain) -> Settings:
    found, faults = read(files(**given))
    assert faults == ()
    assert found is not None
    return found


def faults(**given: Plain) -> tuple[Fault, ...]:
    found, wrong = read(files(**given))
    assert found is None
    return wrong


def test_a_site_alone_is_a_whole_configuration() -> None:
    found = settings()
    assert found.site.language == "en"
    assert found.zone.key == "America/Costa_Rica"
    assert [source.path for source in found.sources] == ["seeds/*.txt"]
    assert (found.feeds.limit, found.feeds.max) == (50, 500)
    assert (found.state, found.state_path) == (
        "sqlite:///state/tidings.db",
        "state/tidings.db",
    )
    assert found.mail.transport == "file:outbox"
    assert found.worker.every == timedelta(seconds=15)
    assert (found.limits.file, found.limits.line) == (8 * 2**20, 64 * 2**10)
    assert (found.topics, found.digests, dict(found.lists)) == ((), (), {})


def test_settings_made_by_hand_have_the_same_defaults_as_those_that_are_read() -> None:
    found = settings()
    assert Settings(site=found.site, mail=found.mail) == found


def test_a_file_belongs_to_the_first_source_whose_pattern_names_it() -> None:
    sources: Plain = [{"path": "seeds/a*.txt"}, {"path": "seeds/*.txt"}]
    found = settings(tidings={"site": SITE, "sources": sources})
    named = [found.source_of(path) for path in ("seeds/ab.txt", "seeds/b.txt", "c.txt")]
    assert named == [*found.sources, None]


def test_an_address_of_a_site_always_ends_in_a_slash() -> None:
    assert settings().site.url == "http://localhost:8000/"
    assert check_site_url("https://example.org/news") == "https://example.org/news/"


def test_a_setting_without_a_value_has_its_default() -> None:
    found = settings(
        tidings={"site": {**SITE, "about": None}, "feeds": None, "mail": {"from": None}}
    )
    assert found == settings()


def test_text_is_enough_for_numbers_and_truths() -> None:
    found = settings(
        tidings={"site": SITE, "feeds": {"limit": "5"}, "limits": {"line": "1KiB"}},
        recipients={"lists": {"staff": [{"address": "a@example.org", "paused": "true"}]}},
    )
    assert (found.feeds.limit, found.limits.line) == (5, 1024)
    assert found.lists["staff"][0].state is RecipientState.PAUSED


def test_the_author_sends_unless_somebody_else_is_named() -> None:
    author: Plain = {"name": "Desk, regional", "email": "desk@example.org"}
    mail = settings(tidings={"site": {**SITE, "author": author}}).mail
    assert mail.sender == '"Desk, regional" <desk@example.org>'
    assert (mail.name, mail.address) == ("Desk, regional", "desk@example.org")
    mail = settings(tidings={"site": SITE, "mail": {"from": "Ana <ana@example.org>"}}).mail
    assert (mail.name, mail.address) == ("Ana", "ana@example.org")


def test_a_topic_has_its_rule_and_tests_in_order() -> None:
    tests: Plain = {"match": ["In Mexico", {"title": "A", "summary": "B"}], "no_match": ["Peru"]}
    rules: Plain = {"any": ["mexico", "=RCM"], "none": ["title:new mexico"]}
    assert isinstance(rules, dict)
    found = settings(topics={"topics": {"mexico": {"title": "Mexico", **rules, "tests": tests}}})
    topic = found.topics[0]
    assert [term.source for term in topic.rule.any] == ["mexico", "=RCM"]
    assert [term.field for term in topic.rule.none] == ["title"]
    assert topic.tests == (
        RuleTest("In Mexico", "", True),
        RuleTest("A", "B", True),
        RuleTest("Peru", "", False),
    )


def test_topics_and_digests_stay_in_the_files_order() -> None:
    found = settings(
        topics={"topics": {"b": TOPIC, "a": TOPIC}}, digests={"digests": {"z": WEEKLY, "y": WEEKLY}}
    )
    assert [topic.slug for topic in found.topics] == ["b", "a"]
    assert [digest.slug for digest in found.digests] == ["z", "y"]


def test_a_digest_has_its_cadence_and_the_sites_language() -> None:
    found = settings(
        tidings={"site": {**SITE, "language": "es"}},
        digests={"digests": {"weekly": WEEKLY, "english": {**WEEKLY, "language": "en"}}},
    )
    weekly, english = found.digests
    assert weekly.cadence == Cadence("week", 0, (8, 0))
    assert (weekly.topics, weekly.history, weekly.max_items) == (None, "skip", 40)
    assert (weekly.language, english.language, weekly.template) == ("es", "en", "digest")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"every": "immediate"}, Cadence("immediate")),
        ({"every": "day", "at": "7:30"}, Cadence("day", at=(7, 30))),
        ({"every": "week", "on": " Sunday", "at": "00:00"}, Cadence("week", 6, (0, 0))),
        ({"every": "2 weeks", "on": "tuesday", "at": "08:00"}, Cadence("2 weeks", 1, (8, 0))),
        (
            {"every": "2 weeks", "on": "friday", "at": "08:00", "from": "2026-11-23"},
            Cadence("2 weeks", 4, (8, 0), week_of=date(2026, 11, 23)),
        ),
        ({"every": "month", "on": "1", "at": "08:00"}, Cadence("month", at=(8, 0), day=1)),
        ({"every": "month", "on": 28, "at": "08:00"}, Cadence("month", at=(8, 0), day=28)),
        ({"every": "month", "on": "Last", "at": "08:00"}, Cadence("month", at=(8, 0), day="last")),
        ({"every": "month", "on": ["15"], "at": "08:00"}, Cadence("month", at=(8, 0), day=15)),
        *((written, cadence) for written, cadence, _ in KINDS.values()),
        ({"every": "week", "on": ["monday"], "at": "08:00"}, Cadence("week", 0, (8, 0))),
        ({"every": "week", "on": ["monday", "MONDAY"], "at": "08:00"}, Cadence("week", 0, (8, 0))),
        (
            {"every": "month", "on": " First  Monday", "at": "08:00"},
            Cadence("month", 0, (8, 0), nth=1),
        ),
        (
            {"every": "day", "at": "08:00", "except": ["2026-12-25", "2026-12-24", "2026-12-25"]},
            Cadence("day", at=(8, 0), but=frozenset({date(2026, 12, 24), date(2026, 12, 25)})),
        ),
        (
            {"every": "day", "at": "08:00", "except": "2026-12-25"},
            Cadence("day", at=(8, 0), but=frozenset({date(2026, 12, 25)})),
        ),
        ({"every": "day", "at": "08:00", "except": []}, Cadence("day", at=(8, 0))),
    ],
)
def test_a_digest_comes_at_once_or_by_day_week_two_weeks_or_month(
    written: dict[str, Plain], expected: Cadence
) -> None:
    found = settings(digests={"digests": {"news": {**WEEKLY, "cadence": written}}})
    assert found.digests[0].cadence == expected


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({}, (), '"every" is missing in cadence'),
        ({"every": "weekly"}, ("every",), 'every: "weekly" is not among the choices'),
        ({"every": "weekly", "on": "x", "at": "08:00"}, ("every",), 'every: "weekly" is not among'),
        ({"every": "week", "at": "08:00"}, ("on",), "on: is missing"),
        ({"every": "month", "at": "08:00"}, ("on",), "on: is missing"),
        ({"every": "week", "on": "mondy", "at": "08:00"}, ("on",), 'on: "mondy" is not a day'),
        ({"every": "week", "on": "1", "at": "08:00"}, ("on",), 'on: "1" is not a day of the week'),
        (
            {"every": "month", "on": "0", "at": "08:00"},
            ("on",),
            'on: "0" is not a day of the month',
        ),
        ({"every": "month", "on": "32", "at": "08:00"}, ("on",), 'on: "32" is not a day of the'),
        ({"every": "month", "on": "-1", "at": "08:00"}, ("on",), 'on: "-1" is not a day of the'),
        ({"every": "month", "on": "fifth monday", "at": "8:00"}, ("on",), 'on: "fifth monday" is'),
        ({"every": "month", "on": "first", "at": "8:00"}, ("on",), 'on: "first" is not a day'),
        ({"every": "month", "on": "first day", "at": "8:00"}, ("on",), 'on: "first day" is not'),
        (
            {"every": "month", "on": ["1", "15"], "at": "8:00"},
            ("on",),
            "on: a monthly digest comes",
        ),
        ({"every": "month", "on": [], "at": "08:00"}, ("on",), "on: names no day"),
        ({"every": "week", "on": [], "at": "08:00"}, ("on",), "on: names no day"),
        (
            {"every": "week", "on": ["monday", "3"], "at": "8:00"},
            ("on",),
            'on: "3" is not a day of',
        ),
        ({"every": "week", "on": "first monday", "at": "8:00"}, ("on",), 'on: "first monday" is'),
        ({"every": "week", "on": "monday, friday", "at": "8:00"}, ("on",), 'on: "monday, friday"'),
        ({"every": "day", "on": ["monday"], "at": "8:00"}, ("on",), "on: a daily digest comes on"),
        ({"every": "day", "at": "8:00", "from": "2026-11-23"}, ("from",), "from: says in which of"),
        (
            {"every": "day", "at": "8:00", "except": ["2026"]},
            ("except", 0),
            'except: "2026" is not a',
        ),
        (
            {"every": "day", "at": "8:00", "except": ["12-25"]},
            ("except", 0),
            'except: "12-25" is not',
        ),
        (
            {"every": "day", "at": "8:00", "except": "bank.ics"},
            ("except",),
            'except: "bank.ics" is',
        ),
        (
            {"every": "day", "at": "8:00", "except": ["2026-12-24", "2026-02-30"]},
            ("except", 1),
            'except: "2026-02-30" is not a day',
        ),
        ({"every": "month", "on": "monday", "at": "08:00"}, ("on",), 'on: "monday" is not a day'),
        ({"every": "day", "on": "monday", "at": "08:00"}, ("on",), "on: a daily digest comes on"),
        ({"every": "immediate", "on": "1"}, ("on",), "on: an immediate digest has no day"),
        ({"every": "2 weeks", "at": "08:00"}, ("on",), "on: is missing"),
        ({"every": "2 weeks", "on": "1", "at": "08:00"}, ("on",), 'on: "1" is not a day of the'),
        ({"every": "2 weeks", "on": "monday"}, ("at",), "at: is missing"),
        ({**TUESDAYS, "from": "then"}, ("from",), 'from: "then" is not a day'),
        ({**TUESDAYS, "every": "week", "from": "2026-11-23"}, ("from",), "from: says in which of"),
        ({"every": "week", "on": "monday"}, ("at",), "at: is missing"),
        ({"every": "month", "on": "last"}, ("at",), "at: is missing"),
        ({"every": "day"}, ("at",), "at: is missing"),
        ({"every": "immediate", "at": "08:00"}, ("at",), "at: an immediate digest has no"),
    ],
)
def test_a_cadence_says_just_what_it_needs(
    written: dict[str, Plain], place: tuple[str, ...], message: str
) -> None:
    (fault,) = faults(digests={"digests": {"news": {**WEEKLY, "cadence": written}}})
    assert fault.path == ("digests", "news", "cadence", *place)
    assert fault.message.startswith(message)


@pytest.mark.parametrize(
    ("every", "on", "hint"),
    [
        ("month", "32", ON["month"]),
        ("month", "fifth monday", ON["month"]),
        ("month", ["1", "15"], ON["month"]),
        ("week", [], ON["week"]),
        ("2 weeks", ["monday", "3"], ON["2 weeks"]),
        ("week", "mondy", f'did you mean "monday"? There are {ON["week"]}'),
        ("week", "monday, friday", "write a list: [monday, friday]"),
    ],
)
def test_a_day_that_there_is_not_is_told_with_all_that_there_are(
    every: str, on: Plain, hint: str
) -> None:
    cadence: Plain = {"every": every, "on": on, "at": "08:00"}
    (fault,) = faults(digests={"digests": {"news": {**WEEKLY, "cadence": cadence}}})
    assert fault.hint == hint


def test_a_missed_edition_is_made_up_for_until_the_next_or_as_long_as_is_said() -> None:
    found = settings(digests={"digests": {"a": WEEKLY, "b": {**WEEKLY, "catch_up": "36h"}}})
    assert [each.catch_up for each in found.digests] == [None, timedelta(hours=36)]
    (fault,) = faults(digests={"digests": {"a": {**WEEKLY, "catch_up": "59m"}}})
    assert (fault.path, fault.hint) == (("digests", "a", "catch_up"), "1h or more")
    at_once: Plain = {**WEEKLY, "cadence": {"every": "immediate"}, "catch_up": "1h"}
    (fault,) = faults(digests={"digests": {"a": at_once}})
    assert (fault.path, fault.hint) == (("digests", "a", "catch_up"), "remove it")


def test_a_recipient_is_an_address_or_says_more() -> None:
    entries: Plain = [
        "ana@example.org",
        {"address": "luis@example.org", "name": "Luis", "topics": ["mexico"], "start": "2w"},
        {"address": "eva@example.org", "start": "everything", "language": "es"},
        {"address": "ned@example.org", "start": "now", "topics": "all"},
    ]
    found = settings(topics={"topics": {"mexico": TOPIC}}, recipients={"lists": {"staff": entries}})
    ana, luis, eva, ned = found.lists["staff"]
    assert (ana.address, ana.topics, ana.start) == ("ana@example.org", None, None)
    assert (luis.name, luis.topics, luis.start) == ("Luis", ("mexico",), timedelta(weeks=2))
    assert (eva.start, eva.language) == ("everything", "es")
    assert (ned.start, ned.topics) == (None, None)


def test_a_list_with_nobody_on_it_is_a_list() -> None:
    assert settings(recipients={"lists": {"staff": None}}).lists == {"staff": ()}


def test_all_faults_of_all_files_come_at_once() -> None:
    found = faults(
        tidings={"site": {**SITE, "time_zone": "America/Costarica"}, "feeds": {"limt": "5"}},
        topics={"topics": {"mexico": {"title": "Mexico", "any": ["="], "nonee": []}}},
        digests={"digests": {"weekly": {**WEEKLY, "lists": ["stuff"], "history": "post"}}},
        recipients={
            "lists": {"staff": ["nobody", {"address": "a@example.org", "topics": ["mexic"]}]}
        },
    )
    assert {(fault.file, fault.path, fault.hint, fault.at_key) for fault in found} == {
        ("tidings.yaml", ("site", "time_zone"), 'did you mean "America/Costa_Rica"?', False),
        ("tidings.yaml", ("feeds", "limt"), 'did you mean "limit"? There are limit, max', True),
        ("topics.yaml", ("topics", "mexico", "any", 0), "", False),
        (
            "topics.yaml",
            ("topics", "mexico", "nonee"),
            (
                'did you mean "none"? There are none, note, source, before, title, about, any, all,'
                " after, pin, ban, tests, was"
            ),
            True,
        ),
        ("digests.yaml", ("digests", "weekly", "lists", 0), 'did you mean "staff"?', False),
        ("digests.yaml", ("digests", "weekly", "history"), "expected one of: skip, mail", False),
        ("recipients.yaml", ("lists", "staff", 0, "address"), "write: name@example.org", False),
        ("recipients.yaml", ("lists", "staff", 1, "topics", 0), 'did you mean "mexico"?', False),
    }


def test_a_missing_setting_is_named_where_it_belongs() -> None:
    def missing(path: tuple[str, ...], message: str) -> tuple[Fault, ...]:
        kind = Help.SETTING_MISSING
        return (Fault("tidings.yaml", path, message, at_key=True, help=kind),)

    author: Plain = {"name": "Desk"}
    assert faults(tidings={}) == missing((), '"site" is missing')
    assert faults(tidings={"site": {**SITE, "author": author}}) == missing(
        ("site", "author"), '"email" is missing in author'
    )
    assert faults(tidings={"site": {**SITE, "title": None}}) == missing(
        ("site", "title"), "title: has no value"
    )


def test_an_unknown_setting_without_a_value_is_still_unknown() -> None:
    (fault,) = faults(tidings={"site": {**SITE, "titel": None}})
    assert fault.hint == (
        'did you mean "title"? There are title, time_zone, footer, id, about, url, language, '
        "author, links, remote_images, look"
    )


@pytest.mark.parametrize("every", ["fortnight", "weekly", "quarter"])
def test_a_rhythm_that_there_is_not_is_told_with_all_that_there_are(every: str) -> None:
    cadence = {**WEEKLY["cadence"], "every": every}  # type: ignore[dict-item]
    (fault,) = faults(digests={"digests": {"weekly": {**WEEKLY, "cadence": cadence}}})
    for choice in ("immediate", "day", "week", "2 weeks", "month"):
        assert choice in fault.hint


def test_an_empty_main_file_is_one_mistake() -> None:
    _, (fault,) = read({**files(), "tidings.yaml": None})
    assert (fault.file, fault.message) == ("tidings.yaml", "is empty")


def test_a_topic_or_digest_without_a_value_is_not_overlooked() -> None:
    found = faults(topics={"topics": {"mexico": None}}, digests={"digests": {"weekly": None}})
    assert [fault.message for fault in found if fault.file == "topics.yaml"] == [
        '"title" is missing in mexico',
        "mexico: needs at least one term in any or all, or a source, or pins",
    ]
    assert [fault.message for fault in found if fault.file == "digests.yaml"] == [
        '"title" is missing in weekly',
        '"topics" is missing in weekly',
        '"cadence" is missing in weekly',
    ]


def test_a_topic_needs_a_term_even_when_other_things_are_wrong_too() -> None:
    found = faults(topics={"topics": {"mexico": {"title": "", "none": ["peru"]}}})
    assert [fault.message for fault in found] == [
        "title: is empty",
        "mexico: needs at least one term in any or all, or a source, or pins",
    ]


def test_a_mapping_where_a_term_is_meant_is_explained() -> None:
    found = faults(
        topics={
            "topics": {
                "mexico": {
                    "title": "Mexico",
                    "any": [{"title": "hub"}, {"fair": "recruitment"}, None, ["a"]],
                    "tests": {"match": [{"Course": "how to"}]},
                }
            }
        }
    )
    assert [fault.path[3:] for fault in found] == [(0,), (1,), (2,), (3,), ("match", 0)]
    assert found[0].hint == (
        "write title:hub without the space to look in the title only, or 'title: hub'"
    )
    assert found[1].hint == 'quote it: "fair: recruitment"'
    assert found[4].hint == 'quote it: "Course: how to"'


def test_a_single_name_where_a_list_is_meant_is_shown_as_a_list() -> None:
    found = faults(
        topics={"topics": {"mexico": {"title": "Mexico", "any": "mexico"}}},
        digests={"digests": {"weekly": {**WEEKLY, "topics": "mexico", "lists": "staff"}}},
    )
    assert [fault.hint for fault in found] == [
        "write: [mexico]",
        "write: [mexico]",
        "write: [staff]",
    ]


def test_aliases_are_groups_of_plain_words() -> None:
    assert settings(topics={"aliases": [["labour", "labor"]]}).aliases == (("labour", "labor"),)
    found = faults(topics={"aliases": [["labour"], ["fair", "=FAIR"]]})
    assert [fault.path for fault in found] == [("aliases", 0), ("aliases", 1, 1)]


def test_a_term_that_the_aliases_multiply_without_end_is_named() -> None:
    words = " ".join(f"word{index}" for index in range(12))
    aliases: Plain = [[f"word{index}", f"other{index}"] for index in range(12)]
    topic: Plain = {"title": "T", "all": ["fine", words]}
    (fault,) = faults(topics={"aliases": aliases, "topics": {"t": topic}})
    assert fault.path == ("topics", "t", "all", 1)


def test_an_old_slug_of_a_topic_leads_to_one_topic_only() -> None:
    topics: dict[str, Plain] = {
        "mexico": {**TOPIC, "was": ["mx", "peru"]},
        "peru": {**TOPIC, "was": ["mx"]},
    }
    found = faults(topics={"topics": topics})
    assert [(each.path, each.message) for each in found] == [
        (("topics", "mexico", "was", 1), '"peru" is the slug of a topic that there is'),
        (("topics", "peru", "was", 0), '"mx" is an old slug of mexico already'),
    ]
    assert all(each.hint for each in found)
    assert settings(topics={"topics": {"mexico": topics["mexico"]}}).topics[0].was == ("mx", "peru")


def test_one_address_twice_on_a_list_is_a_fault_whatever_its_case() -> None:
    lists: Plain = {
        "staff": ["ana@example.org", "bad", {"address": "Ana@Example.org"}],
        "board": ["ana@example.org"],
    }
    found = faults(recipients={"lists": lists})
    assert [fault.path for fault in found] == [
        ("lists", "staff", 1, "address"),
        ("lists", "staff", 2, "address"),
    ]


def test_references_are_not_judged_by_a_file_that_could_not_be_read() -> None:
    given = files(
        digests={"digests": {"weekly": {**WEEKLY, "topics": ["mexico"], "lists": ["staff"]}}}
    )
    del given["topics.yaml"], given["recipients.yaml"]
    assert read(given) == (None, ())
    given["topics.yaml"] = {"topics": "oops"}
    assert [fault.file for fault in read(given)[1]] == ["topics.yaml"]


def test_a_topic_that_is_wrong_is_still_there_to_be_named() -> None:
    found = faults(
        topics={"topics": {"mexico": {"title": "Mexico", "any": ["="]}}},
        digests={"digests": {"weekly": {**WEEKLY, "topics": ["mexico"]}}},
    )
    assert [fault.file for fault in found] == ["topics.yaml"]


def test_names_must_be_fit_for_addresses() -> None:
    found = faults(topics={"topics": {"Fair Work": TOPIC, "fair-work": TOPIC}})
    assert [(fault.path, fault.at_key) for fault in found] == [(("topics", "Fair Work"), True)]
    assert check_slug("a" * 63) == "a" * 63
    for bad in ("", "-a", "a" * 64, "ä", "a_b", "a\n", "a/b"):
        with pytest.raises(ValueError, match="cannot be a name"):
            check_slug(bad)


def test_a_feed_cannot_be_limited_beyond_its_maximum() -> None:
    (fault,) = faults(tidings={"site": SITE, "feeds": {"limit": "9", "max": "8"}})
    assert fault.path == ("feeds", "max")
    assert fault.message == "max: 8 is below limit, which is 9"
    (fault,) = faults(tidings={"site": SITE, "feeds": {"limit": "0"}})
    assert fault.message == "limit: must be at least 1"


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("UTC-6", "Etc/GMT+6 is UTC-6 all year"),
        ("gmt+2", "Etc/GMT-2 is gmt+2 all year"),
        ("-03:00", "Etc/GMT+3 is -03:00 all year"),
        ("UTC+5:30", "name a place of the zone, as in America/Costa_Rica or Europe/Berlin"),
        ("UTC-13", "name a place of the zone, as in America/Costa_Rica or Europe/Berlin"),
        ("PST", "name a place of the zone, as in America/Costa_Rica or Europe/Berlin"),
        ("UTC+0", "write UTC"),
        ("utc", 'did you mean "UTC"?'),
        ("Madrid", 'did you mean "Europe/Madrid"?'),
        ("costa rica", 'did you mean "America/Costa_Rica"?'),
    ],
)
def test_a_zone_that_is_an_offset_is_no_misspelt_place(zone: str, hint: str) -> None:
    (fault,) = faults(tidings={"site": {**SITE, "time_zone": zone}})
    assert fault.message == f'time_zone: there is no time zone "{zone}"'
    assert fault.hint.endswith(hint)


def test_an_empty_list_of_sources_is_a_fault_and_a_bad_source_is_one_fault_only() -> None:
    (fault,) = faults(tidings={"site": SITE, "sources": []})
    assert fault.message == "sources: needs at least one source"
    (fault,) = faults(tidings={"site": SITE, "sources": [{"path": "/etc/*"}]})
    assert fault.path == ("sources", 0, "path")


def test_a_worker_that_never_rests_is_refused() -> None:
    (fault,) = faults(tidings={"site": SITE, "worker": {"every": "0s"}})
    assert fault.path == ("worker", "every")


def test_what_is_not_a_mapping_at_all_is_said_so() -> None:
    assert [fault.message for fault in faults(topics="oops")] == ["expected a mapping (key: value)"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("10m", 600),
        ("8h", 28800),
        ("2 d", 172800),
        ("2w", 1209600),
        ("13mo", 33696000),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "s", "1.5h", "-1s", "1y", "1h30m", "99999w", "1٣s"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|century"):
        parse_duration(text)


def test_a_size_is_a_number_of_bytes_or_of_their_powers() -> None:
    assert [parse_size(text) for text in ("10", "1B", "64KiB", "8MiB", "1 gib")] == [
        10,
        1,
        65536,
        8388608,
        1073741824,
    ]
    for bad in ("0", "8MB", "1.5MiB", "-1", "", "MiB"):
        with pytest.raises(ValueError, match="is not a size"):
            parse_size(bad)


def test_a_time_of_day_is_on_the_clock() -> None:
    assert [parse_clock(text) for text in ("08:00", "8:30", "23:59")] == [(8, 0), (8, 30), (23, 59)]
    for bad in ("24:00", "8", "08:60", "510", "8am"):
        with pytest.raises(ValueError, match="time of day"):
            parse_clock(bad)


@pytest.mark.parametrize(
    "zone", ["America", "", "../etc/passwd", "/etc/localtime", "a\0b", "Costa Rica", "é"]
)
def test_a_time_zone_is_one_of_the_database(zone: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        check_time_zone(zone)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Regional news desk <news@example.org>", "Regional news desk", "news@example.org"),
        ("news@example.org", "", "news@example.org"),
        ("<news@example.org>", "", "news@example.org"),
        ('"News, desk" <a@b.org>', "News, desk", "a@b.org"),
        (r'"The \"desk\"" <a@b.org>', 'The "desk"', "a@b.org"),
        ("Mesa – región Á. <a@b.org>", "Mesa – región Á.", "a@b.org"),
    ],
)
def test_a_mailbox_has_a_name_and_an_address(text: str, name: str, address: str) -> None:
    assert parse_mailbox(text) == (name, address)
    assert parse_mailbox(mailbox(name, address)) == (name, address)


@pytest.mark.parametrize(
    "text",
    ["", "News", "News <a@b", "News, desk <a@b>", "a@b, c@d", "N <a@b> x", "N <a@@b>", "N a@b"],
)
def test_what_is_not_one_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"sender|special|address"):
        parse_mailbox(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b", "a@", "a b@c", "a@b c", "a@b@c", "a@b\nBcc: x@y", "a@b\0", "a,b@c", "á@b.org"],
)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mail"):
        check_address(text)


def test_an_address_with_bad_dots_brackets_or_length_is_refused() -> None:
    for long in ("a@" + "b" * 260, "a" * 65 + "@b", ".a@b", "a@b..c", "<a@b>"):
        with pytest.raises(ValueError, match="mail"):
            check_address(long)


def test_an_address_may_have_any_shape_that_mail_allows() -> None:
    for good in ("a@b", "ana.maria+x@sub.example.org", "o'brien@example.org", "a_b-c@x-y.org"):
        assert check_address(f" {good} ") == good


def test_a_mailto_address_names_one_address() -> None:
    assert check_mailto("mailto:a@b.org?subject=leave") == "mailto:a@b.org?subject=leave"
    for bad in ("a@b.org", "mailto:", "mailto:a@b.org?subject=a b", "https://b.org"):
        with pytest.raises(ValueError, match="mail"):
            check_mailto(bad)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example.org",
        "ftp://a/",
        "javascript:alert(1)",
        "http://",
        "http://a b/",
        'http://a/"',
        "http://a/?q",
        "http://a/#x",
        "http://u:p@a/",
        "http://a:99999/",
        "http://[a/",
    ],
)
def test_a_site_lives_at_a_plain_web_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"web address|must hold no"):
        check_site_url(url)


def test_a_site_id_is_a_domain_and_a_date() -> None:
    for good in ("example.org,2026", "ana@example.org,2026-01", "a,2026-01-31"):
        assert check_site_id(good) == good
    for bad in ("example.org", "example.org,26", ",2026", "exa mple.org,2026", "a:b,2026"):
        with pytest.raises(ValueError, match="site id"):
            check_site_id(bad)


def test_the_state_is_a_file_or_a_database_whose_password_stands_elsewhere() -> None:
    for good in ("sqlite:///state/tidings.db", "sqlite:////var/lib/t.db", "sqlite:///t"):
        assert check_state(good) == good
    for bad in ("state.db", "sqlite:///", "sqlite://", "sqlite:///:memory:", "sqlite:///a?b=c"):
        with pytest.raises(ValueError, match="state file"):
            check_state(bad)
    for bad in ("mysql://h/d", "sqlite:///a/", "sqlite:////"):
        with pytest.raises(ValueError, match="state file"):
            check_state(bad)
    for good in (
        "postgresql://h/d",
        "postgresql://u@[::1]:5433/d?sslmode=require",
        "postgresql:///d",
    ):
        assert check_state(good) == good
    for bad in ("postgresql://h", "postgresql://h/", "postgresql://h/d/e", "postgresql://h:x/d"):
        with pytest.raises(ValueError, match="address of a database"):
            check_state(bad)
    with pytest.raises(ValueError, match="password does not belong here"):
        check_state("postgresql://u:secret@h/d")


def test_control_characters_never_pass() -> None:
    (fault,) = faults(tidings={"site": {**SITE, "title": "a\x07b"}})
    assert fault.message == "title: holds a control character"


def test_whitespace_in_titles_is_collapsed_and_kept_by_line_in_a_postal_address() -> None:
    found = settings(
        tidings={"site": {**SITE, "title": " a\n b "}, "mail": {"postal_address": "a  b\n\nc\n"}}
    )
    assert (found.site.title, found.mail.postal_address) == ("a b", "a b\nc")


def test_every_setting_of_tidings_yaml_has_a_path() -> None:
    paths = variables()
    assert ("site", "author", "email") in paths
    assert ("sources", 0, "path") in paths
    assert ("mail", "from") in paths
    assert ("worker", "every") in paths
    assert len(paths) == len(set(paths))
    assert not any(path[-1] == "author" for path in paths)


@pytest.mark.parametrize("shape", [TidingsFile, TopicsFile, DigestsFile, RecipientsFile])
def test_every_file_has_a_json_schema(shape: type[BaseModel]) -> None:
    assert json.loads(json.dumps(shape.model_json_schema()))["type"] == "object"


def test_settings_cannot_be_changed() -> None:
    found = settings(recipients={"lists": {"staff": ["a@example.org"]}})
    with pytest.raises(ValueError, match="frozen"):
        found.state = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.lists["x"] = ()  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        found.mail.transport = "x"  # type: ignore[misc]
    assert isinstance(found.mail, Mail)


# --- What rules ask for besides words ------------------------------------------------------------


def limits(**given: Plain) -> Rule:
    topic: Plain = {"title": "Mexico", "any": ["mexico"], **given}
    return settings(topics={"topics": {"mexico": topic}}).topics[0].rule


def limit_faults(**given: Plain) -> list[tuple[tuple[str | int, ...], str]]:
    topic: Plain = {"title": "Mexico", "any": ["mexico"], **given}
    return [(each.path, each.message) for each in faults(topics={"topics": {"mexico": topic}})]


def test_a_rule_may_ask_for_sources_dates_and_items() -> None:
    rule = limits(
        source=["seeds/mx/*.txt", "seeds/all.txt"],
        after="2026-03-02",
        before="2027",
        pin=["00000000000000aa"],
        ban=["hub-opens-0b1c2d3e", "../items/other-hub-0b1c2d3f.html"],
    )
    assert rule.sources == ("seeds/mx/*.txt", "seeds/all.txt")
    assert (rule.after, rule.before) == (date(2026, 3, 2), date(2027, 1, 1))
    assert rule.pin == ("00000000000000aa",)
    assert rule.ban == ("hub-opens-0b1c2d3e", "other-hub-0b1c2d3f")


def test_one_source_or_item_needs_no_list() -> None:
    rule = limits(source="seeds/*.txt", pin="00000000000000aa", ban="hub-0b1c2d3e")
    assert (rule.sources, rule.pin, rule.ban) == (
        ("seeds/*.txt",),
        ("00000000000000aa",),
        ("hub-0b1c2d3e",),
    )


@pytest.mark.parametrize("alone", [{"source": "seeds/*"}, {"pin": "00000000000000aa"}])
def test_a_source_or_a_pin_is_a_rule_without_terms(alone: Plain) -> None:
    assert isinstance(alone, dict)
    limits(any=None, **alone)


@pytest.mark.parametrize("alone", [{"after": "2026"}, {"ban": "00000000000000aa"}, {"none": ["x"]}])
def test_what_only_keeps_items_out_is_no_rule(alone: Plain) -> None:
    assert isinstance(alone, dict)
    ((_, message),) = limit_faults(any=None, **alone)
    assert message == "mexico: needs at least one term in any or all, or a source, or pins"


def test_a_note_is_for_administrators_and_may_have_lines() -> None:
    topic: Plain = {"title": "Mexico", "any": ["mexico"], "note": "Ask  Ana.\n\nNot the state.\n"}
    found = settings(topics={"topics": {"mexico": topic}}).topics[0]
    assert found.note == "Ask Ana.\nNot the state."


@pytest.mark.parametrize(
    ("given", "step", "message"),
    [
        ({"after": "yesterday"}, "after", 'after: "yesterday" is not a day'),
        ({"before": "2026-02-30"}, "before", 'before: "2026-02-30" is not a day'),
        ({"after": "03/02/2026"}, "after", 'after: "03/02/2026" is not a day'),
        ({"source": "/etc/*"}, "source", 'source: "/etc/*" must lie inside the instance'),
        ({"pin": ["mexico"]}, "pin", 'pin: "mexico" is not an item'),
        ({"ban": "Hub opens"}, "ban", 'ban: "Hub opens" is not an item'),
    ],
)
def test_a_line_that_names_no_day_file_or_item_is_refused(
    given: dict[str, Plain], step: str, message: str
) -> None:
    ((path, said),) = limit_faults(**given)
    assert path[:3] == ("topics", "mexico", step)
    assert said == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"after": "2026-03", "before": "2026-03-01"}, "no day is after 2026-03-01 and before"),
        ({"pin": "0123456789abcdef", "ban": "0123456789abcdef"}, "is pinned and banned"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(
    given: dict[str, Plain], message: str
) -> None:
    ((path, said),) = limit_faults(**given)
    assert path == ("topics", "mexico", next(reversed(given)))
    assert message in said


# --- What the reader of listings and the translations know ---------------------------------------


def test_a_source_may_name_every_layout_and_no_other() -> None:
    assert get_args(Layout) == LAYOUTS


def test_a_source_that_names_no_threshold_has_that_of_the_reader() -> None:
    assert Source.model_fields["threshold"].default == THRESHOLD


KNOWN = ("en", "es", "fr")


def languages(site: Plain = "en", digest: Plain = "es", person: Plain = "fr") -> dict[str, Plain]:
    return {
        "tidings.yaml": {"site": {"language": site}},
        "digests.yaml": {"digests": {"weekly": {"language": digest}, "daily": {}}},
        "recipients.yaml": {"lists": {"staff": ["ana@example.org", {"language": person}]}},
    }


def test_languages_with_words_and_their_regions_are_no_fault() -> None:
    assert list(unknown_languages(languages("en-US", "es-CR", "FR"), KNOWN)) == []


def test_each_language_without_words_is_named_in_its_place_with_the_remedy() -> None:
    faults = list(unknown_languages(languages("enn", "sp", "de"), KNOWN))
    assert [(fault.file, fault.path) for fault in faults] == [
        ("tidings.yaml", ("site", "language")),
        ("digests.yaml", ("digests", "weekly", "language")),
        ("recipients.yaml", ("lists", "staff", 1, "language")),
    ]
    assert 'did you mean "en"?' in faults[0].hint
    assert "templates/locale/de.po" in faults[2].hint


@pytest.mark.parametrize("plain", [None, "x", ["x"], {"site": None}, {"lists": {"a": None}}])
def test_what_is_no_mapping_is_left_to_others(plain: Plain) -> None:
    names = ("tidings.yaml", "digests.yaml", "recipients.yaml")
    assert list(unknown_languages(dict.fromkeys(names, plain), KNOWN)) == []


def test_a_queue_of_jobs_wants_a_state_on_a_server() -> None:
    (fault,) = faults(tidings={"site": SITE, "queue": "procrastinate"})
    assert fault.path == ("queue",)
    assert "is kept by the server that keeps the state" in fault.message
    assert fault.hint is not None
    assert "tidings state move" in fault.hint
    server = {"state": "postgresql://tidings@db.example.org/tidings"}
    assert settings(tidings={"site": SITE, **server, "queue": "procrastinate"}).queue != "none"
