"""What templates were compiled to is kept, and only as long as it is true."""

from __future__ import annotations

from collections.abc import Iterator
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
