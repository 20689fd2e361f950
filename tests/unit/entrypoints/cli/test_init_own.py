"""`init` without `--sample`: a site of one's own, from options, from answers, or from neither."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.docs.pages import ROOT
from tests.e2e.conftest import call
from tests.terminal import on_a_terminal
from tidings.adapters.config import load
from tidings.adapters.config.yaml import compose
from tidings.core.settings import FILES, InvalidValue, read
from tidings.core.settings.lint import failing_tests, lint
from tidings.core.settings.start import Start, written

OPTIONS = [
    *("--title", "City library"),
    *("--url", "https://library.example-city.es/"),
    *("--language", "es"),
    *("--time-zone", "Europe/Madrid"),
    *("--from", "City library <news@example-city.es>"),
    *("--topic", "Clubes de lectura"),
    *("--topic", "Talleres"),
]
SAMPLE = {name: (ROOT / "config" / name).read_text("utf-8") for name in FILES}


def warned(folder: Path) -> set[tuple[str, str]]:
    found = json.loads(call(folder, "check", "--json").stdout)["problems"]
    lines = {
        each["path"]: (folder / each["path"]).read_text("utf-8").splitlines() for each in found
    }
    return {
        (each["severity"], lines[each["path"]][each["line"] - 1].split(":")[0].strip())
        for each in found
    }


def test_without_terminal_and_options_placeholders_work_and_check_names_each(
    tmp_path: Path,
) -> None:
    news = tmp_path / "news"
    assert call(Path(), "init", str(news)).returncode == 0
    for verb in (["check"], ["test"], ["run"]):
        done = call(news, *verb)
        assert done.returncode == 0, done.stdout + done.stderr
    assert list((news / "seeds").iterdir()) == []
    assert not (news / "feeds" / "items").exists()
    assert warned(news) == {
        ("warning", each)
        for each in ("title", "url", "time_zone", "email", "from", "first-topic", "staff")
    }


def test_options_are_written_and_nothing_is_left_to_fill_in_but_people(tmp_path: Path) -> None:
    news = tmp_path / "news"
    assert call(Path(), "init", str(news), *OPTIONS).returncode == 0
    found = load(news, {})
    assert found.site.id.startswith("library.example-city.es,20")
    assert found.site.title == "City library"
    assert found.site.url == "https://library.example-city.es/"
    assert (found.site.language, found.site.time_zone) == ("es", "Europe/Madrid")
    assert (found.site.author.email, found.mail.name) == ("news@example-city.es", "City library")
    assert [topic.slug for topic in found.topics] == ["clubes-de-lectura", "talleres"]
    assert found.lists == {"staff": ()}
    assert warned(news) == {("warning", "staff")}


def test_what_is_written_shows_every_setting_of_the_sample(tmp_path: Path) -> None:
    news = tmp_path / "news"
    call(Path(), "init", str(news), *OPTIONS)
    for name in ("tidings.yaml", "digests.yaml"):
        own = (news / "config" / name).read_text("utf-8")
        settings = [line.split(":")[0].strip("# ") for line in SAMPLE[name].splitlines()]
        missing = [each for each in settings if each not in own]
        assert missing == []
    assert "migration" not in "".join(
        (news / "config" / name).read_text("utf-8") for name in FILES if name != "topics.yaml"
    )


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--url", "ftp://news.example.org", "write: https://"),
        ("--url", "http://user@example.org/", "must hold no user"),
        ("--time-zone", "Europe/Madird", "Europe/Madrid"),
        ("--language", "Spanish", "a code such as en"),
        ("--language", "de", "en, es, fr"),
        ("--from", "the desk", "write: the desk <name@example.org>"),
        ("--title", " ", "is empty"),
        ("--topic", "!?", "no word"),
        ("--sample", None, "leave out the other options"),
    ],
)
def test_a_bad_value_is_refused_with_its_remedy_before_anything_is_written(
    tmp_path: Path, option: str, value: str | None, told: str
) -> None:
    others = ["--title", "News"] if option != "--title" else []
    words = [option] if value is None else [option, value]
    done = call(Path(), "init", str(tmp_path / "news"), *others, *words)
    assert done.returncode == 2
    assert option in done.stderr
    assert told in done.stderr
    assert not (tmp_path / "news").exists()


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40), st.lists(st.text(max_size=30), max_size=4))
@example("yes", ["NULL", "2026", "'90s", "title:course", "- a", "new* OR =IRIS", "C++ & C#"])
@example('"a" # <b>', ["日本", "日本!", "Ünïcode", "ﬀ", "x_y", "a~8 b", "it's", "²", "İ", "OR"])
def test_any_title_and_topic_that_is_taken_gives_a_site_without_problems(
    title: str, topics: list[str]
) -> None:
    try:
        start = Start(title=title, topics=topics, url="https://news.city.es/")
    except InvalidValue:
        return
    files = written(start, 2026, SAMPLE)
    documents = {name: compose(text, name) for name, text in files.items()}
    assert [each for document in documents.values() for each in document.problems] == []
    found, faults = read({name: document.plain for name, document in documents.items()})
    assert found is not None, faults
    assert found.site.title == start.title
    assert [topic.title for topic in found.topics] == list(start.topics)
    assert list(failing_tests(found.topics, found.aliases)) == []
    assert [fault for fault in lint(found) if fault.severity == "problem"] == []


def test_a_terminal_is_asked_for_what_no_option_says_and_asked_again_after_a_bad_answer(
    tmp_path: Path,
) -> None:
    answers = ["Town news", "town.es", "en", "Madrid", "Europe/Madrid", "", "Roads, Schools"]
    told = on_a_terminal(tmp_path, answers, "init", "news")
    assert "What is the site called? [Title of the site]" in told
    assert 'there is no time zone "Madrid"' in told
    assert "[Town news <news@town.es>]" in told
    found = load(tmp_path / "news", {})
    assert found.site.url == "https://town.es/"
    assert found.mail.sender == "Town news <news@town.es>"
    assert [topic.slug for topic in found.topics] == ["roads", "schools"]


def test_nothing_is_asked_and_nothing_written_where_the_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "mine.txt").touch()
    assert "name a new one" in on_a_terminal(tmp_path, [], "init", "news")


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_a_repository_that_was_just_begun_takes_a_site(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert call(Path(), "init", str(tmp_path)).returncode == 0
    assert (tmp_path / "config" / "tidings.yaml").is_file()
