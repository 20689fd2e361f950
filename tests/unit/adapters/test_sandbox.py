"""What templates were compiled to, and what macros said, is kept as long as it is true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest

from tidings.adapters.templates import Templates
from tidings.adapters.templates.sandbox import compiled

ZONE = ZoneInfo("America/Costa_Rica")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the templates that are compiled from now on; nothing is known from before."""
    names: list[str] = []
    real = jinja2.Environment.compile

    def compile_(self: object, source: str, name: str, filename: str) -> object:
        names.append(name)
        return real(self, source, name, filename)  # type: ignore[call-overload]

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    compiled.cache_clear()
    yield names
    compiled.cache_clear()


def shout(folder: Path, language: str = "en", zone: ZoneInfo = ZONE) -> str:
    return Templates(folder, language, zone).render("word.j2", {})


def test_a_template_that_is_read_again_is_not_compiled_again(
    tmp_path: Path, made: list[str]
) -> None:
    (tmp_path / "word.j2").write_text("{{ 'one' | upper_first }}")
    assert [shout(tmp_path), shout(tmp_path)] == ["One", "One"]
    assert made == ["word.j2"]


def test_an_edited_template_is_compiled_again(tmp_path: Path, made: list[str]) -> None:
    (tmp_path / "word.j2").write_text("{{ 'one' | upper_first }}")
    first = shout(tmp_path)
    (tmp_path / "word.j2").write_text("{{ 'two' | upper_first }}")
    assert [first, shout(tmp_path)] == ["One", "Two"]
    assert made == ["word.j2", "word.j2"]


def test_another_language_is_another_template(tmp_path: Path, made: list[str]) -> None:
    (tmp_path / "word.j2").write_text("{{ _('Topics') }} {{ 1234.5 | number }}")
    assert [shout(tmp_path), shout(tmp_path, "es")] == ["Topics 1,234.5", "Temas 1.234,5"]
    assert made == ["word.j2", "word.j2"]


def test_an_edited_catalogue_makes_other_templates(tmp_path: Path, made: list[str]) -> None:
    (tmp_path / "word.j2").write_text("{{ _('Topics') }}")
    first = shout(tmp_path)
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "en.po").write_text('msgid "Topics"\nmsgstr "Themes"\n')
    assert [first, shout(tmp_path)] == ["Topics", "Themes"]
    assert made == ["word.j2", "word.j2"]


def test_two_instances_do_not_get_each_other_s_templates(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "word.j2").write_text(f"{{{{ '{name}' | upper_first }}}}")
    found = [shout(tmp_path / name) for name in ("here", "there", "here")]
    assert found == ["Here", "There", "Here"]


# --- Macros --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    text: object


def said(folder: Path, macros: str, *page: str, **context: object) -> list[str]:
    """What pages say that take the macros in."""
    (folder / "macros.html.j2").write_text(macros)
    for number, text in enumerate(page):
        (folder / f"{number}.html.j2").write_text("{% import 'macros.html.j2' as m %}" + text)
    templates = Templates(folder, "en", ZONE)
    return [templates.render(f"{number}.html.j2", context) for number in range(len(page))]


def test_a_macro_is_not_asked_twice_for_the_same(tmp_path: Path) -> None:
    loud = "{% macro say(word) %}{{ loudly(word) }}{% endmacro %}"
    calls: list[str] = []

    def loudly(word: str) -> str:
        calls.append(word)
        return word.upper()

    (tmp_path / "macros.html.j2").write_text(loud)
    (tmp_path / "page.html.j2").write_text(
        "{% import 'macros.html.j2' as m %}{{ m.say('a') }}{{ m.say('a') }}{{ m.say('b') }}"
    )
    templates = Templates(tmp_path, "en", ZONE)
    templates._speaking("en").globals["loudly"] = loudly
    assert [templates.render("page.html.j2", {}) for _ in range(2)] == ["AAB", "AAB"]
    assert calls == ["a", "b"]


def test_what_is_markup_and_what_is_text_stay_apart(tmp_path: Path) -> None:
    macros = "{% macro say(word) %}{{ word }}{% endmacro %}"
    calls = "{{ m.say('<b>') }} {{ m.say('<b>'|safe) }} {{ m.say('<b>') }}"
    assert said(tmp_path, macros, calls) == ["&lt;b&gt; <b> &lt;b&gt;"]


def test_one_and_true_stay_apart(tmp_path: Path) -> None:
    macros = "{% macro say(word, more='') %}{{ word }}{{ more }}{% endmacro %}"
    calls = (
        "{{ m.say(1) }} {{ m.say(true) }} {{ m.say(1.0) }} {{ m.say((1,)) }} {{ m.say((true,)) }}"
    )
    assert said(tmp_path, macros, calls) == ["1 True 1.0 (1,) (True,)"]


def test_a_value_that_changes_is_asked_anew(tmp_path: Path) -> None:
    macros = "{% macro say(words) %}{{ words[0].text|join(' ') }}{% endmacro %}"
    changing = [1]
    assert said(tmp_path, macros, "{{ m.say(words) }}", words=(Word(changing),)) == ["1"]
    changing.append(2)
    assert said(tmp_path, macros, "{{ m.say(words) }}", words=(Word(changing),)) == ["1 2"]


def test_a_macro_that_knows_its_page_is_asked_anew(tmp_path: Path) -> None:
    (tmp_path / "macros.html.j2").write_text(
        "{% macro say(word) %}{{ word }} {{ of }}{% endmacro %}"
    )
    text = "{% import 'macros.html.j2' as m with context %}{{ m.say('a') }}"
    (tmp_path / "page.html.j2").write_text(text)
    templates = Templates(tmp_path, "en", ZONE)
    assert [templates.render("page.html.j2", {"of": each}) for each in "xy"] == ["a x", "a y"]
