"""What runs where: overrides in the sandbox, packaged templates without; and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import SITE
from tidings.adapters.templates import Formats, Templates
from tidings.adapters.templates.environment import environment
from tidings.core.pages.site import moved_page, site_context
from tidings.core.settings import Settings
from tidings.errors import TemplateError

ZONE = ZoneInfo("America/Costa_Rica")


def shout(folder: Path, language: str = "en", zone: ZoneInfo = ZONE) -> str:
    return Templates(folder, language, zone).render("word.j2", {})


def test_an_edited_template_is_compiled_again(tmp_path: Path) -> None:
    (tmp_path / "word.j2").write_text("{{ 'one' | upper_first }}")
    first = shout(tmp_path)
    (tmp_path / "word.j2").write_text("{{ 'two' | upper_first }}")
    assert [first, shout(tmp_path)] == ["One", "Two"]


def test_another_language_is_another_template(tmp_path: Path) -> None:
    (tmp_path / "word.j2").write_text("{{ _('Topics') }} {{ 1234.5 | number }}")
    assert [shout(tmp_path), shout(tmp_path, "es")] == ["Topics 1,234.5", "Temas 1.234,5"]


def test_an_edited_catalogue_makes_other_templates(tmp_path: Path) -> None:
    (tmp_path / "word.j2").write_text("{{ _('Topics') }}")
    first = shout(tmp_path)
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "en.po").write_text('msgid "Topics"\nmsgstr "Themes"\n')
    assert [first, shout(tmp_path)] == ["Topics", "Themes"]


def test_two_instances_do_not_get_each_other_s_templates(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "word.j2").write_text(f"{{{{ '{name}' | upper_first }}}}")
    found = [shout(tmp_path / name) for name in ("here", "there", "here")]
    assert found == ["Here", "There", "Here"]


# --- Macros of packaged templates ----------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    text: object


def said(
    files: dict[str, str], *pages: str, loudly: Callable[[str], str] = str, **context: object
) -> list[str]:
    """What packaged templates make, one after the other."""

    def load(name: str) -> tuple[str, str, None]:
        return files[name], name, None

    plain = environment(load, Formats("en", ZONE), NullTranslations(), sandboxed=False)
    plain.globals["loudly"] = loudly
    return [plain.get_template(page).render(context) for page in pages]


def with_macro(macro: str, page: str, how: str = "") -> dict[str, str]:
    return {
        "macros.html.j2": f"{{% macro say(word, more='') %}}{macro}{{% endmacro %}}",
        "page.html.j2": f"{{% import 'macros.html.j2' as m{how} %}}{page}",
    }


def test_a_macro_is_not_asked_twice_for_the_same() -> None:
    calls: list[str] = []

    def loudly(word: str) -> str:
        calls.append(word)
        return word.upper()

    files = with_macro("{{ loudly(word) }}", "{{ m.say('a') }}{{ m.say('a') }}{{ m.say('b') }}")
    assert said(files, "page.html.j2", "page.html.j2", loudly=loudly) == ["AAB", "AAB"]
    assert calls == ["a", "b"]


def test_what_is_markup_and_what_is_text_stay_apart() -> None:
    calls = "{{ m.say('<b>') }} {{ m.say('<b>'|safe) }} {{ m.say('<b>') }}"
    files = with_macro("{{ word }}", calls)
    assert said(files, "page.html.j2") == ["&lt;b&gt; <b> &lt;b&gt;"]


def test_one_and_true_stay_apart() -> None:
    calls = (
        "{{ m.say(1) }} {{ m.say(true) }} {{ m.say(1.0) }} {{ m.say((1,)) }} {{ m.say((true,)) }}"
    )
    assert said(with_macro("{{ word }}{{ more }}", calls), "page.html.j2") == [
        "1 True 1.0 (1,) (True,)"
    ]


def test_a_value_that_changes_is_asked_anew() -> None:
    changing = [1]
    files = with_macro("{{ word[0].text|join(' ') }}", "{{ m.say(words) }}")
    assert said(files, "page.html.j2", words=(Word(changing),)) == ["1"]
    changing.append(2)
    assert said(files, "page.html.j2", words=(Word(changing),)) == ["1 2"]


def test_a_macro_that_knows_its_page_is_asked_anew() -> None:
    files = with_macro("{{ word }} {{ of }}", "{{ m.say('a') }}", " with context")

    def load(name: str) -> tuple[str, str, None]:
        return files[name], name, None

    plain = environment(load, Formats("en", ZONE), NullTranslations(), sandboxed=False)
    page = plain.get_template("page.html.j2")
    assert [page.render(of=each) for each in "xy"] == ["a x", "a y"]


# --- Words ---------------------------------------------------------------------------------------


def test_a_word_that_looks_like_a_template_stays_a_word(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    words = 'msgid "Topics"\nmsgstr "{{ 1 + 1 }} {# so #} <b>"\n'
    (tmp_path / "locale" / "en.po").write_text(words)
    (tmp_path / "word.html.j2").write_text("{{ _('Topics') }}|{{- _('Topics') -}} |")
    expected = "{{ 1 + 1 }} {# so #} <b>"
    assert Templates(tmp_path, "en", ZONE).render("word.html.j2", {}) == f"{expected}|{expected}|"


def test_a_per_cent_sign_in_a_word_is_written_twice(tmp_path: Path) -> None:
    (tmp_path / "word.txt.j2").write_text("{{ _('90 %% of %(all)s', all=7) }} {{ _('5 %%') }}")
    assert Templates(tmp_path, "en", ZONE).render("word.txt.j2", {}) == "90 % of 7 5 %"


# --- Overrides gain nothing ----------------------------------------------------------------------

ESCAPE = "{{ (page or '').__class__.__mro__ }}"
HOSTILE = {
    "itself": {"site/moved.html.j2": ESCAPE},
    "by extending what it replaces": {
        "site/moved.html.j2": '{% extends "default:site/moved.html.j2" %}'
        "{% block content %}" + ESCAPE + "{% endblock %}"
    },
    "by including a packaged one": {
        "site/moved.html.j2": '{% include "default:site/moved.html.j2" %}' + ESCAPE
    },
    "by a base that a packaged one extends": {
        "site/base.html.j2": '{% extends "default:site/base.html.j2" %}'
        "{% block footer %}" + ESCAPE + "{% endblock %}"
    },
    "by macros that a packaged one imports": {
        "site/parts.html.j2": "{% macro head_links(feeds, root) %}{{ root.__class__.__mro__ }}"
        "{% endmacro %}{% macro way_home(title, root) %}{% endmacro %}"
        "{% macro ways(root) %}{% endmacro %}{% macro imprint(name, email) %}{% endmacro %}"
    },
    "by a name that is not written out": {
        "other.j2": ESCAPE,
        "site/moved.html.j2": '{% set name = "other.j2" %}{% include name %}',
    },
    "by a method that changes what it is given": {
        "site/moved.html.j2": "{{ page.feeds.__iter__ }}{{ [].append(1) }}"
    },
    "by the format of a text": {"site/moved.html.j2": '{{ "{0.__class__}".format(page) }}'},
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_an_override_gets_at_nothing_behind_values(tmp_path: Path, files: dict[str, str]) -> None:
    context = site_context(Settings(site=SITE))
    page = moved_page(context, "topics/a/index.html", "A", "topics/b/index.html")
    # A packaged template that was compiled without the sandbox must not be taken for this one.
    assert "topics/b" in Templates(None, "en", ZONE).render("site/moved.html.j2", {"page": page})
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    with pytest.raises(TemplateError, match=r"unsafe|not safely callable"):
        Templates(tmp_path, "en", ZONE).render("site/moved.html.j2", {"page": page})
