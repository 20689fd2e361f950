"""What an instance says in its templates by the names of before still works."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.unit.adapters.test_templates import override, site, templates
from tests.unit.core.digest_samples import BOATS, SENDER, delivery, item, mail, parts
from tests.unit.core.digest_samples import placed as in_topic
from tidings.adapters.templates.environment import RENAMED
from tidings.core.mail.digest import prepare
from tidings.model import Retraction

PAGES = dict(site())
EDITION = PAGES["site/edition.html.j2"]
DIGEST = next(page for name, page in site() if name == "site/digest.html.j2")
OLD_TEMPLATES = sorted(name for name in RENAMED if name.endswith(".j2"))
CONTEXTS: Mapping[str, Mapping[str, object]] = {
    "site/edition.html.j2": {"page": EDITION},
    "item/retracted.txt.j2": {"sources": ["seeds/a.txt"]},
}


@pytest.mark.parametrize("old", OLD_TEMPLATES)
def test_an_override_by_an_old_name_takes_the_place_of_the_file(old: str, tmp_path: Path) -> None:
    made = templates(override(tmp_path, old, "Ours."))
    assert made.check() == ()
    assert made.render(RENAMED[old], CONTEXTS[RENAMED[old]]) == "Ours."
    assert made.render(old, CONTEXTS[RENAMED[old]]) == "Ours."
    assert made.has(old)


@pytest.mark.parametrize("old", OLD_TEMPLATES)
@pytest.mark.parametrize("by", ["old", "new"])
def test_an_override_may_extend_what_it_replaces_by_either_name(
    by: str, old: str, tmp_path: Path
) -> None:
    new = RENAMED[old]
    text = f'{{% extends "default:{old if by == "old" else new}" %}}'
    made = templates(override(tmp_path, old, text))
    assert made.check() == ()
    assert made.render(new, CONTEXTS[new]) == templates().render(new, CONTEXTS[new])


def test_a_file_by_the_new_name_wins_over_one_by_the_old(tmp_path: Path) -> None:
    override(tmp_path, "site/issue.html.j2", "Old.")
    made = templates(override(tmp_path, "site/edition.html.j2", "New."))
    assert made.render("site/edition.html.j2", {"page": EDITION}) == "New."


def test_an_override_by_an_old_name_that_takes_itself_in_is_named(tmp_path: Path) -> None:
    text = '{% extends "site/issue.html.j2" %}'
    (problem,) = templates(override(tmp_path, "site/issue.html.j2", text)).check()
    assert (problem.path, problem.message) == (
        "templates/site/issue.html.j2",
        "the template takes itself in",
    )


def test_an_override_by_an_old_name_runs_in_the_sandbox(tmp_path: Path) -> None:
    made = templates(override(tmp_path, "site/issue.html.j2", "{{ page.__class__.__mro__ }}"))
    with pytest.raises(Exception, match="unsafe"):
        made.render("site/edition.html.j2", {"page": EDITION})


def test_the_icon_is_published_under_both_names_whichever_is_overridden(tmp_path: Path) -> None:
    packaged = templates().assets()
    assert packaged["tide.svg"] == packaged["chart.svg"]
    for number, name in enumerate(("tide.svg", "chart.svg")):
        own = templates(override(tmp_path / str(number), f"assets/{name}", "<svg/>")).assets()
        assert (own["tide.svg"], own["chart.svg"]) == (b"<svg/>", b"<svg/>")


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        ("site/index.html.j2", "page.tide.total", "page.chart.total"),
        ("site/index.html.j2", "page.topics[0].tide.total", "page.topics[0].chart.total"),
        ("site/index.html.j2", "page.tide.slots", "page.chart.width"),
        ("site/topic.html.j2", "page.tide.total", "page.chart.total"),
        ("site/year.html.j2", "page.tide", "page.chart"),
        ("site/digest.html.j2", "page.issues[0].number", "page.editions[0].number"),
        ("site/edition.html.j2", "page.shelves[0].title", "page.sections[0].title"),
    ],
)
def test_what_pages_know_has_its_old_name_too(
    name: str, before: str, now: str, tmp_path: Path
) -> None:
    text = f"{{{{ {before} }}}}|{{{{ {now} }}}}"
    shown = DIGEST if name == "site/digest.html.j2" else PAGES[name]
    old, new = templates(override(tmp_path, name, text)).render(name, {"page": shown}).split("|")
    assert old == new
    assert old


def test_what_mails_know_has_its_old_name_too(tmp_path: Path) -> None:
    text = (
        "{{ slots.address }} {{ fields.address }} {{ slots.name }} "
        "{% for one in mail.corrected %}{{ one.withdrawn }} {{ one.retraction }}{% endfor %}"
    )
    gone = Retraction("Never sailed.", datetime(2021, 12, 9, 18, tzinfo=UTC))
    news = replace(item("lost", date(2021, 5, 25)), retraction=gone)
    said = mail(in_topic(news, BOATS, had=news.text))
    made = templates(override(tmp_path, "digest/body.txt.j2", text))
    told = parts(prepare(said, SENDER, made.render).for_recipient(delivery("a@example.org", "Ana")))
    assert told[0].split() == [
        *("a@example.org", "a@example.org", "Ana", "Never", "sailed.", "Never", "sailed."),
    ]


def _renamed() -> list[tuple[str, str]]:
    content = (files("tidings") / "locale" / "renamed.po").read_bytes()
    return [(str(each.id), str(each.string)) for each in read_po(BytesIO(content)) if each.id]


def test_words_of_before_are_known_by_what_is_said_now() -> None:
    pot = (files("tidings") / "locale" / "tidings.pot").read_bytes()
    said = {each.id for each in read_po(BytesIO(pot))}
    for before, now in _renamed():
        assert now in said, now
        assert before not in said, before
        assert set(re.findall(r"%\(\w+\)s", before)) == set(re.findall(r"%\(\w+\)s", now)), before


def test_a_catalogue_of_the_instance_may_have_the_words_of_before(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    word = 'msgid "Further on"\nmsgstr "Im Folgenden"\n'
    folder = override(tmp_path, "locale/de.po", f"{head}\n{word}")
    override(tmp_path, "site/moved.html.j2", '{{ _("In this issue") }}')
    page = PAGES["site/moved.html.j2"]
    assert templates(folder).render("site/moved.html.j2", {"page": page}, "de") == "Im Folgenden"
    own = f'{head}\n{word}\nmsgid "In this issue"\nmsgstr "In dieser Ausgabe"\n'
    override(tmp_path, "locale/de.po", own)
    told = templates(folder).render("site/moved.html.j2", {"page": page}, "de")
    assert told == "In dieser Ausgabe"
